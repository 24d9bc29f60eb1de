package api

import (
	"net/http"
	"unicode/utf8"

	"patchbay/internal/access"
	"patchbay/internal/conversation"
	"patchbay/internal/fault"
	"patchbay/internal/lookup"
	"patchbay/internal/message"
)

// maxQuery is how many characters a search may have.
const maxQuery = 200

// hitView is a message or a note in which something was found.
type hitView struct {
	Kind         string            `json:"kind" doc:"What it is." enum:"text,note"`
	ID           string            `json:"id" doc:"The id of the message or the note."`
	OrgID        string            `json:"orgid" doc:"Whose it is."`
	Conversation string            `json:"conversation" doc:"The id of the conversation that it stands in."`
	Number       string            `json:"number" doc:"The number's id; empty when the contact lives in a program."`
	Contact      string            `json:"contact" doc:"With whom: a number, or what the program calls its contact."`
	Name         string            `json:"name" doc:"The contact's name, where the organization knows one."`
	Direction    message.Direction `json:"direction,omitempty" doc:"Of a text: whether it came in or went out."`
	User         *whoView          `json:"user" doc:"Who wrote it; null: the contact, a program, or the number by itself."`
	Content      string            `json:"content" doc:"At most 160 characters around what was found."`
	Match        string            `json:"match" doc:"What was found, as it is spelled in content."`
	At           string            `json:"at" doc:"When it was said." format:"date-time"`
}

type searchView struct {
	Data     []hitView     `json:"data" doc:"Texts and notes, what was said last first."`
	Next     string        `json:"next" doc:"What cursor takes for the next page; empty at the end."`
	Contacts []contactView `json:"contacts" doc:"At most ten contacts by name or number, with the first page."`
}

// search finds texts, notes and contacts that the caller sees.
func (s *Server) search(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	f := conversation.Search{AccountID: p.AccountID, Text: clean(r.URL.Query().Get("q"))}
	q := lookup.Parse(f.Text)
	switch {
	case q.Empty():
		return fault.New(fault.Invalid, "q", "is missing: what is looked for?")
	case utf8.RuneCountInString(f.Text) > maxQuery:
		return fault.New(fault.Invalid, "q", "is longer than %d characters", maxQuery)
	}
	if f.OrgID, f.UserID, err = s.scope(r, p); err != nil {
		return err
	}
	if f.NumberID, f.Contacts, err = s.bothSides(r, p, &f.OrgID); err != nil {
		return err
	}
	found, err := s.o.Store.Search(r.Context(), f, at)
	if err != nil {
		return err
	}
	hits := listOf(found.Hits, found.Next, func(h *conversation.Hit) hitView { return viewHit(h, q) })
	return send(w, http.StatusOK, searchView{Data: hits.Data, Next: hits.Next, Contacts: listOf(found.Contacts, "", viewContact).Data})
}

func viewHit(h *conversation.Hit, q lookup.Query) hitView {
	v := hitView{Kind: kindText, ID: h.ID, OrgID: h.OrgID, Conversation: h.ConversationID, Number: h.NumberID, Contact: h.Contact, Name: h.ContactName,
		Direction: h.Direction, User: viewWho(h.By), At: stamp(h.At)}
	if h.Note {
		v.Kind = kindNote
	}
	v.Content, v.Match = q.Around(h.Content, glance)
	return v
}
