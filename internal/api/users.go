package api

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

// userView is a user as /v1 shows one.
type userView struct {
	ID        string         `json:"id" doc:"The user's id."`
	OrgID     string         `json:"orgid" doc:"The organization."`
	Extension string         `json:"extension" doc:"The extension, unique within the organization."`
	Name      string         `json:"name" doc:"The name."`
	Email     string         `json:"email" doc:"The e-mail address; may be empty."`
	Role      string         `json:"role" doc:"What the user is within the organization: one who texts, or one who administers it too." enum:"user,admin"`
	Status    int            `json:"status" doc:"1: active. 0: disabled." min:"0" max:"1"`
	SignsIn   bool           `json:"signs_in" doc:"Has a password."`
	Extra     jsontext.Value `json:"extra,omitzero" doc:"What a program keeps here." as:"object"`
	Created   string         `json:"created" doc:"When it was made." format:"date-time"`
}

func viewUser(u *directory.User) userView {
	v := userView{ID: u.ID, OrgID: u.OrgID, Extension: u.Extension, Name: u.Name, Email: u.Email, Role: roleOrdinary, Status: u.Status, SignsIn: u.SignsIn, Created: stamp(u.Created)}
	if u.Admin {
		v.Role = roleAdmin
	}
	if u.Extra != "" {
		v.Extra = jsontext.Value(u.Extra)
	}
	return v
}

// What a user is within the organization: one who texts, or one who administers it too.
const (
	roleOrdinary = "user"
	roleAdmin    = "admin"
)

type userInput struct {
	Extension *string        `json:"extension" doc:"The extension, unique within the organization." required:"true" maxlen:"200"`
	Name      *string        `json:"name" doc:"The name. Left out: the extension." maxlen:"200"`
	Email     *string        `json:"email" doc:"The e-mail address." maxlen:"254"`
	Role      *string        `json:"role" doc:"What the user is within the organization: one who texts, or one who administers it too." enum:"user,admin" default:"user"`
	Status    *int           `json:"status" doc:"1: active. 0: disabled." min:"0" max:"1" default:"1"`
	Extra     jsontext.Value `json:"extra" doc:"What a program wants kept: an object, which replaces the one before." as:"object"`
}

func (in *userInput) apply(u *directory.User) error {
	put(&u.Extension, in.Extension)
	put(&u.Name, in.Name)
	put(&u.Email, in.Email)
	put(&u.Status, in.Status)
	u.Extension, u.Name, u.Email = strings.TrimSpace(u.Extension), strings.TrimSpace(u.Name), strings.TrimSpace(u.Email)
	if u.Name == "" {
		u.Name = u.Extension
	}
	var ps problemList
	ps.name("/extension", u.Extension)
	if u.Name != "" {
		ps.name("/name", u.Name)
	}
	if u.Email != "" && (len(u.Email) > 254 || !strings.Contains(u.Email, "@")) {
		ps.add("/email", "must be an e-mail address")
	}
	if in.Role != nil {
		if u.Admin = *in.Role == roleAdmin; !u.Admin && *in.Role != roleOrdinary {
			ps.add("/role", "must be user or admin")
		}
	}
	if u.Status != 0 && u.Status != 1 {
		ps.add("/status", "must be 1 (active) or 0 (disabled)")
	}
	if in.Extra != nil {
		if in.Extra.Kind() != '{' {
			ps.add("/extra", "must be an object")
		}
		u.Extra = string(in.Extra)
	}
	return ps.err()
}

func (s *Server) createUser(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	var in userInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	now := time.Now()
	u := &directory.User{ID: directory.NewID(now), AccountID: p.AccountID, OrgID: o.ID, Status: 1, Created: now}
	if err := in.apply(u); err != nil {
		return err
	}
	about(r, u.ID, u.Name, nil, viewUser(u))
	if err := s.o.Store.CreateUser(r.Context(), u); err != nil {
		return err
	}
	return send(w, http.StatusCreated, viewUser(u))
}

func (s *Server) listUsers(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.Users(r.Context(), p.AccountID, o.ID, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, viewUser))
}

// userOf is a user of that organization. One of another organization is not there.
func (s *Server) userOf(r *http.Request, o *directory.Organization, id string) (*directory.User, error) {
	u, err := s.o.Store.User(r.Context(), o.AccountID, id)
	if err != nil {
		return nil, err
	}
	if u.OrgID != o.ID {
		return nil, fault.New(fault.NotFound, "id", "no user %q", id)
	}
	return u, nil
}

func (s *Server) getUser(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	u, err := s.userOf(r, o, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, viewUser(u))
}

func (s *Server) updateUser(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	u, err := s.userOf(r, o, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	var in userInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	changed := *u
	if err := in.apply(&changed); err != nil {
		return err
	}
	about(r, u.ID, u.Name, viewUser(u), viewUser(&changed))
	if err := s.o.Store.UpdateUser(r.Context(), &changed); err != nil {
		return err
	}
	return send(w, http.StatusOK, viewUser(&changed))
}

func (s *Server) deleteUser(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	u, err := s.userOf(r, o, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	about(r, u.ID, u.Name, viewUser(u), nil)
	if err := s.o.Store.DeleteUser(r.Context(), p.AccountID, u.ID); err != nil {
		return err
	}
	return none(w)
}

// usersOf checks that every id is a user of the organization.
func (s *Server) usersOf(r *http.Request, o *directory.Organization, ids []string) (problemList, error) {
	var ps problemList
	seen := map[string]bool{}
	for i, id := range ids {
		at := fmt.Sprintf("/users/%d", i)
		if seen[id] {
			ps.add(at, "is there twice")
			continue
		}
		seen[id] = true
		_, err := s.userOf(r, o, id)
		switch {
		case err == nil:
		case fault.CodeOf(err) == fault.NotFound:
			ps.add(at, fmt.Sprintf("no user %q in this organization", id))
		default:
			return nil, err
		}
	}
	return ps, nil
}
