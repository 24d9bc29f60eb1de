package store_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// BenchmarkAcceptSettle is what the store costs a message on its way out: accepted, claimed or begun after another, settled,
// with everything on disk at each step. 64 clients, 90 numbers, 64 slots.
func BenchmarkAcceptSettle(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		e := &onSQLite{map[*store.Store]string{}}
		acceptAndSettle(b, e.Open(b))
	})
	b.Run("postgres", func(b *testing.B) { // which waits for its disk, as in production
		server := pgtest.Start(b)
		acceptAndSettle(b, openNode(b, server.URL(server.Database(b, ""))))
	})
}

func acceptAndSettle(b *testing.B, s *store.Store) {
	w := storetest.NewWorld(b, s)
	var numbers []*directory.Number
	for i := range 90 {
		numbers = append(numbers, w.NewNumber(w.Intg, fmt.Sprintf("+1777%07d", i)))
	}
	wake := make(chan struct{}, 1)
	var commits atomic.Int64
	s.OnCommit(func(c store.Commit) {
		commits.Add(1)
		if c.Lanes {
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	})
	text := "hello, this is a text of a usual length, which nobody will read but the handset it goes to"
	var sent atomic.Int64
	done := make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	var flows sync.WaitGroup
	slots := make(chan struct{}, 64)
	flows.Go(func() {
		for ctx.Err() == nil {
			select {
			case <-wake:
			case <-ctx.Done():
				return
			}
			claimed, _, err := s.ClaimSends(ctx, time.Now(), cap(slots)-len(slots))
			if err != nil && ctx.Err() == nil {
				b.Error(err)
			}
			for _, c := range claimed {
				slots <- struct{}{}
				flows.Go(func() {
					for next := &c; next != nil; {
						next = settle(b, s, next)
						if sent.Add(1) == int64(b.N) {
							close(done)
						}
					}
					<-slots
					select {
					case wake <- struct{}{}:
					default:
					}
				})
			}
		}
	})
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	var n atomic.Int64
	var clients sync.WaitGroup
	for range 64 {
		clients.Go(func() {
			for {
				i := int(n.Add(1))
				if i > b.N {
					return
				}
				if _, err := s.Accept(ctx, w.Outbound(numbers[i%len(numbers)], fmt.Sprintf("+1888%07d", i), text)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	clients.Wait()
	<-done
	b.StopTimer()
	b.ReportMetric(float64(b.N)/float64(commits.Load()), "messages/commit")
	b.ReportMetric((cpu()-before).Seconds()*1e6/float64(b.N), "cpu-µs/message")
	stop()
	flows.Wait()
	w.Conserved()
}

// cpu is the processor time that the process has used: on a busy machine it says more than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var request = "POST /send HTTP/1.1\nContent-Type: application/json\nAuthorization: Bearer •••\n\n" +
	`{"from":"+17770000001","to":"+18880000001","content":"hello, this is a text of a usual length"}`

func settle(b *testing.B, s *store.Store, c *lane.Claimed[message.Send]) *lane.Claimed[message.Send] {
	st := storetest.Ends(*c, message.Accepted, message.Sent, "ref-"+c.Work.Message.ID)
	st.Attempt.Request, st.Attempt.Response = request, "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{\"data\":{\"id\":\"x\"}}"
	st.More = true
	next, err := s.SettleSend(context.Background(), st)
	if err != nil {
		b.Error(err)
		return nil
	}
	return next
}
