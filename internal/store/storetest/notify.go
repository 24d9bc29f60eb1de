package storetest

import (
	"sync"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

func (w *World) notifications(f message.NotificationFilter) []message.Notification {
	w.t.Helper()
	f.AccountID = w.Acct
	list, err := w.NotificationsAfter(w.Ctx, f, 0, 1000)
	w.must(err)
	return list
}

func notifies(t *testing.T, w *World) {
	other := w.NewOrg("other.example")
	foreign := w.NewNumber(w.NewIntegration(other, "carrier"), "+15550000009")
	w.Send(number(1), "group")
	private := w.Outbound(w.Num, number(1), "private")
	private.ConversationUser = w.Ann.ID
	_, err := w.Accept(w.Ctx, private)
	w.must(err)
	_, err = w.Accept(w.Ctx, w.Outbound(foreign, number(1), "theirs"))
	w.must(err)
	in := w.Arrival(number(1), "in", "m1")
	in.SessionTimeout = time.Hour // so that what is private stays so
	w.apply(message.Applied{Arrivals: []message.Arrival{in}})

	content := func(f message.NotificationFilter) (list []string) {
		for _, n := range w.notifications(f) {
			list = append(list, n.Message.Content)
		}
		return list
	}
	wantEqual(t, "the account's", content(message.NotificationFilter{}), []string{"group", "private", "theirs", "in"})
	wantEqual(t, "the organization's", content(message.NotificationFilter{OrgID: w.Org.ID}), []string{"group", "private", "in"})
	wantEqual(t, "Ann's", content(message.NotificationFilter{OrgID: w.Org.ID, UserID: w.Ann.ID}), []string{"group", "private", "in"})
	wantEqual(t, "Bob's, who has no number", content(message.NotificationFilter{OrgID: w.Org.ID, UserID: w.Bob.ID}), []string(nil))
	n := *w.Num
	n.Users = []string{w.Ann.ID, w.Bob.ID}
	w.must(w.UpdateNumber(w.Ctx, &n))
	wantEqual(t, "Bob's, assigned", content(message.NotificationFilter{UserID: w.Bob.ID}), []string{"group", "in"})
	wantEqual(t, "received alone", content(message.NotificationFilter{Types: []string{message.MessageReceived}}), []string{"in"})

	all := w.notifications(message.NotificationFilter{})
	after, err := w.NotificationsAfter(w.Ctx, message.NotificationFilter{AccountID: w.Acct}, all[1].Seq, 1)
	w.must(err)
	if len(after) != 1 || after[0].Seq != all[2].Seq {
		t.Errorf("after %d: %+v", all[1].Seq, after)
	}
	if last, _ := w.LastNotification(w.Ctx); last != all[3].Seq {
		t.Errorf("the last is %d, want %d", last, all[3].Seq)
	}
	nobody, err := w.NotificationsAfter(w.Ctx, message.NotificationFilter{AccountID: "another"}, 0, 10)
	w.must(err)
	if len(nobody) != 0 {
		t.Errorf("another account hears %+v", nobody)
	}
}

func notifiesThePast(t *testing.T, w *World) {
	id := w.sent(number(1), "p1")
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Failed, ErrorCode: "5", At: time.Now().Add(time.Second)})
	w.Receipt(message.Receipt{Ref: "p1", Status: message.Delivered, At: time.Now().Add(2 * time.Second)})
	want := map[message.Status][]message.Status{
		message.Queued:    {message.Queued},
		message.Sent:      {message.Queued, message.Sending, message.Sent},
		message.Failed:    {message.Queued, message.Sending, message.Sent, message.Failed},
		message.Delivered: {message.Queued, message.Sending, message.Sent, message.Failed, message.Delivered},
	}
	for _, n := range w.notifications(message.NotificationFilter{}) {
		v := n.Message
		if v == nil || v.ID != id || v.Status != n.Status {
			t.Fatalf("%s tells of %+v", n.Status, v)
		}
		wantEqual(t, "history at "+string(n.Status), statuses(v), want[n.Status])
		if (v.ErrorCode == "5") != (n.Status == message.Failed) {
			t.Errorf("at %s the error is %q", n.Status, v.ErrorCode)
		}
		delete(want, n.Status)
	}
	if len(want) != 0 {
		t.Errorf("nobody was told of %v", want)
	}
}

func (w *World) webhook(orgID string, types ...string) *directory.Webhook {
	w.t.Helper()
	h := &directory.Webhook{AccountID: w.Acct, OrgID: orgID, URL: "https://program.example/hook", Types: types, Format: "patchbay", Secret: "whsec_x"}
	w.must(w.CreateWebhook(w.Ctx, h))
	return h
}

// NewWebhook makes a webhook of the account with this secret.
func (w *World) NewWebhook(secret string) {
	w.t.Helper()
	w.must(w.CreateWebhook(w.Ctx, &directory.Webhook{AccountID: w.Acct, URL: "https://program.example/hook", Format: "patchbay", Secret: secret}))
}

func (w *World) deliveries(now time.Time) []lane.Claimed[message.Delivery] {
	w.t.Helper()
	list, _, err := w.ClaimDeliveries(w.Ctx, now, 10)
	w.must(err)
	return list
}

func told(d lane.Claimed[message.Delivery], n int) message.DeliverySettlement {
	s := message.DeliverySettlement{LaneID: d.Lane.ID, Epoch: d.Lane.Epoch, WebhookID: d.Work.WebhookID, Now: time.Now()}
	if n > 0 {
		s.Cursor = d.Work.Notifications[n-1].Seq
	}
	return s
}

func delivers(t *testing.T, w *World) {
	w.Send(number(1), "before")
	h := w.webhook("")
	if list := w.deliveries(time.Now()); len(list) != 0 {
		t.Fatalf("a new webhook is told the past: %+v", list)
	}
	for i := range 3 {
		w.Send(number(i), "x")
	}
	list := w.deliveries(time.Now())
	if len(list) != 1 {
		t.Fatalf("%d deliveries", len(list))
	}
	d := list[0].Work
	if d.WebhookID != h.ID || d.URL != h.URL || d.Secret != h.Secret || d.Format != h.Format || d.AccountID != w.Acct || len(d.Notifications) != 3 {
		t.Errorf("delivery %+v", d)
	}
	if again := w.deliveries(time.Now()); len(again) != 0 {
		t.Error("two at once at one webhook")
	}
	// One more happens meanwhile; two of three are told.
	w.Send(number(9), "meanwhile")
	st := told(list[0], 2)
	st.More = true
	next, err := w.SettleDelivery(w.Ctx, st)
	w.must(err)
	if next == nil || len(next.Work.Notifications) != 2 || next.Work.Notifications[0].Seq != d.Notifications[2].Seq {
		t.Fatalf("next %+v", next)
	}
	next, err = w.SettleDelivery(w.Ctx, told(*next, 2))
	if err != nil || next != nil {
		t.Errorf("all is told: %+v, %v", next, err)
	}
	if list := w.deliveries(time.Now()); len(list) != 0 {
		t.Errorf("all is told, and yet %+v", list)
	}
	w.Reopen()
	w.Send(number(1), "y")
	if list := w.deliveries(time.Now()); len(list) != 1 || len(list[0].Work.Notifications) != 1 {
		t.Errorf("after a restart: %+v", list)
	}
	w.must(w.DeleteWebhook(w.Ctx, w.Acct, h.ID))
	w.Send(number(1), "z")
	if list := w.deliveries(time.Now().Add(time.Hour)); len(list) != 0 {
		t.Errorf("a deleted webhook is told %+v", list)
	}
	_, err = w.Webhook(w.Ctx, w.Acct, h.ID)
	WantFault(t, err, fault.NotFound)
}

func retriesDeliveries(t *testing.T, w *World) {
	w.webhook(w.Org.ID)
	w.Send(number(1), "a")
	w.Send(number(1), "b")
	now := time.Now()
	d := w.deliveries(now)[0]
	st := told(d, 0)
	st.RetryAt, st.More = now.Add(time.Minute), true
	if next, err := w.SettleDelivery(w.Ctx, st); next != nil || err != nil {
		t.Fatalf("it goes on at once: %+v, %v", next, err)
	}
	w.Send(number(1), "c")
	if list := w.deliveries(now.Add(59 * time.Second)); len(list) != 0 {
		t.Error("again before its time")
	}
	list := w.deliveries(now.Add(time.Minute))
	if len(list) != 1 || list[0].Work.Failures != 1 || list[0].Work.FailingSince.IsZero() || len(list[0].Work.Notifications) != 3 {
		t.Fatalf("at its time: %+v", list)
	}
	st = told(list[0], 1)
	st.DeadLetter = &message.DeadLetter{Seq: st.Cursor, Reason: "410 Gone"}
	_, err := w.SettleDelivery(w.Ctx, st)
	w.must(err)
	list = w.deliveries(now.Add(time.Minute))
	if len(list) != 1 || list[0].Work.Failures != 0 || len(list[0].Work.Notifications) != 2 {
		t.Errorf("after giving up the first: %+v", list)
	}
	if _, err := w.SettleDelivery(w.Ctx, st); err == nil {
		t.Error("a stale holder settled a delivery")
	}
}

func skipsIdleWebhooks(t *testing.T, w *World) {
	w.webhook("", message.MessageReceived)
	other := w.NewOrg("other.example")
	w.webhook(other.ID)
	w.Send(number(1), "not for them")
	if list := w.deliveries(time.Now()); len(list) != 0 {
		t.Errorf("claimed %+v", list)
	}
	w.apply(message.Applied{Arrivals: []message.Arrival{w.Arrival(number(1), "in", "m1")}})
	list := w.deliveries(time.Now())
	if len(list) != 1 || len(list[0].Work.Notifications) != 1 || list[0].Work.Notifications[0].Type != message.MessageReceived {
		t.Fatalf("claimed %+v", list)
	}
	w.Send(number(1), "not for it either, while it is told")
	if _, err := w.SettleDelivery(w.Ctx, told(list[0], 1)); err != nil {
		t.Fatal(err)
	}
	if list := w.deliveries(time.Now()); len(list) != 0 {
		t.Errorf("it has been told everything, and yet %+v", list)
	}
	// Its place moves on past what is not for it, and it hears the next one that is.
	for range 1100 {
		w.Send(number(1), "x")
	}
	w.apply(message.Applied{Arrivals: []message.Arrival{w.Arrival(number(1), "in again", "m2")}})
	list = w.deliveries(time.Now())
	if len(list) != 1 || len(list[0].Work.Notifications) != 1 || list[0].Work.Notifications[0].Message.Content != "in again" {
		t.Errorf("claimed %+v", list)
	}
}

func hooks(t *testing.T, w *World) {
	var mu sync.Mutex
	var last store.Commit
	w.OnCommit(func(c store.Commit) {
		mu.Lock()
		defer mu.Unlock()
		last = c
	})
	after := func() store.Commit {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
	w.Send(number(1), "x")
	wantEqual(t, "after an acceptance", after(), store.Commit{Lanes: true, Notifications: true, Search: true})
	w.webhook("")
	w.Kept()
	wantEqual(t, "after a callback", after(), store.Commit{Callbacks: true})
	a := w.Arrival(number(1), "look", "")
	a.Media = []message.Media{{ID: "f", SourceURL: "https://carrier.example/1"}}
	id := w.Kept()
	w.apply(message.Applied{CallbackID: id, Arrivals: []message.Arrival{a}})
	wantEqual(t, "after a message with a file", after(), store.Commit{Notifications: true, Webhooks: true, Media: true, Search: true})
}
