package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// calls: a callback becomes what the fixture expects, answered as documented; under a wrong signature it becomes nothing.
func (f *fixtureRun) calls(raw json.RawMessage) {
	c := f.ownCase(raw)
	r := c.Request
	r.URL, r.Headers = f.at(r), maps.Clone(r.Headers)
	if c.Verify == nil && f.optional != "" {
		defer f.configured(map[string]string{f.optional: ""})()
	} else if f.sign != nil {
		f.sign(f.Config, &r, time.Now())
	}
	ours := map[string]string{} // message ids of receipts → ids of what was sent
	if !c.isMessage() {
		for _, e := range c.ExpectAll {
			if e.MessageID != "" && ours[e.MessageID] == "" {
				ours[e.MessageID] = f.taken(e.MessageID)
			}
		}
	}
	if c.Verify != nil {
		f.refusesForgery(r, c)
	}
	if c.Kind == "ignored" {
		f.ignores(r, c)
		return
	}
	decoy := ""
	if len(ours) > 0 {
		decoy = f.taken(f.otherID(c.ExpectAll[0].MessageID))
	}
	times := 2 // providers say most things twice
	if len(c.ExpectAll) == 0 || c.ExpectAll[0].MessageID == "" {
		times = 1 // and without an id each is a message of its own
	}
	known := map[any]bool{}
	for _, m := range f.g.all("/v1/messages?direction=inbound&limit=200") {
		known[m["id"]] = true
	}
	for range times {
		f.deliver(r, c)
	}
	f.read(c, r.Body)
	for _, e := range c.ExpectAll {
		if e.Concat != nil {
			e.Content = f.others(r, c, e)
		}
		switch {
		case c.isMessage():
			f.received(e, known)
		case ours[e.MessageID] != "":
			f.receipted(ours[e.MessageID], e)
		}
	}
	if decoy != "" {
		if m := f.g.call(200, "GET", "/v1/messages/"+decoy, nil).json; m["status"] != "sent" || len(m["history"].([]any)) != 3 {
			f.Errorf("a message that nobody spoke of became %v: %v", m["status"], m["history"])
		}
	}
}

// others delivers the other parts of a long text, the last first, and gives the whole text.
func (f *fixtureRun) others(r wireRequest, c webhookCase, e expectation) (whole string) {
	f.Helper()
	body := r.Body
	for n := e.Concat.Total; n > 0; n-- {
		text := e.Content
		if n != e.Concat.Part {
			text = fmt.Sprintf("part %d, ", n)
			r.Body = strings.NewReplacer(fmt.Sprintf(f.part, e.Concat.Part), fmt.Sprintf(f.part, n), e.Content, text, e.MessageID, f.otherID(e.MessageID)).Replace(body)
			if r.Body == body {
				f.Fatalf("nothing in %s says that it is part %d", body, e.Concat.Part)
			}
			f.deliver(r, c)
		}
		whole = text + whole
	}
	return whole
}

// at is our webhook URL, with the query that the request has.
func (f *fixtureRun) at(r wireRequest) string {
	if _, query, ok := strings.Cut(r.PathQuery, "?"); ok {
		return f.team.webhook + "?" + query
	}
	return f.team.webhook
}

// deliver makes the request, which is answered as documented.
func (f *fixtureRun) deliver(r wireRequest, c webhookCase) {
	f.Helper()
	status, header, body := f.g.callback(r.Method, r.URL, r.Headers, r.Body)
	if c.Reply == nil {
		if status/100 != 2 {
			f.Fatalf("answered %d %s", status, body)
		}
		return
	}
	kind := header.Get("Content-Type")
	if status != c.Reply.Status || c.Reply.ContentType != nil && kind != *c.Reply.ContentType || c.Reply.Body != nil && *c.Reply.Body != "" && body != *c.Reply.Body {
		want, _ := json.Marshal(c.Reply)
		f.Fatalf("answered %d %q %q\nwant %s", status, kind, body, want)
	}
}

// ignores: what says nothing is answered as documented, and nothing comes of it.
func (f *fixtureRun) ignores(r wireRequest, c webhookCase) {
	f.Helper()
	known := func() int { return len(f.g.all("/v1/messages?limit=200")) }
	before := known()
	f.deliver(r, c)
	if after := known(); after != before {
		f.Errorf("%d messages came of it", after-before)
	}
	for _, kept := range f.g.all("/v1/callbacks?limit=200") {
		if kept["state"] != "done" {
			f.Errorf("a callback is kept as %v %v", kept["state"], kept["reason"])
		}
	}
}

// ownCase gives a case ids that no other has: a provider's id is one message's. Where a message has none its contact is its own.
func (f *fixtureRun) ownCase(raw json.RawMessage) (c webhookCase) {
	f.decode(raw, &c)
	for _, e := range c.ExpectAll {
		old, now := e.MessageID, f.otherID(e.MessageID)
		if old == "" {
			old = strings.TrimPrefix(e.From, "+")
			now = f.otherContact(old)
		}
		if old != "" {
			raw = []byte(strings.ReplaceAll(string(raw), old, now))
		}
	}
	c = webhookCase{}
	f.decode(raw, &c)
	return c
}

// taken is a message that the provider took under this id of its own.
func (f *fixtureRun) taken(messageID string) string {
	f.Helper()
	f.answers.to(f.accepts.Inputs.To, f.accepts.Response.with(f.accepts.ID, messageID))
	id := f.post(&f.accepts)
	f.g.await(id, status("sent"))
	return id
}

// eventTypes is what kinds and statuses of the fixtures are called in a service file.
var eventTypes = map[string]string{"message": "message", "mms": "message", "sent": "messageSent", "delivered": "messageDelivered",
	"failed": "messageFailed", "read": "messageRead", "ignored": "ignore"}

// read: the newest callback is kept as done, with exactly the events that the fixture expects.
func (f *fixtureRun) read(c webhookCase, body string) {
	f.Helper()
	newest := f.g.call(200, "GET", "/v1/callbacks?limit=1", nil).json["data"].([]any)[0].(map[string]any)
	var kept map[string]any
	f.g.until("the callback is read", func() bool {
		kept = f.g.call(200, "GET", "/v1/callbacks/"+newest["id"].(string), nil).json
		return kept["state"] != "pending" // what has files inside is read afterwards
	})
	if kept["state"] != "done" || kept["body"] != body {
		f.Errorf("kept as %v %v", kept["state"], kept["reason"])
	}
	var have, want []string
	for _, e := range list(kept["read"]) {
		id, _ := e["messageid"].(string)
		have = append(have, e["type"].(string)+" of "+id)
	}
	for _, e := range c.ExpectAll {
		kind := c.Kind
		if e.Status != "" {
			kind = e.Status // in a batch each has its own
		}
		want = append(want, eventTypes[kind]+" of "+e.MessageID)
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		f.Errorf("read %q, want %q", have, want)
	}
}

// received: one message that was not known before is the expected one, and its files are asked for.
func (f *fixtureRun) received(e expectation, known map[any]bool) {
	f.Helper()
	var fresh []map[string]any
	f.g.until("a message with the id "+e.MessageID, func() bool {
		fresh = nil
		for _, m := range f.g.all("/v1/messages?direction=inbound&limit=200") {
			if !known[m["id"]] && (e.MessageID == "" || slices.Contains(texts(m["messageids"]), e.MessageID)) {
				fresh = append(fresh, m)
			}
		}
		return len(fresh) > 0
	})
	m := fresh[0]
	if len(fresh) > 1 {
		f.Errorf("it arrived %d times", len(fresh))
	}
	if m["from"] != kept(e.From) || m["to"] != kept(e.To) || m["content"] != e.Content || m["status"] != "received" || m["orgid"] != f.team.org {
		f.Errorf("arrived as %v\nwant %+v", m, e)
	}
	f.isIn(m, kept(e.To), kept(e.From))
	files := list(m["media"])
	links := slices.Concat(e.URLs, e.TextParts)
	if len(files) != len(links)+len(e.Inline) {
		f.Fatalf("%d files, want %q and %d inside", len(files), links, len(e.Inline))
	}
	for i, inline := range e.Inline {
		f.holds(m["id"].(string), len(links)+i, inline.Base64)
	}
	for _, u := range links {
		asked := func(r taken) bool {
			where := f.p.URL + r.path
			if r.query != "" {
				where += "?" + r.query
			}
			return r.method == "GET" && where == u
		}
		f.g.until("the file "+u+" is asked for", func() bool { return slices.ContainsFunc(f.p.requests(), asked) })
	}
}

// isIn: the message is in the conversation of the organization's number with the contact, of which there is one: its user's, and beside it
// the group's, where a program writes.
func (f *fixtureRun) isIn(m map[string]any, number, contact string) {
	f.Helper()
	c := f.g.call(200, "GET", fmt.Sprintf("/v1/conversations/%v", m["conversation"]), nil).json
	if c["orgid"] != f.team.org || c["number_value"] != number || c["contact"] != contact || m["orgid"] != f.team.org {
		f.Errorf("message %v of %s with %s is in %v", m["id"], number, contact, c)
	}
	user := f.team.users[slices.IndexFunc(f.team.numbers, func(n string) bool { return kept(n) == number })]
	if m["direction"] == "inbound" && c["user"] != user {
		f.Errorf("message %v of %s with %s is in a conversation of %v, want %s, the number's user", m["id"], number, contact, c["user"], user)
	}
	at := fmt.Sprint(number, " ", contact, " ", c["user"])
	if before := f.conversations[at]; before != nil && before != c["id"] {
		f.Errorf("%s with %s have two open conversations, %v and %v", number, contact, before, c["id"])
	}
	f.conversations[at] = c["id"]
}

// holds: a file that came inside the callback is served as it was.
func (f *fixtureRun) holds(id string, n int, inside string) {
	f.Helper()
	var file map[string]any
	f.g.until("the file is kept", func() bool {
		file = list(f.g.call(200, "GET", "/v1/messages/"+id, nil).json["media"])[n]
		return file["status"] != "pending"
	})
	link, _ := file["url"].(string)
	resp, err := f.g.client.Get(f.g.reach(link))
	if err != nil {
		f.Fatalf("%v: %v", file, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if got := base64.StdEncoding.EncodeToString(body); err != nil || got != inside {
		f.Errorf("%v gives %q, %v; want %q", file, got, err, inside)
	}
}

func (f *fixtureRun) receipted(id string, e expectation) {
	f.Helper()
	if e.Status == "" {
		return
	}
	m := f.g.await(id, status(e.Status))
	f.isIn(m, m["from"].(string), m["to"].(string))
	want := []string{"queued", "sending", "sent"}
	if e.Status != "sent" { // the provider's answer said that already
		want = append(want, e.Status)
	}
	var history []string
	for _, change := range list(m["history"]) {
		history = append(history, change["status"].(string))
	}
	if !slices.Equal(history, want) {
		f.Errorf("history %q, want %q", history, want)
	}
	// A failure for which the provider gives no code has its word as the code.
	if got := errorOf(m); e.Error == nil && e.Status != "failed" && got != (problem{}) || e.Error != nil && !e.Error.is(got) {
		f.Errorf("error %+v, want %v", got, e.Error)
	}
}
