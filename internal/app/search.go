package app

import (
	"context"
	"time"
)

const (
	indexAfter = 200 * time.Millisecond // a moment in which more is said, to be indexed with it
	indexEvery = 5 * time.Second        // what another node has left
	indexRest  = 3                      // times as long as a batch took, before the next one: those who send come first
)

// follower puts what was said into the index of searches, behind those who say it.
type follower struct {
	index func(context.Context) (more bool, err error)
	fail  func(error)
	wake  chan struct{}
}

// Wake says that something was said. It never blocks.
func (f *follower) Wake() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *follower) run(ctx context.Context) error {
	for {
		for more := true; more && ctx.Err() == nil; {
			begun := time.Now()
			var err error
			if more, err = f.index(ctx); err != nil && ctx.Err() == nil {
				f.fail(err)
			}
			if more {
				sleep(ctx, min(indexRest*time.Since(begun), time.Second))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(indexEvery):
		case <-f.wake:
			sleep(ctx, indexAfter)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
