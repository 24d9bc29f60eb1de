package exchange

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"patchbay/internal/secret"
)

// masked headers never carry anything but a credential; what they carry may be made from a secret in a way that its value does
// not show (a signature, a token of a few characters).
var masked = map[string]bool{"Authorization": true, "Proxy-Authorization": true, "Cookie": true, "Set-Cookie": true}

// recordRequest writes a request as HTTP text, from what is in hand anyway.
func recordRequest(req *http.Request, body []byte, r *secret.Redactor) string {
	b := make([]byte, 0, 256+min(len(body), MaxRecord))
	b = append(b, req.Method...)
	b = append(b, ' ')
	b = append(b, req.URL.RequestURI()...)
	b = append(b, " HTTP/1.1\nHost: "...)
	b = append(b, req.Host...)
	b = append(b, '\n')
	b = appendHeader(b, req.Header)
	return finish(b, body, r, false)
}

// recordAnswer does the same for what came back. cut says that somebody else ended the body.
func recordAnswer(res *http.Response, body []byte, cut bool, r *secret.Redactor) string {
	b := make([]byte, 0, 512+min(len(body), MaxRecord))
	b = append(b, res.Proto...)
	b = append(b, ' ')
	b = append(b, res.Status...)
	b = append(b, '\n')
	b = appendHeader(b, res.Header)
	return finish(b, body, r, cut)
}

func appendHeader(b []byte, h http.Header) []byte {
	var few [16]string
	names := few[:0]
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range h[name] {
			b = append(b, name...)
			b = append(b, ": "...)
			if masked[name] {
				// The scheme helps whoever looks for a mistake.
				if scheme, _, ok := strings.Cut(v, " "); ok && name == "Authorization" && len(scheme) < 16 {
					b = append(b, scheme...)
					b = append(b, ' ')
				}
				v = secret.Mask
			}
			b = append(b, v...)
			b = append(b, '\n')
		}
	}
	return b
}

// finish adds the body and redacts. A record is text that every database takes: no NUL, valid UTF-8.
func finish(head, body []byte, r *secret.Redactor, cut bool) string {
	head = append(head, '\n')
	if bytes.IndexByte(body, 0) >= 0 {
		return clean(r.Clip(string(head), MaxRecord)) + "[" + strconv.Itoa(len(body)) + " bytes, not text]"
	}
	// Beyond the edge of the record as much as the redactor needs to know a secret that lies across it.
	const beyond = 32 << 10
	whole := len(head) + len(body)
	window := body[:min(len(body), max(0, MaxRecord+beyond-len(head)))]
	text := r.Clip(string(append(head, window...)), MaxRecord)
	if whole > MaxRecord {
		return clean(text) + fmt.Sprintf("\n[%d bytes more]", whole-MaxRecord)
	}
	if cut {
		return clean(r.Tail(text)) + "\n[cut off here]"
	}
	return clean(text)
}

func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
