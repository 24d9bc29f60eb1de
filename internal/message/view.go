package message

// View is a message with all that is known about it.
type View struct {
	Message
	MessageIDs []string  // the provider's
	Attempts   []Attempt // hides Message.Attempts, their number
	History    []Change
	Media      []Media
}

// Filter picks messages. Empty members pick all.
type Filter struct {
	AccountID      string // required
	OrgID          string
	UserID         string // only what this user may see
	ConversationID string
	Direction      Direction
	From, To       string
	Status         Status
}
