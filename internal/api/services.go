package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/fault"
	"patchbay/internal/service"
)

// serviceView is a service in a list.
type serviceView struct {
	ID      string `json:"id" doc:"The id."`
	Name    string `json:"name" doc:"The name."`
	Logo    string `json:"logo" doc:"The address of a picture; may be empty."`
	Class   string `json:"class" doc:"sms, or what the service file says."`
	Version string `json:"version" doc:"The version: a digest of the service file."`
	Origin  string `json:"origin" doc:"Whose file it is." enum:"catalogue,account"`
}

// serviceDetail is one service with its file.
type serviceDetail struct {
	serviceView
	Documentation string             `json:"documentation" doc:"Where the provider documents its API; may be empty."`
	Setup         []string           `json:"setup" doc:"What to do at the provider, step by step."`
	Properties    []service.Property `json:"properties" doc:"What an integration fills in."`
	File          jsontext.Value     `json:"file" doc:"The service file." as:"object"`
}

const (
	fromCatalogue = "catalogue"
	fromAccount   = "account"
)

func viewService(s *service.Service, origin string) serviceView {
	return serviceView{ID: s.ID, Name: s.Name, Logo: s.Logo, Class: s.Class, Version: s.Version, Origin: origin}
}

// shelved is a service that an account can enable, and whose file it is.
type shelved struct {
	*service.Service
	origin string
}

// servicesOf is the catalogue with the account's own files in the places of those they hide, in the order of their ids.
func (s *Server) servicesOf(ctx context.Context, accountID string) ([]shelved, error) {
	own, err := s.o.Store.Services(ctx, accountID)
	if err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	byID := map[string]shelved{}
	for _, svc := range s.o.Shelf.Catalogue() {
		byID[strings.ToLower(svc.ID)] = shelved{svc, fromCatalogue}
	}
	for _, row := range own {
		svc, err := s.o.Shelf.Get(ctx, accountID, row.ID, "")
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", row.ID, err)
		}
		byID[strings.ToLower(row.ID)] = shelved{svc, fromAccount}
	}
	out := make([]shelved, 0, len(byID))
	for _, one := range byID {
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b shelved) int { return strings.Compare(strings.ToLower(a.ID), strings.ToLower(b.ID)) })
	return out, nil
}

func (s *Server) listServices(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	all, err := s.servicesOf(r.Context(), p.AccountID)
	if err != nil {
		return err
	}
	// The list is short and in memory, so its cursor is simply the last id that was shown.
	from := 0
	if at.Cursor != "" {
		from = len(all)
		if i := slices.IndexFunc(all, func(o shelved) bool { return strings.ToLower(o.ID) > strings.ToLower(at.Cursor) }); i >= 0 {
			from = i
		}
	}
	part, next := all[from:], ""
	if len(part) > at.Limit {
		part, next = part[:at.Limit], part[at.Limit-1].ID
	}
	return send(w, http.StatusOK, listOf(part, next, func(o *shelved) serviceView { return viewService(o.Service, o.origin) }))
}

// ownService is how the account's own file spells that id, or "" when it has none. Ids are one without case.
func (s *Server) ownService(ctx context.Context, accountID, id string) (string, error) {
	own, err := s.o.Store.Services(ctx, accountID)
	if err != nil {
		return "", fmt.Errorf("list services: %w", err)
	}
	for _, row := range own {
		if strings.EqualFold(row.ID, id) {
			return row.ID, nil
		}
	}
	return "", nil
}

func (s *Server) getService(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	svc, err := s.o.Shelf.Get(r.Context(), p.AccountID, clean(r.PathValue("service_id")), "")
	if err != nil {
		return err
	}
	own, err := s.ownService(r.Context(), p.AccountID, svc.ID)
	if err != nil {
		return err
	}
	v := serviceDetail{
		serviceView: viewService(svc, fromCatalogue), Documentation: svc.Documentation, Setup: svc.Setup,
		Properties: svc.Properties, File: jsontext.Value(svc.Source),
	}
	if own != "" {
		v.Origin = fromAccount
	}
	return send(w, http.StatusOK, v)
}

// acceptedFile is what an upload and a rollback answer: the version, and what somebody should still look at.
type acceptedFile struct {
	serviceView
	Warnings []fault.Problem `json:"warnings" doc:"What somebody should look at; nothing of it keeps the file from working."`
}

// putService keeps a service file for the account. A file with any mistake, or with a test that fails, changes nothing; with
// ?tests=required, one without tests neither.
func (s *Server) putService(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	required := false
	switch r.URL.Query().Get("tests") {
	case "":
	case "required":
		required = true
	default:
		return fault.New(fault.Invalid, "tests", `can only be "required"`)
	}
	body, err := readBody(w, r, service.MaxSize)
	if fault.CodeOf(err) == fault.TooLarge {
		return fault.New(fault.Invalid, "/", "the file is larger than %d bytes", service.MaxSize)
	}
	if err != nil {
		return err
	}
	svc, found := service.Parse(body)
	mistakes := found.Errors()
	id := clean(r.PathValue("service_id"))
	if svc != nil {
		if svc.ID != id {
			mistakes = append(mistakes, service.Problem{Pointer: "/id", Message: fmt.Sprintf("is %q, and the address says %q: they must be the same", svc.ID, id)})
		}
		results := service.RunTests(svc)
		mistakes = append(mistakes, service.Failed(results).Errors()...)
		if required && len(results) == 0 {
			mistakes = append(mistakes, service.Problem{Pointer: "/tests", Message: "the file has no tests, and tests are required: nothing shows that it does what its provider wants"})
		}
	}
	if err := mistakes.Err(); err != nil {
		return err
	}
	if svc == nil {
		return errors.New("a service file with neither mistakes nor a service")
	}
	own, err := s.ownService(r.Context(), p.AccountID, svc.ID)
	if err != nil {
		return err
	}
	if own != "" && own != svc.ID {
		return fault.New(fault.Conflict, "/id", "the account has this service as %q, and ids are one without case; keep that spelling", own)
	}
	about(r, svc.ID, svc.Name, nil, noteVersion(svc.Version))
	if err := s.o.Store.PutService(r.Context(), p.AccountID, svc.ID, svc.Version, svc.Source); err != nil {
		return err
	}
	s.o.Shelf.Forget(p.AccountID, svc.ID)
	status := http.StatusCreated
	if own != "" {
		status = http.StatusOK
	}
	return send(w, status, accepted(svc, found))
}

func accepted(svc *service.Service, found service.Problems) acceptedFile {
	v := acceptedFile{serviceView: viewService(svc, fromAccount), Warnings: []fault.Problem{}}
	for _, warning := range found.Warnings() {
		v.Warnings = append(v.Warnings, fault.Problem{Pointer: warning.Pointer, Message: warning.Message})
	}
	return v
}

// deleteService takes the account's own file away. The catalogue's of that id, if there is one, shows again.
func (s *Server) deleteService(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	id := clean(r.PathValue("service_id"))
	own, err := s.ownService(r.Context(), p.AccountID, id)
	if err != nil {
		return err
	}
	if own == "" {
		return fault.New(fault.NotFound, "service_id", "the account has no file of its own for %q", id)
	}
	users, err := s.o.Store.IntegrationsOfService(r.Context(), p.AccountID, own)
	if err != nil {
		return err
	}
	switch n := len(users); {
	case n == 0 || s.catalogued(id) != nil:
	case n == 1:
		return fault.New(fault.Conflict, "service_id", "one organization has it enabled; remove its integration first")
	default:
		return fault.New(fault.Conflict, "service_id", "%d organizations have it enabled; remove their integrations first", n)
	}
	about(r, own, own, nil, nil)
	if err := s.o.Store.DeleteService(r.Context(), p.AccountID, own); err != nil {
		return err
	}
	s.o.Shelf.Forget(p.AccountID, own)
	return none(w)
}

// catalogued is the catalogue's service of that id, or nil.
func (s *Server) catalogued(id string) *service.Service {
	for _, svc := range s.o.Shelf.Catalogue() {
		if strings.EqualFold(svc.ID, id) {
			return svc
		}
	}
	return nil
}
