package outbound

import (
	"context"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// Resend sends an unclear, failed, expired or cancelled message once more, as a new message that names the old one. The
// caller has checked that whoever asks may see it.
func (f *Flow) Resend(ctx context.Context, accountID, id, idempotencyKey string) (message.Ack, error) {
	return message.Ack{}, fault.New(fault.Internal, "", "not built yet")
}

// Dismiss gives an unclear message up: it becomes failed, with the code "dismissed".
func (f *Flow) Dismiss(ctx context.Context, accountID, id string) error {
	return f.o.Store.DismissMessage(ctx, accountID, id, time.Now())
}

// Cancel takes a message back that no attempt has begun for.
func (f *Flow) Cancel(ctx context.Context, accountID, id string) error {
	return f.o.Store.CancelMessage(ctx, accountID, id, time.Now())
}
