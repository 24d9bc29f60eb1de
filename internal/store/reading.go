package store

import (
	"context"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

var (
	qReadMark = sqlText("read mark", `SELECT COALESCE((SELECT r.seq FROM conversation_reads r WHERE r.conversation_id = $1 AND r.user_id = $2),
		(SELECT u.since FROM number_users u WHERE u.number_id = $3 AND u.user_id = $2), 0)`)
	qSetReadMark = sqlText("set read mark", `INSERT INTO conversation_reads (conversation_id, user_id, seq) VALUES ($1, $2, $3)
		ON CONFLICT (conversation_id, user_id) DO UPDATE SET seq = excluded.seq`)
	qNewestIn = sqlText("newest of a conversation", `SELECT seq, id FROM messages WHERE conversation_id = $1 ORDER BY seq DESC LIMIT 1`)
	qNewestOf = sqlText("newest of the contact", `SELECT seq, id FROM messages WHERE conversation_id = $1 AND direction = 'inbound' AND kept = 0 ORDER BY seq DESC LIMIT 1`)
	qUnseen   = sqlText("messages that nobody has read", `SELECT id FROM messages WHERE conversation_id = $1 AND direction = 'inbound' AND kept = 0
		AND seq > $2 AND seq <= $3 AND rank = 0 ORDER BY seq DESC LIMIT $4`)
)

// MarkRead says that a user has read a conversation up to an entry of it; empty: all of it. It moves nobody else's mark. What no user had
// read before gets the status "read".
func (s *Store) MarkRead(ctx context.Context, accountID, id, userID, upTo string, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		c, err := conversationIn(t, accountID, id)
		if err != nil {
			return err
		}
		seq, upTo, err := entryOf(t, &c, upTo, qNewestIn)
		if err != nil || seq == 0 {
			return err
		}
		return markRead(t, &c, userID, seq, upTo, at)
	})
}

func markRead(t *tx, c *directory.Conversation, userID string, seq int64, upTo string, at time.Time) error {
	before, err := count(t, qReadMark, c.ID, userID, c.NumberID)
	if err != nil {
		return err
	}
	var unseen []string
	if err := t.each(qUnseen, func(r *row) error { unseen = append(unseen, r.text()); return nil }, c.ID, min(before, seq), seq, readMax); err != nil {
		return err
	}
	for i := len(unseen) - 1; i >= 0; i-- {
		m, err := oneMessage(t, qMessageByID, unseen[i], c.AccountID)
		if err != nil {
			return err
		}
		if m == nil {
			return fault.New(fault.Internal, "", "message %s went away", unseen[i])
		}
		if err := raise(t, m, message.Read, "", "", at); err != nil {
			return err
		}
	}
	if seq <= before {
		return nil
	}
	if _, err := t.exec(qSetReadMark, c.ID, userID, seq); err != nil {
		return err
	}
	return announce(t, c, message.Doing{What: message.WhatRead, By: userID, MessageID: upTo}, at)
}

// MarkUnread says that a conversation is new to a user again, from an entry on; empty: from what the contact wrote last. A message that
// was read stays so: a status never goes back.
func (s *Store) MarkUnread(ctx context.Context, accountID, id, userID, from string, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		c, err := conversationIn(t, accountID, id)
		if err != nil {
			return err
		}
		seq, from, err := entryOf(t, &c, from, qNewestOf)
		if err != nil || seq == 0 {
			return err
		}
		before, err := count(t, qReadMark, c.ID, userID, c.NumberID)
		if err != nil || before < seq {
			return err
		}
		if _, err := t.exec(qSetReadMark, c.ID, userID, seq-1); err != nil {
			return err
		}
		return announce(t, &c, message.Doing{What: message.WhatUnread, By: userID, MessageID: from}, at)
	})
}

// entryOf is where an entry stands in its conversation; without an id, the one that otherwise finds, and 0 where there is none.
func entryOf(t *tx, c *directory.Conversation, id string, otherwise *query) (seq int64, found string, err error) {
	if id == "" {
		_, err = one(t, otherwise, func(r *row) error { seq, found = r.int(), r.text(); return nil }, c.ID)
		return seq, found, err
	}
	seq, err = count(t, qSeqOfEntry, c.AccountID, c.ID, id)
	if err == nil && seq == 0 {
		err = fault.New(fault.Invalid, "message", "%q is no message of this conversation", id)
	}
	return seq, id, err
}
