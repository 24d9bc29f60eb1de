package tree

import (
	"strings"
	"unicode/utf8"
)

// replacement is U+FFFD, which stands for what was no text.
const replacement = "\uFFFD"

// IsClean reports whether s is what Text wants: UTF-8 without NUL.
func IsClean(s string) bool {
	const short = 32 // numbers, ids, words: a loop is done before the calls begin
	if len(s) <= short {
		i := 0
		for i < len(s) && s[i]-1 < utf8.RuneSelf-1 {
			i++
		}
		if i == len(s) {
			return true
		}
	}
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// Clean is s with every byte that is no UTF-8, and every NUL, as one U+FFFD: what Text wants. It is decided here once, for
// the door and for the filters, because SQLite keeps such texts and PostgreSQL refuses them (22021).
func Clean(s string) string {
	if IsClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 2*len(replacement))
	for _, r := range s { // an invalid byte ranges as one U+FFFD
		if r == 0 {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}
