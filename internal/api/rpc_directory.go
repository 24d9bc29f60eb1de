package api

import (
	"context"
	"net/http"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/store"
)

// chatUser is a user as getChatUsers gives it.
type chatUser struct {
	Phone string `json:"phone"`
	Name  string `json:"name"`
	ID    string `json:"id"`
	State int    `json:"state"`
}

func (s *Server) rpcGetChatUsers(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *place) (any, error) {
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

func (s *Server) rpcGetServices(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *place) (any, error) {
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
