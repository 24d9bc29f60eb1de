package api

import (
	"context"
	"net/http"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/phone"
)

// Eraser leaves nothing of a contact. What it has begun it finishes, also when whoever asked is gone.
type Eraser interface {
	Erase(ctx context.Context, e message.Erasure) (*message.Erasure, error)
}

// erasureView is how far the erasure of a contact has come.
type erasureView struct {
	ID       string `json:"id" doc:"The erasure's id."`
	Status   string `json:"status" doc:"Whether it has come to its end." enum:"pending,done"`
	Messages int    `json:"messages" doc:"How many messages were removed so far."`
	Open     int    `json:"open" doc:"How many are being sent at this moment. They are removed when that has ended."`
}

// eraseContact leaves nothing of a contact, named by the card's id or by a number: 200 when it is done, 202 when it goes on.
func (s *Server) eraseContact(w http.ResponseWriter, r *http.Request, p *access.Principal, o *directory.Organization) error {
	about(r, "", "", nil, nil) // the log says that it happened, and not to whom
	addresses, err := s.erasedAddresses(r, o, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	e, err := s.o.Eraser.Erase(r.Context(), message.Erasure{AccountID: o.AccountID, OrgID: o.ID, Addresses: addresses, Created: time.Now()})
	if err != nil {
		return err
	}
	v := erasureView{ID: e.ID, Status: "done", Messages: e.Messages, Open: e.Open}
	status := http.StatusOK
	if e.Done.IsZero() {
		v.Status, status = "pending", http.StatusAccepted
	}
	return send(w, status, v)
}

// erasedAddresses is by what the messages of a contact are told: the card's addresses, or the number itself.
func (s *Server) erasedAddresses(r *http.Request, o *directory.Organization, id string) ([]string, error) {
	c, err := s.o.Store.Contact(r.Context(), o.AccountID, o.ID, id)
	if err == nil && len(c.Addresses) > 0 {
		return c.Addresses, nil
	}
	if err == nil {
		_, err = s.o.Store.DeleteContacts(r.Context(), o.AccountID, o.ID, []string{c.ID}) // a card without an address has no messages
		return nil, err
	}
	if fault.CodeOf(err) != fault.NotFound {
		return nil, err
	}
	country := s.countryOf(r.Context(), o, nil)
	number := spelledIn(id, country)
	if _, err := phone.Parse(number, country); err != nil || phone.KindOf(number) == phone.Name {
		return nil, fault.New(fault.NotFound, "id", "no contact %q: name it by its id, or by a number like +15550100123", id)
	}
	return []string{number}, nil
}
