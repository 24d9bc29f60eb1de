package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

const day = 24 * time.Hour

// keeps says for how long the organization keeps things.
func (w *World) keeps(o *directory.Organization, r directory.Retention) {
	w.t.Helper()
	changed := *o
	changed.Retention = r
	w.must(w.UpdateOrganization(w.Ctx, &changed))
	kept, err := w.Organization(w.Ctx, w.Acct, o.ID)
	w.must(err)
	if kept.Retention != r {
		w.t.Fatalf("the organization keeps %+v, want %+v", kept.Retention, r)
	}
}

// taken sends a message that its provider takes.
func (w *World) taken(to, text, ref string) string {
	w.t.Helper()
	id := w.Send(to, text)
	c := w.ClaimOne()
	if c.Work.Message.ID != id {
		w.t.Fatalf("claimed %q", c.Work.Message.Content)
	}
	w.Settle(Ends(c, message.Accepted, message.Sent, ref))
	return id
}

func (w *World) isThere(id string) bool {
	w.t.Helper()
	_, err := w.Message(w.Ctx, w.Acct, id)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		w.t.Fatal(err)
	}
	return err == nil
}

// arrived keeps an inbound message.
func (w *World) arrived(from, text, providerID string) string {
	w.t.Helper()
	a := w.Arrival(from, text, providerID)
	a.Message.ID = message.NewID()
	w.apply(message.Applied{Arrivals: []message.Arrival{a}})
	return a.Message.ID
}

func retains(t *testing.T, w *World) {
	sent, in := w.taken(number(1), "$to$", "p1"), w.arrived(number(1), "{{to}}", "q1")
	quiet := w.arrived(number(2), "😀", "q2")
	failed := w.Send(number(3), "x")
	w.Settle(Ends(w.ClaimOne(), message.Refused, message.Failed))
	unclear := w.Send(number(4), "x")
	w.Settle(Ends(w.ClaimOne(), message.Maybe, message.Unclear))
	sending := w.Send(number(5), "x")
	st := Ends(w.ClaimOne(), message.Busy, message.Sending)
	st.RetryAt, st.Aside = time.Now().Add(time.Hour), true
	w.Settle(st)
	queued := w.Send(number(6), "x")
	open := []string{unclear, sending, queued}
	settled := []string{sent, in, quiet, failed}
	conversation := w.View(sent).ConversationID
	// Somebody else's.
	east := w.NewOrg("east.example")
	num := w.NewNumber(w.NewIntegration(east, "carrier"), "+15550000009")
	theirs := w.Outbound(num, number(1), "theirs")
	_, err := w.Accept(w.Ctx, theirs)
	w.must(err)
	w.must(w.CancelMessage(w.Ctx, w.Acct, theirs.Message.ID, time.Now()))

	at := func(days int) time.Time { return time.Now().Add(time.Duration(days)*day + time.Hour) }
	for _, c := range []struct {
		account, own int
		after        int
		gone         bool
	}{{0, 0, 1000, false}, {10, directory.Forever, 1000, false}, {0, 30, 29, false}, {5, 30, 29, false}, {30, 0, 29, false}, {0, 30, 30, true}} {
		w.must(w.UpdateAccount(w.Ctx, &directory.Account{ID: w.Acct, Name: "Acme", Retention: directory.Retention{Messages: c.account}}))
		w.keeps(w.Org, directory.Retention{Messages: c.own})
		w.keeps(east, directory.Retention{Messages: directory.Forever})
		w.must(w.Retain(w.Ctx, at(c.after)))
		for _, id := range settled {
			if w.isThere(id) == c.gone {
				t.Errorf("account %d, organization %d, after %d days: gone %v", c.account, c.own, c.after, !c.gone)
			}
		}
		w.Conserved()
	}
	for _, id := range append(open, theirs.Message.ID) {
		if !w.isThere(id) {
			t.Errorf("a message whose fate is open, or another organization's, is gone")
		}
	}
	if _, err := w.Conversation(w.Ctx, w.Acct, conversation); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a conversation without a message stays: %v", err)
	}
	if _, err := w.Conversation(w.Ctx, w.Acct, w.View(queued).ConversationID); err != nil {
		t.Errorf("a conversation with a message is gone: %v", err)
	}
	c := w.Conserved()
	if c["removed"] != 2 || c["attempts/ended"] != 2 {
		t.Errorf("afterwards there are %v", c)
	}
	// The conversation begins anew, and the number of what was removed is nobody else's.
	if id := w.Send(number(1), "again"); w.View(id).ConversationID == conversation {
		t.Error("it goes on in a conversation that is gone")
	}
}

// Faults A16: cut off anywhere, a purge converges.
func retainsInSteps(t *testing.T, w *World) {
	const many = 120
	w.keeps(w.Org, directory.Retention{Messages: 1})
	var arrivals []message.Arrival
	for i := range many {
		a := w.Arrival(number(i%7), fmt.Sprint(i), fmt.Sprint("q", i))
		a.Media = []message.Media{{ID: message.NewID(), State: message.MediaStored, Path: fmt.Sprintf("ab/%d", i)}}
		arrivals = append(arrivals, a)
	}
	for some := range slices.Chunk(arrivals, 50) {
		w.apply(message.Applied{Arrivals: some})
	}
	for i := range 3 {
		w.taken(number(i), "x", fmt.Sprint("p", i))
	}
	left := func() (n int) {
		list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct}, store.Page{Limit: 200})
		w.must(err)
		for _, v := range list {
			for _, f := range v.Media {
				if w.unknown(f.Path) {
					t.Error("a message shows a file that may be swept")
				}
			}
		}
		return len(list)
	}
	// A context that ends after so many looks at it cuts the purge off at another place each time.
	for n := 1; left() > 0; n++ {
		ctx := &ending{Context: w.Ctx, left: n}
		if err := w.Retain(ctx, time.Now().Add(2*day)); err == nil && left() > 0 {
			t.Fatalf("%d messages are left", left())
		}
		w.Conserved()
		if n > 1000 {
			t.Fatal("it does not come to an end")
		}
		if n%3 == 0 {
			w.Reopen()
		}
	}
	for i := range many {
		if !w.unknown(fmt.Sprintf("ab/%d", i)) {
			t.Fatal("a file of a message that is gone is still somebody's")
		}
	}
}

// Faults A16: a deletion that is cut off is finished at the next start.
func deletesInSteps(t *testing.T, w *World) {
	const many = 450 // more than two commits take
	var arrivals []message.Arrival
	for i := range many {
		a := w.Arrival(number(i%7), fmt.Sprint(i), fmt.Sprint("q", i))
		a.Media = []message.Media{{ID: message.NewID(), State: message.MediaStored, Path: fmt.Sprintf("ab/%d", i)}}
		arrivals = append(arrivals, a)
	}
	for some := range slices.Chunk(arrivals, 50) {
		w.apply(message.Applied{Arrivals: some})
	}
	left := func() (n int) {
		for i := range many {
			if !w.unknown(fmt.Sprintf("ab/%d", i)) {
				n++
			}
		}
		return n
	}
	for n := 1; fault.CodeOf(w.DeleteOrganization(&ending{Context: w.Ctx, left: n}, w.Acct, w.Org.ID)) != fault.NotFound; n++ {
		if n > 1000 {
			t.Fatal("it does not begin")
		}
	}
	if left() == 0 {
		t.Fatal("nothing was cut off: the test tests nothing")
	}
	w.Reopen()
	if n := left(); n != 0 {
		t.Errorf("after the next start %d files are still somebody's", n)
	}
	if c := w.Conserved(); c["inbound/received"] != 0 {
		t.Errorf("after the next start there are %v", c)
	}
	w.NewOrg("west.example") // its domain is free
}

// ending is a context that ends after it was asked so often.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

func (e *ending) Done() <-chan struct{} {
	done := make(chan struct{})
	if e.Err() != nil {
		close(done)
	}
	return done
}

func retainsFiles(t *testing.T, w *World) {
	w.keeps(w.Org, directory.Retention{Messages: 30, Media: 5})
	file := func(ref, path string) message.Arrival {
		a := w.Arrival(number(1), "text stays", ref)
		a.Message.ID = message.NewID()
		a.Media = []message.Media{{ID: message.NewID(), MediaType: "image/png", Name: "é.png", Size: 9, State: message.MediaStored, Path: path}}
		return a
	}
	first := file("q1", "ab/1")
	w.apply(message.Applied{Arrivals: []message.Arrival{first}})
	w.must(w.Retain(w.Ctx, time.Now().Add(4*day)))
	if w.unknown("ab/1") {
		t.Error("a young file is gone")
	}
	w.must(w.Retain(w.Ctx, time.Now().Add(6*day)))
	v := w.View(first.Message.ID)
	if f := v.Media[0]; !w.unknown("ab/1") || f.State != message.MediaFailed || f.Reason == "" || f.Name != "é.png" || v.Content != "text stays" {
		t.Errorf("the file is %+v", f)
	}
	// What comes later is looked at in its time, from where the last look ended.
	second := file("q2", "ab/2")
	w.apply(message.Applied{Arrivals: []message.Arrival{second}})
	w.must(w.Retain(w.Ctx, time.Now().Add(7*day)))
	if !w.unknown("ab/2") {
		t.Error("a later file stays")
	}
	// One whose fate is open is not forgotten for what comes after it.
	open := w.Outbound(w.Num, number(1), "picture")
	open.Media = []message.Media{{ID: message.NewID(), Name: "x", State: message.MediaStored, Path: "ab/3"}}
	_, err := w.Accept(w.Ctx, open)
	w.must(err)
	w.apply(message.Applied{Arrivals: []message.Arrival{file("q4", "ab/4")}})
	w.must(w.Retain(w.Ctx, time.Now().Add(7*day)))
	if w.unknown("ab/3") || !w.unknown("ab/4") {
		t.Error("an open message's file is gone, or a settled one's stays")
	}
	w.must(w.CancelMessage(w.Ctx, w.Acct, open.Message.ID, time.Now()))
	w.must(w.Retain(w.Ctx, time.Now().Add(7*day)))
	if !w.unknown("ab/3") {
		t.Error("the file of a message that was open before stays")
	}
}

func retainsCallbacks(t *testing.T, w *World) {
	east := w.NewOrg("east.example")
	theirs := w.NewIntegration(east, "carrier")
	callback := func(state message.CallbackState, of ...string) string {
		c := &message.Callback{AccountID: w.Acct, ServiceID: "carrier", State: state, Body: []byte("x"), IntegrationIDs: of}
		w.must(w.KeepCallback(w.Ctx, c))
		return c.ID
	}
	ours, both, other := callback(message.CallbackDone, w.Intg.ID), callback(message.CallbackDone, w.Intg.ID, theirs.ID), callback(message.CallbackDone, theirs.ID)
	pending, nobodys := callback(message.CallbackPending, w.Intg.ID), callback(message.CallbackUnmatched)
	want := func(days int, gone ...string) {
		t.Helper()
		w.must(w.Retain(w.Ctx, time.Now().Add(time.Duration(days)*day+time.Hour)))
		for name, id := range map[string]string{"ours": ours, "both's": both, "theirs": other, "pending": pending, "nobody's": nobodys} {
			_, err := w.Callback(w.Ctx, w.Acct, id)
			if there := err == nil; there == slices.Contains(gone, id) {
				t.Errorf("after %d days %s: there %v", days, name, there)
			}
		}
	}
	w.keeps(w.Org, directory.Retention{Callbacks: 3})
	want(2)
	want(3, ours)
	w.keeps(east, directory.Retention{Callbacks: 3}) // now what is both's is to go as well, though it was passed over
	want(3, ours, both, other)
	w.must(w.UpdateAccount(w.Ctx, &directory.Account{ID: w.Acct, Name: "Acme", Retention: directory.Retention{Callbacks: 5}}))
	want(4, ours, both, other)
	want(5, ours, both, other, nobodys)
}
