package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// openNode opens a node on a database.
func openNode(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{DatabaseURL: url, Box: storetest.Box()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// eventually tries until it succeeds, and fails the test when it does not in time.
func eventually(t testing.TB, within time.Duration, what string, try func() error) {
	t.Helper()
	for began := time.Now(); ; {
		err := try()
		if err == nil {
			return
		}
		if time.Since(began) > within {
			t.Fatalf("%s: not within %v: %v", what, within, err)
		}
		select { // leave the others the processor
		case <-time.After(5 * time.Millisecond):
		case <-t.Context().Done():
		}
	}
}

func wantUnavailable(t testing.TB, err error) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Unavailable || f.RetryAfter <= 0 {
		t.Errorf("got %v, want unavailable, with a time to come again", err)
	}
}

// A commit whose answer is lost has happened or not: the request is told neither, and repeating it makes one message.
func TestACommitWhoseAnswerIsLostIsRepeatedSafely(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		toServer bool
		kept     int64
	}{
		"it was never asked for": {"commit\x00", true, 0},
		"it has happened":        {"COMMIT\x00", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := pgtest.Shared(t)
			database := server.Database(t, "")
			proxy := server.NewProxy(t)
			s := openNode(t, proxy.URL(database))
			w := storetest.NewWorld(t, s)
			behind := openNode(t, server.URL(database))
			a := w.Outbound(w.Num, "+16660000001", "hello")
			a.IdempotencyKey = "once"

			cut := proxy.CutAt(c.text, c.toServer)
			_, err := s.Accept(t.Context(), a)
			wantUnavailable(t, err)
			<-cut
			counts, err := behind.Counts(t.Context())
			if err != nil || counts["accepted"] != c.kept {
				t.Fatalf("%d accepted, %v; want %d", counts["accepted"], err, c.kept)
			}
			var ack message.Ack
			eventually(t, 5*time.Second, "the repeated request", func() (err error) {
				ack, err = s.Accept(t.Context(), a)
				return err
			})
			if ack.Repeated != (c.kept == 1) || ack.ID != a.Message.ID {
				t.Errorf("the repeated request: %+v", ack)
			}
			if counts := w.Conserved(); counts["accepted"] != 1 {
				t.Errorf("%d messages", counts["accepted"])
			}
		})
	}
}

// A settlement whose answer is lost has begun the next attempt, which its caller never heard of: told again, it goes on with that one.
func TestASettlementWhoseAnswerIsLostGoesOn(t *testing.T) {
	for _, more := range []bool{true, false} {
		server := pgtest.Shared(t)
		database := server.Database(t, "")
		proxy := server.NewProxy(t)
		w := storetest.NewWorld(t, openNode(t, proxy.URL(database)))
		first, second := w.Send("+16660000001", "1"), w.Send("+16660000002", "2")
		c := w.ClaimOne()
		st := storetest.Ends(c, message.Accepted, message.Sent, "p1")
		st.More = true
		cut := proxy.CutAt("COMMIT\x00", false)
		_, err := w.SettleSend(t.Context(), st)
		wantUnavailable(t, err)
		<-cut
		if _, err := w.SettleSend(t.Context(), st); !errors.Is(err, lane.ErrFenced) {
			t.Errorf("told twice without a reason: %v, want ErrFenced", err)
		}
		st.Repeated, st.More = true, more
		next, err := w.SettleSend(t.Context(), st)
		if err != nil || (next != nil) != more {
			t.Fatalf("told again: %+v, %v", next, err)
		}
		if next == nil {
			again := w.ClaimOne()
			next = &again
		}
		if next.Work.Message.ID != second || next.Work.Unfinished || next.Work.N != 1 {
			t.Errorf("it goes on with %+v", next.Work)
		}
		w.Settle(storetest.Ends(*next, message.Accepted, message.Sent, "p2"))
		for _, id := range []string{first, second} {
			if v := w.View(id); v.Status != message.Sent || len(v.Attempts) != 1 {
				t.Errorf("%s after %d attempts", v.Status, len(v.Attempts))
			}
		}
		w.Conserved()
	}
}

// While the database is away leases end. When it is back, whoever still works is given the time to say so.
func TestALeaseThatEndedWhileTheDatabaseWasAwayIsNotTakenAtOnce(t *testing.T) {
	server := pgtest.Shared(t)
	database := server.Database(t, "")
	proxy := server.NewProxy(t)
	one := storetest.NewWorld(t, openNode(t, proxy.URL(database)))
	two := one.On(openNode(t, proxy.URL(database)))
	one.Send("+16660000001", "hello")
	c := one.ClaimOne()
	proxy.Away(true)
	for _, w := range []*storetest.World{one, two} {
		eventually(t, 10*time.Second, "it is noticed", func() error {
			if w.Healthy() == nil {
				return errors.New("all is well")
			}
			return nil
		})
	}
	proxy.Away(false)
	for _, w := range []*storetest.World{two, one} {
		eventually(t, 10*time.Second, "it is back", w.Healthy)
		eventually(t, 10*time.Second, "a claim", func() error {
			list, _, err := w.ClaimSends(t.Context(), time.Now().Add(lane.LeaseFor), 1)
			if len(list) != 0 {
				t.Errorf("claimed %+v, which is worked", list)
			}
			return err
		})
	}
	one.Settle(storetest.Ends(c, message.Accepted, message.Sent, "p1"))
}

// A write of a group that PostgreSQL refuses spoils the transaction for all: the others are done without it.
func TestAWriteThatIsRefusedHarmsNoOther(t *testing.T) {
	server := pgtest.Shared(t)
	w := storetest.NewWorld(t, openNode(t, server.URL(server.Database(t, ""))))
	var writing sync.WaitGroup
	for i := range 60 {
		writing.Go(func() {
			if i%3 == 0 {
				_, err := w.Accept(t.Context(), w.Outbound(w.Num, fmt.Sprintf("+1666%07d", i), "x"))
				if err != nil {
					t.Error(err)
				}
				return
			}
			err := w.CreateNumber(t.Context(), &directory.Number{AccountID: w.Acct, OrgID: w.Org.ID, IntegrationID: w.Intg.ID, Value: fmt.Sprintf("+1556%07d", i/3)})
			if err != nil && fault.CodeOf(err) != fault.Conflict {
				t.Error(err)
			}
		})
	}
	writing.Wait()
	numbers, err := w.NumbersOfIntegration(t.Context(), w.Acct, w.Intg.ID)
	if c := w.Conserved(); err != nil || c["accepted"] != 20 || len(numbers) != 21 {
		t.Errorf("%d accepted, %d numbers, %v; want 20 and 21", c["accepted"], len(numbers), err)
	}
}

// A node that stands still in the middle of its turn holds the others up for seconds, not for good.
func TestATurnEndsWhenItsHolderStandsStill(t *testing.T) {
	server := pgtest.Shared(t)
	database := server.Database(t, "")
	w := storetest.NewWorld(t, openNode(t, server.URL(database)))
	still := store.HoldTurn(t, server.URL(database))
	began := time.Now()
	eventually(t, 15*time.Second, "a write", func() error {
		_, err := w.Accept(t.Context(), w.Outbound(w.Num, "+16660000001", "x"))
		return err
	})
	if took := time.Since(began); took < time.Second || took > 8*time.Second {
		t.Errorf("the turn was free after %v, want about three seconds", took)
	}
	if err := still(); err == nil {
		t.Error("the one who stood still could commit")
	}
}

// Nothing that was acknowledged is lost when the server dies in the middle, and everything goes on when it is back.
func TestTheServersDeathLosesNothingAcknowledged(t *testing.T) {
	server := pgtest.Start(t)
	s := openNode(t, server.URL(server.Database(t, "")))
	w := storetest.NewWorld(t, s)
	var mu sync.Mutex
	kept := map[string]bool{}
	keep := func(i int) error {
		a := w.Outbound(w.Num, fmt.Sprintf("+1666%07d", i), "x")
		ack, err := s.Accept(t.Context(), a)
		if err == nil {
			mu.Lock()
			kept[ack.ID] = true
			mu.Unlock()
		}
		return err
	}
	for round := range 3 {
		stop := make(chan struct{})
		var writers sync.WaitGroup
		enough := make(chan struct{}, 1000)
		for g := range 8 {
			writers.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					if keep(1000*g+i) != nil {
						return
					}
					select {
					case enough <- struct{}{}:
					default:
					}
				}
			})
		}
		for range 50 {
			<-enough
		}
		server.Kill()
		close(stop)
		writers.Wait()
		wantUnavailable(t, keep(1))
		_, err := s.Message(t.Context(), w.Acct, "x")
		wantUnavailable(t, err)
		eventually(t, 10*time.Second, "the store says that it is not well", func() error {
			if s.Healthy() == nil {
				return errors.New("it is healthy")
			}
			return nil
		})
		server.Restart(t)
		eventually(t, 20*time.Second, fmt.Sprint("writing again, round ", round), func() error { return keep(2) })
		eventually(t, 10*time.Second, "the store is well again", s.Healthy)
	}
	for id := range kept {
		if _, err := s.Message(t.Context(), w.Acct, id); err != nil {
			t.Errorf("an acknowledged message is gone: %v", err)
		}
	}
	w.Conserved()
}

// A node that is not ready gets no traffic: it finds out by itself that it is well again.
func TestANodeFindsOutByItselfThatItIsWell(t *testing.T) {
	server := pgtest.Shared(t)
	database := server.Database(t, "")
	proxy := server.NewProxy(t)
	s := openNode(t, proxy.URL(database))
	w := storetest.NewWorld(t, s)
	proxy.Away(true)
	for range 5 {
		_, err := s.Accept(t.Context(), w.Outbound(w.Num, "+16660000001", "x"))
		wantUnavailable(t, err)
	}
	proxy.Away(false)
	eventually(t, 10*time.Second, "it is well", s.Healthy)
}

func TestReadersGoOnAfterTheirConnectionsWereCut(t *testing.T) {
	server := pgtest.Shared(t)
	database := server.Database(t, "")
	s := openNode(t, server.URL(database))
	w := storetest.NewWorld(t, s)
	id := w.Send("+16660000001", "hello")
	for range 3 {
		server.Exec(t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+database+"'")
		for range 8 { // whichever connections they get
			if _, err := s.Message(t.Context(), w.Acct, id); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Accept(t.Context(), w.Outbound(w.Num, "+16660000002", "x")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAWrongDatabaseURLIsRefusedWithoutShowingThePassword(t *testing.T) {
	const secret = "hunter2"
	for _, url := range []string{
		"mysql://u:hunter2@h/db", "postgres://u:hunter2@h:port/db", "postgres://u:hunter2%zz@h/db", "postgres://u:hunter2@127.0.0.1:1/db",
		"postgres://u:hunter2@h/db?sslmode=hunter2", "postgres://u@h/db?password=hunter2&sslmode=hunter2", "u:hunter2@h/db",
		"postgres://u:hunter2@h/db?connect_timeout=hunter2", "host=h password=hunter2",
	} {
		_, err := store.Open(t.Context(), store.Options{DatabaseURL: url, Box: storetest.Box()})
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", strings.ReplaceAll(url, secret, "•••"), err)
		}
	}
}
