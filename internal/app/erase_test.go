package app_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbay/internal/app"
	"patchbay/internal/directory"
)

// holding are the files of a directory that hold one of the words.
func holding(t *testing.T, dir string, words ...string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, word := range words {
			if bytes.Contains(data, []byte(word)) {
				found = append(found, word+" in "+filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Fault 68: of an erased contact nothing is left in the database's files or among the media, but a STOP holds.
func TestOfAnErasedContactNothingIsLeftButTheirSTOP(t *testing.T) {
	p := newProvider(t)
	dir := t.TempDir()
	w := startWith(t, app.Options{AllowPrivateEgress: []string{p.host()}, DataDir: dir})
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c, ana := w.account, tm.keys[directory.UserRole]
	const number, other = "+15558675309", "+15550100002"
	org := "/v1/organizations/" + tm.org
	say := func(from, text string) {
		t.Helper()
		if a := w.post(tm.webhook, "application/json", fmt.Sprintf(`{"method":"message","params":{"from":%q,"to":%q,"content":%q}}`, from, tm.number, text)); a.status != 200 {
			t.Fatalf("callback: %d", a.status)
		}
	}
	card := c.call(201, "POST", org+"/contacts", map[string]any{"name": "NAMECANARY", "info": map[string]any{"phone": []string{"(555) 867-5309", "+15558675310"}}}).str("id")
	say(number, "TEXTCANARY in")
	say(other, "stays")
	if a := w.post(tm.webhook, "application/json", `{"unread":"(555) 867-5309 RAWCANARY"}`); a.status != 200 {
		t.Fatal(a.status)
	}
	up := ana.call(201, "POST", "/v1/media?name=FILECANARY.txt", "BYTESCANARY", "Content-Type", "text/plain").str("id")
	first := ana.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": number, "content": "TEXTCANARY out", "media": []string{up}}).str("id")
	c.until("/v1/messages/"+first, hasStatus("sent"))
	ana.call(204, "DELETE", "/v1/media/"+up, nil)
	kept := ana.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": other, "content": "stays"}).str("id")
	c.until("/v1/messages/"+kept, hasStatus("sent"))
	conversation := c.call(200, "GET", "/v1/messages/"+first, nil).str("conversation")
	ana.call(201, "POST", "/v1/conversations/"+conversation+"/notes", map[string]any{"content": "NOTECANARY"})
	c.call(200, "GET", "/v1/search?q=TEXTCANARY", nil)
	// What is queued, and what waits between two tries.
	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "600"); w.WriteHeader(503) })
	waiting := ana.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": number, "content": "TEXTCANARY waits"}).str("id")
	c.until("/v1/messages/"+waiting, hasStatus("sending"))
	queued := ana.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": number, "content": "TEXTCANARY queued"}).str("id")
	say(number, "STOP")
	c.call(200, "PATCH", org+"/contacts/"+card, map[string]any{"about": "ABOUTCANARY", "blocked": true})
	say("+15558675310", "TEXTCANARY from the second number")
	requests := len(p.requests())

	ana.refused(403, "forbidden", "POST", org+"/contacts/"+card+"/erase", nil)
	c.refused(404, "not_found", "POST", org+"/contacts/nobody/erase", nil)
	a := tm.keys[directory.OrgAdmin].call(200, "POST", org+"/contacts/"+card+"/erase", nil)
	if a.str("status") != "done" || a.json["messages"].(float64) < 6 || a.json["open"] != 0.0 {
		t.Errorf("erased: %s", a.body)
	}
	for _, id := range []string{first, waiting, queued} {
		c.refused(404, "not_found", "GET", "/v1/messages/"+id, nil)
	}
	c.refused(404, "not_found", "GET", "/v1/conversations/"+conversation, nil)
	c.refused(404, "not_found", "GET", org+"/contacts/"+card, nil)
	c.call(200, "GET", "/v1/messages/"+kept, nil)
	for _, path := range []string{"/v1/messages", "/v1/conversations", "/v1/callbacks", org + "/contacts", org + "/optouts", org + "/optout-events", "/v1/audit", "/v1/search?q=CANARY"} {
		if a := c.call(200, "GET", path, nil); strings.Contains(string(a.body), "8675309") || strings.Contains(string(a.body), "CANARY") {
			t.Errorf("GET %s: %s", path, a.body)
		}
	}
	if entries := c.call(200, "GET", "/v1/audit?what=contact.erase", nil).list("data"); len(entries) != 1 {
		t.Errorf("on record: %v", entries)
	}
	// Whom nobody remembers is still not written to, until they say so themselves.
	c.refused(403, "forbidden", "POST", "/v1/messages", map[string]any{"from": tm.number, "to": number, "content": "x"})
	if a := c.call(200, "GET", org+"/optouts/"+url.PathEscape(number), nil); len(a.list("data")) != 1 || strings.Contains(string(a.body), "8675309") {
		t.Errorf("the list says %s", a.body)
	}
	// Again, by the number, which nobody knows.
	if a := c.call(200, "POST", org+"/contacts/"+url.PathEscape(number)+"/erase", nil); a.str("status") != "done" || a.json["messages"] != 0.0 {
		t.Errorf("erased again: %s", a.body)
	}
	if n := len(p.requests()); n != requests {
		t.Errorf("%d requests left after the erasure began", n-requests)
	}
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	if found := holding(t, dir, "CANARY", "8675309", "867-5309"); len(found) > 0 {
		t.Errorf("left on the disk: %v", found)
	}
	if databaseOf(t, dir) == "" {
		if found := holding(t, dir, "+15550100002"); len(found) == 0 {
			t.Error("a search of the files finds nothing at all")
		}
		report, err := app.Verify(t.Context(), dir, "")
		if err != nil || len(report.Problems) > 0 || report.Counts["removed"] != 4 {
			t.Errorf("it does not add up: %+v %v", report, err)
		}
	}
	again := startWith(t, app.Options{AllowPrivateEgress: []string{p.host()}, DataDir: dir})
	c = again.account
	c.refused(403, "forbidden", "POST", "/v1/messages", map[string]any{"from": tm.number, "to": number, "content": "x"})
	again.post(tm.webhook[strings.Index(tm.webhook, "/services/"):], "application/json", fmt.Sprintf(`{"method":"message","params":{"from":%q,"to":%q,"content":"START"}}`, number, tm.number))
	c.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": number, "content": "welcome back"})
	if a := c.call(200, "GET", org+"/optouts", nil); len(a.list("data")) != 0 {
		t.Errorf("after START: %s", a.body)
	}
}
