package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The sizes of architecture.md.
const (
	maxCallback     = 1 << 20
	maxCallbackForm = 12 << 20
)

func TestNoCallbackIsTooMuch(t *testing.T) {
	t.Parallel()
	g, _, tm := onBaseFile(t)
	head := textFrom(theirs, ourNumber, `"`)
	head = head[:len(head)-2] // up to the text
	filled := func(n int) string { return head + strings.Repeat("x", n-len(head)-3) + `"}}` }
	parts := func(n int) string {
		return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n" + strings.Repeat("x", n) + "\r\n--b--\r\n"
	}
	for _, c := range []struct {
		name, kind, body string
		want             int
	}{
		{"lists in lists", "application/json", strings.Repeat("[", 100_000), 200},
		{"lists in lists, closed", "application/json", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), 200},
		{"objects in objects", "application/json", strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), 200},
		{"elements in elements", "text/xml", strings.Repeat("<a>", 100_000) + strings.Repeat("</a>", 100_000), 200},
		{"many keys", "application/json", `{` + strings.Repeat(`"":0,`, 200_000) + `"a":1}`, 200},
		{"a million values", "application/json", `[` + strings.Repeat("0,", 500_000) + "0]", 200},
		{"a million keys", "application/json", `{` + strings.Repeat(`"":0,`, 1_000_000) + `"a":1}`, 413},
		{"half a million fields", "application/x-www-form-urlencoded", strings.Repeat("a&", 500_000), 200},
		{"a million empty fields", "application/x-www-form-urlencoded", strings.Repeat("&", 1_000_000), 200},
		{"many parts", "multipart/form-data; boundary=b", strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n", 100_000) + "--b--\r\n", 200},
		{"backslashes", "application/json", head + strings.Repeat(`\\`, 500_000) + `"}}`, 200},
		{"digits", "application/json", strings.Repeat("9", 1_000_000), 200},
		{"as large as it may be", "application/json", filled(maxCallback), 200},
		{"larger by one", "application/json", filled(maxCallback + 1), 413},
		{"larger by far", "application/json", filled(20 << 20), 413},
		{"a large file", "multipart/form-data; boundary=b", parts(2 << 20), 200},
		{"too large a file", "multipart/form-data; boundary=b", parts(maxCallbackForm), 413},
	} {
		begun := time.Now()
		resp, err := http.Post(tm.webhook, c.kind, strings.NewReader(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.name, err) // a 413 must reach a sender that is still sending
			continue
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		took := time.Since(begun)
		if resp.StatusCode != c.want || c.want == 413 && string(b) != "Request Entity Too Large\n" {
			t.Errorf("%s: answered %d %.100q, want %d", c.name, resp.StatusCode, b, c.want)
		}
		if took > 5*time.Second { // a second each on an idle machine
			t.Errorf("%s: it took %v", c.name, took)
		}
	}
	g.only(2, "/v1/messages?direction=inbound&limit=50") // the backslashes, and the one that is as large as it may be
	if peak := g.peakMemory(); peak > 250<<20 {
		t.Errorf("it took %d MiB", peak>>20)
	}
	g.says(tm.webhook, textFrom(theirs, ourNumber, `"still here"`))
}

// peakMemory is the most that the process ever held, where the system tells.
func (g *gateway) peakMemory() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(b)
	if m == nil {
		return 0
	}
	kib, _ := strconv.Atoi(string(m[1]))
	return kib << 10
}

func TestChunkedBodiesAreReadToTheLimit(t *testing.T) {
	t.Parallel()
	g, _, tm := onBaseFile(t)
	stream := func(r io.Reader) (int, string) {
		req, _ := http.NewRequest("POST", tm.webhook, io.MultiReader(r)) // of no known length
		req.Header.Set("Content-Type", "application/json")
		resp, err := g.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	if status, body := stream(strings.NewReader(textFrom(theirs, ourNumber, `"in chunks"`))); status != 200 || body != asJSON {
		t.Errorf("a chunked message was answered %d %q", status, body)
	}
	if status, _ := stream(endless{}); status != 413 {
		t.Errorf("a body without an end was answered %d", status)
	}
	if got := g.only(1, "/v1/messages?direction=inbound&limit=50"); got[0]["content"] != "in chunks" {
		t.Errorf("arrived: %v", got)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}

// speak says something raw and reads what comes back until the server closes or the time is over. It gives the answers' statuses.
func (g *gateway) speak(t *testing.T, text string, within time.Duration, closeWrite bool) (statuses []int) {
	t.Helper()
	c, err := net.Dial("tcp", g.addr)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(within)) // a new connection takes it
	if _, err := io.WriteString(c, text); err != nil {
		t.Logf("%.40q: %v", text, err)
	}
	if closeWrite {
		_ = c.(*net.TCPConn).CloseWrite()
	}
	r := bufio.NewReader(c)
	for {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return statuses
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		statuses = append(statuses, resp.StatusCode)
	}
}

func TestBrokenHTTPIsRefused(t *testing.T) {
	t.Parallel()
	g, _, tm := onBaseFile(t)
	path := strings.TrimPrefix(tm.webhook, g.url())
	body := textFrom(theirs, ourNumber, `"smuggled"`)
	post := func(headers string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers + "\r\n"
	}
	length := fmt.Sprintf("Content-Length: %d\r\n", len(body))
	for _, c := range []struct {
		name, text string
		want       string // of the first answer
	}{
		{"a body that ends early", post("Content-Length: 500\r\n") + body, "400"},
		{"a chunk that ends early", post("Transfer-Encoding: chunked\r\n") + "fff\r\n" + body, "400"},
		{"a chunk of no size", post("Transfer-Encoding: chunked\r\n") + "zz\r\n" + body + "\r\n0\r\n\r\n", "400"},
		{"two lengths", post(length+"Content-Length: 1\r\n") + body, "400"},
		{"a length that is none", post("Content-Length: 12x\r\n") + body, "400"},
		{"a negative length", post("Content-Length: -1\r\n") + body, "400"},
		{"a length with a sign", post("Content-Length: +12\r\n") + body, "400"},
		{"an unknown coding", post("Transfer-Encoding: xchunked\r\n") + body, "501"},
		{"two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") + "0\r\n\r\n", "400|501"},
		{"a header without a name", post(": x\r\n") + body, "400"},
		{"a space before the colon", post("Content-Length : 5\r\n") + body, "400"},
		{"NUL in a header", post("X-A: a\x00b\r\n") + body, "400"},
		{"no host", "POST " + path + " HTTP/1.1\r\n" + length + "\r\n" + body, "400"},
		{"no HTTP", "hello\r\n\r\n", "400"},
		{"headers without an end", post("X-A: " + strings.Repeat("a", 64<<10) + "\r\n"), "431"},
		{"a proxy's request", "POST http://elsewhere.example" + path + " HTTP/1.1\r\nHost: elsewhere.example\r\n" + length + "\r\n" + body, "400"},
		{"TRACE", "TRACE " + path + " HTTP/1.1\r\nHost: x\r\n\r\n", "405"},
		{"CONNECT", "CONNECT 10.0.0.1:80 HTTP/1.1\r\nHost: 10.0.0.1:80\r\n\r\n", "405"},
		{"a path out of the path", "GET /services/../v1/keys HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
		{"a path with two slashes", "POST /" + path + " HTTP/1.1\r\nHost: x\r\n" + length + "\r\n" + body, "404"},
	} {
		statuses := g.speak(t, c.text, 10*time.Second, true)
		if len(statuses) != 1 || !strings.Contains(c.want, strconv.Itoa(statuses[0])) {
			t.Errorf("%s: answered %v, want %s and an end", c.name, statuses, c.want)
		}
	}
	// A length beside a coding is how one request is made to look like two. Whatever we read, nothing that follows may be a second request.
	hidden := "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + length + "\r\n" + body
	statuses := g.speak(t, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")+"0\r\n\r\n"+hidden, 10*time.Second, true)
	if len(statuses) != 1 {
		t.Errorf("a length beside a coding: answered %v", statuses)
	}
	if all := g.all("/v1/messages?limit=50"); len(all) != 0 {
		t.Errorf("broken HTTP became %v", all)
	}
	// Who has said everything may close that half of the connection, and waits for the answer.
	if statuses := g.speak(t, post(length)+body, 10*time.Second, true); len(statuses) != 1 || statuses[0] != 200 {
		t.Errorf("a sender that closes its half: answered %v", statuses)
	}
	g.says(tm.webhook, textFrom(theirs, ourNumber, `"still here"`))
}

// The claim is about time: what has not arrived within half a minute is answered 408, and meanwhile others are served.
func TestASlowBodyIsAnswered408(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	g, _, tm := onBaseFile(t)
	path := strings.TrimPrefix(tm.webhook, g.url())
	type ending struct {
		statuses []int
		after    time.Duration
	}
	endings := make(chan ending, 3)
	for _, text := range []string{
		"POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{",
		"POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"POST " + path + " HTTP/1.1\r\nHost: x\r\nX-Slow: a", // who has not even said all headers has made no request to answer
	} {
		go func() {
			begun := time.Now()
			statuses := g.speak(t, text, 45*time.Second, false)
			endings <- ending{statuses, time.Since(begun)}
		}()
	}
	t.Parallel() // others may use the time
	g.says(tm.webhook, textFrom(theirs, ourNumber, `"quick"`))
	answered := 0
	for range 3 {
		e := <-endings
		if len(e.statuses) > 1 || len(e.statuses) == 1 && (e.statuses[0] != 408 || e.after < 25*time.Second) || e.after > 44*time.Second {
			t.Errorf("answered %v after %v", e.statuses, e.after)
		}
		answered += len(e.statuses)
	}
	if answered != 2 {
		t.Errorf("%d of two slow bodies were answered", answered)
	}
	g.only(1, "/v1/callbacks?limit=50")
}
