package exchange

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
)

// Error is why there is no whole answer, in words that a tenant may read: they never say whether an internal address exists, is
// open, or was refused by us. What net/http said stays inside: it quotes addresses and URLs.
type Error struct {
	text    string
	blocked bool
	timeout bool
}

func (e *Error) Error() string { return e.text }

// Timeout is true when time ran out.
func (e *Error) Timeout() bool { return e.timeout }

// IsBlocked reports whether the guard refused an address. For our own records only: a tenant is told the same as when nobody
// answers there.
func IsBlocked(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.blocked
}

// refuse is a request that we do not even try: the fault is in how it is written.
func refuse(text string) *Error { return &Error{text: text, blocked: true} }

// noConnection is one text for everything that can happen before the first byte: blocked, refused, unreachable, unknown name.
func noConnection(host string) string { return "could not connect to " + host }

// explain turns what the transport said into what may be said.
func explain(ctx context.Context, err error, host string, phase Phase, connected, odd bool) *Error {
	e := &Error{blocked: errors.Is(err, errBlocked)}
	var netErr net.Error
	e.timeout = errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &netErr) && netErr.Timeout()
	var (
		cert    *tls.CertificateVerificationError
		alert   tls.AlertError
		record  tls.RecordHeaderError
		host509 x509.HostnameError
	)
	switch {
	case errors.Is(context.Cause(ctx), context.Canceled):
		e.text = "stopped before an answer came"
		if phase == Unreached {
			e.text = "stopped before the request was sent"
		}
	case e.blocked && odd:
		e.text = noConnection(host) + ": plain http and unusual ports need the operator's leave"
	case e.blocked:
		e.text = noConnection(host)
	case phase != Unreached && e.timeout:
		e.text = "no answer in time"
	case phase != Unreached:
		e.text = "the connection broke before an answer came"
	case errors.As(err, &cert), errors.As(err, &host509):
		e.text = "the certificate of " + host + " is not valid"
	case errors.As(err, &alert), errors.As(err, &record):
		e.text = "no secure connection to " + host
	case connected:
		e.text = "the connection to " + host + " was already closed"
	default:
		e.text = noConnection(host)
	}
	return e
}
