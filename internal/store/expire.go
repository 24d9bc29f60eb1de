package store

import (
	"context"
	"time"

	"patchbay/internal/message"
)

// expireMax bounds what one commit expires of a lane, so that the end of a long outage stops nobody.
const expireMax = 200

var (
	// Whose validity is over: the first of each lane's queue, and of each contact put aside. What stands behind it is looked at
	// when it has gone.
	qExpiredLanes = sqlText("expired in lanes", `SELECT l.seq, '' FROM lanes l JOIN messages m ON m.seq =
			(SELECT f.seq FROM messages f WHERE f.lane = l.seq AND f.waiting = 1 AND f.seq <> l.in_flight ORDER BY f.seq LIMIT 1)
		WHERE l.kind = 'send' AND l.pending > 0 AND m.expires_at <= $1`)
	qExpiredAsides = sqlText("expired asides", `SELECT a.lane, a.contact FROM asides a JOIN lanes l ON l.seq = a.lane JOIN messages m ON m.seq =
			(SELECT f.seq FROM messages f WHERE f.lane = a.lane AND f."to" = a.contact AND f.waiting = 2 AND f.seq <> l.in_flight ORDER BY f.seq LIMIT 1)
		WHERE m.expires_at <= $1`)
	// Those with a validity of their own, wherever they stand.
	qOwnDeadline = sqlText("own deadline", `UPDATE messages SET deadline = expires_at WHERE seq = $1`)
	qDeadlines   = sqlText("past their deadline", `SELECT `+messageColumns+` FROM messages
		WHERE deadline > 0 AND waiting > 0 AND deadline <= $1 ORDER BY deadline LIMIT $2`)
	qSomeInLane = sqlText("some of a lane", `SELECT `+messageColumns+` FROM messages WHERE lane = $1 AND waiting = 1 ORDER BY seq LIMIT $2`)
	qSomeAside  = sqlText("some of a contact put aside", `SELECT `+messageColumns+` FROM messages
		WHERE lane = $1 AND "to" = $2 AND waiting = 2 ORDER BY seq LIMIT $3`)
)

// queue is one order of messages: a lane's or, in it, a contact's.
type queue struct {
	lane    int64
	contact string
}

// ExpireMessages ends the messages whose validity is over before a provider took them, and says how many.
func (s *Store) ExpireMessages(ctx context.Context, now time.Time) (n int, err error) {
	if n, err = s.expireDeadlines(ctx, now); err != nil {
		return n, err
	}
	for {
		var over []queue
		if err := s.read(ctx, func(db engine) error {
			add := func(r *row) error { over = append(over, queue{r.int(), r.text()}); return nil }
			if err := db.each(qExpiredLanes, add, micros(now)); err != nil {
				return err
			}
			return db.each(qExpiredAsides, add, micros(now))
		}); err != nil || len(over) == 0 {
			return n, err
		}
		before := n
		for _, q := range over {
			some := 0
			if err := s.write(ctx, func(t *tx) error {
				some, err = expire(t, q, now)
				return err
			}); err != nil {
				return n, err
			}
			n += some
		}
		if n == before { // somebody else was faster
			return n, nil
		}
	}
}

// expire ends the first messages of a queue whose time is over.
func expire(t *tx, q queue, now time.Time) (n int, err error) {
	var list []stored
	add := func(r *row) error {
		m, err := readMessage(r)
		list = append(list, m)
		return err
	}
	if q.contact == "" {
		err = t.each(qSomeInLane, add, q.lane, expireMax)
	} else {
		err = t.each(qSomeAside, add, q.lane, q.contact, expireMax)
	}
	if err != nil {
		return 0, err
	}
	return expireSome(t, list, now)
}

// expireDeadlines ends those that have a validity of their own.
func (s *Store) expireDeadlines(ctx context.Context, now time.Time) (n int, err error) {
	for {
		any := false
		if err := s.read(ctx, func(db engine) (err error) {
			any, err = one(db, qDeadlines, func(*row) error { return nil }, micros(now), 1)
			return err
		}); err != nil || !any {
			return n, err
		}
		some := 0
		if err := s.write(ctx, func(t *tx) error {
			var list []stored
			if err := t.each(qDeadlines, func(r *row) error {
				m, err := readMessage(r)
				list = append(list, m)
				return err
			}, micros(now), expireMax); err != nil {
				return err
			}
			some, err = expireSome(t, list, now)
			return err
		}); err != nil {
			return n, err
		}
		if n += some; some == 0 { // attempts at them are open: they may be taken yet
			return n, nil
		}
	}
}

// expireSome ends the messages of a list until one comes whose time is not over.
func expireSome(t *tx, list []stored, now time.Time) (n int, err error) {
	for i := range list {
		m := &list[i]
		if _, open, err := openAttempt(t, m); err != nil {
			return n, err
		} else if open {
			continue // it may be taken yet
		}
		if m.Expires.After(now) {
			return n, nil
		}
		if err := raise(t, m, message.Expired, string(message.Expired), expiredText, now); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
