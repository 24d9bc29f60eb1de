package e2e

import (
	"slices"
	"testing"
)

// rpc makes one call of the Messaging API and checks its envelope: either a result or an error, never both, whatever the status.
func (g *gateway) rpc(want int, method string, params any, header ...string) (result any, message string) {
	g.t.Helper()
	body := map[string]any{"method": method, "params": params}
	a, err := g.try("POST", "/api", body, header...)
	if err != nil {
		g.t.Fatal(err)
	}
	result, ok := a.json["result"]
	fail, bad := a.json["error"].(map[string]any)
	if a.status != want || ok == bad || len(a.json) != 1 || ok != (a.status == 200) {
		g.t.Fatalf("%s %v: %d %s, want %d", method, params, a.status, a.body, want)
	}
	if bad {
		message, _ = fail["message"].(string)
		if fail["code"] != float64(want) || message == "" || len(fail) != 2 {
			g.t.Errorf("%s: the error is %s", method, a.body)
		}
	}
	return result, message
}

func TestTheMessagingAPI(t *testing.T) {
	t.Parallel()
	g, _, p, tm := withProgram(t)
	type m = map[string]any
	made := func(method string, params m) m {
		t.Helper()
		r, _ := g.rpc(200, method, params)
		return r.(m)
	}

	org := made("createOrganization", m{"name": "Bravo", "domain": "bravo", "region": 1, "unknown": "ignored"})["id"].(string)
	user := made("createUser", m{"orgid": org, "extension": 201, "name": "Ana", "email": "ana@example.com", "password": "s3cret-password", "branchid": "7", "authname": "ana"})
	if user["extension"] != "201" || user["orgid"] != org || user["password"] != "s3cret-password" || user["branchid"] != "7" {
		t.Errorf("createUser gave %v", user)
	}
	users, _ := g.rpc(200, "getChatUsers", m{"domain": "bravo"})
	if got := list(users); len(got) != 1 || got[0]["phone"] != "201" || got[0]["name"] != "Ana" || got[0]["id"] != user["id"] || len(got[0]) != 4 {
		t.Errorf("getChatUsers gave %v", users)
	}
	services, _ := g.rpc(200, "getServices", m{"orgid": tm.org})
	states := m{}
	for _, s := range list(services) {
		states[s["id"].(string)] = s["state"]
	}
	if states["simulator"] != 1.0 || states["twilio"] != 0.0 {
		t.Errorf("getServices gave %v", services)
	}

	// A contact writes to a number: inbound, in a conversation that answers leave by the carrier.
	in := made("message", m{"orgid": tm.org, "from": "15550100001", "to": "+15550001001", "content": "from a \"program\" 👋"})
	got := g.call(200, "GET", "/v1/messages/"+in["messageid"].(string), nil).json
	if got["direction"] != "inbound" || got["status"] != "received" || got["from"] != "+15550100001" || got["to"] != "+15550001001" ||
		got["content"] != "from a \"program\" 👋" || got["conversation"] != in["sessionid"] {
		t.Errorf("it became %v", got)
	}
	// To an extension, and from a contact without a number.
	ext := made("message", m{"domain": "acme", "from": "visitor-7", "to": "101", "content": "to an extension", "type": 1})
	if got := g.call(200, "GET", "/v1/messages/"+ext["messageid"].(string), nil).json; got["direction"] != "inbound" || got["to"] != "101" || got["from"] != "visitor-7" {
		t.Errorf("it became %v", got)
	}
	// A file by its address, fetched through the guarded door.
	p.answerWith(servesPicture)
	file := made("message", m{"orgid": tm.org, "from": "15550100001", "to": "+15550001001", "content": p.URL + "/a/cat.png", "type": 7})
	g.await(file["messageid"].(string), func(m map[string]any) bool {
		files := list(m["media"])
		return len(files) == 1 && files[0]["state"] == "stored" && files[0]["type"] == "image/png"
	})

	// From our number: outbound, through the carrier; the program says that it was delivered.
	out := made("message", m{"orgid": tm.org, "from": "+15550001001", "to": "+15550100002", "content": "from us"})
	g.await(out["messageid"].(string), status("delivered"))
	byUser := made("message", m{"orgid": tm.org, "userid": tm.users[0], "to": "+15550100003", "content": "by a user"})
	if got := g.await(byUser["messageid"].(string), status("delivered")); got["user"] != tm.users[0] || got["from"] != "+15550001001" {
		t.Errorf("a user's text became %v", got)
	}
	withFile := made("message", m{"orgid": tm.org, "from": "+15550001001", "to": "+15550100004", "content": "https://files.example.com/cat.png", "type": 7})
	if got := g.await(withFile["messageid"].(string), status("delivered")); got["content"] != "" || len(list(got["media"])) != 1 {
		t.Errorf("a file became %v", got)
	}
	slow := made("message", m{"orgid": tm.org, "from": "+15550001001", "to": "+15005550006", "content": "slow"})
	g.await(slow["messageid"].(string), status("sent"))
	if r := made("delivered", m{"orgid": tm.org, "messageid": slow["messageid"]}); len(r) != 0 {
		t.Errorf("delivered gave %v", r)
	}
	g.await(slow["messageid"].(string), status("delivered"))

	for _, c := range []struct {
		want   int
		method string
		params any
		header []string
	}{
		{422, "", m{}, nil},
		{422, "teleport", m{}, nil},
		{422, "message", []any{}, nil},
		{422, "message", m{"orgid": tm.org, "from": "+15550100001", "to": "+15550100002", "content": "neither"}, nil},
		{422, "message", m{"orgid": tm.org, "from": "+15550001001", "to": "101", "content": "both"}, nil},
		{422, "message", m{"orgid": tm.org, "from": "+15550001001", "content": "no to"}, nil},
		{422, "message", m{"orgid": tm.org, "from": "+15550001001", "to": "+15550100002", "content": ""}, nil},
		{422, "message", m{"orgid": tm.org, "from": "+15550001001", "to": "+15550100002", "content": "x", "type": 99}, nil},
		{422, "message", m{"orgid": tm.org, "from": "+15550001001", "to": "+15550100002", "content": "file:///etc/passwd", "type": 7}, nil},
		{422, "getChatUsers", m{}, nil},
		{404, "getChatUsers", m{"domain": "nobody"}, nil},
		{404, "getChatUsers", m{"orgid": "123"}, nil},
		{404, "delivered", m{"orgid": tm.org, "messageid": "nothing"}, nil},
		{404, "delivered", m{"orgid": org, "messageid": out["messageid"]}, nil},
		{422, "delivered", m{"orgid": tm.org}, nil},
		{422, "createOrganization", m{"name": "x"}, nil},
		{409, "createOrganization", m{"name": "x", "domain": "bravo"}, nil},
		{422, "createUser", m{"orgid": org}, nil},
		{401, "getChatUsers", m{"domain": "acme"}, []string{"Authorization", "Bearer pbk_nobody"}},
		{401, "getChatUsers", m{"domain": "acme"}, []string{"Authorization", ""}},
	} {
		g.rpc(c.want, c.method, c.params, c.header...)
	}
	// What is no call at all is an error in the same envelope.
	for body, want := range map[string][]int{"{": {400}, "": {400}, "[]": {400}, `"x"`: {400}, `{"method":5}`: {400, 422}} {
		a, err := g.try("POST", "/api", body)
		if err != nil || !slices.Contains(want, a.status) || len(a.json) != 1 || a.json["error"] == nil {
			t.Errorf("%q: %v %d %s", body, err, a.status, a.body)
		}
	}
}
