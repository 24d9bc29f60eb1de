package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

// maxUsers is how many users one call may name.
const maxUsers = 500

// Members of a user that have a place of their own, or none. Every other one is kept as it is and given back: SIP settings that mean nothing here.
var userMembers = []string{"orgid", "id", "name", "extension", "email", "status", "password", "created", "state"}

// usualUser stands in every answer about a user, over it what was given.
var usualUser = map[string]any{
	"branchid": "", "trunkid": "", "trunkstate": 0, "note": "", "devs": []string{}, "httpsproxy": struct{}{},
	"mobile": "", "phone": "", "company": "", "position": "",
}

// userParams is a user as clients of the Messaging API give one.
type userParams struct {
	place
	ID        loose   `json:"id"`
	Branch    loose   `json:"branchid"`
	Name      *string `json:"name"`
	Extension *loose  `json:"extension"`
	Email     *string `json:"email"`
	Status    *int    `json:"status"`

	extra    members
	password jsontext.Value
}

func (in *userParams) read(raw jsontext.Value) error {
	if err := unmarshal(raw, in); err != nil {
		return err
	}
	if in.OrgID != "" {
		in.Domain = "" // beside an orgid, domain is the SIP domain
	}
	var all members
	if err := unmarshal(raw, &all); err != nil {
		return err
	}
	if p := all["password"]; p.Kind() == '"' || p.Kind() == '0' {
		in.password = p
	}
	in.extra = all.without(userMembers...)
	return nil
}

// apply puts what was given onto a user, but for the password.
func (in *userParams) apply(u *directory.User) error {
	kept := readMembers(u.Extra)
	kept.merge(in.extra)
	given := userInput{Name: in.Name, Email: in.Email, Status: in.Status}
	if in.Extension != nil {
		extension := string(*in.Extension)
		given.Extension = &extension
	}
	if err := given.apply(u); err != nil {
		return err
	}
	text, err := kept.text("extra")
	u.Extra = text
	return err
}

func showUser(u *directory.User) (jsontext.Value, error) { return showUserWith(u, nil) }

// showUserWith shows a user with the password that was given just now: told once, to whoever gave it.
func showUserWith(u *directory.User, password jsontext.Value) (jsontext.Value, error) {
	created := u.Created.UnixMilli()
	ours := map[string]any{"id": u.ID, "orgid": u.OrgID, "name": u.Name, "extension": u.Extension, "email": u.Email, "status": u.Status, "state": u.Status, "created": created}
	if password != nil {
		ours["password"] = password
	}
	kept := readMembers(u.Extra)
	for name, v := range map[string]any{"username": u.Extension, "authname": u.Extension, "domain": "", "stime": created} {
		if _, given := kept[name]; !given {
			ours[name] = v
		}
	}
	return shown(usualUser, kept, ours)
}

func (s *Server) rpcCreateUser(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *userParams) (any, error) {
	u, err := in.make(o, time.Now())
	if err != nil {
		return nil, err
	}
	if err := s.setPassword(ctx, in, u); err != nil {
		return nil, err
	}
	u.ID = directory.NewID(u.Created)
	aboutIn(ctx, u.ID, u.Name, nil, viewUser(u))
	if err := s.o.Store.CreateUser(ctx, u); err != nil {
		return nil, err
	}
	return showUserWith(u, in.password)
}

// setPassword hashes a password that came with a user, who can sign in with it. How good it is, is the program's to say: to refuse what it
// takes from its own people would break programs that work today.
func (s *Server) setPassword(ctx context.Context, in *userParams, u *directory.User) error {
	text := string(in.password) // a number is its digits
	if in.password.Kind() == '"' {
		if err := unmarshal(in.password, &text); err != nil {
			return err
		}
	}
	if text == "" {
		return nil
	}
	if len(text) > access.PasswordMax {
		return fault.New(fault.Invalid, "password", "has %d bytes; at most %d are taken", len(text), access.PasswordMax)
	}
	hash, err := s.passwords.Hash(ctx, text)
	u.Password = hash
	return err
}

func (in *userParams) make(o *directory.Organization, now time.Time) (*directory.User, error) {
	u := &directory.User{AccountID: o.AccountID, OrgID: o.ID, Status: 1, Created: now}
	if in.Status != nil && *in.Status != 0 {
		in.Status = nil // clients have more words for "active" than one
	}
	return u, in.apply(u)
}

// rpcCreateUsers makes all users or none.
func (s *Server) rpcCreateUsers(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *struct {
	place
	Branch jsontext.Value   `json:"branchid"`
	Users  []jsontext.Value `json:"users"`
}) (any, error) {
	if err := count("users", len(in.Users), maxUsers); err != nil {
		return nil, err
	}
	now := time.Now()
	list, given := make([]*directory.User, len(in.Users)), make([]userParams, len(in.Users))
	for i, each := range in.Users {
		if each.Kind() != '{' {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("/users/%d", i), "must be an object")
		}
		if err := given[i].read(each); err != nil {
			return nil, within(err, fmt.Sprintf("/users/%d", i))
		}
		if _, own := given[i].extra["branchid"]; !own && in.Branch != nil {
			given[i].extra["branchid"] = in.Branch
		}
		u, err := given[i].make(o, now)
		if err != nil {
			return nil, within(err, fmt.Sprintf("/users/%d", i))
		}
		if err := s.setPassword(ctx, &given[i], u); err != nil {
			return nil, within(err, fmt.Sprintf("/users/%d", i))
		}
		list[i] = u
	}
	aboutIn(ctx, "", fmt.Sprintf("%d users", len(list)), nil, nil)
	if err := s.o.Store.CreateUsers(ctx, list); err != nil {
		return nil, err
	}
	out := make([]jsontext.Value, len(list))
	for i, u := range list {
		var err error
		if out[i], err = showUserWith(u, given[i].password); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) rpcGetUsers(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *userParams) (any, error) {
	list, err := s.usersCalled(ctx, o, in)
	if err != nil {
		return nil, err
	}
	return showAll(list, showUser)
}

// usersCalled are an organization's users, of one branch when one is named; those whom nobody has put into a branch are in all.
func (s *Server) usersCalled(ctx context.Context, o *directory.Organization, in *userParams) ([]directory.User, error) {
	all, err := everything(func(cursor string) ([]directory.User, string, error) {
		return s.o.Store.Users(ctx, o.AccountID, o.ID, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
	if err != nil || in.Branch == "" {
		return all, err
	}
	list := all[:0]
	for i := range all {
		var branch loose
		if v, put := readMembers(all[i].Extra)["branchid"]; put {
			_ = unmarshal(v, &branch) // of another kind: it is no branch
		}
		if branch == "" || branch == in.Branch {
			list = append(list, all[i])
		}
	}
	return list, nil
}

// rpcGetUser gives a user by id; without one the first of the organization, or of the branch, as clients ask for it.
func (s *Server) rpcGetUser(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *userParams) (any, error) {
	if in.ID == "" && in.Branch != "" {
		list, err := s.usersCalled(ctx, o, in)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, fault.New(fault.NotFound, "branchid", "no user of the branch %q", in.Branch)
		}
		return showUser(&list[0])
	}
	u, err := s.userNamed(r, o, in)
	if err != nil {
		return nil, err
	}
	return showUser(u)
}

// userNamed is the user whom a call names by id.
func (s *Server) userNamed(r *http.Request, o *directory.Organization, in *userParams) (*directory.User, error) {
	if in.ID == "" {
		return nil, fault.New(fault.Invalid, "id", "is missing; name the user")
	}
	return s.userOf(r, o, string(in.ID))
}

func (s *Server) rpcUpdateUser(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *userParams) (any, error) {
	u, err := s.userNamed(r, o, in)
	if err != nil {
		return nil, err
	}
	changed := *u
	if err := in.apply(&changed); err != nil {
		return nil, err
	}
	if err := s.setPassword(ctx, in, &changed); err != nil {
		return nil, err
	}
	aboutIn(ctx, u.ID, u.Name, viewUser(u), viewUser(&changed))
	if err := s.o.Store.UpdateUser(ctx, &changed); err != nil {
		return nil, err
	}
	return showUserWith(&changed, in.password)
}

func (s *Server) rpcSetUserStatus(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *userParams) (any, error) {
	u, err := s.userNamed(r, o, in)
	if err != nil {
		return nil, err
	}
	if in.Status == nil {
		return nil, fault.New(fault.Invalid, "status", "is missing; it is 1 (active) or 0 (disabled)")
	}
	changed := *u
	if err := (&userInput{Status: in.Status}).apply(&changed); err != nil {
		return nil, err
	}
	aboutIn(ctx, u.ID, u.Name, viewUser(u), viewUser(&changed))
	return nil, s.o.Store.UpdateUser(ctx, &changed)
}

func (s *Server) rpcDeleteUser(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *userParams) (any, error) {
	u, err := s.userNamed(r, o, in)
	if err != nil {
		return nil, err
	}
	aboutIn(ctx, u.ID, u.Name, viewUser(u), nil)
	if err := s.o.Store.DeleteUser(ctx, p.AccountID, u.ID); err != nil {
		return nil, err
	}
	return []string{u.ID}, nil
}

// rpcDeleteUsers removes those who are there, and says whom it removed: a call that is made again finds nothing to do.
func (s *Server) rpcDeleteUsers(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *struct {
	place
	Users []loose `json:"users"`
}) (any, error) {
	if err := count("users", len(in.Users), maxUsers); err != nil {
		return nil, err
	}
	gone := []string{}
	for _, id := range in.Users {
		u, err := s.userOf(r, o, string(id))
		if err == nil {
			each := anew(ctx) // each is a commit of its own
			aboutIn(each, u.ID, u.Name, viewUser(u), nil)
			err = s.o.Store.DeleteUser(each, p.AccountID, u.ID)
		}
		switch {
		case err == nil:
			gone = append(gone, u.ID)
		case fault.CodeOf(err) != fault.NotFound:
			return nil, err
		}
	}
	return gone, nil
}

// count checks how long a list is that a call names.
func count(field string, n, most int) error {
	switch {
	case n == 0:
		return fault.New(fault.Invalid, field, "is missing or empty")
	case n > most:
		return fault.New(fault.TooLarge, field, "has %d entries; name at most %d in one call", n, most)
	}
	return nil
}
