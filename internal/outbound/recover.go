package outbound

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// Recover settles the attempts that a former life of this process began and never ended: unclear, or again where the
// provider takes the same part twice as one. Call it before Run. They are as many as were in flight, never the backlog.
func (f *Flow) Recover(ctx context.Context) error {
	open, err := f.o.Store.OpenAttempts(ctx)
	if err != nil {
		return fmt.Errorf("read open attempts: %w", err)
	}
	for _, s := range open {
		st := decide(s, f.try(ctx, s), time.Now(), f.o.Random)
		if _, err := f.o.Store.SettleSend(ctx, st); err != nil && !errors.Is(err, lane.ErrFenced) {
			return fmt.Errorf("settle message %s after a crash: %w", s.Message.ID, err)
		}
		f.o.Log.Warn("attempt was interrupted", "message", s.Message.ID, "n", s.N, "status", st.Status,
			"again", st.Status == message.Sending)
	}
	return nil
}
