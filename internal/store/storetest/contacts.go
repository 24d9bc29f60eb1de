package storetest

import (
	"strings"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// knows keeps a contact of the organization.
func (w *World) knows(name string, addresses ...string) *directory.Contact {
	w.t.Helper()
	now := time.Now()
	c := &directory.Contact{ID: directory.NewID(now), AccountID: w.Acct, OrgID: w.Org.ID, Name: name, Info: `{"phone":[]}`, Addresses: addresses, CreatedBy: "key-1", Created: now}
	w.must(w.ImportContacts(w.Ctx, []*directory.Contact{c}))
	return c
}

func (w *World) contactNames(f directory.ContactFilter) string {
	w.t.Helper()
	f.AccountID, f.OrgID = w.Acct, w.Org.ID
	list, _, err := w.Contacts(w.Ctx, f, store.Page{})
	w.must(err)
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	return strings.Join(names, ",")
}

func keepsContacts(t *testing.T, w *World) {
	for _, text := range []string{"yes", "$to$", "{{to}}", `"`, `\`, "é", "😀", "~"} {
		c := w.knows(text, contact)
		kept, err := w.Contact(w.Ctx, w.Acct, w.Org.ID, c.ID)
		w.must(err)
		if kept.Name != text || len(kept.Addresses) != 1 || kept.CreatedBy != "key-1" || !kept.Blocked.IsZero() {
			t.Errorf("%q is kept as %+v", text, kept)
		}
		gone, err := w.DeleteContacts(w.Ctx, w.Acct, w.Org.ID, []string{c.ID, "nobody"})
		w.must(err)
		if len(gone) != 1 || gone[0] != c.ID {
			t.Errorf("%q: gone are %v", text, gone)
		}
	}
	ann := w.knows("Ann", contact, number(1))
	if again := w.knows("Ann", number(1)); again.ID != ann.ID {
		t.Error("a contact with the same name and number is kept twice")
	}
	bob := w.knows("Bob", number(1), number(1))
	if got := w.contactNames(directory.ContactFilter{}); got != "Ann,Bob" {
		t.Errorf("contacts are %s", got)
	}
	if got := w.contactNames(directory.ContactFilter{Address: contact}); got != "" {
		t.Errorf("the number that Ann no longer has is %s", got)
	}
	if names, err := w.ContactNames(w.Ctx, w.Org.ID, []string{number(1), number(2)}); err != nil || len(names) != 1 || names[number(1)] != "Ann" {
		t.Errorf("names %v %v", names, err)
	}
	// All or none.
	ann.Name, ann.Addresses = "Anna", []string{contact}
	stranger := *bob
	stranger.ID = "nobody"
	WantFault(t, w.UpdateContacts(w.Ctx, []*directory.Contact{ann, &stranger}), fault.NotFound)
	if got := w.contactNames(directory.ContactFilter{Address: number(1)}); got != "Ann,Bob" {
		t.Errorf("after a change that was refused: %s", got)
	}
	// Another organization's, and another account's, are not there.
	other := w.NewOrg("east.example")
	for _, at := range []struct{ account, org string }{{w.Acct, other.ID}, {"another", w.Org.ID}} {
		_, err := w.Contact(w.Ctx, at.account, at.org, ann.ID)
		WantFault(t, err, fault.NotFound)
		if gone, err := w.DeleteContacts(w.Ctx, at.account, at.org, []string{ann.ID}); err != nil || len(gone) != 0 {
			t.Errorf("%v deletes %v %v", at, gone, err)
		}
		moved := *ann
		moved.AccountID, moved.OrgID = at.account, at.org
		WantFault(t, w.UpdateContacts(w.Ctx, []*directory.Contact{&moved}), fault.NotFound)
		_, err = w.BlockContacts(w.Ctx, directory.Contact{ID: ann.ID, AccountID: at.account, OrgID: at.org, Blocked: w.Now})
		WantFault(t, err, fault.NotFound)
	}
	list, next, err := w.Contacts(w.Ctx, directory.ContactFilter{AccountID: w.Acct, OrgID: w.Org.ID}, store.Page{Limit: 1})
	w.must(err)
	rest, end, err := w.Contacts(w.Ctx, directory.ContactFilter{AccountID: w.Acct, OrgID: w.Org.ID}, store.Page{Limit: 1, Cursor: next})
	w.must(err)
	if len(list) != 1 || len(rest) != 1 || list[0].ID == rest[0].ID || end != "" {
		t.Errorf("pages %v %v %q", list, rest, end)
	}
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	if got := w.contactNames(directory.ContactFilter{}); got != "" {
		t.Errorf("of a deleted organization there is %s", got)
	}
}

func blocksContacts(t *testing.T, w *World) {
	w.Num.Settings = `{"autoreply":[{"key":"*","value":"Hello!"}]}`
	w.must(w.UpdateNumber(w.Ctx, w.Num))
	block := directory.Contact{AccountID: w.Acct, OrgID: w.Org.ID, Addresses: []string{contact}, Info: `{}`, Blocked: w.Now, BlockedBy: "key-1", About: "spam", Created: w.Now}
	free := block
	free.Blocked, free.BlockedBy, free.About = time.Time{}, "", ""
	_, err := w.BlockContacts(w.Ctx, free)
	WantFault(t, err, fault.NotFound)
	changed, err := w.BlockContacts(w.Ctx, block)
	w.must(err)
	if len(changed) != 1 || changed[0].ID == "" || changed[0].About != "spam" || changed[0].CreatedBy != "key-1" {
		t.Fatalf("blocked %+v", changed)
	}
	heard := func() int {
		return len(w.notifications(message.NotificationFilter{Types: []string{message.MessageReceived}}))
	}
	w.writes("hello?")
	if heard() != 0 || len(w.owed()) != 0 {
		t.Errorf("of a blocked contact: %d notifications, owed %v", heard(), w.owed())
	}
	rows, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct, From: contact}, firstPage)
	w.must(err)
	if len(rows) != 1 || rows[0].Content != "hello?" {
		t.Errorf("what a blocked contact wrote is not kept: %v", rows)
	}
	// A STOP is the law's, whoever writes it.
	w.writes("STOP")
	w.refusedAsOptedOut(w.Num)
	if owed := w.owed(); len(owed) != 1 || owed[0].Kind != message.AutoOptOut {
		t.Errorf("owed %+v, want the confirmation", owed)
	}
	if got := w.contactNames(directory.ContactFilter{Blocked: true}); got != "" || len(mustContacts(w)) != 1 {
		t.Errorf("blocked are %q", got)
	}
	changed, err = w.BlockContacts(w.Ctx, free)
	w.must(err)
	if len(changed) != 1 || !changed[0].Blocked.IsZero() || len(mustContacts(w)) != 0 {
		t.Errorf("freed %+v", changed)
	}
	w.writes("hello again")
	if heard() != 1 {
		t.Errorf("of a contact who is blocked no more: %d notifications", heard())
	}
	// By id, and an import changes nothing about it.
	ann := w.knows("Ann", number(1))
	block.ID, block.Addresses = ann.ID, nil
	_, err = w.BlockContacts(w.Ctx, block)
	w.must(err)
	w.knows("Ann", number(1))
	if kept, err := w.Contact(w.Ctx, w.Acct, w.Org.ID, ann.ID); err != nil || !kept.Blocked.Equal(w.Now) || kept.About != "spam" {
		t.Errorf("after an import: %+v %v", kept, err)
	}
	// What a program brings of a blocked contact makes no noise either.
	before := heard()
	w.programWrites(number(1), "psst")
	if heard() != before {
		t.Error("a program's message of a blocked contact is told")
	}
}

func mustContacts(w *World) []directory.Contact {
	w.t.Helper()
	list, _, err := w.Contacts(w.Ctx, directory.ContactFilter{AccountID: w.Acct, OrgID: w.Org.ID, Blocked: true}, store.Page{})
	w.must(err)
	return list
}

// programWrites has a contact write to Ann through a program.
func (w *World) programWrites(from, text string) message.Ack {
	w.t.Helper()
	acks, err := w.Arrive(w.Ctx, w.Acct, time.Now(), []message.Arrival{{ConversationUser: w.Ann.ID, Message: message.Message{OrgID: w.Org.ID, From: from, To: "101", Content: text}}})
	w.must(err)
	return acks[0]
}

func introducesSenders(t *testing.T, w *World) {
	arrive := func(name string) {
		t.Helper()
		_, err := w.Arrive(w.Ctx, w.Acct, time.Now(), []message.Arrival{{ConversationUser: w.Ann.ID,
			Message: message.Message{OrgID: w.Org.ID, From: "crm-17", To: "101", Content: "hi"},
			Sender:  &message.Sender{Name: name, Info: `{"email":["e@example.com"]}`, Addresses: []string{"crm-17", number(1)}}}})
		w.must(err)
	}
	arrive("Eve")
	arrive("Mallory") // an organization's own knowledge stands above what a sender says
	names, err := w.ContactNames(w.Ctx, w.Org.ID, []string{"crm-17", number(1)})
	w.must(err)
	if len(names) != 2 || names["crm-17"] != "Eve" || names[number(1)] != "Eve" {
		t.Errorf("names %v", names)
	}
}
