package e2e

import (
	"bytes"
	"encoding/json"
	"image/png"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sandbox is `serve --sandbox` as a newcomer starts it: on an empty directory, without a key of their own.
type sandbox struct {
	*gateway
	page    string // the handsets
	senders []struct{ OrgID, User, Name, Number string }
}

func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	s := &sandbox{gateway: prepareGateway(t, "", "--sandbox")}
	s.key = ""
	s.start()
	find := func(pattern string) string {
		var m []string
		s.until("the output says "+pattern, func() bool { m = regexp.MustCompile(pattern).FindStringSubmatch(s.said()); return m != nil })
		return m[1]
	}
	s.page = find(`Handsets and users +(http://127\.0\.0\.1:\d+)\n`)
	s.key = find(`Key of this start +(\S+)\n`)
	if api := find(`API +(http://\S+)\n`); api != s.url() {
		t.Errorf("the output names the API %s, and it is %s", api, s.url())
	}
	s.senders = s.state().Senders
	if len(s.senders) != 4 {
		t.Fatalf("senders %v", s.senders)
	}
	return s
}

// pageState is what the page shows.
type pageState struct {
	Senders  []struct{ OrgID, User, Name, Number string }
	Magics   []struct{ Number, Name, Says string }
	Handsets []struct {
		Number string
		Lines  []struct {
			Ours, Text string
			Media      []string
			Mine       bool
		}
	}
	Messages []map[string]any
	Trouble  string
}

func (s *sandbox) state() (st pageState) {
	s.t.Helper()
	resp, err := s.client.Get(s.page + "/state")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil || st.Trouble != "" {
		s.t.Fatalf("state: %v %s", err, st.Trouble)
	}
	return st
}

// text sends through the page, as its first user.
func (s *sandbox) text(to, content string) string {
	s.t.Helper()
	from := s.senders[0]
	body, _ := json.Marshal(map[string]any{"orgid": from.OrgID, "user": from.User, "from": from.Number, "to": to, "content": content})
	resp, err := s.client.Post(s.page+"/send", "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var a struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil || resp.StatusCode != 202 || a.ID == "" {
		s.t.Fatalf("the page's send was answered %d (%v)", resp.StatusCode, err)
	}
	return a.ID
}

// on is what a handset shows.
func (s *sandbox) on(number string) (texts []string) {
	for _, h := range s.state().Handsets {
		if h.Number == number {
			for _, l := range h.Lines {
				texts = append(texts, l.Text)
			}
		}
	}
	return texts
}

func outcomes(m map[string]any) (out []string) {
	for _, a := range ended(m) {
		out = append(out, a["outcome"].(string))
	}
	return out
}

func statuses(m map[string]any) (out []string) {
	for _, c := range list(m["history"]) {
		out = append(out, c["status"].(string))
	}
	return out
}

func TestEveryMagicNumberOfTheSandbox(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	if n := len(s.state().Magics); n != 9 {
		t.Errorf("the page names %d magic numbers", n)
	}
	slow := s.text("+15005550006", "slow") // ten seconds: asked for at the end

	m := s.await(s.text("+15005550001", "to be delivered"), status("delivered"))
	if got := statuses(m); !slices.Equal(got, []string{"queued", "sending", "sent", "delivered"}) || !slices.Equal(outcomes(m), []string{"accepted"}) {
		t.Errorf("delivered: %q after %q", got, outcomes(m))
	}
	if got := s.on("+15005550001"); !slices.Equal(got, []string{"to be delivered"}) {
		t.Errorf("the handset shows %q", got)
	}

	m = s.await(s.text("+15005550002", "undelivered"), status("failed"))
	if got := errorOf(m); got != (problem{"30003", "Unreachable destination handset"}) {
		t.Errorf("undelivered: %+v", got)
	}

	m = s.await(s.text("+15005550003", "busy"), status("delivered"))
	if got := outcomes(m); !slices.Equal(got, []string{"busy", "busy", "accepted"}) {
		t.Errorf("busy: %q", got)
	}
	if got := s.on("+15005550003"); !slices.Equal(got, []string{"busy"}) {
		t.Errorf("the busy handset shows %q", got)
	}

	m = s.await(s.text("+15005550004", "refused"), status("failed"))
	if got := errorOf(m); got != (problem{"21211", "Not a valid phone number"}) || !slices.Equal(outcomes(m), []string{"refused"}) {
		t.Errorf("refused: %+v after %q", got, outcomes(m))
	}
	if got := s.on("+15005550004"); got != nil {
		t.Errorf("the refused text is on the handset: %q", got)
	}

	m = s.await(s.text("+15005550009", "early"), status("delivered"))
	if got := outcomes(m); !slices.Equal(got, []string{"accepted"}) {
		t.Errorf("early receipt: %q", got)
	}

	s.text("+15005550007", "say it twice")
	s.until("the echo", func() bool { return len(s.inboundFrom("+15005550007")) > 0 })
	m = s.await(slow, status("delivered"))
	if got := statuses(m); !slices.Equal(got, []string{"queued", "sending", "sent", "delivered"}) {
		t.Errorf("slow receipt: %q", got)
	}
	// By now the echo has long been delivered twice.
	if got := s.inboundFrom("+15005550007"); len(got) != 1 || got[0]["content"] != "Got it!" {
		t.Errorf("the echo arrived as %v", got)
	}
}

func (s *sandbox) inboundFrom(number string) []map[string]any {
	s.t.Helper()
	return s.all("/v1/messages?direction=inbound&limit=200&from=" + strings.Replace(number, "+", "%2B", 1))
}

func TestAnUnclearTextIsSentAgainOnlyByAPerson(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	const number = "+15005550005"
	first := s.text(number, "unclear")
	m := s.await(first, status("unclear"))
	if got := outcomes(m); !slices.Equal(got, []string{"unclear"}) {
		t.Errorf("attempts %q", got)
	}
	s.call(409, "POST", "/v1/messages/"+first+"/cancel", nil)

	again := s.call(202, "POST", "/v1/messages/"+first+"/resend", nil, "Idempotency-Key", "once more").str("id")
	if twice := s.call(202, "POST", "/v1/messages/"+first+"/resend", nil, "Idempotency-Key", "once more").str("id"); twice != again || again == first {
		t.Errorf("resent as %s and %s", again, twice)
	}
	m = s.await(again, status("unclear"))
	if m["resend_of"] != first || m["content"] != "unclear" || m["to"] != number {
		t.Errorf("the new message is %v", m)
	}
	if got := s.on(number); !slices.Equal(got, []string{"unclear", "unclear"}) {
		t.Errorf("the handset shows %q: two texts, because a person asked for it", got)
	}

	m = s.call(200, "POST", "/v1/messages/"+first+"/dismiss", nil).json
	if got := errorOf(m); m["status"] != "failed" || got.Code != "dismissed" {
		t.Errorf("dismissed: %v %+v", m["status"], got)
	}
	s.call(409, "POST", "/v1/messages/"+first+"/dismiss", nil)
	if m := s.call(200, "GET", "/v1/messages/"+again, nil).json; m["status"] != "unclear" {
		t.Errorf("dismissing one made the other %v", m["status"])
	}
	delivered := s.text("+15005550001", "fine")
	s.await(delivered, status("delivered"))
	s.call(409, "POST", "/v1/messages/"+delivered+"/resend", nil)
	s.call(409, "POST", "/v1/messages/"+delivered+"/dismiss", nil)
}

func TestAPictureComesBackAndIsShownSafely(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	s.text("+15005550008", "a picture, please")
	var file map[string]any
	s.until("the picture", func() bool {
		got := s.inboundFrom("+15005550008")
		if len(got) != 1 || got[0]["content"] != "Here is a picture" {
			return false
		}
		file = list(got[0]["media"])[0]
		return file["state"] == "stored"
	})
	link := file["url"].(string)
	if !strings.HasPrefix(link, s.url()+"/media/") || file["type"] != "image/png" || file["size"].(float64) < 100 {
		t.Errorf("the file is %v", file)
	}
	resp, err := http.Get(link) // no key: whoever has the link needs nothing else
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	if img, err := png.Decode(bytes.NewReader(b)); err != nil || img.Bounds().Dx() < 10 || float64(len(b)) != file["size"] {
		t.Errorf("%d bytes: %v", len(b), err)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if d := resp.Header.Get("Content-Disposition"); resp.StatusCode != 200 || !strings.HasPrefix(d, "inline") || resp.Header.Get("Set-Cookie") != "" {
		t.Errorf("%d, Content-Disposition %q, cookie %q", resp.StatusCode, d, resp.Header.Get("Set-Cookie"))
	}
	for _, wrong := range []string{link[:len(link)-1], link + "A", strings.Replace(link, "/media/", "/media/../media/", 1), s.url() + "/media/", s.url() + "/media/patchbay.key"} {
		if a, err := http.Get(wrong); err != nil || a.StatusCode != 404 {
			t.Errorf("%s: %v %v", wrong, a.StatusCode, err)
		} else {
			a.Body.Close()
		}
	}
	// A handset's own picture and text come in as well.
	reply, _ := json.Marshal(map[string]any{"from": "+15550100009", "to": s.senders[0].Number, "text": "from the page", "picture": true})
	if a, err := s.client.Post(s.page+"/reply", "application/json", bytes.NewReader(reply)); err != nil || a.StatusCode != 200 {
		t.Errorf("the page's reply: %v %v", a, err)
	}
	if got := s.inboundFrom("+15550100009"); len(got) != 1 || got[0]["content"] != "from the page" || len(list(got[0]["media"])) != 1 {
		t.Errorf("it arrived as %v", got)
	}
}

func TestOneDataDirectoryOneProcessAndACleanEnd(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	id := s.text("+15005550001", "kept")
	s.await(id, status("delivered"))

	second := s.command()
	second.Args[slices.Index(second.Args, "--listen")+1] = freeAddr(t)
	out, err := second.CombinedOutput()
	if lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n"); err == nil || second.ProcessState.ExitCode() != 1 || len(lines) != 1 || !strings.Contains(lines[0], s.dir) {
		t.Errorf("a second process on the same directory ended with %v and said %q", err, out)
	}
	taken := s.command()
	taken.Args[slices.Index(taken.Args, "--data")+1] = t.TempDir()
	out, err = taken.CombinedOutput()
	if lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n"); err == nil || len(lines) != 1 || !strings.Contains(lines[0], s.addr) {
		t.Errorf("a second process on the same address ended with %v and said %q", err, out)
	}

	if err := s.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	s.start() // the sandbox comes back with what it had, and a new key
	var keys [][]string
	s.until("the second start's key", func() bool {
		keys = regexp.MustCompile(`Key of this start +(\S+)\n`).FindAllStringSubmatch(s.said(), -1)
		return len(keys) == 2
	})
	old := s.key
	s.key = keys[1][1]
	if m := s.call(200, "GET", "/v1/messages/"+id, nil).json; m["status"] != "delivered" || old == s.key {
		t.Errorf("after a restart: %v", m["status"])
	}
	s.call(401, "GET", "/v1/messages/"+id, nil, "Authorization", "Bearer "+old)
}
