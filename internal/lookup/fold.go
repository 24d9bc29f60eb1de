// Package lookup says what may be looked for in a text: it folds spellings together, and cuts texts into the tokens of a search index.
package lookup

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold brings spellings together: case, full-width and other forms of a letter, accents of Latin, Greek and Cyrillic, and all that is
// space. Everything else stays: a quote, a backslash and an emoji can be looked for.
func Fold(s string) string {
	f := folding{out: make([]byte, 0, len(s))}
	f.add(s)
	return f.text()
}

// folding is a text on its way. Of each byte it may know from where in the original it came.
type folding struct {
	out   []byte
	from  []int // nil: not asked for
	trace bool
	space bool // a space is owed to what comes next
}

func (f *folding) text() string { return string(f.out) }

func (f *folding) add(s string) {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) { // nothing can be joined to it
			f.rune(rune(s[i]), i)
			i++
			continue
		}
		n := norm.NFKD.NextBoundaryInString(s[i:], true)
		if n <= 0 {
			n = len(s) - i
		}
		f.segment(s[i:i+n], i)
		i += n
	}
}

// segment is a letter with all that stands on it.
func (f *folding) segment(s string, at int) {
	apart := norm.NFKD.AppendString(nil, s)
	kept := apart[:0]
	for i := 0; i < len(apart); {
		r, n := utf8.DecodeRune(apart[i:])
		if r < 0x300 || r > 0x36F { // combining accents
			kept = append(kept, apart[i:i+n]...)
		}
		i += n
	}
	for _, r := range string(norm.NFC.Bytes(kept)) {
		f.rune(r, at)
	}
}

func (f *folding) rune(r rune, at int) {
	if unicode.IsSpace(r) || unicode.IsControl(r) {
		f.space = true
		return
	}
	if f.space && len(f.out) > 0 {
		f.byte(' ', at)
	}
	f.space = false
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		f.byte(byte(r), at)
		return
	}
	before := len(f.out)
	f.out = utf8.AppendRune(f.out, unicode.ToLower(unicode.ToUpper(r))) // ς and σ, ſ and s
	for range len(f.out) - before {
		f.mark(at)
	}
}

func (f *folding) byte(b byte, at int) {
	f.out = append(f.out, b)
	f.mark(at)
}

func (f *folding) mark(at int) {
	if f.trace {
		f.from = append(f.from, at)
	}
}

// starts reports whether a word begins with r after before. Where people write without spaces, with each character; and with each sign
// that is no letter.
func starts(before, r rune) bool {
	return r != ' ' && (!inWord(r) || !inWord(before) || unspaced(r))
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

func unspaced(r rune) bool {
	return r > 0x7F && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
