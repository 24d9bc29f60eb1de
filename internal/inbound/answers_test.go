package inbound

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchbay/internal/message"
)

const acmeSecret = "acme-canary-5f2c91"

func acmeTenant(t *testing.T) *tenant {
	g := newGate(t)
	account := g.account("one")
	g.put(account, acme)
	tn := g.enable(account, "acme.example", "acme", map[string]string{"Secret": acmeSecret})
	tn.number("+15550001111", "US", 1)
	return tn
}

// The first line of the table of service-file.md §5, C8, C15 and security lines 22 to 31: one and the same answer.
func TestWhatIsNotForUsGetsOneAnswerAndIsNotKept(t *testing.T) {
	tn := acmeTenant(t)
	body := in("m1", "+15552223333", "+15550001111", "hello")
	other := tn.gate.account("two")
	for _, c := range []struct {
		name   string
		change func(r *Request)
	}{
		{"unknown account", func(r *Request) { r.AccountID = strings.Repeat("0", 32) }},
		{"no account", func(r *Request) { r.AccountID = "" }},
		{"another account", func(r *Request) { r.AccountID = other }},
		{"unknown service", func(r *Request) { r.ServiceID = "acne" }},
		{"a service that is not enabled", func(r *Request) { r.ServiceID = "generic" }},
		{"a key where there is none", func(r *Request) { r.Key = "guess" }},
		{"no signature", func(r *Request) { r.HTTP.Header.Del("X-Signature") }},
		{"no time", func(r *Request) { r.HTTP.Header.Del("X-Time") }},
		{"empty signature", func(r *Request) { r.HTTP.Header.Set("X-Signature", "sha256=") }},
		{"truncated signature", func(r *Request) {
			r.HTTP.Header.Set("X-Signature", r.HTTP.Header.Get("X-Signature")[:40])
		}},
		{"doubled signature", func(r *Request) {
			s := r.HTTP.Header.Get("X-Signature")
			r.HTTP.Header.Set("X-Signature", s+s[7:])
		}},
		{"one bit of the body", func(r *Request) { r.HTTP.Body = []byte(strings.Replace(body, "hello", "hellp", 1)) }},
		{"a space more in the body", func(r *Request) { r.HTTP.Body = append(r.HTTP.Body, ' ') }},
		{"another secret", func(r *Request) { sign(r, "another", time.Now()) }},
		{"too old", func(r *Request) { sign(r, acmeSecret, time.Now().Add(-6*time.Minute)) }},
		{"of the future", func(r *Request) { sign(r, acmeSecret, time.Now().Add(6*time.Minute)) }},
		{"another time than was signed", func(r *Request) { r.HTTP.Header.Set("X-Time", fmt.Sprint(time.Now().Unix()+1)) }},
	} {
		r := tn.signed(body)
		c.change(&r)
		a := tn.flow.Receive(t.Context(), r)
		if a.Status != http.StatusNotFound || string(a.Body) != "not found\n" || a.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: answered %d %q %v", c.name, a.Status, a.Body, a.Header)
		}
	}
	tn.in.Enabled = false
	tn.must(tn.store.PutIntegration(t.Context(), &tn.in))
	if a := tn.flow.Receive(t.Context(), tn.signed(body)); a.Status != http.StatusNotFound || string(a.Body) != "not found\n" {
		t.Errorf("integration off: answered %d %q", a.Status, a.Body)
	}
	if n := len(tn.callbacks(tn.account, false)) + len(tn.messages(tn.account)); n != 0 {
		t.Errorf("%d things were kept", n)
	}
	if got := tn.flow.Counters().Refused.Load(); got != 18 {
		t.Errorf("counted %d, want 18", got)
	}
	if got := strings.Count(tn.log.String(), "callback refused"); got != 18 {
		t.Errorf("%d log lines, want one for each", got)
	}
	if strings.Contains(tn.log.String(), acmeSecret) || strings.Contains(tn.log.String(), tn.account) {
		t.Error("the log holds a secret or the whole account id")
	}
}

func TestARequestWithNothingInItIsAnsweredAndNotKept(t *testing.T) {
	tn := acmeTenant(t)
	for _, c := range []struct{ name, method, query, body string }{
		{"HEAD", http.MethodHead, "", "ignored"},
		{"an empty POST", http.MethodPost, "", ""},
		{"an empty GET", http.MethodGet, "", ""},
		{"only what our own URL carries", http.MethodGet, "?number=%2B15550001111", ""},
	} {
		r := tn.request(c.body)
		r.HTTP.Method = c.method
		r.HTTP.URL += c.query
		if a := tn.flow.Receive(t.Context(), r); a.Status != http.StatusOK || len(a.Body) != 0 {
			t.Errorf("%s: answered %d %q", c.name, a.Status, a.Body)
		}
	}
	if n := len(tn.callbacks(tn.account, false)); n != 0 {
		t.Errorf("%d were kept", n)
	}
}

func TestTheAnswerIsWhatTheProviderCanTake(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, plainService)
	tn := g.enable(account, "a.example", "plain", nil)
	tn.number("+15550001111", "US", 1)
	a := tn.takes(tn.request(`{"method":"message","params":{"from":"+15552223333","to":"+15550001111","content":"hello"}}`))
	if string(a.Body) != `{"result":{}}` && string(a.Body) != `{"result": {}}` || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		t.Errorf("to JSON: %q %v", a.Body, a.Header)
	}
	r := tn.request("method=message&from=%2B15552223333")
	r.HTTP.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := tn.takes(r); len(a.Body) != 0 {
		t.Errorf("to a form: %q would be texted to the sender by some", a.Body)
	}
}

// C11 to C14, C20: it is kept with a reason, answered as an event is, and nothing panics.
func TestWhatCannotBeReadIsKeptAsUnmatched(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, plainService)
	tn := g.enable(account, "a.example", "plain", nil)
	tn.number("+15550001111", "US", 1)
	noise := make([]byte, 4096)
	rand.Read(noise)
	for _, c := range []struct{ name, contentType, body string }{
		{"broken JSON", "application/json", `{"method":"message","params":{`},
		{"not JSON at all", "application/json", "hello"},
		{"a form where JSON is expected", "application/x-www-form-urlencoded", "method=message&from=1"},
		{"JSON that says it is a form", "application/x-www-form-urlencoded", `{"method":"message","params":{"from":"+1555","content":"x"}}`},
		{"broken multipart", "multipart/form-data; boundary=x", "--x\r\nContent-Dis"},
		{"multipart without a boundary", "multipart/form-data", "--x--"},
		{"no model", "application/json", `{"method":"voicemail","params":{}}`},
		{"no number of ours", "application/json", `{"method":"message","params":{"from":"+15552223333","to":"+15559999999","content":"hello"}}`},
		{"nested too deep", "application/json", strings.Repeat("[", 100_000)},
		{"nested too deep and closed", "application/json", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)},
		{"a million members", "application/json", "{" + strings.Repeat(`"a":1,`, 160_000) + `"b":2}`},
		{"a bare null", "application/json", "null"},
		{"noise", "application/octet-stream", string(noise)},
		{"noise as JSON", "application/json", string(noise)},
		{"XML with entities", "application/xml", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`},
		{"an unknown charset", "application/json; charset=klingon", `{"method":"message"`},
	} {
		before := len(tn.callbacks(account, true))
		r := tn.request(c.body)
		r.HTTP.Header.Set("Content-Type", c.contentType)
		begun := time.Now()
		tn.takes(r)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%s: took %v", c.name, took)
		}
		list := tn.callbacks(account, true)
		if len(list) != before+1 {
			t.Errorf("%s: %d unmatched, want %d", c.name, len(list), before+1)
			continue
		}
		newest := list[0]
		for _, x := range list {
			if x.At.After(newest.At) {
				newest = x
			}
		}
		full, err := tn.store.Callback(t.Context(), account, newest.ID)
		g.must(err)
		if full.Reason == "" || string(full.Body) != c.body {
			t.Errorf("%s: reason %q, %d bytes kept of %d", c.name, full.Reason, len(full.Body), len(c.body))
		}
	}
	if n := len(tn.messages(account)); n != 0 {
		t.Errorf("%d messages came of it", n)
	}
	if n := tn.flow.Counters().Panics.Load(); n != 0 {
		t.Errorf("%d panics; log: %s", n, tn.log)
	}
}

func TestWhatTheStoreCannotKeepIsNotAcknowledged(t *testing.T) {
	tn := acmeTenant(t)
	r := tn.signed(in("m1", "+15552223333", "+15550001111", "hello"))
	tn.takes(r) // so that everything is in memory
	tn.must(tn.close())
	a := tn.flow.Receive(t.Context(), tn.signed(in("m2", "+15552223333", "+15550001111", "hello")))
	if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("answered %d %v", a.Status, a.Header)
	}
	if tn.flow.Counters().Unkept.Load() != 1 {
		t.Error("not counted")
	}
}

func TestAKeyOpensItsIntegrationOnly(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, plainService)
	locked, open := g.enable(account, "locked.example", "plain", nil), g.enable(account, "open.example", "plain", nil)
	locked.in.Key = "s3cret-path-key"
	g.must(g.store.PutIntegration(t.Context(), &locked.in))
	locked.number("+15550001111", "US", 1)
	open.number("+15550002222", "US", 1)
	to := func(n string) string {
		return fmt.Sprintf(`{"method":"message","params":{"from":"+15552223333","to":%q,"content":"x"}}`, n)
	}
	for _, c := range []struct {
		name, key, query, to string
		status, messages     int
	}{
		{"the key in the path", "s3cret-path-key", "", "+15550001111", 200, 1},
		{"the key in the query", "", "?key=s3cret-path-key", "+15550001111", 200, 1},
		{"no key, the other's number", "", "", "+15550002222", 200, 1},
		{"no key, the locked one's number", "", "", "+15550001111", 200, 0},
		{"a wrong key", "s3cret-path-kez", "", "+15550001111", 404, 0},
		{"a provider's own key= for the other", "", "?key=theirs", "+15550002222", 200, 1},
		{"the key and the other's number", "s3cret-path-key", "", "+15550002222", 200, 0},
	} {
		before := len(g.messages(account))
		r := open.request(to(c.to))
		r.Key = c.key
		r.HTTP.URL += c.query
		a := g.flow.Receive(t.Context(), r)
		if got := len(g.messages(account)) - before; a.Status != c.status || got != c.messages {
			t.Errorf("%s: answered %d with %d messages, want %d with %d", c.name, a.Status, got, c.status, c.messages)
		}
	}
	for _, cb := range g.callbacks(account, false) {
		full, err := g.store.Callback(t.Context(), account, cb.ID)
		g.must(err)
		if strings.Contains(full.URL, "s3cret") {
			t.Errorf("the key is kept in clear: %s", full.URL)
		}
	}
}

func TestAHandshakeIsAnsweredBeforeAnythingIsSigned(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, strings.Replace(acme, `"events": [`, `"events": [
		{"event_type": "handshake", "request_method": "GET", "query": {"mode": "subscribe", "token": "$Secret$", "challenge": "$challenge$"}},`, 1))
	tn := g.enable(account, "a.example", "acme", map[string]string{"Secret": acmeSecret})
	r := tn.request("")
	r.HTTP.Method = http.MethodGet
	r.HTTP.URL += "?mode=subscribe&token=" + acmeSecret + "&challenge=1158201444"
	a := g.flow.Receive(t.Context(), r)
	if a.Status != 200 || string(a.Body) != "1158201444" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("answered %d %q %v", a.Status, a.Body, a.Header)
	}
	r.HTTP.URL = strings.Replace(r.HTTP.URL, acmeSecret, "guess", 1)
	if a := g.flow.Receive(t.Context(), r); a.Status != 404 {
		t.Errorf("with another token: answered %d %q", a.Status, a.Body)
	}
	if n := len(g.callbacks(account, false)); n != 0 {
		t.Errorf("%d were kept", n)
	}
}

// Some providers prove themselves by the secret itself. What is kept must not hold it, and must still be readable.
func TestNoSecretIsKeptAndWhatIsKeptCanStillBeRead(t *testing.T) {
	const canary = "canary-7d1f-ü&<"
	g := newGate(t)
	account := g.account("one")
	g.put(account, strings.NewReplacer(`"events": [
`, `"events": [
      {"event_type": "message", "headers": {"X-Token": "$Secret$"}, "request_parameters": {"late": "$Secret$", "from": "$from$", "to": "$to$", "text": "$content$"}},
`, acme[strings.Index(acme, `"verify"`):strings.Index(acme, `"events": [`)], `"verify": {"header": {"X-Token": "$Secret$"}}, `).Replace(acme))
	tn := g.enable(account, "a.example", "acme", map[string]string{"Secret": canary})
	r := tn.request(`{"late":"` + canary + `","from":"+15552223333","to":"+15550001111","text":"` + canary + `!"}`)
	r.HTTP.Header.Set("X-Token", canary)
	r.HTTP.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("u:"+canary)))
	tn.takes(r) // to no number of ours
	list := g.callbacks(account, true)
	if len(list) != 1 {
		t.Fatalf("%d unmatched", len(list))
	}
	full, err := g.store.Callback(t.Context(), account, list[0].ID)
	g.must(err)
	kept := fmt.Sprint(full.URL, full.Header, string(full.Body), string(full.Events))
	for _, form := range []string{canary, base64.StdEncoding.EncodeToString([]byte("u:" + canary))} {
		if strings.Contains(kept, form) {
			t.Errorf("kept in clear: %s", kept)
		}
	}
	if strings.Contains(tn.log.String(), canary) {
		t.Errorf("logged: %s", tn.log)
	}
	tn.number("+15550001111", "US", 1)
	if cb, err := g.flow.Replay(t.Context(), account, full.ID); err != nil || cb.State != message.CallbackDone {
		t.Fatalf("replayed: %+v, %v", cb, err)
	}
	if got := g.messages(account); len(got) != 1 || got[0].Content != canary+"!" {
		t.Errorf("read again: %+v", got)
	}
}
