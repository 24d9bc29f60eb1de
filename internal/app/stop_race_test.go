package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// stopRaces is how many there are: a few, or as many as PATCHBAY_STOP_RACES says.
func stopRaces(t *testing.T) int {
	t.Helper()
	s := os.Getenv("PATCHBAY_STOP_RACES")
	if s == "" {
		return 60
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// carrier takes every text at once and knows when each began to arrive.
type carrier struct {
	*httptest.Server
	mu        sync.Mutex
	got       map[string]time.Time // by contact and content
	n         int
	confirmed int // STOPs
}

func newCarrier(t *testing.T) *carrier {
	c := &carrier{got: map[string]time.Time{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now()
		var in struct{ To, Content string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		key := in.To + " " + in.Content
		if _, twice := c.got[key]; twice {
			t.Errorf("%s came twice", key)
		}
		c.got[key] = now
		if !strings.Contains(in.Content, "/") {
			c.confirmed++
		}
		c.n++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"data":{"id":"id-%d"}}`, c.n)
	}))
	t.Cleanup(c.Close)
	return c
}

// STOP races texts to its contact that are queued and texts that arrive. Once it is answered, none is accepted and none begins: what the
// carrier sees later had its attempt begun before.
func TestNothingBeginsAfterAStopWasAnswered(t *testing.T) {
	const lines, beside = 24, 16
	races := stopRaces(t)
	p := newCarrier(t)
	w := start(t, strings.TrimPrefix(p.URL, "http://"))
	w.account.call(201, "PUT", "/v1/services/acme", baseFile("acme", p.URL))
	tm := w.account.newTeam("a", "acme", "+15550001000", map[string]string{"API key": "k"})
	numbers := []string{tm.number}
	for i := 1; i < lines; i++ {
		n := fmt.Sprintf("+1555000%04d", 1000+i)
		w.account.call(201, "POST", "/v1/organizations/"+tm.org+"/numbers", map[string]any{"service": "acme", "number": n, "users": []string{tm.user}, "country": "US"})
		numbers = append(numbers, n)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	post := func(address, body string) (int, map[string]any) {
		if strings.HasPrefix(address, "/") {
			address = w.app.URL() + address
		}
		r, err := http.NewRequest("POST", address, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0, nil
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+bootstrapKey)
		resp, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return 0, nil
		}
		defer resp.Body.Close()
		var m map[string]any
		_ = json.NewDecoder(resp.Body).Decode(&m)
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, m
	}
	type race struct {
		stopped atomic.Int64      // when the 2xx was here
		ids     map[string]string // by content
		mu      sync.Mutex
	}
	all := make([]race, races)
	to := func(i int) string { return fmt.Sprintf("+1555%07d", 2_000_000+i) }
	run := func(i int) {
		r := &all[i]
		r.ids = map[string]string{}
		from, to := numbers[i%lines], to(i)
		send := func(content string) {
			late := r.stopped.Load() != 0
			body, _ := json.Marshal(map[string]any{"from": from, "to": to, "content": content})
			switch code, m := post("/v1/messages", string(body)); {
			case code == 202 && late:
				t.Errorf("%s was accepted after the STOP was answered", content)
			case code == 202:
				r.mu.Lock()
				r.ids[content], _ = m["id"].(string)
				r.mu.Unlock()
			case code != 403:
				t.Errorf("%s: %d %v", content, code, m)
			}
		}
		for k := range 3 {
			send(fmt.Sprintf("%d/queued/%d", i, k))
		}
		var both sync.WaitGroup
		for k := range 2 {
			both.Go(func() {
				for j := range 2 {
					send(fmt.Sprintf("%d/arriving/%d.%d", i, k, j))
				}
			})
		}
		both.Go(func() {
			time.Sleep(time.Duration(rand.IntN(8000)) * time.Microsecond) // into the middle of it
			body, _ := json.Marshal(map[string]any{"method": "message", "params": map[string]string{"from": to, "to": from, "content": "STOP"}})
			if code, m := post(tm.webhook, string(body)); code != 200 {
				t.Errorf("STOP: %d %v", code, m)
			}
			r.stopped.Store(time.Now().UnixNano())
			send(fmt.Sprintf("%d/late", i))
		})
		both.Wait()
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range beside {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < races; i = int(next.Add(1)) - 1 {
				run(i)
			}
		})
	}
	workers.Wait()
	seen := func() (got, confirmed int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.got), p.confirmed
	}
	settle := func(done func() bool) { // however long it takes, as long as it goes on
		for !done() {
			before, _ := seen()
			w.account.until("/v1/messages?limit=1", func(answer) bool { got, _ := seen(); return got != before || done() })
		}
	}
	settle(func() bool { _, confirmed := seen(); return confirmed == races })
	for _, open := range []string{"queued", "sending"} {
		settle(func() bool {
			return len(w.account.call(200, "GET", "/v1/messages?direction=outbound&status="+open, nil).list("data")) == 0
		})
	}

	// Every text that was accepted has ended: sent, once, or never begun.
	ends := map[string]int{}
	for cursor, more := "", true; more; more = cursor != "" {
		a := w.account.call(200, "GET", "/v1/messages?direction=outbound&limit=200&cursor="+cursor, nil)
		for _, m := range a.list("data") {
			status, _ := m["status"].(string)
			ends[status]++
		}
		cursor = a.str("next")
	}
	accepted, flying, longest := 0, 0, time.Duration(0)
	for i := range all {
		r := &all[i]
		accepted += len(r.ids)
		stopped := time.Unix(0, r.stopped.Load())
		for content, id := range r.ids {
			at, came := p.got[to(i)+" "+content]
			if !came || !at.After(stopped) {
				continue
			}
			flying++
			longest = max(longest, at.Sub(stopped))
			attempts := w.account.call(200, "GET", "/v1/messages/"+id, nil).list("attempts")
			for _, x := range attempts {
				if began, err := time.Parse(time.RFC3339Nano, fmt.Sprint(x["at"])); err != nil || began.After(stopped) {
					t.Errorf("an attempt of %s began at %v, %v after its STOP was answered", content, x["at"], began.Sub(stopped))
				}
			}
			if len(attempts) != 1 {
				t.Errorf("%s had %d attempts", content, len(attempts))
			}
		}
	}
	total := 0
	for _, n := range ends {
		total += n
	}
	if total != accepted+races || ends["sent"] != len(p.got) { // each STOP is confirmed, once
		t.Errorf("%d were accepted and the carrier has %d; ended: %v", accepted, len(p.got), ends)
	}
	if len(p.got) == 0 || ends["sent"] == accepted+races {
		t.Errorf("there was no race: ended %v", ends)
	}
	t.Logf("%d races, %d texts accepted, %v; %d were on the wire when their STOP was answered, the last of them arrived %v later", races, accepted, ends, flying, longest)
}
