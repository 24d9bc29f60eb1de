package message

import "time"

// Erasure is a contact of whom nothing is to stay.
type Erasure struct {
	ID        string
	AccountID string
	OrgID     string
	Addresses []string // by which messages are theirs; none any more once it is done
	Messages  int      // that were removed so far
	Open      int      // that have an attempt open, and are removed when that has ended
	Created   time.Time
	Done      time.Time // zero: it goes on
}
