// Package store keeps everything: it is the only room that speaks SQL. What it answers "kept" to is on disk.
package store

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// ErrFenced says that a lane was taken over since it was claimed: nothing was changed.
var ErrFenced = errors.New("the lane has another holder by now")

// ErrGone says that somebody else did it first: nothing was changed.
var ErrGone = errors.New("it was already done")

// Sealer keeps secrets unreadable at rest. aad ties a sealed value to its place, so that it opens nowhere else.
type Sealer interface {
	Seal(plain, aad []byte) []byte
	Open(sealed, aad []byte) ([]byte, error)
}

// Options are what a store needs to open.
type Options struct {
	DataDir     string // its files; made when missing
	DatabaseURL string // empty: SQLite inside DataDir
	Box         Sealer
	Log         *slog.Logger
	ReadOnly    bool // look without locking or migrating: for `patchbay verify`
}

// Page asks for a part of a list. The zero value asks for its beginning.
type Page struct {
	Limit  int    // at most 200; 0: 50
	Cursor string // from the page before; opaque
}

// Commit says what one grouped commit touched, for those who wait for work.
type Commit struct {
	Lanes         bool // a lane of sends has work, or is free again
	Webhooks      bool // a webhook's lane has
	Callbacks     bool // a callback is pending
	Notifications bool
	Media         bool // a file is to be fetched
}

// ServiceRow is an account's own service file.
type ServiceRow struct {
	ID      string
	Version string
	Created time.Time
}

// OnCommit has f called after each grouped commit, in the order of the commits. It must not block or call the store.
// To be called before the store is used.
func (s *Store) OnCommit(f func(Commit)) { s.hooks = append(s.hooks, f) }

var errNotYet = errors.New("not yet")

// Open opens the store.
func Open(ctx context.Context, o Options) (*Store, error) { return nil, errNotYet }

// Store is the database, open.
type Store struct{ hooks []func(Commit) }
