package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"patchbay/internal/failpoint"
	"patchbay/internal/fault"
)

// groupMax bounds a group, so that nobody's commit waits for too many others.
const groupMax = 512

// While many write, a commit waits a moment for more of them: half as many commits touch fewer pages and sync half as often.
// Whoever writes alone waits for nobody.
const (
	lingerFrom  = 8  // writes in a group that make the next one wait
	lingerBelow = 64 // writes in a group that waits no longer
	lingerFor   = time.Millisecond
)

var errClosed = fault.New(fault.Unavailable, "", "the server is stopping; try again in a moment")

// tx is what one write does inside the group's transaction.
type tx struct {
	engine
	veil      veil
	writes    int64 // rows changed so far, to tell whether a failed write left something behind
	touched   Commit
	notified  map[news]int // what this group tells of, and how often
	directory bool         // the caches must forget
	lane      *laneRow     // which the running write has in hand, and will save
	woken     []*hook      // webhooks that have something to be told now
	asleep    []int64      // lanes of webhooks that have been told everything
	rehook    []string     // accounts whose webhooks changed
	refused   bool         // whose credentials are refused, or what is paused, has changed
	pauses    repaused
	flights   []took       // attempts that began or ended
	joined    []joinedLane // lanes whose place was learnt
	counter   *int64       // the last message's seq; nil: the database counts
	ahead     int          // writes of this group that have not ended
	fresh     []int64      // seqs that the database gave this group
	callback  string       // which the running write applies
	usage     tallies      // what this group adds to the counts of days
}

func (t *tx) exec(q *query, args ...any) (int64, error) {
	n, err := t.engine.exec(q, args...)
	t.writes += n
	return n, err
}

// later is exec for those who need no count. What it changes may be found wrong only later, so it counts as a change.
func (t *tx) later(q *query, args ...any) error {
	t.writes++
	return t.engine.later(q, args...)
}

func (t *tx) each(q *query, fn func(*row) error, args ...any) error {
	if q.reads {
		return t.engine.each(q, fn, args...)
	}
	return t.engine.each(q, func(r *row) error { t.writes++; return fn(r) }, args...)
}

// nextMessage is the seq of a new message: later ones are higher, which is the order of a lane.
func (t *tx) nextMessage() (seq int64, err error) {
	if t.counter != nil {
		*t.counter++
		return *t.counter, nil
	}
	if len(t.fresh) == 0 {
		// One for each write that waits with us, and some for those that join us: whoever comes after our turn, on whatever node, gets
		// higher ones. What is left over is never used.
		if err := t.each(qPgNextMessages, func(r *row) error { t.fresh = append(t.fresh, r.int()); return nil }, max(t.ahead, 16)); err != nil {
			return 0, err
		}
	}
	seq, t.fresh = t.fresh[0], t.fresh[1:]
	return seq, nil
}

var qPgNextMessages = onlyPostgres("next messages", `SELECT nextval('messages_seq_seq') FROM generate_series(1, $1)`)

// write is one change that waits for its commit.
type write struct {
	do    func(*tx) error
	err   error
	done  chan struct{}
	state atomic.Int32
}

const (
	writeQueued = iota
	writeTaken
	writeWithdrawn
)

// writer gathers all waiting writes into one commit: what costs is the sync, and it costs the same for one and for all.
type writer struct {
	db     engine
	log    *slog.Logger
	queue  chan *write
	stop   chan struct{}   // closed by close: take what is queued, then end
	ended  chan struct{}   // closed when nothing is written any more
	opened func()          // a transaction began
	before func(*tx) error // inside the transaction, after the writes
	after  func(*tx)       // once it is committed, before those who wait are told
	rest   func(engine)    // between two groups
	failed atomic.Int32    // commits that failed in a row
	disk   *durable
	veil   veil
	linger <-chan time.Time // until then the group waits for more; nil: it does not

	shared      bool  // with other nodes: while we write they wait, and the database counts messages
	lastMessage int64 // seq; what a rollback leaves out is never used
}

func newWriter(db engine, log *slog.Logger) *writer {
	return &writer{
		db: db, log: log,
		disk: newDurable(log), queue: make(chan *write, 4096), stop: make(chan struct{}), ended: make(chan struct{}),
	}
}

// write runs do inside a commit shared with others, and returns when it is on disk. do may run more than once and must
// begin afresh each time. A failing or panicking do harms nobody else.
func (w *writer) write(ctx context.Context, do func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	op := &write{do: do, done: make(chan struct{})}
	select {
	case <-w.stop:
		return errClosed
	default:
	}
	select {
	case w.queue <- op:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.ended:
		return errClosed
	}
	select {
	case <-op.done:
		return op.err
	case <-ctx.Done():
		if op.state.CompareAndSwap(writeQueued, writeWithdrawn) {
			return ctx.Err()
		}
	case <-w.ended:
	}
	// It is being written, or everything has ended. Either way its fate is known soon.
	select {
	case <-op.done:
		return op.err
	case <-w.ended:
	}
	select {
	case <-op.done:
		return op.err
	default:
		return errClosed
	}
}

// close writes what is queued and ends the writer.
func (w *writer) close() {
	close(w.stop)
	<-w.ended
}

// run is the writer's goroutine.
func (w *writer) run() {
	defer close(w.ended)
	defer w.disk.close()
	group := make([]*write, 0, groupMax)
	linger, busy := time.NewTimer(time.Hour), false
	defer linger.Stop()
	for {
		group = group[:0]
		select {
		case op := <-w.queue:
			group = take(group, op)
		case <-w.stop:
			if group = w.gather(group); len(group) == 0 {
				return
			}
		}
		if w.linger = nil; busy && !w.shared {
			linger.Reset(lingerFor)
			w.linger = linger.C
		}
		if group = w.gather(group); len(group) > 0 {
			group = w.commitGroup(group)
		}
		busy = len(group) >= lingerFrom
		if w.rest != nil {
			w.rest(w.db)
		}
		clear(group)
	}
}

func take(group []*write, op *write) []*write {
	if op.state.CompareAndSwap(writeQueued, writeTaken) {
		return append(group, op)
	}
	return group
}

func (w *writer) gather(group []*write) []*write {
	for len(group) < groupMax {
		select {
		case op := <-w.queue:
			group = take(group, op)
		default:
			return group
		}
	}
	return group
}

// more adds writes to a group that has done all it has, as long as its commit would have to wait for the disk anyway. None: commit.
func (w *writer) more(group []*write) []*write {
	free, linger := w.disk.free(), w.linger
	if len(group) >= lingerBelow {
		linger = nil
	}
	for before := len(group); len(group) == before && len(group) < groupMax && (free != nil || linger != nil); {
		select {
		case op := <-w.queue:
			group = take(group, op)
			continue
		default:
		}
		select {
		case op := <-w.queue:
			group = take(group, op)
		case <-free:
			free = nil
		case <-linger:
			linger, w.linger = nil, nil
		case <-w.stop:
			return group
		}
	}
	return group
}

// commitGroup commits the writes together, with those that come while they run, or, when one of them fails half way, one by one. It
// gives the group as it has become.
func (w *writer) commitGroup(group []*write) []*write {
	group, spoilt, err := w.try(group, w.more)
	if isConflict(err) {
		group, spoilt, err = w.try(group, nil)
	}
	if !spoilt {
		if err != nil {
			tell(group, err)
		}
		return group
	}
	for i := range group {
		one, _, err := w.try(group[i:i+1:i+1], nil)
		if isAway(err) { // it will not be back for the next one either
			tell(group[i:], err)
			break
		}
		if err != nil {
			tell(one, err)
		}
	}
	return group
}

// try runs the writes in one transaction, and those that more adds. What it commits is told by the disk. spoilt: one of several failed
// after it had changed something, so all was rolled back and nobody's result counts. err is for all of them: the database would not begin
// or commit, or the one write there is failed.
func (w *writer) try(group []*write, more func([]*write) []*write) (_ []*write, spoilt bool, err error) {
	if err := w.disk.failed(); err != nil {
		return group, false, err
	}
	if err := w.db.begin(true); err != nil {
		return group, false, w.outage("begin", err)
	}
	if w.opened != nil {
		w.opened()
	}
	t := &tx{engine: w.db, veil: w.veil}
	if !w.shared {
		t.counter = &w.lastMessage
	}
	for i := 0; ; i++ {
		if i == len(group) && more != nil {
			group = more(group)
		}
		if i == len(group) {
			break
		}
		op, before := group[i], t.writes
		t.lane, t.callback, t.ahead = nil, "", len(group)-i
		if op.err = run(op.do, t); op.err == nil && !w.db.broken() {
			continue
		}
		if op.err == nil { // it took an error for an answer, after which the engine takes nothing more
			op.err = errors.New("a query of it failed")
		}
		outage := isOutage(op.err)
		if outage {
			w.log.Error("write", "err", op.err)
			op.err = unavailable(op.err)
		}
		if outage || t.writes != before || w.db.broken() { // a full disk may have ended the transaction: the next write must not go without one
			w.rollback()
			return group, len(group) > 1, op.err
		}
	}
	if w.before != nil {
		if err := w.before(t); err != nil {
			w.rollback()
			return w.unfinished(group, "finish the group", err)
		}
	}
	w.disk.begin()
	err = failpoint.At("commit")
	if err == nil {
		err = w.db.commit()
	}
	if err != nil {
		w.disk.commit(nil)
		w.rollback()
		return w.unfinished(group, "commit", err)
	}
	failpoint.Pass("committed")
	w.failed.Store(0)
	if w.after != nil {
		w.after(t)
	}
	w.disk.commit(group)
	return group, false, nil
}

// unfinished is a group that did not come to its end. A query whose answer was read only there may be what one of its writes did wrong.
func (w *writer) unfinished(group []*write, doing string, err error) (_ []*write, spoilt bool, _ error) {
	if isRefusal(err) {
		return group, len(group) > 1, err
	}
	return group, false, w.outage(doing, err)
}

func (w *writer) rollback() {
	// A failed COMMIT may have rolled back by itself; then there is nothing to roll back, and that is all this says.
	if err := w.db.rollback(); err != nil {
		w.log.Debug("rollback", "err", err)
	}
}

func (w *writer) outage(doing string, err error) error {
	n := w.failed.Add(1)
	w.log.Error("the database does not take writes", "doing", doing, "err", err, "in_a_row", n)
	return unavailable(fmt.Errorf("%s: %w", doing, err))
}

// run does one write. A panic is its own error and nobody else's.
func run(do func(*tx) error, t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.writes++ // it may have changed something
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return do(t)
}

// unavailable is what callers see of an outage.
func unavailable(cause error) error {
	return &outageError{
		fault: fault.Error{Code: fault.Unavailable, Message: "the database cannot keep it now; try again in a moment", RetryAfter: time.Second},
		cause: cause,
	}
}

type outageError struct {
	fault fault.Error
	cause error
}

func (e *outageError) Error() string { return e.cause.Error() }

func (e *outageError) Unwrap() []error { return []error{&e.fault, e.cause} }
