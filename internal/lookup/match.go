package lookup

import (
	"strings"
	"unicode/utf8"
)

// In reports whether the query is found in a text.
func (q Query) In(text string) bool {
	return q.find(Fold(text)) >= 0
}

// find is where the query stands in a folded text, or -1.
func (q Query) find(s string) int {
	if q.text == "" {
		return -1
	}
	for from := 0; ; {
		i := strings.Index(s[from:], q.text)
		if i < 0 {
			return -1
		}
		i += from
		if !q.few {
			return i
		}
		before := ' '
		if i > 0 {
			before, _ = utf8.DecodeLastRuneInString(s[:i])
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if starts(before, r) {
			return i
		}
		from = i + size
	}
}

// Around is a piece of a text of at most n characters with what was found in it, and what was found as it is spelled there.
func (q Query) Around(text string, n int) (piece, match string) {
	f := folding{trace: true}
	f.add(text)
	i := q.find(f.text())
	if i < 0 {
		return first(text, n), ""
	}
	from, to := f.from[i], len(text)
	for end := i + len(q.text); end < len(f.from); end++ {
		if f.from[end] > f.from[i+len(q.text)-1] {
			to = f.from[end]
			break
		}
	}
	match = strings.TrimRight(text[from:to], " \t\r\n")
	begin, left := from, max(0, (n-utf8.RuneCountInString(match))/2)
	for ; left > 0 && begin > 0; left-- {
		_, size := utf8.DecodeLastRuneInString(text[:begin])
		begin -= size
	}
	return first(text[begin:], n), first(match, n)
}

// first is at most n characters of a text.
func first(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
