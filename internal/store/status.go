package store

import (
	"context"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

var (
	// Only a higher rank replaces a status: said here, in message.Status.MayBecome, and by a trigger of the schema.
	qRaise = sqlText("raise status", `UPDATE messages SET status = $2, rank = $3, error_code = $4, error_text = $5,
		history = history || $6, waiting = CASE WHEN waiting IN (1, 2) AND $3 >= 2 THEN 0 ELSE waiting END
		WHERE seq = $1 AND rank < $3`)
	qAppendHistory = sqlText("append history", `UPDATE messages SET history = history || $2 WHERE seq = $1`)
	qHistory       = sqlText("history", `SELECT history FROM messages WHERE seq = $1`)
	qLeaveLane     = sqlText("leave lane", `UPDATE lanes SET pending = pending - 1 WHERE seq = $1`)

	qMessageByID = sqlText("message by id", `SELECT `+messageColumns+` FROM messages WHERE id = $1 AND account_id = $2`)
	qExpired     = sqlText("expired", `SELECT `+messageColumns+` FROM messages
		WHERE waiting IN (1, 2) AND expires_at <= $1 ORDER BY expires_at LIMIT $2`)
)

// endWaiting gives a waiting message its last status. Its lane's pending count is the caller's.
func endWaiting(t *tx, m *stored, to message.Status, code, text string, at time.Time) error {
	if !m.Status.MayBecome(to) {
		return nil
	}
	if _, err := t.exec(qRaise, m.seq, string(to), to.Rank(), code, text, historyLine(to, at, code, text, false)); err != nil {
		return err
	}
	return notifyStatus(t, &m.Message, m.seq, m.privateTo, to, at)
}

// raise gives a message a higher status, wherever it is: one that waited leaves its lane. A status that is not higher
// only goes into the history, once.
func raise(t *tx, m *stored, to message.Status, code, text string, at time.Time) error {
	if !m.Status.MayBecome(to) {
		history := ""
		if _, err := one(t, qHistory, func(r *row) error { history = r.text(); return nil }, m.seq); err != nil {
			return err
		}
		if seen, err := hasHappened(history, to, code); err != nil || seen {
			return err
		}
		_, err := t.exec(qAppendHistory, m.seq, historyLine(to, at, code, text, true))
		return err
	}
	if err := endWaiting(t, m, to, code, text, at); err != nil {
		return err
	}
	if m.waiting == inLane || m.waiting == putAside {
		m.waiting = idle
		if err := leaveLane(t, m.lane); err != nil {
			return err
		}
	}
	m.Status = to
	return nil
}

// leaveLane counts one message less in a lane: in its row or, when this write has the row in hand, there.
func leaveLane(t *tx, seq int64) error {
	if t.lane != nil && t.lane.seq == seq {
		t.lane.pending--
		return nil
	}
	_, err := t.exec(qLeaveLane, seq)
	return err
}

// outboundOf is the account's outbound message of this id.
func outboundOf(t *tx, accountID, id string) (*stored, error) {
	m, err := oneMessage(t, qMessageByID, id, accountID)
	if err == nil && m == nil {
		err = notFound("message", id)
	}
	if err == nil && m.Direction != message.Outbound {
		err = fault.New(fault.Conflict, "", "message %s came in; only outgoing ones can be changed", id)
	}
	return m, err
}

// CancelMessage takes a message back that no attempt has been made at.
func (s *Store) CancelMessage(ctx context.Context, accountID, id string, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		m, err := outboundOf(t, accountID, id)
		if err != nil {
			return err
		}
		if m.Status != message.Queued {
			return fault.New(fault.Conflict, "", "message %s is %s; only a queued one can be cancelled", id, m.Status)
		}
		return raise(t, m, message.Cancelled, "", "", at)
	})
}

// DismissMessage gives up on a message that may or may not have been taken.
func (s *Store) DismissMessage(ctx context.Context, accountID, id string, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		m, err := outboundOf(t, accountID, id)
		if err != nil {
			return err
		}
		if m.Status != message.Unclear {
			return fault.New(fault.Conflict, "", "message %s is %s; only an unclear one can be dismissed", id, m.Status)
		}
		return raise(t, m, message.Failed, "dismissed", "a person decided that it counts as not sent", at)
	})
}

// expireMax bounds one commit of expiries, so that a long outage's end stops nobody.
const expireMax = 200

// ExpireMessages ends the messages whose validity is over before a provider took them, and says how many.
func (s *Store) ExpireMessages(ctx context.Context, now time.Time) (n int, err error) {
	for {
		some := 0
		err := s.write(ctx, func(t *tx) error {
			var list []stored
			if err := t.each(qExpired, func(r *row) error {
				m, err := readMessage(r)
				list = append(list, m)
				return err
			}, micros(now), expireMax); err != nil {
				return err
			}
			for i := range list {
				if err := raise(t, &list[i], message.Expired, string(message.Expired), expiredText, now); err != nil {
					return err
				}
			}
			some = len(list)
			return nil
		})
		n += some
		if err != nil || some < expireMax {
			return n, err
		}
	}
}
