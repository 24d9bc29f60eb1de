// Package exchange is the only door to the network: one HTTP conversation, guarded, timed, bounded, recorded and redacted.
// It never sends twice, never follows a redirect, keeps no cookies and asks no proxy.
package exchange

import (
	"time"

	"patchbay/internal/wire"
)

// Phase is how far one exchange came, which is what decides whether a message may be sent again.
type Phase uint8

const (
	Unreached Phase = iota // no byte of the request left: certainly not taken
	Wrote                  // bytes left and no whole head of an answer came: it may have been taken
	Answered               // Response is there; its Cut says whether the body is not whole
)

func (p Phase) String() string { return [...]string{"unreached", "wrote", "answered"}[p] }

// Defaults of Options and Config.
const (
	DefaultTimeout = 30 * time.Second
	DefaultMaxBody = 256 << 10
	ConnectTimeout = 5 * time.Second
	MaxHeader      = 64 << 10 // of an answer, all its 1xx included
	MaxRecord      = 64 << 10 // of a recorded request, and of a recorded answer
)

// Options are what differs from one exchange to the next. The zero Options are usable.
type Options struct {
	Timeout time.Duration // of the whole exchange; 0: DefaultTimeout
	MaxBody int64         // of the answer, decompressed; 0: DefaultMaxBody
	Pool    string        // whose connections: an integration's id. Two pools never share a connection
	Secrets []string      // taken out of what is recorded and of error texts. Give the same slice each time: what is computed from it is kept
}

// Exchange is what happened. Everything in it but Response may be shown to the tenant.
type Exchange struct {
	Response *wire.Response // nil unless Answered; the body decompressed, at most MaxBody, Cut when not whole
	Phase    Phase
	Err      error  // nil exactly when a whole answer came; its text is safe to show and to keep
	Request  string // as sent: HTTP text, secrets redacted, at most MaxRecord
	Answer   string // as read: HTTP text, secrets redacted, at most MaxRecord; empty when none came
	Duration time.Duration
}
