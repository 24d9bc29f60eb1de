package conversation

import (
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

// Who is a user as others see one.
type Who struct {
	ID   string
	Name string
}

// Filter picks conversations. Empty members pick all.
type Filter struct {
	AccountID string // required
	OrgID     string
	UserID    string // only what this user may see
	Reader    string // for whom unread is counted, and whose Mine are; empty: nobody
	NumberID  string
	Contacts  []string // with one of these
	Open      bool     // the open ones
	Closed    bool     // the closed ones; neither: no matter
	Mine      bool     // the reader's private ones, and what they have claimed
	Unclaimed bool     // groups' that nobody has claimed
	Unread    bool     // with something new to the reader
}

// Item is a conversation as a list shows it.
type Item struct {
	directory.Conversation
	NumberValue string // empty: the number is gone, or the contact lives in a program
	NumberName  string
	ContactID   string // whom the organization knows there; empty: nobody
	ContactName string
	Holder      Who   // who has claimed it
	Unread      int   // messages that are new to the reader, at most UnreadMax
	OptedOut    bool  // the contact wants no messages from the number
	Blocked     bool  // the organization wants none from the contact
	Last        *Last // nil: nothing was said yet
}

// UnreadMax is where counting ends: nobody reads the difference between a hundred and more.
const UnreadMax = 100

// Last is the newest message of a conversation.
type Last struct {
	ID        string
	Direction message.Direction
	Status    message.Status
	Kind      string // message.KindCall, or empty
	Content   string // as it stands
	Deleted   bool
	Files     bool
	By        Who // who wrote it; empty: the contact, a program, or the number itself
	At        time.Time
}

// Note is what a user tells the others of a number beside a conversation. It never leaves.
type Note struct {
	ID             string
	AccountID      string
	OrgID          string
	ConversationID string
	By             Who
	Content        string
	Created        time.Time
}

// Entry is what stands in a conversation: a message or a note.
type Entry struct {
	Message *message.View
	Note    *Note
	By      Who // who wrote it; empty: the contact, a program, or the number itself
}

// Stretch is a part of a conversation, between two entries of it.
type Stretch struct {
	After  string // the id of a message or note; empty: from the beginning
	Before string // empty: to the end
}
