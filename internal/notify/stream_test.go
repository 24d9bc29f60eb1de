package notify

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// startHub runs one that the store wakes.
func startHub(t *testing.T, s *store.Store) (h *Hub, stop func()) {
	h = NewHub(s, link, slog.New(slog.DiscardHandler))
	s.OnCommit(func(c store.Commit) {
		if c.Notifications {
			h.Wake()
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
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
	return h, stop
}

// event is one server-sent event.
type event struct{ id, kind, data string }

// listen reads a stream until stop says that the events so far are enough, or it ends. It returns the last id too, even of no event.
func listen(ctx context.Context, url, lastID string, enough func([]event) bool) (events []event, last string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, lastID, err
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, lastID, err
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		return nil, lastID, fmt.Errorf("answered %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	last = lastID
	var e event
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
		case "id":
			e.id, last = value, value
		case "event":
			e.kind = value
		case "data":
			e.data = value
		case "":
			if e.data != "" {
				events = append(events, e)
			}
			e = event{}
			if enough(events) {
				return events, last, nil
			}
		}
	}
	return events, last, lines.Err()
}

func serveStream(t *testing.T, h *Hub, f message.NotificationFilter) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.Stream(w, r, f, always); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestResumingMissesNothingAndRepeatsNothing(t *testing.T) {
	s := openStore(t)
	o := newOffice(t, s, "+15550001111", 2)
	h, stop := startHub(t, s)
	for _, f := range []message.NotificationFilter{
		{AccountID: o.account.ID},
		{AccountID: o.account.ID, OrgID: o.org.ID, Types: []string{message.MessageReceived}},
		{AccountID: o.account.ID, OrgID: o.org.ID, UserID: o.users[1].ID},
	} {
		t.Run(fmt.Sprintf("user=%t types=%d", f.UserID != "", len(f.Types)), func(t *testing.T) {
			url := serveStream(t, h, f)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			// The first connection takes no event: it only learns where it is.
			_, last, err := listen(ctx, url, "", func([]event) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			const writers, each = 4, 40
			for w := range writers {
				go func() {
					for i := range each {
						if err := o.arrive(fmt.Sprintf("+1555000%04d", w), fmt.Sprintf("%d %d", w, i), time.Now()); err != nil {
							t.Error(err)
						}
					}
				}()
			}
			var got []event
			for len(got) < writers*each {
				left := writers*each - len(got)
				var part []event
				part, last, err = listen(ctx, url, last, func(e []event) bool { return len(e) >= min(17, left) })
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, part...)
			}
			ids := make([]int, len(got))
			for i, e := range got {
				if ids[i], err = strconv.Atoi(e.id); err != nil {
					t.Fatal(err)
				}
				if e.kind != message.MessageReceived {
					t.Errorf("got a %s", e.kind)
				}
			}
			if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
				t.Errorf("ids not in order, each once: %v", ids)
			}
			for w := range writers {
				for i := range each {
					if want := fmt.Sprintf(`"content":"%d %d"`, w, i); !slices.ContainsFunc(got, func(e event) bool { return strings.Contains(e.data, want) }) {
						t.Fatalf("missed %s", want)
					}
				}
			}
		})
	}
	stop()
	if n := h.Streams(); n != 0 {
		t.Errorf("%d streams left", n)
	}
}

func TestASlowClientCostsNoMemoryAndMissesNothing(t *testing.T) {
	s := openStore(t)
	o := newOffice(t, s, "+15550001111", 1)
	h, _ := startHub(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	slow, err := h.Subscribe(ctx, message.NotificationFilter{AccountID: o.account.ID}, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	quick, err := h.Subscribe(ctx, message.NotificationFilter{AccountID: o.account.ID}, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer quick.Close()
	const all = 2*tailBatch + 5
	go func() {
		for i := range all {
			if err := o.arrive("+15552223333", fmt.Sprint(i), time.Now()); err != nil {
				t.Error(err)
			}
		}
	}()
	take := func(s *Subscription, look func()) {
		for n := 0; n < all; {
			batch, err := s.next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range batch {
				if want := fmt.Sprintf(`"content":"%d"`, n); !strings.Contains(string(x.body), want) {
					t.Fatalf("event %d: no %s in %s", n, want, x.body)
				}
				n++
			}
			look()
		}
	}
	take(quick, func() { // while the other takes nothing
		slow.mu.Lock()
		defer slow.mu.Unlock()
		if len(slow.queue) > queueLimit {
			t.Errorf("%d wait in memory, at most %d may", len(slow.queue), queueLimit)
		}
	})
	take(slow, func() {})
}

func TestAStreamShowsNothingOfOthers(t *testing.T) {
	s := openStore(t)
	a, b := newOffice(t, s, "+15550001111", 1), newOffice(t, s, "+15550002222", 1)
	h, _ := startHub(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stranger := message.NotificationFilter{AccountID: a.account.ID, OrgID: a.org.ID, UserID: "17"}
	nobody, err := h.Subscribe(ctx, stranger, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	url := serveStream(t, h, message.NotificationFilter{AccountID: a.account.ID})
	_, last, err := listen(ctx, url, "", func([]event) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		for _, err := range []error{b.arrive("+15552223333", "CANARY", time.Now()), a.arrive("+15552223333", fmt.Sprint(i), time.Now())} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	got, _, err := listen(ctx, url, last, func(e []event) bool { return len(e) == 5 })
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range got {
		if strings.Contains(e.data, "CANARY") {
			t.Errorf("saw %s", e.data)
		}
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if seen, err := nobody.next(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a user of no number saw %d, %v", len(seen), err)
	}
}

// noted is the store, and from where it was asked to read for a user.
type noted struct {
	*store.Store
	after  []int64
	looked func()
}

func (n *noted) NotificationsAfter(ctx context.Context, f message.NotificationFilter, after int64, limit int) ([]message.Notification, error) {
	list, err := n.Store.NotificationsAfter(ctx, f, after, limit)
	if f.UserID != "" {
		n.after = append(n.after, after)
		n.looked()
	}
	return list, err
}

func TestWhoIsToldLittleDoesNotLookThroughEverythingAgain(t *testing.T) {
	n := &noted{Store: openStore(t)}
	o := newOffice(t, n.Store, "+15550001111", 2)
	h := NewHub(n, link, slog.New(slog.DiscardHandler))
	s, err := h.Subscribe(t.Context(), message.NotificationFilter{AccountID: o.account.ID, OrgID: o.org.ID, UserID: "17"}, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	look := func() {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		n.looked = cancel
		if err := h.offer(ctx); err != nil {
			t.Fatal(err)
		}
		if list, err := s.next(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("a user of no number was told %v, %v", list, err)
		}
	}
	for i := range 4 {
		before, err := n.LastNotification(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := o.arrive("+15552223333", fmt.Sprint(i), time.Now()); err != nil {
			t.Fatal(err)
		}
		look()
		if got := n.after[len(n.after)-1]; got < before {
			t.Errorf("after notification %d it read from %d on", before, got)
		}
	}
	// And what is for them from now on they are told.
	number := o.number
	user := directory.User{ID: "17", AccountID: o.account.ID, OrgID: o.org.ID, Extension: "17", Status: 1, Extra: "{}", Created: time.Now()}
	number.Users = append(slices.Clone(number.Users), user.ID)
	for _, err := range []error{n.CreateUser(t.Context(), &user), n.UpdateNumber(t.Context(), &number), o.arrive("+15552223334", "theirs too", time.Now())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	n.looked = func() {}
	if err := h.offer(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if list, err := s.next(ctx); err != nil || len(list) != 1 || !strings.Contains(string(list[0].body), "theirs too") {
		t.Errorf("told %v, %v", list, err)
	}
}

func TestAnIDThatIsNotOursIsRefusedAndOneOfTheFutureMeansNow(t *testing.T) {
	s := openStore(t)
	o := newOffice(t, s, "+15550001111", 1)
	h, _ := startHub(t, s)
	f := message.NotificationFilter{AccountID: o.account.ID}
	for _, id := range []string{"x", "-4", "1e3", "99999999999999999999"} {
		r := httptest.NewRequest(http.MethodGet, "/v1/events", nil)
		r.Header.Set("Last-Event-ID", id)
		w := httptest.NewRecorder()
		if err := h.Stream(w, r, f, always); fault.CodeOf(err) != fault.Invalid || w.Body.Len() != 0 {
			t.Errorf("%q: %v, wrote %q", id, err, w.Body)
		}
	}
	sub, err := h.Subscribe(t.Context(), f, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if err := o.arrive("+15552223333", "hello", time.Now()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if got, err := sub.next(ctx); err != nil || len(got) != 1 {
		t.Errorf("got %d, %v", len(got), err)
	}
}

func TestAnIdleStreamIsKeptAliveAndEndsWithTheHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		o := newOffice(t, s, "+15550001111", 1)
		h, stop := startHub(t, s)
		w := httptest.NewRecorder()
		ended := make(chan error, 1)
		go func() {
			ended <- h.Stream(w, httptest.NewRequest(http.MethodGet, "/v1/events", nil), message.NotificationFilter{AccountID: o.account.ID}, always)
		}()
		time.Sleep(3*heartbeat + time.Second) // of the bubble's clock
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(w.Body.String(), "\n:\n"); got != 3 {
			t.Errorf("%d heartbeats in %q, want 3", got, w.Body)
		}
	})
}

func always() bool { return true }

func TestAStreamEndsBeforeItTellsWhoeverMayHearNothingAnyMore(t *testing.T) {
	s := openStore(t)
	o := newOffice(t, s, "+15550001111", 1)
	h, _ := startHub(t, s)
	if err := o.arrive("+15552223333", "CANARY", time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, may := range []bool{true, false} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/events", nil).WithContext(ctx)
		r.Header.Set("Last-Event-ID", "0")
		err := h.Stream(w, r, message.NotificationFilter{AccountID: o.account.ID}, func() bool {
			cancel() // one turn is enough
			return may
		})
		if told := strings.Contains(w.Body.String(), "CANARY"); err != nil || told != may {
			t.Errorf("may hear it: %v; was told: %v, %v", may, told, err)
		}
	}
}
