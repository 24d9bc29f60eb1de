package message

import "time"

// Types of notifications.
const (
	MessageReceived      = "message.received"
	MessageStatus        = "message.status"
	ConversationUpdated  = "conversation.updated"
	OptOutChanged        = "optout.changed"
	IntegrationAttention = "integration.attention"
)

// Notification is something that programs and browsers are told. It was kept in the commit that caused it.
type Notification struct {
	Seq       int64 // increasing in the order of the commits
	AccountID string
	OrgID     string
	NumberID  string
	UserID    string // whose private conversation it is about; empty: everyone of the number
	Type      string
	At        time.Time
	MessageID string
	Status    Status // of the message at that moment
	Data      []byte // JSON, for the types that are not about a message
	Message   *View  // of the first two types: the message, with the status and history of that moment
}

// OptOutNews is what is told of a change of the opt-out list.
type OptOutNews struct {
	OrgID    string `json:"orgid" doc:"The organization."`
	Number   string `json:"number,omitempty" doc:"Of which number the contact wants no messages. Left out: of all the organization's."`
	Contact  string `json:"contact" doc:"The contact."`
	OptedOut bool   `json:"opted_out" doc:"true: no messages any more. false: messages again."`
	Source   string `json:"source" doc:"By what it came." enum:"keyword,provider,api,import"`
}

// AttentionNews is what is told when something about an integration is not as it should be, or is again.
type AttentionNews struct {
	IntegrationID string `json:"integration_id" doc:"The integration. Empty: it is about a webhook."`
	WebhookID     string `json:"webhook_id,omitempty" doc:"The webhook that is told nothing any more, or is again."`
	Service       string `json:"service" doc:"The id of its service."`
	About         string `json:"about" doc:"What is not as it should be: the credentials, the registration of our URL, asking for messages, sending, which is paused, a program's endpoint." enum:"credentials,webhook,messages,sending,endpoint"`
	Reason        string `json:"reason" doc:"Why. Empty: it is as it should be again."`
}

// NotificationFilter says who is asking. Empty members ask for all.
type NotificationFilter struct {
	AccountID string
	OrgID     string
	UserID    string // only what this user may see
	Types     []string
}

// Delivery is what one webhook is to be told next, in order.
type Delivery struct {
	LaneID        string
	Epoch         int64
	WebhookID     string
	AccountID     string
	OrgID         string
	URL           string
	Format        string // patchbay | messaging
	Secret        string // opened
	OldSecret     string // opened: signs as well; empty: none
	Token         string // of the messaging format, opened; empty: none
	Again         bool   // it was told of them before, and is once more because somebody asked
	Failures      int    // in a row, before this
	FailingSince  time.Time
	Notifications []Notification // at most 400, all after the webhook's cursor
}

// DeliverySettlement ends a delivery.
type DeliverySettlement struct {
	LaneID     string
	Epoch      int64
	WebhookID  string
	Now        time.Time
	Cursor     int64       // the last notification that is done with, delivered or given up; 0 leaves it where it is
	RetryAt    time.Time   // not zero: the one after the cursor failed, come again then
	DeadLetter *DeadLetter // the notification that was given up, if one was
	More       bool        // begin the next delivery in the same commit, if one is due now
	Again      bool        // it was a delivery of what was told before
	Pause      string      // not empty: nothing more is delivered until somebody resumes it, and why
	Tries      []DeliveryTry
}

// DeliveryTry is one request to a webhook, for its log.
type DeliveryTry struct {
	Seq          int64 // its place in the log
	Notification int64
	Type         string
	OrgID        string
	Again        bool // somebody asked for it to be told once more
	At           time.Time
	Duration     time.Duration
	Status       int    // of the answer; 0: there was none
	Error        string // empty: it was taken
	Response     string // the first of it, secrets redacted
}

// DeadLetter is a notification given up.
type DeadLetter struct {
	WebhookID string
	Seq       int64
	At        time.Time
	Reason    string
}
