package e2e

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/simulator"
)

// faulty builds the program with its failpoints.
var faulty = sync.OnceValues(func() (string, error) { return build("-tags", "faults") })

// onlyKilled are places at which there is nobody to tell of an error.
var onlyKilled = []string{"committed", "synced", "left", "called", "received", "filed"}

// A1 to A10, A13, D2, D7: the program is killed, or told of an error, at every commit, every sync, every boundary of a request and every file
// that is put into its place, while texts and pictures go both ways. It is started again, the client and the carrier repeat what was not
// answered, and the ledgers must agree. A few passes of each place here, all of them with PATCHBAY_FAILPOINTS=all.
func TestNothingIsLostWhereverItStops(t *testing.T) {
	bin, err := faulty()
	if err != nil {
		t.Fatal(err)
	}
	l := &ledgers{}
	g, sim, tm := onSimulator(t, func(x simulator.Taken) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taken[x.Reference]++
	}, "+15550001001", "+15550001002")
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	base, file := g.dir, filepath.Join(t.TempDir(), "seen")
	g.bin = bin

	run := func(name, fail, seen string) (died bool) {
		g.dir = copyOf(t, base)
		l.acked, l.taken, l.inbound = map[string]string{}, map[string]int{}, map[string]bool{}
		g.env = []string{"PATCHBAY_FAIL=" + fail, "PATCHBAY_FAIL_SEEN=" + seen}
		died = l.through(g, sim, tm, name)
		g.env = nil
		g.start()
		l.settle(t, g)
		pictureKept(g, name)
		l.audit(t, g, 1, trafficEach)
		return died
	}
	run("counted", "", file)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	passes := map[string]int{}
	for place := range strings.FieldsSeq(string(b)) {
		passes[place]++
	}
	t.Logf("passes: %v", passes)
	for _, place := range []string{"commit", "committed", "sync", "synced", "leave", "left", "answered", "called", "received", "file", "filed"} {
		if passes[place] == 0 {
			t.Errorf("the traffic does not come past %q", place)
		}
	}
	died, cases := 0, 0
	for _, place := range slices.Sorted(maps.Keys(passes)) {
		for _, mode := range []string{"kill", "error"} {
			if mode == "error" && slices.Contains(onlyKilled, place) {
				continue
			}
			nth := []int{1 + rand.IntN(passes[place])}
			if os.Getenv("PATCHBAY_FAILPOINTS") == "all" {
				nth = nil
				for n := range passes[place] {
					nth = append(nth, n+1)
				}
			}
			for _, n := range nth {
				fail := fmt.Sprintf("%s=%s@%d", place, mode, n)
				t.Run(fail, func(t *testing.T) {
					cases++
					if run(fail, fail, "") {
						died++
					}
				})
			}
		}
	}
	if died == 0 {
		t.Error("the program never died: nothing was tried")
	}
	t.Logf("%d stops, in %d of them the program ended", cases, died)
}

const trafficEach = 6 // texts each way, the last of each with a picture

// through runs the traffic, and starts the program again when it ends.
func (l *ledgers) through(g *gateway, sim *simulator.Server, tm team, name string) (died bool) {
	g.launch()
	cmd, ended := g.cmd, make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var wg sync.WaitGroup
		wg.Go(func() { l.textsOut(g, tm, name) })
		wg.Go(func() { l.textsIn(g, sim, tm, name) })
		wg.Wait()
		pictureKept(g, name)
	}()
	select {
	case <-ended:
		died = true
		g.cmd, g.env = nil, nil
		g.start()
		<-done
		g.kill()
	case <-done:
		_ = cmd.Process.Kill()
		<-ended
		g.cmd = nil
	}
	return died
}

// textsOut sends the texts, each again under its key until it is taken.
func (l *ledgers) textsOut(g *gateway, tm team, name string) {
	for n := range trafficEach {
		text := fmt.Sprintf("out %s %d yes $to$ \"😀\"", name, n)
		i := n % len(tm.numbers)
		body := map[string]any{"orgid": tm.org, "user": tm.users[i], "from": tm.numbers[i], "to": fmt.Sprintf("+1555010%04d", n), "content": text}
		g.until(text, func() bool {
			a, err := g.try("POST", "/v1/messages", body, "Idempotency-Key", text)
			if err != nil || a.status != 202 {
				return false
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			l.acked[a.str("id")] = text
			return true
		})
	}
}

// textsIn texts our numbers; the carrier repeats a callback until it is taken.
func (l *ledgers) textsIn(g *gateway, sim *simulator.Server, tm team, name string) {
	for n := range trafficEach {
		text := fmt.Sprintf("in %s %d ~ 'é'", name, n)
		var pictures []string
		if n == trafficEach-1 {
			pictures = []string{sim.URL() + "/media/sample.png"}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		_, taken := sim.Text(ctx, fmt.Sprintf("+155502%05d", n), tm.numbers[n%len(tm.numbers)], text, pictures...)
		cancel()
		if !taken {
			g.t.Errorf("the callback of %q was not taken within 30 s", text)
			return
		}
		l.mu.Lock()
		l.inbound[text] = true
		l.mu.Unlock()
	}
}

// pictureKept waits until the picture that came in is kept, and seen whole. The program may stop and start meanwhile.
func pictureKept(g *gateway, name string) {
	pictureOf(g, fmt.Sprintf("in %s %d ~ 'é'", name, trafficEach-1))
}

// pictureOf waits until the picture of an inbound message can be seen.
func pictureOf(g *gateway, text string) {
	g.until("the picture of "+text, func() bool {
		a, err := g.try("GET", "/v1/messages?limit=200&direction=inbound", nil)
		if err != nil || a.status != 200 {
			return false
		}
		for _, m := range a.json["data"].([]any) {
			m := m.(map[string]any)
			files, _ := m["media"].([]any)
			if m["content"] != text || len(files) != 1 {
				continue
			}
			url, _ := files[0].(map[string]any)["url"].(string)
			resp, err := g.client.Get(url)
			if err != nil {
				return false
			}
			resp.Body.Close()
			return resp.StatusCode == 200 && resp.ContentLength > 0
		}
		return false
	})
}
