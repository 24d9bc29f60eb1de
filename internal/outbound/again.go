package outbound

import (
	"context"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// Resend sends an unclear, failed, expired or cancelled message once more, as a new message that names the old one. The
// caller has checked that whoever asks may see it. mended, when not nil, is the text in place of the old one, which stays what it was.
func (f *Flow) Resend(ctx context.Context, accountID, id, idempotencyKey string, mended *string) (message.Ack, error) {
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
	d := Draft{
		AccountID: accountID, OrgID: old.OrgID, UserID: old.UserID,
		From: old.From, To: old.To, Content: old.Content, URLs: old.URLs,
		IdempotencyKey: idempotencyKey,
	}
	if mended != nil {
		d.Content = *mended
	}
	if n := len(old.Media); n > 0 {
		d.URLs = d.URLs[:max(len(d.URLs)-n, 0)] // the links to what lay here, which end
		for _, file := range old.Media {
			if file.State != message.MediaStored {
				return message.Ack{}, fault.New(fault.Conflict, "media", "its file %q is not here any more", file.Name)
			}
			file.ID, file.Shared = message.NewID(), true
			d.Files = append(d.Files, file)
		}
	}
	return f.accept(ctx, d, &old.Message, nil)
}

func mayResend(s message.Status) bool {
	switch s {
	case message.Unclear, message.Failed, message.Expired, message.Cancelled:
		return true
	}
	return false
}

// Dismiss gives a message up that did not get through: an unclear one becomes failed, with the code "dismissed".
func (f *Flow) Dismiss(ctx context.Context, accountID, id string) error {
	return f.o.Store.DismissMessage(ctx, accountID, id, time.Now())
}

// Cancel takes a message back that no attempt has begun for.
func (f *Flow) Cancel(ctx context.Context, accountID, id string) error {
	return f.o.Store.CancelMessage(ctx, accountID, id, time.Now())
}
