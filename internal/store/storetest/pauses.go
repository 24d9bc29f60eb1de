package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// tries accepts a message of the number, which must be the only one due, and ends its attempt so that it comes again in an hour.
func (w *World) tries(n *directory.Number, s message.Standing) {
	w.t.Helper()
	_, err := w.Accept(w.Ctx, w.Outbound(n, number(1), "hi"))
	w.must(err)
	w.Settle(comesAgain(w.ClaimOne(), s))
}

func comesAgain(c lane.Claimed[message.Send], s message.Standing) message.Settlement {
	st := Ends(c, message.Busy, message.Sending)
	st.Now = st.Now.Add(time.Minute) // what is accepted meanwhile is due before the pause ends, however slow this machine is
	st.Standing, st.RetryAt, st.Attempt.ErrorText = s, st.Now.Add(time.Hour), "it is down"
	return st
}

func (w *World) paused(i *directory.Integration) *directory.Pause {
	w.t.Helper()
	all, err := w.Pauses(w.Ctx, w.Acct, i.OrgID)
	w.must(err)
	if p, is := all[i.ID]; is {
		return &p
	}
	return nil
}

// numbersOf are n numbers of the integration, apart from the world's.
func (w *World) numbersOf(i *directory.Integration, n int) (list []*directory.Number) {
	for k := range n {
		list = append(list, w.NewNumber(i, fmt.Sprintf("+1555%03d%04d", len(i.ServiceID), k+1000)))
	}
	return list
}

func pausesTheFailing(t *testing.T, w *World) {
	numbers := w.numbersOf(w.Intg, 20)
	other := w.NewNumber(w.NewIntegration(w.Org, "another"), "+15559990000")
	for i, says := range []message.Standing{message.Fails, message.Fails, message.Fails, message.Fails, message.Works, // which begins the count anew
		message.Fails, message.Unsaid, message.Fails, message.Fails, message.Fails} {
		w.tries(numbers[i], says)
	}
	if p := w.paused(w.Intg); p != nil || len(w.told()) != 0 {
		t.Fatalf("after four failures in a row: %+v, told %q", p, w.told())
	}
	w.tries(numbers[10], message.Fails)
	p := w.paused(w.Intg)
	if p == nil || p.Cause != directory.PausedFailing || !strings.Contains(p.Reason, "5 attempts") || !strings.Contains(p.Reason, "it is down") || !p.Until.After(p.Since) {
		t.Fatalf("after five: %+v", p)
	}
	if got := w.attention(w.Intg); len(got) != 1 || got[0].About != directory.AboutSending || got[0].Reason != p.Reason {
		t.Errorf("attention %+v", got)
	}
	var waiting []string
	for _, n := range numbers[11:14] {
		ack, err := w.Accept(w.Ctx, w.Outbound(n, number(1), "hi"))
		w.must(err)
		waiting = append(waiting, ack.ID)
	}
	ack, err := w.Accept(w.Ctx, w.Outbound(other, number(1), "hi"))
	w.must(err)
	early, _, err := w.ClaimSends(w.Ctx, p.Since, 10)
	w.must(err)
	if len(early) != 1 || early[0].Work.Message.ID != ack.ID {
		t.Fatalf("while it is paused %d were claimed: %+v, want another integration's alone", len(early), early)
	}
	w.Settle(Ends(early[0], message.Accepted, message.Sent, "p1"))

	// One message at a time tries whether it works again; each failure makes the pause longer, and tells nobody.
	w.Reopen()
	at := p.Until
	for i := range 3 {
		probe, _, err := w.ClaimSends(w.Ctx, at, 10)
		w.must(err)
		if len(probe) != 1 || probe[0].Work.Message.IntegrationID != w.Intg.ID {
			t.Fatalf("probe %d: claimed %d", i, len(probe))
		}
		if again, _, _ := w.ClaimSends(w.Ctx, at.Add(time.Second), 10); len(again) != 0 {
			t.Fatalf("beside probe %d %d began", i, len(again))
		}
		st := comesAgain(probe[0], message.Fails)
		st.Now, st.RetryAt, st.More = at.Add(2*time.Second), at.Add(2*time.Second), true
		if next := w.Settle(st); next != nil {
			t.Fatalf("after probe %d the lane went on", i)
		}
		longer := w.paused(w.Intg)
		if pause, before := longer.Until.Sub(st.Now), lane.Ceiling(i+3); pause < before/2 || pause > before {
			t.Errorf("after probe %d it is paused for %v, want up to %v", i, pause, before)
		}
		at = longer.Until
	}
	probe, _, err := w.ClaimSends(w.Ctx, at, 10)
	w.must(err)
	st := Ends(probe[0], message.Accepted, message.Sent, "p2")
	st.Now, st.Standing = at, message.Works
	w.Settle(st)
	if p := w.paused(w.Intg); p != nil {
		t.Errorf("after a send that was taken: %+v", p)
	}
	if got := w.attention(w.Intg); len(got) != 0 {
		t.Errorf("attention %+v", got)
	}
	if told := w.told(); len(told) != 2 || !strings.HasSuffix(told[1], `"about":"sending","reason":""}`) {
		t.Errorf("told %q, want once of the beginning and once of the end", told)
	}
	rest, _, err := w.ClaimSends(w.Ctx, at, 10)
	w.must(err)
	if len(rest) != 2 {
		t.Errorf("then %d of the lanes that waited go on, want 2", len(rest))
	}
	for _, c := range rest {
		w.Settle(Ends(c, message.Accepted, message.Sent, "p"+c.Work.Message.ID))
	}
	for _, id := range waiting {
		w.WantStatus(id, message.Sent)
	}
}

func probesAnew(t *testing.T, w *World) {
	for _, n := range w.numbersOf(w.Intg, 5) {
		w.tries(n, message.Fails)
	}
	w.Send(number(1), "probe")
	p := w.paused(w.Intg)
	claimed, _, err := w.ClaimSends(w.Ctx, p.Until, 10)
	w.must(err)
	// It answers, and wants to be left alone: that is no failure, and no success.
	st := Ends(claimed[0], message.Busy, message.Sending)
	st.Now, st.RetryAt, st.Pauses = p.Until, p.Until.Add(20*time.Minute), 1
	w.Settle(st)
	if now := w.paused(w.Intg); now == nil || !now.Until.Equal(st.RetryAt) {
		t.Errorf("paused: %+v, want until it may be asked again", now)
	}
	// Whoever probes and is never heard of keeps the others waiting for a minute, not for ever.
	claimed, _, err = w.ClaimSends(w.Ctx, st.RetryAt, 10)
	w.must(err)
	if len(claimed) != 1 {
		t.Fatalf("claimed %d", len(claimed))
	}
	second, err := w.Accept(w.Ctx, w.Outbound(w.NewNumber(w.Intg, "+15557770000"), number(1), "another"))
	w.must(err)
	claimed, _, err = w.ClaimSends(w.Ctx, st.RetryAt.Add(2*time.Second), 10)
	w.must(err)
	if len(claimed) != 0 {
		t.Fatalf("claimed %d beside the probe", len(claimed))
	}
	claimed, _, err = w.ClaimSends(w.Ctx, st.RetryAt.Add(time.Minute+time.Second), 10)
	w.must(err)
	found := false
	for _, c := range claimed {
		found = found || c.Work.Message.ID == second.ID
	}
	if !found {
		t.Errorf("a minute after a probe that nobody ended: %+v", claimed)
	}
}

func pausesByPerson(t *testing.T, w *World) {
	inFlight := w.Send(number(1), "in flight")
	c := w.ClaimOne()
	queued := w.Send(number(2), "queued")
	w.must(w.PauseIntegration(w.Ctx, w.Acct, w.Intg.ID, "key1", "maintenance"))
	later := w.Send(number(3), "accepted while it is paused")
	st := Ends(c, message.Accepted, message.Sent, "p1")
	st.More, st.Standing = true, message.Works
	if next := w.Settle(st); next != nil {
		t.Error("a paused integration began an attempt")
	}
	w.WantStatus(inFlight, message.Sent)
	far := time.Now().Add(23 * time.Hour)
	if list, _, _ := w.ClaimSends(w.Ctx, far, 5); len(list) != 0 {
		t.Errorf("claimed %d", len(list))
	}
	w.must(w.PutIntegration(w.Ctx, w.Intg))
	p := w.paused(w.Intg)
	if p == nil || p.Cause != directory.PausedByPerson || p.Reason != "maintenance" || p.By != "key1" {
		t.Errorf("after its properties were put: %+v", p)
	}
	if got := w.attention(w.Intg); len(got) != 1 || got[0].Reason != "maintenance" {
		t.Errorf("attention %+v", got)
	}
	short := w.Outbound(w.Num, number(4), "too late")
	short.Message.Expires = time.Now().Add(time.Minute)
	expired, err := w.Accept(w.Ctx, short)
	w.must(err)
	for _, id := range []string{queued, later} {
		w.WantStatus(id, message.Queued)
	}
	w.must(w.ResumeIntegration(w.Ctx, w.Acct, w.Intg.ID))
	w.must(w.ResumeIntegration(w.Ctx, w.Acct, w.Intg.ID))
	w.must(w.PauseIntegration(w.Ctx, w.Acct, w.Intg.ID, "key1", "again"))
	w.must(w.ResumeIntegration(w.Ctx, w.Acct, w.Intg.ID))
	if n := len(w.told()); n != 4 {
		t.Errorf("told %d times of two pauses, want 4", n)
	}
	for _, want := range []string{queued, later} {
		c := w.ClaimOne()
		if c.Work.Message.ID != want {
			t.Errorf("claimed %s, want %s", c.Work.Message.ID, want)
		}
		w.Settle(Ends(c, message.Accepted, message.Sent, "p"+want))
	}
	_, err = w.ExpireMessages(w.Ctx, time.Now().Add(time.Hour))
	w.must(err)
	w.WantStatus(expired.ID, message.Expired)
	WantFault(t, w.PauseIntegration(w.Ctx, "another account", w.Intg.ID, "", "x"), fault.NotFound)
	WantFault(t, w.ResumeIntegration(w.Ctx, w.Acct, "none"), fault.NotFound)
	w.must(w.PauseIntegration(w.Ctx, w.Acct, w.Intg.ID, "key1", "again"))
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	if p := w.paused(w.Intg); p != nil {
		t.Errorf("of a deleted organization: %+v", p)
	}
}

func pausesForCredentials(t *testing.T, w *World) {
	refuse := func() {
		w.Send(number(1), "hi")
		st := Ends(w.ClaimOne(), message.Refused, message.Failed)
		st.Attention, st.Standing = "the provider refused the credentials", message.KeyRefused
		w.Settle(st)
	}
	refuse()
	id := w.Send(number(2), "waits")
	if list, _, _ := w.ClaimSends(w.Ctx, time.Now().Add(23*time.Hour), 5); len(list) != 0 {
		t.Errorf("with refused credentials %d were sent", len(list))
	}
	if p := w.paused(w.Intg); p == nil || p.Cause != directory.PausedCredentials || p.Reason != "the provider refused the credentials" {
		t.Errorf("paused: %+v", p)
	}
	w.Reopen()
	w.must(w.PutIntegration(w.Ctx, w.Intg)) // with other values, as far as we know
	if p := w.paused(w.Intg); p != nil {
		t.Errorf("after new values: %+v", p)
	}
	c := w.ClaimOne()
	if c.Work.Message.ID != id {
		t.Errorf("claimed %+v", c)
	}
	w.Settle(Ends(c, message.Accepted, message.Sent, "p1"))
	refuse()
	w.Send(number(3), "waits")
	w.must(w.SetAttention(w.Ctx, w.Acct, w.Intg.ID, directory.AboutCredentials, "")) // a check says that they hold
	c = w.ClaimOne()
	w.Settle(Ends(c, message.Accepted, message.Sent, "p2"))
}

func pausesEverything(t *testing.T, w *World) {
	east := w.NewOrg("east.example")
	theirs, gone := w.NewIntegration(east, "carrier"), w.NewIntegration(w.Org, "gone")
	w.must(w.DeleteIntegration(w.Ctx, w.Acct, gone.ID))
	w.must(w.PauseIntegration(w.Ctx, w.Acct, w.Intg.ID, "key1", "maintenance"))
	n, err := w.PauseEverything(w.Ctx, "restore", "look first")
	w.must(err)
	if n != 2 {
		t.Errorf("%d integrations are paused, want 2", n)
	}
	if p := w.paused(w.Intg); p == nil || !strings.Contains(p.Reason, "look first") || !strings.Contains(p.Reason, "maintenance") {
		t.Errorf("paused before: %+v", p)
	}
	all, err := w.Pauses(w.Ctx, w.Acct, east.ID)
	w.must(err)
	if all[theirs.ID].By != "restore" {
		t.Errorf("another organization's: %+v", all)
	}
}
