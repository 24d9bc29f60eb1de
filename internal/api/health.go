package api

import (
	"io"
	"net/http"

	"patchbay/internal/access"
)

// healthz says that the process answers; nothing else.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	return plain(w, http.StatusOK, "ok\n")
}

// readyz says whether work should be sent here. Why not is in the log.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	if s.o.Ready != nil {
		if err := s.o.Ready(r.Context()); err != nil {
			s.o.Log.Debug("not ready", "error", err)
			return plain(w, http.StatusServiceUnavailable, "not ok\n")
		}
	}
	return plain(w, http.StatusOK, "ok\n")
}

func plain(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // a prober that has gone is told nothing
	return nil
}

func (s *Server) showMetrics(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	s.metrics.handler().ServeHTTP(w, r)
	return nil
}

// Metrics answers /metrics to anyone: for an address of its own that the operator keeps inside.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler())
	return mux
}
