// Package audit is who changed what: an entry that travels with a request until the commit of the change takes it along. It imports nothing of ours.
package audit

import (
	"context"
	"sync"
	"time"
)

// By says what kind of credential asked for a change.
type By string

const (
	ByPerson  By = "person"  // a sign-in
	ByKey     By = "key"     // a program
	ByCommand By = "command" // the command line, on the server itself
	ByNobody  By = "nobody"  // a sign-in that failed
)

// Entry is one line of the log. It holds no secret and no message.
type Entry struct {
	AccountID string
	OrgID     string // empty: the account's own
	At        time.Time
	By        By
	ByID      string
	ByName    string // as they were called then
	Address   string // from where
	What      string // object.verb, such as user.created
	ObjectID  string
	Name      string // of the object, as it was called then
	Was       string // JSON object of the members that differ; empty: nothing
	Became    string
}

// Note is an entry on its way. The first commit made under its context takes it along; a request that changes nothing leaves none.
type Note struct {
	mu    sync.Mutex
	entry Entry
	kept  bool
}

// NewNote begins a note.
func NewNote(e Entry) *Note { return &Note{entry: e} }

// Set fills in what is known by now: which object, and how it changes.
func (n *Note) Set(change func(*Entry)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(&n.entry)
}

// Entry is what there is to keep; false when it is kept already.
func (n *Note) Entry() (Entry, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.entry, !n.kept
}

// Kept says that the entry is on the disk.
func (n *Note) Kept() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.kept = true
}

type place struct{}

// With has the commits under the context keep the note.
func With(ctx context.Context, n *Note) context.Context { return context.WithValue(ctx, place{}, n) }

// Of is the context's note, or nil.
func Of(ctx context.Context) *Note {
	n, _ := ctx.Value(place{}).(*Note)
	return n
}

// Without is the context for work that is no change of its own, such as noting that a sign-in was used.
func Without(ctx context.Context) context.Context {
	return context.WithValue(ctx, place{}, (*Note)(nil))
}

// Filter picks from the log of an account. Empty members ask for all.
type Filter struct {
	AccountID string
	OrgID     string
	By        string // id of a person or a key
	What      string // user.created, or user for all that became of users
}
