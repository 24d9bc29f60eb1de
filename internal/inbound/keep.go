package inbound

import (
	"context"
	"fmt"

	"patchbay/internal/message"
)

// keep makes a callback durable. What it does is part of the same commit, unless files came inside it, which are judged after the
// answer, or doing it goes wrong: then it is kept pending and the settler sees to it.
func (f *Flow) keep(ctx context.Context, row *message.Callback, h *heard) error {
	for _, m := range h.passed {
		row.IntegrationIDs = append(row.IntegrationIDs, m.ID)
	}
	row.Events = encode(h.reading.Events)
	var applied message.Applied
	var files []inline
	broke := f.contain("plan", func() { applied, files = h.plan(row) })
	row.State, row.Reason = applied.State, applied.Reason
	veil(row, h.passed)
	if broke || len(files) > 0 {
		return f.keepPending(ctx, row)
	}
	if len(applied.Arrivals)+len(applied.Receipts)+len(applied.Confirms)+len(applied.OptOuts) == 0 {
		if err := f.store.KeepCallback(ctx, row); err != nil {
			return fmt.Errorf("keep callback: %w", err)
		}
		f.count(row.State)
		return nil
	}
	err := f.store.ReceiveCallback(ctx, row, applied)
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
