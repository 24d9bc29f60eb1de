// Package lane runs ordered, paced, fair, durable work: one lane is the work for one destination.
// It knows no SQL and no work of its own; the store keeps the lanes, the flows bring the workers.
package lane

import (
	"context"
	"errors"
	"time"
)

// ErrFenced says that a lane was taken over since it was claimed: nothing was changed.
var ErrFenced = errors.New("the lane has another holder by now")

// ErrLost says that the disk did not keep what it was given: nothing can be kept any more before a restart, so it is no use to try again.
var ErrLost = errors.New("the disk has lost something")

// Kind says what a lane carries, so that each flow claims only its own.
type Kind string

const (
	Sends      Kind = "send"    // outbound messages of one number of one integration
	Deliveries Kind = "deliver" // notifications to one webhook of a program
)

// LeaseFor is how long a claim holds without being renewed. The runner renews well before it ends.
const LeaseFor = 5 * time.Second

// Lane is one destination's queue while we hold it. Its Epoch rises with every claim, so that what a stale holder
// writes is refused.
type Lane struct {
	ID        string
	Kind      Kind
	AccountID string
	OrgID     string
	Epoch     int64
}

// Claimed is a lane that we hold, and the piece of its work that was begun in the commit that claimed it.
type Claimed[W any] struct {
	Lane Lane
	Work W
}

// Store keeps the lanes.
type Store[W any] interface {
	// Claim leases at most n due lanes and begins the first piece of work of each, all in one commit. It is fair
	// over organizations. next is when the earliest lane that was not claimed becomes due: now or before when
	// more are due than n, zero when none is waiting.
	Claim(ctx context.Context, now time.Time, n int) (claimed []Claimed[W], next time.Time, err error)
	// Renew keeps the lanes until then and names those that are no longer ours.
	Renew(ctx context.Context, lanes []Lane, until time.Time) (lost []Lane, err error)
}

// Worker does one piece of work and settles it. In the commit that settles it, and only when more() says so just before,
// it may begin the next piece of the same lane and return it; otherwise it gives the lane back. An error means that
// nothing was settled: the lane is left to its lease. ErrFenced is such an error.
type Worker[W any] func(ctx context.Context, c Claimed[W], more func() bool) (next *Claimed[W], err error)
