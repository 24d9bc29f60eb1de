package api

import (
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// callbackView is a kept callback in a list.
type callbackView struct {
	ID      string                `json:"id" doc:"The callback's id."`
	Service string                `json:"service" doc:"The id of the service whose URL was called."`
	At      string                `json:"at" doc:"When it came." format:"date-time"`
	State   message.CallbackState `json:"state" doc:"How far it has come."`
	Reason  string                `json:"reason" doc:"Why it is unmatched: the model that came nearest, and where it differs. Empty: it is not."`
	Method  string                `json:"method" doc:"The method of the request."`
	URL     string                `json:"url" doc:"The address that was called, secrets masked."`
}

// callbackDetail is one callback as it came, and what was read from it.
type callbackDetail struct {
	callbackView
	Headers map[string][]string `json:"headers" doc:"The headers of the request, secrets masked."`
	Body    string              `json:"body" doc:"The body, where it is text."`
	Base64  []byte              `json:"body_base64,omitempty" doc:"The body, where it is not text."`
	Read    jsontext.Value      `json:"read,omitzero" doc:"What was read from it. Left out: nothing."`
}

func viewCallback(c *message.Callback) callbackView {
	return callbackView{
		ID: c.ID, Service: c.ServiceID, At: stamp(c.At), State: c.State, Reason: c.Reason, Method: c.Method, URL: c.URL,
	}
}

func (s *Server) listCallbacks(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	unmatched := false
	if text := r.URL.Query().Get("unmatched"); text != "" {
		if unmatched, err = strconv.ParseBool(text); err != nil {
			return fault.New(fault.Invalid, "unmatched", "must be true or false")
		}
	}
	rows, next, err := s.o.Store.Callbacks(r.Context(), p.AccountID, unmatched, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, viewCallback))
}

func (s *Server) getCallback(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	c, err := s.o.Store.Callback(r.Context(), p.AccountID, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	v := callbackDetail{callbackView: viewCallback(c), Headers: map[string][]string{}}
	for name, values := range c.Header {
		if name == "Authorization" { // a provider's password for us, which the file's verification checks
			values = []string{"•••"}
		}
		v.Headers[name] = values
	}
	if utf8.Valid(c.Body) {
		v.Body = string(c.Body)
	} else {
		v.Base64 = c.Body
	}
	if jsontext.Value(c.Events).IsValid() {
		v.Read = jsontext.Value(c.Events)
	}
	return send(w, http.StatusOK, v)
}

// replayCallback has an unmatched callback read again, after the file or the numbers were mended.
func (s *Server) replayCallback(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	c, err := s.o.Inbound.Replay(r.Context(), p.AccountID, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	return send(w, http.StatusAccepted, viewCallback(c))
}
