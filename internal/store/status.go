package store

import (
	"context"
	"time"

	"patchbay/internal/failpoint"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

var (
	// Only a higher rank replaces a status: said here, in message.Status.MayBecome, and by a trigger of the schema.
	qRaise = sqlText("raise status", `UPDATE messages SET status = $2, rank = $3, error_code = $4, error_text = $5,
		history = history || $6, waiting = $7 WHERE seq = $1 AND rank < $3`)
	qDismiss       = sqlText("dismiss", `UPDATE messages SET dismissed = 1 WHERE seq = $1 AND dismissed = 0 AND error_code <> 'dismissed'`)
	qAppendHistory = sqlText("append history", `UPDATE messages SET history = history || $2 WHERE seq = $1`)
	qHistory       = sqlText("history", `SELECT history FROM messages WHERE seq = $1`)
	qLeaveLane     = sqlText("leave lane", `UPDATE lanes SET pending = pending - 1 WHERE seq = $1`)

	qMessageByID = sqlText("message by id", `SELECT `+messageColumns+` FROM messages WHERE id = $1 AND account_id = $2`)
	qOpenAttempt = sqlText("open attempt", `SELECT attempt_at FROM lanes WHERE seq = $1 AND in_flight = $2`)
)

// endWaiting gives a waiting message its last status. Its lane's pending count is the caller's.
func endWaiting(t *tx, m *stored, to message.Status, code, text string, at time.Time) error {
	if !m.Status.MayBecome(to) {
		return nil
	}
	return setStatus(t, m, idle, to, code, text, at, "")
}

// setStatus writes a higher status, and tells.
func setStatus(t *tx, m *stored, waiting int64, to message.Status, code, text string, at time.Time, before string) error {
	rank := to.Rank()
	if failpoint.Bug("rank") {
		rank = max(rank, m.Status.Rank()+1)
	}
	if err := t.later(qRaise, m.seq, string(to), rank, code, text, before+t.said(to, at, code, text, false), waiting); err != nil {
		return err
	}
	t.became(m, m.Status, m.ErrorCode, to, code)
	m.Status, m.waiting = to, waiting
	return notifyStatus(t, &m.Message, m.seq, m.privateTo, to, at)
}

// raise gives a message a higher status, wherever it is: one that waits leaves its lane, one with an open attempt when that
// ends. A status that is not higher only goes into the history, once.
func raise(t *tx, m *stored, to message.Status, code, text string, at time.Time) error {
	if !m.Status.MayBecome(to) && !failpoint.Bug("rank") {
		history := ""
		if _, err := one(t, qHistory, func(r *row) error { history = r.text(); return nil }, m.seq); err != nil {
			return err
		}
		if seen, err := hasHappened(history, to, code); err != nil || seen {
			return err
		}
		return t.later(qAppendHistory, m.seq, t.said(to, at, code, text, true))
	}
	if m.waiting == idle {
		return setStatus(t, m, idle, to, code, text, at, "")
	}
	begun, open, err := openAttempt(t, m)
	if err != nil {
		return err
	}
	if open {
		before := ""
		if m.Status.MayBecome(message.Sending) {
			before = historyLine(message.Sending, begun, "", "", false)
		}
		return setStatus(t, m, m.waiting, to, code, text, at, before)
	}
	if err := setStatus(t, m, idle, to, code, text, at, ""); err != nil {
		return err
	}
	return leaveLane(t, m.lane)
}

// openAttempt is when the attempt began that the message has open, if it has one.
func openAttempt(t *tx, m *stored) (at time.Time, open bool, err error) {
	if t.lane != nil && t.lane.seq == m.lane {
		return t.lane.attemptAt, t.lane.inFlight == m.seq, nil
	}
	open, err = one(t, qOpenAttempt, func(r *row) error { at = r.time(); return nil }, m.lane, m.seq)
	return at, open, err
}

// leaveLane counts one message less in a lane: in its row or, when this write has the row in hand, there.
func leaveLane(t *tx, seq int64) error {
	if t.lane != nil && t.lane.seq == seq {
		t.lane.pending--
		return nil
	}
	return t.later(qLeaveLane, seq)
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
		if _, open, err := openAttempt(t, m); err != nil {
			return err
		} else if open {
			begun(&m.Message)
		}
		if m.Status != message.Queued {
			return fault.New(fault.Conflict, "", "message %s is %s; only a queued one can be cancelled", id, m.Status)
		}
		return raise(t, m, message.Cancelled, "", "", at)
	})
}

// DismissMessage gives up on a message: an unclear one counts as failed from now on; of one that failed or expired it is on record that it
// stays so, and its reason is kept.
func (s *Store) DismissMessage(ctx context.Context, accountID, id string, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		m, err := outboundOf(t, accountID, id)
		if err != nil {
			return err
		}
		switch m.Status {
		case message.Failed, message.Expired:
			n, err := t.exec(qDismiss, m.seq)
			if err == nil && n == 0 {
				err = fault.New(fault.Conflict, "", "message %s was dismissed before", id)
			}
			return err
		case message.Unclear:
		default:
			return fault.New(fault.Conflict, "", "message %s is %s; only one that is unclear, failed or expired can be dismissed", id, m.Status)
		}
		return raise(t, m, message.Failed, "dismissed", "a person decided that it counts as not sent", at)
	})
}
