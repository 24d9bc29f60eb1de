package notify

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

const (
	queueLimit = 128    // that wait in memory for one subscriber; past it, it reads them from the store when it is ready
	maxStreams = 10_000 // open at once
)

// Subscription is one who listens. One goroutine uses it.
type Subscription struct {
	hub    *Hub
	filter message.NotificationFilter
	cursor int64 // the last one that next gave, or found not to be for this one

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
	if h.streams >= maxStreams {
		return nil, &fault.Error{Code: fault.Unavailable, Message: "too many streams are open; come again", RetryAfter: 10 * time.Second}
	}
	r := h.rooms[f.AccountID]
	if r == nil {
		// What is committed between that look and this moment, the subscriber reads by itself: it begins behind.
		r = &room{subs: map[*Subscription]struct{}{}, cursor: last}
		h.rooms[f.AccountID] = r
	}
	r.subs[s] = struct{}{}
	h.streams++
	return s, nil
}

// Close stops listening.
func (s *Subscription) Close() {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[s.filter.AccountID]
	if r == nil {
		return
	}
	if _, open := r.subs[s]; !open {
		return
	}
	delete(r.subs, s)
	h.streams--
	if len(r.subs) == 0 {
		delete(h.rooms, s.filter.AccountID)
	}
}

// next waits for what comes after what it gave last.
func (s *Subscription) next(ctx context.Context) ([]*told, error) {
	for {
		s.mu.Lock()
		behind, queue := s.behind, s.queue
		s.behind, s.queue = false, nil
		s.mu.Unlock()
		through := int64(0)
		if behind {
			// What the hub has offered before this look is in the store: what of it the look does not show is not for this one. Without
			// that, who is told little would look through everybody's notifications since their last one, for each that is committed.
			through, _ = s.hub.cursor(s.filter.AccountID)
			// What was queued so far is in the store, and what is queued from here on may be there too: the cursor tells.
			batch, err := s.hub.store.NotificationsAfter(ctx, s.filter, s.cursor, tailBatch)
			if err != nil {
				s.fallBehind()
				return nil, err
			}
			if len(batch) == tailBatch {
				s.fallBehind()
				through = 0 // there may be more
			}
			queue = make([]*told, len(batch))
			for i := range batch {
				queue[i] = s.hub.tell(&batch[i])
			}
		}
		queue = slices.DeleteFunc(queue, func(t *told) bool { return t.seq <= s.cursor })
		if len(queue) > 0 {
			s.cursor = max(through, queue[len(queue)-1].seq)
			return queue, nil
		}
		s.cursor = max(through, s.cursor)
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
