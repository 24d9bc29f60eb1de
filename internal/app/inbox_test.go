package app_test

import (
	"strings"
	"testing"

	"patchbay/internal/directory"
)

// pair is a team of which both users are on the number.
func (w *world) pair(p *provider) (tm *team, ana, ben *caller) {
	w.Helper()
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm = w.account.newTeam("west", "acme", "+15550001001", map[string]string{"API key": "k"})
	w.account.call(200, "PATCH", "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID, map[string]any{"users": []string{tm.user, tm.idle}})
	return tm, tm.keys[directory.UserRole], tm.idleKey
}

func TestATeamSharesItsConversations(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	tm, ana, ben := w.pair(p)
	w.account.call(201, "POST", "/v1/organizations/"+tm.org+"/contacts", map[string]any{"name": "Eve", "info": map[string]any{"phone": "+15550100001"}})
	stream := w.listen(ben, "")
	w.textsIn(tm, "+15550100001", "first")
	w.textsIn(tm, "+15550100002", "other")
	list := ana.until("/v1/conversations", func(a answer) bool { return len(a.list("data")) == 2 }).list("data")
	eve := list[1]
	id := eve["id"].(string)
	last := eve["last"].(map[string]any)
	for name, want := range map[string]any{"kind": "group", "name": "Eve", "contact": "+15550100001", "number": tm.numberID, "number_value": tm.number, "number_name": "Line of west",
		"claimed_by": nil, "closed": false, "unread": 1.0, "opted_out": false, "blocked": false, "user": ""} {
		if eve[name] != want {
			t.Errorf("%s is %v, want %v", name, eve[name], want)
		}
	}
	if last["content"] != "first" || last["direction"] != "inbound" || last["status"] != "received" || last["kind"] != "text" || last["user"] != nil || last["files"] != false {
		t.Errorf("its last message: %v", last)
	}
	at := "/v1/conversations/" + id

	// A claim is a mark: the other may take it over when they say so, and answers all the same.
	ana.call(200, "POST", at+"/claim", nil)
	if a := ben.refused(409, "conflict", "POST", at+"/claim", nil); !strings.Contains(a.str("detail"), tm.user) {
		t.Errorf("it does not say who has it: %s", a.body)
	}
	ben.refused(409, "conflict", "POST", at+"/release", nil)
	ben.call(202, "POST", "/v1/messages", map[string]any{"conversation": id, "content": "hi from Ben"})
	if got := ben.call(200, "GET", "/v1/conversations?mine=true", nil).list("data"); len(got) != 0 {
		t.Errorf("Ben's are %v", got)
	}
	if got := ben.call(200, "GET", "/v1/conversations?unclaimed=true", nil).list("data"); len(got) != 1 || got[0]["id"] == id {
		t.Errorf("nobody's are %v", got)
	}
	taken := ben.call(200, "POST", at+"/claim", map[string]any{"take": true})
	if who := taken.json["claimed_by"].(map[string]any); who["id"] != tm.idle || who["name"] != "Ben of west" {
		t.Errorf("it is %v's", who)
	}
	ana.call(200, "POST", at+"/assign", map[string]any{"user": tm.user})
	ana.refused(422, "invalid", "POST", at+"/assign", map[string]any{"user": "nobody"})
	ana.refused(403, "forbidden", "POST", at+"/claim", map[string]any{"user": tm.idle})
	w.account.refused(422, "invalid", "POST", at+"/claim", nil)
	w.account.call(200, "POST", at+"/claim", map[string]any{"user": tm.idle, "take": true})
	w.account.call(200, "POST", at+"/release", nil)

	// Everybody reads for themselves.
	if a := ana.call(200, "POST", at+"/read", nil); a.json["unread"] != 0.0 {
		t.Errorf("after reading: %s", a.body)
	}
	if a := ben.call(200, "GET", at, nil); a.json["unread"] != 1.0 {
		t.Errorf("Ana read, and Ben is shown %v", a.json["unread"])
	}
	if a := w.account.call(200, "GET", at, nil); a.json["unread"] != nil {
		t.Errorf("nobody is shown %v", a.json["unread"])
	}
	if a := w.account.call(200, "GET", at+"?user="+tm.idle, nil); a.json["unread"] != 1.0 {
		t.Errorf("for Ben it shows %v", a.json["unread"])
	}
	if got := ana.call(200, "GET", "/v1/conversations?unread=true", nil).list("data"); len(got) != 1 {
		t.Errorf("new to Ana are %v", got)
	}
	ana.call(200, "POST", at+"/unread", nil)
	if got := ana.call(200, "GET", "/v1/conversations?unread=true", nil).list("data"); len(got) != 2 {
		t.Errorf("new to Ana are %v", got)
	}
	w.account.refused(422, "invalid", "GET", "/v1/conversations?unread=true", nil)
	w.account.refused(422, "invalid", "POST", at+"/read", nil)
	ana.refused(422, "invalid", "POST", at+"/read", map[string]any{"message": "nothing"})

	// A note stands among the messages and leaves nowhere.
	note := ben.call(201, "POST", at+"/notes", map[string]any{"content": "ask {{to}} $to$"})
	entries := ana.call(200, "GET", at+"/messages", nil).list("data")
	if len(entries) != 3 || entries[0]["kind"] != "note" || entries[0]["content"] != "ask {{to}} $to$" || entries[1]["kind"] != "text" ||
		entries[1]["user"].(map[string]any)["name"] != "Ben of west" || entries[2]["user"] != nil {
		t.Errorf("entries: %v", entries)
	}
	if got := ana.call(200, "GET", at+"/messages?after="+entries[2]["id"].(string)+"&limit=1", nil); len(got.list("data")) != 1 || got.str("next") == "" {
		t.Errorf("after the first: %s", got.body)
	}
	ana.refused(403, "forbidden", "DELETE", at+"/notes/"+note.str("id"), nil)
	ben.call(204, "DELETE", at+"/notes/"+note.str("id"), nil)
	ana.refused(422, "invalid", "POST", at+"/notes", map[string]any{"content": ""})
	if got := p.sentTo("+15550100001"); len(got) > 1 || len(got) == 1 && got[0] != "hi from Ben" {
		t.Errorf("the provider got %q", got)
	}

	// Closed is closed, until it opens again or another begins.
	ana.call(200, "POST", at+"/close", nil)
	ana.refused(409, "conflict", "POST", at+"/claim", nil)
	if got := ana.call(200, "GET", "/v1/conversations?closed=true", nil).list("data"); len(got) != 1 || got[0]["id"] != id {
		t.Errorf("closed are %v", got)
	}
	ana.call(200, "POST", at+"/reopen", nil)
	ana.call(200, "POST", at+"/close", nil)
	again := ana.call(201, "POST", "/v1/conversations", map[string]any{"number": tm.number, "contact": "Eve"})
	if same := ben.call(200, "POST", "/v1/conversations", map[string]any{"number": tm.numberID, "contact": "(555) 010-0001"}); again.str("id") == id || same.str("id") != again.str("id") {
		t.Errorf("opened %s and %s", again.body, same.body)
	}
	if a := ana.refused(409, "conflict", "POST", at+"/reopen", nil); !strings.Contains(a.str("detail"), again.str("id")) {
		t.Errorf("it does not name the other: %s", a.body)
	}
	for _, bad := range []map[string]any{{}, {"number": tm.number}, {"number": tm.number, "contact": "Nobody of this name"}, {"number": tm.number, "contact": "Eve", "private": true}} {
		ana.refused(422, "invalid", "POST", "/v1/conversations", bad)
	}
	ana.call(204, "POST", at+"/typing", map[string]any{"on": true})
	ana.call(204, "POST", at+"/typing", map[string]any{"on": false})

	// All of it was told to an open stream, in order.
	var told []string
	for _, what := range []string{"claimed", "claimed", "claimed", "claimed", "released", "read", "unread", "noted", "note_deleted", "closed", "reopened", "closed", "opened", "typing", "typing_ended"} {
		if e := stream.next("conversation.updated"); e.data["what"] != what {
			t.Fatalf("told %v, want %s; before it %q", e.data, what, told)
		}
		told = append(told, what)
	}

	// Who leaves the number sees nothing of it, and holds nothing of it.
	ben.call(200, "POST", "/v1/conversations/"+again.str("id")+"/claim", nil)
	w.account.call(200, "PATCH", "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID, map[string]any{"users": []string{tm.user}})
	if a := ana.call(200, "GET", "/v1/conversations/"+again.str("id"), nil); a.json["claimed_by"] != nil {
		t.Errorf("it is still %v's", a.json["claimed_by"])
	}
	for _, path := range []string{"", "/messages"} {
		ben.refused(404, "not_found", "GET", at+path, nil)
	}
	for _, deed := range []string{"claim", "release", "assign", "close", "reopen", "read", "unread", "typing", "notes"} {
		ben.refused(404, "not_found", "POST", at+"/"+deed, map[string]any{"content": "x", "user": tm.idle})
	}
}

func TestWhatWasSaidIsFoundByWhoMaySeeIt(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	tm, ana, ben := w.pair(p)
	w.account.call(201, "POST", "/v1/organizations/"+tm.org+"/contacts", map[string]any{"name": "José", "info": map[string]any{"phone": "+15550100001"}})
	w.textsIn(tm, "+15550100001", strings.Repeat("before ", 40)+"the Überraschung is {{to}}"+strings.Repeat(" after", 40))
	found := ana.until("/v1/search?q=uberrasch", func(a answer) bool { return len(a.list("data")) == 1 })
	hit := found.list("data")[0]
	if hit["match"] != "Überrasch" || !strings.Contains(hit["content"].(string), "Überraschung is {{to}}") || len([]rune(hit["content"].(string))) != 160 ||
		hit["kind"] != "text" || hit["direction"] != "inbound" || hit["name"] != "José" || hit["contact"] != "+15550100001" || hit["user"] != nil {
		t.Errorf("found %v", hit)
	}
	at := "/v1/conversations/" + hit["conversation"].(string)
	ben.call(201, "POST", at+"/notes", map[string]any{"content": "remember the birthday"})
	if got := ana.until("/v1/search?q=birth&number=%2B15550001001&contact=Jos%C3%A9", func(a answer) bool { return len(a.list("data")) == 1 }).list("data")[0]; got["kind"] != "note" ||
		got["user"].(map[string]any)["name"] != "Ben of west" {
		t.Errorf("found %v", got)
	}
	if got := ana.call(200, "GET", "/v1/search?q=jose", nil).list("contacts"); len(got) != 1 || got[0]["name"] != "José" {
		t.Errorf("found %v", got)
	}
	w.account.call(200, "PATCH", "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID, map[string]any{"users": []string{tm.user}})
	if got := ben.call(200, "GET", "/v1/search?q=uberrasch", nil).list("data"); len(got) != 0 {
		t.Errorf("who is not on the number finds %v", got)
	}
	ana.refused(422, "invalid", "GET", "/v1/search", nil)
	ana.refused(422, "invalid", "GET", "/v1/search?q="+strings.Repeat("a", 201), nil)
	ana.refused(404, "not_found", "GET", "/v1/search?q=x&number=%2B15559999999", nil)
}
