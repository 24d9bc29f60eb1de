package inbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/media"
	"patchbay/internal/message"
	"patchbay/internal/secret"
	"patchbay/internal/service"
	"patchbay/internal/store"
	"patchbay/internal/wire"
	"patchbay/services"
)

// acme is a provider whose callbacks are batches of messages and receipts, signed.
const acme = `{
  "id": "acme", "name": "Acme", "class": "sms",
  "properties": ["Secret"],
  "API": {"SendMessage": {"request_url": "https://api.example.com/send",
    "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$"}, "response_map": {"id": "$messageid$"}}},
  "Webhook": {
    "verify": {"hmac": {"algorithm": "sha256", "key": "$Secret$", "over": "$header.x-time$.$body$",
      "headers": {"X-Signature": "sha256=$signature|hex$", "X-Time": "$timestamp|unix$"}, "tolerance": "5m"}},
    "events": [
      {"event_type": "message", "request_parameters": {"events": [
        {"kind": "in", "id": "$messageid?$", "from": "$from$", "to": ["$to$"], "text": "$content?$", "files": ["$urls?$"]}]}},
      {"events": {"sent": "messageSent", "delivered": "messageDelivered", "failed": "messageFailed", "read": "messageRead", "*": "ignore"},
       "request_parameters": {"events": [{"kind": "$event_key$", "id": "$messageid$", "error": "$error_code?$"}]}}
    ]}
}`

// plainService is acme without signature or ids: the base format.
const plainService = `{
  "id": "plain", "name": "Plain", "class": "sms",
  "API": {"SendMessage": {"request_url": "https://api.example.com/send",
    "request_parameters": {"from": "$from$", "to": "$to$", "content": "$content$"}, "response_map": {"data": {"id": "$messageid$"}}}},
  "Webhook": [
    {"event_key": "message", "event_type": "message", "request_method": "POST",
     "request_parameters": {"method": "$event_key$", "params": {"from": "$from$", "to": "$to$", "content": "$content$"}}},
    {"event_key": "file", "event_type": "mms", "request_method": "POST",
     "request_parameters": {"method": "$event_key$", "params": {"from": "$from$", "to": "$to$", "text": "$text$", "url": "$url$"}}},
    {"event_key": "delivered", "event_type": "messageDelivered", "request_method": "POST",
     "request_parameters": {"method": "$event_key$", "params": {"messageid": "$messageid$"}}}
  ]
}`

// gate is the way in, with everything behind it but the network.
type gate struct {
	t     testing.TB
	store *store.Store
	shelf *service.Shelf
	flow  *Flow
	dir   string
	log   *logged
	close func() error
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newGate(t testing.TB) *gate {
	t.Helper()
	g := &gate{t: t, dir: t.TempDir(), log: &logged{}}
	box, err := secret.NewBox(make([]byte, 32))
	g.must(err)
	log := slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	g.store, err = store.Open(t.Context(), store.Options{DataDir: g.dir, Box: box, Log: log})
	g.must(err)
	g.close = sync.OnceValue(g.store.Close)
	t.Cleanup(func() { g.must(g.close()) })
	g.shelf, err = service.NewShelf(services.Files, g.store)
	g.must(err)
	files, err := media.OpenDir(g.dir)
	g.must(err)
	t.Cleanup(func() { files.Close() })
	g.flow = New(Config{Store: g.store, Shelf: g.shelf, Files: files, Log: log})
	return g
}

func (g *gate) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// tenant is an organization with a service enabled.
type tenant struct {
	*gate
	account string
	org     string
	in      directory.Integration
	users   []string
}

func (g *gate) account(name string) string {
	g.t.Helper()
	id := hex.EncodeToString([]byte(fmt.Sprintf("%016s", name)))[:32]
	now := time.Now()
	key := directory.Key{ID: directory.NewID(now), AccountID: id, Role: directory.AccountAdmin, Created: now}
	g.must(g.store.CreateAccount(g.t.Context(), &directory.Account{ID: id, Name: name, Created: now}, &key, sha256.Sum256([]byte(name))))
	return id
}

// put installs a service file for an account.
func (g *gate) put(account, source string) *service.Service {
	g.t.Helper()
	svc, problems := service.Parse([]byte(source))
	if svc == nil {
		g.t.Fatal(problems)
	}
	g.must(g.store.PutService(g.t.Context(), account, svc.ID, svc.Version, svc.Source))
	g.shelf.Forget(account, svc.ID)
	return svc
}

func (g *gate) enable(account, domain, serviceID string, properties map[string]string) *tenant {
	g.t.Helper()
	now := time.Now()
	org := directory.Organization{ID: directory.NewID(now), AccountID: account, Name: domain, Domain: domain, Status: 1, Params: "{}", Created: now}
	g.must(g.store.CreateOrganization(g.t.Context(), &org))
	tn := &tenant{gate: g, account: account, org: org.ID}
	tn.in = directory.Integration{AccountID: account, OrgID: org.ID, ServiceID: serviceID, Enabled: true, Properties: properties, Created: now}
	g.must(g.store.PutIntegration(g.t.Context(), &tn.in))
	return tn
}

// number adds one that so many users share.
func (tn *tenant) number(value, country string, users int) directory.Number {
	tn.t.Helper()
	now := time.Now()
	n := directory.Number{
		ID: directory.NewID(now), AccountID: tn.account, OrgID: tn.org, IntegrationID: tn.in.ID, ServiceID: tn.in.ServiceID,
		Value: value, Country: country, Settings: "{}", Created: now,
	}
	for range users {
		u := directory.User{
			ID: directory.NewID(now), AccountID: tn.account, OrgID: tn.org, Extension: strconv.Itoa(101 + len(tn.users)),
			Status: 1, Extra: "{}", Created: now,
		}
		tn.must(tn.store.CreateUser(tn.t.Context(), &u))
		tn.users = append(tn.users, u.ID)
		n.Users = append(n.Users, u.ID)
	}
	tn.must(tn.store.CreateNumber(tn.t.Context(), &n))
	return n
}

// request is a JSON callback to the tenant's service, not signed.
func (tn *tenant) request(body string) Request {
	return Request{
		AccountID: tn.account, ServiceID: tn.in.ServiceID, RemoteIP: "203.0.113.9",
		HTTP: wire.Request{
			Method: http.MethodPost, URL: "https://sms.example.com/services/" + tn.in.ServiceID + "/a" + tn.account,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
		},
	}
}

// signed is a request as acme signs it now.
func (tn *tenant) signed(body string) Request {
	r := tn.request(body)
	sign(&r, tn.in.Properties["Secret"], time.Now())
	return r
}

func sign(r *Request, secret string, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + string(r.HTTP.Body)))
	r.HTTP.Header.Set("X-Time", stamp)
	r.HTTP.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

// in is one message as acme sends it.
func in(id, from, to, text string) string {
	return fmt.Sprintf(`{"events":[{"kind":"in","id":%q,"from":%q,"to":[%q],"text":%q}]}`, id, from, to, text)
}

// takes delivers a callback that must be answered 200.
func (g *gate) takes(r Request) Answer {
	g.t.Helper()
	a := g.flow.Receive(g.t.Context(), r)
	if a.Status != http.StatusOK {
		g.t.Fatalf("answered %d %q; log: %s", a.Status, a.Body, g.log)
	}
	return a
}

func (g *gate) messages(account string) []message.View {
	g.t.Helper()
	list, _, err := g.store.Messages(g.t.Context(), message.Filter{AccountID: account, Direction: message.Inbound}, store.Page{Limit: 200})
	g.must(err)
	return list
}

func (g *gate) callbacks(account string, unmatched bool) []message.Callback {
	g.t.Helper()
	list, _, err := g.store.Callbacks(g.t.Context(), account, unmatched, store.Page{Limit: 200})
	g.must(err)
	return list
}

// sent makes an outbound message that the provider took under these ids.
func (tn *tenant) sent(n directory.Number, contact string, ids ...string) string {
	tn.t.Helper()
	id := tn.accept(n, contact)
	tn.settle(id, ids...)
	return id
}

func (tn *tenant) accept(n directory.Number, contact string) string {
	tn.t.Helper()
	now := time.Now()
	ack, err := tn.store.Accept(tn.t.Context(), message.Acceptance{
		LaneKey: n.IntegrationID + "/" + n.ID,
		Message: message.Message{
			AccountID: tn.account, OrgID: tn.org, Direction: message.Outbound, NumberID: n.ID, IntegrationID: n.IntegrationID,
			ServiceID: n.ServiceID, ServiceVersion: "1", From: n.Value, To: contact, Content: "hello", Encoding: "gsm7", Segments: 1, Parts: 1,
			Created: now, Expires: now.Add(24 * time.Hour),
		},
	})
	tn.must(err)
	return ack.ID
}

// settle ends the only open attempt as accepted.
func (tn *tenant) settle(id string, refs ...string) {
	tn.t.Helper()
	claimed, _, err := tn.store.ClaimSends(tn.t.Context(), time.Now(), 1)
	tn.must(err)
	if len(claimed) != 1 || claimed[0].Work.Message.ID != id {
		tn.t.Fatalf("claimed %+v, want the attempt of %s", claimed, id)
	}
	w := claimed[0].Work
	_, err = tn.store.SettleSend(tn.t.Context(), message.Settlement{
		LaneID: w.LaneID, Epoch: w.Epoch, MessageID: id, Now: time.Now(), Status: message.Sent, MessageIDs: refs, PartTaken: true,
		Attempt: message.Attempt{N: w.N, At: w.At, Outcome: message.Accepted, Request: "r", Response: "a"},
	})
	tn.must(err)
}

func (tn *tenant) message(id string) *message.View {
	tn.t.Helper()
	v, err := tn.store.Message(tn.t.Context(), tn.account, id)
	tn.must(err)
	return v
}

// settleAll runs the settler until nothing is pending.
func (g *gate) settleAll() {
	g.t.Helper()
	for range 10 {
		g.flow.settleAll(g.t.Context(), map[string]int{})
		rows, err := g.store.PendingCallbacks(g.t.Context(), 1)
		g.must(err)
		if len(rows) == 0 {
			return
		}
	}
	g.t.Fatalf("something stays pending; log: %s", g.log)
}
