package app_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
)

// estate is one of everything that a route can name.
type estate struct {
	*team
	message, conversation, note, callback, hook, key, version, contact, person, upload string

	signIns map[directory.Role]*caller // the same people as keys has keys of
	signIn  map[*caller]string         // the id of each
}

// credentials are all with which somebody may come in a role.
func (e *estate) credentials(role directory.Role) map[string]*caller {
	return map[string]*caller{"key": e.keys[role], "sign-in": e.signIns[role]}
}

// stoppedContact is on every estate's opt-out list.
const stoppedContact = "+15550100099"

// build makes an estate: a message sent, a callback that nothing reads, a webhook, a key.
func (c *caller) build(domain, service, number string, mark string) *estate {
	c.w.Helper()
	e := &estate{team: c.newTeam(domain, service, number, map[string]string{"API key": mark + "-secret"})}
	e.message = c.call(202, "POST", "/v1/messages", map[string]any{"from": number, "to": "+15550100001", "content": mark + " content"}).str("id")
	e.conversation = c.call(200, "GET", "/v1/messages/"+e.message, nil).str("conversation")
	e.version = c.call(200, "GET", "/v1/services/"+service, nil).str("version")
	e.note = c.call(201, "POST", "/v1/conversations/"+e.conversation+"/notes", map[string]any{"user": e.user, "content": mark + " note"}).str("id")
	c.call(200, "POST", "/v1/organizations/"+e.org+"/optouts", map[string]any{"contacts": []string{stoppedContact}})
	e.contact = c.call(201, "POST", "/v1/organizations/"+e.org+"/contacts", map[string]any{"name": mark + " contact", "info": map[string]any{"phone": "+15550100001"}}).str("id")
	e.upload = e.keys[directory.UserRole].call(201, "POST", "/v1/media?name="+mark+".txt", mark+" file", "Content-Type", "text/plain").str("id")
	e.hook = c.call(201, "POST", "/v1/webhooks", map[string]any{"url": "https://" + strings.ToLower(mark) + ".example.com/hook", "orgid": e.org}).str("id")
	e.key = c.call(201, "POST", "/v1/keys", map[string]any{"role": "organization", "orgid": e.org, "name": mark + " key"}).str("id")
	if a := c.w.post(e.webhook, "application/json", fmt.Sprintf(`{"mark":%q}`, mark)); a.status != 200 {
		c.w.Fatalf("callback: %d %s", a.status, a.body)
	}
	e.person = c.call(201, "POST", "/v1/people", map[string]any{"email": strings.ToLower(mark) + "-" + e.org + "@example.com", "name": mark + " person"}).str("id")
	admin := c.call(201, "POST", "/v1/organizations/"+e.org+"/users", map[string]any{"extension": "103", "name": mark + " admin", "role": "admin"}).str("id")
	account := c.accountID()
	e.signIns, e.signIn = map[directory.Role]*caller{}, map[*caller]string{}
	for role, who := range map[directory.Role]directory.Whose{
		directory.AccountAdmin: {PersonID: e.person}, directory.OrgAdmin: {OrgID: e.org, PersonID: admin}, directory.UserRole: {OrgID: e.org, PersonID: e.user},
	} {
		who.AccountID = account
		in, id := c.w.signedIn(who, time.Now())
		e.signIns[role], e.signIn[in] = in, id
	}
	e.callback = c.until("/v1/callbacks?unmatched=true", func(a answer) bool { return len(a.list("data")) > 0 }).list("data")[0]["id"].(string)
	return e
}

// accountID is the account that a caller belongs to.
func (c *caller) accountID() string {
	c.w.Helper()
	a, _ := c.call(200, "GET", "/v1/me", nil).json["account"].(map[string]any)
	id, _ := a["id"].(string)
	return id
}

// signedIn is a browser that somebody signed in with at that time, and the sign-in's id.
func (w *world) signedIn(who directory.Whose, at time.Time) (*caller, string) {
	w.Helper()
	token := access.NewToken()
	i := &directory.SignIn{ID: directory.NewID(time.Now()), Whose: who, Agent: "a test", Created: at, Used: at}
	if err := w.app.Store().CreateSignIn(context.Background(), i, access.Hash(token), "", nil); err != nil {
		w.Fatal(err)
	}
	return &caller{w: w, cookie: token}, i.ID
}

// path puts an estate's ids into a route.
func (e *estate) path(pattern string) string {
	id := ""
	for prefix, value := range map[string]string{
		"/v1/organizations/{orgid}/users":    e.idle,
		"/v1/organizations/{orgid}/numbers":  e.numberID,
		"/v1/organizations/{orgid}/contacts": e.contact,
		"/v1/messages":                       e.message,
		"/v1/media":                          e.upload,
		"/v1/conversations":                  e.conversation,
		"/v1/callbacks":                      e.callback,
		"/v1/webhooks":                       e.hook,
		"/v1/keys":                           e.key,
		"/v1/people":                         e.person,
		"/v1/me/sign-ins":                    e.signIn[e.signIns[directory.UserRole]],
		"/v1/organizations/{orgid}/optouts":  stoppedContact,
	} {
		if strings.HasPrefix(pattern, prefix) {
			id = value
		}
	}
	return strings.NewReplacer("{orgid}", e.org, "{service_id}", e.service, "{version}", e.version, "{other}", e.version, "{id}", id, "{note}", e.note).Replace(pattern)
}

// names reports whether a route names somebody's own thing, so that to others it is not there.
func names(pattern string) bool { return strings.Contains(pattern, "{") }

// Every route × role × whose it is. A route that is new is in the matrix, and so in this test, or the program does not start.
func TestEveryRouteAnswersEveryRoleAsTheMatrixSays(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	mine := w.account.build("mine", "acme", "+15550001001", "MINE")
	sister := w.account.build("sister", "acme", "+15550001002", "SISTER")
	stranger := w.anotherAccount()
	strangersBrowser, _ := w.signedIn(directory.Whose{AccountID: stranger.accountID(),
		PersonID: stranger.call(201, "POST", "/v1/people", map[string]any{"email": "eve@example.com"}).str("id")}, time.Now())
	who := directory.Whose{AccountID: w.account.accountID(), PersonID: mine.person}
	expired, _ := w.signedIn(who, time.Now().Add(-directory.SignInLife))
	idle, _ := w.signedIn(who, time.Now().Add(-directory.SignInIdle))

	for _, rule := range access.Matrix {
		if rule.Public() {
			continue
		}
		name := rule.Method + " " + rule.Pattern
		path := mine.path(rule.Pattern)

		nobodies := []*caller{w.as(""), w.as("wrong"), w.as(bootstrapKey + "x"), w.as(access.NewKey()), {w: w, cookie: access.NewToken()}, expired, idle}
		if !strings.HasPrefix(rule.Pattern, "/v1/") {
			nobodies = append(nobodies, mine.signIns[directory.AccountAdmin]) // a sign-in counts on /v1 alone
		}
		for i, nobody := range nobodies {
			nobody.from = fmt.Sprintf("127.0.1.%d", i+1) // each place may be wrong so often
			if a := nobody.try(rule.Method, path, bodyOf(rule)); a.status != 401 {
				t.Errorf("%s without a key of ours: got %d, want 401", name, a.status)
			} else if a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: 401 without WWW-Authenticate", name)
			}
		}
		if names(rule.Pattern) {
			for _, c := range []*caller{stranger, strangersBrowser} {
				if a := c.try(rule.Method, path, bodyOf(rule)); a.status != 404 && !sharedCatalogue(rule) && (c == stranger || strings.HasPrefix(rule.Pattern, "/v1/")) {
					t.Errorf("%s by another account: got %d %s, want 404", name, a.status, a.body)
				}
			}
		}
		for _, role := range slices.Sorted(maps.Keys(mine.keys)) {
			if role == directory.AccountAdmin {
				continue // both organizations are the account's own
			}
			for kind, c := range sister.credentials(role) {
				if kind == "sign-in" && !strings.HasPrefix(rule.Pattern, "/v1/") {
					continue
				}
				foreign := c.try(rule.Method, path, bodyOf(rule))
				switch {
				case !rule.Admits(role):
					if foreign.status != 403 {
						t.Errorf("%s by %s (%s) of another organization: got %d, want 403", name, role, kind, foreign.status)
					}
				case names(rule.Pattern) && !strings.HasPrefix(rule.Pattern, "/v1/services"):
					if foreign.status != 404 {
						t.Errorf("%s by %s (%s) of another organization: got %d %s, want 404", name, role, kind, foreign.status, foreign.body)
					}
				}
			}
		}
	}
	// Nothing that was refused changed anything.
	for _, path := range []string{"/v1/organizations/{orgid}", "/v1/organizations/{orgid}/users/{id}", "/v1/organizations/{orgid}/numbers/{id}", "/v1/organizations/{orgid}/contacts/{id}",
		"/v1/organizations/{orgid}/integrations/{service_id}", "/v1/messages/{id}", "/v1/media/{id}", "/v1/conversations/{id}", "/v1/callbacks/{id}", "/v1/webhooks/{id}",
		"/v1/keys/{id}", "/v1/people/{id}", "/v1/services/{service_id}"} {
		w.account.call(200, "GET", mine.path(path), nil)
	}

	// Its own. Each role gets things of its own to delete.
	built := 0
	for _, rule := range access.Matrix {
		if rule.Public() {
			continue
		}
		for _, role := range slices.Sorted(maps.Keys(mine.keys)) {
			for _, kind := range []string{"key", "sign-in"} {
				if kind == "sign-in" && !strings.HasPrefix(rule.Pattern, "/v1/") {
					continue
				}
				own := mine
				if rule.Method == "DELETE" || rule.Method == "PATCH" || strings.HasSuffix(rule.Pattern, "/erase") {
					built++
					own = w.account.build(fmt.Sprintf("own-%d", built), "acme", fmt.Sprintf("+1555011%04d", built), "OWN")
				}
				c := own.credentials(role)[kind]
				path, mayMiss := own.path(rule.Pattern), false
				if rule.Pattern == "/v1/me/sign-ins/{id}" {
					path, mayMiss = "/v1/me/sign-ins/"+own.signIn[c], kind == "key" // which has none
				}
				a := c.try(rule.Method, path, bodyOf(rule))
				name := fmt.Sprintf("%s %s by its own %s (%s)", rule.Method, rule.Pattern, role, kind)
				switch {
				case !rule.Admits(role) && a.status != 403:
					t.Errorf("%s: got %d, want 403", name, a.status)
				case rule.Admits(role) && (a.status == 401 || a.status == 403 || a.status == 404 && !mayMiss || a.status >= 500):
					t.Errorf("%s: got %d %s", name, a.status, a.body)
				}
			}
		}
	}
}

// sharedCatalogue: a stranger deleting or reading a service of a catalogue's id is about the stranger's own view of it; acme is no catalogue service,
// so only an upload (which makes the stranger's own) is no 404.
func sharedCatalogue(rule access.Rule) bool {
	return rule.Method == "PUT" && rule.Pattern == "/v1/services/{service_id}"
}

// bodyOf is a body that decodes and, mostly, asks for nothing.
func bodyOf(rule access.Rule) any {
	switch rule.Method {
	case "POST", "PUT", "PATCH":
		if rule.Pattern == "/api" {
			return `{"method":"getServices","params":{}}`
		}
		return `{}`
	}
	return nil
}

func TestNoAnswerToOneAccountHoldsAnythingOfAnother(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	b := w.anotherAccount()
	b.call(201, "PUT", "/v1/services/canary-b", strings.ReplaceAll(p.file("canary-b"), `"name": "canary-b"`, `"name": "CANARYB service"`))
	theirs := b.build("canaryb.example", "canary-b", "+15550007777", "CANARYB")

	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	mine := w.account.build("mine", "acme", "+15550001001", "MINE")

	canaries := []string{"CANARYB", "canaryb", "5550007777", theirs.numberID, theirs.user, theirs.conversation, theirs.contact, theirs.upload, theirs.person}
	look := func(what string, a answer, sent string) {
		for _, canary := range canaries {
			if strings.Contains(string(a.body), canary) && !strings.Contains(sent, canary) {
				t.Errorf("%s: the answer holds %q: %s", what, canary, a.body)
			}
		}
	}
	for _, rule := range access.Matrix {
		if rule.Public() || rule.Pattern == "/v1/events" {
			continue
		}
		for role := range mine.keys {
			for kind, c := range mine.credentials(role) {
				path := theirs.path(rule.Pattern)
				if names(rule.Pattern) {
					look(fmt.Sprintf("%s %s by %s (%s) with their ids", rule.Method, rule.Pattern, role, kind), c.try(rule.Method, path, bodyOf(rule)), path)
				}
				if rule.Method == "GET" {
					look(fmt.Sprintf("%s %s by %s (%s)", rule.Method, rule.Pattern, role, kind), c.try("GET", mine.path(rule.Pattern), nil), "")
				}
			}
		}
	}
	// Their ids in filters, bodies and cursors.
	for _, path := range []string{"/v1/messages?orgid=" + theirs.org, "/v1/conversations?orgid=" + theirs.org, "/v1/events?orgid=" + theirs.org, "/v1/audit?orgid=" + theirs.org} {
		look(path, w.account.refused(404, "not_found", "GET", path, nil), path)
	}
	cursor := b.call(200, "GET", "/v1/messages?limit=1", nil).str("next")
	look("their cursor", w.account.try("GET", "/v1/messages?cursor="+cursor, nil), "")
	for _, c := range []struct {
		status int
		path   string
		body   map[string]any
	}{
		{403, "/v1/messages", map[string]any{"from": theirs.number, "to": "+15550100001", "content": "x"}},
		{422, "/v1/messages", map[string]any{"from": mine.number, "to": "+15550100001", "media": []string{theirs.upload}}},
		{404, "/v1/webhooks", map[string]any{"url": "https://a.example.com", "orgid": theirs.org}},
		{404, "/v1/keys", map[string]any{"role": "organization", "orgid": theirs.org}},
		{404, "/v1/keys", map[string]any{"role": "user", "orgid": mine.org, "user": theirs.user}},
		{422, "/v1/organizations/" + mine.org + "/numbers", map[string]any{"service": theirs.service, "number": "+15550001009"}},
		{422, "/v1/organizations/" + mine.org + "/numbers", map[string]any{"service": "acme", "number": "+15550001009", "users": []string{theirs.user}}},
	} {
		sent := fmt.Sprint(c.body)
		look("POST "+c.path, w.account.call(c.status, "POST", c.path, c.body), sent)
	}
	if n := len(p.requests()); n > 2 {
		t.Errorf("the provider got %d requests: something was sent with another account's number", n)
	}
	// The same number may be claimed by another account: numbers are unique within an account.
	w.account.call(201, "POST", "/v1/organizations/"+mine.org+"/numbers", map[string]any{"service": "acme", "number": theirs.number})
	// The same Idempotency-Key is another key in another account.
	sent := map[string]any{"from": mine.number, "to": "+15550100001", "content": "one"}
	first := w.account.call(202, "POST", "/v1/messages", sent, "Idempotency-Key", "shared")
	second := b.call(202, "POST", "/v1/messages", map[string]any{"from": theirs.number, "to": "+15550100001", "content": "two"}, "Idempotency-Key", "shared")
	if first.str("id") == second.str("id") {
		t.Error("one Idempotency-Key, two accounts, one message")
	}
}
