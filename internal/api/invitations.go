package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/audit"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

// linkView is a one-time link, shown once to whoever made it.
type linkView struct {
	URL     string `json:"url" doc:"The link, shown in this answer alone. What stands behind its # is the token."`
	Kind    string `json:"kind" doc:"What it is for: a first password, or another one." enum:"invitation,reset"`
	Expires string `json:"expires" doc:"Until when it is good." format:"date-time"`
}

// What a link is for: a first password, or another one.
const (
	kindInvitation = "invitation"
	kindReset      = "reset"
)

// invite makes a link for somebody. Who has a password already gets one for a new password, which is good for a shorter time.
func (s *Server) invite(w http.ResponseWriter, r *http.Request, who directory.Whose, signsIn bool) error {
	kind, life := kindInvitation, directory.InvitationLife
	if signsIn {
		kind, life = kindReset, directory.ResetLife
	}
	token := access.NewToken()
	i := &directory.Invitation{Whose: who, Expires: time.Now().Add(life)}
	if err := s.o.Store.PutInvitation(r.Context(), i, access.Hash(token)); err != nil {
		return err
	}
	return send(w, http.StatusCreated, linkView{access.Link(s.o.PublicURL, token), kind, stamp(i.Expires)})
}

func (s *Server) invitePerson(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	d, err := s.personOf(r, p)
	if err != nil {
		return err
	}
	if d.Status != 1 {
		return fault.New(fault.Conflict, "id", "is switched off; switch them on first")
	}
	about(r, d.ID, d.Name, nil, nil)
	return s.invite(w, r, directory.Whose{AccountID: d.AccountID, PersonID: d.ID}, d.SignsIn)
}

func (s *Server) inviteUser(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	u, err := s.userOf(r, o, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	if u.Status != 1 || o.Status != 1 {
		return fault.New(fault.Conflict, "id", "the user or the organization is switched off; switch it on first")
	}
	about(r, u.ID, u.Name, nil, nil)
	return s.invite(w, r, directory.Whose{AccountID: u.AccountID, OrgID: u.OrgID, PersonID: u.ID}, u.SignsIn)
}

// invitationView is what a link's page shows: whose it is, and by which names they will sign in.
type invitationView struct {
	Kind         string   `json:"kind" doc:"What it is for: a first password, or another one." enum:"invitation,reset"`
	Name         string   `json:"name" doc:"Whose it is."`
	SignInNames  []string `json:"sign_in_names" doc:"The names to sign in with. Empty: whoever accepts says an e-mail address."`
	Account      string   `json:"account" doc:"The account's name."`
	Organization string   `json:"organization,omitempty" doc:"The organization's name, of a user."`
	Expires      string   `json:"expires" doc:"Until when it is good." format:"date-time"`
}

var errNoInvitation = fault.New(fault.NotFound, "", "this link has been used or its time is over; ask for a new one")

// invited finds the link whose token the request brings. The token comes as a credential does, in a header that no log keeps.
func (s *Server) invited(r *http.Request) (link [32]byte, i *directory.Invitation, err error) {
	token := access.Bearer(r.Header.Get("Authorization"))
	if token == "" {
		return link, nil, fault.New(fault.Unauthenticated, "", "send the link's token, what stands behind its #: Authorization: Bearer …")
	}
	link = access.Hash(token)
	i, err = s.o.Store.Invitation(r.Context(), link, time.Now())
	if err != nil {
		return link, nil, fmt.Errorf("look up link: %w", err)
	}
	if i == nil {
		return link, nil, s.limits.wrongKey(s.address(r), errNoInvitation)
	}
	return link, i, nil
}

// namesOf are the names by which somebody signs in, and who it is.
func (s *Server) namesOf(ctx context.Context, who directory.Whose) (names []string, v invitationView, err error) {
	a, err := s.o.Store.Account(ctx, who.AccountID)
	if err != nil {
		return nil, v, err
	}
	v.Account = a.Name
	if who.OrgID == "" {
		d, err := s.o.Store.Person(ctx, who.AccountID, who.PersonID)
		if err != nil {
			return nil, v, err
		}
		v.Name, v.Kind = d.Name, kindOf(d.SignsIn)
		if d.Email != "" {
			names = append(names, d.Email)
		}
		return names, v, nil
	}
	o, err := s.o.Store.Organization(ctx, who.AccountID, who.OrgID)
	if err != nil {
		return nil, v, err
	}
	u, err := s.o.Store.User(ctx, who.AccountID, who.PersonID)
	if err != nil {
		return nil, v, err
	}
	v.Name, v.Kind, v.Organization = u.Name, kindOf(u.SignsIn), o.Name
	if names = append(names, u.Extension+"@"+o.Domain); u.Email != "" {
		names = append(names, u.Email)
	}
	return names, v, nil
}

func kindOf(signsIn bool) string {
	if signsIn {
		return kindReset
	}
	return kindInvitation
}

// getInvitation shows whose a link is, and leaves it as it is.
func (s *Server) getInvitation(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	_, i, err := s.invited(r)
	if err != nil {
		return err
	}
	names, v, err := s.namesOf(r.Context(), i.Whose)
	if fault.CodeOf(err) == fault.NotFound {
		return errNoInvitation
	}
	if err != nil {
		return err
	}
	if v.SignInNames = names; names == nil {
		v.SignInNames = []string{}
	}
	v.Expires = stamp(i.Expires)
	return send(w, http.StatusOK, v)
}

type acceptInput struct {
	Password string  `json:"password" doc:"The password to be." required:"true"`
	Email    *string `json:"email" doc:"Of a person of the account who has none yet: the name to sign in with."`
	Name     *string `json:"name" doc:"Of a person of the account who has no e-mail address yet: how they are called."`
}

// acceptInvitation uses a link up: the password is set and the browser signed in.
func (s *Server) acceptInvitation(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	if err := s.keepsCookies(r); err != nil {
		return err
	}
	link, i, err := s.invited(r)
	if err != nil {
		return err
	}
	var in acceptInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	ctx := r.Context()
	named, err := s.nameSelf(ctx, i.Whose, &in)
	if err != nil {
		return err
	}
	names, _, err := s.namesOf(ctx, i.Whose)
	if fault.CodeOf(err) == fault.NotFound {
		return errNoInvitation
	}
	if err != nil {
		return err
	}
	if named != nil {
		names = append(names, named.Email)
	}
	if err := access.Acceptable(in.Password, "password", append(names, strings.TrimSpace(deref(in.Name)))...); err != nil {
		return err
	}
	hash, err := s.passwords.Hash(ctx, in.Password)
	if err != nil {
		return err
	}
	begun, token := newSignIn(r, i.Whose)
	p, err := s.principal(ctx, begun)
	if fault.CodeOf(err) == fault.NotFound {
		return errNoInvitation
	}
	if err != nil {
		return err
	}
	if named != nil {
		p.Name = named.Name
	}
	ctx = audit.With(ctx, audit.NewNote(s.entry(r, p, "invitation.accepted", p.PersonID, p.Name)))
	err = s.o.Store.AcceptInvitation(ctx, link, hash, named, begun, access.Hash(token))
	if errors.Is(err, store.ErrGone) {
		return errNoInvitation
	}
	if err != nil {
		return err
	}
	return s.welcome(w, r, p, begun, token)
}

// nameSelf is the person of the account who says by their first link how they are called; nil: everything is known.
func (s *Server) nameSelf(ctx context.Context, who directory.Whose, in *acceptInput) (*directory.Person, error) {
	if who.OrgID != "" {
		return nil, nil
	}
	d, err := s.o.Store.Person(ctx, who.AccountID, who.PersonID)
	if fault.CodeOf(err) == fault.NotFound {
		return nil, errNoInvitation
	}
	if err != nil || d.Email != "" {
		return nil, err
	}
	return d, (&personInput{Email: in.Email, Name: in.Name}).apply(d)
}
