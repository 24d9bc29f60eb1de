package service

import (
	"net/http"
	"sync"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Sending is one outbound message as the file's patterns see it.
type Sending struct {
	ID             string // ours, the same in every attempt: $id$
	From, To       string // E.164, a short code or a name
	Text           string // text, or caption of the files
	Files          []File // each with its public URL
	Extension      string
	Username       string
	Domain         string
	OrgID          string
	WebhookURL     string
	Country        string // of our number
	OutboundFormat string // of our number: national | national0 | e164 | international | "" (E.164)
	Segments       int
	Encoding       string // gsm7 | ucs2
	Created        time.Time
}

// Attempt is what differs from try to try.
type Attempt struct {
	Now  time.Time
	UUID string
}

// Request is the part-th request of the message (from 0).
func (b *Bound) Request(m *Sending, part int, at Attempt) (*wire.Request, error) {
	s, err := b.step(m, part)
	if err != nil {
		return nil, err
	}
	return b.request(m, s, at)
}

func (b *Bound) request(m *Sending, s step, at Attempt) (*wire.Request, error) {
	b.touched.method(s.method)
	in := b.input(m, s, at, s.method.uses)
	defer release(in)
	f := b.fixed[s.method]
	r := &wire.Request{Method: s.method.verb, URL: f.url, Header: make(http.Header, len(f.headers)+len(f.moving)+1)}
	for name, values := range f.headers {
		r.Header[name] = values[:1:1]
	}
	if r.URL == "" {
		url, err := s.method.url.append(make([]byte, 0, 256), b.bases[s.method.url.base], &in.Input)
		if err != nil {
			return nil, unwritable(s.method, "request_url", err)
		}
		r.URL = string(url)
	}
	for _, h := range f.moving {
		value, err := h.value.AppendText(nil, &in.Input, nil)
		if err == nil && len(value) > 0 {
			err = wire.CheckHeader(h.name, string(value))
		}
		if err != nil {
			return nil, unwritable(s.method, "request_headers/"+h.name, err)
		}
		if len(value) > 0 {
			r.Header[h.name] = []string{string(value)}
		}
	}
	if s.method.params == nil {
		return r, nil
	}
	if wire.FormatOf(s.method.contentType) == wire.JSON && !s.method.inQuery && !s.method.params.IsText() {
		body, err := s.method.params.AppendJSON(make([]byte, 0, 256), &in.Input)
		if err != nil {
			return nil, unwritable(s.method, "request_parameters", err)
		}
		if len(body) > 0 {
			r.Body = body
			r.Header["Content-Type"] = []string{s.method.contentType}
		}
		return r, nil
	}
	v, err := s.method.params.Write(&in.Input)
	if err != nil {
		return nil, unwritable(s.method, "request_parameters", err)
	}
	if s.method.inQuery {
		return r, addQuery(r, v, s.method)
	}
	body, contentType, err := wire.Encode(s.method.contentType, v)
	if err != nil {
		return nil, unwritable(s.method, "request_parameters", err)
	}
	r.Body = body
	r.Header["Content-Type"] = []string{contentType}
	return r, nil
}

func addQuery(r *wire.Request, v tree.Value, m *method) error {
	query, err := wire.EncodeQuery(v)
	if err != nil {
		return unwritable(m, "request_parameters", err)
	}
	switch {
	case query == "":
	case m.url.query != nil:
		r.URL += "&" + query
	default:
		r.URL += "?" + query
	}
	return nil
}

func unwritable(m *method, member string, err error) error {
	if fault.CodeOf(err) != fault.Internal {
		return err
	}
	return fault.New(fault.Invalid, m.pointer+"/"+member, "the request cannot be written: %v", err)
}

// input is the values of one request or answer. It is taken from a pool, because a busy gateway makes thousands a second.
type input struct {
	pattern.Input
	values []tree.Value
}

var inputs = sync.Pool{New: func() any { return new(input) }}

func release(in *input) {
	clear(in.values)
	in.Input = pattern.Input{}
	inputs.Put(in)
}

// input puts in the integration's property values and the variables of uses.
func (b *Bound) input(m *Sending, s step, at Attempt, uses bits) *input {
	in := inputs.Get().(*input)
	if cap(in.values) < len(b.base) {
		in.values = make([]tree.Value, len(b.base))
	}
	in.values = in.values[:len(b.base)]
	copy(in.values, b.base)
	in.Values, in.Env = in.values, m
	fill(in.values, m, s, at, uses)
	return in
}
