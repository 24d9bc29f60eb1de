package wire

import (
	"bytes"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// ParseRequest reads an HTTP request that a person wrote or saved: line ends may be LF, the body reaches to the end whatever
// Content-Length says, and a URL without a host takes the Host header's, by https.
func ParseRequest(text []byte) (*Request, error) {
	text = bytes.TrimLeft(text, " \t\r\n")
	line, rest := cutLine(text)
	method, target, _ := strings.Cut(line, " ")
	target, proto, hasProto := strings.Cut(strings.TrimSpace(target), " ")
	if target == "" || strings.ToUpper(method) != method || hasProto && !strings.HasPrefix(strings.TrimSpace(proto), "HTTP/") {
		return nil, fmt.Errorf("the first line is not a request's: write it like POST /path HTTP/1.1")
	}
	if !isHeaderName(method) { // the same characters
		return nil, fmt.Errorf("%q is not a method", method)
	}
	r := &Request{Method: method, URL: target, Header: http.Header{}}
	for n := 2; len(rest) > 0; n++ {
		line, rest = cutLine(rest)
		if line == "" {
			r.Body = rest
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isHeaderName(name) {
			return nil, fmt.Errorf("line %d is not a header: write it like Content-Type: application/json, and an empty line before the body", n)
		}
		r.Header.Add(textproto.CanonicalMIMEHeaderKey(name), strings.TrimSpace(value))
	}
	host := r.Header.Get("Host")
	if host != "" && strings.HasPrefix(r.URL, "/") {
		r.URL = "https://" + host + r.URL
	} else {
		host = ""
	}
	if u, err := url.Parse(r.URL); err != nil || host != "" && u.Host != host || u.Scheme == "" && u.Host != "" {
		return nil, fmt.Errorf("%q is not a URL", r.URL)
	}
	return r, nil
}

func cutLine(text []byte) (line string, rest []byte) {
	l, rest, _ := bytes.Cut(text, []byte("\n"))
	return string(bytes.TrimSuffix(l, []byte("\r"))), rest
}
