package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
)

// Config is what a Worker works with.
type Config struct {
	Store       Store
	Door        *exchange.Door
	Files       *Files
	Log         *slog.Logger
	Sources     Sources // nil: nothing is fetched with credentials
	Concurrency int     // files fetched at once; 0: 8
	MaxTries    int     // 0: 6, which takes about three quarters of an hour
}

// Sources says what it takes to fetch a file that a provider named. A *FetchError says why it cannot be fetched; any other error is ours.
type Sources interface {
	Source(ctx context.Context, m message.Media, from message.FileOrigin) (Source, error)
}

// Worker fetches pending files. Messages do not wait for it.
type Worker struct {
	c     Config
	poll  time.Duration
	delay func(tries int) time.Duration
	wake  chan struct{}

	mu   sync.Mutex
	busy map[string]bool
}

// NewWorker makes a worker; Run starts it.
func NewWorker(c Config) *Worker {
	if c.Concurrency <= 0 {
		c.Concurrency = 8
	}
	if c.MaxTries <= 0 {
		c.MaxTries = 6
	}
	return &Worker{c: c, poll: 5 * time.Second, delay: delay, wake: make(chan struct{}, 1), busy: map[string]bool{}}
}

// delay before the next try: 2 s, 10 s, 1 min, 5 min, then half an hour, each up to a quarter longer so that a provider that was down
// does not meet all of us at once.
func delay(tries int) time.Duration {
	steps := []time.Duration{2 * time.Second, 10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute}
	d := steps[min(max(tries-1, 0), len(steps)-1)]
	return d + rand.N(d/4)
}

// awayTries: where files cannot be kept, the pause is that after so many tries, five minutes.
const awayTries = 4

// Wake says that there may be pending files. It never blocks.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, and waits for files in flight to be let go; those stay pending.
func (w *Worker) Run(ctx context.Context) error {
	var flying sync.WaitGroup
	defer flying.Wait()
	tick := time.NewTicker(w.poll)
	defer tick.Stop()
	for {
		if err := w.start(ctx, &flying); err != nil && ctx.Err() == nil {
			w.c.Log.Error("look for pending media", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.wake:
		case <-tick.C:
		}
	}
}

// start begins as many pending files as there is room for.
func (w *Worker) start(ctx context.Context, flying *sync.WaitGroup) error {
	w.mu.Lock()
	flyingNow := len(w.busy)
	w.mu.Unlock()
	room := w.c.Concurrency - flyingNow
	if room <= 0 {
		return nil // each that ends wakes us
	}
	// Those in flight are still pending to the store.
	pending, err := w.c.Store.PendingMedia(ctx, time.Now(), room+flyingNow)
	if err != nil {
		return err
	}
	for _, m := range pending {
		w.mu.Lock()
		begin := !w.busy[m.ID] && len(w.busy) < w.c.Concurrency
		if begin {
			w.busy[m.ID] = true
		}
		w.mu.Unlock()
		if !begin {
			continue
		}
		flying.Go(func() {
			w.one(ctx, m)
			w.mu.Lock()
			delete(w.busy, m.ID)
			w.mu.Unlock()
			w.Wake()
		})
	}
	return nil
}

// one tries one file once and saves what came of it.
func (w *Worker) one(ctx context.Context, m message.Media) {
	done, after, err := w.get(ctx, m)
	if ctx.Err() != nil {
		return // not its fault; it stays as it was
	}
	if err != nil { // ours: a full disk, a panic
		w.c.Log.Error("fetch media", "media", m.ID, "err", err)
		done, after = m, 0
		done.Reason = "it could not be kept"
	}
	done.Tries = m.Tries + 1
	if errors.Is(err, ErrAway) { // the file is there; it waits for us, however long that takes
		done.Tries, after = m.Tries, w.delay(awayTries)
	}
	var retryAt time.Time
	if done.State == message.MediaPending {
		if done.Tries >= w.c.MaxTries && !errors.Is(err, ErrAway) {
			done.State = message.MediaFailed
		} else {
			retryAt = time.Now().Add(max(after, w.delay(done.Tries)))
		}
	}
	if err := w.c.Store.SaveMedia(ctx, done, retryAt); err != nil {
		w.c.Log.Error("save media", "media", m.ID, "err", err)
	}
}

// get fetches and keeps one file. What the provider did wrong is in the result, what we did wrong is the error.
func (w *Worker) get(ctx context.Context, m message.Media) (done message.Media, after time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.c.Log.Error("panic while fetching media", "media", m.ID, "stack", string(debug.Stack()))
			done, err = m, fmt.Errorf("panic while fetching media")
		}
	}()
	source, err := w.source(ctx, m)
	if err != nil {
		return refused(m, err)
	}
	f, err := w.c.Files.create()
	if err != nil {
		return m, 0, err
	}
	defer f.discard()
	found, err := Fetch(ctx, w.c.Door, source, f)
	if err != nil {
		return refused(m, err)
	}
	if m.Name == "" {
		m.Name = found.Name
	}
	done, err = f.finish(ctx, m, m.MediaType, found.Type)
	return done, 0, err
}

// refused is m as an error leaves it; what is ours stays an error.
func refused(m message.Media, err error) (message.Media, time.Duration, error) {
	var why *FetchError
	if errors.As(err, &why) {
		m.State, m.Reason = why.State, why.Reason
		return m, why.After, nil
	}
	return m, 0, err
}

// source is where the file is. Only what a provider named is fetched with an integration's credentials.
func (w *Worker) source(ctx context.Context, m message.Media) (Source, error) {
	from := message.ParseFileOrigin(m.SourceURL)
	switch {
	case from.Provider && w.c.Sources != nil:
		return w.c.Sources.Source(ctx, m, from)
	case from.URL == "":
		return Source{}, failed("the message names no address for it")
	}
	return Source{URL: from.URL}, nil
}
