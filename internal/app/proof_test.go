package app_test

import (
	"strings"
	"testing"
)

const provenFile = `{"id": "acme", "properties": ["Addresses", "Key", {"name": "Old key", "optional": true}],
  "API": {"SendMessage": {"request_url": "https://api.example.com/messages", "request_parameters": {"to": "$to$", "text": "$content$"}, "response_map": {"id": "$messageid$"}}},
  "Webhook": {"verify": {"cidr": ["$Addresses$"], "any": [{"body": {"key": "$Key$"}}, {"body": {"key": "$Old key$"}}]},
    "events": [{"event_type": "message", "request_parameters": {"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content$"}}]}}`

func TestACallbackProvesItselfByItsConnectionAndOneOfTwoSecrets(t *testing.T) {
	w := start(t)
	w.account.call(201, "PUT", "/v1/services/acme", provenFile)
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"Addresses": "127.0.0.0/8, ::1", "Key": "new-1", "Old key": "old-1"})
	text := func(id, key string) string {
		return `{"id":"` + id + `","from":"+15550100001","to":"+15550001001","text":"` + id + `","key":"` + key + `"}`
	}
	for _, c := range []struct {
		id, key string
		want    int
	}{{"m1", "new-1", 200}, {"m2", "old-1", 200}, {"m3", "other", 404}, {"m4", "", 404}} {
		if a := w.post(tm.webhook, "application/json", text(c.id, c.key)); a.status != c.want {
			t.Errorf("%s with %q: %d, want %d", c.id, c.key, a.status, c.want)
		}
	}
	set := func(want int, properties map[string]string) answer {
		return w.account.call(want, "PUT", "/v1/organizations/"+tm.org+"/integrations/acme", map[string]any{"properties": properties})
	}
	set(200, map[string]string{"Addresses": "192.0.2.0/24", "Key": "new-1"})
	forged := w.as("").try("POST", tm.webhook, text("m5", "new-1"), "Content-Type", "application/json", "X-Forwarded-For", "192.0.2.1", "Forwarded", "for=192.0.2.1")
	if forged.status != 404 {
		t.Errorf("from elsewhere, whatever its headers say: %d", forged.status)
	}
	if refused := set(422, map[string]string{"Addresses": "example.com", "Key": "new-1"}); !strings.Contains(string(refused.body), "Addresses") {
		t.Errorf("a name in place of an address: %s", refused.body)
	}
	rows := w.account.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 2 }).list("data")
	for _, m := range rows {
		if m["content"] != "m1" && m["content"] != "m2" {
			t.Errorf("%v came in", m["content"])
		}
	}
}
