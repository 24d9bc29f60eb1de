package service

import (
	"net/http"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// decoded is a callback as trees, made once for Peek, Handshake, Read and Explain.
type decoded struct {
	body     tree.Value // absent: there is none
	query    tree.Value
	rawQuery string
	err      string // why the body cannot be decoded
	steps    int    // what all models together may still cost
	owed     bool   // elements of a list that a model reads are left, which somebody has to read
	spare    bool   // what is left stands beside a list that was read: models of other lists may read it, nobody has to
}

func (cb *Callback) decode() *decoded {
	if cb.decoded != nil {
		return cb.decoded
	}
	d := &decoded{steps: pattern.DefaultLimits.Steps}
	cb.decoded = d
	_, d.rawQuery, _ = strings.Cut(cb.Request.URL, "?")
	d.rawQuery, _, _ = strings.Cut(d.rawQuery, "#")
	var err error
	if d.rawQuery != "" {
		if d.query, err = wire.DecodeQuery(d.rawQuery, wire.Limits{}); err != nil {
			d.err = "the query cannot be decoded: " + err.Error()
		}
	}
	contentType := cb.Request.Header.Get("Content-Type")
	if d.body, err = wire.Decode(contentType, cb.Request.Body, wire.Limits{}); err != nil {
		d.err = "the body cannot be decoded: " + err.Error()
		return d
	}
	if d.body.Kind() == tree.String && wire.FormatOf(contentType) == wire.JSON {
		if _, err := wire.DecodeJSON(cb.Request.Body, wire.Limits{}); err != nil {
			d.err = "the body is not the JSON that its content type says: " + err.Error()
		}
	}
	return d
}

// isEmpty reports whether there is nothing in the callback to read: no body, and no query but what we put into the URL ourselves.
func (cb *Callback) isEmpty() bool {
	if cb.Request.Method == http.MethodHead {
		return true
	}
	d := cb.decode()
	if d.body.Kind() != tree.Absent || d.err != "" {
		return false
	}
	for _, m := range d.query.Members() {
		if m.Name != "number" && m.Name != "key" {
			return false
		}
	}
	return true
}

func (cb *Callback) isJSON() bool {
	return wire.FormatOf(cb.Request.Header.Get("Content-Type")) == wire.JSON
}

// found is what a model bound of one event: of the body, and of query and headers, which all events of a callback share.
type found struct {
	event  pattern.Event
	shared []pattern.Event
}

func (f *found) get(slot int) tree.Value {
	if f == nil {
		return tree.Value{}
	}
	if v := f.event.Get(slot); v.Kind() != tree.Absent {
		return v
	}
	for _, e := range f.shared {
		if v := e.Get(slot); v.Kind() != tree.Absent {
			return v
		}
	}
	return tree.Value{}
}

// agrees reports whether the keys that are bound twice are bound to the same.
func (f *found) agrees() bool {
	for _, slot := range []int{slotMessageID, slotID, slotEventKey, slotFrom} {
		first := f.event.Get(slot)
		for _, e := range f.shared {
			v := e.Get(slot)
			switch {
			case v.Kind() == tree.Absent:
			case first.Kind() == tree.Absent:
				first = v
			case v.Text() != first.Text():
				return false
			}
		}
	}
	return true
}

// take reads the callback, of whose body what is left is rest, with one model: 0..n events, and what this model leaves to others. What
// stands beside a list that was read whole is left to the models of other lists; it need not be read.
func (k *look) take(m *model, cb *Callback, d *decoded, rest tree.Value, known []tree.Value) (events []*found, left tree.Value, ok bool) {
	if d.spare && (k.params == nil || !k.params.ReadsList()) {
		return nil, rest, false
	}
	events, left, ok = k.read(m, cb, d, rest, known)
	switch {
	case !ok || len(events) == 0 || k.params == nil:
		return events, left, ok
	case left.Kind() != tree.Absent:
		d.owed, d.spare = true, false
		return events, left, true
	}
	left = k.params.Beside(rest)
	d.spare = !d.owed && left.Kind() != tree.Absent
	return events, left, true
}

// read reads with one model what is left of the callback.
func (k *look) read(m *model, cb *Callback, d *decoded, rest tree.Value, known []tree.Value) (events []*found, left tree.Value, ok bool) {
	if m.verb != "" && m.verb != cb.Request.Method && !cb.isAnswer() {
		return nil, rest, false
	}
	in := pattern.Input{Values: known, Steps: &d.steps}
	var r pattern.Reading
	if k.params != nil { // first, because it is where models differ
		if r = k.params.Read(rest, &in); !r.Matched {
			return nil, rest, false
		}
	}
	var shared []pattern.Event
	for _, h := range k.headers {
		header := h.value.Read(cb.header(h.name), &in)
		if !header.Matched {
			return nil, rest, false
		}
		shared = append(shared, header.Events...)
	}
	if k.query != nil {
		query := k.query.Read(d.query, &in)
		if !query.Matched {
			return nil, rest, false
		}
		shared = append(shared, query.Events...)
	}
	if k.params == nil {
		f := &found{shared: shared}
		return []*found{f}, tree.Value{}, f.agrees()
	}
	for _, e := range r.Events {
		f := &found{event: e, shared: shared}
		if !f.agrees() {
			return nil, rest, false
		}
		events = append(events, f)
	}
	return events, r.Left, true
}

// header is a header's value for a pattern: absent where there is none.
func (cb *Callback) header(name string) tree.Value {
	values := cb.Request.Header[name]
	if len(values) == 0 {
		return tree.Value{}
	}
	return tree.Text(wire.Clean(strings.Join(values, ", ")))
}

// begin is what the models are offered first.
func (d *decoded) begin() tree.Value {
	d.owed, d.spare = false, false
	return d.subject()
}

// subject is what request_parameters reads: the body, or the query when there is none.
func (d *decoded) subject() tree.Value {
	if d.body.Kind() == tree.Absent {
		return d.query
	}
	return d.body
}
