package lookup

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Token is a hash of something by which a text is found: three characters in a row, one or two that begin a word, or whose it is. Two
// may be the same by chance, so what an index finds is compared with the text.
type Token uint32

// maxIndexed is how many characters of a text can be looked for.
const maxIndexed = 5000

// Kinds of tokens.
const (
	gram  = 'g'
	begin = 'w'
)

// Of is a token that says whose a text is: a kind of thing, and its id.
func Of(kind byte, id string) Token { return hash(kind, id) }

// hash is FNV-1a.
func hash(kind byte, s string) Token {
	h := uint32(2166136261)
	h = (h ^ uint32(kind)) * 16777619
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return Token(h)
}

// Tokens are those of a text, each once, in ascending order.
func Tokens(text string) []Token {
	s := Fold(text)
	list := make([]Token, 0, len(s)*5/4+8)
	before, b, c, n := rune(' '), 0, 0, 0 // b and c: where the second and the third character begin
	for a := 0; a < len(s) && n < maxIndexed; n++ {
		r, size := utf8.DecodeRuneInString(s[a:])
		b = a + size
		c = b
		if b < len(s) {
			_, size = utf8.DecodeRuneInString(s[b:])
			c = b + size
		}
		if starts(before, r) {
			list = append(list, hash(begin, s[a:b]))
			if c > b && s[b] != ' ' {
				list = append(list, hash(begin, s[a:c]))
			}
		}
		if c > b && c < len(s) {
			_, size = utf8.DecodeRuneInString(s[c:])
			list = append(list, hash(gram, s[a:c+size]))
		}
		before, a = r, b
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Query is what somebody looks for.
type Query struct {
	text string // folded
	few  bool   // fewer than three characters: the start of a word
}

// Parse reads a query; it is empty when there is nothing to look for in it.
func Parse(text string) Query {
	s := Fold(text)
	return Query{s, utf8.RuneCountInString(s) < 3}
}

// Empty reports whether there is nothing to look for.
func (q Query) Empty() bool { return q.text == "" }

// Text is the query, folded.
func (q Query) Text() string { return q.text }

// Tokens are those that every text has in which the query is found.
func (q Query) Tokens() []Token {
	if q.few {
		return []Token{hash(begin, q.text)}
	}
	runes := []rune(q.text)
	list := make([]Token, 0, len(runes))
	for i := range len(runes) - 2 {
		list = append(list, hash(gram, string(runes[i:i+3])))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Asked are at most n of the query's tokens, from all over it: as many as are worth reading for.
func (q Query) Asked(n int) []Token {
	list := q.Tokens()
	if len(list) <= n {
		return list
	}
	some := make([]Token, n) // in the order of their hashes, which is none of the text's
	for i := range some {
		some[i] = list[i*len(list)/n]
	}
	return some
}

// Digits is a query for the digits of a telephone number as people write them, without the zeros that stand for "in this country";
// empty when it is none.
func Digits(text string) Query {
	var digits []byte
	for _, r := range Fold(text) {
		switch {
		case '0' <= r && r <= '9':
			digits = append(digits, byte(r))
		case r != ' ' && r != '-' && r != '(' && r != ')' && r != '.' && r != '/' && r != '+':
			return Query{}
		}
	}
	if s := strings.TrimLeft(string(digits), "0"); len(s) >= 3 {
		return Query{text: s}
	}
	return Query{}
}
