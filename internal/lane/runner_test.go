package lane

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// never is a poll that cannot hide a lost wake-up within a test.
const never = 1000 * time.Hour

func TestALaneKeepsItsOrderAndNeverOverlapsItself(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var (
			slots = rapid.IntRange(1, 5).Draw(rt, "slots")
			turn  = rapid.IntRange(1, 4).Draw(rt, "turn")
			lanes = rapid.IntRange(1, 8).Draw(rt, "lanes")
			slow  = time.Duration(rapid.IntRange(0, 10).Draw(rt, "commit ms")) * time.Millisecond
			// What each piece of work does in turn: how long it takes, and whether it must come again.
			takes   = rapid.SliceOfN(rapid.IntRange(0, 7000), 1, 20).Draw(rt, "takes ms")
			retries = rapid.SliceOfN(rapid.IntRange(0, 3000), 1, 20).Draw(rt, "retry after ms, odd ones only")
			pushes  = rapid.SliceOfN(rapid.IntRange(0, lanes-1), 1, 60).Draw(rt, "pushes")
			gaps    = rapid.SliceOfN(rapid.IntRange(0, 400), 1, 20).Draw(rt, "gaps ms")
		)
		var problem string
		synctest.Test(t, func(t *testing.T) {
			m := newModel()
			m.slow = slow
			var mu sync.Mutex
			working, done, n := map[string]int{}, map[string][]int{}, 0
			tries := map[string]int{}
			work := func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
				mu.Lock()
				n++
				take, retry := takes[n%len(takes)], retries[n%len(retries)]
				piece := fmt.Sprint(c.Lane.ID, c.Work.seq)
				tries[piece]++
				if working[c.Lane.ID]++; working[c.Lane.ID] > 1 {
					problem = "two in flight in lane " + c.Lane.ID
				}
				mu.Unlock()
				time.Sleep(time.Duration(take) * time.Millisecond)
				mu.Lock()
				working[c.Lane.ID]--
				var retryAt time.Time
				if retry%2 == 1 && tries[piece] <= 3 {
					retryAt = time.Now().Add(time.Duration(retry) * time.Millisecond)
				} else {
					done[c.Lane.ID] = append(done[c.Lane.ID], c.Work.seq)
				}
				mu.Unlock()
				return m.settle(c, retryAt, time.Now(), more)
			}
			r := New(m, work, Options{Slots: slots, Turn: turn, Poll: never, Drain: time.Hour})
			m.changed = r.Wake
			stop := start(r)
			want := map[string]int{}
			for i, p := range pushes {
				time.Sleep(time.Duration(gaps[i%len(gaps)]) * time.Millisecond)
				id := fmt.Sprint("lane", p)
				m.push(fmt.Sprint("org", p%3), id, 1)
				want[id]++
			}
			time.Sleep(2 * time.Hour) // of the bubble: ample for every retry, unless a wake-up was lost
			if left := m.left(); left > 0 {
				problem = fmt.Sprintf("%d pieces of work were never done", left)
			}
			if err := stop(); err != nil {
				problem = err.Error()
			}
			for id, seqs := range done {
				if !slices.IsSorted(seqs) {
					problem = fmt.Sprintf("lane %s went %v", id, seqs)
				}
			}
		})
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}

func TestABusyLaneFlowsWithoutNewClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			time.Sleep(time.Millisecond)
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Slots: 2, Poll: never})
		m.changed = r.Wake
		m.push("acme", "a", 1000)
		stop := start(r)
		time.Sleep(1100 * time.Millisecond)
		if left := m.left(); left > 0 {
			t.Errorf("%d of 1000 left", left)
		}
		if claims, _ := m.counts(); claims > 3 {
			t.Errorf("1000 messages of one lane took %d claims, want at most 3", claims)
		}
		stop()
	})
}

func TestOneTenantsBacklogDoesNotHoldUpAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		var mu sync.Mutex
		var bAt time.Time
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			time.Sleep(100 * time.Millisecond)
			if c.Lane.OrgID == "b" {
				mu.Lock()
				bAt = time.Now()
				mu.Unlock()
			}
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Slots: 4, Turn: 16, Poll: never})
		m.changed = r.Wake
		for i := range 50 {
			m.push("a", fmt.Sprint("a", i), 1000)
		}
		stop := start(r)
		time.Sleep(10 * time.Second)
		asked := time.Now()
		m.push("b", "b", 1)
		time.Sleep(10 * time.Second)
		stop()
		mu.Lock()
		defer mu.Unlock()
		// A turn lasts at most turnFor and the piece begun within it.
		if waited := bAt.Sub(asked); bAt.IsZero() || waited > turnFor+300*time.Millisecond {
			t.Errorf("the other tenant's message waited %v behind 50,000, want about %v", waited, turnFor)
		}
	})
}

func TestWorkThatOutlastsItsLeaseKeepsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		var begun atomic.Int32
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			begun.Add(1)
			time.Sleep(10 * LeaseFor)
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Slots: 3, Poll: time.Second})
		m.push("acme", "a", 1)
		stop := start(r)
		time.Sleep(20 * LeaseFor)
		if begun.Load() != 1 || m.left() != 0 {
			t.Errorf("begun %d times, %d left; want once and none", begun.Load(), m.left())
		}
		stop()
	})
}

func TestShortWorkIsNotRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			time.Sleep(50 * time.Millisecond)
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Poll: never})
		m.changed = r.Wake
		stop := start(r)
		for i := range 100 {
			m.push("acme", fmt.Sprint(i), 1)
			time.Sleep(60 * time.Millisecond)
		}
		if _, renews := m.counts(); renews > 0 {
			t.Errorf("%d renewals for work of 50 ms, want none", renews)
		}
		stop()
	})
}

func TestDrainBeginsNothingNewAndWaitsForWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		var begun, ended atomic.Int32
		r := New(m, func(ctx context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			begun.Add(1)
			time.Sleep(20 * time.Second)
			if ctx.Err() != nil {
				t.Error("work within the drain time was cut off")
			}
			ended.Add(1)
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Slots: 1, Poll: never, Drain: 25 * time.Second})
		m.push("acme", "a", 5)
		stop := start(r)
		time.Sleep(time.Second)
		began := time.Now()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 19*time.Second {
			t.Errorf("drained in %v, want 19s: when the work in flight ended", took)
		}
		if begun.Load() != 1 || ended.Load() != 1 || m.left() != 4 {
			t.Errorf("begun %d, ended %d, left %d; want 1, 1, 4", begun.Load(), ended.Load(), m.left())
		}
	})
}

func TestDrainCutsOffWhatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		r := New(m, func(ctx context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			<-ctx.Done()
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Poll: never, Drain: 25 * time.Second})
		m.push("acme", "a", 1)
		stop := start(r)
		synctest.Wait()
		began := time.Now()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 25*time.Second || m.left() != 0 {
			t.Errorf("cut off after %v with %d left, want 25s and none", took, m.left())
		}
	})
}

func TestAWorkerThatIgnoresItsContextIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		release := make(chan struct{})
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			<-release
			return nil, nil
		}, Options{Poll: never, Drain: time.Second})
		m.push("acme", "a", 1)
		stop := start(r)
		synctest.Wait()
		if err := stop(); err == nil || !strings.Contains(err.Error(), "1 lanes did not end") {
			t.Errorf("got %v, want a word about the lane that did not end", err)
		}
		close(release)
	})
}

func TestAPanicHarmsOneLaneUntilItsLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		var mu sync.Mutex
		done := map[string]time.Duration{}
		began := time.Now()
		panicked := false
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			mu.Lock()
			defer mu.Unlock()
			if c.Lane.ID == "poison" && !panicked {
				panicked = true
				panic("boom")
			}
			done[c.Lane.ID] = time.Since(began)
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Slots: 1, Poll: never})
		m.changed = r.Wake
		m.push("acme", "poison", 1)
		stop := start(r)
		synctest.Wait()
		m.push("acme", "healthy", 1)
		time.Sleep(time.Minute)
		stop()
		mu.Lock()
		defer mu.Unlock()
		if at, ok := done["healthy"]; !ok || at > time.Second {
			t.Errorf("the healthy lane was served after %v (%v), want at once", at, ok)
		}
		if at, ok := done["poison"]; !ok || at < LeaseFor {
			t.Errorf("the lane that panicked came back after %v (%v), want after its lease of %v", at, ok, LeaseFor)
		}
	})
}

func TestTheRunnerOutlivesADatabaseThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		m.fail(errAway)
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Poll: never})
		m.changed = r.Wake
		m.push("acme", "a", 3)
		stop := start(r)
		time.Sleep(time.Minute)
		if claims, _ := m.counts(); claims > 62 {
			t.Errorf("asked an absent database %d times in a minute, want about once a second", claims)
		}
		m.fail(nil)
		time.Sleep(2 * time.Second)
		if left := m.left(); left != 0 {
			t.Errorf("%d left after the database came back", left)
		}
		stop()
	})
}

func TestTheSlowPollFindsWhatNobodyAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Poll: 2 * time.Second})
		stop := start(r)
		time.Sleep(time.Second)
		m.push("acme", "a", 1) // another node's commit: nobody wakes us
		time.Sleep(2 * time.Second)
		if left := m.left(); left != 0 {
			t.Errorf("%d left after the poll", left)
		}
		stop()
	})
}

func TestAPacedLaneKeepsItsPaceAndHoldsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		var mu sync.Mutex
		var at []time.Time
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			begun := time.Now()
			mu.Lock()
			at = append(at, begun)
			mu.Unlock()
			return m.settle(c, time.Time{}, Pace(4).After(begun), more)
		}, Options{Slots: 1, Poll: never})
		m.changed = r.Wake
		m.push("acme", "paced", 21)
		stop := start(r)
		time.Sleep(100 * time.Millisecond)
		if m.left() == 0 || r.InFlight() != 0 {
			t.Errorf("between two sends %d are left and %d lanes hold a slot, want some and none", m.left(), r.InFlight())
		}
		time.Sleep(5 * time.Second)
		stop()
		mu.Lock()
		defer mu.Unlock()
		if len(at) != 21 {
			t.Errorf("%d sent in 5 s at 4 a second, want all 21", len(at))
		}
		for i := 1; i < len(at); i++ {
			if gap := at[i].Sub(at[i-1]); gap < 250*time.Millisecond {
				t.Errorf("send %d began %v after the one before, want at least 250ms", i, gap)
			}
		}
	})
}

func TestWhatIsClaimedWhileStoppingIsStillWorked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		m.slow = time.Second // we are told to stop while the claim's commit is under way
		r := New(m, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Poll: never})
		m.push("acme", "a", 2)
		stop := start(r)
		synctest.Wait()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if left := m.left(); left != 1 {
			t.Errorf("%d left, want 1: the claimed one was begun and must be worked, the other must not begin", left)
		}
	})
}

// reserved is a store that keeps the last slot for an organization that has not come yet.
type reserved struct{ *model }

func (r reserved) Claim(ctx context.Context, now time.Time, n int) ([]Claimed[job], time.Time, error) {
	if n <= 1 {
		return nil, now, nil // there are due lanes, and this slot is not for them
	}
	return r.model.Claim(ctx, now, n-1)
}

func TestLanesTakeTurnsThoughTheStoreKeepsASlotFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		var mu sync.Mutex
		served := map[string]bool{}
		r := New(reserved{m}, func(_ context.Context, c Claimed[job], more func() bool) (*Claimed[job], error) {
			time.Sleep(10 * time.Millisecond)
			mu.Lock()
			served[c.Lane.ID] = true
			mu.Unlock()
			return m.settle(c, time.Time{}, time.Time{}, more)
		}, Options{Slots: 3, Turn: 4, Poll: never})
		for i := range 10 {
			m.push("acme", fmt.Sprint(i), 1000)
		}
		stop := start(r)
		time.Sleep(time.Second)
		stop()
		mu.Lock()
		defer mu.Unlock()
		if len(served) != 10 {
			t.Errorf("%d of 10 busy lanes were served within a second, want all", len(served))
		}
	})
}
