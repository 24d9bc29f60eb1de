package api

import (
	"crypto/sha256"
	"net/netip"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/fault"
)

// limits are how often strangers may be wrong. They are each node's own.
type limits struct {
	names     *access.Limiter // tries to sign in, by the name that was typed
	addresses *access.Limiter // tries to sign in, by where they come from
	keys      *access.Limiter // wrong keys and links, by where they come from
}

// An office behind one address has many people, and somebody who has forgotten a password tries a few. A key is not guessed at all: its limit
// only bounds the work that strangers can make.
func newLimits() limits {
	return limits{
		names:     access.NewLimiter(10, 30*time.Second),
		addresses: access.NewLimiter(50, 5*time.Second),
		keys:      access.NewLimiter(300, 200*time.Millisecond),
	}
}

func tooOften(wait time.Duration) error {
	f := fault.New(fault.TooMany, "", "too many tries that were wrong; come again later")
	f.RetryAfter = wait
	return f
}

// wrongKey counts a key that is none of ours. Right ones are never counted nor refused: a stranger behind the same address must not stop a program.
func (l *limits) wrongKey(from netip.Addr, err error) error {
	if wait, _ := l.keys.Take(neighbourhood(from), time.Now()); wait > 0 {
		return tooOften(wait)
	}
	return err
}

// tries is one try at somebody's password, counted before it is made.
type tries struct {
	l             *limits
	name, address string
}

// try counts a try to sign in as name. What it answers is the same for names that nobody has. news: a name's tries have just run out.
func (l *limits) try(name string, from netip.Addr) (t *tries, news bool, err error) {
	sum := sha256.Sum256([]byte(strings.ToLower(name))) // of one length, whatever was typed
	t = &tries{l, string(sum[:]), neighbourhood(from)}
	now := time.Now()
	if wait, _ := l.addresses.Take(t.address, now); wait > 0 {
		return nil, false, tooOften(wait)
	}
	if wait, news := l.names.Take(t.name, now); wait > 0 {
		return nil, news, tooOften(wait)
	}
	return t, false, nil
}

// right takes the try back: it was no mistake.
func (t *tries) right() {
	now := time.Now()
	t.l.addresses.Return(t.address, now)
	t.l.names.Return(t.name, now)
}
