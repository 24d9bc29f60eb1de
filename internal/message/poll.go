package message

import "time"

// What a provider is asked for.
const (
	PollMessages = "messages"
	PollReceipts = "receipts"
)

// Poll is a turn of asking one integration's provider, while we hold it. Its Epoch rises with every claim, so that what a stale holder
// writes is refused.
type Poll struct {
	AccountID     string
	OrgID         string
	IntegrationID string
	What          string
	Epoch         int64
	Failures      int    // in a row
	Cursor        string // how far it has come, in the provider's words; "": the beginning
	Digest        string // of what the last answer said
}

// PollLease is how long a turn holds without being renewed: longer than any single request may take.
const PollLease = 6 * time.Minute

// Awaited is a message whose provider is asked what became of it.
type Awaited struct {
	Message Message
	Refs    []string // the provider's ids of which nothing final is known
	Tries   int
	Until   time.Time // after which nobody asks any more
}

// FirstAsk is how long after a send its provider is first asked what became of it.
const FirstAsk = 15 * time.Second

// AwaitReceipt is how long a receipt is waited for.
const AwaitReceipt = 72 * time.Hour
