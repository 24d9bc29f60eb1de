package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// shared is a number whose conversations are Ann's and Bob's together.
func (w *World) shared() {
	w.t.Helper()
	w.Num.Users = []string{w.Ann.ID, w.Bob.ID}
	w.must(w.UpdateNumber(w.Ctx, w.Num))
}

// writesIn has a contact write, and gives the message.
func (w *World) writesIn(from, text string, at time.Time) *message.View {
	w.t.Helper()
	a := w.Arrival(from, text, message.NewID())
	a.Message.ID, a.Message.Created, a.SessionTimeout = message.NewID(), at, w.Num.SessionTimeout
	w.must(w.ApplyCallback(w.Ctx, message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Now: at, Arrivals: []message.Arrival{a}}))
	return w.View(a.Message.ID)
}

// inbox is what a user's list shows.
func (w *World) inbox(u *directory.User, f conversation.Filter) []conversation.Item {
	w.t.Helper()
	f.AccountID, f.OrgID, f.UserID, f.Reader = w.Acct, w.Org.ID, u.ID, u.ID
	if !f.Closed {
		f.Open = true
	}
	list, _, err := w.Inbox(w.Ctx, f, store.Page{Limit: 200})
	w.must(err)
	return list
}

// contactsIn are the contacts of the conversations that a user's list shows, in its order.
func (w *World) contactsIn(u *directory.User, f conversation.Filter) (list []string) {
	w.t.Helper()
	for _, it := range w.inbox(u, f) {
		list = append(list, it.Contact)
	}
	return list
}

func (w *World) item(id string, u *directory.User) *conversation.Item {
	w.t.Helper()
	it, err := w.InboxItem(w.Ctx, w.Acct, id, u.ID)
	w.must(err)
	return it
}

// doings are what was told of conversations since, with who did it.
func (w *World) doings(u *directory.User) (list []string) {
	w.t.Helper()
	for _, n := range w.notifications(message.NotificationFilter{UserID: u.ID, Types: []string{message.ConversationUpdated}}) {
		list = append(list, string(n.Data))
	}
	return list
}

func listsConversations(t *testing.T, w *World) {
	w.shared()
	at := w.Now.Add(-time.Hour)
	var ids []string
	for i := range 7 {
		ids = append(ids, w.writesIn(number(i), fmt.Sprintf("first %d", i), at.Add(time.Duration(i)*time.Minute)).ConversationID)
	}
	eve := &directory.Contact{ID: directory.NewID(w.Now), AccountID: w.Acct, OrgID: w.Org.ID, Name: "Eve", Info: "{}", Addresses: []string{number(3)}, Created: w.Now}
	w.must(w.ImportContacts(w.Ctx, []*directory.Contact{eve}))

	// Pages go on from where the one before ended, while what is written moves to the top.
	f := conversation.Filter{AccountID: w.Acct, OrgID: w.Org.ID, UserID: w.Ann.ID, Reader: w.Ann.ID, Open: true}
	var got []string
	cursor := ""
	for page := 0; ; page++ {
		list, next, err := w.Inbox(w.Ctx, f, store.Page{Limit: 2, Cursor: cursor})
		w.must(err)
		for _, it := range list {
			got = append(got, it.Contact)
		}
		if page == 0 {
			w.writesIn(number(6), "again", at.Add(30*time.Minute))
			w.writesIn(number(0), "moves to the top", at.Add(31*time.Minute))
		}
		if cursor = next; next == "" {
			break
		}
	}
	wantEqual(t, "pages", got, []string{number(6), number(5), number(4), number(3), number(2), number(1)})
	wantEqual(t, "the order", w.contactsIn(w.Ann, conversation.Filter{}),
		[]string{number(0), number(6), number(5), number(4), number(3), number(2), number(1)})

	it := w.item(ids[3], w.Bob)
	if it.ContactName != "Eve" || it.ContactID != eve.ID || it.NumberValue != w.Num.Value || it.Unread != 1 || it.OptedOut || it.Blocked || it.UserID != "" {
		t.Errorf("shown as %+v", it)
	}
	if l := it.Last; l == nil || l.Content != "first 3" || l.Direction != message.Inbound || l.Status != message.Received || l.By.ID != "" || l.Files {
		t.Errorf("its last is %+v", it.Last)
	}
	a := w.Outbound(w.Num, number(3), "answer")
	a.Message.UserID, a.Message.URLs, a.Message.Created = w.Bob.ID, []string{"https://example.com/a.png"}, at.Add(40*time.Minute)
	ack, err := w.Accept(w.Ctx, a)
	w.must(err)
	if l := w.item(ids[3], w.Bob).Last; l == nil || l.ID != ack.ID || l.By != (conversation.Who{ID: w.Bob.ID, Name: w.Bob.Name}) || !l.Files || l.Status != message.Queued {
		t.Errorf("after an answer its last is %+v", l)
	}
	w.ClaimOne()
	if l := w.item(ids[3], w.Bob).Last; l.Status != message.Sending {
		t.Errorf("while it is sent its status is %s", l.Status)
	}
	w.writes("STOP")
	stopped := w.inbox(w.Ann, conversation.Filter{Contacts: []string{contact}})
	if len(stopped) != 1 || !stopped[0].OptedOut {
		t.Errorf("who has stopped: %+v", stopped)
	}
	_, err = w.BlockContacts(w.Ctx, directory.Contact{AccountID: w.Acct, OrgID: w.Org.ID, ID: eve.ID, Blocked: w.Now})
	w.must(err)
	if it := w.item(ids[3], w.Ann); !it.Blocked || it.Unread != 0 {
		t.Errorf("who is blocked: %+v", it)
	}

	// What others may not see is not there, whatever the filter.
	stranger := w.NewUser(w.Org, "103")
	wantEqual(t, "a stranger's", w.contactsIn(stranger, conversation.Filter{}), []string(nil))
	if list, _, err := w.Inbox(w.Ctx, conversation.Filter{AccountID: "another", OrgID: w.Org.ID, Open: true}, store.Page{}); err != nil || len(list) != 0 {
		t.Errorf("another account sees %+v %v", list, err)
	}
	_, err = w.InboxItem(w.Ctx, "another", ids[0], "")
	WantFault(t, err, fault.NotFound)
	all, _, err := w.Inbox(w.Ctx, conversation.Filter{AccountID: w.Acct}, store.Page{})
	if err != nil || len(all) != 8 || all[0].Unread != 0 {
		t.Errorf("the account's: %d %v", len(all), err)
	}
	for _, bad := range []string{"x", "c3h4", "bHgveA"} {
		_, _, err := w.Inbox(w.Ctx, f, store.Page{Cursor: bad})
		WantFault(t, err, fault.Invalid)
	}
}

func claims(t *testing.T, w *World) {
	w.shared()
	id := w.writesIn(number(1), "help", w.Now).ConversationID
	other := w.writesIn(number(2), "help", w.Now).ConversationID
	claim := func(id string, c conversation.Claim) error {
		c.At = time.Now()
		return w.ClaimConversation(w.Ctx, w.Acct, id, c)
	}
	holder := func(want string) {
		t.Helper()
		if got := w.item(id, w.Ann).Holder.ID; got != want {
			t.Errorf("it is %q's, want %q", got, want)
		}
	}
	w.must(claim(id, conversation.Claim{User: w.Ann.ID, By: w.Ann.ID}))
	w.must(claim(id, conversation.Claim{User: w.Ann.ID, By: w.Ann.ID}))
	WantFault(t, claim(id, conversation.Claim{User: w.Bob.ID, By: w.Bob.ID}), fault.Conflict)
	WantFault(t, claim(id, conversation.Claim{By: w.Bob.ID}), fault.Conflict)
	holder(w.Ann.ID)
	wantEqual(t, "Ann's", w.contactsIn(w.Ann, conversation.Filter{Mine: true}), []string{number(1)})
	wantEqual(t, "Bob's", w.contactsIn(w.Bob, conversation.Filter{Mine: true}), []string(nil))
	wantEqual(t, "nobody's", w.contactsIn(w.Bob, conversation.Filter{Unclaimed: true}), []string{number(2)})
	w.must(claim(id, conversation.Claim{User: w.Bob.ID, By: w.Bob.ID, Take: true}))
	holder(w.Bob.ID)
	w.must(claim(id, conversation.Claim{User: w.Ann.ID, By: w.Bob.ID, Take: true}))
	w.must(claim(id, conversation.Claim{By: w.Ann.ID}))
	w.must(claim(id, conversation.Claim{By: w.Ann.ID}))
	holder("")
	news := func(what, by, user string) string {
		return fmt.Sprintf(`{"id":%q,"orgid":%q,"what":%q,"by":%q,"user":%q}`, id, w.Org.ID, what, by, user)
	}
	wantEqual(t, "told", w.doings(w.Bob), []string{news("claimed", w.Ann.ID, w.Ann.ID), news("claimed", w.Bob.ID, w.Bob.ID),
		news("claimed", w.Bob.ID, w.Ann.ID), news("released", w.Ann.ID, w.Ann.ID)})

	stranger := w.NewUser(w.Org, "103")
	WantFault(t, claim(id, conversation.Claim{User: stranger.ID}), fault.Invalid)
	WantFault(t, claim("nobody", conversation.Claim{User: w.Ann.ID}), fault.NotFound)
	w.must(w.CloseConversation(w.Ctx, w.Acct, other, "", w.Now))
	WantFault(t, claim(other, conversation.Claim{User: w.Ann.ID}), fault.Conflict)
	private := w.programWrites("crm-17", "hello").ConversationID
	WantFault(t, claim(private, conversation.Claim{User: w.Ann.ID}), fault.Conflict)

	// Who leaves the number leaves what they have claimed there; who stays does not.
	w.must(claim(id, conversation.Claim{User: w.Ann.ID, By: w.Ann.ID}))
	w.must(w.UpdateNumber(w.Ctx, w.Num))
	holder(w.Ann.ID)
	w.Num.Users = []string{w.Bob.ID}
	w.must(w.UpdateNumber(w.Ctx, w.Num))
	holder("")
	w.must(claim(id, conversation.Claim{User: w.Bob.ID, By: w.Bob.ID}))
	w.must(w.DeleteUser(w.Ctx, w.Acct, w.Bob.ID))
	holder("")
}

func closesAndReopens(t *testing.T, w *World) {
	w.shared()
	first := w.writesIn(number(1), "one", w.Now).ConversationID
	closeIt := func(id string) { t.Helper(); w.must(w.CloseConversation(w.Ctx, w.Acct, id, w.Ann.ID, time.Now())) }
	closeIt(first)
	closeIt(first)
	wantEqual(t, "open", w.contactsIn(w.Ann, conversation.Filter{}), []string(nil))
	wantEqual(t, "closed", w.contactsIn(w.Ann, conversation.Filter{Closed: true}), []string{number(1)})
	w.must(w.ReopenConversation(w.Ctx, w.Acct, first, w.Bob.ID, time.Now()))
	w.must(w.ReopenConversation(w.Ctx, w.Acct, first, w.Bob.ID, time.Now()))
	if got := w.writesIn(number(1), "two", w.Now).ConversationID; got != first {
		t.Errorf("what is written goes into %s, not into the reopened %s", got, first)
	}
	closeIt(first)
	second := w.writesIn(number(1), "three", w.Now).ConversationID
	if second == first {
		t.Fatal("what is written goes into a closed conversation")
	}
	err := w.ReopenConversation(w.Ctx, w.Acct, first, w.Bob.ID, time.Now())
	WantFault(t, err, fault.Conflict)
	if !strings.Contains(err.Error(), second) {
		t.Errorf("%v does not name %s", err, second)
	}
	WantFault(t, w.ReopenConversation(w.Ctx, w.Acct, "nobody", "", time.Now()), fault.NotFound)
	WantFault(t, w.CloseConversation(w.Ctx, "another", second, "", time.Now()), fault.NotFound)
	both := w.inbox(w.Ann, conversation.Filter{Open: true, Closed: true})
	if len(both) != 2 {
		t.Errorf("both: %+v", both)
	}
	if n := len(w.doings(w.Ann)); n != 3 {
		t.Errorf("%d changes were told, want 3: %q", n, w.doings(w.Ann))
	}
	// What has joined the group's is in no list, and does not come back.
	w.sticky()
	at := w.Now.Add(-24 * time.Hour)
	own := w.says(w.Ann, "Ann begins", at)
	w.says(w.Bob, "Bob begins", at.Add(90*time.Minute))
	group := w.hears("late: Bob's becomes the group's", at.Add(4*time.Hour))
	w.hears("late: Ann's joins it", at.Add(10*time.Hour))
	if c, err := w.Conversation(w.Ctx, w.Acct, own.ConversationID); err != nil || c.Joined != group.ConversationID {
		t.Fatalf("Ann's is %+v %v", c, err)
	}
	WantFault(t, w.ReopenConversation(w.Ctx, w.Acct, own.ConversationID, "", time.Now()), fault.Conflict)
	for _, it := range w.inbox(w.Ann, conversation.Filter{Open: true, Closed: true}) {
		if it.ID == own.ConversationID {
			t.Error("what has become part of another conversation is listed")
		}
	}
}

func reads(t *testing.T, w *World) {
	before := w.writesIn(number(1), "before Bob came", w.Now)
	w.shared()
	id := before.ConversationID
	var m []*message.View
	for i := range 3 {
		m = append(m, w.writesIn(number(1), fmt.Sprint(i), w.Now))
	}
	w.keep(message.Belonging{AccountID: w.Acct, OrgID: w.Org.ID, ID: id, NumberID: w.Num.ID, Contact: number(1)}, w.past("history", w.Now))
	w.Send(number(1), "an answer is not new to us")
	unread := func(ann, bob int) {
		t.Helper()
		if a, b := w.item(id, w.Ann).Unread, w.item(id, w.Bob).Unread; a != ann || b != bob {
			t.Errorf("new to Ann %d and to Bob %d, want %d and %d", a, b, ann, bob)
		}
	}
	unread(4, 3)
	w.must(w.MarkRead(w.Ctx, w.Acct, id, w.Ann.ID, m[0].ID, time.Now()))
	unread(2, 3)
	w.WantStatus(m[0].ID, message.Read)
	w.WantStatus(m[1].ID, message.Received)
	w.must(w.MarkRead(w.Ctx, w.Acct, id, w.Bob.ID, "", time.Now()))
	unread(2, 0)
	w.WantStatus(m[2].ID, message.Read)
	told := len(w.doings(w.Ann))
	w.must(w.MarkRead(w.Ctx, w.Acct, id, w.Bob.ID, m[1].ID, time.Now())) // a mark does not go back by reading
	unread(2, 0)
	if n := len(w.doings(w.Ann)); n != told {
		t.Errorf("nothing new was read, and %d were told", n-told)
	}
	w.must(w.MarkUnread(w.Ctx, w.Acct, id, w.Bob.ID, "", time.Now()))
	unread(2, 1)
	w.must(w.MarkUnread(w.Ctx, w.Acct, id, w.Bob.ID, m[1].ID, time.Now()))
	unread(2, 2)
	w.WantStatus(m[2].ID, message.Read)
	wantEqual(t, "with something new to Bob", w.contactsIn(w.Bob, conversation.Filter{Unread: true}), []string{number(1)})
	w.must(w.MarkRead(w.Ctx, w.Acct, id, w.Bob.ID, "", time.Now()))
	wantEqual(t, "with something new to Bob", w.contactsIn(w.Bob, conversation.Filter{Unread: true}), []string(nil))
	WantFault(t, w.MarkRead(w.Ctx, w.Acct, id, w.Bob.ID, "nothing", time.Now()), fault.Invalid)
	WantFault(t, w.MarkRead(w.Ctx, "another", id, w.Bob.ID, "", time.Now()), fault.NotFound)

	// Nobody counts further than they read.
	for i := range conversation.UnreadMax + 5 {
		w.writesIn(number(1), fmt.Sprint("more ", i), w.Now)
	}
	unread(conversation.UnreadMax, conversation.UnreadMax)
}

func keepsNotes(t *testing.T, w *World) {
	w.shared()
	m := w.writesIn(number(1), "one", w.Now)
	id := m.ConversationID
	told := len(w.notifications(message.NotificationFilter{Types: []string{message.MessageReceived, message.MessageStatus}}))
	at := w.item(id, w.Ann).LastAt
	var notes []string
	for _, text := range []string{"yes", "$to$", "{{to}}", `"`, `\`, "é", "😀", "STOP"} {
		n := conversation.Note{ID: message.NewID(), AccountID: w.Acct, OrgID: w.Org.ID, ConversationID: id, By: conversation.Who{ID: w.Ann.ID}, Content: text, Created: w.Now}
		w.must(w.KeepNote(w.Ctx, n))
		notes = append(notes, n.ID)
	}
	second := w.writesIn(number(1), "two", w.Now.Add(time.Second))
	entries := func(part conversation.Stretch, p store.Page) (list []string, next string) {
		t.Helper()
		found, next, err := w.Entries(w.Ctx, w.Acct, id, part, p)
		w.must(err)
		for _, e := range found {
			if e.Note != nil {
				if e.By != (conversation.Who{ID: w.Ann.ID, Name: w.Ann.Name}) {
					t.Errorf("a note by %+v", e.By)
				}
				list = append(list, "note "+e.Note.Content)
			} else {
				list = append(list, e.Message.Content)
			}
		}
		return list, next
	}
	all, _ := entries(conversation.Stretch{}, store.Page{})
	want := []string{"two", "note STOP", "note 😀", "note é", `note \`, `note "`, "note {{to}}", "note $to$", "note yes", "one"}
	wantEqual(t, "entries", all, want)
	var paged []string
	for cursor := ""; ; {
		list, next := entries(conversation.Stretch{}, store.Page{Limit: 3, Cursor: cursor})
		if paged = append(paged, list...); next == "" {
			break
		}
		cursor = next
	}
	wantEqual(t, "entries by page", paged, want)
	after, _ := entries(conversation.Stretch{After: notes[5]}, store.Page{})
	wantEqual(t, "after", after, want[:3])
	between, _ := entries(conversation.Stretch{After: m.ID, Before: notes[2]}, store.Page{})
	wantEqual(t, "between", between, []string{"note $to$", "note yes"})
	_, _, err := w.Entries(w.Ctx, w.Acct, id, conversation.Stretch{After: "nothing"}, store.Page{})
	WantFault(t, err, fault.Invalid)
	if list, _, err := w.Entries(w.Ctx, "another", id, conversation.Stretch{}, store.Page{}); err != nil || len(list) != 0 {
		t.Errorf("another account reads %v %v", list, err)
	}

	// A note leaves nowhere, answers nothing, and is no message.
	if it := w.item(id, w.Ann); it.Last.ID != second.ID || it.Unread != 2 {
		t.Errorf("the list shows %+v", it.Last)
	}
	if got := w.notifications(message.NotificationFilter{Types: []string{message.MessageReceived, message.MessageStatus}}); len(got) != told+1 {
		t.Errorf("notes were told as messages: %v", got)
	}
	if got := w.Claim(10); len(got) != 0 {
		t.Errorf("notes are to be sent: %v", got)
	}
	if list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct}, store.Page{}); err != nil || len(list) != 2 {
		t.Errorf("%d messages %v, want 2", len(list), err)
	}
	if it := w.item(id, w.Ann); !it.LastAt.Equal(at.Add(time.Second)) {
		t.Errorf("said last at %s, want a second after %s", it.LastAt, at)
	}

	gone := conversation.Note{ID: notes[0], AccountID: w.Acct, ConversationID: id, By: conversation.Who{ID: w.Bob.ID}, Created: w.Now}
	WantFault(t, w.DeleteNote(w.Ctx, gone), fault.Forbidden)
	gone.By.ID = w.Ann.ID
	w.must(w.DeleteNote(w.Ctx, gone))
	WantFault(t, w.DeleteNote(w.Ctx, gone), fault.NotFound)
	gone.ID, gone.By.ID = notes[1], ""
	w.must(w.DeleteNote(w.Ctx, gone))
	left, _ := entries(conversation.Stretch{}, store.Page{})
	wantEqual(t, "left", left, slices.Concat(want[:7], want[9:]))
	if told := w.doings(w.Bob); len(told) != 10 {
		t.Errorf("told %q", told)
	}

	// They end with the organization.
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	none, _ := entries(conversation.Stretch{}, store.Page{})
	wantEqual(t, "of an ended organization", none, []string(nil))
}
