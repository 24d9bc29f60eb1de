package store

import (
	"context"

	"patchbay/internal/conversation"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

var (
	qInsertNote = sqlText("insert note", `INSERT INTO notes (seq, id, account_id, org_id, conversation_id, user_id, content, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	qNoteByID   = sqlText("note by id", `SELECT user_id FROM notes WHERE id = $1 AND conversation_id = $2`)
	qDeleteNote = sqlText("delete note", `DELETE FROM notes WHERE id = $1`)
)

// KeepNote keeps a note of a user's in a conversation. It goes nowhere, and makes the conversation no newer.
func (s *Store) KeepNote(ctx context.Context, n conversation.Note) error {
	return s.write(ctx, func(t *tx) error {
		c, err := conversationIn(t, n.AccountID, n.ConversationID)
		if err != nil {
			return err
		}
		seq, err := t.nextMessage()
		if err != nil {
			return err
		}
		if _, err := t.exec(qInsertNote, seq, n.ID, c.AccountID, c.OrgID, c.ID, n.By.ID, n.Content, micros(n.Created)); err != nil {
			return err
		}
		t.touched.Search = true
		return announce(t, &c, message.Doing{What: message.WhatNoted, By: n.By.ID, MessageID: n.ID}, n.Created)
	})
}

// DeleteNote removes a note. With its By, only one of that user's.
func (s *Store) DeleteNote(ctx context.Context, n conversation.Note) error {
	return s.write(ctx, func(t *tx) error {
		c, err := conversationIn(t, n.AccountID, n.ConversationID)
		if err != nil {
			return err
		}
		writer := ""
		found, err := one(t, qNoteByID, func(r *row) error { writer = r.text(); return nil }, n.ID, c.ID)
		switch {
		case err != nil:
			return err
		case !found:
			return notFound("note", n.ID)
		case n.By.ID != "" && n.By.ID != writer:
			return fault.New(fault.Forbidden, "", "this note is another user's")
		}
		if _, err := t.exec(qDeleteNote, n.ID); err != nil {
			return err
		}
		return announce(t, &c, message.Doing{What: message.WhatNoteDeleted, By: n.By.ID, MessageID: n.ID}, n.Created)
	})
}
