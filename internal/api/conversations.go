package api

import (
	"context"
	"net/http"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/store"
)

// conversationView is a conversation as /v1 shows it.
type conversationView struct {
	ID      string `json:"id"`
	OrgID   string `json:"orgid"`
	Number  string `json:"number"` // the number's id; empty when the contact lives in a program
	Contact string `json:"contact"`
	Name    string `json:"name"` // of the contact, where the organization knows one
	User    string `json:"user"` // whose private conversation it is; empty: the group's
	Closed  bool   `json:"closed"`
	Created string `json:"created"`
	LastAt  string `json:"last_at"`
}

func viewConversation(c *directory.Conversation) conversationView {
	return conversationView{
		ID: c.ID, OrgID: c.OrgID, Number: c.NumberID, Contact: c.Contact, User: c.UserID, Closed: c.Closed,
		Created: stamp(c.Created), LastAt: stamp(c.LastAt),
	}
}

func (s *Server) listConversations(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	limit, cursor, err := page(r)
	if err != nil {
		return err
	}
	orgID, userID, err := s.scope(r, p)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.Conversations(r.Context(), p.AccountID, orgID, userID, store.Page{Limit: limit, Cursor: cursor})
	if err != nil {
		return err
	}
	l := listOf(rows, next, viewConversation)
	if err := s.nameContacts(r.Context(), l.Data); err != nil {
		return err
	}
	return send(w, http.StatusOK, l)
}

// nameContacts puts the contacts' names into conversations.
func (s *Server) nameContacts(ctx context.Context, list []conversationView) error {
	asked := map[string][]string{}
	for i := range list {
		asked[list[i].OrgID] = append(asked[list[i].OrgID], list[i].Contact)
	}
	for orgID, contacts := range asked {
		names, err := s.o.Store.ContactNames(ctx, orgID, contacts)
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].OrgID == orgID {
				list[i].Name = names[list[i].Contact]
			}
		}
	}
	return nil
}

// conversationOf is a conversation that the caller sees. field is where its id stood.
func (s *Server) conversationOf(r *http.Request, p *access.Principal, id, field string) (*directory.Conversation, error) {
	c, err := s.o.Store.Conversation(r.Context(), p.AccountID, id)
	if err == nil {
		var sees bool
		if sees, err = s.seesConversation(r.Context(), p, c); err == nil && sees {
			return c, nil
		}
	}
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return nil, err
	}
	return nil, fault.New(fault.NotFound, field, "no conversation %q", id)
}

func (s *Server) getConversation(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	c, err := s.conversationOf(r, p, clean(r.PathValue("id")), "id")
	if err != nil {
		return err
	}
	one := []conversationView{viewConversation(c)}
	if err := s.nameContacts(r.Context(), one); err != nil {
		return err
	}
	return send(w, http.StatusOK, one[0])
}
