package storetest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"patchbay/internal/conversation"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

func (w *World) apply(a message.Applied) {
	w.t.Helper()
	if a.CallbackID == "" {
		a.CallbackID = w.Kept()
	}
	if a.State == "" {
		a.State = message.CallbackDone
	}
	w.must(w.ApplyCallback(w.Ctx, a))
}

func (w *World) inbound() []message.View {
	w.t.Helper()
	list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct, Direction: message.Inbound}, store.Page{Limit: 200})
	w.must(err)
	return list
}

func dedupes(t *testing.T, w *World) {
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			err := w.ApplyCallback(w.Ctx, message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Arrivals: []message.Arrival{w.Arrival(number(1), "hi", "m1")}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	list := w.inbound()
	if len(list) != 1 {
		t.Fatalf("%d messages out of a hundred identical callbacks", len(list))
	}
	v := list[0]
	if v.Status != message.Received || v.From != number(1) || v.To != w.Num.Value || v.Content != "hi" || v.AccountID != w.Acct || v.ConversationID == "" {
		t.Errorf("the message is %+v", v)
	}
	// The same id from another number of ours, or at another integration, is another message.
	other := w.NewNumber(w.Intg, "+15550000002")
	a := w.Arrival(number(1), "hi", "m1")
	a.Message.NumberID, a.Message.To = other.ID, other.Value
	b := w.Arrival(number(1), "hi", "M1") // ids are exact
	c, d := w.Arrival(number(1), "yes", ""), w.Arrival(number(1), "yes", "")
	w.apply(message.Applied{Arrivals: []message.Arrival{a, b, c, d}})
	if n := len(w.inbound()); n != 5 {
		t.Errorf("%d messages, want 5: without an id every delivery is one", n)
	}
}

func tellsLongNamesApart(t *testing.T, w *World) {
	long := rand.Text()
	for len(long) < 10<<10 {
		long += "é" + rand.Text() // nothing that a database could pack
	}
	for range 2 {
		for _, end := range []string{"a", "b"} {
			w.apply(message.Applied{Arrivals: []message.Arrival{w.Arrival(long+end, "by "+end, long+end)}})
			part := w.Arrival(long+end, "part", long+end)
			part.Part = message.TextPart{Ref: long, N: 1, Of: 2}
			w.apply(message.Applied{Arrivals: []message.Arrival{part}})
			w.Receipt(message.Receipt{Ref: long + end, Status: message.Delivered})
		}
	}
	list := w.inbound()
	if len(list) != 2 || list[0].From == list[1].From || !utf8.ValidString(list[0].From) || list[0].ConversationID == list[1].ConversationID {
		t.Errorf("%d messages of two senders, each sent twice", len(list))
	}
	if n := w.Conserved()["receipts/parked"]; n != 4 {
		t.Errorf("%d receipts are parked, want 4", n)
	}
}

func dedupesByWindow(t *testing.T, w *World) {
	arrive := func(text string, at time.Time) {
		a := w.Arrival(number(1), text, "")
		a.Window, a.Message.Created = time.Minute, at
		w.apply(message.Applied{Now: at, Arrivals: []message.Arrival{a}})
	}
	now := time.Now()
	arrive("yes", now)
	arrive("yes", now.Add(time.Second))
	arrive("no", now.Add(2*time.Second))
	if n := len(w.inbound()); n != 2 {
		t.Fatalf("%d messages, want yes and no", n)
	}
	a := w.Outbound(w.Num, number(1), "Sure?")
	a.Message.Created = now.Add(3 * time.Second)
	if _, err := w.Accept(w.Ctx, a); err != nil {
		t.Fatal(err)
	}
	arrive("yes", now.Add(4*time.Second)) // the answer to our next question
	arrive("yes", now.Add(5*time.Minute))
	if n := len(w.inbound()); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
}

func appliesOnce(t *testing.T, w *World) {
	id := w.Kept()
	a := message.Applied{CallbackID: id, State: message.CallbackDone, Arrivals: []message.Arrival{w.Arrival(number(1), "hi", "")}}
	var gone, done int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			err := w.ApplyCallback(w.Ctx, a)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				done++
			case errors.Is(err, store.ErrGone):
				gone++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if done != 1 || gone != 19 || len(w.inbound()) != 1 {
		t.Errorf("applied %d times, refused %d times, %d messages", done, gone, len(w.inbound()))
	}
	// A failing one leaves nothing behind, and can be tried again.
	id = w.Kept()
	bad := message.Applied{CallbackID: id, State: message.CallbackDone, Arrivals: []message.Arrival{w.Arrival(number(1), "good", ""), {}}}
	if err := w.ApplyCallback(w.Ctx, bad); err == nil {
		t.Error("a message to nobody was kept")
	}
	if c, err := w.Callback(w.Ctx, w.Acct, id); err != nil || c.State != message.CallbackPending || len(w.inbound()) != 1 {
		t.Errorf("after a failure: %+v, %v, %d messages", c, err, len(w.inbound()))
	}
	if err := w.ApplyCallback(w.Ctx, message.Applied{CallbackID: id, State: message.CallbackPending}); err == nil {
		t.Error("pending is no state to come to")
	}
}

func receivesOnce(t *testing.T, w *World) {
	c := message.Callback{ID: message.NewID(), AccountID: w.Acct, ServiceID: "carrier", At: time.Now(), State: message.CallbackDone, Body: []byte("x")}
	a := message.Applied{State: message.CallbackDone, Arrivals: []message.Arrival{w.Arrival(number(1), "hi", "")}}
	for range 2 {
		w.must(w.ReceiveCallback(w.Ctx, &c, a))
	}
	if n := len(w.inbound()); n != 1 {
		t.Errorf("%d messages out of one callback", n)
	}
}

func keepsUnmatched(t *testing.T, w *World) {
	c := &message.Callback{AccountID: w.Acct, ServiceID: "carrier", ServiceVersion: "v1", Method: "POST", URL: "https://us.example/x?number=1",
		Header: http.Header{"X-Sign": {"a", "b"}}, Body: []byte("\x00\xff{"), Number: "1", IntegrationIDs: []string{"i1", "i2"}, Events: []byte("[1]"),
		State: message.CallbackUnmatched, Reason: "no model reads it", At: w.Now}
	w.must(w.KeepCallback(w.Ctx, c))
	got, err := w.Callback(w.Ctx, w.Acct, c.ID)
	w.must(err)
	want := *c
	want.At = w.Now.UTC()
	wantEqual(t, "callback", *got, want)

	done := w.Kept()
	w.apply(message.Applied{CallbackID: done})
	list, _, err := w.Callbacks(w.Ctx, w.Acct, true, store.Page{})
	w.must(err)
	if len(list) != 1 || list[0].ID != c.ID {
		t.Errorf("unmatched: %+v", list)
	}
	if list, _, _ := w.Callbacks(w.Ctx, w.Acct, false, store.Page{}); len(list) != 2 || list[0].ID != done {
		t.Errorf("all: %+v", list)
	}

	WantFault(t, w.ReplayCallback(w.Ctx, w.Acct, done), fault.Conflict)
	WantFault(t, w.ReplayCallback(w.Ctx, "another", c.ID), fault.NotFound)
	w.must(w.ReplayCallback(w.Ctx, w.Acct, c.ID))
	pending, err := w.PendingCallbacks(w.Ctx, 10)
	w.must(err)
	if len(pending) != 1 || pending[0].ID != c.ID || pending[0].Reason != "" || len(pending[0].Events) != 0 {
		t.Errorf("pending after a replay: %+v", pending)
	}
	w.must(w.TryCallbacks(w.Ctx, []string{c.ID, done, "nothing"}, "life 1", w.Now))
	w.must(w.TryCallbacks(w.Ctx, []string{c.ID}, "life 1", w.Now.Add(time.Second)))
	w.must(w.TryCallbacks(w.Ctx, []string{c.ID}, "life 2", w.Now.Add(time.Minute)))
	if pending, err = w.PendingCallbacks(w.Ctx, 10); err != nil || pending[0].Tries != 2 || pending[0].TriedBy != "life 2" || !pending[0].TriedAt.Equal(w.Now.Add(time.Minute)) {
		t.Errorf("two lives have begun it: %+v, %v", pending, err)
	}
	w.apply(message.Applied{CallbackID: c.ID, State: message.CallbackUnmatched, Reason: "still none"})
	w.must(w.ReplayCallback(w.Ctx, w.Acct, c.ID))
	if pending, err = w.PendingCallbacks(w.Ctx, 10); err != nil || pending[0].Tries != 0 || pending[0].TriedBy != "" {
		t.Errorf("replayed, it counts anew: %+v, %v", pending, err)
	}
	w.apply(message.Applied{CallbackID: c.ID, State: message.CallbackUnmatched, Reason: "still none"})
	if got, _ := w.Callback(w.Ctx, w.Acct, c.ID); got.State != message.CallbackUnmatched || got.Reason != "still none" {
		t.Errorf("after the replay: %+v", got)
	}
}

func keepsMedia(t *testing.T, w *World) {
	a := w.Arrival(number(1), "look", "m1")
	a.Media = []message.Media{
		{ID: "file-1", N: 0, SourceURL: "https://carrier.example/1"},
		{ID: "file-2", N: 1, State: message.MediaStored, MediaType: "image/png", Size: 9, Path: "ab/file-2"},
	}
	w.apply(message.Applied{Arrivals: []message.Arrival{a}})
	now := time.Now()
	due, err := w.PendingMedia(w.Ctx, now.Add(time.Second), 10)
	w.must(err)
	if len(due) != 1 || due[0].ID != "file-1" || due[0].IntegrationID != w.Intg.ID || due[0].AccountID != w.Acct || due[0].ServiceVersion != "v1" {
		t.Fatalf("due %+v", due)
	}
	f := due[0]
	f.Tries = 1
	w.must(w.SaveMedia(w.Ctx, f, now.Add(time.Minute)))
	if due, _ := w.PendingMedia(w.Ctx, now.Add(30*time.Second), 10); len(due) != 0 {
		t.Error("due before its retry")
	}
	last, err := w.LastNotification(w.Ctx)
	w.must(err)
	f.State, f.MediaType, f.Size, f.Path, f.Tries = message.MediaStored, "image/jpeg", 1234, "cd/file-1", 2
	w.must(w.SaveMedia(w.Ctx, f, time.Time{}))
	if err := w.SaveMedia(w.Ctx, f, time.Time{}); !errors.Is(err, store.ErrGone) {
		t.Errorf("saved twice: %v", err)
	}
	v := w.inbound()[0]
	if len(v.Media) != 2 || v.Media[0] != f || v.Media[1].State != message.MediaStored {
		t.Errorf("media %+v", v.Media)
	}
	got, err := w.Media(w.Ctx, "file-1")
	w.must(err)
	wantEqual(t, "file", *got, f)
	_, err = w.Media(w.Ctx, "file-9")
	WantFault(t, err, fault.NotFound)
	unknown, err := w.UnknownMedia(w.Ctx, []string{"ab/file-2", "ab/file-9", "cd/file-1", ""})
	w.must(err)
	wantEqual(t, "paths without a row", unknown, []string{"ab/file-9", ""})
	news, err := w.NotificationsAfter(w.Ctx, message.NotificationFilter{AccountID: w.Acct}, last, 10)
	w.must(err)
	if len(news) != 1 || news[0].Type != message.ConversationUpdated {
		t.Errorf("told %+v", news)
	}
}

func arrivesFromPrograms(t *testing.T, w *World) {
	acks, err := w.Arrive(w.Ctx, w.Acct, time.Now(), []message.Arrival{
		{ConversationUser: w.Ann.ID, Message: message.Message{OrgID: w.Org.ID, From: "web visitor 7", To: "101", Content: "hello"}}})
	w.must(err)
	c, err := w.Conversation(w.Ctx, w.Acct, acks[0].ConversationID)
	w.must(err)
	if c.UserID != w.Ann.ID || c.NumberID != "" || c.Contact != "web visitor 7" {
		t.Errorf("conversation %+v", c)
	}
	for user, want := range map[string]int{w.Ann.ID: 1, w.Bob.ID: 0} {
		list, _, err := w.Inbox(w.Ctx, conversation.Filter{AccountID: w.Acct, OrgID: w.Org.ID, UserID: user}, store.Page{})
		w.must(err)
		if len(list) != want {
			t.Errorf("user %s sees %d conversations, want %d", user, len(list), want)
		}
	}
}

func sweeps(t *testing.T, w *World) {
	for i := range 3 {
		w.must(w.KeepCallback(w.Ctx, &message.Callback{AccountID: w.Acct, ServiceID: "carrier", State: message.CallbackUnmatched, Reason: fmt.Sprint(i)}))
	}
	w.apply(message.Applied{})
	w.Kept() // pending: it stays whatever its age
	w.Send(number(1), "a")
	w.Send(number(2), "b")
	w.must(w.Sweep(w.Ctx, time.Now().Add(31*24*time.Hour)))
	c := w.Conserved()
	if c["callbacks/unmatched"] != 0 || c["callbacks/done"] != 0 || c["callbacks/pending"] != 1 || c["accepted"] != 2 {
		t.Errorf("after a month: %v", c)
	}
	// The newest notification stays, or the next one would have its number.
	last, err := w.LastNotification(w.Ctx)
	w.must(err)
	w.Send(number(3), "c")
	if now, _ := w.LastNotification(w.Ctx); now <= last || last == 0 {
		t.Errorf("notifications went on with %d after %d", now, last)
	}
}

// Swept apart, done and unmatched ones would each find the oldest rows to be the other's, and stop.
func sweepsMixedCallbacks(t *testing.T, w *World) {
	const many = 2400
	var all sync.WaitGroup
	for worker := range 60 {
		all.Go(func() {
			for i := range many / 60 {
				state := message.CallbackDone
				if (worker+i)%3 == 0 {
					state = message.CallbackUnmatched
				}
				if err := w.KeepCallback(w.Ctx, &message.Callback{AccountID: w.Acct, ServiceID: "carrier", State: state, Reason: "r"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	w.must(w.Sweep(w.Ctx, time.Now().Add(29*24*time.Hour)))
	if c := w.Conserved(); c["callbacks/unmatched"]+c["callbacks/done"] != many {
		t.Fatalf("before their time: %v", c)
	}
	w.must(w.Sweep(w.Ctx, time.Now().Add(31*24*time.Hour)))
	if c := w.Conserved(); c["callbacks/unmatched"] != 0 || c["callbacks/done"] != 0 {
		t.Errorf("after a month: %v", c)
	}
}

func boundsWhatALookReads(t *testing.T, w *World) {
	body := bytes.Repeat([]byte("x"), 6<<20)
	var ids []string
	for range 6 {
		c := &message.Callback{AccountID: w.Acct, ServiceID: "carrier", Header: http.Header{"X": {"y"}}, Body: body, Events: []byte("[]")}
		w.must(w.KeepCallback(w.Ctx, c))
		ids = append(ids, c.ID)
	}
	list, _, err := w.Callbacks(w.Ctx, w.Acct, false, store.Page{})
	w.must(err)
	if len(list) != 6 || len(list[0].Body)+len(list[0].Events)+len(list[0].Header) != 0 {
		t.Errorf("a list of %d holds bodies", len(list))
	}
	for len(ids) > 0 {
		pending, err := w.PendingCallbacks(w.Ctx, 100)
		w.must(err)
		if len(pending) == 0 || len(pending) > 3 {
			t.Fatalf("%d callbacks of 6 MiB at once", len(pending))
		}
		for _, c := range pending {
			if c.ID != ids[0] || len(c.Body) != len(body) {
				t.Fatalf("got %s with %d bytes, want %s", c.ID, len(c.Body), ids[0])
			}
			w.apply(message.Applied{CallbackID: c.ID})
			ids = ids[1:]
		}
	}
}
