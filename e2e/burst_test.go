package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Fault C16: more callbacks at once than the gateway can take wait their turn. Nobody is told to slow down, each 2xx is on the disk, memory is
// bounded. The short form bursts for two seconds; PATCHBAY_BURST says how many (make burst: a minute).
func TestABurstOfCallbacksWaitsAndIsNeverRefused(t *testing.T) {
	const senders = 400
	lasts := 2 * time.Second
	if text := os.Getenv("PATCHBAY_BURST"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		lasts = time.Duration(n) * time.Second
	}
	g, _, tm := onBaseFile(t)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var n, taken atomic.Int64
	var mu sync.Mutex
	var waits []time.Duration
	begun := time.Now()
	end := begun.Add(lasts)
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for time.Now().Before(end) {
				i, at := n.Add(1), time.Now()
				from := fmt.Sprintf("+1555%07d", i%1000)
				resp, err := client.Post(tm.webhook, "application/json", strings.NewReader(textFrom(from, ourNumber, fmt.Sprintf(`"burst %d $to$ é😀"`, i))))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != 200 {
					t.Errorf("a provider is answered %d", resp.StatusCode)
					return
				}
				taken.Add(1)
				mu.Lock()
				waits = append(waits, time.Since(at))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	took := time.Since(begun)
	peak := g.peakMemory()
	g.kill() // with the last answers still warm
	bin, _ := binary()
	out, err := exec.Command(bin, "verify", "--json", "--data", g.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("patchbay verify: %v\n%s", err, out)
	}
	var report struct{ Counts map[string]int64 }
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	if kept := report.Counts["inbound/received"]; kept != taken.Load() {
		t.Errorf("%d were answered 200, and %d are there: %v", taken.Load(), kept, report.Counts)
	}
	if peak > 250<<20 {
		t.Errorf("it took %d MiB", peak>>20)
	}
	slices.Sort(waits)
	if len(waits) == 0 {
		t.Fatal("nothing was sent")
	}
	t.Logf("%d callbacks in %v, %.0f a second; half within %v, 99 of 100 within %v; peak memory %d MiB", taken.Load(), took.Round(time.Millisecond),
		float64(taken.Load())/took.Seconds(), waits[len(waits)/2], waits[len(waits)*99/100], peak>>20)
}
