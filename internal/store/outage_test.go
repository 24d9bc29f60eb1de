package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/fault"
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
