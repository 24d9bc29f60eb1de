package api

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

// organizationExtra are members of an organization that programs keep here and that mean nothing to us. admpassw is not among them: nothing
// asks for it, and a password that nothing asks for is not kept.
var organizationExtra = []string{"admlogin", "options", "packageid"}

// usualOrganization stands in every answer about an organization.
var usualOrganization = map[string]any{"admlogin": "", "options": 0, "packageid": 0, "params": struct{}{}}

// organizationParams is an organization as clients of the Messaging API give one.
type organizationParams struct {
	ID     loose          `json:"id"`
	OrgID  loose          `json:"orgid"`
	Name   *string        `json:"name"`
	Domain *string        `json:"domain"`
	Region *loose         `json:"region"`
	Status *int           `json:"status"`
	Params jsontext.Value `json:"params"`
	extra  members
}

func readOrganizationParams(raw jsontext.Value) (in organizationParams, err error) {
	if in, err = params[organizationParams](raw); err != nil {
		return in, err
	}
	if in.ID == "" {
		in.ID = in.OrgID
	}
	if in.Params.Kind() == 'n' {
		in.Params = nil
	}
	var all members
	if err := unmarshal(raw, &all); err != nil {
		return in, err
	}
	in.extra = all.only(organizationExtra...)
	return in, nil
}

// apply puts what was given onto an organization.
func (in *organizationParams) apply(o *directory.Organization) error {
	given := organizationInput{Name: in.Name, Domain: in.Domain, Params: in.Params}
	if in.Region != nil {
		region := string(*in.Region)
		given.Region = &region
	}
	if err := given.apply(o); err != nil {
		return err
	}
	kept := readMembers(o.Extra)
	kept.merge(in.extra)
	text, err := kept.text("admlogin")
	o.Extra = text
	return err
}

func showOrganization(o *directory.Organization) (jsontext.Value, error) {
	ours := map[string]any{"id": o.ID, "name": o.Name, "domain": o.Domain, "region": o.Region, "status": o.Status, "created": o.Created.UnixMilli()}
	if o.Params != "" {
		ours["params"] = jsontext.Value(o.Params)
	}
	return shown(usualOrganization, readMembers(o.Extra), ours)
}

// forAccount refuses what only a key of the account does.
func forAccount(p *access.Principal, what string) error {
	if p.Role == directory.AccountAdmin {
		return nil
	}
	return fault.New(fault.Forbidden, "", "only a key of the account %s", what)
}

func (s *Server) rpcCreateOrganization(ctx context.Context, p *access.Principal, _ *http.Request, raw jsontext.Value) (any, error) {
	if err := forAccount(p, "makes organizations"); err != nil {
		return nil, err
	}
	in, err := readOrganizationParams(raw)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	o := &directory.Organization{ID: directory.NewID(now), AccountID: p.AccountID, Status: 1, Created: now}
	if err := in.apply(o); err != nil {
		return nil, err
	}
	aboutIn(ctx, o.ID, o.Name, nil, viewOrganization(o))
	if err := s.o.Store.CreateOrganization(ctx, o); err != nil {
		return nil, err
	}
	return idResult{o.ID}, nil
}

func (s *Server) rpcGetOrganizations(ctx context.Context, p *access.Principal, r *http.Request, _ jsontext.Value) (any, error) {
	if p.Role != directory.AccountAdmin {
		return s.rpcGetOrganization(ctx, p, r, jsontext.Value(`{}`))
	}
	all, err := everything(func(cursor string) ([]directory.Organization, string, error) {
		return s.o.Store.Organizations(ctx, p.AccountID, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
	if err != nil {
		return nil, err
	}
	return showAll(all, showOrganization)
}

// showAll shows a list, an empty one where there is nothing.
func showAll[T any](list []T, show func(*T) (jsontext.Value, error)) ([]jsontext.Value, error) {
	out := make([]jsontext.Value, len(list))
	for i := range list {
		var err error
		if out[i], err = show(&list[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rpcGetOrganization answers a list of one, as clients expect.
func (s *Server) rpcGetOrganization(_ context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	o, _, err := s.organizationCalled(p, r, raw)
	if err != nil {
		return nil, err
	}
	return showAll([]directory.Organization{*o}, showOrganization)
}

// organizationCalled is the organization that a call is about: by id, or by the names that other methods have for it.
func (s *Server) organizationCalled(p *access.Principal, r *http.Request, raw jsontext.Value) (*directory.Organization, organizationParams, error) {
	in, err := readOrganizationParams(raw)
	if err != nil {
		return nil, in, err
	}
	at := place{OrgID: in.ID}
	if in.ID == "" && in.Domain != nil {
		at.Domain = loose(*in.Domain)
	}
	if at == (place{}) && p.OrgID == "" {
		return nil, in, fault.New(fault.Invalid, "id", "is missing; name the organization")
	}
	o, err := s.rpcOrganization(r, p, at)
	return o, in, err
}

func (s *Server) rpcUpdateOrganization(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	o, in, err := s.organizationCalled(p, r, raw)
	if err != nil {
		return nil, err
	}
	changed := *o
	if err := in.apply(&changed); err != nil {
		return nil, err
	}
	about(r, o.ID, o.Name, viewOrganization(o), viewOrganization(&changed))
	ofOrganization(r, o.ID)
	return nil, s.o.Store.UpdateOrganization(ctx, &changed)
}

func (s *Server) rpcDeleteOrganization(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	if err := forAccount(p, "deletes organizations"); err != nil {
		return nil, err
	}
	in, err := readOrganizationParams(raw)
	if err != nil {
		return nil, err
	}
	if in.ID == "" { // never by a domain: what is deleted is named exactly
		return nil, fault.New(fault.Invalid, "id", "is missing; name the organization")
	}
	o, err := s.organization(r, p, string(in.ID))
	if err != nil {
		return nil, err
	}
	about(r, o.ID, o.Name, nil, nil)
	ofOrganization(r, "")
	return nil, s.o.Store.DeleteOrganization(ctx, p.AccountID, o.ID)
}

func (s *Server) rpcSetOrganizationStatus(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	if err := forAccount(p, "switches an organization on or off"); err != nil {
		return nil, err
	}
	o, in, err := s.organizationCalled(p, r, raw)
	if err != nil {
		return nil, err
	}
	if in.Status == nil {
		return nil, fault.New(fault.Invalid, "status", "is missing; it is 1 (active) or 0 (disabled)")
	}
	changed := *o
	if err := (&organizationInput{Status: in.Status}).apply(&changed); err != nil {
		return nil, err
	}
	about(r, o.ID, o.Name, viewOrganization(o), viewOrganization(&changed))
	ofOrganization(r, o.ID)
	return nil, s.o.Store.UpdateOrganization(ctx, &changed)
}
