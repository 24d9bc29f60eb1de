package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// shown is a service's versions as they are listed, the current one with a star.
func (c *caller) shown(service string) string {
	c.w.Helper()
	var out []string
	for _, v := range c.call(200, "GET", "/v1/services/"+service+"/versions", nil).list("data") {
		name := fmt.Sprint(v["origin"], " ", v["version"])
		if v["current"] == true {
			name += "*"
		}
		if (v["created"] == nil) != (v["origin"] == "catalogue") {
			c.w.Errorf("created %v of a version of the %v", v["created"], v["origin"])
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

func (w *world) sees(service string, want ...string) {
	w.Helper()
	if got := w.account.shown(service); got != strings.Join(want, ", ") {
		w.Errorf("versions of %s:\n got %s\nwant %s", service, got, strings.Join(want, ", "))
	}
}

func TestAVersionOfBeforeCanBeCurrentAgain(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	upload := func(path string) string {
		t.Helper()
		return w.account.call(200, "PUT", "/v1/services/acme", strings.ReplaceAll(p.file("acme"), "/webhook\"", path+"\"")).str("version")
	}
	one, two := upload("/one"), upload("/two")
	w.sees("acme", "account "+two+"*", "account "+one)
	if again := upload("/two"); again != two {
		t.Errorf("the same bytes became version %s", again)
	}
	w.sees("acme", "account "+two+"*", "account "+one)

	a := w.account.call(200, "GET", "/v1/services/ACME/versions/"+one, nil)
	if file, _ := a.json["file"].(map[string]any); file["id"] != "acme" || !strings.Contains(string(a.body), "/one") || a.json["current"] != false {
		t.Errorf("version one is %s", a.body)
	}
	if first := w.account.call(200, "GET", "/v1/services/acme/versions?limit=1", nil); first.str("next") != two || len(first.list("data")) != 1 {
		t.Errorf("a page of one is %s", first.body)
	} else if rest := w.account.call(200, "GET", "/v1/services/acme/versions?limit=1&cursor="+first.str("next"), nil); rest.str("next") != "" || rest.list("data")[0]["version"] != one {
		t.Errorf("and the rest is %s", rest.body)
	}

	a = w.account.call(200, "POST", "/v1/services/acme/rollback", map[string]any{"version": one})
	if a.str("version") != one || a.str("id") != "acme" || a.str("origin") != "account" {
		t.Errorf("rolled back to %s", a.body)
	}
	w.sees("acme", "account "+two, "account "+one+"*")
	if got := w.account.call(200, "GET", "/v1/services/acme", nil); got.str("version") != one {
		t.Errorf("and the service is at %s", got.str("version"))
	}

	w.account.refused(404, "not_found", "POST", "/v1/services/acme/rollback", map[string]any{"version": "none"})
	w.account.refused(404, "not_found", "POST", "/v1/services/nobody/rollback", map[string]any{"version": one})
	w.account.refused(422, "invalid", "POST", "/v1/services/acme/rollback", map[string]any{})
	w.account.refused(404, "not_found", "GET", "/v1/services/acme/versions/none", nil)
	w.account.refused(404, "not_found", "GET", "/v1/services/nobody/versions", nil)
	w.anotherAccount().refused(404, "not_found", "GET", "/v1/services/acme/versions/"+one, nil)
}

func TestACataloguesVersionIsTheProgramsAndIsHiddenByAnOwnFile(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	built := w.account.call(200, "GET", "/v1/services/generic", nil).str("version")
	w.sees("generic", "catalogue "+built+"*")
	w.account.refused(409, "conflict", "POST", "/v1/services/generic/rollback", map[string]any{"version": built})
	own := w.account.call(201, "PUT", "/v1/services/generic", p.file("generic")).str("version")
	w.sees("generic", "account "+own+"*", "catalogue "+built)
	if a := w.account.call(200, "GET", "/v1/services/generic/versions/"+built, nil); a.json["file"] == nil {
		t.Errorf("the catalogue's version is %s", a.body)
	}
	a := w.account.refused(409, "conflict", "POST", "/v1/services/generic/rollback", map[string]any{"version": built})
	if !strings.Contains(a.str("detail"), "DELETE /v1/services/generic") {
		t.Errorf("it does not say what to do: %s", a.str("detail"))
	}
	w.account.call(204, "DELETE", "/v1/services/generic", nil)
	w.sees("generic", "catalogue "+built+"*")
}

// A file that an older program took may be refused by a newer one: such a version does not go live again.
func TestAVersionThatIsRefusedTodayDoesNotGoLiveAgain(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	version := w.account.call(201, "PUT", "/v1/services/acme", p.file("acme")).str("version")
	account := accountOf(w)
	failing := strings.Replace(p.file("acme"), `"Webhook"`, `"tests": [{"name": "t", "webhook": {"body": {}}, "events": [{"type": "message"}]}], "Webhook"`, 1)
	if err := w.app.Store().PutService(t.Context(), account, "acme", "of-old", []byte(failing)); err != nil {
		t.Fatal(err)
	}
	if err := w.app.Store().SetServiceVersion(t.Context(), account, "acme", version); err != nil {
		t.Fatal(err)
	}
	a := w.account.refused(422, "invalid", "POST", "/v1/services/acme/rollback", map[string]any{"version": "of-old"})
	if !strings.Contains(a.str("detail"), "the current one stays") || len(a.pointers()) == 0 || !strings.HasPrefix(a.pointers()[0], "/tests/0") {
		t.Errorf("refused with %s", a.body)
	}
	w.sees("acme", "account of-old", "account "+version+"*")
}

func accountOf(w *world) string {
	w.Helper()
	list, err := w.app.Store().Accounts(w.Context())
	if err != nil || len(list) == 0 {
		w.Fatal(err)
	}
	return list[0].ID
}

func TestAMessageFinishesOnTheVersionItWasAcceptedUnder(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	at := func(path, id string) string { return strings.ReplaceAll(p.file(id), "/webhook\"", path+"\"") }
	w.account.call(201, "PUT", "/v1/services/generic", at("/one", "generic")) // it hides the catalogue's
	tm := w.account.newTeam("acme", "generic", "+15550001001", map[string]string{"API key": "k"})
	enable := func(on bool) {
		w.account.call(200, "PUT", "/v1/organizations/"+tm.org+"/integrations/generic", map[string]any{"enabled": on})
	}
	// Hold the provider's answer to a first message: those behind it wait in their lane.
	inside, release := make(chan struct{}), make(chan struct{})
	n := 0
	p.answers(func(rw http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		n++
		first, id := n == 1, n
		p.mu.Unlock()
		if first {
			close(inside)
			<-release
		}
		rw.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(rw, `{"data":{"id":"id-%d"}}`, id)
	})
	send := func(text string) string {
		t.Helper()
		return w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": text}).str("id")
	}
	ids := []string{send("in flight"), send("under one")}
	<-inside
	w.account.call(200, "PUT", "/v1/services/generic", at("/two", "generic"))
	ids = append(ids, send("under two"))
	w.account.call(204, "DELETE", "/v1/services/generic", nil)
	enable(false)
	close(release)
	w.account.until("/v1/messages/"+ids[0], hasStatus("sent"))
	enable(true)
	for _, id := range ids {
		w.account.until("/v1/messages/"+id, hasStatus("sent"))
	}
	got := ""
	for _, r := range p.requests() {
		got += r.path + " "
	}
	if got != "/one /one /two " {
		t.Errorf("the requests went to %s; want /one /one /two", got)
	}
}

// Callbacks that come while versions take turns are read whole by one or by the other.
func TestAnUploadIsAtomicToCallbacks(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	file := func(word string) string {
		return strings.ReplaceAll(p.file("acme"), `"content": "$content$"}}}`, `"`+word+`": "$content$"}}}`)
	}
	one := w.account.call(201, "PUT", "/v1/services/acme", file("red")).str("version")
	two := w.account.call(200, "PUT", "/v1/services/acme", file("blue")).str("version")
	tm := w.account.newTeam("acme", "acme", "+15550001001", map[string]string{"API key": "k"})
	const callers, each = 4, 25
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				from := fmt.Sprintf("+1555020%02d%02d", c, i)
				body := fmt.Sprintf(`{"method":"message","params":{"from":%q,"to":%q,"red":"red","blue":"blue"}}`, from, tm.number)
				resp, err := http.Post(tm.webhook, "application/json", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				if resp.StatusCode != 200 {
					t.Errorf("answered %d", resp.StatusCode)
				}
			}
		})
	}
	for i := range 20 {
		version := []string{one, two}[i%2]
		w.account.call(200, "POST", "/v1/services/acme/rollback", map[string]any{"version": version})
	}
	wg.Wait()
	all := w.account.call(200, "GET", "/v1/messages?direction=inbound&limit=200", nil).list("data")
	for _, m := range all {
		if m["content"] != "red" && m["content"] != "blue" {
			t.Errorf("a message reads %v", m["content"])
		}
	}
	if total := len(all); total != callers*each {
		t.Errorf("%d messages of %d", total, callers*each)
	}
	if a := w.account.call(200, "GET", "/v1/callbacks?unmatched=true", nil); len(a.list("data")) != 0 {
		t.Errorf("unmatched: %s", a.body)
	}
}
