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
	case len(n.Data) > 0:
		e.Data = jsontext.Value(n.Data)
	case n.Message != nil:
		e.Data = ViewOf(n.Message, link, false)
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

// bodies are the requests that tell one notification, in a webhook's format. There may be none: the Messaging API has no word for most
// statuses. There may be several: it has one message for a text and one for each file. token is what receivers of old find in a body.
func bodies(n *message.Notification, format, token string, link Link) ([][]byte, error) {
	if format != FormatMessaging {
		b, err := body(n, link)
		return [][]byte{b}, err
	}
	var out [][]byte
	for _, m := range mirror(n, link) {
		m.APIKey = token
		b, err := encode(m)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}
