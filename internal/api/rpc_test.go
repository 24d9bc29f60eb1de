package api

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"patchbay/internal/directory"
)

func TestEveryMethodIsInTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/program.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range new(Server).rpcMethods() {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/program.md does not tell of %s", name)
		}
	}
}

func TestThatSomebodyTypesIsToldOnceAWhile(t *testing.T) {
	var ts typists
	now := time.Now()
	for _, c := range []struct {
		who   string
		after time.Duration
		want  bool
	}{{"a/", 0, true}, {"a/", time.Second, false}, {"b/", time.Second, true}, {"a/", typingEvery - 1, false}, {"a/", typingEvery, true}, {"a/", typingEvery + 1, false}} {
		if got := ts.told(c.who, now.Add(c.after)); got != c.want {
			t.Errorf("%s after %s: told is %v", c.who, c.after, got)
		}
	}
	for i := range 20_000 {
		ts.told(string(rune(i)), now)
	}
	if len(ts.at) > 10_000 {
		t.Errorf("%d are remembered", len(ts.at))
	}
}

// What is written as a card or a line is read as the same contact.
func FuzzContactsComeBackFromTheirFiles(f *testing.F) {
	for _, text := range []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", `"`, `\`, "é", "😀", "€", "a;b,c", "a\nb", "=1", "'x", "BEGIN:VCARD", strings.Repeat("a", 1600)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.TrimSpace(strings.ReplaceAll(clean(text), "\r", ""))
		list, err := readVCards(text)
		if err == nil && len(list) == 0 {
			t.Error("no card, and no error")
		}
		if _, err := readContactsCSV("name,phone\n" + text); err != nil && !strings.Contains(err.Error(), "CSV") {
			t.Errorf("read as CSV: %v", err)
		}
		if text == "" || len(text) > 200 {
			return
		}
		var card bytes.Buffer
		c := &directory.Contact{Name: text, Info: `{"about":` + string(quote(text)) + `}`}
		writeVCard(&card, c)
		back, err := readVCards(card.String())
		if err != nil || len(back) != 1 || back[0].Name == nil || *back[0].Name != text {
			t.Fatalf("%q came back from %q as %+v, %v", text, card.String(), back, err)
		}
		if got := textsIn(readMembers(string(back[0].Info))["about"]); len(got) != 1 || got[0] != text {
			t.Errorf("about %q came back from %q as %q", text, card.String(), got)
		}
		var line bytes.Buffer
		writeCSV(&line, []string{"name"})
		writeCSV(&line, contactRecord(c)[:1])
		list, err = readContactsCSV(line.String())
		if err != nil || len(list) != 1 || list[0].Name == nil || *list[0].Name != text {
			t.Errorf("%q came back from %q as %+v, %v", text, line.String(), list, err)
		}
	})
}
