package store

import (
	"bytes"
	"cmp"
	"context"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/failpoint"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// keepIdempotency is how long a key answers for the request that first used it.
const keepIdempotency = 24 * time.Hour

var (
	qKeepIdempotency = sqlText("keep idempotency key", `INSERT INTO idempotency (account_id, key, hash, message_id, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, key) DO UPDATE SET hash = excluded.hash, message_id = excluded.message_id, at = excluded.at
		WHERE idempotency.at < $6`)
	qKnownKey    = sqlText("known idempotency key", `SELECT 1 FROM idempotency WHERE account_id = $1 AND key = $2 AND at >= $3`)
	qIdempotency = sqlText("idempotency key", `SELECT i.hash, m.id, m.conversation_id, m.org_id FROM idempotency i
		JOIN messages m ON m.id = i.message_id WHERE i.account_id = $1 AND i.key = $2`)
)

// Accept keeps an outbound message: the message, its place in its lane and in its conversation, the idempotency key and
// the notification, in one commit. When it returns without an error, the message will be tried.
func (s *Store) Accept(ctx context.Context, a message.Acceptance) (ack message.Ack, err error) {
	now := time.Now()
	m := a.Message
	m.Direction, m.Status = message.Outbound, message.Queued
	if m.ID == "" {
		m.ID = message.NewID()
	}
	if m.Created.IsZero() {
		m.Created = now
	}
	m.Parts = max(m.Parts, 1)
	m.Created = m.Created.Truncate(time.Microsecond)
	switch {
	case a.LaneKey == "", m.AccountID == "", m.OrgID == "", m.IntegrationID == "", m.NumberID == "":
		return ack, fault.New(fault.Internal, "", "a message needs an account, an organization, an integration, a number and a lane")
	case m.Expires.IsZero():
		return ack, fault.New(fault.Internal, "", "a message needs an end of its validity")
	}
	err = s.write(ctx, func(t *tx) error {
		ack = message.Ack{ID: m.ID, Status: message.Queued}
		if len(a.Caps) > 0 {
			if err := s.capped(t, &a, &ack, now); err != nil || ack.Repeated {
				return err
			}
		}
		if a.IdempotencyKey != "" {
			if repeated, err := idempotent(t, &a, &ack, now); err != nil || repeated {
				return err
			}
		}
		if a.OwedReply {
			if gone, err := paid(t, m.ID); err != nil || gone {
				ack.Repeated = gone
				return err
			}
		}
		if !message.Reaches(m.Auto) {
			if out, err := isOptedOut(t, t.veil, m.OrgID, m.From, m.To); err != nil {
				return err
			} else if out {
				return errOptedOut(m.To)
			}
		}
		at, err := converse(t, &m, m.To, conversation.Addition{Owner: a.ConversationUser, Writer: m.UserID, Timeout: a.SessionTimeout, At: m.Created})
		if err != nil {
			return err
		}
		m.ConversationID = at.conversation
		ack.ConversationID = m.ConversationID
		laneSeq, err := s.places.join(t, a.LaneKey, &m, now)
		if err != nil {
			return err
		}
		seq, err := insertMessage(t, &m, inLane, laneSeq, at.user, "")
		if err == nil && seq == 0 {
			err = fault.New(fault.Conflict, "id", "there is a message %s already", m.ID)
		}
		if err != nil {
			return err
		}
		if a.OwnValidity {
			if err := t.later(qOwnDeadline, seq); err != nil {
				return err
			}
		}
		if err := insertFiles(t, seq, a.Media, now); err != nil {
			return err
		}
		if err := countDaily(t, &m, a.Caps, now); err != nil {
			return err
		}
		t.kept(&m, len(m.URLs))
		t.touched.Lanes = true
		return notifyStatus(t, &m, seq, at.user, message.Queued, m.Created)
	})
	return ack, err
}

// capped refuses what is over a cap, unless it was accepted before: a repeated request gets its answer all the same.
func (s *Store) capped(t *tx, a *message.Acceptance, ack *message.Ack, now time.Time) error {
	over := overCap(t, &a.Message, a.Caps, now)
	if over == nil || a.IdempotencyKey == "" {
		return over
	}
	known, err := one(t, qKnownKey, func(*row) error { return nil }, a.Message.AccountID, a.IdempotencyKey, age(now, keepIdempotency))
	if err != nil || !known {
		return cmp.Or(err, over)
	}
	_, err = answered(t, a, ack)
	return err
}

// idempotent takes the key for this message, or finds the answer that the key already has.
func idempotent(t *tx, a *message.Acceptance, ack *message.Ack, now time.Time) (repeated bool, err error) {
	n, err := t.exec(qKeepIdempotency, a.Message.AccountID, a.IdempotencyKey, a.BodyHash[:], ack.ID, micros(now), age(now, keepIdempotency))
	if err != nil || n > 0 || failpoint.Bug("idempotency") {
		return false, err
	}
	return answered(t, a, ack)
}

// answered finds the answer that the key of a request has already.
func answered(t *tx, a *message.Acceptance, ack *message.Ack) (repeated bool, err error) {
	var hash []byte
	var orgID string
	found, err := one(t, qIdempotency, func(r *row) error {
		hash, ack.ID, ack.ConversationID, orgID, ack.Repeated = r.bytes(), r.text(), r.text(), r.text(), true
		return nil
	}, a.Message.AccountID, a.IdempotencyKey)
	switch {
	case err != nil:
		return false, err
	case !found:
		return false, fault.New(fault.Conflict, "Idempotency-Key", "belonged to a message that is gone; use another key")
	case !bytes.Equal(hash, a.BodyHash[:]), orgID != a.Message.OrgID: // its number has moved: who has it now is told nothing of the old message
		*ack = message.Ack{}
		return false, fault.New(fault.Invalid, "Idempotency-Key", "was used for another request within the last 24 hours; use a new key for a new message")
	}
	return true, nil
}
