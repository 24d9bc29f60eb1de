package api

import (
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
	Number  string `json:"number"`  // the number's id; empty when the contact lives in a program
	Contact string `json:"contact"` //
	User    string `json:"user"`    // whose private conversation it is; empty: the group's
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
	return send(w, http.StatusOK, listOf(rows, next, viewConversation))
}

func (s *Server) getConversation(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	id := clean(r.PathValue("id"))
	c, err := s.o.Store.Conversation(r.Context(), p.AccountID, id)
	if err != nil {
		return err
	}
	sees, err := s.seesConversation(r.Context(), p, c)
	if err != nil {
		return err
	}
	if !sees {
		return fault.New(fault.NotFound, "id", "no conversation %q", id)
	}
	return send(w, http.StatusOK, viewConversation(c))
}
