package phone

import (
	"strings"
	"testing"
	"unicode/utf16"
)

func TestSegments(t *testing.T) {
	a := func(n int) string { return strings.Repeat("a", n) }
	for _, c := range []struct {
		name, text, encoding string
		segments, units      int
	}{
		{"nothing", "", "gsm7", 0, 0},
		{"one", "a", "gsm7", 1, 1},
		{"alone, full", a(160), "gsm7", 1, 160},
		{"one too many", a(161), "gsm7", 2, 161},
		{"two full", a(306), "gsm7", 2, 306},
		{"three", a(307), "gsm7", 3, 307},
		{"1,600", a(1600), "gsm7", 11, 1600},
		{"extension costs two", "[€]", "gsm7", 1, 6},
		{"80 euros", strings.Repeat("€", 80), "gsm7", 1, 160},
		{"81 euros: 76 in a part, its last septet empty", strings.Repeat("€", 81), "gsm7", 2, 162},
		{"an escape is not cut from its septet", a(152) + "€" + a(152), "gsm7", 3, 306},
		{"the same alone", a(158) + "€", "gsm7", 1, 160},
		{"all of the basic table", gsmBasic, "gsm7", 1, 127},
		{"all of the extension table", gsmExtension, "gsm7", 1, 20},
		{"form feed is in the extension, tab nowhere", "\f", "gsm7", 1, 2},
		{"tab", "\t", "ucs2", 1, 1},
		{"escape", "\x1b", "ucs2", 1, 1},
		{"backtick", "`", "ucs2", 1, 1},
		{"capital cedilla", "Ç", "gsm7", 1, 1},
		{"small cedilla", "ç", "ucs2", 1, 1},
		{"Greek that looks Latin", "Α", "ucs2", 1, 1},
		{"typographic quote", "it’s", "ucs2", 1, 4},
		{"ucs2 alone, full", strings.Repeat("я", 70), "ucs2", 1, 70},
		{"ucs2, one too many", strings.Repeat("я", 71), "ucs2", 2, 71},
		{"ucs2, two full", strings.Repeat("я", 134), "ucs2", 2, 134},
		{"ucs2, three", strings.Repeat("я", 135), "ucs2", 3, 135},
		{"an emoji is two units", "😀", "ucs2", 1, 2},
		{"35 emojis", strings.Repeat("😀", 35), "ucs2", 1, 70},
		{"a pair is not cut in two: 33 in a part", strings.Repeat("😀", 36), "ucs2", 2, 72},
		{"67 emojis take three parts, 134 units would be two", strings.Repeat("😀", 67), "ucs2", 3, 134},
		{"one character changes all", a(159) + "я", "ucs2", 3, 160},
		{"not text", "\xff\x00", "ucs2", 1, 2},
	} {
		e, s, u := Segments(c.text)
		if e != c.encoding || s != c.segments || u != c.units {
			t.Errorf("%s: got %s, %d segments, %d units; want %s, %d, %d", c.name, e, s, u, c.encoding, c.segments, c.units)
		}
	}
}

func TestTablesAreWholeAndApart(t *testing.T) {
	if n := len([]rune(gsmBasic)); n != 127 { // 128 septets, one of which is the escape
		t.Errorf("the basic table has %d characters, want 127", n)
	}
	if n := len([]rune(gsmExtension)); n != 10 {
		t.Errorf("the extension table has %d characters, want 10", n)
	}
	for _, r := range gsmBasic {
		if septets(r) != 1 {
			t.Errorf("%q costs %d septets, want 1", r, septets(r))
		}
	}
}

func FuzzSegments(f *testing.F) {
	for _, s := range []string{"", "yes", "€€", "😀", "é", "\x00\xff", strings.Repeat("a", 152) + "€", strings.Repeat("😀", 40), gsmBasic + gsmExtension} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		encoding, segments, units := Segments(text)
		alone, part := 160, 153
		if encoding == UCS2 {
			alone, part = 70, 67
			if n := len(utf16.Encode([]rune(text))); n != units {
				t.Fatalf("%d units, UTF-16 has %d", units, n)
			}
		}
		switch {
		case text == "":
			if segments != 0 || units != 0 {
				t.Fatalf("no text is %d segments", segments)
			}
		case units <= alone:
			if segments != 1 {
				t.Fatalf("%d units are %d segments, want 1", units, segments)
			}
		case segments < (units+part-1)/part || segments > (units+part-2)/(part-1): // a segment wastes at most one unit
			t.Fatalf("%d units of %s are %d segments", units, encoding, segments)
		}
		if e, s, u := Segments(text + "a"); s < segments || u != units+1 || e != encoding && encoding == UCS2 {
			t.Fatalf("one more letter: %s %d %d, before %s %d %d", e, s, u, encoding, segments, units)
		}
	})
}
