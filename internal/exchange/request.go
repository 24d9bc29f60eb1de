package exchange

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"golang.org/x/net/http/httpguts"

	"patchbay/internal/wire"
)

const userAgent = "Patchbay"

var methods = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true}

// ours are headers that decide where a message ends and who reads it. No service file sets them.
var ours = map[string]bool{
	"Host": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Keep-Alive": true, "Upgrade": true,
	"Te": true, "Trailer": true, "Expect": true, "Proxy-Connection": true, "Proxy-Authorization": true,
}

// prepare makes a request that net/http sends once and only once.
//
// net/http repeats what it believes replayable when a kept-alive connection breaks: GET, HEAD and anything with an Idempotency-Key
// header, unless there is a body that it cannot have back. So every request carries such a body; where an empty one must not be
// announced as chunked (POST, PUT, PATCH), there is none, and the header is spelled in a way that net/http does not look for.
func prepare(ctx context.Context, g *guard, in *wire.Request) (*http.Request, pass, error) {
	if !methods[in.Method] {
		return nil, pass{}, refuse("the method must be GET, HEAD, POST, PUT, PATCH or DELETE")
	}
	u, err := url.Parse(in.URL)
	if err != nil {
		return nil, pass{}, refuse("the address is not a valid URL") // err quotes it, secrets and all
	}
	p, err := g.admit(u)
	if err != nil {
		return nil, p, err
	}
	u.Fragment, u.RawFragment = "", ""
	header := make(http.Header, len(in.Header)+1)
	for name, values := range in.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return nil, p, refuse("a header has no valid name")
		}
		name = http.CanonicalHeaderKey(name)
		if ours[name] {
			return nil, p, refuse("the header " + name + " is not for service files to set")
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return nil, p, refuse("the header " + name + " holds a character that a header cannot carry")
			}
		}
		header[name] = append(header[name], values...)
	}
	if _, ok := header["User-Agent"]; !ok {
		header["User-Agent"] = []string{userAgent}
	}
	req := &http.Request{
		Method: in.Method, URL: u, Host: u.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		// A body in memory, which net/http recognises and sends together with the head, and no GetBody.
		Body: io.NopCloser(bytes.NewReader(in.Body)), ContentLength: int64(len(in.Body)),
	}
	if len(in.Body) == 0 && (in.Method == "POST" || in.Method == "PUT" || in.Method == "PATCH") {
		req.Body = http.NoBody
		respell(header, "Idempotency-Key", "idempotency-key")
		respell(header, "X-Idempotency-Key", "x-idempotency-key")
	}
	return req.WithContext(context.WithValue(ctx, passKey{}, p)), p, nil
}

func respell(h http.Header, from, to string) {
	if v, ok := h[from]; ok {
		h[to] = v
		delete(h, from)
	}
}
