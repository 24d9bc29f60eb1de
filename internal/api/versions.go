package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/fault"
	"patchbay/internal/service"
	"patchbay/internal/store"
)

// versionView is one version of a service in a list.
type versionView struct {
	Version string  `json:"version" doc:"The version: a digest of the service file."`
	Origin  string  `json:"origin" doc:"Whose file it is." enum:"catalogue,account"`
	Current bool    `json:"current" doc:"It is what new messages and callbacks are for."`
	Created *string `json:"created" doc:"When it was uploaded. null: it came with the program." format:"date-time"`
}

// versionDetail is one version with its file.
type versionDetail struct {
	versionView
	File jsontext.Value `json:"file" doc:"The service file." as:"object"`
}

// versionsOf is every version of a service that the account can see: those of its own file, the newest first, and the catalogue's, which
// is current where the account has none.
func (s *Server) versionsOf(ctx context.Context, accountID, id string) ([]versionView, error) {
	own, err := s.o.Store.ServiceVersions(ctx, accountID, id)
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	var out []versionView
	for _, v := range own {
		created := stamp(v.Created)
		out = append(out, versionView{Version: v.Version, Origin: fromAccount, Current: v.Current, Created: &created})
	}
	if svc := s.catalogued(id); svc != nil && !slices.ContainsFunc(out, func(v versionView) bool { return v.Version == svc.Version }) {
		out = append(out, versionView{Version: svc.Version, Origin: fromCatalogue, Current: len(own) == 0})
	}
	if len(out) == 0 {
		return nil, fault.New(fault.NotFound, "service_id", "there is no service %q", id)
	}
	return out, nil
}

func (s *Server) listVersions(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	all, err := s.versionsOf(r.Context(), p.AccountID, clean(r.PathValue("service_id")))
	if err != nil {
		return err
	}
	from := 0
	if at.Cursor != "" { // the last version that was shown; one that is gone since begins anew
		from = slices.IndexFunc(all, func(v versionView) bool { return v.Version == at.Cursor }) + 1
	}
	part, next := all[from:], ""
	if len(part) > at.Limit {
		part, next = part[:at.Limit], part[at.Limit-1].Version
	}
	return send(w, http.StatusOK, list[versionView]{Data: part, Next: next})
}

func (s *Server) getVersion(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	id, version := clean(r.PathValue("service_id")), clean(r.PathValue("version"))
	all, err := s.versionsOf(r.Context(), p.AccountID, id)
	if err != nil {
		return err
	}
	v, err := s.versionIn(r.Context(), p.AccountID, id, version, all)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, v)
}

// versionIn is one of the versions that there are, with its file.
func (s *Server) versionIn(ctx context.Context, accountID, id, version string, all []versionView) (v versionDetail, err error) {
	i := slices.IndexFunc(all, func(v versionView) bool { return v.Version == version })
	if i < 0 {
		return v, noVersion(id, version)
	}
	v.versionView = all[i]
	if v.Origin == fromCatalogue {
		v.File = jsontext.Value(s.catalogued(id).Source)
		return v, nil
	}
	source, _, err := s.o.Store.ServiceSource(ctx, accountID, id, version)
	v.File = jsontext.Value(source)
	return v, err
}

func noVersion(id, version string) error {
	return fault.New(fault.NotFound, "version", "there is no version %q of %q; GET /v1/services/%s/versions lists those that are kept", version, id, id)
}

// rollbackInput names what to go back to.
type rollbackInput struct {
	Version string `json:"version" doc:"The version that becomes the current one." required:"true"`
}

// rollbackService makes a version of before the account's current one. It must pass what an upload must pass, with the program as it is today.
func (s *Server) rollbackService(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in rollbackInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	id := clean(r.PathValue("service_id"))
	own, err := s.o.Store.ServiceVersions(r.Context(), p.AccountID, id)
	if err != nil {
		return fmt.Errorf("list versions: %w", err)
	}
	catalogue := s.catalogued(id)
	switch {
	case len(own) == 0 && catalogue == nil:
		return fault.New(fault.NotFound, "service_id", "there is no service %q", id)
	case in.Version == "":
		return fault.New(fault.Invalid, "version", "say which version becomes the current one")
	case !slices.ContainsFunc(own, func(v store.ServiceVersion) bool { return v.Version == in.Version }):
		if catalogue != nil && catalogue.Version == in.Version {
			return fault.New(fault.Conflict, "version", "this is the catalogue's version, which is current wherever the account has no file of its own: DELETE /v1/services/%s takes that away", id)
		}
		return noVersion(id, in.Version)
	}
	source, _, err := s.o.Store.ServiceSource(r.Context(), p.AccountID, id, in.Version)
	if err != nil {
		return err
	}
	svc, found := service.Check(source)
	if mistakes := found.Errors(); len(mistakes) > 0 {
		refused := fault.New(fault.Invalid, "version", "the program as it is today refuses this version, and the current one stays: %s", mistakes[0])
		for _, m := range mistakes {
			refused.Problems = append(refused.Problems, fault.Problem{Pointer: m.Pointer, Message: m.Message})
		}
		return refused
	}
	about(r, svc.ID, svc.Name, nil, noteVersion(in.Version))
	if err := s.o.Store.SetServiceVersion(r.Context(), p.AccountID, own[0].ServiceID, in.Version); err != nil {
		return err
	}
	s.o.Shelf.Forget(p.AccountID, svc.ID)
	return send(w, http.StatusOK, accepted(svc, found))
}

// noteVersion is what the log tells of a service file: which version counts from then on.
func noteVersion(version string) any { return map[string]string{"version": version} }
