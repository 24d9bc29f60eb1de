// Package e2e runs the real binary as an operator does: over HTTP, with signals, and with kill -9.
package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"patchbay/internal/simulator"
)

const key = "bootstrap-key-of-the-end-to-end-tests"

// binary builds the program once, as it ships: without cgo.
var binary = sync.OnceValues(func() (string, error) { return build() })

func build(args ...string) (string, error) {
	dir, err := os.MkdirTemp("", "patchbay-e2e")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "patchbay")
	c := exec.Command("go", slices.Concat([]string{"build"}, args, []string{"-o", bin, "patchbay/cmd/patchbay"})...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
}

// gateway is one data directory and the process that serves it.
type gateway struct {
	t        testing.TB
	dir      string
	addr     string
	egress   string     // PATCHBAY_ALLOW_PRIVATE_EGRESS
	args     []string   // further ones of serve
	public   string     // the URL that providers are given; empty: where it listens
	key      string     // the account's
	database string     // where its data are; empty: in dir
	under    []string   // a program, with its arguments, that runs ours
	bin      string     // the program; empty: as it ships
	env      []string   // further settings of its environment
	files    []*os.File // that are open for it, from 3 on
	cmd      *exec.Cmd
	log      *os.File // what the program says, on both streams
	client   *http.Client
}

func newGateway(t testing.TB, egress string, args ...string) *gateway {
	t.Helper()
	g := prepareGateway(t, egress, args...)
	g.start()
	return g
}

// prepareGateway is newGateway without the start.
func prepareGateway(t testing.TB, egress string, args ...string) *gateway {
	t.Helper()
	g := &gateway{t: t, dir: t.TempDir(), addr: freeAddr(t), egress: egress, args: args, key: key,
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	g.log = log
	t.Cleanup(func() {
		g.kill()
		if t.Failed() {
			b, _ := os.ReadFile(log.Name())
			t.Logf("the gateway's log, last part:\n%s", b[max(0, len(b)-8000):])
		}
		log.Close()
	})
	return g
}

func (g *gateway) url() string { return "http://" + g.addr }

// reach is the address at which a public URL is reached from here, as behind a proxy.
func (g *gateway) reach(public string) string {
	if rest, ok := strings.CutPrefix(public, g.public); ok && g.public != "" {
		return g.url() + rest
	}
	return public
}

// command is the program with this gateway's settings.
func (g *gateway) command() *exec.Cmd {
	g.t.Helper()
	bin := g.bin
	if bin == "" {
		var err error
		if bin, err = binary(); err != nil {
			g.t.Fatal(err)
		}
	}
	line := slices.Concat(g.under, []string{bin, "serve", "--listen", g.addr, "--data", g.dir, "--public-url", cmp.Or(g.public, g.url())}, g.args)
	c := exec.Command(line[0], line[1:]...)
	c.Env = append(os.Environ(), "PATCHBAY_BOOTSTRAP_KEY="+g.key, "PATCHBAY_ALLOW_PRIVATE_EGRESS="+g.egress)
	c.Env = append(c.Env, g.env...)
	c.ExtraFiles = g.files
	return c
}

// start runs the program and waits until it is ready.
func (g *gateway) start() {
	g.t.Helper()
	g.launch()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		if resp, err := g.client.Get(g.url() + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				tick.Stop()
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			g.t.Fatal("the gateway was not ready within 30 s")
		}
	}
}

// copyOf is a data directory like that one.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(to, "patchbay.key"), 0o600); err != nil { // a copy is made for everybody to read
		t.Fatal(err)
	}
	return to
}

// launch runs the program and does not wait.
func (g *gateway) launch() {
	g.t.Helper()
	g.cmd = g.command()
	g.cmd.Stdout, g.cmd.Stderr = g.log, g.log
	if err := g.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
}

// kill is kill -9.
func (g *gateway) kill() {
	if g.cmd != nil && g.cmd.Process != nil {
		_ = g.cmd.Process.Kill()
		_ = g.cmd.Wait()
		g.cmd = nil
	}
}

// stop is SIGTERM; it returns how the process ended.
func (g *gateway) stop() error {
	g.client.CloseIdleConnections() // one that was opened and never used would hold up the end for seconds
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	err := g.cmd.Wait()
	g.cmd = nil
	return err
}

// signal reaches the process.
func (g *gateway) signal(s os.Signal) {
	g.t.Helper()
	if err := g.cmd.Process.Signal(s); err != nil {
		g.t.Fatal(err)
	}
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
}

func (a answer) str(name string) string { s, _ := a.json[name].(string); return s }

// try makes one call with the account's key; err means that no answer came.
func (g *gateway) try(method, path string, body any, header ...string) (answer, error) {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		enc, err := json.Marshal(b)
		if err != nil {
			g.t.Fatal(err)
		}
		r = bytes.NewReader(enc)
	}
	req, err := http.NewRequest(method, g.url()+path, r)
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+g.key)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: b}
	_ = json.Unmarshal(b, &a.json) // lists and empty bodies have no members to look at
	return a, nil
}

// call is try, for answers that must come and must be of the given status.
func (g *gateway) call(want int, method, path string, body any, header ...string) answer {
	g.t.Helper()
	a, err := g.try(method, path, body, header...)
	if err != nil {
		g.t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != want && !(want == 200 && a.status/100 == 2) {
		g.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.body, want)
	}
	return a
}

// all reads a whole collection, page by page.
func (g *gateway) all(path string) []map[string]any {
	g.t.Helper()
	var out []map[string]any
	cursor := ""
	for {
		a := g.call(200, "GET", path+cursor, nil)
		data, _ := a.json["data"].([]any)
		for _, d := range data {
			out = append(out, d.(map[string]any))
		}
		next := a.str("next")
		if next == "" {
			return out
		}
		cursor = "&cursor=" + next
	}
}

// team is an organization with users and numbers on one service.
type team struct {
	org     string
	users   []string
	numbers []string
	webhook string
}

// newTeam makes an organization on the service: user i is assigned to number i.
func (g *gateway) newTeam(domain, service string, properties map[string]string, numbers ...string) team {
	g.t.Helper()
	tm := team{numbers: numbers}
	tm.org = g.call(200, "POST", "/v1/organizations", map[string]any{"name": domain, "domain": domain}).str("id")
	tm.webhook = g.call(200, "PUT", "/v1/organizations/"+tm.org+"/integrations/"+service, map[string]any{"properties": properties}).str("webhook_url")
	for i, n := range numbers {
		u := g.call(200, "POST", "/v1/organizations/"+tm.org+"/users", map[string]any{"extension": fmt.Sprint(101 + i), "name": fmt.Sprintf("User %d", i)}).str("id")
		tm.users = append(tm.users, u)
		g.call(200, "POST", "/v1/organizations/"+tm.org+"/numbers", map[string]any{"service": service, "number": n, "name": "Line", "users": []string{u}, "country": "US"})
	}
	return tm
}

// onSimulator starts a carrier and a gateway with a team on it.
func onSimulator(t testing.TB, taken func(simulator.Taken), numbers ...string) (*gateway, *simulator.Server, team) {
	t.Helper()
	return onSimulatorIn(t, t.TempDir(), taken, numbers...)
}

// onSimulatorIn is onSimulator with its data in that directory.
func onSimulatorIn(t testing.TB, dir string, taken func(simulator.Taken), numbers ...string) (*gateway, *simulator.Server, team) {
	t.Helper()
	sim, err := simulator.Start(context.Background(), simulator.Options{APIKey: "sim-key", Secret: "sim-secret", Taken: taken, Retries: 200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	g := prepareGateway(t, sim.Addr())
	g.dir = dir
	g.start()
	tm := g.newTeam("acme", "simulator", map[string]string{"Base URL": sim.URL(), "API key": "sim-key", "Signing secret": "sim-secret"}, numbers...)
	sim.SendCallbacksTo(tm.webhook)
	return g, sim, tm
}

// until asks again and again whether something came true, for at most 20 s.
func (g *gateway) until(what string, came func() bool) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for !came() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			g.t.Fatalf("%s: it did not come true within 20 s", what)
		}
	}
}

// await reads a message until want is true of it.
func (g *gateway) await(id string, want func(m map[string]any) bool) map[string]any {
	g.t.Helper()
	var m map[string]any
	defer func() {
		if !want(m) {
			g.t.Logf("message %s stayed so: %v", id, m)
		}
	}()
	g.until("message "+id, func() bool {
		m = g.call(200, "GET", "/v1/messages/"+id, nil).json
		return want(m)
	})
	return m
}

// secondAccount makes another account and returns its key.
func (g *gateway) secondAccount(name string) string {
	g.t.Helper()
	return g.accounts(name)[0]
}

// accounts makes accounts from the command line, as an operator does, and returns their keys.
func (g *gateway) accounts(names ...string) (keys []string) {
	g.t.Helper()
	if err := g.stop(); err != nil {
		g.t.Fatalf("SIGTERM: %v", err)
	}
	bin, err := binary()
	if err != nil {
		g.t.Fatal(err)
	}
	for _, name := range names {
		out, err := exec.Command(bin, "account", "create", name, "--data", g.dir).Output()
		if err != nil {
			g.t.Fatalf("account create: %v %s", err, out)
		}
		k := regexp.MustCompile(`pbk_[A-Za-z0-9_-]+`).Find(out)
		if k == nil {
			g.t.Fatalf("no key in %q", out)
		}
		keys = append(keys, string(k))
	}
	g.start()
	return keys
}

func status(want string) func(map[string]any) bool {
	return func(m map[string]any) bool { return m["status"] == want }
}

// said is everything that the program printed so far.
func (g *gateway) said() string {
	b, err := os.ReadFile(g.log.Name())
	if err != nil {
		g.t.Fatal(err)
	}
	return string(b)
}

var lastPort atomic.Int32

// freeAddr is an address that stays free while a gateway restarts: below the ports that the system gives to outgoing connections.
func freeAddr(t testing.TB) string {
	lastPort.CompareAndSwap(0, 10_000+int32(os.Getpid()%20_000))
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", 10_000+(lastPort.Add(1)-10_000)%22_000)
		l, err := net.Listen("tcp", addr)
		if err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}
