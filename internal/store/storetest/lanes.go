package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

var firstPage = store.Page{}

func keepsOrder(t *testing.T, w *World) {
	var want []string
	for i := range 5 {
		want = append(want, w.Send(number(i), fmt.Sprint(i)))
	}
	c := w.ClaimOne()
	if more := w.Claim(10); len(more) != 0 {
		t.Errorf("while one is in flight the lane gave out %d more", len(more))
	}
	var got []string
	for next := &c; next != nil; {
		got = append(got, next.Work.Message.ID)
		st := Ends(*next, message.Accepted, message.Sent, "p"+next.Work.Message.ID)
		st.More = len(got) != 3 // once, the lane is given back and claimed again
		if next = w.Settle(st); next == nil && len(got) < len(want) {
			c = w.ClaimOne()
			next = &c
		}
	}
	wantEqual(t, "order", got, want)
	if list := w.Claim(10); len(list) != 0 {
		t.Errorf("an empty lane gave out %d", len(list))
	}
}

func pacesAndPauses(t *testing.T, w *World) {
	first, second := w.Send(number(1), "1"), w.Send(number(2), "2")
	now := time.Now()
	st := Ends(w.ClaimOne(), message.Accepted, message.Sent, "p1")
	st.PaceAt, st.More = now.Add(10*time.Second), true
	if next := w.Settle(st); next != nil {
		t.Error("the pace was not kept: the next attempt began at once")
	}
	list, due, err := w.ClaimSends(w.Ctx, now.Add(9*time.Second), 5)
	w.must(err)
	if len(list) != 0 || !due.Equal(st.PaceAt.Truncate(time.Microsecond)) {
		t.Errorf("a second too early: claimed %d, next %v, want %v", len(list), due, st.PaceAt)
	}
	if _, err := w.Accept(w.Ctx, w.Outbound(w.Num, number(3), "3")); err != nil {
		t.Fatal(err)
	}
	if list, _, _ := w.ClaimSends(w.Ctx, now.Add(9*time.Second), 5); len(list) != 0 {
		t.Error("a new message made the lane forget its pace")
	}
	list, _, err = w.ClaimSends(w.Ctx, now.Add(10*time.Second), 5)
	w.must(err)
	if len(list) != 1 || list[0].Work.Message.ID != second {
		t.Fatalf("at its time the lane gave out %+v", list)
	}
	// Busy for everybody: the lane pauses, and the same message comes first again.
	st = Ends(list[0], message.Busy, message.Sending)
	st.RetryAt, st.Pauses, st.More = now.Add(time.Minute), 1, true
	if next := w.Settle(st); next != nil {
		t.Error("a paused lane began its next attempt")
	}
	w.WantStatus(second, message.Sending)
	if list, due, _ := w.ClaimSends(w.Ctx, now.Add(59*time.Second), 5); len(list) != 0 || !due.Equal(st.RetryAt.Truncate(time.Microsecond)) {
		t.Errorf("a paused lane gave out %d, next %v", len(list), due)
	}
	list, _, err = w.ClaimSends(w.Ctx, now.Add(time.Minute), 5)
	w.must(err)
	if len(list) != 1 || list[0].Work.Message.ID != second || list[0].Work.N != 2 || list[0].Work.Tries != 1 || list[0].Work.Pauses != 1 {
		t.Fatalf("after the pause: %+v", list)
	}
	w.Settle(Ends(list[0], message.Accepted, message.Sent, "p2"))
	w.WantStatus(first, message.Sent)
	w.WantStatus(second, message.Sent)
}

func putsAside(t *testing.T, w *World) {
	slow, other := number(1), number(2)
	s1, s2, o1, s3 := w.Send(slow, "s1"), w.Send(slow, "s2"), w.Send(other, "o1"), w.Send(slow, "s3")
	now := time.Now()
	st := Ends(w.ClaimOne(), message.Busy, message.Sending)
	st.Aside, st.RetryAt, st.More = true, now.Add(time.Minute), true
	next := w.Settle(st)
	if next == nil || next.Work.Message.ID != o1 {
		t.Fatalf("the lane should go on with the other contact, got %+v", next)
	}
	st = Ends(*next, message.Accepted, message.Sent, "po1")
	st.More = true
	if next = w.Settle(st); next != nil {
		t.Errorf("only a contact put aside is left, and yet %+v", next.Work)
	}
	if list, due, err := w.ClaimSends(w.Ctx, now.Add(59*time.Second), 9); err != nil || len(list) != 0 || !due.Equal(now.Add(time.Minute).Truncate(time.Microsecond)) {
		t.Errorf("too early: %v, next %v, %v", list, due, err)
	}
	// A text to somebody else passes at once.
	o2 := w.Send(other, "o2")
	c := w.ClaimOne()
	if c.Work.Message.ID != o2 {
		t.Fatalf("claimed %q, want the other contact's", c.Work.Message.Content)
	}
	w.Settle(Ends(c, message.Accepted, message.Sent, "po2"))
	s4 := w.Send(slow, "s4")

	var got []string
	later := now.Add(time.Minute)
	for range 4 {
		list, _, err := w.ClaimSends(w.Ctx, later, 9)
		w.must(err)
		if len(list) != 1 {
			t.Fatalf("after %v: %d claimed", got, len(list))
		}
		got = append(got, list[0].Work.Message.ID)
		st := Ends(list[0], message.Accepted, message.Sent, "p"+list[0].Work.Message.ID)
		st.Now = later
		w.Settle(st)
	}
	wantEqual(t, "the contact's order", got, []string{s1, s2, s3, s4})
}

func takesTurns(t *testing.T, w *World) {
	now := time.Now()
	for i := range 4 { // four contacts put aside
		w.Send(number(i), "aside")
		st := Ends(w.ClaimOne(), message.Busy, message.Sending)
		st.Aside, st.RetryAt = true, now.Add(time.Second)
		w.Settle(st)
	}
	for i := range 4 {
		w.Send(number(10+i), "fresh")
	}
	var got []string
	for range 8 {
		later := now.Add(time.Second)
		list, _, err := w.ClaimSends(w.Ctx, later, 1)
		w.must(err)
		if len(list) != 1 {
			t.Fatalf("after %v: %d claimed", got, len(list))
		}
		got = append(got, list[0].Work.Message.Content)
		st := Ends(list[0], message.Accepted, message.Sent)
		st.Now = later
		w.Settle(st)
	}
	for i := 0; i < len(got); i += 2 {
		if got[i] == got[i+1] {
			t.Fatalf("they do not take turns: %v", got)
		}
	}
}

// lanesTakeTurns: a lane that was given back stands behind those that have waited meanwhile, whatever their age.
func lanesTakeTurns(t *testing.T, w *World) {
	numbers := []*directory.Number{w.Num, w.NewNumber(w.Intg, "+15550009001"), w.NewNumber(w.Intg, "+15550009002")}
	for range 4 {
		for _, n := range numbers {
			if _, err := w.Accept(w.Ctx, w.Outbound(n, number(1), "hi")); err != nil {
				t.Fatal(err)
			}
		}
	}
	turns := map[string]int{}
	for i := range 12 {
		c := w.ClaimOne()
		turns[c.Work.Message.NumberID]++
		if i%3 == 2 {
			for _, n := range numbers {
				if turns[n.ID] != i/3+1 {
					t.Fatalf("after %d claims the lanes had %v", i+1, turns)
				}
			}
		}
		st := Ends(c, message.Accepted, message.Sent, "p"+c.Work.Message.ID)
		st.Now = time.Now()
		w.Settle(st)
	}
}

func isFair(t *testing.T, w *World) {
	big := w.NewIntegration(w.NewOrg("big.example"), "carrier")
	for i := range 60 {
		n := w.NewNumber(big, fmt.Sprintf("+1444%07d", i))
		_, err := w.Accept(w.Ctx, w.Outbound(n, number(i), "x"))
		w.must(err)
	}
	for i := range 3 {
		n := w.NewNumber(w.Intg, fmt.Sprintf("+1333%07d", i))
		_, err := w.Accept(w.Ctx, w.Outbound(n, number(i), "y"))
		w.must(err)
	}
	list, next, err := w.ClaimSends(w.Ctx, time.Now(), 8)
	w.must(err)
	share := map[string]int{}
	for _, c := range list {
		share[c.Lane.OrgID]++
	}
	if share[w.Org.ID] != 3 || share[big.OrgID] != 5 {
		t.Errorf("of 8 slots the small organization got %d of its 3, the big one %d", share[w.Org.ID], share[big.OrgID])
	}
	if next.IsZero() {
		t.Error("more is due, and nobody says when")
	}
	// The big one's provider hangs on everything it has: another slot is not its.
	got := len(list)
	for range 10 {
		more, _, err := w.ClaimSends(w.Ctx, time.Now(), 12-got)
		w.must(err)
		got += len(more)
		for _, c := range more {
			share[c.Lane.OrgID]++
		}
	}
	if share[big.OrgID] > 9 {
		t.Errorf("one organization holds %d of 12 slots while another is active", share[big.OrgID])
	}
	n := w.NewNumber(w.Intg, "+13339999999")
	_, err = w.Accept(w.Ctx, w.Outbound(n, number(9), "y"))
	w.must(err)
	var more []lane.Claimed[message.Send]
	for range 1000 { // who is due is not looked up for every claim
		if more = w.Claim(1); len(more) > 0 {
			break
		}
	}
	if len(more) != 1 || more[0].Lane.OrgID != w.Org.ID {
		t.Errorf("a free slot went to %+v", more)
	}
}

func holdsLanes(t *testing.T, w *World) {
	id := w.Send(number(1), "hello")
	w.must(w.DeleteIntegration(w.Ctx, w.Acct, w.Intg.ID))
	if list := w.Claim(5); len(list) != 0 {
		t.Error("a message left through a deleted integration")
	}
	w.WantStatus(id, message.Queued)
	off := &directory.Integration{AccountID: w.Acct, OrgID: w.Org.ID, ServiceID: "carrier"}
	w.must(w.PutIntegration(w.Ctx, off))
	if off.ID != w.Intg.ID {
		t.Errorf("enabling again made another integration: %s, %s", off.ID, w.Intg.ID)
	}
	if list := w.Claim(5); len(list) != 0 {
		t.Error("a message left through a disabled integration")
	}
	w.NewIntegration(w.Org, "carrier")
	w.Settle(Ends(w.ClaimOne(), message.Accepted, message.Sent))
	w.WantStatus(id, message.Sent)
}

func expires(t *testing.T, w *World) {
	short := w.Outbound(w.Num, number(1), "short")
	short.Message.Expires = time.Now().Add(time.Second)
	ack, err := w.Accept(w.Ctx, short)
	w.must(err)
	aside := w.Outbound(w.Num, number(2), "aside")
	aside.Message.Expires = time.Now().Add(time.Minute)
	second, err := w.Accept(w.Ctx, aside)
	w.must(err)
	third := w.Send(number(3), "long")
	later := time.Now().Add(2 * time.Second)

	// A claim steps over what is out of date.
	list, _, err := w.ClaimSends(w.Ctx, later, 1)
	w.must(err)
	if len(list) != 1 || list[0].Work.Message.ID != second.ID {
		t.Fatalf("claimed %+v", list)
	}
	w.WantStatus(ack.ID, message.Expired)
	st := Ends(list[0], message.Busy, message.Sending)
	st.Now, st.Aside, st.RetryAt = later, true, later.Add(time.Hour)
	w.Settle(st)
	w.Conserved()

	n, err := w.ExpireMessages(w.Ctx, time.Now().Add(2*time.Minute))
	if err != nil || n != 1 {
		t.Errorf("expired %d, %v; want the one put aside", n, err)
	}
	w.WantStatus(second.ID, message.Expired)
	w.WantStatus(third, message.Queued)
	if n, _ := w.ExpireMessages(w.Ctx, time.Now().Add(2*time.Minute)); n != 0 {
		t.Errorf("expired %d once more", n)
	}
	v := w.View(second.ID)
	if v.ErrorCode != "expired" || v.ErrorText == "" || !slices.Equal(statuses(v), []message.Status{message.Queued, message.Sending, message.Expired}) {
		t.Errorf("an expired message shows %q %q %v", v.ErrorCode, v.ErrorText, statuses(v))
	}
	wantEqual(t, "notifications", w.statusNotifications(second.ID), []message.Status{message.Queued, message.Sending, message.Expired})
}

func conservesUnderConcurrency(t *testing.T, w *World) {
	ctx, cancel := context.WithCancel(w.Ctx)
	defer cancel()
	var numbers []*directory.Number
	for i := range 5 {
		numbers = append(numbers, w.NewNumber(w.Intg, fmt.Sprintf("+1777%07d", i)))
	}
	const each = 40
	var accepting, working sync.WaitGroup
	for g := range 4 {
		accepting.Go(func() {
			for i := range each {
				if _, err := w.Accept(ctx, w.Outbound(numbers[(g+i)%len(numbers)], number(i%7), "x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ended := make(chan struct{}, 4*each)
	for g := range 3 {
		working.Go(func() {
			for k := g; ctx.Err() == nil; {
				list, _, err := w.ClaimSends(w.Ctx, time.Now(), 2)
				if err != nil {
					t.Error(err)
					return
				}
				for _, c := range list {
					for next := &c; next != nil; k++ {
						st := Ends(*next, message.Accepted, message.Sent, next.Work.Message.ID+"/p")
						if k%5 == 0 {
							st = Ends(*next, message.Busy, message.Sending)
							st.Aside, st.RetryAt = k%10 == 0, time.Now().Add(time.Millisecond)
						} else {
							ended <- struct{}{}
						}
						st.More = k%3 > 0
						if next, err = w.SettleSend(w.Ctx, st); err != nil {
							t.Error(err)
						}
					}
				}
			}
		})
	}
	accepting.Wait()
	for range 4 * each {
		<-ended
	}
	cancel()
	working.Wait()
	if c := w.Conserved(); c["outbound/sent"] != 4*each || c["pending"] != 0 {
		t.Errorf("counts %v", c)
	}
}
