package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"unicode/utf8"

	"patchbay/internal/tree"
)

// DumpRequest is r as HTTP text for people to read: line ends are LF, headers in the order of their names, a body that is not text is
// summarized. It has at most so many bytes, its last line says when something was cut off; 0 is all. redact, when not nil, is applied to the whole text before it
// is cut, so that no half of a secret survives at the edge.
func DumpRequest(r *Request, most int, redact func(string) string) string {
	var b strings.Builder
	target, host := r.URL, ""
	if u, err := url.Parse(r.URL); err == nil && u.Host != "" {
		host = u.Host
		if u.Path == "" {
			u.Path = "/"
		}
		target = u.RequestURI()
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\n", r.Method, target)
	if host != "" && r.Header.Get("Host") == "" {
		fmt.Fprintf(&b, "Host: %s\n", host)
	}
	dumpRest(&b, r.Header, r.Body)
	return bound(b.String(), most, redact)
}

// DumpResponse is r as HTTP text, as DumpRequest.
func DumpResponse(r *Response, most int, redact func(string) string) string {
	var b strings.Builder
	status := fmt.Sprintf("HTTP/1.1 %03d %s", r.Status, http.StatusText(r.Status))
	b.WriteString(strings.TrimRight(status, " ") + "\n")
	dumpRest(&b, r.Header, r.Body)
	if r.Cut {
		b.WriteString("\n[cut off here]")
	}
	return bound(b.String(), most, redact)
}

func dumpRest(b *strings.Builder, header http.Header, body []byte) {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, value := range header[name] {
			fmt.Fprintf(b, "%s: %s\n", oneLine.Replace(name), oneLine.Replace(value))
		}
	}
	if len(body) > 0 {
		b.WriteString("\n")
		b.WriteString(showBody(header.Get("Content-Type"), body))
	}
}

var oneLine = strings.NewReplacer("\r", "␍", "\n", "␊", "\x00", replacement)

// showBody is a body that is text as it stands, the fields of a multipart body with its files summarized, and the size of anything else.
func showBody(contentType string, body []byte) string {
	if isReadable(body) {
		return string(body)
	}
	if FormatOf(contentType) == Multipart {
		if v, err := decodeMultipart(contentType, body, Limits{}.orDefaults()); err == nil {
			return showParts(v)
		}
	}
	if encodingOf(charsetOf(contentType)) != nil || len(body) > 1 && (body[0] == 0xFE && body[1] == 0xFF || body[0] == 0xFF && body[1] == 0xFE) {
		if text := Text(contentType, body); isReadable([]byte(text)) {
			return text
		}
	}
	return summary(contentType, len(body))
}

func summary(contentType string, size int) string {
	if contentType == "" {
		contentType = "unknown type"
	}
	return fmt.Sprintf("[%d bytes of %s]", size, oneLine.Replace(contentType))
}

func showParts(v tree.Value) string {
	var b strings.Builder
	for _, m := range v.Members() {
		b.WriteString("--\n")
		f := m.Value.File()
		if f == nil {
			fmt.Fprintf(&b, "Content-Disposition: form-data; name=\"%s\"\n\n%s\n", quoteParam(m.Name), m.Value.Text())
			continue
		}
		fmt.Fprintf(&b, "Content-Disposition: form-data; name=\"%s\"; filename=\"%s\"\n\n%s\n", quoteParam(m.Name), quoteParam(f.Name), summary(f.MediaType, len(f.Data)))
	}
	b.WriteString("----")
	return b.String()
}

// isReadable reports whether body is UTF-8 without control characters but white space.
func isReadable(body []byte) bool {
	if !utf8.Valid(body) {
		return false
	}
	for _, c := range body {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func bound(s string, most int, redact func(string) string) string {
	if redact != nil {
		s = redact(s)
	}
	if most <= 0 || len(s) <= most {
		return s
	}
	note := fmt.Sprintf("\n[cut: %d bytes in all]", len(s))
	keep := s[:min(len(s), max(0, most-len(note)))]
	for len(keep) > 0 && !utf8.RuneStart(s[len(keep)]) {
		keep = keep[:len(keep)-1]
	}
	return keep + note
}
