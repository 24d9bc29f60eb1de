package wire

import (
	"encoding/base64"
	"fmt"
	"strings"

	"patchbay/internal/tree"
)

// EscapeSegment is s as one segment of a URL path (RFC 3986 §3.3): whatever s holds, the URL keeps its host, its other segments and its
// query. A segment of one or two dots only, which would climb, has its dots escaped.
func EscapeSegment(s string) string {
	if s == "." || s == ".." {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return string(appendEscaped(nil, s, false))
}

// EscapeQuery is s as a name or value of a query or form: a space is a +.
func EscapeQuery(s string) string { return string(appendEscaped(nil, s, true)) }

// appendEscaped leaves the unreserved characters (RFC 3986 §2.3) and escapes the rest, byte by byte.
func appendEscaped(dst []byte, s string, form bool) []byte {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', isDigit(c), c == '-', c == '.', c == '_', c == '~':
			dst = append(dst, c)
		case c == ' ' && form:
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&0xf])
		}
	}
	return dst
}

const upperHex = "0123456789ABCDEF"

// flat is a scalar, null or file as the text that forms, queries, XML and multipart fields carry.
func flat(v tree.Value) string {
	if f := v.File(); f != nil {
		return base64.StdEncoding.EncodeToString(f.Data)
	}
	return v.Text()
}

// Headers that frame a message or name its receiver belong to the HTTP client: a service file that set them could smuggle a second
// request behind the first (RFC 9112 §11.2).
var framing = map[string]bool{
	"host": true, "content-length": true, "transfer-encoding": true, "connection": true, "te": true, "trailer": true, "upgrade": true,
	"keep-alive": true, "proxy-connection": true, "proxy-authorization": true, "expect": true, "accept-encoding": true,
}

// CheckHeader refuses what may not stand in a request header: names that are no token or that frame the message, and values with CR, LF,
// NUL or another control character.
func CheckHeader(name, value string) error {
	if !isHeaderName(name) {
		return fmt.Errorf("%q is no name of a header: letters, digits and - make one", name)
	}
	if framing[strings.ToLower(name)] {
		return fmt.Errorf("the header %s is set by Patchbay itself: leave it out", name)
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("the value of header %s holds a line break or another control character, which headers cannot carry", name)
		}
	}
	return nil
}

func isHeaderName(s string) bool {
	for i := range len(s) {
		if !isToken(s[i]) {
			return false
		}
	}
	return s != ""
}

func isToken(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || isDigit(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// CheckMethod refuses what is not a method that a service file may use.
func CheckMethod(method string) error {
	switch method {
	case "GET", "POST", "PUT", "PATCH", "DELETE":
		return nil
	}
	return fmt.Errorf("the method %q is none of GET, POST, PUT, PATCH, DELETE", method)
}
