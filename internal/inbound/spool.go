package inbound

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/spool"
)

const (
	// keepWithin is how long a callback waits for the database before it is spooled. One that is kept there all the same has the same id, and
	// is not applied twice.
	keepWithin = 4 * time.Second
	// drainEvery is how often a database that was away is tried again.
	drainEvery = time.Second
	drainBatch = 200
	drainBytes = 16 << 20
)

// isAway reports whether the database could not do something now, and may later.
func isAway(err error) bool {
	return fault.CodeOf(err) == fault.Unavailable || errors.Is(err, context.DeadlineExceeded)
}

// errAway stands for the database while it is known to be away: asking it again would only take time.
var errAway = fault.New(fault.Unavailable, "", "the database is away")

// keepOrSpool makes a callback durable: in the database or, while that is away, in the spool. As long as anything is in the spool, what comes
// belongs behind it.
func (f *Flow) keepOrSpool(ctx context.Context, row *message.Callback, p *planned) error {
	if f.spool == nil {
		return f.keepNow(ctx, row, p)
	}
	if !f.away.Load() && !f.spool.Holds() {
		soon, cancel := context.WithTimeout(ctx, keepWithin)
		err := f.keepNow(soon, row, p)
		cancel()
		if err == nil || !isAway(err) || ctx.Err() != nil {
			return err
		}
		f.away.Store(true)
		f.log.Error("callbacks go to the spool", "why", err)
	}
	row.State, row.Reason = message.CallbackPending, ""
	b, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("spool callback: %w", err)
	}
	if err := f.spool.Append(ctx, b); err != nil {
		return fmt.Errorf("spool callback: %w", err)
	}
	f.counters.Spooled.Add(1)
	f.wakeDrain()
	return nil
}

func (f *Flow) wakeDrain() {
	select {
	case f.spooled <- struct{}{}:
	default:
	}
}

// drain brings what is in the spool into the database, in order, until ctx ends.
func (f *Flow) drain(ctx context.Context) {
	if f.spool == nil {
		return
	}
	tick := time.NewTicker(drainEvery)
	defer tick.Stop()
	for {
		for f.drainSome(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-f.spooled:
			if f.away.Load() { // it will not be back at once
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		case <-tick.C:
		}
	}
}

// drainSome brings some of it, and reports whether there may be more at once.
func (f *Flow) drainSome(ctx context.Context) bool {
	list, err := f.spool.Next(drainBatch, drainBytes)
	if err != nil {
		f.log.Error("read the spool", "why", err)
		return false
	}
	if len(list) == 0 {
		// A spool that is empty says nothing of the database; a request that finds it away says so again.
		if f.away.CompareAndSwap(true, false) {
			f.log.Info("callbacks go to the database again")
		}
		return false
	}
	batch := make([]message.Effect, 0, len(list))
	for i := range list {
		r, err := f.unspool(ctx, list[i])
		if err != nil {
			return f.drainFailed(ctx, err)
		}
		batch = append(batch, r)
	}
	if err := f.store.ReceiveCallbacks(ctx, batch); err != nil {
		if isAway(err) || ctx.Err() != nil {
			return f.drainFailed(ctx, err)
		}
		f.log.Error("spooled callbacks not applied together", "count", len(batch), "why", err)
		for i := range batch {
			if err := f.takeAlone(ctx, list[i], &batch[i]); err != nil {
				return f.drainFailed(ctx, err)
			}
		}
	}
	f.away.Store(false)
	for i := range batch {
		if s := batch[i].Callback.State; s == message.CallbackDone || s == message.CallbackUnmatched {
			f.count(s)
		}
	}
	if err := f.spool.Done(list); err != nil {
		f.log.Error("forget what was in the spool", "why", err)
		return false
	}
	f.log.Info("callbacks came back from the spool", "count", len(list))
	f.Wake()
	return true
}

func (f *Flow) drainFailed(ctx context.Context, err error) bool {
	if isAway(err) {
		f.away.Store(true)
	}
	if ctx.Err() == nil {
		f.log.Warn("the spool waits", "why", err)
	}
	return false
}

// unspool reads a record again as it would be read had it just been kept, with what is known now.
func (f *Flow) unspool(ctx context.Context, rec spool.Record) (message.Effect, error) {
	row := &message.Callback{}
	if err := json.Unmarshal(rec.Payload, row); err != nil || row.ID == "" {
		return message.Effect{Callback: &message.Callback{}}, nil // takeAlone refuses it
	}
	kept := *row // reading it again puts its secrets back, which are not kept
	var h *heard
	var err error
	if f.contain("unspool", func() { h, err = f.reread(ctx, row) }) {
		return message.Effect{Callback: &kept}, nil
	}
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		kept.State, kept.Reason = message.CallbackUnmatched, refused.Error()
		return message.Effect{Callback: &kept}, nil
	case err != nil:
		return message.Effect{}, err
	}
	var applied message.Applied
	var files []inline
	if f.contain("plan", func() { applied, files = h.plan(row) }) || len(files) > 0 {
		return message.Effect{Callback: &kept}, nil // the settler sees to it
	}
	kept.State, kept.Reason, kept.IntegrationIDs = applied.State, applied.Reason, row.IntegrationIDs
	return message.Effect{Callback: &kept, Applied: applied}, nil
}

// takeAlone takes one that cannot be taken with others: as it is, or to be looked at by the settler. What the database cannot even keep stays on
// the disk for a person, and those behind it go on.
func (f *Flow) takeAlone(ctx context.Context, rec spool.Record, r *message.Effect) error {
	err := errors.New("it cannot be read")
	if r.Callback.ID != "" {
		if err = f.store.ReceiveCallbacks(ctx, []message.Effect{*r}); err == nil || isAway(err) || ctx.Err() != nil {
			return err
		}
		r.Callback.State, r.Callback.Reason = message.CallbackPending, ""
		if err = f.store.KeepCallback(ctx, r.Callback); err == nil || isAway(err) || ctx.Err() != nil {
			return err
		}
	}
	name, e := f.spool.Refuse(rec)
	if e != nil {
		return e
	}
	f.counters.Unkept.Add(1)
	f.log.Error("a spooled callback cannot be kept in the database; it stays in a file", "file", name, "why", err)
	return nil
}
