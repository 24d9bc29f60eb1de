package storetest

import (
	"fmt"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// only claims the one delivery that is due.
func (w *World) only() lane.Claimed[message.Delivery] {
	w.t.Helper()
	list := w.deliveries(time.Now())
	if len(list) != 1 {
		w.t.Fatalf("%d deliveries are due, want 1", len(list))
	}
	return list[0]
}

func (w *World) settles(s message.DeliverySettlement) {
	w.t.Helper()
	if _, err := w.SettleDelivery(w.Ctx, s); err != nil {
		w.t.Fatal(err)
	}
}

// tells are the contents that a delivery tells of.
func tells(d lane.Claimed[message.Delivery]) (out string) {
	for _, n := range d.Work.Notifications {
		if n.Message != nil {
			out += n.Message.Content + " "
		} else {
			out += n.Type + " "
		}
	}
	return out
}

func pausesWebhooks(t *testing.T, w *World) {
	h := w.webhook(w.Org.ID)
	w.Send(number(1), "a")
	st := told(w.only(), 0)
	st.Pause = "answered 410"
	w.settles(st)
	w.Send(number(1), "b")
	if list := w.deliveries(time.Now().Add(time.Hour)); len(list) != 0 {
		t.Fatalf("a paused webhook is told %+v", list)
	}
	w.Reopen()
	w.Send(number(1), "c")
	kept, err := w.Webhook(w.Ctx, w.Acct, h.ID)
	w.must(err)
	if kept.Paused.IsZero() || kept.PausedWhy != "answered 410" {
		t.Errorf("kept %+v", kept)
	}
	w.must(w.ResumeWebhook(w.Ctx, "another", h.ID, time.Now()))
	if kept, err = w.Webhook(w.Ctx, w.Acct, h.ID); err != nil || kept.Paused.IsZero() {
		t.Errorf("another account resumed it: %v", err)
	}
	w.must(w.ResumeWebhook(w.Ctx, w.Acct, h.ID, time.Now()))
	w.must(w.ResumeWebhook(w.Ctx, w.Acct, h.ID, time.Now())) // it stays as it is, and nobody is told again
	d := w.only()
	if got := tells(d); got != "a integration.attention b c integration.attention " || d.Work.Failures != 0 || !d.Work.FailingSince.IsZero() {
		t.Errorf("resumed it is told %s", got)
	}
	w.settles(told(d, 5))
	if list := w.deliveries(time.Now()); len(list) != 0 {
		t.Errorf("all is told, and yet %s", tells(list[0]))
	}
}

// pausesByHand pauses a webhook while it is being told something.
func pausesByHand(t *testing.T, w *World) {
	h := w.webhook(w.Org.ID)
	w.Send(number(1), "a")
	under := w.only()
	w.must(w.PauseWebhook(w.Ctx, "another", h.ID, "not theirs", time.Now()))
	w.must(w.PauseWebhook(w.Ctx, w.Acct, h.ID, "moving house", time.Now()))
	w.must(w.PauseWebhook(w.Ctx, w.Acct, h.ID, "again", time.Now())) // it stays as it is
	w.Send(number(1), "b")
	w.settles(told(under, 1))
	w.Reopen()
	if list := w.deliveries(time.Now().Add(time.Hour)); len(list) != 0 {
		t.Fatalf("paused, it is told %s", tells(list[0]))
	}
	kept, err := w.Webhook(w.Ctx, w.Acct, h.ID)
	w.must(err)
	if kept.Paused.IsZero() || kept.PausedWhy != "moving house" {
		t.Errorf("kept %+v", kept)
	}
	w.must(w.ResumeWebhook(w.Ctx, w.Acct, h.ID, time.Now()))
	if got := tells(w.only()); got != "integration.attention b integration.attention " {
		t.Errorf("resumed it is told %s", got)
	}
}

func repeatsDeliveries(t *testing.T, w *World) {
	h := w.webhook(w.Org.ID, message.MessageStatus)
	begun := time.Now()
	for _, text := range []string{"a", "b", "c"} {
		w.Send(number(1), text)
	}
	again := func() (bool, error) { return w.ReplayWebhook(w.Ctx, w.Acct, h.ID, begun, time.Now()) }
	if any, err := again(); any || err != nil {
		t.Errorf("what is still to be told for the first time is told again: %v %v", any, err)
	}
	w.settles(told(w.only(), 3))
	if any, err := w.ReplayWebhook(w.Ctx, w.Acct, h.ID, begun.Add(-time.Hour), begun.Add(-time.Minute)); any || err != nil {
		t.Errorf("of a time without any: %v %v", any, err)
	}
	_, err := w.ReplayWebhook(w.Ctx, "another", h.ID, begun, time.Now())
	WantFault(t, err, fault.NotFound)
	if any, err := again(); !any || err != nil {
		t.Fatalf("%v %v", any, err)
	}
	_, err = again()
	WantFault(t, err, fault.Conflict)

	d := w.only()
	if !d.Work.Again || tells(d) != "a b c " {
		t.Fatalf("again %v: %s", d.Work.Again, tells(d))
	}
	// What happens meanwhile comes first, and a restart forgets nothing.
	w.Send(number(1), "new")
	st := told(d, 1)
	st.Again = true
	w.settles(st)
	w.Reopen()
	d = w.only()
	if d.Work.Again || tells(d) != "new " {
		t.Fatalf("again %v: %s", d.Work.Again, tells(d))
	}
	w.settles(told(d, 1))
	d = w.only()
	if !d.Work.Again || tells(d) != "b c " {
		t.Fatalf("again %v: %s", d.Work.Again, tells(d))
	}
	st = told(d, 0)
	st.Again, st.RetryAt = true, time.Now().Add(time.Minute)
	w.settles(st)
	if list := w.deliveries(time.Now()); len(list) != 0 {
		t.Errorf("before its time: %s", tells(list[0]))
	}
	list := w.deliveries(time.Now().Add(2 * time.Minute))
	if len(list) != 1 || list[0].Work.Failures != 1 {
		t.Fatalf("at its time: %+v", list)
	}
	st = told(list[0], 2)
	st.Again = true
	w.settles(st)
	if list := w.deliveries(time.Now().Add(time.Hour)); len(list) != 0 {
		t.Errorf("all is told again, and yet %s", tells(list[0]))
	}
	if kept, err := w.Webhook(w.Ctx, w.Acct, h.ID); err != nil || kept.Again {
		t.Errorf("it has no end: %+v %v", kept, err)
	}
	w.Send(number(1), "after")
	if d := w.only(); d.Work.Again || tells(d) != "after " {
		t.Errorf("afterwards: %s", tells(d))
	}
}

func rotatesSecrets(t *testing.T, w *World) {
	h := w.webhook("")
	old := h.Secret
	w.must(w.RotateWebhook(w.Ctx, w.Acct, h.ID, "whsec_bmV3", time.Now().Add(time.Hour)))
	w.Send(number(1), "x")
	d := w.only()
	if d.Work.Secret != "whsec_bmV3" || d.Work.OldSecret != old {
		t.Errorf("signed with %q and %q", d.Work.Secret, d.Work.OldSecret)
	}
	w.settles(told(d, 1))
	w.must(w.RotateWebhook(w.Ctx, w.Acct, h.ID, "whsec_bmV3ZXI=", time.Now().Add(-time.Second)))
	w.Send(number(1), "y")
	if d := w.only(); d.Work.Secret != "whsec_bmV3ZXI=" || d.Work.OldSecret != "" {
		t.Errorf("after its end signed with %q and %q", d.Work.Secret, d.Work.OldSecret)
	}
	WantFault(t, w.RotateWebhook(w.Ctx, "another", h.ID, "whsec_eA==", time.Now()), fault.NotFound)
	other := *h
	other.AccountID, other.URL = "another", "https://elsewhere.example"
	WantFault(t, w.UpdateWebhook(w.Ctx, &other), fault.NotFound)
	changed := *h
	changed.URL, changed.Types = "https://elsewhere.example", []string{message.OptOutChanged}
	w.must(w.UpdateWebhook(w.Ctx, &changed))
	var kept *directory.Webhook
	kept, err := w.Webhook(w.Ctx, w.Acct, h.ID)
	w.must(err)
	if kept.URL != changed.URL || len(kept.Types) != 1 || kept.Secret != "whsec_bmV3ZXI=" {
		t.Errorf("kept %+v", kept)
	}
}

func logsDeliveries(t *testing.T, w *World) {
	h := w.webhook("")
	now := time.Now().Truncate(time.Microsecond)
	for i := range 60 {
		w.Send(number(1), "x")
		st := told(w.only(), 1)
		for j := range 20 {
			d := message.DeliveryTry{Notification: int64(i), Type: message.MessageStatus, OrgID: w.Org.ID, At: now, Duration: time.Second, Status: 200, Response: fmt.Sprint(i, "/", j, ` "$to$" 😀`)}
			if j == 7 {
				d.Error, d.Status, d.Again = "no answer", 0, true
			}
			st.Tries = append(st.Tries, d)
		}
		w.settles(st)
	}
	all := 0
	for p := (store.Page{Limit: 200}); ; {
		list, next, err := w.Deliveries(w.Ctx, h.ID, false, p)
		w.must(err)
		if all == 0 && (list[0].Response != `59/19 "$to$" 😀` || list[0].Duration != time.Second || !list[0].At.Equal(now) || list[0].Notification != 59) {
			t.Errorf("the newest is %+v", list[0])
		}
		all += len(list)
		if p.Cursor = next; next == "" {
			break
		}
	}
	if all < 1000 || all > 1000+20*20 {
		t.Errorf("%d are kept", all)
	}
	failed, _, err := w.Deliveries(w.Ctx, h.ID, true, store.Page{Limit: 200})
	w.must(err)
	for _, d := range failed {
		if d.Error == "" || !d.Again || d.Status != 0 {
			t.Errorf("failed: %+v", d)
		}
	}
	w.must(w.Sweep(w.Ctx, now.Add(8*day)))
	if list, _, err := w.Deliveries(w.Ctx, h.ID, false, store.Page{}); err != nil || len(list) != 0 {
		t.Errorf("after a week %d are kept, %v", len(list), err)
	}
}
