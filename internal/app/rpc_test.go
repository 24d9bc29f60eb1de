package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// rpc makes a call of the Messaging API that must work, and gives its result.
func (c *caller) rpc(method string, params map[string]any) any {
	c.w.Helper()
	a := c.call(200, "POST", "/api", map[string]any{"method": method, "params": params})
	result, ok := a.json["result"]
	if !ok || a.json["error"] != nil {
		c.w.Fatalf("%s: %s", method, a.body)
	}
	return result
}

// rpcRefused makes a call that must be refused, with a word in its message.
func (c *caller) rpcRefused(want int, word, method string, params any) {
	c.w.Helper()
	a := c.call(want, "POST", "/api", map[string]any{"method": method, "params": params})
	e, _ := a.json["error"].(map[string]any)
	if a.json["result"] != nil || e == nil || e["code"] != float64(want) || !strings.Contains(fmt.Sprint(e["message"]), word) {
		c.w.Errorf("%s %v: got %s, want code %d and a message with %q", method, params, a.body, want, word)
	}
}

func field(v any, name string) string {
	m, _ := v.(map[string]any)
	s, _ := m[name].(string)
	return s
}

func TestTheMessagingAPIMakesOrganizationsAndUsers(t *testing.T) {
	w := start(t)
	c := w.account
	id := field(c.rpc("createOrganization", map[string]any{"name": "Acme LTD", "region": "5", "domain": "acmeltd5",
		"params": map[string]any{"tags": []string{"tag", "tag 1"}, "hidePassInEmail": true, "lang": "en"}}), "id")
	if a := c.call(200, "GET", "/v1/organizations/"+id, nil); a.str("name") != "Acme LTD" || a.str("region") != "5" || fmt.Sprint(a.json["params"]) == "" {
		t.Errorf("made %s", a.body)
	}
	user, _ := c.rpc("createUser", map[string]any{"branchid": "17123924653056080559", "orgid": id, "name": "Sam Alter", "domain": "demo1", "status": 1,
		"extension": "511", "username": "511", "password": "pass-canary", "authname": "511", "email": "sam.alter@example.com", "mobile": "1234567890"}).(map[string]any)
	if user["extension"] != "511" || user["branchid"] != "17123924653056080559" || user["mobile"] != "1234567890" || user["password"] != "pass-canary" || user["id"] == nil {
		t.Errorf("made %v", user)
	}
	if a := c.call(200, "GET", "/v1/organizations/"+id+"/users/"+fmt.Sprint(user["id"]), nil); strings.Contains(string(a.body), "canary") || !strings.Contains(string(a.body), "branchid") {
		t.Errorf("kept %s", a.body)
	}
	if strings.Contains(w.log.String(), "pass-canary") {
		t.Error("the password is in the log")
	}
	for _, by := range []map[string]any{{"orgid": id}, {"domain": "acmeltd5"}, {"domain": "ACMELTD5"}} {
		users, _ := c.rpc("getChatUsers", by).([]any)
		if len(users) != 1 || field(users[0], "phone") != "511" || field(users[0], "name") != "Sam Alter" || field(users[0], "id") != user["id"] {
			t.Errorf("getChatUsers by %v: %v", by, users)
		}
	}
	services, _ := c.rpc("getServices", map[string]any{"orgid": id}).([]any)
	found := false
	for _, s := range services {
		m := s.(map[string]any)
		if m["id"] == "simulator" {
			found = m["name"] != "" && m["state"] == 0.0
		}
	}
	if !found {
		t.Errorf("getServices: %v", services)
	}
	c.call(201, "PUT", "/v1/organizations/"+id+"/integrations/simulator", map[string]any{"properties": map[string]string{
		"Base URL": "https://carrier.example.com", "API key": "k", "Signing secret": "s"}})
	for _, s := range c.rpc("getServices", map[string]any{"orgid": id}).([]any) {
		if m := s.(map[string]any); m["id"] == "simulator" && m["state"] != 1.0 {
			t.Errorf("enabled, and the state is %v", m["state"])
		}
	}
	c.rpcRefused(409, "domain", "createOrganization", map[string]any{"name": "x", "domain": "acmeltd5"})
	c.rpcRefused(422, "name", "createOrganization", map[string]any{"domain": "other"})
	c.rpcRefused(422, "extension", "createUser", map[string]any{"orgid": id, "name": "x"})
	c.rpcRefused(409, "extension", "createUser", map[string]any{"orgid": id, "name": "x", "extension": "511"})
}

func TestTheMessagingAPISaysClearlyWhatIsWrong(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	other := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "k"})
	c := w.account
	c.rpcRefused(422, `no method "fly"; there are addToOptout`, "fly", map[string]any{})
	if a := c.call(405, "GET", "/api", nil); a.header.Get("Allow") != "POST" || string(a.body) != `{"error":{"code":405,"message":"GET is not possible here; use POST"}}` {
		t.Errorf("GET: Allow %q, %s", a.header.Get("Allow"), a.body)
	}
	c.rpcRefused(422, "params", "getChatUsers", "x")
	c.rpcRefused(422, "orgid", "getChatUsers", map[string]any{})
	c.rpcRefused(422, "orgid", "getChatUsers", map[string]any{"orgid": true})
	c.rpcRefused(404, "", "getChatUsers", map[string]any{"orgid": "1"})
	c.rpcRefused(404, "", "getChatUsers", map[string]any{"domain": "nobody"})
	tm.keys["organization"].rpcRefused(404, "", "getChatUsers", map[string]any{"orgid": other.org})
	tm.keys["organization"].rpcRefused(404, "", "getChatUsers", map[string]any{"domain": "b"})
	tm.keys["organization"].rpcRefused(403, "", "createOrganization", map[string]any{"name": "x", "domain": "x"})
	tm.keys["user"].rpcRefused(403, "", "getChatUsers", map[string]any{"orgid": tm.org})
	w.as("wrong").rpcRefused(401, "key", "getChatUsers", map[string]any{"orgid": tm.org})
	if rows := tm.keys["organization"].rpc("getChatUsers", map[string]any{}).([]any); len(rows) != 2 {
		t.Errorf("an organization's key needs no orgid, and sees %v", rows)
	}
	for _, body := range []string{"", "{", "[]", `{"method":1}`, `{"params":{}}`} {
		a := c.try("POST", "/api", body)
		if a.status != 400 && a.status != 422 || a.json["error"] == nil || a.json["result"] != nil {
			t.Errorf("%q: %d %s", body, a.status, a.body)
		}
	}
	if a := c.try("POST", "/api", "--b\r\n\r\n--b--", "Content-Type", "multipart/form-data; boundary=b"); a.status != 422 || a.json["error"] == nil {
		t.Errorf("an upload: %d %s", a.status, a.body)
	}
	for _, bad := range []struct {
		status int
		word   string
		params map[string]any
	}{
		{422, "both", map[string]any{"from": tm.number, "to": "101", "content": "x"}},
		{422, "both", map[string]any{"from": "5550001001", "to": tm.number, "content": "x"}},
		{422, "both", map[string]any{"userid": tm.user, "to": "102", "content": "x"}},
		{422, "neither", map[string]any{"from": "+15550100001", "to": "+15550100002", "content": "x"}},
		{422, "neither", map[string]any{"from": "+15550100001", "to": other.number, "content": "x"}},
		{422, "to", map[string]any{"from": tm.number, "content": "x"}},
		{422, "from", map[string]any{"to": "101", "content": "x"}},
		{422, "content", map[string]any{"from": "+15550100001", "to": "101", "content": ""}},
		{422, "content", map[string]any{"from": "+15550100001", "to": "101", "type": 7}},
		{422, "content", map[string]any{"from": "+15550100001", "to": "101", "content": "x", "type": 8}},
		{422, "timestamp", map[string]any{"from": "+15550100001", "to": "101", "content": "x", "timestamp": "yesterday"}},
		{422, "timestamp", map[string]any{"from": "+15550100001", "to": "101", "content": "x", "timestamp": 99999999999999}},
		{422, "content", map[string]any{"from": "+15550100001", "to": "101", "content": map[string]any{"a": 1}}},
		{422, "content", map[string]any{"from": "+15550100001", "to": "101", "content": "file:///etc/passwd", "type": 7}},
		{422, "type", map[string]any{"from": "+15550100001", "to": "101", "content": "x", "type": 3}},
		{404, "sessionid", map[string]any{"from": "+15550100001", "to": "101", "content": "x", "sessionid": "1"}},
		{404, "", map[string]any{"from": "+15550100001", "userid": other.user, "content": "x"}},
		{403, "assigned", map[string]any{"userid": tm.idle, "to": "+15550100001", "content": "x"}},
		{403, "assigned", map[string]any{"userid": tm.idle, "from": tm.number, "to": "+15550100001", "content": "x"}},
	} {
		bad.params["orgid"] = tm.org
		c.rpcRefused(bad.status, bad.word, "message", bad.params)
	}
	if n := len(p.requests()); n != 0 {
		t.Errorf("the provider got %d requests", n)
	}
}

func TestWhichSideIsOursDecidesTheDirection(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	for name, s := range map[string]struct {
		params              map[string]any
		direction, from, to string
	}{
		"contact to number":            {map[string]any{"from": "+15550100001", "to": tm.number}, "inbound", "+15550100001", tm.number},
		"national spellings":           {map[string]any{"from": "(555) 010-0001", "to": "15550001001"}, "inbound", "+15550100001", tm.number},
		"contact to extension":         {map[string]any{"from": "1234567890", "to": "101"}, "inbound", "1234567890", "101"},
		"contact to userid":            {map[string]any{"senderid": "crm-17", "sendername": "Eve", "senderinfo": map[string]any{"email": "e@example.com"}, "userid": tm.user}, "inbound", "crm-17", "101"},
		"number to contact":            {map[string]any{"from": tm.number, "to": "+15550100001"}, "outbound", tm.number, "+15550100001"},
		"user to contact":              {map[string]any{"userid": tm.user, "to": "+15550100001"}, "outbound", tm.number, "+15550100001"},
		"user and number to contact":   {map[string]any{"userid": tm.user, "from": tm.number, "to": "+15550100001"}, "outbound", tm.number, "+15550100001"},
		"by domain, numbers as digits": {map[string]any{"domain": "a", "from": json.Number("15550001001"), "to": "+15550100001"}, "outbound", tm.number, "+15550100001"},
	} {
		if s.params["domain"] == nil {
			s.params["orgid"] = tm.org
		}
		s.params["content"] = name
		result := c.rpc("message", s.params)
		m := c.call(200, "GET", "/v1/messages/"+field(result, "messageid"), nil)
		if m.str("direction") != s.direction || m.str("from") != s.from || m.str("to") != s.to || m.str("content") != name {
			t.Errorf("%s: %s", name, m.body)
		}
		if session := field(result, "sessionid"); session == "" || m.str("conversation") != session || !regexp.MustCompile(`^\d{13}-[0-9a-f]{18}$`).MatchString(session) {
			t.Errorf("%s: sessionid %q, conversation %q", name, session, m.str("conversation"))
		}
	}
	c.until("/v1/messages?status=sent", func(a answer) bool { return len(a.list("data")) == 4 })
	if n := len(p.requests()); n != 4 {
		t.Errorf("the provider got %d requests, want the 4 outbound ones", n)
	}
}

func TestAContactWhoLivesInAProgramIsToldApartFromAPhone(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	live := w.listen(tm.keys["user"], "")
	toUser := c.rpc("message", map[string]any{"orgid": tm.org, "from": "1234567890", "to": "101", "content": "to Ana"})
	if got := live.next("message.received").data["id"]; got != field(toUser, "messageid") {
		t.Errorf("Ana was told of %v", got)
	}
	again := c.rpc("message", map[string]any{"orgid": tm.org, "from": "1234567890", "to": "101", "content": "again"})
	if field(again, "sessionid") != field(toUser, "sessionid") {
		t.Error("one contact and one user, two conversations")
	}
	for path, want := range map[string]int{"/v1/messages": 2, "/v1/conversations": 1} {
		if rows := tm.keys["user"].call(200, "GET", path, nil).list("data"); len(rows) != want {
			t.Errorf("%s shows Ana %d, want %d", path, len(rows), want)
		}
		if rows := tm.idleKey.call(200, "GET", path, nil).list("data"); len(rows) != 0 {
			t.Errorf("%s shows Ben %v", path, rows)
		}
	}
	tm.keys["user"].call(200, "GET", "/v1/messages/"+field(toUser, "messageid"), nil)
	tm.idleKey.call(404, "GET", "/v1/messages/"+field(toUser, "messageid"), nil)
	conversation := c.call(200, "GET", "/v1/conversations/"+field(toUser, "sessionid"), nil)
	if conversation.str("number") != "" || conversation.str("user") != tm.user || conversation.str("contact") != "1234567890" {
		t.Errorf("conversation %s", conversation.body)
	}
	// To the SMS number, the contact is a phone: the carrier's texts and the program's are one conversation.
	toNumber := c.rpc("message", map[string]any{"orgid": tm.org, "from": "+15550100001", "to": tm.number, "content": "by the program"})
	w.post(tm.webhook, "application/json", `{"method":"message","params":{"from":"+15550100001","to":"+15550001001","content":"by the carrier"}}`)
	rows := c.until("/v1/messages?from=%2B15550100001", func(a answer) bool { return len(a.list("data")) == 2 }).list("data")
	for _, m := range rows {
		if m["conversation"] != field(toNumber, "sessionid") {
			t.Errorf("%v is in another conversation", m["content"])
		}
	}
}

func TestAFileGoesByItsAddress(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	in := c.rpc("message", map[string]any{"domain": "a", "from": "1234567890", "to": "101", "content": "https://files.invalid/a.jpg", "type": 7})
	m := c.call(200, "GET", "/v1/messages/"+field(in, "messageid"), nil)
	if media := m.list("media"); len(media) != 1 || m.str("content") != "" || media[0]["name"] != "a.jpg" {
		t.Errorf("inbound: %s", m.body)
	}
	out := c.rpc("message", map[string]any{"orgid": tm.org, "from": tm.number, "to": "+15550100001", "content": "https://files.example.com/b.jpg", "type": 7})
	c.until("/v1/messages/"+field(out, "messageid"), hasStatus("sent"))
	if got := p.requests(); len(got) != 1 || !strings.Contains(got[0].body, `"media_url":"https://files.example.com/b.jpg"`) {
		t.Errorf("the provider got %v", got)
	}
}

func TestDeliveredMovesWhatUsersWrote(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	other := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "k"})
	c := w.account
	out := field(c.rpc("message", map[string]any{"orgid": tm.org, "from": tm.number, "to": "+15550100001", "content": "x"}), "messageid")
	c.until("/v1/messages/"+out, hasStatus("sent"))
	c.rpcRefused(404, "", "delivered", map[string]any{"orgid": other.org, "messageid": out})
	if got, ok := c.rpc("delivered", map[string]any{"orgid": tm.org, "messageid": out}).(map[string]any); !ok || len(got) != 0 {
		t.Errorf("result %v, want {}", got)
	}
	c.until("/v1/messages/"+out, hasStatus("delivered"))
	in := field(c.rpc("message", map[string]any{"orgid": tm.org, "from": "+15550100001", "to": "101", "content": "x"}), "messageid")
	c.rpcRefused(409, "", "delivered", map[string]any{"orgid": tm.org, "messageid": in})
	c.rpcRefused(422, "messageid", "delivered", map[string]any{"orgid": tm.org})
	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "600"); w.WriteHeader(503) })
	waiting := field(c.rpc("message", map[string]any{"orgid": tm.org, "from": tm.number, "to": "+15550100001", "content": "x"}), "messageid")
	c.rpcRefused(409, "not been sent", "delivered", map[string]any{"orgid": tm.org, "messageid": waiting})
}

func TestNastyTextsGoBothWaysUnharmed(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	for _, text := range []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", strings.Repeat("a", 1600), `","to":"+1900`} {
		for _, params := range []map[string]any{{"from": tm.number, "to": "+15550100001"}, {"from": "+15550100001", "to": tm.number}, {"from": "x", "to": "101"}} {
			params["orgid"], params["content"] = tm.org, text
			id := field(w.account.rpc("message", params), "messageid")
			if got := w.account.call(200, "GET", "/v1/messages/"+id, nil).str("content"); got != text {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
	w.account.until("/v1/messages?direction=outbound&limit=200", func(a answer) bool {
		for _, m := range a.list("data") {
			if m["status"] != "sent" {
				return false
			}
		}
		return true
	})
	for _, r := range p.requests() {
		var body map[string]string
		if err := json.Unmarshal([]byte(r.body), &body); err != nil || len(body) != 5 || body["to"] != "+15550100001" {
			t.Errorf("the provider got %s: %v", r.body, err)
		}
	}
}
