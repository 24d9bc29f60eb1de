package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/access"
	"patchbay/internal/app"

	"patchbay/internal/directory"
)

// The lines of the black-box contract, one test or more for each.

func TestHealthSaysOnlyOkOrNot(t *testing.T) {
	w := start(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := w.as("").call(200, "GET", path, nil); string(a.body) != "ok\n" {
			t.Errorf("%s: %q", path, a.body)
		}
	}
}

func TestMetricsAnswerTheAccountsKeyAlone(t *testing.T) {
	w := start(t)
	w.as("").call(401, "GET", "/metrics", nil)
	a := w.account.call(200, "GET", "/metrics", nil)
	for _, name := range []string{"patchbay_http_requests_total", "patchbay_callbacks_total", "go_goroutines"} {
		if !strings.Contains(string(a.body), name) {
			t.Errorf("no %s", name)
		}
	}
}

func TestAnOrganizationIsMadeReadListedChangedAndDeleted(t *testing.T) {
	w := start(t)
	a := w.account.call(201, "POST", "/v1/organizations", map[string]any{"name": "Acme", "domain": "acme", "params": map[string]any{"tags": []string{"a"}}})
	id := a.str("id")
	if !regexp.MustCompile(`^\d{20}$`).MatchString(id) {
		t.Errorf("id %q is not a creation time in ms and 7 digits", id)
	}
	path := "/v1/organizations/" + id
	if a := w.account.call(200, "GET", path, nil); a.str("name") != "Acme" || a.str("domain") != "acme" || a.json["params"] == nil {
		t.Errorf("got %s", a.body)
	}
	if rows := w.account.call(200, "GET", "/v1/organizations", nil).list("data"); len(rows) != 1 || rows[0]["id"] != id {
		t.Errorf("list: %v", rows)
	}
	w.account.refused(409, "conflict", "POST", "/v1/organizations", map[string]any{"name": "Other", "domain": "ACME"})
	if a := w.account.call(200, "PATCH", path, map[string]any{"name": "Acme Ltd"}); a.str("name") != "Acme Ltd" || a.str("domain") != "acme" {
		t.Errorf("changed: %s", a.body)
	}
	w.account.call(204, "DELETE", path, nil)
	w.account.refused(404, "not_found", "GET", path, nil)
	w.account.call(201, "POST", "/v1/organizations", map[string]any{"name": "Again", "domain": "acme"})
}

func TestEveryMistakeOfABodyIsNamedAtOnce(t *testing.T) {
	w := start(t)
	a := w.account.refused(422, "invalid", "POST", "/v1/organizations", map[string]any{"domain": "two words"})
	if got := a.pointers(); !slices.Equal(got, []string{"/name", "/domain"}) {
		t.Errorf("pointers %v in %s", got, a.body)
	}
	a = w.account.refused(422, "invalid", "POST", "/v1/organizations", `{"name":17,"domain":"d"}`)
	if got := a.pointers(); !slices.Equal(got, []string{"/name"}) {
		t.Errorf("a wrong type: pointers %v in %s", got, a.body)
	}
	w.account.refused(400, "invalid", "POST", "/v1/organizations", `{"name":`)
	w.account.refused(413, "too_large", "POST", "/v1/organizations", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`)
	// What is nobody's to set is ignored.
	a = w.account.call(201, "POST", "/v1/organizations", map[string]any{"name": "n", "domain": "d", "id": "1", "account_id": "x", "role": "account"})
	if a.str("id") == "1" {
		t.Error("an id was taken from the body")
	}
}

func TestListsGoOnWhereTheyStopped(t *testing.T) {
	w := start(t)
	var want []string
	for i := range 5 {
		want = append(want, w.account.call(201, "POST", "/v1/organizations", map[string]any{"name": "n", "domain": fmt.Sprint("d", i)}).str("id"))
	}
	var got []string
	path, pages := "/v1/organizations?limit=2", 0
	for cursor := ""; ; {
		a := w.account.call(200, "GET", path+cursor, nil)
		for _, row := range a.list("data") {
			got = append(got, row["id"].(string))
		}
		pages++
		if a.str("next") == "" {
			break
		}
		cursor = "&cursor=" + a.str("next")
	}
	slices.Sort(got)
	slices.Sort(want) // those of one millisecond are in no order
	if !slices.Equal(got, want) || pages != 3 {
		t.Errorf("got %v in %d pages, want %v in 3", got, pages, want)
	}
	w.account.refused(422, "invalid", "GET", "/v1/organizations?limit=201", nil)
	w.account.refused(422, "invalid", "GET", "/v1/organizations?cursor=nonsense", nil)
}

func TestAServiceFileIsKeptOrEveryMistakeIsNamed(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	file := p.file("acme")
	a := w.account.call(201, "PUT", "/v1/services/acme", file)
	version := a.str("version")
	if a.str("id") != "acme" || version == "" {
		t.Errorf("got %s", a.body)
	}
	if a := w.account.call(200, "PUT", "/v1/services/acme", file); a.str("version") != version {
		t.Error("the same file has another version")
	}
	for name, c := range map[string]struct{ path, body, at string }{
		"another id":       {"/v1/services/other", file, "/id"},
		"unknown variable": {"/v1/services/acme", strings.Replace(file, "$content$", "$contnt$", 1), "/API/SendMessage/request_parameters/content"},
		"not JSON":         {"/v1/services/acme", `{"id": "acme", `, ""},
		"too large":        {"/v1/services/acme", strings.Repeat(" ", 1<<20) + file, ""},
		"deep":             {"/v1/services/acme", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), ""},
	} {
		a := w.account.refused(422, "invalid", "PUT", c.path, c.body)
		if !slices.Contains(a.pointers(), c.at) && c.at != "" {
			t.Errorf("%s: pointers %v in %s, want %s", name, a.pointers(), a.body, c.at)
		}
		if len(a.pointers()) == 0 {
			t.Errorf("%s: nothing is named in %s", name, a.body)
		}
	}
	two := strings.Replace(strings.Replace(file, "$content$", "$contnt$", 1), "$extension$", "$extnsion$", 1)
	if a := w.account.refused(422, "invalid", "PUT", "/v1/services/acme", two); len(a.pointers()) < 2 {
		t.Errorf("two mistakes, and named are %v", a.pointers())
	}
	failing := strings.Replace(file, `"Webhook":`, `"tests": [{"name": "wrong", "webhook": {"method": "POST", "headers": {"Content-Type": "application/json"},
		"body": "{}"}, "events": [{"type": "message", "from": "+15550100001", "to": "+15550001001", "content": "Hi"}]}], "Webhook":`, 1)
	if a := w.account.refused(422, "invalid", "PUT", "/v1/services/acme", failing); !strings.Contains(string(a.body), "/tests/0") {
		t.Errorf("a test that fails is not named: %s", a.body)
	}
	if a := w.account.call(200, "GET", "/v1/services/acme", nil); a.str("version") != version || a.str("origin") != "account" {
		t.Errorf("a refused file changed the kept one: %s", a.body)
	}
	var integrations []string
	for i, want := range []string{"one organization has it enabled; remove its integration first", "2 organizations have it enabled; remove their integrations first"} {
		o := w.account.call(201, "POST", "/v1/organizations", map[string]any{"name": "Org", "domain": fmt.Sprint("o", i)}).str("id")
		integrations = append(integrations, "/v1/organizations/"+o+"/integrations/acme")
		w.account.call(200, "PUT", integrations[i], map[string]any{"properties": map[string]string{"API key": "k"}})
		if a := w.account.refused(409, "conflict", "DELETE", "/v1/services/acme", nil); !strings.HasSuffix(a.str("detail"), want) {
			t.Errorf("detail %q, want %q", a.str("detail"), want)
		}
	}
	for _, path := range integrations {
		w.account.call(204, "DELETE", path, nil)
	}
	w.account.call(204, "DELETE", "/v1/services/acme", nil)
	w.account.refused(404, "not_found", "GET", "/v1/services/acme", nil)
	w.account.refused(404, "not_found", "DELETE", "/v1/services/acme", nil)
}

func TestAnAccountsFileHidesTheCataloguesForThatAccountAlone(t *testing.T) {
	w := start(t)
	other := w.anotherAccount()
	before := other.call(200, "GET", "/v1/services/generic", nil)
	w.account.call(201, "PUT", "/v1/services/generic", baseFile("generic", "https://api.example.com"))
	if a := w.account.call(200, "GET", "/v1/services/generic", nil); a.str("origin") != "account" {
		t.Errorf("the own file does not show: %s", a.body)
	}
	if a := other.call(200, "GET", "/v1/services/generic", nil); a.str("version") != before.str("version") || a.str("origin") != "catalogue" {
		t.Errorf("the other account sees %s", a.body)
	}
	w.account.call(204, "DELETE", "/v1/services/generic", nil)
	if a := w.account.call(200, "GET", "/v1/services/generic", nil); a.str("origin") != "catalogue" {
		t.Errorf("the catalogue's file is not back: %s", a.body)
	}
}

func TestTheWebhookURLStaysUntilTheIdChanges(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	a := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k1"})
	b := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "k2"})
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/services/acme/a[0-9a-f]{32}$`).MatchString(a.webhook) {
		t.Errorf("webhook URL %q", a.webhook)
	}
	if a.webhook != b.webhook {
		t.Errorf("two organizations, two URLs: %s and %s", a.webhook, b.webhook)
	}
	w.account.call(200, "PUT", "/v1/services/acme", strings.Replace(p.file("acme"), `"name": "acme"`, `"name": "Acme 2"`, 1))
	if got := w.account.call(200, "GET", "/v1/organizations/"+a.org+"/integrations/acme", nil).str("webhook_url"); got != a.webhook {
		t.Errorf("uploading again changed the URL to %s", got)
	}
	w.account.call(201, "PUT", "/v1/services/acme2", p.file("acme2"))
	got := w.account.call(201, "PUT", "/v1/organizations/"+a.org+"/integrations/acme2", map[string]any{"properties": map[string]string{"API key": "k"}}).str("webhook_url")
	if got != strings.Replace(a.webhook, "/acme/", "/acme2/", 1) {
		t.Errorf("a new id has the URL %s", got)
	}
}

func TestSecretsAreWrittenAndNeverRead(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", strings.Replace(p.file("acme"), `"properties": ["API key"]`, `"properties": ["API key", {"name": "Second", "optional": true}]`, 1))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "canary-first", "Second": "canary-second"})
	path := "/v1/organizations/" + tm.org + "/integrations/acme"

	a := w.account.call(200, "PUT", path, map[string]any{"properties": map[string]any{"Second": "canary-third"}})
	for _, answer := range []answer{a, w.account.call(200, "GET", path, nil), w.account.call(200, "GET", "/v1/organizations/"+tm.org+"/integrations", nil)} {
		if strings.Contains(string(answer.body), "canary") {
			t.Errorf("a value shows: %s", answer.body)
		}
	}
	props, _ := w.account.call(200, "GET", path, nil).json["properties"].(map[string]any)
	if len(props) != 2 || fmt.Sprint(props["API key"]) != "map[set:true]" {
		t.Errorf("properties %v", props)
	}
	// The one that was left out was kept: the provider still gets it.
	w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "x"})
	w.account.until("/v1/messages?status=sent", func(a answer) bool { return len(a.list("data")) == 1 })
	if got := p.requests()[0].header.Get("Authorization"); got != "Bearer canary-first" {
		t.Errorf("the provider got %q", got)
	}
	// null takes one away; a required one must stay, an unknown one is named, and what was read cannot be written back by mistake.
	w.account.call(200, "PUT", path, `{"properties":{"Second":null}}`)
	for body, at := range map[string]string{
		`{"properties":{"API key":null}}`:         "/properties/API key",
		`{"properties":{"API kex":"x"}}`:          "/properties/API kex",
		`{"properties":{"API key":{"set":true}}}`: "/properties/API key",
		`{"properties":"x"}`:                      "/properties",
		`{"key":"short"}`:                         "/key",
	} {
		if a := w.account.refused(422, "invalid", "PUT", path, body); !slices.Contains(a.pointers(), at) {
			t.Errorf("%s: pointers %v, want %s", body, a.pointers(), at)
		}
	}
	w.account.refused(404, "not_found", "PUT", "/v1/organizations/"+tm.org+"/integrations/nobody", `{}`)
}

func TestANumberBelongsToOneOrganization(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	a := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	b := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "k"})
	conflict := w.account.refused(409, "conflict", "POST", "/v1/organizations/"+b.org+"/numbers", map[string]any{"service": "acme", "number": "+1 555 000 1001"})
	if strings.Contains(string(conflict.body), a.org) {
		t.Errorf("the owner shows: %s", conflict.body)
	}
	bad := w.account.refused(422, "invalid", "POST", "/v1/organizations/"+b.org+"/numbers", map[string]any{
		"service": "simulator", "number": "??", "country": "XX", "users": []string{a.user, b.user, b.user}, "outboundFormat": "loud", "sessionTimeout": -1,
	})
	for _, at := range []string{"/service", "/number", "/country", "/users/0", "/users/2", "/outboundFormat", "/sessionTimeout"} {
		if !slices.Contains(bad.pointers(), at) {
			t.Errorf("%s is not named: %v", at, bad.pointers())
		}
	}
	path := "/v1/organizations/" + a.org + "/numbers/" + a.numberID
	got := w.account.call(200, "PATCH", path, map[string]any{"users": []string{a.user, a.idle}, "name": "Both", "footer": "Acme", "optout": map[string]any{"keyword": "STOP"}})
	if fmt.Sprint(got.json["users"]) != fmt.Sprintf("[%s %s]", a.user, a.idle) || got.str("number") != a.number || got.str("footer") != "Acme" {
		t.Errorf("got %s", got.body)
	}
	if again := w.account.call(200, "GET", path, nil); string(again.body) != string(got.body) {
		t.Errorf("changed to %s, read as %s", got.body, again.body)
	}
	if !strings.HasSuffix(got.str("webhook_url"), "?number=15550001001") {
		t.Errorf("webhook_url %q does not carry the number", got.str("webhook_url"))
	}
	w.account.call(204, "DELETE", path, nil)
	w.account.call(201, "POST", "/v1/organizations/"+b.org+"/numbers", map[string]any{"service": "acme", "number": "+15550001001"})

	// A sender's name may hold what means something in a URL.
	name := w.account.call(201, "POST", "/v1/organizations/"+b.org+"/numbers", map[string]any{"service": "acme", "number": "B&B #1 é"})
	u, err := url.Parse(name.str("webhook_url"))
	if err != nil || u.Query().Get("number") != "B&B #1 é" || len(u.Query()) != 1 || u.Fragment != "" {
		t.Errorf("webhook_url %q, %v", name.str("webhook_url"), err)
	}
}

func TestAUserSeesAndSendsFromTheirNumbersAlone(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	ana, ben := tm.keys["user"], tm.idleKey
	sent := map[string]any{"from": tm.number, "to": "+15550100001", "content": "from Ana"}
	id := ana.call(202, "POST", "/v1/messages", sent).str("id")
	if got := ana.call(200, "GET", "/v1/messages/"+id, nil); got.str("user") != tm.user {
		t.Errorf("written by %q", got.str("user"))
	}
	ben.refused(403, "forbidden", "POST", "/v1/messages", sent)
	ana.refused(403, "forbidden", "POST", "/v1/messages", map[string]any{"user": tm.idle, "from": tm.number, "to": "+15550100001", "content": "as Ben"})
	w.account.refused(403, "forbidden", "POST", "/v1/messages", map[string]any{"user": tm.idle, "from": tm.number, "to": "+15550100001", "content": "as Ben"})
	w.post(tm.webhook, "application/json", `{"method":"message","params":{"from":"+15550100001","to":"+15550001001","content":"to Ana"}}`)
	conversation := ana.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 1 }).list("data")[0]["conversation"].(string)
	for _, path := range []string{"/v1/messages/" + id, "/v1/conversations/" + conversation, "/v1/organizations/" + tm.org + "/numbers/" + tm.numberID} {
		ben.refused(404, "not_found", "GET", path, nil)
	}
	for _, path := range []string{"/v1/messages", "/v1/conversations", "/v1/organizations/" + tm.org + "/numbers"} {
		if rows := ben.call(200, "GET", path, nil).list("data"); len(rows) != 0 {
			t.Errorf("%s shows Ben %v", path, rows)
		}
		if rows := ana.call(200, "GET", path, nil).list("data"); len(rows) == 0 {
			t.Errorf("%s shows Ana nothing", path)
		}
	}
	// Un-assigning takes effect on the next request, and so does deleting the user.
	w.account.call(200, "PATCH", "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID, map[string]any{"users": []string{tm.idle}})
	ana.refused(404, "not_found", "GET", "/v1/messages/"+id, nil)
	ana.refused(403, "forbidden", "POST", "/v1/messages", sent)
	w.account.call(204, "DELETE", "/v1/organizations/"+tm.org+"/users/"+tm.user, nil)
	ana.refused(401, "unauthenticated", "GET", "/v1/messages", nil)
}

func TestKeysEndWhenTheirOwnerIsSwitchedOff(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	org, user := tm.keys["organization"], tm.keys["user"]
	orgPath := "/v1/organizations/" + tm.org
	org.refused(403, "forbidden", "PATCH", orgPath, map[string]any{"status": 0})
	w.account.call(200, "PATCH", orgPath+"/users/"+tm.user, map[string]any{"status": 0})
	user.refused(401, "unauthenticated", "GET", "/v1/messages", nil)
	w.account.call(200, "PATCH", orgPath+"/users/"+tm.user, map[string]any{"status": 1})
	user.call(200, "GET", "/v1/messages", nil)
	w.account.call(200, "PATCH", orgPath, map[string]any{"status": 0})
	org.refused(401, "unauthenticated", "GET", "/v1/messages", nil)
	user.refused(401, "unauthenticated", "GET", "/v1/messages", nil)
	w.account.call(204, "DELETE", orgPath, nil)
	org.refused(401, "unauthenticated", "GET", "/v1/messages", nil)
}

func TestAnIdempotencyKeyMakesOneMessage(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	body := map[string]any{"orgid": tm.org, "from": tm.number, "to": "+15550100001", "content": "once"}

	ids := make([]string, 20)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			for {
				a := w.account.try("POST", "/v1/messages", body, "Idempotency-Key", "storm")
				switch a.status {
				case 202:
					ids[i] = string(a.body)
					return
				case 409:
					if a.header.Get("Retry-After") == "" {
						t.Error("409 without Retry-After")
						return
					}
				default:
					t.Errorf("got %d %s", a.status, a.body)
					return
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(ids)
	if got := slices.Compact(ids); len(got) != 1 {
		t.Fatalf("different answers: %q", got)
	}
	w.account.until("/v1/messages?status=sent", func(a answer) bool { return len(a.list("data")) == 1 })
	if n := len(p.requests()); n != 1 {
		t.Errorf("the provider got %d requests", n)
	}
	// After it was sent, the answer is still the first one.
	if a := w.account.call(202, "POST", "/v1/messages", body, "Idempotency-Key", "storm"); string(a.body) != ids[0] {
		t.Errorf("later: %s, first: %s", a.body, ids[0])
	}
	// The key is the account's, whichever of its API keys asks; of another organization's message none tells.
	organization := tm.keys[directory.OrgAdmin]
	if a := organization.call(202, "POST", "/v1/messages", body, "Idempotency-Key", "storm"); string(a.body) != ids[0] {
		t.Errorf("by the organization's key: %s, first: %s", a.body, ids[0])
	}
	other := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "k"})
	stranger := other.keys[directory.OrgAdmin]
	plain := map[string]any{"from": tm.number, "to": "+15550100001", "content": "without orgid"}
	first := w.account.call(202, "POST", "/v1/messages", plain, "Idempotency-Key", "plain")
	if a := organization.call(202, "POST", "/v1/messages", plain, "Idempotency-Key", "plain"); string(a.body) != string(first.body) {
		t.Errorf("by the organization's key: %s, first: %s", a.body, first.body)
	}
	stranger.refused(404, "not_found", "POST", "/v1/messages", body, "Idempotency-Key", "storm")
	stranger.refused(403, "forbidden", "POST", "/v1/messages", plain, "Idempotency-Key", "plain")
	plain["from"] = other.number
	stranger.refused(422, "invalid", "POST", "/v1/messages", plain, "Idempotency-Key", "plain")

	body["content"] = "twice"
	w.account.refused(422, "invalid", "POST", "/v1/messages", body, "Idempotency-Key", "storm")
	w.account.refused(422, "invalid", "POST", "/v1/messages", body, "Idempotency-Key", strings.Repeat("k", 256))
	if n := len(p.requests()); n > 2 { // the second is the text without orgid
		t.Errorf("the other body was sent: %d requests", n)
	}
}

func TestMessagesAreFiltered(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "out"})
	w.post(tm.webhook, "application/json", `{"method":"message","params":{"from":"+15550100002","to":"+15550001001","content":"in"}}`)
	w.account.until("/v1/messages", func(a answer) bool { return len(a.list("data")) == 2 })
	w.account.until("/v1/messages?status=sent", func(a answer) bool { return len(a.list("data")) == 1 })
	w.account.until("/v1/messages?q=out", func(a answer) bool { return len(a.list("data")) == 1 }) // the index follows a moment later
	w.account.until("/v1/messages?q=in", func(a answer) bool { return len(a.list("data")) == 1 })
	for query, want := range map[string]string{
		"direction=outbound": "out", "direction=inbound": "in", "to=%2B15550100001": "out", "from=+15550100002": "in",
		"orgid=" + tm.org + "&status=sent": "out", "status=received": "in", "status=failed": "", "from=%2B15550109999": "",
		"q=ut": "", "q=OUT&direction=outbound": "out", "q=out&direction=inbound": "", "q=i": "in", "q=%20": "inout",
	} {
		got := ""
		for _, m := range w.account.call(200, "GET", "/v1/messages?"+query, nil).list("data") {
			got += m["content"].(string)
		}
		if got != want {
			t.Errorf("?%s: got %q, want %q", query, got, want)
		}
	}
	if a := w.account.refused(422, "invalid", "GET", "/v1/messages?status=done", nil); !strings.HasSuffix(a.str("detail"), "there are queued, received, sending, unclear, sent, failed, expired, cancelled, delivered, read") {
		t.Errorf("detail %q", a.str("detail"))
	}
	for _, query := range []string{"direction=up", "status=done", "limit=x", "q=" + strings.Repeat("x", 201)} {
		w.account.refused(422, "invalid", "GET", "/v1/messages?"+query, nil)
	}
}

func TestAMessageThatCannotBeSentSaysWhy(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	a := w.account.refused(422, "invalid", "POST", "/v1/messages", `{}`)
	if got := a.pointers(); !slices.Equal(got, []string{"/from", "/to", "/content"}) {
		t.Errorf("pointers %v", got)
	}
	for _, c := range []struct {
		status int
		at     string
		body   map[string]any
	}{
		{422, "/to", map[string]any{"from": tm.number, "to": "??", "content": "x"}},
		{403, "/from", map[string]any{"from": "+15550009999", "to": "+15550100001", "content": "x"}},
		{422, "/urls", map[string]any{"from": tm.number, "to": "+15550100001", "urls": []string{"file:///etc/passwd"}}},
	} {
		a := w.account.call(c.status, "POST", "/v1/messages", c.body)
		if !slices.Contains(a.pointers(), c.at) {
			t.Errorf("%v: pointers %v, want %s", c.body, a.pointers(), c.at)
		}
	}
	if n := len(p.requests()); n != 0 {
		t.Errorf("the provider got %d requests", n)
	}
}

func TestAMessageIsResentDismissedAndCancelled(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	send := func(text string) string {
		return w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": text}).str("id")
	}
	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }) // it may have been taken
	unclear := send("unclear")
	w.account.until("/v1/messages/"+unclear, hasStatus("unclear"))
	w.account.refused(409, "conflict", "POST", "/v1/messages/"+unclear+"/cancel", nil)
	w.account.refused(409, "conflict", "DELETE", "/v1/messages/"+unclear, nil)
	p.answers(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"data":{"id":"second"}}`) })
	again := w.account.call(202, "POST", "/v1/messages/"+unclear+"/resend", nil, "Idempotency-Key", "again").str("id")
	if a := w.account.call(202, "POST", "/v1/messages/"+unclear+"/resend", nil, "Idempotency-Key", "again"); a.str("id") != again {
		t.Error("one Idempotency-Key, resent twice")
	}
	if a := w.account.until("/v1/messages/"+again, hasStatus("sent")); a.str("resend_of") != unclear {
		t.Errorf("resend_of %q, want %s", a.str("resend_of"), unclear)
	}
	mended := "$to$ \"😀\"\\"
	w.account.refused(422, "invalid", "POST", "/v1/messages/"+unclear+"/resend", map[string]any{"content": ""})
	other := w.account.call(202, "POST", "/v1/messages/"+unclear+"/resend", map[string]any{"content": mended}, "Idempotency-Key", "mended").str("id")
	w.account.refused(422, "invalid", "POST", "/v1/messages/"+unclear+"/resend", map[string]any{"content": "third"}, "Idempotency-Key", "mended")
	if m := w.account.until("/v1/messages/"+other, hasStatus("sent")); m.str("content") != mended || m.str("resend_of") != unclear {
		t.Errorf("mended: %s", m.body)
	}
	if old := w.account.call(200, "GET", "/v1/messages/"+unclear, nil); old.str("content") != "unclear" {
		t.Errorf("the old message says %q now", old.str("content"))
	}
	a := w.account.call(200, "POST", "/v1/messages/"+unclear+"/dismiss", nil)
	if a.str("status") != "failed" || !strings.Contains(string(a.body), "dismissed") {
		t.Errorf("dismissed: %s", a.body)
	}
	w.account.refused(409, "conflict", "POST", "/v1/messages/"+unclear+"/dismiss", nil)

	// A provider that asks us to wait keeps its lane, so what is behind can be taken back.
	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "600"); w.WriteHeader(503) })
	first := send("first")
	w.account.until("/v1/messages/"+first, func(a answer) bool { return len(a.list("attempts")) == 1 })
	second, third := send("second"), send("third")
	if a := w.account.call(200, "POST", "/v1/messages/"+second+"/cancel", nil); a.str("status") != "cancelled" {
		t.Errorf("cancelled: %s", a.body)
	}
	w.account.call(204, "DELETE", "/v1/messages/"+third, nil)
	w.account.call(200, "GET", "/v1/messages/"+third, nil)
	w.account.refused(404, "not_found", "POST", "/v1/messages/nobody/cancel", nil)
}

func TestKeysAreShownOnceAndEndAtOnce(t *testing.T) {
	w := start(t)
	a := w.account.call(201, "POST", "/v1/keys", map[string]any{"role": "account", "name": "second"})
	key, id := a.str("key"), a.str("id")
	if !strings.HasPrefix(key, "pbk_") {
		t.Errorf("key %q", key)
	}
	for _, path := range []string{"/v1/keys", "/v1/keys/" + id} {
		if a := w.account.call(200, "GET", path, nil); strings.Contains(string(a.body), key) {
			t.Errorf("%s shows the key", path)
		}
	}
	second := w.as(key)
	second.call(200, "GET", "/v1/organizations", nil)
	second.refused(409, "conflict", "DELETE", "/v1/keys/"+id, nil)
	w.account.call(204, "DELETE", "/v1/keys/"+id, nil)
	second.refused(401, "unauthenticated", "GET", "/v1/organizations", nil)
	for _, body := range []map[string]any{
		{}, {"role": "root"}, {"role": "organization"}, {"role": "user", "orgid": "1"}, {"role": "account", "orgid": "1"},
	} {
		w.account.refused(422, "invalid", "POST", "/v1/keys", body)
	}
}

func TestNobodyGrantsThemselvesMore(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	other := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "k"})
	org := tm.keys["organization"]
	org.refused(403, "forbidden", "POST", "/v1/keys", map[string]any{"role": "account"})
	org.refused(404, "not_found", "POST", "/v1/keys", map[string]any{"role": "organization", "orgid": other.org})
	org.refused(404, "not_found", "POST", "/v1/keys", map[string]any{"role": "user", "user": other.user})
	org.call(201, "POST", "/v1/keys", map[string]any{"role": "user", "user": tm.idle})
	for _, k := range org.call(200, "GET", "/v1/keys", nil).list("data") {
		if k["orgid"] != tm.org {
			t.Errorf("an organization's key sees %v", k)
		}
	}
}

func TestWebhooksAreMadeListedAndDeleted(t *testing.T) {
	w := start(t)
	a := w.account.call(201, "POST", "/v1/webhooks", map[string]any{"url": "https://crm.example.com/hook", "types": []string{"message.received"}})
	if !strings.HasPrefix(a.str("secret"), "whsec_") || a.str("format") != "patchbay" {
		t.Errorf("got %s", a.body)
	}
	path := "/v1/webhooks/" + a.str("id")
	for _, p := range []string{path, "/v1/webhooks"} {
		if got := w.account.call(200, "GET", p, nil); strings.Contains(string(got.body), "whsec_") {
			t.Errorf("%s shows the secret", p)
		}
	}
	for body, at := range map[string]string{
		`{}`:                                  "/url",
		`{"url":"ftp://a"}`:                   "/url",
		`{"url":"https://u:p@a.example.com"}`: "/url",
		`{"url":"https://a.example.com","types":["message.received","x"]}`: "/types/1",
		`{"url":"https://a.example.com","format":"xml"}`:                   "/format",
	} {
		a := w.account.refused(422, "invalid", "POST", "/v1/webhooks", body)
		if !slices.Contains(a.pointers(), at) {
			t.Errorf("%s: pointers %v, want %s", body, a.pointers(), at)
		}
		if strings.Contains(string(a.body), "[message.") || strings.Contains(string(a.body), "[patchbay") {
			t.Errorf("%s: a list is not written as people write it: %s", body, a.body)
		}
	}
	body := `{"url":"https://a.example.com","orgid":"17000000000001234567"}`
	if a := w.account.refused(404, "not_found", "POST", "/v1/webhooks", body); !slices.Equal(a.pointers(), []string{"/orgid"}) {
		t.Errorf("%s: pointers %v, want /orgid", body, a.pointers())
	}
	w.account.call(204, "DELETE", path, nil)
	w.account.refused(404, "not_found", "GET", path, nil)
}

// Where we are https: to the world, browsers are told to stay with it; elsewhere that would lock people out.
func TestBrowsersAreHeldToHTTPSWhereThatIsOurURL(t *testing.T) {
	for public, want := range map[string]string{"https://sms.example.com": "max-age=31536000", "http://sms.example.com": "", "": ""} {
		w := startWith(t, app.Options{PublicURL: public})
		for _, path := range []string{"/v1/me", "/healthz", "/", "/nothing", "/services/generic/a0"} {
			if got := w.as("").try("GET", path, nil).header.Get("Strict-Transport-Security"); got != want {
				t.Errorf("public URL %q, %s: %q, want %q", public, path, got, want)
			}
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	w := start(t)
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	}
	check := func(what string, a answer) {
		for name, value := range want {
			if got := a.header.Get(name); got != value && !(name == "Content-Security-Policy" && strings.Contains(got, "default-src 'none'")) {
				t.Errorf("%s (%d): %s is %q", what, a.status, name, got)
			}
		}
		if got := a.header.Get("Cache-Control"); got != "no-store" && (got != "no-cache" || strings.Contains(what, " /v1") && !strings.Contains(what, " /v1/docs")) { // the pages hold no data
			t.Errorf("%s (%d): Cache-Control is %q", what, a.status, got)
		}
	}
	for _, rule := range access.Matrix {
		method := rule.Method
		if method == "" {
			method = "POST"
		}
		path := strings.NewReplacer("{key...}", "k", "{link...}", "a/b/c", "{service_id}", "generic", "{account}", "a0", "{orgid}", "1", "{id}", "1").Replace(rule.Pattern)
		check(method+" "+path, w.account.try(method, path, bodyOf(rule)))
		check(method+" "+path+" without a key", w.as("").try(method, path, bodyOf(rule)))
	}
	check("nothing here", w.account.try("GET", "/nothing", nil))
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/vars"} {
		if a := w.account.try("GET", path, nil); a.status != 404 {
			t.Errorf("GET %s: %d", path, a.status)
		}
	}
	check("no method", w.account.try("PUT", "/healthz", nil))
}

func TestWhatIsNotThereIsAProblemToo(t *testing.T) {
	w := start(t)
	w.account.refused(404, "not_found", "GET", "/nothing", nil)
	w.account.refused(404, "not_found", "GET", "/v1//organizations", nil)
	w.account.refused(404, "not_found", "GET", "/v1/../healthz", nil)
	a := w.account.refused(405, "invalid", "PUT", "/v1/organizations", nil)
	if got := a.header.Get("Allow"); got != "GET, HEAD, POST" {
		t.Errorf("Allow: %q", got)
	}
	w.account.refused(405, "invalid", "TRACE", "/healthz", nil)
}

func TestALongNameIsToldItsLimit(t *testing.T) {
	w := start(t)
	a := w.account.refused(422, "invalid", "POST", "/v1/keys", map[string]any{"role": "account", "name": strings.Repeat("é", 201)})
	if !strings.Contains(string(a.body), "must have at most 200 characters") {
		t.Errorf("got %s", a.body)
	}
}
