package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/phone"
)

// openingInput names a conversation by its two sides.
type openingInput struct {
	OrgID   string `json:"orgid" doc:"The organization. It may be left out: the number has one."`
	Number  string `json:"number" doc:"A number of the organization: its id, or as it is written." required:"true"`
	Contact string `json:"contact" doc:"To whom: a number, also a national one, or a contact's id or name." required:"true"`
	User    string `json:"user" doc:"The id of the user who opens it. A user's key is that user."`
	Private *bool  `json:"private" doc:"Whether it is that user's alone or the group's. Left out: as the number's sessionTimeout says."`
}

// openConversation finds the open conversation of a number with a contact, or begins it.
func (s *Server) openConversation(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in openingInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	var ps problemList
	if in.Number == "" {
		ps.add("/number", "is missing: which of your numbers is it?")
	}
	if in.Contact == "" {
		ps.add("/contact", "is missing: a number, or a contact's id or name")
	}
	if err := ps.err(); err != nil {
		return err
	}
	if in.OrgID != "" {
		if _, err := s.organization(r, p, in.OrgID); err != nil {
			return err
		}
	}
	n, err := s.numberAnywhere(r, p, in.OrgID, in.Number)
	if err != nil {
		return err
	}
	user, err := s.actor(r.Context(), p, n.OrgID, in.User)
	if err != nil {
		return err
	}
	if user != "" && !n.Has(user) {
		return fault.New(fault.Invalid, "user", "user %s is not assigned to the number; assign them there first", user)
	}
	se := message.Belonging{AccountID: p.AccountID, OrgID: n.OrgID, NumberID: n.ID, Outward: true, Writer: user, Timeout: n.SessionTimeout}
	if se.Owner, err = conversation.Opener(n, user, in.Private); err != nil {
		return err
	}
	if in.Private != nil && !*in.Private {
		se.Writer = "" // the group's, also where what a user begins would be private
	}
	if se.Contact, err = s.oneAddress(r.Context(), n, strings.TrimSpace(in.Contact)); err != nil {
		return err
	}
	id, begun, err := s.o.Store.OpenConversation(r.Context(), se, nil, time.Now())
	if err != nil {
		return err
	}
	status := http.StatusOK
	if begun {
		status = http.StatusCreated
	}
	return s.showConversation(w, r, status, &directory.Conversation{AccountID: p.AccountID, ID: id}, user)
}

// oneAddress is the number to which a contact is written who is named: by number, by id or by name.
func (s *Server) oneAddress(ctx context.Context, n *directory.Number, name string) (string, error) {
	if value, err := phone.Parse(name, n.Country); err == nil && phone.KindOf(value) != phone.Name {
		return value, nil
	}
	all, err := s.addressesOf(ctx, n.AccountID, n.OrgID, name, n.Country)
	if err != nil {
		return "", err
	}
	var numbers []string
	for _, a := range all {
		if value, err := phone.Parse(a, n.Country); err == nil && phone.KindOf(value) == phone.E164 {
			numbers = append(numbers, value)
		}
	}
	switch len(numbers) {
	case 0:
		return "", fault.New(fault.Invalid, "contact", "%q is neither a number, like +15551234000, nor a contact who has one", name)
	case 1:
		return numbers[0], nil
	}
	return "", fault.New(fault.Conflict, "contact", "%q has several numbers: %s; name one of them", name, strings.Join(numbers, ", "))
}
