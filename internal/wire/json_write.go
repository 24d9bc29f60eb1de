package wire

import (
	"encoding/base64"
	"math/bits"
	"unicode/utf8"

	"patchbay/internal/tree"
)

// AppendJSON appends v as JSON: members in order, no spaces, no more escapes than JSON asks for (RFC 8259 §7), so that a text looks to the
// provider as it does to its writer. The result is valid JSON whatever v holds: invalid UTF-8 and NUL become U+FFFD, a number that is not
// spelled as JSON spells numbers becomes a string, a file its base64. Absent members are left out.
func AppendJSON(dst []byte, v tree.Value) []byte {
	switch v.Kind() {
	case tree.String:
		return AppendString(dst, v.Text())
	case tree.Number:
		if s := v.Text(); len(s) > 0 && numberLen(s) == len(s) {
			return append(dst, s...)
		}
		return AppendString(dst, v.Text())
	case tree.Bool:
		if v.Text() == "true" {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case tree.List:
		dst = append(dst, '[')
		for i, e := range v.List() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, e)
		}
		return append(dst, ']')
	case tree.Object:
		dst = append(dst, '{')
		first := true
		ms := v.Members()
		for i := range ms {
			m := &ms[i]
			if m.Value.Kind() == tree.Absent {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = AppendString(dst, m.Name)
			dst = append(dst, ':')
			dst = AppendJSON(dst, m.Value)
		}
		return append(dst, '}')
	case tree.File:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v.File().Data)
		return append(dst, '"')
	}
	return append(dst, "null"...) // null, and an absent value where something must stand
}

// plain marks the bytes that stand in a JSON string as they are; those of longer runes are looked at apart.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := plainLen(s); i < len(s); i += plainLen(s[i:]) {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			if c == 0 || c >= utf8.RuneSelf {
				dst = append(dst, replacement...)
			} else {
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
			}
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// plainLen is how many plain bytes s begins with, looked at eight by eight; most texts are so to their end. Of each byte of w the highest
// bit is set if it is over 0x7f, below a space, or no different from a quote or a backslash. A borrow may set it in a plain byte too, but
// only above one that has it by right, so the lowest set bit is true.
func plainLen(s string) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		t := s[i : i+8]
		w := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		if found := (w | (w - ones*' ') | ((w ^ ones*'"') - ones) | ((w ^ ones*'\\') - ones)) & high; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(s) && plain[s[i]] {
		i++
	}
	return i
}
