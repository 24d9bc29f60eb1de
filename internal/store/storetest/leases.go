package storetest

import (
	"errors"
	"testing"
	"time"

	"patchbay/internal/lane"
	"patchbay/internal/message"
)

func fences(t *testing.T, w *World) {
	id := w.Send(number(1), "hello")
	old := w.ClaimOne()
	later := time.Now().Add(lane.LeaseFor + time.Second)
	list, _, err := w.ClaimSends(w.Ctx, later, 1)
	w.must(err)
	if len(list) != 1 || list[0].Lane.Epoch <= old.Lane.Epoch {
		t.Fatalf("after the lease: %+v", list)
	}
	before := w.View(id)
	if _, err := w.SettleSend(w.Ctx, Ends(old, message.Accepted, message.Sent, "p1")); !errors.Is(err, lane.ErrFenced) {
		t.Errorf("the stale holder's settlement: %v, want ErrFenced", err)
	}
	wantEqual(t, "after the stale settlement", w.View(id), before)
	lost, err := w.RenewLanes(w.Ctx, []lane.Lane{old.Lane, list[0].Lane}, later.Add(lane.LeaseFor))
	w.must(err)
	wantEqual(t, "lost", lost, []lane.Lane{old.Lane})

	st := Ends(list[0], message.Maybe, message.Unclear)
	w.Settle(st)
	w.WantStatus(id, message.Unclear)
	if _, err := w.SettleSend(w.Ctx, st); !errors.Is(err, lane.ErrFenced) {
		t.Errorf("settling twice: %v, want ErrFenced", err)
	}
}

func takesOver(t *testing.T, w *World) {
	id, second := w.Send(number(1), "hello"), w.Send(number(2), "next")
	old := w.ClaimOne()
	list, _, err := w.ClaimSends(w.Ctx, time.Now().Add(lane.LeaseFor), 1)
	w.must(err)
	if len(list) != 1 || !list[0].Work.Unfinished || list[0].Work.N != old.Work.N || list[0].Work.Message.ID != id {
		t.Fatalf("the lease ended; got %+v, want the same attempt, unfinished", list)
	}
	// The provider takes the same text twice as one: it is tried again, and marked.
	st := Ends(list[0], message.Maybe, message.Sending)
	st.Again, st.More = true, true
	next := w.Settle(st)
	if next == nil || next.Work.Message.ID != id || !next.Work.Again || next.Work.N != 2 || next.Work.Unfinished {
		t.Fatalf("next is %+v", next)
	}
	w.Settle(Ends(*next, message.Accepted, message.Sent, "p1"))
	v := w.View(id)
	if len(v.Attempts) != 2 || v.Attempts[0].Outcome != message.Maybe || v.Attempts[0].Again || !v.Attempts[1].Again {
		t.Errorf("attempts %+v", v.Attempts)
	}
	w.WantStatus(second, message.Queued)
}

func renews(t *testing.T, w *World) {
	w.Send(number(1), "hello")
	c := w.ClaimOne()
	until := time.Now().Add(time.Minute)
	lost, err := w.RenewLanes(w.Ctx, []lane.Lane{c.Lane}, until)
	if err != nil || len(lost) != 0 {
		t.Fatalf("renewal: lost %v, %v", lost, err)
	}
	if list, _, _ := w.ClaimSends(w.Ctx, until.Add(-time.Second), 1); len(list) != 0 {
		t.Error("somebody else got a renewed lane")
	}
	w.Settle(Ends(c, message.Accepted, message.Sent))
}

func findsOpenAttempts(t *testing.T, w *World) {
	first, second := w.Send(number(1), "a"), w.Send(number(2), "b")
	old := w.ClaimOne()
	w.Reopen()
	open, err := w.OpenAttempts(w.Ctx)
	w.must(err)
	if !w.engine.Alone() {
		waitsForLeases(t, w, open, old, first)
		return
	}
	if len(open) != 1 || open[0].Message.ID != first || open[0].N != 1 || !open[0].Unfinished {
		t.Fatalf("open attempts %+v", open)
	}
	if _, err := w.SettleSend(w.Ctx, Ends(old, message.Accepted, message.Sent)); !errors.Is(err, lane.ErrFenced) {
		t.Errorf("a settlement out of the former life: %v, want ErrFenced", err)
	}
	st := Ends(lane.Claimed[message.Send]{Lane: lane.Lane{ID: open[0].LaneID, Epoch: open[0].Epoch}, Work: open[0]}, message.Maybe, message.Unclear)
	w.Settle(st)
	w.WantStatus(first, message.Unclear)
	if c := w.ClaimOne(); c.Work.Message.ID != second || c.Work.Unfinished {
		t.Errorf("the lane goes on with %+v", c.Work)
	}
	// What nobody settles at the start comes with the claims.
	w.Reopen()
	if c := w.ClaimOne(); c.Work.Message.ID != second || !c.Work.Unfinished || c.Work.N != 1 {
		t.Errorf("claimed %+v, want the open attempt, unfinished", c.Work)
	}
}

// waitsForLeases: where other nodes may live, an open attempt is perhaps one's that works at it.
func waitsForLeases(t *testing.T, w *World, open []message.Send, old lane.Claimed[message.Send], first string) {
	if len(open) != 0 {
		t.Errorf("another node's attempts are taken for left ones: %+v", open)
	}
	if list := w.Claim(5); len(list) != 0 {
		t.Errorf("claimed %+v, which another node holds", list)
	}
	c := w.ClaimLeft()
	if c.Work.Message.ID != first || !c.Work.Unfinished || c.Work.N != 1 {
		t.Errorf("claimed %+v, want the open attempt, unfinished", c.Work)
	}
	if _, err := w.SettleSend(w.Ctx, Ends(old, message.Accepted, message.Sent)); !errors.Is(err, lane.ErrFenced) {
		t.Errorf("the former holder settled: %v, want ErrFenced", err)
	}
	w.Settle(Ends(c, message.Maybe, message.Unclear))
	w.WantStatus(first, message.Unclear)
}

func survives(t *testing.T, w *World) {
	queued := w.Send(number(1), "queued")
	other := w.NewNumber(w.Intg, "+15550000002")
	ack, err := w.Accept(w.Ctx, w.Outbound(other, number(2), "sent"))
	w.must(err)
	for _, c := range w.Claim(2) {
		if c.Work.Message.ID == ack.ID {
			w.Settle(Ends(c, message.Accepted, message.Sent, "p1"))
		} else {
			st := Ends(c, message.Busy, message.Sending)
			st.Aside, st.RetryAt = true, time.Now().Add(time.Hour)
			w.Settle(st)
		}
	}
	callback := w.Kept()
	before := w.Conserved()
	view := w.View(queued)
	w.Reopen()
	wantEqual(t, "counts", w.Conserved(), before)
	wantEqual(t, "view", w.View(queued), view)
	pending, err := w.PendingCallbacks(w.Ctx, 10)
	w.must(err)
	if len(pending) != 1 || pending[0].ID != callback {
		t.Errorf("pending callbacks %+v", pending)
	}
	if i, err := w.Integration(w.Ctx, w.Acct, w.Intg.ID); err != nil || i.Properties["API key"] != "k-carrier" {
		t.Errorf("integration %+v, %v", i, err)
	}
}
