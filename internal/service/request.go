package service

import (
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/wire"
)

// Sending is one outbound message as the file's patterns see it.
type Sending struct {
	ID             string // ours, the same in every attempt: $id$
	From, To       string // E.164, a short code or a name
	Text           string // text, or caption of the files
	Files          []File // each with its public URL; Data only where the file inlines it
	Extension      string
	Username       string
	Domain         string
	OrgID          string
	WebhookURL     string
	Country        string // of our number
	OutboundFormat string // of our number: national | national0 | e164 | international | "" (E.164)
	Segments       int
	Encoding       string // gsm7 | ucs2
	Created        time.Time
}

// Attempt is what differs from try to try.
type Attempt struct {
	Now  time.Time
	UUID string
}

// Bound is a service with an integration's property values: ready to send and to read. Immutable, safe for any number of goroutines;
// callers keep one per integration for as long as its values and its service version stay.
type Bound struct {
	*Service
	binding
}

// Bind puts an integration's property values in. It fails with every property that is missing, unknown or not among its choices.
func (s *Service) Bind(props map[string]string) (*Bound, error) {
	return nil, fault.New(fault.Internal, "", "not built yet")
}

// Secrets is every value that must never be shown, for redaction by value: secret properties, and what auth makes of them.
func (b *Bound) Secrets() []string { return nil }

// Parts is how many requests the message takes, or why it cannot be sent: which method carries it may depend on a property.
func (b *Bound) Parts(m *Sending) (int, error) {
	return 0, fault.New(fault.Internal, "", "not built yet")
}

// Request is the part-th request of the message (from 0).
func (b *Bound) Request(m *Sending, part int, at Attempt) (*wire.Request, error) {
	return nil, fault.New(fault.Internal, "", "not built yet")
}

// Idempotent reports whether the provider takes the same part twice as one: only then may an unclear attempt be repeated.
func (b *Bound) Idempotent(m *Sending, part int) bool { return false }

// Response is what the provider's answer to the part-th request says. Transport errors are the caller's: no byte written is
// message.Unreached, anything after that without an answer is message.Maybe.
func (b *Bound) Response(m *Sending, part int, r *wire.Response, now time.Time) message.Result {
	return message.Result{}
}

// FileRequest is the request that fetches a file of an inbound message. Credentials go only to the hosts that the file names.
func (b *Bound) FileRequest(f File) (*wire.Request, error) {
	return nil, fault.New(fault.Internal, "", "not built yet")
}
