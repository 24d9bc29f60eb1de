package studio

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"patchbay/internal/secret"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// Rendered is one request as a provider gets it, secrets masked.
type Rendered struct {
	Part    int               `json:"part" doc:"Which part of the message, from 0."`
	Method  string            `json:"method" doc:"The method."`
	URL     string            `json:"url" doc:"The address."`
	Headers map[string]string `json:"headers" doc:"The headers."`
	Body    string            `json:"body" doc:"The body."`
	HTTP    string            `json:"http" doc:"The request as it stands on the wire."`
	Curl    string            `json:"curl" doc:"The request as a command."`
}

// maxRendered is how many requests are shown of one sample: it may name as many files as fit.
const maxRendered = 100

// Render is what a sample becomes.
func Render(sm *Sample, method string) ([]Rendered, error) {
	bound, err := sm.Bind()
	if err != nil {
		return nil, err
	}
	reqs, err := sm.requests(bound, method)
	if err != nil {
		return nil, err
	}
	out := make([]Rendered, len(reqs))
	for i, req := range reqs {
		out[i] = show(i, req, secret.NewRedactor(append(bound.Secrets(), req.Secrets...)...))
	}
	return out, nil
}

// requests is what the sample becomes: those of a message, uploads first, or the one of a call.
func (sm *Sample) requests(b *service.Bound, method string) (list []*wire.Request, err error) {
	m := sm.finish()
	add := func(r *wire.Request, e error) {
		if err = e; e == nil {
			list = append(list, r)
		}
	}
	if method != "SendMessage" && method != "SendFile" {
		for i := range m.Files {
			m.Files[i].Data = sampleFile
		}
		add(b.Call(method, sm.calling(), sm.attempt))
		return list, err
	}
	parts, err := b.Parts(m)
	for part := 0; err == nil && part < parts && len(list) < maxRendered; part++ {
		w := b.Wants(m, part)
		for i := w.Lo; err == nil && i < w.Hi; i++ {
			m.Files[i].Data = sampleFile
			if w.Upload {
				add(b.Call(service.UploadFile, m.Upload(i), sm.attempt))
				m.Files[i].MediaID = fmt.Sprintf("media-%d", i+1)
			}
		}
		if err == nil {
			add(b.Request(m, part, sm.attempt))
		}
	}
	return list, err
}

func (sm *Sample) calling() service.Calling {
	return service.Calling{Sending: *sm.finish(), MessageID: sm.messageID, Cursor: sm.cursor}
}

// sampleFile stands for what is in a file.
var sampleFile = []byte("what is in the file")

// show is a request with its secrets taken out, by their value.
func show(part int, r *wire.Request, secrets *secret.Redactor) Rendered {
	masked := &wire.Request{Method: r.Method, URL: secrets.Redact(r.URL), Header: http.Header{}, Body: r.Body}
	if utf8.Valid(r.Body) {
		masked.Body = []byte(secrets.Redact(string(r.Body)))
	}
	out := Rendered{Part: part, Method: r.Method, URL: masked.URL, Headers: map[string]string{}}
	for name, values := range r.Header {
		for _, v := range values {
			masked.Header.Add(name, secrets.Redact(v))
		}
		out.Headers[name] = strings.Join(masked.Header[name], ", ")
	}
	if utf8.Valid(masked.Body) {
		out.Body = string(masked.Body)
	} else {
		out.Body = fmt.Sprintf("(%d bytes that are not text)", len(masked.Body))
	}
	out.HTTP, out.Curl = wire.DumpRequest(masked, 0, nil), wire.Curl(masked)
	return out
}
