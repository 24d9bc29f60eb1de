package message

import "time"

// Acceptance is one outbound message ready to be kept: routed, checked and counted by whoever accepts it.
type Acceptance struct {
	// Message carries everything but its Status, ConversationID and Attempts, which the commit decides. An empty ID
	// gets one.
	Message Message
	// ConversationUser makes it part of that user's private conversation with the contact; empty: the group's.
	ConversationUser string
	// SessionTimeout is the number's: with it, and without ConversationUser, what Message.UserID begins is their private conversation.
	SessionTimeout time.Duration
	// LaneKey names the ordered queue that it joins: usually integration and number. Messages of one contact must
	// share a lane, or their order is lost.
	LaneKey string
	// IdempotencyKey is the caller's; with the same key and the same BodyHash the first answer is given again.
	IdempotencyKey string
	BodyHash       [32]byte
	// OwnValidity: it may expire before what stands before it in its lane.
	OwnValidity bool
	// Media are files of the message that lie here already; its URLs lead to them.
	Media []Media
	// Caps are what may be accepted of it in a day.
	Caps []Capped
	// OwedReply: it is the automatic answer of its ID, which is owed no more once it is kept.
	OwedReply bool
}

// Capped is a number or an organization of which no more than so many messages and segments may be accepted in a day; 0: any number.
type Capped struct {
	Owner    string // its id
	Name     string // what a person calls it
	Messages int64
	Segments int64
}

// Way is how a message gets to a provider.
type Way struct {
	IntegrationID  string
	ServiceID      string
	ServiceVersion string
	LaneKey        string
	Parts          int
}

// Rerouting says which waiting messages are to go another way.
type Rerouting struct {
	AccountID string
	NumberID  string
	From      string                // the integration by which they would go
	Holds     func(key string) bool // whether a lane may hold messages of the number
	// Way is a message's new way, or nil: it stays. It is asked while others wait for their commit, so it should know the answer by heart.
	Way func(*Message) (*Way, error)
}

// Ack is what the commit made of it.
type Ack struct {
	ID             string
	ConversationID string
	Status         Status
	Repeated       bool // an earlier request had this idempotency key: nothing new was kept
}

// Send is one attempt, begun in the commit that handed it out.
type Send struct {
	// Unfinished: this attempt was begun by somebody who died or lost the lane before telling how it ended. Nothing
	// may be sent for it; it is settled as unclear (or tried again, where the method is idempotent).
	Unfinished  bool
	Interrupted int // how many of its attempts before were so, too

	LaneID  string
	Epoch   int64
	Message Message   // as it is now; Message.Part is the part to send
	N       int       // this attempt's number, from 1
	At      time.Time // when it began
	Again   bool      // it repeats an unclear one
	Tries   int       // attempts at this part before this one that taught us to come again
	Pauses  int       // how many times in a row the lane was paused: the lane's back-off counter
}

// Standing is what an attempt says of its integration as a whole, whatever became of the message.
type Standing int

const (
	Unsaid     Standing = iota // nothing: nobody was asked, or the provider wants to be left alone for a while
	Works                      // the provider takes or refuses messages
	Fails                      // it cannot be reached, or has trouble of its own
	KeyRefused                 // it refuses the credentials: no message helps
)

// Settlement ends an attempt, says what becomes of the message and of the lane, and asks for the next piece of work.
type Settlement struct {
	LaneID    string
	Epoch     int64 // a stale one changes nothing
	MessageID string
	Now       time.Time
	Attempt   Attempt // N and Part as they were handed out; texts redacted

	Status     Status   // Sending: it goes on (next part, or another try); Sent, Unclear, Failed, Expired: it ended
	MessageIDs []string // the provider's, yielded by this part
	PartTaken  bool     // the provider has this part: the next attempt is for the next one
	ErrorCode  string
	ErrorText  string

	// With Status Sending:
	RetryAt time.Time // no attempt before; zero: at once
	Aside   bool      // RetryAt holds up only this contact's messages, and the lane goes on; otherwise it pauses the lane
	Again   bool      // the next attempt repeats an unclear one
	Move    *Way      // not nil: the message waits there from now on. RetryAt, without Aside, still holds up the lane that it leaves

	// Of the lane:
	PaceAt time.Time // its next attempt does not begin before
	Pauses int       // its new back-off counter
	More   bool      // begin the lane's next attempt in the same commit, if one is due now

	Attention string   // not empty: the provider refused the credentials
	Standing  Standing // what the attempt says of the integration as a whole

	// AskAt, unless it is zero, is when the provider is asked for the first time what became of a message that ends in Sent or Unclear.
	AskAt time.Time

	Repeated bool // this was settled before without an answer: the commit may have happened

	OptedOut bool // the provider says that the contact wants no messages of this number
}
