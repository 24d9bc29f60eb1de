package store

import (
	"bytes"
	"context"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// keepIdempotency is how long a key answers for the request that first used it.
const keepIdempotency = 24 * time.Hour

var (
	qKeepIdempotency = sqlText("keep idempotency key", `INSERT INTO idempotency (account_id, key, hash, message_id, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, key) DO UPDATE SET hash = excluded.hash, message_id = excluded.message_id, at = excluded.at
		WHERE idempotency.at < $6`)
	qIdempotency = sqlText("idempotency key", `SELECT i.hash, m.id, m.conversation_id FROM idempotency i
		JOIN messages m ON m.id = i.message_id WHERE i.account_id = $1 AND i.key = $2`)
	qOpenConversation = sqlText("open conversation", `INSERT INTO conversations (id, account_id, org_id, number_id, contact, user_id, closed, created_at, last_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7)
		ON CONFLICT (number_id, contact, user_id) WHERE closed = 0 DO UPDATE SET last_at = excluded.last_at
		RETURNING id`)
	// A lane that was empty, or waits for a contact put aside, is due when its pace or pause allows, and no earlier than now: it
	// stands behind the lanes that have waited longer. One that is waiting already keeps its place.
	qJoinLane = sqlText("join lane", `INSERT INTO lanes
		(kind, key, account_id, org_id, integration_id, pending, accepted, held, next_at, free_at, epoch, in_flight, asides, turn, pauses)
		VALUES ('send', $1, $2, $3, $4, 1, 1, 0, $5, 0, 0, 0, 0, 0, 0)
		ON CONFLICT (kind, key) DO UPDATE SET pending = lanes.pending + 1, accepted = lanes.accepted + 1,
			next_at = CASE WHEN lanes.in_flight <> 0 OR (lanes.pending > 0 AND lanes.next_at <= excluded.next_at) THEN lanes.next_at
				WHEN lanes.free_at > excluded.next_at THEN lanes.free_at ELSE excluded.next_at END
		RETURNING seq`)
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
	conversation := message.NewConversationID(m.Created)
	err = s.write(ctx, func(t *tx) error {
		ack = message.Ack{ID: m.ID, Status: message.Queued}
		if a.IdempotencyKey != "" {
			if repeated, err := idempotent(t, &a, &ack, now); err != nil || repeated {
				return err
			}
		}
		var err error
		if m.ConversationID, err = openConversation(t, conversation, &m, m.To, a.ConversationUser); err != nil {
			return err
		}
		ack.ConversationID = m.ConversationID
		var laneSeq int64
		if err := t.each(qJoinLane, func(r *row) error { laneSeq = r.int(); return nil },
			a.LaneKey, m.AccountID, m.OrgID, m.IntegrationID, micros(now)); err != nil {
			return err
		}
		seq, err := insertMessage(t, &m, inLane, laneSeq, a.ConversationUser, "")
		if err == nil && seq == 0 {
			err = fault.New(fault.Conflict, "id", "there is a message %s already", m.ID)
		}
		if err != nil {
			return err
		}
		t.touched.Lanes = true
		return notifyStatus(t, &m, seq, a.ConversationUser, message.Queued, m.Created)
	})
	return ack, err
}

// idempotent takes the key for this message, or finds the answer that the key already has.
func idempotent(t *tx, a *message.Acceptance, ack *message.Ack, now time.Time) (repeated bool, err error) {
	n, err := t.exec(qKeepIdempotency, a.Message.AccountID, a.IdempotencyKey, a.BodyHash[:], ack.ID, micros(now), age(now, keepIdempotency))
	if err != nil || n > 0 {
		return false, err
	}
	var hash []byte
	found, err := one(t, qIdempotency, func(r *row) error {
		hash, ack.ID, ack.ConversationID, ack.Repeated = r.bytes(), r.text(), r.text(), true
		return nil
	}, a.Message.AccountID, a.IdempotencyKey)
	switch {
	case err != nil:
		return false, err
	case !found:
		return false, fault.New(fault.Conflict, "Idempotency-Key", "belonged to a message that is gone; use another key")
	case !bytes.Equal(hash, a.BodyHash[:]):
		*ack = message.Ack{}
		return false, fault.New(fault.Invalid, "Idempotency-Key", "was used for another request within the last 24 hours; use a new key for a new message")
	}
	return true, nil
}

// openConversation finds the open conversation of the number with the contact (the user's private one, or the group's),
// or begins it.
func openConversation(t *tx, fresh string, m *message.Message, contact, user string) (id string, err error) {
	err = t.each(qOpenConversation, func(r *row) error { id = r.text(); return nil },
		fresh, m.AccountID, m.OrgID, m.NumberID, contact, user, micros(m.Created))
	return id, err
}
