package store

import (
	"context"
	"encoding/json"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

const conversationColumns = `id, account_id, org_id, number_id, contact, user_id, closed, created_at, last_at, claimed_by, joined`

var qConversation = sqlText("conversation", `SELECT `+conversationColumns+` FROM conversations WHERE account_id = $1 AND id = $2`)

func readConversation(r *row) directory.Conversation {
	return directory.Conversation{ID: r.text(), AccountID: r.text(), OrgID: r.text(), NumberID: r.text(), Contact: r.text(),
		UserID: r.text(), Closed: r.bool(), Created: r.time(), LastAt: r.time(), ClaimedBy: r.text(), Joined: r.text()}
}

// Conversation is the account's conversation of this id.
func (s *Store) Conversation(ctx context.Context, accountID, id string) (*directory.Conversation, error) {
	c, err := readOne(ctx, s, qConversation, readConversation, accountID, id)
	return found(c, err, "conversation", id)
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
