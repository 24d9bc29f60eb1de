package api

import (
	"net/http"

	"patchbay/internal/access"
	"patchbay/internal/service"
)

// schema is the JSON Schema of a service file. Editors that run in a browser ask from anywhere.
func (s *Server) schema(w http.ResponseWriter, _ *http.Request, _ *access.Principal) error {
	w.Header().Set("Content-Type", "application/schema+json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(service.Schema()) // an editor that has gone is told nothing
	return nil
}
