package outbound

import (
	"context"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// Draft is a text that somebody wants sent. Who asks was checked before; whether they may use the number is checked here.
type Draft struct {
	AccountID      string
	OrgID          string   // empty: the number's
	UserID         string   // who writes; empty: a program, into the number's group conversation
	From           string   // a number of ours, in any spelling that is clear without a country
	To             string   // the contact; a national number is read with the number's country
	Content        string   // text, or caption of the files
	URLs           []string // public addresses of files
	IdempotencyKey string
}

// Accept checks a draft and keeps it. When it returns without an error the message is durably stored and will be sent;
// before that nothing was promised.
func (f *Flow) Accept(ctx context.Context, d Draft) (message.Ack, error) {
	return message.Ack{}, fault.New(fault.Internal, "", "not built yet")
}
