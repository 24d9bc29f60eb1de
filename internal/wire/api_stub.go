package wire

import (
	"errors"

	"patchbay/internal/tree"
)

var errSoon = errors.New("not written yet")

func decode(contentType string, body []byte, lim Limits) (tree.Value, error) {
	return tree.Value{}, errSoon
}
func encode(contentType string, v tree.Value) ([]byte, string, error) { return nil, "", errSoon }

// Text is the body as text: its charset obeyed, its byte order mark dropped, what is no text U+FFFD.
func Text(contentType string, body []byte) string { return "" }

// Clean is s with every byte that is no UTF-8, and every NUL, as U+FFFD. tree.Text wants its argument so.
func Clean(s string) string { return s }

// DecodeJSON reads one JSON value and nothing after it.
func DecodeJSON(body []byte, lim Limits) (tree.Value, error) { return tree.Value{}, errSoon }

// DecodeForm reads an application/x-www-form-urlencoded body.
func DecodeForm(body []byte, lim Limits) (tree.Value, error) { return tree.Value{}, errSoon }

// DecodeQuery reads the part of a URL after its question mark.
func DecodeQuery(rawQuery string, lim Limits) (tree.Value, error) { return tree.Value{}, errSoon }

// AppendJSON appends v as JSON: members in order, no spaces, no more escapes than JSON asks for.
func AppendJSON(dst []byte, v tree.Value) []byte { return dst }

// EncodeForm writes an object as application/x-www-form-urlencoded.
func EncodeForm(v tree.Value) ([]byte, error) { return nil, errSoon }

// EncodeQuery writes an object as the part of a URL after its question mark.
func EncodeQuery(v tree.Value) (string, error) { return "", errSoon }

// EncodeMultipart writes an object as multipart/form-data. Without a boundary it makes one of the content.
func EncodeMultipart(v tree.Value, boundary string) (body []byte, contentType string, err error) {
	return nil, "", errSoon
}

// EncodeXML writes an object of one member, the root element.
func EncodeXML(v tree.Value) ([]byte, error) { return nil, errSoon }

// EscapeSegment is s as one segment of a URL path.
func EscapeSegment(s string) string { return s }

// EscapeQuery is s as a name or value of a query or form: a space is a +.
func EscapeQuery(s string) string { return s }

// CheckHeader refuses what may not stand in a request header: names that frame the message, and values with CR, LF or NUL.
func CheckHeader(name, value string) error { return errSoon }

// CheckMethod refuses what is not a method that a service file may use.
func CheckMethod(method string) error { return errSoon }

// DumpRequest is r as HTTP text for people to read: at most max bytes (0: all), what is not text summarized. redact, when not nil, is
// applied to the whole text before it is cut, so that no half of a secret survives at the edge.
func DumpRequest(r *Request, max int, redact func(string) string) string { return "" }

// DumpResponse is r as HTTP text, as DumpRequest.
func DumpResponse(r *Response, max int, redact func(string) string) string { return "" }

// Curl is r as a command line for a POSIX shell.
func Curl(r *Request) string { return "" }

// ParseRequest reads an HTTP request that a person wrote or saved: line ends may be LF, the body reaches to the end.
func ParseRequest(text []byte) (*Request, error) { return nil, errSoon }
