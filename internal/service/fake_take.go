package service

import (
	"crypto/subtle"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// taker reads what one method writes.
type taker struct {
	m       *method
	at      string           // pointer of the parameters
	path    *pattern.Pattern // nil: none
	query   *pattern.Pattern // an object of what stands in the query; nil: nothing does
	params  *pattern.Pattern // the body; nil: there is none
	headers []headerPattern  // those that hold a variable of the message
}

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

// taker makes of a method, as it stands in the file, what reads its requests.
func (f *Fake) taker(m *method, api tree.Value) *taker {
	own := api
	for _, step := range strings.Split(strings.TrimPrefix(m.pointer, "/API/"), "/") {
		if own.Kind() == tree.List {
			own = own.List()[count(tree.Text(step))]
		} else {
			own = own.Get(step)
		}
	}
	get := func(name string) (tree.Value, string) {
		if v := own.Get(name); v.Kind() != tree.Absent {
			return v, pointer(m.pointer, name)
		}
		if !m.kind.inherits(name) {
			return tree.Value{}, pointer(m.pointer, name)
		}
		return api.Get(name), pointer("/API", name)
	}
	t, scope := &taker{m: m}, f.names.takeScope(m.kind)
	read := func(v tree.Value, at string) *pattern.Pattern {
		p, blind := pattern.Reverse(v, scope)
		for _, b := range blind {
			f.blind = append(f.blind, Problem{Pointer: at + b.Pointer, Message: "whatever stands here is taken: " + b.Message, Warning: true})
		}
		return p
	}
	raw, at := get("request_url")
	text := raw.Text()
	if shared := api.Get("request_url"); strings.HasPrefix(text, "/") && own.Get("request_url").Kind() != tree.Absent {
		text = strings.TrimRight(shared.Text(), "/") + text
	}
	path, query, _ := cutQuery(afterHost(text))
	if path != "" {
		t.path = read(tree.Text(path), at)
	}
	inQuery := queryMembers(query)
	params, paramsAt := get("request_parameters")
	t.at = paramsAt
	switch {
	case params.Kind() == tree.Absent:
	case m.inQuery:
		inQuery = append(inQuery, params.Members()...)
		at = paramsAt
	default:
		t.params = read(params, paramsAt)
	}
	if len(inQuery) > 0 {
		t.query = read(tree.ObjectOf(inQuery...), at)
	}
	headers, headersAt := get("request_headers")
	for _, h := range f.fixed[m].moving {
		for _, member := range headers.Members() {
			if http.CanonicalHeaderKey(member.Name) == h.name {
				if p := read(member.Value, pointer(headersAt, member.Name)); p != nil {
					t.headers = append(t.headers, headerPattern{h.name, p})
				}
			}
		}
	}
	return t
}

// takeScope is for reading requests: the properties that have values are literals, all else is bound.
func (n *names) takeScope(k *methodKind) *pattern.Scope {
	vars := n.of(k.asked(), false)
	for slot := range variables {
		vars[slot].Use = pattern.First
	}
	fileVars(vars)
	vars[slotMediaID].PerFile = true
	vars[slotContent].PerFile = k.name == sendFile || k.name == UploadFile
	if k.name != Login {
		n.giveToken(vars)
	}
	vars[slotFrom].Same, vars[slotTo].Same = sameNumber, sameNumber
	return pattern.NewScope(pattern.Scope{
		Direction: pattern.Reads, Vars: vars, Filters: numberFilters, FormatJSON: formatJSON, ParseJSON: parseJSON, EveryElement: true,
	})
}

// afterHost is what of a request_url follows scheme and host, or the property that stands for them.
func afterHost(text string) string {
	if strings.HasPrefix(text, "$") {
		return text[variableEnd(text, 0):]
	}
	_, rest, _ := strings.Cut(text, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		return rest[i:]
	}
	return ""
}

// queryMembers is the query of a request_url as an object pattern.
func queryMembers(query string) (out []tree.Member) {
	for query != "" {
		end := 0
		for end < len(query) && query[end] != '&' {
			if query[end] == '$' {
				end = variableEnd(query, end)
			} else {
				end++
			}
		}
		name, value, _ := strings.Cut(query[:end], "=")
		if plain, err := url.QueryUnescape(name); err == nil && !strings.Contains(name, "$") {
			name = plain
		}
		if plain, err := url.QueryUnescape(value); err == nil && !strings.Contains(value, "$") {
			value = plain
		}
		out = append(out, tree.Member{Name: name, Value: tree.Text(value)})
		query = strings.TrimPrefix(query[end:], "&")
	}
	return out
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

// credentials holds the request to the headers that never change, the credentials among them. Of what is signed it asks that the signature
// is there: whose time and nonce it has not chosen, it cannot write again.
func (f *Fake) credentials(t *taker, r *wire.Request, c *Complaint) {
	want := f.fixed[t.m].headers.Clone()
	if a := f.Service.auth; a != nil && t.m.name != Login {
		switch {
		case f.NeedsToken() && !t.m.placesToken && want.Get("Authorization") == "":
			want.Set("Authorization", "Bearer "+fakeToken)
		case a.signer != nil:
			f.signed(r, c)
		}
	}
	for name, values := range want {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(name)), []byte(values[0])) == 1 {
			continue
		}
		if name == "Authorization" {
			c.Status = http.StatusUnauthorized
			c.say("%s: the credentials are not those of this provider", orElse(f.authPointer(), t.m.pointer+"/request_headers/Authorization"))
			continue
		}
		came := "nothing"
		if r.Header.Get(name) != "" {
			came = "something else"
		}
		c.say("%s: want the file's header, came %s", t.m.pointer+"/request_headers/"+name, came)
	}
}

// signed asks for everything that a signer adds to requests.
func (f *Fake) signed(r *wire.Request, c *Complaint) {
	again := *r
	again.Header = r.Header.Clone()
	at := Attempt{Now: testNow, UUID: "00000000-0000-4000-8000-000000000000"}
	if err := f.Service.auth.signer.sign(f.Bound, &again, at); err != nil {
		c.say("%s: the request cannot be signed: %v", f.Service.auth.pointer, err)
		return
	}
	for name := range again.Header {
		if r.Header.Get(name) == "" {
			c.Status = http.StatusUnauthorized
			c.say("%s: the request is not signed: want the header %s", f.Service.auth.pointer, name)
		}
	}
	there, _ := url.Parse(r.URL)
	if u, err := url.Parse(again.URL); err == nil && there != nil {
		for name := range u.Query() {
			if !there.Query().Has(name) {
				c.Status = http.StatusUnauthorized
				c.say("%s: the request is not signed: want %s in the query", f.Service.auth.pointer, name)
			}
		}
	}
}

func (f *Fake) authPointer() string {
	if f.Service.auth == nil {
		return ""
	}
	return f.Service.auth.pointer
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
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
