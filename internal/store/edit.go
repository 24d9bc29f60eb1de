package store

import (
	"context"
	"encoding/json"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// editsMax bounds what is kept of one message.
const editsMax = 1000

var (
	qEdits     = sqlText("edits", `SELECT at, deleted, content FROM message_edits WHERE message = $1 ORDER BY n`)
	qAddEdit   = sqlText("add edit", `INSERT INTO message_edits (message, n, at, deleted, content) VALUES ($1, $2, $3, $4, $5)`)
	qLastEdit  = sqlText("last edit", `SELECT deleted, content FROM message_edits WHERE message = $1 AND n = $2`)
	qCountEdit = sqlText("count edit", `UPDATE messages SET edits = $2 WHERE seq = $1`)
)

// EditMessage changes what is shown of a message, or deletes it. What travelled, and every text in between, stays on record; nothing
// leaves. A message that waits to be sent cannot be changed: its text is what would be sent.
func (s *Store) EditMessage(ctx context.Context, accountID, id string, e message.Edit) error {
	return s.write(ctx, func(t *tx) error {
		m, err := oneMessage(t, qMessageByID, id, accountID)
		if err == nil && m == nil {
			err = notFound("message", id)
		}
		if err != nil {
			return err
		}
		deleted, content := false, m.Content
		if m.edits > 0 {
			if _, err := one(t, qLastEdit, func(r *row) error { deleted, content = r.bool(), r.text(); return nil }, m.seq, m.edits); err != nil {
				return err
			}
		}
		switch {
		case deleted == e.Deleted && (deleted || content == e.Content):
			return nil // it stands so already
		case deleted:
			return fault.New(fault.Conflict, "messageid", "message %s is deleted", id)
		case m.Kind != "" && !e.Deleted:
			return fault.New(fault.Conflict, "messageid", "message %s is a call: it can be deleted, not changed", id)
		case m.Direction == message.Outbound && m.Status.Rank() < message.Unclear.Rank():
			return fault.New(fault.Conflict, "messageid", "message %s is %s: what waits to be sent cannot be changed, only cancelled", id, m.Status)
		case m.edits >= editsMax:
			return fault.New(fault.Conflict, "messageid", "message %s was changed %d times: no more of it is kept", id, m.edits)
		}
		if _, err := t.exec(qAddEdit, m.seq, m.edits+1, micros(e.At), flag(e.Deleted), e.Content); err != nil {
			return err
		}
		if _, err := t.exec(qCountEdit, m.seq, m.edits+1); err != nil {
			return err
		}
		t.touched.Search = true
		what := message.WhatUpdated
		if e.Deleted {
			what = message.WhatDeleted
		}
		return notifyDoing(t, m, what, e.At)
	})
}

// notifyDoing tells that something became of a message that is no status.
func notifyDoing(t *tx, m *stored, what string, at time.Time) error {
	d := message.Doing{ID: m.ConversationID, OrgID: m.OrgID, MessageID: m.ID, What: what}
	if m.Direction == message.Outbound {
		d.By = m.UserID
	}
	return notify(t, &message.Notification{AccountID: m.AccountID, OrgID: m.OrgID, NumberID: m.NumberID, UserID: m.privateTo,
		Type: message.ConversationUpdated, At: at, Data: doing(d)}, m.seq)
}

func doing(d message.Doing) []byte {
	data, err := json.Marshal(d)
	if err != nil { // strings
		panic(err)
	}
	return data
}
