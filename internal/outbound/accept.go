package outbound

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/phone"
	"patchbay/internal/service"
)

// Draft is a text that somebody wants sent. Who asks was checked before; whether they may use the number is checked here.
type Draft struct {
	AccountID      string
	OrgID          string          // as whoever asks named it; empty: the number's
	Within         string          // the organization that whoever asks is bound to; empty: any of the account
	UserID         string          // who writes; empty: a program, into the number's group conversation
	From           string          // a number of ours, in any spelling that is clear without a country
	To             string          // the contact; a national number is read with the number's country
	Content        string          // text, or caption of the files
	URLs           []string        // public addresses of files
	Files          []message.Media // that lie here
	IdempotencyKey string
	Validity       time.Duration // from now to the last attempt, or
	Expires        time.Time     // until when; both zero: as the number says, or as usual
}

// Bounds of a validity that somebody chooses.
const (
	MinValidity = 10 * time.Second
	MaxValidity = 7 * 24 * time.Hour
)

// Accept checks a draft and keeps it. When it returns without an error the message is durably stored and will be sent;
// before that nothing was promised.
func (f *Flow) Accept(ctx context.Context, d Draft) (message.Ack, error) {
	return f.accept(ctx, d, nil, nil)
}

// accept keeps a draft; of, when not nil, is the message that it sends once more, as it stood; reply the automatic answer that it is.
func (f *Flow) accept(ctx context.Context, d Draft, of *message.Message, reply *message.OwedReply) (message.Ack, error) {
	hash := d.hash(of)
	d = d.clean()
	if err := d.check(); err != nil {
		return message.Ack{}, err
	}
	number, err := f.number(ctx, d)
	if err != nil {
		return message.Ack{}, err
	}
	writer, err := f.writer(ctx, d, number)
	if err != nil {
		return message.Ack{}, err
	}
	for i := range d.Files {
		if org := d.Files[i].OrgID; org != "" && org != number.OrgID {
			return message.Ack{}, fault.New(fault.Invalid, "media", "the file %q is not of the number's organization: upload it there", d.Files[i].Name)
		}
	}
	to, err := contact(d.To, number)
	if err != nil {
		return message.Ack{}, err
	}
	if to == number.Value {
		return message.Ack{}, fault.New(fault.Invalid, "to", "a number cannot text itself")
	}
	r, err := f.route(ctx, number.AccountID, number.IntegrationID, "")
	if err != nil {
		return message.Ack{}, notRouted(err)
	}
	text := d.Content
	if of == nil { // a resent message has its header and footer already
		name := ""
		if writer != nil {
			name = writer.Name
		}
		text = conversation.Text(number, name, text)
	}
	if err := fits(text, r.bound.Service); err != nil {
		return message.Ack{}, err
	}

	now := time.Now()
	own := cmp.Or(d.Validity, number.Validity)
	if !d.Expires.IsZero() {
		own = d.Expires.Sub(now)
	}
	m := message.Message{
		ID: message.NewID(), AccountID: number.AccountID, OrgID: number.OrgID, Direction: message.Outbound,
		NumberID: number.ID, IntegrationID: number.IntegrationID,
		ServiceID: r.bound.ID, ServiceVersion: r.bound.Version,
		UserID: d.UserID, From: number.Value, To: to, Content: text, URLs: f.addresses(d), Status: message.Queued,
		Created: now, Expires: now.Add(cmp.Or(own, f.o.Validity)),
	}
	if of != nil {
		m.ResendOf = of.ID
	}
	if reply != nil {
		m.ID, m.Auto = reply.ID, reply.Kind
	}
	if text != "" {
		m.Encoding, m.Segments, _ = phone.Segments(text)
	}
	sending, err := f.sending(ctx, &m, number, r)
	if err != nil {
		return message.Ack{}, err
	}
	if len(d.Files) > 0 {
		n, err := f.need(ctx, r, number, m.AccountID, m.OrgID)
		if err == nil {
			err = f.expect(ctx, &d, sending, n)
		}
		if err != nil {
			return message.Ack{}, err
		}
	}
	if m.Parts, err = r.bound.Parts(sending); err != nil {
		return message.Ack{}, err
	}
	a := message.Acceptance{
		Message:          m,
		ConversationUser: conversation.Owner(number, d.UserID),
		SessionTimeout:   number.SessionTimeout,
		LaneKey:          laneKey(&m, r.bound.Limits),
		IdempotencyKey:   d.IdempotencyKey,
		BodyHash:         hash,
		OwnValidity:      own != 0,
	}
	if a.Caps, err = f.caps(ctx, number); err != nil {
		return message.Ack{}, err
	}
	for i, file := range d.Files {
		file.MessageID, file.N = m.ID, i
		a.Media = append(a.Media, file)
	}
	if reply != nil {
		a.ConversationUser, a.OwedReply = reply.UserID, true
	}
	return f.o.Store.Accept(ctx, a)
}

// caps are the number's and its organization's, as far as they have any.
func (f *Flow) caps(ctx context.Context, n *directory.Number) (caps []message.Capped, err error) {
	if c := n.DailyCap; c != (directory.Cap{}) {
		caps = append(caps, message.Capped{Owner: n.ID, Name: "the number", Messages: c.Messages, Segments: c.Segments})
	}
	o, err := found(f.o.Store.Organization(ctx, n.AccountID, n.OrgID))
	if err != nil || o == nil {
		return caps, err
	}
	if c := o.DailyCap; c != (directory.Cap{}) {
		caps = append(caps, message.Capped{Owner: o.ID, Name: "the organization", Messages: c.Messages, Segments: c.Segments})
	}
	return caps, nil
}

// hash is what tells a repeated request from another one under the same idempotency key: the request, whichever key of the account asks.
// Who writes is part of it, also where a user's key says so: the message is another one, in another conversation.
func (d *Draft) hash(of *message.Message) (sum [32]byte) {
	h := sha256.New()
	write := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	for _, s := range []string{d.OrgID, d.UserID, d.From, d.To, d.Content} {
		write(s)
	}
	for _, u := range d.URLs {
		write(u)
	}
	for _, file := range d.Files {
		write("upload " + file.Name + "\x00" + file.MediaType + "\x00" + strconv.FormatInt(file.Size, 10))
		if file.Shared { // the caller names it by its id; what comes with the request is a new one each time
			write(file.Path)
		}
	}
	if d.Validity != 0 || !d.Expires.IsZero() {
		write("valid for " + d.Validity.String() + " or until " + d.Expires.UTC().String())
	}
	if of != nil {
		write("resend of " + of.ID)
	}
	h.Sum(sum[:0])
	return sum
}

// addresses are those of all files of a draft: first the ones given, then the links to those that lie here.
func (f *Flow) addresses(d Draft) []string {
	urls := d.URLs
	for _, file := range d.Files {
		urls = append(urls[:len(urls):len(urls)], f.o.Link(file.ID))
	}
	return urls
}

// number is the draft's number, if whoever asks may know it at all. One that belongs to somebody else and one that nobody
// has get the same answer.
func (f *Flow) number(ctx context.Context, d Draft) (*directory.Number, error) {
	n, err := f.o.Store.NumberByValue(ctx, d.AccountID, d.From)
	if err != nil {
		return nil, err
	}
	if n == nil {
		if value, bad := phone.Parse(d.From, ""); bad == nil && value != d.From {
			if n, err = f.o.Store.NumberByValue(ctx, d.AccountID, value); err != nil {
				return nil, err
			}
		}
	}
	if n == nil || d.OrgID != "" && n.OrgID != d.OrgID || d.Within != "" && n.OrgID != d.Within {
		return nil, fault.New(fault.Forbidden, "from", "%q is not a number of yours: send from a number of the organization, written like +15551234000", d.From)
	}
	return n, nil
}

// writer is the user who writes, if there is one, and if they are assigned to the number.
func (f *Flow) writer(ctx context.Context, d Draft, n *directory.Number) (*directory.User, error) {
	if d.UserID == "" {
		return nil, nil
	}
	u, err := f.o.Store.User(ctx, d.AccountID, d.UserID)
	if fault.CodeOf(err) == fault.NotFound || err == nil && (u == nil || u.OrgID != n.OrgID) {
		return nil, fault.New(fault.Forbidden, "user", "%q is not a user of the number's organization", d.UserID)
	}
	if err != nil {
		return nil, err
	}
	if !n.Has(d.UserID) {
		return nil, fault.New(fault.Forbidden, "user", "the user is not assigned to this number: assign them, or send from one of theirs")
	}
	return u, nil
}

// contact is whom the text goes to.
func contact(to string, n *directory.Number) (string, error) {
	value, err := phone.Parse(to, n.Country)
	if err != nil {
		return "", fault.New(fault.Invalid, "to", "%q is not a number: write it like +15551234000, or as a national number of the country of your own", to)
	}
	if phone.KindOf(value) == phone.Name {
		return "", fault.New(fault.Invalid, "to", "%q is a sender's name: nobody can text it, write a number like +15551234000", to)
	}
	return value, nil
}

// notRouted turns what keeps a number from sending into what its owner can act on.
func notRouted(err error) error {
	if code := fault.CodeOf(err); code == fault.Internal {
		return err
	}
	return fault.New(fault.Conflict, "from", "this number cannot send now: %s", err)
}

// fits refuses a text that the provider would not take.
func fits(text string, s *service.Service) error {
	limit := s.Limits.MaxLength
	if limit <= 0 {
		limit = maxLength
	}
	if n := length(text); n > limit {
		return fault.New(fault.Invalid, "content", "the text has %d characters, with the number's header and footer, and at most %d may be sent: shorten it", n, limit)
	}
	return nil
}
