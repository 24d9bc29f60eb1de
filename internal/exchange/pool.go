package exchange

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/internal/secret"
)

const (
	maxPools     = 1024
	poolIdle     = 2 * time.Minute
	sweepEvery   = 30 * time.Second
	idlePerHost  = 256 // as many connections as come back are kept: a burst of sends does not dial anew for each
	writeBufSize = 8 << 10
)

// pool is the connections of one integration, and what is computed once for it.
type pool struct {
	transport *http.Transport
	redactor  atomic.Pointer[known]
	users     int // guarded by pools.mu
	last      time.Time
}

type known struct {
	secrets  []string
	redactor *secret.Redactor
}

// redact is the redactor of secrets, kept as long as they stay the same.
func (p *pool) redact(secrets []string) *secret.Redactor {
	if k := p.redactor.Load(); k != nil && slices.Equal(k.secrets, secrets) {
		return k.redactor
	}
	k := &known{secrets: slices.Clone(secrets), redactor: secret.NewRedactor(secrets...)}
	p.redactor.Store(k)
	return k.redactor
}

// pools keeps them apart, and keeps few: one that nobody used for a while is closed.
type pools struct {
	dial *dialer

	mu    sync.Mutex
	by    map[string]*pool
	swept time.Time
}

// take lends the pool called name. Give it back with the function.
func (ps *pools) take(name string) (*pool, func()) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	now := time.Now()
	p := ps.by[name]
	if p == nil {
		if now.Sub(ps.swept) > sweepEvery || len(ps.by) >= maxPools {
			ps.sweep(now)
		}
		p = &pool{transport: newTransport(ps.dial)}
		ps.by[name] = p
	}
	p.users++
	p.last = now
	return p, func() {
		ps.mu.Lock()
		p.users--
		ps.mu.Unlock()
	}
}

// sweep closes pools that are idle and, when there are still too many, the one that has been idle longest. Connections in use are
// never touched; one that comes back to a closed pool lives idleLife at most.
func (ps *pools) sweep(now time.Time) {
	ps.swept = now
	oldest := ""
	for name, p := range ps.by {
		if p.users > 0 {
			continue
		}
		if now.Sub(p.last) > poolIdle {
			ps.drop(name)
		} else if oldest == "" || p.last.Before(ps.by[oldest].last) {
			oldest = name
		}
	}
	if len(ps.by) >= maxPools && oldest != "" {
		ps.drop(oldest)
	}
}

func (ps *pools) drop(name string) {
	ps.by[name].transport.CloseIdleConnections()
	delete(ps.by, name)
}

// renew has whoever comes next dial anew: a kept connection was judged by rules that hold no more. One that is in use comes back to a pool that
// nobody asks.
func (ps *pools) renew() { ps.close() }

func (ps *pools) close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.by {
		p.transport.CloseIdleConnections()
	}
	clear(ps.by)
}

func newTransport(d *dialer) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  nil, // not from the environment: a proxy would connect where the guard cannot look
		DialContext:            d.plain,
		DialTLSContext:         d.secure(),
		Protocols:              protocols,
		DisableCompression:     true, // we unpack ourselves, with a limit
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleLife,
		MaxResponseHeaderBytes: MaxHeader,
		WriteBufferSize:        writeBufSize, // a whole request in one packet
	}
}
