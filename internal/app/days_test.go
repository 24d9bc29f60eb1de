package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/fault"
	"patchbay/internal/inbound"
	"patchbay/internal/message"
	"patchbay/internal/outbound"
	"patchbay/internal/secret"
	"patchbay/internal/service"
	"patchbay/internal/store"
	"patchbay/internal/wire"
)

// Days of a small installation, in seconds: the real store, the real flows and the real door, in a time that passes when nobody has anything
// to do. A seed decides who writes when, what the provider answers, when it is down, in which order receipts come, who says STOP, and after which
// commits the process is killed. The same seed is the same story, word for word: PATCHBAY_SEED=7 plays one again.
// PATCHBAY_SEEDS and PATCHBAY_HOURS are how many, and how long each.
func TestDaysOfTrafficKeepTheirPromises(t *testing.T) {
	first, count, hours := setting(t, "PATCHBAY_SEED", 1), setting(t, "PATCHBAY_SEEDS", 1), setting(t, "PATCHBAY_HOURS", 2)
	var total tally
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			total.add(days(t, seed, time.Duration(hours)*time.Hour).tally)
			if t.Failed() {
				t.Logf("again: PATCHBAY_SEED=%d PATCHBAY_HOURS=%d go test ./internal/app -run TestDaysOfTrafficKeepTheirPromises", seed, hours)
			}
		})
	}
	t.Logf("%d seeds from %d, %d hours each: %+v", count, first, hours, total)
	if total.Accepted == 0 || total.Taken == 0 || total.Kills == 0 || total.Unclear == 0 || total.Receipts == 0 || total.Stops == 0 || total.Inbound == 0 || total.Delivered == 0 {
		t.Errorf("something never happened: %+v", total)
	}
}

func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func TestASeedIsPlayedAgainWordForWord(t *testing.T) {
	one, two := days(t, 11, time.Hour/2).story, days(t, 11, time.Hour/2).story
	for i := range min(len(one), len(two)) {
		if one[i] != two[i] {
			t.Fatalf("line %d of the story:\n%s\n%s\n%s", i, strings.Join(one[max(0, i-8):i], "\n"), one[i], two[i])
		}
	}
	if len(one) != len(two) {
		t.Errorf("%d lines, then %d", len(one), len(two))
	}
}

// tally is what happened.
type tally struct{ Accepted, Refused, Taken, Asked, Unclear, Expired, Delivered, Receipts, Inbound, Stops, Kills int }

func (t *tally) add(o tally) {
	t.Accepted += o.Accepted
	t.Refused += o.Refused
	t.Taken += o.Taken
	t.Asked += o.Asked
	t.Unclear += o.Unclear
	t.Expired += o.Expired
	t.Delivered += o.Delivered
	t.Receipts += o.Receipts
	t.Inbound += o.Inbound
	t.Stops += o.Stops
	t.Kills += o.Kills
}

// life is one installation through its restarts, its provider, its users and its contacts.
type life struct {
	tally
	t    *testing.T
	seed uint64
	rng  *rand.Rand
	base string // where its directories are

	provider *httptest.Server
	mu       sync.Mutex
	story    []string
	tries    map[string]int // requests by text
	taken    map[string]int // and how many of them the provider took
	due      []callback     // what the provider has to tell
	refs     int
	down     bool
	stopped  map[[2]string]bool // by our number and the contact

	dir    string
	store  *store.Store
	door   *exchange.Door
	out    *outbound.Flow
	in     *inbound.Flow
	end    func()
	killIn atomic.Int64 // commits until the process is killed; 0: it is not
	killAt int          // requests until it is killed while the provider has one; 0: it is not
	image  string       // the disk as the kill left it
	dead   atomic.Bool

	account string
	user    string
	numbers []string
	sent    map[string]string // id → text, of what was accepted
	ranks   map[string]int    // the highest that was seen
	heard   map[string]bool   // ids of inbound texts that were answered 2xx
}

// callback is what the provider tells, again until it hears a 2xx.
type callback struct {
	at   time.Duration // since the taking, until it is put in its place
	when time.Time
	body string
}

const daysFile = `{
	"id": "days", "name": "Days", "class": "sms", "properties": ["API key"],
	"auth": {"type": "Bearer", "token": "$API key$"},
	"API": {"SendMessage": {
		"request_method": "POST", "request_url": "PROVIDER/messages", "request_content_type": "application/json",
		"request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$"}, "response_map": {"data": {"id": "$messageid$"}}}},
	"Webhook": [
		{"event_key": "message", "event_type": "message", "request_method": "POST",
		 "request_parameters": {"method": "$event_key$", "id": "$messageid$", "from": "$from$", "to": "$to$", "text": "$content$"}},
		{"events": {"sent": "messageSent", "delivered": "messageDelivered", "failed": "messageFailed", "read": "messageRead"}, "request_method": "POST",
		 "request_parameters": {"status": "$event_key$", "ref": "$messageid$"}}]}`

func days(t *testing.T, seed uint64, hours time.Duration) *life {
	l := &life{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 7)), base: t.TempDir(), tries: map[string]int{}, taken: map[string]int{},
		stopped: map[[2]string]bool{}, sent: map[string]string{}, ranks: map[string]int{}, heard: map[string]bool{}}
	// Outside the bubble: while anybody waits for it, no time passes inside.
	l.provider = httptest.NewUnstartedServer(http.HandlerFunc(l.answer))
	l.provider.Config.SetKeepAlivesEnabled(false)
	l.provider.Start()
	defer l.provider.Close()
	synctest.Test(t, func(t *testing.T) {
		l.t = t
		l.dir = filepath.Join(l.base, "0")
		l.open()
		l.settle()
		l.live(time.Now().Add(hours))
		l.conclude()
		l.close()
	})
	return l
}

func (l *life) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *life) tell(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.story = append(l.story, fmt.Sprintf(format, args...))
}

// chance is the seed's word on something that others may ask for in any order.
func (l *life) chance(what string, n int) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, l.seed, " ", what, " ", n)
	return rand.New(rand.NewPCG(h.Sum64(), l.seed)).Uint64()
}

// answer is the provider. It has taken what it says it has, and what it says nothing readable of.
func (l *life) answer(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	var got struct{ From, To, Text string }
	if err == nil {
		err = json.Unmarshal(b, &got)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || l.dead.Load() { // whoever is dead has sent nothing
		panic(http.ErrAbortHandler)
	}
	l.Asked++
	l.tries[got.Text]++
	n := l.tries[got.Text]
	if l.stopped[[2]string{got.From, got.To}] && strings.HasPrefix(got.Text, "text ") {
		l.t.Errorf("seed %d: %q went to a contact who had said STOP", l.seed, got.Text)
	}
	say := func(what string) {
		l.story = append(l.story, fmt.Sprintf("provider: %q, request %d: %s", got.Text, n, what))
	}
	if l.down {
		say("down")
		w.WriteHeader(503)
		return
	}
	c := l.chance(got.Text, n)
	take := func() string {
		l.Taken++
		l.taken[got.Text]++
		l.refs++
		ref := fmt.Sprintf("ref-%d", l.refs)
		for i, s := range []string{"sent", "delivered", "failed", "read"} {
			if c>>(8+i)&3 != 0 && (s != "failed" || c>>20&3 == 0) {
				delay := time.Duration(c>>(16+4*i)&0xffff) * 50 * time.Millisecond // up to an hour, in any order
				l.due = append(l.due, callback{at: delay, body: fmt.Sprintf(`{"status":%q,"ref":%q}`, s, ref)})
			}
		}
		return ref
	}
	if l.killAt > 0 {
		if l.killAt--; l.killAt == 0 {
			say("taken, and the process is killed")
			take()
			l.die()
			panic(http.ErrAbortHandler)
		}
	}
	switch p := c % 100; {
	case p < 8:
		say("not now")
		w.Header().Set("Retry-After", strconv.Itoa(int(c>>32%600)))
		w.WriteHeader(429)
	case p < 14:
		say("error")
		w.WriteHeader(503)
	case p < 20:
		say("no")
		w.WriteHeader(400)
	case p < 26:
		say("taken, and gone")
		take()
		panic(http.ErrAbortHandler)
	case p < 30:
		say("taken, and babbling")
		take()
		io.WriteString(w, "<html>ok")
	default:
		say("taken")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"data":{"id":%q}}`, take())
	}
}

// open starts the program on its directory.
func (l *life) open() {
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	l.must(err)
	ctx, random := context.Background(), rand.New(rand.NewPCG(l.seed, uint64(l.Kills))).Float64
	if l.store, err = store.Open(ctx, store.Options{DataDir: l.dir, Box: box, Random: random}); err != nil {
		l.t.Fatal(err)
	}
	shelf, err := service.NewShelf(fstest.MapFS{}, l.store)
	l.must(err)
	l.door, err = exchange.NewDoor(exchange.Config{AllowPrivate: []string{l.provider.Listener.Addr().String()}})
	l.must(err)
	log := slog.New(slog.DiscardHandler)
	// One slot: what happens at one moment happens in one order.
	l.out = outbound.New(outbound.Options{Store: l.store, Shelf: shelf, Door: l.door, PublicURL: "https://patchbay.example", Slots: 1, Drain: time.Second, Validity: time.Hour,
		Random: rand.New(rand.NewPCG(l.seed, uint64(l.Kills)+1<<32)).Float64, Log: log})
	l.in = inbound.New(inbound.Config{Store: l.store, Shelf: shelf, Log: log})
	if l.account == "" {
		l.furnish(shelf)
	}
	out, in := l.out, l.in
	l.dead.Store(false)
	l.store.OnCommit(func(c store.Commit) {
		if l.killIn.Load() > 0 && l.killIn.Add(-1) == 0 {
			l.die()
		}
		if c.Lanes {
			out.Wake()
		}
		if c.Callbacks {
			in.Wake()
		}
		if c.Replies {
			out.WakeReplies()
		}
	})
	l.must(l.out.Recover(ctx))
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = out.Run(ctx) })
	running.Go(func() { _ = in.Run(ctx) })
	l.end = func() { cancel(); running.Wait() }
}

// die leaves the disk as a kill does. What is written from here on was never written.
func (l *life) die() {
	if l.dead.Swap(true) {
		return
	}
	if err := os.CopyFS(l.image, os.DirFS(l.dir)); err != nil {
		l.t.Error(err)
	}
}

func (l *life) close() {
	l.end()
	l.door.Close()
	l.must(l.store.Close())
}

func (l *life) furnish(shelf *service.Shelf) {
	ctx, now := context.Background(), time.Now()
	l.account = directory.NewAccountID()
	l.must(l.store.CreateAccount(ctx, &directory.Account{ID: l.account, Name: "a", Created: now},
		&directory.Key{ID: directory.NewID(now), AccountID: l.account, Role: directory.AccountAdmin, Created: now}, [32]byte{1}))
	org := &directory.Organization{ID: directory.NewID(now), AccountID: l.account, Name: "Acme", Domain: "acme", Status: 1, Created: now}
	l.must(l.store.CreateOrganization(ctx, org))
	u := &directory.User{ID: directory.NewID(now), AccountID: l.account, OrgID: org.ID, Extension: "101", Name: "Ann", Status: 1, Created: now}
	l.must(l.store.CreateUser(ctx, u))
	l.user = u.ID
	s, problems := service.Parse([]byte(strings.ReplaceAll(daysFile, "PROVIDER", l.provider.URL)))
	if s == nil {
		l.t.Fatal(problems.Err())
	}
	l.must(l.store.PutService(ctx, l.account, s.ID, s.Version, s.Source))
	shelf.Forget(l.account, s.ID)
	in := &directory.Integration{AccountID: l.account, OrgID: org.ID, ServiceID: "days", Enabled: true, Properties: map[string]string{"API key": "k"}, Created: now}
	l.must(l.store.PutIntegration(ctx, in))
	for i := range 3 {
		n := &directory.Number{ID: directory.NewID(now), AccountID: l.account, OrgID: org.ID, IntegrationID: in.ID, ServiceID: "days",
			Value: fmt.Sprintf("+1555000100%d", i), Country: "US", Users: []string{u.ID}, Created: now}
		l.must(l.store.CreateNumber(ctx, n))
		l.numbers = append(l.numbers, n.Value)
	}
}

// settle waits until nobody has anything to do at this moment, and starts the program again when it was killed meanwhile. Who was told what
// in the moment of a kill depends on the machine; what is there afterwards depends on the seed.
func (l *life) settle() (killed bool) {
	synctest.Wait()
	l.mu.Lock()
	for i := range l.due {
		if c := &l.due[i]; c.when.IsZero() {
			c.when = time.Now().Add(c.at)
		}
	}
	l.mu.Unlock()
	if !l.dead.Load() {
		return false
	}
	l.killIn.Store(0)
	l.killAt = 0
	l.close() // what it still does is lost: it goes on where the image is
	l.Kills++
	l.dir = l.image
	l.tell("%s killed", l.now())
	l.open()
	synctest.Wait()
	return true
}

func (l *life) now() string {
	return time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Round(time.Microsecond).String()
}

// live lets things happen until then.
func (l *life) live(until time.Time) {
	contact := func() string { return fmt.Sprintf("+1555010000%d", l.rng.IntN(6)) }
	number := func() string { return l.numbers[l.rng.IntN(len(l.numbers))] }
	for n := 0; time.Now().Before(until); n++ {
		l.pass(time.Duration(l.rng.ExpFloat64()*float64(40*time.Second)) + time.Duration(l.rng.IntN(1e6))*time.Microsecond)
		if l.rng.IntN(15) == 0 {
			l.image = filepath.Join(l.base, fmt.Sprint(n+1))
			commits, requests := 1+l.rng.IntN(9), 0
			if l.rng.IntN(2) == 0 {
				commits, requests = 0, 1+l.rng.IntN(2)
			}
			l.killIn.Store(int64(commits))
			l.mu.Lock()
			l.killAt = requests
			l.mu.Unlock()
		}
		switch p := l.rng.IntN(100); {
		case p < 60:
			l.accept(fmt.Sprintf("text %d", n), number(), contact(), time.Duration(l.rng.IntN(2)*l.rng.IntN(7200))*time.Second)
		case p < 80:
			l.hear(fmt.Sprintf("in-%d", n), contact(), number(), "hello")
		case p < 84:
			l.stop(fmt.Sprintf("in-%d", n), contact(), number())
		case p < 90:
			from, to := contact(), number()
			l.hear(fmt.Sprintf("in-%d", n), from, to, "START")
			delete(l.stopped, [2]string{to, from})
		case p < 93:
			l.mu.Lock()
			l.down = !l.down
			l.mu.Unlock()
		}
		l.settle()
		if n%20 == 0 {
			l.look()
		}
	}
}

// pass lets time go by, and has the provider tell what is due.
func (l *life) pass(d time.Duration) {
	for until := time.Now().Add(d); ; {
		l.mu.Lock()
		slices.SortStableFunc(l.due, func(a, b callback) int { return a.when.Compare(b.when) })
		var next *callback
		if len(l.due) > 0 && !l.due[0].when.After(until) {
			c := l.due[0]
			next, l.due = &c, l.due[1:]
		}
		l.mu.Unlock()
		if next == nil {
			time.Sleep(time.Until(until))
			l.settle()
			return
		}
		time.Sleep(time.Until(next.when))
		l.settle()
		if l.post(next.body, "") {
			l.Receipts++
		} else {
			l.mu.Lock()
			l.due = append(l.due, callback{body: next.body, when: time.Now().Add(time.Minute)})
			l.mu.Unlock()
		}
	}
}

// post brings a callback; true: it was answered 2xx, and nobody was killed in that moment.
func (l *life) post(body, id string) bool {
	a := l.in.Receive(context.Background(), inbound.Request{AccountID: l.account, ServiceID: "days",
		HTTP: wire.Request{Method: "POST", URL: "https://patchbay.example/services/days/a" + l.account, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}})
	if a.Status/100 == 2 && id != "" && !l.dead.Load() {
		l.heard[id] = true
	}
	ok := !l.settle() && a.Status/100 == 2
	l.tell("%s callback %s: %v", l.now(), body, ok)
	return ok
}

// hear has a contact text us; the provider repeats it until it is taken, and now and then once more.
func (l *life) hear(id, from, to, text string) {
	body := fmt.Sprintf(`{"method":"message","id":%q,"from":%q,"to":%q,"text":%q}`, id, from, to, text)
	for again := l.rng.IntN(4) == 0; ; again = false {
		for !l.post(body, id) { // the provider comes again
		}
		if !again {
			return
		}
	}
}

func (l *life) stop(id, from, to string) {
	l.hear(id, from, to, "STOP")
	l.mu.Lock()
	l.stopped[[2]string{to, from}] = true
	l.mu.Unlock()
	l.Stops++
}

// accept offers a text until somebody who lives says what becomes of it.
func (l *life) accept(text, from, to string, validity time.Duration) {
	if validity > 0 && validity < outbound.MinValidity {
		validity = outbound.MinValidity
	}
	for again := l.rng.IntN(4) == 0; ; {
		ack, err := l.out.Accept(context.Background(), outbound.Draft{AccountID: l.account, UserID: l.user, From: from, To: to, Content: text, IdempotencyKey: text, Validity: validity})
		if err == nil && !l.dead.Load() {
			l.sent[ack.ID] = text
		}
		if l.settle() {
			continue // nobody may have heard the answer
		}
		stopped := l.stopped[[2]string{from, to}]
		switch {
		case stopped && fault.CodeOf(err) == fault.Forbidden:
			l.Refused++
		case err != nil:
			l.t.Errorf("seed %d: %q is refused: %v", l.seed, text, err)
		case stopped:
			l.t.Errorf("seed %d: %q is accepted after a STOP", l.seed, text)
		default:
			l.Accepted++
		}
		l.tell("%s accept %q from %s to %s: %v", l.now(), text, from, to, err)
		if !again {
			return
		}
		again = false
	}
}

// look sees that no status went back.
func (l *life) look() {
	for _, m := range l.messages(message.Outbound) {
		if r := m.Status.Rank(); r < l.ranks[m.ID] {
			l.t.Errorf("seed %d: the status of %q went back to %s", l.seed, m.Content, m.Status)
		} else {
			l.ranks[m.ID] = r
		}
	}
}

func (l *life) messages(d message.Direction) (all []message.View) {
	cursor := ""
	for {
		list, next, err := l.store.Messages(context.Background(), message.Filter{AccountID: l.account, Direction: d}, store.Page{Limit: 200, Cursor: cursor})
		l.must(err)
		if all = append(all, list...); next == "" {
			return all
		}
		cursor = next
	}
}

// conclude lets everything come to its end, and looks whether all promises were kept.
func (l *life) conclude() {
	l.killIn.Store(0)
	l.mu.Lock()
	l.down, l.killAt = false, 0
	l.mu.Unlock()
	l.pass(70 * time.Minute)
	l.look()
	there, texts, ends := map[string]bool{}, map[string]bool{}, []string{}
	for _, m := range l.messages(message.Outbound) {
		if there[m.ID] = true; texts[m.Content] && strings.HasPrefix(m.Content, "text ") {
			l.t.Errorf("seed %d: one key made two messages of %q", l.seed, m.Content)
		}
		texts[m.Content] = true
		v, err := l.store.Message(context.Background(), l.account, m.ID)
		l.must(err)
		ends = append(ends, fmt.Sprintf("%q: %s after %d attempts", m.Content, m.Status, len(v.Attempts)))
		switch m.Status {
		case message.Queued, message.Sending:
			l.t.Errorf("seed %d: afterwards %q is still %s", l.seed, m.Content, m.Status)
		case message.Sent, message.Delivered, message.Read:
			if l.taken[m.Content] == 0 {
				l.t.Errorf("seed %d: %q is %s, and the provider never took it", l.seed, m.Content, m.Status)
			}
			if m.Status != message.Sent {
				l.Delivered++
			}
		case message.Unclear:
			l.Unclear++
		case message.Expired:
			l.Expired++
		}
		if n := l.taken[m.Content]; n > 1 && strings.HasPrefix(m.Content, "text ") {
			l.t.Errorf("seed %d: the provider took %q %d times", l.seed, m.Content, n)
		}
	}
	for id, text := range l.sent {
		if !there[id] {
			l.t.Errorf("seed %d: %q was accepted and is lost", l.seed, text)
		}
	}
	count := map[string]int{}
	for _, m := range l.messages(message.Inbound) {
		v, err := l.store.Message(context.Background(), l.account, m.ID)
		l.must(err)
		for _, id := range v.MessageIDs {
			count[id]++
		}
		l.Inbound++
	}
	for id := range l.heard {
		if count[id] != 1 {
			l.t.Errorf("seed %d: %s was answered 2xx and is there %d times", l.seed, id, count[id])
		}
	}
	c, err := l.store.Counts(context.Background())
	l.must(err)
	var outbound int64
	for name, n := range c {
		if strings.HasPrefix(name, "outbound/") {
			outbound += n
		}
	}
	if c["accepted"] != outbound+c["removed"] || c["pending"] != c["waiting"] {
		l.t.Errorf("seed %d: the sums do not agree: %v", l.seed, c)
	}
	slices.Sort(ends)
	l.story = append(l.story, ends...)
}
