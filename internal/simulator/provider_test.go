package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// imitation is a provider with a webhook URL at which somebody reads what it says.
type imitation struct {
	*testing.T
	*Provider
	heard   chan string // every event that verified, or "refused"
	console *lines
}

// lines is a console that somebody reads while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const ourNumber, theContact = "+14155550100", "+14155550123"

func imitate(t *testing.T, file string, o Imitation) *imitation {
	t.Helper()
	data, err := os.ReadFile("../../services/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var problems service.Problems
	if o.Service, problems = service.Parse(data); o.Service == nil {
		t.Fatal(problems)
	}
	i := &imitation{T: t, heard: make(chan string, 32), console: &lines{}}
	o.Console = i.console
	if i.Provider, err = Imitate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(http.HandlerFunc(i.listens))
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
		hook.Close()
	})
	i.SendCallbacksTo(hook.URL + "/services/x/a1")
	return i
}

// listens is our webhook URL.
func (i *imitation) listens(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	cb := &service.Callback{Request: wire.Request{Method: r.Method, URL: "http://" + r.Host + r.URL.RequestURI(), Header: r.Header, Body: body},
		Now: time.Now(), Numbers: service.NewNumbers([]service.Number{{Value: ourNumber, Country: "US"}}), RemoteIP: "127.0.0.1"}
	if i.Fake().Verify(cb) != nil {
		i.heard <- "refused"
		w.WriteHeader(http.StatusNotFound)
		return
	}
	for _, e := range i.Fake().Read(cb).Events {
		said := string(e.Type)
		for _, more := range []string{e.Content, e.ErrorCode} {
			if more != "" {
				said += " " + more
			}
		}
		for range e.Files {
			said += " +1"
		}
		i.heard <- said
	}
}

// send sends a text as the gateway would, and gives the status of the answer, 0 for none, and what the file makes of it.
func (i *imitation) send(to, text string) (int, string) {
	i.Helper()
	b := i.Fake().Bound
	m := &service.Sending{ID: "id of " + text, From: ourNumber, To: to, Text: text, Country: "US"}
	r, err := b.Request(m, 0, service.Attempt{Now: time.Now()})
	if err != nil {
		i.Fatal(err)
	}
	resp, err := i.do(r)
	if err != nil {
		return 0, err.Error()
	}
	return resp.Status, string(b.Response(m, 0, resp, time.Now()).Outcome)
}

func (i *imitation) do(r *wire.Request) (*wire.Response, error) {
	ctx, cancel := context.WithTimeout(i.T.Context(), 300*time.Millisecond) // for what hangs
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		i.Fatal(err)
	}
	req.Header = r.Header
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &wire.Response{Status: resp.StatusCode, Header: resp.Header, Body: body, Cut: err != nil}, nil
}

func TestEveryFaultDoesWhatItSays(t *testing.T) {
	for _, c := range []struct {
		fault   string
		status  int
		outcome string // what the file makes of the answer
		events  []string
	}{
		{"", 200, "accepted", []string{"messageSent", "messageDelivered"}},
		{"refuse", 400, "refused", nil},
		{"refuse=21211", 400, "refused", nil},
		{"busy", 429, "busy", nil},
		{"busy=3", 429, "busy", nil},
		{"unclear", 502, "unclear", nil},
		{"opted-out", 400, "refused", nil},
		{"auth-expired", 401, "refused", nil},
		{"entry=1:20429", 400, "busy", nil},
		{"slow=1ms", 200, "accepted", []string{"messageSent", "messageDelivered"}},
		{"hang", 0, "", []string{"messageSent", "messageDelivered"}},
		{"reset", 0, "", nil},
		{"reset-after", 0, "", []string{"messageSent", "messageDelivered"}},
		{"cut", 200, "unclear", []string{"messageSent", "messageDelivered"}},
		{"undelivered=30003", 200, "accepted", []string{"messageSent", "messageFailed 30003"}},
		{"no-receipt", 200, "accepted", nil},
		{"early-receipt", 200, "accepted", []string{"messageDelivered"}},
		{"late-receipt=1ms", 200, "accepted", []string{"messageSent", "messageDelivered"}},
		{"twice", 200, "accepted", []string{"messageSent", "messageSent", "messageDelivered", "messageDelivered"}},
		{"out-of-order", 200, "accepted", []string{"messageDelivered", "messageSent"}},
		{"unsigned", 200, "accepted", []string{"refused", "refused"}},
		{"forged", 200, "accepted", []string{"refused", "refused"}},
	} {
		for how, o := range map[string]Imitation{"by flag": {Faults: strings.Fields(c.fault)}, "by text": {}} {
			t.Run(c.fault+" "+how, func(t *testing.T) {
				i, text := imitate(t, "twilio", o), "Hello"
				if how == "by text" {
					text = "simulate " + c.fault
				}
				status, outcome := i.send(theContact, text)
				if status != c.status || status != 0 && outcome != c.outcome {
					t.Errorf("answered with %d %s, want %d %s", status, outcome, c.status, c.outcome)
				}
				for _, want := range c.events {
					if got := <-i.heard; got != want {
						t.Errorf("said %q, want %q", got, want)
					}
				}
				got := i.Received()
				took := len(c.events) > 0 || c.fault == "no-receipt"
				if len(got) != 1 || got[0].Text != text || (got[0].Answer == "accepted") != took || (i.Counts()["id of "+text] == 1) != (took && got[0].Order.ID != "") {
					t.Errorf("it remembers %+v", got)
				}
				if err := i.Close(); err != nil { // whatever is still to be said is said by now
					t.Error(err)
				}
				if len(i.heard) > 0 {
					t.Errorf("and said %q besides", <-i.heard)
				}
			})
		}
	}
	named := map[string]bool{}
	for _, f := range Faults {
		if named[f.Name] || f.Says == "" {
			t.Errorf("fault %s stands twice, or says nothing", f.Name)
		}
		named[f.Name] = true
	}
	for _, wrong := range []string{"nonsense", "twice=2", "entry", "entry=0", "slow", "slow=soon", "busy=never"} {
		if CheckFaults([]string{wrong}) == nil {
			t.Errorf("fault %q is taken", wrong)
		}
	}
}

func TestAFaultCanBeForTheFirstTriesOrTheNextMessages(t *testing.T) {
	i := imitate(t, "simulator", Imitation{Faults: []string{"busy"}, Tries: 2})
	for n, want := range []int{429, 429, 200} {
		if status, _ := i.send(theContact, "one text"); status != want {
			t.Errorf("try %d: %d, want %d", n+1, status, want)
		}
	}
	if n := i.Counts()["id of one text"]; n != 1 {
		t.Errorf("it was taken %d times", n)
	}
	i = imitate(t, "simulator", Imitation{})
	i.call(200, "POST", "/_simulate/faults", `{"faults": ["refuse"], "messages": 2}`)
	for n, want := range []int{400, 400, 200} {
		if status, _ := i.send(theContact, strings.Repeat("x", n+1)); status != want {
			t.Errorf("message %d: %d, want %d", n+1, status, want)
		}
	}
}

// call steers the provider, and gives the answer.
func (i *imitation) call(want int, method, path, body string, header ...string) map[string]any {
	i.Helper()
	r, err := http.NewRequestWithContext(i.T.Context(), method, i.URL()+path, strings.NewReader(body))
	if err != nil {
		i.Fatal(err)
	}
	for n := 0; n+1 < len(header); n += 2 {
		if header[n] == "Host" {
			r.Host = header[n+1]
		}
		r.Header.Set(header[n], header[n+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		i.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	var out map[string]any
	_ = json.Unmarshal(b, &out) // a refusal by name is no JSON
	if resp.StatusCode != want {
		i.Errorf("%s %s %s: %d %s, want %d", method, path, body, resp.StatusCode, b, want)
	}
	return out
}

func TestContactsTextAndReceiptsComeOnDemand(t *testing.T) {
	i := imitate(t, "twilio", Imitation{})
	hear := func(want string) {
		t.Helper()
		if got := <-i.heard; got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	}
	message := func(want int, more string) map[string]any {
		t.Helper()
		return i.call(want, "POST", "/_simulate/message", `{"from": "`+theContact+`", "to": "`+ourNumber+`"`+more+`}`)
	}
	if a := message(200, `, "text": "yes $to$ 0123", "messageid": "m1"`); a["messageid"] != "m1" || a["status"] != 200.0 {
		t.Errorf("answered %v", a)
	}
	hear("message yes $to$ 0123")
	message(200, `, "text": "Look", "picture": true`)
	hear("message Look +1")
	message(200, `, "urls": ["https://a.example/1.png", "https://a.example/2.png"]`)
	hear("message +1 +1")
	if a := message(200, `, "text": "x", "proof": "forged"`); a["status"] != 404.0 {
		t.Errorf("a forged one: %v", a)
	}
	hear("refused")
	message(400, ``)
	message(400, `, "text": "x", "proof": "perfect"`)
	message(400, `, "text": "x", "color": "red"`)

	i.send(theContact, "simulate no-receipt")
	id := i.Received()[0].MessageID
	i.call(200, "POST", "/_simulate/receipt", `{"messageid": "`+id+`", "status": "failed", "code": "30005"}`)
	hear("messageFailed 30005")
	i.call(200, "POST", "/_simulate/receipt", `{"messageid": "`+id+`", "status": "read"}`)
	hear("messageRead")
	i.call(422, "POST", "/_simulate/receipt", `{"messageid": "none", "status": "read"}`)
	i.call(400, "POST", "/_simulate/receipt", `{"messageid": "`+id+`", "status": "lost"}`)

	a := i.call(200, "GET", "/_simulate/received", "")
	if rows, _ := a["data"].([]any); len(rows) != 1 || rows[0].(map[string]any)["to"] != theContact || rows[0].(map[string]any)["messageid"] != id {
		t.Errorf("received %v", a)
	}
	if a := i.call(200, "GET", "/_simulate", ""); a["service"] != "twilio" || a["properties"].(map[string]any)["Auth Token"] == "" {
		t.Errorf("it shows %v", a)
	}
	if a := i.call(200, "GET", "/_simulate/file", ""); !strings.HasPrefix(a["API"].(map[string]any)["SendMessage"].(map[string]any)["request_url"].(string), i.URL()) {
		t.Errorf("its file sends to %v", a["API"])
	}
	i.call(400, "POST", "/_simulate/callback", `{"url": "ftp://a.example"}`)
	i.call(200, "POST", "/_simulate/callback", `{"url": "http://127.0.0.1:1/"}`)
	message(422, `, "text": "x"`)

	i.call(421, "POST", "/_simulate/message", `{}`, "Host", "evil.example")
	i.call(403, "POST", "/_simulate/message", `{}`, "Sec-Fetch-Site", "cross-site")
}

// What is wrong with a request is said by its pointer, in the answer and on the console.
func TestARequestThatTheFileDoesNotWriteIsRefusedWithTheReason(t *testing.T) {
	i := imitate(t, "telnyx", Imitation{})
	good, err := i.Fake().Request(&service.Sending{ID: "1", From: ourNumber, To: theContact, Text: "x", Country: "US", WebhookURL: "https://us.example/x"}, 0, service.Attempt{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		edit   func(*wire.Request)
		status int
		want   string
	}{
		{"another path", func(r *wire.Request) { r.URL = strings.Replace(r.URL, "/v2/", "/v3/", 1) }, 404, "/API/SendMessage: the file asks for POST /v2/messages"},
		{"another method", func(r *wire.Request) { r.Method = "PUT" }, 404, "/API/SendMessage: the file asks for POST"},
		{"another key", func(r *wire.Request) { r.Header.Set("Authorization", "Bearer x") }, 401, "/auth: the credentials"},
		{"no key", func(r *wire.Request) { r.Header.Del("Authorization") }, 401, "/auth: the credentials"},
		{"another type", func(r *wire.Request) { r.Header.Set("Content-Type", "text/json") }, 400, "want application/json, came text/json"},
		{"no such header", func(r *wire.Request) { r.Header.Del("Accept") }, 400, "/API/SendMessage/request_headers/Accept"},
		{"not JSON", func(r *wire.Request) { r.Body = []byte("{") }, 400, "/API/SendMessage/request_parameters"},
		{"no to", func(r *wire.Request) { r.Body = bytes.Replace(r.Body, []byte(`"to"`), []byte(`"too"`), 1) }, 400, "/API/SendMessage/request_parameters/to: want $to$, came nothing"},
		{"another constant", func(r *wire.Request) { r.Body = bytes.Replace(r.Body, []byte("false"), []byte("true"), 1) }, 400, "/use_profile_webhooks: want false, came true"},
	} {
		r := *good
		r.Header, r.Body = good.Header.Clone(), slices.Clone(good.Body)
		c.edit(&r)
		resp, err := i.do(&r)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Status != c.status || !strings.Contains(string(resp.Body), c.want) || !strings.Contains(i.console.String(), c.want) {
			t.Errorf("%s: %d %s\nwant %d with %s\nconsole %s", c.name, resp.Status, resp.Body, c.status, c.want, i.console)
		}
	}
	if resp, err := i.do(good); err != nil || resp.Status != 200 {
		t.Errorf("the right one: %v %v", resp, err)
	}
}
