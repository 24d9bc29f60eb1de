package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// gatekeeper is a provider that hands out tokens, and takes messages with the newest alone.
type gatekeeper struct {
	*provider
	mu        sync.Mutex
	challenge string // of who signs in
	valid     string // the token that it takes; "" takes none
	tokens    int
	taken     []string // the texts of the messages
	grants    []string
}

func newGatekeeper(t *testing.T) *gatekeeper {
	g := &gatekeeper{provider: newProvider(t)}
	g.answers(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		body := g.requests()[len(g.requests())-1].body
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/token":
			g.token(w, body)
		case "/sms":
			var m struct{ Text string }
			_ = json.Unmarshal([]byte(body), &m)
			if token := r.Header.Get("Authorization"); token != "Bearer "+g.valid || g.valid == "" {
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprintf(w, `{"why": "no such token: %s"}`, token)
				return
			}
			g.taken = append(g.taken, m.Text)
			fmt.Fprintf(w, `{"id": "m-%d"}`, len(g.taken))
		case "/file":
			if r.Header.Get("Authorization") != "Bearer "+g.valid {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			var picture bytes.Buffer
			_ = png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8)))
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(picture.Bytes())
		}
	})
	return g
}

func (g *gatekeeper) token(w http.ResponseWriter, body string) {
	form, _ := url.ParseQuery(body)
	grant := form.Get("grant_type")
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case form.Get("client_secret") != "s3cr3t-canary",
		grant == "authorization_code" && (form.Get("code") != "c0de-canary" || base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge),
		grant == "refresh_token" && form.Get("refresh_token") != fmt.Sprintf("r3fr3sh-canary-%d", g.tokens):
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error": "invalid_grant"}`)
		return
	}
	g.tokens++
	g.grants = append(g.grants, grant)
	g.valid = fmt.Sprintf("t0k3n-canary-%d", g.tokens)
	fmt.Fprintf(w, `{"access_token": "%s", "refresh_token": "r3fr3sh-canary-%d", "expires_in": 3600}`, g.valid, g.tokens)
}

// ends makes the provider forget its token; whoever asks gets the next.
func (g *gatekeeper) ends() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.valid = ""
}

func (g *gatekeeper) took() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.taken)
}

func (g *gatekeeper) asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.grants)
}

func (g *gatekeeper) file(flow string) string {
	return strings.NewReplacer("URL", g.URL, "FLOW", flow).Replace(`{"id": "acme", "name": "Acme <b>& Co</b>", "properties": ["Client secret"],
	  "OAuth2": {"client_id": "me", "client_secret": "$Client secret$", "flow_type": {"default": "FLOW"}, "authorization_endpoint": "URL/authorize",
	    "authorization_parameters": {"default": "scope=sms"}, "token_endpoint": "URL/token", "token_parameters": {"content_type": "application/x-www-form-urlencoded"}, "request_auth": "Bearer"},
	  "API": {"SendMessage": {"request_url": "URL/sms", "request_parameters": {"to": "$to$", "text": "$content$"}, "response_map": {"id": "$messageid$"},
	    "responses": [{"status": "4xx", "body": {"why": "$error_text$"}}]},
	    "GetFile": {"hosts": ["127.0.0.1"]}},
	  "Webhook": [{"event_type": "message", "request_parameters": {"id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$text?$", "files": "$urls?$"}}]}`)
}

// noCanary looks for secrets in what the program shows.
func (w *world) noCanary(answers ...answer) {
	w.Helper()
	for _, a := range answers {
		if strings.Contains(string(a.body), "canary") {
			w.Errorf("a secret is shown: %s", a.body)
		}
	}
	if strings.Contains(w.log.String(), "canary") {
		w.Errorf("the log holds a secret:\n%s", w.log)
	}
}

// outcomes are those of a message's attempts that have ended.
func (a answer) outcomes() (out []string) {
	for _, at := range a.list("attempts") {
		if o, ended := at["outcome"].(string); ended {
			out = append(out, o)
		}
	}
	return out
}

func TestAPersonAuthorizesAndWhatWaitedIsSent(t *testing.T) {
	g := newGatekeeper(t)
	w := start(t, g.host())
	w.account.call(201, "PUT", "/v1/services/acme", g.file("0"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"Client secret": "s3cr3t-canary"})
	path := "/v1/organizations/" + tm.org + "/integrations/acme"
	before := w.account.call(200, "GET", path, nil)
	if before.str("authorization") != "needs authorization" || before.str("authorize_url") != "" {
		t.Errorf("before: %s", before.body)
	}
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "$to$ yes"}).str("id")
	waits := w.account.until("/v1/messages/"+id, func(a answer) bool { return len(a.outcomes()) > 0 })
	if at := waits.list("attempts")[0]; waits.str("status") != "sending" || at["outcome"] != "unreached" || !strings.Contains(fmt.Sprint(at["error"], at["error_text"]), "nobody has authorized the integration") {
		t.Errorf("while nobody has: %s", waits.body)
	}

	u, err := url.Parse(w.account.call(200, "PUT", path, map[string]any{}).str("authorize_url"))
	if err != nil || !strings.HasPrefix(u.String(), g.URL+"/authorize?") || u.Query().Get("scope") != "sms" || u.Query().Get("redirect_uri") != w.app.URL()+"/oauth/callback" {
		t.Fatalf("authorize_url %s, %v", u, err)
	}
	g.challenge = u.Query().Get("code_challenge")
	callback := "/oauth/callback?" + url.Values{"code": {"c0de-canary"}, "state": {u.Query().Get("state")}}.Encode()
	nobody := w.as("")
	if a := nobody.try("HEAD", callback, nil); a.status != 200 {
		t.Errorf("HEAD: %d", a.status)
	}
	page := nobody.call(200, "GET", callback, nil)
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
	} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if !strings.Contains(string(page.body), "Acme &lt;b&gt;&amp; Co&lt;/b&gt;") || strings.Contains(string(page.body), "<b>") {
		t.Errorf("page %s", page.body)
	}
	again := nobody.call(404, "GET", callback, nil)

	sent := w.account.until("/v1/messages/"+id, hasStatus("sent"))
	if got := g.took(); !slices.Equal(got, []string{"$to$ yes"}) {
		t.Errorf("the provider took %q", got)
	}
	after := w.account.call(200, "GET", path, nil)
	list := w.account.call(200, "GET", "/v1/organizations/"+tm.org+"/integrations", nil)
	if after.str("authorization") != "authorized" || list.list("data")[0]["authorization"] != "authorized" {
		t.Errorf("after: %s %s", after.body, list.body)
	}
	w.noCanary(before, waits, page, again, sent, after, list)
}

func TestASignInThatFailsSaysWhy(t *testing.T) {
	g := newGatekeeper(t)
	w := start(t, g.host())
	w.account.call(201, "PUT", "/v1/services/acme", g.file("0"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"Client secret": "s3cr3t-canary"})
	state := func() string {
		u, err := url.Parse(w.account.call(200, "PUT", "/v1/organizations/"+tm.org+"/integrations/acme", map[string]any{}).str("authorize_url"))
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("state")
	}
	for _, c := range []struct {
		name   string
		query  url.Values
		status int
		want   string
	}{
		{"refused", url.Values{"state": {state()}, "error": {"access_denied"}, "error_description": {`<script>alert("no")</script>`}}, 403,
			"The provider did not authorize: access_denied: &lt;script&gt;alert(&#34;no&#34;)&lt;/script&gt;."},
		{"a code of somebody else", url.Values{"state": {state()}, "code": {"0ther-canary"}}, 503, `The service &#34;acme&#34; gave no token: invalid_grant.`},
		{"an unknown state", url.Values{"state": {"x"}, "code": {"c0de-canary"}}, 404, "This sign-in is not known here"},
		{"nothing", nil, 404, "This sign-in is not known here"},
		{"no code", url.Values{"state": {state()}}, 422, "The provider sent neither a code nor an error."},
		{"too much", url.Values{"state": {strings.Repeat("x", 5000)}}, 422, "What the provider sent is too long."},
	} {
		a := w.as("").call(c.status, "GET", "/oauth/callback?"+c.query.Encode(), nil)
		if !strings.Contains(string(a.body), c.want) || strings.Contains(string(a.body), "<script") || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %s %s", c.name, a.header.Get("Content-Type"), a.body)
		}
		w.noCanary(a)
	}
	if got := g.asked(); len(got) > 0 {
		t.Errorf("the provider handed out %q", got)
	}
}

func TestARefusedTokenIsReplacedAndTheMessageSentOnce(t *testing.T) {
	g := newGatekeeper(t)
	w := start(t, g.host())
	w.account.call(201, "PUT", "/v1/services/acme", g.file("1"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"Client secret": "s3cr3t-canary"})
	send := func(text string) string {
		return w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": text}).str("id")
	}
	first := w.account.until("/v1/messages/"+send("one"), hasStatus("sent"))
	g.ends()
	second := w.account.until("/v1/messages/"+send("two"), hasStatus("sent"))
	if got := second.outcomes(); !slices.Equal(got, []string{"refused", "accepted"}) {
		t.Errorf("attempts %q: %s", got, second.body)
	}
	if at := second.list("attempts"); at[1]["again"] == true || !strings.Contains(fmt.Sprint(at[0]), "tried again with a new token") {
		t.Errorf("attempts %v", at)
	}
	if got := g.took(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("the provider took %q", got)
	}
	if got := g.asked(); !slices.Equal(got, []string{"client_credentials", "client_credentials"}) {
		t.Errorf("the provider was asked for %q", got)
	}
	w.noCanary(first, second)
}

func TestATokenThatIsRefusedTwiceIsTheOperatorsToSee(t *testing.T) {
	g := newGatekeeper(t)
	w := start(t, g.host())
	w.account.call(201, "PUT", "/v1/services/acme", g.file("1"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"Client secret": "s3cr3t-canary"})
	hand := g.provider.answer
	g.answers(func(w http.ResponseWriter, r *http.Request) {
		hand(w, r)
		if r.URL.Path == "/token" {
			g.ends() // what it hands out it does not take
		}
	})
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "x"}).str("id")
	failed := w.account.until("/v1/messages/"+id, hasStatus("failed"))
	if got := failed.outcomes(); !slices.Equal(got, []string{"refused", "refused"}) {
		t.Errorf("attempts %q", got)
	}
	if got := g.asked(); len(got) != 2 || len(g.took()) != 0 {
		t.Errorf("the provider was asked %d times, and took %q", len(got), g.took())
	}
	all, err := w.app.Store().Attention(t.Context(), accountOf(w), tm.org)
	if err != nil || len(all) != 1 {
		t.Errorf("attention %+v, %v", all, err)
	}
	w.noCanary(failed)
}

func TestFilesAreFetchedWithATokenAndOnceMoreWithAnother(t *testing.T) {
	g := newGatekeeper(t)
	w := start(t, g.host())
	w.account.call(201, "PUT", "/v1/services/acme", g.file("1"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"Client secret": "s3cr3t-canary"})
	w.account.until("/v1/messages/"+w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "x"}).str("id"), hasStatus("sent"))
	g.ends()
	w.post(tm.webhook, "application/json", fmt.Sprintf(`{"id":"1","from":"+15550100001","to":"+15550001001","text":"look","files":["%s/file"]}`, g.URL))
	list := w.account.until("/v1/messages?direction=inbound", func(a answer) bool {
		rows := a.list("data")
		return len(rows) == 1 && strings.Contains(string(a.body), `"image/png"`)
	})
	if got := g.asked(); len(got) != 2 {
		t.Errorf("the provider was asked for %q", got)
	}
	w.noCanary(list)
}

func TestALoginThatEndsIsMadeAgain(t *testing.T) {
	var mu sync.Mutex
	logins, taken := 0, 0
	p := newProvider(t)
	p.answers(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/login":
			logins++
			fmt.Fprintf(w, `{"key": "s3ssion-canary-%d", "for": 600}`, logins)
		case logins < 2 || r.Header.Get("X-Session") != "s3ssion-canary-2": // the first is over at once
			fmt.Fprintf(w, `{"error": "SESSION_OVER", "text": "over: %s"}`, r.Header.Get("X-Session"))
		default:
			taken++
			fmt.Fprint(w, `{"id": "m1"}`)
		}
	})
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", strings.ReplaceAll(`{"id": "acme", "properties": ["User", "Password"], "auth": {"type": "Login"},
	  "API": {"request_headers": {"X-Session": "$token$"},
	    "Login": {"request_url": "URL/login", "request_parameters": {"u": "$User$", "p": "$Password$"}, "response_map": {"key": "$token$", "for": "$expires_in$"}},
	    "SendMessage": {"request_url": "URL/sms", "request_parameters": {"t": "$content$"},
	      "responses": [{"status": 200, "body": {"error": "SESSION_OVER", "text": "$error_text$"}, "outcome": "auth_expired"}, {"status": 200, "body": {"id": "$messageid$"}}]}}}`, "URL", p.URL))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"User": "u", "Password": "p4ssw0rd-canary"})
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "x"}).str("id")
	sent := w.account.until("/v1/messages/"+id, hasStatus("sent"))
	mu.Lock()
	defer mu.Unlock()
	if got := sent.outcomes(); !slices.Equal(got, []string{"refused", "accepted"}) || logins != 2 || taken != 1 {
		t.Errorf("attempts %q, %d logins, %d messages taken", got, logins, taken)
	}
	w.noCanary(sent)
}
