package store

import (
	"encoding/json"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/message"
)

var (
	qOpenWith = sqlText("open conversations with a contact", `SELECT c.id, c.user_id, c.last_out_at,
		CASE WHEN EXISTS (SELECT 1 FROM number_users u WHERE u.number_id = c.number_id AND u.user_id = c.user_id) THEN 1 ELSE 0 END
		FROM conversations c WHERE c.number_id = $1 AND c.contact = $2 AND c.closed = 0`)
	qBeginConversation = sqlText("begin conversation", `INSERT INTO conversations
		(id, account_id, org_id, number_id, contact, user_id, closed, created_at, last_at, last_out_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7, $8)`)
	qGoOnConversation = sqlText("go on with conversation", `UPDATE conversations SET last_at = $2,
		last_out_at = CASE WHEN last_out_at < $3 THEN $3 ELSE last_out_at END WHERE id = $1`)
	qGiveToGroup     = sqlText("give conversation to the group", `UPDATE conversations SET user_id = '', last_out_at = 0 WHERE id = $1`)
	qShowGroup       = sqlText("show messages to the group", `UPDATE messages SET private_to = '' WHERE conversation_id = $1 AND private_to <> ''`)
	qJoinGroup       = sqlText("join the group's conversation", `UPDATE messages SET conversation_id = $2, private_to = '' WHERE conversation_id = $1`)
	qJoined          = sqlText("close a joined conversation", `UPDATE conversations SET closed = 2, joined = $2 WHERE id = $1`)
	qJoinNotes       = sqlText("join the group's notes", `UPDATE notes SET conversation_id = $2 WHERE conversation_id = $1`)
	qSessionTimeout  = sqlText("session timeout of a number", `SELECT session_timeout FROM numbers WHERE id = $1`)
	qUserlessOpening = sqlText("open conversations of a program", `SELECT id, user_id, last_out_at, 1 FROM conversations
		WHERE number_id = $1 AND contact = $2 AND user_id = $3 AND closed = 0`)
)

// placed is where a message was put.
type placed struct {
	conversation string
	user         string // whose private conversation it is; empty: the group's
	begins       bool   // it is the first of it
}

// converse puts a message into its conversation, which it begins where there is none, and brings together what has become the group's.
func converse(t *tx, m *message.Message, contact string, x conversation.Addition) (placed, error) {
	var open []conversation.Open
	q, args := qOpenWith, []any{m.NumberID, contact}
	if m.NumberID == "" { // the contact lives in a program: the user alone tells its conversations apart
		q, args = qUserlessOpening, append(args, x.Owner)
	}
	if err := t.each(q, func(r *row) error {
		open = append(open, conversation.Open{ID: r.text(), UserID: r.text(), LastOut: r.time(), Assigned: r.bool()})
		return nil
	}, args...); err != nil {
		return placed{}, err
	}
	at := conversation.Decide(x, open)
	if len(at.Joins) > 0 {
		if at.Into == "" {
			if err := giveToGroup(t, m, at.Joins[0]); err != nil {
				return placed{}, err
			}
			at.Into, at.Joins = at.Joins[0], at.Joins[1:]
		}
		for _, id := range at.Joins {
			if err := joinGroup(t, m, id, at.Into); err != nil {
				return placed{}, err
			}
		}
	}
	out := time.Time{}
	if at.User != "" && x.Writer == at.User {
		out = x.At
	}
	if at.Into != "" {
		_, err := t.exec(qGoOnConversation, at.Into, micros(x.At), micros(out))
		return placed{at.Into, at.User, false}, err
	}
	id := message.NewConversationID(x.At)
	_, err := t.exec(qBeginConversation, id, m.AccountID, m.OrgID, m.NumberID, contact, at.User, micros(x.At), micros(out))
	return placed{id, at.User, true}, err
}

// giveToGroup makes a private conversation the group's.
func giveToGroup(t *tx, m *message.Message, id string) error {
	if _, err := t.exec(qGiveToGroup, id); err != nil {
		return err
	}
	if _, err := t.exec(qShowGroup, id); err != nil {
		return err
	}
	return notifyRegrouped(t, m, id)
}

// joinGroup moves what was said in a private conversation into the group's.
func joinGroup(t *tx, m *message.Message, id, into string) error {
	if _, err := t.exec(qJoinGroup, id, into); err != nil {
		return err
	}
	if _, err := t.exec(qJoinNotes, id, into); err != nil {
		return err
	}
	if _, err := t.exec(qJoined, id, into); err != nil {
		return err
	}
	return notifyRegrouped(t, m, into)
}

// notifyRegrouped tells that a conversation has become everybody's of the number.
func notifyRegrouped(t *tx, m *message.Message, id string) error {
	data, err := json.Marshal(conversationNews{ID: id, OrgID: m.OrgID})
	if err != nil { // strings
		panic(err)
	}
	return notify(t, &message.Notification{AccountID: m.AccountID, OrgID: m.OrgID, NumberID: m.NumberID,
		Type: message.ConversationUpdated, At: m.Created, Data: data}, 0)
}

// sessionTimeout is a number's present one.
func sessionTimeout(t *tx, numberID string) (d time.Duration, err error) {
	_, err = one(t, qSessionTimeout, func(r *row) error { d = r.duration(); return nil }, numberID)
	return d, err
}
