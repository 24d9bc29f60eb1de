package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

const (
	heartbeat = 15 * time.Second // proxies close what is silent for longer
	writeFor  = 15 * time.Second // a client that takes nothing for so long is gone, and comes again with Last-Event-ID
)

// Stream serves notifications as server-sent events until the client goes or the hub ends. An error means that nothing was written.
// With Last-Event-ID it goes on after that one; without, from now on. may is asked before anything is told: once it says no, the stream ends.
func (h *Hub) Stream(w http.ResponseWriter, r *http.Request, f message.NotificationFilter, may func() bool) error {
	after := int64(-1)
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n < 0 {
			return fault.New(fault.Invalid, "Last-Event-ID", "%q is no id that this stream gave; leave it out to begin with what comes next", id)
		}
		after = n
	}
	s, err := h.Subscribe(r.Context(), f, after)
	if err != nil {
		return err
	}
	defer s.Close()
	out := &eventWriter{w: w, c: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	// An id without data is no event, but where the client resumes should it lose us before the first one.
	fmt.Fprintf(out, "retry: 2000\nid: %d\n\n", s.cursor)
	out.flush()
	for out.err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), heartbeat)
		batch, err := s.next(ctx)
		cancel()
		if !may() {
			return nil
		}
		for _, t := range batch {
			fmt.Fprintf(out, "id: %d\nevent: %s\ndata: %s\n\n", t.seq, t.kind, t.body)
		}
		switch {
		case err == nil:
		case r.Context().Err() != nil, errors.Is(err, errEnded):
			return nil
		case errors.Is(err, context.DeadlineExceeded):
			fmt.Fprint(out, ":\n\n")
		default:
			h.log.Error("stream not read", "why", err)
			return nil // the client comes again
		}
		out.flush()
	}
	return nil
}

// eventWriter remembers the first error, and gives no write longer than writeFor.
type eventWriter struct {
	w   http.ResponseWriter
	c   *http.ResponseController
	err error
}

func (e *eventWriter) Write(b []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	if err := e.c.SetWriteDeadline(time.Now().Add(writeFor)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		e.err = err
		return 0, err
	}
	n, err := e.w.Write(b)
	e.err = err
	return n, err
}

func (e *eventWriter) flush() {
	if e.err == nil {
		e.err = e.c.Flush()
	}
}
