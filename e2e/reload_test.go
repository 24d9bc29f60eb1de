package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// stream is programs that send and a provider that calls back, without a pause. Each request is made once: the client repeats none by itself.
type stream struct {
	t           *testing.T
	wg          sync.WaitGroup
	stop        chan struct{}
	sent, heard atomic.Int64 // that were answered as they should
}

// flow begins the stream. A request that gets no answer, or another than it should, fails the test.
func flow(t *testing.T, g *gateway, tm team) *stream {
	s := &stream{t: t, stop: make(chan struct{})}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.Cleanup(client.CloseIdleConnections)
	post := func(url, body string, want int) string {
		req, err := http.NewRequest("POST", url, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return ""
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+g.key)
		resp, err := client.Do(req)
		if err != nil {
			t.Errorf("dropped: %v", err)
			return ""
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != want {
			t.Errorf("POST %s was answered %d %s %v, want %d", url, resp.StatusCode, b, err, want)
			return ""
		}
		return string(b)
	}
	worker := func(one func(n int)) {
		s.wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-s.stop:
					return
				default:
					one(n)
				}
			}
		})
	}
	for w := range 3 {
		worker(func(n int) {
			if post(g.url()+"/v1/messages", fmt.Sprintf(`{"from":%q,"to":"+1555010%04d","content":"out %d-%d $to$"}`, tm.numbers[0], n%1000, w, n), 202) != "" {
				s.sent.Add(1)
			}
		})
		worker(func(n int) {
			if post(tm.webhook, fmt.Sprintf(`{"method":"message","params":{"from":"+1555020%04d","to":%q,"content":"in %d-%d"}}`, n%1000, tm.numbers[0], w, n), 200) != "" {
				s.heard.Add(1)
			}
		})
	}
	return s
}

// more waits until so many more requests each way were answered.
func (s *stream) more(g *gateway, n int64) {
	sent, heard := s.sent.Load()+n, s.heard.Load()+n
	g.until("requests are answered", func() bool { return s.t.Failed() || s.sent.Load() >= sent && s.heard.Load() >= heard })
}

func (s *stream) end() {
	close(s.stop)
	s.wg.Wait()
}

// kept compares what was answered with what is there.
func (s *stream) kept(g *gateway) {
	for direction, want := range map[string]int64{"outbound": s.sent.Load(), "inbound": s.heard.Load()} {
		if got := int64(len(g.all("/v1/messages?limit=200&direction=" + direction))); got != want {
			s.t.Errorf("%d %s messages are there, %d were answered", got, direction, want)
		}
	}
	s.t.Logf("%d texts and %d callbacks were answered", s.sent.Load(), s.heard.Load())
}

// E15: settings and service files change under traffic both ways, and one that is wrong changes nothing. No request is dropped.
func TestSettingsAndFilesChangeWithoutADroppedRequest(t *testing.T) {
	p := newProvider(t, answerJSON(`{"data": {"id": "x"}}`))
	settings := filepath.Join(t.TempDir(), "patchbay.env")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# ours\nPATCHBAY_LOG_LEVEL=info\n")
	g := newGateway(t, p.host(), "--settings", settings)
	tm := baseTeam(g, p)
	const read, refused = `msg="settings read again" `, "settings read again, and refused"
	again := func(line string) {
		t.Helper()
		before := strings.Count(g.said(), line)
		g.signal(syscall.SIGHUP)
		g.until(line, func() bool { return strings.Count(g.said(), line) == before+1 })
	}
	process := g.cmd.Process.Pid

	s := flow(t, g, tm)
	for round := range 6 {
		s.more(g, 10)
		write(fmt.Sprintf("PATCHBAY_LOG_LEVEL=%s\nPATCHBAY_TRUSTED_PROXIES='10.0.%d.0/24'\n", []string{"debug", "info"}[round%2], round))
		again(read + `changed="--log-level --trusted-proxies"`)
		s.more(g, 10)
		g.call(200, "PUT", "/v1/services/base", baseFile("base", fmt.Sprintf("%s/round/%d", p.URL, round)))
	}
	for _, wrong := range []struct{ text, says string }{
		{"PATCHBAY_TRUSTED_PROXIES=10.9.9.9\n\nPATCHBAY_LOG_LEVEL=loud\n", settings + ":3: PATCHBAY_LOG_LEVEL: "},
		{"PATCHBAY_LOG_LEVEL=debug\nPATCHBAY_TRUSTED_PROXIES=10.9.9\n", settings + ":2: PATCHBAY_TRUSTED_PROXIES: "},
		{"PATCHBAY_LOG_LEVEL=debug\nPATCHBAY_TRUSTED_PROXY=10.9.9.9\n", settings + ":2: there is no setting PATCHBAY_TRUSTED_PROXY"},
		{"PATCHBAY_LOG_LEVEL=debug\nlog-level=debug\n", settings + ":2: there is no setting log-level: write PATCHBAY_LOG_LEVEL"},
		{"PATCHBAY_LOG_LEVEL=debug\nPATCHBAY_LOG_LEVEL=info\n", settings + ":2: PATCHBAY_LOG_LEVEL is in line 1 already"},
		{"PATCHBAY_LOG_LEVEL\n", settings + ":1: this is no setting"},
	} {
		write(wrong.text)
		again(refused)
		if said := g.said(); !strings.Contains(said[strings.LastIndex(said, refused):], wrong.says) {
			t.Errorf("of %q it says %s, want %s", wrong.text, said[strings.LastIndex(said, refused):], wrong.says)
		}
	}
	quiet := len(g.said())
	s.more(g, 20)
	if said := g.said()[quiet:]; strings.Contains(said, "level=DEBUG") {
		t.Errorf("a refused file counts: %s", said)
	}
	write("PATCHBAY_LOG_LEVEL=info\nPATCHBAY_TRUSTED_PROXIES='10.0.5.0/24'\nPATCHBAY_SPOOL_DIR=elsewhere\n")
	again(`msg="some settings count from the next start only" settings=--spool-dir`)
	s.end()

	g.call(202, "POST", "/v1/messages", map[string]any{"from": tm.numbers[0], "to": "+15550109999", "content": "after all"})
	s.sent.Add(1)
	g.until("it leaves by the newest file", func() bool {
		return slices.ContainsFunc(p.requests(), func(x taken) bool {
			return strings.Contains(x.body, "after all") && strings.HasPrefix(x.path, "/round/5")
		})
	})
	s.kept(g)
	if g.cmd.Process.Pid != process {
		t.Error("it is another process")
	}
}

// A18: a process that ends under traffic answers what it took, and with the socket held for both, its successor answers what came between.
func TestOneProcessFollowsAnotherWithoutADroppedRequest(t *testing.T) {
	p := newProvider(t, answerJSON(`{"data": {"id": "x"}}`))
	g := prepareGateway(t, p.host())
	l, err := net.Listen("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	// As systemd does it: the socket is number 3, and the variables name the process that it is for.
	g.under = []string{sh, "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"`, "-"}
	g.files = []*os.File{socket}
	g.start()
	tm := baseTeam(g, p)
	s := flow(t, g, tm)
	for range 4 {
		s.more(g, 20)
		if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := g.cmd.Wait(); err != nil {
			t.Errorf("SIGTERM under traffic: %v", err)
		}
		g.launch()
	}
	s.more(g, 20)
	s.end()
	s.kept(g)
}
