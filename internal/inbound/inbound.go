// Package inbound turns what providers tell us into messages and receipts: a callback is verified, read and kept before
// it is answered, and applied afterwards from what was kept. It knows no provider and writes no SQL.
package inbound

import (
	"net/http"
	"sync/atomic"

	"patchbay/internal/wire"
)

// Request is one callback as the HTTP face hands it over: whole, and already within the size limit.
type Request struct {
	AccountID   string       // from the path, without its a
	ServiceID   string       // from the path
	Key         string       // the last part of the path, or ?key=
	NumberParam string       // ?number=
	HTTP        wire.Request // URL: the configured public URL with the path and query exactly as sent
	RemoteIP    string       // the real peer
}

// Answer is what the provider gets.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Counters count what became of callbacks. They start at zero with the process.
type Counters struct {
	Kept      atomic.Int64 // answered after they were durably stored
	Spooled   atomic.Int64 // kept in the spool meanwhile, for the database was away
	Refused   atomic.Int64 // unknown service, account or key, integration off, verification failed
	Empty     atomic.Int64 // HEAD, or nothing in it
	Malformed atomic.Int64 // too large, too slow, broken HTTP: the HTTP face counts these
	Unkept    atomic.Int64 // could not be stored: 503
	Applied   atomic.Int64 // became messages or receipts
	Unmatched atomic.Int64 // kept for a person to look at
	Panics    atomic.Int64 // a callback that broke its reader, contained
}

// Each names the counters, for whoever publishes them.
func (c *Counters) Each(yield func(name string, value int64)) {
	yield("kept", c.Kept.Load())
	yield("spooled", c.Spooled.Load())
	yield("refused", c.Refused.Load())
	yield("empty", c.Empty.Load())
	yield("malformed", c.Malformed.Load())
	yield("unkept", c.Unkept.Load())
	yield("applied", c.Applied.Load())
	yield("unmatched", c.Unmatched.Load())
	yield("panics", c.Panics.Load())
}
