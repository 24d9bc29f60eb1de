package api

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/audit"
	"patchbay/internal/directory"
	"patchbay/internal/store"
)

// Audit is the log of who changed what.
type Audit interface {
	Record(ctx context.Context, e audit.Entry) error
	Audit(ctx context.Context, f audit.Filter, p store.Page) ([]audit.Entry, string, error)
}

// entry is what is known of a change before it is made.
func (s *Server) entry(r *http.Request, p *access.Principal, what, id, name string) audit.Entry {
	e := audit.Entry{AccountID: p.AccountID, OrgID: p.OrgID, At: time.Now(), By: audit.ByPerson, ByID: p.By(), ByName: p.Name,
		Address: s.address(r).String(), What: what, ObjectID: id, Name: name}
	if p.KeyID != "" {
		e.By = audit.ByKey
	}
	return e
}

// noting has what the request changes go on record, in the commit of the change. The path tells of most what it is; about tells the rest.
func (s *Server) noting(r *http.Request, p *access.Principal, what string) *http.Request {
	e := s.entry(r, p, what, "", "")
	if org := clean(r.PathValue("orgid")); org != "" {
		e.OrgID, e.ObjectID = org, org
	}
	for _, part := range []string{"service_id", "id"} {
		if v := clean(r.PathValue(part)); v != "" {
			e.ObjectID = shortened(v, maxName)
		}
	}
	return r.WithContext(audit.With(r.Context(), audit.NewNote(e)))
}

// about says which object a change is about, and what becomes of it: views, of which only members that differ are kept, and no secret.
func about(r *http.Request, id, name string, was, became any) {
	aboutIn(r.Context(), id, name, was, became)
}

func aboutIn(ctx context.Context, id, name string, was, became any) {
	note := audit.Of(ctx)
	if note == nil {
		return
	}
	before, after := differing(was, became)
	note.Set(func(e *audit.Entry) { e.ObjectID, e.Name, e.Was, e.Became = id, name, before, after })
}

// ofOrganization says whose record a change belongs to when the path does not: an organization's, or with none the account's.
func ofOrganization(r *http.Request, orgID string) {
	if note := audit.Of(r.Context()); note != nil {
		note.Set(func(e *audit.Entry) { e.OrgID = orgID })
	}
}

// anew is the context for one of several changes that a request makes one after the other: each goes on record.
func anew(ctx context.Context) context.Context {
	note := audit.Of(ctx)
	if note == nil {
		return ctx
	}
	e, _ := note.Entry()
	return audit.With(ctx, audit.NewNote(e))
}

// What is said of a value that may be long, and of members that programs fill as they like: there may be secrets in them.
const valueMax = 200

var untold = map[string]bool{"extra": true, "params": true, "token": true, "secret": true, "key": true, "password": true}

// differing are the members by which two views differ, each as a JSON object; all of them when there is only one view.
func differing(was, became any) (before, after string) {
	a, b := membersOf(was), membersOf(became)
	if was != nil && became != nil {
		for name := range a {
			if string(a[name]) == string(b[name]) {
				delete(a, name)
				delete(b, name)
			}
		}
	}
	return a.told().line(), b.told().line()
}

// told is the members as they may be read by whoever reads the log.
func (m members) told() members {
	for name, v := range m {
		if untold[name] {
			m[name] = jsontext.Value(`"…"`)
		} else if len(v) > valueMax {
			m[name] = jsontext.Value(`"(long)"`)
		}
	}
	return m
}

func membersOf(view any) members {
	if view == nil {
		return nil
	}
	b, err := json.Marshal(view, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // our own views
	}
	m := readMembers(string(b))
	for _, name := range []string{"id", "orgid", "created"} { // said beside it
		delete(m, name)
	}
	return m
}

// line is the object as the log keeps it.
func (m members) line() string {
	if len(m) == 0 {
		return ""
	}
	b, err := json.Marshal(m, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // values that were just read
	}
	return string(b)
}

// auditView is one line of the log.
type auditView struct {
	At      string         `json:"at" doc:"When." format:"date-time"`
	OrgID   string         `json:"orgid,omitempty" doc:"The organization. Left out: it is the account's."`
	By      auditBy        `json:"by" doc:"Who."`
	Address string         `json:"address" doc:"The address from which they asked."`
	What    string         `json:"what" doc:"What was done, object.verb, as in organization.created."`
	ID      string         `json:"id" doc:"The id of what it was done to."`
	Name    string         `json:"name" doc:"Its name."`
	Was     jsontext.Value `json:"was,omitzero" doc:"The members that changed, as they were." as:"object"`
	Became  jsontext.Value `json:"became,omitzero" doc:"The same, as they became." as:"object"`
}

type auditBy struct {
	Kind audit.By `json:"kind" doc:"A key, a person who is signed in, the command line on the server, or nobody."`
	ID   string   `json:"id" doc:"The id of the key or of the person."`
	Name string   `json:"name" doc:"Their name."`
}

func viewAudit(e *audit.Entry) auditView {
	v := auditView{At: stamp(e.At), OrgID: e.OrgID, By: auditBy{e.By, e.ByID, e.ByName}, Address: e.Address, What: e.What, ID: e.ObjectID, Name: e.Name}
	if e.Was != "" {
		v.Was = jsontext.Value(e.Was)
	}
	if e.Became != "" {
		v.Became = jsontext.Value(e.Became)
	}
	return v
}

func (s *Server) listAudit(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := audit.Filter{AccountID: p.AccountID, OrgID: clean(q.Get("orgid")), By: clean(q.Get("who")), What: clean(q.Get("what"))}
	if f.OrgID != "" {
		if _, err := s.organization(r, p, f.OrgID); err != nil {
			return err
		}
	}
	if p.Role != directory.AccountAdmin {
		f.OrgID = p.OrgID
	}
	rows, next, err := s.o.Store.Audit(r.Context(), f, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, viewAudit))
}
