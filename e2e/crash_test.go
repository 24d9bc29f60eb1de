package e2e

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/simulator"
)

// contact picks one of the carrier's numbers: mostly handsets that work, some that do not. The busy one is rare, for it
// pauses its lane for seconds, as it should.
func contact() string {
	if rand.IntN(200) == 0 {
		return "+15005550003"
	}
	all := []string{"+15550100001", "+15550100002", "+15550100003", "+15550100004", "+15550100005",
		"+15005550002", "+15005550004", "+15005550005", "+15005550007", "+15005550009"}
	return all[rand.IntN(len(all))]
}

// ledgers are what the client and the carrier each wrote down. The gateway's own is asked for at the end.
type ledgers struct {
	mu      sync.Mutex
	acked   map[string]string // our id → the text, for every 202 the client saw
	taken   map[string]int    // our id → how often the carrier took it
	inbound map[string]bool   // texts whose callback was answered with a 2xx
}

// TestKillAtAnyMoment kills the gateway at random moments under traffic both ways and compares three ledgers:
// nothing acknowledged is lost, nothing is taken twice unless an attempt was unclear and the second is marked.
func TestKillAtAnyMoment(t *testing.T) {
	cycles := crashes(t, 5)
	l := &ledgers{acked: map[string]string{}, taken: map[string]int{}, inbound: map[string]bool{}}
	g, sim, tm := onSimulator(t, func(x simulator.Taken) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taken[x.Reference]++
	}, "+15550001001", "+15550001002", "+15550001003", "+15550001004", "+15550001005", "+15550001006")

	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var offered atomic.Int64
	for i := range 8 {
		wg.Go(func() { l.client(ctx, g, tm, i, &offered) })
	}
	for i := range 3 {
		wg.Go(func() { l.handset(ctx, sim, tm, i) })
	}
	for range cycles {
		time.Sleep(time.Duration(20+rand.IntN(350)) * time.Millisecond) // the random moment is the point of this test
		g.kill()
		g.start()
	}
	stop()
	wg.Wait()
	l.settle(t, g)
	l.audit(t, g, cycles, offered.Load())
}

// crashes is how often to crash: a few times, or as often as PATCHBAY_CRASHES says.
func crashes(t *testing.T, few int) int {
	t.Helper()
	s := os.Getenv("PATCHBAY_CRASHES")
	if s == "" {
		return few
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// client sends texts until ctx ends; each is offered again under its key until an answer comes.
func (l *ledgers) client(ctx context.Context, g *gateway, tm team, worker int, offered *atomic.Int64) {
	tick := time.NewTicker(12 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		offered.Add(1)
		i := rand.IntN(len(tm.numbers))
		text := fmt.Sprintf("out %d-%d yes $to$ 0123 \"😀\"", worker, n)
		body := map[string]any{"orgid": tm.org, "user": tm.users[i], "from": tm.numbers[i], "to": contact(), "content": text}
		for {
			a, err := g.try("POST", "/v1/messages", body, "Idempotency-Key", text)
			if err == nil && a.status == 202 {
				l.mu.Lock()
				l.acked[a.str("id")] = text
				l.mu.Unlock()
				break
			}
			if err == nil && a.status/100 == 4 && a.status != 409 {
				g.t.Errorf("refused: %d %s", a.status, a.body)
				break
			}
			<-tick.C // down, or 503: again, with the same key
		}
	}
}

// handset texts our numbers until ctx ends; the carrier tries each callback until a 2xx comes.
func (l *ledgers) handset(ctx context.Context, sim *simulator.Server, tm team, worker int) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		text := fmt.Sprintf("in %d-%d ~ 'é' {{to}}", worker, n)
		if _, taken := sim.Text(context.WithoutCancel(ctx), fmt.Sprintf("+155502%05d", n%50), tm.numbers[n%len(tm.numbers)], text); taken {
			l.mu.Lock()
			l.inbound[text] = true
			l.mu.Unlock()
		}
	}
}

// settle waits until nothing is queued or on its way, however much that is after many kills: as long as it becomes less within a minute.
func (l *ledgers) settle(t *testing.T, g *gateway) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for least, since := math.MaxInt, time.Now(); ; <-tick.C {
		open := len(g.all("/v1/messages?limit=200&status=queued")) + len(g.all("/v1/messages?limit=200&status=sending"))
		switch {
		case open == 0:
			return
		case open < least:
			least, since = open, time.Now()
		case time.Since(since) > time.Minute:
			t.Fatalf("%d messages are still on their way, no fewer than a minute ago", open)
		}
	}
}

func (l *ledgers) audit(t *testing.T, g *gateway, cycles int, offered int64) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	outbound, inbound := map[string]map[string]any{}, map[string]int{}
	texts, count := map[string]int{}, map[string]int{}
	for _, m := range g.all("/v1/messages?limit=200&direction=outbound") {
		outbound[m["id"].(string)] = m
		texts[m["content"].(string)]++
		count[m["status"].(string)]++
	}
	for _, m := range g.all("/v1/messages?limit=200&direction=inbound") {
		inbound[m["content"].(string)]++
	}
	for id, text := range l.acked {
		m := outbound[id]
		if m == nil {
			t.Errorf("LOST: %s was acknowledged and is not there", id)
			continue
		}
		if m["content"] != text {
			t.Errorf("CHANGED: %s is %q, was %q", id, m["content"], text)
		}
	}
	for text, n := range texts {
		if n != 1 {
			t.Errorf("one Idempotency-Key made %d messages: %s", n, text)
		}
	}
	for id, m := range outbound {
		taken := l.taken[id]
		switch m["status"] {
		case "sent", "delivered", "read":
			if taken == 0 {
				t.Errorf("NEVER TAKEN: %s is %v and the carrier does not know it", id, m["status"])
			}
		case "failed", "unclear":
		default:
			t.Errorf("%s stayed %v", id, m["status"])
		}
		if taken > 1 {
			marked := 0
			for _, a := range g.call(200, "GET", "/v1/messages/"+id, nil).json["attempts"].([]any) {
				if again, _ := a.(map[string]any)["again"].(bool); again {
					marked++
				}
			}
			if marked < taken-1 {
				t.Errorf("TWICE: the carrier took %s %d times, %d marked as again", id, taken, marked)
			}
		}
	}
	for ref := range l.taken {
		if outbound[ref] == nil {
			t.Errorf("the carrier took %s, which the gateway does not know", ref)
		}
	}
	for text := range l.inbound {
		if inbound[text] != 1 {
			t.Errorf("inbound %q was answered with 2xx and is there %d times", text, inbound[text])
		}
	}
	for text, n := range inbound {
		if n > 1 && text != "Got it!" { // the echoing number says that to everybody
			t.Errorf("inbound %q is there %d times", text, n)
		}
	}
	if len(l.acked) == 0 || len(l.inbound) == 0 {
		t.Error("no traffic: the test proves nothing")
	}
	if err := g.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	bin, _ := binary()
	where := []string{"verify", "--data", g.dir}
	if g.database != "" {
		where = []string{"verify", "--database-url", g.database}
	}
	out, err := exec.Command(bin, where...).CombinedOutput()
	if err != nil {
		t.Errorf("patchbay verify: %v\n%s", err, out)
	}
	t.Logf("%d kills: %d offered, %d acknowledged, %d outbound in the gateway %v, %d references taken by the carrier, %d inbound acknowledged, %d inbound in the gateway\n%s",
		cycles, offered, len(l.acked), len(outbound), count, len(l.taken), len(l.inbound), len(inbound), out)
}
