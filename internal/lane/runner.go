package lane

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Options are a runner's measures. Zero values mean the defaults.
type Options struct {
	Slots int           // lanes worked at once; 64
	Turn  int           // pieces of work that one lane may do in a row while others wait; 16
	Poll  time.Duration // a look at the store even when nothing woke us; 2 s
	Drain time.Duration // how long work in flight may take to end once Run is told to stop; 25 s
	Log   *slog.Logger
}

const (
	// gather is how close together the looks are that only ask what a lane given back left behind.
	gather = 5 * time.Millisecond
	// turnFor ends a turn of slow work early, so that others do not wait for sixteen time-outs.
	turnFor = time.Second
	// abortFor is what a worker gets to return in once its context is cancelled.
	abortFor = 5 * time.Second
	// retryClaim is the wait after a claim that failed.
	retryClaim = time.Second
)

// Runner claims lanes and works them, a bounded number at once and each by one goroutine, so that a lane's work stays
// in order and never overlaps itself.
type Runner[W any] struct {
	store Store[W]
	work  Worker[W]
	o     Options

	wake  chan struct{} // somebody said that a lane may be due
	freed chan struct{} // a slot became free

	mu       sync.Mutex
	held     map[*held]struct{}
	woken    bool        // a wake-up that no claim has answered yet
	due      time.Time   // the earliest known due time of a lane that nobody works; zero: none known
	claimed  time.Time   // when we last claimed
	draining func() bool // whether we were told to stop
}

// held is a lane in flight.
type held struct {
	lane  Lane
	until time.Time // the lease, as far as we know
	began time.Time // of this turn
	run   int       // pieces of work begun in this turn; its worker's own
}

// New makes a runner; Run starts it.
func New[W any](store Store[W], work Worker[W], o Options) *Runner[W] {
	if o.Slots <= 0 {
		o.Slots = 64
	}
	if o.Turn <= 0 {
		o.Turn = 16
	}
	if o.Poll <= 0 {
		o.Poll = 2 * time.Second
	}
	if o.Drain <= 0 {
		o.Drain = 25 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Runner[W]{
		store: store, work: work, o: o,
		wake: make(chan struct{}, 1), freed: make(chan struct{}, 1),
		held: map[*held]struct{}{},
	}
}

// Wake says that a lane may have become due. It never blocks and no wake-up is lost, whenever it comes.
func (r *Runner[W]) Wake() { signal(r.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already, and it will look after this moment
	}
}

// InFlight is the number of lanes being worked.
func (r *Runner[W]) InFlight() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.held)
}

// Run claims and works lanes until ctx ends, then claims nothing more and waits for what is in flight, at most the
// drain time; what takes longer has its context cancelled. It returns an error only when a worker ignored that.
func (r *Runner[W]) Run(ctx context.Context) error {
	// Work outlives ctx by the drain time: a send that is cut off is a text that nobody knows the fate of.
	workCtx, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	defer context.AfterFunc(ctx, func() { r.cutOff(workCtx, abort) })()

	var workers, renewer sync.WaitGroup
	stopRenewing := make(chan struct{})
	renewer.Go(func() { r.renewLoop(workCtx, stopRenewing) })
	defer func() { close(stopRenewing); renewer.Wait() }()

	r.mu.Lock()
	r.woken = true // whatever is in the store at the start is looked at
	r.draining = func() bool { return ctx.Err() != nil }
	r.mu.Unlock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		if n := r.toClaim(time.Now()); n > 0 {
			r.claim(workCtx, n, &workers)
			continue
		}
		timer.Reset(r.pause(time.Now()))
		select {
		case <-ctx.Done():
		case <-r.wake:
			r.mu.Lock()
			r.woken = true
			r.mu.Unlock()
		case <-r.freed:
		case <-timer.C:
		}
	}
	return r.drain(workCtx, &workers)
}

// toClaim is how many lanes to claim now: none unless one may be due and a slot is free.
func (r *Runner[W]) toClaim(now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.othersDue(now) {
		return 0
	}
	return r.o.Slots - len(r.held)
}

// othersDue reports whether a lane that nobody works may be due. The caller holds mu.
func (r *Runner[W]) othersDue(now time.Time) bool {
	return r.woken || !r.due.IsZero() && !r.due.After(now) || !r.claimed.Add(r.o.Poll).After(now)
}

// pause is how long there is nothing to claim unless somebody wakes us.
func (r *Runner[W]) pause(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.held) >= r.o.Slots {
		return r.o.Poll // a slot that becomes free ends it
	}
	until := r.claimed.Add(r.o.Poll)
	if !r.due.IsZero() && r.due.Before(until) {
		until = r.due
	}
	return max(until.Sub(now), 0)
}

// claim takes up to n lanes and starts a worker for each. What the store says it claimed has begun, so it is worked even
// when we were told to stop in between.
func (r *Runner[W]) claim(ctx context.Context, n int, workers *sync.WaitGroup) {
	now := time.Now()
	r.mu.Lock()
	// Forgotten before the store looks: a wake-up or a lane given back from here on makes us look again.
	r.woken, r.due, r.claimed = false, time.Time{}, now
	r.mu.Unlock()

	got, next, err := r.store.Claim(ctx, now, n)
	if err != nil {
		r.o.Log.Error("claim lanes", "err", err)
		r.lookAt(now.Add(retryClaim))
		return
	}
	r.mu.Lock()
	for _, c := range got {
		h := &held{lane: c.Lane, until: now.Add(LeaseFor), began: now}
		r.held[h] = struct{}{}
		workers.Go(func() { r.workLane(ctx, h, c) })
	}
	r.mu.Unlock()
	if next.IsZero() {
		return
	}
	if len(got) == 0 && !next.After(now) {
		next = now.Add(gather) // due, yet not to be had: do not spin on it
	}
	r.lookAt(next)
}

// lookAt makes us look at the store no later than then.
func (r *Runner[W]) lookAt(then time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.due.IsZero() || then.Before(r.due) {
		r.due = then
	}
}

// workLane works one lane, piece after piece, until the store has no next one or its turn is over.
func (r *Runner[W]) workLane(ctx context.Context, h *held, c Claimed[W]) {
	var err error
	more := func() bool { return r.mayGoOn(h) }
	for next := &c; next != nil && err == nil; {
		h.run++
		next, err = r.workOne(ctx, *next, more)
	}
	if err != nil {
		r.o.Log.Error("work lane", "kind", h.lane.Kind, "lane", h.lane.ID, "err", err)
	}
	r.mu.Lock()
	delete(r.held, h)
	again := r.claimed.Add(gather) // what the lane left behind: a retry, a pace, or the rest after its turn
	if err != nil {
		again = time.Now().Add(LeaseFor) // nothing was settled: the lane comes back when its lease ends
	}
	if r.due.IsZero() || again.Before(r.due) {
		r.due = again
	}
	r.mu.Unlock()
	signal(r.freed)
}

// workOne does one piece. A panic harms this piece alone.
func (r *Runner[W]) workOne(ctx context.Context, c Claimed[W], more func() bool) (next *Claimed[W], err error) {
	defer func() {
		if p := recover(); p != nil {
			next, err = nil, Panic(p)
		}
	}()
	return r.work(ctx, c, more)
}

// mayGoOn reports whether the lane may take another piece after this one: never while draining, always while no other lane
// is due, otherwise for the length of a turn. A free slot does not prolong a turn: the store may keep it for others.
func (r *Runner[W]) mayGoOn(h *held) bool {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining() {
		return false
	}
	if !r.othersDue(now) {
		return true
	}
	return h.run < r.o.Turn && now.Sub(h.began) < turnFor
}

// cutOff cancels the work once the drain time is over, unless it ended before.
func (r *Runner[W]) cutOff(workCtx context.Context, abort context.CancelFunc) {
	timer := time.NewTimer(r.o.Drain)
	defer timer.Stop()
	select {
	case <-workCtx.Done():
	case <-timer.C:
		r.o.Log.Warn("drain time is over: cutting off what is in flight", "lanes", r.InFlight())
		abort()
	}
}

// drain waits for the work in flight to end, or to be cut off.
func (r *Runner[W]) drain(workCtx context.Context, workers *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() { workers.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-workCtx.Done():
	}
	timer := time.NewTimer(abortFor)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return fmt.Errorf("%d lanes did not end", r.InFlight())
	}
}
