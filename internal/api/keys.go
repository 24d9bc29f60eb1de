package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

// keyView is an API key. The key itself is shown once, when it is made.
type keyView struct {
	ID      string         `json:"id" doc:"The key's id."`
	Role    directory.Role `json:"role" doc:"What it may do."`
	OrgID   string         `json:"orgid,omitempty" doc:"The organization, of a key of an organization or a user."`
	User    string         `json:"user,omitempty" doc:"The id of the user, of a user's key."`
	Name    string         `json:"name" doc:"What it is for."`
	Hint    string         `json:"hint" doc:"Its first characters, to recognise it by."`
	Key     string         `json:"key,omitempty" doc:"The key itself. In the answer to POST alone: it is kept nowhere."`
	Created string         `json:"created" doc:"When it was made." format:"date-time"`
}

func viewKey(k *directory.Key) keyView {
	return keyView{ID: k.ID, Role: k.Role, OrgID: k.OrgID, User: k.UserID, Name: k.Name, Hint: k.Hint, Created: stamp(k.Created)}
}

type keyInput struct {
	Role  directory.Role `json:"role" doc:"What it may do: all of the account, of an organization, or what one user sees." required:"true"`
	OrgID string         `json:"orgid" doc:"The organization, of a key of an organization or a user. A key of an organization may leave its own out."`
	User  string         `json:"user" doc:"The id of the user, of a user's key."`
	Name  string         `json:"name" doc:"What it is for." maxlen:"200"`
}

func (s *Server) createKey(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in keyInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	if p.Role == directory.OrgAdmin && in.OrgID == "" && in.Role != directory.AccountAdmin {
		in.OrgID = p.OrgID
	}
	if err := s.checkKey(r, p, &in); err != nil {
		return err
	}
	text, now := access.NewKey(), time.Now()
	k := &directory.Key{
		ID: directory.NewID(now), AccountID: p.AccountID, Role: in.Role, OrgID: in.OrgID, UserID: in.User, Name: in.Name,
		Hint: access.Hint(text), Created: now,
	}
	about(r, k.ID, k.Name, nil, viewKey(k))
	ofOrganization(r, k.OrgID)
	if err := s.o.Store.CreateKey(r.Context(), k, access.Hash(text)); err != nil {
		return err
	}
	v := viewKey(k)
	v.Key = text
	return send(w, http.StatusCreated, v)
}

// checkKey makes sure that the key is for somebody whom the caller sees, and grants no more than the caller has.
func (s *Server) checkKey(r *http.Request, p *access.Principal, in *keyInput) error {
	var ps problemList
	switch in.Role {
	case directory.AccountAdmin:
		if in.OrgID != "" || in.User != "" {
			ps.add("/role", "a key of the account has neither orgid nor user")
		}
	case directory.OrgAdmin:
		if in.OrgID == "" {
			ps.add("/orgid", "is missing")
		}
		if in.User != "" {
			ps.add("/user", "only a key of role user has a user")
		}
	case directory.UserRole:
		if in.OrgID == "" {
			ps.add("/orgid", "is missing")
		}
		if in.User == "" {
			ps.add("/user", "is missing")
		}
	default:
		ps.add("/role", "must be account, organization or user")
	}
	if utf8.RuneCountInString(in.Name) > maxName {
		ps.add("/name", fmt.Sprintf("must have at most %d characters", maxName))
	}
	if err := ps.err(); err != nil {
		return err
	}
	if !p.MayGrant(in.Role, in.OrgID) {
		if in.Role != directory.AccountAdmin {
			return noOrganization(in.OrgID)
		}
		return fault.New(fault.Forbidden, "role", "a key of role %q may not make one of role %q", p.Role, in.Role)
	}
	if in.OrgID == "" {
		return nil
	}
	o, err := s.organization(r, p, in.OrgID)
	if err != nil || in.User == "" {
		return err
	}
	_, err = s.userOf(r, o, in.User)
	return err
}

// seesKey: an organization's key sees its organization's keys and its users', never the account's.
func seesKey(p *access.Principal, k *directory.Key) bool {
	return p.Role == directory.AccountAdmin || p.SeesOrganization(k.OrgID)
}

func (s *Server) listKeys(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.Keys(r.Context(), p.AccountID, at)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(k directory.Key) bool { return !seesKey(p, &k) })
	return send(w, http.StatusOK, listOf(rows, next, viewKey))
}

// keyOf looks through the account's keys, which are few: looking one up by id is nobody's hot path.
func (s *Server) keyOf(ctx context.Context, p *access.Principal, id string) (*directory.Key, error) {
	for cursor := ""; ; {
		rows, next, err := s.o.Store.Keys(ctx, p.AccountID, store.Page{Limit: pageSizeMax, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for i := range rows {
			if rows[i].ID == id && seesKey(p, &rows[i]) {
				return &rows[i], nil
			}
		}
		if next == "" {
			return nil, fault.New(fault.NotFound, "id", "no key %q", id)
		}
		cursor = next
	}
}

func (s *Server) getKey(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	k, err := s.keyOf(r.Context(), p, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, viewKey(k))
}

func (s *Server) deleteKey(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	k, err := s.keyOf(r.Context(), p, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	if k.ID == p.KeyID {
		return fault.New(fault.Conflict, "id", "this is the key you are asking with; delete it with another one")
	}
	about(r, k.ID, k.Name, viewKey(k), nil)
	ofOrganization(r, k.OrgID)
	if err := s.o.Store.DeleteKey(r.Context(), p.AccountID, k.ID); err != nil {
		return err
	}
	return none(w)
}
