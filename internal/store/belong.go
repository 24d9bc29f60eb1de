package store

import (
	"context"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

var (
	// History is brought in any order: it neither makes a conversation look idle nor newer than it is.
	qStretch = sqlText("stretch conversation", `UPDATE conversations SET created_at = CASE WHEN created_at > $2 THEN $2 ELSE created_at END,
		last_at = CASE WHEN last_at < $2 THEN $2 ELSE last_at END WHERE id = $1`)
	qUnread = sqlText("unread messages", `SELECT id FROM messages WHERE conversation_id = $1 AND direction = $2 AND account_id = $3
		AND (rank = $4 OR rank = $5 OR rank = $6) ORDER BY seq DESC LIMIT $7`)
	qChats = sqlText("chats of a number", `SELECT c.id, c.contact, c.user_id, c.created_at, c.last_at,
		(SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id AND m.created_at BETWEEN $5 AND $4)
		FROM conversations c WHERE c.account_id = $1 AND c.org_id = $2 AND c.number_id = $3 AND c.created_at <= $4 AND c.last_at >= $5
		AND c.id < $6 ORDER BY c.id DESC LIMIT $7`)
	qProgramsOwn = sqlText("open conversation with a program's contact", `SELECT `+conversationColumns+` FROM conversations
		WHERE number_id = '' AND contact = $1 AND user_id = $2 AND closed = 0 AND account_id = $3`)
)

// OpenConversation finds the open conversation, or begins it without a message.
func (s *Store) OpenConversation(ctx context.Context, in message.Belonging, from *message.Sender, now time.Time) (id string, begun bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		m := message.Message{AccountID: in.AccountID, OrgID: in.OrgID, NumberID: in.NumberID, From: in.Contact, Created: now}
		at, err := converse(t, &m, in.Contact, conversation.Addition{Owner: in.Owner, Writer: in.Writer, Inbound: !in.Outward, Timeout: in.Timeout, At: now})
		if err != nil {
			return err
		}
		if id, begun = at.conversation, at.begins; from != nil {
			if err := introduce(t, &m, from, now); err != nil {
				return err
			}
		}
		if !at.begins {
			return nil
		}
		return notify(t, &message.Notification{AccountID: in.AccountID, OrgID: in.OrgID, NumberID: in.NumberID, UserID: at.user,
			Type: message.ConversationUpdated, At: now, Data: doing(message.Doing{ID: id, OrgID: in.OrgID, What: message.WhatOpened, By: in.Writer})}, 0)
	})
	return id, begun, err
}

// KeepMessage adds a message to a conversation as it was: history that a program brings, a call. It is read already, it goes nowhere, and
// no rule answers it. When the conversation is closed, it is added to the open one, which may begin with it.
func (s *Store) KeepMessage(ctx context.Context, in message.Belonging, m message.Message, files []message.Media, now time.Time) (ack message.Ack, err error) {
	m.Status, m.Parts = message.Read, 1
	err = s.write(ctx, func(t *tx) error {
		seq, private, err := add(t, in, &m, files, m.Created, now)
		if err != nil {
			return err
		}
		ack = message.Ack{ID: m.ID, ConversationID: m.ConversationID, Status: m.Status}
		return notifyDoing(t, &stored{Message: m, seq: seq, privateTo: private}, message.WhatKept, now)
	})
	return ack, err
}

// add puts a message that goes nowhere, and its files, into the conversation it belongs to, which then reaches to that time.
func add(t *tx, in message.Belonging, m *message.Message, files []message.Media, reaches, now time.Time) (seq int64, private string, err error) {
	if private, err = settleBelonging(t, in, m, now); err != nil {
		return 0, "", err
	}
	if _, err = t.exec(qStretch, m.ConversationID, micros(reaches)); err != nil {
		return 0, "", err
	}
	if seq, err = insertMessage(t, m, idle, 0, private, ""); err != nil {
		return 0, "", err
	}
	return seq, private, insertFiles(t, seq, files, now)
}

// settleBelonging finds the conversation that a kept message belongs to, and whose private one it is.
func settleBelonging(t *tx, in message.Belonging, m *message.Message, now time.Time) (private string, err error) {
	var c directory.Conversation
	found, err := one(t, qConversation, func(r *row) error { c = readConversation(r); return nil }, in.AccountID, in.ID)
	if err == nil && !found {
		err = notFound("conversation", in.ID)
	}
	if err != nil {
		return "", err
	}
	if m.ConversationID = c.ID; !c.Closed {
		return c.UserID, nil
	}
	at, err := converse(t, m, in.Contact, conversation.Addition{Owner: in.Owner, Writer: in.Writer, Inbound: !in.Outward, Timeout: in.Timeout, At: now})
	m.ConversationID = at.conversation
	return at.user, err
}

// Tell keeps what a user writes to a contact who lives in a program. It is sent with that: the program is told of it.
func (s *Store) Tell(ctx context.Context, in message.Belonging, m message.Message, files []message.Media, now time.Time) (ack message.Ack, err error) {
	m.Direction, m.Status, m.Parts = message.Outbound, message.Sent, 1
	err = s.write(ctx, func(t *tx) error {
		ack = message.Ack{ID: m.ID, Status: m.Status}
		if in.IdempotencyKey != "" {
			a := message.Acceptance{Message: m, IdempotencyKey: in.IdempotencyKey, BodyHash: in.BodyHash}
			if repeated, err := idempotent(t, &a, &ack, now); err != nil || repeated {
				return err
			}
		}
		seq, private, err := add(t, in, &m, files, now, now)
		if err != nil {
			return err
		}
		ack.ConversationID = m.ConversationID
		return notifyStatus(t, &m, seq, private, message.Sent, m.Created)
	})
	return ack, err
}

// ProgramsConversation is the open conversation of a user with a contact who lives in a program, or nil.
func (s *Store) ProgramsConversation(ctx context.Context, accountID, userID, contact string) (*directory.Conversation, error) {
	return readOne(ctx, s, qProgramsOwn, readConversation, contact, userID, accountID)
}

// readMax is how many messages one word that a conversation was read moves; the newest come first.
const readMax = 500

// ReadConversation moves what one side wrote to "read": with Outbound the contact has read, with Inbound a user.
func (s *Store) ReadConversation(ctx context.Context, accountID, id string, d message.Direction, at time.Time) error {
	ranks := []any{message.Unclear.Rank(), message.Sent.Rank(), message.Delivered.Rank()} // what failed, or has not left, was read by nobody
	if d == message.Inbound {
		ranks = []any{message.Received.Rank(), message.Received.Rank(), message.Received.Rank()}
	}
	return s.write(ctx, func(t *tx) error {
		var ids []string
		if err := t.each(qUnread, func(r *row) error { ids = append(ids, r.text()); return nil },
			append(append([]any{id, string(d), accountID}, ranks...), readMax)...); err != nil {
			return err
		}
		for i := len(ids) - 1; i >= 0; i-- {
			m, err := oneMessage(t, qMessageByID, ids[i], accountID)
			if err != nil {
				return err
			}
			if m == nil {
				return fault.New(fault.Internal, "", "message %s went away", ids[i])
			}
			if err := raise(t, m, message.Read, "", "", at); err != nil {
				return err
			}
		}
		return nil
	})
}

// Typing tells that somebody writes in a conversation: a user, or with by empty the contact. It is told once, and kept nowhere.
func (s *Store) Typing(ctx context.Context, c *directory.Conversation, by string, at time.Time) error {
	return s.write(ctx, func(t *tx) error { return announce(t, c, message.Doing{What: message.WhatTyping, By: by}, at) })
}

// TypingEnded tells that a user has stopped writing.
func (s *Store) TypingEnded(ctx context.Context, c *directory.Conversation, by string, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		return announce(t, c, message.Doing{What: message.WhatTypingEnded, By: by}, at)
	})
}

// Chats are the conversations of a number in which something was said in the period, the newest first.
func (s *Store) Chats(ctx context.Context, accountID, orgID, numberID string, begin, end time.Time, p Page) (list []message.Chat, next string, err error) {
	before, err := p.beforeText()
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(db engine) error {
		return db.each(qChats, func(r *row) error {
			list = append(list, message.Chat{ID: r.text(), Contact: r.text(), UserID: r.text(), Begin: r.time(), End: r.time(), Messages: int(r.int())})
			return nil
		}, accountID, orgID, numberID, micros(end), micros(begin), before, p.size())
	})
	list, next = cut(p, list, func(c *message.Chat) string { return textCursor(c.ID) })
	return list, next, err
}
