package store

import (
	"fmt"
	"log/slog"
	"sync"

	"patchbay/internal/failpoint"
	"patchbay/internal/lane"
)

// durable makes commits durable beside the writer: while the disk works, the next group is under way. Nobody outside can tell: neither
// who wrote nor who reads hears of a commit before it is on the disk.
type durable struct {
	sync func() error // nil: a commit is durable by itself
	log  *slog.Logger
	wake chan struct{}
	lost chan struct{} // closed when the disk failed to keep something
	done sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	waiting []*write      // committed, not yet on the disk
	begun   uint64        // commits so far, with the one that is being made
	made    uint64        // without it; one that failed counts too
	kept    uint64        // of those made: on the disk
	idle    chan struct{} // closed while the disk has nothing to do
	busy    bool
	broken  error
}

func newDurable(log *slog.Logger) *durable {
	d := &durable{log: log, wake: make(chan struct{}, 1), lost: make(chan struct{}), idle: make(chan struct{})}
	d.changed = sync.NewCond(&d.mu)
	close(d.idle)
	return d
}

// start has commits synced from here on.
func (d *durable) start(sync func() error) {
	d.sync = sync
	d.done.Go(func() {
		for range d.wake {
			for d.once() {
			}
		}
	})
}

// close syncs what waits. Nothing may be committed any more.
func (d *durable) close() {
	close(d.wake)
	d.done.Wait()
}

// begin is called before a commit is made, for those who may read it before made.
func (d *durable) begin() {
	d.mu.Lock()
	d.begun++
	d.mu.Unlock()
}

// commit is called after it was made, with the writes to tell once it is on the disk. None: it was not made after all.
func (d *durable) commit(writes []*write) {
	d.mu.Lock()
	d.made++
	if d.sync == nil {
		d.kept = d.made
		d.changed.Broadcast()
		d.mu.Unlock()
		tell(writes, nil)
		return
	}
	if failpoint.Bug("early") {
		tell(writes, nil)
		writes = nil
	}
	d.waiting = append(d.waiting, writes...)
	if !d.busy {
		d.busy, d.idle = true, make(chan struct{})
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default: // it has been told
	}
}

// once syncs what has been committed, and says whether there may be more.
func (d *durable) once() bool {
	d.mu.Lock()
	writes, upTo, err := d.waiting, d.made, d.broken
	d.waiting = nil
	if d.kept == upTo || err != nil && len(writes) == 0 {
		if d.busy {
			d.busy = false
			close(d.idle)
		}
		d.mu.Unlock()
		return false
	}
	d.mu.Unlock()
	if err == nil {
		err = failpoint.At("sync")
	}
	if err == nil {
		err = d.sync()
		failpoint.Pass("synced")
	}
	d.mu.Lock()
	if err == nil {
		d.kept = upTo
	} else if d.broken == nil {
		// The kernel says so once and may have dropped what it could not write: nothing later can be vouched for. A restart reads
		// what the disk really has.
		err = unavailable(fmt.Errorf("%w: sync the database: %w", lane.ErrLost, err))
		d.broken = err
		d.log.Error("the disk did not keep what was written: nothing more is accepted before a restart", "err", err)
		close(d.lost)
	}
	d.changed.Broadcast()
	d.mu.Unlock()
	tell(writes, err)
	return true
}

// wait returns when everything that was committed by now is on the disk, so that who reads tells nobody what a power cut may undo.
func (d *durable) wait() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for upTo := d.begun; d.kept < upTo; {
		if d.broken != nil {
			return d.broken
		}
		d.changed.Wait()
	}
	return nil
}

// failed is why nothing may be written any more.
func (d *durable) failed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken
}

// free is closed while the disk has nothing to do.
func (d *durable) free() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.idle
}

// tell ends the writes. An error is everybody's; without one each has its own.
func tell(writes []*write, err error) {
	for _, op := range writes {
		if err != nil {
			op.err = err
		}
		close(op.done)
	}
}
