package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/app"
)

// Fault 72: whoever has stopped is reached by no other door: not by a repeated request, a resend, all dead letters at once, the Messaging API,
// a try that was still to come, another version of the service file, or after a restart.
func TestNoDoorGoesAroundAnOptOut(t *testing.T) {
	const ann = "+15550200001"
	p := newProvider(t)
	dir := t.TempDir()
	w := startWith(t, app.Options{AllowPrivateEgress: []string{p.host()}, DataDir: dir})
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	admin, ana := tm.keys["organization"], tm.keys["user"]
	send := map[string]any{"from": tm.number, "to": ann, "content": "offer"}

	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) })
	failed := ana.call(202, "POST", "/v1/messages", send).str("id")
	w.account.until("/v1/messages/"+failed, hasStatus("failed"))
	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "1"); w.WriteHeader(503) })
	waits := ana.call(202, "POST", "/v1/messages", send, "Idempotency-Key", "before").str("id")
	w.account.until("/v1/messages/"+waits, func(a answer) bool { return len(a.list("attempts")) == 1 && a.list("attempts")[0]["outcome"] != nil })
	w.textsIn(tm, ann, "STOP")
	w.account.call(200, "PUT", "/v1/services/acme", strings.Replace(p.file("acme"), `"name": "acme"`, `"name": "another version"`, 1))
	if m := w.account.until("/v1/messages/"+waits, hasStatus("failed")); !strings.Contains(string(m.body), `"opted_out"`) {
		t.Errorf("what waited for its next try: %s", m.body)
	}
	// From here on the provider would take anything, and all that leaves is the confirmation.
	before := len(p.sentTo(ann))
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"data":{"id":"taken"}}`)
	})

	doors := func(w *world, admin, ana *caller) {
		t.Helper()
		for _, c := range []*caller{ana, admin, w.account} {
			c.refused(403, "forbidden", "POST", "/v1/messages", send)
			c.refused(403, "forbidden", "POST", "/v1/messages/"+failed+"/resend", nil)
			c.refused(403, "forbidden", "POST", "/v1/messages/"+waits+"/resend", map[string]any{"content": "mended"}, "Idempotency-Key", "mended")
		}
		ana.refused(403, "forbidden", "POST", "/v1/messages", send, "Idempotency-Key", "after")
		a := admin.call(200, "POST", "/v1/dead-letters/retry", map[string]any{"all": true})
		if refusals := a.list("failed"); len(a.list("sent")) != 0 || len(refusals) != 2 || refusals[0]["code"] != "forbidden" {
			t.Errorf("all dead letters at once: %s", a.body)
		}
		w.account.rpcRefused(403, "opted out", "message", map[string]any{"orgid": tm.org, "userid": tm.user, "from": tm.number, "to": ann, "content": "offer"})
	}
	doors(w, admin, ana)
	// A request that was accepted before is answered as it was, and sends nothing.
	if a := ana.call(202, "POST", "/v1/messages", send, "Idempotency-Key", "before"); a.str("id") != waits {
		t.Errorf("repeated: %s", a.body)
	}
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	again := startWith(t, app.Options{AllowPrivateEgress: []string{p.host()}, DataDir: dir})
	doors(again, again.as(admin.key), again.as(ana.key))
	if got := p.sentTo(ann)[before:]; slices.Contains(got, "offer") || slices.Contains(got, "mended") {
		t.Errorf("after the STOP left %q", got)
	}
}
