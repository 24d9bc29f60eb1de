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

// SignIns is what browsers' credentials need kept.
type SignIns interface {
	Candidates(ctx context.Context, name string) ([]directory.Candidate, error)
	Candidate(ctx context.Context, w directory.Whose) (*directory.Candidate, error)
	CreateSignIn(ctx context.Context, i *directory.SignIn, hash [32]byte, password string, before *[32]byte) error
	SignInByHash(ctx context.Context, hash [32]byte) (*directory.SignIn, error)
	UsedSignIn(ctx context.Context, hash [32]byte, now time.Time) (*directory.SignIn, error)
	SignIns(ctx context.Context, accountID, personID string) ([]directory.SignIn, error)
	EndSignIn(ctx context.Context, accountID, id string) error
	SetPassword(ctx context.Context, w directory.Whose, was, password, stay string) error
	RehashPassword(ctx context.Context, w directory.Whose, was, password string) error
	PutInvitation(ctx context.Context, i *directory.Invitation, hash [32]byte) error
	Invitation(ctx context.Context, hash [32]byte, now time.Time) (*directory.Invitation, error)
	AcceptInvitation(ctx context.Context, link [32]byte, password string, named *directory.Person, in *directory.SignIn, hash [32]byte) error
}

var errNotSignedIn = fault.New(fault.Unauthenticated, "", "sign in, or send an API key: Authorization: Bearer pbk_…")

// usedEvery is how old the note of a sign-in's last use may get.
const usedEvery = time.Minute

// signedIn finds the principal of the request's sign-in. It counts on /v1 alone, and what changes something only from our own pages.
func (s *Server) signedIn(rule access.Rule, r *http.Request) (*access.Principal, error) {
	token := s.cookie(r)
	if token == "" || !strings.HasPrefix(rule.Pattern, "/v1/") {
		return nil, errNotSignedIn
	}
	if s.crossing.Check(r) != nil {
		return nil, errCrossOrigin
	}
	ctx, hash, now := r.Context(), access.Hash(token), time.Now()
	i, err := s.o.Store.SignInByHash(ctx, hash)
	if err == nil && i != nil && now.Sub(i.Used) >= usedEvery {
		// Another node may know of a later use, so it is read anew before it is judged.
		var used *directory.SignIn
		if used, err = s.o.Store.UsedSignIn(ctx, hash, now); err == nil {
			i = used
		} else if fault.CodeOf(err) == fault.Unavailable {
			err = nil // nobody is turned away because it cannot be noted that they were here
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look up sign-in: %w", err)
	}
	if i == nil || i.Over(now) {
		return nil, s.limits.wrongKey(s.address(r), errNotSignedIn)
	}
	p, err := s.principal(ctx, i)
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		return nil, errNotSignedIn
	case err != nil:
		return nil, fmt.Errorf("look up who is signed in: %w", err)
	}
	return p, nil
}

// principal is who is signed in, as they are at this moment.
func (s *Server) principal(ctx context.Context, i *directory.SignIn) (*access.Principal, error) {
	if i.OrgID == "" {
		d, err := s.o.Store.Person(ctx, i.AccountID, i.PersonID)
		if err != nil || d.Status != 1 {
			return nil, orOff(err)
		}
		return access.OfPerson(i, d), nil
	}
	o, err := s.o.Store.Organization(ctx, i.AccountID, i.OrgID)
	if err != nil || o.Status != 1 {
		return nil, orOff(err)
	}
	u, err := s.o.Store.User(ctx, i.AccountID, i.PersonID)
	if err != nil || u.OrgID != i.OrgID || u.Status != 1 {
		return nil, orOff(err)
	}
	return access.OfUser(i, u), nil
}

var errOff = fault.New(fault.NotFound, "", "whoever is signed in is switched off")

func orOff(err error) error {
	if err == nil {
		err = errOff
	}
	return err
}

type signInInput struct {
	Name     string `json:"name" doc:"extension@domain, or an e-mail address." required:"true"`
	Password string `json:"password" doc:"The password." required:"true"`
}

// maxSignInName is longer than any extension@domain.
const maxSignInName = 2*maxName + 1

var errWrongPassword = fault.New(fault.Unauthenticated, "", "the name or the password is wrong")

func (s *Server) signIn(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	if err := s.keepsCookies(r); err != nil {
		return err
	}
	var in signInInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	in.Name = strings.TrimSpace(in.Name)
	if in.Name == "" || in.Password == "" || len(in.Name) > 4*maxSignInName {
		return fault.New(fault.Invalid, "name", "give the name (extension@domain, or an e-mail address) and the password")
	}
	try, news, err := s.limits.try(in.Name, s.address(r))
	if err != nil {
		if news {
			s.o.Log.Warn("sign-ins refused: too many tries for a name", "from", neighbourhood(s.address(r)))
			s.recordTry(r, in.Name, "sign-in.limited")
		}
		return err
	}
	who, err := s.whose(r, in)
	if err != nil {
		return err
	}
	try.right()
	return s.beginSignIn(w, r, who)
}

// whose finds whose name and password these are. The password decides where a name may mean several; where it means nobody, as much is done.
func (s *Server) whose(r *http.Request, in signInInput) (*directory.Candidate, error) {
	ctx := r.Context()
	list, err := s.o.Store.Candidates(ctx, in.Name)
	if err != nil {
		return nil, fmt.Errorf("look up who signs in: %w", err)
	}
	if len(list) == 0 {
		_, _, err := s.passwords.Check(ctx, "", in.Password)
		if err != nil {
			return nil, err
		}
		s.recordTry(r, in.Name, "sign-in.refused") // there is nobody whose record it could be; but it is the same work
		return nil, errWrongPassword
	}
	for i := range list {
		c := &list[i]
		right, stale, err := s.passwords.Check(ctx, c.Password, in.Password)
		if err != nil {
			return nil, err
		}
		if right {
			if stale {
				s.rehash(ctx, c, in.Password)
			}
			return c, nil
		}
	}
	s.recordTry(r, in.Name, "sign-in.refused")
	return nil, errWrongPassword
}

// recordTry tells the log of everybody whom the name may mean that somebody tried to be them. The answer does not wait for it: how long it takes
// would tell whether there is anybody.
func (s *Server) recordTry(r *http.Request, name, what string) {
	e := audit.Entry{At: time.Now(), By: audit.ByNobody, Address: s.address(r).String(), What: what, Name: shortened(name, maxName)}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), keepWithin)
		defer cancel()
		list, err := s.o.Store.Candidates(ctx, name)
		for _, c := range list {
			if err == nil {
				e.AccountID, e.OrgID, e.ObjectID = c.AccountID, c.OrgID, c.PersonID
				err = s.o.Store.Record(ctx, e)
			}
		}
		if err != nil {
			s.o.Log.Warn("a sign-in that failed is not on record", "why", err)
		}
	}()
}

// rehash keeps a password that was just typed under today's figures. It can wait for the next time.
func (s *Server) rehash(ctx context.Context, c *directory.Candidate, password string) {
	hash, err := s.passwords.Hash(ctx, password)
	if err == nil {
		err = s.o.Store.RehashPassword(ctx, c.Whose, c.Password, hash)
	}
	if err != nil {
		s.o.Log.Warn("password not hashed anew", "why", err)
		return
	}
	c.Password = hash
}

// newSignIn is a sign-in of this browser that begins now.
func newSignIn(r *http.Request, who directory.Whose) (i *directory.SignIn, token string) {
	now := time.Now()
	return &directory.SignIn{ID: directory.NewID(now), Whose: who, Agent: agentOf(r), Created: now, Used: now}, access.NewToken()
}

// beginSignIn gives the browser a new sign-in in place of the one that it had, and tells it who it is.
func (s *Server) beginSignIn(w http.ResponseWriter, r *http.Request, who *directory.Candidate) error {
	i, token := newSignIn(r, who.Whose)
	var before *[32]byte
	if old := s.cookie(r); old != "" {
		h := access.Hash(old)
		before = &h
	}
	p, err := s.principal(r.Context(), i)
	if fault.CodeOf(err) == fault.NotFound {
		return errWrongPassword // switched off in this moment
	}
	if err != nil {
		return err
	}
	ctx := audit.With(r.Context(), audit.NewNote(s.entry(r, p, "sign-in.created", i.ID, i.Agent)))
	err = s.o.Store.CreateSignIn(ctx, i, access.Hash(token), who.Password, before)
	if errors.Is(err, store.ErrGone) {
		return errWrongPassword
	}
	if err != nil {
		return err
	}
	return s.welcome(w, r, p, i, token)
}

// welcome answers a browser that has just been let in.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request, p *access.Principal, i *directory.SignIn, token string) error {
	v, err := s.me(r.Context(), p, i)
	if err != nil {
		return err
	}
	s.setCookie(w, r, token)
	return send(w, http.StatusOK, v)
}

// signOut ends this browser's sign-in, and takes the cookie away in any case.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	if token := s.cookie(r); token != "" {
		i, err := s.o.Store.SignInByHash(r.Context(), access.Hash(token))
		if err == nil && i != nil {
			err = s.o.Store.EndSignIn(r.Context(), i.AccountID, i.ID)
		}
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
	}
	s.clearCookie(w, r)
	return none(w)
}
