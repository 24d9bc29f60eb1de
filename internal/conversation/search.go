package conversation

import (
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

// Search asks for what was said. Empty members ask for all.
type Search struct {
	AccountID string // required
	OrgID     string
	UserID    string // only what this user may see
	NumberID  string
	Contacts  []string // with one of these
	Text      string
}

// Found is what a search finds, a page of it: what was said last comes first.
type Found struct {
	Hits     []Hit
	Next     string              // a page may be short, and yet go on
	Contacts []directory.Contact // by name or number, with the first page
}

// Hit is a message or a note in which something was found.
type Hit struct {
	Note           bool
	ID             string
	OrgID          string
	ConversationID string
	NumberID       string
	Contact        string
	ContactName    string
	Direction      message.Direction // of a message
	By             Who
	Content        string // as it stands
	At             time.Time
}
