package storetest

import (
	"errors"
	"testing"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/store"
)

func expiresByItself(t *testing.T, w *World) {
	now := time.Now()
	own := func(text string, left time.Duration) string {
		a := w.Outbound(w.Num, contact, text)
		a.Message.Expires, a.OwnValidity = now.Add(left), true
		ack, err := w.Accept(w.Ctx, a)
		w.must(err)
		return ack.ID
	}
	first := w.Send(contact, "it has a day")
	short, long := own("a minute", time.Minute), own("an hour", time.Hour)
	last := w.Send(contact, "it has a day, too")
	if n, err := w.ExpireMessages(w.Ctx, now.Add(2*time.Minute)); err != nil || n != 1 {
		t.Errorf("after two minutes %d expired, %v", n, err)
	}
	for id, want := range map[string]message.Status{first: message.Queued, short: message.Expired, long: message.Queued, last: message.Queued} {
		w.WantStatus(id, want)
	}
	// One that an attempt is open at may be taken yet.
	w.Settle(Ends(w.ClaimOne(), message.Accepted, message.Sent, "p1"))
	open := w.ClaimOne()
	if open.Work.Message.ID != long {
		t.Fatalf("claimed %q", open.Work.Message.Content)
	}
	if n, err := w.ExpireMessages(w.Ctx, now.Add(2*time.Hour)); err != nil || n != 0 {
		t.Errorf("with its attempt open %d expired, %v", n, err)
	}
	w.Settle(Ends(open, message.Accepted, message.Sent, "p2"))
	if n, err := w.ExpireMessages(w.Ctx, now.Add(2*time.Hour)); err != nil || n != 0 {
		t.Errorf("once sent %d expired, %v", n, err)
	}
	w.WantStatus(long, message.Sent)
}

func refits(t *testing.T, w *World) {
	u := w.uploads("a.png", time.Now())
	a := w.takes(u)
	_, err := w.Accept(w.Ctx, a)
	w.must(err)
	f, err := w.Media(w.Ctx, a.Media[0].ID)
	w.must(err)
	if f.MessageID != a.Message.ID {
		t.Errorf("the file is of message %q", f.MessageID)
	}
	next := *f
	next.Path, next.Size, next.MediaType, next.Name = "cd/fitted", 3, "image/jpeg", "a.jpg"
	w.must(w.RefitMedia(w.Ctx, next, f.Path))
	got, err := w.Media(w.Ctx, f.ID)
	w.must(err)
	if got.Path != next.Path || got.Size != 3 || got.MediaType != "image/jpeg" || got.Name != "a.jpg" {
		t.Errorf("it became %+v", got)
	}
	if err := w.RefitMedia(w.Ctx, next, f.Path); !errors.Is(err, store.ErrGone) {
		t.Errorf("what was made of another file is kept: %v", err)
	}
	if w.unknown(next.Path) || w.unknown(u.Path) {
		t.Error("a file that is in use may be swept")
	}
}
