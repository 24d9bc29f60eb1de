package message

import (
	"net/http"
	"time"
)

// CallbackState is how far a kept callback has come.
type CallbackState string

const (
	CallbackPending   CallbackState = "pending"   // kept, its events not yet applied
	CallbackDone      CallbackState = "done"      // applied
	CallbackUnmatched CallbackState = "unmatched" // no model reads it, or it is a message to no number of ours
)

// Callback is one request of a provider, kept raw, with what was read from it.
type Callback struct {
	ID             string
	AccountID      string
	ServiceID      string
	ServiceVersion string
	At             time.Time
	Method         string
	URL            string
	Header         http.Header
	Body           []byte
	Number         string   // the ?number= of the URL
	IntegrationIDs []string // those whose verification it passed: only these may its receipts touch
	Events         []byte   // what was read, as the reader wrote it
	State          CallbackState
	Reason         string // why it is unmatched
	Tries          int    // while it is pending: how many lives of the program have begun to apply it
	TriedBy        string // the last of them
	TriedAt        time.Time
}

// Applied is what a pending callback did.
type Applied struct {
	CallbackID string
	State      CallbackState // CallbackDone or CallbackUnmatched
	Reason     string
	Now        time.Time
	Arrivals   []Arrival
	Receipts   []Receipt
	Confirms   []Confirmation
	OptOuts    []OptOut // contacts who told the provider that they want no messages
}

// Effect is a callback with what it does. One that is pending does nothing yet.
type Effect struct {
	Callback *Callback
	Applied  Applied
}

// Confirmation is an address that a provider wants called before it sends us anything.
type Confirmation struct {
	ID             string
	AccountID      string
	OrgID          string
	IntegrationID  string
	ServiceID      string
	ServiceVersion string
	URL            string
	Tries          int // begun so far
}

// Arrival is one inbound message to keep.
type Arrival struct {
	Message          Message       // From is the contact, To our number; an empty ID gets one
	ConversationUser string        // whose private conversation it belongs to; empty: the group's, or by
	SessionTimeout   time.Duration // the number's: within it a reply is for the user who wrote last
	ProviderID       string        // the provider's id of it: the same one for the same number is kept once. Empty: every delivery is a message
	Window           time.Duration // without ProviderID: the same text of the same contact within it, with no answer of ours between, is the same message
	Media            []Media
	Sender           *Sender  // who it is, when a program says so
	Part             TextPart // of a long text that comes in pieces; the zero value: it is whole
}

// Sender is what a program says of the contact that it speaks for. It is kept as a contact, unless the organization knows somebody there.
type Sender struct {
	Name      string
	Info      string   // JSON object
	Addresses []string // the first is the message's
}

// TextPart says which piece of a long text this is. The pieces of one text have the same contact, number, Ref and Of.
type TextPart struct {
	Ref string
	N   int // from 1
	Of  int
}

// PartsWait is how long the parts of a text wait for each other, from the first that came.
const PartsWait = time.Minute

// MaxParts is how many parts a text may have: a byte counts them on the air (3GPP TS 23.040 §9.2.3.24.1).
const MaxParts = 255

// IsPart reports whether the rest of a text may be still to come.
func (p TextPart) IsPart() bool {
	return p.Ref != "" && p.Of > 1 && p.Of <= MaxParts && p.N >= 1 && p.N <= p.Of
}
