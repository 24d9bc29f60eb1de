package exchange

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
	"time"

	"patchbay/internal/failpoint"
	"patchbay/internal/secret"
	"patchbay/internal/wire"
)

// Config is what the operator decides.
type Config struct {
	// AllowPrivate lists internal addresses that may be reached, each "host:port" exactly as requests name it, or "ip:port".
	// They may be reached by plain http too.
	AllowPrivate []string
	// AllowPlain lets requests reach any public address by plain http and on any port, not only by https on the usual ones.
	AllowPlain bool
	// Roots are the certificate authorities to believe; nil: the system's.
	Roots *x509.CertPool
	Log   *slog.Logger
}

// Door is safe for many goroutines.
type Door struct {
	guard *guard
	pools *pools
	log   *slog.Logger
}

// NewDoor refuses an entry that is no host:port.
func NewDoor(c Config) (*Door, error) {
	listed, err := readList(c.AllowPrivate)
	if err != nil {
		return nil, err
	}
	g := newGuard(c.AllowPlain)
	g.decide(listed, c.AllowPlain)
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Door{guard: g, log: log, pools: &pools{dial: newDialer(g, c.Roots), by: map[string]*pool{}}}, nil
}

func readList(addresses []string) (list, error) {
	l := newList()
	for _, a := range addresses {
		if err := l.add(a); err != nil {
			return list{}, fmt.Errorf("allowed private address: %w", err)
		}
	}
	return l, nil
}

// Decide prepares other decisions of the operator about what may be reached. They hold once apply is called: for requests that begin then, which
// use no connection that was made before. What is under way ends as it began.
func (d *Door) Decide(allowPrivate []string, allowPlain bool) (apply func(), err error) {
	listed, err := readList(allowPrivate)
	if err != nil {
		return nil, err
	}
	return func() {
		d.guard.decide(listed, allowPlain)
		d.pools.renew()
	}, nil
}

// Allow lets requests reach one more internal address: the sandbox's simulator.
func (d *Door) Allow(hostport string) error { return d.guard.allow(hostport) }

// RefuseOwn closes the door to an address that we listen on ourselves, by whatever name it is called. No list opens it again.
func (d *Door) RefuseOwn(addr net.Addr) { d.guard.refuseOwn(addr) }

// Close drops idle connections.
func (d *Door) Close() { d.pools.close() }

// Do sends one request, once, and reads its answer.
func (d *Door) Do(ctx context.Context, in *wire.Request, o Options) Exchange {
	start := time.Now()
	p, giveBack := d.pools.take(o.Pool)
	defer giveBack()
	redactor := p.redact(both(o.Secrets, in.Secrets))
	ctx, cancel := context.WithTimeout(ctx, orElse(o.Timeout, DefaultTimeout))
	defer cancel()

	var x Exchange
	req, pass, err := prepare(ctx, d.guard, in)
	if err != nil {
		x.Err, x.Duration = err, time.Since(start)
		return x
	}
	x.Request = recordRequest(req, in.Body, redactor)
	if err := failpoint.At("leave"); err != nil {
		x.Err = &Error{text: err.Error()}
		return x
	}
	res, phase, err := d.send(req, p, pass, redactor)
	x.Phase = phase
	if err != nil {
		x.Err, x.Duration = err, time.Since(start)
		return x
	}
	if err := failpoint.At("answered"); err != nil {
		_ = res.Body.Close()
		x.Phase, x.Err = Wrote, &Error{text: err.Error()}
		return x
	}
	body, err := readBody(res, orElse(o.MaxBody, DefaultMaxBody))
	_ = res.Body.Close()
	x.Err, x.Duration = err, time.Since(start)
	x.Answer = recordAnswer(res, body, err != nil, redactor)
	x.Response = &wire.Response{Status: res.StatusCode, Header: res.Header, Body: body, Cut: err != nil}
	return x
}

// Incoming is an answer whose body is still to be read. Close it.
type Incoming struct {
	Status int
	Header http.Header
	Body   io.ReadCloser // decompressed; ends with ErrTooLarge past MaxBody; its errors are safe to show
}

// Open sends one request, once, and returns as soon as the head of the answer is there: for files. Nothing is recorded. The
// error's text is safe to show.
func (d *Door) Open(ctx context.Context, in *wire.Request, o Options) (*Incoming, error) {
	p, giveBack := d.pools.take(o.Pool)
	ctx, cancel := context.WithTimeout(ctx, orElse(o.Timeout, DefaultTimeout))
	done := func() { cancel(); giveBack() }
	req, pass, err := prepare(ctx, d.guard, in)
	if err != nil {
		done()
		return nil, err
	}
	res, _, err := d.send(req, p, pass, p.redact(both(o.Secrets, in.Secrets)))
	if err != nil {
		done()
		return nil, err
	}
	b := &incomingBody{raw: res.Body, done: done}
	if b.r, err = unpack(res, orElse(o.MaxBody, DefaultMaxBody)); err != nil {
		_ = b.Close()
		return nil, bodyError(err)
	}
	return &Incoming{Status: res.StatusCode, Header: res.Header, Body: b}, nil
}

type incomingBody struct {
	r      io.Reader
	raw    io.Closer
	done   func()
	closed atomic.Bool
}

func (b *incomingBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = bodyError(err)
	}
	return n, err
}

func (b *incomingBody) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	err := b.raw.Close()
	b.done()
	return err
}

// send hands the request to the transport itself: http.Client would follow redirects, keep cookies and put URLs into errors.
func (d *Door) send(req *http.Request, p *pool, pass pass, redactor *secret.Redactor) (*http.Response, Phase, error) {
	var used *conn
	var before int64
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		used, _ = i.Conn.(*conn)
		before = used.writes.Load()
	}, WroteRequest: func(httptrace.WroteRequestInfo) { failpoint.Pass("left") }})
	res, err := p.transport.RoundTrip(req.WithContext(ctx))
	if err == nil && res.StatusCode != http.StatusSwitchingProtocols {
		return res, Answered, nil
	}
	phase := Unreached
	if used != nil && used.writes.Load() > before {
		phase = Wrote
	}
	if err == nil { // nobody asked to switch
		_ = res.Body.Close()
		return nil, phase, &Error{text: "the answer is not HTTP"}
	}
	e := explain(req.Context(), err, req.URL.Host, phase, used != nil, pass.odd)
	e.text = redactor.Redact(e.text)
	if e.blocked {
		d.log.Warn("egress blocked", "host", redactor.Redact(req.URL.Host))
	}
	return nil, phase, e
}

// both is what must not be shown, of the caller and of this one request.
func both(secrets, own []string) []string {
	if len(own) == 0 {
		return secrets
	}
	return slices.Concat(secrets, own)
}

func orElse[T time.Duration | int64](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}
