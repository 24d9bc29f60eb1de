package wire

import (
	"bytes"
	"mime"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"patchbay/internal/tree"
)

// replacement is U+FFFD, which stands for what was no text.
const replacement = "\uFFFD"

// Clean is s with every byte that is no UTF-8, and every NUL, as U+FFFD: tree.Clean, for every format.
func Clean(s string) string { return tree.Clean(s) }

// Text is the body as text: its charset obeyed, its byte order mark dropped, what is no text U+FFFD.
func Text(contentType string, body []byte) string {
	return textOf(body, charsetOf(contentType))
}

// textOf decodes body by, in this order, its byte order mark, the charset label, and UTF-8.
func textOf(body []byte, charset string) string {
	if len(body) >= 2 {
		switch {
		case body[0] == 0xEF && bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
			return Clean(string(body[3:]))
		case body[0] == 0xFF && body[1] == 0xFE:
			return decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), body)
		case body[0] == 0xFE && body[1] == 0xFF:
			return decodeWith(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), body)
		// JSON and XML in UTF-16 without a mark begin with an ASCII character, half of which is NUL (RFC 4627 §3, XML 1.0 appendix F).
		case body[0] == 0 && opens(body[1]):
			return decodeWith(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), body)
		case body[1] == 0 && opens(body[0]):
			return decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), body)
		}
	}
	return inUTF8(body, charset)
}

// inUTF8 decodes what cannot have a byte order mark, as a form's values.
func inUTF8(b []byte, charset string) string {
	if e := encodingOf(charset); e != nil {
		return decodeWith(e, b)
	}
	return Clean(string(b))
}

func opens(c byte) bool { return c == '{' || c == '[' || c == '<' }

func decodeWith(e encoding.Encoding, body []byte) string {
	b, err := e.NewDecoder().Bytes(body)
	if err != nil { // the decoders replace what they cannot read; this is the rest
		return Clean(string(body))
	}
	return Clean(string(b))
}

// charsetOf is the charset parameter of a content type, or "".
func charsetOf(contentType string) string {
	_, params, ok := strings.Cut(contentType, ";")
	if !ok || strings.EqualFold(strings.TrimSpace(params), "charset=utf-8") {
		return "" // nearly always
	}
	_, all, _ := mime.ParseMediaType(contentType) // nil when it is broken
	return all["charset"]
}

// encodingOf is the encoding that a charset label names by the WHATWG's table (so ISO-8859-1 is windows-1252), or nil for UTF-8 and for
// labels that no one knows.
func encodingOf(charset string) encoding.Encoding {
	if charset == "" || strings.EqualFold(charset, "utf-8") {
		return nil
	}
	e, err := htmlindex.Get(charset)
	if err != nil || e == unicode.UTF8 || e == encoding.Replacement {
		return nil
	}
	return e
}

func tooLarge(f Format, lim Limits) error { return limitError(f, -1, "bytes", lim.Bytes) }
