package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// program is somebody's server that gets notifications: what it took, and what it was asked in all.
type program struct {
	*httptest.Server
	mu    sync.Mutex
	asked []heard
	took  []heard
	more  chan struct{}
}

type heard struct{ id, conversation, content string }

// newProgram answers with what status says; 0 is 200.
func newProgram(t *testing.T, secret func() string, status func(n int, content string) int) *program {
	p := &program{more: make(chan struct{}, 1)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var body struct {
			Data struct{ Conversation, Content string }
		}
		if err := json.Unmarshal(b, &body); err != nil {
			t.Errorf("not JSON: %s", b)
		}
		id := r.Header.Get("Webhook-Id")
		if got := r.Header.Get("User-Agent"); got != "Patchbay" {
			t.Errorf("User-Agent %q: providers know us by another spelling", got)
		}
		if s := secret(); s != "" {
			checkSignature(t, s, r.Header, b)
		}
		one := heard{id, body.Data.Conversation, body.Data.Content}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked = append(p.asked, one)
		code := status(len(p.asked), one.content)
		if code == 0 {
			code = 200
		}
		if code/100 == 2 {
			p.took = append(p.took, one)
		}
		if code/100 == 3 {
			w.Header().Set("Location", p.URL+"/elsewhere")
		}
		w.WriteHeader(code)
		select {
		case p.more <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func checkSignature(t *testing.T, secret string, h http.Header, body []byte) {
	s, err := newSigner(secret)
	if err != nil {
		t.Error(err)
		return
	}
	var sec int64
	if _, err := fmt.Sscan(h.Get("Webhook-Timestamp"), &sec); err != nil {
		t.Error(err)
	}
	if want := s.sign(h.Get("Webhook-Id"), time.Unix(sec, 0), body); h.Get("Webhook-Signature") != want {
		t.Errorf("signature %q, want %q", h.Get("Webhook-Signature"), want)
	}
}

// until waits, signal by signal, for the program to have been told enough.
func (p *program) until(t *testing.T, enough func(asked, took []heard) bool) (asked, took []heard) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		p.mu.Lock()
		asked, took = slices.Clone(p.asked), slices.Clone(p.took)
		p.mu.Unlock()
		if enough(asked, took) {
			return asked, took
		}
		select {
		case <-p.more:
		case <-ctx.Done():
			t.Fatalf("asked %d times, took %d: %v", len(asked), len(took), took)
		}
	}
}

func newDoor(t *testing.T, servers ...*program) *exchange.Door {
	t.Helper()
	var hosts []string
	for _, p := range servers {
		hosts = append(hosts, strings.TrimPrefix(p.URL, "http://"))
	}
	d, err := exchange.NewDoor(exchange.Config{AllowPrivate: hosts, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// startDeliverer runs one that comes again soon; stop ends it and waits.
func startDeliverer(t *testing.T, s *store.Store, door Door) (d *Deliverer, stop func()) {
	d = NewDeliverer(s, door, link, slog.New(slog.DiscardHandler), 4)
	d.wait = func(int) time.Duration { return time.Millisecond }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return d, stop
}

// wakeOnCommit has the store wake whoever runs now.
func wakeOnCommit(s *store.Store) (set func(*Deliverer)) {
	var mu sync.Mutex
	var now *Deliverer
	s.OnCommit(func(c store.Commit) {
		mu.Lock()
		defer mu.Unlock()
		if c.Webhooks && now != nil {
			now.Wake()
		}
	})
	return func(d *Deliverer) { mu.Lock(); now = d; mu.Unlock() }
}

func TestAWebhookIsToldEverythingInTheOrderOfEachConversation(t *testing.T) {
	s := openStore(t)
	wake := wakeOnCommit(s)
	o := newOffice(t, s, "+15550001111", 1)
	var secret string
	p := newProgram(t, func() string { return secret }, func(int, string) int { return 0 })
	secret = o.webhook(p.URL+"/in", FormatPatchbay).Secret
	d, _ := startDeliverer(t, s, newDoor(t, p))
	wake(d)

	const contacts, each = 8, 15
	var writers sync.WaitGroup
	for c := range contacts {
		writers.Go(func() {
			for i := range each {
				if err := o.arrive(fmt.Sprintf("+1555000%04d", c), fmt.Sprint(i), time.Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	_, took := p.until(t, func(_, took []heard) bool { return len(took) >= contacts*each })
	next, ids := map[string]int{}, map[string]bool{}
	for _, one := range took {
		if want := fmt.Sprint(next[one.conversation]); one.content != want {
			t.Fatalf("conversation %s: told %s, want %s", one.conversation, one.content, want)
		}
		next[one.conversation]++
		if ids[one.id] {
			t.Errorf("%s twice", one.id)
		}
		ids[one.id] = true
	}
	if len(next) != contacts {
		t.Errorf("%d conversations, want %d", len(next), contacts)
	}
}

func TestWhatWasNotTakenComesAgainUnderTheSameID(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
	}{{"down", 503}, {"a redirect, which is not followed", 302}, {"refused", 400}} {
		t.Run(c.name, func(t *testing.T) {
			s := openStore(t)
			wake := wakeOnCommit(s)
			o := newOffice(t, s, "+15550001111", 1)
			p := newProgram(t, func() string { return "" }, func(n int, _ string) int {
				if n <= 3 {
					return c.status
				}
				return 204
			})
			o.webhook(p.URL+"/in", FormatPatchbay)
			d, _ := startDeliverer(t, s, newDoor(t, p))
			wake(d)
			if err := o.arrive("+15552223333", "hello", time.Now()); err != nil {
				t.Fatal(err)
			}
			asked, took := p.until(t, func(_, took []heard) bool { return len(took) == 1 })
			if len(asked) != 4 {
				t.Errorf("asked %d times, want 4", len(asked))
			}
			for _, a := range asked {
				if a != took[0] {
					t.Errorf("asked %v, then %v", a, took[0])
				}
			}
		})
	}
}

func TestOneNotificationThatIsNeverTakenHoldsUpNobodyForLong(t *testing.T) {
	s := openStore(t)
	wake := wakeOnCommit(s)
	o := newOffice(t, s, "+15550001111", 1)
	p := newProgram(t, func() string { return "" }, func(_ int, content string) int {
		if content == "poison" {
			return 400
		}
		return 200
	})
	for i, text := range []string{"a", "poison", "b", "c"} {
		if err := o.arrive(fmt.Sprintf("+1555222000%d", i), text, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	o.webhook(p.URL+"/in", FormatPatchbay)
	// Those that arrived before the webhook was made are not told; these are.
	for i, text := range []string{"a", "poison", "b", "c"} {
		if err := o.arrive(fmt.Sprintf("+1555222000%d", i), text, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	d, _ := startDeliverer(t, s, newDoor(t, p))
	wake(d)
	p.until(t, func(asked, took []heard) bool { return len(asked) >= 3+poisonTries && len(took) == 3 })
	// It was given up: the next of its own conversation gets through.
	if err := o.arrive("+15552220001", "after", time.Now()); err != nil {
		t.Fatal(err)
	}
	asked, took := p.until(t, func(_, took []heard) bool { return len(took) == 4 })
	if took[3].content != "after" || d.Counters().Dead.Load() != 1 {
		t.Errorf("took %v, given up %d", took, d.Counters().Dead.Load())
	}
	for _, text := range []string{"a", "b", "c"} {
		if n := count(asked, text); n != 1 {
			t.Errorf("%q was told %d times while another failed", text, n)
		}
	}
	if n := count(asked, "poison"); n != poisonTries {
		t.Errorf("the one that fails was told %d times, want %d", n, poisonTries)
	}
}

func count(all []heard, content string) (n int) {
	for _, one := range all {
		if one.content == content {
			n++
		}
	}
	return n
}

func TestWhatFailsForThreeDaysIsGivenUp(t *testing.T) {
	s := openStore(t)
	wake := wakeOnCommit(s)
	o := newOffice(t, s, "+15550001111", 1)
	var mu sync.Mutex
	up := false
	p := newProgram(t, func() string { return "" }, func(int, string) int {
		mu.Lock()
		defer mu.Unlock()
		if up {
			return 200
		}
		return 500
	})
	o.webhook(p.URL+"/in", FormatPatchbay)
	old := time.Now().Add(-giveUpAfter - time.Minute)
	for i := range 3 {
		if err := o.arrive("+15552223333", fmt.Sprint("old ", i), old); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.arrive("+15552223333", "young", time.Now()); err != nil {
		t.Fatal(err)
	}
	d, _ := startDeliverer(t, s, newDoor(t, p))
	wake(d)
	p.until(t, func(asked, _ []heard) bool { return count(asked, "young") > 1 })
	mu.Lock()
	up = true
	mu.Unlock()
	asked, took := p.until(t, func(_, took []heard) bool { return len(took) == 1 })
	if took[0].content != "young" || d.Counters().Dead.Load() != 3 {
		t.Errorf("took %v, given up %d", took, d.Counters().Dead.Load())
	}
	for i := range 3 {
		if n := count(asked, fmt.Sprint("old ", i)); n != 1 {
			t.Errorf("old %d was told %d times, want once more before it is given up", i, n)
		}
	}
}

func TestNothingIsLostWhenADelivererEndsAndAnotherBegins(t *testing.T) {
	s := openStore(t)
	wake := wakeOnCommit(s)
	o := newOffice(t, s, "+15550001111", 1)
	p := newProgram(t, func() string { return "" }, func(int, string) int { return 0 })
	o.webhook(p.URL+"/in", FormatPatchbay)
	door := newDoor(t, p)
	const all = 160
	go func() {
		for i := range all {
			if err := o.arrive(fmt.Sprintf("+1555000%04d", i%7), fmt.Sprint(i), time.Now()); err != nil {
				t.Error(err)
			}
		}
	}()
	for round := 1; round <= 4; round++ {
		d, stop := startDeliverer(t, s, door)
		wake(d)
		p.until(t, func(_, took []heard) bool { return len(took) >= all*round/4 })
		stop()
	}
	_, took := p.until(t, func(_, took []heard) bool { return len(took) >= all })
	seen := map[string]bool{}
	for _, one := range took {
		seen[one.content] = true
	}
	if len(seen) != all {
		t.Errorf("%d of %d were told", len(seen), all)
	}
}

func TestAWebhookHearsOnlyOfItsAccountAndTypes(t *testing.T) {
	s := openStore(t)
	wake := wakeOnCommit(s)
	a, b := newOffice(t, s, "+15550001111", 1), newOffice(t, s, "+15550002222", 1)
	p := newProgram(t, func() string { return "" }, func(int, string) int { return 0 })
	deaf := newProgram(t, func() string { return "" }, func(int, string) int { return 0 })
	a.webhook(p.URL+"/in", FormatPatchbay)
	a.webhook(deaf.URL+"/in", FormatPatchbay, message.OptOutChanged)
	d, stop := startDeliverer(t, s, newDoor(t, p, deaf))
	wake(d)
	for i := range 5 {
		if err := b.arrive("+15552223333", "CANARY", time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := a.arrive("+15552223333", fmt.Sprint(i), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	asked, _ := p.until(t, func(_, took []heard) bool { return len(took) == 5 })
	stop()
	if n := count(asked, "CANARY"); n != 0 {
		t.Errorf("told %d of another account's messages", n)
	}
	if len(deaf.asked) != 0 {
		t.Errorf("told what it did not ask for: %v", deaf.asked)
	}
}

func TestRetriesGrowFromSecondsToHours(t *testing.T) {
	longest := time.Duration(0)
	for failures := range 40 {
		w := retryWait(failures)
		if w < firstWait/2 || w > longestWait {
			t.Errorf("after %d failures: %v", failures, w)
		}
		longest = max(longest, w)
	}
	if w := retryWait(0); w > firstWait {
		t.Errorf("the first wait is %v", w)
	}
	if longest < longestWait/2 {
		t.Errorf("the longest wait is %v", longest)
	}
}
