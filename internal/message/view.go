package message

import "time"

// View is a message with all that is known about it.
type View struct {
	Message
	MessageIDs []string  // the provider's
	Attempts   []Attempt // hides Message.Attempts, their number
	History    []Change
	Media      []Media
	Dismissed  bool   // it did not get through, and somebody said that it stays so
	Edits      []Edit // the oldest first; Content is what was there before them
}

// Shown is the text as it stands, and when it was changed or deleted, if it was.
func (v *View) Shown() (text string, changed time.Time, deleted bool) {
	text = v.Content
	for _, e := range v.Edits {
		text, changed, deleted = e.Content, e.At, e.Deleted
	}
	return text, changed, deleted
}

// Filter picks messages. Empty members pick all.
type Filter struct {
	AccountID      string // required
	OrgID          string
	UserID         string // only what this user may see
	ConversationID string
	Direction      Direction
	From, To       string
	Statuses       []Status // one of them
	Number         string   // ours, whichever way it went
	ServiceID      string
	IntegrationID  string
	Writer         string // the user who wrote it
	ErrorCode      string
	Outcome        Outcome   // of one of its attempts that have ended
	Text           string    // what is looked for in the text as it stands; searches are made of it
	Since, Until   time.Time // kept from then on, and before then
	Unresolved     bool      // of those that did not get through: nobody has sent it again or dismissed it
}
