package message

import "time"

// KindCall is a message whose content is a JSON object: a call that the contact and a user had.
const KindCall = "call"

// Belonging says which conversation something belongs to that a program brings.
type Belonging struct {
	AccountID string
	OrgID     string
	ID        string        // the conversation, when it is known
	NumberID  string        // ours; empty: the contact lives in a program
	Contact   string        // with whom
	Owner     string        // whose private conversation it is, by the number's users alone
	Outward   bool          // our side writes
	Writer    string        // which user of ours; empty: none that is known
	Timeout   time.Duration // the number's session timeout

	IdempotencyKey string // of Tell, as of an Acceptance
	BodyHash       [32]byte
}

// Edit is what a message's text was made later. What travelled stays what it was.
type Edit struct {
	At      time.Time
	Deleted bool
	Content string
}

// Chat is a conversation with what was said in a period.
type Chat struct {
	ID       string
	Contact  string
	UserID   string // whose private one it is; empty: the group's
	Begin    time.Time
	End      time.Time
	Messages int
}

// What of a conversation programs and browsers are told apart from its messages' statuses.
const (
	WhatKept    = "kept"    // a message was added that nobody needs to answer: history, a call
	WhatOpened  = "opened"  // it began without a message
	WhatTyping  = "typing"  // somebody writes
	WhatUpdated = "updated" // a message's text was changed
	WhatDeleted = "deleted" // a message was deleted

	WhatTypingEnded = "typing_ended" // somebody stopped writing without sending
	WhatClaimed     = "claimed"      // a user has taken it on, or was given it
	WhatReleased    = "released"     // nobody has it any more
	WhatClosed      = "closed"
	WhatReopened    = "reopened"
	WhatRead        = "read"         // a user has read it, up to a message
	WhatUnread      = "unread"       // a user has marked it as not read, from a message on
	WhatNoted       = "noted"        // a note was written
	WhatNoteDeleted = "note_deleted" // a note was deleted
)

// Doing is something that happened in a conversation, as notifications carry it.
type Doing struct {
	ID        string `json:"id" doc:"The conversation."`
	OrgID     string `json:"orgid" doc:"The organization."`
	MessageID string `json:"message_id,omitempty" doc:"The message or the note that it is about, if it is about one."`
	What      string `json:"what,omitempty" doc:"What happened. Left out: its files are here, or it has become the group's." enum:"kept,opened,typing,typing_ended,updated,deleted,claimed,released,closed,reopened,read,unread,noted,note_deleted"`
	By        string `json:"by,omitempty" doc:"The id of the user who did it. Left out: the contact, or nobody."`
	User      string `json:"user,omitempty" doc:"Of a claim: the id of the user for whom."`
}
