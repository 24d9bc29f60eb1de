package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// post sends a message of the fixture and gives our id of it.
func (f *fixtureRun) post(c *sendCase) string {
	f.Helper()
	body := map[string]any{"orgid": f.team.org, "from": kept(c.Inputs.From), "to": kept(c.Inputs.To), "content": c.Inputs.Content}
	urls := c.Inputs.URLs
	for _, file := range c.Inputs.Files { // what goes inside the request is fetched before, from the program that sends it
		urls = append(urls, f.p.URL+f.answers.file(file.Type, file.Base64))
	}
	if len(urls) > 0 {
		body["urls"] = urls
	}
	// The cases before may have been refused for their key, or failed one after the other: each case meets an integration that is not paused.
	f.g.call(200, "POST", "/v1/organizations/"+f.team.org+"/integrations/"+f.name+"/resume", nil)
	return f.g.call(202, "POST", "/v1/messages", body).str("id")
}

// asked are the requests that name a contact.
func (f *fixtureRun) asked(contact string) (out []taken) {
	for _, r := range f.p.requests() {
		if strings.Contains(r.query+r.body, lastDigits(contact)) {
			out = append(out, r)
		}
	}
	return out
}

// sends: the provider receives the documented request, and its answer gives the documented ids.
func (f *fixtureRun) sends(raw json.RawMessage) {
	var c sendCase
	f.decode(raw, &c)
	contact := c.Inputs.To
	answer := make(chan http.HandlerFunc, 1)
	f.answers.to(contact, once(answer))
	before := len(f.asked(contact))
	id := f.post(&c)
	// Where our id is the message's, the provider's answer repeats it.
	answer <- c.Response.with(c.Inputs.LocalID, id)
	m := f.g.await(id, status("sent"))
	f.isIn(m, kept(c.Inputs.From), kept(contact))
	got := f.asked(contact)[before:]
	if len(got) != 1 {
		f.Fatalf("the provider received %d requests: %+v", len(got), got)
	}
	if c.Request != nil {
		f.sameRequest(got[0], *c.Request, c.Inputs.LocalID, id)
	}
	want := c.IDs
	if c.ID != "" && len(want) == 0 {
		want = []string{c.ID}
	}
	for i, one := range want {
		if one == c.Inputs.LocalID {
			want[i] = id
		}
	}
	if have := texts(m["messageids"]); !slices.Equal(have, want) {
		f.Errorf("messageids %q, want %q", have, want)
	}
}

// sameRequest compares what left with the fixture's request, in which our own ids and URL take the place of the fixture's.
func (f *fixtureRun) sameRequest(got taken, want wireRequest, localID, id string) {
	f.Helper()
	ours := strings.NewReplacer(f.PublicURL, f.team.webhook, url.QueryEscape(f.PublicURL), url.QueryEscape(f.team.webhook))
	swap := func(s string) string {
		s = ours.Replace(s)
		if localID != "" {
			s = strings.ReplaceAll(s, localID, id)
		}
		return s
	}
	where, query, _ := strings.Cut(swap(want.URL), "?")
	if got.method != want.Method || f.p.URL+got.path != where {
		f.Errorf("got %s %s\nwant %s %s", got.method, f.p.URL+got.path, want.Method, where)
	}
	f.sameBody("query", "application/x-www-form-urlencoded", got.query, "application/x-www-form-urlencoded", query)
	kind := want.Headers["Content-Type"]
	for name, value := range want.Headers {
		have := got.header.Get(name)
		if name == "Content-Type" {
			have, value = withoutBoundary(have), withoutBoundary(value)
		}
		if have != swap(value) {
			f.Errorf("%s: got %q, want %q", name, have, swap(value))
		}
	}
	f.sameBody("body", got.header.Get("Content-Type"), got.body, kind, swap(want.Body))
}

// fails: a final answer fails the message with the provider's code and text, and nothing more is sent; any other keeps it for another try.
func (f *fixtureRun) fails(c errorCase) {
	sent := f.accepts
	sent.Inputs.To = f.otherContact(sent.Inputs.To) // what was said of one contact may hold for the next message to it
	f.answers.to(sent.Inputs.To, c.Response.with("", ""))
	id := f.post(&sent)
	m := f.g.await(id, func(m map[string]any) bool { return len(ended(m)) > 0 })
	// Later tries find a provider that takes it; nobody waits for them here.
	f.answers.to(sent.Inputs.To, f.accepts.Response.with(f.accepts.ID, f.otherID(f.accepts.ID)))
	first := ended(m)[0]
	want, state := "refused", "failed"
	if c.Expect.Retryable {
		want, state = "busy", "sending"
	}
	if first["outcome"] != want || !c.Expect.Error.is(errorOf(first)) {
		f.Errorf("the attempt is %v with %+v; want %s with %v", first["outcome"], errorOf(first), want, c.Expect.Error)
	}
	if m["status"] != state && !(c.Expect.Retryable && m["status"] == "sent") { // by now it may have been tried again
		f.Errorf("it is %v, want %s", m["status"], state)
	}
	if c.Expect.Retryable {
		return
	}
	if got := errorOf(m); !c.Expect.Error.is(got) {
		f.Errorf("failed with %+v, want %v", got, c.Expect.Error)
	}
	if n, attempts := len(f.asked(sent.Inputs.To)), list(m["attempts"]); n != 1 || len(attempts) != 1 {
		f.Errorf("the provider was asked %d times in %d attempts", n, len(attempts))
	}
}
