package provider

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"patchbay/internal/credential"
	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/inbound"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/secret"
	"patchbay/internal/service"
	"patchbay/internal/store"
)

const key = "s3cr3t-canary-key"

// asked is a provider that is asked.
const asked = `{
  "id": "acme", "properties": ["API key"], "auth": {"type": "Bearer", "token": "$API key$"},
  "API": {
    "request_url": "PROVIDER", "request_method": "GET",
    "SendMessage": {"request_url": "/messages", "request_method": "POST", "request_parameters": {"to": "$to$", "text": "$content$"}, "response_map": {"id": "$messageid$"}},
    "CheckCredentials": {"request_url": "/me"},
    "GetStatus": {"request_url": "/status/$messageid$",
      "events": [{"events": {"ok": "messageDelivered", "bad": "messageFailed"}, "request_parameters": {"state": "$event_key$"}}]},
    "Receive": {"request_url": "/inbox", "request_parameters": {"after": "$cursor?$"}, "interval": "1h",
      "response_map": {"inbox": [{"n": "$cursor$"}]},
      "events": [{"event_type": "message", "request_parameters": {"inbox": [{"id": "$messageid$", "from": "$from$", "text": "$content$"}]}}]}
  }
}`

// rig is the room as the program runs it: the real store, a real service file, the real door, a real provider, the real inbound flow.
type rig struct {
	*Asker
	t       *testing.T
	store   *store.Store
	in      *directory.Integration
	num     *directory.Number
	account string
	log     *bytes.Buffer

	mu    sync.Mutex
	asks  []string
	reply func(w http.ResponseWriter, r *http.Request)
}

func newRig(t *testing.T, file string) *rig {
	t.Helper()
	r := &rig{t: t, log: &bytes.Buffer{}, account: directory.NewAccountID()}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.asks = append(r.asks, req.Method+" "+req.URL.RequestURI())
		reply := r.reply
		r.mu.Unlock()
		reply(w, req)
	}))
	t.Cleanup(web.Close)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	must(err)
	r.store, err = store.Open(t.Context(), store.Options{DataDir: t.TempDir(), Box: box})
	must(err)
	t.Cleanup(func() { r.store.Close() })
	ctx, now := t.Context(), time.Now()
	must(r.store.CreateAccount(ctx, &directory.Account{ID: r.account, Name: "test", Created: now},
		&directory.Key{ID: directory.NewID(now), AccountID: r.account, Role: directory.AccountAdmin, Created: now}, [32]byte{1}))
	org := &directory.Organization{ID: directory.NewID(now), AccountID: r.account, Name: "Acme", Status: 1, Created: now}
	must(r.store.CreateOrganization(ctx, org))
	s, problems := service.Parse([]byte(strings.ReplaceAll(file, "PROVIDER", web.URL)))
	if s == nil {
		t.Fatal(problems)
	}
	must(r.store.PutService(ctx, r.account, s.ID, s.Version, s.Source))
	r.in = &directory.Integration{AccountID: r.account, OrgID: org.ID, ServiceID: "acme", Enabled: true, Properties: map[string]string{"API key": key}, Created: now}
	must(r.store.PutIntegration(ctx, r.in))
	r.num = &directory.Number{ID: directory.NewID(now), AccountID: r.account, OrgID: org.ID, IntegrationID: r.in.ID, ServiceID: "acme", Value: "+15550001111", Country: "US", Created: now}
	must(r.store.CreateNumber(ctx, r.num))
	shelf, err := service.NewShelf(fstest.MapFS{}, r.store)
	must(err)
	log := slog.New(slog.NewTextHandler(&syncWriter{w: r.log}, nil))
	door, err := exchange.NewDoor(exchange.Config{AllowPrivate: []string{web.Listener.Addr().String()}, Log: log})
	must(err)
	t.Cleanup(door.Close)
	inbox := inbound.New(inbound.Config{Store: r.store, Shelf: shelf, Log: log})
	tokens := credential.New(credential.Options{Store: r.store, Shelf: shelf, Door: door, PublicURL: "https://patchbay.example", Log: log})
	t.Cleanup(func() { tokens.Close() })
	r.Asker = New(Options{Store: r.store, Shelf: shelf, Door: door, Inbox: inbox, Tokens: tokens, PublicURL: "https://patchbay.example/",
		Every: 2 * time.Millisecond, Random: func() float64 { return 0.5 }, Log: log})
	return r
}

type syncWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *syncWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

func (r *rig) answers(f func(w http.ResponseWriter, req *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reply = f
}

func (r *rig) asksSoFar() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asks)
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// due claims the one turn that is due at a time.
func (r *rig) due(at time.Time) message.Poll {
	r.t.Helper()
	polls, _, err := r.store.ClaimPolls(r.t.Context(), at, 10)
	r.must(err)
	if len(polls) != 1 {
		r.t.Fatalf("%d turns are due, want 1", len(polls))
	}
	return polls[0]
}

// next is when the integration's next turn is.
func (r *rig) next() time.Duration {
	r.t.Helper()
	_, next, err := r.store.ClaimPolls(r.t.Context(), time.Now(), 10)
	r.must(err)
	return time.Until(next)
}

func (r *rig) texts() (list []string) {
	r.t.Helper()
	all, _, err := r.store.Messages(r.t.Context(), message.Filter{AccountID: r.account, Direction: message.Inbound}, store.Page{Limit: 200})
	r.must(err)
	for _, m := range all {
		list = append(list, m.Content)
	}
	slices.Sort(list)
	return list
}

func (r *rig) attention() map[string]string {
	r.t.Helper()
	all, err := r.store.Attention(r.t.Context(), r.account, r.in.OrgID)
	r.must(err)
	about := map[string]string{}
	for _, a := range all[r.in.ID] {
		about[a.About] = a.Reason
	}
	return about
}

func (r *rig) ask(what string) message.Poll {
	p := message.Poll{AccountID: r.account, OrgID: r.in.OrgID, IntegrationID: r.in.ID, What: what}
	r.must(r.store.AskPolls(r.t.Context(), []message.Poll{p}, time.Now().Add(-time.Second)))
	return r.due(time.Now())
}

func TestPagesAreReadUntilNothingIsNew(t *testing.T) {
	r := newRig(t, asked)
	r.answers(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Query().Get("after") {
		case "":
			fmt.Fprint(w, `{"inbox": [{"n": 1, "id": "a", "from": "+15550002222", "text": "one"}, {"n": 2, "id": "b", "from": "+15550002222", "text": "two"}]}`)
		case "2":
			fmt.Fprint(w, `{"inbox": [{"n": 10, "id": "c", "from": "+15550002222", "text": "three"}, {"n": 9, "id": "b", "from": "+15550002222", "text": "two"}]}`)
		default:
			fmt.Fprint(w, `{"inbox": []}`)
		}
	})
	r.turn(t.Context(), r.ask(message.PollMessages))
	if got := r.texts(); !slices.Equal(got, []string{"one", "three", "two"}) {
		t.Errorf("received %q", got)
	}
	if got := r.asksSoFar(); !slices.Equal(got, []string{"GET /inbox", "GET /inbox?after=2", "GET /inbox?after=10"}) {
		t.Errorf("asked %q", got)
	}
	if next := r.next(); next < 59*time.Minute || next > time.Hour {
		t.Errorf("asks again in %v, want in an hour", next)
	}
	r.turn(t.Context(), r.ask(message.PollMessages)) // goes on where it was
	if got := r.asksSoFar(); got[len(got)-1] != "GET /inbox?after=10" || len(got) != 4 {
		t.Errorf("asked %q", got)
	}
}

// A provider without a better cursor says the same again and again: what is known makes no rows.
func TestAnAnswerThatSaysTheSameAgainIsNotKept(t *testing.T) {
	r := newRig(t, strings.Replace(asked, `"response_map": {"inbox": [{"n": "$cursor$"}]}`, `"idempotent": false`, 1))
	n := 0
	r.answers(func(w http.ResponseWriter, _ *http.Request) {
		n++
		fmt.Fprintf(w, `{"at": %d, "inbox": [{"id": "a", "from": "+15550002222", "text": "one"}]}`, n)
	})
	for range 3 {
		r.turn(t.Context(), r.ask(message.PollMessages))
	}
	rows, _, err := r.store.Callbacks(t.Context(), r.account, false, store.Page{})
	if err != nil || len(rows) != 1 || len(r.texts()) != 1 {
		t.Errorf("%d rows of %d answers, %d messages; %v", len(rows), n, len(r.texts()), err)
	}
	if row, err := r.store.Callback(t.Context(), r.account, rows[0].ID); err != nil || row.Method != "Receive answer" || strings.Contains(fmt.Sprint(row), key) {
		t.Errorf("kept %+v, %v", row, err)
	}
}

func TestAProviderThatFailsIsLeftAloneForLonger(t *testing.T) {
	r := newRig(t, strings.Replace(asked, `"1h"`, `"5s"`, 1))
	r.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	for n := 1; n <= enough; n++ {
		r.turn(t.Context(), r.ask(message.PollMessages))
		if next := r.next(); next < 110*time.Second || next > 121*time.Second {
			t.Errorf("after failure %d it asks again in %v", n, next)
		}
		if told := r.attention()[directory.AboutMessages]; (told != "") != (n >= enough) {
			t.Errorf("after failure %d: %q", n, told)
		}
	}
	r.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	r.turn(t.Context(), r.ask(message.PollMessages))
	if got := r.attention()[directory.AboutCredentials]; !strings.Contains(got, "refused") {
		t.Errorf("credentials: %q", got)
	}
	r.answers(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"inbox": []}`) })
	r.turn(t.Context(), r.ask(message.PollMessages))
	if got := r.attention(); len(got) != 0 {
		t.Errorf("when all is well: %v", got)
	}
	if next := r.next(); next > 5*time.Second {
		t.Errorf("when all is well it asks again in %v", next)
	}
	if strings.Contains(r.log.String(), key) {
		t.Error("the key stands in the log")
	}
}

func TestTheWaitAfterFailuresGrows(t *testing.T) {
	half := func() float64 { return 0.5 }
	for _, c := range []struct {
		interval time.Duration
		failures int
		after    time.Duration
		want     time.Duration
	}{
		{time.Second, 1, 0, time.Second},
		{time.Second, 6, 0, 16 * time.Second},
		{time.Second, 60, 0, 150 * time.Second},
		{time.Hour, 60, 0, time.Hour},
		{time.Second, 1, 10 * time.Minute, 10 * time.Minute},
		{time.Second, 1, 100 * time.Hour, lane.MaxRetryAfter},
	} {
		if got := afterFailure(c.interval, c.failures, c.after, half); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

// sends puts a message of ours into the store that the provider is to be asked about.
func (r *rig) sends(outcome message.Outcome, status message.Status, ids ...string) string {
	r.t.Helper()
	now := time.Now()
	ack, err := r.store.Accept(r.t.Context(), message.Acceptance{LaneKey: "l", Message: message.Message{AccountID: r.account, OrgID: r.in.OrgID, NumberID: r.num.ID,
		IntegrationID: r.in.ID, ServiceID: "acme", From: r.num.Value, To: "+15550002222", Content: "hi", Parts: 1, Created: now, Expires: now.Add(time.Hour)}})
	r.must(err)
	c, _, err := r.store.ClaimSends(r.t.Context(), time.Now(), 1)
	r.must(err)
	_, err = r.store.SettleSend(r.t.Context(), message.Settlement{LaneID: c[0].Lane.ID, Epoch: c[0].Lane.Epoch, MessageID: ack.ID, Now: now, Status: status,
		MessageIDs: ids, PartTaken: outcome == message.Accepted, AskAt: now.Add(-time.Second), Attempt: message.Attempt{N: 1, At: now, Outcome: outcome}})
	r.must(err)
	return ack.ID
}

func (r *rig) status(id string) message.Status {
	r.t.Helper()
	v, err := r.store.Message(r.t.Context(), r.account, id)
	r.must(err)
	return v.Status
}

func TestWhatBecameOfAMessageIsAskedForEachOfItsIDs(t *testing.T) {
	r := newRig(t, asked)
	states := map[string]string{"/status/p1": "ok", "/status/p2": "on its way", "/status/p3": "bad"}
	r.answers(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/status/p4" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, `{"state": %q}`, states[req.URL.Path])
	})
	parts := r.sends(message.Accepted, message.Sent, "p1", "p2")
	failed := r.sends(message.Accepted, message.Sent, "p3")
	unknown := r.sends(message.Accepted, message.Sent, "p4")
	nameless := r.sends(message.Maybe, message.Unclear)
	r.turn(t.Context(), r.due(time.Now()))
	for id, want := range map[string]message.Status{parts: message.Sent, failed: message.Failed, unknown: message.Sent, nameless: message.Unclear} {
		if got := r.status(id); got != want {
			v, _ := r.store.Message(t.Context(), r.account, id)
			t.Errorf("message %v is %s, want %s; %+v", v.MessageIDs, got, want, v.History)
		}
	}
	if got := r.asksSoFar(); len(got) != 4 {
		t.Errorf("asked %q", got)
	}
	if next := r.next(); next < 25*time.Second || next > 35*time.Second {
		t.Errorf("asks again in %v", next)
	}
}

func TestAMessageIsAskedAboutAtGrowingIntervalsUntilItsTimeIsOver(t *testing.T) {
	s, problems := service.Parse([]byte(strings.ReplaceAll(asked, "PROVIDER", "https://api.example.com")))
	if s == nil {
		t.Fatal(problems)
	}
	b, err := s.Bind(map[string]string{"API key": key})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	w, m := &way{bound: b}, &message.Awaited{Refs: []string{"p"}, Until: start.Add(message.AwaitReceipt)}
	var waits []time.Duration
	for now := start; len(waits) < 1000; m.Tries++ {
		next := askAgain(w, m, now, func() float64 { return 0.5 })
		if next.IsZero() {
			break
		}
		waits = append(waits, next.Sub(now).Round(time.Second))
		now = next
	}
	if len(waits) < 20 || len(waits) > 40 || waits[0] != 30*time.Second || waits[1] != time.Minute || slices.Max(waits) != 4*time.Hour {
		t.Errorf("%d questions, after %v", len(waits), waits)
	}
	if next := askAgain(w, &message.Awaited{Until: start.Add(time.Hour)}, start, func() float64 { return 0 }); !next.IsZero() {
		t.Error("a message without an id is asked about by its id")
	}
}

func TestAProviderThatIsAwayIsAskedAboutNobody(t *testing.T) {
	r := newRig(t, asked)
	r.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	for _, id := range []string{"p1", "p2", "p3"} {
		r.sends(message.Accepted, message.Sent, id)
	}
	r.turn(t.Context(), r.due(time.Now()))
	if got := r.asksSoFar(); len(got) != 1 {
		t.Errorf("asked %d times, though the first answer was that it is away", len(got))
	}
	if got := r.due(time.Now().Add(time.Minute)); got.Failures != 1 {
		t.Errorf("failures: %d", got.Failures)
	}
}

func TestWhoeverIsOffOrGoneIsNotAsked(t *testing.T) {
	r := newRig(t, asked)
	p := r.ask(message.PollMessages)
	r.in.Enabled = false
	r.must(r.store.PutIntegration(t.Context(), r.in))
	r.turn(t.Context(), p)
	if got := r.asksSoFar(); len(got) != 0 {
		t.Errorf("asked %q", got)
	}
	if polls, _, err := r.store.ClaimPolls(t.Context(), time.Now().Add(1000*time.Hour), 10); err != nil || len(polls) != 0 {
		t.Errorf("it is due again: %+v, %v", polls, err)
	}
	r.in.Enabled = true
	r.must(r.store.PutIntegration(t.Context(), r.in))
	r.must(r.look(t.Context()))
	r.due(time.Now())
}

// Two nodes on one database ask in turns, never both.
func TestSeveralAskersAreOne(t *testing.T) {
	r := newRig(t, asked)
	done := make(chan struct{})
	n := 0
	r.answers(func(w http.ResponseWriter, req *http.Request) {
		n++ // nobody else is in here: the detector would say so
		if n == 20 {
			close(done)
		}
		fmt.Fprintf(w, `{"inbox": [{"n": %d, "id": "m%d", "from": "+15550002222", "text": "%d"}]}`, n, n, n)
	})
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 3 {
		other := New(r.o)
		all.Go(func() {
			if err := other.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	select {
	case <-done:
	case <-time.After(15 * time.Second):
		t.Error("nobody asks")
	}
	cancel()
	all.Wait()
	seen := map[string]bool{}
	for _, a := range r.asksSoFar() {
		if seen[a] && a != r.asksSoFar()[len(r.asksSoFar())-1] {
			t.Errorf("%s was asked twice", a)
		}
		seen[a] = true
	}
}

// A token that the provider ended early is fetched anew, and the question asked again.
func TestAPollCarriesATokenAndGetsAnother(t *testing.T) {
	file := strings.Replace(asked, `"auth": {"type": "Bearer", "token": "$API key$"}`, `"auth": {"type": "Login"}`, 1)
	file = strings.Replace(file, `"SendMessage":`, `"Login": {"request_url": "/login", "request_method": "POST", "request_parameters": {"key": "$API key$"},
		"response_map": {"token": "$token$", "expires_in": "$expires_in$"}}, "SendMessage":`, 1)
	r := newRig(t, file)
	logins := 0
	r.answers(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.URL.Path == "/login":
			logins++
			fmt.Fprintf(w, `{"token": "token-canary-%d", "expires_in": 3600}`, logins)
		case req.Header.Get("Authorization") != "Bearer token-canary-2":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			fmt.Fprintf(w, `{"inbox": [{"n": 1, "id": "a", "from": "+15550002222", "text": "%s"}]}`, req.Header.Get("Authorization"))
		}
	})
	r.turn(t.Context(), r.ask(message.PollMessages))
	if got := r.asksSoFar(); !slices.Equal(got, []string{"POST /login", "GET /inbox", "POST /login", "GET /inbox", "GET /inbox?after=1"}) {
		t.Errorf("asked %q", got)
	}
	if len(r.texts()) != 1 || len(r.attention()) != 0 {
		t.Errorf("received %q, attention %v", r.texts(), r.attention())
	}
	if strings.Contains(r.log.String(), "canary") {
		t.Error("a token stands in the log")
	}
}

func TestACheckSaysWhatTheProviderSaidAndNoSecret(t *testing.T) {
	r := newRig(t, asked)
	r.answers(func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"said": %q}`, req.Header.Get("Authorization"))
	})
	report, err := r.Check(t.Context(), r.in)
	if err != nil {
		t.Fatal(err)
	}
	if report.Outcome != message.Refused || report.Code != "http_403" || !strings.Contains(report.Request, "GET /me") || strings.Contains(fmt.Sprint(*report), key) {
		t.Errorf("report: %+v", report)
	}
	if _, err := r.SetWebhook(t.Context(), r.in, nil); err == nil || !strings.Contains(err.Error(), "has no SetWebhook") {
		t.Errorf("got %v", err)
	}
}
