package notify

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
	"patchbay/internal/secret"
	"patchbay/internal/store"
)

// office is one organization with a number, in a store of its own or beside others.
type office struct {
	t       testing.TB
	store   *store.Store
	account directory.Account
	org     directory.Organization
	users   []directory.User
	in      directory.Integration
	number  directory.Number
}

func openStore(t testing.TB) *store.Store {
	t.Helper()
	box, err := secret.NewBox(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{DataDir: t.TempDir(), Box: box, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newOffice makes one with so many users on its number.
func newOffice(t testing.TB, s *store.Store, number string, users int) *office {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	o := &office{t: t, store: s}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	o.account = directory.Account{ID: fmt.Sprintf("%x", sha256.Sum256([]byte(number)))[:32], Name: number, Created: now}
	key := directory.Key{ID: directory.NewID(now), AccountID: o.account.ID, Role: directory.AccountAdmin, Created: now}
	must(s.CreateAccount(ctx, &o.account, &key, sha256.Sum256([]byte("key of "+number))))
	o.org = directory.Organization{ID: directory.NewID(now), AccountID: o.account.ID, Name: number, Domain: "d" + number[1:], Status: 1, Params: "{}", Created: now}
	must(s.CreateOrganization(ctx, &o.org))
	o.in = directory.Integration{AccountID: o.account.ID, OrgID: o.org.ID, ServiceID: "acme", Enabled: true, Properties: map[string]string{}, Created: now}
	must(s.PutIntegration(ctx, &o.in))
	for i := range users {
		u := directory.User{
			ID: directory.NewID(now), AccountID: o.account.ID, OrgID: o.org.ID, Extension: fmt.Sprint(100 + i), Status: 1, Extra: "{}", Created: now,
		}
		must(s.CreateUser(ctx, &u))
		o.users = append(o.users, u)
	}
	o.number = directory.Number{
		ID: directory.NewID(now), AccountID: o.account.ID, OrgID: o.org.ID, IntegrationID: o.in.ID, ServiceID: "acme",
		Value: number, Country: "US", Settings: "{}", Created: now,
	}
	for _, u := range o.users {
		o.number.Users = append(o.number.Users, u.ID)
	}
	must(s.CreateNumber(ctx, &o.number))
	return o
}

// arrive commits a message from a contact, and with it a notification.
func (o *office) arrive(contact, text string, at time.Time) error {
	user := ""
	if len(o.number.Users) == 1 {
		user = o.number.Users[0]
	}
	cb := &message.Callback{
		ID: message.NewID(), AccountID: o.account.ID, ServiceID: "acme", ServiceVersion: "1", At: at, Method: "POST",
		IntegrationIDs: []string{o.in.ID}, State: message.CallbackPending,
	}
	ctx := context.Background()
	if err := o.store.KeepCallback(ctx, cb); err != nil {
		return err
	}
	return o.store.ApplyCallback(ctx, message.Applied{
		CallbackID: cb.ID, State: message.CallbackDone, Now: at,
		Arrivals: []message.Arrival{{ConversationUser: user, Message: message.Message{
			AccountID: o.account.ID, OrgID: o.org.ID, Direction: message.Inbound, NumberID: o.number.ID, IntegrationID: o.in.ID,
			ServiceID: "acme", ServiceVersion: "1", From: contact, To: o.number.Value, Content: text, Status: message.Received, Created: at,
		}}},
	})
}

// webhook makes one for the office's account.
func (o *office) webhook(url, format string, types ...string) directory.Webhook {
	o.t.Helper()
	w := directory.Webhook{
		ID: directory.NewID(time.Now()), AccountID: o.account.ID, URL: url, Types: types, Format: format, Secret: NewSecret(), Created: time.Now(),
	}
	if err := o.store.CreateWebhook(o.t.Context(), &w); err != nil {
		o.t.Fatal(err)
	}
	return w
}
