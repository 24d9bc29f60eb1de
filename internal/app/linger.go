package app

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// lastRequest tells whoever asks while we close that the connection ends with this answer.
func (a *App) lastRequest(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

// connections knows since when each connection of a server has had no request, the first included.
type connections struct {
	mu    sync.Mutex
	idle  map[net.Conn]time.Time
	moved chan struct{} // a connection has changed
}

func newConnections() *connections {
	return &connections{idle: map[net.Conn]time.Time{}, moved: make(chan struct{}, 1)}
}

func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == http.StateNew || state == http.StateIdle {
		c.idle[conn] = time.Now()
	} else {
		delete(c.idle, conn)
	}
	select {
	case c.moved <- struct{}{}:
	default:
	}
}

// lingerTicks is how many of our own ticks a connection is waited for. The clock alone does not do: a process that got no processor for a second
// finds all connections still, and the requests that they have brought unread.
const lingerTicks = 5

// linger waits as long as a connection that has just been opened, or whose last request has just ended, may bring a request: closed under it,
// that request would be lost, and nobody could tell whether it was taken. With its answer such a connection ends by itself. One that has been
// still for longer is closed, as servers do at any time: so its client sees it before the next request, and none holds up the end.
func (c *connections) linger(ctx context.Context, still time.Duration) {
	defer c.closeIdle()
	if still <= 0 {
		return
	}
	select {
	case <-c.moved: // before we began
	default:
	}
	ticks := 1
	if c.sinceLast() < still {
		ticks = lingerTicks
	}
	tick := time.NewTicker(still / lingerTicks)
	defer tick.Stop()
	for quiet := 0; quiet < ticks && c.some(); {
		select {
		case <-tick.C:
			quiet++
		case <-c.moved:
			quiet, ticks = 0, lingerTicks
		case <-ctx.Done():
			return
		}
	}
}

// sinceLast is for how long the one that had a request last has had none.
func (c *connections) sinceLast() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := time.Time{}
	for _, since := range c.idle {
		if since.After(last) {
			last = since
		}
	}
	return time.Since(last)
}

func (c *connections) some() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.idle) > 0
}

func (c *connections) closeIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.idle {
		_ = conn.Close()
	}
}
