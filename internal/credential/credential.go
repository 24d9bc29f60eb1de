// Package credential owns the tokens that services hand out: fetched once for all senders, kept sealed, renewed ahead of time and after
// a refusal, and authorized by a person where a service wants one. It refuses to ask a service that has just said no.
package credential

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/fault"
	"patchbay/internal/service"
)

// Store is what the keeper needs of it.
type Store interface {
	Integration(ctx context.Context, accountID, id string) (*directory.Integration, error)
	SetAttention(ctx context.Context, accountID, integrationID, about, reason string) error

	Credential(ctx context.Context, accountID, integrationID, key string) (*directory.Credential, error)
	HoldCredential(ctx context.Context, accountID, integrationID, key, holder string, now, until time.Time) (*directory.Credential, bool, error)
	ReleaseCredential(ctx context.Context, integrationID, key, holder string) error
	KeepCredential(ctx context.Context, accountID, integrationID, key, holder string, c directory.Credential, now time.Time) (bool, error)
	DropCredentials(ctx context.Context, accountID, integrationID, key string) error
	PutCredential(ctx context.Context, accountID, integrationID, key string, c directory.Credential, now time.Time) error

	KeepAuthorization(ctx context.Context, state string, a directory.Authorization) error
	TakeAuthorization(ctx context.Context, state string, now time.Time) (*directory.Authorization, error)
}

// Shelf finds the service of an integration.
type Shelf interface {
	Get(ctx context.Context, accountID, serviceID, version string) (*service.Service, error)
}

// Options build a Keeper. All but Log are required.
type Options struct {
	Store     Store
	Shelf     Shelf
	Door      *exchange.Door
	PublicURL string // where a person comes back to from the provider
	Log       *slog.Logger
}

// Keeper is safe for any number of goroutines.
type Keeper struct {
	o Options

	mu      sync.Mutex
	entries map[entryKey]*entry
	closed  bool
	work    sync.WaitGroup
}

// entryKey names a credential: what has another key is another one.
type entryKey struct{ integrationID, key string }

// maxEntries bounds what is remembered. All of it is in the store, too.
const maxEntries = 10_000

// New makes a keeper. Close it before its store and its door.
func New(o Options) *Keeper {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	return &Keeper{o: o, entries: map[entryKey]*entry{}}
}

// Close waits for what is under way: a refresh token that was used up and whose successor was not kept would be lost.
func (k *Keeper) Close() error {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.work.Wait()
	return nil
}

// entry is what we know of one credential.
type entry struct {
	mu       sync.Mutex
	known    bool // it was read from the store
	have     *directory.Credential
	refused  string        // a token that the provider refused
	forced   bool          // what we have was fetched because one was refused
	proven   bool          // the provider has taken it since
	fetching chan struct{} // closed when the fetch under way has ended; nil: none is

	err     error // why the last fetch failed
	fails   int   // in a row
	until   time.Time
	told    bool                  // the operator knows
	unsaved *directory.Credential // handed out, and not kept yet
}

func (k *Keeper) entry(integrationID, key string) *entry {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := entryKey{integrationID, key}
	e := k.entries[at]
	if e == nil {
		if len(k.entries) >= maxEntries {
			clear(k.entries)
		}
		e = &entry{}
		k.entries[at] = e
	}
	return e
}

// Token is what a request of the integration is written with (service.Attempt.Token): "" where its service needs none. Its error is a
// fault that says why there is none at present, and may be shown: nothing has left, so whatever was to be sent may come again later.
func (k *Keeper) Token(ctx context.Context, in *directory.Integration, b *service.Bound) (string, error) {
	if !b.NeedsToken() {
		return "", nil
	}
	e := k.entry(in.ID, b.TokenKey())
	if err := k.remember(ctx, e, in, b); err != nil {
		return "", err
	}
	for range 3 { // what was just fetched may have been refused meanwhile
		token, done, err := k.look(e, in, b)
		if token != "" || err != nil {
			return token, err
		}
		select {
		case <-done:
		case <-ctx.Done():
			return "", fault.New(fault.Unavailable, "", "no token came in time from the service %q", b.ID)
		}
	}
	return "", fault.New(fault.Unavailable, "", "the service %q gives tokens that are of no use", b.ID)
}

// remember reads what a former life, or another node, has kept.
func (k *Keeper) remember(ctx context.Context, e *entry, in *directory.Integration, b *service.Bound) error {
	e.mu.Lock()
	known := e.known
	e.mu.Unlock()
	if known {
		return nil
	}
	c, err := k.o.Store.Credential(ctx, in.AccountID, in.ID, b.TokenKey())
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known = true; e.have == nil {
		e.have = c
	}
	return nil
}

// look is the token that there is, or what to wait for.
func (k *Keeper) look(e *entry, in *directory.Integration, b *service.Bound) (token string, done chan struct{}, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	usable := e.have != nil && e.have.Token != e.refused && isUsable(e.have, now)
	if e.fetching == nil && !now.Before(e.until) && (!usable || isDue(e.have, now)) {
		k.start(e, in, b)
	}
	switch {
	case usable:
		return e.have.Token, nil, nil
	case e.fetching == nil:
		return "", nil, e.err
	}
	return "", e.fetching, nil
}

// isUsable reports whether a request with this token arrives before it ends.
func isUsable(c *directory.Credential, now time.Time) bool {
	return c.Token != "" && (c.Expires.IsZero() || now.Before(c.Expires.Add(-min(lifeOf(c)/10, 10*time.Second))))
}

// isDue reports whether it is time to renew it, while it can still be used.
func isDue(c *directory.Credential, now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires.Add(-min(lifeOf(c)/5, 5*time.Minute)))
}

func lifeOf(c *directory.Credential) time.Duration { return c.Expires.Sub(c.Obtained) }

// stubborn is how long a token that was fetched because its predecessor was refused, and is refused too, is not replaced: it is not the
// token that the provider refuses.
const stubborn = time.Minute

// Refused tells that the provider refused a token that Token gave: an answer 401, or one that the file calls auth_expired. It reports
// whether the same request may be made again at once, with another token. Once for one request is enough: the caller counts.
func (k *Keeper) Refused(in *directory.Integration, b *service.Bound, token string) bool {
	if !b.NeedsToken() || token == "" {
		return false
	}
	e := k.entry(in.ID, b.TokenKey())
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.have == nil || e.have.Token != token: // there is another one already
		return true
	case e.forced && !e.proven && time.Since(e.have.Obtained) < stubborn:
		return false
	}
	e.refused = token
	return true
}

// Worked tells that the provider took a token that Token gave.
func (k *Keeper) Worked(in *directory.Integration, b *service.Bound, token string) {
	if token == "" {
		return
	}
	e := k.entry(in.ID, b.TokenKey())
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.have != nil && e.have.Token == token {
		e.proven = true
	}
}

// Changed forgets what an integration was handed out for property values that it no longer has.
func (k *Keeper) Changed(ctx context.Context, in *directory.Integration, b *service.Bound) error {
	k.mu.Lock()
	for at := range k.entries {
		if at.integrationID == in.ID && at.key != b.TokenKey() {
			delete(k.entries, at)
		}
	}
	k.mu.Unlock()
	return k.o.Store.DropCredentials(ctx, in.AccountID, in.ID, b.TokenKey())
}

// Status is how an integration stands whose service a person must authorize; "" for every other.
func (k *Keeper) Status(ctx context.Context, in *directory.Integration, b *service.Bound) (string, error) {
	if !b.NeedsAuthorization() {
		return "", nil
	}
	c, err := k.o.Store.Credential(ctx, in.AccountID, in.ID, b.TokenKey())
	if err != nil {
		return "", err
	}
	if c != nil && !c.Revoked && (c.Refresh != "" || isUsable(c, time.Now())) {
		return Authorized, nil
	}
	return NeedsAuthorization, nil
}

// How an integration stands.
const (
	Authorized         = "authorized"
	NeedsAuthorization = "needs authorization"
)
