package storetest

import (
	"strings"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

func erases(t *testing.T, w *World) {
	gone := number(1)
	card := w.knows("Gone", gone)
	w.knows("Stays", number(2))
	w.arrived(gone, "STOP", "s1")
	w.arrived(gone, "START", "s2")
	file := w.Arrival(gone, "in", "q1")
	file.Media = []message.Media{{ID: message.NewID(), State: message.MediaStored, Path: "ab/1"}}
	w.apply(message.Applied{Arrivals: []message.Arrival{file}})
	stays := w.taken(number(2), "stays", "p0")
	w.arrived(number(2), "stays", "q2")
	unclear := w.Send(gone, "unclear")
	w.Settle(Ends(w.ClaimOne(), message.Maybe, message.Unclear))
	open := w.Send(gone, "being sent")
	claim := w.ClaimOne()
	queued := w.Send(gone, "queued")
	last := w.Send(number(2), "stays in the queue")
	// The same contact of another organization is that one's.
	east := w.NewOrg("east.example")
	theirs := w.Outbound(w.NewNumber(w.NewIntegration(east, "carrier"), "+15550000009"), gone, "theirs")
	_, err := w.Accept(w.Ctx, theirs)
	w.must(err)
	if _, err := w.ChangeOptOuts(w.Ctx, []message.OptOut{{AccountID: w.Acct, OrgID: w.Org.ID, Contact: gone, Since: time.Now(), Source: message.ByAPI}}, true, "key-1"); err != nil {
		t.Fatal(err)
	}

	w.retained = true // the days go on counting what is erased
	waits := w.Kept() // a callback that has not been applied yet
	e := &message.Erasure{AccountID: w.Acct, OrgID: w.Org.ID, Addresses: []string{gone}, Created: time.Now()}
	w.must(w.BeginErasure(w.Ctx, e))
	w.Reopen()
	ids, err := w.OpenErasures(w.Ctx)
	w.must(err)
	if len(ids) != 1 || ids[0] != e.ID {
		t.Fatalf("open after a restart: %v", ids)
	}
	var paths []string
	goOn := func(wantOpen int, done bool) {
		t.Helper()
		got, err := w.GoOnErasing(w.Ctx, e.ID, time.Now(), func(p []string) { paths = append(paths, p...) })
		w.must(err)
		if got.Open != wantOpen || got.Done.IsZero() == done {
			t.Errorf("open %d, done %v; want %d, %v", got.Open, !got.Done.IsZero(), wantOpen, done)
		}
		w.Conserved()
	}
	if w.engine.Alone() { // a restart takes the lane back, and hands the attempt out as unfinished
		open, err := w.OpenAttempts(w.Ctx)
		w.must(err)
		if len(open) != 1 {
			t.Fatalf("%d attempts are open", len(open))
		}
		claim.Lane.ID, claim.Lane.Epoch = open[0].LaneID, open[0].Epoch
	}
	goOn(1, false)
	for _, id := range []string{unclear, queued} {
		if w.isThere(id) {
			t.Errorf("a message is left: %+v", w.View(id))
		}
	}
	if !w.isThere(open) || w.View(open).Status != message.Sending {
		t.Error("what is being sent is gone before that has ended")
	}
	w.Settle(Ends(claim, message.Accepted, message.Sent, "p1"))
	goOn(0, false)
	late := w.Arrival(gone, "was on its way", "q3")
	late.Message.ID = message.NewID()
	w.apply(message.Applied{CallbackID: waits, Arrivals: []message.Arrival{late}})
	goOn(0, true)
	goOn(0, true)
	if w.isThere(late.Message.ID) {
		t.Error("what had come before, and was applied later, is left")
	}
	if w.isThere(open) || !w.unknown("ab/1") || len(paths) != 1 || paths[0] != "ab/1" {
		t.Errorf("it is left, or its file %v", paths)
	}
	for _, id := range []string{stays, last, theirs.Message.ID} {
		if !w.isThere(id) {
			t.Error("somebody else's message is gone")
		}
	}
	_, err = w.Contact(w.Ctx, w.Acct, w.Org.ID, card.ID)
	WantFault(t, err, fault.NotFound)
	if names := w.contactNames(directory.ContactFilter{}); names != "Stays" {
		t.Errorf("contacts are %s", names)
	}
	_, err = w.Accept(w.Ctx, w.Outbound(w.Num, gone, "x"))
	WantFault(t, err, fault.Forbidden)
	list, _, err := w.OptOuts(w.Ctx, message.OptOutFilter{AccountID: w.Acct, OrgID: w.Org.ID}, store.Page{})
	w.must(err)
	if len(list) != 1 || strings.Contains(list[0].Contact, gone[4:]) {
		t.Errorf("the list is %+v", list)
	}
	events, _, err := w.OptOutEvents(w.Ctx, w.Acct, w.Org.ID, store.Page{})
	w.must(err)
	for _, ev := range events {
		if ev.Contact == gone {
			t.Errorf("on record: %+v", ev)
		}
	}
	// START in their own words: they are known again.
	w.arrived(gone, "START", "s3")
	if out, err := w.IsOptedOut(w.Ctx, w.Org.ID, w.Num.Value, gone); err != nil || out {
		t.Errorf("after START: %v %v", out, err)
	}
	if c := w.Conserved(); c["removed"] != 3 {
		t.Errorf("removed: %v", c)
	}
	w.must(w.CancelMessage(w.Ctx, w.Acct, last, time.Now()))
}
