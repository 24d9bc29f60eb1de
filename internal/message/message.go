package message

import "time"

// Message is one text or file between a number of ours and a contact.
type Message struct {
	ID             string // ours: a UUID, the same in every attempt ($id$)
	AccountID      string
	OrgID          string
	Direction      Direction
	ConversationID string
	NumberID       string
	IntegrationID  string
	ServiceID      string
	ServiceVersion string // the version of the service file that it was accepted under
	UserID         string // who wrote it; empty: the group, or a program
	From, To       string // E.164, a short code, or a name
	Content        string
	URLs           []string // outbound: public URLs of its files
	Status         Status
	ErrorCode      string // the provider's word for a failure, or ours (dismissed, expired …)
	ErrorText      string
	Encoding       string // gsm7 | ucs2
	Segments       int
	Parts          int // requests it takes: one, or one per file
	Part           int // parts the provider has already taken
	Attempts       int // attempts begun so far
	ResendOf       string
	Kind           string // KindCall, or empty: a text, files, or both
	Auto           string // what made us write it: AutoOptOut, AutoHelp, AutoReply; empty: a person or a program
	Created        time.Time
	Expires        time.Time // outbound: after this no further attempt begins
}

// Change is one step of a message's history, including what was too late to count.
type Change struct {
	Status Status    `json:"status" doc:"The status that was told."`
	At     time.Time `json:"at" doc:"When."`
	Code   string    `json:"code,omitempty" doc:"Of a failure: the provider's code, or ours."`
	Text   string    `json:"text,omitempty" doc:"Of a failure: why, in words."`
	Late   bool      `json:"late,omitzero" doc:"It came after a higher status and changed nothing."`
	// Of what a provider said: the callback that said it.
	Callback string `json:"callback,omitempty" doc:"The callback by which a provider said it: GET /v1/callbacks/{id} shows which model read it."`
}

// Codes of ours that more than one room knows.
const (
	CodeInterrupted = "interrupted" // we stopped before the answer came
	CodeQuarantined = "quarantined" // it broke whoever worked with it, again and again
)

// Attempt is one exchange with a provider that tries to move one message.
type Attempt struct {
	N         int
	Part      int // which part of the message it carries, from 0
	At        time.Time
	Duration  time.Duration
	Outcome   Outcome // empty: begun and not ended (after a crash: unclear)
	Again     bool    // it repeats an unclear one, because the file says idempotent
	Request   string  // as sent, secrets redacted
	Response  string  // as read, capped, secrets redacted
	ErrorCode string
	ErrorText string

	IntegrationID, ServiceID string // by which it went
}

// Result is what a provider's answer says.
type Result struct {
	Outcome    Outcome
	MessageIDs []string // the provider's
	ErrorCode  string
	ErrorText  string
	RetryAfter time.Duration // 0: not said
	OptedOut   bool          // effect: the contact goes on the opt-out list
	AuthFailed bool          // effect: the credentials were refused (auth_expired)
	Warning    string        // for the operator: accepted, but not trackable …
}

// Receipt is a provider's later word about an outbound message.
type Receipt struct {
	AccountID string
	// IntegrationIDs are those whose verification its callback passed. Only their messages can it be about: two
	// customers of one provider may well meet the same id.
	IntegrationIDs []string
	Ref            string // the provider's id, or
	ID             string // ours
	Status         Status
	ErrorCode      string
	ErrorText      string
	At             time.Time
}

// Media is one file of a message.
type Media struct {
	ID        string
	MessageID string

	// Of its message, for whoever fetches it; not kept apart.
	AccountID, OrgID, IntegrationID, ServiceID, ServiceVersion string

	N         int    // its place among the message's files, from 0
	SourceURL string // a FileOrigin: where it is, and who says so; empty when it came inside the callback
	MediaType string // as found in the bytes, not as declared
	Name      string
	Size      int64
	State     MediaState
	Reason    string // why it failed or was blocked
	Path      string // inside the media directory
	Tries     int
	Shared    bool // its file came with an upload or another message: it is kept only while one of them is there. Not kept
}

// Upload is a file that somebody brought to send it with a message.
type Upload struct {
	ID        string
	AccountID string
	OrgID     string // empty: a program's that speaks for the account
	UserID    string // whose key brought it; empty: a program's
	MediaType string // as found in the bytes
	Name      string
	Size      int64
	Path      string // inside the media directory
	Created   time.Time
}

// KeepUploads is how long a file waits for a message that takes it.
const KeepUploads = 24 * time.Hour

// PreviewPath, behind a file's link, leads to a small picture of it.
const PreviewPath = "/preview"

// HasPreview reports whether files of a type have one: pictures that can be decoded here.
func HasPreview(mediaType string) bool {
	switch mediaType {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return true
	}
	return false
}

// MediaState is how far a file has come.
type MediaState string

const (
	MediaPending MediaState = "pending"
	MediaStored  MediaState = "stored"
	MediaFailed  MediaState = "failed"
	MediaBlocked MediaState = "blocked" // we will not fetch or show it
)
