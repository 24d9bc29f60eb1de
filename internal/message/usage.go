package message

import "time"

// UsageFilter picks counts. Empty members pick all.
type UsageFilter struct {
	AccountID     string // required
	OrgID         string
	Number        string
	ServiceID     string
	IntegrationID string
	From, To      time.Time // the first day and the last (UTC)
}

// Counted is how many messages there were, and what a carrier bills for them.
type Counted struct {
	Messages int64
	Texts    int64 // those with a text
	Segments int64 // of the texts
	Files    int64
}

// Usage is what a number, by one service, has sent and received.
type Usage struct {
	OrgID, Number, ServiceID string

	In, Out   Counted
	Failed    Counted // of Out: failed, expired or cancelled; their texts are not counted apart
	Delivered int64   // of Out
}

// Day is the messages of one day.
type Day struct {
	Day                        time.Time
	In, Out, Failed, Delivered int64
}

// Failures is how many messages failed for one reason.
type Failures struct {
	Code     string
	Messages int64
}
