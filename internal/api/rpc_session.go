package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/phone"
	"patchbay/internal/store"
)

// Belongings are conversations as programs see them, which bring what was said elsewhere.
type Belongings interface {
	OpenConversation(ctx context.Context, in message.Belonging, from *message.Sender, now time.Time) (id string, begun bool, err error)
	KeepMessage(ctx context.Context, in message.Belonging, m message.Message, files []message.Media, now time.Time) (message.Ack, error)
	Tell(ctx context.Context, in message.Belonging, m message.Message, files []message.Media, now time.Time) (message.Ack, error)
	ProgramsConversation(ctx context.Context, accountID, userID, contact string) (*directory.Conversation, error)
	ReadConversation(ctx context.Context, accountID, id string, d message.Direction, at time.Time) error
	Typing(ctx context.Context, c *directory.Conversation, by string, at time.Time) error
	EditMessage(ctx context.Context, accountID, id string, e message.Edit) error
	Chats(ctx context.Context, accountID, orgID, numberID string, begin, end time.Time, p store.Page) ([]message.Chat, string, error)
}

// opened is what `message` without content answers.
type opened struct {
	SessionID string `json:"sessionid"`
}

// rpcOpen begins the conversation, or finds the one that is open, and keeps a call in it if there is one.
func (s *Server) rpcOpen(ctx context.Context, o *directory.Organization, in *rpcText, sd sides) (any, error) {
	se := message.Belonging{AccountID: o.AccountID, OrgID: o.ID, Contact: sd.contact}
	writer := ""
	if sd.outward && sd.user != nil {
		writer = sd.user.ID
	}
	switch {
	case sd.told != nil:
		se.Owner = sd.told.UserID
	case sd.number != nil:
		se.NumberID, se.Timeout, se.Owner = sd.number.ID, sd.number.SessionTimeout, conversation.Receiver(sd.number)
		if sd.outward {
			se.Owner, se.Outward, se.Writer = conversation.Owner(sd.number, writer), true, writer
		}
		if contact, err := phone.Parse(sd.contact, sd.number.Country); err == nil {
			se.Contact = contact
		} else if sd.outward {
			return nil, fault.New(fault.Invalid, "to", "%q is not a number; write it like +15551234000", sd.contact)
		}
	default:
		se.Owner = sd.user.ID
	}
	from, err := in.sender(se.Contact, s.countryOf(ctx, o, sd.number))
	if err != nil {
		return nil, err
	}
	id, _, err := s.o.Store.OpenConversation(ctx, se, from, time.Now())
	if err != nil || in.call == "" {
		return opened{id}, err
	}
	in.SessionID = id
	return s.rpcAppend(ctx, o, in)
}

// sessionOf is the organization's conversation of this id.
func (s *Server) sessionOf(ctx context.Context, o *directory.Organization, id string) (*directory.Conversation, error) {
	if id == "" {
		return nil, fault.New(fault.Invalid, "sessionid", "is missing")
	}
	c, err := s.o.Store.Conversation(ctx, o.AccountID, id)
	if fault.CodeOf(err) == fault.NotFound || err == nil && c.OrgID != o.ID {
		err = fault.New(fault.NotFound, "sessionid", "no session %q", id)
	}
	return c, err
}

// rpcAppend adds what was said elsewhere to a session, as already read. Nothing of it leaves, and no rule answers it.
func (s *Server) rpcAppend(ctx context.Context, o *directory.Organization, in *rpcText) (any, error) {
	c, err := s.sessionOf(ctx, o, in.SessionID)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	m := message.Message{ID: message.NewID(), AccountID: o.AccountID, OrgID: o.ID, NumberID: c.NumberID, Content: in.text, Created: in.at}
	if m.Created.IsZero() {
		m.Created = now
	}
	if in.call != "" {
		m.Kind, m.Content = message.KindCall, in.call
	}
	ours, number, err := s.ourSide(ctx, o, c)
	if err != nil {
		return nil, err
	}
	outward, writer, err := s.wroteInSession(ctx, o, c, in, number)
	if err != nil {
		return nil, err
	}
	m.Direction, m.From, m.To = message.Inbound, c.Contact, ours
	se := message.Belonging{AccountID: o.AccountID, OrgID: o.ID, ID: c.ID, NumberID: c.NumberID, Contact: c.Contact, Owner: c.UserID}
	if outward {
		m.Direction, m.From, m.To, m.UserID, se.Outward, se.Writer = message.Outbound, ours, c.Contact, writer, true, writer
	}
	if number != nil {
		m.IntegrationID, m.ServiceID = number.IntegrationID, number.ServiceID
		se.Timeout, se.Owner = number.SessionTimeout, conversation.Receiver(number)
		if outward {
			se.Owner = conversation.Owner(number, writer)
		}
	}
	a, err := s.o.Store.KeepMessage(ctx, se, m, in.media(m.ID), now)
	return kept{MessageID: a.ID, SessionID: a.ConversationID}, err
}

// ourSide is who stands opposite the contact: a number, or a user whose contact lives in a program.
func (s *Server) ourSide(ctx context.Context, o *directory.Organization, c *directory.Conversation) (ours string, n *directory.Number, err error) {
	if c.NumberID == "" {
		u, err := s.o.Store.User(ctx, o.AccountID, c.UserID)
		if fault.CodeOf(err) == fault.NotFound {
			return "", nil, fault.New(fault.Conflict, "sessionid", "the user of this session is gone; open another one")
		}
		if err != nil {
			return "", nil, err
		}
		return u.Extension, nil, nil
	}
	n, err = s.o.Store.Number(ctx, o.AccountID, c.NumberID)
	if fault.CodeOf(err) == fault.NotFound || err == nil && n.OrgID != o.ID {
		return "", nil, fault.New(fault.Conflict, "sessionid", "the number of this session is the organization's no more; open another one")
	}
	if err != nil {
		return "", nil, err
	}
	return n.Value, n, nil
}

// wroteInSession says who wrote what is added: one of ours when from, or the caller of a call, is; else the contact.
func (s *Server) wroteInSession(ctx context.Context, o *directory.Organization, c *directory.Conversation, in *rpcText, n *directory.Number) (outward bool, writer string, err error) {
	from := string(in.From)
	if in.call != "" {
		var call struct {
			Caller loose `json:"caller"`
		}
		if unmarshal(jsontext.Value(in.call), &call) == nil && call.Caller != "" {
			from = string(call.Caller)
		}
	}
	country := ""
	if n != nil {
		country = n.Country
	}
	if from == "" || from == c.Contact || spelledIn(from, country) == c.Contact {
		return false, "", nil
	}
	if n != nil && spelledIn(from, country) == n.Value {
		if in.UserID != "" {
			u, err := s.userCalled(ctx, o, in, nil)
			if err != nil {
				return false, "", err
			}
			writer = u.ID
		}
		return true, writer, nil
	}
	u, err := s.o.Store.UserByExtension(ctx, o.AccountID, o.ID, from)
	switch {
	case err == nil && u != nil:
		return true, u.ID, nil
	case err != nil && fault.CodeOf(err) != fault.NotFound:
		return false, "", err
	case in.call != "":
		return false, "", nil // calls reach people by ways that are not ours
	}
	return false, "", fault.New(fault.Invalid, "from", "%q is neither this session's contact nor one of ours", from)
}

// told is what a user writes to a contact who lives in a program.
type told struct {
	conversation *directory.Conversation
	writer       *directory.User
	text         string
	urls         []string
	files        []message.Media
	key          string // Idempotency-Key
}

// tell keeps what a user writes to a contact who lives in a program, which is told of it.
func (s *Server) tell(ctx context.Context, in told) (message.Ack, error) {
	c, now := in.conversation, time.Now()
	m := message.Message{
		ID: message.NewID(), AccountID: c.AccountID, OrgID: c.OrgID, UserID: in.writer.ID, From: in.writer.Extension, To: c.Contact,
		Content: in.text, URLs: in.urls, Created: now,
	}
	se := message.Belonging{
		AccountID: c.AccountID, OrgID: c.OrgID, ID: c.ID, Contact: c.Contact, Owner: c.UserID, Outward: true, Writer: in.writer.ID,
		IdempotencyKey: in.key, BodyHash: in.hash(),
	}
	files := rpcText{files: in.files}
	return s.o.Store.Tell(ctx, se, m, files.media(m.ID), now)
}

// hash tells a repeated request from another one under the same idempotency key.
func (in *told) hash() [32]byte {
	said := []string{in.conversation.ID, in.writer.ID, in.text}
	said = append(said, in.urls...)
	for _, f := range in.files {
		said = append(said, f.Name, f.MediaType, strconv.FormatInt(f.Size, 10))
		if f.Shared {
			said = append(said, f.Path)
		}
	}
	return sha256.Sum256(listValue(said))
}

// tellMessage is POST /v1/messages into a conversation whose contact lives in a program.
func (s *Server) tellMessage(w http.ResponseWriter, r *http.Request, p *access.Principal, c *directory.Conversation, in *messageInput) error {
	if in.User == "" {
		in.User = c.UserID
	}
	if in.User != c.UserID || p.Role == directory.UserRole && p.UserID != c.UserID {
		return fault.New(fault.Forbidden, "user", "this conversation is another user's")
	}
	if in.From != "" || in.To != "" {
		return fault.New(fault.Invalid, "conversation", "says from where and to whom; leave out from and to")
	}
	if in.Content == "" && len(in.URLs)+len(in.Media) == 0 {
		return fault.New(fault.Invalid, "content", "is missing; send content, urls, media, or several of them")
	}
	if len(in.Content) > maxField {
		return fault.New(fault.Invalid, "content", "is longer than %d bytes", maxField)
	}
	for i, address := range in.URLs {
		if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || i+len(in.Media) >= maxUploadFiles {
			return fault.New(fault.Invalid, fmt.Sprintf("/urls/%d", i), "must be the http or https address of one of at most %d files", maxUploadFiles)
		}
	}
	writer, err := s.o.Store.User(r.Context(), c.AccountID, c.UserID)
	if err != nil {
		return err
	}
	files, err := s.uploaded(r, p, in.Media, c.OrgID)
	if err != nil {
		return err
	}
	return s.once(w, r, p, func(key string) (message.Ack, error) {
		return s.tell(r.Context(), told{conversation: c, writer: writer, text: in.Content, urls: in.URLs, files: files, key: key})
	})
}
