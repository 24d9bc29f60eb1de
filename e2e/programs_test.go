package e2e

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/simulator"
)

// withProgram is a gateway on the simulator, and a program that it may reach.
func withProgram(t *testing.T) (g *gateway, sim *simulator.Server, p *provider, tm team) {
	t.Helper()
	sim, err := simulator.Start(context.Background(), simulator.Options{APIKey: "sim-key", Secret: "sim-secret", Retries: 200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	p = newProvider(t, answerJSON(`{}`))
	g = newGateway(t, sim.Addr()+","+p.host())
	tm = g.newTeam("acme", "simulator", map[string]string{"Base URL": sim.URL(), "API key": "sim-key", "Signing secret": "sim-secret"}, "+15550001001")
	sim.SendCallbacksTo(tm.webhook)
	return g, sim, p, tm
}

// verified is a notification whose signature is right, read; it is what a program does on its side.
func verified(t *testing.T, r taken, secret string) (n struct {
	Type      string
	Timestamp time.Time
	Data      map[string]any
}) {
	t.Helper()
	id, stamp := r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp")
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < 24 {
		t.Fatalf("the secret %q: %v", secret, err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, r.body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.header.Get("Webhook-Signature") != want {
		t.Errorf("signature %q, want %q", r.header.Get("Webhook-Signature"), want)
	}
	seconds, _ := strconv.ParseInt(stamp, 10, 64)
	if age := time.Since(time.Unix(seconds, 0)); id == "" || age < -5*time.Second || age > time.Minute {
		t.Errorf("id %q, signed %v ago", id, age)
	}
	if err := json.Unmarshal([]byte(r.body), &n); err != nil || n.Type == "" || n.Timestamp.IsZero() || r.method != "POST" || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s: %v", r.method, r.body, err)
	}
	return n
}

func TestAProgramIsToldOfEverythingAndCanProveIt(t *testing.T) {
	t.Parallel()
	g, sim, p, tm := withProgram(t)
	elsewhere := newProvider(t, answerJSON(`{}`))
	other := g.call(200, "POST", "/v1/organizations", map[string]any{"name": "bravo", "domain": "bravo"}).str("id")
	hook := g.call(201, "POST", "/v1/webhooks", map[string]any{"url": p.URL + "/all"})
	secret := hook.str("secret")
	g.call(201, "POST", "/v1/webhooks", map[string]any{"url": p.URL + "/received", "orgid": tm.org, "types": []string{"message.received"}})
	g.call(201, "POST", "/v1/webhooks", map[string]any{"url": p.URL + "/bravo", "orgid": other})
	g.call(201, "POST", "/v1/webhooks", map[string]any{"url": p.URL + "/messaging", "format": "messaging"})
	if again := g.call(200, "GET", "/v1/webhooks/"+hook.str("id"), nil); again.str("secret") != "" || strings.Contains(string(again.body), "whsec_") {
		t.Errorf("the secret is shown again: %s", again.body)
	}

	// The first request meets a redirect, which is no success and is not followed.
	var once sync.Once
	p.answerWith(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/all" {
			once.Do(func() { http.Redirect(w, r, elsewhere.URL+"/all", http.StatusTemporaryRedirect) })
		}
	})
	sim.Text(t.Context(), "+15550100001", "+15550001001", "hello \"in\" 😀")
	id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.users[0], "from": "+15550001001", "to": "+15550100002", "content": "hello out"}).str("id")

	at := func(path string) (out []taken) {
		for _, r := range p.requests() {
			if r.path == path {
				out = append(out, r)
			}
		}
		return out
	}
	told := func(want ...string) func() bool {
		return func() bool {
			have := map[string]bool{}
			for _, r := range at("/all") {
				n := verified(t, r, secret)
				have[fmt.Sprint(n.Type, " ", n.Data["status"])] = true
			}
			return !slices.ContainsFunc(want, func(w string) bool { return !have[w] })
		}
	}
	g.until("the program is told", told("message.received received", "message.status sent", "message.status delivered"))
	if n := len(elsewhere.requests()); n != 0 {
		t.Errorf("the redirect was followed %d times", n)
	}

	m := g.call(200, "GET", "/v1/messages/"+id, nil).json
	delete(m, "attempts")
	tries, order := map[string]int{}, []string{}
	for _, r := range at("/all") {
		n := verified(t, r, secret)
		tries[fmt.Sprint(r.header.Get("Webhook-Id"), n.Type, n.Timestamp, n.Data["id"], n.Data["status"])]++
		if n.Data["id"] != id || n.Type != "message.status" {
			continue
		}
		order = append(order, n.Data["status"].(string))
		if n.Data["attempts"] != nil {
			t.Errorf("a notification shows attempts: %s", r.body)
		}
		if n.Data["status"] == "delivered" && !reflect.DeepEqual(n.Data, m) {
			t.Errorf("told %v\nGET gives %v", n.Data, m)
		}
	}
	order = slices.Compact(order)
	if !slices.IsSortedFunc(order, func(a, b string) int {
		ranks := []string{"queued", "sending", "sent", "delivered"}
		return slices.Index(ranks, a) - slices.Index(ranks, b)
	}) {
		t.Errorf("the statuses were told in the order %q", order)
	}
	most := 0
	for _, n := range tries {
		most = max(most, n)
	}
	if most != 2 {
		t.Errorf("the notification that met the redirect was told %d times under one id, saying the same", most)
	}

	if got := at("/received"); len(got) != 1 || !strings.Contains(got[0].body, `"type":"message.received"`) {
		t.Errorf("the webhook of one type got %v", got)
	}
	if got := at("/bravo"); len(got) != 0 {
		t.Errorf("another organization's webhook got %v", got)
	}
	var methods []string
	g.until("the Messaging API's notifications", func() bool {
		methods = nil
		for _, r := range at("/messaging") {
			var n struct {
				Method string
				Params map[string]any
			}
			if err := json.Unmarshal([]byte(r.body), &n); err != nil {
				t.Fatal(err)
			}
			methods = append(methods, n.Method)
			if n.Method == "message" && (n.Params["type"] != 1.0 || n.Params["orgid"] != tm.org || n.Params["sessionid"] == "" || !strings.HasPrefix(n.Params["content"].(string), "hello")) {
				t.Errorf("told %s", r.body)
			}
			if n.Method == "delivered" && n.Params["messageid"] != id {
				t.Errorf("told %s", r.body)
			}
		}
		return slices.Contains(methods, "delivered")
	})
	slices.Sort(methods)
	if !slices.Equal(methods, []string{"delivered", "message", "message"}) {
		t.Errorf("the Messaging API's webhook was told %q", methods)
	}
}

// event is one of the stream's.
type event struct {
	id   int
	kind string
	data map[string]any
}

// listen reads the stream after an id until the connection ends or done is true of what came.
func (g *gateway) listen(t *testing.T, after string, ready chan<- struct{}, done func([]event) bool) (events []event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", g.url()+"/v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+g.key)
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	resp, err := (&http.Client{}).Do(r)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("the stream was answered %d %q", resp.StatusCode, resp.Header.Get("Content-Type"))
		return nil
	}
	var e event
	begun := false
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			e.id, _ = strconv.Atoi(value)
		case "event":
			e.kind = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.data); err != nil {
				t.Errorf("%s: %v", value, err)
			}
		case "":
			if !begun && ready != nil {
				close(ready)
			}
			begun = true
			if e.kind != "" {
				events = append(events, e)
			}
			e = event{}
			if done(events) {
				return events
			}
		}
	}
	return events
}

// said is what each event says: its id, its kind, and which message had which status.
func said(events []event) (out []string) {
	for _, e := range events {
		m, _ := e.data["data"].(map[string]any)
		out = append(out, fmt.Sprint(e.id, " ", e.kind, " ", e.data["type"], " ", e.data["timestamp"], " ", m["id"], " ", m["status"], " ", m["content"]))
	}
	return out
}

func TestTheStreamGoesOnWhereItWasAfterARestart(t *testing.T) {
	t.Parallel()
	g, sim, _, tm := withProgram(t)
	text := func(n int) {
		if _, ok := sim.Text(t.Context(), "+15550100001", "+15550001001", fmt.Sprint("text ", n)); !ok {
			t.Errorf("text %d was not taken", n)
		}
	}
	has := func(n int) func([]event) bool {
		return func(all []event) bool {
			return slices.ContainsFunc(all, func(e event) bool {
				m, _ := e.data["data"].(map[string]any)
				return e.kind == "message.received" && m["content"] == fmt.Sprint("text ", n)
			})
		}
	}
	ready, heard := make(chan struct{}), make(chan []event, 1)
	go func() { heard <- g.listen(t, "", ready, func([]event) bool { return false }) }()
	<-ready
	for n := range 5 {
		text(n)
	}
	id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "from": "+15550001001", "to": "+15550100001", "content": "out"}).str("id")
	g.await(id, status("delivered"))
	g.kill()
	first := <-heard // whatever came before the connection broke
	g.start()
	for n := 5; n < 10; n++ {
		text(n) // while nobody listens
	}
	after := "0"
	if len(first) > 0 {
		after = strconv.Itoa(first[len(first)-1].id)
	}
	again, live := make(chan struct{}), make(chan []event, 1)
	go func() { live <- g.listen(t, after, again, has(10)) }()
	<-again
	text(10) // and one while somebody does
	second := <-live

	whole := g.listen(t, "0", nil, has(10))
	if both := said(append(first, second...)); !slices.Equal(both, said(whole)) {
		t.Errorf("before and after the restart\n%q\nand there is\n%q", both, said(whole))
	}
	if !slices.IsSortedFunc(whole, func(a, b event) int { return a.id - b.id }) || len(first) == 0 {
		t.Errorf("%d events before, ids in order? %v", len(first), whole)
	}
	for n := range 11 {
		if !has(n)(whole) {
			t.Errorf("text %d is in no event", n)
		}
	}
	g.call(422, "GET", "/v1/events", nil, "Last-Event-ID", "tomorrow")
}

func TestOneKeyIsOneMessage(t *testing.T) {
	t.Parallel()
	g, _, _, tm := withProgram(t)
	body := map[string]any{"orgid": tm.org, "from": "+15550001001", "to": "+15550100001", "content": "once"}
	first := g.call(202, "POST", "/v1/messages", body, "Idempotency-Key", "k1")
	g.await(first.str("id"), status("delivered"))
	if again := g.call(202, "POST", "/v1/messages", body, "Idempotency-Key", "k1"); string(again.body) != string(first.body) {
		t.Errorf("the same key and body gave %s, and first %s", again.body, first.body)
	}
	other := map[string]any{"orgid": tm.org, "from": "+15550001001", "to": "+15550100001", "content": "twice"}
	a := g.call(422, "POST", "/v1/messages", other, "Idempotency-Key", "k1")
	if list(a.json["errors"])[0]["pointer"] != "/Idempotency-Key" {
		t.Errorf("another body under the key: %s", a.body)
	}
	if g.call(202, "POST", "/v1/messages", body, "Idempotency-Key", "k2").str("id") == first.str("id") || g.call(202, "POST", "/v1/messages", body).str("id") == first.str("id") {
		t.Error("another key, or none, gave the first message")
	}
	g.kill()
	g.start()
	if again := g.call(202, "POST", "/v1/messages", body, "Idempotency-Key", "k1"); string(again.body) != string(first.body) {
		t.Errorf("after a restart the key gave %s", again.body)
	}

	// Many at once are one; who comes while the first runs is told to come again.
	var mu sync.Mutex
	ids := map[string]bool{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for {
				a, err := g.try("POST", "/v1/messages", body, "Idempotency-Key", "at once")
				if err != nil || a.status != 202 && a.status != 409 {
					t.Errorf("%v %d %s", err, a.status, a.body)
					return
				}
				if a.status == 202 {
					mu.Lock()
					ids[a.str("id")] = true
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 {
		t.Errorf("twenty at once made %d messages", len(ids))
	}
	if all := g.all("/v1/messages?direction=outbound&limit=50"); len(all) != 4 {
		t.Errorf("there are %d messages", len(all))
	}

	// A key is an account's own.
	second := g.secondAccount("second")
	org := g.call(200, "POST", "/v1/organizations", map[string]any{"name": "S", "domain": "s"}, "Authorization", "Bearer "+second).str("id")
	g.call(403, "POST", "/v1/messages", map[string]any{"orgid": org, "from": "+15550001001", "to": "+15550100001", "content": "once"}, "Authorization", "Bearer "+second, "Idempotency-Key", "k1")
}
