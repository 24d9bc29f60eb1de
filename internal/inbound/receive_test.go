package inbound

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/message"
)

// C1, A10: a unique index, not check-then-insert.
func TestOneMessageHoweverOftenItIsDelivered(t *testing.T) {
	tn := acmeTenant(t)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { tn.takes(tn.signed(in("m1", "+15552223333", "+15550001111", "hello"))) })
	}
	all.Wait()
	got := tn.messages(tn.account)
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	m := got[0]
	if m.From != "+15552223333" || m.To != "+15550001111" || m.Content != "hello" || m.Status != message.Received || m.OrgID != tn.org ||
		len(m.MessageIDs) != 1 || m.MessageIDs[0] != "m1" || m.ConversationID == "" {
		t.Errorf("got %+v", m)
	}
}

// C2, C3, field-asks 23 and 24.
func TestWithoutAnIDEveryDeliveryIsAMessageUnlessTheFileSaysHowLongTheyAreOne(t *testing.T) {
	body := `{"method":"message","params":{"from":"+15552223333","to":"+15550001111","content":"yes"}}`
	for _, c := range []struct {
		name, file string
		want       int
	}{
		{"the file says nothing", plainService, 2},
		{"dedupe_window", strings.Replace(plainService, `"class": "sms",`, `"class": "sms", "dedupe_window": "10s",`, 1), 1},
	} {
		g := newGate(t)
		account := g.account("one")
		g.put(account, c.file)
		tn := g.enable(account, "a.example", "plain", nil)
		tn.number("+15550001111", "US", 1)
		tn.takes(tn.request(body))
		tn.takes(tn.request(body))
		if got := len(tn.messages(account)); got != c.want {
			t.Errorf("%s: %d messages, want %d", c.name, got, c.want)
		}
	}
	g := newGate(t)
	account := g.account("one")
	g.put(account, strings.Replace(plainService, `"class": "sms",`, `"class": "sms", "dedupe_window": "10s",`, 1))
	answered := g.enable(account, "a.example", "plain", nil)
	n := answered.number("+15550001111", "US", 0)
	answered.takes(answered.request(body))
	answered.accept(n, "+15552223333")
	answered.takes(answered.request(body))
	if got := len(answered.messages(account)); got != 2 {
		t.Errorf("a second yes after our next question: %d messages, want 2", got)
	}
	tn := acmeTenant(t)
	tn.takes(tn.signed(in("m1", "+15552223333", "+15550001111", "yes")))
	tn.takes(tn.signed(in("m2", "+15552223333", "+15550001111", "yes")))
	if got := len(tn.messages(tn.account)); got != 2 {
		t.Errorf("distinct ids: %d messages, want 2", got)
	}
}

func TestTheSameIDAtAnotherIntegrationOrNumberIsAnotherMessage(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, acme)
	a := g.enable(account, "a.example", "acme", map[string]string{"Secret": "secret of a"})
	b := g.enable(account, "b.example", "acme", map[string]string{"Secret": "secret of b"})
	a.number("+15550001111", "US", 1)
	a.number("+15550003333", "US", 1)
	b.number("+15550002222", "US", 1)
	a.takes(a.signed(in("m1", "+15552223333", "+15550001111", "to a")))
	b.takes(b.signed(in("m1", "+15552223333", "+15550002222", "to b")))
	a.takes(a.signed(`{"events":[{"kind":"in","id":"m1","from":"+15552223333","to":["+15550001111","+15550003333","+15558887777"],"text":"to both"}]}`))
	got := map[string]string{}
	for _, m := range g.messages(account) {
		got[m.To] = m.Content + " " + m.OrgID
	}
	want := map[string]string{"+15550001111": "to a " + a.org, "+15550002222": "to b " + b.org, "+15550003333": "to both " + a.org}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Security line 29: whoever has one organization's secret reaches its numbers alone.
func TestASecretReachesOnlyTheNumbersOfItsIntegration(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, acme)
	a := g.enable(account, "a.example", "acme", map[string]string{"Secret": "secret of a"})
	b := g.enable(account, "b.example", "acme", map[string]string{"Secret": "secret of b"})
	a.number("+15550001111", "US", 1)
	b.number("+15550002222", "US", 1)
	forged := a.signed(in("m1", "+15552223333", "+15550002222", "forged"))
	if got := g.flow.Receive(t.Context(), forged); got.Status != http.StatusNotFound {
		t.Errorf("b's number under a's secret: answered %d", got.Status)
	}
	mixed := a.signed(`{"events":[
		{"kind":"in","id":"m2","from":"+15552223333","to":["+15550001111"],"text":"mine"},
		{"kind":"in","id":"m3","from":"+15552223333","to":["+15550002222"],"text":"forged"}]}`)
	g.takes(mixed)
	got := g.messages(account)
	if len(got) != 1 || got[0].Content != "mine" {
		t.Errorf("got %+v", got)
	}
	if list := g.callbacks(account, true); len(list) != 1 || list[0].Reason == "" {
		t.Errorf("what was left is not listed: %+v", list)
	}
}

// Two organizations of one account with one provider account: the one URL, the called number decides.
func TestTheCalledNumberDecidesTheOrganizationInAnyOfItsSpellings(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, plainService)
	a, b := g.enable(account, "a.example", "plain", nil), g.enable(account, "b.example", "plain", nil)
	au := a.number("+61412345678", "AU", 1)
	us := b.number("+15550002222", "US", 2)
	for i, c := range []struct {
		to, from       string
		number, org    string
		contact, owner string
	}{
		{"+61412345678", "+61855555555", au.Value, a.org, "+61855555555", au.Users[0]},
		{"61412345678", "61855555555", au.Value, a.org, "+61855555555", au.Users[0]},
		{"0061412345678", "0855555555", au.Value, a.org, "+61855555555", au.Users[0]},
		{"0412 345 678", "(08) 5555 5555", au.Value, a.org, "+61855555555", au.Users[0]},
		{"+1 (555) 000-2222", "+1.415.338.8111", us.Value, b.org, "+14153388111", ""},
		{"5550002222", "4153388111", us.Value, b.org, "+14153388111", ""},
		{"+15550002222", "ACME", us.Value, b.org, "ACME", ""},
		{"+15550002222", "22333", us.Value, b.org, "22333", ""},
	} {
		text := fmt.Sprint("text ", i)
		body, _ := json.Marshal(map[string]any{"method": "message", "params": map[string]string{"from": c.from, "to": c.to, "content": text}})
		g.takes(a.request(string(body)))
		var got *message.View
		for _, m := range g.messages(account) {
			if m.Content == text {
				got = &m
			}
		}
		if got == nil {
			t.Errorf("%s: no message", c.to)
			continue
		}
		conv, err := g.store.Conversation(t.Context(), account, got.ConversationID)
		g.must(err)
		if got.To != c.number || got.OrgID != c.org || got.From != c.contact || conv.UserID != c.owner || conv.Contact != c.contact {
			t.Errorf("%s from %s: got %+v in %+v", c.to, c.from, got.Message, conv)
		}
	}
}

func TestTheURLCarriesTheNumberWhereTheProviderDoesNot(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, `{"id":"mute","name":"Mute","class":"sms","Webhook":[{"event_type":"message","request_parameters":{"from":"$from$","text":"$content$"}}]}`)
	tn := g.enable(account, "a.example", "mute", nil)
	tn.number("+15550001111", "US", 1)
	r := tn.request(`{"from":"+15552223333","text":"hello"}`)
	r.HTTP.URL += "?number=" + url.QueryEscape("+15550001111")
	tn.takes(r)
	if got := tn.messages(account); len(got) != 1 || got[0].To != "+15550001111" {
		t.Errorf("got %+v", got)
	}
	tn.takes(tn.request(`{"from":"+15552223333","text":"to whom?"}`))
	if list := tn.callbacks(account, true); len(list) != 1 {
		t.Errorf("without a number: %d unmatched, want 1", len(list))
	}
}

// C13, C14.
func TestEveryTextArrivesAsItWasSent(t *testing.T) {
	tn := acmeTenant(t)
	for i, c := range []struct{ raw, want string }{
		{`"yes"`, "yes"}, {`"0123"`, "0123"}, {`"~"`, "~"}, {`"Hi: there"`, "Hi: there"}, {`"$to$"`, "$to$"}, {`"{{to}}"`, "{{to}}"},
		{`"$Secret$"`, "$Secret$"}, {`"\""`, `"`}, {`"\\"`, `\`}, {`"é"`, "é"}, {`"😀"`, "😀"}, {`"\ud83d\ude00"`, "😀"}, {`"€"`, "€"},
		{`"` + strings.Repeat("x", 1600) + `"`, strings.Repeat("x", 1600)}, {`"a\u0000b"`, "a\uFFFDb"}, {"\"a\xffb\"", "a\uFFFDb"},
		{`"a\ud800b"`, "a\uFFFDb"}, {`"\u202egnp.exe"`, "\u202egnp.exe"}, {`"👩\u200d👩\u200d👧"`, "👩\u200d👩\u200d👧"},
		{`"e` + strings.Repeat("\u0301", 5000) + `"`, "e" + strings.Repeat("\u0301", 5000)}, {`"<script>alert(1)</script>"`, "<script>alert(1)</script>"},
		{`"first","text":"last"`, "last"}, {`"right","Text":"another case"`, "right"}, {`12345678901234567890`, "12345678901234567890"},
		{`"•Secret•"`, "•Secret•"},
	} {
		id := fmt.Sprint("m", i)
		tn.takes(tn.signed(`{"events":[{"kind":"in","id":"` + id + `","from":"+15552223333","to":["+15550001111"],"text":` + c.raw + `}]}`))
		found := false
		for _, m := range tn.messages(tn.account) {
			if len(m.MessageIDs) == 1 && m.MessageIDs[0] == id {
				found = true
				if m.Content != c.want {
					t.Errorf("%.60s: got %.60q, want %.60q", c.raw, m.Content, c.want)
				}
			}
		}
		if !found {
			t.Errorf("%.60s: no message; log: %s", c.raw, tn.log)
		}
	}
	raw := map[string]bool{}
	for _, cb := range tn.callbacks(tn.account, false) {
		full, err := tn.store.Callback(t.Context(), tn.account, cb.ID)
		tn.must(err)
		raw[string(full.Body)] = true
	}
	if want := `{"events":[{"kind":"in","id":"m15","from":"+15552223333","to":["+15550001111"],"text":"a` + "\xff" + `b"}]}`; !raw[want] {
		t.Error("the raw bytes are not kept as they came")
	}
}

func TestAMessageIsHereBeforeItsFiles(t *testing.T) {
	tn := acmeTenant(t)
	tn.takes(tn.signed(`{"events":[{"kind":"in","id":"m1","from":"+15552223333","to":["+15550001111"],"text":"look",
		"files":["https://cdn.example.com/a.png","https://cdn.example.com/b.jpg"]}]}`))
	got := tn.messages(tn.account)
	if len(got) != 1 || len(got[0].Media) != 2 {
		t.Fatalf("got %+v", got)
	}
	for i, want := range []string{"https://cdn.example.com/a.png", "https://cdn.example.com/b.jpg"} {
		if m := got[0].Media[i]; m.SourceURL != "provider:"+want || m.State != message.MediaPending || m.N != i {
			t.Errorf("file %d: %+v", i, m)
		}
	}
	many := make([]string, 12)
	for i := range many {
		many[i] = fmt.Sprintf("https://cdn.example.com/%d.png", i)
	}
	list, _ := json.Marshal(many)
	tn.takes(tn.signed(`{"events":[{"kind":"in","id":"m2","from":"+15552223333","to":["+15550001111"],"files":` + string(list) + `}]}`))
	for _, m := range tn.messages(tn.account) {
		if m.MessageIDs[0] != "m2" {
			continue
		}
		blocked := 0
		for _, f := range m.Media {
			if f.State == message.MediaBlocked && f.Reason != "" {
				blocked++
			}
		}
		if len(m.Media) != 12 || blocked != 2 {
			t.Errorf("%d files, %d of them blocked", len(m.Media), blocked)
		}
	}
}

// pixel is the smallest PNG.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func TestFilesInsideACallbackAreKeptAfterTheAnswer(t *testing.T) {
	tn := acmeTenant(t)
	tn.takes(tn.signed(`{"events":[{"kind":"in","id":"m1","from":"+15552223333","to":["+15550001111"],"text":"look",
		"files":["data:image/png;base64,` + pixel + `"]}]}`))
	rows, err := tn.store.PendingCallbacks(t.Context(), 10)
	tn.must(err)
	if len(rows) != 1 || len(tn.messages(tn.account)) != 0 {
		t.Fatalf("%d pending, %d messages", len(rows), len(tn.messages(tn.account)))
	}
	if strings.Contains(string(rows[0].Events), pixel) {
		t.Error("the file is kept twice")
	}
	tn.settleAll()
	got := tn.messages(tn.account)
	if len(got) != 1 || len(got[0].Media) != 1 || got[0].Content != "look" {
		t.Fatalf("got %+v; log %s", got, tn.log)
	}
	size := base64.StdEncoding.DecodedLen(len(pixel)) - 2
	if m := got[0].Media[0]; m.State != message.MediaStored || m.MediaType != "image/png" || m.Size != int64(size) {
		t.Errorf("file %+v, want %d bytes", m, size)
	}
}

func TestAMessageToANumberOfSeveralUsersIsTheGroups(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, plainService)
	tn := g.enable(account, "a.example", "plain", nil)
	for _, c := range []struct {
		number string
		users  int
	}{{"+15550001111", 1}, {"+15550002222", 3}, {"+15550003333", 0}} {
		n := tn.number(c.number, "US", c.users)
		tn.takes(tn.request(fmt.Sprintf(`{"method":"message","params":{"from":"+15552223333","to":%q,"content":"x"}}`, c.number)))
		for _, m := range tn.messages(account) {
			if m.To != c.number {
				continue
			}
			conv, err := tn.store.Conversation(t.Context(), account, m.ConversationID)
			tn.must(err)
			want := ""
			if c.users == 1 {
				want = n.Users[0]
			}
			if conv.UserID != want {
				t.Errorf("%d users: the conversation is %q's, want %q", c.users, conv.UserID, want)
			}
		}
	}
}

func TestWhatChangedInTheDirectoryCountsAtOnce(t *testing.T) {
	tn := acmeTenant(t)
	send := func(id, to string) { tn.takes(tn.signed(in(id, "+15552223333", to, "hello"))) }
	send("m1", "+15550004444")
	if n := len(tn.messages(tn.account)); n != 0 {
		t.Fatalf("%d messages to no number", n)
	}
	n := tn.number("+15550004444", "US", 1)
	send("m2", "+15550004444")
	if n := len(tn.messages(tn.account)); n != 1 {
		t.Errorf("%d messages once it is a number, want 1", n)
	}
	tn.must(tn.store.DeleteNumber(t.Context(), tn.account, n.ID))
	send("m3", "+15550004444")
	if n := len(tn.messages(tn.account)); n != 1 {
		t.Errorf("%d messages once it is none again, want 1", n)
	}
	tn.in.Properties = map[string]string{"Secret": "rotated-secret"}
	tn.must(tn.store.PutIntegration(t.Context(), &tn.in))
	old := tn.request(in("m4", "+15552223333", "+15550001111", "hello"))
	sign(&old, acmeSecret, time.Now())
	if a := tn.flow.Receive(t.Context(), old); a.Status != http.StatusNotFound {
		t.Errorf("the old secret: answered %d", a.Status)
	}
	send("m5", "+15550001111")
}
