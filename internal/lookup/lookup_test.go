package lookup

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestWhatIsLookedForIsFoundInAnySpelling(t *testing.T) {
	for _, c := range []struct {
		query, text string
		want        bool
	}{
		{"ell", "Hello", true},
		{"HELLO", "hello", true},
		{"jose", "José Niño", true},
		{"josé", "JOSE\u0301", true},
		{"ｆｕｌｌ", "a full width", true},
		{"full", "ＦＵＬＬ", true},
		{"σος", "ΣΟΣ", true},
		{"привет", "ПРИВЕТ всем", true},
		{"서울", "서울에서", true},
		{"서울에", "어제 서울에서", true},
		{"東京", "今日は東京です", true}, // no spaces: each character begins a word
		{"京", "東京", true},
		{"jo", "Ask Jo", true},
		{"o", "Ask Jo", false}, // short: the start of a word
		{"lo", "Hello", false},
		{"a  b c", "A\tb\n c", true},
		{"😀", "so good😀", true},
		{"€", "5€", true},
		{`"`, `he said "x"`, true},
		{`\`, `a\b`, true},
		{"$to$", "send $to$ now", true},
		{"{{to}}", "x {{to}} y", true},
		{"~", "~", true},
		{"yes", "yes", true},
		{"0123", "call 0123", true},
		{"there", "Hi: there", true},
		{"ff", "\xff", false},
		{"x", "", false},
		{"", "x", false},
		{"thx", "that is x", false},
	} {
		q := Parse(c.query)
		if got := q.In(c.text); got != c.want {
			t.Errorf("%q in %q: %v, want %v", c.query, c.text, got, c.want)
		}
	}
}

// An index that is asked for the query's tokens finds every text that the comparison would.
func TestTokensLeaveOutNoTextThatHasTheQuery(t *testing.T) {
	letters := rapid.StringOfN(rapid.SampledFrom([]rune("aAbé ÉΣσς東京한글$\"\\😀\u0301\n\x00 \u200bⅣﬁ")), 0, 40, -1)
	rapid.Check(t, func(rt *rapid.T) {
		text := letters.Draw(rt, "text")
		runes := []rune(text)
		i := rapid.IntRange(0, len(runes)).Draw(rt, "from")
		q := Parse(string(runes[i:rapid.IntRange(i, len(runes)).Draw(rt, "to")]))
		if q.Empty() || !q.In(text) {
			return
		}
		has := Tokens(text)
		for _, tok := range q.Tokens() {
			if _, ok := slices.BinarySearch(has, tok); !ok {
				rt.Fatalf("%q is in %q, and a token of it is not among the text's", q.Text(), text)
			}
		}
	})
}

func TestFoldingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		once := Fold(rapid.String().Draw(rt, "text"))
		if twice := Fold(once); twice != once {
			rt.Fatalf("%q becomes %q", once, twice)
		}
	})
}

func TestAPieceShowsWhatWasFound(t *testing.T) {
	long := strings.Repeat("word ", 100) + "JOSÉ was here " + strings.Repeat("and there ", 100)
	for _, c := range []struct{ query, text, piece, match string }{
		{"jose", "ask José!", "ask José!", "José"},
		{"jose was", "JOSE\u0301 \n was", "JOSE\u0301 \n was", "JOSE\u0301 \n was"},
		{"x", "nothing", "nothing", ""},
		{"서울", "어제 서울에서", "어제 서울에서", "서울"},
	} {
		if piece, match := Parse(c.query).Around(c.text, 160); piece != c.piece || match != c.match {
			t.Errorf("%q in %q: %q, %q; want %q, %q", c.query, c.text, piece, match, c.piece, c.match)
		}
	}
	piece, match := Parse("jose").Around(long, 160)
	if !strings.Contains(piece, "JOSÉ") || match != "JOSÉ" || utf8.RuneCountInString(piece) != 160 {
		t.Errorf("%q, %q", piece, match)
	}
}

func BenchmarkTokens(b *testing.B) {
	text := "hello, this is a text of a usual length, which nobody will read but the handset it goes to"
	b.ReportAllocs()
	for b.Loop() {
		Tokens(text)
	}
}
