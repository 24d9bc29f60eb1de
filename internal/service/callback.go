package service

import (
	"crypto"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/wire"
)

// Callback is one request that a provider made to us.
type Callback struct {
	Request wire.Request // URL: the configured public URL with path and query exactly as sent
	Number  string       // our number when the URL carries it (?number=)
	Now     time.Time
	Numbers NumberFinder // the numbers that a message may be for: the integration's own (Peek: all candidates')

	RemoteIP string        // the other end of the connection, whatever the request says about itself
	Signer   crypto.Signer // for Sign alone: the private half of the public key that the integration has

	answers *asking  // what it answers to; nil: it is a request
	decoded *decoded // made once, by the first that needs it
}

// EventType is what a callback tells us, in the file format's words.
type EventType string

const (
	EventMessage   EventType = "message" // with files or without: the file's "mms" is the same kind
	EventSent      EventType = "messageSent"
	EventDelivered EventType = "messageDelivered"
	EventFailed    EventType = "messageFailed"
	EventRead      EventType = "messageRead"
	EventTyping    EventType = "typing"
	EventOptOut    EventType = "optout"
	EventHandshake EventType = "handshake"
	EventIgnore    EventType = "ignore"
)

// Event is one thing read from a callback.
type Event struct {
	Type      EventType `json:"type" doc:"What happened."`
	From      string    `json:"from,omitempty" doc:"Of a message: the contact."`
	To        string    `json:"to,omitempty" doc:"Of a message: our number, or the first of those called."`
	AlsoTo    []string  `json:"also_to,omitempty" doc:"Further numbers called by the same message."`
	Content   string    `json:"content,omitempty" doc:"The text."`
	Files     []File    `json:"files,omitempty" doc:"The files."`
	MessageID string    `json:"messageid,omitempty" doc:"The provider's."`
	ID        string    `json:"id,omitempty" doc:"Ours, when the provider gives back what we called it."`
	Word      string    `json:"word,omitempty" doc:"The provider's word for what happened ($event_key$)."`
	ErrorCode string    `json:"error_code,omitempty" doc:"The provider's code."`
	ErrorText string    `json:"error_text,omitempty" doc:"The provider's words."`
	Timestamp time.Time `json:"timestamp,omitzero" doc:"The provider's time, when it says one."`
	Parts     int       `json:"parts,omitempty" doc:"How many parts the text has."`
	Part      int       `json:"part,omitempty" doc:"Which part this is, from 1."`
	PartRef   string    `json:"part_ref,omitempty" doc:"What the parts of one text have in common."`
	Key       string    `json:"key,omitempty" doc:"Equal keys of one integration are one event; empty: never a duplicate."`
	Model     string    `json:"model" doc:"Pointer of the model that read it."`
	Note      string    `json:"note,omitempty" doc:"For the operator: an unknown word …"`
	Challenge string    `json:"-"` // of a handshake: what must be said back
	Confirm   string    `json:"confirm,omitempty" doc:"Of a handshake: the address to call."`

	model  *model
	values *found // everything the model bound, for reply patterns
}

// File is one file of a message, either way.
type File struct {
	URL       string `json:"url,omitempty" doc:"Where it is."`
	MediaID   string `json:"mediaid,omitempty" doc:"Where the provider gives an id in place of an address."`
	Name      string `json:"name,omitempty" doc:"Its name."`
	MediaType string `json:"type,omitempty" doc:"As declared."`
	Data      []byte `json:"data,omitempty" doc:"When it came inside the callback."`
}

// Status is what a receipt makes of the message it speaks of, and whether the event is a receipt.
func (e *Event) Status() (message.Status, bool) {
	switch e.Type {
	case EventSent:
		return message.Sent, true
	case EventDelivered:
		return message.Delivered, true
	case EventFailed:
		return message.Failed, true
	case EventRead:
		return message.Read, true
	}
	return "", false
}

// IsMessage reports whether the event is a message from a contact.
func (e *Event) IsMessage() bool { return e.Type == EventMessage }

// Reading is what one callback says: its events, or why it says nothing.
type Reading struct {
	Events     []Event `json:"events,omitempty" doc:"What it tells."`
	Unmatched  bool    `json:"unmatched,omitempty" doc:"Somebody must look: it cannot be decoded, or fits no model, or (in part) names no number of ours."`
	Reason     string  `json:"reason,omitempty" doc:"Why, in one sentence."`
	Nearest    string  `json:"nearest,omitempty" doc:"Pointer of the model that came nearest."`
	Difference string  `json:"difference,omitempty" doc:"The first thing in which it differs."`
	Empty      bool    `json:"empty,omitempty" doc:"Nothing in it at all, or HEAD: 200 and keep nothing."`
}

// Peek is what an unverified callback names, only to pick the integration whose secret must verify.
type Peek struct {
	Numbers    []Number // numbers of ours, found with Callback.Numbers
	MessageIDs []string // provider's ids of receipts
	IDs        []string // our ids of receipts
}

// Number is one of our numbers as a callback may name it.
type Number struct {
	Value       string // E.164, a short code or a name
	Country     string // ISO 3166 alpha-2, in which national spellings are read
	Integration string // id, for Peek
}

// NumberFinder finds one of our numbers in any of its spellings.
type NumberFinder interface {
	Find(spelling string) (Number, bool)
}
