package inbound

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

const (
	settleBatch = 100             // callbacks taken at a time
	settleEvery = 5 * time.Second // and looked for without being told: another node may have kept one
	maxTries    = 3               // at applying one before it is set aside for a person; of lives of the program, too
	lifetime    = time.Minute     // within which another node may still be at one that it has begun
)

var errDeadly = errors.New("each time that it was begun, the program ended")

// Run settles what is pending: callbacks with files inside, those that could not be applied when they came, those that a crash left, and
// long texts that lack a part; and calls the addresses that providers want called. It returns when ctx ends.
func (f *Flow) Run(ctx context.Context) error {
	var calls sync.WaitGroup
	defer calls.Wait()
	calls.Go(func() { f.confirmAll(ctx) })
	calls.Go(func() { f.drain(ctx) })
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	tries := map[string]int{}
	for {
		f.joinParts(ctx)
		again := f.settleAll(ctx, tries)
		if again {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-f.wake:
		case <-tick.C:
		}
	}
}

func (f *Flow) joinParts(ctx context.Context) {
	if _, err := f.store.JoinParts(ctx, time.Now()); err != nil && ctx.Err() == nil {
		f.log.Error("parts of long texts not joined", "why", err)
	}
}

// settleAll takes what is pending once, and reports whether there may be more at once.
func (f *Flow) settleAll(ctx context.Context, tries map[string]int) (again bool) {
	rows, err := f.store.PendingCallbacks(ctx, settleBatch)
	if err != nil {
		if ctx.Err() == nil {
			f.log.Error("pending callbacks not read", "why", err)
		}
		return false
	}
	if rows, err = f.begin(ctx, rows); err != nil {
		if ctx.Err() == nil {
			f.log.Error("pending callbacks not begun", "why", err)
		}
		return false
	}
	settled := 0
	for i := range rows {
		row := &rows[i]
		if row.TriedBy != f.life {
			if row.Tries >= maxTries {
				if time.Since(row.TriedAt) >= lifetime && f.setAside(ctx, row, errDeadly) == nil {
					settled++
				}
				continue
			}
			if err := f.store.TryCallbacks(ctx, []string{row.ID}, f.life, time.Now()); err != nil {
				f.log.Error("pending callback not begun", "callback", row.ID, "why", err)
				return settled > 0
			}
		}
		var err error
		if f.contain("settle", func() { err = f.settle(ctx, row) }) {
			err = errBroke
		}
		switch {
		case err == nil:
			settled++
			delete(tries, row.ID)
		case ctx.Err() != nil:
			return false
		default:
			tries[row.ID]++
			f.log.Error("callback not applied", "callback", row.ID, "service", row.ServiceID, "try", tries[row.ID], "why", err)
			if tries[row.ID] >= maxTries && f.setAside(ctx, row, err) == nil {
				settled++
				delete(tries, row.ID)
			}
		}
	}
	return settled > 0
}

// begin puts first what is new, of which all are counted as begun in one commit, and behind it what an earlier life began and did not end,
// the most often last: who ends the process is among those, and each of them is begun alone, so that only the guilty one is counted again.
func (f *Flow) begin(ctx context.Context, rows []message.Callback) ([]message.Callback, error) {
	slices.SortStableFunc(rows, func(a, b message.Callback) int { return cmp.Compare(a.Tries, b.Tries) })
	var fresh []string
	for i := range rows {
		if rows[i].Tries == 0 {
			fresh = append(fresh, rows[i].ID)
			rows[i].TriedBy = f.life
		}
	}
	if len(fresh) == 0 {
		return rows, nil
	}
	return rows, f.store.TryCallbacks(ctx, fresh, f.life, time.Now())
}

// settle reads a kept callback with the present file and applies what it says.
func (f *Flow) settle(ctx context.Context, row *message.Callback) error {
	h, err := f.reread(ctx, row)
	if err != nil {
		var refused *refusal
		if errors.As(err, &refused) {
			return f.apply(ctx, row, message.Applied{
				CallbackID: row.ID, State: message.CallbackUnmatched, Reason: refused.Error(), Now: time.Now(),
			})
		}
		return err
	}
	applied, files := h.plan(row)
	applied.Now = time.Now()
	for _, in := range files {
		m := &applied.Arrivals[in.arrival].Media[in.media]
		kept, err := f.files.Keep(ctx, *m, in.data)
		if err != nil {
			return fmt.Errorf("keep a file: %w", err)
		}
		*m = kept
	}
	return f.apply(ctx, row, applied)
}

// reread makes of a row what Receive made of the request. It proved itself when it came: to the integrations that the row names, and
// so to every one with the same property values.
func (f *Flow) reread(ctx context.Context, row *message.Callback) (*heard, error) {
	src, err := f.sources.get(ctx, row.AccountID, row.ServiceID)
	if err != nil {
		if errors.Is(err, errNobody) || fault.CodeOf(err) == fault.NotFound {
			err = &refusal{err}
		}
		return nil, err
	}
	secrets := map[string]bool{}
	for _, id := range row.IntegrationIDs {
		if m := src.byID[id]; m != nil {
			secrets[m.secrets] = true
		}
	}
	p := &proof{flow: f, src: src, trusted: true}
	for _, m := range src.members {
		if secrets[m.secrets] || !src.service.Verifies() {
			p.passed = append(p.passed, m)
		}
	}
	if len(p.passed) == 0 {
		return nil, &refusal{errors.New("the integration that it came for is gone or off")}
	}
	p.audience = audienceOf(p.passed)
	row.IntegrationIDs = slices.Sorted(func(yield func(string) bool) {
		for id := range p.audience.ids {
			if !yield(id) {
				return
			}
		}
	})
	unveil(row, p.passed)
	p.cb = &service.Callback{
		Request: wire.Request{Method: row.Method, URL: row.URL, Header: row.Header, Body: row.Body},
		Number:  row.Number, Now: row.At, Numbers: p,
	}
	return f.read(p), nil
}

func (f *Flow) apply(ctx context.Context, row *message.Callback, a message.Applied) error {
	if err := f.store.ApplyCallback(ctx, a); err != nil {
		if now, e := f.store.Callback(ctx, row.AccountID, row.ID); e == nil && now.State != message.CallbackPending {
			return nil // somebody else was first
		}
		return fmt.Errorf("apply callback: %w", err)
	}
	f.count(a.State)
	return nil
}

// setAside gives up applying a callback: it waits among the unmatched for a person, and holds up nothing.
func (f *Flow) setAside(ctx context.Context, row *message.Callback, why error) error {
	return f.apply(ctx, row, message.Applied{
		CallbackID: row.ID, State: message.CallbackUnmatched, Now: time.Now(), Reason: "it could not be applied: " + why.Error(),
	})
}

// Replay reads an unmatched callback again with the present file and applies what it says now. What comes back is where it stands then.
func (f *Flow) Replay(ctx context.Context, accountID, id string) (*message.Callback, error) {
	row, err := f.store.Callback(ctx, accountID, id)
	if err != nil {
		return nil, err
	}
	if row.State != message.CallbackUnmatched {
		return nil, fault.New(fault.Conflict, "id", "this callback is %s; only an unmatched one can be replayed", row.State)
	}
	if err := f.store.ReplayCallback(ctx, accountID, id); err != nil {
		return nil, err
	}
	if err := f.settle(ctx, row); err != nil {
		f.Wake() // it is pending: the settler goes on with it
		return nil, err
	}
	return f.store.Callback(ctx, accountID, id)
}
