package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchbay/internal/app"
)

func TestAnEmptyDatabasePrintsANewKeyOnce(t *testing.T) {
	dir := t.TempDir()
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		a, err := app.Start(context.Background(), app.Options{Listen: "127.0.0.1:0", DataDir: dir, Out: out, Drain: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !regexp.MustCompile(`pbk_[a-z2-7]{26}`).Match(first.Bytes()) {
		t.Errorf("the first start printed %q", first.String())
	}
	if strings.Contains(second.String(), "pbk_") {
		t.Errorf("the second start printed %q", second.String())
	}
}

func TestTheBootstrapKeyIsTakenOnAnEmptyDatabaseAlone(t *testing.T) {
	dir := t.TempDir()
	for _, key := range []string{bootstrapKey, "another-bootstrap-key-00000"} {
		a, err := app.Start(context.Background(), app.Options{Listen: "127.0.0.1:0", DataDir: dir, BootstrapKey: key, Drain: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		for try, want := range map[string]int{bootstrapKey: 200, "another-bootstrap-key-00000": 401} {
			req, err := http.NewRequest("GET", a.URL()+"/v1/organizations", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+try)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("started with %q, asked with %q: %d, want %d", key, try, resp.StatusCode, want)
			}
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestABootstrapKeyOutOfAFileOpens(t *testing.T) {
	a, err := app.Start(context.Background(), app.Options{
		Listen: "127.0.0.1:0", DataDir: t.TempDir(), BootstrapKey: " a-key-that-lay-in-a-file\n", Drain: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	w := &world{T: t, app: a}
	w.as("a-key-that-lay-in-a-file").call(200, "GET", "/v1/organizations", nil)
}

func TestNoKeyAndNoSecretLiesInTheDataDirectoryInClear(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "canary-property-value"})
	hook := w.account.call(201, "POST", "/v1/webhooks", map[string]any{"url": "https://a.example.com"}).str("secret")
	key := w.account.call(201, "POST", "/v1/keys", map[string]any{"role": "account"}).str("key")
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, secret := range []string{"canary-property-value", hook, strings.TrimPrefix(hook, "whsec_"), key, bootstrapKey} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s holds %.12s…", path, secret)
			}
		}
		return err
	})
	if err != nil || files < 2 {
		t.Fatal(err, files)
	}
}

func TestMetricsOfTheirOwnAddressAskForNoKey(t *testing.T) {
	address := freeAddress(t)
	startWith(t, app.Options{MetricsListen: address})
	for path, want := range map[string]int{"/metrics": 200, "/v1/messages": 404, "/debug/pprof/": 404} {
		resp, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s on the metrics' address: %d, want %d", path, resp.StatusCode, want)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		// Below the ports that the system gives out by itself, so that nobody is given it meanwhile.
		addr := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if l, err := net.Listen("tcp", addr); err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}

func TestClosingEndsOpenStreamsAndWaitsForWhatIsSending(t *testing.T) {
	p := newProvider(t)
	began, goOn := make(chan struct{}), make(chan struct{})
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-goOn
		_, _ = w.Write([]byte(`{"data":{"id":"slow"}}`))
	})
	dir := t.TempDir()
	w := startWith(t, app.Options{DataDir: dir, AllowPrivateEgress: []string{p.host()}, Drain: 10 * time.Second})
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	stream := w.listen(w.account, "")
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "x"}).str("id")
	<-began
	closed := make(chan error, 1)
	go func() { closed <- w.app.Close() }()
	for stream.lines.Scan() { // it ends, though its client stays
	}
	close(goOn)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	again := startWith(t, app.Options{DataDir: dir})
	if m := again.account.call(200, "GET", "/v1/messages/"+id, nil); m.str("status") != "sent" || len(m.list("attempts")) != 1 {
		t.Errorf("after draining: %s", m.body)
	}
}

func TestClosingLeavesNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	p := newProvider(t)
	w := startWith(t, app.Options{Sandbox: true, AllowPrivateEgress: []string{p.host()}})
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550009001", map[string]string{"API key": "k"})
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "x"}).str("id")
	w.account.until("/v1/messages/"+id, hasStatus("sent"))
	stream := w.listen(w.account, "")
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	stream.stop()
	p.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

func TestWhatCannotStartSaysWhyAndLeavesNothingLocked(t *testing.T) {
	w := start(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    app.Options
		want string
	}{
		"an address that is taken":    {app.Options{Listen: w.app.Addr(), DataDir: t.TempDir()}, "listen"},
		"a directory that is a file":  {app.Options{Listen: "127.0.0.1:0", DataDir: file}, "data directory"},
		"another database":            {app.Options{Listen: "127.0.0.1:0", DataDir: t.TempDir(), DatabaseURL: "postgres://x"}, "database"},
		"egress that is no address":   {app.Options{Listen: "127.0.0.1:0", DataDir: t.TempDir(), AllowPrivateEgress: []string{"10.0.0.0/8"}}, "PATCHBAY_ALLOW_PRIVATE_EGRESS"},
		"a public URL without scheme": {app.Options{Listen: "127.0.0.1:0", DataDir: t.TempDir(), PublicURL: "sms.example.com"}, "--public-url"},
		"a public URL with a query":   {app.Options{Listen: "127.0.0.1:0", DataDir: t.TempDir(), PublicURL: "https://sms.example.com/?a=b"}, "--public-url"},
		"no port to listen on":        {app.Options{Listen: "localhost", DataDir: t.TempDir()}, "--listen"},
		"no port for metrics":         {app.Options{Listen: "127.0.0.1:0", MetricsListen: "zzz", DataDir: t.TempDir()}, "--metrics-listen"},
		"metrics where we serve":      {app.Options{Listen: "127.0.0.1:0", MetricsListen: w.app.Addr(), DataDir: t.TempDir()}, "listen for metrics"},
	} {
		var said bytes.Buffer
		c.o.Out = &said
		a, err := app.Start(context.Background(), c.o)
		if err == nil {
			_ = a.Close()
			t.Errorf("%s: started", name)
			continue
		}
		if said.Len() != 0 {
			t.Errorf("%s: a start that failed made an account and said %q", name, said.String())
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v does not say %q", name, err, c.want)
		}
		if c.o.DataDir == file {
			continue
		}
		a, err = app.Start(context.Background(), app.Options{Listen: "127.0.0.1:0", DataDir: c.o.DataDir, Drain: time.Second})
		if err != nil {
			t.Errorf("%s: the directory stayed locked: %v", name, err)
			continue
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestALostKeyFileIsNotReplacedSilently(t *testing.T) {
	dir := t.TempDir()
	w := startWith(t, app.Options{DataDir: dir})
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "patchbay.key")); err != nil {
		t.Fatal(err)
	}
	a, err := app.Start(context.Background(), app.Options{Listen: "127.0.0.1:0", DataDir: dir})
	if err == nil {
		_ = a.Close()
		t.Fatal("it started with a new key, and what is sealed cannot be read")
	}
	if _, err := os.Stat(filepath.Join(dir, "patchbay.key")); err == nil {
		t.Error("a new key file lies there, which fits nothing")
	}
}

func TestTheSandboxTextsBothWays(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	w := startWith(t, app.Options{DataDir: dir, Sandbox: true, Out: &out})
	_, rest, _ := strings.Cut(out.String(), "Handsets and users")
	page := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(rest)
	key := regexp.MustCompile(`pbk_[a-z2-7]{26}`).FindString(out.String())
	if page == "" || key == "" || !strings.Contains(out.String(), "curl ") {
		t.Fatalf("it printed:\n%s", out.String())
	}
	body := regexp.MustCompile(`-d '(\{.*\})'`).FindStringSubmatch(out.String())
	if body == nil {
		t.Fatalf("no body to try in:\n%s", out.String())
	}
	sandbox := w.as(key)
	id := sandbox.call(202, "POST", "/v1/messages", body[1]).str("id")
	sandbox.until("/v1/messages/"+id, hasStatus("delivered"))

	reply, err := json.Marshal(map[string]string{"from": "+15550100001", "to": "+15550001001", "text": "Hi Ana"})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(page+"/reply", "application/json", bytes.NewReader(reply))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	got := sandbox.until("/v1/messages?direction=inbound", func(a answer) bool { return len(a.list("data")) == 1 }).list("data")[0]
	if got["content"] != "Hi Ana" || got["to"] != "+15550001001" {
		t.Errorf("inbound %v", got)
	}
	// The key of this start is an organization's, and ends with the next start; the organization stays.
	sandbox.call(403, "GET", "/v1/callbacks", nil)
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	again := startWith(t, app.Options{DataDir: dir, Sandbox: true, Out: &out})
	again.as(key).call(401, "GET", "/v1/messages", nil)
	second := again.as(regexp.MustCompile(`pbk_[a-z2-7]{26}`).FindString(out.String()))
	if rows := second.call(200, "GET", "/v1/messages", nil).list("data"); len(rows) != 2 {
		t.Errorf("after a restart the sandbox shows %d messages, want 2", len(rows))
	}
	id = second.call(202, "POST", "/v1/messages", regexp.MustCompile(`-d '(\{.*\})'`).FindStringSubmatch(out.String())[1]).str("id")
	second.until("/v1/messages/"+id, hasStatus("delivered"))
	if orgs := again.account.call(200, "GET", "/v1/organizations", nil).list("data"); len(orgs) != 1 {
		t.Errorf("two starts made %d organizations", len(orgs))
	}
}

func TestTheSandboxLeavesRealOrganizationsAlone(t *testing.T) {
	dir := t.TempDir()
	w := startWith(t, app.Options{DataDir: dir})
	w.account.call(201, "POST", "/v1/organizations", map[string]any{"name": "Real", "domain": "real"})
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	again := startWith(t, app.Options{DataDir: dir, Sandbox: true})
	if orgs := again.account.call(200, "GET", "/v1/organizations", nil).list("data"); len(orgs) != 1 || orgs[0]["domain"] != "real" {
		t.Errorf("organizations: %v", orgs)
	}
}

func TestVerifyCountsWhatWasAccepted(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	for range 3 {
		w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "content": "x"})
	}
	w.account.until("/v1/messages?status=sent", func(a answer) bool { return len(a.list("data")) == 3 })
	running, err := app.Verify(context.Background(), w.dir, "") // beside the running server
	if err != nil {
		t.Fatal(err)
	}
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	closed, err := app.Verify(context.Background(), w.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*app.Report{running, closed} {
		if r.Counts["accepted"] != 3 || r.Counts["outbound/sent"] != 3 || len(r.Problems) != 0 {
			t.Errorf("report %+v", r)
		}
	}
	if _, err := app.Verify(context.Background(), t.TempDir(), ""); err == nil {
		t.Error("a directory without a database verifies")
	}
}
