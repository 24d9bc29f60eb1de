package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// told is what programs have been told about integrations.
func (w *World) told() (list []string) {
	w.t.Helper()
	all, err := w.NotificationsAfter(w.Ctx, message.NotificationFilter{AccountID: w.Acct, Types: []string{message.IntegrationAttention}}, 0, 0)
	w.must(err)
	for _, n := range all {
		list = append(list, string(n.Data))
	}
	return list
}

func (w *World) attention(i *directory.Integration) []directory.Attention {
	w.t.Helper()
	all, err := w.Attention(w.Ctx, w.Acct, i.OrgID)
	w.must(err)
	return all[i.ID]
}

func attends(t *testing.T, w *World) {
	refuse := func() {
		w.Send(number(1), "hi")
		s := Ends(w.ClaimOne(), message.Refused, message.Failed)
		s.Attention = "the provider refused the credentials"
		w.Settle(s)
	}
	accept := func() {
		w.Send(number(1), "hi")
		w.Settle(Ends(w.ClaimOne(), message.Accepted, message.Sent))
	}
	refuse()
	refuse()
	got := w.attention(w.Intg)
	if len(got) != 1 || got[0].About != directory.AboutCredentials || got[0].Reason != "the provider refused the credentials" || got[0].Since.IsZero() {
		t.Fatalf("attention: %+v", got)
	}
	if n := len(w.told()); n != 1 {
		t.Errorf("told %d times of two refusals, want once", n)
	}
	w.Reopen()
	accept()
	if got := w.attention(w.Intg); len(got) != 0 {
		t.Errorf("after a send that was taken: %+v", got)
	}
	want := `{"integration_id":"` + w.Intg.ID + `","service":"carrier","about":"credentials","reason":""}`
	if got := w.told(); len(got) != 2 || got[1] != want {
		t.Errorf("told %q, want at last %s", got, want)
	}
	accept()
	if n := len(w.told()); n != 2 {
		t.Errorf("told %d times, and nothing has changed", n)
	}
	w.must(w.SetAttention(w.Ctx, w.Acct, w.Intg.ID, directory.AboutWebhook, "no"))
	w.must(w.SetAttention(w.Ctx, w.Acct, w.Intg.ID, directory.AboutWebhook, "still no"))
	w.must(w.SetAttention(w.Ctx, "another account", w.Intg.ID, directory.AboutMessages, "no"))
	if got := w.attention(w.Intg); len(got) != 1 || got[0].Reason != "still no" {
		t.Errorf("attention: %+v", got)
	}
	w.must(w.PutIntegration(w.Ctx, w.Intg))
	if got := w.attention(w.Intg); len(got) != 0 {
		t.Errorf("of an integration that was changed: %+v", got)
	}
	w.must(w.SetAttention(w.Ctx, w.Acct, w.Intg.ID, directory.AboutWebhook, "no"))
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	if got := w.attention(w.Intg); len(got) != 0 {
		t.Errorf("of a deleted organization: %+v", got)
	}
}

// poll makes the world's integration be asked for messages.
func (w *World) poll() message.Poll {
	return message.Poll{AccountID: w.Acct, OrgID: w.Org.ID, IntegrationID: w.Intg.ID, What: message.PollMessages}
}

func (w *World) claimPolls(now time.Time) []message.Poll {
	w.t.Helper()
	list, _, err := w.ClaimPolls(w.Ctx, now, 10)
	w.must(err)
	return list
}

func leasesPolls(t *testing.T, w *World) {
	now := time.Now()
	w.must(w.AskPolls(w.Ctx, []message.Poll{w.poll()}, now))
	w.must(w.AskPolls(w.Ctx, []message.Poll{w.poll()}, now))
	first := w.claimPolls(now)
	if len(first) != 1 || first[0].Cursor != "" || first[0].AccountID != w.Acct || first[0].OrgID != w.Org.ID {
		t.Fatalf("claimed %+v", first)
	}
	w.must(w.AskPolls(w.Ctx, []message.Poll{w.poll()}, now))
	if again := w.claimPolls(now.Add(time.Minute)); len(again) != 0 {
		t.Fatalf("claimed twice: %+v", again)
	}
	late := w.claimPolls(now.Add(message.PollLease + time.Second))
	if len(late) != 1 {
		t.Fatal("a lease that ended is nobody's")
	}
	stale, p := first[0], late[0]
	stale.Cursor = "stale"
	if err := w.TakeAnswer(w.Ctx, stale, nil, message.Applied{}, false, now); !errors.Is(err, lane.ErrFenced) {
		t.Errorf("a stale holder wrote: %v", err)
	}
	p.Cursor, p.Digest, p.Failures = "c1", "d1", 3
	w.must(w.TakeAnswer(w.Ctx, p, nil, message.Applied{}, false, now.Add(time.Hour)))
	w.must(w.WakePolls(w.Ctx, []message.Poll{w.poll()}, now)) // it does not sleep
	if got, next, err := w.ClaimPolls(w.Ctx, now.Add(time.Minute), 10); err != nil || len(got) != 0 || next.Sub(now).Round(time.Second) != time.Hour {
		t.Errorf("before its time: %+v, next %v, %v", got, next, err)
	}
	got := w.claimPolls(now.Add(2 * time.Hour))
	if len(got) != 1 || got[0].Cursor != "c1" || got[0].Digest != "d1" || got[0].Failures != 3 {
		t.Fatalf("claimed %+v", got)
	}
	w.must(w.SleepPoll(w.Ctx, got[0]))
	if got := w.claimPolls(now.Add(10_000 * time.Hour)); len(got) != 0 {
		t.Errorf("a poll that sleeps was claimed: %+v", got)
	}
	w.must(w.WakePolls(w.Ctx, []message.Poll{w.poll()}, now))
	if got = w.claimPolls(now); len(got) != 1 || got[0].Cursor != "c1" {
		t.Errorf("woken: %+v", got)
	}
	if w.engine.Alone() {
		w.Reopen()
		if got = w.claimPolls(now); len(got) != 1 {
			t.Error("what a crash left held is not due at once")
		}
	}
	on, services, err := w.PolledIntegrations(w.Ctx, "", 10)
	if err != nil || len(on) != 1 || on[0].IntegrationID != w.Intg.ID || services[0] != "carrier" {
		t.Errorf("on: %+v %q, %v", on, services, err)
	}
}

// keepsAnswers breaks the commit in the middle: neither the messages nor the cursor may be there.
func keepsAnswers(t *testing.T, w *World) {
	now := time.Now()
	w.must(w.AskPolls(w.Ctx, []message.Poll{w.poll()}, now))
	p := w.claimPolls(now)[0]
	answer := func() *message.Callback {
		return &message.Callback{ID: message.NewID(), AccountID: w.Acct, ServiceID: "carrier", Method: "GET answer", At: now, State: message.CallbackDone}
	}
	p.Cursor = "1"
	broken := w.Arrival(number(1), "broken", "m0")
	broken.Message.NumberID = ""
	if err := w.TakeAnswer(w.Ctx, p, answer(), message.Applied{State: message.CallbackDone, Arrivals: []message.Arrival{w.Arrival(number(1), "one", "m1"), broken}}, true, now); err == nil {
		t.Fatal("a message to no number was kept")
	}
	if n := len(w.inbound()); n != 0 {
		t.Errorf("%d messages of an answer that was not kept", n)
	}
	for range 2 { // the same page twice: after a crash, or because the provider has no better cursor
		w.must(w.TakeAnswer(w.Ctx, p, answer(), message.Applied{State: message.CallbackDone, Arrivals: []message.Arrival{w.Arrival(number(1), "one", "m1"), w.Arrival(number(1), "two", "m2")}}, true, now))
	}
	if n := len(w.inbound()); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
	w.Reopen()
	got := w.claimPolls(now.Add(message.PollLease + time.Minute))
	if len(got) != 1 || got[0].Cursor != "1" {
		t.Errorf("after a crash the poll is at %+v", got)
	}
	pending := answer()
	pending.State = message.CallbackPending
	w.must(w.TakeAnswer(w.Ctx, got[0], pending, message.Applied{}, false, now.Add(time.Hour)))
	if list, err := w.PendingCallbacks(w.Ctx, 10); err != nil || len(list) != 1 || list[0].ID != pending.ID {
		t.Errorf("pending: %+v, %v", list, err)
	}
}

func awaits(t *testing.T, w *World) {
	now := time.Now()
	ask := func(o message.Outcome, s message.Status, ids ...string) string {
		id := w.Send(number(1), "hi")
		st := Ends(w.ClaimOne(), o, s, ids...)
		st.AskAt = now.Add(10 * time.Second)
		w.Settle(st)
		return id
	}
	sent := ask(message.Accepted, message.Sent, "p1", "p2")
	unclear := ask(message.Maybe, message.Unclear)
	ask(message.Refused, message.Failed)
	certain := ask(message.Accepted, message.Sent, "p3")
	if got := w.claimPolls(now); len(got) != 0 {
		t.Fatalf("asked before its time: %+v", got)
	}
	then := now.Add(11 * time.Second)
	turns := w.claimPolls(then)
	if len(turns) != 1 || turns[0].What != message.PollReceipts {
		t.Fatalf("turns: %+v", turns)
	}
	p := turns[0]
	w.Receipt(message.Receipt{AccountID: w.Acct, Ref: "p3", Status: message.Delivered})
	w.Receipt(message.Receipt{AccountID: w.Acct, Ref: "p1", Status: message.Delivered})
	list, err := w.Awaited(w.Ctx, p, then, 10)
	w.must(err)
	if len(list) != 2 || list[0].Message.ID != sent || !slices.Equal(list[0].Refs, []string{"p2"}) || list[1].Message.ID != unclear || len(list[1].Refs) != 0 {
		t.Fatalf("awaited: %+v", list)
	}
	if left := list[0].Until.Sub(now); left < message.AwaitReceipt-time.Minute || left > message.AwaitReceipt+time.Minute {
		t.Errorf("waited for %v", left)
	}
	w.WantStatus(certain, message.Delivered)
	w.must(w.TakeReceipts(w.Ctx, p, sent, []message.Receipt{{Ref: "p2", Status: message.Delivered}}, then.Add(time.Hour)))
	w.WantStatus(sent, message.Delivered)
	w.must(w.TakeReceipts(w.Ctx, p, unclear, []message.Receipt{{ID: unclear, Status: message.Sent}}, then.Add(time.Hour)))
	w.WantStatus(unclear, message.Sent)
	w.must(w.TakeReceipts(w.Ctx, p, unclear, []message.Receipt{{ID: unclear, Status: message.Sent}}, then.Add(time.Hour)))
	w.must(w.EndReceipts(w.Ctx, p, then))
	if got := w.claimPolls(then.Add(30 * time.Minute)); len(got) != 0 {
		t.Fatalf("asked before its time: %+v", got)
	}
	turns = w.claimPolls(then.Add(2 * time.Hour))
	if len(turns) != 1 {
		t.Fatal("the message that is only sent is not asked about again")
	}
	if list, err = w.Awaited(w.Ctx, turns[0], then.Add(2*time.Hour), 10); err != nil || len(list) != 1 || list[0].Message.ID != unclear || list[0].Tries != 2 {
		t.Fatalf("awaited: %+v, %v", list, err)
	}
	stale := p
	if err := w.TakeReceipts(w.Ctx, stale, unclear, nil, time.Time{}); !errors.Is(err, lane.ErrFenced) {
		t.Errorf("a stale holder wrote: %v", err)
	}
	w.must(w.TakeReceipts(w.Ctx, turns[0], unclear, nil, time.Time{})) // given up
	w.must(w.EndReceipts(w.Ctx, turns[0], then))
	if got := w.claimPolls(then.Add(10_000 * time.Hour)); len(got) != 0 {
		t.Errorf("nobody waits, and the provider is asked: %+v", got)
	}
	other := w.Send(number(2), "more")
	st := Ends(w.ClaimOne(), message.Accepted, message.Sent, "p9")
	st.AskAt = then
	w.Settle(st)
	if got := w.claimPolls(then); len(got) != 1 {
		t.Error("a new message does not wake the poll")
	}
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	if _, err := w.Message(w.Ctx, w.Acct, other); err == nil {
		t.Error("the message is there")
	}
	if list, err := w.Awaited(w.Ctx, p, then.Add(time.Hour), 10); err != nil || len(list) != 0 {
		t.Errorf("of a deleted organization: %+v, %v", list, err)
	}
}
