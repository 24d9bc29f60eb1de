package api

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/phone"
	"patchbay/internal/store"
)

// Contacts is whom organizations know.
type Contacts interface {
	ImportContacts(ctx context.Context, list []*directory.Contact) error
	UpdateContacts(ctx context.Context, list []*directory.Contact) error
	Contact(ctx context.Context, accountID, orgID, id string) (*directory.Contact, error)
	Contacts(ctx context.Context, f directory.ContactFilter, p store.Page) ([]directory.Contact, string, error)
	DeleteContacts(ctx context.Context, accountID, orgID string, ids []string) (gone []string, err error)
	BlockContacts(ctx context.Context, b directory.Contact) (changed []directory.Contact, err error)
	ContactNames(ctx context.Context, orgID string, addresses []string) (map[string]string, error)
}

// contactView is a contact as /v1 shows one.
type contactView struct {
	ID        string         `json:"id" doc:"The contact's id."`
	OrgID     string         `json:"orgid" doc:"The organization that knows it."`
	Name      string         `json:"name" doc:"The name. It may be empty where there is a number."`
	Info      jsontext.Value `json:"info" doc:"What else is known: members like phone, mobile, email (lists), organization, position, about (texts)." as:"object"`
	Addresses []string       `json:"addresses" doc:"The numbers by which messages are this contact's: those in info.phone and info.mobile, as they are kept and as they were spelled."`
	Blocked   bool           `json:"blocked" doc:"Whether the contact is blocked: what they write is kept, and nobody is told."`
	About     string         `json:"about,omitempty" doc:"Why, in the words of whoever blocked."`
	Created   string         `json:"created" doc:"When it was made." format:"date-time"`
}

func viewContact(c *directory.Contact) contactView {
	v := contactView{ID: c.ID, OrgID: c.OrgID, Name: c.Name, Info: infoOf(c), Addresses: c.Addresses, Blocked: !c.Blocked.IsZero(), About: c.About, Created: stamp(c.Created)}
	if v.Addresses == nil {
		v.Addresses = []string{}
	}
	return v
}

func infoOf(c *directory.Contact) jsontext.Value {
	if c.Info == "" {
		return jsontext.Value(`{}`)
	}
	return jsontext.Value(c.Info)
}

// contactInput is what a caller may say of a contact. A member that is left out keeps what is there; info is replaced whole.
type contactInput struct {
	Name      *string        `json:"name" doc:"The name. It may be left out where info.phone has a number." maxlen:"200"`
	FirstName string         `json:"firstname" doc:"In place of name, together with lastname."`
	LastName  string         `json:"lastname" doc:"In place of name, together with firstname."`
	Info      jsontext.Value `json:"info" doc:"What else is known: members like phone, mobile, email (lists), organization, position, about (texts), at most 64 KiB. What is given replaces all of it." as:"object"`
	Blocked   *bool          `json:"blocked" doc:"true blocks the contact, false lifts it." default:"false"`
	About     *string        `json:"about" doc:"Why the contact is blocked." maxlen:"200"`
}

// maxAddresses is how many numbers of a contact are known as theirs.
const maxAddresses = 50

// apply puts the input onto a contact. National numbers are read in the country.
func (in *contactInput) apply(c *directory.Contact, country, by string, now time.Time) error {
	var ps problemList
	put(&c.Name, in.Name)
	if whole := strings.TrimSpace(in.FirstName + " " + in.LastName); in.Name == nil && whole != "" {
		c.Name = whole
	}
	c.Name = strings.TrimSpace(c.Name)
	if n := utf8.RuneCountInString(c.Name); n > maxName {
		ps.add("/name", fmt.Sprintf("must have at most %d characters", maxName))
	}
	switch in.Info.Kind() {
	case 0, 'n':
	case '{':
		if len(in.Info) > maxExtra {
			ps.add("/info", fmt.Sprintf("has %d bytes; at most %d are kept", len(in.Info), maxExtra))
		}
		c.Info, c.Addresses = string(in.Info), addressesIn(readMembers(string(in.Info)), country)
	default:
		ps.add("/info", `must be an object like {"phone": ["+15551234000"], "email": ["ann@example.com"]}`)
	}
	if in.Blocked != nil && *in.Blocked != !c.Blocked.IsZero() {
		c.Blocked, c.BlockedBy, c.About = time.Time{}, "", ""
		if *in.Blocked {
			c.Blocked, c.BlockedBy = now, by
		}
	}
	put(&c.About, in.About)
	if n := utf8.RuneCountInString(c.About); n > maxName {
		ps.add("/about", fmt.Sprintf("must have at most %d characters", maxName))
	}
	if c.Name == "" && len(c.Addresses) == 0 && len(ps) == 0 {
		ps.add("/name", "is missing, and no number in info.phone says who it is")
	}
	return ps.err()
}

// addressesIn are the numbers in a contact's info: as the store keeps numbers and, because a contact of a program is whatever the program
// calls it, as they are spelled.
func addressesIn(info members, country string) (out []string) {
	add := func(address string) {
		if address != "" && utf8.RuneCountInString(address) <= maxName && len(out) < maxAddresses && !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	for _, name := range []string{"phone", "mobile"} {
		for _, spelling := range textsIn(info[name]) {
			add(spelledIn(spelling, country))
			add(spelling)
		}
	}
	return out
}

// textsIn are the texts and numbers of a list, or the one that stands alone.
func textsIn(v jsontext.Value) (out []string) {
	if v.Kind() == '[' {
		var list []jsontext.Value
		if unmarshal(v.Clone(), &list) != nil {
			return nil
		}
		for _, each := range list {
			if each.Kind() != '[' {
				out = append(out, textsIn(each)...)
			}
		}
		return out
	}
	var text loose
	if v.Kind() != 0 && unmarshal(v.Clone(), &text) == nil && text != "" {
		out = append(out, string(text))
	}
	return out
}

func (s *Server) createContact(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "text/csv":
		return s.importContacts(w, r, p, o, readContactsCSV)
	case "text/vcard", "text/x-vcard", "text/directory":
		return s.importContacts(w, r, p, o, readVCards)
	}
	var in contactInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	now := time.Now()
	c := &directory.Contact{ID: directory.NewID(now), AccountID: o.AccountID, OrgID: o.ID, CreatedBy: p.By(), Created: now}
	if err := in.apply(c, s.countryOf(r.Context(), o, nil), p.By(), now); err != nil {
		return err
	}
	if err := s.o.Store.ImportContacts(r.Context(), []*directory.Contact{c}); err != nil {
		return err
	}
	kept, err := s.o.Store.Contact(r.Context(), o.AccountID, o.ID, c.ID)
	if err != nil {
		return err
	}
	return send(w, http.StatusCreated, viewContact(kept))
}

// maxContactFile is how large a file of contacts may be.
const maxContactFile = 4 << 20

// imported answers how many contacts a file had.
type imported struct {
	Imported int `json:"imported" doc:"How many contacts the file had."`
}

// importContacts takes a file of contacts whole or not at all.
func (s *Server) importContacts(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization, read func(string) ([]contactInput, error)) error {
	body, err := readBody(w, r, maxContactFile)
	if err != nil {
		return err
	}
	given, err := read(strings.TrimPrefix(clean(string(body)), "\ufeff"))
	if err != nil {
		return err
	}
	list, err := s.makeContacts(r.Context(), p, o, given, "")
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, imported{len(list)})
}

// makeContacts checks all and keeps all. at is the member that they stand in.
func (s *Server) makeContacts(ctx context.Context, p *access.Principal, o *directory.Organization, given []contactInput, at string) ([]*directory.Contact, error) {
	if err := count(at, len(given), maxContacts); err != nil {
		return nil, err
	}
	if at != "" {
		at = pointer(at)
	}
	now, country := time.Now(), s.countryOf(ctx, o, nil)
	list := make([]*directory.Contact, len(given))
	for i := range given {
		created := now.Add(time.Duration(i) * time.Millisecond) // an id's random part is too little for many at once
		list[i] = &directory.Contact{ID: directory.NewID(created), AccountID: o.AccountID, OrgID: o.ID, CreatedBy: p.By(), Created: now}
		if err := given[i].apply(list[i], country, p.By(), now); err != nil {
			return nil, within(err, fmt.Sprintf("%s/%d", at, i))
		}
	}
	return list, s.o.Store.ImportContacts(ctx, list)
}

// listContacts gives a page of contacts, those at ?phone=, the blocked ones with ?blocked=true, or all as a file with ?format=csv or vcard.
func (s *Server) listContacts(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := directory.ContactFilter{AccountID: o.AccountID, OrgID: o.ID}
	if number := clean(q.Get("phone")); number != "" {
		f.Address = spelledIn(number, s.countryOf(r.Context(), o, nil))
	}
	switch blocked := q.Get("blocked"); blocked {
	case "":
	case "true", "1":
		f.Blocked = true
	default:
		return fault.New(fault.Invalid, "blocked", "%q is not possible; say true, or leave it out", clean(blocked))
	}
	switch format := q.Get("format"); format {
	case "", "json":
	case "csv", "vcard":
		if p.Role == directory.UserRole {
			return fault.New(fault.Forbidden, "format", "only a key of the organization or the account takes all contacts away")
		}
		return s.exportContacts(w, r, f, format)
	default:
		return fault.New(fault.Invalid, "format", "%q is none of json, csv and vcard", clean(format))
	}
	rows, next, err := s.o.Store.Contacts(r.Context(), f, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, viewContact))
}

// spelledIn is a number as the store keeps it, read in a country, or the text as it is.
func spelledIn(number, country string) string {
	if kept, err := phone.Parse(number, country); err == nil {
		return kept
	}
	return spelled(number)
}

func (s *Server) contactOf(r *http.Request, o *directory.Organization, id string) (*directory.Contact, error) {
	c, err := s.o.Store.Contact(r.Context(), o.AccountID, o.ID, id)
	if fault.CodeOf(err) == fault.NotFound {
		err = fault.New(fault.NotFound, "id", "no contact %q", id)
	}
	return c, err
}

func (s *Server) getContact(w http.ResponseWriter, r *http.Request, _ *access.Principal, o *directory.Organization) error {
	c, err := s.contactOf(r, o, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, viewContact(c))
}

func (s *Server) updateContact(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	c, err := s.contactOf(r, o, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	var in contactInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	if err := in.apply(c, s.countryOf(r.Context(), o, nil), p.By(), time.Now()); err != nil {
		return err
	}
	if err := s.o.Store.UpdateContacts(r.Context(), []*directory.Contact{c}); err != nil {
		return err
	}
	return send(w, http.StatusOK, viewContact(c))
}

func (s *Server) deleteContact(w http.ResponseWriter, r *http.Request, _ *access.Principal, o *directory.Organization) error {
	c, err := s.contactOf(r, o, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	if _, err := s.o.Store.DeleteContacts(r.Context(), o.AccountID, o.ID, []string{c.ID}); err != nil {
		return err
	}
	return none(w)
}
