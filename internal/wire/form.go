package wire

import (
	"strconv"
	"strings"

	"golang.org/x/text/encoding"

	"patchbay/internal/tree"
)

// DecodeForm reads an application/x-www-form-urlencoded body. It is more forgiving than net/url, which loses pairs: a bad percent escape
// is kept as it stands, a pair without = is a name with an empty value.
func DecodeForm(body []byte, lim Limits) (tree.Value, error) {
	lim = lim.orDefaults()
	if len(body) > lim.Bytes {
		return tree.Value{}, tooLarge(Form, lim)
	}
	return decodePairs(string(body), "&", nil, lim)
}

// DecodeQuery reads the part of a URL after its question mark. Some providers separate pairs by semicolons: a query without any & that has
// a semicolon before a plain name and = is read so. In any other a semicolon is text.
func DecodeQuery(rawQuery string, lim Limits) (tree.Value, error) {
	lim = lim.orDefaults()
	if len(rawQuery) > lim.Bytes {
		return tree.Value{}, tooLarge(Form, lim)
	}
	sep := "&"
	if strings.IndexByte(rawQuery, '&') < 0 && semicolonsSeparate(rawQuery) {
		sep = ";"
	}
	return decodePairs(rawQuery, sep, nil, lim)
}

// semicolonsSeparate reports whether every part of the query between semicolons begins with a plain name and =.
func semicolonsSeparate(q string) bool {
	parts := 0
	for part := range strings.SplitSeq(strings.TrimSuffix(q, ";"), ";") {
		name, _, ok := strings.Cut(part, "=")
		if !ok || !isPlainName(name) {
			return false
		}
		parts++
	}
	return parts > 1
}

func isPlainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c|0x20 < 'a' || c|0x20 > 'z' {
			if !isDigit(c) && c != '_' && c != '-' && c != '.' && c != '[' && c != ']' {
				return false
			}
		}
	}
	return s != ""
}

func decodePairs(s, sep string, charset encoding.Encoding, lim Limits) (tree.Value, error) {
	n := strings.Count(s, sep) + 1
	if n > lim.Nodes {
		return tree.Value{}, limitError(Form, -1, "fields", lim.Nodes)
	}
	ms := make([]tree.Member, 0, n)
	for len(s) > 0 {
		var pair string
		pair, s, _ = strings.Cut(s, sep)
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		ms = append(ms, tree.Member{Name: formText(name, charset), Value: tree.Text(formText(value, charset))})
	}
	return tree.ObjectOf(ms...), nil
}

// formText is a name or value without its escapes. The charset is that of the escaped bytes.
func formText(s string, charset encoding.Encoding) string {
	s = unescapeForm(s)
	if charset != nil {
		return decodeWith(charset, []byte(s))
	}
	return Clean(s)
}

func unescapeForm(s string) string {
	i := 0
	for i < len(s) && s[i] != '%' && s[i] != '+' {
		i++
	}
	if i == len(s) {
		return s
	}
	b := make([]byte, i, len(s))
	copy(b, s)
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			b = append(b, ' ')
		case c == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0:
			b = append(b, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// EncodeForm writes an object as application/x-www-form-urlencoded, in the order of its members: a space is a +, a member that holds a list
// repeats its name, null is an empty value, absent members and empty lists are left out.
func EncodeForm(v tree.Value) ([]byte, error) {
	return appendForm(nil, v, Form, nil)
}

// EncodeQuery writes an object as the part of a URL after its question mark, as EncodeForm.
func EncodeQuery(v tree.Value) (string, error) {
	b, err := AppendQuery(make([]byte, 0, 256), v)
	return string(b), err
}

// AppendQuery is EncodeQuery, appended to dst.
func AppendQuery(dst []byte, v tree.Value) ([]byte, error) { return appendForm(dst, v, Form, nil) }

func appendForm(dst []byte, v tree.Value, f Format, charset *charset) ([]byte, error) {
	start := len(dst)
	err := eachField(v, f, func(name string, value tree.Value) error {
		name, err := charset.bytes(name, f)
		if err != nil {
			return err
		}
		text, err := charset.bytes(flat(value), f)
		if err != nil {
			return err
		}
		if len(dst) > start {
			dst = append(dst, '&')
		}
		dst = appendEscaped(dst, name, true)
		dst = append(dst, '=')
		dst = appendEscaped(dst, text, true)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return dst, nil
}

// eachField gives the fields that an object is in a format that knows only names and texts.
func eachField(v tree.Value, f Format, field func(name string, value tree.Value) error) error {
	switch v.Kind() {
	case tree.Absent, tree.Null:
		return nil
	case tree.Object:
	default:
		return &EncodeError{Format: f, Message: "only an object has names to send its values under"}
	}
	for _, m := range v.Members() {
		switch m.Value.Kind() {
		case tree.Absent:
		case tree.Object:
			return nested(f, "/"+escapePointer(m.Name))
		case tree.List:
			for i, e := range m.Value.List() {
				switch e.Kind() {
				case tree.Absent:
					continue
				case tree.Object, tree.List:
					return nested(f, "/"+escapePointer(m.Name)+"/"+strconv.Itoa(i))
				}
				if err := field(m.Name, e); err != nil {
					return err
				}
			}
		default:
			if err := field(m.Name, m.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func nested(f Format, pointer string) error {
	return &EncodeError{Format: f, Pointer: pointer, Message: "an object or list has no place here: write it as text with the filter join, or as JSON text with {\"$json\": …}"}
}

// escapePointer is a name as a JSON pointer holds it (RFC 6901).
func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
