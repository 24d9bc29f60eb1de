package e2e

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// provider is somebody's HTTP API: it keeps what it got and answers what it is told to.
type provider struct {
	*httptest.Server
	mu   sync.Mutex
	got  []taken
	next http.HandlerFunc
}

type taken struct {
	method, path, query, body string
	header                    http.Header
}

func newProvider(t *testing.T, answer http.HandlerFunc) *provider {
	p := &provider{next: answer}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(b))
		p.mu.Lock()
		p.got = append(p.got, taken{r.Method, r.URL.Path, r.URL.RawQuery, string(b), r.Header.Clone()})
		next := p.next
		p.mu.Unlock()
		next(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) requests() []taken {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]taken(nil), p.got...)
}

// answerWith says what comes back from now on.
func (p *provider) answerWith(h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = h
}

func (p *provider) host() string { return strings.TrimPrefix(p.URL, "http://") }

func answerJSON(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

// servesPicture answers with the smallest PNG there is.
func servesPicture(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/png")
	_ = png.Encode(w, image.NewGray(image.Rect(0, 0, 1, 1)))
}

// baseFile is the base format, sending to url.
func baseFile(id, url string) string {
	return strings.NewReplacer("ID", id, "URL", url).Replace(`{
  "id": "ID", "name": "ID", "logo": "https://example.com/assets/logo.png", "class": "sms",
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

func post(t *testing.T, url, contentType, body string) (int, string) {
	t.Helper()
	resp, err := http.Post(url, contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

// only waits until the list has n entries and returns them.
func (g *gateway) only(n int, path string) []map[string]any {
	g.t.Helper()
	var got []map[string]any
	g.until(path, func() bool { got = g.all(path); return len(got) == n })
	return got
}

func TestTheMainJobThroughTheBaseFile(t *testing.T) {
	p := newProvider(t, answerJSON(`{"data":{"id":"9612c4e2-27f8-4463-a517-c6306ffdabff"}}`))
	g := newGateway(t, p.host())
	g.call(200, "PUT", "/v1/services/YourService", baseFile("YourService", p.URL))
	tm := g.newTeam("acme", "YourService", map[string]string{"API key": "s3cret-canary-key"}, "+61123456789")

	id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.users[0],
		"from": "+61123456789", "to": "+61855555555", "content": "Hello there!"}).str("id")
	m := g.await(id, status("sent"))
	want := `{"from":"+61123456789","to":"+61855555555","extension":"101","domain":"acme","content":"Hello there!"}`
	reqs := p.requests()
	if len(reqs) != 1 || reqs[0].body != want {
		t.Fatalf("the provider received %+v\nwant once %s", reqs, want)
	}
	if h := reqs[0].header; h.Get("Authorization") != "Bearer s3cret-canary-key" || h.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", h)
	}
	if ids := m["messageids"].([]any); len(ids) != 1 || ids[0] != "9612c4e2-27f8-4463-a517-c6306ffdabff" {
		t.Errorf("messageids %v", ids)
	}
	if s := string(g.call(200, "GET", "/v1/messages/"+id, nil).body); strings.Contains(s, "s3cret-canary-key") {
		t.Error("an attempt shows the secret")
	}

	for _, c := range []struct{ name, body string }{
		{"message", `{ "method": "message", "params":{ "from": "+61855555555", "to": "+61123456789", "content": "Hello there!" } }`},
		{"file", `{ "method": "file", "params":{ "from": "+61855555555", "to": "+61123456789", "text": "Sending a file", "url":"https://your.server.invalid/files/8a8d89798as9ud.jpeg" } }`},
		{"delivered", `{"method": "delivered", "params": {"messageid": "9612c4e2-27f8-4463-a517-c6306ffdabff"}}`},
	} {
		if status, body := post(t, tm.webhook, "application/json", c.body); status != 200 || body != `{"result": {}}` && body != `{"result":{}}` {
			t.Errorf("%s: answered %d %s", c.name, status, body)
		}
	}
	g.await(id, status("delivered"))
	texts := map[string]int{}
	for _, m := range g.only(2, "/v1/messages?direction=inbound&limit=50") {
		media, _ := m["media"].([]any)
		texts[m["content"].(string)] = len(media)
		if m["from"] != "+61855555555" || m["to"] != "+61123456789" {
			t.Errorf("inbound %v", m)
		}
	}
	if files, ok := texts["Hello there!"]; !ok || files != 0 {
		t.Errorf("the message is not there: %v", texts)
	}
	if files := texts["Sending a file"]; files != 1 {
		t.Errorf("the MMS is not there: %v", texts)
	}
}

func TestNastyTextsArriveExactlySo(t *testing.T) {
	p := newProvider(t, answerJSON(`{"data":{"id":1}}`))
	g := newGateway(t, p.host())
	g.call(200, "PUT", "/v1/services/YourService", baseFile("YourService", p.URL))
	tm := g.newTeam("acme", "YourService", map[string]string{"API key": "k"}, "+61123456789")
	texts := []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", "a\nb\r\n", `","to":"+1900`, strings.Repeat("x", 1600)}
	for i, text := range texts {
		id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.users[0],
			"from": "+61123456789", "to": "+61855555555", "content": text}).str("id")
		g.await(id, status("sent"))
		var got map[string]string
		reqs := p.requests()
		if err := json.Unmarshal([]byte(reqs[i].body), &got); err != nil || got["content"] != text || got["to"] != "+61855555555" {
			t.Errorf("%q arrived as %s (%v)", text, reqs[i].body, err)
		}
		in, _ := json.Marshal(map[string]any{"method": "message", "params": map[string]string{"from": "+61855555555", "to": "+61123456789", "content": text}})
		if status, _ := post(t, tm.webhook, "application/json", string(in)); status != 200 {
			t.Errorf("inbound %q: %d", text, status)
		}
	}
	back := map[string]bool{}
	for _, m := range g.only(len(texts), "/v1/messages?direction=inbound&limit=50") {
		back[m["content"].(string)] = true
	}
	for _, text := range texts {
		if !back[text] {
			t.Errorf("inbound %q is not there", text)
		}
	}
}

func TestTwoOrganizationsShareOneURLAndAnotherAccountSeesNothing(t *testing.T) {
	p := newProvider(t, answerJSON(`{"data":{"id":"m1"}}`))
	g := newGateway(t, p.host())
	g.call(200, "PUT", "/v1/services/YourService", baseFile("YourService", p.URL))
	a := g.newTeam("acme", "YourService", map[string]string{"API key": "k1"}, "+61123456781")
	b := g.newTeam("bravo", "YourService", map[string]string{"API key": "k2"}, "+61123456782")
	if a.webhook != b.webhook {
		t.Errorf("two URLs: %s and %s", a.webhook, b.webhook)
	}
	post(t, a.webhook, "application/json", `{"method":"message","params":{"from":"+61855555555","to":"+61123456782","content":"for bravo"}}`)
	if got := g.only(1, "/v1/messages?limit=50&orgid="+b.org); got[0]["content"] != "for bravo" {
		t.Errorf("bravo has %v", got)
	}
	if got := g.all("/v1/messages?limit=50&orgid=" + a.org); len(got) != 0 {
		t.Errorf("acme has %v", got)
	}

	// The URL outlives an upload; a new id has a URL of its own.
	g.call(200, "PUT", "/v1/services/YourService", strings.Replace(baseFile("YourService", p.URL), `"name": "YourService"`, `"name": "Renamed"`, 1))
	again := g.call(200, "PUT", "/v1/organizations/"+a.org+"/integrations/YourService", map[string]any{"properties": map[string]string{"API key": "k1"}}).str("webhook_url")
	if again != a.webhook {
		t.Errorf("the URL changed from %s to %s", a.webhook, again)
	}
	g.call(200, "PUT", "/v1/services/Other", baseFile("Other", p.URL))
	if other := g.call(200, "PUT", "/v1/organizations/"+a.org+"/integrations/Other", map[string]any{"properties": map[string]string{"API key": "k1"}}).str("webhook_url"); other == a.webhook {
		t.Error("a new id kept the URL")
	}

	// A user who is not assigned sends nothing from it.
	other := g.call(200, "POST", "/v1/organizations/"+a.org+"/users", map[string]any{"extension": "199", "name": "Nobody"}).str("id")
	g.call(403, "POST", "/v1/messages", map[string]any{"orgid": a.org, "user": other, "from": "+61123456781", "to": "+61855555555", "content": "no"})

	// Another account.
	second := g.secondAccount("second")
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/v1/services/YourService", nil},
		{"GET", "/v1/organizations/" + a.org, nil},
		{"GET", "/v1/messages/" + g.all("/v1/messages?limit=1")[0]["id"].(string), nil},
		{"PUT", "/v1/organizations/" + a.org + "/integrations/YourService", map[string]any{"properties": map[string]string{"API key": "x"}}},
	} {
		g.call(404, c.method, c.path, c.body, "Authorization", "Bearer "+second)
	}
	own := g.call(200, "POST", "/v1/organizations", map[string]any{"name": "S", "domain": "acme"}, "Authorization", "Bearer "+second).str("id")
	g.call(404, "PUT", "/v1/organizations/"+own+"/integrations/YourService", map[string]any{"properties": map[string]string{"API key": "x"}}, "Authorization", "Bearer "+second)
	if s := string(g.call(200, "GET", "/v1/messages?limit=50", nil, "Authorization", "Bearer "+second).body); strings.Contains(s, "bravo") {
		t.Errorf("the second account reads %s", s)
	}
	wrong := strings.Replace(a.webhook, "/a", "/a0", 1)
	if status, _ := post(t, wrong[:len(wrong)-1], "application/json", `{"method":"message"}`); status != 404 {
		t.Errorf("an unknown account's URL answered %d", status)
	}
}
