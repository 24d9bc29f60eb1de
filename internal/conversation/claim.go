package conversation

import (
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

// Claim takes a group's conversation on for a user, by themselves or by somebody else. It is a mark: whoever is assigned to the number
// may still answer.
type Claim struct {
	User string // for whom; empty: the claim ends
	By   string // the user who says so; empty: a program
	Take bool   // also from somebody who has it
	At   time.Time
}

// Check says why the conversation cannot be claimed so, if it cannot. assigned: the user is, to the conversation's number, at this moment.
func (c Claim) Check(of *directory.Conversation, assigned bool) error {
	switch {
	case of.UserID != "" || of.NumberID == "":
		return fault.New(fault.Conflict, "", "this conversation is private: it is its user's already, and nobody else can take it on")
	case c.User == "" && of.ClaimedBy != "" && of.ClaimedBy != c.By && !c.Take:
		return fault.New(fault.Conflict, "", "user %s has claimed this conversation; to take it from them, say \"take\": true", of.ClaimedBy)
	case c.User == "":
		return nil
	case of.Closed:
		return fault.New(fault.Conflict, "", "this conversation is closed; reopen it first")
	case !assigned:
		return fault.New(fault.Invalid, "user", "user %s is not assigned to the number of this conversation; assign them there first", c.User)
	case of.ClaimedBy != "" && of.ClaimedBy != c.User && !c.Take:
		return fault.New(fault.Conflict, "", "user %s has claimed this conversation; to take it over, say \"take\": true", of.ClaimedBy)
	}
	return nil
}
