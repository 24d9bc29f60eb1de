package store

import (
	"context"
	"encoding/json"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

const conversationColumns = `id, account_id, org_id, number_id, contact, user_id, closed, created_at, last_at`

var (
	qConversation  = sqlText("conversation", `SELECT `+conversationColumns+` FROM conversations WHERE account_id = $1 AND id = $2`)
	qConversations = sqlText("conversations", `SELECT `+conversationColumns+` FROM conversations c
		WHERE c.account_id = $1 AND c.org_id = $2 AND c.id < $3
		AND ($4 = '' OR (c.user_id IN ('', $4) AND EXISTS (SELECT 1 FROM number_users u WHERE u.number_id = c.number_id AND u.user_id = $4))
			OR (c.user_id = $4 AND c.number_id = ''))
		ORDER BY c.id DESC LIMIT $5`)
	qAllConversations = sqlText("conversations of an account", `SELECT `+conversationColumns+` FROM conversations
		WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`)
)

func readConversation(r *row) directory.Conversation {
	return directory.Conversation{ID: r.text(), AccountID: r.text(), OrgID: r.text(), NumberID: r.text(), Contact: r.text(),
		UserID: r.text(), Closed: r.bool(), Created: r.time(), LastAt: r.time()}
}

// Conversation is the account's conversation of this id.
func (s *Store) Conversation(ctx context.Context, accountID, id string) (*directory.Conversation, error) {
	c, err := readOne(ctx, s, qConversation, readConversation, accountID, id)
	return found(c, err, "conversation", id)
}

// Conversations are an organization's conversations that the user may see (all of them without a user), the newest first;
// without an organization, the account's.
func (s *Store) Conversations(ctx context.Context, accountID, orgID, userID string, p Page) (list []directory.Conversation, next string, err error) {
	before, err := p.beforeText()
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(db engine) error {
		add := func(r *row) error {
			list = append(list, readConversation(r))
			return nil
		}
		if orgID == "" && userID == "" {
			return db.each(qAllConversations, add, accountID, before, p.size())
		}
		return db.each(qConversations, add, accountID, orgID, before, userID, p.size())
	})
	list, next = cut(p, list, func(c *directory.Conversation) string { return textCursor(c.ID) })
	return list, next, err
}

// conversationNews is what is told of a conversation.
type conversationNews struct {
	ID        string `json:"id"`
	OrgID     string `json:"orgid"`
	MessageID string `json:"message_id,omitempty"`
}

// notifyConversation tells that something about the message changed that is no status: its files, for one.
func notifyConversation(t *tx, m *stored, at time.Time) error {
	data, err := json.Marshal(conversationNews{m.ConversationID, m.OrgID, m.ID})
	if err != nil { // strings
		panic(err)
	}
	return notify(t, &message.Notification{AccountID: m.AccountID, OrgID: m.OrgID, NumberID: m.NumberID, UserID: m.privateTo,
		Type: message.ConversationUpdated, At: at, Data: data}, 0)
}
