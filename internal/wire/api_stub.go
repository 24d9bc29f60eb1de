package wire

import "errors"

var errSoon = errors.New("not written yet")

// DumpRequest is r as HTTP text for people to read: at most max bytes (0: all), what is not text summarized. redact, when not nil, is
// applied to the whole text before it is cut, so that no half of a secret survives at the edge.
func DumpRequest(r *Request, max int, redact func(string) string) string { return "" }

// DumpResponse is r as HTTP text, as DumpRequest.
func DumpResponse(r *Response, max int, redact func(string) string) string { return "" }

// Curl is r as a command line for a POSIX shell.
func Curl(r *Request) string { return "" }

// ParseRequest reads an HTTP request that a person wrote or saved: line ends may be LF, the body reaches to the end.
func ParseRequest(text []byte) (*Request, error) { return nil, errSoon }
