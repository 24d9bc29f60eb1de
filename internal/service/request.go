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
	Now   time.Time
	UUID  string
	Token string // where Bound.NeedsToken: what internal/credential fetched
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
	if b.wantsFiles {
		if err := wholeFiles(m, s); err != nil {
			return nil, err
		}
	}
	b.touched.method(s.method)
	in := b.input(m, s, at, s.method.uses)
	defer release(in)
	return b.compose(s.method, in, at)
}

// compose makes a request of m from the values of in.
func (b *Bound) compose(m *method, in *input, at Attempt) (*wire.Request, error) {
	r, err := b.head(m, in)
	if err == nil && m.params != nil {
		err = m.body(r, in)
	}
	if err == nil && b.Service.auth != nil && m.name != Login {
		err = b.authorize(r, m.placesToken, at)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// head is the request without its parameters.
func (b *Bound) head(m *method, in *input) (*wire.Request, error) {
	f := b.fixed[m]
	r := &wire.Request{Method: m.verb, URL: f.url, Header: make(http.Header, len(f.headers)+len(f.moving)+1)}
	for name, values := range f.headers {
		r.Header[name] = values[:1:1]
	}
	if r.URL == "" {
		url, err := m.url.append(make([]byte, 0, 256), b.bases[m.url.base], &in.Input)
		if err != nil {
			return nil, unwritable(m, "request_url", err)
		}
		r.URL = string(url)
	}
	for _, h := range f.moving {
		value, err := h.value.AppendText(nil, &in.Input, nil)
		if err == nil && len(value) > 0 {
			err = wire.CheckHeader(h.name, string(value))
		}
		if err != nil {
			return nil, unwritable(m, "request_headers/"+h.name, err)
		}
		if len(value) > 0 {
			r.Header[h.name] = []string{string(value)}
		}
	}
	return r, nil
}

// body puts the parameters in, as the body or as the query.
func (m *method) body(r *wire.Request, in *input) error {
	if wire.FormatOf(m.contentType) == wire.JSON && !m.inQuery && !m.params.IsText() {
		body, err := m.params.AppendJSON(make([]byte, 0, 256), &in.Input)
		if err != nil {
			return unwritable(m, "request_parameters", err)
		}
		if len(body) > 0 {
			r.Body = body
			r.Header["Content-Type"] = []string{m.contentType}
		}
		return nil
	}
	v, err := m.params.Write(&in.Input)
	if err != nil {
		return unwritable(m, "request_parameters", err)
	}
	if m.inQuery {
		return addQuery(r, v, m)
	}
	body, contentType, err := wire.Encode(m.contentType, v)
	if err != nil {
		return unwritable(m, "request_parameters", err)
	}
	r.Body = body
	r.Header["Content-Type"] = []string{contentType}
	return nil
}

func addQuery(r *wire.Request, v tree.Value, m *method) error {
	separator := byte('?')
	if m.url.query != nil {
		separator = '&'
	}
	url := append(append(make([]byte, 0, len(r.URL)+256), r.URL...), separator)
	all, err := wire.AppendQuery(url, v)
	if err != nil {
		return unwritable(m, "request_parameters", err)
	}
	if len(all) > len(url) {
		r.URL = string(all)
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
