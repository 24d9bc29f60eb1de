package app_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// withAPI is the provider's file with more in its API.
func (p *provider) withAPI(id, more string) string {
	return strings.Replace(p.file(id), `"API": {`, `"API": {`+strings.ReplaceAll(more, "URL", p.URL)+", ", 1)
}

// A picture that came in goes out again to another contact: our own link is read from the disk, for the door leads to none of our own.
func TestAPictureThatCameInGoesOutByItsBytes(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	file := p.withAPI("acme", `"UploadFile": {"request_url": "URL/upload", "request_parameters": {"name": "$filename$", "type": "$mimetype$", "data": "$file|base64$"}, "response_map": {"upload": "$mediaid$"}}`)
	w.account.call(201, "PUT", "/v1/services/acme", strings.Replace(file, `"media_url": "$content$"`, `"media": "$mediaid$"`, 1))
	tm := w.account.newTeam("a", "acme", "+15550001111", map[string]string{"API key": "canary-key-5"})
	picture := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")
	p.answers(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cat.png":
			_, _ = rw.Write(picture)
		case "/upload":
			fmt.Fprint(rw, `{"upload": 12345678901234567890}`)
		default:
			fmt.Fprint(rw, `{"data": {"id": "sent-1"}}`)
		}
	})
	w.post(tm.webhook, "application/json", `{"method": "file", "params": {"from": "+15550002222", "to": "+15550001111", "text": "look", "url": "`+p.URL+`/cat.png"}}`)
	var link string
	w.account.until("/v1/messages?direction=inbound", func(a answer) bool {
		for _, m := range a.list("data") {
			for _, f := range (answer{json: m}).list("media") {
				if size, _ := f["size"].(float64); size > 0 { // it has been fetched
					link, _ = f["url"].(string)
				}
			}
		}
		return link != ""
	})
	sent := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550003333", "urls": []string{link}})
	m := w.account.until("/v1/messages/"+sent.str("id"), hasStatus("sent"))
	var uploaded, message string
	for _, r := range p.requests() {
		switch r.path {
		case "/upload":
			uploaded = r.body
			if r.header.Get("Authorization") != "Bearer canary-key-5" {
				t.Errorf("the upload has no credentials: %v", r.header)
			}
		case "/webhook":
			message = r.body
		}
	}
	if want := `{"name":"cat.png","type":"image/png","data":"` + base64.StdEncoding.EncodeToString(picture) + `"}`; uploaded != want {
		t.Errorf("uploaded %s, want %s", uploaded, want)
	}
	if !strings.Contains(message, `"media":"12345678901234567890"`) {
		t.Errorf("sent %s", message)
	}
	attempts := m.list("attempts")
	if len(attempts) != 1 || !strings.Contains(fmt.Sprint(attempts[0]["request"]), "POST /upload") {
		t.Errorf("the attempt does not show the upload: %v", attempts)
	}
	if strings.Contains(string(m.body), "canary-key-5") {
		t.Error("the key stands in the message")
	}
}

// Wrong credentials are said at once, kept in view, told to programs, and keep nobody from saving.
func TestCredentialsAreCheckedWhenTheyAreEntered(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.withAPI("acme", `"CheckCredentials": {"request_method": "GET", "request_url": "URL/me"}`))
	p.answers(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/me" && r.Header.Get("Authorization") != "Bearer right-canary-key" {
			rw.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(rw, `{"you said": %q}`, r.Header.Get("Authorization"))
		}
	})
	tm := w.account.newTeam("a", "acme", "+15550001111", map[string]string{"API key": "wrong-canary-key"})
	path := "/v1/organizations/" + tm.org + "/integrations/acme"
	shown := w.account.call(200, "GET", path, nil)
	if a := shown.list("attention"); len(a) != 1 || a[0]["about"] != "credentials" || !strings.Contains(fmt.Sprint(a[0]["reason"]), "refused the credentials") {
		t.Fatalf("attention: %s", shown.body)
	}
	said := w.account.call(200, "POST", path+"/check", nil)
	if said.str("outcome") != "refused" || !strings.Contains(said.str("request"), "GET /me") || strings.Contains(string(said.body), "canary") {
		t.Errorf("check: %s", said.body)
	}
	put := w.account.call(200, "PUT", path, map[string]any{"properties": map[string]string{"API key": "right-canary-key"}})
	if check, _ := put.json["check"].(map[string]any); check["outcome"] != "accepted" || len(put.list("attention")) != 0 {
		t.Errorf("after the right one: %s", put.body)
	}
	if a := w.account.call(200, "GET", "/v1/organizations/"+tm.org+"/integrations", nil).list("data"); len(a) != 1 || fmt.Sprint(a[0]["attention"]) != "[]" {
		t.Errorf("listed: %v", a)
	}
	w.account.refused(409, "conflict", "POST", path+"/webhook", nil)
	p.Close()
	put = w.account.call(200, "PUT", path, map[string]any{"properties": map[string]string{"API key": "another-canary-key"}})
	if check, _ := put.json["check"].(map[string]any); check["outcome"] != "unreached" || len(put.list("attention")) != 0 {
		t.Errorf("of a provider that is away nothing is known: %s", put.body)
	}
}

// A send that is refused for its credentials is the same truth, and whoever resumes ends it.
func TestASendSaysThatTheCredentialsNoLongerHold(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001111", map[string]string{"API key": "k"})
	path := "/v1/organizations/" + tm.org + "/integrations/acme"
	send := func(want string) {
		t.Helper()
		id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550003333", "content": "hi"}).str("id")
		w.account.until("/v1/messages/"+id, hasStatus(want))
	}
	takes := p.answer
	p.answers(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnauthorized) })
	send("failed")
	if a := w.account.call(200, "GET", path, nil).list("attention"); len(a) != 1 || a[0]["about"] != "credentials" {
		t.Fatalf("attention: %v", a)
	}
	p.answers(takes)
	w.account.call(200, "POST", path+"/resume", nil) // it is paused until somebody says that they hold
	send("sent")
	if a := w.account.call(200, "GET", path, nil).list("attention"); len(a) != 0 {
		t.Errorf("attention: %v", a)
	}
}

func TestOurURLIsRegisteredForEachNumber(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.withAPI("acme", `"SetWebhook": {"request_method": "PUT", "request_url": "URL/numbers/$from|digits$", "request_parameters": {"callback": "$webhook_url$"}}`))
	var full bool
	p.answers(func(rw http.ResponseWriter, _ *http.Request) {
		if full {
			rw.WriteHeader(http.StatusBadRequest)
		}
	})
	tm := w.account.newTeam("a", "acme", "+15550001111", map[string]string{"API key": "k"})
	path := "/v1/organizations/" + tm.org + "/integrations/acme"
	got := p.requests()
	if len(got) != 1 || got[0].path != "/numbers/15550001111" || got[0].body != `{"callback":"`+tm.webhook+`"}` {
		t.Fatalf("registered %+v", got)
	}
	w.account.call(201, "POST", "/v1/organizations/"+tm.org+"/numbers", map[string]any{"service": "acme", "number": "+15550001112", "country": "US"})
	if said := w.account.call(200, "POST", path+"/webhook", nil); said.str("outcome") != "accepted" {
		t.Errorf("registered: %s", said.body)
	}
	if got = p.requests(); len(got) != 4 {
		t.Errorf("%d requests, want one for each number and two again", len(got))
	}
	full = true
	said := w.account.call(200, "PUT", path, map[string]any{})
	if r, _ := said.json["registration"].(map[string]any); r["outcome"] != "refused" {
		t.Errorf("registration: %s", said.body)
	}
	if a := said.list("attention"); len(a) != 1 || a[0]["about"] != "webhook" || !strings.Contains(fmt.Sprint(a[0]["reason"]), "+15550001111") {
		t.Errorf("attention: %v", a)
	}
}

// A provider that calls nobody is asked, and a crash between its answer and ours doubles and loses nothing: the suite of the store breaks
// the commit; here it is the whole way.
func TestMessagesAreAskedForWhereAProviderCallsNobody(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.withAPI("acme", `"Receive": {
		"request_method": "GET", "request_url": "URL/inbox", "request_parameters": {"after": "$cursor?$"}, "interval": "24h", "response_map": {"next": "$cursor?$"},
		"events": [
			{"event_type": "message", "request_parameters": {"inbox": [{"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content?$", "file": "$file?|base64$"}]}},
			{"events": {"arrived": "messageDelivered"}, "request_parameters": {"inbox": [{"of": "$messageid$", "state": "$event_key$"}]}}]}`))
	nasty := "yes $to$ 0123 \" \\ é 😀"
	inbox := map[string]string{
		"":   `{"next": "1", "inbox": [{"id": "m1", "from": "15550002222", "to": "15550001111", "text": "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(nasty) + `"}, {"of": "id-1", "state": "arrived"}]}`,
		"1":  `{"next": "2", "inbox": [{"id": "m1", "from": "15550002222", "to": "15550001111", "text": "again"}, {"id": "m2", "from": "15550002222", "to": "15550001111", "file": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"}]}`,
		"2":  `{"next": "3", "inbox": [{"id": "m3", "from": "15550002222", "to": "15559999999", "text": "for a stranger"}]}`,
		"3":  `{"next": "3", "inbox": []}`,
		"3x": `{"next": "4", "inbox": [{"id": "m4", "from": "15550002222", "to": "15550001111", "text": "later"}]}`,
	}
	var later atomic.Bool
	sends := p.answer
	p.answers(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/inbox" {
			sends(rw, r)
			return
		}
		after := r.URL.Query().Get("after")
		if later.Load() && after == "3" {
			after = "3x"
		}
		fmt.Fprint(rw, inbox[after])
	})
	tm := w.account.newTeam("a", "acme", "+15550001111", map[string]string{"API key": "canary-key"})
	received := func(n int) []map[string]any {
		t.Helper()
		return w.account.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) >= n }).list("data")
	}
	// The integration was there before its number, so what came first was to nobody. Now it is to somebody.
	w.account.call(200, "PUT", "/v1/organizations/"+tm.org+"/integrations/acme", map[string]any{})
	w.account.until("/v1/callbacks?unmatched=true", func(a answer) bool {
		for _, c := range a.list("data") {
			if c["method"] == "Receive answer" && strings.Contains(fmt.Sprint(c["reason"]), "no number of this service") {
				w.account.call(200, "POST", "/v1/callbacks/"+fmt.Sprint(c["id"])+"/replay", nil)
			}
		}
		return len(w.account.call(200, "GET", "/v1/messages?direction=inbound", nil).list("data")) >= 2
	})
	texts := ""
	for _, m := range received(2) {
		texts += fmt.Sprint(m["content"], "|")
	}
	if !strings.Contains(texts, nasty) || strings.Contains(texts, "again") {
		t.Errorf("received %q", texts)
	}
	later.Store(true)
	w.account.call(200, "PUT", "/v1/organizations/"+tm.org+"/integrations/acme", map[string]any{}) // asks at once
	if got := received(3); len(got) != 3 {
		t.Errorf("%d messages, want 3", len(got))
	}
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550003333", "content": "hi"}).str("id")
	w.account.until("/v1/messages/"+id, hasStatus("delivered")) // its receipt came before it, in an answer
}
