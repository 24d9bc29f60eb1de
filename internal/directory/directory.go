// Package directory is who is who: accounts, organizations, users, integrations, numbers and who may use them.
package directory

import "time"

// Account owns organizations and service files. Its ID is unguessable (128 random bits, hex): it stands in every webhook URL.
type Account struct {
	ID        string
	Name      string
	Retention Retention
	Created   time.Time
}

// Organization is a customer of the account.
type Organization struct {
	ID        string // decimal, begins with the creation time in ms
	AccountID string
	Name      string
	Domain    string // unique within the account, compared without case
	Region    string
	Status    int    // 1 active, 0 disabled
	Params    string // JSON object, as a program gave it
	Extra     string // JSON object of further members that programs store and read back; they mean nothing here
	Created   time.Time

	StripMetadata bool // files that go out lose what they tell of where and when they were made
	Retention     Retention
	DailyCap      Cap // of all its numbers together
}

// User is a person of an organization.
type User struct {
	ID        string
	AccountID string
	OrgID     string
	Extension string // unique within the organization
	Name      string
	Email     string
	Admin     bool // administers the organization, when signed in
	Status    int
	SignsIn   bool   // has a password; the store's to say
	Password  string // the hash of a new one; only written, never read
	Extra     string // JSON object of SIP members that programs store and read back; they mean nothing here
	Created   time.Time
}

// Integration is a service enabled for an organization.
type Integration struct {
	ID         string
	AccountID  string
	OrgID      string
	ServiceID  string
	Enabled    bool
	Properties map[string]string // opened; the store keeps them sealed
	Key        string            // optional last part of the webhook URL; empty: none
	Created    time.Time
}

// Attention is something about an integration that is not as it should be.
type Attention struct {
	About  string // one of the words below
	Reason string
	Since  time.Time
}

// What may not be as it should be.
const (
	AboutCredentials = "credentials" // the provider refuses them
	AboutWebhook     = "webhook"     // our URL could not be registered at the provider
	AboutEndpoint    = "endpoint"    // a program's webhook fails for so long that it is told nothing any more
	AboutMessages    = "messages"    // the provider cannot be asked for messages
	AboutSending     = "sending"     // nothing is sent: it is paused
)

// Pause says that nothing is sent by an integration, and why.
type Pause struct {
	Cause  string // one of the words below
	Reason string
	By     string // the API key that asked for it, where one did
	Since  time.Time
	Until  time.Time // when a message tries whether it works again; far away: when somebody resumes it
}

// Why an integration may be paused.
const (
	PausedByPerson    = "person"
	PausedFailing     = "failing"     // one attempt after the other failed
	PausedCredentials = "credentials" // the provider refuses them
)

// Number is an SMS number of an integration: E.164, a short code, or an alphanumeric sender. Unique within an account.
type Number struct {
	ID             string
	AccountID      string
	OrgID          string
	IntegrationID  string
	ServiceID      string
	Value          string // as the store keeps numbers
	Name           string
	Country        string // ISO 3166-1 alpha-2
	InboundFormat  string // national | national0 | e164 | international | ""
	OutboundFormat string
	SendName       bool
	SessionTimeout time.Duration
	Header         string
	Footer         string
	Users          []string // assigned users' ids
	Settings       string   // JSON object: optout and autoreply settings
	StripMetadata  Choice
	Validity       time.Duration // how long a message of its may be tried; 0: the server's default
	Failover       string        // the integration that gets what the number's own certainly did not take; empty: none
	DailyCap       Cap
	Created        time.Time
}

// Cap is how much may be accepted in a day, from midnight UTC on; 0: any number.
type Cap struct {
	Messages int64
	Segments int64
}

// Has reports whether the user is assigned to the number.
func (n *Number) Has(userID string) bool {
	for _, u := range n.Users {
		if u == userID {
			return true
		}
	}
	return false
}

// Conversation is between a number's user(s) and a contact.
type Conversation struct {
	ID        string
	AccountID string
	OrgID     string
	NumberID  string
	Contact   string
	UserID    string // private: whose it is; empty: group
	ClaimedBy string // of a group: who has taken it on; empty: nobody
	Joined    string // the conversation that it has become part of; empty: none
	Closed    bool
	Created   time.Time
	LastAt    time.Time
}

// Role is what a key or a sign-in may do.
type Role string

const (
	AccountAdmin Role = "account" // everything of one account
	OrgAdmin     Role = "organization"
	UserRole     Role = "user" // what one user sees
)

// Key is a program's credential. Only its hash is kept.
type Key struct {
	ID        string
	AccountID string
	Role      Role
	OrgID     string // OrgAdmin and UserRole
	UserID    string // UserRole
	Name      string
	Hint      string // the first characters, to recognise it by
	Created   time.Time
}

// Webhook is a program's address for notifications.
type Webhook struct {
	ID        string
	AccountID string
	OrgID     string // empty: all of the account
	URL       string
	Types     []string // empty: all
	Format    string   // patchbay | messaging
	Secret    string   // opened; the store keeps it sealed
	Token     string   // of the messaging format, opened: a member api_key of every body; empty: none
	Created   time.Time

	OldSecret    string    // opened: signs as well until OldUntil
	OldUntil     time.Time // zero: there is none
	Paused       time.Time // since when it is told nothing; zero: it is
	PausedWhy    string
	FailingSince time.Time // zero: the last request was taken
	Again        bool      // it is being told once more what it asked for
}
