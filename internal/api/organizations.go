package api

import (
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

// maxName is how many characters a name, a domain or an extension may have.
const maxName = 200

// organizationView is an organization as /v1 shows it.
type organizationView struct {
	ID      string         `json:"id" doc:"The organization's id."`
	Name    string         `json:"name" doc:"The name."`
	Domain  string         `json:"domain" doc:"One word, unique within the account without regard to case."`
	Region  string         `json:"region" doc:"Where it is, in its own words."`
	Status  int            `json:"status" doc:"1: active. 0: disabled, its keys open nothing and nothing is sent." min:"0" max:"1"`
	Params  jsontext.Value `json:"params,omitzero" doc:"What a program keeps here." as:"object"`
	Cap     *capView       `json:"daily_cap,omitempty" doc:"How much may be accepted in a day of all its numbers together. Left out: any number."`
	Created string         `json:"created" doc:"When it was made." format:"date-time"`

	StripMetadata bool          `json:"strip_metadata" doc:"Files that leave lose what they tell of where and when they were made, unless their number says otherwise."`
	Retention     retentionView `json:"retention" doc:"For how many days things are kept."`

	Counts *organizationCounts `json:"counts,omitzero" doc:"With ?include=counts: the organization at a glance."`
}

func viewOrganization(o *directory.Organization) organizationView {
	v := organizationView{
		ID: o.ID, Name: o.Name, Domain: o.Domain, Region: o.Region, Status: o.Status, Cap: viewCap(o.DailyCap), Created: stamp(o.Created),
		StripMetadata: o.StripMetadata, Retention: viewRetention(o.Retention),
	}
	if o.Params != "" {
		v.Params = jsontext.Value(o.Params)
	}
	return v
}

// organizationInput is what a caller may say. A member that is left out keeps what is there.
type organizationInput struct {
	Name   *string        `json:"name" doc:"The name." required:"true" maxlen:"200"`
	Domain *string        `json:"domain" doc:"One word like acme or acme.example.com, unique within the account without regard to case." required:"true" maxlen:"200"`
	Region *string        `json:"region" doc:"Where it is, in its own words." maxlen:"200"`
	Status *int           `json:"status" doc:"1: active. 0: disabled. Only the account's key changes it." min:"0" max:"1" default:"1"`
	Params jsontext.Value `json:"params" doc:"What a program wants kept: an object, which replaces the one before." as:"object"`
	Cap    jsontext.Value `json:"daily_cap" doc:"How much may be accepted in a day of all its numbers together, from midnight UTC on. Only the account changes it. null: any number." as:"cap"`

	StripMetadata *bool          `json:"strip_metadata" doc:"Files that leave lose what they tell of where and when they were made, unless their number says otherwise." default:"false"`
	Retention     retentionInput `json:"retention" doc:"For how many days things are kept."`
}

// apply puts the input onto an organization and names everything that is wrong with the result.
func (in *organizationInput) apply(o *directory.Organization) error {
	put(&o.Name, in.Name)
	put(&o.Domain, in.Domain)
	put(&o.Region, in.Region)
	put(&o.Status, in.Status)
	put(&o.StripMetadata, in.StripMetadata)
	ps := in.Retention.apply(&o.Retention)
	if in.Params != nil {
		if in.Params.Kind() != '{' {
			ps.add("/params", "must be an object")
		}
		o.Params = string(in.Params)
	}
	applyCap(&o.DailyCap, in.Cap, &ps)
	o.Name, o.Domain = strings.TrimSpace(o.Name), strings.TrimSpace(o.Domain)
	ps.name("/name", o.Name)
	ps.name("/domain", o.Domain)
	if strings.ContainsFunc(o.Domain, func(r rune) bool { return r <= ' ' || r == '/' || r == '@' }) {
		ps.add("/domain", "must be one word like acme or acme.example.com")
	}
	if utf8.RuneCountInString(o.Region) > maxName {
		ps.add("/region", fmt.Sprintf("must have at most %d characters", maxName))
	}
	if o.Status != 0 && o.Status != 1 {
		ps.add("/status", "must be 1 (active) or 0 (disabled)")
	}
	return ps.err()
}

func (s *Server) createOrganization(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in organizationInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	now := time.Now()
	o := &directory.Organization{ID: directory.NewID(now), AccountID: p.AccountID, Status: 1, Created: now}
	if err := in.apply(o); err != nil {
		return err
	}
	about(r, o.ID, o.Name, nil, viewOrganization(o))
	ofOrganization(r, o.ID)
	if err := s.o.Store.CreateOrganization(r.Context(), o); err != nil {
		return err
	}
	return send(w, http.StatusCreated, viewOrganization(o))
}

func (s *Server) listOrganizations(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	include := r.URL.Query().Get("include")
	if include != "" && include != "counts" {
		return fault.New(fault.Invalid, "include", `can only be "counts"`)
	}
	var rows []directory.Organization
	next := ""
	if p.Role == directory.AccountAdmin {
		rows, next, err = s.o.Store.Organizations(r.Context(), p.AccountID, at)
	} else {
		var o *directory.Organization
		if o, err = s.o.Store.Organization(r.Context(), p.AccountID, p.OrgID); err == nil {
			rows = append(rows, *o)
		}
	}
	if err != nil {
		return err
	}
	out := listOf(rows, next, viewOrganization)
	for i := range rows {
		if include == "" {
			break
		}
		if out.Data[i].Counts, err = s.countsOf(r, &rows[i]); err != nil {
			return err
		}
	}
	return send(w, http.StatusOK, out)
}

// organizationHandler answers a route below an organization that the caller sees.
type organizationHandler func(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error

// inOrganization finds the organization of the path. One of another account, or one that the key does not see, is not there.
func (s *Server) inOrganization(h organizationHandler) handler {
	return func(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
		o, err := s.organization(r, p, clean(r.PathValue("orgid")))
		if err != nil {
			return err
		}
		return h(w, r, p, o)
	}
}

func (s *Server) organization(r *http.Request, p *access.Principal, id string) (*directory.Organization, error) {
	if !p.SeesOrganization(id) {
		return nil, noOrganization(id)
	}
	o, err := s.o.Store.Organization(r.Context(), p.AccountID, id)
	if fault.CodeOf(err) == fault.NotFound {
		err = noOrganization(id) // the same words, whether it is nobody's or somebody else's
	}
	return o, err
}

func noOrganization(id string) error {
	return fault.New(fault.NotFound, "orgid", "no organization %q", id)
}

func (s *Server) getOrganization(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	v := viewOrganization(o)
	if err := s.addUsed(r.Context(), v.Cap, o.ID); err != nil {
		return err
	}
	return send(w, http.StatusOK, v)
}

func (s *Server) updateOrganization(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	var in organizationInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	if in.Status != nil && p.Role != directory.AccountAdmin {
		return fault.New(fault.Forbidden, "status", "only the account switches an organization on or off")
	}
	if in.Cap != nil && p.Role != directory.AccountAdmin {
		return fault.New(fault.Forbidden, "daily_cap", "only the account sets an organization's cap; those of its numbers are its own")
	}
	changed := *o
	if err := in.apply(&changed); err != nil {
		return err
	}
	about(r, o.ID, o.Name, viewOrganization(o), viewOrganization(&changed))
	if err := s.o.Store.UpdateOrganization(r.Context(), &changed); err != nil {
		return err
	}
	return send(w, http.StatusOK, viewOrganization(&changed))
}

func (s *Server) deleteOrganization(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	about(r, o.ID, o.Name, nil, nil)
	ofOrganization(r, "") // the organization's own record ends with it
	if err := s.o.Store.DeleteOrganization(r.Context(), p.AccountID, o.ID); err != nil {
		return err
	}
	return none(w)
}

// put replaces a value when the caller gave one.
func put[T any](at *T, given *T) {
	if given != nil {
		*at = *given
	}
}

// deref is a text that may not have been given.
func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// problemList gathers everything wrong with one body, so that a caller mends it in one go.
type problemList []fault.Problem

func (ps *problemList) add(pointer, message string) {
	*ps = append(*ps, fault.Problem{Pointer: pointer, Message: message})
}

// name checks a member that must be there and be of a sensible length.
func (ps *problemList) name(pointer, value string) {
	switch n := utf8.RuneCountInString(value); {
	case n == 0:
		ps.add(pointer, "is missing")
	case n > maxName:
		ps.add(pointer, fmt.Sprintf("must have at most %d characters", maxName))
	}
}

func (ps problemList) err() error {
	if len(ps) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, ps[0].Pointer, "%s", ps[0].Message)
	f.Problems = ps
	return f
}
