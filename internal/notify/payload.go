package notify

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/message"
)

// Formats of a webhook's bodies.
const (
	FormatPatchbay  = "patchbay"
	FormatMessaging = "messaging" // those of the Messaging API
)

// Types are the notifications that a webhook or a stream may ask for.
var Types = []string{
	message.MessageReceived, message.MessageStatus, message.ConversationUpdated, message.OptOutChanged, message.IntegrationAttention,
}

// envelope is a notification as programs get it.
type envelope struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// body is the notification in our own format.
func body(n *message.Notification, link Link) ([]byte, error) {
	e := envelope{Type: n.Type, Timestamp: n.At.UTC()}
	switch {
	case n.Message != nil:
		e.Data = ViewOf(n.Message, link, false)
	case len(n.Data) > 0:
		e.Data = jsontext.Value(n.Data)
	default:
		e.Data = struct{}{}
	}
	return encode(e)
}

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, fmt.Errorf("write a notification: %w", err)
	}
	return b, nil
}

// mirrored is a notification in the Messaging API's format: a method call turned round.
type mirrored struct {
	Method string `json:"method"`
	Params any    `json:"params"`
}

type mirroredMessage struct {
	To        string `json:"to"`
	From      string `json:"from"`
	OrgID     string `json:"orgid"`
	UserID    string `json:"userid,omitempty"`
	MessageID string `json:"messageid"`
	SessionID string `json:"sessionid"`
	Content   string `json:"content"`
	Type      int    `json:"type"`
}

type mirroredReceipt struct {
	MessageID string `json:"messageid,omitempty"`
	SessionID string `json:"sessionid"`
}

// Types of a message in the Messaging API's notifications.
const (
	typeText = 1
	typeFile = 2
)

// bodies are the requests that tell one notification, in a webhook's format. There may be none: the Messaging API has no word for most
// statuses. There may be several: it has one message for a text and one for each file.
func bodies(n *message.Notification, format string, link Link) ([][]byte, error) {
	if format != FormatMessaging {
		b, err := body(n, link)
		return [][]byte{b}, err
	}
	var out [][]byte
	for _, m := range mirror(n, link) {
		b, err := encode(m)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

func mirror(n *message.Notification, link Link) []mirrored {
	if n.Message == nil {
		return nil
	}
	v := ViewOf(n.Message, link, false)
	switch {
	case n.Type == message.MessageReceived, n.Type == message.MessageStatus && n.Status == message.Queued:
		m := mirroredMessage{
			To: v.To, From: v.From, OrgID: v.OrgID, UserID: v.User, MessageID: v.ID, SessionID: v.Conversation,
			Content: v.Content, Type: typeText,
		}
		var out []mirrored
		if v.Content != "" || len(v.Media) == 0 {
			out = append(out, mirrored{"message", m})
		}
		for _, f := range v.Media {
			if f.URL == "" {
				continue
			}
			m.Content, m.Type = f.URL, typeFile
			out = append(out, mirrored{"message", m})
		}
		return out
	case n.Type == message.MessageStatus && n.Status == message.Delivered:
		return []mirrored{{"delivered", mirroredReceipt{MessageID: v.ID, SessionID: v.Conversation}}}
	case n.Type == message.MessageStatus && n.Status == message.Read:
		return []mirrored{{"read", mirroredReceipt{SessionID: v.Conversation}}}
	}
	return nil
}
