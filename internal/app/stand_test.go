package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/directory"
)

// says is a contact's text to a team, as the provider brings it.
func (tm *team) says(w *world, number, text string) answer {
	w.Helper()
	return w.post(tm.webhook[strings.Index(tm.webhook, "/services/"):], "application/json",
		fmt.Sprintf(`{"method":"message","params":{"from":"+15550100001","to":%q,"content":%q}}`, number, text))
}

// contents are what a caller's list of messages says, the newest first.
func (c *caller) contents() (out []string) {
	c.w.Helper()
	for _, m := range c.call(200, "GET", "/v1/messages?limit=200", nil).list("data") {
		out = append(out, m["content"].(string))
	}
	return out
}

// A11: a message of a number with many users is one message, so that nobody is left out or told twice when we stop at any of them.
func TestEveryUserOfANumberSeesAMessageOnceAcrossARestart(t *testing.T) {
	p, dir := newProvider(t), t.TempDir()
	w := startWith(t, app.Options{AllowPrivateEgress: []string{p.host()}, DataDir: dir})
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	users, keys := []string{tm.user}, []string{tm.keys[directory.UserRole].key}
	for i := range 4 {
		u := w.account.call(201, "POST", "/v1/organizations/"+tm.org+"/users", map[string]any{"extension": fmt.Sprint(200 + i), "name": "x"}).str("id")
		users = append(users, u)
		keys = append(keys, w.account.call(201, "POST", "/v1/keys", map[string]any{"role": "user", "orgid": tm.org, "user": u}).str("key"))
	}
	w.account.call(200, "PATCH", "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID, map[string]any{"users": users})
	if a := tm.says(w, tm.number, "one"); a.status != 200 {
		t.Fatal(a.status)
	}
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	w = startWith(t, app.Options{AllowPrivateEgress: []string{p.host()}, DataDir: dir})
	for _, key := range keys {
		if got := w.as(key).contents(); len(got) != 1 || got[0] != "one" {
			t.Errorf("a user sees %q", got)
		}
	}
}

// C9: what came while an organization had the number is that organization's, and what comes later the other's.
func TestANumberMovedToAnotherOrganizationLeavesItsPastBehind(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	a := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "ka"})
	b := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "kb"})
	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "1"); w.WriteHeader(503) })
	flying := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": a.number, "to": "+15550100001", "content": "in flight"}).str("id")
	a.says(w, a.number, "to the first")
	w.account.call(204, "DELETE", "/v1/organizations/"+a.org+"/numbers/"+a.numberID, nil)
	w.account.call(201, "POST", "/v1/organizations/"+b.org+"/numbers", map[string]any{"service": "acme", "number": a.number, "users": []string{b.user}})
	a.says(w, a.number, "to the second")
	p.answers(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"data":{"id":"late"}}`) })
	w.account.until("/v1/messages/"+flying, hasStatus("sent"))
	w.post(a.webhook, "application/json", `{"method":"delivered","params":{"messageid":"late"}}`)
	w.account.until("/v1/messages/"+flying, hasStatus("delivered"))

	for _, c := range []struct {
		who  *caller
		want string
	}{
		{a.keys[directory.OrgAdmin], "to the first,in flight"},
		{b.keys[directory.OrgAdmin], "to the second"},
		{b.keys[directory.UserRole], "to the second"},
		{a.keys[directory.UserRole], ""},
	} {
		if got := strings.Join(c.who.contents(), ","); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got := p.requests()[len(p.requests())-1]; !strings.Contains(got.header.Get("Authorization"), "ka") {
		t.Error("what the first organization wrote left with the second one's credentials")
	}
	// 76: who has lost it sends from it no more.
	a.keys[directory.OrgAdmin].refused(403, "forbidden", "POST", "/v1/messages", map[string]any{"from": a.number, "to": "+15550100001", "content": "x"})
	a.keys[directory.UserRole].refused(403, "forbidden", "POST", "/v1/messages", map[string]any{"from": a.number, "to": "+15550100001", "content": "x"})
}

// E14, A16: deleted in the middle of everything, an organization is gone for everybody, and what it had goes.
func TestAnOrganizationIsDeletedDuringItsTraffic(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	gone := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	stays := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "k"})
	up := gone.keys[directory.OrgAdmin].call(201, "POST", "/v1/media", "GONECANARY", "Content-Type", "text/plain")
	w.account.call(202, "POST", "/v1/messages", map[string]any{"from": gone.number, "to": "+15550100001", "content": "x", "media": []string{up.str("id")}})
	kept := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": stays.number, "to": "+15550100001", "content": "stays"}).str("id")

	deleted := make(chan struct{})
	var traffic sync.WaitGroup
	for range 3 {
		traffic.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-deleted:
					return
				default:
				}
				a := w.account.try("POST", "/v1/messages", map[string]any{"from": gone.number, "to": "+15550100001", "content": "x"})
				b := gone.says(w, gone.number, fmt.Sprint(n))
				if a.status >= 500 || b.status >= 500 {
					t.Errorf("during the deletion: %d and %d", a.status, b.status)
				}
			}
		})
	}
	w.account.until("/v1/messages?orgid="+gone.org, func(a answer) bool { return len(a.list("data")) >= 20 })
	w.account.call(204, "DELETE", "/v1/organizations/"+gone.org, nil)
	close(deleted)
	traffic.Wait()

	w.account.refused(404, "not_found", "GET", "/v1/organizations/"+gone.org, nil)
	gone.keys[directory.OrgAdmin].refused(401, "unauthenticated", "GET", "/v1/messages", nil)
	w.account.refused(403, "forbidden", "POST", "/v1/messages", map[string]any{"from": gone.number, "to": "+15550100001", "content": "x"})
	w.as("").call(404, "GET", up.str("url"), nil)
	if got := w.account.contents(); strings.Join(got, ",") != "stays" {
		t.Errorf("left are %q", got)
	}
	w.account.until("/v1/messages/"+kept, hasStatus("sent"))
	// Its number is free, and whoever gets it begins anew.
	w.account.call(201, "POST", "/v1/organizations/"+stays.org+"/numbers", map[string]any{"service": "acme", "number": gone.number, "users": []string{stays.user}})
	stays.says(w, gone.number, "anew")
	w.account.until("/v1/messages?orgid="+stays.org, func(a answer) bool { return len(a.list("data")) == 2 })
	if err := w.app.Store().Sweep(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	counts, err := w.app.Store().Counts(t.Context())
	if err != nil || counts["inbound/received"] != 1 || counts["outbound/sent"] != 1 {
		t.Errorf("after it there are %v %v", counts, err)
	}
}
