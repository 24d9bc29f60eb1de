package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

func refusesDuplicates(t *testing.T, w *World) {
	WantFault(t, w.CreateOrganization(w.Ctx, &directory.Organization{AccountID: w.Acct, Name: "x", Domain: "WEST.example"}), fault.Conflict)
	other := w.NewOrg("other.example")
	other.Domain = "West.Example"
	WantFault(t, w.UpdateOrganization(w.Ctx, other), fault.Conflict)
	WantFault(t, w.CreateUser(w.Ctx, &directory.User{AccountID: w.Acct, OrgID: w.Org.ID, Extension: "101"}), fault.Conflict)
	w.NewUser(other, "101") // of another organization
	foreign := w.NewIntegration(other, "carrier")
	WantFault(t, w.CreateNumber(w.Ctx, &directory.Number{AccountID: w.Acct, OrgID: other.ID, IntegrationID: foreign.ID, Value: w.Num.Value}), fault.Conflict)
	WantFault(t, w.CreateNumber(w.Ctx, &directory.Number{AccountID: w.Acct, OrgID: w.Org.ID, IntegrationID: foreign.ID, Value: "+15557"}), fault.Invalid)
	WantFault(t, w.CreateNumber(w.Ctx, &directory.Number{AccountID: w.Acct, OrgID: other.ID, IntegrationID: foreign.ID, Value: "+15557", Users: []string{w.Ann.ID}}), fault.Invalid)
	w.must(w.DeleteNumber(w.Ctx, w.Acct, w.Num.ID))
	w.NewNumber(foreign, w.Num.Value) // free again

	second := NewWorld(t, w.Store) // another account has the same of everything
	if second.Num.Value != w.Num.Value || second.Org.Domain != w.Org.Domain {
		t.Error("the second world is not like the first")
	}
}

func isolatesAccounts(t *testing.T, w *World) {
	them := NewWorld(t, w.Store)
	id := w.sent(number(1), "p1")
	callback := w.Kept()
	hook := w.webhook("")
	w.must(w.PutService(w.Ctx, w.Acct, "own", "v1", []byte("{}")))
	ack, err := w.Accept(w.Ctx, w.Outbound(w.Num, number(1), "x"))
	w.must(err)
	for what, err := range map[string]error{
		"message":      second(w.Message(w.Ctx, them.Acct, id)),
		"organization": second(w.Organization(w.Ctx, them.Acct, w.Org.ID)),
		"user":         second(w.User(w.Ctx, them.Acct, w.Ann.ID)),
		"extension":    second(w.UserByExtension(w.Ctx, them.Acct, w.Org.ID, "101")),
		"integration":  second(w.Integration(w.Ctx, them.Acct, w.Intg.ID)),
		"number":       second(w.Number(w.Ctx, them.Acct, w.Num.ID)),
		"conversation": second(w.Conversation(w.Ctx, them.Acct, ack.ConversationID)),
		"callback":     second(w.Callback(w.Ctx, them.Acct, callback)),
		"webhook":      second(w.Webhook(w.Ctx, them.Acct, hook.ID)),
		"cancel":       w.CancelMessage(w.Ctx, them.Acct, ack.ID, w.Now),
		"delete user":  w.DeleteUser(w.Ctx, them.Acct, w.Ann.ID),
		"delete org":   w.DeleteOrganization(w.Ctx, them.Acct, w.Org.ID),
		"delete hook":  w.DeleteWebhook(w.Ctx, them.Acct, hook.ID),
		"delete intg":  w.DeleteIntegration(w.Ctx, them.Acct, w.Intg.ID),
		"new user":     w.CreateUser(w.Ctx, &directory.User{AccountID: them.Acct, OrgID: w.Org.ID}),
		"new intg":     w.PutIntegration(w.Ctx, &directory.Integration{AccountID: them.Acct, OrgID: w.Org.ID, ServiceID: "carrier"}),
	} {
		if fault.CodeOf(err) != fault.NotFound || err == nil {
			t.Errorf("%s of another account: %v, want not found", what, err)
		}
	}
	if _, _, err := w.ServiceSource(w.Ctx, them.Acct, "own", ""); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another account's service file: %v", err)
	}
	if list, _, _ := w.Messages(w.Ctx, message.Filter{AccountID: them.Acct, OrgID: w.Org.ID}, store.Page{}); len(list) != 0 {
		t.Errorf("another account's messages: %+v", list)
	}
	if n, err := w.NumberByValue(w.Ctx, them.Acct, w.Num.Value); err != nil || n.ID == w.Num.ID {
		t.Errorf("the number of the same value is %+v, %v", n, err)
	}
}

func second[T any](_ T, err error) error { return err }

func refreshes(t *testing.T, w *World) {
	value := "+15551112222"
	if n, err := w.NumberByValue(w.Ctx, w.Acct, value); n != nil || err != nil {
		t.Fatalf("%+v, %v", n, err)
	}
	n := w.NewNumber(w.Intg, value)
	if got, _ := w.NumberByValue(w.Ctx, w.Acct, value); got == nil || got.ID != n.ID {
		t.Errorf("a new number is not seen: %+v", got)
	}
	n.Users, n.Name, n.SessionTimeout, n.SendName = []string{w.Bob.ID, w.Ann.ID}, "Sales", 90*time.Second, true
	w.must(w.UpdateNumber(w.Ctx, n))
	got, err := w.Number(w.Ctx, w.Acct, n.ID)
	w.must(err)
	if !got.Has(w.Bob.ID) || got.Name != "Sales" || got.SessionTimeout != 90*time.Second || !got.SendName {
		t.Errorf("a changed number is %+v", got)
	}
	got.Name = "not saved"
	if again, _ := w.Number(w.Ctx, w.Acct, n.ID); again.Name != "Sales" {
		t.Error("changing what was handed out changed what others get")
	}
	w.must(w.DeleteUser(w.Ctx, w.Acct, w.Bob.ID))
	if got, _ := w.Number(w.Ctx, w.Acct, n.ID); got.Has(w.Bob.ID) {
		t.Error("a deleted user is still assigned")
	}
	list, err := w.NumbersOfIntegration(w.Ctx, w.Acct, w.Intg.ID)
	w.must(err)
	if len(list) != 2 {
		t.Errorf("%d numbers", len(list))
	}
	w.must(w.DeleteNumber(w.Ctx, w.Acct, n.ID))
	if got, _ := w.NumberByValue(w.Ctx, w.Acct, value); got != nil {
		t.Error("a deleted number is still seen")
	}

	key := &directory.Key{ID: "k1", AccountID: w.Acct, Role: directory.UserRole, OrgID: w.Org.ID, UserID: w.Ann.ID, Name: "phone", Hint: "pb_1", Created: w.Now}
	hash := [32]byte{9}
	if k, err := w.KeyByHash(w.Ctx, hash); k != nil || err != nil {
		t.Fatalf("%+v, %v", k, err)
	}
	w.must(w.CreateKey(w.Ctx, key, hash))
	k, err := w.KeyByHash(w.Ctx, hash)
	w.must(err)
	want := *key
	want.Created = w.Now.UTC()
	wantEqual(t, "key", *k, want)
	WantFault(t, w.CreateKey(w.Ctx, &directory.Key{ID: "k2", AccountID: w.Acct, Role: directory.AccountAdmin}, hash), fault.Conflict)
	w.must(w.DeleteKey(w.Ctx, w.Acct, key.ID))
	if k, _ := w.KeyByHash(w.Ctx, hash); k != nil {
		t.Error("a deleted key still opens")
	}
}

func seals(t *testing.T, w *World) {
	secrets := map[string]string{"API key": "s3cr3t-value", "Empty": "", "Nasty": "a\"b\\c$to$\n"}
	w.must(w.PutIntegration(w.Ctx, &directory.Integration{AccountID: w.Acct, OrgID: w.Org.ID, ServiceID: "carrier", Enabled: true, Properties: secrets, Key: "url-key"}))
	w.Reopen()
	for what, get := range map[string]func() (*directory.Integration, error){
		"by id":      func() (*directory.Integration, error) { return w.Integration(w.Ctx, w.Acct, w.Intg.ID) },
		"by service": func() (*directory.Integration, error) { return w.IntegrationOf(w.Ctx, w.Acct, w.Org.ID, "carrier") },
		"in the list": func() (*directory.Integration, error) {
			list, err := w.IntegrationsOfService(w.Ctx, w.Acct, "carrier")
			return &list[0], err
		},
	} {
		i, err := get()
		w.must(err)
		wantEqual(t, what, i.Properties, secrets)
		if i.Key != "url-key" || !i.Enabled {
			t.Errorf("%s: %+v", what, i)
		}
	}
}

func keepsIntegrationIDs(t *testing.T, w *World) {
	again := &directory.Integration{AccountID: w.Acct, OrgID: w.Org.ID, ServiceID: "carrier", Enabled: true, Properties: map[string]string{"API key": "new"}}
	w.must(w.PutIntegration(w.Ctx, again))
	if again.ID != w.Intg.ID || !again.Created.Equal(w.Intg.Created.Truncate(time.Microsecond)) {
		t.Errorf("a second put made %s of %v, want %s of %v", again.ID, again.Created, w.Intg.ID, w.Intg.Created)
	}
	if i, _ := w.Integration(w.Ctx, w.Acct, w.Intg.ID); i.Properties["API key"] != "new" {
		t.Errorf("properties %v", i.Properties)
	}
	if other := w.NewIntegration(w.Org, "another"); other.ID == w.Intg.ID {
		t.Error("two services share an integration")
	}
	list, _, err := w.Integrations(w.Ctx, w.Acct, w.Org.ID, store.Page{})
	if err != nil || len(list) != 2 {
		t.Errorf("%d integrations, %v", len(list), err)
	}
}

func keepsVersions(t *testing.T, w *World) {
	w.must(w.PutService(w.Ctx, w.Acct, "own", "v1", []byte(`{"a":1}`)))
	w.must(w.PutService(w.Ctx, w.Acct, "own", "v2", []byte(`{"a":2}`)))
	w.must(w.PutService(w.Ctx, w.Acct, "own", "v2", []byte(`{"a":2}`)))
	want := func(version, source, ver string) {
		t.Helper()
		got, v, err := w.ServiceSource(w.Ctx, w.Acct, "own", version)
		if err != nil || string(got) != source || v != ver {
			t.Errorf("version %q: %s %s %v, want %s %s", version, got, v, err, source, ver)
		}
	}
	want("", `{"a":2}`, "v2")
	want("v1", `{"a":1}`, "v1")
	list, err := w.Services(w.Ctx, w.Acct)
	if err != nil || len(list) != 1 || list[0].Version != "v2" {
		t.Errorf("%+v, %v", list, err)
	}
	w.must(w.DeleteService(w.Ctx, w.Acct, "own"))
	want("v1", `{"a":1}`, "v1")
	_, _, err = w.ServiceSource(w.Ctx, w.Acct, "own", "")
	WantFault(t, err, fault.NotFound)
	WantFault(t, w.DeleteService(w.Ctx, w.Acct, "own"), fault.NotFound)
}

func ignoresCaseOfServices(t *testing.T, w *World) {
	w.must(w.PutService(w.Ctx, w.Acct, "Own.Service", "v1", []byte(`{"a":1}`)))
	for _, version := range []string{"", "v1"} {
		if got, v, err := w.ServiceSource(w.Ctx, w.Acct, "oWN.sERVICE", version); err != nil || string(got) != `{"a":1}` || v != "v1" {
			t.Errorf("version %q: %s %s %v", version, got, v, err)
		}
	}
	_, _, err := w.ServiceSource(w.Ctx, w.Acct, "Own_Service", "")
	WantFault(t, err, fault.NotFound)
}

// A database may give a new row the number of one that is gone; what still names that number must not show the new one.
func showsNothingInPlaceOfTheDeleted(t *testing.T, w *World) {
	theirs := NewWorld(t, w.Store)
	w.Send(number(1), "ours")
	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	theirs.Send(number(2), "theirs alone")
	for _, n := range w.notifications(message.NotificationFilter{}) {
		if n.Message != nil {
			t.Errorf("the account is shown %q of account %s", n.Message.Content, n.Message.AccountID)
		}
	}
	if list := theirs.notifications(message.NotificationFilter{}); len(list) != 1 || list[0].Message == nil || list[0].Message.Content != "theirs alone" {
		t.Errorf("theirs: %+v", list)
	}
}

func deletesOrganizations(t *testing.T, w *World) {
	other := w.NewOrg("other.example")
	theirs := w.NewNumber(w.NewIntegration(other, "carrier"), "+15550000009", w.NewUser(other, "101").ID)
	sent := w.sent(number(1), "p1")
	kept, err := w.Accept(w.Ctx, w.Outbound(theirs, number(1), "stays"))
	w.must(err)
	queued := w.Send(number(2), "goes")
	a := w.Arrival(number(1), "in", "m1")
	a.Media = []message.Media{{ID: "f1", SourceURL: "https://carrier.example/1"}}
	w.apply(message.Applied{Arrivals: []message.Arrival{a}})
	w.webhook(w.Org.ID)

	w.must(w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID))
	WantFault(t, w.DeleteOrganization(w.Ctx, w.Acct, w.Org.ID), fault.NotFound)
	for _, id := range []string{sent, queued} {
		_, err := w.Message(w.Ctx, w.Acct, id)
		WantFault(t, err, fault.NotFound)
	}
	_, err = w.User(w.Ctx, w.Acct, w.Ann.ID)
	WantFault(t, err, fault.NotFound)
	_, err = w.Media(w.Ctx, "f1")
	WantFault(t, err, fault.NotFound)
	if list, _, _ := w.Webhooks(w.Ctx, w.Acct, store.Page{}); len(list) != 0 {
		t.Errorf("webhooks %+v", list)
	}
	for _, n := range w.notifications(message.NotificationFilter{}) {
		if n.OrgID == w.Org.ID && n.Message != nil {
			t.Errorf("told of the dead: %+v", n)
		}
	}
	again := w.NewOrg("west.example")
	w.NewNumber(w.NewIntegration(again, "carrier"), w.Num.Value)
	if c := w.ClaimOne(); c.Work.Message.ID != kept.ID {
		t.Errorf("claimed %+v", c.Work.Message)
	}
}

func pages(t *testing.T, w *World) {
	var want []string
	for i := range 7 {
		want = append([]string{w.Send(number(i%2), fmt.Sprint(i))}, want...)
	}
	walk := func(f message.Filter, limit int) (got []string) {
		t.Helper()
		f.AccountID = w.Acct
		for p := (store.Page{Limit: limit}); ; {
			list, next, err := w.Messages(w.Ctx, f, p)
			w.must(err)
			if len(list) > limit {
				t.Fatalf("%d on a page of %d", len(list), limit)
			}
			for _, v := range list {
				got = append(got, v.ID)
			}
			if p.Cursor = next; next == "" {
				return got
			}
		}
	}
	for _, limit := range []int{1, 3, 7, 200} {
		wantEqual(t, fmt.Sprintf("pages of %d", limit), walk(message.Filter{}, limit), want)
		wantEqual(t, fmt.Sprintf("the organization's by %d", limit), walk(message.Filter{OrgID: w.Org.ID}, limit), want)
	}
	wantEqual(t, "of one contact", walk(message.Filter{To: number(1)}, 2), []string{want[1], want[3], want[5]})
	w.must(w.CancelMessage(w.Ctx, w.Acct, want[0], w.Now))
	wantEqual(t, "cancelled", walk(message.Filter{Statuses: []message.Status{message.Cancelled}, From: w.Num.Value, Direction: message.Outbound}, 2), want[:1])
	wantEqual(t, "inbound", walk(message.Filter{Direction: message.Inbound}, 2), []string(nil))

	for i := range 4 {
		w.NewOrg(fmt.Sprintf("%d.example", i))
	}
	var domains []string
	for p := (store.Page{Limit: 2}); ; {
		list, next, err := w.Organizations(w.Ctx, w.Acct, p)
		w.must(err)
		for _, o := range list {
			domains = append(domains, o.Domain)
		}
		if p.Cursor = next; next == "" {
			break
		}
	}
	slices.Sort(domains)
	wantEqual(t, "organizations", domains, []string{"0.example", "1.example", "2.example", "3.example", "west.example"})
	for _, cursor := range []string{"!", "AAAA", "c2Fi", "dA"} {
		_, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct}, store.Page{Cursor: cursor})
		WantFault(t, err, fault.Invalid)
	}
}

func showsUsers(t *testing.T, w *World) {
	group := w.Send(number(1), "group")
	a := w.Outbound(w.Num, number(2), "Ann's own")
	a.ConversationUser = w.Ann.ID
	private, err := w.Accept(w.Ctx, a)
	w.must(err)
	n := *w.Num
	n.Users = []string{w.Ann.ID, w.Bob.ID}
	w.must(w.UpdateNumber(w.Ctx, &n))
	stranger := w.NewUser(w.Org, "103")
	for user, want := range map[string][]string{w.Ann.ID: {private.ID, group}, w.Bob.ID: {group}, stranger.ID: nil, "": {private.ID, group}} {
		list, _, err := w.Messages(w.Ctx, message.Filter{AccountID: w.Acct, OrgID: w.Org.ID, UserID: user}, store.Page{})
		w.must(err)
		var got []string
		for _, v := range list {
			got = append(got, v.ID)
		}
		wantEqual(t, "messages of "+user, got, want)
		conversations, _, err := w.Inbox(w.Ctx, conversation.Filter{AccountID: w.Acct, OrgID: w.Org.ID, UserID: user}, store.Page{})
		if err != nil || len(conversations) != len(want) {
			t.Errorf("user %q sees %d conversations, want %d; %v", user, len(conversations), len(want), err)
		}
	}
}
