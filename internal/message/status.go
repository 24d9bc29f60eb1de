// Package message is what travels: messages, their statuses, attempts and outcomes, receipts.
package message

// Direction is seen from us: outbound goes to the handset, inbound comes from it.
type Direction string

const (
	Outbound Direction = "outbound"
	Inbound  Direction = "inbound"
)

// Status is where a message stands. Its rank decides: only a higher rank replaces a lower, whatever comes late.
type Status string

const (
	Queued    Status = "queued"    // accepted, no attempt yet
	Sending   Status = "sending"   // from the first attempt on, waits between tries included
	Unclear   Status = "unclear"   // bytes left and no whole answer came: it may have been taken
	Sent      Status = "sent"      // the provider has it
	Failed    Status = "failed"    // it will not be delivered
	Expired   Status = "expired"   // its validity ended before a provider took it
	Cancelled Status = "cancelled" // taken back while queued
	Delivered Status = "delivered" // on the handset
	Read      Status = "read"      // seen; of an inbound message: seen by a user
	Received  Status = "received"  // inbound only: it is here
)

// Statuses are all of them in order of rank, for tables and checks.
var Statuses = []Status{Queued, Received, Sending, Unclear, Sent, Failed, Expired, Cancelled, Delivered, Read}

// Rank orders statuses. Unknown text has rank -1.
func (s Status) Rank() int {
	switch s {
	case Queued, Received:
		return 0
	case Sending:
		return 1
	case Unclear:
		return 2
	case Sent:
		return 3
	case Failed, Expired, Cancelled:
		return 4
	case Delivered:
		return 5
	case Read:
		return 6
	}
	return -1
}

// MayBecome reports whether next replaces s: only a higher rank does.
func (s Status) MayBecome(next Status) bool { return next.Rank() > s.Rank() }

// Outcome is what one attempt taught us about the handset.
type Outcome string

const (
	Accepted  Outcome = "accepted"  // the provider has it
	Refused   Outcome = "refused"   // final
	Busy      Outcome = "busy"      // throttled or down: again, later
	Unreached Outcome = "unreached" // no byte left: certainly not sent
	Maybe     Outcome = "unclear"   // bytes left and no whole answer came: it may have been taken
)
