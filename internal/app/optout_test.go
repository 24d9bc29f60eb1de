package app_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// textsIn has the contact write to the team's number.
func (w *world) textsIn(tm *team, from, text string) {
	w.Helper()
	body, err := json.Marshal(map[string]any{"method": "message", "params": map[string]string{"from": from, "to": tm.number, "content": text}})
	if err != nil {
		w.Fatal(err)
	}
	if a := w.post(tm.webhook, "application/json", string(body)); a.status != 200 {
		w.Fatalf("callback: %d %s", a.status, a.body)
	}
}

// sentTo are the texts that the provider was asked to send to a contact.
func (p *provider) sentTo(to string) (texts []string) {
	for _, r := range p.requests() {
		var in struct{ To, Content string }
		if json.Unmarshal([]byte(r.body), &in) == nil && in.To == to {
			texts = append(texts, in.Content)
		}
	}
	return texts
}

func TestAContactWhoStopsHearsOneConfirmationAndNothingMore(t *testing.T) {
	const ann = "+15550200001"
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	numbers := "/v1/organizations/" + tm.org + "/numbers/" + tm.numberID
	c.call(200, "PATCH", numbers, map[string]any{
		"optout": map[string]any{"autoreply": "You are out. $to$"}, "footer": "ACME",
		"autoreply": []map[string]string{{"key": "*", "value": "Hello {{to}}"}, {"key": "HELP", "value": "call 5551000"}},
	})
	settled := func(text string, n int) {
		t.Helper()
		c.until("/v1/messages?direction=outbound&to="+url.QueryEscape(ann), func(a answer) bool {
			done := 0
			for _, m := range a.list("data") {
				if m["status"] == "sent" && m["content"] == text {
					done++
				}
			}
			return done == n
		})
	}
	w.textsIn(tm, ann, "hi")
	settled("Hello {{to}}\nACME", 1)
	w.textsIn(tm, ann, "ＳＴＯＰ!")
	settled("You are out. $to$\nACME", 1)
	w.textsIn(tm, ann, "stop")
	w.textsIn(tm, ann, "are you there?")
	w.textsIn(tm, ann, "help")
	settled("call 5551000\nACME", 1)

	send := map[string]any{"from": tm.number, "to": ann, "content": "offer"}
	if a := c.refused(403, "forbidden", "POST", "/v1/messages", send); !slices.Equal(a.pointers(), []string{"/to"}) || !strings.Contains(string(a.body), "START") {
		t.Errorf("refused with %s", a.body)
	}
	outs := "/v1/organizations/" + tm.org + "/optouts"
	if l := c.call(200, "GET", outs, nil).list("data"); len(l) != 1 || l[0]["contact"] != ann || l[0]["number"] != tm.number || l[0]["source"] != "keyword" {
		t.Errorf("the list is %v", l)
	}
	w.textsIn(tm, ann, "START")
	c.until(outs, func(a answer) bool { return len(a.list("data")) == 0 })
	c.call(202, "POST", "/v1/messages", send)
	settled("offer\nACME", 1)
	if got, want := p.sentTo(ann), []string{"Hello {{to}}\nACME", "You are out. $to$\nACME", "call 5551000\nACME", "offer\nACME"}; !slices.Equal(got, want) {
		t.Errorf("sent:\n got %q\nwant %q", got, want)
	}
	if l := c.call(200, "GET", "/v1/organizations/"+tm.org+"/optout-events", nil).list("data"); len(l) != 2 || l[0]["opted_out"] != false || l[1]["opted_out"] != true {
		t.Errorf("on record: %v", l)
	}
	for _, wrong := range []struct{ body, at string }{
		{`{"optout": []}`, "/optout"}, {`{"optout": {"keyword": 5}}`, "/optout"}, {`{"optout": {"keyword": "!!"}}`, "/optout/keyword"},
		{`{"optout": {"resubscribe": "never"}}`, "/optout/resubscribe"}, {`{"autoreply": {}}`, "/autoreply"}, {`{"autoreply": [{"key": "", "value": "x"}]}`, "/autoreply/0/key"},
		{`{"autoreply": [{"key": "Hi", "value": "x"}, {"key": "hi!", "value": "y"}]}`, "/autoreply/1/key"},
		{fmt.Sprintf(`{"autoreply": [{"key": "a", "value": %q}]}`, strings.Repeat("é", 1601)), "/autoreply/0/value"},
	} {
		if a := c.refused(422, "invalid", "PATCH", numbers, wrong.body); !slices.Equal(a.pointers(), []string{wrong.at}) {
			t.Errorf("%.60s: %v, want %s: %s", wrong.body, a.pointers(), wrong.at, a.body)
		}
	}
}

func TestTheOptOutListIsKeptByHandByFileAndByTheMessagingAPI(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := tm.keys["organization"]
	outs := "/v1/organizations/" + tm.org + "/optouts"
	list := func() string {
		t.Helper()
		var out []string
		for _, o := range c.call(200, "GET", outs, nil).list("data") {
			out = append(out, fmt.Sprint(o["contact"], "/", o["number"], "/", o["source"]))
		}
		return strings.Join(out, " ")
	}
	if a := c.call(200, "POST", outs, map[string]any{"contacts": []any{"+15550200001", "(555) 020-0002", "+15550200001"}, "number": "5550001001"}); string(a.body) != `{"changed":2}` {
		t.Errorf("added: %s", a.body)
	}
	csv := "number,contact\r\n\"+15550001001\",+15550200003\r\n,'+15550200004\r\n"
	if a := c.call(200, "POST", outs, csv, "Content-Type", "text/csv"); string(a.body) != `{"changed":2}` {
		t.Errorf("imported: %s", a.body)
	}
	n := tm.number
	want := "+15550200001/" + n + "/api +15550200002/" + n + "/api +15550200003/" + n + "/import +15550200004//import"
	if got := list(); got != want {
		t.Errorf("the list is\n%s, want\n%s", got, want)
	}
	export := string(c.call(200, "GET", outs+"?format=csv", nil).body)
	if rows := strings.Split(strings.TrimSpace(export), "\n"); len(rows) != 5 || !strings.HasPrefix(rows[0], "contact,number") || !strings.HasPrefix(rows[1], "+15550200001,+15550001001,") {
		t.Errorf("exported:\n%s", export)
	}
	// What was exported is what may be imported.
	for _, contact := range []string{"%2B15550200001", "15550200002", "+15550200003", "+15550200004"} {
		c.call(204, "DELETE", outs+"/"+contact, nil)
	}
	if got := list(); got != "" {
		t.Errorf("after all were taken off: %s", got)
	}
	if a := c.call(200, "POST", outs, export, "Content-Type", "text/csv; charset=utf-8"); string(a.body) != `{"changed":4}` {
		t.Errorf("imported again: %s", a.body)
	}
	for _, wrong := range []struct{ kind, body, at string }{
		{"application/json", `{"contacts": []}`, "/contacts"}, {"application/json", `{"contacts": ["~"]}`, "/contacts/0"},
		{"application/json", `{"contacts": ["+15550200009"], "number": "+15559999999"}`, "/number"},
		{"text/csv", "who\n+15550200009\n", ""}, {"text/csv", "contact\n~\n", "/2/contact"}, {"text/csv", "contact,number\n+15550200009,$to$\n", "/2/number"},
		{"text/csv", "contact\n\"+155\n", "/2"}, {"text/csv", "", ""},
	} {
		a := c.try("POST", outs, wrong.body, "Content-Type", wrong.kind)
		if a.status != 422 && !(wrong.at == "/number" && a.status == 404) || wrong.at != "" && !slices.Equal(a.pointers(), []string{wrong.at}) {
			t.Errorf("%s %q: %d %s", wrong.kind, wrong.body, a.status, a.body)
		}
	}

	w.account.rpc("removeFromOptout", map[string]any{"orgid": tm.org, "numbers": []string{"15550200001"}, "tonumber": "15550001001"})
	w.account.rpc("addToOptout", map[string]any{"orgid": tm.org, "numbers": []any{"+15550200005", 15550200006}})
	got, _ := w.account.rpc("getOptoutList", map[string]any{"orgid": tm.org}).([]any)
	if len(got) != 5 || field(got[0], "number") != "+15550200002" || field(got[0], "tonumber") != "+15550001001" || field(got[4], "number") != "+15550200006" {
		t.Errorf("getOptoutList: %v", got)
	}
	w.account.rpcRefused(422, "numbers", "addToOptout", map[string]any{"orgid": tm.org})
	w.account.rpcRefused(404, "tonumber", "getOptoutList", map[string]any{"orgid": tm.org, "tonumber": "+15559999999"})
}
