package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// wayBy is how messages of the number go by another integration.
func wayBy(i *directory.Integration, n *directory.Number) *message.Way {
	return &message.Way{IntegrationID: i.ID, ServiceID: i.ServiceID, ServiceVersion: "v2", LaneKey: i.ID + "/" + n.Value, Parts: 1}
}

func (w *World) reroute(n *directory.Number, from, to *directory.Integration, finally string) (moved int) {
	w.t.Helper()
	for more := true; more; {
		var some int
		var err error
		some, more, err = w.Reroute(w.Ctx, message.Rerouting{AccountID: w.Acct, NumberID: n.ID, From: from.ID,
			Holds: func(key string) bool { return strings.HasPrefix(key, from.ID) },
			Way: func(m *message.Message) (*message.Way, error) {
				if m.Content == "only the old one takes it" {
					return nil, nil
				}
				return wayBy(to, n), nil
			},
		}, finally)
		w.must(err)
		moved += some
	}
	return moved
}

func movesNumbers(t *testing.T, w *World) {
	second := w.NewIntegration(w.Org, "second")
	bystander := w.NewNumber(w.Intg, "+15550000002")
	shared := func(n *directory.Number, to, text string) string {
		a := w.Outbound(n, to, text)
		a.LaneKey = w.Intg.ID // one lane for all numbers of the integration
		ack, err := w.Accept(w.Ctx, a)
		w.must(err)
		return ack.ID
	}
	inFlight := shared(w.Num, number(1), "in flight")
	c := w.ClaimOne()
	again := w.Send(number(2), "may have been taken")
	st := Ends(w.ClaimOne(), message.Maybe, message.Sending)
	st.Again = true
	w.Settle(st)
	aside := w.Send(number(3), "behind its contact")
	var want []string
	for {
		c := w.ClaimOne()
		if c.Work.Message.ID == aside {
			st := Ends(c, message.Busy, message.Sending)
			st.RetryAt, st.Aside = time.Now().Add(time.Hour), true
			w.Settle(st)
			break
		}
		st := Ends(c, message.Maybe, message.Sending) // still the one that may have been taken
		st.Again, st.Aside, st.RetryAt = true, true, time.Now().Add(time.Hour)
		w.Settle(st)
	}
	want = append(want, aside)
	others := shared(bystander, number(1), "another number's")
	for i := range 5 {
		want = append(want, shared(w.Num, number(4), fmt.Sprint(i)), w.Send(number(5), fmt.Sprint(i)))
	}
	stays := w.Send(number(6), "only the old one takes it")

	if moved := w.reroute(w.Num, w.Intg, second, second.ID); moved != len(want) {
		t.Errorf("%d messages moved, want %d", moved, len(want))
	}
	w.Conserved()
	n, err := w.Number(w.Ctx, w.Acct, w.Num.ID)
	w.must(err)
	if n.IntegrationID != second.ID || n.ServiceID != "second" {
		t.Errorf("the number is %+v", n)
	}
	former, err := w.FormerNumbers(w.Ctx, w.Acct, w.Intg.ID)
	w.must(err)
	if len(former) != 1 || former[0].ID != w.Num.ID {
		t.Errorf("formerly the integration's: %+v", former)
	}
	for _, id := range []string{inFlight, again, others, stays} {
		if v := w.View(id); v.IntegrationID != w.Intg.ID {
			t.Errorf("%q went along", v.Content)
		}
	}
	for _, id := range want {
		if v := w.View(id); v.IntegrationID != second.ID || v.ServiceVersion != "v2" {
			t.Errorf("%q stayed", v.Content)
		}
	}
	var got []string
	for len(got) < len(want) {
		list := w.Claim(5)
		if len(list) == 0 {
			t.Fatalf("after %d of %d nothing is due", len(got), len(want))
		}
		for _, c := range list {
			if c.Work.Message.IntegrationID == second.ID {
				got = append(got, c.Work.Message.ID)
			}
			w.Settle(Ends(c, message.Accepted, message.Sent, "p"+c.Work.Message.ID))
		}
	}
	wantEqual(t, "order on the new way", got, want)
	// What was in flight comes back, and follows; what its old provider says later still counts.
	st = Ends(c, message.Busy, message.Sending)
	st.Move = wayBy(second, w.Num)
	w.Settle(st)
	w.Conserved()
	c = w.ClaimOne()
	for c.Work.Message.IntegrationID == w.Intg.ID { // what stayed
		w.Settle(Ends(c, message.Accepted, message.Sent, "p"+c.Work.Message.ID))
		c = w.ClaimOne()
	}
	if m := c.Work.Message; m.ID != inFlight || m.IntegrationID != second.ID || c.Work.Tries != 0 || c.Work.N != 2 {
		t.Fatalf("claimed %+v", c.Work)
	}
	w.Settle(Ends(c, message.Accepted, message.Sent, "second-1"))
	v := w.View(inFlight)
	if len(v.Attempts) != 2 || v.Attempts[0].ServiceID != "carrier" || v.Attempts[1].ServiceID != "second" {
		t.Errorf("attempts %+v", v.Attempts)
	}
	if ids, err := w.IntegrationsOfRefs(w.Ctx, w.Acct, "carrier", nil, []string{inFlight}); err != nil || len(ids) != 1 || ids[0] != w.Intg.ID {
		t.Errorf("the old provider's callback about it is for %v, %v", ids, err)
	}
	w.Receipt(message.Receipt{Ref: "second-1", Status: message.Delivered, IntegrationIDs: []string{w.Intg.ID}})
	w.WantStatus(inFlight, message.Sent) // another provider's id
	w.Receipt(message.Receipt{ID: inFlight, Status: message.Delivered})
	w.WantStatus(inFlight, message.Delivered)
	w.Receipt(message.Receipt{Ref: "p" + stays, Status: message.Delivered})
	w.WantStatus(stays, message.Delivered)

	if _, _, err := w.Reroute(w.Ctx, message.Rerouting{AccountID: w.Acct, NumberID: w.Num.ID, From: second.ID,
		Holds: func(string) bool { return true }}, w.NewIntegration(w.NewOrg("another.example"), "carrier").ID); err == nil {
		t.Error("a number moved to another organization's integration")
	}
}

func emptiesLongLanes(t *testing.T, w *World) {
	second := w.NewIntegration(w.Org, "second")
	var all sync.WaitGroup
	for range 1100 {
		all.Go(func() { w.Send(number(1), "x") })
	}
	all.Wait()
	if moved := w.reroute(w.Num, w.Intg, second, second.ID); moved != 1100 {
		t.Errorf("%d messages moved", moved)
	}
	c := w.ClaimOne()
	if c.Work.Message.IntegrationID != second.ID {
		t.Error("the old way goes on")
	}
	w.Settle(Ends(c, message.Accepted, message.Sent, "p1"))
}

// Several lanes of one number, the first of which end with a commit: the number moves with the last of their messages and not before.
func emptiesSeveralLanes(t *testing.T, w *World) {
	second := w.NewIntegration(w.Org, "second")
	var all sync.WaitGroup
	for i := range 1020 {
		all.Go(func() {
			a := w.Outbound(w.Num, number(1), "x")
			a.LaneKey = fmt.Sprintf("%s/%s/%d", w.Intg.ID, w.Num.ID, i/500)
			if _, err := w.Accept(w.Ctx, a); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if moved := w.reroute(w.Num, w.Intg, second, second.ID); moved != 1020 {
		t.Errorf("%d messages moved", moved)
	}
	if n, err := w.Number(w.Ctx, w.Acct, w.Num.ID); err != nil || n.IntegrationID != second.ID {
		t.Errorf("the number is of %s, %v", n.IntegrationID, err)
	}
}

func detours(t *testing.T, w *World) {
	second := w.NewIntegration(w.Org, "second")
	w.Num.Failover = second.ID
	w.must(w.UpdateNumber(w.Ctx, w.Num))
	bad := *w.Num
	for _, to := range []string{w.Intg.ID, "nobody", w.NewIntegration(w.NewOrg("another.example"), "carrier").ID} {
		bad.Failover = to
		WantFault(t, w.UpdateNumber(w.Ctx, &bad), fault.Invalid)
	}
	id := w.Send(number(1), "x")
	numbers := func() int {
		list, err := w.Detours(w.Ctx, time.Now(), "", 10)
		w.must(err)
		return len(list)
	}
	if n := numbers(); n != 0 {
		t.Errorf("%d numbers make a detour while nothing is paused", n)
	}
	w.must(w.PauseIntegration(w.Ctx, w.Acct, w.Intg.ID, "", "x"))
	if n := numbers(); n != 1 {
		t.Errorf("%d numbers make a detour, want 1", n)
	}
	if list, err := w.Detours(w.Ctx, time.Now(), w.Num.ID, 10); err != nil || len(list) != 0 {
		t.Errorf("after the only one that makes a detour there are %+v, %v", list, err)
	}
	w.must(w.PauseIntegration(w.Ctx, w.Acct, second.ID, "", "x"))
	if n := numbers(); n != 0 {
		t.Errorf("%d numbers make a detour to what is paused, too", n)
	}
	w.must(w.ResumeIntegration(w.Ctx, w.Acct, second.ID))
	if moved := w.reroute(w.Num, w.Intg, second, ""); moved != 1 {
		t.Errorf("%d messages moved", moved)
	}
	if n := numbers(); n != 0 {
		t.Errorf("%d numbers with nothing that waits make a detour", n)
	}
	if n, err := w.Number(w.Ctx, w.Acct, w.Num.ID); err != nil || n.IntegrationID != w.Intg.ID {
		t.Errorf("the number went along: %+v, %v", n, err)
	}
	c := w.ClaimOne()
	w.Settle(Ends(c, message.Accepted, message.Sent, "s1"))
	if v := w.View(id); v.Status != message.Sent || v.Attempts[0].ServiceID != "second" {
		t.Errorf("%+v", v)
	}
}

func capsDays(t *testing.T, w *World) {
	caps := []message.Capped{{Owner: w.Num.ID, Name: "the number", Messages: 40}, {Owner: w.Org.ID, Name: "the organization", Segments: 90}}
	capped := func(key string, segments int, auto string) (message.Ack, error) {
		a := w.Outbound(w.Num, number(1), "x")
		a.Caps, a.IdempotencyKey, a.Message.Segments, a.Message.Auto = caps, key, segments, auto
		return w.Accept(w.Ctx, a)
	}
	first, err := capped("key", 2, "")
	w.must(err)
	var all sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for range 60 {
		all.Go(func() {
			if _, err := capped("", 2, ""); err != nil {
				WantFault(t, err, fault.TooMany)
				mu.Lock()
				refused++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if refused != 21 {
		t.Errorf("of 61 messages with a cap of 40 %d were refused", refused)
	}
	used, err := w.DailyCount(w.Ctx, w.Num.ID, time.Now())
	w.must(err)
	if used != (directory.Cap{Messages: 40, Segments: 80}) {
		t.Errorf("used %+v", used)
	}
	if ack, err := capped("key", 2, ""); err != nil || !ack.Repeated || ack.ID != first.ID {
		t.Errorf("a repeated request over the cap: %+v, %v, want the first answer", ack, err)
	}
	_, err = capped("another key", 2, "")
	WantFault(t, err, fault.TooMany)
	caps[0].Messages = 0
	_, err = capped("", 11, "")
	if err == nil || !strings.Contains(err.Error(), "90 segments") {
		t.Errorf("11 segments of the 10 that are left: %v", err)
	}
	w.must(func() error { _, err := capped("another key", 10, ""); return err }())
	if _, err := capped("", 1, message.AutoOptOut); err != nil {
		t.Errorf("the confirmation of an opt-out: %v", err)
	}
	if used, err := w.DailyCount(w.Ctx, w.Org.ID, time.Now().Add(24*time.Hour)); err != nil || used != (directory.Cap{}) {
		t.Errorf("tomorrow %+v are used, %v", used, err)
	}
	w.must(w.Sweep(w.Ctx, time.Now().Add(41*24*time.Hour)))
	if used, err := w.DailyCount(w.Ctx, w.Org.ID, time.Now()); err != nil || used != (directory.Cap{}) {
		t.Errorf("after it was swept: %+v, %v", used, err)
	}
}
