// Package storetest is what a store must do, whatever database is underneath: one suite, run on every engine.
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/secret"
	"patchbay/internal/store"
)

// Engine opens databases of one kind.
type Engine interface {
	// Open opens a new, empty database. The test closes it.
	Open(t testing.TB) *store.Store
	// Reopen opens the database again that s was opened on, as after a crash: s is left as it is, and not used any more.
	Reopen(t testing.TB, s *store.Store) *store.Store
	// Alone reports whether whoever opens a database knows that nobody else lives: what was in flight is taken back at once.
	Alone() bool
	// Text is what becomes of a text with characters that the doors have replaced before.
	Text(s string) string
}

// Box is the key that the suite's databases are sealed with.
func Box() *secret.Box {
	b, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return b
}

// World is a store with an account, an organization, two users, an integration and a number.
type World struct {
	*store.Store
	t      testing.TB
	engine Engine

	Ctx  context.Context
	Acct string
	Org  *directory.Organization
	Ann  *directory.User
	Bob  *directory.User
	Intg *directory.Integration
	Num  *directory.Number
	Now  time.Time

	retained bool // messages are gone: the days count more than there are
}

// NewWorld fills a store.
func NewWorld(t testing.TB, s *store.Store) *World {
	t.Helper()
	w := &World{Store: s, t: t, Ctx: context.Background(), Now: time.Now().Truncate(time.Microsecond)}
	a := &directory.Account{ID: directory.NewAccountID(), Name: "Acme", Created: w.Now}
	w.Acct = a.ID
	var hash [32]byte
	copy(hash[:], a.ID)
	w.must(s.CreateAccount(w.Ctx, a, &directory.Key{ID: directory.NewID(w.Now), AccountID: a.ID, Role: directory.AccountAdmin, Created: w.Now}, hash))
	w.Org = &directory.Organization{AccountID: a.ID, Name: "Acme West", Domain: "west.example"}
	w.must(s.CreateOrganization(w.Ctx, w.Org))
	w.Ann = w.NewUser(w.Org, "101")
	w.Bob = w.NewUser(w.Org, "102")
	w.Intg = w.NewIntegration(w.Org, "carrier")
	w.Num = w.NewNumber(w.Intg, "+15550000001", w.Ann.ID)
	return w
}

func (w *World) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// NewOrg makes another organization.
func (w *World) NewOrg(domain string) *directory.Organization {
	w.t.Helper()
	o := &directory.Organization{AccountID: w.Acct, Name: domain, Domain: domain}
	w.must(w.CreateOrganization(w.Ctx, o))
	return o
}

// NewUser makes a user.
func (w *World) NewUser(o *directory.Organization, extension string) *directory.User {
	w.t.Helper()
	u := &directory.User{AccountID: w.Acct, OrgID: o.ID, Extension: extension, Name: "User " + extension}
	w.must(w.CreateUser(w.Ctx, u))
	return u
}

// NewIntegration enables a service.
func (w *World) NewIntegration(o *directory.Organization, service string) *directory.Integration {
	w.t.Helper()
	i := &directory.Integration{AccountID: w.Acct, OrgID: o.ID, ServiceID: service, Enabled: true, Properties: map[string]string{"API key": "k-" + service}}
	w.must(w.PutIntegration(w.Ctx, i))
	return i
}

// NewNumber adds a number.
func (w *World) NewNumber(i *directory.Integration, value string, users ...string) *directory.Number {
	w.t.Helper()
	n := &directory.Number{AccountID: w.Acct, OrgID: i.OrgID, IntegrationID: i.ID, Value: value, Users: users}
	w.must(w.CreateNumber(w.Ctx, n))
	return n
}

// Outbound is a message from the number to the contact, ready to be accepted.
func (w *World) Outbound(n *directory.Number, to, text string) message.Acceptance {
	now := time.Now()
	return message.Acceptance{
		LaneKey: n.IntegrationID + "/" + n.Value,
		Message: message.Message{ID: message.NewID(), AccountID: w.Acct, OrgID: n.OrgID, NumberID: n.ID, IntegrationID: n.IntegrationID,
			ServiceID: n.ServiceID, ServiceVersion: "v1", From: n.Value, To: to, Content: text, Encoding: "gsm7", Segments: 1, Parts: 1,
			Created: now, Expires: now.Add(24 * time.Hour)},
	}
}

// Send accepts a message to the contact and gives its id.
func (w *World) Send(to, text string) string {
	w.t.Helper()
	ack, err := w.Accept(w.Ctx, w.Outbound(w.Num, to, text))
	w.must(err)
	return ack.ID
}

// Claim claims at most n sends.
func (w *World) Claim(n int) []lane.Claimed[message.Send] {
	w.t.Helper()
	list, _, err := w.ClaimSends(w.Ctx, time.Now(), n)
	w.must(err)
	return list
}

// ClaimOne claims the one send that is due.
func (w *World) ClaimOne() lane.Claimed[message.Send] {
	w.t.Helper()
	list := w.Claim(1)
	if len(list) != 1 {
		w.t.Fatalf("claimed %d sends, want 1", len(list))
	}
	return list[0]
}

// leasesOver is when nobody's lease of now holds any more.
func (w *World) leasesOver() time.Time {
	if w.engine.Alone() {
		return time.Now()
	}
	return time.Now().Add(lane.LeaseFor)
}

// ClaimLeft claims the one send that a crash has left.
func (w *World) ClaimLeft() lane.Claimed[message.Send] {
	w.t.Helper()
	list, _, err := w.ClaimSends(w.Ctx, w.leasesOver(), 1)
	w.must(err)
	if len(list) != 1 {
		w.t.Fatalf("claimed %d sends, want 1", len(list))
	}
	return list[0]
}

// Ends is a settlement of a claimed send with this outcome and status.
func Ends(c lane.Claimed[message.Send], o message.Outcome, s message.Status, ids ...string) message.Settlement {
	return message.Settlement{LaneID: c.Lane.ID, Epoch: c.Lane.Epoch, MessageID: c.Work.Message.ID, Now: time.Now(), Status: s, MessageIDs: ids,
		PartTaken: o == message.Accepted,
		Attempt: message.Attempt{N: c.Work.N, Part: c.Work.Message.Part, At: c.Work.At, Duration: 3 * time.Millisecond, Outcome: o,
			Request: "POST / HTTP/1.1", Response: "HTTP/1.1 200 OK"}}
}

// Settle settles, and fails the test when it cannot.
func (w *World) Settle(s message.Settlement) *lane.Claimed[message.Send] {
	w.t.Helper()
	next, err := w.SettleSend(w.Ctx, s)
	w.must(err)
	return next
}

// Reopen goes on with the same database in a new life.
func (w *World) Reopen() { w.Store = w.engine.Reopen(w.t, w.Store) }

// On is the same world as another node sees it.
func (w *World) On(s *store.Store) *World {
	other := *w
	other.Store = s
	return &other
}

// View is the message of this id.
func (w *World) View(id string) *message.View {
	w.t.Helper()
	v, err := w.Message(w.Ctx, w.Acct, id)
	w.must(err)
	return v
}

// WantStatus fails the test when the message has another status.
func (w *World) WantStatus(id string, want message.Status) {
	w.t.Helper()
	if v := w.View(id); v.Status != want {
		w.t.Errorf("message is %s, want %s; history %v", v.Status, want, v.History)
	}
}

// Kept is a pending callback of the carrier.
func (w *World) Kept() string {
	w.t.Helper()
	c := &message.Callback{AccountID: w.Acct, ServiceID: "carrier", Method: "POST", URL: "https://us.example/services/carrier/a" + w.Acct,
		Body: []byte(`{"x":1}`), Events: []byte(`[]`), IntegrationIDs: []string{w.Intg.ID}}
	w.must(w.KeepCallback(w.Ctx, c))
	return c.ID
}

// Receipt applies a receipt as from a callback of its own.
func (w *World) Receipt(r message.Receipt) {
	w.t.Helper()
	if r.IntegrationIDs == nil {
		r.IntegrationIDs = []string{w.Intg.ID}
	}
	w.must(w.ApplyCallback(w.Ctx, message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Now: time.Now(), Receipts: []message.Receipt{r}}))
}

// Arrival is an inbound text.
func (w *World) Arrival(from, text, providerID string) message.Arrival {
	return message.Arrival{ProviderID: providerID, Message: message.Message{OrgID: w.Org.ID, NumberID: w.Num.ID, IntegrationID: w.Intg.ID,
		ServiceID: "carrier", ServiceVersion: "v1", From: from, To: w.Num.Value, Content: text}}
}

// Conserved fails the test when the counts do not add up.
func (w *World) Conserved() map[string]int64 {
	w.t.Helper()
	w.usageConserved()
	counts, err := w.Counts(w.Ctx)
	w.must(err)
	sum := int64(0)
	for _, s := range message.Statuses {
		sum += counts["outbound/"+string(s)]
	}
	if counts["accepted"] != sum+counts["removed"] {
		w.t.Errorf("accepted %d, but %d outbound messages and %d removed: %v", counts["accepted"], sum, counts["removed"], counts)
	}
	if counts["pending"] != counts["waiting"] {
		w.t.Errorf("lanes count %d pending, but %d messages wait: %v", counts["pending"], counts["waiting"], counts)
	}
	return counts
}

// WantFault fails the test when the error is of another code.
func WantFault(t testing.TB, err error, want fault.Code) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Errorf("got %v, want a fault %s", err, want)
	}
}

func number(i int) string { return fmt.Sprintf("+1666%07d", i) }
