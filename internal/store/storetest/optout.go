package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

const contact = "+15559990001"

// writes has the contact write a text.
func (w *World) writes(text string) {
	w.t.Helper()
	w.must(w.ApplyCallback(w.Ctx, message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Now: time.Now(),
		Arrivals: []message.Arrival{w.Arrival(contact, text, message.NewID())}}))
}

func (w *World) outList(f message.OptOutFilter) (out []string) {
	w.t.Helper()
	f.AccountID, f.OrgID = w.Acct, w.Org.ID
	list, _, err := w.OptOuts(w.Ctx, f, store.Page{})
	w.must(err)
	for _, o := range list {
		out = append(out, o.Contact+" "+o.Number)
	}
	return out
}

func (w *World) owed() (out []message.OwedReply) {
	w.t.Helper()
	out, err := w.OwedReplies(w.Ctx, time.Now(), 100)
	w.must(err)
	return out
}

func (w *World) refusedAsOptedOut(n *directory.Number) {
	w.t.Helper()
	if _, err := w.Accept(w.Ctx, w.Outbound(n, contact, "hello")); fault.CodeOf(err) != fault.Forbidden {
		w.t.Errorf("a message to a contact who has opted out: %v, want forbidden", err)
	}
}

func stopsAndStarts(t *testing.T, w *World) {
	other := w.NewNumber(w.Intg, "+15550000002", w.Ann.ID)
	w.writes("please stop the meeting at 5")
	w.Send(contact, "still fine")
	w.Settle(Ends(w.ClaimOne(), message.Accepted, message.Sent, "m1"))
	waits := w.Send(contact, "queued")
	w.writes("Stop.")
	w.writes("STOP") // again: it is confirmed once
	w.refusedAsOptedOut(w.Num)
	if _, err := w.Accept(w.Ctx, w.Outbound(other, contact, "from another number")); err != nil {
		t.Errorf("the other number may not write: %v", err)
	}
	if got := fmt.Sprint(w.outList(message.OptOutFilter{})); got != fmt.Sprint([]string{contact + " " + w.Num.Value}) {
		t.Errorf("the list is %v", got)
	}
	owed := w.owed()
	if len(owed) != 1 || owed[0].Kind != message.AutoOptOut || owed[0].Text == "" || owed[0].Contact != contact {
		t.Fatalf("owed: %+v, want one confirmation", owed)
	}
	// The confirmation goes out, and what was queued does not.
	a := w.Outbound(w.Num, contact, owed[0].Text)
	a.Message.ID, a.Message.Auto, a.OwedReply = owed[0].ID, owed[0].Kind, true
	for i := range 2 {
		ack, err := w.Accept(w.Ctx, a)
		w.must(err)
		if ack.Repeated != (i == 1) {
			t.Errorf("accepted %d times: repeated is %v", i+1, ack.Repeated)
		}
	}
	sent := map[string]bool{}
	for _, c := range w.Claim(10) {
		sent[c.Work.Message.Content] = true
		next := w.Settle(Ends(c, message.Accepted, message.Sent, message.NewID()))
		for next != nil {
			sent[next.Work.Message.Content] = true
			next = w.Settle(Ends(*next, message.Accepted, message.Sent, message.NewID()))
		}
	}
	if len(sent) != 2 || !sent[owed[0].Text] || !sent["from another number"] {
		t.Errorf("sent: %v", sent)
	}
	if v := w.View(waits); v.Status != message.Failed || v.ErrorCode != "opted_out" {
		t.Errorf("what was queued is %s %s", v.Status, v.ErrorCode)
	}
	if v := w.View(owed[0].ID); v.Auto != message.AutoOptOut {
		t.Errorf("the confirmation says %q of itself", v.Auto)
	}
	w.writes("unstop")
	if got := w.outList(message.OptOutFilter{}); len(got) != 0 {
		t.Errorf("after START the list is %v", got)
	}
	w.Send(contact, "again")
	var told []bool
	events, _, err := w.OptOutEvents(w.Ctx, w.Acct, w.Org.ID, store.Page{})
	w.must(err)
	for _, e := range events {
		told = append(told, e.Out)
		if e.Source != message.ByKeyword || e.Contact != contact {
			t.Errorf("on record: %+v", e)
		}
	}
	if fmt.Sprint(told) != "[false true]" {
		t.Errorf("on record: %v, want out, then in", told)
	}
	news := 0
	list, err := w.NotificationsAfter(w.Ctx, message.NotificationFilter{AccountID: w.Acct, Types: []string{message.OptOutChanged}}, 0, 100)
	w.must(err)
	for range list {
		news++
	}
	if news != 2 {
		t.Errorf("%d notifications of changes, want 2", news)
	}
}

func stopsAll(t *testing.T, w *World) {
	other := w.NewNumber(w.Intg, "+15550000002", w.Ann.ID)
	all := message.OptOut{AccountID: w.Acct, OrgID: w.Org.ID, Contact: contact, Since: w.Now, Source: message.ByAPI}
	change := func(o message.OptOut, out bool, want int) {
		t.Helper()
		n, err := w.ChangeOptOuts(w.Ctx, []message.OptOut{o}, out, "key-1")
		w.must(err)
		if n != want {
			t.Errorf("%d changed, want %d", n, want)
		}
	}
	change(all, true, 1)
	change(all, true, 0)
	w.refusedAsOptedOut(w.Num)
	w.refusedAsOptedOut(other)
	// Who starts one number again has stopped the other still.
	w.writes("START")
	w.Send(contact, "welcome back")
	w.refusedAsOptedOut(other)
	if got := fmt.Sprint(w.outList(message.OptOutFilter{Number: other.Value})); got != fmt.Sprint([]string{contact + " " + other.Value}) {
		t.Errorf("the list of the other number is %v", got)
	}
	change(all, false, 1)
	if got := w.outList(message.OptOutFilter{Contact: contact}); len(got) != 0 {
		t.Errorf("the list is %v", got)
	}
	// The provider knows, too.
	for _, c := range w.Claim(10) {
		w.Settle(Ends(c, message.Accepted, message.Sent, message.NewID()))
	}
	w.Send("+15559990002", "hello")
	st := Ends(w.ClaimOne(), message.Refused, message.Failed)
	st.OptedOut, st.ErrorCode = true, "21610"
	w.Settle(st)
	if out, err := w.IsOptedOut(w.Ctx, w.Org.ID, w.Num.Value, "+15559990002"); err != nil || !out {
		t.Errorf("after the provider said so: %v %v", out, err)
	}
}

// staysStopped: a number that is removed and added again, or moved to another service so, is the number that was stopped.
func staysStopped(t *testing.T, w *World) {
	w.writes("STOP")
	value := w.Num.Value
	w.must(w.DeleteNumber(w.Ctx, w.Acct, w.Num.ID))
	w.Num = w.NewNumber(w.NewIntegration(w.Org, "another"), value, w.Ann.ID)
	w.refusedAsOptedOut(w.Num)
	if got := w.outList(message.OptOutFilter{Number: value}); len(got) != 1 {
		t.Errorf("the list of the number is %v", got)
	}
	// Said by who had stopped all numbers, it holds when one of the others is wanted again while the number is away.
	w.writes("START")
	all := message.OptOut{AccountID: w.Acct, OrgID: w.Org.ID, Contact: contact, Since: w.Now, Source: message.ByAPI}
	_, err := w.ChangeOptOuts(w.Ctx, []message.OptOut{all}, true, "key-1")
	w.must(err)
	w.writes("STOP")
	if owed := w.owed(); len(owed) != 1 {
		t.Errorf("%d confirmations are owed, want the first one's", len(owed))
	}
	stopped := w.Num
	w.must(w.DeleteNumber(w.Ctx, w.Acct, stopped.ID))
	w.Num = w.NewNumber(w.Intg, "+15550000002", w.Ann.ID)
	w.writes("START")
	w.Send(contact, "welcome back")
	w.refusedAsOptedOut(w.NewNumber(w.Intg, stopped.Value, w.Ann.ID))
}

func reactsByRules(t *testing.T, w *World) {
	w.Num.Settings = `{"optout":{"keyword":"enough","autoreply":"","resubscribe":"any"},"autoreply":[{"key":"Hours","value":"9 to 5"},{"key":"*","value":"Hello! $to$ {{to}}"},{"key":"help","value":"call us"}]}`
	w.must(w.UpdateNumber(w.Ctx, w.Num))
	want := func(kind, text string) {
		t.Helper()
		owed := w.owed()
		switch {
		case text == "" && len(owed) > 0:
			t.Errorf("owed: %+v, want nothing", owed)
		case text != "" && (len(owed) != 1 || owed[0].Kind != kind || owed[0].Text != text):
			t.Errorf("owed: %+v, want %q", owed, text)
		}
		for _, o := range owed {
			w.must(w.DropReply(w.Ctx, o.ID))
		}
	}
	w.writes("good morning")
	want(message.AutoReply, "Hello! $to$ {{to}}")
	w.writes("hours?")
	want(message.AutoReply, "9 to 5")
	w.writes("and then?")
	want("", "")
	w.writes("ENOUGH")
	want("", "") // the provider confirms
	w.refusedAsOptedOut(w.Num)
	w.writes("HELP!")
	want(message.AutoHelp, "call us")
	w.refusedAsOptedOut(w.Num)
	w.writes("hours") // any text resumes
	want(message.AutoReply, "9 to 5")
	w.Send(contact, "welcome back")
	// An auto-reply at the other end does not keep ours going for ever.
	for range 10 {
		w.writes("hours")
	}
	if n := len(w.owed()); n > 5 {
		t.Errorf("%d answers are owed to one who keeps asking", n)
	}
}

// stopsAThousand: what waits for a contact who stops ends at the next look at its lane, however much it is, and what is behind it goes.
func stopsAThousand(t *testing.T, w *World) {
	many, looks := 1000, 8
	if !w.engine.Alone() {
		many = 300 // its answers take longer, and so many are more than one look takes
	}
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			if _, err := w.Accept(w.Ctx, w.Outbound(w.Num, contact, "queued")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	behind := w.Send("+15559990002", "behind")
	inFlight := w.ClaimOne()
	w.writes("STOP")
	w.Settle(Ends(inFlight, message.Accepted, message.Sent, "p1")) // it had begun
	begun := map[string]bool{}
	for n := 1; len(begun) == 0; n++ {
		if n > looks {
			t.Fatalf("after %d looks the lane is not through with what waited", looks)
		}
		for _, c := range w.Claim(10) {
			begun[c.Work.Message.ID] = true
			w.Settle(Ends(c, message.Accepted, message.Sent, "p2"))
		}
	}
	if !begun[behind] || len(begun) != 1 {
		t.Errorf("%d attempts began after the STOP, want the one at what was behind", len(begun))
	}
	counts := w.Conserved()
	if counts["outbound/failed"] != int64(many-1) || counts["outbound/sent"] != 2 || counts["waiting"] != 0 {
		t.Errorf("afterwards there are %v", counts)
	}
}

// nothingAfterStop races a STOP against queued and arriving sends: once it is answered, no attempt begins.
func nothingAfterStop(t *testing.T, w *World) {
	const races = 12
	for i := range races {
		to := fmt.Sprintf("+1555998%04d", i)
		for range 3 {
			w.Send(to, "queued")
		}
		var stopped atomic.Bool
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				for range 4 {
					late := stopped.Load()
					if _, err := w.Accept(w.Ctx, w.Outbound(w.Num, to, "arriving")); err == nil && late {
						t.Error("a message was accepted after the STOP was answered")
					}
				}
			})
			all.Go(func() {
				for range 4 {
					late := stopped.Load()
					list, _, err := w.ClaimSends(w.Ctx, time.Now(), 10)
					if err != nil {
						t.Error(err)
						return
					}
					for _, c := range list {
						for next := &c; next != nil; {
							if late && next.Work.Message.To == to {
								t.Error("an attempt began after the STOP was answered")
							}
							late = stopped.Load()
							st := Ends(*next, message.Accepted, message.Sent, message.NewID())
							st.More = true
							n, err := w.SettleSend(w.Ctx, st)
							if err != nil {
								t.Error(err)
								return
							}
							next = n
						}
					}
				}
			})
		}
		all.Go(func() {
			a := w.Arrival(to, "STOP", message.NewID())
			if err := w.ApplyCallback(w.Ctx, message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Now: time.Now(), Arrivals: []message.Arrival{a}}); err != nil {
				t.Error(err)
			}
			stopped.Store(true)
		})
		all.Wait()
		if out, err := w.IsOptedOut(w.Ctx, w.Org.ID, w.Num.Value, to); err != nil || !out {
			t.Errorf("after a STOP: %v %v", out, err)
		}
	}
}
