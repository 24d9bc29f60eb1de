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
	old, err := f.o.Store.Message(ctx, accountID, id)
	if err != nil {
		return message.Ack{}, err
	}
	if old.Direction != message.Outbound {
		return message.Ack{}, fault.New(fault.Conflict, "", "only an outbound message can be sent again")
	}
	if !mayResend(old.Status) {
		return message.Ack{}, fault.New(fault.Conflict, "status", "the message is %s: only one that is unclear, failed, expired or cancelled can be sent again", old.Status)
	}
	return f.accept(ctx, Draft{
		AccountID: accountID, OrgID: old.OrgID, UserID: old.UserID,
		From: old.From, To: old.To, Content: old.Content, URLs: old.URLs,
		IdempotencyKey: idempotencyKey,
	}, &old.Message, nil)
}

func mayResend(s message.Status) bool {
	switch s {
	case message.Unclear, message.Failed, message.Expired, message.Cancelled:
		return true
	}
	return false
}

// Dismiss gives an unclear message up: it becomes failed, with the code "dismissed".
func (f *Flow) Dismiss(ctx context.Context, accountID, id string) error {
	return f.o.Store.DismissMessage(ctx, accountID, id, time.Now())
}

// Cancel takes a message back that no attempt has begun for.
func (f *Flow) Cancel(ctx context.Context, accountID, id string) error {
	return f.o.Store.CancelMessage(ctx, accountID, id, time.Now())
}
