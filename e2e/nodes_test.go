package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"patchbay/internal/simulator"
	"patchbay/internal/store/pgtest"
)

// cluster is a PostgreSQL and what its nodes share on the disk.
type cluster struct {
	server   *pgtest.Cluster
	database string
	dir      string
}

func newCluster(t testing.TB) *cluster {
	t.Helper()
	s := pgtest.Start(t)
	return &cluster{server: s, database: s.URL(s.Database(t, "")), dir: t.TempDir()}
}

// node is one process on the cluster, ready to be started.
func (c *cluster) node(t testing.TB, egress string) *gateway {
	t.Helper()
	g := prepareGateway(t, egress, "--database-url", c.database, "--key-file", filepath.Join(c.dir, "key"), "--media-dir", filepath.Join(c.dir, "media"))
	g.database = c.database
	return g
}

// takenOver returns when what is in anybody's hands now is in other hands, or done: also what a node holds that stands still.
func (c *cluster) takenOver(t *testing.T, g *gateway) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), c.database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	held := func() map[[3]int64]bool { // lanes, which of their holders, and the message
		rows, err := db.Query(t.Context(), "SELECT seq, epoch, in_flight FROM lanes WHERE in_flight <> 0")
		if err != nil {
			t.Fatal(err)
		}
		lanes, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l [3]int64, err error) { return l, r.Scan(&l[0], &l[1], &l[2]) })
		if err != nil {
			t.Fatal(err)
		}
		set := map[[3]int64]bool{}
		for _, l := range lanes {
			set[l] = true
		}
		return set
	}
	before := held()
	g.until("what was in hand is in other hands", func() bool {
		now := held()
		for l := range before {
			if now[l] {
				return false
			}
		}
		return true
	})
}

// holding is a provider that gives each text its answer only when it is told to.
func holding(t *testing.T) (p *provider, began chan struct{}, release chan struct{}) {
	began, release = make(chan struct{}, 100), make(chan struct{})
	p = newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-release
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data": {"id": "held"}}`)
	})
	return p, began, release
}

// threeTexts accepts three texts of one lane; the provider holds the first.
func threeTexts(g *gateway, tm team) (ids []string) {
	g.t.Helper()
	for i := range 3 {
		ids = append(ids, g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.users[0], "from": tm.numbers[0],
			"to": "+15550100001", "content": fmt.Sprint("text ", i)}).str("id"))
	}
	return ids
}

func baseTeam(g *gateway, p *provider) team {
	g.t.Helper()
	g.call(200, "PUT", "/v1/services/base", baseFile("base", p.URL))
	return g.newTeam("base.example", "base", map[string]string{"API key": "k"}, "+15550001001")
}

func TestWhatADeadNodeWasSendingIsResumedWithin15Seconds(t *testing.T) {
	c := newCluster(t)
	p, began, release := holding(t)
	one, two := c.node(t, p.host()), c.node(t, p.host())
	one.start()
	tm := baseTeam(one, p)
	ids := threeTexts(one, tm)
	<-began
	two.start()
	one.kill()
	died := time.Now()
	close(release)
	two.await(ids[2], status("sent"))
	if took := time.Since(died); took > 15*time.Second {
		t.Errorf("the other node went on after %v", took)
	}
	m := two.call(200, "GET", "/v1/messages/"+ids[0], nil).json
	if m["status"] != "unclear" {
		t.Errorf("the text that was on its way is %v, want unclear", m["status"])
	}
	if n := len(p.requests()); n != 3 {
		t.Errorf("the provider got %d requests for three texts", n)
	}
}

func TestANodeThatStoodStillPastItsLeaseWritesNothing(t *testing.T) {
	c := newCluster(t)
	p, began, release := holding(t)
	one, two := c.node(t, p.host()), c.node(t, p.host())
	one.start()
	tm := baseTeam(one, p)
	ids := threeTexts(one, tm)
	<-began
	two.start()
	one.signal(syscall.SIGSTOP)
	stopped := time.Now()
	two.await(ids[0], status("unclear"))
	if took := time.Since(stopped); took > 15*time.Second {
		t.Errorf("the other node took the lane after %v", took)
	}
	close(release) // the answer says that the text was taken; it comes to one who may not tell any more
	two.await(ids[2], status("sent"))
	one.signal(syscall.SIGCONT)
	one.until("the node hears that it was taken over", func() bool { return strings.Contains(one.said(), "the lane has another holder by now") })
	m := two.call(200, "GET", "/v1/messages/"+ids[0], nil).json
	if attempts := m["attempts"].([]any); m["status"] != "unclear" || len(attempts) != 1 {
		t.Errorf("the zombie changed the message: %v", m)
	}
	if n := len(p.requests()); n != 3 {
		t.Errorf("the provider got %d requests for three texts", n)
	}
	// It is a node like any other again.
	id := one.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "user": tm.users[0], "from": tm.numbers[0], "to": "+15550100002", "content": "again"}).str("id")
	one.await(id, status("sent"))
}

func TestNodesWithoutTheirDatabaseSaySoAndComeBack(t *testing.T) {
	c := newCluster(t)
	p := newProvider(t, answerJSON(`{"data": {"id": "x"}}`))
	g := c.node(t, p.host())
	g.start()
	tm := baseTeam(g, p)
	body := map[string]any{"orgid": tm.org, "user": tm.users[0], "from": tm.numbers[0], "to": "+15550100001", "content": "hello"}
	id := g.call(202, "POST", "/v1/messages", body).str("id")
	g.await(id, status("sent"))
	c.server.Kill()
	a, err := g.try("POST", "/v1/messages", body)
	if err != nil || a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("without a database: %d %s %v, Retry-After %q", a.status, a.body, err, a.header.Get("Retry-After"))
	}
	g.until("it is not ready", func() bool { a, err := g.try("GET", "/readyz", nil); return err == nil && a.status == 503 })
	c.server.Restart(t)
	g.until("it is ready again", func() bool { a, err := g.try("GET", "/readyz", nil); return err == nil && a.status == 200 })
	id = g.call(202, "POST", "/v1/messages", body).str("id")
	g.await(id, status("sent"))
}

// An installation that has outgrown its machine goes on where it was, on a database that others can join.
func TestAnInstallationMovesToPostgres(t *testing.T) {
	c := newCluster(t)
	p := newProvider(t, answerJSON(`{"data": {"id": "x"}}`))
	g := prepareGateway(t, p.host())
	g.start()
	tm := baseTeam(g, p)
	body := map[string]any{"orgid": tm.org, "user": tm.users[0], "from": tm.numbers[0], "to": "+15550100001", "content": "before"}
	before := g.call(202, "POST", "/v1/messages", body).str("id")
	g.await(before, status("sent"))
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	move := func() (string, error) {
		out, err := exec.Command(bin, "move", "--data", g.dir, "--database-url", c.database).CombinedOutput()
		return string(out), err
	}
	if out, err := move(); err == nil || !strings.Contains(out, "in use") {
		t.Fatalf("moved under a running server: %v %s", err, out)
	}
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(bin, "serve", "--listen", g.addr, "--data", g.dir, "--database-url", c.database).CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "patchbay move") {
		t.Errorf("a server began anew beside its old database: %v %s", err, out)
	}
	if out, err := move(); err != nil || !strings.Contains(out, "messages") {
		t.Fatalf("move: %v %s", err, out)
	}
	g.args, g.database = []string{"--database-url", c.database}, c.database
	g.start()
	if m := g.call(200, "GET", "/v1/messages/"+before, nil).json; m["status"] != "sent" {
		t.Errorf("what was sent before is %v", m)
	}
	two := prepareGateway(t, p.host(), "--database-url", c.database, "--key-file", filepath.Join(g.dir, "patchbay.key"), "--media-dir", filepath.Join(g.dir, "media"))
	two.start()
	body["content"] = "after"
	two.await(two.call(202, "POST", "/v1/messages", body).str("id"), status("sent"))
	if out, err := exec.Command(bin, "account", "create", "Another", "--database-url", c.database).CombinedOutput(); err != nil {
		t.Errorf("account create beside two nodes: %v %s", err, out)
	}
}

// TestTwoNodesAtAnyMoment kills and stops nodes and crashes their database at random moments under traffic both ways, and compares three
// ledgers, as TestKillAtAnyMoment does.
func TestTwoNodesAtAnyMoment(t *testing.T) {
	c := newCluster(t)
	l := &ledgers{acked: map[string]string{}, taken: map[string]int{}, inbound: map[string]bool{}}
	sim, err := simulator.Start(context.Background(), simulator.Options{APIKey: "sim-key", Secret: "sim-secret", Retries: 500, Taken: func(x simulator.Taken) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taken[x.Reference]++
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	one, two := c.node(t, sim.Addr()), c.node(t, sim.Addr())
	one.start()
	two.start()
	tm := one.newTeam("acme", "simulator", map[string]string{"Base URL": sim.URL(), "API key": "sim-key", "Signing secret": "sim-secret"},
		"+15550001001", "+15550001002", "+15550001003", "+15550001004", "+15550001005", "+15550001006")
	sim.SendCallbacksTo(tm.webhook)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var offered atomic.Int64
	for i := range 8 {
		g := []*gateway{one, two}[i%2]
		wg.Go(func() { l.client(ctx, g, tm, i, &offered) })
	}
	for i := range 2 {
		wg.Go(func() { l.handset(ctx, sim, tm, i) })
	}
	cycles := 0
	for round := range crashes(t, 5) {
		time.Sleep(time.Duration(100+rand.IntN(700)) * time.Millisecond) // the random moment is the point of this test
		g := []*gateway{one, two}[rand.IntN(2)]
		switch round % 5 {
		case 0, 1:
			g.kill()
			g.start()
		case 2:
			c.server.Kill()
			c.server.Restart(t)
		case 3:
			g.signal(syscall.SIGSTOP)
			c.takenOver(t, one) // the pause outlasts whatever the node holds
			g.signal(syscall.SIGCONT)
		case 4:
			one.kill()
			two.kill()
			two.start()
			one.start()
		}
		cycles++
	}
	stop()
	wg.Wait()
	l.settle(t, two)
	if err := one.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	l.audit(t, two, cycles, offered.Load())
}
