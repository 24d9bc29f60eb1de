package store

import (
	"fmt"
	"time"

	"patchbay/internal/failpoint"
	"patchbay/internal/message"
)

const expiredText = "its validity ended before a provider took it"

var (
	qFirstInLane = sqlText("first in lane", `SELECT `+messageColumns+` FROM messages WHERE lane = $1 AND waiting = 1 ORDER BY seq LIMIT 1`)
	qFirstAside  = sqlText("first of a contact put aside", `SELECT `+messageColumns+` FROM messages
		WHERE lane = $1 AND "to" = $2 AND waiting = 2 ORDER BY seq LIMIT 1`)
	qMessageBySeq = sqlText("message by seq", `SELECT `+messageColumns+` FROM messages WHERE seq = $1`)
	qInterrupted  = sqlText("interrupted attempts", `SELECT COUNT(*) FROM attempts WHERE key BETWEEN $1 AND $2 AND error_code = $3`)
	qSetWaiting   = sqlText("set waiting", `UPDATE messages SET waiting = $2 WHERE seq = $1`)

	qDueAside  = sqlText("due contact", `SELECT contact FROM asides WHERE lane = $1 AND until_at <= $2 ORDER BY until_at LIMIT 1`)
	qNextAside = sqlText("next contact", `SELECT until_at FROM asides WHERE lane = $1 ORDER BY until_at LIMIT 1`)
	qAside     = sqlText("contact put aside", `SELECT until_at FROM asides WHERE lane = $1 AND contact = $2`)
	qPutAside  = sqlText("put contact aside", `INSERT INTO asides (lane, contact, until_at) VALUES ($1, $2, $3)
		ON CONFLICT (lane, contact) DO UPDATE SET until_at = excluded.until_at`)
	qDropAside = sqlText("drop contact", `DELETE FROM asides WHERE lane = $1 AND contact = $2`)
)

// skipMax bounds how many messages one claim moves out of its way; the rest waits for the next claim.
const skipMax = 200

// beginNext begins the lane's next attempt. Contacts put aside and the others take turns, so that neither starves.
// Without anything to begin it returns nil, with the lane's time set to when there may be something.
func (s *Store) beginNext(t *tx, l *laneRow, now time.Time) (*message.Send, error) {
	if l.inFlight != 0 {
		// Somebody began and never told how it ended.
		send, err := unfinished(t, l)
		if err != nil || send != nil {
			return send, err
		}
		l.inFlight = 0 // its message is gone: deleted with its organization
		l.pending = max(l.pending-1, 0)
	}
	paused, ok, err := s.mayBegin(t, l, now)
	if err != nil || !ok {
		return nil, err
	}
	m, err := pick(t, l, now)
	if err != nil || m == nil {
		return nil, err
	}
	if paused != nil {
		if err := s.probes(t, paused, l, now); err != nil {
			return nil, err
		}
	}
	// The attempt is on disk before its first byte leaves: with the lane's row.
	l.inFlight, l.attemptAt = m.seq, fromMicros(micros(now))
	asIs := *m
	t.flights = append(t.flights, took{l.seq, &asIs})
	return toSend(l, m)
}

// toSend is the attempt at m that the lane has in flight.
func toSend(l *laneRow, m *stored) (*message.Send, error) {
	begun(&m.Message)
	if m.Attempts > attemptMax {
		return nil, &poisoned{*m, fmt.Errorf("message %s has been tried %d times", m.ID, m.Attempts)}
	}
	return &message.Send{LaneID: l.id(), Epoch: l.epoch, Message: m.Message, N: m.Attempts, At: l.attemptAt, Again: m.again,
		Tries: m.tries, Pauses: l.pauses}, nil
}

// begun shows a message with its open attempt, which its row does not have yet.
func begun(m *message.Message) {
	m.Attempts++
	if m.Status.MayBecome(message.Sending) {
		m.Status = message.Sending
	}
}

// unfinished is the attempt that the lane has in flight.
func unfinished(db engine, l *laneRow) (*message.Send, error) {
	m, err := oneMessage(db, qMessageBySeq, l.inFlight)
	if err != nil || m == nil || m.waiting == idle {
		return nil, err
	}
	send, err := toSend(l, m)
	if err != nil {
		return nil, err
	}
	send.Unfinished = !failpoint.Bug("attempt")
	n, err := count(db, qInterrupted, attemptKey(m.seq, 0), attemptKey(m.seq, attemptMax), message.CodeInterrupted)
	send.Interrupted = int(n)
	return send, err
}

func oneMessage(db engine, q *query, args ...any) (m *stored, err error) {
	_, err = one(db, q, func(r *row) error {
		v, err := readMessage(r)
		m = &v
		return err
	}, args...)
	return m, err
}

// pick takes the message whose turn it is.
func pick(t *tx, l *laneRow, now time.Time) (*stored, error) {
	for range skipMax {
		m, wait, err := next(t, l, now)
		if err != nil {
			return nil, err
		}
		if m == nil {
			l.nextAt = wait
			return nil, nil
		}
		if !m.Expires.After(now) {
			if err := endWaiting(t, m, message.Expired, string(message.Expired), expiredText, now); err != nil {
				return nil, err
			}
			l.pending--
			continue
		}
		// Whoever opted out since the message was accepted gets nothing more, from the commit on that says so.
		if out, err := mustNotReach(t, m); err != nil {
			return nil, err
		} else if out {
			if err := endOptedOut(t, m, now); err != nil {
				return nil, err
			}
			l.pending--
			continue
		}
		return m, nil
	}
	l.nextAt = now // much was out of date: go on in the next claim
	return nil, nil
}

// next finds the message whose turn it is, or when there may be one.
func next(t *tx, l *laneRow, now time.Time) (m *stored, wait time.Time, err error) {
	if l.asides > 0 && l.turn == 0 {
		if m, err = nextAside(t, l, now); err != nil || m != nil {
			l.turn = 1
			return m, wait, err
		}
	}
	m, more, err := nextInLane(t, l)
	if err != nil || m != nil {
		l.turn = 0
		return m, wait, err
	}
	if more {
		return nil, now, nil
	}
	if l.asides > 0 {
		if m, err = nextAside(t, l, now); err != nil || m != nil {
			return m, wait, err
		}
	}
	if l.asides > 0 {
		at, err := count(t, qNextAside, l.seq)
		return nil, fromMicros(at), err
	}
	l.pending = 0 // nothing waits, nothing is in flight
	return nil, now, nil
}

// nextAside is the first message of a contact whose time has come. A contact with nothing left is no longer aside.
func nextAside(t *tx, l *laneRow, now time.Time) (*stored, error) {
	for l.asides > 0 {
		contact := ""
		found, err := one(t, qDueAside, func(r *row) error { contact = r.text(); return nil }, l.seq, micros(now))
		if err != nil || !found {
			return nil, err
		}
		m, err := oneMessage(t, qFirstAside, l.seq, contact)
		if err != nil || m != nil {
			return m, err
		}
		if err := dropAside(t, l, contact); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// nextInLane is the first message in the lane's queue. Those of contacts put aside step behind their contact on the way,
// each once; more says that a claim has moved enough of them and the next one should go on.
func nextInLane(t *tx, l *laneRow) (m *stored, more bool, err error) {
	for range skipMax {
		m, err := oneMessage(t, qFirstInLane, l.seq)
		if err != nil || m == nil || l.asides == 0 {
			return m, false, err
		}
		aside, err := isAside(t, l, m.To)
		if err != nil || !aside {
			return m, false, err
		}
		if _, err := t.exec(qSetWaiting, m.seq, putAside); err != nil {
			return nil, false, err
		}
	}
	return nil, true, nil
}

func isAside(t *tx, l *laneRow, contact string) (bool, error) {
	return one(t, qAside, func(*row) error { return nil }, l.seq, contact)
}

func dropAside(t *tx, l *laneRow, contact string) error {
	n, err := t.exec(qDropAside, l.seq, contact)
	l.asides -= n
	return err
}

// putContactAside keeps a contact's messages back until then.
func putContactAside(t *tx, l *laneRow, contact string, until time.Time) error {
	aside, err := isAside(t, l, contact)
	if err != nil {
		return err
	}
	if !aside {
		l.asides++
	}
	_, err = t.exec(qPutAside, l.seq, contact, micros(until))
	return err
}
