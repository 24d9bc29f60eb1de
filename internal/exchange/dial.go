package exchange

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"sync/atomic"
	"time"
)

// conn knows whether bytes were handed to it since a moment. Over TLS it counts what goes into the secure channel: the handshake
// and the closing alert are not a request.
type conn struct {
	net.Conn
	socket net.Conn
	writes atomic.Int64
}

func (c *conn) Write(p []byte) (int, error) {
	// Counted first: whoever looks while a write is under way must believe that bytes left.
	c.writes.Add(1)
	n, err := c.Conn.Write(p)
	if n == 0 && err != nil {
		c.writes.Add(-1)
	}
	return n, err
}

// Close drops the socket. TLS would first wait up to five seconds to say goodbye to a peer that does not read, long after the
// exchange's time is up; HTTP knows by itself where a message ends.
func (c *conn) Close() error { return c.socket.Close() }

// dialer opens connections that the guard has approved.
type dialer struct {
	net net.Dialer
	tls *tls.Config
}

func newDialer(g *guard, roots *x509.CertPool) *dialer {
	return &dialer{
		net: net.Dialer{Timeout: ConnectTimeout, ControlContext: g.control}, // the look-up of the name included
		tls: &tls.Config{
			MinVersion: tls.VersionTLS12,
			RootCAs:    roots,
			// HTTP/1.1 alone. Over HTTP/2 net/http repeats by itself what it believes unprocessed, and many requests share one
			// connection, so that nobody can say which of them left.
			NextProtos: []string{"http/1.1"},
		},
	}
}

func (d *dialer) plain(ctx context.Context, network, addr string) (net.Conn, error) {
	socket, err := d.net.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: socket, socket: socket}, nil
}

// secure gives a dial function with resumed TLS sessions of its own: a session tells a server that two callers are one.
func (d *dialer) secure() func(context.Context, string, string) (net.Conn, error) {
	sessions := tls.NewLRUClientSessionCache(16)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		socket, err := d.net.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		config := d.tls.Clone()
		config.ServerName, config.ClientSessionCache = host, sessions
		channel := tls.Client(socket, config)
		ctx, cancel := context.WithTimeout(ctx, ConnectTimeout)
		defer cancel()
		if err := channel.HandshakeContext(ctx); err != nil {
			_ = socket.Close()
			return nil, err
		}
		return &conn{Conn: channel, socket: socket}, nil
	}
}

// idleLife is short, because a server that closes an idle connection just as a request leaves makes that message unclear for
// good. Common servers wait 5 seconds or more; a new connection costs some milliseconds.
const idleLife = 4 * time.Second
