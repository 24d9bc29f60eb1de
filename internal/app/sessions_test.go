package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// hook is a program's address that keeps what it is told.
type hook struct {
	*httptest.Server
	got chan map[string]any
}

func newHook(t *testing.T) *hook {
	h := &hook{got: make(chan map[string]any, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body map[string]any
		b, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(b, &body); err != nil {
			t.Errorf("told %s: %v", b, err)
		}
		h.got <- body
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) host() string { return strings.TrimPrefix(h.URL, "http://") }

// next is what it is told next.
func (h *hook) next(t *testing.T) (method string, params, body map[string]any) {
	t.Helper()
	select {
	case body = <-h.got:
	case <-time.After(15 * time.Second):
		t.Fatal("the program was told nothing more")
	}
	method, _ = body["method"].(string)
	params, _ = body["params"].(map[string]any)
	return method, params, body
}

func TestAProgramAndAUserTextEachOther(t *testing.T) {
	p, h := newProvider(t), newHook(t)
	w := start(t, p.host(), h.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	made := c.call(201, "POST", "/v1/webhooks", map[string]any{"url": h.URL, "orgid": tm.org, "format": "messaging", "api_key": true})
	token := made.str("token")
	if !strings.HasPrefix(token, "pbn_") || made.json["api_key"] != true {
		t.Fatalf("webhook %s", made.body)
	}
	if a := c.call(200, "GET", "/v1/webhooks/"+made.str("id"), nil); strings.Contains(string(a.body), token) || a.json["api_key"] != true {
		t.Errorf("shown again: %s", a.body)
	}
	if a := w.as(token).try("GET", "/v1/messages", nil); a.status != 401 {
		t.Errorf("the token opens something: %d", a.status)
	}
	c.refused(422, "invalid", "POST", "/v1/webhooks", map[string]any{"url": h.URL, "api_key": true})

	// The contact writes; the program does not hear its own words.
	in := c.rpc("message", map[string]any{"orgid": tm.org, "senderid": "crm-17", "sendername": "Eve {{to}}", "senderinfo": map[string]any{"phone": "+15550100001", "email": "e@example.com"},
		"userid": tm.user, "content": "$to$"})
	session := field(in, "sessionid")
	known := c.call(200, "GET", "/v1/organizations/"+tm.org+"/contacts?phone=%2B15550100001", nil).list("data")
	if len(known) != 1 || known[0]["name"] != "Eve {{to}}" {
		t.Errorf("known: %v", known)
	}
	if a := c.call(200, "GET", "/v1/conversations/"+session, nil); a.str("name") != "Eve {{to}}" || a.str("contact") != "crm-17" {
		t.Errorf("conversation %s", a.body)
	}
	// The user answers; nothing leaves through the number's service.
	var ids []string
	for _, text := range []string{"hi", `"`, "{{to}}"} {
		ids = append(ids, field(c.rpc("message", map[string]any{"orgid": tm.org, "userid": tm.user, "to": "crm-17", "content": text}), "messageid"))
		method, params, body := h.next(t)
		if method != "message" || params["content"] != text || params["to"] != "crm-17" || params["from"] != "101" || params["sessionid"] != session ||
			params["messageid"] != ids[len(ids)-1] || params["userid"] != tm.user || params["orgid"] != tm.org || params["type"] != 1.0 || body["api_key"] != token {
			t.Errorf("told %v", body)
		}
	}
	if a := c.call(200, "GET", "/v1/messages/"+ids[0], nil); a.str("status") != "sent" || a.str("direction") != "outbound" {
		t.Errorf("written: %s", a.body)
	}
	// By /v1, as a browser does it: once for one Idempotency-Key, by that user alone.
	into := map[string]any{"conversation": session, "content": "{{from}}"}
	sent := tm.keys["user"].call(202, "POST", "/v1/messages", into, "Idempotency-Key", "k1")
	if _, params, _ := h.next(t); params["content"] != "{{from}}" || params["messageid"] != sent.str("id") {
		t.Errorf("told %v", params)
	}
	if again := tm.keys["user"].call(202, "POST", "/v1/messages", into, "Idempotency-Key", "k1"); again.str("id") != sent.str("id") {
		t.Errorf("one key, two messages: %s", again.body)
	}
	tm.keys["user"].refused(422, "invalid", "POST", "/v1/messages", map[string]any{"conversation": session, "content": "other"}, "Idempotency-Key", "k1")
	tm.idleKey.refused(404, "not_found", "POST", "/v1/messages", into)
	c.refused(403, "forbidden", "POST", "/v1/messages", map[string]any{"conversation": session, "content": "x", "user": tm.idle})
	for _, bad := range []map[string]any{{"content": "x", "to": "+15550100001"}, {}, {"urls": []string{"file:///etc/passwd"}}} {
		bad["conversation"] = session
		c.refused(422, "invalid", "POST", "/v1/messages", bad)
	}
	ids = append(ids[:2], sent.str("id"))
	c.rpc("delivered", map[string]any{"orgid": tm.org, "messageid": ids[0]})
	c.call(200, "GET", "/v1/messages/"+ids[0], nil)
	c.rpc("read", map[string]any{"orgid": tm.org, "sessionid": session})
	for _, id := range ids {
		if a := c.call(200, "GET", "/v1/messages/"+id, nil); a.str("status") != "read" {
			t.Errorf("after the contact read: %s", a.body)
		}
	}
	// What users do is told, in the program's words; the contact's own doings are not told back.
	typing := map[string]any{"orgid": tm.org, "sessionid": session}
	c.rpc("typing", typing)
	c.rpc("updated", map[string]any{"orgid": tm.org, "messageid": field(in, "messageid"), "content": "{{from}}"})
	typing["userid"] = tm.user
	c.rpc("typing", typing)
	c.rpc("typing", typing) // a moment later: told once
	c.rpc("updated", map[string]any{"orgid": tm.org, "messageid": ids[1], "content": `\`})
	c.rpc("deleted", map[string]any{"orgid": tm.org, "messageid": ids[2]})
	c.rpc("read", typing)
	want := []string{
		fmt.Sprintf(`{"method":"typing","params":{"sessionid":%q,"state":"on"}}`, session),
		fmt.Sprintf(`{"method":"updated","params":{"content":"\\","messageid":%q}}`, ids[1]),
		fmt.Sprintf(`{"method":"deleted","params":{"messageid":%q}}`, ids[2]),
		fmt.Sprintf(`{"method":"read","params":{"sessionid":%q}}`, session),
	}
	told := map[string]bool{}
	for range want {
		_, _, body := h.next(t)
		delete(body, "api_key")
		b, _ := json.Marshal(body)
		told[string(b)] = true
	}
	for _, each := range want {
		if !told[each] {
			t.Errorf("not told %s, but %v", each, told)
		}
	}
	if a := c.call(200, "GET", "/v1/messages/"+field(in, "messageid"), nil); a.str("status") != "read" || a.str("content") != "{{from}}" || a.str("edited") == "" {
		t.Errorf("the contact's: %s", a.body)
	}
	if n := len(p.requests()); n != 0 {
		t.Errorf("the provider got %d requests", n)
	}
	// Into a conversation with a phone, it leaves as every text does.
	phoned := c.rpc("message", map[string]any{"orgid": tm.org, "from": "+15550100002", "to": tm.number, "content": "x"})
	out := tm.keys["user"].call(202, "POST", "/v1/messages", map[string]any{"conversation": field(phoned, "sessionid"), "content": "back"}).str("id")
	if a := c.until("/v1/messages/"+out, hasStatus("sent")); a.str("conversation") != field(phoned, "sessionid") || a.str("user") != tm.user || a.str("to") != "+15550100002" {
		t.Errorf("sent %s", a.body)
	}
}

func TestASessionIsOpenedAndHistoryAdded(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	c.call(200, "PATCH", "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID, map[string]any{"autoreply": []map[string]string{{"key": "*", "value": "Hello!"}}})
	open := map[string]any{"orgid": tm.org, "from": "(555) 010-0001", "to": tm.number}
	first, ok := c.rpc("message", open).(map[string]any)
	session := field(first, "sessionid")
	if !ok || len(first) != 1 || session == "" || field(c.rpc("message", open), "sessionid") != session {
		t.Fatalf("opened %v", first)
	}
	for _, m := range []struct {
		params             map[string]any
		direction, from    string
		created, user, say string
	}{
		{map[string]any{"content": "from the contact", "timestamp": 1733829203832}, "inbound", "+15550100001", "2024-12-10T11:13:23.832Z", "", "from the contact"},
		{map[string]any{"content": "STOP", "from": "+15550100001"}, "inbound", "+15550100001", "", "", "STOP"},
		{map[string]any{"content": "from the number", "from": "15550001001", "userid": tm.user}, "outbound", tm.number, "", tm.user, "from the number"},
		{map[string]any{"content": "by the user", "from": "101"}, "outbound", tm.number, "", tm.user, "by the user"},
	} {
		m.params["orgid"], m.params["sessionid"] = tm.org, session
		out := c.rpc("message", m.params)
		a := c.call(200, "GET", "/v1/messages/"+field(out, "messageid"), nil)
		if field(out, "sessionid") != session || a.str("status") != "read" || a.str("direction") != m.direction || a.str("from") != m.from || a.str("content") != m.say || a.str("user") != m.user {
			t.Errorf("%v is kept as %s", m.params, a.body)
		}
		if m.created != "" && a.str("created") != m.created {
			t.Errorf("%v was at %s", m.params, a.str("created"))
		}
	}
	call := map[string]any{"duration": 100.0, "caller": "101", "called": "5550100001", "subject": `$to$ "`, "comment": "{{to}}", "transcription": "x.json"}
	out := c.rpc("message", map[string]any{"orgid": tm.org, "sessionid": session, "type": 8, "content": call, "timestamp": "1733829203832"})
	a := c.call(200, "GET", "/v1/messages/"+field(out, "messageid"), nil)
	if fmt.Sprint(a.json["call"]) != fmt.Sprint(call) || a.str("content") != "" || a.str("direction") != "outbound" || a.str("user") != tm.user {
		t.Errorf("a call: %s", a.body)
	}
	c.rpcRefused(409, "call", "updated", map[string]any{"orgid": tm.org, "messageid": field(out, "messageid"), "content": "x"})
	fresh := c.rpc("message", map[string]any{"orgid": tm.org, "from": "+15550100002", "to": "101", "type": 8, "content": map[string]any{"duration": 1}})
	if field(fresh, "sessionid") == session || field(fresh, "messageid") == "" {
		t.Errorf("a call without a session: %v", fresh)
	}
	c.rpcRefused(422, "from", "message", map[string]any{"orgid": tm.org, "sessionid": session, "from": "+15550100009", "content": "x"})
	// A STOP of the past changes nothing now, and nothing of all that left.
	if l := c.call(200, "GET", "/v1/organizations/"+tm.org+"/optouts", nil).list("data"); len(l) != 0 {
		t.Errorf("opted out by history: %v", l)
	}
	if got := p.requests(); len(got) != 0 {
		t.Errorf("the provider got %v", got)
	}
	chats, _ := c.rpc("getChats", map[string]any{"domain": "a", "number": "5550001001", "begin": 1733829203000, "end": 1733829204000}).([]any)
	if len(chats) != 1 || field(chats[0], "sessionid") != session || field(chats[0], "contact") != "+15550100001" || field(chats[0], "number") != tm.number ||
		chats[0].(map[string]any)["messages"] != 2.0 || fmt.Sprint(chats[0].(map[string]any)["users"]) != "["+tm.user+"]" {
		t.Errorf("getChats: %v", chats)
	}
	if none, _ := c.rpc("getChats", map[string]any{"domain": "a", "number": tm.number, "begin": 1000, "end": 2000}).([]any); len(none) != 0 {
		t.Errorf("getChats of another time: %v", none)
	}
}

func TestAnEditOfWhatWasSentLeavesNothing(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	id := field(c.rpc("message", map[string]any{"orgid": tm.org, "from": tm.number, "to": "+15550100001", "content": "first"}), "messageid")
	c.until("/v1/messages/"+id, hasStatus("sent"))
	edit := func(method string, params map[string]any) {
		t.Helper()
		params["orgid"], params["messageid"] = tm.org, id
		if got, ok := c.rpc(method, params).(map[string]any); !ok || len(got) != 0 {
			t.Errorf("%s answered %v", method, got)
		}
	}
	for _, text := range []string{"$to$", "{{to}}", `"`, `\`, "é", "😀", "€", strings.Repeat("a", 1600)} {
		edit("updated", map[string]any{"content": text})
		if got := c.call(200, "GET", "/v1/messages/"+id, nil).str("content"); got != text {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
	edit("deleted", map[string]any{})
	edit("deleted", map[string]any{})
	a := c.call(200, "GET", "/v1/messages/"+id, nil)
	edits := a.list("edits")
	if a.str("content") != "" || a.json["deleted"] != true || len(edits) != 10 || edits[0]["content"] != "first" || edits[9]["deleted"] != true || a.str("status") != "sent" {
		t.Errorf("deleted: %s", a.body)
	}
	if a := tm.keys["user"].call(200, "GET", "/v1/messages/"+id, nil); strings.Contains(string(a.body), "first") {
		t.Errorf("a user sees what was deleted: %s", a.body)
	}
	c.rpcRefused(409, "deleted", "updated", map[string]any{"orgid": tm.org, "messageid": id, "content": "again"})
	c.rpcRefused(422, "content", "updated", map[string]any{"orgid": tm.org, "messageid": id})
	if got := p.sentTo("+15550100001"); len(got) != 1 || got[0] != "first" {
		t.Errorf("the provider was asked to send %q", got)
	}
	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "600"); w.WriteHeader(503) })
	waiting := field(c.rpc("message", map[string]any{"orgid": tm.org, "from": tm.number, "to": "+15550100001", "content": "x"}), "messageid")
	c.until("/v1/messages/"+waiting, hasStatus("sending"))
	for _, method := range []string{"updated", "deleted"} {
		c.rpcRefused(409, "waits", method, map[string]any{"orgid": tm.org, "messageid": waiting, "content": "y"})
	}
}

// upload is a multipart body: fields in turn, then files by name and content.
func upload(t *testing.T, fields []string, files ...[2]string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := m.CreateFormFile("file", f[0])
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, f[1])
	}
	_ = m.Close()
	return b.String(), m.FormDataContentType()
}

func TestAnUploadIsOnTheDiskBeforeItIsAnswered(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	picture := string(onePixel(t))
	shown := func(m answer) []byte {
		t.Helper()
		files := m.list("media")
		if len(files) == 0 {
			t.Fatalf("no files in %s", m.body)
		}
		a := w.as("").call(200, "GET", files[0]["url"].(string), nil)
		return a.body
	}
	send := func(want int, fields []string, files ...[2]string) answer {
		t.Helper()
		body, kind := upload(t, fields, files...)
		a := c.call(want, "POST", "/api", body, "Content-Type", kind)
		if (a.json["error"] != nil) != (want != 200) {
			t.Errorf("answered %s", a.body)
		}
		return a
	}
	// From a contact, fields before and behind, with a caption and two files.
	a := send(200, []string{"orgid", tm.org, "to", "101", "from", "1234567890", "content", "$to$"}, [2]string{"../../é{{to}}.png", picture}, [2]string{"a.txt", "hello"})
	result := a.json["result"]
	m := c.call(200, "GET", "/v1/messages/"+field(result, "messageid"), nil)
	files := m.list("media")
	if m.str("content") != "$to$" || len(files) != 2 || files[0]["state"] != "stored" || files[0]["type"] != "image/png" || files[0]["name"] != "é{{to}}.png" || files[1]["type"] != "text/plain" {
		t.Errorf("kept %s", m.body)
	}
	if string(shown(m)) != picture {
		t.Error("behind its link is something else")
	}
	// From our number: it leaves as its link, and is shown once.
	a = send(200, []string{"orgid", tm.org, "to", "+15550100001", "from", tm.number}, [2]string{"a.png", picture})
	out := c.until("/v1/messages/"+field(a.json["result"], "messageid"), hasStatus("sent"))
	if files := out.list("media"); len(files) != 1 || files[0]["type"] != "image/png" || string(shown(out)) != picture {
		t.Errorf("sent %s", out.body)
	}
	got := p.requests()
	var asked map[string]string
	if len(got) != 1 || json.Unmarshal([]byte(got[0].body), &asked) != nil || !strings.HasPrefix(asked["media_url"], w.app.URL()+"/media/") {
		t.Fatalf("the provider got %v", got)
	}
	if body := w.as("").call(200, "GET", asked["media_url"], nil).body; string(body) != picture {
		t.Error("the provider finds something else")
	}
	// Into a session; from a user to a contact in a program.
	session := field(result, "sessionid")
	kept := send(200, []string{"orgid", tm.org, "sessionid", session}, [2]string{"a.png", picture})
	if field(kept.json["result"], "sessionid") != session {
		t.Errorf("into another session: %s", kept.body)
	}
	told := send(200, []string{"orgid", tm.org, "userid", tm.user, "to", "1234567890"}, [2]string{"a.png", picture})
	if m := c.call(200, "GET", "/v1/messages/"+field(told.json["result"], "messageid"), nil); m.str("direction") != "outbound" || string(shown(m)) != picture {
		t.Errorf("told %s", m.body)
	}
	// What is none.
	send(422, []string{"orgid", tm.org, "to", "101", "from", "1"})
	send(422, []string{"orgid", tm.org, "to", "101", "from", "1"}, [2]string{"a.png", ""})
	send(422, []string{"orgid", tm.org, "to", "101", "from", "1", "method", "deleteUser"}, [2]string{"a.png", picture})
	send(422, []string{"orgid", tm.org, "to", "101", "from", "1", "senderinfo", "x"}, [2]string{"a.png", picture})
	send(404, []string{"orgid", "1", "to", "101", "from", "1"}, [2]string{"a.png", picture})
	send(413, []string{"orgid", tm.org, "to", "101", "from", "1"}, [2]string{"a.bin", strings.Repeat("a", 12<<20)})
	send(422, []string{"orgid", tm.org, "to", "101", "from", "1"}, [2]string{"a.bin", strings.Repeat("a", 10<<20+1)})
	many := make([][2]string, 11)
	for i := range many {
		many[i] = [2]string{"a.png", picture}
	}
	send(413, []string{"orgid", tm.org, "to", "101", "from", "1"}, many...)
	if n := len(p.requests()); n != 1 {
		t.Errorf("the provider got %d requests", n)
	}
	// A page that calls itself a picture is nothing that a browser would run.
	bad := send(200, []string{"orgid", tm.org, "to", "101", "from", "1"}, [2]string{"a.png", "<html><script>alert(1)</script></html>"})
	page := c.call(200, "GET", "/v1/messages/"+field(bad.json["result"], "messageid"), nil).list("media")[0]
	served := w.as("").call(200, "GET", page["url"].(string), nil)
	if page["type"] != "application/octet-stream" || !strings.HasPrefix(served.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("a page is %v, served as %v", page, served.header)
	}
	if counts, err := w.app.Store().Counts(context.Background()); err != nil || counts["outbound/sent"] != 1 || counts["accepted"] != 1 {
		t.Errorf("counts %v %v", counts, err)
	}
}
