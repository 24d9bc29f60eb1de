package pattern

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

// scalarText is the text of v where a filter needs one.
func scalarText(v tree.Value) (string, bool) {
	if v.IsEmpty() {
		return "", v.Kind() != tree.List
	}
	return v.Scalar()
}

// texts makes a conversion of a function on text. Objects and files have no text to work on.
func texts(f func(string) string) Conversion {
	return func(_ any, v tree.Value) (tree.Value, bool) {
		s, ok := scalarText(v)
		if !ok {
			return tree.Value{}, false
		}
		return tree.Text(f(s)), true
	}
}

func lower(s string) string { return strings.ToLower(s) }
func upper(s string) string { return strings.ToUpper(s) }
func trim(s string) string  { return strings.TrimSpace(s) }

func compilePrefix(arg string, hasArg bool) (Codec, error) {
	prefix := Unquote(arg)
	if prefix == "" {
		return Codec{}, errors.New("say which text: prefix:'tel:'")
	}
	return Codec{
		Write: texts(func(s string) string { return prefix + s }),
		Read:  texts(func(s string) string { return strings.TrimPrefix(s, prefix) }),
	}, nil
}

func compileDefault(arg string, hasArg bool) (Codec, error) {
	text := Unquote(arg)
	if text == "" {
		return Codec{}, errors.New("say which text: default:none")
	}
	fill := func(_ any, v tree.Value) (tree.Value, bool) {
		if v.IsEmpty() {
			return tree.Text(text), true
		}
		return v, true
	}
	return Codec{Write: fill, Read: fill, Whole: true, Empties: true}, nil
}

func compileTruncate(arg string, hasArg bool) (Codec, error) {
	n, err := strconv.Atoi(Unquote(arg))
	if err != nil || n < 1 {
		return Codec{}, errors.New("say how many characters at most: truncate:160")
	}
	return Codec{Write: texts(func(s string) string {
		if len(s) <= n {
			return s
		}
		left := n
		for i := range s {
			if left == 0 {
				return s[:i]
			}
			left--
		}
		return s
	})}, nil
}

// maxPairs is how many words a map knows. No provider has so many.
const maxPairs = 1000

// pair is one entry of a map.
type pair struct{ ours, wire string }

func compileMap(arg string, hasArg bool) (Codec, error) {
	pieces := SplitArgument(arg, ',')
	if len(pieces) > maxPairs {
		return Codec{}, fmt.Errorf("these are %d pairs; at most %d are looked through for each value", len(pieces), maxPairs)
	}
	pairs := make([]pair, 0, len(pieces))
	for _, piece := range pieces {
		sides := SplitArgument(piece, '=')
		if len(sides) != 2 {
			return Codec{}, errors.New("write pairs ours=wire, with a comma between them and ' around what holds , or =")
		}
		pairs = append(pairs, pair{Unquote(sides[0]), Unquote(sides[1])})
	}
	return Codec{
		Write: texts(func(s string) string {
			for _, p := range pairs {
				if p.ours == s || p.ours == "*" {
					return p.wire
				}
			}
			return s
		}),
		Read: texts(func(s string) string {
			for _, p := range pairs {
				if p.wire == s && p.ours != "*" {
					return p.ours
				}
			}
			return s
		}),
		cost: len(pairs) / namesPerStep,
	}, nil
}

func toInteger(_ any, v tree.Value) (tree.Value, bool) {
	s, ok := scalarText(v)
	if !ok {
		return v, false
	}
	s = strings.TrimSpace(s)
	sign := ""
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		sign, s = "-", rest
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return v, false
	}
	s = strings.TrimLeft(s, "0") // JSON knows no leading zeros
	if s == "" {
		return tree.Digits("0"), true
	}
	return tree.Digits(sign + s), true
}

func fromInteger(_ any, v tree.Value) (tree.Value, bool) {
	s, ok := scalarText(v)
	return tree.Text(s), ok
}

func percentEncode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// percentDecode reads what is broken as it stands: a lone % is one. The bytes need not be text: caf%E9 is somebody's Latin-1.
func percentDecode(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			c = ' '
		}
		if c == '%' && i+2 < len(s) {
			if x, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				c = byte(x)
				i += 2
			}
		}
		b = append(b, c)
	}
	return string(b)
}
