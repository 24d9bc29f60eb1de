// Package outbound takes a text from a user or a program to the provider: accept, route, send, settle. It never sends what
// may have been taken already, and it keeps nothing but what the store keeps.
package outbound

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// Store is what the flow needs of it.
type Store interface {
	NumberByValue(ctx context.Context, accountID, value string) (*directory.Number, error)
	Number(ctx context.Context, accountID, id string) (*directory.Number, error)
	Integration(ctx context.Context, accountID, id string) (*directory.Integration, error)
	Organization(ctx context.Context, accountID, id string) (*directory.Organization, error)
	User(ctx context.Context, accountID, id string) (*directory.User, error)

	Accept(ctx context.Context, a message.Acceptance) (message.Ack, error)
	Message(ctx context.Context, accountID, id string) (*message.View, error)
	CancelMessage(ctx context.Context, accountID, id string, at time.Time) error
	DismissMessage(ctx context.Context, accountID, id string, at time.Time) error
	ExpireMessages(ctx context.Context, now time.Time) (int, error)

	Pauses(ctx context.Context, accountID, orgID string) (map[string]directory.Pause, error)
	Reroute(ctx context.Context, r message.Rerouting, finally string) (moved int, more bool, err error)
	Detours(ctx context.Context, now time.Time, after string, limit int) ([]directory.Number, error)

	OwedReplies(ctx context.Context, now time.Time, limit int) ([]message.OwedReply, error)
	DropReply(ctx context.Context, id string) error

	OpenAttempts(ctx context.Context) ([]message.Send, error)
	ClaimSends(ctx context.Context, now time.Time, n int) ([]lane.Claimed[message.Send], time.Time, error)
	SettleSend(ctx context.Context, s message.Settlement) (*lane.Claimed[message.Send], error)
	RenewLanes(ctx context.Context, lanes []lane.Lane, until time.Time) ([]lane.Lane, error)
}

// Options build a Flow. Store, Shelf, Door and PublicURL are required.
type Options struct {
	Store     Store
	Shelf     *service.Shelf
	Door      *exchange.Door
	PublicURL string                      // what providers reach us by: scheme and host, perhaps a path
	Tokens    Tokens                      // what services hand out; nil: services that do cannot send
	Files     Files                       // what is in the files of messages; nil: services that want it cannot send
	Link      func(mediaID string) string // where a file that lies here is shown; nil: messages have none

	Slots    int            // lanes that send at once; 256
	Drain    time.Duration  // 25 s
	Validity time.Duration  // from acceptance to the last attempt; 24 h
	Random   func() float64 // in [0, 1), for jitter
	Log      *slog.Logger
}

// Flow is the outbound way. Accept, Resend, Dismiss and Cancel may be called at any time; Recover once before Run.
type Flow struct {
	o      Options
	runner *lane.Runner[message.Send]
	owed   chan struct{} // an automatic answer may be owed

	mu      sync.Mutex
	bound   map[boundKey]boundEntry
	renewed map[string]bool // messages, by part, whose token was refused once
	broken  map[string]int  // and how often they broke their attempts
}

// New builds the flow; Run starts it.
func New(o Options) *Flow {
	if o.Slots <= 0 {
		o.Slots = 256 // a slot mostly waits, for its provider and for its commit
	}
	if o.Validity <= 0 {
		o.Validity = 24 * time.Hour
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	f := &Flow{o: o, bound: map[boundKey]boundEntry{}, renewed: map[string]bool{}, broken: map[string]int{}, owed: make(chan struct{}, 1)}
	f.runner = lane.New(sends{o.Store}, f.work, lane.Options{Slots: o.Slots, Drain: o.Drain, Log: o.Log})
	return f
}

// Wake says that a message may be due: the store's OnCommit calls it. It never blocks.
func (f *Flow) Wake() { f.runner.Wake() }

// InFlight is the number of lanes that are sending.
func (f *Flow) InFlight() int { return f.runner.InFlight() }

// Run sends what is due until ctx ends, then waits for what is in flight, at most the drain time.
func (f *Flow) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	beside.Go(func() { f.expire(ctx) })
	beside.Go(func() { f.reply(ctx) })
	beside.Go(func() { f.detours(ctx) })
	defer beside.Wait()
	return f.runner.Run(ctx)
}

// expireEvery is how late a message may be called expired; no attempt begins after its time in any case.
const expireEvery = 10 * time.Second

// expire ends what waited too long.
func (f *Flow) expire(ctx context.Context) {
	ticker := time.NewTicker(expireEvery)
	defer ticker.Stop()
	for {
		n, err := f.o.Store.ExpireMessages(ctx, time.Now())
		switch {
		case err != nil && ctx.Err() == nil:
			f.o.Log.Error("expire messages", "err", err)
		case n > 0:
			f.o.Log.Info("messages expired", "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// sends shows the store's outbound lanes to the runner.
type sends struct{ Store }

func (s sends) Claim(ctx context.Context, now time.Time, n int) ([]lane.Claimed[message.Send], time.Time, error) {
	return s.ClaimSends(ctx, now, n)
}

func (s sends) Renew(ctx context.Context, lanes []lane.Lane, until time.Time) ([]lane.Lane, error) {
	return s.RenewLanes(ctx, lanes, until)
}
