// Package credential owns the tokens that services hand out: fetched once for all senders, kept sealed, renewed ahead of time and after
// a refusal, and authorized by a person where a service wants one. It refuses to ask a service that has just said no.
package credential

import (
	"context"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/service"
)

// Keeper is safe for any number of goroutines.
type Keeper struct{}

// Token is what a request of the integration is written with (service.Attempt.Token): "" where its service needs none. Its error is a
// fault that says why there is none at present, and may be shown: nothing has left, so whatever was to be sent may come again later.
func (k *Keeper) Token(ctx context.Context, in *directory.Integration, b *service.Bound) (string, error) {
	if !b.NeedsToken() {
		return "", nil
	}
	return "", fault.New(fault.Unavailable, "auth", "there is no token for the service %q", b.ID)
}

// Refused tells that the provider refused a token that Token gave: an answer 401, or one that the file calls auth_expired. It reports
// whether the same request may be made again at once, with another token.
func (k *Keeper) Refused(ctx context.Context, in *directory.Integration, b *service.Bound, token string) bool {
	return false
}
