package storetest

import (
	"strings"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// belonging is Ann's conversation with the contact, who is a phone, as a program names it.
func (w *World) belonging(id string) message.Belonging {
	return message.Belonging{AccountID: w.Acct, OrgID: w.Org.ID, ID: id, NumberID: w.Num.ID, Contact: contact, Owner: w.Ann.ID}
}

// past is a text of the contact that a program brings.
func (w *World) past(text string, at time.Time) message.Message {
	return message.Message{ID: message.NewID(), AccountID: w.Acct, OrgID: w.Org.ID, NumberID: w.Num.ID, Direction: message.Inbound,
		From: contact, To: w.Num.Value, Content: text, Created: at}
}

func (w *World) keep(in message.Belonging, m message.Message) *message.View {
	w.t.Helper()
	ack, err := w.KeepMessage(w.Ctx, in, m, nil, time.Now())
	w.must(err)
	if ack.ID != m.ID || ack.Status != message.Read {
		w.t.Errorf("kept as %+v", ack)
	}
	return w.View(ack.ID)
}

func keepsHistory(t *testing.T, w *World) {
	w.Num.Settings = `{"autoreply":[{"key":"*","value":"Hello!"}]}`
	w.must(w.UpdateNumber(w.Ctx, w.Num))
	open := func() string {
		t.Helper()
		id, _, err := w.OpenConversation(w.Ctx, w.belonging(""), &message.Sender{Name: "Eve", Info: "{}", Addresses: []string{contact}}, w.Now)
		w.must(err)
		return id
	}
	id := open()
	if again := open(); again != id {
		t.Errorf("opened twice: %s and %s", id, again)
	}
	if names, err := w.ContactNames(w.Ctx, w.Org.ID, []string{contact}); err != nil || names[contact] != "Eve" {
		t.Errorf("names %v %v", names, err)
	}
	long := w.Now.Add(-1000 * time.Hour)
	for _, text := range []string{"yes", "STOP", "$to$", "{{to}}", `"`, `\`, "é", "😀", "", strings.Repeat("a", 1600)} {
		if v := w.keep(w.belonging(id), w.past(text, long)); v.Content != text || v.ConversationID != id || !v.Created.Equal(long) || v.Status != message.Read {
			t.Errorf("%q is kept as %+v", text, v.Message)
		}
	}
	call := w.past(`{"duration":1}`, w.Now)
	call.Kind, call.Direction, call.UserID = message.KindCall, message.Outbound, w.Ann.ID
	if v := w.keep(w.belonging(id), call); v.Kind != message.KindCall || v.Direction != message.Outbound {
		t.Errorf("a call is kept as %+v", v.Message)
	}
	// The past answers nothing, stops nothing, is new to nobody, and leaves no trace in lanes.
	if owed, out := w.owed(), w.outList(message.OptOutFilter{}); len(owed) != 0 || len(out) != 0 {
		t.Errorf("history is answered: %v, and stops %v", owed, out)
	}
	if got := w.notifications(message.NotificationFilter{Types: []string{message.MessageReceived, message.MessageStatus}}); len(got) != 0 {
		t.Errorf("history is told as new: %v", got)
	}
	if got := w.notifications(message.NotificationFilter{UserID: w.Ann.ID, Types: []string{message.ConversationUpdated}}); len(got) != 12 {
		t.Errorf("%d changes of the conversation were told, want its opening and each message", len(got))
	}
	if got := w.Claim(10); len(got) != 0 {
		t.Errorf("history is to be sent: %v", got)
	}
	if counts := w.Conserved(); counts["kept/read"] != 1 || counts["accepted"] != 0 {
		t.Errorf("counts %v", counts)
	}
	// It is found by when it was.
	chats := func(begin, end time.Time) []message.Chat {
		t.Helper()
		list, _, err := w.Chats(w.Ctx, w.Acct, w.Org.ID, w.Num.ID, begin, end, store.Page{})
		w.must(err)
		return list
	}
	if got := chats(long.Add(-time.Second), long.Add(time.Second)); len(got) != 1 || got[0].ID != id || got[0].Messages != 10 || !got[0].Begin.Equal(long) || got[0].Contact != contact || got[0].UserID != w.Ann.ID {
		t.Errorf("chats then: %+v", got)
	}
	if got := chats(long.Add(-2*time.Hour), long.Add(-time.Hour)); len(got) != 0 {
		t.Errorf("chats before: %+v", got)
	}
	_, err := w.KeepMessage(w.Ctx, w.belonging("nobody"), w.past("x", w.Now), nil, w.Now)
	WantFault(t, err, fault.NotFound)
	stranger := w.belonging(id)
	stranger.AccountID = "another"
	_, err = w.KeepMessage(w.Ctx, stranger, w.past("x", w.Now), nil, w.Now)
	WantFault(t, err, fault.NotFound)
}

// Ann's own conversation has joined the group's, and is closed with that.
func goesOnElsewhere(t *testing.T, w *World) {
	w.sticky()
	at := w.Now.Add(-24 * time.Hour)
	own := w.says(w.Ann, "Ann begins", at)
	w.says(w.Bob, "Bob begins", at.Add(90*time.Minute))
	group := w.hears("late: Bob's becomes the group's", at.Add(4*time.Hour))
	w.says(w.Ann, "Ann again", at.Add(5*time.Hour))
	w.hears("late: Ann's joins it", at.Add(10*time.Hour))
	if c, err := w.Conversation(w.Ctx, w.Acct, own.ConversationID); err != nil || !c.Closed || own.ConversationID == group.ConversationID {
		t.Fatalf("Ann's is %+v %v", c, err)
	}
	in := w.belonging(own.ConversationID)
	in.Owner, in.Timeout = "", time.Hour
	if v := w.keep(in, w.past("history", at)); v.ConversationID != group.ConversationID {
		t.Errorf("history is in %s, and the open conversation is %s", v.ConversationID, group.ConversationID)
	}
	want(t, "Bob", w.sees(w.Bob)[5:], "history")
}

func tellsPrograms(t *testing.T, w *World) {
	in := w.programWrites("crm-17", "hello")
	found, err := w.ProgramsConversation(w.Ctx, w.Acct, w.Ann.ID, "crm-17")
	w.must(err)
	if found == nil || found.ID != in.ConversationID {
		t.Fatalf("the conversation is %+v", found)
	}
	for _, nobody := range [][2]string{{"another", w.Ann.ID}, {w.Acct, w.Bob.ID}} {
		if c, err := w.ProgramsConversation(w.Ctx, nobody[0], nobody[1], "crm-17"); err != nil || c != nil {
			t.Errorf("%v finds %v %v", nobody, c, err)
		}
	}
	se := message.Belonging{AccountID: w.Acct, OrgID: w.Org.ID, ID: in.ConversationID, Contact: "crm-17", Owner: w.Ann.ID, Outward: true, Writer: w.Ann.ID}
	tell := func(text string) string {
		t.Helper()
		ack, err := w.Tell(w.Ctx, se, message.Message{ID: message.NewID(), AccountID: w.Acct, OrgID: w.Org.ID, UserID: w.Ann.ID, From: "101", To: "crm-17", Content: text, Created: time.Now()}, nil, time.Now())
		w.must(err)
		return ack.ID
	}
	one, two := tell("one"), tell("two")
	w.WantStatus(one, message.Sent)
	if got := w.notifications(message.NotificationFilter{UserID: w.Ann.ID, Types: []string{message.MessageStatus}}); len(got) != 2 || got[0].Status != message.Sent {
		t.Errorf("told %v", got)
	}
	w.must(w.Report(w.Ctx, w.Acct, one, message.Delivered, time.Now()))
	w.must(w.ReadConversation(w.Ctx, w.Acct, in.ConversationID, message.Outbound, time.Now()))
	w.WantStatus(one, message.Read)
	w.WantStatus(two, message.Read)
	w.WantStatus(in.ID, message.Received)
	w.must(w.ReadConversation(w.Ctx, "another", in.ConversationID, message.Inbound, time.Now()))
	w.WantStatus(in.ID, message.Received)
	w.must(w.ReadConversation(w.Ctx, w.Acct, in.ConversationID, message.Inbound, time.Now()))
	w.WantStatus(in.ID, message.Read)
	if counts := w.Conserved(); counts["kept/read"] != 2 {
		t.Errorf("counts %v", counts)
	}
	before := len(w.notifications(message.NotificationFilter{UserID: w.Ann.ID}))
	w.must(w.Typing(w.Ctx, found, w.Ann.ID, time.Now()))
	got := w.notifications(message.NotificationFilter{UserID: w.Ann.ID})
	if len(got) != before+1 || !strings.Contains(string(got[before].Data), `"what":"typing"`) {
		t.Errorf("typing is told as %v", got[before:])
	}
	if theirs := w.notifications(message.NotificationFilter{UserID: w.Bob.ID}); len(theirs) != 0 {
		t.Errorf("Bob hears %v", theirs)
	}
}

func keepsEdits(t *testing.T, w *World) {
	id := w.sent(contact, "p1")
	original := w.View(id).Content
	edit := func(e message.Edit) error {
		e.At = time.Now()
		return w.EditMessage(w.Ctx, w.Acct, id, e)
	}
	texts := []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", `"`, `\`, "é", "😀", "€"}
	for _, text := range texts {
		w.must(edit(message.Edit{Content: text}))
		w.must(edit(message.Edit{Content: text})) // again: it stands so already
		v := w.View(id)
		if shown, changed, deleted := v.Shown(); shown != text || changed.IsZero() || deleted || v.Content != original {
			t.Errorf("%q is shown as %q; what travelled is %q", text, shown, v.Content)
		}
	}
	w.must(edit(message.Edit{Deleted: true}))
	w.must(edit(message.Edit{Deleted: true}))
	WantFault(t, edit(message.Edit{Content: "again"}), fault.Conflict)
	v := w.View(id)
	if shown, _, deleted := v.Shown(); shown != "" || !deleted || len(v.Edits) != len(texts)+1 || v.Status != message.Sent || v.Content != original {
		t.Errorf("deleted: %+v", v)
	}
	told := w.notifications(message.NotificationFilter{Types: []string{message.ConversationUpdated}})
	if len(told) != len(texts)+1 || told[0].Message == nil || told[0].Message.ID != id || !strings.Contains(string(told[len(texts)].Data), `"what":"deleted"`) {
		t.Errorf("told %d changes: %+v", len(told), told)
	}
	// What waits to be sent is what will be sent.
	waits := w.Send(contact, "waits")
	WantFault(t, w.EditMessage(w.Ctx, w.Acct, waits, message.Edit{At: w.Now, Content: "other"}), fault.Conflict)
	WantFault(t, w.EditMessage(w.Ctx, w.Acct, waits, message.Edit{At: w.Now, Deleted: true}), fault.Conflict)
	if c := w.ClaimOne(); c.Work.Message.Content != "waits" {
		t.Errorf("sends %q", c.Work.Message.Content)
	}
	WantFault(t, w.EditMessage(w.Ctx, "another", id, message.Edit{At: w.Now, Deleted: true}), fault.NotFound)
	WantFault(t, w.EditMessage(w.Ctx, w.Acct, "nobody", message.Edit{At: w.Now, Deleted: true}), fault.NotFound)
}
