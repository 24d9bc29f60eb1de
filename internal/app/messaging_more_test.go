package app_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/directory"
)

func TestOrganizationsKeepWhatProgramsKeepWithThem(t *testing.T) {
	w := start(t)
	c := w.account
	id := field(c.rpc("createOrganization", map[string]any{"name": "Acme", "domain": "acme", "region": 5, "admlogin": "a@example.com", "params": map[string]any{"tags": []any{"{{to}}"}}}), "id")
	c.rpc("updateOrganization", map[string]any{"id": id, "name": `Acme "$to$"`, "packageid": 2, "admpassw": "adm-canary", "params": map[string]any{"lang": "de"}})
	one, _ := c.rpc("getOrganization", map[string]any{"id": id}).([]any)
	o, _ := one[0].(map[string]any)
	if len(one) != 1 || o["name"] != `Acme "$to$"` || o["domain"] != "acme" || o["region"] != "5" || o["admlogin"] != "a@example.com" || o["packageid"] != 2.0 || o["options"] != 0.0 ||
		o["status"] != 1.0 || fmt.Sprint(o["params"]) != "map[lang:de]" || !strings.HasPrefix(id, fmt.Sprintf("%.0f", o["created"])[:10]) {
		t.Errorf("kept %v", o)
	}
	c.rpc("setOrganizationStatus", map[string]any{"id": id, "status": 0})
	if a := c.call(200, "GET", "/v1/organizations/"+id, nil); a.json["status"] != 0.0 || strings.Contains(string(a.body), "canary") {
		t.Errorf("switched off: %s", a.body)
	}
	c.rpcRefused(422, "status", "setOrganizationStatus", map[string]any{"id": id})
	c.rpcRefused(422, "status", "setOrganizationStatus", map[string]any{"id": id, "status": 7})
	c.rpcRefused(422, "id", "getOrganization", map[string]any{})
	c.rpcRefused(422, "id", "deleteOrganization", map[string]any{"domain": "acme"})
	c.rpcRefused(422, "params", "updateOrganization", map[string]any{"id": id, "params": []any{}})
	c.rpcRefused(422, "admlogin", "updateOrganization", map[string]any{"id": id, "admlogin": strings.Repeat("a", 70_000)})
	c.rpc("deleteOrganization", map[string]any{"id": id})
	c.rpcRefused(404, "", "getOrganization", map[string]any{"id": id})
	if strings.Contains(w.log.String(), "canary") {
		t.Error("a password is in the log")
	}
}

func TestUsersKeepTheirSIPMembersAndLoseTheirPasswords(t *testing.T) {
	w := start(t)
	c := w.account
	org := field(c.rpc("createOrganization", map[string]any{"name": "Acme", "domain": "acme"}), "id")
	made, _ := c.rpc("createUsers", map[string]any{"orgid": org, "branchid": "17", "users": []any{
		map[string]any{"name": "Ann", "extension": 501, "password": "pass-canary", "authname": "{{to}}", "domain": "sip.example"},
		map[string]any{"extension": "502", "status": -1, "branchid": "18"},
	}}).([]any)
	if len(made) != 2 || field(made[0], "password") != "pass-canary" || field(made[0], "authname") != "{{to}}" || field(made[1], "name") != "502" || field(made[1], "username") != "502" {
		t.Fatalf("made %v", made)
	}
	ann, bob := field(made[0], "id"), field(made[1], "id")
	for _, q := range []struct {
		params map[string]any
		want   string
	}{{map[string]any{}, ann + " " + bob}, {map[string]any{"branchid": "17"}, ann}, {map[string]any{"branchid": 18}, bob}} {
		q.params["orgid"] = org
		list, _ := c.rpc("getUsers", q.params).([]any)
		var ids []string
		for _, u := range list {
			ids = append(ids, field(u, "id"))
			if strings.Contains(fmt.Sprint(u), "canary") {
				t.Errorf("shown again: %v", u)
			}
		}
		if strings.Join(ids, " ") != q.want {
			t.Errorf("getUsers %v: %v", q.params, ids)
		}
	}
	if u := c.rpc("getUser", map[string]any{"orgid": org, "branchid": "18"}); field(u, "id") != bob {
		t.Errorf("the first of branch 18 is %v", u)
	}
	u, _ := c.rpc("updateUser", map[string]any{"orgid": org, "id": ann, "authname": nil, "custom": map[string]any{"k": "$to$"}, "email": "ann@example.com"}).(map[string]any)
	if u["authname"] != "501" || fmt.Sprint(u["custom"]) != "map[k:$to$]" || u["domain"] != "sip.example" || u["name"] != "Ann" || u["email"] != "ann@example.com" || u["password"] != nil {
		t.Errorf("updated %v", u)
	}
	c.rpc("setUserStatus", map[string]any{"orgid": org, "id": ann, "status": 0})
	if u, _ := c.rpc("getUser", map[string]any{"orgid": org, "id": ann}).(map[string]any); u["status"] != 0.0 || u["custom"] == nil {
		t.Errorf("switched off: %v", u)
	}
	// All or none.
	c.rpcRefused(409, "extension", "createUsers", map[string]any{"orgid": org, "users": []any{map[string]any{"extension": "503"}, map[string]any{"extension": "501"}}})
	c.rpcRefused(422, "/users/1/extension", "createUsers", map[string]any{"orgid": org, "users": []any{map[string]any{"extension": "503"}, map[string]any{"name": "x"}}})
	c.rpcRefused(422, "/users/0", "createUsers", map[string]any{"orgid": org, "users": []any{"x"}})
	c.rpcRefused(422, "users", "createUsers", map[string]any{"orgid": org})
	c.rpcRefused(422, "extra", "createUser", map[string]any{"orgid": org, "extension": "504", "note": strings.Repeat("a", 70_000)})
	if list, _ := c.rpc("getUsers", map[string]any{"orgid": org}).([]any); len(list) != 2 {
		t.Errorf("after calls that were refused there are %d users", len(list))
	}
	if gone := fmt.Sprint(c.rpc("deleteUsers", map[string]any{"orgid": org, "users": []any{ann, "1", bob}})); gone != fmt.Sprint([]string{ann, bob}) {
		t.Errorf("deleted %v", gone)
	}
	if gone := fmt.Sprint(c.rpc("deleteUsers", map[string]any{"orgid": org, "users": []any{ann}})); gone != "[]" {
		t.Errorf("deleted again: %v", gone)
	}
	c.rpcRefused(404, "", "deleteUser", map[string]any{"orgid": org, "id": ann})
	if strings.Contains(w.log.String(), "canary") {
		t.Error("a password is in the log")
	}
}

func TestNumbersMadeByTheMessagingAPI(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/Acme", p.file("Acme"))
	tm := w.account.newTeam("a", "Acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	params := map[string]any{"orgid": tm.org, "name": "Support", "number": "8584376048", "service": "aCmE", "users": []any{tm.user}, "country": "us", "sendName": true,
		"outboundFormat": "international", "inboundFormat": "national", "sessionTimeout": 90, "groupmode": false, "status": 1, "footer": "ACME",
		"optout":    map[string]any{"keyword": "ENOUGH", "autoreply": "$to$"},
		"autoreply": []any{map[string]any{"keyword": "HOURS", "autoreply": "9 to 5"}, map[string]any{"key": "*", "value": "{{to}}"}}}
	id := field(c.rpc("createSMSTrunk", params), "id")
	trunk := func() map[string]any {
		t.Helper()
		list, _ := c.rpc("getSMSTrunks", map[string]any{"orgid": tm.org}).([]any)
		for _, n := range list {
			if field(n, "id") == id {
				return n.(map[string]any)
			}
		}
		t.Fatalf("no number %s in %v", id, list)
		return nil
	}
	n := trunk()
	if n["number"] != "+18584376048" || n["service"] != "Acme" || n["country"] != "US" || n["sessionTimeout"] != 90.0 || n["groupmode"] != false || n["sendName"] != true || n["status"] != 2.0 ||
		n["footer"] != "ACME" || fmt.Sprint(n["users"]) != "["+tm.user+"]" || fmt.Sprint(n["optout"]) != "map[autoreply:$to$ keyword:ENOUGH resubscribe:any]" ||
		fmt.Sprint(n["autoreply"]) != "[map[key:HOURS value:9 to 5] map[key:* value:{{to}}]]" {
		t.Errorf("made %v", n)
	}
	// What its confirmation promises: any text resumes. A change that says nothing of it changes nothing of it.
	c.rpc("updateSMSTrunk", map[string]any{"orgid": tm.org, "id": id, "number": "+1 (858) 437-6048", "optout": map[string]any{"keyword": "QUIT"}, "sessionTimeout": 0})
	if n := trunk(); fmt.Sprint(n["optout"]) != "map[autoreply:"+fmt.Sprint(n["optout"].(map[string]any)["autoreply"])+" keyword:QUIT resubscribe:any]" || n["groupmode"] != true || n["name"] != "Support" {
		t.Errorf("changed: %v", n)
	}
	c.rpc("updateSMSTrunk", map[string]any{"orgid": tm.org, "id": tm.numberID, "optout": map[string]any{"keyword": "QUIT"}})
	if a := c.call(200, "GET", "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID, nil); fmt.Sprint(a.json["optout"]) != "map[keyword:QUIT]" {
		t.Errorf("a number that was made by /v1: %s", a.body)
	}
	for _, bad := range []struct {
		word   string
		params map[string]any
	}{
		{"number", map[string]any{"number": "12345678901234567890"}}, {"service", map[string]any{"service": "nobody"}}, {"users", map[string]any{"users": []any{"1"}}}, {"status", map[string]any{"status": 3}},
		{"autoreply", map[string]any{"autoreply": map[string]any{}}}, {"optout", map[string]any{"optout": "STOP"}}, {"country", map[string]any{"country": "XX"}},
		{"inboundFormat", map[string]any{"inboundFormat": "roman"}}, {"sessionTimeout", map[string]any{"sessionTimeout": -1}},
	} {
		wrong := map[string]any{"orgid": tm.org, "number": "+15550001777", "service": "acme"}
		for k, v := range bad.params {
			wrong[k] = v
		}
		c.rpcRefused(422, bad.word, "createSMSTrunk", wrong)
	}
	c.rpcRefused(409, "number", "createSMSTrunk", params)
	c.rpcRefused(422, "number", "updateSMSTrunk", map[string]any{"orgid": tm.org, "id": id, "number": "+15550001777"})
	c.rpcRefused(422, "id", "deleteSMSTrunk", map[string]any{"orgid": tm.org})
	c.rpc("deleteSMSTrunk", map[string]any{"orgid": tm.org, "id": id})
	c.rpcRefused(404, "", "updateSMSTrunk", map[string]any{"orgid": tm.org, "id": id})
}

// Every method that names something, by keys that must not see it: it is not there, and nothing has changed.
func TestEveryMethodIsBlindForOthers(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	mine := w.account.build("mine", "acme", "+15550001001", "MINE")
	sister := w.account.build("sister", "acme", "+15550001002", "SISTER")
	stranger := w.anotherAccount()
	strangers := field(stranger.rpc("createOrganization", map[string]any{"name": "s", "domain": "s"}), "id")
	in := w.account.rpc("message", map[string]any{"orgid": mine.org, "from": "crm-1", "userid": mine.user, "content": "x"})

	about := map[string]map[string]any{
		"getOrganization": {"id": mine.org}, "updateOrganization": {"id": mine.org, "name": "OURS"}, "deleteOrganization": {"id": mine.org}, "setOrganizationStatus": {"id": mine.org, "status": 0},
		"getUsers": {}, "getUser": {"id": mine.user}, "createUser": {"extension": "900"}, "createUsers": {"users": []any{map[string]any{"extension": "901"}}},
		"updateUser": {"id": mine.user, "name": "OURS"}, "setUserStatus": {"id": mine.user, "status": 0}, "deleteUser": {"id": mine.idle}, "deleteUsers": {"users": []any{mine.idle}},
		"getSMSTrunks": {}, "createSMSTrunk": {"service": "acme", "number": "+15550001999"}, "updateSMSTrunk": {"id": mine.numberID, "name": "OURS"}, "deleteSMSTrunk": {"id": mine.numberID},
		"getContacts": {}, "importContacts": {"list": []any{map[string]any{"name": "OURS"}}}, "updateContacts": {"list": []any{map[string]any{"id": mine.contact, "name": "OURS"}}},
		"deleteContacts": {"list": []any{mine.contact}}, "getBlockedContacts": {}, "setContactBlocked": {"id": mine.contact, "blocked": true},
		"getChatUsers": {}, "getServices": {}, "getChats": {"number": mine.number}, "getOptoutList": {}, "addToOptout": {"numbers": []any{"+15550100077"}}, "removeFromOptout": {"numbers": []any{stoppedContact}},
		"message":   {"from": mine.number, "to": "+15550100001", "content": "x"},
		"delivered": {"messageid": mine.message}, "updated": {"messageid": mine.message, "content": "OURS"}, "deleted": {"messageid": mine.message},
		"read": {"sessionid": field(in, "sessionid")}, "typing": {"sessionid": field(in, "sessionid")},
	}
	// Every method is in the table: the list that an unknown one is answered with says so.
	a := w.account.try("POST", "/api", map[string]any{"method": "fly"})
	names := strings.Split(strings.TrimSuffix(string(a.body)[strings.Index(string(a.body), "there are ")+len("there are "):], `"}}`), ", ")
	for _, name := range names {
		if about[name] == nil && name != "getOrganizations" && name != "createOrganization" {
			t.Errorf("%s is not in the table", name)
		}
	}
	if len(names) != len(about)+2 {
		t.Errorf("there are %d methods and %d in the table", len(names), len(about))
	}
	before := w.account.rpc("getUsers", map[string]any{"orgid": mine.org})
	for name, params := range about {
		call := func(who string, c *caller, org string, want int) {
			t.Helper()
			given := map[string]any{}
			for k, v := range params {
				given[k] = v
			}
			if org != "" {
				given["orgid"] = org
			}
			a := c.try("POST", "/api", map[string]any{"method": name, "params": given})
			if a.status != want || a.json["error"] == nil {
				t.Errorf("%s by %s: %d %s, want %d", name, who, a.status, a.body, want)
			}
			for _, secret := range []string{"MINE", "mine", "+15550001001"} {
				if strings.Contains(strings.ReplaceAll(string(a.body), mine.number, "+15550001001"), secret) && given["number"] != mine.number && given["from"] != mine.number {
					t.Errorf("%s by %s shows %q: %s", name, who, secret, a.body)
				}
			}
		}
		byAccountOnly := name == "deleteOrganization" || name == "setOrganizationStatus"
		want := 404
		if byAccountOnly {
			want = 403
		}
		call("the sister's organization", sister.keys[directory.OrgAdmin], mine.org, want)
		call("another account", stranger, mine.org, 404)
		call("a user of its own", mine.keys[directory.UserRole], mine.org, 403)
		call("nobody", w.as(""), mine.org, 401)
		// Its things by their ids, under an organization of one's own.
		switch name {
		case "getUser", "updateUser", "setUserStatus", "deleteUser", "updateSMSTrunk", "deleteSMSTrunk", "updateContacts", "setContactBlocked", "getChats", "delivered", "updated", "deleted", "read", "typing":
			call("the sister's organization as its own", sister.keys[directory.OrgAdmin], "", 404)
			call("another account as its own", stranger, strangers, 404)
		case "deleteUsers":
			if gone := fmt.Sprint(stranger.rpc(name, map[string]any{"orgid": strangers, "users": params["users"]})); gone != "[]" {
				t.Errorf("another account deletes %v", gone)
			}
		case "deleteContacts":
			stranger.rpc(name, map[string]any{"orgid": strangers, "list": params["list"]})
		}
	}
	if after := w.account.rpc("getUsers", map[string]any{"orgid": mine.org}); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("users were %v, and are %v", before, after)
	}
	if a := w.account.call(200, "GET", "/v1/organizations/"+mine.org+"/contacts/"+mine.contact, nil); a.str("name") != "MINE contact" || a.json["blocked"] != false {
		t.Errorf("the contact is %s", a.body)
	}
	if a := w.account.call(200, "GET", "/v1/messages/"+mine.message, nil); a.str("content") != "MINE content" {
		t.Errorf("the message is %s", a.body)
	}
}

func TestAnIntegrationIsEnabledByQuery(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	c := w.account
	org := c.call(201, "POST", "/v1/organizations", map[string]any{"name": "n", "domain": "d"}).str("id")
	other := c.call(201, "POST", "/v1/organizations", map[string]any{"name": "o", "domain": "o"}).str("id")
	key := w.as(c.call(201, "POST", "/v1/keys", map[string]any{"role": "organization", "orgid": org}).str("key"))
	const secret = `que"ry-canary $to$ {{to}} é😀&=`
	q := func(more ...string) string {
		v := url.Values{"serviceid": {"ACME"}, "state": {"1"}, "profileid": {org}, "API key": {secret}, "options": {""}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return "/integrations?" + v.Encode()
	}
	made := c.call(201, "GET", q(), nil)
	if !strings.Contains(made.str("webhook_url"), "/services/acme/a") || fmt.Sprint(made.json["properties"]) != "map[API key:map[set:true]]" || made.json["enabled"] != true {
		t.Errorf("enabled %s", made.body)
	}
	number := c.call(201, "POST", "/v1/organizations/"+org+"/numbers", map[string]any{"service": "acme", "number": "+15550001001"}).str("number")
	id := c.call(202, "POST", "/v1/messages", map[string]any{"from": number, "to": "+15550100001", "content": "x"}).str("id")
	c.until("/v1/messages/"+id, hasStatus("sent"))
	if got := p.requests()[0].header.Get("Authorization"); !strings.Contains(got, `que"ry-canary $to$`) {
		t.Errorf("the provider was shown %q", got)
	}
	if a := key.call(200, "GET", "/integrations?serviceid=acme&state=0", nil); a.json["enabled"] != false {
		t.Errorf("switched off: %s", a.body)
	}
	// One's own pages, and nobody else's.
	for _, to := range []string{"/integrations?x=1#y", w.app.URL() + "/portal"} {
		if a := c.call(303, "GET", q("redirect", to), nil); a.header.Get("Location") != to {
			t.Errorf("%s leads to %q", to, a.header.Get("Location"))
		}
	}
	for _, to := range []string{"https://evil.example", "//evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "http:evil.example", "/\t/evil.example", "data:,x", "evil",
		"http://user@" + strings.TrimPrefix(w.app.URL(), "http://") + "/", "https://" + strings.TrimPrefix(w.app.URL(), "http://") + "/", w.app.URL() + ".evil.example/", "http:///x"} {
		if a := c.refused(422, "invalid", "GET", q("redirect", to, "state", "0"), nil); !slices.Contains(a.pointers(), "/redirect") || a.header.Get("Location") != "" {
			t.Errorf("%q: %s", to, a.body)
		}
	}
	if a := c.call(200, "GET", "/v1/organizations/"+org+"/integrations/acme", nil); a.json["enabled"] != true {
		t.Errorf("what was refused changed something: %s", a.body)
	}
	c.refused(422, "invalid", "GET", "/integrations?serviceid=acme&profileid="+org+"&state=2", nil)
	c.refused(422, "invalid", "GET", "/integrations?profileid="+org, nil)
	c.refused(422, "invalid", "GET", "/integrations?serviceid=acme", nil)
	c.refused(422, "invalid", "GET", "/integrations?serviceid=acme;state=1", nil)
	c.refused(404, "not_found", "GET", q("serviceid", "nobody"), nil)
	if a := c.refused(422, "invalid", "GET", q("API Key", "x"), nil); !strings.Contains(string(a.body), "API key") || strings.Contains(string(a.body), "canary") {
		t.Errorf("a property that is none: %s", a.body)
	}
	key.refused(404, "not_found", "GET", q("profileid", other), nil)
	w.anotherAccount().refused(404, "not_found", "GET", q(), nil)
	if a := c.try("HEAD", q(), nil); a.status != 405 {
		t.Errorf("HEAD: %d", a.status)
	}
	if strings.Contains(w.log.String(), "canary") {
		t.Error("a value of the query is in the log")
	}
}
