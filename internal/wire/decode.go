package wire

import (
	"bytes"
	"strings"

	"patchbay/internal/tree"
)

func decode(contentType string, body []byte, lim Limits) (tree.Value, error) {
	f := FormatOf(contentType)
	if len(body) > lim.Bytes {
		return tree.Value{}, tooLarge(f, lim)
	}
	if f == Multipart {
		return orSniffed(func() (tree.Value, error) { return decodeMultipart(contentType, body, lim) }, contentType, body, lim)
	}
	if isBlank(body) {
		return tree.Value{}, nil
	}
	switch f {
	case JSON:
		return orSniffed(func() (tree.Value, error) { return decodeJSON(textOf(body, charsetOf(contentType)), lim) }, contentType, body, lim)
	case XML:
		return orSniffed(func() (tree.Value, error) { return decodeXML(xmlText(contentType, body), lim) }, contentType, body, lim)
	case Form:
		// curl and many scripts send whatever they send as a form.
		if v, ok := sniffStructure(contentType, body, lim); ok {
			return v, nil
		}
		return decodePairs(strings.TrimRight(string(body), "\r\n"), "&", encodingOf(charsetOf(contentType)), lim)
	}
	if v, ok := sniff(contentType, body, lim); ok {
		return v, nil
	}
	return tree.Text(Text(contentType, body)), nil
}

// orSniffed reads the body as what it claims to be; where it is not that, as what it looks like; where it looks like nothing, the error
// is about what it claimed. A body that is over a limit is not tried again.
func orSniffed(read func() (tree.Value, error), contentType string, body []byte, lim Limits) (tree.Value, error) {
	v, err := read()
	if err == nil {
		return v, nil
	}
	if !isLimit(err) && !isBlank(body) {
		if other, ok := sniff(contentType, body, lim); ok {
			return other, nil
		}
	}
	return tree.Value{}, err
}

// sniff is the body as JSON, XML or a form, if it looks like one of them.
func sniff(contentType string, body []byte, lim Limits) (tree.Value, bool) {
	if v, ok := sniffStructure(contentType, body, lim); ok {
		return v, true
	}
	if looksLikeForm(body) {
		v, err := decodePairs(strings.TrimRight(string(body), "\r\n"), "&", nil, lim)
		return v, err == nil
	}
	return tree.Value{}, false
}

// sniffStructure is the body as JSON or XML, if it begins so and is so to its end.
func sniffStructure(contentType string, body []byte, lim Limits) (tree.Value, bool) {
	if head := bytes.TrimLeft(body, " \t\r\n"); len(head) == 0 || head[0]-1 < 0x7f && !opens(head[0]) {
		return tree.Value{}, false // the usual form and text, not worth a copy; NUL and the rest may be a mark, or UTF-16
	}
	text := textOf(body, charsetOf(contentType))
	head := strings.TrimLeft(text, " \t\r\n")
	switch {
	case strings.HasPrefix(head, "{"), strings.HasPrefix(head, "["):
		v, err := decodeJSON(text, lim)
		return v, err == nil
	case strings.HasPrefix(head, "<"):
		v, err := decodeXML(xmlText(contentType, body), lim)
		return v, err == nil
	}
	return tree.Value{}, false
}

// looksLikeForm reports whether body is one line of visible ASCII without quotes, brackets and braces, its first pair a plain name and =.
func looksLikeForm(body []byte) bool {
	body = bytes.TrimRight(body, "\r\n")
	name, _, ok := bytes.Cut(body, []byte("="))
	if !ok || !isPlainName(string(name)) {
		return false
	}
	for _, c := range body {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>{}\\", c) >= 0 {
			return false
		}
	}
	return true
}

func xmlText(contentType string, body []byte) string {
	charset := charsetOf(contentType)
	if charset == "" {
		charset = xmlCharset(bytes.TrimLeft(body, " \t\r\n"))
	}
	return strings.TrimLeft(textOf(body, charset), " \t\r\n")
}

func isBlank(body []byte) bool {
	return len(body) == 0 || body[0] <= ' ' && len(bytes.TrimLeft(body, " \t\r\n")) == 0
}
