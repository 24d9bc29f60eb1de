package api

import (
	"context"
	"net/http"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// Inboxes are conversations as those who write in them work with them.
type Inboxes interface {
	Inbox(ctx context.Context, f conversation.Filter, p store.Page) ([]conversation.Item, string, error)
	InboxItem(ctx context.Context, accountID, id, reader string) (*conversation.Item, error)
	Entries(ctx context.Context, accountID, id string, part conversation.Stretch, p store.Page) ([]conversation.Entry, string, error)
	UsersOfNumber(ctx context.Context, accountID, numberID string, p store.Page) ([]directory.User, string, error)
	ClaimConversation(ctx context.Context, accountID, id string, claim conversation.Claim) error
	CloseConversation(ctx context.Context, accountID, id, by string, at time.Time) error
	ReopenConversation(ctx context.Context, accountID, id, by string, at time.Time) error
	MarkRead(ctx context.Context, accountID, id, userID, upTo string, at time.Time) error
	MarkUnread(ctx context.Context, accountID, id, userID, from string, at time.Time) error
	TypingEnded(ctx context.Context, c *directory.Conversation, by string, at time.Time) error
	KeepNote(ctx context.Context, n conversation.Note) error
	DeleteNote(ctx context.Context, n conversation.Note) error
	Search(ctx context.Context, f conversation.Search, p store.Page) (*conversation.Found, error)
}

// whoView is a user as others see one.
type whoView struct {
	ID   string `json:"id" doc:"The user's id."`
	Name string `json:"name" doc:"The name."`
}

// viewWho is null for nobody.
func viewWho(p conversation.Who) *whoView {
	if p.ID == "" {
		return nil
	}
	return &whoView{p.ID, p.Name}
}

// conversationView is a conversation as /v1 shows it.
type conversationView struct {
	ID          string    `json:"id" doc:"The conversation's id."`
	OrgID       string    `json:"orgid" doc:"The organization."`
	Number      string    `json:"number" doc:"The id of the number. Empty: its contact lives in a program."`
	NumberValue string    `json:"number_value" doc:"The number. Empty: its contact lives in a program, or the number is gone."`
	NumberName  string    `json:"number_name" doc:"What people call the number."`
	Contact     string    `json:"contact" doc:"The contact: a number, or what a program calls its contact."`
	Name        string    `json:"name" doc:"The contact's name, where the organization knows one; else empty."`
	ContactID   string    `json:"contact_id" doc:"The contact's id, where the organization knows one; else empty."`
	Kind        string    `json:"kind" doc:"One user's, or everybody's of the number." enum:"private,group"`
	User        string    `json:"user" doc:"The id of the user whose private conversation it is. Empty: the group's."`
	ClaimedBy   *whoView  `json:"claimed_by" doc:"Of a group's: who has taken it on. null: nobody."`
	Closed      bool      `json:"closed" doc:"Closed: the next message begins another one."`
	Unread      *int      `json:"unread" doc:"How many messages are new to the asking user; 100 stands for more. null: no user asks." min:"0" max:"100"`
	Last        *lastView `json:"last" doc:"The newest message. null: nothing was said yet."`
	OptedOut    bool      `json:"opted_out" doc:"The contact wants no messages of the number."`
	Blocked     bool      `json:"blocked" doc:"The contact is blocked."`
	Created     string    `json:"created" doc:"When it began." format:"date-time"`
	LastAt      string    `json:"last_at" doc:"When the last message was written." format:"date-time"`
}

// lastView is the newest message of a conversation.
type lastView struct {
	ID        string            `json:"id" doc:"The message's id."`
	Direction message.Direction `json:"direction" doc:"outbound goes to the handset, inbound comes from it."`
	Status    message.Status    `json:"status" doc:"Where it stands."`
	Kind      string            `json:"kind" doc:"A text, or a call." enum:"text,call"`
	Content   string            `json:"content" doc:"The beginning of the text; empty of a call and of what was deleted."`
	Deleted   bool              `json:"deleted" doc:"It was deleted."`
	Files     bool              `json:"files" doc:"It has files."`
	User      *whoView          `json:"user" doc:"Who wrote it. null: the contact, a program, or the number by itself."`
	At        string            `json:"at" doc:"When." format:"date-time"`
}

// Kinds of conversations, and of what stands in them.
const (
	kindPrivate = "private"
	kindGroup   = "group"
	kindText    = "text"
	kindNote    = "note"
)

// glance is how many characters of a text a list shows.
const glance = 160

func viewItem(it *conversation.Item, reader string) conversationView {
	v := conversationView{
		ID: it.ID, OrgID: it.OrgID, Number: it.NumberID, NumberValue: it.NumberValue, NumberName: it.NumberName, Contact: it.Contact,
		Name: it.ContactName, ContactID: it.ContactID, Kind: kindGroup, User: it.UserID, ClaimedBy: viewWho(it.Holder), Closed: it.Closed,
		OptedOut: it.OptedOut, Blocked: it.Blocked, Created: stamp(it.Created), LastAt: stamp(it.LastAt),
	}
	if it.UserID != "" {
		v.Kind = kindPrivate
	}
	if reader != "" {
		v.Unread = &it.Unread
	}
	if l := it.Last; l != nil {
		v.Last = &lastView{ID: l.ID, Direction: l.Direction, Status: l.Status, Kind: kindText, Deleted: l.Deleted, Files: l.Files && !l.Deleted,
			User: viewWho(l.By), At: stamp(l.At)}
		switch {
		case l.Kind != "":
			v.Last.Kind = l.Kind
		case !l.Deleted:
			v.Last.Content = beginning(l.Content, glance)
		}
	}
	return v
}

// beginning is at most n characters of a text.
func beginning(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return text[:i]
		}
	}
	return text
}

// listConversations gives a page of the conversations that the caller sees, those first in which something was said last.
func (s *Server) listConversations(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	f, err := s.conversationFilter(r, p)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.Inbox(r.Context(), f, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, func(it *conversation.Item) conversationView { return viewItem(it, f.Reader) }))
}

func (s *Server) conversationFilter(r *http.Request, p *access.Principal) (f conversation.Filter, err error) {
	q := r.URL.Query()
	f.AccountID = p.AccountID
	if f.OrgID, f.UserID, err = s.scope(r, p); err != nil {
		return f, err
	}
	if f.Reader, err = s.actor(r.Context(), p, f.OrgID, clean(q.Get("user"))); err != nil {
		return f, err
	}
	switch closed := q.Get("closed"); closed {
	case "", "false":
		f.Open = true
	case "true":
		f.Closed = true
	case "any":
	default:
		return f, fault.New(fault.Invalid, "closed", "%q is none of true, false and any", clean(closed))
	}
	for _, flag := range []struct {
		name   string
		is     *bool
		reader bool
	}{{"mine", &f.Mine, true}, {"unclaimed", &f.Unclaimed, false}, {"unread", &f.Unread, true}} {
		switch v := q.Get(flag.name); {
		case v == "" || v == "false":
		case v != "true":
			return f, fault.New(fault.Invalid, flag.name, "%q is not possible; say true, or leave it out", clean(v))
		case flag.reader && f.Reader == "":
			return f, fault.New(fault.Invalid, "user", "is missing: whose? A user's key asks for that user; others name one")
		default:
			*flag.is = true
		}
	}
	f.NumberID, f.Contacts, err = s.bothSides(r, p, &f.OrgID)
	return f, err
}

// bothSides reads ?number= and ?contact=. A number says whose organization it is.
func (s *Server) bothSides(r *http.Request, p *access.Principal, orgID *string) (numberID string, contacts []string, err error) {
	country := ""
	if name := clean(r.URL.Query().Get("number")); name != "" {
		n, err := s.numberAnywhere(r, p, *orgID, name)
		if err != nil {
			return "", nil, err
		}
		numberID, country, *orgID = n.ID, n.Country, n.OrgID
	}
	if name := clean(r.URL.Query().Get("contact")); name != "" {
		contacts, err = s.addressesOf(r.Context(), p.AccountID, *orgID, name, country)
	}
	return numberID, contacts, err
}

// numberAnywhere is a number that the caller sees, by its id or as it is written.
func (s *Server) numberAnywhere(r *http.Request, p *access.Principal, orgID, name string) (*directory.Number, error) {
	n, err := s.o.Store.Number(r.Context(), p.AccountID, name)
	if fault.CodeOf(err) == fault.NotFound {
		n, err = s.o.Store.NumberByValue(r.Context(), p.AccountID, spelled(name))
	}
	if err != nil {
		return nil, err
	}
	if n == nil || !p.SeesNumber(n) || orgID != "" && n.OrgID != orgID {
		return nil, fault.New(fault.NotFound, "number", "no number %q", name)
	}
	return n, nil
}

// addressesOf is by what a contact writes who is named: by id, by name, or by the address itself.
func (s *Server) addressesOf(ctx context.Context, accountID, orgID, name, country string) ([]string, error) {
	if orgID != "" {
		c, err := s.o.Store.Contact(ctx, accountID, orgID, name)
		if err == nil {
			return c.Addresses, nil
		}
		if fault.CodeOf(err) != fault.NotFound {
			return nil, err
		}
		named, _, err := s.o.Store.Contacts(ctx, directory.ContactFilter{AccountID: accountID, OrgID: orgID, Name: name}, store.Page{})
		if err != nil {
			return nil, err
		}
		var all []string
		for i := range named {
			all = append(all, named[i].Addresses...)
		}
		if len(named) > 0 {
			return all, nil
		}
	}
	return []string{spelledIn(name, country)}, nil
}

// actor is the user for whom something is asked or done: a user's key is that user, others name one of the organization, or nobody.
func (s *Server) actor(ctx context.Context, p *access.Principal, orgID, named string) (string, error) {
	if named == "" || named == p.UserID {
		return p.UserID, nil
	}
	if p.Role == directory.UserRole {
		return "", fault.New(fault.Forbidden, "user", "a user's key acts for that user alone")
	}
	u, err := s.o.Store.User(ctx, p.AccountID, named)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return "", err
	}
	if err != nil || orgID != "" && u.OrgID != orgID || !p.SeesOrganization(u.OrgID) {
		return "", fault.New(fault.Invalid, "user", "%q is no user of this organization", named)
	}
	return u.ID, nil
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
	reader, err := s.actor(r.Context(), p, c.OrgID, clean(r.URL.Query().Get("user")))
	if err != nil {
		return err
	}
	return s.showConversation(w, r, http.StatusOK, c, reader)
}

// showConversation answers a conversation as it is now.
func (s *Server) showConversation(w http.ResponseWriter, r *http.Request, status int, c *directory.Conversation, reader string) error {
	it, err := s.o.Store.InboxItem(r.Context(), c.AccountID, c.ID, reader)
	if err != nil {
		return err
	}
	return send(w, status, viewItem(it, reader))
}
