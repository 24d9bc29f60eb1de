package app_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"

	"patchbay/internal/access"
	"patchbay/internal/app"
	"patchbay/internal/directory"
)

const (
	goodPassword    = "correct horse battery"
	anotherPassword = "staple of the other kind"
)

// browser asks as a page of ours does.
func (w *world) browser() *caller { return &caller{w: w} }

// accept opens a one-time link and chooses a password.
func (w *world) accept(link, password string) *caller {
	w.Helper()
	return w.browser().signedInBy(w.browser().call(200, "POST", "/v1/invitation", map[string]any{"password": password}, "Authorization", "Bearer "+tokenOf(w, link)))
}

// signIn signs in as a page does.
func (w *world) signIn(name, password string) *caller {
	w.Helper()
	return w.browser().signedInBy(w.browser().call(200, "POST", "/v1/sign-in", map[string]any{"name": name, "password": password}))
}

// signedInBy keeps the cookie of an answer.
func (c *caller) signedInBy(a answer) *caller {
	c.w.Helper()
	for _, set := range (&http.Response{Header: a.header}).Cookies() {
		if set.Value != "" {
			return &caller{w: c.w, cookie: set.Value, local: set.Name == "patchbay-local"}
		}
	}
	c.w.Fatalf("no cookie: %v", a.header)
	return nil
}

func tokenOf(w *world, link string) string {
	w.Helper()
	page, token, ok := strings.Cut(link, "#")
	if !ok || !strings.HasSuffix(page, "/welcome") || len(token) != 43 {
		w.Fatalf("link %q", link)
	}
	return token
}

// officeOf is an organization with a user who has been invited.
func (w *world) officeOf(domain string) (org, user, link string) {
	w.Helper()
	org = w.account.call(201, "POST", "/v1/organizations", map[string]any{"name": "Office", "domain": domain}).str("id")
	user = w.account.call(201, "POST", "/v1/organizations/"+org+"/users", map[string]any{"extension": "101", "name": "Ana", "email": "Ana@" + domain}).str("id")
	link = w.account.call(201, "POST", "/v1/organizations/"+org+"/users/"+user+"/invitation", nil).str("url")
	return org, user, link
}

func TestFromAnEmptyDatabaseToASignInByOneLink(t *testing.T) {
	out := &lockedBuffer{}
	w := startWith(t, app.Options{Out: out})
	if strings.Contains(out.String(), bootstrapKey) {
		t.Error("a key that the operator chose was printed")
	}
	_, link, ok := strings.Cut(out.String(), "\n\n    ")
	if !ok {
		t.Fatalf("no link: %q", out)
	}
	link, _, _ = strings.Cut(link, "\n")
	if !strings.HasPrefix(link, w.app.URL()+"/welcome#") {
		t.Errorf("link %q", link)
	}
	bearer := "Bearer " + tokenOf(w, link)
	for range 2 { // looking uses nothing up
		seen := w.browser().call(200, "GET", "/v1/invitation", nil, "Authorization", bearer)
		if seen.str("kind") != "invitation" || seen.str("account") != "First account" || len(seen.json["sign_in_names"].([]any)) != 0 {
			t.Errorf("the link shows %s", seen.body)
		}
	}
	choose := map[string]any{"password": goodPassword, "email": "op@example.com", "name": "Olga"}
	for _, missing := range []string{"password", "email"} {
		less := map[string]any{"password": goodPassword, "email": "op@example.com"}
		delete(less, missing)
		w.browser().refused(422, "invalid", "POST", "/v1/invitation", less, "Authorization", bearer)
	}
	w.browser().refused(403, "forbidden", "POST", "/v1/invitation", choose, "Authorization", bearer, "Sec-Fetch-Site", "cross-site")
	operator := w.browser().signedInBy(w.browser().call(200, "POST", "/v1/invitation", choose, "Authorization", bearer))
	me := operator.call(200, "GET", "/v1/me", nil)
	if me.str("role") != "account" || me.str("name") != "Olga" || me.json["may_manage_account"] != true || me.header.Get("Cache-Control") != "no-store" {
		t.Errorf("me: %s", me.body)
	}
	w.browser().refused(404, "not_found", "POST", "/v1/invitation", choose, "Authorization", bearer)
	w.browser().refused(404, "not_found", "GET", "/v1/invitation", nil, "Authorization", bearer)
	w.signIn("OP@example.com", goodPassword).call(201, "POST", "/v1/organizations", map[string]any{"name": "Acme", "domain": "acme"})
}

func TestAUserIsInvitedSignsInAndOut(t *testing.T) {
	w := start(t)
	org, user, link := w.officeOf("acme")
	seen := w.browser().call(200, "GET", "/v1/invitation", nil, "Authorization", "Bearer "+tokenOf(w, link))
	if names, _ := json.Marshal(seen.json["sign_in_names"]); string(names) != `["101@acme","Ana@acme"]` || seen.str("organization") != "Office" {
		t.Errorf("the link shows %s", seen.body)
	}
	first := w.accept(link, goodPassword)
	me := first.call(200, "GET", "/v1/me", nil)
	account, _ := me.json["account"].(map[string]any)
	if me.str("role") != "user" || account["id"] != nil || me.json["may_write"] != false || me.json["may_manage_organization"] != false {
		t.Errorf("me: %s", me.body)
	}
	second := w.signIn(" 101@ACME ", goodPassword)
	third := w.signIn("ana@acme", goodPassword)
	list := second.call(200, "GET", "/v1/me/sign-ins", nil).list("data")
	if len(list) != 3 {
		t.Fatalf("%d sign-ins, want 3", len(list))
	}
	stranger := third.call(200, "GET", "/v1/me", nil).json["sign_in"].(map[string]any)["id"].(string)
	for _, i := range list {
		if i["id"] == stranger && i["current"] != false {
			t.Error("another browser's sign-in is told to be this one's")
		}
	}
	second.call(204, "DELETE", "/v1/me/sign-ins/"+stranger, nil)
	third.call(401, "GET", "/v1/me", nil)

	// Rotated: who signs in again in the same browser has a new cookie, and the old one is nobody's.
	again := second.signedInBy(second.call(200, "POST", "/v1/sign-in", map[string]any{"name": "101@acme", "password": goodPassword}))
	second.call(401, "GET", "/v1/me", nil)
	if a := again.call(204, "POST", "/v1/sign-out", nil); !strings.Contains(strings.Join(a.header.Values("Set-Cookie"), " "), "Max-Age=0") {
		t.Errorf("the cookie stays: %v", a.header)
	}
	again.call(401, "GET", "/v1/me", nil)
	w.browser().call(204, "POST", "/v1/sign-out", nil)

	// A new password ends all other sign-ins.
	other := w.signIn("101@acme", goodPassword)
	first.refused(422, "invalid", "PATCH", "/v1/me", map[string]any{"old_password": "wrong", "new_password": anotherPassword})
	first.refused(422, "invalid", "PATCH", "/v1/me", map[string]any{"old_password": goodPassword, "new_password": "short"})
	first.call(200, "PATCH", "/v1/me", map[string]any{"old_password": goodPassword, "new_password": anotherPassword})
	first.call(200, "GET", "/v1/me", nil)
	other.call(401, "GET", "/v1/me", nil)
	w.browser().refused(401, "unauthenticated", "POST", "/v1/sign-in", map[string]any{"name": "101@acme", "password": goodPassword})

	// Another role, and being switched off, take effect with the next request.
	w.account.call(200, "PATCH", "/v1/organizations/"+org+"/users/"+user, map[string]any{"role": "admin"})
	first.call(401, "GET", "/v1/me", nil)
	admin := w.signIn("101@acme", anotherPassword)
	if a := admin.call(200, "GET", "/v1/me", nil); a.str("role") != "organization" {
		t.Errorf("me: %s", a.body)
	}
	w.account.call(200, "PATCH", "/v1/organizations/"+org, map[string]any{"status": 0})
	admin.call(401, "GET", "/v1/me", nil)
	w.account.call(200, "PATCH", "/v1/organizations/"+org, map[string]any{"status": 1})
	w.account.call(200, "PATCH", "/v1/organizations/"+org+"/users/"+user, map[string]any{"status": 0})
	admin.call(401, "GET", "/v1/me", nil)
	w.browser().refused(401, "unauthenticated", "POST", "/v1/sign-in", map[string]any{"name": "101@acme", "password": anotherPassword})
	w.account.call(200, "PATCH", "/v1/organizations/"+org+"/users/"+user, map[string]any{"status": 1})
	admin.call(401, "GET", "/v1/me", nil)
}

func TestAPasswordThatAProgramSetsOpensTheInbox(t *testing.T) {
	w := start(t)
	org := w.account.call(201, "POST", "/v1/organizations", map[string]any{"name": "Acme", "domain": "acme"}).str("id")
	rpc := func(method string, params map[string]any) {
		t.Helper()
		params["orgid"] = org
		w.account.call(200, "POST", "/api", map[string]any{"method": method, "params": params})
	}
	rpc("createUser", map[string]any{"extension": "501", "name": "Ann", "password": "pass"})
	rpc("createUsers", map[string]any{"users": []any{map[string]any{"extension": "502", "password": 4711}, map[string]any{"extension": "503"}}})
	ann := w.signIn("501@acme", "pass")
	w.signIn("502@acme", "4711")
	for _, password := range []string{"", "null", " "} {
		if a := w.browser().try("POST", "/v1/sign-in", map[string]any{"name": "503@acme", "password": password}); a.status != 401 && a.status != 422 {
			t.Errorf("without a password, %q: %d", password, a.status)
		}
	}
	id := ann.call(200, "GET", "/v1/me", nil).json["user"].(map[string]any)["id"]
	rpc("updateUser", map[string]any{"id": id, "name": "Anna"})
	ann.call(200, "GET", "/v1/me", nil)
	rpc("updateUser", map[string]any{"id": id, "password": "{{to}} $to$ 😀"})
	ann.call(401, "GET", "/v1/me", nil)
	w.signIn("501@acme", "{{to}} $to$ 😀")
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	w := start(t)
	org, user, link := w.officeOf("acme")
	w.account.call(200, "PATCH", "/v1/organizations/"+org+"/users/"+user, map[string]any{"role": "admin"})
	admin := w.accept(link, goodPassword)
	admin.refused(403, "forbidden", "POST", "/v1/people", map[string]any{"email": "x@example.com"})
	admin.refused(403, "forbidden", "POST", "/v1/keys", map[string]any{"role": "account"})
	for _, role := range []string{"account", "organization", "root", ""} {
		admin.refused(422, "invalid", "PATCH", "/v1/organizations/"+org+"/users/"+user, map[string]any{"role": role})
	}
	admin.call(201, "POST", "/v1/organizations/"+org+"/users", map[string]any{"extension": "102", "role": "admin"})

	person := w.account.call(201, "POST", "/v1/people", map[string]any{"email": "boss@example.com"}).str("id")
	boss := w.accept(w.account.call(201, "POST", "/v1/people/"+person+"/invitation", nil).str("url"), goodPassword)
	boss.refused(409, "conflict", "DELETE", "/v1/people/"+person, nil)
	w.account.refused(409, "conflict", "PATCH", "/v1/people/"+person, map[string]any{"status": 0})
	reset := boss.call(201, "POST", "/v1/people/"+person+"/invitation", nil)
	if reset.str("kind") != "reset" {
		t.Errorf("a link for who has a password: %s", reset.body)
	}
}

// The cookie never comes from plain http afar, counts on /v1 alone, and is asked for by our own pages.
func TestASignInIsNoUseToOtherSites(t *testing.T) {
	w := start(t)
	org, _, link := w.officeOf("acme")
	user := w.accept(link, goodPassword)
	if !user.local {
		t.Error("by plain http on this machine the cookie is one that browsers keep only from https")
	}
	far := map[string]any{"name": "101@acme", "password": goodPassword}
	w.browser().refused(403, "forbidden", "POST", "/v1/sign-in", far, "Origin", "http://sms.example.com", "Host", "sms.example.com")
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example.com"}} {
		for _, at := range []string{"/v1/sign-in", "/v1/sign-out", "/v1/invitation"} {
			user.refused(403, "forbidden", "POST", at, far, header...)
		}
		if a := user.try("PATCH", "/v1/me", map[string]any{}, header...); a.status != 403 && a.status != 401 {
			t.Errorf("%v: %d", header, a.status)
		}
	}
	user.call(200, "GET", "/v1/me", nil, "Sec-Fetch-Site", "cross-site") // a link from a mail; it changes nothing, and no page of another site reads it
	user.call(401, "GET", "/integrations?serviceid=generic&profileid="+org, nil)
	user.call(401, "POST", "/api", `{"method":"getUsers"}`)
	// A key in the request counts for more than the cookie, and a wrong one is not made up for by it.
	user.call(401, "GET", "/v1/me", nil, "Authorization", "Bearer "+access.NewKey())

	tls := startWith(t, app.Options{PublicURL: "https://sms.example.com"})
	_, _, link = tls.officeOf("acme")
	a := tls.browser().call(200, "POST", "/v1/invitation", map[string]any{"password": goodPassword}, "Authorization", "Bearer "+tokenOf(tls, link), "Origin", "https://sms.example.com")
	const want = "__Host-patchbay=; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax"
	cookie := a.header.Get("Set-Cookie")
	value := strings.TrimPrefix(strings.SplitN(cookie, ";", 2)[0], "__Host-patchbay=")
	if strings.Replace(cookie, value, "", 1) != want || len(value) != 43 {
		t.Errorf("cookie %q, want %q with 43 characters", cookie, want)
	}
	(&caller{w: tls, cookie: value, local: true}).call(401, "GET", "/v1/me", nil) // under the other name it is nothing here
	(&caller{w: tls, cookie: value}).call(200, "GET", "/v1/me", nil)
}

func TestGuessersWaitAndLearnNothing(t *testing.T) {
	w := start(t)
	_, _, link := w.officeOf("acme")
	w.accept(link, goodPassword)
	try := func(from, name, password string) answer {
		c := w.browser()
		c.from = from
		return c.try("POST", "/v1/sign-in", map[string]any{"name": name, "password": password})
	}
	statuses := map[string][]int{}
	for i, name := range []string{"101@acme", "nobody@acme"} {
		for range 12 {
			a := try([]string{"127.0.2.1", "127.0.2.2"}[i], name, "a wrong password")
			statuses[name] = append(statuses[name], a.status)
			if a.status == 429 && a.header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
		}
	}
	for i, status := range statuses["101@acme"] {
		want := 401
		if i >= 10 {
			want = 429
		}
		if status != want || statuses["nobody@acme"][i] != want {
			t.Errorf("try %d: %d for a name that is there, %d for one that is not, want %d", i+1, status, statuses["nobody@acme"][i], want)
		}
	}
	if a := try("127.0.2.3", "101@ACME", goodPassword); a.status != 429 {
		t.Errorf("from another place, in other letters: %d", a.status)
	}

	w.account.until("/v1/audit?what=sign-in.limited", func(a answer) bool { return len(a.list("data")) > 0 })

	// Wrong keys of one place are limited; the right one is not, nor another place.
	var limited int
	strangers := &caller{w: w, key: access.NewKey(), from: "127.0.2.4"}
	var all sync.WaitGroup
	var mu sync.Mutex
	for range 8 {
		all.Go(func() {
			for range 50 {
				if a := strangers.try("GET", "/v1/me", nil); a.status == 429 {
					mu.Lock()
					limited++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	if limited == 0 {
		t.Error("400 wrong keys, and none had to wait")
	}
	(&caller{w: w, key: bootstrapKey, from: "127.0.2.4"}).call(200, "GET", "/v1/me", nil)
	(&caller{w: w, key: access.NewKey(), from: "127.0.2.5"}).call(401, "GET", "/v1/me", nil)
}

// Behind a proxy the address is what the proxy says, and never what the sender made up.
func TestLimitsCountWhereARequestComesFrom(t *testing.T) {
	w := startWith(t, app.Options{TrustedProxies: []string{"127.0.3.0/24"}})
	seen := func(from string, forwarded ...string) string {
		t.Helper()
		c := &caller{w: w, key: bootstrapKey, from: from}
		var header []string
		for _, f := range forwarded {
			header = append(header, "X-Forwarded-For", f)
		}
		c.call(201, "POST", "/v1/people", map[string]any{"email": access.NewToken() + "@example.com"}, header...)
		return w.account.call(200, "GET", "/v1/audit?limit=1", nil).list("data")[0]["address"].(string)
	}
	for _, c := range []struct {
		from, forwarded, want string
	}{
		{"127.0.4.1", "203.0.113.9", "127.0.4.1"}, // no proxy of ours: it says what it likes
		{"127.0.3.1", "203.0.113.9", "203.0.113.9"},
		{"127.0.3.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		{"127.0.3.1", "203.0.113.9, 127.0.3.7", "203.0.113.9"},
		{"127.0.3.1", "203.0.113.9, what", "127.0.3.1"},
		{"127.0.3.1", "::ffff:203.0.113.9", "203.0.113.9"},
		{"127.0.3.1", "2001:db8::1", "2001:db8::1"},
		{"127.0.3.1", "", "127.0.3.1"},
	} {
		if got := seen(c.from, c.forwarded); got != c.want {
			t.Errorf("from %s with %q: %s, want %s", c.from, c.forwarded, got, c.want)
		}
	}
}

func TestTheLogTellsWhoChangedWhatAndNoSecret(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	e := w.account.build("mine", "acme", "+15550001001", "MINE")
	admin := e.signIns[directory.OrgAdmin]
	admin.call(200, "PATCH", "/v1/organizations/"+e.org+"/users/"+e.idle, map[string]any{"name": "Benny", "extra": map[string]any{"authpassword": "CANARY-extra"}})
	admin.call(200, "PUT", "/v1/organizations/"+e.org+"/integrations/acme", map[string]any{"properties": map[string]any{"API key": "CANARY-key"}})
	w.account.call(200, "POST", "/api", map[string]any{"method": "setUserStatus", "params": map[string]any{"orgid": e.org, "id": e.idle, "status": 0}})
	w.account.call(200, "POST", "/api", map[string]any{"method": "updateUser", "params": map[string]any{"orgid": e.org, "id": e.idle, "password": "CANARY-password"}})
	w.account.call(200, "POST", "/api", map[string]any{"method": "createUser", "params": map[string]any{"orgid": e.org, "extension": "909", "password": "CANARY-password"}})
	hook := w.account.call(201, "POST", "/v1/webhooks", map[string]any{"url": "https://hook.example.com/CANARY-path", "orgid": e.org})
	before := len(w.account.call(200, "GET", "/v1/audit?limit=200", nil).list("data"))
	w.account.call(200, "GET", "/v1/organizations", nil)
	w.account.call(202, "POST", "/v1/messages", map[string]any{"from": e.number, "to": "+15550100003", "content": "x"})
	w.account.call(409, "POST", "/v1/organizations", map[string]any{"name": "x", "domain": "mine"})
	all := w.account.call(200, "GET", "/v1/audit?limit=200", nil)
	if n := len(all.list("data")); n != before {
		t.Errorf("%d lines more for what changed nothing, or is everyday work", n-before)
	}
	text := string(all.body)
	for _, secret := range []string{"CANARY", "MINE-secret", bootstrapKey, hook.str("secret"), e.keys[directory.UserRole].key, "MINE content"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
	for _, want := range []string{"organization.created", "user.created", "integration.saved", "number.created", "service.saved", "key.created", "webhook.created",
		"optout.created", "person.created", "user.changed"} {
		if !strings.Contains(text, `"what":"`+want+`"`) {
			t.Errorf("the log lacks %s", want)
		}
	}
	for _, line := range all.list("data") {
		if line["what"] == "optout.created" {
			continue // whom it is about stands in the list's own history alone
		}
		if what, id := line["what"].(string), line["id"]; strings.HasSuffix(what, ".created") && (id == "" || id == line["orgid"] && what != "organization.created") {
			t.Errorf("which one? %v", line)
		}
	}
	found := w.account.call(200, "GET", "/v1/audit?what=user.changed&orgid="+e.org, nil).list("data")
	if len(found) != 3 {
		t.Fatalf("%d changes of users, want 3: %v", len(found), found)
	}
	change := found[2]
	by, was, became := change["by"].(map[string]any), change["was"].(map[string]any), change["became"].(map[string]any)
	if by["kind"] != "person" || by["name"] != "MINE admin" || was["name"] != "Ben of mine" || became["name"] != "Benny" || became["extra"] != "…" || was["extension"] != nil || change["name"] != "Ben of mine" {
		t.Errorf("the change is told as %v", change)
	}
	if who := w.account.call(200, "GET", "/v1/audit?who="+by["id"].(string), nil).list("data"); len(who) != 2 { // the sign-in itself was made behind the face
		t.Errorf("%d lines of one person, want 2", len(who))
	}

	// An organization's administrators read its own, and nothing of others or of the account.
	sister := w.account.build("sister", "acme", "+15550001002", "SISTER")
	for _, line := range admin.call(200, "GET", "/v1/audit?limit=200", nil).list("data") {
		if line["orgid"] != e.org {
			t.Errorf("an organization's administrator reads %v", line)
		}
	}
	admin.refused(404, "not_found", "GET", "/v1/audit?orgid="+sister.org, nil)
	w.account.call(204, "DELETE", "/v1/organizations/"+e.org, nil)
	for _, line := range w.account.call(200, "GET", "/v1/audit?limit=200", nil).list("data") {
		if line["orgid"] == e.org {
			t.Errorf("the log keeps %v of an organization that is gone", line)
		}
	}
	last := w.account.call(200, "GET", "/v1/audit?what=organization.removed", nil).list("data")
	if len(last) != 1 || last[0]["id"] != e.org {
		t.Errorf("that it was removed: %v", last)
	}
}

func TestASignInThatFailsIsOnRecord(t *testing.T) {
	w := start(t)
	org, user, link := w.officeOf("acme")
	w.accept(link, goodPassword)
	w.browser().call(401, "POST", "/v1/sign-in", map[string]any{"name": "101@acme", "password": "CANARY of a password"})
	w.browser().call(401, "POST", "/v1/sign-in", map[string]any{"name": "nobody@acme", "password": "x"})
	w.signIn("101@acme", goodPassword)
	a := w.account.until("/v1/audit?orgid="+org+"&what=sign-in", func(a answer) bool { return len(a.list("data")) == 2 })
	list := a.list("data")
	if list[0]["what"] != "sign-in.created" { // the answer does not wait for the line of the failure
		list[0], list[1] = list[1], list[0]
	}
	if list[0]["what"] != "sign-in.created" || list[1]["what"] != "sign-in.refused" || list[1]["id"] != user {
		t.Errorf("the log: %s", a.body)
	}
	if strings.Contains(string(a.body), "CANARY") || strings.Contains(w.log.String(), "CANARY") {
		t.Error("a password that was typed stands in a log")
	}
}

// A hash that was made with other figures is made anew when its password is typed, and ends nothing.
func TestAPasswordUnderOldFiguresIsHashedAnew(t *testing.T) {
	w := start(t)
	org, user, link := w.officeOf("acme")
	earlier := w.accept(link, goodPassword)
	u, err := w.app.Store().User(t.Context(), w.account.accountID(), user)
	if err != nil {
		t.Fatal(err)
	}
	salt := []byte("sixteen bytes ok")
	old := fmt.Sprintf("$argon2id$v=19$m=8192,t=1,p=1$%s$%s", base64.RawStdEncoding.EncodeToString(salt),
		base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(goodPassword), salt, 1, 8192, 1, 32)))
	u.Password = old
	if err := w.app.Store().UpdateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	earlier.call(401, "GET", "/v1/me", nil)
	first := w.signIn("101@acme", goodPassword)
	kept, err := w.app.Store().Candidate(t.Context(), directory.Whose{AccountID: u.AccountID, OrgID: org, PersonID: user})
	if err != nil || !strings.HasPrefix(kept.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("kept as %v, %v", kept, err)
	}
	w.signIn("101@acme", goodPassword)
	first.call(200, "GET", "/v1/me", nil)
}
