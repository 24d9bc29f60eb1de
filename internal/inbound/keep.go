package inbound

import (
	"context"
	"fmt"

	"patchbay/internal/message"
)

// planned is what a callback does.
type planned struct {
	applied message.Applied
	later   bool // files came inside it, or reading it went wrong: the settler sees to it
}

// keep makes a callback durable. What it does is part of the same commit, unless files came inside it, which are judged after the
// answer, or doing it goes wrong: then it is kept pending and the settler sees to it.
func (f *Flow) keep(ctx context.Context, row *message.Callback, h *heard) error {
	for _, m := range h.passed {
		row.IntegrationIDs = append(row.IntegrationIDs, m.ID)
	}
	row.Events = encode(h.reading.Events)
	var p planned
	var files []inline
	broke := f.contain("plan", func() { p.applied, files = h.plan(row) })
	p.later = broke || len(files) > 0
	veil(row, h.passed)
	return f.keepOrSpool(ctx, row, &p)
}

// keepNow keeps it in the database.
func (f *Flow) keepNow(ctx context.Context, row *message.Callback, p *planned) error {
	if p.later {
		return f.keepPending(ctx, row)
	}
	applied := &p.applied
	row.State, row.Reason = applied.State, applied.Reason
	if len(applied.Arrivals)+len(applied.Receipts)+len(applied.Confirms)+len(applied.OptOuts) == 0 {
		if err := f.store.KeepCallback(ctx, row); err != nil {
			return fmt.Errorf("keep callback: %w", err)
		}
		f.count(row.State)
		return nil
	}
	err := f.store.ReceiveCallback(ctx, row, *applied)
	if err != nil && f.spool != nil && isAway(err) {
		return fmt.Errorf("keep callback: %w", err)
	}
	if err != nil {
		f.log.Error("callback not applied at once", "callback", row.ID, "service", row.ServiceID, "why", err)
		return f.keepPending(ctx, row)
	}
	f.count(row.State)
	return nil
}

func (f *Flow) keepPending(ctx context.Context, row *message.Callback) error {
	row.State, row.Reason = message.CallbackPending, ""
	if err := f.store.KeepCallback(ctx, row); err != nil {
		return fmt.Errorf("keep callback: %w", err)
	}
	f.Wake()
	return nil
}

func (f *Flow) count(s message.CallbackState) {
	if s == message.CallbackUnmatched {
		f.counters.Unmatched.Add(1)
	} else {
		f.counters.Applied.Add(1)
	}
}
