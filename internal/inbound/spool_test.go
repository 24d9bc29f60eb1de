package inbound

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/spool"
	"patchbay/internal/store"
)

// leaving is the store of a database that can go away: then it remembers nothing, as a node without its cluster.
type leaving struct {
	*store.Store
	gone   atomic.Bool
	broken atomic.Value // a text that no commit of several callbacks may hold
	asked  atomic.Int64 // while it was away
}

func (l *leaving) err() error {
	if !l.gone.Load() {
		return nil
	}
	l.asked.Add(1)
	return fault.New(fault.Unavailable, "", "the database is away")
}

func (l *leaving) Generation() uint64 {
	if l.gone.Load() {
		return l.Store.Generation() + 1
	}
	return l.Store.Generation()
}

func (l *leaving) IntegrationsOfService(ctx context.Context, accountID, serviceID string) ([]directory.Integration, error) {
	if err := l.err(); err != nil {
		return nil, err
	}
	return l.Store.IntegrationsOfService(ctx, accountID, serviceID)
}

func (l *leaving) KeepCallback(ctx context.Context, c *message.Callback) error {
	if err := l.err(); err != nil {
		return err
	}
	return l.Store.KeepCallback(ctx, c)
}

func (l *leaving) ReceiveCallback(ctx context.Context, c *message.Callback, a message.Applied) error {
	if err := l.err(); err != nil {
		return err
	}
	return l.Store.ReceiveCallback(ctx, c, a)
}

func (l *leaving) ReceiveCallbacks(ctx context.Context, list []message.Effect) error {
	if err := l.err(); err != nil {
		return err
	}
	if text, _ := l.broken.Load().(string); text != "" {
		for i := range list {
			if strings.Contains(string(list[i].Callback.Body), text) {
				return fmt.Errorf("nobody can keep %s", text)
			}
		}
	}
	return l.Store.ReceiveCallbacks(ctx, list)
}

func (l *leaving) IntegrationsOfRefs(ctx context.Context, accountID, serviceID string, refs, ids []string) ([]string, error) {
	if err := l.err(); err != nil {
		return nil, err
	}
	return l.Store.IntegrationsOfRefs(ctx, accountID, serviceID, refs, ids)
}

// withSpool gives the gate a database that can go away, and a spool.
func (g *gate) withSpool(o spool.Options) *leaving {
	g.t.Helper()
	l := &leaving{Store: g.store}
	o.Dir = filepath.Join(g.dir, "spool")
	s, err := spool.Open(o)
	g.must(err)
	g.t.Cleanup(func() { s.Close() })
	g.flow = New(Config{Store: l, Shelf: g.shelf, Files: g.flow.files, Spool: s, Log: slog.New(slog.NewTextHandler(g.log, nil))})
	return l
}

func (g *gate) drainAll() {
	g.t.Helper()
	for g.flow.drainSome(g.t.Context()) {
	}
}

func texts(list []message.View) (out []string) {
	for _, m := range slices.Backward(list) { // the oldest first
		out = append(out, m.Content)
	}
	return out
}

// C17: nothing is lost, nothing comes twice, and the order stays.
func TestCallbacksOfAnOutageComeBackOnceAndInOrder(t *testing.T) {
	tn := acmeTenant(t)
	away := tn.withSpool(spool.Options{Segment: 2000})
	n := tn.number("+15550004444", "US", 1)
	sent := tn.sent(n, "+15552223333", "p1")
	tn.takes(tn.signed(in("before", "+15552223333", "+15550001111", "before")))
	away.gone.Store(true)
	want := []string{"before"}
	for i := range 50 {
		text := fmt.Sprintf("%d yes $to$ {{to}} é😀 \"", i)
		want = append(want, text)
		r := tn.signed(in(fmt.Sprint("m", i), "+15552223333", "+15550001111", text))
		a := tn.takes(r)
		if string(a.Body) != `{"result":{}}` && !strings.Contains(string(a.Body), "result") {
			t.Fatalf("answered %q, not as its file says", a.Body)
		}
		if i%10 == 0 {
			tn.takes(r) // the provider repeats it
		}
	}
	tn.takes(tn.signed(`{"events":[{"kind":"delivered","id":"p1"}]}`))
	if asked := away.asked.Load(); asked > 5 {
		t.Errorf("a database that is known to be away was asked %d times", asked)
	}
	if got := texts(tn.messages(tn.account)); !slices.Equal(got, []string{"before"}) {
		t.Errorf("during the outage: %q", got)
	}
	tn.drainAll() // it is not back yet
	away.gone.Store(false)
	// What comes before the spool is empty belongs behind what is in it, also once it is known that the database is back.
	tn.flow.away.Store(false)
	tn.takes(tn.signed(in("after", "+15552223333", "+15550001111", "after")))
	want = append(want, "after")
	tn.drainAll()
	tn.settleAll()
	tn.takes(tn.signed(in("later", "+15552223333", "+15550001111", "later")))
	want = append(want, "later")
	if got := texts(tn.messages(tn.account)); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if v := tn.message(sent); v.Status != message.Delivered {
		t.Errorf("the receipt was lost: %s", v.Status)
	}
	if tn.flow.spool.Holds() || tn.flow.counters.Spooled.Load() != 57 {
		t.Errorf("spooled %d", tn.flow.counters.Spooled.Load())
	}
}

// A12: a crash between the commit and forgetting the record hands it out again, and it is known.
func TestACrashWhileTheSpoolIsEmptiedAppliesNothingTwice(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, plainService) // without ids every delivery is a message: only the callback's own id tells
	away := g.withSpool(spool.Options{})
	tn := g.enable(account, "a.example", "plain", nil)
	tn.number("+15550001111", "US", 1)
	body := `{"method":"message","params":{"from":"+15552223333","to":"+15550001111","content":"yes"}}`
	tn.takes(tn.request(body))
	away.gone.Store(true)
	for range 20 {
		tn.takes(tn.request(body))
	}
	away.gone.Store(false)
	list, err := g.flow.spool.Next(10, 1<<20)
	g.must(err)
	var batch []message.Effect
	for _, rec := range list {
		e, err := g.flow.unspool(t.Context(), rec)
		g.must(err)
		batch = append(batch, e)
	}
	g.must(away.ReceiveCallbacks(t.Context(), batch)) // and here it ends
	g.must(g.flow.spool.Close())
	g.withSpool(spool.Options{})
	g.drainAll()
	g.settleAll()
	if got := len(tn.messages(account)); got != 21 {
		t.Errorf("%d messages of 21 deliveries", got)
	}
}

func TestInAnOutageNobodyIsBelievedWhoCannotBeVerified(t *testing.T) {
	tn := acmeTenant(t)
	away := tn.withSpool(spool.Options{})
	away.gone.Store(true)
	r := tn.signed(in("m1", "+15552223333", "+15550001111", "never seen since the start"))
	if a := tn.flow.Receive(t.Context(), r); a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("whose secret is not known: %d, want 503", a.Status)
	}
	away.gone.Store(false)
	tn.drainAll()
	tn.takes(r)
	away.gone.Store(true)
	forged := tn.request(in("m2", "+15552223333", "+15550001111", "forged"))
	sign(&forged, "another secret", tn.flow.sources.known[sourceKey{tn.account, "acme"}].members[0].Created)
	if a := tn.flow.Receive(t.Context(), forged); a.Status != http.StatusNotFound {
		t.Errorf("a forged callback: %d, want 404", a.Status)
	}
	if tn.flow.spool.Holds() {
		t.Error("it was spooled")
	}
}

func TestAFullSpoolIsA503(t *testing.T) {
	tn := acmeTenant(t)
	away := tn.withSpool(spool.Options{Max: 8000})
	tn.takes(tn.signed(in("m0", "+15552223333", "+15550001111", "x")))
	away.gone.Store(true)
	kept := 0
	for i := range 100 {
		a := tn.flow.Receive(t.Context(), tn.signed(in(fmt.Sprint("m", i+1), "+15552223333", "+15550001111", "x")))
		if a.Status == http.StatusServiceUnavailable {
			break
		}
		kept++
	}
	if kept == 0 || kept == 100 {
		t.Fatalf("%d were kept in 8000 bytes", kept)
	}
	away.gone.Store(false)
	tn.drainAll()
	if got := len(tn.messages(tn.account)); got != kept+1 {
		t.Errorf("%d messages, and %d were answered with success", got, kept+1)
	}
}

// What the database cannot keep with others is kept alone; what it cannot keep at all stays on the disk, and those behind it come.
func TestOneSpooledCallbackHoldsUpNoOther(t *testing.T) {
	tn := acmeTenant(t)
	away := tn.withSpool(spool.Options{})
	tn.takes(tn.signed(in("m0", "+15552223333", "+15550001111", "first")))
	away.gone.Store(true)
	for i, text := range []string{"one", "poison", "two"} {
		tn.takes(tn.signed(in(fmt.Sprint("m", i+1), "+15552223333", "+15550001111", text)))
	}
	tn.must(tn.flow.spool.Append(t.Context(), []byte(`{"no": "callback"}`)))
	away.broken.Store("poison")
	away.gone.Store(false)
	tn.drainAll()
	if got := texts(tn.messages(tn.account)); !slices.Equal(got, []string{"first", "one", "two"}) {
		t.Errorf("got %q", got)
	}
	tn.settleAll() // kept pending, it is applied by itself
	if got := texts(tn.messages(tn.account)); !slices.Equal(got, []string{"first", "one", "two", "poison"}) {
		t.Errorf("got %q", got)
	}
	if names, _ := filepath.Glob(filepath.Join(tn.dir, "spool", "refused-*")); len(names) != 1 || tn.flow.spool.Holds() {
		t.Errorf("refused: %q", names)
	}
}

// No secret reaches the disk by the spool, either.
func TestTheSpoolHoldsNoSecrets(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	g.put(account, strings.Replace(plainService, `"class": "sms",`, `"class": "sms", "properties": ["Token"],`, 1))
	away := g.withSpool(spool.Options{})
	tn := g.enable(account, "a.example", "plain", map[string]string{"Token": "canary-of-the-spool"})
	tn.number("+15550001111", "US", 1)
	body := `{"method":"message","token":"canary-of-the-spool","params":{"from":"+15552223333","to":"+15550001111","content":"yes"}}`
	tn.takes(tn.request(body))
	away.gone.Store(true)
	tn.takes(tn.request(body))
	list, err := g.flow.spool.Next(1, 1<<20)
	g.must(err)
	if len(list) != 1 || strings.Contains(string(list[0].Payload), "canary-of-the-spool") {
		t.Errorf("spooled: %s", list[0].Payload)
	}
	away.gone.Store(false)
	g.drainAll()
	if got := len(tn.messages(account)); got != 2 {
		t.Errorf("%d messages", got)
	}
}

// Many at once, while the database comes and goes.
func TestADatabaseThatComesAndGoesLosesNothing(t *testing.T) {
	tn := acmeTenant(t)
	away := tn.withSpool(spool.Options{Segment: 10_000})
	tn.takes(tn.signed(in("m", "+15552223333", "+15550001111", "x")))
	var all sync.WaitGroup
	var taken atomic.Int64
	for w := range 8 {
		all.Go(func() {
			for i := range 40 {
				away.gone.Store((w+i)%3 == 0)
				if a := tn.flow.Receive(t.Context(), tn.signed(in(fmt.Sprint(w, "/", i), "+15552223333", "+15550001111", "x"))); a.Status == http.StatusOK {
					taken.Add(1)
				}
				if i%5 == 0 && w == 0 {
					tn.flow.drainSome(t.Context())
				}
			}
		})
	}
	all.Wait()
	away.gone.Store(false)
	tn.drainAll()
	tn.settleAll()
	counts, err := tn.store.Counts(t.Context())
	tn.must(err)
	if got := counts["inbound/received"]; got != taken.Load()+1 || taken.Load() < 300 {
		t.Errorf("%d messages, and %d were answered with success", got, taken.Load()+1)
	}
}
