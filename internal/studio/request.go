package studio

import (
	"bytes"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"patchbay/internal/wire"
)

// WebhookURL is where a provider would call a service of that id.
func WebhookURL(id string) string {
	return "https://patchbay.example.com/services/" + id + "/a0123456789abcdef0123456789abcdef"
}

var requestLine = regexp.MustCompile(`^[A-Z]+ \S+( HTTP/[0-9.]+)?\r?\n`)

// ReadRequest reads a whole HTTP request, or takes a bare body for one of the kind that it looks like, made to url.
func ReadRequest(text []byte, url string) (*wire.Request, error) {
	if requestLine.Match(bytes.TrimLeft(text, " \t\r\n")) {
		r, err := wire.ParseRequest(text)
		if err != nil {
			return nil, err
		}
		if r.Method == http.MethodGet || len(r.Body) == 0 {
			return r, nil
		}
		r.Body = trimLastLine(r)
		return r, nil
	}
	body := bytes.TrimSpace(text)
	kind := "application/x-www-form-urlencoded"
	switch {
	case len(body) == 0:
		return nil, errors.New("there is nothing in it")
	case body[0] == '{' || body[0] == '[':
		kind = "application/json"
	case body[0] == '<':
		kind = "application/xml"
	}
	return &wire.Request{Method: http.MethodPost, URL: url, Header: http.Header{"Content-Type": {kind}}, Body: body}, nil
}

// trimLastLine is the body without the line break that editors put at a file's end, unless Content-Length counts it.
func trimLastLine(r *wire.Request) []byte {
	if r.Header.Get("Content-Length") == strconv.Itoa(len(r.Body)) {
		return r.Body
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(r.Body, []byte("\n")), []byte("\r"))
}

// numberIn is the number that the address of a callback carries.
func numberIn(url string) string {
	_, query, _ := strings.Cut(url, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if v, ok := strings.CutPrefix(pair, "number="); ok {
			return v
		}
	}
	return ""
}
