package outbound

import (
	"context"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

const (
	replyBatch = 100
	replyEvery = 5 * time.Second // looked for without being told: another node may have died over one
)

// WakeReplies says that an automatic answer may be owed. It never blocks.
func (f *Flow) WakeReplies() {
	select {
	case f.owed <- struct{}{}:
	default:
	}
}

// reply accepts the automatic answers that are owed until ctx ends: confirmations of an opt-out, and auto-replies.
func (f *Flow) reply(ctx context.Context) {
	tick := time.NewTicker(replyEvery)
	defer tick.Stop()
	for {
		for f.replySome(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-f.owed:
		case <-tick.C:
		}
	}
}

// replySome accepts some, and reports whether there may be more at once.
func (f *Flow) replySome(ctx context.Context) bool {
	owed, err := f.o.Store.OwedReplies(ctx, time.Now(), replyBatch)
	if err != nil {
		if ctx.Err() == nil {
			f.o.Log.Error("read the answers that are owed", "err", err)
		}
		return false
	}
	for i := range owed {
		r := &owed[i]
		err := f.replyOne(ctx, r)
		switch code := fault.CodeOf(err); {
		case err == nil:
		case ctx.Err() != nil:
			return false
		case code == fault.Internal, code == fault.Unavailable:
			f.o.Log.Error("accept an automatic answer", "message", r.ID, "kind", r.Kind, "err", err)
			return false // it stays owed
		default: // its number is gone, or cannot send
			f.o.Log.Warn("an automatic answer cannot be given", "message", r.ID, "kind", r.Kind, "err", err)
			if err := f.o.Store.DropReply(ctx, r.ID); err != nil {
				f.o.Log.Error("drop an automatic answer", "message", r.ID, "err", err)
				return false
			}
		}
	}
	return len(owed) == replyBatch
}

func (f *Flow) replyOne(ctx context.Context, r *message.OwedReply) error {
	n, err := f.o.Store.Number(ctx, r.AccountID, r.NumberID)
	if err != nil {
		return err
	}
	_, err = f.accept(ctx, Draft{AccountID: r.AccountID, OrgID: n.OrgID, From: n.Value, To: r.Contact, Content: r.Text}, nil, r)
	return err
}
