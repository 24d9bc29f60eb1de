package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// indexes has everything indexed that was said.
func (w *World) indexes() {
	w.t.Helper()
	for more := true; more; {
		var err error
		more, err = w.IndexSearch(w.Ctx)
		w.must(err)
	}
}

// finds are the texts that a search finds, page by page.
func (w *World) finds(f conversation.Search) (list []string) {
	w.t.Helper()
	f.AccountID = w.Acct
	for cursor := ""; ; {
		found, err := w.Search(w.Ctx, f, store.Page{Limit: 3, Cursor: cursor})
		w.must(err)
		for _, h := range found.Hits {
			list = append(list, h.Content)
		}
		if cursor = found.Next; cursor == "" {
			return list
		}
	}
}

// picks are the texts of the messages that a filter picks, page by page.
func (w *World) picks(f message.Filter) (list []string) {
	w.t.Helper()
	f.AccountID = w.Acct
	for cursor := ""; ; {
		views, next, err := w.Messages(w.Ctx, f, store.Page{Limit: 2, Cursor: cursor})
		w.must(err)
		for i := range views {
			list = append(list, views[i].Content)
		}
		if cursor = next; cursor == "" {
			return list
		}
	}
}

// searchesTraffic looks for texts among messages, beside every kind of the other filters.
func searchesTraffic(t *testing.T, w *World) {
	other := w.NewNumber(w.Intg, "+15550000002", w.Bob.ID)
	texts := []string{"say $to$ now", "hello one", "hello two", "José says hello", "😀 hello", "{{to}} hello %_", "nobody"}
	for i, text := range texts {
		n := w.Num
		if i%2 == 1 {
			n = other
		}
		_, err := w.Accept(w.Ctx, w.Outbound(n, number(i%3), text))
		w.must(err)
	}
	hello := []string{texts[5], texts[4], texts[3], texts[2], texts[1]}
	wantEqual(t, "before it is indexed", len(w.picks(message.Filter{Text: "hello"})), 0)
	w.indexes()
	org := w.Org.ID
	for _, c := range []struct {
		what string
		f    message.Filter
		want []string
	}{
		{"all of the account, in pages", message.Filter{Text: "hello"}, hello},
		{"of the organization", message.Filter{OrgID: org, Text: "HELLO"}, hello},
		{"of another organization", message.Filter{OrgID: "another", Text: "hello"}, nil},
		{"without accents", message.Filter{OrgID: org, Text: "jose"}, texts[3:4]},
		{"a picture", message.Filter{OrgID: org, Text: "😀"}, texts[4:5]},
		{"what looks like a pattern", message.Filter{OrgID: org, Text: "%_"}, texts[5:6]},
		{"what looks like a variable", message.Filter{OrgID: org, Text: "$to$"}, texts[0:1]},
		{"of a number", message.Filter{OrgID: org, Text: "hello", Number: other.Value}, []string{texts[5], texts[3], texts[1]}},
		{"to a contact", message.Filter{OrgID: org, Text: "hello", To: number(1)}, []string{texts[4], texts[1]}},
		{"that a user sees", message.Filter{OrgID: org, Text: "hello", UserID: w.Ann.ID}, []string{texts[4], texts[2]}},
		{"in one direction", message.Filter{OrgID: org, Text: "hello", Direction: message.Inbound}, nil},
		{"that stand there", message.Filter{OrgID: org, Text: "hello", Statuses: []message.Status{message.Queued}}, hello},
		{"that stand elsewhere", message.Filter{OrgID: org, Text: "hello", Statuses: []message.Status{message.Failed}}, nil},
		{"since then", message.Filter{OrgID: org, Text: "hello", Since: time.Now().Add(time.Hour)}, nil},
		{"spaces alone", message.Filter{OrgID: org, Text: "  "}, nil},
	} {
		wantEqual(t, c.what, w.picks(c.f), c.want)
	}
	if list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: "another", Text: "hello"}, store.Page{}); err != nil || len(list) != 0 {
		t.Errorf("another account finds %d, %v", len(list), err)
	}
	_, err := w.ExpireMessages(w.Ctx, time.Now().Add(240*time.Hour))
	w.must(err)
	dead := message.Filter{OrgID: org, Text: "hello t", Statuses: []message.Status{message.Expired}, Unresolved: true}
	wantEqual(t, "dead letters", w.picks(dead), texts[2:3])
	list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct, Text: "hello two"}, store.Page{})
	w.must(err)
	w.must(w.DismissMessage(w.Ctx, w.Acct, list[0].ID, time.Now()))
	wantEqual(t, "dead letters, once it is dismissed", w.picks(dead), []string(nil))
}

func searches(t *testing.T, w *World) {
	w.shared()
	texts := []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `say "x"`, `back\slash`, "José Niño", "so good 😀", "5 € only", "今日は東京です", strings.Repeat("long ", 320) + "end"}
	for i, text := range texts {
		w.writesIn(number(i%3), text, w.Now.Add(time.Duration(i)*time.Second))
	}
	if got := w.finds(conversation.Search{OrgID: w.Org.ID, Text: "there"}); len(got) != 0 {
		t.Errorf("found before it was indexed: %q", got)
	}
	w.indexes()
	for _, c := range []struct {
		text string
		want []string
	}{
		{"yes", texts[0:1]}, {"YE", texts[0:1]}, {"es", nil}, {"012", texts[1:2]}, {"~", texts[2:3]}, {"hi:", texts[3:4]}, {"there", texts[3:4]},
		{"$to$", texts[4:5]}, {"{{TO}}", texts[5:6]}, {"api key", texts[6:7]}, {`"x"`, texts[7:8]}, {`\`, texts[8:9]}, {"jose nino", texts[9:10]},
		{"niñ", texts[9:10]}, {"😀", texts[10:11]}, {"€", texts[11:12]}, {"東京", texts[12:13]}, {"京", texts[12:13]}, {"long end", texts[13:14]},
		{"nobody said this", nil}, {" ", nil},
	} {
		wantEqual(t, "search for "+c.text, w.finds(conversation.Search{OrgID: w.Org.ID, Text: c.text}), c.want)
	}
	wantEqual(t, "all of it, the newest first", w.finds(conversation.Search{Text: "to"}), []string{"{{to}}", "$to$"})

	// Of one number, of one contact, of one account.
	other := w.NewNumber(w.Intg, "+15550000002", w.Bob.ID)
	w.Send(number(1), "hello from one")
	a := w.Outbound(other, number(1), "hello from two")
	a.ConversationUser, a.Message.UserID = w.Bob.ID, w.Bob.ID
	_, err := w.Accept(w.Ctx, a)
	w.must(err)
	org := w.NewOrg("other.example")
	theirs := w.NewNumber(w.NewIntegration(org, "carrier"), "+15550000009")
	_, err = w.Accept(w.Ctx, w.Outbound(theirs, number(1), "hello from them"))
	w.must(err)
	w.indexes()
	both := []string{"hello from two", "hello from one"}
	wantEqual(t, "the organization's", w.finds(conversation.Search{OrgID: w.Org.ID, Text: "hello from"}), both)
	wantEqual(t, "the account's", w.finds(conversation.Search{Text: "hello from"}), append([]string{"hello from them"}, both...))
	wantEqual(t, "Bob's", w.finds(conversation.Search{OrgID: w.Org.ID, UserID: w.Bob.ID, Text: "hello from"}), both)
	wantEqual(t, "Ann's", w.finds(conversation.Search{OrgID: w.Org.ID, UserID: w.Ann.ID, Text: "hello from"}), both[1:])
	wantEqual(t, "the number's", w.finds(conversation.Search{OrgID: w.Org.ID, NumberID: other.ID, Text: "hello from"}), both[:1])
	wantEqual(t, "the contact's", w.finds(conversation.Search{OrgID: w.Org.ID, Contacts: []string{number(2)}, Text: "hello from"}), []string(nil))
	wantEqual(t, "the contact's", w.finds(conversation.Search{OrgID: w.Org.ID, Contacts: []string{number(2), number(1)}, Text: "hello from"}), both)
	wantEqual(t, "nobody's", w.finds(conversation.Search{OrgID: w.Org.ID, Contacts: []string{}, Text: "hello from"}), []string(nil))
	if found, err := w.Search(w.Ctx, conversation.Search{AccountID: "another", OrgID: w.Org.ID, Text: "hello"}, store.Page{}); err != nil || len(found.Hits) != 0 {
		t.Errorf("another account finds %+v %v", found, err)
	}
	n := *w.Num
	n.Users = []string{w.Bob.ID}
	w.must(w.UpdateNumber(w.Ctx, &n))
	wantEqual(t, "Ann's, who has left", w.finds(conversation.Search{OrgID: w.Org.ID, UserID: w.Ann.ID, Text: "hello from"}), []string(nil))
	// What a program's contact wrote to Ann alone.
	w.programWrites("crm-17", "hello from a program")
	w.indexes()
	wantEqual(t, "Ann's own", w.finds(conversation.Search{OrgID: w.Org.ID, UserID: w.Ann.ID, Text: "hello from"}), []string{"hello from a program"})
	wantEqual(t, "Bob's", w.finds(conversation.Search{OrgID: w.Org.ID, UserID: w.Bob.ID, Text: "from a program"}), []string(nil))

	_, err = w.Search(w.Ctx, conversation.Search{AccountID: w.Acct, Text: "hello"}, store.Page{Cursor: "x"})
	WantFault(t, err, fault.Invalid)
}

func searchKeepsStep(t *testing.T, w *World) {
	w.shared()
	m := w.writesIn(number(1), "secret word", w.Now)
	note := conversation.Note{ID: message.NewID(), AccountID: w.Acct, OrgID: w.Org.ID, ConversationID: m.ConversationID, By: conversation.Who{ID: w.Ann.ID}, Content: "noted word", Created: w.Now}
	w.must(w.KeepNote(w.Ctx, note))
	w.indexes()
	find := func(text string, want ...string) {
		t.Helper()
		wantEqual(t, "search for "+text, w.finds(conversation.Search{OrgID: w.Org.ID, UserID: w.Bob.ID, Text: text}), want)
	}
	find("word", "noted word", "secret word")
	w.must(w.EditMessage(w.Ctx, w.Acct, m.ID, message.Edit{At: w.Now, Content: "open word"}))
	find("secret") // at once: it is compared with the text as it stands
	w.indexes()
	find("word", "noted word", "open word")
	w.must(w.EditMessage(w.Ctx, w.Acct, m.ID, message.Edit{At: w.Now, Deleted: true}))
	w.must(w.DeleteNote(w.Ctx, conversation.Note{ID: note.ID, AccountID: w.Acct, ConversationID: m.ConversationID, Created: w.Now}))
	find("word")
	w.indexes()
	find("word")
	// Changed before it was ever indexed.
	late := w.writesIn(number(1), "first thought", w.Now)
	w.must(w.EditMessage(w.Ctx, w.Acct, late.ID, message.Edit{At: w.Now, Content: "second thought"}))
	w.indexes()
	find("thought", "second thought")
	// More than one batch, and more candidates than one page looks at.
	for i := range 700 {
		w.Send(number(i), fmt.Sprintf("bulk %d", i))
	}
	w.indexes()
	if got := w.finds(conversation.Search{OrgID: w.Org.ID, Text: "bulk"}); len(got) != 700 || got[0] != "bulk 699" || got[699] != "bulk 0" {
		t.Errorf("found %d", len(got))
	}
	find("bulk 42", "bulk 429", "bulk 428", "bulk 427", "bulk 426", "bulk 425", "bulk 424", "bulk 423", "bulk 422", "bulk 421", "bulk 420", "bulk 42")
	// A new life goes on from where the old one was.
	w.writesIn(number(1), "after the crash", w.Now)
	w.Reopen()
	w.indexes()
	find("after the crash", "after the crash")
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	find("bulk")
}

func findsContacts(t *testing.T, w *World) {
	var list []*directory.Contact
	for i, name := range []string{"José O'Neil", "Zoë", "田中 花子", "100% _x!"} {
		list = append(list, &directory.Contact{ID: directory.NewID(w.Now.Add(time.Duration(i) * time.Millisecond)), AccountID: w.Acct, OrgID: w.Org.ID,
			Name: name, Info: "{}", Addresses: []string{fmt.Sprintf("+4917100000%02d", i)}, Created: w.Now})
	}
	w.must(w.ImportContacts(w.Ctx, list))
	find := func(text string, want ...string) {
		t.Helper()
		found, err := w.Search(w.Ctx, conversation.Search{AccountID: w.Acct, OrgID: w.Org.ID, UserID: w.Ann.ID, Text: text}, store.Page{})
		w.must(err)
		var names []string
		for _, c := range found.Contacts {
			names = append(names, c.Name)
		}
		wantEqual(t, "contacts for "+text, names, want)
	}
	find("jose", "José O'Neil")
	find("ne", "José O'Neil")
	find("eil", "José O'Neil")
	find("il")
	find("zoe", "Zoë")
	find("花", "田中 花子")
	find("0% _x", "100% _x!")
	find("!", "100% _x!")
	find("0171 00000-02", "田中 花子")
	find("+49171000000", "100% _x!", "José O'Neil", "Zoë", "田中 花子")
	find("%", "100% _x!")
	list[1].Name = "Renamed"
	w.must(w.UpdateContacts(w.Ctx, list[1:2]))
	find("zoe")
	find("renam", "Renamed")
	other := w.NewOrg("other.example")
	if found, err := w.Search(w.Ctx, conversation.Search{AccountID: w.Acct, OrgID: other.ID, Text: "renam"}, store.Page{}); err != nil || len(found.Contacts) != 0 {
		t.Errorf("another organization finds %+v %v", found.Contacts, err)
	}
	if found, err := w.Search(w.Ctx, conversation.Search{AccountID: w.Acct, Text: "renam"}, store.Page{}); err != nil || len(found.Contacts) != 1 {
		t.Errorf("the account finds %+v %v", found.Contacts, err)
	}
}
