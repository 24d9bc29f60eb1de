package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/app"
	"patchbay/internal/directory"
)

// bootstrapKey is the first account's in every world.
const bootstrapKey = "bootstrap-key-of-the-contract-tests"

// world is the program as main starts it, on a port and a directory of its own.
type world struct {
	*testing.T
	app     *app.App
	dir     string
	log     *lockedBuffer
	account *caller // of the first account
}

// start starts the program. It may reach the addresses given inside our own network.
func start(t *testing.T, egress ...string) *world {
	t.Helper()
	return startWith(t, app.Options{AllowPrivateEgress: egress})
}

func startWith(t *testing.T, o app.Options) *world {
	t.Helper()
	w := &world{T: t, log: &lockedBuffer{}}
	if o.DataDir == "" {
		o.DataDir = t.TempDir()
	}
	o.DatabaseURL = databaseOf(t, o.DataDir)
	o.Listen, o.BootstrapKey = "127.0.0.1:0", bootstrapKey
	o.Log = slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if o.Drain == 0 {
		o.Drain = 3 * time.Second
	}
	if o.Linger == 0 {
		o.Linger = -1 // the test's own requests have ended when it closes
	}
	a, err := app.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	w.app, w.dir = a, o.DataDir
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if t.Failed() {
			text := w.log.String()
			t.Logf("the log, last part:\n%s", text[max(0, len(text)-6000):])
		}
	})
	w.account = w.as(bootstrapKey)
	return w
}

// lockedBuffer is a log that a test reads while the program writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// caller asks with one key, or as a browser that is signed in.
type caller struct {
	w      *world
	key    string // empty: none
	cookie string // of a sign-in
	local  bool   // the cookie of plain http on this machine
	from   string // an address of this machine; empty: any
}

func (w *world) as(key string) *caller { return &caller{w: w, key: key} }

// anotherAccount makes a second account beside the first.
func (w *world) anotherAccount() *caller {
	w.Helper()
	key, now := access.NewKey(), time.Now()
	a := &directory.Account{ID: directory.NewAccountID(), Name: "Another", Created: now}
	k := &directory.Key{ID: directory.NewID(now), AccountID: a.ID, Role: directory.AccountAdmin, Name: "first key", Created: now}
	if err := w.app.Store().CreateAccount(context.Background(), a, k, access.Hash(key)); err != nil {
		w.Fatal(err)
	}
	return w.as(key)
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
}

func (a answer) str(name string) string { s, _ := a.json[name].(string); return s }

func (a answer) list(name string) []map[string]any {
	rows, _ := a.json[name].([]any)
	out := make([]map[string]any, len(rows))
	for i, r := range rows {
		out[i], _ = r.(map[string]any)
	}
	return out
}

// try makes one call; header is names and values in turn. What comes back must be as the API's document says.
func (c *caller) try(method, path string, body any, header ...string) answer {
	c.w.Helper()
	var sent []byte
	var r io.Reader // none is no reader: a body of no bytes is another thing
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
		r = bytes.NewReader(sent)
	default:
		var err error
		if sent, err = json.Marshal(b); err != nil {
			c.w.Fatal(err)
		}
		r = bytes.NewReader(sent)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	address := path
	if strings.HasPrefix(path, "/") {
		address = c.w.app.URL() + path
	}
	req, err := http.NewRequestWithContext(ctx, method, address, r)
	if err != nil {
		c.w.Fatal(err)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	if c.cookie != "" {
		name := "__Host-patchbay"
		if c.local {
			name = "patchbay-local"
		}
		req.Header.Set("Cookie", name+"="+c.cookie)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := transportFrom(c.from).RoundTrip(req)
	if err != nil {
		c.w.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		return a // it does not end
	}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		c.w.Fatalf("%s %s: %v", method, path, err)
	}
	_ = json.Unmarshal(a.body, &a.json) // empty bodies and lists have no members to look at
	theDocument().hold(c.w.T, req, sent, a)
	return a
}

// transportFrom asks from an address of this machine.
func transportFrom(address string) http.RoundTripper {
	if address == "" {
		return http.DefaultTransport
	}
	return &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext}
}

// call is try for an answer that must have the status; 200 stands for any 2xx.
func (c *caller) call(want int, method, path string, body any, header ...string) answer {
	c.w.Helper()
	a := c.try(method, path, body, header...)
	if a.status != want && (want != 200 || a.status/100 != 2) {
		c.w.Fatalf("%s %s: got %d %s, want %d", method, path, a.status, a.body, want)
	}
	return a
}

// refused is call for a fault: problem+json with that code.
func (c *caller) refused(want int, code, method, path string, body any, header ...string) answer {
	c.w.Helper()
	a := c.call(want, method, path, body, header...)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		c.w.Errorf("%s %s: %d is %s, not a problem: %s", method, path, a.status, got, a.body)
	}
	for _, member := range []string{"type", "title", "status", "code", "detail", "errors"} {
		if _, ok := a.json[member]; !ok {
			c.w.Errorf("%s %s: no %q in %s", method, path, member, a.body)
		}
	}
	if a.str("code") != code || a.json["status"] != float64(want) {
		c.w.Errorf("%s %s: got code %q and status %v in the body, want %q and %d", method, path, a.str("code"), a.json["status"], code, want)
	}
	return a
}

// pointers are those of a problem's errors.
func (a answer) pointers() []string {
	var out []string
	for _, e := range a.list("errors") {
		out = append(out, e["pointer"].(string))
	}
	return out
}

// until asks again until want is true of the answer.
func (c *caller) until(path string, want func(answer) bool) answer {
	c.w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		a := c.try("GET", path, nil)
		if want(a) {
			return a
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.w.Fatalf("GET %s stayed so: %d %s", path, a.status, a.body)
		}
	}
}

func hasStatus(want string) func(answer) bool {
	return func(a answer) bool { return a.str("status") == want }
}

// provider is somebody's HTTP API: it keeps what it got.
type provider struct {
	*httptest.Server
	mu     sync.Mutex
	got    []request
	answer http.HandlerFunc
}

type request struct {
	path, body string
	header     http.Header
}

// newProvider answers every send with a new id.
func newProvider(t *testing.T) *provider {
	p := &provider{}
	n := 0
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		n++
		id := n
		p.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"data":{"id":"id-%d"}}`, id)
	}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		p.got = append(p.got, request{r.URL.Path, string(b), r.Header.Clone()})
		answer := p.answer
		p.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) host() string { return strings.TrimPrefix(p.URL, "http://") }

func (p *provider) requests() []request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]request(nil), p.got...)
}

func (p *provider) answers(h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = h
}

// file is a small service file of the base format that sends to the provider.
func (p *provider) file(id string) string { return baseFile(id, p.URL) }

func baseFile(id, url string) string {
	return strings.NewReplacer("ID", id, "URL", url).Replace(`{
  "id": "ID", "name": "ID", "logo": "https://example.com/logo.png", "class": "sms",
  "properties": ["API key"],
  "auth": {"type": "Bearer", "token": "$API key$"},
  "API": {
    "SendMessage": {
      "request_method": "POST", "request_url": "URL/webhook", "request_content_type": "application/json",
      "request_parameters": {"from": "$from$", "to": "$to$", "extension": "$extension$", "domain": "$domain$", "content": "$content$"},
      "response_map": {"data": {"id": "$messageid$"}}},
    "SendFile": {
      "request_method": "POST", "request_url": "URL/webhook", "request_content_type": "application/json",
      "request_parameters": {"from": "$from$", "to": "$to$", "extension": "$extension$", "domain": "$domain$", "media_url": "$content$"},
      "response_map": {"data": {"id": "$messageid$"}}}},
  "Webhook": [
    {"event_key": "message", "event_type": "message", "request_method": "POST",
     "request_parameters": {"method": "$event_key$", "params": {"from": "$from$", "to": "$to$", "content": "$content$"}}},
    {"event_key": "file", "event_type": "mms", "request_method": "POST",
     "request_parameters": {"method": "$event_key$", "params": {"from": "$from$", "to": "$to$", "text": "$text$", "url": "$url$"}}},
    {"event_key": "delivered", "event_type": "messageDelivered", "request_method": "POST",
     "request_parameters": {"method": "$event_key$", "params": {"messageid": "$messageid$"}}}
  ]
}`)
}

// team is an organization on a service with two users: the first is assigned to the number, the second to nothing.
type team struct {
	org, service, number, numberID, user, idle, webhook string
	keys                                                map[directory.Role]*caller // the account's, the organization's, the assigned user's
	idleKey                                             *caller                    // of the user who is assigned to nothing
}

func (c *caller) newTeam(domain, service, number string, properties map[string]string) *team {
	c.w.Helper()
	tm := &team{service: service, number: number, keys: map[directory.Role]*caller{directory.AccountAdmin: c}}
	tm.org = c.call(201, "POST", "/v1/organizations", map[string]any{"name": "Org " + domain, "domain": domain}).str("id")
	tm.webhook = c.call(200, "PUT", "/v1/organizations/"+tm.org+"/integrations/"+service, map[string]any{"properties": properties}).str("webhook_url")
	tm.user = c.call(201, "POST", "/v1/organizations/"+tm.org+"/users", map[string]any{"extension": "101", "name": "Ana of " + domain}).str("id")
	tm.idle = c.call(201, "POST", "/v1/organizations/"+tm.org+"/users", map[string]any{"extension": "102", "name": "Ben of " + domain}).str("id")
	tm.numberID = c.call(201, "POST", "/v1/organizations/"+tm.org+"/numbers", map[string]any{
		"service": service, "number": number, "name": "Line of " + domain, "users": []string{tm.user}, "country": "US",
	}).str("id")
	key := func(body map[string]any) *caller {
		return c.w.as(c.call(201, "POST", "/v1/keys", body).str("key"))
	}
	tm.keys[directory.OrgAdmin] = key(map[string]any{"role": "organization", "orgid": tm.org, "name": "org key"})
	tm.keys[directory.UserRole] = key(map[string]any{"role": "user", "orgid": tm.org, "user": tm.user, "name": "Ana's"})
	tm.idleKey = key(map[string]any{"role": "user", "orgid": tm.org, "user": tm.idle, "name": "Ben's"})
	return tm
}

// post is a provider's callback.
func (w *world) post(url, contentType, body string) answer {
	w.Helper()
	return w.as("").try("POST", url, body, "Content-Type", contentType)
}
