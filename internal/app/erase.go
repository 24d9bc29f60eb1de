package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"patchbay/internal/media"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

const (
	eraseEvery = 10 * time.Second // what waited for an attempt to end, or for a restart
	eraseWait  = 8 * time.Second  // whoever asks waits so long for its end
)

// eraser leaves nothing of contacts: rows first, then the files that they told of.
type eraser struct {
	store *store.Store
	files *media.Files
	log   *slog.Logger
}

// Erase begins an erasure and does as much of it as a caller waits for; the rest follows by itself.
func (e *eraser) Erase(ctx context.Context, begun message.Erasure) (*message.Erasure, error) {
	if err := e.store.BeginErasure(ctx, &begun); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, eraseWait)
	defer cancel()
	done, err := e.goOn(ctx, begun.ID)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &begun, nil
	}
	return done, err
}

func (e *eraser) goOn(ctx context.Context, id string) (*message.Erasure, error) {
	return e.store.GoOnErasing(ctx, id, time.Now(), func(paths []string) {
		if err := e.files.Remove(ctx, e.store, paths); err != nil { // the sweep comes for them
			e.log.Warn("remove the files of an erased contact", "error", err)
		}
	})
}

// run goes on with what is not done.
func (e *eraser) run(ctx context.Context) error {
	tick := time.NewTicker(eraseEvery)
	defer tick.Stop()
	for {
		ids, err := e.store.OpenErasures(ctx)
		for _, id := range ids {
			if err == nil {
				_, err = e.goOn(ctx, id)
			}
		}
		if err != nil && ctx.Err() == nil {
			e.log.Error("erase contacts", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
