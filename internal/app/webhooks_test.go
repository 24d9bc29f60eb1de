package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchbay/internal/directory"
)

// signs reports whether a request to a webhook carries a signature of the secret.
func signs(secret string, r request) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp"), r.body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, s := range strings.Fields(r.header.Get("Webhook-Signature")) {
		if hmac.Equal([]byte(s), []byte(want)) {
			return true
		}
	}
	return false
}

func TestAWebhookIsLoggedRotatedReplayedAndResumed(t *testing.T) {
	p, hook := newProvider(t), newProvider(t)
	w := start(t, p.host(), hook.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := tm.keys[directory.OrgAdmin]
	made := c.call(201, "POST", "/v1/webhooks", map[string]any{"url": hook.URL + "/hook", "types": []string{"message.received"}})
	at, secret := "/v1/webhooks/"+made.str("id"), made.str("secret")
	say := func(text string) {
		t.Helper()
		if a := w.post(tm.webhook, "application/json", fmt.Sprintf(`{"method":"message","params":{"from":"+15550100001","to":%q,"content":%q}}`, tm.number, text)); a.status != 200 {
			t.Fatalf("callback: %d", a.status)
		}
	}
	logged := func(n int) []map[string]any {
		t.Helper()
		return c.until(at+"/deliveries", func(a answer) bool { return len(a.list("data")) >= n }).list("data")
	}
	hook.answers(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(202)
		fmt.Fprintf(w, "thanks, %s \x00\xff", secret)
	})
	begun := time.Now().Add(-time.Second)
	say("one")
	first := logged(1)[0]
	if first["status"] != 202.0 || first["type"] != "message.received" || first["error"] != nil || first["replay"] != nil || !strings.HasPrefix(first["response"].(string), "thanks, ") || strings.Contains(first["response"].(string), secret[6:]) {
		t.Errorf("logged %v", first)
	}

	// The secret is exchanged: both sign for a while, then one.
	rotated := c.call(200, "POST", at+"/rotate", nil)
	if rotated.str("secret") == "" || rotated.str("secret") == secret || rotated.str("old_secret_until") == "" {
		t.Errorf("rotated: %s", rotated.body)
	}
	say("two")
	logged(2)
	if got := hook.requests(); !signs(secret, got[0]) || !signs(secret, got[1]) || !signs(rotated.str("secret"), got[1]) || len(strings.Fields(got[1].header.Get("Webhook-Signature"))) != 2 {
		t.Error("during the overlap a request is not signed with both secrets")
	}
	last := c.call(200, "POST", at+"/rotate", map[string]any{"overlap": 0}).str("secret")
	say("three")
	logged(3)
	if got := hook.requests()[2]; !signs(last, got) || signs(rotated.str("secret"), got) || signs(secret, got) {
		t.Error("a secret that leaked signs still")
	}
	c.refused(422, "invalid", "POST", at+"/rotate", map[string]any{"overlap": 604801})

	// What it was told it is told again, under the same ids, marked and in order.
	c.refused(422, "invalid", "POST", at+"/replay", map[string]any{})
	c.refused(422, "invalid", "POST", at+"/replay", map[string]any{"from": "yesterday"})
	c.refused(409, "conflict", "POST", at+"/replay", map[string]any{"from": begun.Add(-time.Hour).Format(time.RFC3339), "to": begun.Add(-time.Minute).Format(time.RFC3339)})
	c.call(202, "POST", at+"/replay", map[string]any{"from": begun.UTC().Format(time.RFC3339)})
	if list := logged(6); list[0]["replay"] != true || list[0]["id"] != list[3]["id"] {
		t.Errorf("logged %v", list)
	}
	got := hook.requests()
	for i := range 3 {
		a, b := got[i], got[3+i]
		if a.header.Get("Webhook-Id") != b.header.Get("Webhook-Id") || a.body != b.body || a.header.Get("Webhook-Replay") != "" || b.header.Get("Webhook-Replay") != "true" || !signs(last, b) {
			t.Errorf("replayed %s %v as %s %v", a.body, a.header, b.body, b.header)
		}
	}
	c.until(at, func(a answer) bool { return a.json["replaying"] == nil })
	say("four")
	if list := logged(7); list[0]["replay"] != nil {
		t.Error("what is new after a replay is marked as one")
	}

	// It says that it wants no more, and is left alone until somebody resumes it. Whoever listens hears of that.
	hook.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) })
	say("five")
	paused := c.until(at, func(a answer) bool { return a.str("status") == "paused" })
	if paused.str("reason") != "answered 410" || paused.str("paused_at") == "" {
		t.Errorf("paused: %s", paused.body)
	}
	n := len(hook.requests())
	say("six")
	c.refused(409, "conflict", "POST", at+"/replay", map[string]any{"from": begun.UTC().Format(time.RFC3339)})
	if failed := c.call(200, "GET", at+"/deliveries?failed=true", nil).list("data"); len(failed) != 1 || failed[0]["status"] != 410.0 || failed[0]["error"] == nil {
		t.Errorf("failed: %v", failed)
	}
	if len(hook.requests()) != n {
		t.Error("a paused webhook is told something")
	}
	// Elsewhere, and told both.
	hook.answers(func(w http.ResponseWriter, _ *http.Request) {})
	if a := c.call(200, "PATCH", at, map[string]any{"url": hook.URL + "/elsewhere", "types": []string{}}); a.str("url") != hook.URL+"/elsewhere" {
		t.Errorf("changed: %s", a.body)
	}
	c.refused(422, "invalid", "PATCH", at, map[string]any{"url": "ftp://x"})
	c.refused(422, "invalid", "PATCH", at, map[string]any{"types": []string{"x"}})
	if a := c.call(200, "POST", at+"/resume", nil); a.str("status") != "active" || a.str("reason") != "" {
		t.Errorf("resumed: %s", a.body)
	}
	c.call(200, "POST", at+"/resume", nil) // it stays as it is
	logged(9)
	var told string
	for _, r := range hook.requests()[n:] {
		if r.path == "/elsewhere" {
			told += r.body
		}
	}
	for _, want := range []string{`"five"`, `"six"`} {
		if !strings.Contains(told, want) {
			t.Errorf("after it was resumed it was not told %s: %s", want, told)
		}
	}
	c.until(at+"/deliveries", func(a answer) bool { return strings.Contains(string(a.body), "integration.attention") })
	w.account.call(204, "DELETE", at, nil)
	c.refused(404, "not_found", "GET", at+"/deliveries", nil)
}
