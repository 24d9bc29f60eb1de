package storetest

import (
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// sticky is a number that Ann and Bob share, with a session timeout of an hour.
func (w *World) sticky() *directory.Number {
	w.t.Helper()
	w.Num.Users, w.Num.SessionTimeout = []string{w.Ann.ID, w.Bob.ID}, time.Hour
	w.must(w.UpdateNumber(w.Ctx, w.Num))
	return w.Num
}

// says has a user write to the contact at that time, and gives the message.
func (w *World) says(u *directory.User, text string, at time.Time) *message.View {
	w.t.Helper()
	a := w.Outbound(w.Num, contact, text)
	a.Message.UserID, a.Message.Created, a.SessionTimeout = u.ID, at, w.Num.SessionTimeout
	ack, err := w.Accept(w.Ctx, a)
	w.must(err)
	return w.View(ack.ID)
}

// hears has the contact write at that time, and gives the message.
func (w *World) hears(text string, at time.Time) *message.View {
	w.t.Helper()
	a := w.Arrival(contact, text, message.NewID())
	a.Message.ID, a.Message.Created, a.SessionTimeout = message.NewID(), at, w.Num.SessionTimeout
	w.must(w.ApplyCallback(w.Ctx, message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Now: at, Arrivals: []message.Arrival{a}}))
	return w.View(a.Message.ID)
}

// sees are the texts that a user may read, the oldest first.
func (w *World) sees(u *directory.User) (texts []string) {
	w.t.Helper()
	list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct, OrgID: w.Org.ID, UserID: u.ID}, store.Page{Limit: 200})
	w.must(err)
	for i := range list {
		texts = append([]string{list[i].Content}, texts...)
	}
	return texts
}

func sticks(t *testing.T, w *World) {
	w.sticky()
	at := w.Now.Add(-24 * time.Hour)
	first := w.says(w.Ann, "Ann begins", at)
	within := w.hears("within", at.Add(time.Hour))
	if within.ConversationID != first.ConversationID || within.Status != message.Received {
		t.Errorf("a reply within the timeout is in conversation %s, not %s", within.ConversationID, first.ConversationID)
	}
	want(t, "Ann", w.sees(w.Ann), "Ann begins", "within")
	want(t, "Bob", w.sees(w.Bob))

	w.says(w.Bob, "Bob begins", at.Add(90*time.Minute))
	w.hears("to Bob", at.Add(2*time.Hour))
	want(t, "Ann", w.sees(w.Ann), "Ann begins", "within")
	want(t, "Bob", w.sees(w.Bob), "Bob begins", "to Bob")

	late := w.hears("late", at.Add(2*time.Hour+30*time.Minute+time.Second))
	want(t, "Ann", w.sees(w.Ann), "Ann begins", "within", "Bob begins", "to Bob", "late")
	want(t, "Bob", w.sees(w.Bob), "Bob begins", "to Bob", "late")
	if c, err := w.Conversation(w.Ctx, w.Acct, late.ConversationID); err != nil || c.UserID != "" || c.Closed {
		t.Errorf("what was late is in %+v, %v; want the group's", c, err)
	}
	// Ann's own is still hers, until it is late as well: then it joins the group's.
	w.says(w.Ann, "Ann again", at.Add(3*time.Hour))
	w.hears("to Ann", at.Add(3*time.Hour+time.Minute))
	want(t, "Bob", w.sees(w.Bob), "Bob begins", "to Bob", "late")
	joined := w.hears("much later", at.Add(10*time.Hour))
	if joined.ConversationID != late.ConversationID {
		t.Errorf("the group has two open conversations with one contact: %s and %s", joined.ConversationID, late.ConversationID)
	}
	all := []string{"Ann begins", "within", "Bob begins", "to Bob", "late", "Ann again", "to Ann", "much later"}
	want(t, "Ann", w.sees(w.Ann), all...)
	want(t, "Bob", w.sees(w.Bob), all...)
	if c, err := w.Conversation(w.Ctx, w.Acct, first.ConversationID); err != nil || !c.Closed {
		t.Errorf("the conversation that was joined is %+v, %v; want it closed", c, err)
	}
	// In the group's they answer as the group.
	if m := w.says(w.Bob, "answered", at.Add(11*time.Hour)); m.ConversationID != late.ConversationID {
		t.Errorf("an answer is in %s, want %s", m.ConversationID, late.ConversationID)
	}
}

// regroups: a number that gets a second user and has no timeout shows what its first one had alone.
func regroups(t *testing.T, w *World) {
	a := w.Arrival(contact, "alone", message.NewID())
	a.ConversationUser = w.Ann.ID
	w.must(w.ApplyCallback(w.Ctx, message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Now: time.Now(), Arrivals: []message.Arrival{a}}))
	want(t, "Ann", w.sees(w.Ann), "alone")
	w.Num.Users = []string{w.Ann.ID, w.Bob.ID}
	w.must(w.UpdateNumber(w.Ctx, w.Num))
	want(t, "Bob", w.sees(w.Bob))
	w.hears("together", time.Now())
	want(t, "Ann", w.sees(w.Ann), "alone", "together")
	want(t, "Bob", w.sees(w.Bob), "alone", "together")
	w.Num.Users = []string{w.Bob.ID}
	w.must(w.UpdateNumber(w.Ctx, w.Num))
	want(t, "Ann", w.sees(w.Ann))
}

func want(t *testing.T, who string, got []string, texts ...string) {
	t.Helper()
	if len(got) != len(texts) {
		t.Errorf("%s sees %q, want %q", who, got, texts)
		return
	}
	for i := range got {
		if got[i] != texts[i] {
			t.Errorf("%s sees %q, want %q", who, got, texts)
			return
		}
	}
}
