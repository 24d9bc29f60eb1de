package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/directory"
)

// A file goes up once and out with any message of its organization, with a caption, beside others (faults 56, 57, 59).
func TestAnUploadedFileGoesOutWithAMessage(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	ana := tm.keys[directory.UserRole]
	picture := string(onePixel(t))

	body, kind := upload(t, []string{"csrf", "x"}, [2]string{"../../é{{to}}.png", picture})
	up := ana.call(201, "POST", "/v1/media", body, "Content-Type", kind)
	if up.str("type") != "image/png" || up.json["size"] != float64(len(picture)) || up.str("orgid") != tm.org || strings.ContainsAny(up.str("name"), "/\x00") || !strings.Contains(up.str("name"), "é{{to}}") {
		t.Errorf("uploaded %s", up.body)
	}
	if a := w.as("").call(200, "GET", up.str("url"), nil); string(a.body) != picture || a.header.Get("Content-Type") != "image/png" {
		t.Errorf("behind its link: %s %q", a.header.Get("Content-Type"), a.body)
	}
	raw := ana.call(201, "POST", "/v1/media?name="+url.QueryEscape(`$to$ ".txt`), "hello", "Content-Type", "text/plain; charset=utf-8")
	if raw.str("type") != "text/plain" || !strings.HasPrefix(raw.str("name"), "$to$ ") {
		t.Errorf("uploaded %s", raw.body)
	}
	if list := ana.call(200, "GET", "/v1/media", nil).list("data"); len(list) != 2 || list[0]["id"] != up.str("id") {
		t.Errorf("the user's uploads: %v", list)
	}

	send := map[string]any{"from": tm.number, "to": "+15550100001", "content": "caption", "urls": []string{"https://example.com/a.png"}, "media": []string{up.str("id"), raw.str("id")}}
	sent := ana.call(202, "POST", "/v1/messages", send, "Idempotency-Key", "k")
	m := w.account.until("/v1/messages/"+sent.str("id"), hasStatus("sent"))
	files := m.list("media")
	if len(files) != 3 || files[0]["url"] != "https://example.com/a.png" || files[1]["type"] != "image/png" || files[2]["size"] != 5.0 || m.str("content") != "caption" {
		t.Errorf("sent %s", m.body)
	}
	var all string
	for _, r := range p.requests() {
		all += r.body
	}
	for _, f := range files {
		if !strings.Contains(all, f["url"].(string)) {
			t.Errorf("the provider was not told of %v: %s", f["url"], all)
		}
	}
	if again := ana.call(202, "POST", "/v1/messages", send, "Idempotency-Key", "k"); again.str("id") != sent.str("id") {
		t.Error("the same request again is another message")
	}
	send["media"] = []string{up.str("id")}
	ana.refused(422, "invalid", "POST", "/v1/messages", send, "Idempotency-Key", "k")

	// It goes out a second time, also when the upload is gone, as long as a message has it.
	ana.call(204, "DELETE", "/v1/media/"+up.str("id"), nil)
	if a := w.as("").call(200, "GET", files[1]["url"].(string), nil); string(a.body) != picture {
		t.Error("the message's file went with the upload")
	}
	ana.refused(422, "invalid", "POST", "/v1/messages", send)
	w.as("").call(404, "GET", up.str("url"), nil)
	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) })
	failed := ana.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "media": []string{raw.str("id")}}).str("id")
	w.account.until("/v1/messages/"+failed, hasStatus("failed"))
	again := w.account.call(202, "POST", "/v1/messages/"+failed+"/resend", nil).str("id")
	if files := w.account.call(200, "GET", "/v1/messages/"+again, nil).list("media"); len(files) != 1 || files[0]["type"] != "text/plain" || files[0]["url"] == "" {
		t.Errorf("resent with %v", files)
	}
}

func TestAnUploadIsItsOrganizationsAlone(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	a := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	b := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "k"})
	up := func(c *caller, path string) string {
		t.Helper()
		return c.call(201, "POST", path, "hello", "Content-Type", "text/plain").str("id")
	}
	ofA, ofAna, anybodys := up(a.keys[directory.OrgAdmin], "/v1/media"), up(a.keys[directory.UserRole], "/v1/media"), up(w.account, "/v1/media")
	atB := up(w.account, "/v1/media?orgid="+b.org)
	w.account.refused(404, "not_found", "POST", "/v1/media?orgid=1", "hello", "Content-Type", "text/plain")
	for _, c := range []struct {
		who  *caller
		from string
		id   string
		want int
	}{
		{a.keys[directory.OrgAdmin], a.number, ofA, 202},
		{a.keys[directory.OrgAdmin], a.number, ofAna, 202},
		{a.keys[directory.UserRole], a.number, ofAna, 202},
		{a.keys[directory.UserRole], a.number, ofA, 422},
		{a.keys[directory.OrgAdmin], a.number, anybodys, 422},
		{b.keys[directory.OrgAdmin], b.number, ofA, 422},
		{b.keys[directory.OrgAdmin], b.number, atB, 202},
		{w.account, a.number, anybodys, 202},
		{w.account, a.number, atB, 422}, // the account sees both, and mixes up nobody's files
		{w.account, b.number, atB, 202},
		{w.anotherAccount(), a.number, ofA, 422},
	} {
		got := c.who.try("POST", "/v1/messages", map[string]any{"from": c.from, "to": "+15550100001", "media": []string{c.id}})
		if got.status != c.want {
			t.Errorf("from %s with %s: got %d %s, want %d", c.from, c.id, got.status, got.body, c.want)
		}
	}
	b.keys[directory.OrgAdmin].refused(404, "not_found", "GET", "/v1/media/"+ofA, nil)
	b.keys[directory.OrgAdmin].refused(404, "not_found", "DELETE", "/v1/media/"+ofA, nil)
}

// Faults 52, 54, 56, 59: sizes are bounded, and what a file is called decides nothing.
func TestUploadsAreBoundedAndJudgedByTheirBytes(t *testing.T) {
	w := start(t)
	c := w.account
	for _, n := range []int{10<<20 + 1, 12<<20 + 1} {
		a := c.refused(413, "too_large", "POST", "/v1/media", strings.Repeat("a", n), "Content-Type", "text/plain")
		if !strings.Contains(a.str("detail"), fmt.Sprint(10<<20)) {
			t.Errorf("the limit is not said: %s", a.body)
		}
	}
	body, kind := upload(t, nil, [2]string{"a.txt", strings.Repeat("a", 10<<20+1)})
	c.refused(413, "too_large", "POST", "/v1/media", body, "Content-Type", kind)
	c.call(201, "POST", "/v1/media", strings.Repeat("a", 10<<20), "Content-Type", "text/plain")
	c.refused(422, "invalid", "POST", "/v1/media", "", "Content-Type", "text/plain")
	c.refused(422, "invalid", "POST", "/v1/media", "{}")
	body, kind = upload(t, []string{"note", "no file"})
	c.refused(422, "invalid", "POST", "/v1/media", body, "Content-Type", kind)
	c.refused(400, "invalid", "POST", "/v1/media", "x", "Content-Type", "multipart/form-data")
	for _, page := range []string{"<html><script>alert(1)</script>", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`} {
		up := c.call(201, "POST", "/v1/media?name=a.png", page, "Content-Type", "image/png")
		a := w.as("").call(200, "GET", up.str("url"), nil)
		if up.str("type") != "application/octet-stream" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s %v", page, up.body, a.header)
		}
	}
}

func TestAnUploadCanBeToldToAProgramsContact(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	session := field(w.account.rpc("message", map[string]any{"orgid": tm.org, "senderid": "crm-17", "userid": tm.user}), "sessionid")
	id := tm.keys[directory.UserRole].call(201, "POST", "/v1/media", "hello", "Content-Type", "text/plain").str("id")
	sent := tm.keys[directory.UserRole].call(202, "POST", "/v1/messages", map[string]any{"conversation": session, "content": "caption", "media": []string{id}}).str("id")
	if m := w.account.call(200, "GET", "/v1/messages/"+sent, nil); len(m.list("media")) != 1 || m.list("media")[0]["state"] != "stored" {
		t.Errorf("told %s", m.body)
	}
}
