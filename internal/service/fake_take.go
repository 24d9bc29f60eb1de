package service

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Order is what the provider was asked for.
type Order struct {
	Method     string   `json:"method"`  // of the file: SendMessage, …
	Pointer    string   `json:"pointer"` // of its variant
	ID         string   `json:"id,omitempty"`
	From       string   `json:"from,omitempty"`
	To         string   `json:"to,omitempty"`
	Text       string   `json:"text,omitempty"`
	URLs       []string `json:"urls,omitempty"`
	Bytes      int      `json:"bytes,omitempty"` // of a file that came with it
	WebhookURL string   `json:"webhook_url,omitempty"`
	MessageID  string   `json:"messageid,omitempty"` // of a poll: which message is asked about

	m      *method
	values []tree.Value
}

// IsSend reports whether the order is a message.
func (o *Order) IsSend() bool { return o.m.kind.sends }

// Complaint is why a request is none that the file writes.
type Complaint struct {
	Status   int      // 404: no method has this address; 401: its credentials; 400: something else
	Problems []string // with the pointer of what the request misses
}

func (c *Complaint) say(format string, args ...any) {
	c.Problems = append(c.Problems, fmt.Sprintf(format, args...))
}

// Take reads a request as the provider would. Of several methods that read it, it is of the one that finds most in it; of several complaints
// it gives those of the method that comes nearest.
func (f *Fake) Take(r *wire.Request) (*Order, *Complaint) {
	nowhere := &Complaint{Status: http.StatusNotFound}
	u, err := url.Parse(r.URL)
	if err != nil {
		nowhere.say("the address cannot be read")
		return nil, nowhere
	}
	var worst *Complaint
	var best *Order
	for _, t := range f.takers {
		in := &pattern.Input{Values: append([]tree.Value(nil), f.base...), Env: &Sending{Country: f.Country}}
		if f.NeedsToken() && t.m.name != Login {
			in.Values[slotToken] = tree.Text(fakeToken)
		}
		if t.m.verb != r.Method || !t.reads(in, u) {
			nowhere.say("%s: the file asks for %s %s", t.m.pointer, t.m.verb, t.describe(f, in))
			continue
		}
		o, c := f.take(t, r, u, in)
		if c == nil {
			if best == nil || o.found() > best.found() {
				best = o
			}
			continue
		}
		if worst == nil || len(c.Problems) < len(worst.Problems) {
			worst = c
		}
	}
	switch {
	case best != nil:
		return best, nil
	case worst != nil:
		return nil, worst
	}
	return nil, nowhere
}

// found is how many variables the request had a value for.
func (o *Order) found() (n int) {
	for _, v := range o.values {
		if v.Kind() != tree.Absent {
			n++
		}
	}
	return n
}

// describe is the path that a method asks for.
func (t *taker) describe(f *Fake, in *pattern.Input) string {
	if t.m.url.path == nil {
		return "/"
	}
	text, err := t.m.url.path.AppendText(nil, in, nil)
	if err != nil {
		return "an address"
	}
	return string(text)
}

// reads reports whether the path is the method's, and binds what stands in it.
func (t *taker) reads(in *pattern.Input, u *url.URL) bool {
	if t.path == nil {
		return u.Path == "" || u.Path == "/"
	}
	for _, path := range []string{u.Path, u.EscapedPath()} {
		if r := t.path.Read(tree.Text(path), in); r.Matched {
			know(in, r)
			return true
		}
	}
	return false
}

// know makes what was read known. What is known already stays.
func know(in *pattern.Input, r pattern.Reading) {
	for _, e := range r.Events {
		e.Each(func(slot int, v tree.Value) {
			if in.Values[slot].Kind() == tree.Absent {
				in.Values[slot] = v
			}
		})
	}
}

func (f *Fake) take(t *taker, r *wire.Request, u *url.URL, in *pattern.Input) (*Order, *Complaint) {
	c := &Complaint{Status: http.StatusBadRequest}
	f.credentials(t, r, c)
	for _, h := range t.headers {
		if value := r.Header.Get(h.name); value != "" { // one that is empty is left out
			t.part(h.value, tree.Text(value), in, c, t.m.pointer+"/request_headers/"+h.name)
		}
	}
	if t.query != nil {
		query, err := wire.DecodeQuery(u.RawQuery, wire.Limits{})
		if err != nil {
			c.say("%s: the query cannot be read: %v", t.at, err)
		} else {
			if query.Kind() == tree.Absent {
				query = tree.ObjectOf()
			}
			t.part(t.query, query, in, c, t.at)
		}
	}
	f.body(t, r, in, c)
	if len(c.Problems) > 0 {
		return nil, c
	}
	return t.order(in), nil
}

// part reads one part of the request with its pattern.
func (t *taker) part(p *pattern.Pattern, v tree.Value, in *pattern.Input, c *Complaint, at string) {
	if r := p.Read(v, in); r.Matched {
		know(in, r)
		return
	}
	d := p.Explain(v, in)
	c.say("%s: want %s, came %s", at+d.Pointer, d.Expected, d.Came)
}

func (f *Fake) body(t *taker, r *wire.Request, in *pattern.Input, c *Complaint) {
	if t.params == nil {
		if len(r.Body) > 0 {
			c.say("%s: want no body, came %d bytes", t.at, len(r.Body))
		}
		return
	}
	kind := r.Header.Get("Content-Type")
	if want := t.m.contentType; len(r.Body) > 0 && mediaType(want) != mediaType(kind) && !t.params.Uses(slotFile) {
		c.say("%s/request_content_type: want %s, came %s", t.m.pointer, mediaType(want), orElse(kind, "none"))
	}
	var v tree.Value
	var err error
	switch {
	case t.params.IsText() && t.params.Uses(slotFile):
		v = tree.FileOf(&tree.Blob{Data: r.Body, MediaType: kind})
	case t.params.IsText():
		v = tree.Text(wire.Text(kind, r.Body))
	default:
		if v, err = wire.Decode(kind, r.Body, wire.Limits{}); err != nil {
			c.say("%s: the body cannot be decoded: %v", t.at, err)
			return
		}
	}
	t.part(t.params, v, in, c, t.at)
}

func mediaType(contentType string) string {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return strings.ToLower(contentType)
	}
	return t
}

// order is what was read.
func (t *taker) order(in *pattern.Input) *Order {
	text := func(slot int) string {
		if all := texts(in.Values[slot]); len(all) > 0 {
			return all[0]
		}
		return ""
	}
	o := &Order{
		Method: t.m.name, Pointer: t.m.pointer, ID: text(slotID), From: text(slotFrom), To: text(slotTo), WebhookURL: text(slotWebhookURL),
		MessageID: text(slotMessageID), m: t.m, values: in.Values,
	}
	slots := []int{slotURLs, slotURL}
	if t.m.file {
		slots = append(slots, slotContent)
	} else {
		o.Text = text(slotContent)
	}
	if o.Text == "" {
		o.Text = text(slotText)
	}
	for _, slot := range slots {
		for _, u := range texts(in.Values[slot]) {
			if !contains(o.URLs, u) {
				o.URLs = append(o.URLs, u)
			}
		}
	}
	for _, v := range append([]tree.Value{in.Values[slotFile]}, in.Values[slotFile].List()...) {
		if blob := v.File(); blob != nil {
			o.Bytes += len(blob.Data)
		}
	}
	return o
}
