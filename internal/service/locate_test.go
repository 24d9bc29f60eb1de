package service

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func placesOf(data string, pointers ...string) string {
	var out []string
	found := Spans([]byte(data), pointers)
	for _, p := range pointers {
		s := found[p]
		out = append(out, fmt.Sprintf("%s %d:%d-%d:%d", p, s.Line, s.Column, s.EndLine, s.EndColumn))
	}
	return strings.Join(out, "\n")
}

func TestAMemberIsFoundInTheTextAsItWasTyped(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a name and its value", `{"id": "acme"}`, "/id 1:2-1:14"},
		{"the whole", " {\n}", " 1:2-1:3"},
		{"an object from its name to its bracket", "{\n  \"API\": {\n    \"x\": 1\n  }\n}", "/API 2:3-2:11"},
		{"an element", "{\"a\": [1,\n 22, \"x\"]}", "/a/1 2:2-2:4"},
		{"what is not there is where it would be", "{\"a\":\n {\"b\": 1}}", "/a/c/d 1:2-2:3"},
		{"an escaped name", `{"a/b": {"~": 1}}`, "/a~1b/~0 1:10-1:16"},
		{"columns are UTF-16 units", `{"😀é€": "😀", "x": 1}`, "/x 1:16-1:22"},
		{"behind a comment", "// one\n{ // two\n  \"a\": 1, // three\n  \"b\": 2,\n}", "/b 4:3-4:9"},
		{"a comment that ends nowhere", `{"a": 1, // said {"b": 2}`, "/a 1:2-1:8"},
		{"without braces", "\"id\": \"a\",\n\"name\": \"b\"", "/name 2:1-2:12"},
		{"behind a byte order mark", "\xef\xbb\xbf{\"id\": 1}", "/id 1:2-1:9"},
		{"line ends of another system", "{\r\n\"id\": 1}", "/id 2:1-2:8"},
		{"nothing at all", "", "/id 1:1-1:1"},
		{"a name of two lines", `{"a\nb": 1}`, "/a\nb 1:2-1:11"},
	} {
		pointer := c.want[:strings.LastIndex(c.want, " ")]
		if got := placesOf(c.text, pointer); got != c.want {
			t.Errorf("%s: %q\n got %s\nwant %s", c.name, c.text, got, c.want)
		}
	}
}

func TestAProblemIsWhereItWasTyped(t *testing.T) {
	for _, c := range []struct{ name, text, message, want string }{
		{"a string that is not closed", "{\n  \"id\": \"acme\n}", "control character", "2:14"},
		{"a bracket that is not closed", "{\n  \"id\": \"acme\"", "not closed", "2:15"},
		{"a comma too few", "{\"id\": \"a\"\n  \"name\": \"b\"}", "line 2", "2:3"},
		{"a comma too few behind a comment", "{\"id\": \"a\" // x\n  \"name\": \"b\"}", "line 2", "2:3"},
		{"a member twice", "{\"id\": \"a\",\n \"id\": \"b\"}", "twice", "2:2"},
		{"more behind the end", "{}\n {}", "more after the end", "2:2"},
		{"too deep", strings.Repeat("[", maxDepth) + "\n[[", "deeper", "2:2"},
		{"no object", "\n []", "one object", "2:2"},
		{"a missing id", "\n{}", "needs an id", "2:1"},
		{"a member that nobody reads", "{\"id\": \"a\",\n\t\"nmae\": \"b\"}", "did you mean", "2:2"},
		{"a comment", "{\n  // hello\n}", "has a comment", "2:3"},
		{"a last comma", "{\"id\": \"a\",\n}", "comma with nothing", "1:11"},
		{"too large", strings.Repeat(" ", MaxSize+1), "at most", "1:1"},
	} {
		_, problems := Parse([]byte(c.text))
		ok := false
		for _, f := range Find([]byte(c.text), problems) {
			if strings.Contains(f.Message, c.message) {
				ok = true
				if got := fmt.Sprintf("%d:%d", f.Line, f.Column); got != c.want {
					t.Errorf("%s: %q is at %s, want %s", c.name, f.Message, got, c.want)
				}
			}
		}
		if !ok {
			t.Errorf("%s: no problem says %q: %v", c.name, c.message, problems)
		}
	}
}

// byteAt is the byte of a line and a column.
func byteAt(text string, line, column int) (int, bool) {
	lines := strings.SplitAfter(text, "\n")
	if line < 1 || line > len(lines) {
		return 0, false
	}
	offset := 0
	for _, l := range lines[:line-1] {
		offset += len(l)
	}
	if line == 1 && strings.HasPrefix(text, "\xef\xbb\xbf") {
		offset += 3
	}
	for column--; column > 0; column-- {
		r, size := utf8.DecodeRuneInString(text[offset:])
		if size == 0 {
			return 0, false
		}
		if r > 0xffff {
			column--
		}
		offset += size
	}
	return offset, column == 0
}

func FuzzProblemsAreInsideTheText(f *testing.F) {
	files, err := filepath.Glob("../../services/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no catalogue", err)
	}
	for _, name := range files[:6] {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
		f.Add(string(text[:len(text)/2]))
	}
	for _, text := range []string{"", "{", `"id": "a",`, "\xef\xbb\xbf// x\n{\"id\": 1,}", "{\"a\xff😀\": // \"", "{\"a\": [1, {\"b\": \r\n2}], \"a\": 3} x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		_, problems := Parse([]byte(text))
		for _, found := range Find([]byte(text), problems) {
			from, ok1 := byteAt(text, found.Line, found.Column)
			to, ok2 := byteAt(text, found.EndLine, found.EndColumn)
			if !ok1 || !ok2 || from > to || to > len(text) {
				t.Fatalf("%v is at %+v of %q", found.Problem, found.Span, text)
			}
		}
	})
}
