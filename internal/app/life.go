package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// How what Start wires is run, served and closed.

type closer struct {
	name  string
	close func() error
}

// listen takes an address, or the socket that is there for it, and gives it back on Close.
func (a *App) listen(ctx context.Context, l net.Listener, addr string) (_ net.Listener, err error) {
	if l == nil {
		l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	}
	if err == nil {
		a.onClose("listener", func() error { return ignoreClosed(l.Close()) })
	}
	return l, err
}

// Close stops taking work, lets what is in flight end, at most the drain time, and closes everything in reverse.
func (a *App) Close() error {
	a.closing.Do(func() {
		a.draining.Store(true)
		for _, stop := range a.stops {
			stop()
		}
		var errs []error
		for i := len(a.closers) - 1; i >= 0; i-- {
			if err := a.closers[i].close(); err != nil {
				errs = append(errs, fmt.Errorf("close %s: %w", a.closers[i].name, err))
			}
		}
		a.closeErr = errors.Join(errs...)
	})
	return a.closeErr
}

func (a *App) onClose(name string, close func() error) {
	a.closers = append(a.closers, closer{name, close})
}

// run keeps a room going until Close.
func (a *App) run(name string, work func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := work(ctx)
		if err == nil && ctx.Err() == nil {
			err = errors.New("ended by itself")
		}
		if err != nil && ctx.Err() == nil {
			a.fail(fmt.Errorf("%s: %w", name, err))
		}
		done <- err
	}()
	a.stops = append(a.stops, cancel)
	a.onClose(name, func() error {
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
}

// serve answers requests on a listener until Close, which waits for those under way.
func (a *App) serve(name string, l net.Listener, h http.Handler) {
	open := newConnections()
	s := &http.Server{
		Handler:           a.lastRequest(h),
		ConnState:         open.changed,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       a.o.Request,
		WriteTimeout:      2 * a.o.Request,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(a.o.Log.Handler(), slog.LevelDebug), // strangers' broken connections
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); !a.draining.Load() && !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("%s: %w", name, err))
		}
	}()
	a.onClose(name, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), a.o.Drain)
		defer cancel()
		// First no connections more, then no requests more: Shutdown drops the one that a new connection is about to bring.
		_ = l.Close()
		<-done
		open.linger(ctx, a.o.Linger)
		err := s.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			a.o.Log.Warn("connections cut off: they did not end in the time there is", "server", name)
			err = s.Close()
		}
		return err
	})
}

func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

// ignoreClosed: the server closes the listener that it was given.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
