package api

import (
	"net/http"

	"patchbay/internal/access"
)

// openAPI gives the document. Tools that run in a browser ask from anywhere, and it holds nothing of anybody's.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request, _ *access.Principal) error {
	body, err := OpenAPI()
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	sendBytes(w, http.StatusOK, body)
	return nil
}
