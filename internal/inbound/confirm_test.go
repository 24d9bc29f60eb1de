package inbound

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// topics is a provider that asks to have an address called before it sends us anything, as those that publish to topics do.
const topics = `{
  "id": "topics", "name": "Topics", "class": "sms", "properties": ["Topic", "Secret"],
  "Webhook": {
    "verify": {"header": {"X-Secret": "$Secret$"}},
    "events": [
      {"event_type": "handshake", "request_parameters": {"Type": "SubscriptionConfirmation", "TopicArn": "$Topic$", "SubscribeURL": "$url$"},
       "confirm": {"request_url": "$url$", "hosts": ["127.0.0.1", "sns.example.com"]}, "reply": {"status": 202}},
      {"event_type": "message", "request_parameters": {"Type": "Notification", "from": "$from$", "to": "$to$", "text": "$content$"}}]}
}`

const topic = "arn:topic:of-ours"

// confirmer is the provider's side.
type confirmer struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string
	header http.Header
	status []int // of the answers; the last one stays
}

func newConfirmer(t *testing.T, status ...int) *confirmer {
	c := &confirmer{status: status}
	c.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked, c.header = append(c.asked, r.Method+" "+r.RequestURI), r.Header
		w.Header().Set("Location", "https://elsewhere.example.com/")
		w.WriteHeader(c.status[min(len(c.asked), len(c.status))-1])
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *confirmer) requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.asked...)
}

func (c *confirmer) door(t *testing.T) *exchange.Door {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(c.Certificate())
	d, err := exchange.NewDoor(exchange.Config{AllowPrivate: []string{c.Listener.Addr().String()}, Roots: roots, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func topicTenant(t *testing.T) *tenant {
	t.Helper()
	g := newGate(t)
	account := g.account("one")
	g.put(account, topics)
	tn := g.enable(account, "a.example", "topics", map[string]string{"Topic": topic, "Secret": "s3cret-of-topics"})
	tn.number("+15550001111", "US", 1)
	return tn
}

func subscribe(topic, address string) string {
	b, _ := json.Marshal(map[string]string{"Type": "SubscriptionConfirmation", "TopicArn": topic, "SubscribeURL": address})
	return string(b)
}

// settled is the store, and says how each try to confirm ended.
type settled struct {
	*store.Store
	ended chan string
}

func (s settled) SettleConfirmation(ctx context.Context, c message.Confirmation, reason string, retryAt time.Time) error {
	err := s.Store.SettleConfirmation(ctx, c, reason, retryAt)
	said := reason
	if !retryAt.IsZero() {
		said += ", again"
	}
	s.ended <- said
	return err
}

func (g *gate) run(s Store) (stop func()) {
	g.flow.store = s
	ctx, cancel := context.WithCancel(g.t.Context())
	ended := make(chan error)
	go func() { ended <- g.flow.Run(ctx) }()
	return func() {
		cancel()
		g.must(<-ended)
	}
}

func (tn *tenant) attention() []message.Notification {
	tn.t.Helper()
	list, err := tn.store.NotificationsAfter(tn.t.Context(), message.NotificationFilter{AccountID: tn.account, Types: []string{message.IntegrationAttention}}, 0, 100)
	tn.must(err)
	return list
}

func TestAnAddressThatAProviderNamesIsCalledOnceItIsKept(t *testing.T) {
	tn := topicTenant(t)
	c := newConfirmer(t, 200)
	tn.flow.door = c.door(t)
	s := settled{tn.store, make(chan string, 8)}
	for range 3 { // the provider did not hear our answer
		a := tn.flow.Receive(t.Context(), tn.request(subscribe(topic, c.URL+"/confirm?Token=a%20b")))
		if a.Status != 202 {
			t.Fatalf("answered %d; log: %s", a.Status, tn.log)
		}
	}
	if got := tn.callbacks(tn.account, false); len(got) != 3 || got[0].State != message.CallbackDone {
		t.Errorf("kept %+v", got)
	}
	stop := tn.run(s)
	if said := <-s.ended; said != "" {
		t.Errorf("ended with %q", said)
	}
	stop()
	if got := c.requests(); len(got) != 1 || got[0] != "GET /confirm?Token=a%20b" {
		t.Errorf("asked %q", got)
	}
	if c.header.Get("Authorization") != "" || c.header.Get("Cookie") != "" {
		t.Errorf("credentials went there: %v", c.header)
	}
	stop = tn.run(s) // and not again, however often the provider asks
	tn.flow.Receive(t.Context(), tn.request(subscribe(topic, c.URL+"/confirm?Token=a%20b")))
	tn.flow.Receive(t.Context(), tn.request(subscribe(topic, c.URL+"/confirm?Token=other")))
	<-s.ended
	stop()
	if got := c.requests(); len(got) != 2 || got[1] != "GET /confirm?Token=other" {
		t.Errorf("asked %q", got)
	}
}

func TestNothingIsCalledForAStrangerOrSomewhereElse(t *testing.T) {
	tn := topicTenant(t)
	c := newConfirmer(t, 200)
	tn.flow.door = c.door(t)
	for _, d := range []struct {
		name, topic, address string
		status, unmatched    int
	}{
		{"another's topic, and unsigned", "arn:topic:of-theirs", c.URL + "/x", 404, 0},
		{"a host that is not listed", topic, strings.Replace(c.URL, "127.0.0.1", "localhost", 1), 202, 1},
		{"plain http", topic, strings.Replace(c.URL, "https", "http", 1), 202, 1},
	} {
		before := len(tn.callbacks(tn.account, true))
		a := tn.flow.Receive(t.Context(), tn.request(subscribe(d.topic, d.address)))
		if got := len(tn.callbacks(tn.account, true)) - before; a.Status != d.status || got != d.unmatched {
			t.Errorf("%s: answered %d with %d unmatched", d.name, a.Status, got)
		}
	}
	due, err := tn.store.ClaimConfirmations(t.Context(), time.Now().Add(time.Hour), time.Minute, 10)
	if err != nil || len(due) != 0 {
		t.Errorf("to be called: %+v, %v", due, err)
	}
	// Once the file lists the host, a replay has it called.
	mended := strings.Replace(topics, `"sns.example.com"`, `"localhost"`, 1)
	tn.put(tn.account, mended)
	list := tn.callbacks(tn.account, true)
	if _, err := tn.flow.Replay(t.Context(), tn.account, list[len(list)-1].ID); err != nil {
		t.Fatal(err)
	}
	if due, err := tn.store.ClaimConfirmations(t.Context(), time.Now().Add(time.Hour), time.Minute, 10); err != nil || len(due) != 1 {
		t.Errorf("to be called: %+v, %v", due, err)
	}
}

func TestWhatCannotBeKeptIsNotConfirmed(t *testing.T) {
	tn := topicTenant(t)
	tn.takes(func() Request {
		r := tn.request(`{"Type":"Notification","from":"+15552223333","to":"+15550001111","text":"so that everything is in memory"}`)
		r.HTTP.Header.Set("X-Secret", "s3cret-of-topics")
		return r
	}())
	tn.must(tn.close())
	if a := tn.flow.Receive(t.Context(), tn.request(subscribe(topic, "https://sns.example.com/x"))); a.Status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", a.Status)
	}
}

func TestAnAddressThatDoesNotAnswerIsCalledAgainAndGivenUp(t *testing.T) {
	for _, c := range []struct {
		name   string
		status []int
		calls  int
		last   string
	}{
		{"down for a while", []int{503, 500, 429, 204}, 4, ""},
		{"down for good", []int{500}, len(confirmWaits) + 1, "the provider answered 500"},
		{"refused", []int{403}, 1, "the provider answered 403"},
		{"a redirect, which is not followed", []int{302}, 1, "the provider answered 302"},
	} {
		tn := topicTenant(t)
		p := newConfirmer(t, c.status...)
		tn.flow.door = p.door(t)
		tn.flow.Receive(t.Context(), tn.request(subscribe(topic, p.URL+"/confirm")))
		s := settled{tn.store, make(chan string, 1)}
		tn.flow.store = s
		said, now := "", time.Now()
		for range len(confirmWaits) + 2 {
			due, err := tn.store.ClaimConfirmations(t.Context(), now, confirmLease, 10)
			tn.must(err)
			for _, one := range due {
				tn.flow.confirm(t.Context(), one)
				said = <-s.ended
			}
			now = now.Add(time.Hour)
		}
		if got := len(p.requests()); got != c.calls || said != c.last {
			t.Errorf("%s: %d calls, ended with %q", c.name, got, said)
		}
		told := tn.attention()
		if (len(told) != 0) != (c.last != "") || len(told) > 0 && !strings.Contains(string(told[0].Data), c.last) {
			t.Errorf("%s: told %+v", c.name, told)
		}
	}
}

// A crash during a call cannot make the calls endless, and what was kept before it is called after it.
func TestACallThatACrashCutOffIsMadeAgain(t *testing.T) {
	tn := topicTenant(t)
	tn.flow.Receive(t.Context(), tn.request(subscribe(topic, "https://sns.example.com/x")))
	now := time.Now()
	for i := range 3 {
		due, err := tn.store.ClaimConfirmations(t.Context(), now, confirmLease, 10)
		tn.must(err)
		if len(due) != 1 || due[0].Tries != i+1 {
			t.Fatalf("claimed %+v", due)
		}
		if again, _ := tn.store.ClaimConfirmations(t.Context(), now.Add(confirmLease/2), confirmLease, 10); len(again) != 0 {
			t.Error("claimed by two")
		}
		now = now.Add(confirmLease)
	}
	s := settled{tn.store, make(chan string, 1)}
	tn.flow.store = s
	tn.flow.confirm(t.Context(), message.Confirmation{ID: "1", Tries: len(confirmWaits) + 2}) // without a door
	if said := <-s.ended; said == "" || strings.Contains(said, "again") {
		t.Errorf("ended with %q", said)
	}
}
