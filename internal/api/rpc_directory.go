package api

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

func (s *Server) rpcCreateOrganization(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	if p.Role != directory.AccountAdmin {
		return nil, fault.New(fault.Forbidden, "", "only a key of the account makes organizations")
	}
	in, err := params[struct {
		Name   string         `json:"name"`
		Domain string         `json:"domain"`
		Region loose          `json:"region"`
		Params jsontext.Value `json:"params"`
	}](raw)
	if err != nil {
		return nil, err
	}
	settings, err := asObject("params", in.Params)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	o := &directory.Organization{ID: directory.NewID(now), AccountID: p.AccountID, Status: 1, Params: settings, Created: now}
	region := string(in.Region)
	if err := (&organizationInput{Name: &in.Name, Domain: &in.Domain, Region: &region}).apply(o); err != nil {
		return nil, err
	}
	if err := s.o.Store.CreateOrganization(ctx, o); err != nil {
		return nil, err
	}
	return idResult{o.ID}, nil
}

// Members of createUser that have a place of their own. Every other one is kept as it is and given back: SIP settings that mean nothing here.
var userMembers = []string{"orgid", "id", "name", "extension", "email", "status", "password"}

func (s *Server) rpcCreateUser(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	in, err := params[struct {
		OrgID     loose  `json:"orgid"`
		Domain    loose  `json:"domain"`
		Name      string `json:"name"`
		Extension loose  `json:"extension"`
		Email     string `json:"email"`
		Status    *int   `json:"status"`
	}](raw)
	if err != nil {
		return nil, err
	}
	at := place{OrgID: in.OrgID}
	if in.OrgID == "" {
		at.Domain = in.Domain // beside an orgid, domain is the SIP domain
	}
	o, err := s.rpcOrganization(r, p, at)
	if err != nil {
		return nil, err
	}
	var members map[string]jsontext.Value
	if err := unmarshal(raw, &members); err != nil {
		return nil, err
	}
	password := members["password"]
	for _, name := range userMembers {
		delete(members, name)
	}
	extra, err := json.Marshal(members, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	now, extension := time.Now(), string(in.Extension)
	u := &directory.User{ID: directory.NewID(now), AccountID: p.AccountID, OrgID: o.ID, Status: 1, Created: now}
	user := userInput{Extension: &extension, Name: &in.Name, Email: &in.Email, Extra: extra}
	if in.Status != nil && *in.Status == 0 {
		user.Status = in.Status
	}
	if err := user.apply(u); err != nil {
		return nil, err
	}
	if err := s.o.Store.CreateUser(ctx, u); err != nil {
		return nil, err
	}
	return createdUser(u, members, password)
}

// createdUser is what was asked for with the new id. A password is given back in this one answer and kept nowhere.
func createdUser(u *directory.User, members map[string]jsontext.Value, password jsontext.Value) (any, error) {
	out := map[string]any{"id": u.ID, "orgid": u.OrgID, "name": u.Name, "extension": u.Extension, "email": u.Email, "status": u.Status}
	for name, v := range members {
		out[name] = v
	}
	if password != nil {
		out["password"] = password
	}
	text, err := json.Marshal(out, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	return jsontext.Value(text), err
}

// chatUser is a user as getChatUsers gives it.
type chatUser struct {
	Phone string `json:"phone"`
	Name  string `json:"name"`
	ID    string `json:"id"`
	State int    `json:"state"`
}

func (s *Server) rpcGetChatUsers(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	in, err := params[place](raw)
	if err != nil {
		return nil, err
	}
	o, err := s.rpcOrganization(r, p, in)
	if err != nil {
		return nil, err
	}
	users, err := everything(func(cursor string) ([]directory.User, string, error) {
		return s.o.Store.Users(ctx, p.AccountID, o.ID, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
	if err != nil {
		return nil, err
	}
	out := make([]chatUser, len(users))
	for i, u := range users {
		out[i] = chatUser{Phone: u.Extension, Name: u.Name, ID: u.ID, State: u.Status}
	}
	return out, nil
}

// offered is a service as getServices gives it.
type offered struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Logo  string `json:"logo"`
	State int    `json:"state"` // 1: enabled for the organization
}

func (s *Server) rpcGetServices(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	in, err := params[place](raw)
	if err != nil {
		return nil, err
	}
	o, err := s.rpcOrganization(r, p, in)
	if err != nil {
		return nil, err
	}
	all, err := s.servicesOf(ctx, p.AccountID)
	if err != nil {
		return nil, err
	}
	enabled, err := everything(func(cursor string) ([]directory.Integration, string, error) {
		return s.o.Store.Integrations(ctx, p.AccountID, o.ID, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
	if err != nil {
		return nil, err
	}
	on := map[string]bool{}
	for _, i := range enabled {
		on[i.ServiceID] = i.Enabled
	}
	out := make([]offered, len(all))
	for i, svc := range all {
		out[i] = offered{ID: svc.ID, Name: svc.Name, Logo: svc.Logo}
		if on[svc.ID] {
			out[i].State = 1
		}
	}
	return out, nil
}
