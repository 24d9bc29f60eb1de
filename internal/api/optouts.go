package api

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/phone"
	"patchbay/internal/store"
)

// OptOuts is the list of contacts who want no messages.
type OptOuts interface {
	ChangeOptOuts(ctx context.Context, list []message.OptOut, out bool, by string) (changed int, err error)
	OptOuts(ctx context.Context, f message.OptOutFilter, p store.Page) ([]message.OptOut, string, error)
	OptOutEvents(ctx context.Context, accountID, orgID string, p store.Page) ([]message.OptOutEvent, string, error)
}

// optOutView is one line of the list.
type optOutView struct {
	Contact string `json:"contact" doc:"The contact."`
	Number  string `json:"number" doc:"The number that they want nothing of. Empty: any of the organization's."`
	Since   string `json:"since" doc:"Since when." format:"date-time"`
	Source  string `json:"source" doc:"By what it came: a text of theirs, the provider, a person or program, a file." enum:"keyword,provider,api,import"`
}

func viewOptOut(o *message.OptOut) optOutView {
	return optOutView{Contact: o.Contact, Number: o.Number, Since: stamp(o.Since), Source: o.Source}
}

type optOutEventView struct {
	Contact  string `json:"contact" doc:"The contact."`
	Number   string `json:"number" doc:"The number. Empty: all of the organization's."`
	OptedOut bool   `json:"opted_out" doc:"true: no messages any more. false: messages again."`
	Source   string `json:"source" doc:"By what it came: a text of theirs, the provider, a person or program, a file." enum:"keyword,provider,api,import"`
	Key      string `json:"key" doc:"The id of the API key that asked for it. Empty: none did."`
	At       string `json:"at" doc:"When." format:"date-time"`
}

func viewOptOutEvent(e *message.OptOutEvent) optOutEventView {
	return optOutEventView{Contact: e.Contact, Number: e.Number, OptedOut: e.Out, Source: e.Source, Key: e.By, At: stamp(e.At)}
}

// listOptOuts gives the list, or all of it as a file with ?format=csv.
func (s *Server) listOptOuts(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	n, err := s.numberNamed(r, o, r.URL.Query().Get("number"), "number")
	if err != nil {
		return err
	}
	switch format := r.URL.Query().Get("format"); format {
	case "", "json":
	case "csv":
		return s.exportOptOuts(w, r, o, valueOf(n))
	default:
		return fault.New(fault.Invalid, "format", "%q is neither json nor csv", format)
	}
	at, err := page(r)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.OptOuts(r.Context(), message.OptOutFilter{AccountID: o.AccountID, OrgID: o.ID, Number: valueOf(n)}, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, viewOptOut))
}

// idOf and valueOf are a number's, and empty where all are meant.
func idOf(n *directory.Number) string {
	if n == nil {
		return ""
	}
	return n.ID
}

func valueOf(n *directory.Number) string {
	if n == nil {
		return ""
	}
	return n.Value
}

func (s *Server) listOptOutEvents(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.OptOutEvents(r.Context(), o.AccountID, o.ID, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, viewOptOutEvent))
}

// maxContacts is how many contacts one request may name; a file of them may have a megabyte.
const maxContacts = 10_000

type optOutInput struct {
	Contacts []loose `json:"contacts" doc:"Numbers like +15550100123, at most 10,000." required:"true"`
	Number   loose   `json:"number" doc:"The id or the spelling of a number of the organization. Left out: all its numbers."`
}

// changed answers how many contacts a request moved.
type changed struct {
	Changed int `json:"changed" doc:"How many contacts were not so before."`
}

// addOptOuts puts contacts on the list: {"contacts": […], "number"?}, or a CSV file with a column "contact", and perhaps one "number".
func (s *Server) addOptOuts(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "text/csv" {
		return s.importOptOuts(w, r, p, o)
	}
	var in optOutInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	n, err := s.moveOptOuts(r, p, o, in.Contacts, "contacts", string(in.Number), "number", true)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, changed{n})
}

// getOptOut gives the lines of one contact: 404 when there is none.
func (s *Server) getOptOut(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	contact := spelled(clean(r.PathValue("id")))
	rows, next, err := s.o.Store.OptOuts(r.Context(), message.OptOutFilter{AccountID: o.AccountID, OrgID: o.ID, Contact: contact}, store.Page{Limit: pageSizeMax})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fault.New(fault.NotFound, "contact", "%q is not on the opt-out list", contact)
	}
	return send(w, http.StatusOK, listOf(rows, next, viewOptOut))
}

// removeOptOut takes a contact off the list of the number in ?number=, or off every list of the organization.
func (s *Server) removeOptOut(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	contact := loose(spelled(clean(r.PathValue("id"))))
	if _, err := s.moveOptOuts(r, p, o, []loose{contact}, "contact", r.URL.Query().Get("number"), "number", false); err != nil {
		return err
	}
	return none(w)
}

// moveOptOuts puts the contacts on the list of a number, or of all, or takes them off it. in and at are the names of the members that say so.
func (s *Server) moveOptOuts(r *http.Request, p *access.Principal, o *directory.Organization, contacts []loose, in, number, at string, out bool) (int, error) {
	n, err := s.numberNamed(r, o, number, at)
	if err != nil {
		return 0, err
	}
	var ps problemList
	if len(contacts) == 0 {
		ps.add("/"+in, `is missing; name the contacts like ["+15551234000"]`)
	}
	if len(contacts) > maxContacts {
		ps.add("/"+in, fmt.Sprintf("has %d contacts; name at most %d in one request", len(contacts), maxContacts))
		contacts = nil
	}
	country, now := s.countryOf(r.Context(), o, n), time.Now()
	list := make([]message.OptOut, 0, len(contacts))
	for i, c := range contacts {
		value, err := phone.Parse(string(c), country)
		if err != nil {
			ps.add(fmt.Sprintf("/%s/%d", in, i), fmt.Sprintf("%q is not a number; write it like +15551234000", c))
			continue
		}
		list = append(list, message.OptOut{AccountID: o.AccountID, OrgID: o.ID, Number: valueOf(n), NumberID: idOf(n), Contact: value, Since: now, Source: message.ByAPI})
	}
	if err := ps.err(); err != nil {
		return 0, err
	}
	noteOptOuts(r, len(list), valueOf(n))
	return s.o.Store.ChangeOptOuts(r.Context(), list, out, p.By())
}

// countryOf is the country that national numbers are read in: the number's or, where all are meant, that of all of them.
func (s *Server) countryOf(ctx context.Context, o *directory.Organization, n *directory.Number) string {
	if n != nil {
		return n.Country
	}
	rows, _, err := s.o.Store.Numbers(ctx, o.AccountID, o.ID, store.Page{Limit: pageSizeMax})
	if err != nil || len(rows) == 0 {
		return ""
	}
	for i := range rows {
		if rows[i].Country != rows[0].Country {
			return "" // whose? it must be written with its country
		}
	}
	return rows[0].Country
}

// numberNamed finds a number of the organization by id or spelling; nil where none is named.
func (s *Server) numberNamed(r *http.Request, o *directory.Organization, name, field string) (*directory.Number, error) {
	if name = clean(name); name == "" {
		return nil, nil
	}
	n, err := s.o.Store.Number(r.Context(), o.AccountID, name)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return nil, err
	}
	if err != nil || n == nil {
		if n, err = s.numberCalled(r.Context(), o, spelled(name)); err != nil {
			return nil, err
		}
	}
	if n == nil || n.OrgID != o.ID {
		return nil, fault.New(fault.NotFound, field, "%q is no number of this organization", name)
	}
	return n, nil
}

// noteOptOuts says in the log how many contacts a change is about. Which they are stands in the list's own history, where an erasure finds them.
func noteOptOuts(r *http.Request, contacts int, number string) {
	about(r, "", strconv.Itoa(contacts)+" contacts", nil, struct {
		Number string `json:"number"`
	}{number})
}
