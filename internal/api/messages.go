package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/notify"
	"patchbay/internal/outbound"
	"patchbay/internal/phone"
	"patchbay/internal/store"
)

// Outbound takes texts that somebody wants sent.
type Outbound interface {
	Accept(ctx context.Context, d outbound.Draft) (message.Ack, error)
	Resend(ctx context.Context, accountID, id, idempotencyKey string, mended *string) (message.Ack, error)
	Dismiss(ctx context.Context, accountID, id string) error
	Cancel(ctx context.Context, accountID, id string) error
	MoveNumber(ctx context.Context, n *directory.Number, to string) error
}

// messageInput is a text to send.
type messageInput struct {
	OrgID   string   `json:"orgid" doc:"The organization. It may be left out: the number has one."`
	User    string   `json:"user" doc:"The id of the user who writes; left out, the message belongs to the number's group conversation. A user's key writes for its user."`
	From    string   `json:"from" doc:"A number of the organization: +15551234000, or a national number of its country. Required without conversation."`
	To      string   `json:"to" doc:"To whom: +15550100123, or a national number of the number's country. Required without conversation."`
	Content string   `json:"content" doc:"The text. Required without urls and media."`
	URLs    []string `json:"urls" doc:"Files to send: addresses that are fetched, at most 10."`
	Media   []string `json:"media" doc:"Files to send: ids of uploads (POST /v1/media), together with urls at most 10."`

	Conversation string `json:"conversation" doc:"The id of a conversation to write into, in place of from and to."`

	Validity  *int    `json:"validity" doc:"For how many seconds it may be tried. Left out: as its number says, otherwise a day." min:"10" max:"604800"`
	ExpiresAt *string `json:"expires_at" doc:"Until when it may be tried, in place of validity." format:"date-time"`
}

func (in *messageInput) check() error {
	if in.From != "" && in.To != "" && (in.Content != "" || len(in.URLs)+len(in.Media) > 0) {
		return nil
	}
	var ps problemList
	if in.From == "" {
		ps.add("/from", "is missing: which of your numbers sends it?")
	}
	if in.To == "" {
		ps.add("/to", "is missing")
	}
	if in.Content == "" && len(in.URLs)+len(in.Media) == 0 {
		ps.add("/content", "is missing; send content, urls, media, or several of them")
	}
	return ps.err()
}

func (s *Server) createMessage(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	var in messageInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	if in.Conversation != "" {
		c, err := s.conversationOf(r, p, in.Conversation, "conversation")
		if err != nil {
			return err
		}
		if c.NumberID == "" {
			return s.tellMessage(w, r, p, c, &in)
		}
		if err := s.writeInto(r, c, &in); err != nil {
			return err
		}
	}
	if err := in.check(); err != nil {
		return err
	}
	d := outbound.Draft{AccountID: p.AccountID, OrgID: in.OrgID, UserID: in.User, From: in.From, To: in.To, Content: in.Content, URLs: in.URLs}
	if err := restrict(&d, p); err != nil {
		return err
	}
	var err error
	if d.Validity, d.Expires, err = in.valid(time.Now()); err != nil {
		return err
	}
	if d.Files, err = s.uploaded(r, p, in.Media, ""); err != nil {
		return err
	}
	return s.once(w, r, p, func(key string) (message.Ack, error) {
		d.IdempotencyKey = key
		return s.o.Outbound.Accept(r.Context(), d)
	})
}

// valid is for how long, or until when, the message may be tried; neither: as its number says.
func (in *messageInput) valid(now time.Time) (time.Duration, time.Time, error) {
	var ps problemList
	switch {
	case in.Validity != nil && in.ExpiresAt != nil:
		ps.add("/expires_at", "says the same as validity; leave one of them out")
	case in.Validity != nil:
		ps.validity("/validity", *in.Validity)
		return time.Duration(*in.Validity) * time.Second, time.Time{}, ps.err()
	case in.ExpiresAt != nil:
		at, err := time.Parse(time.RFC3339, *in.ExpiresAt)
		if left := at.Sub(now); err != nil || left < outbound.MinValidity || left > outbound.MaxValidity {
			ps.add("/expires_at", fmt.Sprintf("must be a time like %s, at least %v and at most %v from now", now.Add(time.Hour).UTC().Format(time.RFC3339), outbound.MinValidity, outbound.MaxValidity))
			break
		}
		return 0, at, nil
	}
	return 0, time.Time{}, ps.err()
}

// writeInto puts a conversation's number and contact into a message. Where it is closed, the message begins another one.
func (s *Server) writeInto(r *http.Request, c *directory.Conversation, in *messageInput) error {
	if in.From != "" || in.To != "" {
		return fault.New(fault.Invalid, "conversation", "says from where and to whom; leave out from and to")
	}
	n, err := s.o.Store.Number(r.Context(), c.AccountID, c.NumberID)
	if fault.CodeOf(err) == fault.NotFound || err == nil && n.OrgID != c.OrgID {
		return fault.New(fault.Conflict, "conversation", "its number is the organization's no more")
	}
	if err == nil {
		in.OrgID, in.From, in.To = c.OrgID, n.Value, c.Contact
		if in.User == "" {
			in.User = c.UserID
		}
	}
	return err
}

// restrict keeps a draft within what its key may do: an organization's key writes for that organization, a user's for that user.
func restrict(d *outbound.Draft, p *access.Principal) error {
	if p.Role == directory.AccountAdmin {
		return nil
	}
	if d.OrgID != "" && d.OrgID != p.OrgID {
		return noOrganization(d.OrgID)
	}
	d.Within = p.OrgID
	if p.Role != directory.UserRole {
		return nil
	}
	if d.UserID == "" {
		d.UserID = p.UserID
	}
	if d.UserID != p.UserID {
		return fault.New(fault.Forbidden, "user", "a user's key writes for that user alone")
	}
	return nil
}

// maxIdempotencyKey is how long an Idempotency-Key may be.
const maxIdempotencyKey = 255

// once carries out a send under the request's Idempotency-Key, if it has one, and answers 202.
func (s *Server) once(w http.ResponseWriter, r *http.Request, p *access.Principal, do func(key string) (message.Ack, error)) error {
	key := r.Header.Get("Idempotency-Key")
	if key != "" {
		if len(key) > maxIdempotencyKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return fault.New(fault.Invalid, "Idempotency-Key", "must be at most %d printable characters", maxIdempotencyKey)
		}
		key = clean(key)
		if !s.running.begin(p.AccountID, key) {
			f := fault.New(fault.Conflict, "Idempotency-Key", "the first request with this key is still running")
			f.RetryAfter = time.Second
			return f
		}
		defer s.running.end(p.AccountID, key)
	}
	a, err := do(key)
	if err != nil {
		return err
	}
	status := a.Status
	if a.Repeated {
		status = message.Queued // what the first answer said
	}
	sendBytes(w, http.StatusAccepted, appendAccepted(make([]byte, 0, 96), a.ID, status))
	return nil
}

// acceptedView is the answer to a send.
type acceptedView struct {
	ID     string         `json:"id" doc:"The message's id."`
	Status message.Status `json:"status" doc:"Where it stands: queued. What is told to a program is sent with that."`
}

// appendAccepted writes an acceptedView, the answer of the hot call, without reflection; ids and statuses are our own words and need no escaping.
func appendAccepted(b []byte, id string, status message.Status) []byte {
	b = append(b, `{"id":"`...)
	b = append(b, id...)
	b = append(b, `","status":"`...)
	b = append(b, status...)
	return append(b, `"}`...)
}

// running is the idempotency keys whose first request has not been answered.
type running struct {
	mu   sync.Mutex
	keys map[string]struct{}
}

func (r *running) begin(accountID, key string) bool {
	k := accountID + "\x00" + key
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, busy := r.keys[k]; busy {
		return false
	}
	if r.keys == nil {
		r.keys = map[string]struct{}{}
	}
	r.keys[k] = struct{}{}
	return true
}

func (r *running) end(accountID, key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.keys, accountID+"\x00"+key)
}

// messageOf is a message that the caller sees. Of a user: only of numbers assigned to them, and of no colleague's private conversation.
func (s *Server) messageOf(ctx context.Context, p *access.Principal, id string) (*message.View, error) {
	v, err := s.o.Store.Message(ctx, p.AccountID, id)
	if err != nil {
		return nil, err
	}
	missing := fault.New(fault.NotFound, "id", "no message %q", id)
	if !p.SeesOrganization(v.OrgID) {
		return nil, missing
	}
	if p.Role != directory.UserRole {
		return v, nil
	}
	c, err := s.o.Store.Conversation(ctx, p.AccountID, v.ConversationID)
	if err != nil {
		return nil, fmt.Errorf("conversation of message %s: %w", id, err)
	}
	if sees, err := s.seesConversation(ctx, p, c); err != nil || !sees {
		if err == nil {
			err = missing
		}
		return nil, err
	}
	return v, nil
}

// seesConversation asks for the number's users at this moment, so that un-assigning takes effect on the next request.
func (s *Server) seesConversation(ctx context.Context, p *access.Principal, c *directory.Conversation) (bool, error) {
	if !p.SeesOrganization(c.OrgID) {
		return false, nil
	}
	if p.Role != directory.UserRole {
		return true, nil
	}
	if c.UserID != "" && c.UserID != p.UserID {
		return false, nil
	}
	if c.NumberID == "" {
		return c.UserID == p.UserID, nil // its contact lives in a program: there is no number to be assigned to
	}
	n, err := s.o.Store.Number(ctx, p.AccountID, c.NumberID)
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return p.SeesNumber(n), nil
}

func (s *Server) getMessage(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	v, err := s.messageOf(r.Context(), p, clean(r.PathValue("id")))
	if err != nil {
		return err
	}
	out := notify.ViewOf(v, s.o.Link, true)
	if p.Role == directory.UserRole {
		out.Edits = nil // the record is the organization's: what was taken back is taken back
		for i := range out.Attempts {
			if out.Deleted {
				out.Attempts[i].Request, out.Attempts[i].Response = "", "" // the text stands in them
			}
		}
	}
	return send(w, http.StatusOK, out)
}

func (s *Server) listMessages(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	f, err := s.messageFilter(r, p)
	if err != nil {
		return err
	}
	return s.sendMessages(w, r, f, at)
}

// sendMessages answers a page of messages, without their attempts.
func (s *Server) sendMessages(w http.ResponseWriter, r *http.Request, f message.Filter, at store.Page) error {
	rows, next, err := s.o.Store.Messages(r.Context(), f, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, func(v *message.View) notify.MessageView { return notify.ViewOf(v, s.o.Link, false) }))
}

// scope is whose messages a list may show: the organization asked for, if the caller sees it, and of a user only their own.
func (s *Server) scope(r *http.Request, p *access.Principal) (orgID, userID string, err error) {
	orgID = clean(r.URL.Query().Get("orgid"))
	if orgID != "" {
		if _, err := s.organization(r, p, orgID); err != nil {
			return "", "", err
		}
	}
	if p.Role != directory.AccountAdmin {
		orgID = p.OrgID
	}
	if p.Role == directory.UserRole {
		userID = p.UserID
	}
	return orgID, userID, nil
}

// spelled is a number as the store keeps it, when it can be read as one.
func spelled(number string) string {
	if number == "" {
		return ""
	}
	if strings.HasPrefix(number, " ") { // an unescaped + in a query is a space
		number = "+" + strings.TrimSpace(number)
	}
	if kept, err := phone.Parse(number, ""); err == nil {
		return kept
	}
	return number
}

// resendInput is what a message says when it is sent again.
type resendInput struct {
	Content *string `json:"content" doc:"The text, where it was what was wrong. It is sent as it stands here: the header and footer of the number are part of the old text. Left out: as before."`
}

func (s *Server) resendMessage(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	v, err := s.writable(r, p)
	if err != nil {
		return err
	}
	var in resendInput
	if err := decodeIfAny(w, r, &in); err != nil {
		return err
	}
	return s.once(w, r, p, func(key string) (message.Ack, error) {
		return s.o.Outbound.Resend(r.Context(), p.AccountID, v.ID, key, in.Content)
	})
}

func (s *Server) dismissMessage(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	return s.change(w, r, p, s.o.Outbound.Dismiss)
}

func (s *Server) cancelMessage(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	return s.change(w, r, p, s.o.Outbound.Cancel)
}

// deleteMessage takes a queued message back. What a provider may have had is history, and history is not deleted: 409.
func (s *Server) deleteMessage(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	v, err := s.writable(r, p)
	if err != nil {
		return err
	}
	if err := s.o.Outbound.Cancel(r.Context(), p.AccountID, v.ID); err != nil {
		return err
	}
	return none(w)
}

// writable is an outbound message that the caller sees. An inbound one cannot be sent again, dismissed or taken back.
func (s *Server) writable(r *http.Request, p *access.Principal) (*message.View, error) {
	v, err := s.messageOf(r.Context(), p, clean(r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	if v.Direction != message.Outbound {
		return nil, fault.New(fault.Conflict, "id", "an inbound message cannot be sent, dismissed or cancelled")
	}
	return v, nil
}

// change does something to a message and shows what has become of it.
func (s *Server) change(w http.ResponseWriter, r *http.Request, p *access.Principal, do func(ctx context.Context, accountID, id string) error) error {
	v, err := s.writable(r, p)
	if err != nil {
		return err
	}
	if err := do(r.Context(), p.AccountID, v.ID); err != nil {
		return err
	}
	if v, err = s.o.Store.Message(r.Context(), p.AccountID, v.ID); err != nil {
		return err
	}
	return send(w, http.StatusOK, notify.ViewOf(v, s.o.Link, true))
}
