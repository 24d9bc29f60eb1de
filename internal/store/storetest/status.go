package storetest

import (
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// sent is a message that the provider took, under these ids.
func (w *World) sent(to string, ids ...string) string {
	w.t.Helper()
	id := w.Send(to, "hello")
	w.Settle(Ends(w.ClaimOne(), message.Accepted, message.Sent, ids...))
	return id
}

func cancelsAndDismisses(t *testing.T, w *World) {
	first, second := w.Send(number(1), "a"), w.Send(number(2), "b")
	now := time.Now()
	w.must(w.CancelMessage(w.Ctx, w.Acct, second, now))
	w.WantStatus(second, message.Cancelled)
	WantFault(t, w.CancelMessage(w.Ctx, w.Acct, second, now), fault.Conflict)
	WantFault(t, w.CancelMessage(w.Ctx, w.Acct, "unknown", now), fault.NotFound)
	WantFault(t, w.DismissMessage(w.Ctx, w.Acct, first, now), fault.Conflict)
	c := w.ClaimOne()
	if c.Work.Message.ID != first {
		t.Errorf("claimed %+v", c.Work.Message)
	}
	WantFault(t, w.CancelMessage(w.Ctx, w.Acct, first, now), fault.Conflict)
	w.Settle(Ends(c, message.Maybe, message.Unclear))
	w.must(w.DismissMessage(w.Ctx, w.Acct, first, now))
	w.WantStatus(first, message.Failed)
	if v := w.View(first); v.ErrorCode != "dismissed" || !v.Dismissed {
		t.Errorf("a dismissed message has the code %q, %v", v.ErrorCode, v.Dismissed)
	}
	if list := w.Claim(9); len(list) != 0 {
		t.Errorf("claimed %+v", list)
	}
}

// dismissesTheDead has messages that failed and expired set aside: they keep why, and are no dead letters any more.
func dismissesTheDead(t *testing.T, w *World) {
	failed, expired := w.Send(number(1), "a"), w.Send(number(2), "b")
	st := Ends(w.ClaimOne(), message.Refused, message.Failed)
	st.ErrorCode, st.ErrorText = "30007", "the carrier refused it"
	w.Settle(st)
	_, err := w.ExpireMessages(w.Ctx, time.Now().Add(240*time.Hour))
	w.must(err)
	w.WantStatus(expired, message.Expired)
	dead := func() (ids []string) {
		t.Helper()
		list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct, Unresolved: true, Statuses: []message.Status{message.Failed, message.Expired}}, store.Page{})
		w.must(err)
		for i := range list {
			ids = append(ids, list[i].ID)
		}
		return ids
	}
	wantEqual(t, "dead letters", dead(), []string{expired, failed})
	w.must(w.DismissMessage(w.Ctx, w.Acct, failed, time.Now()))
	WantFault(t, w.DismissMessage(w.Ctx, w.Acct, failed, time.Now()), fault.Conflict)
	WantFault(t, w.DismissMessage(w.Ctx, "another", expired, time.Now()), fault.NotFound)
	wantEqual(t, "dead letters", dead(), []string{expired})
	if v := w.View(failed); v.Status != message.Failed || v.ErrorCode != "30007" || !v.Dismissed {
		t.Errorf("it is %s with the code %q, dismissed %v", v.Status, v.ErrorCode, v.Dismissed)
	}
	w.must(w.DismissMessage(w.Ctx, w.Acct, expired, time.Now()))
	w.Reopen()
	wantEqual(t, "dead letters", len(dead()), 0)
	w.WantStatus(expired, message.Expired)
}

func sendsParts(t *testing.T, w *World) {
	a := w.Outbound(w.Num, number(1), "three files")
	a.Message.Parts = 3
	ack, err := w.Accept(w.Ctx, a)
	w.must(err)
	after := w.Send(number(2), "after")
	c := w.ClaimOne()
	for part := range 3 {
		if c.Work.Message.ID != ack.ID || c.Work.Message.Part != part || c.Work.Tries != 0 {
			t.Fatalf("part %d: %+v", part, c.Work)
		}
		if part == 1 { // once, it does not work
			st := Ends(c, message.Busy, message.Sending)
			st.Aside, st.RetryAt, st.More = true, time.Now().Add(time.Hour), true
			next := w.Settle(st)
			if next == nil || next.Work.Message.ID != after {
				t.Fatalf("the lane should go on: %+v", next)
			}
			w.Settle(Ends(*next, message.Accepted, message.Sent))
			list, _, err := w.ClaimSends(w.Ctx, time.Now().Add(time.Hour), 1)
			w.must(err)
			if len(list) != 1 || list[0].Work.Message.Part != 1 || list[0].Work.Tries != 1 {
				t.Fatalf("again: %+v", list)
			}
			c = list[0]
		}
		status := message.Sending
		if part == 2 {
			status = message.Sent
		}
		st := Ends(c, message.Accepted, status, []string{"r0", "r1", "r2"}[part])
		st.Now, st.More = time.Now().Add(time.Hour), true
		if next := w.Settle(st); next != nil {
			c = *next
		} else if part < 2 {
			list, _, err := w.ClaimSends(w.Ctx, time.Now().Add(time.Hour), 1)
			w.must(err)
			c = list[0]
		}
		if part == 0 {
			w.Receipt(message.Receipt{Ref: "r0", Status: message.Delivered})
			w.WantStatus(ack.ID, message.Sending) // one of three
		}
	}
	v := w.View(ack.ID)
	wantEqual(t, "provider ids", v.MessageIDs, []string{"r0", "r1", "r2"})
	if len(v.Attempts) != 4 || v.Attempts[0].Part != 0 || v.Attempts[3].Part != 2 {
		t.Errorf("attempts %+v", v.Attempts)
	}
	w.WantStatus(ack.ID, message.Sent)
	w.Receipt(message.Receipt{Ref: "r2", Status: message.Read})
	w.WantStatus(ack.ID, message.Sent)
	w.Receipt(message.Receipt{Ref: "r1", Status: message.Delivered})
	w.WantStatus(ack.ID, message.Delivered)
}

func obeysRank(t *testing.T, w *World) {
	id := w.sent(number(1), "p1")
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Delivered})
	w.WantStatus(id, message.Delivered)
	for range 2 { // the second time it is nothing new
		w.Receipt(message.Receipt{Ref: "p1", Status: message.Sent})
		w.Receipt(message.Receipt{Ref: "p1", Status: message.Failed, ErrorCode: "30003", ErrorText: "gone"})
		w.Receipt(message.Receipt{Ref: "p1", Status: message.Delivered})
	}
	v := w.View(id)
	wantEqual(t, "history", statuses(v), []message.Status{message.Queued, message.Sending, message.Sent, message.Delivered, message.Failed})
	last := v.History[len(v.History)-1]
	if v.Status != message.Delivered || v.ErrorCode != "" || !last.Late || last.Code != "30003" || last.Text != "gone" {
		t.Errorf("%s %q, last %+v", v.Status, v.ErrorCode, last)
	}
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Queued})
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Cancelled})
	w.Receipt(message.Receipt{Ref: "p1", Status: "nonsense"})
	wantEqual(t, "history after words that are no receipts", statuses(w.View(id)), statuses(v))
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Read})
	w.WantStatus(id, message.Read)
	if n := len(w.statusNotifications(id)); n != 4 {
		t.Errorf("%d notifications, want queued, sent, delivered, read", n)
	}

	failed := w.sent(number(2), "p2")
	w.Receipt(message.Receipt{Ref: "p2", Status: message.Failed, ErrorCode: "30005", ErrorText: "unknown"})
	if v := w.View(failed); v.Status != message.Failed || v.ErrorCode != "30005" || v.ErrorText != "unknown" {
		t.Errorf("%s %q %q", v.Status, v.ErrorCode, v.ErrorText)
	}
	w.Receipt(message.Receipt{Ref: "p2", Status: message.Delivered}) // some carriers correct themselves
	w.WantStatus(failed, message.Delivered)
}

func (w *World) statusNotifications(id string) (list []message.Status) {
	w.t.Helper()
	all, err := w.NotificationsAfter(w.Ctx, message.NotificationFilter{AccountID: w.Acct, Types: []string{message.MessageStatus}}, 0, 1000)
	w.must(err)
	for _, n := range all {
		if n.MessageID == id {
			list = append(list, n.Status)
		}
	}
	return list
}

func parksReceipts(t *testing.T, w *World) {
	id := w.Send(number(1), "hello")
	w.ClaimOne()
	at := time.Now().Add(-time.Minute).Truncate(time.Microsecond)
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Delivered, At: at})
	w.WantStatus(id, message.Sending)
	if n := w.Conserved()["receipts/parked"]; n != 1 {
		t.Errorf("%d parked", n)
	}
	w.Reopen()
	c := w.ClaimLeft()
	w.Settle(Ends(c, message.Accepted, message.Sent, "p1"))
	v := w.View(id)
	wantEqual(t, "history", statuses(v), []message.Status{message.Queued, message.Sending, message.Sent, message.Delivered})
	if !v.History[3].At.Equal(at) {
		t.Errorf("the receipt's time is %v, want %v", v.History[3].At, at)
	}
	if n := w.Conserved()["receipts/parked"]; n != 0 {
		t.Errorf("%d still parked", n)
	}
	wantEqual(t, "notifications", w.statusNotifications(id), []message.Status{message.Queued, message.Sent, message.Delivered})
}

func forgetsParked(t *testing.T, w *World) {
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Delivered})
	w.must(w.Sweep(w.Ctx, time.Now().Add(71*time.Hour)))
	if n := w.Conserved()["receipts/parked"]; n != 1 {
		t.Fatal("forgotten before its time")
	}
	w.must(w.Sweep(w.Ctx, time.Now().Add(73*time.Hour)))
	if n := w.Conserved()["receipts/parked"]; n != 0 {
		t.Fatal("kept beyond its time")
	}
}

func scopesReceipts(t *testing.T, w *World) {
	other := w.NewIntegration(w.NewOrg("other.example"), "carrier")
	foreign := w.NewNumber(other, "+15550000009")
	mine := w.sent(number(1), "same-id")
	ack, err := w.Accept(w.Ctx, w.Outbound(foreign, number(1), "hello"))
	w.must(err)
	w.Settle(Ends(w.ClaimOne(), message.Accepted, message.Sent, "same-id"))

	w.Receipt(message.Receipt{Ref: "same-id", Status: message.Delivered, IntegrationIDs: []string{other.ID}})
	w.WantStatus(mine, message.Sent)
	w.WantStatus(ack.ID, message.Delivered)
	w.Receipt(message.Receipt{ID: mine, Status: message.Failed, IntegrationIDs: []string{other.ID}})
	w.WantStatus(mine, message.Sent)
	w.Receipt(message.Receipt{Ref: "SAME-ID", Status: message.Delivered}) // ids are exact
	w.WantStatus(mine, message.Sent)

	// One that may be of either is parked for both, and is of the first that claims it.
	w.Receipt(message.Receipt{Ref: "p9", Status: message.Delivered, IntegrationIDs: []string{w.Intg.ID, other.ID}})
	if n := w.Conserved()["receipts/parked"]; n != 2 { // with SAME-ID
		t.Errorf("%d receipts parked, want 2", n)
	}
	w.WantStatus(w.sent(number(3), "p9"), message.Delivered)
	if n := w.Conserved()["receipts/parked"]; n != 1 {
		t.Errorf("%d receipts parked after one was claimed, want 1", n)
	}
}

func sumsUp(t *testing.T, w *World) {
	id := w.sent(number(1), "a", "b", "c")
	w.Receipt(message.Receipt{Ref: "a", Status: message.Delivered})
	w.Receipt(message.Receipt{Ref: "c", Status: message.Read})
	w.WantStatus(id, message.Sent)
	w.Receipt(message.Receipt{Ref: "b", Status: message.Delivered})
	w.WantStatus(id, message.Delivered)
	w.Receipt(message.Receipt{Ref: "a", Status: message.Read})
	w.Receipt(message.Receipt{Ref: "b", Status: message.Read})
	w.WantStatus(id, message.Read)

	failed := w.sent(number(2), "d", "e")
	w.Receipt(message.Receipt{Ref: "d", Status: message.Failed, ErrorCode: "7"})
	w.WantStatus(failed, message.Failed)
	w.Receipt(message.Receipt{Ref: "e", Status: message.Delivered})
	w.WantStatus(failed, message.Failed)
	w.Receipt(message.Receipt{Ref: "d", Status: message.Delivered})
	w.WantStatus(failed, message.Delivered)

	// All receipts before the answer.
	early := w.Send(number(3), "early")
	c := w.ClaimOne()
	w.Receipt(message.Receipt{Ref: "f", Status: message.Delivered})
	w.Receipt(message.Receipt{Ref: "g", Status: message.Delivered})
	w.Settle(Ends(c, message.Accepted, message.Sent, "f", "g"))
	w.WantStatus(early, message.Delivered)
}

func settlesUnclear(t *testing.T, w *World) {
	id := w.Send(number(1), "hello")
	w.Settle(Ends(w.ClaimOne(), message.Maybe, message.Unclear))
	w.Receipt(message.Receipt{ID: id, Status: message.Sent})
	w.WantStatus(id, message.Sent)
	w.Receipt(message.Receipt{ID: id, Ref: "p1", Status: message.Delivered})
	w.WantStatus(id, message.Delivered)
}

func endsRetries(t *testing.T, w *World) {
	// While the attempt is open.
	id := w.Send(number(1), "hello")
	c := w.ClaimOne()
	w.Receipt(message.Receipt{ID: id, Status: message.Delivered})
	st := Ends(c, message.Busy, message.Sending)
	st.RetryAt = time.Now().Add(time.Second)
	w.Settle(st)
	w.WantStatus(id, message.Delivered)
	w.Conserved()
	// While it waits for the next one, in the lane and aside.
	for i, aside := range []bool{false, true} {
		id := w.Send(number(2+i), "hello")
		list, _, err := w.ClaimSends(w.Ctx, time.Now().Add(time.Minute), 1)
		w.must(err)
		st := Ends(list[0], message.Maybe, message.Sending)
		st.Aside, st.RetryAt, st.Again = aside, time.Now().Add(time.Second), true
		w.Settle(st)
		w.Receipt(message.Receipt{ID: id, Status: message.Sent})
		w.WantStatus(id, message.Sent)
		if n := w.Conserved()["pending"]; n != 0 {
			t.Errorf("aside %v: %d pending", aside, n)
		}
	}
	if list, _, err := w.ClaimSends(w.Ctx, time.Now().Add(time.Hour), 5); err != nil || len(list) != 0 {
		t.Errorf("claimed %+v, %v", list, err)
	}
	// A part that failed for good ends the rest.
	a := w.Outbound(w.Num, number(9), "two files")
	a.Message.Parts = 2
	ack, err := w.Accept(w.Ctx, a)
	w.must(err)
	list, _, err := w.ClaimSends(w.Ctx, time.Now().Add(time.Hour), 1)
	w.must(err)
	w.Receipt(message.Receipt{Ref: "part-1", Status: message.Failed, ErrorCode: "5"})
	w.Settle(Ends(list[0], message.Accepted, message.Sending, "part-1"))
	w.WantStatus(ack.ID, message.Failed)
	if list, _, err := w.ClaimSends(w.Ctx, time.Now().Add(2*time.Hour), 5); err != nil || len(list) != 0 {
		t.Errorf("claimed %+v, %v", list, err)
	}
}
