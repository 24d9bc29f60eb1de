package storetest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// NastyTexts are those that have broken somebody's store or template.
var NastyTexts = []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", "", strings.Repeat("x", 1600),
	"\x00", "a\x00b", "\xff", "a\xffb", "line\r\nline", "';--", "NULL", "\u202ebidi", strings.Repeat("é́", 800)}

func statuses(v *message.View) (list []message.Status) {
	for _, c := range v.History {
		list = append(list, c.Status)
	}
	return list
}

func wantEqual(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func sendsAndRecords(t *testing.T, w *World) {
	a := w.Outbound(w.Num, number(1), "hello")
	a.Message.UserID = w.Ann.ID
	a.Message.URLs = []string{"https://files.example/a.png", "https://files.example/b.png"}
	ack, err := w.Accept(w.Ctx, a)
	w.must(err)
	w.WantStatus(ack.ID, message.Queued)

	c := w.ClaimOne()
	if c.Work.N != 1 || c.Work.Unfinished || c.Work.Again || c.Work.Message.Part != 0 || c.Work.Tries != 0 || c.Work.At.IsZero() {
		t.Errorf("the first attempt is %+v", c.Work)
	}
	v := w.View(ack.ID)
	wantEqual(t, "the claimed message", c.Work.Message, v.Message)
	if len(v.Attempts) != 1 || v.Attempts[0].Outcome != "" || v.Status != message.Sending {
		t.Errorf("before its end an attempt shows as open; got %s %+v", v.Status, v.Attempts)
	}

	st := Ends(c, message.Accepted, message.Sent, "p1")
	st.Attempt.Request, st.Attempt.Response = "POST /x HTTP/1.1\r\n\r\n{}", "HTTP/1.1 200 OK\r\n\r\n{\"id\":\"p1\"}"
	if next := w.Settle(st); next != nil {
		t.Errorf("without asking for more, settling began %+v", next)
	}
	v = w.View(ack.ID)
	wantEqual(t, "provider ids", v.MessageIDs, []string{"p1"})
	wantEqual(t, "history", statuses(v), []message.Status{message.Queued, message.Sending, message.Sent})
	want := st.Attempt
	want.At, want.IntegrationID, want.ServiceID = c.Work.At, a.Message.IntegrationID, a.Message.ServiceID
	wantEqual(t, "attempts", v.Attempts, []message.Attempt{want})
	m := a.Message
	m.Direction, m.Status, m.ConversationID, m.Attempts, m.Part = message.Outbound, message.Sent, ack.ConversationID, 1, 1
	m.Created, m.Expires = m.Created.UTC().Truncate(time.Microsecond), m.Expires.UTC().Truncate(time.Microsecond)
	wantEqual(t, "the message", v.Message, m)
	if c := w.Conserved(); c["pending"] != 0 || c["outbound/sent"] != 1 || c["attempts/ended"] != 1 {
		t.Errorf("counts %v", c)
	}
}

func acceptsTogether(t *testing.T, w *World) {
	a := w.Outbound(w.Num, number(1), "hello")
	a.ConversationUser = w.Ann.ID
	ack, err := w.Accept(w.Ctx, a)
	w.must(err)
	c, err := w.Conversation(w.Ctx, w.Acct, ack.ConversationID)
	w.must(err)
	if c.Contact != number(1) || c.NumberID != w.Num.ID || c.UserID != w.Ann.ID || c.OrgID != w.Org.ID || c.Closed {
		t.Errorf("conversation %+v", c)
	}
	list, err := w.NotificationsAfter(w.Ctx, message.NotificationFilter{AccountID: w.Acct}, 0, 10)
	w.must(err)
	if len(list) != 1 || list[0].Type != message.MessageStatus || list[0].Status != message.Queued || list[0].MessageID != ack.ID || list[0].UserID != w.Ann.ID {
		t.Errorf("notifications %+v", list)
	}
	// The same id is never two messages, and what was refused leaves nothing behind.
	before := w.Conserved()
	_, err = w.Accept(w.Ctx, a)
	WantFault(t, err, fault.Conflict)
	wantEqual(t, "counts after a refusal", w.Conserved(), before)
}

func reusesConversations(t *testing.T, w *World) {
	group, err := w.Accept(w.Ctx, w.Outbound(w.Num, number(1), "a"))
	w.must(err)
	again, err := w.Accept(w.Ctx, w.Outbound(w.Num, number(1), "b"))
	w.must(err)
	private := w.Outbound(w.Num, number(1), "c")
	private.ConversationUser = w.Ann.ID
	own, err := w.Accept(w.Ctx, private)
	w.must(err)
	other, err := w.Accept(w.Ctx, w.Outbound(w.Num, number(2), "d"))
	w.must(err)
	if group.ConversationID != again.ConversationID {
		t.Error("the second message to a contact began another conversation")
	}
	if own.ConversationID == group.ConversationID || other.ConversationID == group.ConversationID || own.ConversationID == other.ConversationID {
		t.Error("a private one, the group's and another contact's are three conversations")
	}
	reply := w.Arrival(number(1), "re", "x1")
	reply.SessionTimeout = time.Hour // so that what is private stays so
	w.must(w.ApplyCallback(w.Ctx, message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Arrivals: []message.Arrival{reply}}))
	list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct, ConversationID: group.ConversationID}, firstPage)
	w.must(err)
	if len(list) != 3 {
		t.Errorf("the group's conversation has %d messages, want 3 with the reply", len(list))
	}
}

func keepsNastyTexts(t *testing.T, w *World) {
	for i, text := range NastyTexts {
		a := w.Outbound(w.Num, number(i), text)
		a.Message.ServiceVersion, a.Message.UserID = text, text
		ack, err := w.Accept(w.Ctx, a)
		w.must(err)
		st := Ends(w.ClaimOne(), message.Refused, message.Failed)
		st.ErrorText, st.Attempt.Request, st.Attempt.Response = text, text, text
		w.Settle(st)
		v := w.View(ack.ID)
		for what, got := range map[string]string{"content": v.Content, "version": v.ServiceVersion, "user": v.UserID, "error text": v.ErrorText,
			"request": v.Attempts[0].Request, "response": v.Attempts[0].Response} {
			if want := w.engine.Text(text); got != want {
				t.Errorf("%s %q came back as %q, want %q", what, text, got, want)
			}
		}
		c := &message.Callback{AccountID: w.Acct, ServiceID: "carrier", Body: []byte(text), Events: []byte(text)}
		w.must(w.KeepCallback(w.Ctx, c))
		kept, err := w.Callback(w.Ctx, w.Acct, c.ID)
		w.must(err)
		if string(kept.Body) != text || string(kept.Events) != text {
			t.Errorf("callback body %q came back as %q, events as %q", text, kept.Body, kept.Events)
		}
	}
}

func isIdempotent(t *testing.T, w *World) {
	a := w.Outbound(w.Num, number(1), "hello")
	a.IdempotencyKey, a.BodyHash = "key-1", [32]byte{1}
	first, err := w.Accept(w.Ctx, a)
	w.must(err)
	b := w.Outbound(w.Num, number(1), "hello")
	b.IdempotencyKey, b.BodyHash = a.IdempotencyKey, a.BodyHash
	second, err := w.Accept(w.Ctx, b)
	w.must(err)
	want := first
	want.Repeated = true
	wantEqual(t, "the second answer", second, want)

	b.BodyHash = [32]byte{2}
	_, err = w.Accept(w.Ctx, b)
	WantFault(t, err, fault.Invalid)

	if c := w.Conserved(); c["accepted"] != 1 {
		t.Errorf("accepted %d messages with one key", c["accepted"])
	}
	// After its time, the key is anybody's.
	w.must(w.Sweep(w.Ctx, time.Now().Add(25*time.Hour)))
	third, err := w.Accept(w.Ctx, b)
	w.must(err)
	if third.Repeated || third.ID == first.ID {
		t.Errorf("a day later the key still answers: %+v", third)
	}
}

// A number that moved takes none of its history along.
func isIdempotentWithinAnOrganization(t *testing.T, w *World) {
	a := w.Outbound(w.Num, number(1), "once")
	a.IdempotencyKey, a.BodyHash = "key", [32]byte{1}
	_, err := w.Accept(w.Ctx, a)
	w.must(err)
	w.must(w.DeleteNumber(w.Ctx, w.Acct, w.Num.ID))
	moved := w.NewNumber(w.NewIntegration(w.NewOrg("east.example"), "carrier"), w.Num.Value)
	b := w.Outbound(moved, number(1), "once")
	b.IdempotencyKey, b.BodyHash = a.IdempotencyKey, a.BodyHash
	ack, err := w.Accept(w.Ctx, b)
	WantFault(t, err, fault.Invalid)
	wantEqual(t, "told", ack, message.Ack{})
}

func isIdempotentUnderRace(t *testing.T, w *World) {
	ids := make(chan string, 100)
	var all sync.WaitGroup
	for range cap(ids) {
		all.Go(func() {
			a := w.Outbound(w.Num, number(1), "hello")
			a.IdempotencyKey, a.BodyHash = "key", [32]byte{1}
			ack, err := w.Accept(w.Ctx, a)
			if err != nil {
				t.Error(err)
			}
			ids <- ack.ID
		})
	}
	all.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Fatalf("two requests with one key got %s and %s", first, id)
		}
	}
	if c := w.Conserved(); c["accepted"] != 1 {
		t.Errorf("accepted %d", c["accepted"])
	}
}
