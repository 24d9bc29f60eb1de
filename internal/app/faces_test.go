package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/app"
)

func TestTheBaseFileSendsAndReceives(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"data":{"id":"9612c4e2-27f8-4463-a517-c6306ffdabff"}}`)
	})
	w.account.call(201, "PUT", "/v1/services/YourService", p.file("YourService"))
	tm := w.account.newTeam("acme", "YourService", "+61123456789", map[string]string{"API key": "canary-API-key"})
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{
		"orgid": tm.org, "user": tm.user, "from": "+61123456789", "to": "+61855555555", "content": "Hello there!",
	}).str("id")
	m := w.account.until("/v1/messages/"+id, hasStatus("sent"))
	got := p.requests()
	want := `{"from":"+61123456789","to":"+61855555555","extension":"101","domain":"acme","content":"Hello there!"}`
	if len(got) != 1 || got[0].body != want || got[0].header.Get("Authorization") != "Bearer canary-API-key" {
		t.Fatalf("the provider got %v, want once %s", got, want)
	}
	if fmt.Sprint(m.json["messageids"]) != "[9612c4e2-27f8-4463-a517-c6306ffdabff]" || len(m.list("attempts")) != 1 {
		t.Errorf("message %s", m.body)
	}
	for _, body := range []string{
		`{ "method": "message", "params":{ "from": "+61855555555", "to": "+61123456789", "content": "Hello there!" } }`,
		`{ "method": "file", "params":{ "from": "+61855555555", "to": "+61123456789", "text": "Sending a file", "url":"https://your.server.invalid/files/8a8d89798as9ud.jpeg" } }`,
		`{"method": "delivered", "params": {"messageid": "9612c4e2-27f8-4463-a517-c6306ffdabff"}}`,
	} {
		if a := w.post(tm.webhook, "application/json", body); a.status != 200 || a.json["result"] == nil {
			t.Errorf("%s: answered %d %s", body, a.status, a.body)
		}
	}
	w.account.until("/v1/messages/"+id, hasStatus("delivered"))
	files := map[string]int{}
	for _, m := range w.account.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 2 }).list("data") {
		media, _ := m["media"].([]any)
		files[m["content"].(string)] = len(media)
	}
	if files["Hello there!"] != 0 || files["Sending a file"] != 1 || len(files) != 2 {
		t.Errorf("inbound: %v", files)
	}
	if strings.Contains(w.log.String(), "canary-API-key") || strings.Contains(string(m.body), "canary-API-key") {
		t.Error("the secret shows in the log or in an attempt")
	}
	if strings.Contains(w.log.String(), "Hello there!") || strings.Contains(w.log.String(), "61855555555") {
		t.Error("the log holds a text or a number")
	}
}

func TestOneURLReachesTheOrganizationOfTheCalledNumber(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	a := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k1"})
	b := w.account.newTeam("b", "acme", "+15550001002", map[string]string{"API key": "k2"})
	other := w.anotherAccount()
	if got := other.try("PUT", "/v1/organizations/"+other.call(201, "POST", "/v1/organizations", map[string]any{"name": "n", "domain": "d"}).str("id")+"/integrations/acme", `{}`); got.status != 404 {
		t.Errorf("another account enables the file: %d", got.status)
	}
	for number, text := range map[string]string{a.number: "for a", b.number: "for b"} {
		w.post(a.webhook, "application/json", fmt.Sprintf(`{"method":"message","params":{"from":"+15550100001","to":%q,"content":%q}}`, number, text))
	}
	for _, tm := range []*team{a, b} {
		want := "for " + map[*team]string{a: "a", b: "b"}[tm]
		rows := tm.keys["organization"].until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) > 0 }).list("data")
		if len(rows) != 1 || rows[0]["content"] != want || rows[0]["orgid"] != tm.org {
			t.Errorf("%s got %v", tm.org, rows)
		}
	}
	if rows := other.call(200, "GET", "/v1/callbacks", nil).list("data"); len(rows) != 0 {
		t.Errorf("another account sees callbacks: %v", rows)
	}
}

func TestCallbacksAreAnsweredAsTheTableSays(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	nobody := w.as("")
	account := tm.webhook[strings.LastIndex(tm.webhook, "/a")+2:]

	// Whoever guesses learns nothing: one answer.
	var first *answer
	for _, url := range []string{
		"/services/nobody/a" + account, "/services/acme/a" + strings.Repeat("0", 32), "/services/acme/" + account, "/services/acme/ab",
		"/services/acme/a" + account + "/wrong-key-of-enough-length", "/services/%ff%00/a" + account,
	} {
		a := nobody.try("POST", url, `{"method":"message"}`)
		if a.status != 404 {
			t.Errorf("%s: %d", url, a.status)
		}
		if first == nil {
			first = &a
		} else if !bytes.Equal(a.body, first.body) || a.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("%s: %q, and elsewhere %q", url, a.body, first.body)
		}
	}
	if rows := w.account.call(200, "GET", "/v1/callbacks", nil).list("data"); len(rows) != 0 {
		t.Errorf("what was refused is kept: %v", rows)
	}
	for _, c := range []struct {
		name, method, kind, body string
		status                   int
		kept                     bool
		answer                   string
	}{
		{"HEAD", "HEAD", "", "", 200, false, ""},
		{"nothing", "POST", "", "", 200, false, ""},
		{"GET without anything", "GET", "", "", 200, false, ""},
		{"too large", "POST", "application/json", strings.Repeat("a", 1<<20+1), 413, false, ""},
		{"too large with files", "POST", "multipart/form-data; boundary=b", strings.Repeat("a", 12<<20+1), 413, false, ""},
		{"broken JSON", "POST", "application/json", `{"method":`, 200, true, `{"result": {}}`},
		{"deep", "POST", "application/json", strings.Repeat(`[`, 100_000), 200, true, `{"result": {}}`},
		{"no model", "POST", "application/json", `{"method":"ringing"}`, 200, true, `{"result": {}}`},
		{"a form where JSON is expected", "POST", "application/x-www-form-urlencoded", "method=message", 200, true, ""},
		{"no number of ours", "POST", "application/json", `{"method":"message","params":{"from":"+15550100001","to":"+15550009999","content":"x"}}`, 200, true, `{"result": {}}`},
		{"multipart of 2 MiB", "POST", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n" + strings.Repeat("a", 2<<20) + "\r\n--b--\r\n", 200, true, ""},
		{"PUT", "PUT", "application/json", `{"method":"message"}`, 200, true, `{"result": {}}`},
		{"bytes", "POST", "application/json", "\xff\xfe\x00{", 200, true, `{"result": {}}`},
	} {
		before := len(w.account.call(200, "GET", "/v1/callbacks?unmatched=true&limit=200", nil).list("data"))
		a := nobody.try(c.method, tm.webhook, c.body, "Content-Type", c.kind)
		if a.status != c.status {
			t.Errorf("%s: answered %d %s, want %d", c.name, a.status, a.body, c.status)
		}
		if a.status == 200 && strings.ReplaceAll(string(a.body), " ", "") != strings.ReplaceAll(c.answer, " ", "") {
			t.Errorf("%s: answered %q, want %q", c.name, a.body, c.answer)
		}
		if after := len(w.account.call(200, "GET", "/v1/callbacks?unmatched=true&limit=200", nil).list("data")); (after > before) != c.kept {
			t.Errorf("%s: unmatched callbacks %d → %d, want kept %v", c.name, before, after, c.kept)
		}
	}
}

func TestAListOfCallbacksTakesNoOtherWordForTrue(t *testing.T) {
	w := start(t)
	w.account.call(200, "GET", "/v1/callbacks?unmatched=1", nil)
	if a := w.account.refused(422, "invalid", "GET", "/v1/callbacks?unmatched=yes", nil); !slices.Contains(a.pointers(), "/unmatched") {
		t.Errorf("got %s", a.body)
	}
}

// A sender that looks at the answer only when everything is sent must find one. One that asked first is spared the transfer.
func TestWhoSendsTooMuchHearsItWhereverTheyListen(t *testing.T) {
	w := start(t)
	for _, c := range []struct{ name, expect, want string }{
		{"sends all, then listens", "", "HTTP/1.1 413 "},
		{"asks first", "Expect: 100-continue\r\n", "HTTP/1.1 413 "},
	} {
		conn, err := net.Dial("tcp", w.app.Addr())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		head := fmt.Sprintf("POST /services/acme/a0 HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n%s\r\n", 12<<20+1, c.expect)
		if _, err := io.WriteString(conn, head); err != nil {
			t.Fatal(err)
		}
		if c.expect == "" {
			if _, err := conn.Write(make([]byte, 12<<20+1)); err != nil {
				t.Errorf("%s: cut off: %v", c.name, err)
			}
		}
		first, err := bufio.NewReader(conn).ReadString('\n')
		if !strings.HasPrefix(first, c.want) {
			t.Errorf("%s: heard %q, %v", c.name, first, err)
		}
		_ = conn.Close()
	}
}

func TestAnUnmatchedCallbackIsReplayedAfterTheFileIsMended(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	w.post(tm.webhook, "application/json", `{"method":"sms","params":{"from":"+15550100001","to":"+15550001001","content":"late"}}`)
	rows := w.account.until("/v1/callbacks?unmatched=true", func(a answer) bool { return len(a.list("data")) == 1 }).list("data")
	id := rows[0]["id"].(string)
	if rows[0]["service"] != "acme" || rows[0]["reason"] == "" || rows[0]["at"] == nil {
		t.Errorf("row %v", rows[0])
	}
	one := w.account.call(200, "GET", "/v1/callbacks/"+id, nil)
	if !strings.Contains(one.str("body"), "late") || one.str("method") != "POST" {
		t.Errorf("one: %s", one.body)
	}
	w.account.call(200, "PUT", "/v1/services/acme", strings.Replace(p.file("acme"), `"event_key": "message"`, `"event_key": "sms"`, 1))
	w.account.call(202, "POST", "/v1/callbacks/"+id+"/replay", nil)
	w.account.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 1 })
	w.account.refused(409, "conflict", "POST", "/v1/callbacks/"+id+"/replay", nil)
	w.account.refused(404, "not_found", "POST", "/v1/callbacks/nobody/replay", nil)
}

func TestABodyThatDoesNotComeIsGivenUp(t *testing.T) {
	p := newProvider(t)
	w := startWith(t, app.Options{Request: 300 * time.Millisecond, AllowPrivateEgress: []string{p.host()}})
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	path := tm.webhook[strings.Index(tm.webhook, "/services/"):]
	for _, c := range []struct{ request, want string }{
		{"POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 408 "},
		{"POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "HTTP/1.1 408 "},
		{"POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 "},
		{"POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 400 "},
		{"GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 400 "},
		{"CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 "},
		{"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 "},
		{"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 "},
		{"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", "HTTP/1.1 431 "},
	} {
		if got := w.raw(c.request); !strings.HasPrefix(got, c.want) {
			t.Errorf("%.60q: answered %q, want %q", c.request, got, c.want)
		}
	}
	w.as("").call(200, "GET", "/healthz", nil)
}

// raw writes bytes and reads the first line of the answer.
func (w *world) raw(request string) string {
	w.Helper()
	c, err := net.DialTimeout("tcp", w.app.Addr(), 5*time.Second)
	if err != nil {
		w.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, request); err != nil {
		return "write: " + err.Error()
	}
	line, _ := bufio.NewReader(c).ReadString('\n')
	return line
}

func TestTheStreamTellsWhatHappensAndGoesOnWhereItStopped(t *testing.T) {
	p := newProvider(t)
	w := startWith(t, app.Options{Request: 500 * time.Millisecond, AllowPrivateEgress: []string{p.host()}})
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	text := func(s string) {
		w.post(tm.webhook, "application/json", fmt.Sprintf(`{"method":"message","params":{"from":"+15550100001","to":"+15550001001","content":%q}}`, s))
	}
	live := w.listen(tm.keys["user"], "")
	idle := w.listen(tm.idleKey, "")
	text("one")
	first := live.next("message.received")
	if first.data["content"] != "one" {
		t.Errorf("got %v", first.data)
	}
	one := w.account.call(200, "GET", "/v1/messages/"+first.data["id"].(string), nil).json
	delete(one, "attempts")
	if got, want := fmt.Sprint(first.data), fmt.Sprint(one); got != want {
		t.Errorf("a notification's data is not what GET gives:\n%s\n%s", got, want)
	}
	text("two")
	text("three")
	live.next("message.received")
	live.next("message.received")
	live.stop()
	resumed := w.listen(tm.keys["user"], first.id)
	if got := resumed.next("message.received").data["content"]; got != "two" {
		t.Errorf("after %s came %v, want two", first.id, got)
	}
	resumed.stop()
	// Ben is assigned to nothing until now: his stream, open all the time, shows only what is his from here on.
	w.account.call(200, "PATCH", "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID, map[string]any{"users": []string{tm.user, tm.idle}})
	text("four")
	if got := idle.next("message.received").data["content"]; got != "four" {
		t.Errorf("Ben was told %v", got)
	}
	idle.stop()
	w.account.refused(422, "invalid", "GET", "/v1/events", nil, "Last-Event-ID", "x")
	w.account.refused(422, "invalid", "GET", "/v1/events?types=everything", nil)
}

// listener is an open stream.
type listener struct {
	w      *world
	lines  *bufio.Scanner
	cancel context.CancelFunc
}

type event struct {
	id, kind string
	data     map[string]any
}

func (w *world) listen(c *caller, after string) *listener {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	req, err := http.NewRequestWithContext(ctx, "GET", w.app.URL()+"/v1/events", nil)
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != 200 {
		w.Fatalf("listen: %v %v", resp, err)
	}
	w.Cleanup(func() { cancel(); resp.Body.Close() })
	return &listener{w: w, lines: bufio.NewScanner(resp.Body), cancel: cancel}
}

func (l *listener) stop() { l.cancel() }

// next is the next event of that kind.
func (l *listener) next(kind string) event {
	l.w.Helper()
	var e event
	for l.lines.Scan() {
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			theDocument().holdNotification(l.w.T, []byte(value))
			var n struct{ Data map[string]any }
			if err := json.Unmarshal([]byte(value), &n); err != nil {
				l.w.Fatalf("data %q: %v", value, err)
			}
			e.data = n.Data
		case "":
			if e.kind == kind {
				return e
			}
			e = event{}
		}
	}
	l.w.Fatalf("the stream ended before a %s: %v", kind, l.lines.Err())
	return e
}

func TestAWebhookIsToldAndSigned(t *testing.T) {
	p := newProvider(t)
	told := make(chan *http.Request, 10)
	program := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		theDocument().holdNotification(t, b)
		r.Body = io.NopCloser(bytes.NewReader(b))
		told <- r
	}))
	t.Cleanup(program.Close)
	w := start(t, p.host(), strings.TrimPrefix(program.URL, "http://"))
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	w.account.call(201, "POST", "/v1/webhooks", map[string]any{"url": program.URL + "/hook", "orgid": tm.org, "types": []string{"message.received"}})
	w.post(tm.webhook, "application/json", `{"method":"message","params":{"from":"+15550100001","to":"+15550001001","content":"Hi"}}`)
	select {
	case r := <-told:
		var n struct {
			Type, Timestamp string
			Data            map[string]any
		}
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil || n.Type != "message.received" || n.Data["content"] != "Hi" || n.Timestamp == "" {
			t.Errorf("told %+v, %v", n, err)
		}
		for _, name := range []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
			if r.Header.Get(name) == "" {
				t.Errorf("no %s", name)
			}
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the webhook was told nothing")
	}
}

func TestAPictureIsShownBehindItsLink(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	p := newProvider(t)
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(picture.Bytes())
	})
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	w.post(tm.webhook, "application/json", fmt.Sprintf(`{"method":"file","params":{"from":"+15550100001","to":"+15550001001","text":"look","url":"%s/a.png"}}`, p.URL))
	stored := w.account.until("/v1/messages?direction=inbound", func(a answer) bool {
		return len(a.list("data")) == 1 && strings.Contains(string(a.body), `"state":"stored"`)
	})
	file := stored.list("data")[0]["media"].([]any)[0].(map[string]any)
	link := file["url"].(string)
	if file["type"] != "image/png" || file["size"] != float64(picture.Len()) || !strings.HasPrefix(link, w.app.URL()+"/media/") {
		t.Errorf("media %v", file)
	}
	nobody := w.as("")
	got := nobody.call(200, "GET", link, nil)
	if !bytes.Equal(got.body, picture.Bytes()) || got.header.Get("Content-Type") != "image/png" || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("served %d bytes as %v", len(got.body), got.header)
	}
	for _, wrong := range []string{link + "0", link[:len(link)-1], strings.Replace(link, "/media/", "/media/0", 1), w.app.URL() + "/media/", w.app.URL() + "/media/x"} {
		if a := nobody.try("GET", wrong, nil); a.status != 404 && a.status != 403 && a.status != 410 {
			t.Errorf("%s: %d", wrong, a.status)
		}
	}
}

func TestARestartKeepsEverythingAndResumesSending(t *testing.T) {
	p := newProvider(t)
	dir := t.TempDir()
	p.answers(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "1"); w.WriteHeader(503) })
	w := startWith(t, app.Options{DataDir: dir, AllowPrivateEgress: []string{p.host()}})
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "x"}).str("id")
	w.account.until("/v1/messages/"+id, func(a answer) bool { return len(a.list("attempts")) == 1 })
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	p.answers(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"data":{"id":"m"}}`) })
	again := startWith(t, app.Options{DataDir: dir, AllowPrivateEgress: []string{p.host()}})
	again.account.until("/v1/messages/"+id, hasStatus("sent"))
}

func TestASecondProcessOnOneDirectoryRefusesToStart(t *testing.T) {
	w := start(t)
	if a, err := app.Start(context.Background(), app.Options{Listen: "127.0.0.1:0", DataDir: w.dir}); err == nil {
		_ = a.Close()
		t.Fatal("two processes on one data directory")
	}
}
