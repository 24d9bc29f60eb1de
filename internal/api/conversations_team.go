package api

import (
	"net/http"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/notify"
)

// deed is what is done in a conversation. Each route takes the members that it has a use for.
type deed struct {
	User    string `json:"user" doc:"The id of the user for whom, or by whom; a user's key is that user."`
	Take    bool   `json:"take" doc:"Also from the one who has claimed it." default:"false"`
	Message string `json:"message" doc:"The id of a message: read up to it, or unread from it. Left out: all, or what the contact wrote last."`
	On      *bool  `json:"on" doc:"false: has stopped writing." default:"true"`
	Content string `json:"content" doc:"The text, at most 10,000 bytes."`
}

// deedHandler does something in a conversation that the caller sees, and says for whom it is shown then.
type deedHandler func(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error

// inConversation finds the conversation and reads the body, which may be empty.
func (s *Server) inConversation(h deedHandler) handler {
	return func(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
		c, err := s.conversationOf(r, p, clean(r.PathValue("id")), "id")
		if err != nil {
			return err
		}
		var in deed
		if err := decodeIfAny(w, r, &in); err != nil {
			return err
		}
		return h(w, r, p, c, &in)
	}
}

// member is the user who does something, whom the conversation must be visible to.
func (s *Server) member(r *http.Request, p *access.Principal, c *directory.Conversation, named string) (string, error) {
	id, err := s.actor(r.Context(), p, c.OrgID, named)
	if err != nil || id != "" && id == p.UserID {
		return id, err // who asks sees it, or would not be here
	}
	if id == "" {
		return "", fault.New(fault.Invalid, "user", "is missing: a user's key is that user; others name one of the organization")
	}
	sees, err := s.seesConversation(r.Context(), &access.Principal{AccountID: p.AccountID, Role: directory.UserRole, OrgID: c.OrgID, UserID: id}, c)
	if err == nil && !sees {
		err = fault.New(fault.Invalid, "user", "user %s does not see this conversation", id)
	}
	return id, err
}

func (s *Server) claimConversation(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error {
	user, err := s.actor(r.Context(), p, c.OrgID, in.User)
	if err != nil {
		return err
	}
	if user == "" {
		return fault.New(fault.Invalid, "user", "is missing: a user's key is that user; others name one of the organization")
	}
	if err := s.o.Store.ClaimConversation(r.Context(), p.AccountID, c.ID, conversation.Claim{User: user, By: user, Take: in.Take, At: time.Now()}); err != nil {
		return err
	}
	return s.showConversation(w, r, http.StatusOK, c, user)
}

// releaseConversation ends a claim: users their own, or another's with "take"; whoever administers, any.
func (s *Server) releaseConversation(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error {
	user, err := s.actor(r.Context(), p, c.OrgID, in.User)
	if err != nil {
		return err
	}
	claim := conversation.Claim{By: user, Take: in.Take || p.Role != directory.UserRole, At: time.Now()}
	if err := s.o.Store.ClaimConversation(r.Context(), p.AccountID, c.ID, claim); err != nil {
		return err
	}
	return s.showConversation(w, r, http.StatusOK, c, user)
}

// assigneeView is somebody who may take a conversation on: no more of a colleague than whoever answers needs to know.
type assigneeView struct {
	ID        string `json:"id" doc:"The user's id."`
	Name      string `json:"name" doc:"The user's name."`
	Extension string `json:"extension" doc:"The user's extension."`
}

// listAssignees are those to whom a group's conversation can be given. A private one is its user's: nobody.
func (s *Server) listAssignees(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	c, err := s.conversationOf(r, p, clean(r.PathValue("id")), "id")
	if err != nil {
		return err
	}
	at, err := page(r)
	if err != nil {
		return err
	}
	var rows []directory.User
	next := ""
	if c.UserID == "" && c.NumberID != "" {
		if rows, next, err = s.o.Store.UsersOfNumber(r.Context(), p.AccountID, c.NumberID, at); err != nil {
			return err
		}
	}
	return send(w, http.StatusOK, listOf(rows, next, func(u *directory.User) assigneeView { return assigneeView{u.ID, u.Name, u.Extension} }))
}

// assignConversation gives a conversation to a user, whoever has it.
func (s *Server) assignConversation(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error {
	if in.User == "" {
		return fault.New(fault.Invalid, "user", "is missing: to whom?")
	}
	u, err := s.o.Store.User(r.Context(), p.AccountID, in.User)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return err
	}
	if err != nil || u.OrgID != c.OrgID {
		return fault.New(fault.Invalid, "user", "%q is no user of this organization", in.User)
	}
	claim := conversation.Claim{User: u.ID, By: p.UserID, Take: true, At: time.Now()}
	if err := s.o.Store.ClaimConversation(r.Context(), p.AccountID, c.ID, claim); err != nil {
		return err
	}
	return s.showConversation(w, r, http.StatusOK, c, p.UserID)
}

func (s *Server) closeConversation(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error {
	by, err := s.actor(r.Context(), p, c.OrgID, in.User)
	if err != nil {
		return err
	}
	if err := s.o.Store.CloseConversation(r.Context(), p.AccountID, c.ID, by, time.Now()); err != nil {
		return err
	}
	return s.showConversation(w, r, http.StatusOK, c, by)
}

func (s *Server) reopenConversation(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error {
	by, err := s.actor(r.Context(), p, c.OrgID, in.User)
	if err != nil {
		return err
	}
	if err := s.o.Store.ReopenConversation(r.Context(), p.AccountID, c.ID, by, time.Now()); err != nil {
		return err
	}
	return s.showConversation(w, r, http.StatusOK, c, by)
}

func (s *Server) readConversation(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error {
	user, err := s.member(r, p, c, in.User)
	if err != nil {
		return err
	}
	if err := s.o.Store.MarkRead(r.Context(), p.AccountID, c.ID, user, in.Message, time.Now()); err != nil {
		return err
	}
	return s.showConversation(w, r, http.StatusOK, c, user)
}

func (s *Server) unreadConversation(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error {
	user, err := s.member(r, p, c, in.User)
	if err != nil {
		return err
	}
	if err := s.o.Store.MarkUnread(r.Context(), p.AccountID, c.ID, user, in.Message, time.Now()); err != nil {
		return err
	}
	return s.showConversation(w, r, http.StatusOK, c, user)
}

// typeInConversation tells the others that a user writes, or has stopped. Clients say so with every key: it is told now and then.
func (s *Server) typeInConversation(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error {
	user, err := s.member(r, p, c, in.User)
	switch {
	case err != nil:
		return err
	case in.On != nil && !*in.On:
		err = s.o.Store.TypingEnded(r.Context(), c, user, time.Now())
	case s.typing.told(c.ID+"/"+user, time.Now()):
		err = s.o.Store.Typing(r.Context(), c, user, time.Now())
	}
	if err != nil {
		return err
	}
	return none(w)
}

// noteView is a note as it stands between the messages.
type noteView struct {
	ID           string    `json:"id" doc:"The note's id."`
	Kind         string    `json:"kind" doc:"A note." enum:"note"`
	OrgID        string    `json:"orgid" doc:"The organization."`
	Conversation string    `json:"conversation" doc:"The id of its conversation."`
	User         *whoView  `json:"user" doc:"Who wrote it."`
	Content      string    `json:"content" doc:"The text."`
	Created      time.Time `json:"created" doc:"When."`
}

func viewNote(n *conversation.Note) noteView {
	return noteView{ID: n.ID, Kind: kindNote, OrgID: n.OrgID, Conversation: n.ConversationID, User: viewWho(n.By), Content: n.Content, Created: n.Created.UTC()}
}

// maxNote is how long a note may be, in bytes.
const maxNote = 10_000

func (s *Server) createNote(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *deed) error {
	switch {
	case in.Content == "":
		return fault.New(fault.Invalid, "content", "is missing")
	case len(in.Content) > maxNote:
		return fault.New(fault.Invalid, "content", "is longer than %d bytes", maxNote)
	}
	user, err := s.member(r, p, c, in.User)
	if err != nil {
		return err
	}
	writer, err := s.o.Store.User(r.Context(), p.AccountID, user)
	if err != nil {
		return err
	}
	n := conversation.Note{ID: message.NewID(), AccountID: p.AccountID, OrgID: c.OrgID, ConversationID: c.ID,
		By: conversation.Who{ID: user, Name: writer.Name}, Content: in.Content, Created: time.Now().Truncate(time.Microsecond)}
	if err := s.o.Store.KeepNote(r.Context(), n); err != nil {
		return err
	}
	return send(w, http.StatusCreated, viewNote(&n))
}

// deleteNote removes a user's own note; whoever administers removes anybody's.
func (s *Server) deleteNote(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	c, err := s.conversationOf(r, p, clean(r.PathValue("id")), "id")
	if err != nil {
		return err
	}
	n := conversation.Note{ID: clean(r.PathValue("note")), AccountID: p.AccountID, ConversationID: c.ID, Created: time.Now()}
	if p.Role == directory.UserRole {
		n.By.ID = p.UserID
	}
	if err := s.o.Store.DeleteNote(r.Context(), n); err != nil {
		return err
	}
	return none(w)
}

// messageInView is a message between others: what GET /v1/messages gives, and who wrote it.
type messageInView struct {
	notify.MessageView
	Kind string   `json:"kind" doc:"A text, or a call." enum:"text,call"`
	User *whoView `json:"user" doc:"Who wrote it. null: the contact, a program, or the number by itself."`
}

// entryView is what stands in a conversation: a messageInView or a noteView.
type entryView any

// listEntries gives a page of a conversation's messages, and its notes in between, the newest first.
func (s *Server) listEntries(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	c, err := s.conversationOf(r, p, clean(r.PathValue("id")), "id")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	part := conversation.Stretch{After: clean(q.Get("after")), Before: clean(q.Get("before"))}
	rows, next, err := s.o.Store.Entries(r.Context(), p.AccountID, c.ID, part, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, func(e *conversation.Entry) entryView {
		if e.Note != nil {
			return viewNote(e.Note)
		}
		v := messageInView{MessageView: notify.ViewOf(e.Message, s.o.Link, false), Kind: kindText, User: viewWho(e.By)}
		if e.Message.Kind != "" {
			v.Kind = e.Message.Kind
		}
		return v
	}))
}
