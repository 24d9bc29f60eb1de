package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

const (
	tailBatch  = 200             // notifications read from the store at a time
	queueLimit = 128             // that wait in memory for one subscriber; past it, it reads them from the store when it is ready
	maxStreams = 10_000          // open at once
	pollEvery  = 2 * time.Second // another node's commits wake nobody here
)

// Hub tells subscribers of notifications as they are committed. It reads each of them once for all, and a subscriber that cannot
// keep up costs no memory: it goes on from the store, from where it was.
type Hub struct {
	store Reader
	link  Link
	log   *slog.Logger
	wake  chan struct{}
	done  chan struct{}

	mu     sync.Mutex
	subs   map[*Subscription]struct{}
	cursor int64 // the last one that was offered; -1: not known, because nobody listened
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
		subs: map[*Subscription]struct{}{}, cursor: -1,
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
	return len(h.subs)
}

// offer reads what was committed since the last time and hands it to whom it concerns.
func (h *Hub) offer(ctx context.Context) error {
	for {
		h.mu.Lock()
		cursor := h.cursor
		if len(h.subs) == 0 {
			h.cursor = -1
			h.mu.Unlock()
			return nil
		}
		h.mu.Unlock()
		if cursor < 0 {
			last, err := h.store.LastNotification(ctx)
			if err != nil {
				return err
			}
			h.each(func(s *Subscription) { s.fallBehind() })
			h.moveTo(last)
			continue
		}
		batch, err := h.store.NotificationsAfter(ctx, message.NotificationFilter{}, cursor, tailBatch)
		if err != nil {
			return err
		}
		for i := range batch {
			n := &batch[i]
			var t *told
			h.each(func(s *Subscription) {
				if !concerns(&s.filter, n) {
					return
				}
				if s.filter.UserID != "" {
					s.fallBehind() // only the store knows whose numbers it may see now
					return
				}
				if t == nil {
					t = h.tell(n)
				}
				s.push(t)
			})
		}
		if len(batch) > 0 {
			h.moveTo(batch[len(batch)-1].Seq)
		}
		if len(batch) < tailBatch {
			return nil
		}
	}
}

func (h *Hub) each(do func(*Subscription)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		do(s)
	}
}

func (h *Hub) moveTo(seq int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cursor = seq
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

// concerns reports whether a notification may be for this filter; UserID is left to the store.
func concerns(f *message.NotificationFilter, n *message.Notification) bool {
	return f.AccountID == n.AccountID && (f.OrgID == "" || f.OrgID == n.OrgID) && (len(f.Types) == 0 || slices.Contains(f.Types, n.Type))
}

// Subscription is one who listens. One goroutine uses it.
type Subscription struct {
	hub    *Hub
	filter message.NotificationFilter
	cursor int64 // the last one that Next gave

	mu     sync.Mutex
	queue  []*told
	behind bool // go on from the store
	ready  chan struct{}
}

var errEnded = errors.New("the stream ended")

// Subscribe listens from after a notification on; after < 0: from now on.
func (h *Hub) Subscribe(ctx context.Context, f message.NotificationFilter, after int64) (*Subscription, error) {
	if f.AccountID == "" {
		return nil, errors.New("subscribe: no account")
	}
	last, err := h.store.LastNotification(ctx)
	if err != nil {
		return nil, err
	}
	if after < 0 || after > last { // later than the last: the id is of a database that is no more
		after = last
	}
	s := &Subscription{hub: h, filter: f, cursor: after, behind: true, ready: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.subs) >= maxStreams {
		return nil, &fault.Error{Code: fault.Unavailable, Message: "too many streams are open; come again", RetryAfter: 10 * time.Second}
	}
	h.subs[s] = struct{}{}
	return s, nil
}

// Close stops listening.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.subs, s)
}

// next waits for what comes after what it gave last.
func (s *Subscription) next(ctx context.Context) ([]*told, error) {
	for {
		s.mu.Lock()
		behind, queue := s.behind, s.queue
		s.behind, s.queue = false, nil
		s.mu.Unlock()
		if behind {
			// What was queued so far is in the store, and what is queued from here on may be there too: the cursor tells.
			batch, err := s.hub.store.NotificationsAfter(ctx, s.filter, s.cursor, tailBatch)
			if err != nil {
				s.fallBehind()
				return nil, err
			}
			if len(batch) == tailBatch {
				s.fallBehind()
			}
			queue = make([]*told, len(batch))
			for i := range batch {
				queue[i] = s.hub.tell(&batch[i])
			}
		}
		queue = slices.DeleteFunc(queue, func(t *told) bool { return t.seq <= s.cursor })
		if len(queue) > 0 {
			s.cursor = queue[len(queue)-1].seq
			return queue, nil
		}
		select {
		case <-s.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.hub.done:
			return nil, errEnded
		}
	}
}

// push queues one, unless the subscriber has to read from the store anyway.
func (s *Subscription) push(t *told) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.behind:
	case len(s.queue) >= queueLimit:
		s.behind, s.queue = true, nil
	default:
		s.queue = append(s.queue, t)
	}
	s.signal()
}

// fallBehind has the subscriber go on from the store.
func (s *Subscription) fallBehind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind, s.queue = true, nil
	s.signal()
}

func (s *Subscription) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}
