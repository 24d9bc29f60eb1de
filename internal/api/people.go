package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/store"
)

// People administer the account.
type People interface {
	Account(ctx context.Context, id string) (*directory.Account, error)
	CreatePerson(ctx context.Context, d *directory.Person) error
	Person(ctx context.Context, accountID, id string) (*directory.Person, error)
	People(ctx context.Context, accountID string, p store.Page) ([]directory.Person, string, error)
	UpdatePerson(ctx context.Context, d *directory.Person) error
	DeletePerson(ctx context.Context, accountID, id string) error
}

// personView is somebody who administers the account.
type personView struct {
	ID      string `json:"id" doc:"The id."`
	Email   string `json:"email" doc:"The name to sign in with; empty until the first link is used."`
	Name    string `json:"name" doc:"The name."`
	Status  int    `json:"status" doc:"1: active. 0: disabled." min:"0" max:"1"`
	SignsIn bool   `json:"signs_in" doc:"Has chosen a password."`
	Created string `json:"created" doc:"When they were added." format:"date-time"`
}

func viewPerson(d *directory.Person) personView {
	return personView{ID: d.ID, Email: d.Email, Name: d.Name, Status: d.Status, SignsIn: d.SignsIn, Created: stamp(d.Created)}
}

type personInput struct {
	Email  *string `json:"email" doc:"The name to sign in with." required:"true" maxlen:"254"`
	Name   *string `json:"name" doc:"The name. Left out: the e-mail address." maxlen:"200"`
	Status *int    `json:"status" doc:"1: active. 0: disabled." min:"0" max:"1" default:"1"`
}

func (in *personInput) apply(d *directory.Person) error {
	put(&d.Email, in.Email)
	put(&d.Name, in.Name)
	put(&d.Status, in.Status)
	d.Email, d.Name = strings.TrimSpace(d.Email), strings.TrimSpace(d.Name)
	if d.Name == "" {
		d.Name = d.Email
	}
	var ps problemList
	if !isEmail(d.Email) {
		ps.add("/email", "must be an e-mail address: it is the name to sign in with")
	}
	if d.Name != "" {
		ps.name("/name", d.Name)
	}
	if d.Status != 0 && d.Status != 1 {
		ps.add("/status", "must be 1 (active) or 0 (disabled)")
	}
	return ps.err()
}

// isEmail is as strict as need be: nothing is ever sent there.
func isEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	return at > 0 && at < len(text)-1 && len(text) <= 254 && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' })
}

func (s *Server) createPerson(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in personInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	now := time.Now()
	d := &directory.Person{ID: directory.NewID(now), AccountID: p.AccountID, Status: 1, Created: now}
	if err := in.apply(d); err != nil {
		return err
	}
	about(r, d.ID, d.Name, nil, viewPerson(d))
	if err := s.o.Store.CreatePerson(r.Context(), d); err != nil {
		return err
	}
	return send(w, http.StatusCreated, viewPerson(d))
}

func (s *Server) listPeople(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.People(r.Context(), p.AccountID, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, viewPerson))
}

func (s *Server) personOf(r *http.Request, p *access.Principal) (*directory.Person, error) {
	return s.o.Store.Person(r.Context(), p.AccountID, clean(r.PathValue("id")))
}

func (s *Server) getPerson(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	d, err := s.personOf(r, p)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, viewPerson(d))
}

func (s *Server) updatePerson(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	d, err := s.personOf(r, p)
	if err != nil {
		return err
	}
	var in personInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	changed := *d
	if err := in.apply(&changed); err != nil {
		return err
	}
	about(r, d.ID, d.Name, viewPerson(d), viewPerson(&changed))
	if err := s.o.Store.UpdatePerson(r.Context(), &changed); err != nil {
		return err
	}
	return send(w, http.StatusOK, viewPerson(&changed))
}

func (s *Server) deletePerson(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	d, err := s.personOf(r, p)
	if err != nil {
		return err
	}
	about(r, d.ID, d.Name, viewPerson(d), nil)
	if err := s.o.Store.DeletePerson(r.Context(), p.AccountID, d.ID); err != nil {
		return err
	}
	return none(w)
}
