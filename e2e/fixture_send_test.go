package e2e

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// post sends a message of the fixture and gives our id of it.
func (f *fixtureRun) post(c *sendCase) string {
	f.Helper()
	body := map[string]any{"orgid": f.team.org, "from": e164(c.Inputs.From), "to": e164(c.Inputs.To), "content": c.Inputs.Content}
	if len(c.Inputs.URLs) > 0 {
		body["urls"] = c.Inputs.URLs
	}
	return f.g.call(202, "POST", "/v1/messages", body).str("id")
}

// sends: the provider receives the documented request, and its answer gives the documented ids.
func (f *fixtureRun) sends(raw json.RawMessage) {
	var c sendCase
	f.decode(raw, &c)
	f.p.answerWith(c.Response.as("", ""))
	before := len(f.p.requests())
	id := f.post(&c)
	m := f.g.await(id, status("sent"))
	got := f.p.requests()[before:]
	if len(got) != 1 {
		f.Fatalf("the provider received %d requests: %+v", len(got), got)
	}
	f.sameRequest(got[0], c.Request, strings.NewReplacer(f.PublicURL, f.team.webhook, url.QueryEscape(f.PublicURL), url.QueryEscape(f.team.webhook)), c.Inputs.LocalID, id)
	want := c.IDs
	if c.ID != "" && len(want) == 0 {
		want = []string{c.ID}
	}
	if have := texts(m["messageids"]); !slices.Equal(have, want) {
		f.Errorf("messageids %q, want %q", have, want)
	}
}

// sameRequest compares JSON as JSON, forms as sets of pairs, the rest byte for byte.
func (f *fixtureRun) sameRequest(got taken, want wireRequest, ours *strings.Replacer, localID, id string) {
	f.Helper()
	swap := func(s string) string {
		s = ours.Replace(s)
		if localID != "" {
			s = strings.ReplaceAll(s, localID, id)
		}
		return s
	}
	where := got.path
	if got.query != "" {
		where += "?" + got.query
	}
	if got.method != want.Method || f.p.URL+where != swap(want.URL) {
		f.Errorf("got %s %s\nwant %s %s", got.method, f.p.URL+where, want.Method, swap(want.URL))
	}
	for name, value := range want.Headers {
		if have := got.header.Get(name); have != swap(value) {
			f.Errorf("%s: got %q, want %q", name, have, swap(value))
		}
	}
	body, kind := swap(want.Body), want.Headers["Content-Type"]
	switch {
	case strings.Contains(kind, "json"):
		var a, b any
		if json.Unmarshal([]byte(got.body), &a) != nil || json.Unmarshal([]byte(body), &b) != nil || !reflect.DeepEqual(a, b) {
			f.Errorf("body\n got %s\nwant %s", got.body, body)
		}
	case strings.Contains(kind, "x-www-form-urlencoded"):
		a, err := url.ParseQuery(got.body)
		b, _ := url.ParseQuery(body)
		for _, values := range []url.Values{a, b} {
			for _, v := range values {
				slices.Sort(v)
			}
		}
		if err != nil || !reflect.DeepEqual(a, b) {
			f.Errorf("form (%v)\n got %s\nwant %s", err, got.body, body)
		}
	case got.body != body:
		f.Errorf("body\n got %q\nwant %q", got.body, body)
	}
}

// fails: a final answer fails the message with the provider's code and text, and nothing more is sent; any other is followed by another try.
func (f *fixtureRun) fails(c errorCase) {
	sent := f.accepts
	sent.Inputs.To = otherContact(sent.Inputs.To, f.cases) // what was said of one contact may hold for the next message to it
	f.p.answerWith(c.Response.as("", ""))
	before := len(f.p.requests())
	id := f.post(&sent)
	if !c.Expect.Retryable {
		m := f.g.await(id, status("failed"))
		if got := errorOf(m); !c.Expect.Error.is(got) {
			f.Errorf("failed with %+v, want %v", got, c.Expect.Error)
		}
		attempts := list(m["attempts"])
		if len(attempts) != 1 || attempts[0]["outcome"] != "refused" || !c.Expect.Error.is(errorOf(attempts[0])) {
			f.Errorf("attempts %v", attempts)
		}
		if n := len(f.p.requests()) - before; n != 1 {
			f.Errorf("the provider was asked %d times", n)
		}
		return
	}
	m := f.g.await(id, func(m map[string]any) bool { return len(ended(m)) > 0 })
	if first := ended(m)[0]; m["status"] != "sending" || first["outcome"] != "busy" || !c.Expect.Error.is(errorOf(first)) {
		f.Errorf("it is %v after %v; want sending after busy with %v", m["status"], first, c.Expect.Error)
	}
	f.p.answerWith(f.accepts.Response.as(f.accepts.ID, otherID(f.accepts.ID, f.cases)))
	m = f.g.await(id, status("sent"))
	all := ended(m)
	if len(all) < 2 || all[len(all)-1]["outcome"] != "accepted" || all[len(all)-1]["again"] != nil {
		f.Errorf("attempts %v; want busy, then accepted, not marked: it was certainly not taken before", all)
	}
	if n := len(f.p.requests()) - before; n != len(all) {
		f.Errorf("%d attempts, and the provider was asked %d times", len(all), n)
	}
}
