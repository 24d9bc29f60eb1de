package app_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestContactsComeAndGoAsFilesAndNameConversations(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := tm.keys["organization"]
	contacts := "/v1/organizations/" + tm.org + "/contacts"
	ann := c.call(201, "POST", contacts, map[string]any{"firstname": "Ann", "lastname": `O'Neil "$to$"`, "info": map[string]any{"phone": []any{"(555) 010-0001", 5550100002}, "email": "ann@example.com"}})
	if ann.str("name") != `Ann O'Neil "$to$"` || !slices.Contains(stringsOf(ann.json["addresses"]), "+15550100001") || !slices.Contains(stringsOf(ann.json["addresses"]), "+15550100002") {
		t.Errorf("made %s", ann.body)
	}
	w.textsIn(tm, "+15550100002", "hello")
	a := tm.keys["user"].until("/v1/conversations", func(a answer) bool { return len(a.list("data")) == 1 })
	if a.list("data")[0]["name"] != `Ann O'Neil "$to$"` {
		t.Errorf("the conversation is with %v", a.list("data")[0])
	}
	csv := "\ufeffName,Phone,Email,Organization,Birthday\r\n\"Bob, the \"\"B\"\"\",5550100003; +15550100004,bob@example.com,\"'=HYPERLINK(1)\",1 May\r\n{{to}},12345678901234567890,,,\r\n"
	if a := c.call(200, "POST", contacts, csv, "Content-Type", "text/csv; charset=utf-8"); string(a.body) != `{"imported":2}` {
		t.Errorf("imported %s", a.body)
	}
	cards := "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Miller;Eve;;;\r\nitem1.TEL;type=CELL:tel:+1-555-010-0005\r\nTEL;TYPE=WORK:555 010 0006\r\nEMAIL:eve@exam\r\n ple.com\r\nORG:Acme\\, Inc.;Sales\r\nNOTE:one\\ntwo \\\\ \\; 😀\r\nEND:VCARD\r\n" +
		"begin:vcard\nVERSION:2.1\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg =\n$to$\nTEL:+15550100007\nEND:VCARD\n"
	if a := c.call(200, "POST", contacts, cards, "Content-Type", "text/vcard"); string(a.body) != `{"imported":2}` {
		t.Errorf("imported %s", a.body)
	}
	at := func(number string) map[string]any {
		t.Helper()
		list := c.call(200, "GET", contacts+"?phone="+url.QueryEscape(number), nil).list("data")
		if len(list) != 1 {
			t.Fatalf("at %s: %v", number, list)
		}
		return list[0]
	}
	bob := at("+15550100004")
	if bob["name"] != `Bob, the "B"` || fmt.Sprint(bob["info"]) != "map[birthday:1 May email:[bob@example.com] organization:=HYPERLINK(1) phone:[5550100003 +15550100004]]" {
		t.Errorf("Bob is %v", bob)
	}
	if eve := at("555 010 0005"); eve["name"] != "Eve Miller" || fmt.Sprint(eve["info"]) != "map[about:one\ntwo \\ ; 😀 email:[eve@example.com] mobile:[+1-555-010-0005] organization:Acme, Inc., Sales phone:[555 010 0006]]" {
		t.Errorf("Eve is %v", eve)
	}
	if j := at("+15550100007"); j["name"] != "Jörg $to$" {
		t.Errorf("Jörg is %v", j)
	}
	// What goes out comes in again, and is the same five.
	for kind, format := range map[string]string{"text/csv": "csv", "text/vcard": "vcard"} {
		out := c.call(200, "GET", contacts+"?format="+format, nil)
		if !strings.HasPrefix(out.header.Get("Content-Type"), kind) || strings.Contains(string(out.body), ",=HYPERLINK") {
			t.Errorf("%s: %v\n%s", format, out.header, out.body)
		}
		if a := c.call(200, "POST", contacts, string(out.body), "Content-Type", kind); string(a.body) != `{"imported":5}` {
			t.Errorf("%s comes in again: %s\n%s", format, a.body, out.body)
		}
		if list := c.call(200, "GET", contacts, nil).list("data"); len(list) != 5 {
			t.Errorf("after %s there are %d contacts", format, len(list))
		}
		if a := at("+15550100001"); a["name"] != `Ann O'Neil "$to$"` {
			t.Errorf("after %s Ann is %v", format, a)
		}
	}
	tm.keys["user"].refused(403, "forbidden", "GET", contacts+"?format=csv", nil)
	one := contacts + "/" + ann.str("id")
	if a := tm.keys["user"].call(200, "PATCH", one, map[string]any{"name": "{{to}}"}); a.str("name") != "{{to}}" || len(stringsOf(a.json["addresses"])) < 2 {
		t.Errorf("renamed %s", a.body)
	}
	for _, wrong := range []struct{ kind, body, at string }{
		{"application/json", `{}`, "/name"}, {"application/json", `{"name":"x","info":[]}`, "/info"}, {"application/json", fmt.Sprintf(`{"name":%q}`, strings.Repeat("é", 201)), "/name"},
		{"application/json", fmt.Sprintf(`{"name":"x","info":{"a":%q}}`, strings.Repeat("x", 70_000)), "/info"},
		{"text/csv", "who\nx\n", ""}, {"text/csv", "", ""}, {"text/csv", "name\n\"x\n", "/2"}, {"text/csv", "name,phone\n,\n", "/0/name"}, {"text/vcard", "BEGIN:VCARD\nFN:x\n", ""}, {"text/vcard", "\x00\xff", ""},
	} {
		a := c.refused(422, "invalid", "POST", contacts, wrong.body, "Content-Type", wrong.kind)
		if wrong.at != "" && !slices.Equal(a.pointers(), []string{wrong.at}) {
			t.Errorf("%s %.40q: %s", wrong.kind, wrong.body, a.body)
		}
	}
	c.refused(422, "invalid", "GET", contacts+"?format=pdf", nil)
	c.refused(422, "invalid", "GET", contacts+"?blocked=maybe", nil)
	c.call(204, "DELETE", one, nil)
	c.refused(404, "not_found", "GET", one, nil)
}

func stringsOf(v any) (out []string) {
	list, _ := v.([]any)
	for _, each := range list {
		s, _ := each.(string)
		out = append(out, s)
	}
	return out
}

func TestABlockedContactIsKeptAndHeardByNobody(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	c.call(200, "PATCH", "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID, map[string]any{"autoreply": []map[string]string{{"key": "*", "value": "Hello!"}}})
	live := w.listen(tm.keys["user"], "")
	list, _ := c.rpc("setContactBlocked", map[string]any{"orgid": tm.org, "phone": "5550200001", "blocked": true, "about": "{{to}}"}).([]any)
	blocked, _ := c.rpc("getBlockedContacts", map[string]any{"orgid": tm.org}).([]any)
	if len(list) != 1 || len(blocked) != 1 || field(blocked[0], "id") != field(list[0], "id") || fmt.Sprint(blocked[0].(map[string]any)["usinfo"]) != "map[about:{{to}} phone:[5550200001]]" {
		t.Errorf("blocked %v, %v", list, blocked)
	}
	w.textsIn(tm, "+15550200001", "are you there?")
	w.textsIn(tm, "+15550200002", "another")
	if got := live.next("message.received").data["content"]; got != "another" {
		t.Errorf("the user was told %v", got)
	}
	rows := c.until("/v1/messages?from=%2B15550200001", func(a answer) bool { return len(a.list("data")) == 1 }).list("data")
	if rows[0]["content"] != "are you there?" {
		t.Errorf("kept %v", rows)
	}
	c.until("/v1/messages?direction=outbound&status=sent", func(a answer) bool { return len(a.list("data")) == 1 })
	if got := p.sentTo("+15550200001"); len(got) != 0 {
		t.Errorf("a blocked contact is answered %q", got)
	}
	c.rpc("setContactBlocked", map[string]any{"orgid": tm.org, "id": field(list[0], "id"), "blocked": false})
	w.textsIn(tm, "+15550200001", "hello again")
	if got := live.next("message.received").data["content"]; got != "hello again" {
		t.Errorf("the user was told %v", got)
	}
	for word, params := range map[string]map[string]any{"blocked": {"phone": "5550200001"}, "phone": {"blocked": true}, "about": {"phone": "5550200001", "blocked": true, "about": strings.Repeat("a", 201)}} {
		params["orgid"] = tm.org
		c.rpcRefused(422, word, "setContactBlocked", params)
	}
	c.rpcRefused(404, "", "setContactBlocked", map[string]any{"orgid": tm.org, "id": "1", "blocked": true})
}
