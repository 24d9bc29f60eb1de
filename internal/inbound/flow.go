package inbound

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
	"patchbay/internal/spool"
)

// Store keeps callbacks and what they did.
type Store interface {
	Directory

	// KeepCallback keeps a callback in the state that it carries.
	KeepCallback(ctx context.Context, c *message.Callback) error
	// ReceiveCallback keeps a callback and applies it in the same commit: either both are there or neither.
	ReceiveCallback(ctx context.Context, c *message.Callback, a message.Applied) error
	// ReceiveCallbacks does what ReceiveCallback, or for pending ones KeepCallback, does with each, in order and in one commit.
	ReceiveCallbacks(ctx context.Context, list []message.Effect) error
	// ApplyCallback applies a pending callback. When it is not pending any more nothing is changed and an error says so.
	ApplyCallback(ctx context.Context, a message.Applied) error
	// TakeAnswer does what ReceiveCallback or KeepCallback does with an answer to a poll and, in the same commit, says how far the poll is.
	TakeAnswer(ctx context.Context, p message.Poll, c *message.Callback, a message.Applied, more bool, nextAt time.Time) error
	// ReplayCallback makes an unmatched callback pending again.
	ReplayCallback(ctx context.Context, accountID, id string) error
	Callback(ctx context.Context, accountID, id string) (*message.Callback, error)
	PendingCallbacks(ctx context.Context, limit int) ([]message.Callback, error)
	// TryCallbacks counts, before it happens, that a life of the program begins to apply these.
	TryCallbacks(ctx context.Context, ids []string, life string, now time.Time) error
	// JoinParts delivers long texts whose parts have waited for each other long enough.
	JoinParts(ctx context.Context, now time.Time) (texts int, err error)
	// ClaimConfirmations begins the next try of addresses that providers want called; SettleConfirmation ends it.
	ClaimConfirmations(ctx context.Context, now time.Time, lease time.Duration, n int) ([]message.Confirmation, error)
	SettleConfirmation(ctx context.Context, c message.Confirmation, reason string, retryAt time.Time) error
	// IntegrationsOfRefs is whose messages these ids name: refs are the provider's, ids ours.
	IntegrationsOfRefs(ctx context.Context, accountID, serviceID string, refs, ids []string) ([]string, error)
}

// Files keeps a file that came inside a callback: judged, and stored, blocked, or to be kept later.
type Files interface {
	Keep(ctx context.Context, m message.Media, data []byte) (message.Media, error)
}

// Config is what a Flow works with.
type Config struct {
	Store Store
	Shelf Shelf
	Files Files
	Spool *spool.Spool   // nil: while the database is away, callbacks are refused
	Door  *exchange.Door // nil: addresses that providers want called are kept, and not called
	Log   *slog.Logger
}

// Flow takes callbacks in.
type Flow struct {
	store    Store
	sources  *sources
	files    Files
	log      *slog.Logger
	counters Counters
	door     *exchange.Door
	spool    *spool.Spool
	away     atomic.Bool   // the database is, as far as we know
	spooled  chan struct{} // something is in the spool
	wake     chan struct{}
	confirms chan struct{}
	life     string // tells this process from those that died over a callback
}

// New makes a Flow. Receive works at once; what is left pending is settled by Run.
func New(c Config) *Flow {
	f := &Flow{
		store:   c.Store,
		sources: &sources{directory: c.Store, shelf: c.Shelf, known: map[sourceKey]*source{}},
		spool:   c.Spool,
		spooled: make(chan struct{}, 1),
		files:   c.Files,
		log:     c.Log,
		door:    c.Door,
		wake:    make(chan struct{}, 1),
		life:    message.NewID(),

		confirms: make(chan struct{}, 1),
	}
	f.sources.away = func(err error) bool {
		if f.spool == nil || err != nil && !isAway(err) {
			return false
		}
		if err != nil {
			f.away.Store(true)
		}
		return f.away.Load()
	}
	return f
}

// Counters are this flow's.
func (f *Flow) Counters() *Counters { return &f.counters }

// Wake says that a callback may be pending, or an address to be called. It never blocks.
func (f *Flow) Wake() {
	for _, c := range [...]chan struct{}{f.wake, f.confirms} {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
