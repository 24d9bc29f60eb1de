package credential

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/fault"
	"patchbay/internal/secret"
	"patchbay/internal/service"
)

const (
	askTimeout = 20 * time.Second
	holdFor    = 45 * time.Second // longer than any renewal may take: after that its holder is dead
	lookAgain  = 250 * time.Millisecond
	keepFor    = 10 * time.Second
)

// failure is why there is no token.
type failure struct {
	fault   *fault.Error
	refused bool          // it stays so until somebody does something
	after   time.Duration // not sooner
}

func (f *failure) Error() string { return f.fault.Error() }

func away(format string, args ...any) error {
	return &failure{fault: fault.New(fault.Unavailable, "", format, args...)}
}

// needsPerson says that nobody has authorized the integration, or no longer.
func needsPerson(b *service.Bound, why string) error {
	text := "nobody has authorized the integration at its provider"
	if why != "" {
		text = "its provider takes the authorization no more (" + why + ")"
	}
	return &failure{refused: true, fault: fault.New(fault.Conflict, "",
		"%s: open the authorize_url that PUT …/integrations/%s answers, and sign in there", text, b.ID)}
}

// start begins a fetch. The entry is locked.
func (k *Keeper) start(e *entry, in *directory.Integration, b *service.Bound) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		e.err = fault.New(fault.Unavailable, "", "closing")
		return
	}
	e.fetching = make(chan struct{})
	refused, unsaved := e.refused, e.unsaved
	k.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), holdFor)
		defer cancel()
		var c *directory.Credential
		var fresh bool
		err := errors.New("it ended in the middle")
		defer func() { // also after a panic, or nobody would be asked again
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
			k.conclude(ctx, e, in, b, c, fresh, unsaved, err)
		}()
		c, fresh, err = k.renew(ctx, in, b, refused, &unsaved)
	})
}

// conclude puts into the entry what a fetch brought.
func (k *Keeper) conclude(ctx context.Context, e *entry, in *directory.Integration, b *service.Bound, c *directory.Credential, fresh bool, unsaved *directory.Credential, err error) {
	e.mu.Lock()
	e.unsaved = unsaved
	attention, tell := "", false
	var f *failure
	switch {
	case err == nil:
		e.forced, e.proven = fresh && e.refused != "", false
		e.have, e.err, e.fails, e.until = c, nil, 0, time.Time{}
		e.refused = ""
		tell, e.told = e.told, false
	case errors.As(err, &f):
		e.fails++
		e.err, e.until = f.fault, time.Now().Add(max(f.after, pause(e.fails, f.refused)))
		if f.refused && !e.told {
			attention, tell, e.told = f.fault.Message, true, true
		}
	default: // ours: the log has it, whoever sends need not
		e.fails++
		e.err, e.until = fault.New(fault.Unavailable, "", "the token of the service %q could not be kept", b.ID), time.Now().Add(pause(e.fails, false))
		k.o.Log.Error("fetch a token", "integration", in.ID, "err", err)
	}
	close(e.fetching)
	e.fetching = nil
	e.mu.Unlock()
	if f != nil {
		k.o.Log.Warn("no token", "integration", in.ID, "service", b.ID, "reason", f.fault.Message)
	}
	if tell {
		k.attend(ctx, in, attention)
	}
}

func (k *Keeper) attend(ctx context.Context, in *directory.Integration, reason string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor)
	defer cancel()
	if err := k.o.Store.SetAttention(ctx, in.AccountID, in.ID, directory.AboutCredentials, reason); err != nil {
		k.o.Log.Error("tell of an integration's credentials", "integration", in.ID, "err", err)
	}
}

// pause is how long nobody is asked after n failures in a row: 1 s, doubling, at most 5 min; 5 s at least where the answer will be the
// same until somebody changes something. A quarter more or less, so that many do not come at once.
func pause(n int, refused bool) time.Duration {
	d := min(time.Second<<min(n-1, 9), 5*time.Minute)
	if refused {
		d = max(d, 5*time.Second)
	}
	return d*3/4 + rand.N(d/2)
}

// renew is a credential that can be used: one that another node has fetched, or a fresh one. Nothing that was not kept is ever used, so
// that a crash leaves the service's last word in the store.
func (k *Keeper) renew(ctx context.Context, in *directory.Integration, b *service.Bound, refused string, unsaved **directory.Credential) (c *directory.Credential, fresh bool, err error) {
	holder := uuid.NewString()
	for {
		now := time.Now()
		had, held, err := k.o.Store.HoldCredential(ctx, in.AccountID, in.ID, b.TokenKey(), holder, now, now.Add(holdFor))
		if err != nil {
			return nil, false, err
		}
		if had != nil && had.Token != refused && isUsable(had, now) && !isDue(had, now) {
			*unsaved = nil
			k.release(ctx, in, b, holder, held)
			return had, false, nil
		}
		if held {
			if *unsaved == nil {
				if *unsaved, err = k.ask(ctx, in, b, had, holder); err != nil {
					k.release(ctx, in, b, holder, true)
					return nil, false, err
				}
			}
			kept, err := k.keep(ctx, in, b, holder, **unsaved)
			if err != nil {
				k.release(ctx, in, b, holder, true)
				return nil, false, err
			}
			c, *unsaved = *unsaved, nil
			if kept {
				return c, true, nil
			}
			// Somebody else has it by now: what they were handed out came after ours.
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return nil, false, away("another node is fetching the token of the service %q", b.ID)
		}
	}
}

func (k *Keeper) release(ctx context.Context, in *directory.Integration, b *service.Bound, holder string, held bool) {
	if !held {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor)
	defer cancel()
	if err := k.o.Store.ReleaseCredential(ctx, in.ID, b.TokenKey(), holder); err != nil {
		k.o.Log.Error("release a credential", "integration", in.ID, "err", err)
	}
}

// keep keeps what was handed out, even when the time for asking is over.
func (k *Keeper) keep(ctx context.Context, in *directory.Integration, b *service.Bound, holder string, c directory.Credential) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor)
	defer cancel()
	return k.o.Store.KeepCredential(ctx, in.AccountID, in.ID, b.TokenKey(), holder, c, time.Now())
}

// ask has the service hand out a token.
func (k *Keeper) ask(ctx context.Context, in *directory.Integration, b *service.Bound, had *directory.Credential, holder string) (*directory.Credential, error) {
	var grant service.Grant
	if b.NeedsAuthorization() {
		if had == nil || had.Revoked || had.Refresh == "" {
			return nil, needsPerson(b, "")
		}
		grant.Refresh = had.Refresh
	}
	c, err := k.exchange(ctx, in, b, grant)
	var said *service.TokenError
	if errors.As(err, &said) {
		f := k.explain(b, said, grant)
		if said.Revoked && grant.Refresh != "" {
			if _, err := k.keep(ctx, in, b, holder, directory.Credential{Revoked: true}); err != nil {
				return nil, err
			}
			return nil, needsPerson(b, f.fault.Message)
		}
		return nil, f
	}
	return c, err
}

// exchange is one conversation with whoever hands out tokens.
func (k *Keeper) exchange(ctx context.Context, in *directory.Integration, b *service.Bound, grant service.Grant) (*directory.Credential, error) {
	now := time.Now()
	req, err := b.AskToken(grant, service.Attempt{Now: now, UUID: uuid.NewString()})
	if err != nil {
		return nil, &failure{refused: true, fault: asFault(err)}
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	x := k.o.Door.Do(ctx, req, exchange.Options{Timeout: askTimeout, Pool: in.ID + " token", Secrets: b.Secrets()})
	if x.Phase != exchange.Answered || x.Response == nil {
		return nil, away("the service %q gave no token: %v", b.ID, x.Err)
	}
	got, err := b.ReadToken(x.Response, time.Now())
	if err != nil {
		return nil, err
	}
	c := &directory.Credential{Token: got.Access, Refresh: got.Refresh, Obtained: now}
	if c.Refresh == "" {
		c.Refresh = grant.Refresh // the one of before goes on
	}
	if got.Life > 0 {
		c.Expires = now.Add(got.Life)
	}
	k.o.Log.Info("token fetched", "integration", in.ID, "service", b.ID, "expires", c.Expires)
	return c, nil
}

// maxReason is how much of a service's own words is shown.
const maxReason = 300

// explain is what a service said, in words that may be shown.
func (k *Keeper) explain(b *service.Bound, said *service.TokenError, grant service.Grant) *failure {
	secrets := append(b.Secrets(), grant.Refresh, grant.Code, grant.Verifier)
	words := secret.NewRedactor(secrets...).Clip(said.Error(), maxReason)
	return &failure{
		fault: fault.New(fault.Unavailable, "", "the service %q gave no token: %s", b.ID, words), refused: said.Refused, after: said.After,
	}
}

func asFault(err error) *fault.Error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.Internal, "", "an internal error")
}
