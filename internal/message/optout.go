package message

import "time"

// OptOutChange says which way a contact's wish went.
type OptOutChange int

const (
	Unchanged OptOutChange = iota
	OptedOut               // no more messages
	OptedIn                // messages again
)

// What makes us write by ourselves. Only the confirmation of an opt-out and an answer to a call for help reach a contact who has opted out.
const (
	AutoOptOut = "optout"
	AutoHelp   = "help"
	AutoReply  = "reply"
)

// Reaches reports whether a message of that kind goes to a contact who has opted out.
func Reaches(auto string) bool { return auto == AutoOptOut || auto == AutoHelp }

// Reaction is what a contact's text does besides arriving.
type Reaction struct {
	Change OptOutChange
	Reply  string // what we answer; empty: nothing
	Kind   string // of the reply: AutoOptOut, AutoHelp or AutoReply
}

// OptOut is a contact who wants no messages.
type OptOut struct {
	AccountID string
	OrgID     string
	Number    string // as the store keeps numbers; empty: all of the organization's
	NumberID  string // whose users hear of a change; empty: everybody's
	Contact   string
	Since     time.Time
	Source    string // by what it came: one of the sources below
}

// OptOutFilter picks from the opt-out list of an organization. Empty members ask for all.
type OptOutFilter struct {
	AccountID string
	OrgID     string
	Number    string // who wants none of this number, whether alone or with all others
	Contact   string
}

// Sources of a change of the opt-out list.
const (
	ByKeyword  = "keyword"  // the contact's own text
	ByProvider = "provider" // the provider said so
	ByAPI      = "api"      // a person or a program
	ByImport   = "import"
)

// OptOutEvent is one change of the list, for the record.
type OptOutEvent struct {
	OptOut
	Out bool   // false: the contact wants messages again
	By  string // the API key or user, where one did it
	At  time.Time
}

// OwedReply is an automatic answer that was decided in the commit of what it answers, and is still to be accepted.
type OwedReply struct {
	ID        string // of the message that it becomes
	AccountID string
	NumberID  string
	Contact   string
	UserID    string // whose private conversation it belongs to
	Kind      string
	Text      string
	At        time.Time
}
