package e2e

import (
	"encoding/json"
	"slices"
	"strings"
)

// calls: a callback becomes what the fixture expects, answered as documented; under a wrong signature it becomes nothing.
func (f *fixtureRun) calls(raw json.RawMessage) {
	var c webhookCase
	f.decode(raw, &c)
	// A provider id is one message's: every case gets its own, or where there is none a contact of its own.
	for _, e := range c.ExpectAll {
		old, now := e.MessageID, otherID(e.MessageID, f.cases)
		if old == "" {
			old = strings.TrimPrefix(e.From, "+")
			now = otherContact(old, f.cases)
		}
		raw = []byte(strings.ReplaceAll(string(raw), old, now))
	}
	c = webhookCase{}
	f.decode(raw, &c)
	r := c.Request
	r.URL = f.team.webhook
	if _, query, ok := strings.Cut(r.PathQuery, "?"); ok {
		r.URL += "?" + query
	}
	if f.sign != nil && c.Verify != nil && c.Verify.Valid {
		f.sign(f.Config, &r)
	}
	isMessage := c.Kind == "message" || c.Kind == "mms"
	ours := map[string]string{} // message ids of receipts → ids of what was sent
	if !isMessage {
		for _, e := range c.ExpectAll {
			if e.MessageID != "" && ours[e.MessageID] == "" {
				ours[e.MessageID] = f.taken(e.MessageID)
			}
		}
	}
	if c.Verify != nil {
		f.refusesForgery(r, c)
		if !c.Verify.Valid {
			return
		}
	}
	decoy := ""
	if len(ours) > 0 {
		decoy = f.taken(otherID(c.ExpectAll[0].MessageID, 900+f.cases))
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
		status, header, body := f.g.callback(r.Method, r.URL, r.Headers, r.Body)
		if c.Reply == nil {
			if status/100 != 2 {
				f.Errorf("answered %d %s", status, body)
			}
			continue
		}
		kind := header.Get("Content-Type")
		if status != c.Reply.Status || c.Reply.ContentType != nil && kind != *c.Reply.ContentType || c.Reply.Body != nil && *c.Reply.Body != "" && body != *c.Reply.Body {
			want, _ := json.Marshal(c.Reply)
			f.Errorf("answered %d %q %q\nwant %s", status, kind, body, want)
		}
	}
	f.read(c)
	for _, e := range c.ExpectAll {
		switch {
		case isMessage:
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

// signsAsTheFixture: our own signing gives what the fixture has, so that what is signed anew is signed as the provider does.
func (f *fixtureRun) signsAsTheFixture() {
	for _, raw := range f.Webhooks {
		var c webhookCase
		f.decode(raw, &c)
		if f.sign == nil || c.Verify == nil || !c.Verify.Valid || c.Verify.Freeze != 0 {
			continue
		}
		r := c.Request
		r.URL, r.Headers = f.PublicURL, map[string]string{}
		f.sign(f.Config, &r)
		for name, value := range r.Headers {
			if c.Request.Headers[name] != value {
				f.Errorf("%s: signed anew %s is %q, and the fixture has %q", c.Name, name, value, c.Request.Headers[name])
			}
		}
	}
}

// refusesForgery: what is not signed with our secret is answered as an address that is not there, and does nothing.
func (f *fixtureRun) refusesForgery(r wireRequest, c webhookCase) {
	f.Helper()
	before := len(f.g.all("/v1/callbacks?limit=200"))
	_, _, nothing := f.g.callback(r.Method, f.g.url()+"/services/"+f.name+"/a0123456789abcdef0123456789abcdef", r.Headers, r.Body)
	forged := map[string]wireRequest{"as it is in the fixture, for another address": r}
	if c.Verify.Valid {
		config := map[string]string{}
		for name, value := range f.Config {
			config[name] = value
		}
		config[c.Verify.Secret] = "not " + config[c.Verify.Secret]
		other := r
		other.Headers = map[string]string{}
		for name, value := range r.Headers {
			other.Headers[name] = value
		}
		f.sign(config, &other)
		longer := r
		longer.Body += " "
		forged = map[string]wireRequest{"with another secret": other, "with another body": longer}
		if bare := c.Request; f.sign != nil {
			bare.URL, bare.Headers = r.URL, map[string]string{"Content-Type": r.Headers["Content-Type"]}
			forged["without a signature"] = bare
		}
	}
	for how, r := range forged {
		if status, _, body := f.g.callback(r.Method, r.URL, r.Headers, r.Body); status != 404 || body != nothing {
			f.Errorf("signed %s it is answered %d %q, want 404 %q", how, status, body, nothing)
		}
	}
	if after := len(f.g.all("/v1/callbacks?limit=200")); after != before {
		f.Errorf("%d forged callbacks are kept", after-before)
	}
}

// taken is a message that the provider took under this id of its own.
func (f *fixtureRun) taken(messageID string) string {
	f.Helper()
	f.p.answerWith(f.accepts.Response.as(f.accepts.ID, messageID))
	id := f.post(&f.accepts)
	f.g.await(id, status("sent"))
	return id
}

// eventTypes is what the kinds of the fixtures are called in a service file.
var eventTypes = map[string]string{"message": "message", "mms": "message", "sent": "messageSent", "delivered": "messageDelivered",
	"failed": "messageFailed", "read": "messageRead", "ignored": "ignore"}

// read: the newest callback is kept as done, with exactly the events that the fixture expects.
func (f *fixtureRun) read(c webhookCase) {
	f.Helper()
	newest := f.g.call(200, "GET", "/v1/callbacks?limit=1", nil).json["data"].([]any)[0].(map[string]any)
	kept := f.g.call(200, "GET", "/v1/callbacks/"+newest["id"].(string), nil).json
	if kept["state"] != "done" || kept["body"] != c.Request.Body {
		f.Errorf("kept as %v %v", kept["state"], kept["reason"])
	}
	events := list(kept["read"])
	if len(events) != len(c.ExpectAll) {
		f.Fatalf("read %v, want %d events", events, len(c.ExpectAll))
	}
	for i, e := range events {
		id, _ := e["messageid"].(string)
		if e["type"] != eventTypes[c.Kind] || id != c.ExpectAll[i].MessageID {
			f.Errorf("event %d is %v of %q, want %s of %q", i, e["type"], id, eventTypes[c.Kind], c.ExpectAll[i].MessageID)
		}
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
	if m["from"] != e164(e.From) || m["to"] != e164(e.To) || m["content"] != e.Content || m["status"] != "received" || m["orgid"] != f.team.org {
		f.Errorf("arrived as %v\nwant %+v", m, e)
	}
	if files := list(m["media"]); len(files) != len(e.URLs) {
		f.Errorf("%d files, want %q", len(files), e.URLs)
	}
	for _, u := range e.URLs {
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

func (f *fixtureRun) receipted(id string, e expectation) {
	f.Helper()
	if e.Status == "" {
		return
	}
	m := f.g.await(id, status(e.Status))
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
