// Package provider asks providers what is no send: whether the credentials hold, that they call our URL, what has come in, what became of
// a message. It sends nothing, and whatever it asks may be asked again.
package provider

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/fault"
	"patchbay/internal/inbound"
	"patchbay/internal/message"
	"patchbay/internal/secret"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// Store is what the room needs of it.
type Store interface {
	Generation() uint64
	Integration(ctx context.Context, accountID, id string) (*directory.Integration, error)
	Number(ctx context.Context, accountID, id string) (*directory.Number, error)
	NumbersOfIntegration(ctx context.Context, accountID, integrationID string) ([]directory.Number, error)
	SetAttention(ctx context.Context, accountID, integrationID, about, reason string) error

	PolledIntegrations(ctx context.Context, after string, n int) ([]message.Poll, []string, error)
	WakePolls(ctx context.Context, list []message.Poll, now time.Time) error
	AskPolls(ctx context.Context, list []message.Poll, now time.Time) error
	ClaimPolls(ctx context.Context, now time.Time, n int) ([]message.Poll, time.Time, error)
	TakeAnswer(ctx context.Context, p message.Poll, c *message.Callback, a message.Applied, more bool, nextAt time.Time) error
	SleepPoll(ctx context.Context, p message.Poll) error
	Awaited(ctx context.Context, p message.Poll, now time.Time, n int) ([]message.Awaited, error)
	TakeReceipts(ctx context.Context, p message.Poll, messageID string, receipts []message.Receipt, again time.Time) error
	EndReceipts(ctx context.Context, p message.Poll, notBefore time.Time) error
}

// Inbox reads and keeps what providers say: *inbound.Flow.
type Inbox interface {
	Told(ctx context.Context, in *directory.Integration, cb *service.Callback) (*inbound.Told, error)
}

// Tokens are what requests are written with where a service wants one: *credential.Keeper.
type Tokens interface {
	Token(ctx context.Context, in *directory.Integration, b *service.Bound) (string, error)
	Refused(in *directory.Integration, b *service.Bound, token string) bool
	Worked(in *directory.Integration, b *service.Bound, token string)
}

// Options build an Asker. All but Slots, Every, Random and Log are required.
type Options struct {
	Store     Store
	Shelf     *service.Shelf
	Door      *exchange.Door
	Inbox     Inbox
	Tokens    Tokens
	PublicURL string // what providers reach us by

	Slots  int            // providers asked at once; 16
	Every  time.Duration  // how often it is looked for what is due; 1 s
	Random func() float64 // in [0, 1), for jitter
	Log    *slog.Logger
}

// Asker asks providers. Check and SetWebhook may be called at any time; Run asks what is due.
type Asker struct{ o Options }

// New makes an Asker; Run starts it.
func New(o Options) *Asker {
	if o.Slots <= 0 {
		o.Slots = 16
	}
	if o.Every <= 0 {
		o.Every = time.Second
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	return &Asker{o}
}

// way is how an integration's provider is asked.
type way struct {
	in      *directory.Integration
	bound   *service.Bound
	secrets []string
	veil    *secret.Redactor
}

// way finds it. A fault says why there is none at present.
func (a *Asker) way(ctx context.Context, in *directory.Integration) (*way, error) {
	svc, err := a.o.Shelf.Get(ctx, in.AccountID, in.ServiceID, "")
	if err != nil {
		return nil, err
	}
	b, err := svc.Bind(in.Properties)
	if err != nil {
		return nil, err
	}
	secrets := b.Secrets()
	if in.Key != "" {
		secrets = append(secrets, in.Key)
	}
	return &way{in: in, bound: b, secrets: secrets, veil: secret.NewRedactor(secrets...)}, nil
}

// webhookURL is where the provider reaches us about this integration.
func (a *Asker) webhookURL(in *directory.Integration) string {
	u := a.o.PublicURL + "/services/" + in.ServiceID + "/a" + in.AccountID
	if in.Key != "" {
		u += "/" + in.Key
	}
	return u
}

// said is what came of one call.
type said struct {
	service.Called
	url      string
	response *wire.Response // nil: none came
	request  string         // as sent and as read: redacted
	answer   string
}

// call makes a call, once more where a token was refused that can be had anew.
func (a *Asker) call(ctx context.Context, w *way, name string, c service.Calling, timeout time.Duration) said {
	if limit := w.bound.Limits.Timeout; timeout <= 0 || limit > 0 && limit < timeout {
		timeout = limit
	}
	for first := true; ; first = false {
		token, err := a.o.Tokens.Token(ctx, w.in, w.bound)
		if err != nil {
			return failed(message.Unreached, err)
		}
		req, err := w.bound.Call(name, c, service.Attempt{Now: time.Now(), UUID: uuid.NewString(), Token: token})
		if err != nil {
			return failed(message.Refused, err)
		}
		veil := w.veil
		if len(req.Secrets) > 0 {
			veil = secret.NewRedactor(slices.Concat(w.secrets, req.Secrets)...)
		}
		x := a.o.Door.Do(ctx, req, exchange.Options{Timeout: timeout, MaxBody: maxAnswer, Pool: w.in.ID, Secrets: w.secrets})
		s := said{url: secret.NewRedactor(req.Secrets...).Redact(req.URL), request: x.Request, answer: x.Answer}
		if x.Phase != exchange.Answered || x.Response == nil {
			s.Outcome = message.Unreached
			if x.Phase != exchange.Unreached {
				s.Outcome = message.Maybe
			}
			s.ErrorText = x.Err.Error()
			return s
		}
		if x.Response.Cut {
			s.Outcome, s.ErrorText = message.Maybe, x.Err.Error()
			return s
		}
		s.response = x.Response
		s.Called = w.bound.Called(name, c, x.Response, time.Now())
		s.ErrorCode, s.ErrorText = veil.Clip(s.ErrorCode, maxCode), veil.Clip(s.ErrorText, maxText)
		switch {
		case token == "":
			return s
		case !s.AuthFailed:
			a.o.Tokens.Worked(w.in, w.bound, token)
			return s
		case !a.o.Tokens.Refused(w.in, w.bound, token) || !first:
			return s
		}
	}
}

const (
	maxAnswer = 4 << 20 // bytes: a page of messages
	maxCode   = 64      // of a provider's code that are shown
	maxText   = 1000    // and of its words
)

// failed is a call that could not be made.
func failed(o message.Outcome, err error) (s said) {
	s.Outcome, s.ErrorText = o, "an internal error"
	if code := fault.CodeOf(err); code != fault.Internal {
		s.ErrorCode, s.ErrorText = string(code), err.Error()
	}
	return s
}

// Ask makes the polls of an integration due now: it has changed.
func (a *Asker) Ask(ctx context.Context, in *directory.Integration) {
	if !a.Has(ctx, in, service.Receive) {
		return
	}
	p := message.Poll{AccountID: in.AccountID, OrgID: in.OrgID, IntegrationID: in.ID, What: message.PollMessages}
	if err := a.o.Store.AskPolls(ctx, []message.Poll{p}, time.Now()); err != nil && ctx.Err() == nil {
		a.o.Log.Error("ask a provider at once", "integration", in.ID, "err", err)
	}
}

// attend keeps what an operator must see.
func (a *Asker) attend(ctx context.Context, in *directory.Integration, about, reason string) {
	if err := a.o.Store.SetAttention(ctx, in.AccountID, in.ID, about, reason); err != nil && ctx.Err() == nil {
		a.o.Log.Error("keep what needs attention", "integration", in.ID, "err", err)
	}
}
