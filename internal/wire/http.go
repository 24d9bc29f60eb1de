package wire

import "net/http"

// Request is an HTTP request as bytes: one that we are about to send, or one that came in, whole.
type Request struct {
	Method string
	URL    string      // absolute when we send; as the public sees it when it came in
	Header http.Header // names in canonical form
	Body   []byte

	// Secrets are texts of this one request that no record may show: a token, a signature that opens doors for a while.
	Secrets []string
}

// Response is an HTTP response as bytes.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // decompressed, at most the limit
	Cut    bool   // it ended before its end, or went past the limit: what is here may be incomplete
}
