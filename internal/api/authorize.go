package api

import (
	"context"
	"html"
	"net/http"
	"strings"

	"patchbay/internal/access"
	"patchbay/internal/credential"
	"patchbay/internal/directory"
	"patchbay/internal/service"
)

// Credentials has people authorize integrations at their providers: *credential.Keeper.
type Credentials interface {
	Authorize(ctx context.Context, in *directory.Integration, b *service.Bound) (address string, err error)
	Status(ctx context.Context, in *directory.Integration, b *service.Bound) (string, error)
	Changed(ctx context.Context, in *directory.Integration, b *service.Bound) error
	Complete(ctx context.Context, r credential.Return) (service string, err error)
}

// addAuthorization says of an integration whether a person has authorized it, where its service wants that. An integration that lacks
// something else says nothing of it.
func (s *Server) addAuthorization(ctx context.Context, i *directory.Integration, v *integrationView) error {
	svc, err := s.o.Shelf.Get(ctx, i.AccountID, i.ServiceID, "")
	if err != nil {
		return nil //nolint:nilerr // its file is gone: there is nobody to authorize at
	}
	b, err := svc.Bind(i.Properties)
	if err != nil {
		return nil //nolint:nilerr // a property is missing, and the view shows which are there
	}
	v.Authorization, err = s.o.Credentials.Status(ctx, i, b)
	return err
}

// maxParameter is the longest that a provider may send a person back with.
const maxParameter = 4096

// oauthCallback is where a person comes back to from the provider. The state in the query is their right to be here: it was given to whoever
// was allowed to change the integration, is good once, and nobody guesses it.
func (s *Server) oauthCallback(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	if r.Method == http.MethodHead { // whoever only looks uses nothing up
		w.WriteHeader(http.StatusOK)
		return nil
	}
	var back credential.Return
	for name, at := range map[string]*string{"state": &back.State, "code": &back.Code, "error": &back.Error, "error_description": &back.Description} {
		if *at = clean(r.URL.Query().Get(name)); len(*at) > maxParameter {
			return s.page(w, http.StatusUnprocessableEntity, "Not authorized", "What the provider sent is too long.")
		}
	}
	name, err := s.o.Credentials.Complete(r.Context(), back)
	if err == nil {
		return s.page(w, http.StatusOK, "Authorized", "Patchbay may use "+name+" now. Messages that waited for this are on their way. You can close this page.")
	}
	p, f := explain(s.o.Log, r, err)
	setErrorHeaders(w.Header(), p.Status, f)
	return s.page(w, p.Status, "Not authorized", strings.ToUpper(f.Message[:1])+f.Message[1:]+".")
}

// page is a plain page for a person: a heading and a sentence, nothing that runs and nothing that is fetched.
func (s *Server) page(w http.ResponseWriter, status int, heading, text string) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	heading, text = html.EscapeString(heading), html.EscapeString(text)
	_, _ = w.Write([]byte("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
		heading + "</title>\n<h1>" + heading + "</h1>\n<p>" + text + "</p>\n</html>\n"))
	return nil
}
