package exchange

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"patchbay/internal/wire"
)

// Config is what the operator decides.
type Config struct {
	// AllowPrivate lists internal addresses that may be reached, each "host:port" exactly as requests name it, or "ip:port".
	// They may be reached by plain http too.
	AllowPrivate []string
	// AllowPlain lets requests reach any public address by plain http and on any port, not only by https on the usual ones.
	AllowPlain bool
	Log        *slog.Logger
}

// Door is safe for many goroutines.
type Door struct{}

// NewDoor refuses an entry that is no host:port.
func NewDoor(c Config) (*Door, error) { return nil, errors.New("not built") }

// Allow lets requests reach one more internal address: the sandbox's simulator. Call it before traffic begins.
func (d *Door) Allow(hostport string) error { return errors.New("not built") }

// RefuseOwn closes the door to an address that we listen on ourselves, by whatever name it is called.
func (d *Door) RefuseOwn(addr net.Addr) {}

// Do sends one request, once, and reads its answer.
func (d *Door) Do(ctx context.Context, req *wire.Request, o Options) Exchange { return Exchange{} }

// Incoming is an answer whose body is still to be read. Close it.
type Incoming struct {
	Status int
	Header http.Header
	Body   io.ReadCloser // as it comes, not decompressed, ends with an error past MaxBody
}

// Open sends one request, once, and returns as soon as the head of the answer is there: for files. Nothing is recorded.
// The error's text is safe to show; IsBlocked tells whether the guard said no.
func (d *Door) Open(ctx context.Context, req *wire.Request, o Options) (*Incoming, error) {
	return nil, errors.New("not built")
}

// Close drops idle connections.
func (d *Door) Close() {}

var _ = time.Now

// IsBlocked reports whether the guard refused an address. For our own records only: a tenant is told the same as when nobody answers there.
func IsBlocked(err error) bool { return false }
