package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/outbound"
	"patchbay/internal/phone"
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
	typeCall = 8 // content is an object: a call that contact and user had
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
	Timestamp  loose          `json:"timestamp"`

	text  string          // content, when it is text
	urls  []string        // or the file
	call  string          // or the call
	files []message.Media // or what was uploaded, and is kept already
	at    time.Time       // timestamp; zero: now
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
	return s.carry(ctx, p, r, &in)
}

// carry takes a message, or the opening of a session, where it belongs.
func (s *Server) carry(ctx context.Context, p *access.Principal, r *http.Request, in *rpcText) (any, error) {
	o, err := s.rpcOrganization(r, p, in.place)
	if err != nil {
		return nil, err
	}
	if in.SessionID != "" {
		return s.rpcAppend(ctx, o, in)
	}
	sd, err := s.sides(ctx, o, in)
	if err != nil {
		return nil, err
	}
	switch {
	case in.isOpening(), in.call != "":
		return s.rpcOpen(ctx, o, in, sd)
	case sd.told != nil:
		key, err := idempotencyKey(r)
		if err != nil {
			return nil, err
		}
		a, err := s.tell(ctx, told{conversation: sd.told, writer: sd.user, text: in.text, urls: in.urls, files: in.files, key: key})
		return kept{MessageID: a.ID, SessionID: a.ConversationID}, err
	case sd.outward:
		return s.rpcOutbound(ctx, r, p, o, in, sd)
	}
	return s.rpcInbound(ctx, p, o, in, sd)
}

// isOpening reports whether nothing is said: only a session is asked for.
func (in *rpcText) isOpening() bool {
	return in.text == "" && in.call == "" && len(in.urls) == 0 && len(in.files) == 0
}

// read checks what can be checked without looking anything up.
func (in *rpcText) read() error {
	if err := in.readTime(time.Now()); err != nil {
		return err
	}
	kind := in.Content.Kind()
	switch in.Type {
	case 0, typeText, typeFile:
	case typeCall:
		if kind != '{' {
			return fault.New(fault.Invalid, "content", "with type 8 it must be an object like {\"duration\": 60, \"caller\": …, \"called\": …}")
		}
		if len(in.Content) > maxExtra {
			return fault.New(fault.Invalid, "content", "has %d bytes; at most %d of a call are kept", len(in.Content), maxExtra)
		}
		in.call = string(in.Content)
		return nil
	default:
		return fault.New(fault.Invalid, "type", "%d is not possible; 1 is a text, 7 a file by its address, 8 a call", in.Type)
	}
	if (kind == 0 || kind == 'n') && in.SessionID == "" && in.Type != typeFile {
		return nil // a session is opened
	}
	if kind != '"' {
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

// readTime reads the time of something that happened before.
func (in *rpcText) readTime(now time.Time) error {
	if in.Timestamp == "" {
		return nil
	}
	ms, err := strconv.ParseInt(string(in.Timestamp), 10, 64)
	if err != nil || ms <= 0 || ms > now.Add(24*time.Hour).UnixMilli() {
		return fault.New(fault.Invalid, "timestamp", "must be milliseconds since 1970, and not in the future")
	}
	if in.at = time.UnixMilli(ms); in.at.After(now) {
		in.at = now // a clock that is a little fast
	}
	return nil
}

// rpcOutbound sends a text as every text is sent, through the number's service.
func (s *Server) rpcOutbound(ctx context.Context, r *http.Request, p *access.Principal, o *directory.Organization, in *rpcText, sd sides) (any, error) {
	d := outbound.Draft{
		AccountID: p.AccountID, OrgID: o.ID, From: sd.number.Value, To: sd.contact, Content: in.text, URLs: in.urls, Files: in.files,
	}
	var err error
	if d.IdempotencyKey, err = idempotencyKey(r); err != nil {
		return nil, err
	}
	if sd.user != nil {
		d.UserID = sd.user.ID
	}
	a, err := s.o.Outbound.Accept(ctx, d)
	if err != nil {
		return nil, err
	}
	return kept{MessageID: a.ID, SessionID: a.ConversationID}, nil
}

func idempotencyKey(r *http.Request) (string, error) {
	key := clean(r.Header.Get("Idempotency-Key"))
	if len(key) > maxIdempotencyKey {
		return "", fault.New(fault.Invalid, "Idempotency-Key", "must be at most %d characters", maxIdempotencyKey)
	}
	return key, nil
}

// rpcInbound keeps what a contact wrote through a program. To an SMS number, the contact is a phone like any other; to a user, it lives in the program.
func (s *Server) rpcInbound(ctx context.Context, p *access.Principal, o *directory.Organization, in *rpcText, sd sides) (any, error) {
	now := time.Now()
	var err error
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
	arrival.Message, arrival.Media = m, in.media(m.ID)
	if arrival.Sender, err = in.sender(m.From, s.countryOf(ctx, o, sd.number)); err != nil {
		return nil, err
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

// media is the files of the message: kept already, or to be fetched.
func (in *rpcText) media(id string) (list []message.Media) {
	for i, f := range in.files {
		f.MessageID, f.N = id, i
		list = append(list, f)
	}
	for i, u := range in.urls {
		list = append(list, message.Media{
			ID: message.NewID(), MessageID: id, N: len(in.files) + i, SourceURL: message.FileOrigin{URL: u}.String(), Name: nameIn(u), State: message.MediaPending,
		})
	}
	return list
}

// sender is what the program says of the contact, nil when it says nothing. from is by what the contact is known.
func (in *rpcText) sender(from, country string) (*message.Sender, error) {
	c := directory.Contact{}
	given := contactInput{Name: &in.SenderName, Info: in.SenderInfo}
	if in.SenderName == "" && (in.SenderInfo.Kind() == 0 || in.SenderInfo.Kind() == 'n') {
		return nil, nil
	}
	c.Addresses = []string{from}
	if err := given.apply(&c, country, "", time.Now()); err != nil {
		return nil, within(err, "sender")
	}
	out := &message.Sender{Name: c.Name, Info: c.Info, Addresses: []string{from}}
	if out.Info == "" {
		out.Info = "{}"
	}
	for _, a := range c.Addresses {
		if a != from {
			out.Addresses = append(out.Addresses, a)
		}
	}
	return out, nil
}

// nameIn is the last part of an address's path.
func nameIn(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path[strings.LastIndex(u.Path, "/")+1:]
}
