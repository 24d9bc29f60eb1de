package wire

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads the string that begins at r.at. Without escapes it is a part of the body.
func (r *jsonReader) string() string {
	start := r.at + 1
	end := strings.IndexByte(r.s[start:], '"')
	if end < 0 {
		r.fail("a string has no end")
		return ""
	}
	plain := r.s[start : start+end]
	slash := strings.IndexByte(plain, '\\')
	if slash < 0 {
		r.at = start + end + 1
		return plain
	}
	return r.escaped(start, start+slash)
}

var unescape = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads on from the first backslash of the string whose text begins at start.
func (r *jsonReader) escaped(start, slash int) string {
	b := append(r.buf[:0], r.s[start:slash]...)
	s, i := r.s, slash
	for i < len(s) {
		switch c := s[i]; c {
		case '"':
			r.at, r.buf = i+1, b
			return string(b)
		case '\\':
			if i+1 == len(s) {
				break
			}
			if e := unescape[s[i+1]]; e != 0 {
				b = append(b, e)
				i += 2
				continue
			}
			u, n := escapedRune(s[i:])
			if n == 0 {
				r.at = i
				r.fail("there is no such escape")
				return ""
			}
			b = utf8.AppendRune(b, u)
			i += n
			continue
		default:
			// To the next byte that means something, in one go.
			n := 1
			for i+n < len(s) && s[i+n] != '"' && s[i+n] != '\\' {
				n++
			}
			b = append(b, s[i:i+n]...)
			i += n
			continue
		}
		break
	}
	r.fail("a string has no end")
	return ""
}

// escapedRune reads \uXXXX, or two of them that are one rune, and how long they are; 0 when they are not. A lone half of a pair and NUL
// are U+FFFD.
func escapedRune(s string) (rune, int) {
	u, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if u == 0 {
		return utf8.RuneError, 6
	}
	if !utf16.IsSurrogate(u) {
		return u, 6
	}
	if low, ok := hex4(s[6:]); ok {
		if pair := utf16.DecodeRune(u, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var u rune
	for i := 2; i < 6; i++ {
		d := unhex(s[i])
		if d < 0 {
			return 0, false
		}
		u = u<<4 | rune(d)
	}
	return u, true
}

// unhex is the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// numberLen is the length of the JSON number that s begins with, or 0.
func numberLen(s string) int {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	switch {
	case i < len(s) && s[i] == '0':
		i++
	case i < len(s) && isDigit(s[i]):
		i += digits(s[i:])
	default:
		return 0
	}
	if i < len(s) && isDigit(s[i]) {
		return 0 // 0123 is no number
	}
	if i < len(s) && s[i] == '.' {
		n := digits(s[i+1:])
		if n == 0 {
			return 0
		}
		i += 1 + n
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		n := digits(s[i:])
		if n == 0 {
			return 0
		}
		i += n
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// digits is how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
