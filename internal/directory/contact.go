package directory

import "time"

// Contact is whom an organization knows: a name, and the addresses behind it.
type Contact struct {
	ID        string
	AccountID string
	OrgID     string
	Name      string
	Info      string    // JSON object, as a program gave it
	Addresses []string  // by which messages are theirs: numbers as the store keeps them, and what programs call their contacts
	Blocked   time.Time // zero: not blocked
	BlockedBy string    // the API key that asked for it
	About     string    // why, in the words of whoever blocked
	CreatedBy string    // the API key; empty: a message's sender
	Created   time.Time
}

// ContactFilter picks from the contacts of an organization. Empty members ask for all.
type ContactFilter struct {
	AccountID string
	OrgID     string
	Address   string
	Name      string // as it is written; not with Address
	Blocked   bool   // only those
}
