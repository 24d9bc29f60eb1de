package outbound

import (
	"context"
	"slices"
	"strconv"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/secret"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// Tokens gets what services hand out: *credential.Keeper.
type Tokens interface {
	Token(ctx context.Context, in *directory.Integration, b *service.Bound) (string, error)
	Refused(in *directory.Integration, b *service.Bound, token string) bool
	Worked(in *directory.Integration, b *service.Bound, token string)
}

// token is what the requests of an attempt are written with; "" where the service needs none.
func (f *Flow) token(ctx context.Context, r *route) (string, error) {
	if !r.bound.NeedsToken() {
		return "", nil
	}
	if f.o.Tokens == nil {
		return "", fault.New(fault.Conflict, "", "nobody gets tokens here")
	}
	return f.o.Tokens.Token(ctx, r.integration, r.bound)
}

// judgeToken tells what an attempt taught of its token. A message whose token was refused is tried again at once, with another one: once,
// for what a second token does not help no token does. We know that from memory; after a restart it may be once more.
func (f *Flow) judgeToken(r *route, s *message.Send, token string, t *taught) {
	key := s.Message.ID + "/" + strconv.Itoa(s.Message.Part)
	refused := t.result.Outcome == message.Refused && (t.result.AuthFailed || t.status == 401)
	f.mu.Lock()
	second := f.renewed[key]
	delete(f.renewed, key)
	f.mu.Unlock()
	if !refused {
		if t.status != 0 {
			f.o.Tokens.Worked(r.integration, r.bound, token)
		}
		return
	}
	t.result.AuthFailed = true
	if !f.o.Tokens.Refused(r.integration, r.bound, token) || second || len(t.result.MessageIDs) > 0 || t.result.OptedOut {
		return
	}
	t.renew = true
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.renewed) >= maxBound {
		clear(f.renewed)
	}
	f.renewed[key] = true
}

// hide takes secrets out of the provider's words: one that refuses a key likes to quote it.
func (r *route) hide(req *wire.Request, said *message.Result) {
	if said.ErrorCode == "" && said.ErrorText == "" {
		return
	}
	veil := r.veil
	if len(req.Secrets) > 0 {
		veil = secret.NewRedactor(slices.Concat(r.secrets, req.Secrets)...)
	}
	said.ErrorCode, said.ErrorText = veil.Clip(said.ErrorCode, maxErrorCode), veil.Clip(said.ErrorText, maxErrorText)
}
