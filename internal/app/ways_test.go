package app_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// ofOne finds a member of an object in an answer.
func ofOne(a answer, path ...string) (v any) {
	v = a.json
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func TestANumberMovesToAnotherServiceAndIsReachedByBoth(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	w.account.call(201, "PUT", "/v1/services/second", p.file("second"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := tm.keys["organization"]
	integrations := "/v1/organizations/" + tm.org + "/integrations/"
	number := "/v1/organizations/" + tm.org + "/numbers/" + tm.numberID
	if a := c.refused(422, "invalid", "PATCH", number, map[string]any{"service": "second"}); !slices.Equal(a.pointers(), []string{"/service"}) {
		t.Errorf("a service that is not enabled: %s", a.body)
	}
	c.call(201, "PUT", integrations+"second", map[string]any{"properties": map[string]string{"API key": "k2"}})
	c.call(200, "POST", integrations+"acme/pause", map[string]any{"reason": "they are moving \" $to$ é"})
	if a := c.call(200, "GET", integrations+"acme", nil); ofOne(a, "paused", "cause") != "person" || ofOne(a, "paused", "reason") != "they are moving \" $to$ é" {
		t.Errorf("paused: %s", a.body)
	}
	waiting := c.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550200001", "content": "waits"}).str("id")
	a := c.call(200, "PATCH", number, map[string]any{"service": "second", "failover": map[string]any{"service": "acme"}})
	if ofOne(a, "service") != "second" || ofOne(a, "failover", "service") != "acme" || !strings.Contains(a.str("webhook_url"), "/services/second/") {
		t.Errorf("the number is %s", a.body)
	}
	moves := c.call(200, "GET", "/v1/audit?what=number.changed", nil).list("data")
	if len(moves) != 1 || fmt.Sprint(moves[0]["was"], moves[0]["became"]) != "map[service:acme] map[failover:map[service:acme] service:second]" {
		t.Errorf("the log tells of the move as %v", moves)
	}
	if pauses := c.call(200, "GET", "/v1/audit?what=integration.pause", nil).list("data"); len(pauses) != 1 || pauses[0]["name"] != "acme" || fmt.Sprint(pauses[0]["became"]) != "map[reason:they are moving \" $to$ é]" {
		t.Errorf("the log tells of the pause as %v", pauses)
	}
	c.until("/v1/messages/"+waiting, func(a answer) bool { return a.str("status") == "sent" })
	if a := c.call(200, "GET", "/v1/messages/"+waiting, nil); a.str("service") != "second" || a.list("attempts")[0]["service"] != "second" {
		t.Errorf("it went by %s", a.body)
	}
	// The old provider has not heard of it yet.
	w.textsIn(tm, "+15550200002", "by the old one")
	c.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 1 })
	if l := c.call(200, "GET", "/v1/messages?direction=inbound", nil).list("data"); l[0]["to"] != tm.number || l[0]["service"] != "acme" {
		t.Errorf("inbound %v", l)
	}
	c.call(200, "POST", integrations+"acme/resume", nil)
	if a := c.call(200, "GET", integrations+"acme", nil); ofOne(a, "paused") != nil {
		t.Errorf("resumed: %s", a.body)
	}
	for _, wrong := range []struct{ body, at string }{
		{`{"failover": "acme"}`, "/failover"}, {`{"failover": {"service": "none"}}`, "/failover/service"}, {`{"failover": {"service": "second"}}`, "/failover"},
		{`{"daily_cap": 5}`, "/daily_cap"}, {`{"daily_cap": {"messages": -1}}`, "/daily_cap"}, {`{"daily_cap": {"message": 1}}`, "/daily_cap"},
	} {
		if a := c.refused(422, "invalid", "PATCH", number, wrong.body); !slices.Equal(a.pointers(), []string{wrong.at}) {
			t.Errorf("%s: %v, want %s: %s", wrong.body, a.pointers(), wrong.at, a.body)
		}
	}
	if a := c.refused(422, "invalid", "POST", integrations+"acme/pause", map[string]any{"reason": ""}); !slices.Equal(a.pointers(), []string{"/reason"}) {
		t.Errorf("an empty reason: %s", a.body)
	}
	if a := c.call(200, "PATCH", number, `{"failover": null}`); ofOne(a, "failover") != nil {
		t.Errorf("without a failover: %s", a.body)
	}
}

func TestACapHoldsForADay(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := tm.keys["organization"]
	number := "/v1/organizations/" + tm.org + "/numbers/" + tm.numberID
	c.call(200, "PATCH", number, map[string]any{"daily_cap": map[string]any{"messages": 2}})
	send := func(i int) map[string]any {
		return map[string]any{"from": tm.number, "to": fmt.Sprintf("+1555020000%d", i), "content": "x"}
	}
	c.call(202, "POST", "/v1/messages", send(1))
	c.call(202, "POST", "/v1/messages", send(2))
	a := c.refused(429, "too_many", "POST", "/v1/messages", send(3))
	if a.header.Get("Retry-After") == "" || !strings.Contains(string(a.body), "daily cap of 2 messages") {
		t.Errorf("over the cap: %v %s", a.header, a.body)
	}
	if a := c.call(200, "GET", number, nil); ofOne(a, "daily_cap", "messages") != float64(2) || ofOne(a, "daily_cap", "used", "messages") != float64(2) {
		t.Errorf("the number is %s", a.body)
	}
	if l := c.call(200, "GET", "/v1/messages?to="+url.QueryEscape("+15550200003"), nil).list("data"); len(l) != 0 {
		t.Errorf("what was refused was kept: %v", l)
	}
	c.call(200, "PATCH", number, `{"daily_cap": null}`)
	c.call(202, "POST", "/v1/messages", send(3))
	organization := "/v1/organizations/" + tm.org
	c.refused(403, "forbidden", "PATCH", organization, `{"daily_cap": {"segments": 1}}`)
	w.account.call(200, "PATCH", organization, `{"daily_cap": {"segments": 1}}`)
	c.call(202, "POST", "/v1/messages", send(4))
	c.refused(429, "too_many", "POST", "/v1/messages", send(5))
	if a := c.call(200, "GET", organization, nil); ofOne(a, "daily_cap", "used", "segments") != float64(1) {
		t.Errorf("the organization is %s", a.body)
	}
}
