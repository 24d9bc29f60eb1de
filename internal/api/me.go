package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"patchbay/internal/access"
	"patchbay/internal/audit"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

// ownNumbersMax is how many of their numbers somebody is told of at once.
const ownNumbersMax = 200

// meView is who asks, and what a page may offer them.
type meView struct {
	Role         directory.Role `json:"role" doc:"What the caller may do."`
	Name         string         `json:"name" doc:"How the caller is called."`
	Account      meAccount      `json:"account" doc:"The account."`
	Organization *meOrg         `json:"organization,omitzero" doc:"The organization of a user, or of a key that has one."`
	User         *meUser        `json:"user,omitzero" doc:"Of a user, or a user's key."`
	Person       *personView    `json:"person,omitzero" doc:"Of a person of the account."`
	Key          *meKey         `json:"key,omitzero" doc:"Of a key."`
	SignIn       *signInView    `json:"sign_in,omitzero" doc:"Of a browser that is signed in."`
	Numbers      []meNumber     `json:"numbers" doc:"Those from which a user may write. Empty for others."`

	MayManageAccount      bool `json:"may_manage_account" doc:"Whether pages of the account are for them."`
	MayManageOrganization bool `json:"may_manage_organization" doc:"Whether pages of an organization are for them."`
	MayWrite              bool `json:"may_write" doc:"Whether there is anything that they can write from."`
}

type meAccount struct {
	ID   string `json:"id,omitempty" doc:"Its id; not for users."`
	Name string `json:"name" doc:"Its name."`
}

type meOrg struct {
	ID     string `json:"id" doc:"Its id."`
	Name   string `json:"name" doc:"Its name."`
	Domain string `json:"domain" doc:"Its domain."`
}

type meUser struct {
	ID        string `json:"id" doc:"The id."`
	Extension string `json:"extension" doc:"The extension."`
	Name      string `json:"name" doc:"The name."`
	Email     string `json:"email" doc:"The e-mail address; may be empty."`
}

type meKey struct {
	ID   string `json:"id" doc:"The id."`
	Name string `json:"name" doc:"What it is for."`
}

type meNumber struct {
	ID      string `json:"id" doc:"The id."`
	Number  string `json:"number" doc:"The number, as it is kept."`
	Name    string `json:"name" doc:"What people call it."`
	Country string `json:"country" doc:"Two letters of the country in which national numbers are read; empty: none."`
}

// signInView is a browser that somebody is signed in with.
type signInView struct {
	ID      string `json:"id" doc:"The id."`
	Agent   string `json:"agent" doc:"The browser in a few words."`
	Created string `json:"created" doc:"When it began." format:"date-time"`
	Used    string `json:"used" doc:"When it was last used, to the minute." format:"date-time"`
	Expires string `json:"expires" doc:"When it ends." format:"date-time"`
	Current bool   `json:"current" doc:"It is the one that asks."`
}

func viewSignIn(i *directory.SignIn, p *access.Principal) signInView {
	return signInView{ID: i.ID, Agent: i.Agent, Created: stamp(i.Created), Used: stamp(i.Used), Expires: stamp(i.Expires()), Current: i.ID == p.SignInID}
}

// me is the principal as they see themselves; i is their sign-in, if they have one.
func (s *Server) me(ctx context.Context, p *access.Principal, i *directory.SignIn) (*meView, error) {
	a, err := s.o.Store.Account(ctx, p.AccountID)
	if err != nil {
		return nil, err
	}
	v := &meView{
		Role: p.Role, Name: p.Name, Account: meAccount{Name: a.Name}, Numbers: []meNumber{},
		MayManageAccount: p.Role == directory.AccountAdmin, MayManageOrganization: p.Role != directory.UserRole, MayWrite: p.Role != directory.UserRole,
	}
	if p.Role != directory.UserRole {
		v.Account.ID = a.ID
	}
	if p.KeyID != "" {
		v.Key = &meKey{p.KeyID, p.Name}
	}
	if i != nil {
		shown := viewSignIn(i, p)
		v.SignIn = &shown
	}
	if p.OrgID != "" {
		o, err := s.o.Store.Organization(ctx, p.AccountID, p.OrgID)
		if err != nil {
			return nil, err
		}
		v.Organization = &meOrg{o.ID, o.Name, o.Domain}
	}
	if p.UserID != "" {
		return v, s.addUser(ctx, p, v)
	}
	if p.PersonID != "" {
		d, err := s.o.Store.Person(ctx, p.AccountID, p.PersonID)
		if err != nil {
			return nil, err
		}
		shown := viewPerson(d)
		v.Person = &shown
	}
	return v, nil
}

func (s *Server) addUser(ctx context.Context, p *access.Principal, v *meView) error {
	u, err := s.o.Store.User(ctx, p.AccountID, p.UserID)
	if err != nil {
		return err
	}
	v.User = &meUser{u.ID, u.Extension, u.Name, u.Email}
	numbers, err := s.o.Store.NumbersOfUser(ctx, p.AccountID, u.ID, ownNumbersMax)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		v.Numbers = append(v.Numbers, meNumber{n.ID, n.Value, n.Name, n.Country})
	}
	v.MayWrite = v.MayWrite || len(numbers) > 0
	return nil
}

func (s *Server) getMe(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	i, err := s.ownSignIn(r.Context(), p)
	if err != nil {
		return err
	}
	v, err := s.me(r.Context(), p, i)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, v)
}

// ownSignIn is the one that asks; nil for a key.
func (s *Server) ownSignIn(ctx context.Context, p *access.Principal) (*directory.SignIn, error) {
	list, err := s.ownSignIns(ctx, p)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].ID == p.SignInID {
			return &list[i], nil
		}
	}
	return nil, nil
}

func (s *Server) ownSignIns(ctx context.Context, p *access.Principal) ([]directory.SignIn, error) {
	if p.SignInID == "" {
		return nil, nil
	}
	return s.o.Store.SignIns(ctx, p.AccountID, p.PersonID)
}

func (s *Server) listSignIns(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	list, err := s.ownSignIns(r.Context(), p)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(list, "", func(i *directory.SignIn) signInView { return viewSignIn(i, p) }))
}

// endSignIn ends one's own sign-in in some browser, this one included.
func (s *Server) endSignIn(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	list, err := s.ownSignIns(r.Context(), p)
	if err != nil {
		return err
	}
	id := clean(r.PathValue("id"))
	at := slices.IndexFunc(list, func(i directory.SignIn) bool { return i.ID == id })
	if at < 0 {
		return fault.New(fault.NotFound, "id", "no sign-in %q", id)
	}
	ctx := audit.With(r.Context(), audit.NewNote(s.entry(r, p, "sign-in.removed", id, list[at].Agent)))
	if err := s.o.Store.EndSignIn(ctx, p.AccountID, id); err != nil {
		return err
	}
	if id == p.SignInID {
		s.clearCookie(w, r)
	}
	return none(w)
}

type meInput struct {
	OldPassword *string `json:"old_password" doc:"The password of now."`
	NewPassword *string `json:"new_password" doc:"The password to be. All other sign-ins end."`
}

// updateMe changes one's own password, which ends all other sign-ins.
func (s *Server) updateMe(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in meInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	switch {
	case in.NewPassword == nil && in.OldPassword == nil:
		return s.getMe(w, r, p)
	case in.NewPassword == nil || in.OldPassword == nil:
		return fault.New(fault.Invalid, "new_password", "give both the old and the new password")
	case p.SignInID == "":
		return fault.New(fault.Invalid, "new_password", "a key has no password; sign in")
	}
	if err := s.changePassword(r, p, *in.OldPassword, *in.NewPassword); err != nil {
		return err
	}
	return s.getMe(w, r, p)
}

func (s *Server) changePassword(r *http.Request, p *access.Principal, old, password string) error {
	ctx := r.Context()
	who := directory.Whose{AccountID: p.AccountID, OrgID: p.OrgID, PersonID: p.PersonID}
	names, _, err := s.namesOf(ctx, who)
	if err == nil {
		err = access.Acceptable(password, "new_password", names...)
	}
	if err != nil {
		return err
	}
	try, _, err := s.limits.try("\x00"+p.PersonID, s.address(r)) // no name that anybody could type
	if err != nil {
		return err
	}
	c, err := s.o.Store.Candidate(ctx, who)
	if err != nil {
		return fmt.Errorf("look up the password: %w", err)
	}
	if c == nil {
		return errNotSignedIn
	}
	right, _, err := s.passwords.Check(ctx, c.Password, old)
	if err != nil {
		return err
	}
	if !right {
		return fault.New(fault.Invalid, "old_password", "is not your password")
	}
	try.right()
	hash, err := s.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	ctx = audit.With(ctx, audit.NewNote(s.entry(r, p, "password.changed", p.PersonID, p.Name)))
	if err := s.o.Store.SetPassword(ctx, who, c.Password, hash, p.SignInID); err != nil {
		if errors.Is(err, store.ErrGone) {
			return fault.New(fault.Conflict, "old_password", "was changed in this moment; try again")
		}
		return err
	}
	return nil
}
