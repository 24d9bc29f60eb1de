package inbound

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// Receive takes one callback in and says what its provider hears: the table of service-file.md §5. A 2xx means that it is durably kept.
func (f *Flow) Receive(ctx context.Context, r Request) Answer {
	now := time.Now()
	src, to, err := f.open(ctx, &r)
	if err != nil {
		return f.turnAway(&r, err)
	}
	cb := &service.Callback{Request: r.HTTP, Number: r.NumberParam, Now: now, RemoteIP: r.RemoteIP}
	if a, err := f.handshake(ctx, src, to, &r, cb); err != nil {
		return f.turnAway(&r, err)
	} else if a != nil {
		return *a
	}
	if isEmpty(&r.HTTP) {
		f.counters.Empty.Add(1)
		return plain(http.StatusOK, "")
	}
	p, err := f.prove(ctx, src, to, cb)
	if err != nil {
		return f.turnAway(&r, err)
	}
	h := f.read(p)
	if h.reading.Empty {
		f.counters.Empty.Add(1)
		return plain(http.StatusOK, "")
	}
	if err := f.keep(ctx, callbackRow(&r, src, now), h); err != nil {
		return f.turnAway(&r, err)
	}
	f.counters.Kept.Add(1)
	return f.reply(h)
}

func callbackRow(r *Request, src *source, at time.Time) *message.Callback {
	return &message.Callback{
		ID: message.NewID(), AccountID: r.AccountID, ServiceID: src.service.ID, ServiceVersion: src.service.Version, At: at,
		Method: r.HTTP.Method, URL: r.HTTP.URL, Header: r.HTTP.Header, Body: r.HTTP.Body, Number: r.NumberParam,
	}
}

// refusal is a callback that nobody here is to hear of.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// open finds what stands behind the URL, and whom of it the key lets in.
func (f *Flow) open(ctx context.Context, r *Request) (*source, audience, error) {
	queryKey := ""
	if u, err := url.Parse(r.HTTP.URL); err == nil && u.RawQuery != "" {
		q := u.Query()
		queryKey = q.Get("key")
		if r.NumberParam == "" {
			r.NumberParam = q.Get("number")
		}
	}
	src, err := f.sources.get(ctx, r.AccountID, r.ServiceID)
	if err != nil {
		if errors.Is(err, errNobody) || fault.CodeOf(err) == fault.NotFound {
			err = &refusal{err}
		}
		return nil, audience{}, err
	}
	to := src.keyed(r.Key, queryKey)
	if len(to.ids) == 0 {
		return nil, audience{}, &refusal{errNoKey}
	}
	return src, to, nil
}

var errNoKey = errors.New("the key of the URL opens no integration")

// isEmpty reports whether there is nothing in a request: no body, and no more in its query than our own parameters.
func isEmpty(r *wire.Request) bool {
	if r.Method == http.MethodHead {
		return true
	}
	if len(r.Body) > 0 {
		return false
	}
	_, query, _ := strings.Cut(r.URL, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name != "" && name != "key" && name != "number" {
			return false
		}
	}
	return true
}

// handshake answers a provider's check of our URL, which comes before it can have signed anything. Nothing of it is kept, unless an address
// is to be called.
func (f *Flow) handshake(ctx context.Context, src *source, to audience, r *Request, cb *service.Callback) (*Answer, error) {
	for i, group := range to.groups {
		if i == maxSecrets {
			break
		}
		var shake *service.Handshake
		b, err := group[0].bound()
		if err != nil {
			continue
		}
		if f.contain("handshake", func() { shake = b.Shake(cb) }); shake == nil {
			continue
		}
		if said := &shake.Reading; said.Unmatched || said.Events[0].Confirm != "" {
			p := &proof{flow: f, src: src, audience: to, cb: cb, trusted: true, passed: group}
			h := &heard{proof: p, bound: b, reading: *said}
			if err := f.keep(ctx, callbackRow(r, src, cb.Now), h); err != nil {
				return nil, err
			}
			f.counters.Kept.Add(1)
		}
		return &Answer{Status: shake.Reply.Status, Header: shake.Reply.Header, Body: shake.Reply.Body}, nil
	}
	return nil, nil
}

// reply is what this provider expects, now that the callback is kept.
func (f *Flow) reply(h *heard) Answer {
	var resp *wire.Response
	if h.bound != nil {
		f.contain("reply", func() { resp = h.bound.Reply(h.cb, &h.reading) })
	}
	if resp == nil {
		return plain(http.StatusOK, "")
	}
	return Answer{Status: resp.Status, Header: resp.Header, Body: resp.Body}
}

// turnAway answers a callback that is not kept. Whatever is refused gets one and the same answer: whoever guesses learns nothing.
func (f *Flow) turnAway(r *Request, why error) Answer {
	log := f.log.With("service", clip(r.ServiceID, 64), "account", hint(r.AccountID), "why", clip(why.Error(), 300))
	var refused *refusal
	if errors.As(why, &refused) {
		f.counters.Refused.Add(1)
		log.Warn("callback refused", "from", r.RemoteIP)
		return plain(http.StatusNotFound, "not found\n")
	}
	f.counters.Unkept.Add(1)
	log.Error("callback not kept")
	a := plain(http.StatusServiceUnavailable, "")
	a.Header.Set("Retry-After", "5")
	return a
}

func plain(status int, body string) Answer {
	return Answer{Status: status, Body: []byte(body), Header: http.Header{
		"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
	}}
}

// hint is enough of an account's id to recognise it by: the whole of it is a capability.
func hint(accountID string) string {
	if len(accountID) > 6 {
		return accountID[:6] + "…"
	}
	return accountID
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// contain runs what works on a stranger's bytes; a panic in it is counted and logged, and harms nobody else.
func (f *Flow) contain(what string, do func()) (broke bool) {
	defer func() {
		if p := recover(); p != nil {
			f.counters.Panics.Add(1)
			f.log.Error("a callback broke its reader", "in", what, "panic", p)
			broke = true
		}
	}()
	do()
	return false
}
