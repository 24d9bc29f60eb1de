package cli

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/service"
)

// screen is an output that somebody watches.
type screen struct {
	mu    sync.Mutex
	b     bytes.Buffer
	wrote chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.wrote <- struct{}{}:
	default:
	}
	return s.b.Write(p)
}

// until waits for a line that the expression finds.
func (s *screen) until(t *testing.T, re string) []string {
	t.Helper()
	for {
		s.mu.Lock()
		m := regexp.MustCompile(re).FindStringSubmatch(s.b.String())
		s.mu.Unlock()
		if m != nil {
			return m
		}
		<-s.wrote
	}
}

func TestSimulateIsTheProviderOfAFile(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "copy.json")
	ctx, stop := context.WithCancel(t.Context())
	out, errs := &screen{wrote: make(chan struct{}, 1)}, &bytes.Buffer{}
	ended := make(chan int)
	go func() {
		ended <- run([]string{"service", "simulate", "../../services/telnyx.json", "--set", "API key=k", "--fault", "no-receipt", "--write", copied, "--callback", "http://127.0.0.1:1/x"},
			&console{out: out, err: errs, in: strings.NewReader(""), ctx: ctx})
	}()
	address := out.until(t, `Telnyx is imitated at (http://127\.0\.0\.1:\d+)`)[1]
	out.until(t, `PATCHBAY_ALLOW_PRIVATE_EGRESS=`+regexp.QuoteMeta(strings.TrimPrefix(address, "http://")))
	out.until(t, `  API key = k\n  Public key = [A-Za-z0-9+/=]{40,}\n`)
	r, _ := http.NewRequest("POST", address+"/v2/messages", strings.NewReader(`{"from":"+14155550100","to":"+14155550123","text":"Hi","webhook_url":"https://us.example/x","use_profile_webhooks":false}`))
	r.Header = http.Header{"Authorization": {"Bearer k"}, "Content-Type": {"application/json"}, "Accept": {"application/json"}}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 200 || !regexp.MustCompile(`^\{"data":\{"id":"\d{18}"\}\}$`).Match(body) {
		t.Errorf("answered %d %s", resp.StatusCode, body)
	}
	out.until(t, `SendMessage from \+14155550100 to \+14155550123: accepted, 200, id \d{18}\n`)
	file, err := os.ReadFile(copied)
	if err != nil || !bytes.Contains(file, []byte(address+"/v2/messages")) || bytes.Contains(file, []byte("https://api.telnyx.com")) {
		t.Errorf("the copy does not lead here: %v", err)
	}
	if s, problems := service.Check(file); s == nil {
		t.Errorf("the copy is refused: %v", problems.Errors())
	}
	stop()
	if code := <-ended; code != 0 || errs.Len() > 0 {
		t.Errorf("ended with %d, %s", code, errs)
	}
}

func TestSimulateRefusesWhatItCannotBe(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"id": "x", "API": {"SendMessage": {"request_url": "https://a.example", "request_parameters": {"a": "$nobody$"}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{broken}, problems, "unknown variable $nobody$"},
		{[]string{"no-such-file.json"}, misuse, "no such file"},
		{[]string{"../../services/telnyx.json", "--fault", "sulk"}, misuse, `there is no fault "sulk"; there are refuse, busy`},
		{[]string{"../../services/telnyx.json", "--fault", "busy=never"}, misuse, "is no number"},
		{[]string{"../../services/telnyx.json", "--set", "Nothing=x"}, misuse, "no property of that name"},
		{[]string{"../../services/telnyx.json", "--set", "API key"}, misuse, "name=value"},
		{[]string{"../../services/telnyx.json", "--set", "Public key=x"}, problems, "Ed25519 public key"},
		{[]string{"../../services/telnyx.json", "--listen", "nowhere:99999"}, problems, "simulator"},
	} {
		var out, errs bytes.Buffer
		code := run(append([]string{"service", "simulate"}, c.args...), &console{out: &out, err: &errs, in: strings.NewReader(""), ctx: t.Context()})
		if code != c.code || !strings.Contains(out.String()+errs.String(), c.says) {
			t.Errorf("%q ended with %d: %s%s; want %d with %q", c.args, code, &out, &errs, c.code, c.says)
		}
	}
}
