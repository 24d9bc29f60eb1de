package notify

import (
	"github.com/go-json-experiment/json"

	"patchbay/internal/message"
)

// mirrored is a notification in the Messaging API's format: a method call turned round.
type mirrored struct {
	Method string `json:"method"`
	Params any    `json:"params"`
	APIKey string `json:"api_key,omitempty"` // a token of the webhook's own, never an API key
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

type mirroredTyping struct {
	SessionID string `json:"sessionid"`
	State     string `json:"state"`
}

type mirroredUpdate struct {
	MessageID string `json:"messageid"`
	Content   string `json:"content"`
}

type mirroredDeletion struct {
	MessageID string `json:"messageid"`
}

// Types of a message in the Messaging API's notifications.
const (
	typeText = 1
	typeFile = 2
)

// mirror says a notification in the words of the Messaging API. A contact who lives in a program did there what they did: the program is
// told what the users do, and does not hear its own words again.
func mirror(n *message.Notification, link Link) []mirrored {
	if n.Type == message.ConversationUpdated {
		return mirrorDoing(n)
	}
	if n.Message == nil {
		return nil
	}
	v := ViewOf(n.Message, link, false)
	inProgram := n.Message.NumberID == "" && n.Message.IntegrationID == "" && n.NumberID == ""
	outward := v.Direction == message.Outbound
	switch {
	case n.Type == message.MessageReceived && !inProgram,
		n.Type == message.MessageStatus && n.Status == message.Queued,
		n.Type == message.MessageStatus && n.Status == message.Sent && inProgram && outward:
		return mirrorMessage(&v)
	case n.Type == message.MessageStatus && n.Status == message.Delivered && !inProgram:
		return []mirrored{{Method: "delivered", Params: mirroredReceipt{MessageID: v.ID, SessionID: v.Conversation}}}
	case n.Type == message.MessageStatus && n.Status == message.Read && !(inProgram && outward):
		return []mirrored{{Method: "read", Params: mirroredReceipt{SessionID: v.Conversation}}}
	}
	return nil
}

func mirrorMessage(v *MessageView) (out []mirrored) {
	m := mirroredMessage{
		To: v.To, From: v.From, OrgID: v.OrgID, UserID: v.User, MessageID: v.ID, SessionID: v.Conversation,
		Content: v.Content, Type: typeText,
	}
	if v.Content != "" || len(v.Media) == 0 {
		out = append(out, mirrored{Method: "message", Params: m})
	}
	for _, f := range v.Media {
		if f.URL == "" {
			continue
		}
		m.Content, m.Type = f.URL, typeFile
		out = append(out, mirrored{Method: "message", Params: m})
	}
	return out
}

// mirrorDoing tells what users do in a conversation besides writing. What is a message of theirs, they changed.
func mirrorDoing(n *message.Notification) []mirrored {
	var d message.Doing
	if json.Unmarshal(n.Data, &d) != nil {
		return nil
	}
	theirs := n.Message == nil || n.Message.Direction == message.Outbound
	switch {
	case d.What == message.WhatTyping && d.By != "":
		return []mirrored{{Method: "typing", Params: mirroredTyping{SessionID: d.ID, State: "on"}}}
	case d.What == message.WhatUpdated && theirs && n.Message != nil:
		text, _, _ := n.Message.Shown()
		return []mirrored{{Method: "updated", Params: mirroredUpdate{MessageID: d.MessageID, Content: text}}}
	case d.What == message.WhatDeleted && theirs:
		return []mirrored{{Method: "deleted", Params: mirroredDeletion{MessageID: d.MessageID}}}
	}
	return nil
}
