package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/outbound"
	"patchbay/internal/phone"
	"patchbay/internal/store"
)

// Arrivals keeps messages that come from programs and not from a provider.
type Arrivals interface {
	// Arrive keeps inbound messages as a callback's are kept, in one commit.
	Arrive(ctx context.Context, accountID string, now time.Time, arrivals []message.Arrival) ([]message.Ack, error)
	// Report moves an outbound message as a receipt of that status would.
	Report(ctx context.Context, accountID, id string, status message.Status, now time.Time) error
}

// Types of `message`.
const (
	typeText = 1
	typeFile = 7 // content is the file's address
)

// rpcText is the parameters of `message`.
type rpcText struct {
	place
	From       loose          `json:"from"`
	To         loose          `json:"to"`
	UserID     loose          `json:"userid"`
	SenderID   loose          `json:"senderid"`
	SenderName string         `json:"sendername"`
	SenderInfo jsontext.Value `json:"senderinfo"`
	SessionID  string         `json:"sessionid"`
	Content    jsontext.Value `json:"content"`
	Type       int            `json:"type"`

	text string   // content, when it is text
	urls []string // or the file
}

// kept is what `message` answers.
type kept struct {
	MessageID string `json:"messageid"`
	SessionID string `json:"sessionid"`
}

func (s *Server) rpcMessage(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	in, err := params[rpcText](raw)
	if err != nil {
		return nil, err
	}
	if err := in.read(); err != nil {
		return nil, err
	}
	o, err := s.rpcOrganization(r, p, in.place)
	if err != nil {
		return nil, err
	}
	sides, err := s.sides(ctx, o, &in)
	if err != nil {
		return nil, err
	}
	if sides.outward {
		return s.rpcOutbound(ctx, r, p, o, &in, sides)
	}
	return s.rpcInbound(ctx, p, o, &in, sides)
}

// read checks what can be checked without looking anything up.
func (in *rpcText) read() error {
	if in.SessionID != "" {
		return fault.New(fault.Invalid, "sessionid", "appending to a session is not possible yet; leave it out")
	}
	switch in.Type {
	case 0, typeText, typeFile:
	default:
		return fault.New(fault.Invalid, "type", "%d is not possible; 1 is a text, 7 a file by its address", in.Type)
	}
	if in.Content.Kind() != '"' {
		return fault.New(fault.Invalid, "content", "must be a text, or with type 7 the address of a file")
	}
	text, err := jsontext.AppendUnquote(nil, in.Content)
	if err != nil && len(text) == 0 {
		return fault.New(fault.Invalid, "content", "cannot be read")
	}
	in.text = clean(string(text))
	if in.text == "" {
		return fault.New(fault.Invalid, "content", "is empty")
	}
	if in.Type != typeFile {
		return nil
	}
	u, err := url.Parse(in.text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fault.New(fault.Invalid, "content", "with type 7 it must be the http or https address of a file")
	}
	in.urls, in.text = []string{in.text}, ""
	return nil
}

// sides says which way a message goes and between whom.
type sides struct {
	outward bool
	number  *directory.Number // ours; nil when the contact writes to a user
	user    *directory.User   // inbound: to whom; outbound: who writes, or nil
	contact string            // as it was spelled
}

// sides decides the direction: which side is ours decides. To is looked up among the organization's numbers first, then its extensions.
func (s *Server) sides(ctx context.Context, o *directory.Organization, in *rpcText) (sides, error) {
	from, err := s.numberCalled(ctx, o, string(in.From))
	if err != nil {
		return sides{}, err
	}
	to, err := s.numberCalled(ctx, o, string(in.To))
	if err != nil {
		return sides{}, err
	}
	toUser, err := s.userCalled(ctx, o, in, to)
	if err != nil {
		return sides{}, err
	}
	contact := string(in.From)
	if contact == "" {
		contact = string(in.SenderID)
	}
	if utf8.RuneCountInString(contact) > maxName {
		return sides{}, fault.New(fault.Invalid, "from", "must have at most %d characters", maxName)
	}
	switch {
	case in.UserID != "" && in.To != "" && to == nil:
		return s.byUser(ctx, o, in, from, toUser)
	case from != nil && (to != nil || toUser != nil):
		return sides{}, fault.New(fault.Invalid, "to", "both from and to are this organization's; one side must be a contact")
	case from != nil && in.To == "":
		return sides{}, fault.New(fault.Invalid, "to", "is missing")
	case from != nil:
		return sides{outward: true, number: from, contact: string(in.To)}, nil
	case to != nil || toUser != nil:
		if contact == "" {
			return sides{}, fault.New(fault.Invalid, "from", "is missing; name the contact by from, or by senderid")
		}
		return sides{number: to, user: toUser, contact: contact}, nil
	}
	return sides{}, fault.New(fault.Invalid, "to",
		"neither from nor to is this organization's; one side must be one of its SMS numbers, an extension, or a userid")
}

// byUser is a text that a user writes to an outside number: from one of ours that is named, or from the only one they have.
func (s *Server) byUser(ctx context.Context, o *directory.Organization, in *rpcText, from *directory.Number, writer *directory.User) (sides, error) {
	if other, err := s.o.Store.UserByExtension(ctx, o.AccountID, o.ID, string(in.To)); err == nil && other != nil {
		return sides{}, fault.New(fault.Invalid, "to", "both userid and to are this organization's; one side must be a contact")
	} else if err != nil && fault.CodeOf(err) != fault.NotFound {
		return sides{}, err
	}
	if from == nil && in.From != "" {
		return sides{}, fault.New(fault.Invalid, "from", "%q is no SMS number of this organization", in.From)
	}
	if from != nil {
		return sides{outward: true, number: from, user: writer, contact: string(in.To)}, nil
	}
	numbers, err := s.numbersOf(ctx, o)
	if err != nil {
		return sides{}, err
	}
	for i := range numbers {
		if !numbers[i].Has(writer.ID) {
			continue
		}
		if from != nil {
			return sides{}, fault.New(fault.Invalid, "from", "is missing, and the user has several SMS numbers")
		}
		from = &numbers[i]
	}
	if from == nil {
		return sides{}, fault.New(fault.Forbidden, "userid", "the user is not assigned to any SMS number")
	}
	return sides{outward: true, number: from, user: writer, contact: string(in.To)}, nil
}

// userCalled is the user that a call names: by userid, or, when to is no number of ours, by extension.
func (s *Server) userCalled(ctx context.Context, o *directory.Organization, in *rpcText, to *directory.Number) (*directory.User, error) {
	if in.UserID != "" {
		u, err := s.o.Store.User(ctx, o.AccountID, string(in.UserID))
		if err != nil {
			return nil, err
		}
		if u.OrgID != o.ID {
			return nil, fault.New(fault.NotFound, "userid", "no user %q", in.UserID)
		}
		return u, nil
	}
	if in.To == "" || to != nil {
		return nil, nil
	}
	u, err := s.o.Store.UserByExtension(ctx, o.AccountID, o.ID, string(in.To))
	if fault.CodeOf(err) == fault.NotFound {
		return nil, nil
	}
	return u, err
}

func (s *Server) numbersOf(ctx context.Context, o *directory.Organization) ([]directory.Number, error) {
	return everything(func(cursor string) ([]directory.Number, string, error) {
		return s.o.Store.Numbers(ctx, o.AccountID, o.ID, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
}

// numberCalled finds a number of the organization in any of its spellings, or nil.
func (s *Server) numberCalled(ctx context.Context, o *directory.Organization, spelling string) (*directory.Number, error) {
	if spelling == "" {
		return nil, nil
	}
	if value, err := phone.Parse(spelling, ""); err == nil {
		n, err := s.o.Store.NumberByValue(ctx, o.AccountID, value)
		if err != nil {
			return nil, err
		}
		if n != nil && n.OrgID == o.ID {
			return n, nil
		}
	}
	numbers, err := s.numbersOf(ctx, o)
	if err != nil {
		return nil, err
	}
	owned := make([]phone.Owned, len(numbers))
	for i, n := range numbers {
		owned[i] = phone.Owned{Number: n.Value, Country: n.Country}
	}
	if i := phone.NewBook(owned).Find(spelling); i >= 0 {
		return &numbers[i], nil
	}
	return nil, nil
}

// rpcOutbound sends a text as every text is sent, through the number's service.
func (s *Server) rpcOutbound(ctx context.Context, r *http.Request, p *access.Principal, o *directory.Organization, in *rpcText, sd sides) (any, error) {
	d := outbound.Draft{
		AccountID: p.AccountID, OrgID: o.ID, From: sd.number.Value, To: sd.contact, Content: in.text, URLs: in.urls,
		IdempotencyKey: clean(r.Header.Get("Idempotency-Key")),
	}
	if sd.user != nil {
		d.UserID = sd.user.ID
	}
	if len(d.IdempotencyKey) > maxIdempotencyKey {
		return nil, fault.New(fault.Invalid, "Idempotency-Key", "must be at most %d characters", maxIdempotencyKey)
	}
	a, err := s.o.Outbound.Accept(ctx, d)
	if err != nil {
		return nil, err
	}
	return kept{MessageID: a.ID, SessionID: a.ConversationID}, nil
}

// rpcInbound keeps what a contact wrote through a program. To an SMS number, the contact is a phone like any other; to a user, it lives in the program.
func (s *Server) rpcInbound(ctx context.Context, p *access.Principal, o *directory.Organization, in *rpcText, sd sides) (any, error) {
	now := time.Now()
	m := message.Message{
		ID: message.NewID(), AccountID: p.AccountID, OrgID: o.ID, Direction: message.Inbound, From: sd.contact,
		Content: in.text, Created: now,
	}
	arrival := message.Arrival{}
	if sd.number != nil {
		n := sd.number
		m.NumberID, m.IntegrationID, m.ServiceID, m.To = n.ID, n.IntegrationID, n.ServiceID, n.Value
		if contact, err := phone.Parse(sd.contact, n.Country); err == nil {
			m.From = contact
		}
		arrival.ConversationUser, arrival.SessionTimeout = conversation.Receiver(n), n.SessionTimeout
	} else {
		m.To = sd.user.Extension
		arrival.ConversationUser = sd.user.ID
	}
	arrival.Message = m
	for i, u := range in.urls {
		arrival.Media = append(arrival.Media, message.Media{
			ID: message.NewID(), MessageID: m.ID, N: i, SourceURL: message.FileOrigin{URL: u}.String(), Name: nameIn(u), State: message.MediaPending,
		})
	}
	acks, err := s.o.Store.Arrive(ctx, p.AccountID, now, []message.Arrival{arrival})
	if err != nil {
		return nil, err
	}
	if len(acks) != 1 {
		return nil, fmt.Errorf("one message arrived and %d were kept", len(acks))
	}
	return kept{MessageID: acks[0].ID, SessionID: acks[0].ConversationID}, nil
}

// nameIn is the last part of an address's path.
func nameIn(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path[strings.LastIndex(u.Path, "/")+1:]
}

// rpcDelivered is the program's word that the contact's side received a user's message.
func (s *Server) rpcDelivered(ctx context.Context, p *access.Principal, r *http.Request, raw jsontext.Value) (any, error) {
	in, err := params[struct {
		place
		MessageID loose `json:"messageid"`
	}](raw)
	if err != nil {
		return nil, err
	}
	if in.MessageID == "" {
		return nil, fault.New(fault.Invalid, "messageid", "is missing")
	}
	o, err := s.rpcOrganization(r, p, in.place)
	if err != nil {
		return nil, err
	}
	v, err := s.o.Store.Message(ctx, p.AccountID, string(in.MessageID))
	if err != nil {
		return nil, err
	}
	switch {
	case v.OrgID != o.ID:
		return nil, fault.New(fault.NotFound, "messageid", "no message %q", in.MessageID)
	case v.Direction != message.Outbound:
		return nil, fault.New(fault.Conflict, "messageid", "this message came from the contact; only what users wrote is delivered to it")
	case v.Status.Rank() < message.Unclear.Rank():
		return nil, fault.New(fault.Conflict, "messageid", "this message is %s: it has not been sent yet", v.Status)
	}
	return nil, s.o.Store.Report(ctx, p.AccountID, v.ID, message.Delivered, time.Now())
}
