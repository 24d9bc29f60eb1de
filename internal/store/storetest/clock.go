package storetest

import (
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

// setsTheClockBack has everything that waits told by a clock that is a day ahead: an integration that failed, a number that its provider wants
// left alone, a contact put aside. Then it is today again, once noticed by those who claim, and once by a new process.
func setsTheClockBack(t *testing.T, w *World) {
	failing, person, busy := w.NewIntegration(w.Org, "failing"), w.NewIntegration(w.Org, "person"), w.NewIntegration(w.Org, "busy")
	numbers := w.numbersOf(failing, 5)
	byHand := w.NewNumber(person, "+15559990001")
	of := []*directory.Number{w.NewNumber(busy, "+15559990002"), w.NewNumber(busy, "+15559990003")}
	w.must(w.PauseIntegration(w.Ctx, w.Acct, person.ID, "a person", "holidays"))
	_, err := w.Accept(w.Ctx, w.Outbound(byHand, number(1), "hi"))
	w.must(err)

	// onTime claims as at that time, and wants so many.
	onTime := func(what string, at time.Time, want int) []string {
		t.Helper()
		list, _, err := w.ClaimSends(w.Ctx, at, 20)
		w.must(err)
		if len(list) != want {
			t.Errorf("%s: claimed %d, want %d", what, len(list), want)
		}
		var ids []string
		for _, c := range list {
			ids = append(ids, c.Work.Message.ID)
			st := Ends(c, message.Accepted, message.Sent, "p"+c.Work.Message.ID)
			st.Standing = message.Works
			w.Settle(st)
		}
		return ids
	}
	wait := func(at time.Time) {
		t.Helper()
		for i, n := range append(numbers, of...) {
			_, err := w.Accept(w.Ctx, w.Outbound(n, number(1), "hi"))
			w.must(err)
			list, _, err := w.ClaimSends(w.Ctx, at, 20)
			w.must(err)
			if len(list) != 1 {
				t.Fatalf("claimed %d of one that is due", len(list))
			}
			st := Ends(list[0], message.Busy, message.Sending)
			st.Now, st.RetryAt = at, at.Add(time.Minute)
			if i < len(numbers) {
				st.Standing = message.Fails
			}
			st.Aside = n == of[1]
			w.Settle(st)
		}
		if p := w.paused(failing); p == nil || !p.Until.After(at) {
			t.Fatalf("five failures paused nothing: %+v", p)
		}
	}

	// Noticed by a process that runs on.
	now := time.Now()
	tomorrow := now.Add(24 * time.Hour)
	wait(tomorrow)
	if got := onTime("today, one message that probes the failing one, and both of the busy", now, 3); len(got) == 3 {
		if p := w.paused(failing); p != nil {
			t.Errorf("the probe was taken, and it is paused still: %+v", p)
		}
	}
	onTime("after the probe", now.Add(time.Second), len(numbers)-1)

	// Noticed by the next one.
	wait(tomorrow)
	w.Reopen()
	onTime("after the restart", time.Now().Add(time.Second), 3)
	onTime("after the probe", time.Now().Add(2*time.Second), len(numbers)-1)

	// What waits on purpose waits, however often the clock is corrected.
	_, err = w.Accept(w.Ctx, w.Outbound(of[0], number(1), "an hour"))
	w.must(err)
	now = time.Now().Add(3 * time.Second)
	list, _, err := w.ClaimSends(w.Ctx, now, 20)
	w.must(err)
	if len(list) != 1 {
		t.Fatalf("claimed %d, want one", len(list))
	}
	st := Ends(list[0], message.Busy, message.Sending)
	st.RetryAt = now.Add(time.Hour)
	w.Settle(st)
	onTime("the clock is set back by ten minutes", now.Add(-10*time.Minute), 0)
	w.Reopen()
	onTime("before the hour is over", now.Add(59*time.Minute), 0)
	onTime("when it is over", now.Add(time.Hour), 1)
	if p := w.paused(person); p == nil || p.Cause != directory.PausedByPerson {
		t.Errorf("a person's pause ended by itself: %+v", p)
	}
}
