package service

import (
	"net/http"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// reply is what a provider expects to hear, where the file says so.
type reply struct {
	status      int
	contentType string
	headers     []headerPattern
	body        *pattern.Pattern // nil: empty
	asText      bool
}

var replyMembers = []string{"status", "content_type", "headers", "body"}

func (l *loader) reply(v tree.Value, ptr string) *reply {
	if !l.object(v, ptr, replyMembers) {
		return nil
	}
	r := &reply{status: http.StatusOK, contentType: l.text(v.Get("content_type"), ptr+"/content_type")}
	if s := v.Get("status"); s.Kind() != tree.Absent {
		r.status = int(l.number(s, ptr+"/status", 200, 599))
	}
	if err := wire.CheckHeader("X-Check", r.contentType); err != nil {
		l.fail(ptr+"/content_type", "%q is no content type", r.contentType)
	} else if err := wire.CheckContentType(r.contentType); err != nil {
		l.fail(ptr+"/content_type", "%v", err)
	}
	scope := l.names.replyScope()
	if h := v.Get("headers"); h.Kind() != tree.Absent && l.isObject(h, ptr+"/headers") {
		for _, m := range h.Members() {
			at := pointer(ptr+"/headers", m.Name)
			if err := wire.CheckHeader(m.Name, ""); err != nil {
				l.fail(at, "%v", err)
				continue
			}
			if strings.EqualFold(m.Name, "Content-Type") {
				l.fail(at, "the content type is said by content_type")
				continue
			}
			if p := l.pattern(tree.Text(l.text(m.Value, at)), at, scope); p != nil {
				r.headers = append(r.headers, headerPattern{http.CanonicalHeaderKey(m.Name), p})
			}
		}
	}
	body := v.Get("body")
	if body.Kind() == tree.Absent {
		return r
	}
	r.asText = body.Kind() == tree.String
	switch {
	case r.contentType == "" && r.asText:
		r.contentType = "text/plain; charset=utf-8"
	case r.contentType == "":
		r.contentType = "application/json"
	}
	format := wire.FormatOf(r.contentType)
	r.body = l.pattern(body, ptr+"/body", scope)
	switch {
	case r.body == nil:
	case r.asText && format != wire.PlainText && len(r.body.Slots()) > 0:
		l.fail(ptr+"/body", "variables are not glued into the text of %s; write the body as an object, and each value is escaped as its place needs", r.contentType)
	case !r.asText && (format == wire.Unknown || format == wire.PlainText):
		l.fail(ptr+"/body", "an object or a list cannot be written as %s", r.contentType)
	case !r.asText && format == wire.XML && (body.Kind() != tree.Object || len(body.Members()) != 1):
		l.fail(ptr+"/body", "an XML body is an object with one member, its root element")
	}
	return r
}

// maxChallenge is how much of a challenge is said back: whoever sends one is not verified.
const maxChallenge = 1024

// Reply is what this provider expects to hear, once the callback is kept.
func (b *Bound) Reply(cb *Callback, r *Reading) *wire.Response {
	said := b.Service.program.reply
	if r.Unmatched && b.unfit != nil {
		said = b.unfit
	}
	var e *Event
	for i := range r.Events {
		if e == nil {
			e = &r.Events[i]
		}
		if m := r.Events[i].model; m != nil && m.reply != nil {
			said, e = m.reply, &r.Events[i]
			break
		}
	}
	if said == nil {
		return plainReply(cb)
	}
	return b.write(said, e, cb)
}

// plainReply is what every provider takes that asks for nothing else. The body is empty except to JSON, because some providers text
// whatever they hear to the sender.
func plainReply(cb *Callback) *wire.Response {
	r := &wire.Response{Status: http.StatusOK, Header: http.Header{}}
	if cb.isJSON() {
		r.Header["Content-Type"] = []string{"application/json"}
		r.Body = []byte(`{"result": {}}`)
	}
	return r
}

// write writes what the file says. When a value does not fit its place, the provider gets the plain reply: its callback is kept, and
// that is what the answer is about.
func (b *Bound) write(said *reply, e *Event, cb *Callback) *wire.Response {
	in := &pattern.Input{Values: b.base}
	if e != nil {
		in.Values = append([]tree.Value(nil), b.base...)
		for slot, row := range variables {
			if row.places&inHook != 0 {
				if v := e.values.get(slot); v.Kind() != tree.Absent {
					in.Values[slot] = v
				}
			}
		}
	}
	r := &wire.Response{Status: said.status, Header: http.Header{}}
	if said.contentType != "" {
		r.Header["Content-Type"] = []string{said.contentType}
	}
	for _, h := range said.headers {
		value, err := h.value.AppendText(nil, in, nil)
		if err != nil || wire.CheckHeader(h.name, string(value)) != nil {
			return plainReply(cb)
		}
		r.Header[h.name] = []string{string(value)}
	}
	var err error
	switch {
	case said.body == nil:
	case said.asText:
		r.Body, err = said.body.AppendText(nil, in, nil)
	default:
		var v tree.Value
		if v, err = said.body.Write(in); err == nil {
			var contentType string
			r.Body, contentType, err = wire.Encode(said.contentType, v)
			r.Header["Content-Type"] = []string{contentType}
		}
	}
	if err != nil {
		return plainReply(cb)
	}
	return r
}

// Handshake answers a provider's check of our URL, or nil when cb is none. It comes before Verify; a property in the model's pattern
// keeps strangers out.
func (b *Bound) Handshake(cb *Callback) *wire.Response {
	d := cb.decode()
	for _, m := range b.models {
		if m.kind != EventHandshake || m.table != nil {
			continue
		}
		found, _, ok := m.read.take(m, cb, d, d.subject(), b.base)
		if !ok || len(found) == 0 {
			continue
		}
		b.touched.model(m, m.kind)
		if m.reply != nil {
			e := Event{Type: EventHandshake, Model: m.pointer, model: m, values: found[0]}
			r := b.write(m.reply, &e, cb)
			r.Header.Set("X-Content-Type-Options", "nosniff")
			return r
		}
		challenge := found[0].get(slotChallenge).Text()
		return &wire.Response{
			Status: http.StatusOK, Body: []byte(challenge[:min(len(challenge), maxChallenge)]),
			Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}},
		}
	}
	return nil
}
