package credential

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/secret"
	"patchbay/internal/service"
)

// CallbackPath is where a person comes back to from the provider.
const CallbackPath = "/oauth/callback"

// signInFor is how long a person may take at the provider.
const signInFor = 30 * time.Minute

func (k *Keeper) redirectURI() string { return k.o.PublicURL + CallbackPath }

// Authorize is the address at which a person authorizes the integration. It is good once, and for half an hour.
func (k *Keeper) Authorize(ctx context.Context, in *directory.Integration, b *service.Bound) (string, error) {
	state, verifier := random(), random()
	challenge := sha256.Sum256([]byte(verifier))
	address, err := b.AuthorizeURL(k.redirectURI(), state, base64.RawURLEncoding.EncodeToString(challenge[:]))
	if err != nil {
		return "", err
	}
	err = k.o.Store.KeepAuthorization(ctx, state, directory.Authorization{
		AccountID: in.AccountID, IntegrationID: in.ID, Key: b.TokenKey(), Verifier: verifier, Expires: time.Now().Add(signInFor),
	})
	return address, err
}

// random is 256 bits that nobody guesses.
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Return is what a person brings back from the provider.
type Return struct {
	State       string
	Code        string
	Error       string // access_denied …
	Description string
}

var errState = fault.New(fault.NotFound, "state",
	"this sign-in is not known here: it was finished before, took longer than half an hour, or was begun elsewhere; ask for a new address and begin again")

// Complete ends a sign-in: the code becomes a credential. Whatever comes of it, its state is used up. It gives the service's name, and its
// error is a fault that the person may read.
func (k *Keeper) Complete(ctx context.Context, r Return) (name string, err error) {
	// The code is good once: whoever has closed the page meanwhile must not lose it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), holdFor)
	defer cancel()
	if r.State == "" {
		return "", errState
	}
	a, err := k.o.Store.TakeAuthorization(ctx, r.State, time.Now())
	if err != nil {
		return "", err
	}
	if a == nil {
		return "", errState
	}
	in, b, err := k.bound(ctx, a)
	if err != nil {
		return "", err
	}
	veil := secret.NewRedactor(append(b.Secrets(), r.Code)...)
	switch {
	case r.Error != "":
		words := r.Error
		if r.Description != "" && r.Description != r.Error {
			words += ": " + r.Description
		}
		return b.Name, fault.New(fault.Forbidden, "", "the provider did not authorize: %s", veil.Clip(words, maxReason))
	case r.Code == "":
		return b.Name, fault.New(fault.Invalid, "code", "the provider sent neither a code nor an error")
	}
	c, err := k.exchange(ctx, in, b, service.Grant{Code: r.Code, Verifier: a.Verifier, RedirectURI: k.redirectURI()})
	var said *service.TokenError
	var f *failure
	switch {
	case errors.As(err, &said):
		return b.Name, k.explain(b, said, service.Grant{Code: r.Code, Verifier: a.Verifier}).fault
	case errors.As(err, &f):
		return b.Name, f.fault
	case err != nil:
		return b.Name, err
	}
	if err := k.o.Store.PutCredential(ctx, in.AccountID, in.ID, a.Key, *c, time.Now()); err != nil {
		return b.Name, err
	}
	e := k.entry(in.ID, a.Key)
	e.mu.Lock()
	e.have, e.refused, e.forced, e.proven, e.unsaved = c, "", false, false, nil
	e.err, e.fails, e.until, e.told = nil, 0, time.Time{}, false
	e.mu.Unlock()
	k.attend(ctx, in, "")
	k.o.Log.Info("authorized", "integration", in.ID, "service", b.ID)
	return b.Name, nil
}

// bound is the integration that an authorization is for, as it is now. What has changed since then was authorized by nobody.
func (k *Keeper) bound(ctx context.Context, a *directory.Authorization) (*directory.Integration, *service.Bound, error) {
	changed := fault.New(fault.Conflict, "state", "the integration was changed or removed while you were at the provider; ask for a new address and begin again")
	in, err := k.o.Store.Integration(ctx, a.AccountID, a.IntegrationID)
	if fault.CodeOf(err) == fault.NotFound && err != nil {
		return nil, nil, changed
	}
	if err != nil {
		return nil, nil, err
	}
	svc, err := k.o.Shelf.Get(ctx, a.AccountID, in.ServiceID, "")
	if err != nil {
		return nil, nil, err
	}
	b, err := svc.Bind(in.Properties)
	if err != nil {
		return nil, nil, err
	}
	if !b.NeedsAuthorization() || b.TokenKey() != a.Key {
		return nil, nil, changed
	}
	return in, b, nil
}
