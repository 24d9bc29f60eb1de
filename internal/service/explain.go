package service

import (
	"fmt"
	"sort"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Explanation says why a callback was read as it was.
type Explanation struct {
	Decoded    string         `json:"decoded" doc:"How the body was decoded, or why it could not be."`
	Order      []ModelVerdict `json:"order" doc:"The models in the order in which they are tried."`
	Nearest    string         `json:"nearest,omitempty" doc:"Pointer of the model that came nearest."`
	Difference string         `json:"difference,omitempty" doc:"The first thing in which it differs."`
	Verify     string         `json:"verify" doc:"Verified, no verification in the file, or why not."`
	Reading    Reading        `json:"reading" doc:"What was read."`
	Status     int            `json:"status" doc:"The status of our reply."`
	Reply      string         `json:"reply" doc:"Its body."`
}

// ModelVerdict is one model's part in an Explanation.
type ModelVerdict struct {
	Pointer   string `json:"pointer" doc:"Where the model stands."`
	Type      string `json:"type" doc:"Its event_type, or the events table in short."`
	Literals  int    `json:"literals" doc:"Required literals."`
	Variables int    `json:"variables" doc:"Required variables."`
	Took      bool   `json:"took" doc:"It took the callback."`
	Reason    string `json:"reason,omitempty" doc:"Why it did not."`
}

// Explain reads cb and says why, model by model.
func (b *Bound) Explain(cb *Callback) Explanation {
	d := cb.decode()
	out := Explanation{Decoded: decodedAs(cb, d), Verify: "no verification in the file"}
	if b.Service.verify != nil {
		out.Verify = "verified"
		if err := b.Service.verify.verify(b, cb); err != nil {
			out.Verify = err.Error()
		}
	}
	out.Reading = b.Read(cb)
	out.Nearest, out.Difference = out.Reading.Nearest, out.Reading.Difference
	rest := d.begin()
	for _, m := range b.modelsFor(cb) {
		v := ModelVerdict{Pointer: m.pointer, Type: m.kindText(), Literals: m.weight.Literals, Variables: m.weight.Variables}
		switch events, left, ok := m.read.take(m, cb, d, rest, b.base); {
		case rest.Kind() == tree.Absent && d.subject().Kind() != tree.Absent:
			v.Reason = "a model before it took the callback"
		case ok && len(events) == 0 && left.Kind() == tree.Absent:
			v.Reason = "it fits, and its list has no elements"
		case ok:
			v.Took, rest = true, left
		default:
			_, v.Reason = m.differs(cb, d, rest, b.base)
		}
		out.Order = append(out.Order, v)
	}
	for i, m := range b.modelsFor(cb) { // the words that no model knows, for the tables that take them all the same
		if m.others == nil || rest.Kind() == tree.Absent {
			continue
		}
		if events, left, ok := m.others.take(m, cb, d, rest, b.base); ok && (len(events) > 0 || left.Kind() != tree.Absent) {
			out.Order[i].Took, out.Order[i].Reason, rest = true, "", left
		}
	}
	reply := b.Handshake(cb)
	if reply == nil {
		reply = b.Reply(cb, &out.Reading)
	}
	out.Status, out.Reply = reply.Status, string(reply.Body)
	return out
}

func decodedAs(cb *Callback, d *decoded) string {
	switch contentType := cb.Request.Header.Get("Content-Type"); {
	case d.err != "":
		return d.err
	case d.body.Kind() == tree.Absent && d.query.Kind() == tree.Absent:
		return "there is nothing in it"
	case d.body.Kind() == tree.Absent:
		return "no body; the query is read"
	case d.body.Kind() == tree.String:
		return "the body is text"
	case contentType == "":
		return "the body was read by its looks: it has no content type"
	default:
		return fmt.Sprintf("the body was read as %s", wire.FormatOf(contentType))
	}
}

func (m *model) kindText() string {
	if m.table == nil {
		return string(m.kind)
	}
	words := make([]string, 0, len(m.table))
	for word, kind := range m.table {
		words = append(words, word+"="+string(kind))
	}
	sort.Strings(words)
	return strings.Join(words, " ")
}

// nearest is the model that fits best what no model reads, and the first thing in which it differs.
func (b *Bound) nearest(cb *Callback, d *decoded, rest tree.Value) (ptr, difference string) {
	best := -1
	for _, m := range b.modelsFor(cb) {
		if near, why := m.differs(cb, d, rest, b.base); why != "" && near > best {
			best, ptr, difference = near, m.pointer, why
		}
	}
	return ptr, difference
}

// differs is how many literals and variables of m fit, and the first thing that does not; "" when everything fits.
func (m *model) differs(cb *Callback, d *decoded, rest tree.Value, known []tree.Value) (near int, why string) {
	if m.verb != "" && m.verb != cb.Request.Method && !cb.isAnswer() {
		why = fmt.Sprintf("/request_method: wants %s, and %s came", m.verb, cb.Request.Method)
	}
	in := pattern.Input{Values: known, Steps: &d.steps}
	look := func(p *pattern.Pattern, v tree.Value, at string) {
		diff := p.Explain(v, &in)
		near += diff.Near
		if !diff.Matched && why == "" {
			why = fmt.Sprintf("%s%s: wants %s, and %s came", at, diff.Pointer, m.wants(diff.Expected), diff.Came)
		}
	}
	for _, h := range m.read.headers {
		look(h.value, cb.header(h.name), pointer("/headers", h.name))
	}
	if m.read.query != nil {
		look(m.read.query, d.query, "/query")
	}
	if m.read.params != nil {
		look(m.read.params, rest, "/request_parameters")
	}
	return near, why
}

// wants says which word stands for $event_key$ in this model.
func (m *model) wants(expected string) string {
	switch {
	case !strings.Contains(expected, "$event_key"):
		return expected
	case m.table != nil:
		return expected + ` to be a word of "events"`
	case m.key != "":
		return fmt.Sprintf("%s to be %q", expected, m.key)
	}
	return expected
}
