package notify

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"patchbay/internal/message"
)

const (
	tailBatch = 200             // notifications read from the store at a time
	pollEvery = 2 * time.Second // another node's commits wake nobody here
)

// Hub tells subscribers of notifications as they are committed. It reads each of them once for all, and a subscriber that cannot
// keep up costs no memory: it goes on from the store, from where it was.
type Hub struct {
	store Reader
	link  Link
	log   *slog.Logger
	wake  chan struct{}
	done  chan struct{}

	mu      sync.Mutex
	rooms   map[string]*room // by account
	streams int
}

// room is those of one account who listen.
type room struct {
	subs   map[*Subscription]struct{}
	cursor int64 // the last notification that was offered
}

// told is a notification, written once for all who get it.
type told struct {
	seq  int64
	kind string
	body []byte
}

// NewHub makes a Hub; Run starts it.
func NewHub(store Reader, link Link, log *slog.Logger) *Hub {
	return &Hub{
		store: store, link: link, log: log, wake: make(chan struct{}, 1), done: make(chan struct{}),
		rooms: map[string]*room{},
	}
}

// Wake says that notifications were committed. It never blocks.
func (h *Hub) Wake() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Run offers what is committed until ctx ends; then every stream ends.
func (h *Hub) Run(ctx context.Context) error {
	defer close(h.done)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := h.offer(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("notifications not read", "why", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		case <-tick.C:
		}
	}
}

// Streams is how many are open.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.streams
}

// offer reads what was committed since the last time and hands it to whom it concerns.
func (h *Hub) offer(ctx context.Context) error {
	h.mu.Lock()
	accounts := slices.Collect(maps.Keys(h.rooms))
	h.mu.Unlock()
	for _, account := range accounts {
		if err := h.offerTo(ctx, account); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hub) offerTo(ctx context.Context, account string) error {
	for {
		cursor, open := h.cursor(account)
		if !open {
			return nil
		}
		batch, err := h.store.NotificationsAfter(ctx, message.NotificationFilter{AccountID: account}, cursor, tailBatch)
		if err != nil {
			return err
		}
		h.hand(account, batch)
		if len(batch) < tailBatch {
			return nil
		}
	}
}

func (h *Hub) cursor(account string) (cursor int64, open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, open := h.rooms[account]
	if !open {
		return 0, false
	}
	return r.cursor, true
}

// hand gives a batch to the subscribers of its account.
func (h *Hub) hand(account string, batch []message.Notification) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[account]
	if r == nil {
		return
	}
	for i := range batch {
		n := &batch[i]
		var t *told
		for s := range r.subs {
			switch {
			case !concerns(&s.filter, n):
			case s.filter.UserID != "":
				s.fallBehind() // only the store knows whose numbers it may see by now
			default:
				if t == nil {
					t = h.tell(n)
				}
				s.push(t)
			}
		}
		r.cursor = n.Seq
	}
}

// tell writes a notification. One that cannot be written is told without its data: the stream goes on.
func (h *Hub) tell(n *message.Notification) *told {
	b, err := body(n, h.link)
	if err != nil {
		h.log.Error("notification not written", "seq", n.Seq, "why", err)
		b, _ = encode(envelope{Type: n.Type, Timestamp: n.At.UTC(), Data: struct{}{}})
	}
	return &told{n.Seq, n.Type, b}
}

// concerns reports whether a notification of the filter's account may be for it; UserID is left to the store.
func concerns(f *message.NotificationFilter, n *message.Notification) bool {
	return (f.OrgID == "" || f.OrgID == n.OrgID) && (len(f.Types) == 0 || slices.Contains(f.Types, n.Type))
}
