package service

import (
	"net/http"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// replies is what a provider expects to hear, where the file says so: by what became of its callback, or always the same.
type replies struct {
	always   *reply // nil: nothing is said for the rest
	outcomes map[EventType]*reply
}

// outcomeUnmatched stands beside the types of events in a table of replies.
const outcomeUnmatched EventType = "unmatched"

// of is the reply to this outcome, or nil.
func (r *replies) of(outcome EventType) *reply {
	if r == nil {
		return nil
	}
	if one, ok := r.outcomes[outcome]; ok {
		return one
	}
	return r.always
}

// reply is one answer.
type reply struct {
	status      int
	contentType string
	headers     []headerPattern
	body        *pattern.Pattern // nil: empty
	asText      bool
}

var (
	replyMembers   = []string{"status", "content_type", "headers", "body"}
	repliesMembers = append([]string{"outcomes"}, replyMembers...)
)

// replies compiles the reply of the file or, with the types of its events, of a model.
func (l *loader) replies(v tree.Value, ptr string, of *model) *replies {
	if !l.object(v, ptr, repliesMembers) {
		return nil
	}
	r := &replies{}
	table := v.Get("outcomes")
	if table.Kind() == tree.Absent || hasAny(v, replyMembers) {
		r.always = l.oneReply(v, ptr)
	}
	if table.Kind() == tree.Absent || !l.isObject(table, ptr+"/outcomes") {
		return r
	}
	r.outcomes = map[EventType]*reply{}
	for _, m := range table.Members() {
		at := pointer(ptr+"/outcomes", m.Name)
		kind, known := outcomeUnmatched, m.Name == string(outcomeUnmatched)
		if !known {
			kind, known = kindOfWord(m.Name)
		}
		switch _, twice := r.outcomes[kind]; {
		case !known:
			names := append(eventWords(), string(outcomeUnmatched))
			l.fail(at, "%q is no outcome of a callback; there are %s%s", m.Name, strings.Join(names, ", "), hint(m.Name, names))
			continue
		case twice:
			l.fail(at, "message and mms are one kind, and this is its second reply")
		case of != nil && !of.gives(kind):
			l.warn(at, "this model gives no %s, so nobody hears this", m.Name)
		}
		if l.object(m.Value, at, replyMembers) {
			r.outcomes[kind] = l.oneReply(m.Value, at)
		}
	}
	return r
}

func hasAny(v tree.Value, names []string) bool {
	for _, name := range names {
		if v.Get(name).Kind() != tree.Absent {
			return true
		}
	}
	return false
}

func (l *loader) oneReply(v tree.Value, ptr string) *reply {
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

// Reply is what this provider expects to hear, once the callback is kept. The model speaks before the file, and each says first what it
// says of this outcome.
func (b *Bound) Reply(cb *Callback, r *Reading) *wire.Response {
	for i := range r.Events {
		e := &r.Events[i]
		if e.Type == EventHandshake {
			return b.shake(cb, e)
		}
		if e.model != nil {
			if said := e.model.reply.of(e.Type); said != nil {
				return b.write(said, e, cb)
			}
		}
	}
	outcome, e := outcomeUnmatched, (*Event)(nil)
	if len(r.Events) > 0 {
		e = &r.Events[0]
		outcome = e.Type
	}
	if said := b.Service.program.reply.of(outcome); said != nil {
		return b.write(said, e, cb)
	}
	return plainReply(cb)
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
