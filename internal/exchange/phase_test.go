package exchange

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"patchbay/internal/wire"
)

func TestPhaseSaysWhatTheProviderMayHaveTaken(t *testing.T) {
	const soon = 300 * time.Millisecond
	forever := func(text string) func(net.Conn, int) {
		return func(c net.Conn, n int) { once(text)(c, n); _, _ = io.Copy(io.Discard, c) }
	}
	flood := func(line string) func(net.Conn, int) {
		return func(c net.Conn, n int) {
			once("")(c, n)
			for {
				if _, err := io.WriteString(c, line); err != nil {
					return
				}
			}
		}
	}
	reset := func(text string) func(net.Conn, int) {
		return func(c net.Conn, n int) { once(text)(c, n); _ = c.(*net.TCPConn).SetLinger(0) }
	}
	for _, c := range []struct {
		name   string
		handle func(net.Conn, int)
		phase  Phase
		cut    bool
		err    string
	}{
		{"whole", once(ok), Answered, false, ""},
		{"whole, by connection end", once("HTTP/1.1 200 OK\r\n\r\nok"), Answered, false, ""},
		{"whole, chunked", once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), Answered, false, ""},
		{"100 first", once("HTTP/1.1 100 Continue\r\n\r\n" + ok), Answered, false, ""},
		{"103 first", once("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok), Answered, false, ""},
		{"500", once("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), Answered, false, ""},
		{"cut by length", once("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), Answered, true, "broke off"},
		{"cut chunk", once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok"), Answered, true, "broke off"},
		{"no last chunk", once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"), Answered, true, "broke off"},
		{"reset in body", reset("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), Answered, true, "broke off"},
		{"body never ends", forever("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), Answered, true, "in time"},
		{"body infinite", flood("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 4096)), Answered, true, "larger"},
		{"no answer", forever(""), Wrote, false, "no answer in time"},
		{"closed at once", func(c net.Conn, _ int) { _, _ = c.Read(make([]byte, 1)) }, Wrote, false, "broke before"},
		{"closed after request", once(""), Wrote, false, "broke before"},
		{"reset after request", reset(""), Wrote, false, "broke before"},
		{"half a status line", once("HTTP/1.1 20"), Wrote, false, "broke before"},
		{"half a head", once("HTTP/1.1 200 OK\r\nContent-Le"), Wrote, false, "broke before"},
		{"not HTTP", once("220 mail.example.com ESMTP\r\n"), Wrote, false, "broke before"},
		{"two lengths", once("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok"), Wrote, false, "broke before"},
		{"switching protocols", forever("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), Wrote, false, "not HTTP"},
		{"100 flood", flood("HTTP/1.1 100 Continue\r\n\r\n"), Wrote, false, "broke before"},
		{"103 flood", flood("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), Wrote, false, "broke before"},
		{"header flood", flood("X: y\r\n"), Wrote, false, "broke before"},
		{"1 MB header", once("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 1<<20) + "\r\n\r\n"), Wrote, false, "broke before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := raw(t, c.handle)
			x := to(t, s).Do(t.Context(), &wire.Request{Method: "POST", URL: s.url(), Body: []byte("x")}, Options{Timeout: soon})
			text := ""
			if x.Err != nil {
				text = x.Err.Error()
			}
			if x.Phase != c.phase || (x.Response != nil) != (c.phase == Answered) || x.Response != nil && x.Response.Cut != c.cut ||
				(text == "") != (c.err == "") || !strings.Contains(text, c.err) {
				t.Errorf("got %v, %+v, %q; want %v, cut %v, %q", x.Phase, x.Response, text, c.phase, c.cut, c.err)
			}
			if x.Duration > 5*time.Second {
				t.Errorf("it took %v", x.Duration)
			}
			if s.conns() != 1 {
				t.Errorf("%d connections", s.conns())
			}
		})
	}
}

func TestNothingLeftWhereNoConnectionCameAbout(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	plain := raw(t, func(c net.Conn, _ int) { _, _ = io.WriteString(c, "HTTP/1.1 400 this is not TLS\r\n\r\n") })
	stalled := raw(t, func(c net.Conn, _ int) { _, _ = io.Copy(io.Discard, c) })
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name, url, addr, want string
		ctx                   context.Context
	}{
		{"nobody listens", "http://" + l.Addr().String(), l.Addr().String(), "could not connect", t.Context()},
		{"not TLS", "https://" + plain.addr, plain.addr, "no secure connection", t.Context()},
		{"TLS stalls", "https://" + stalled.addr, stalled.addr, "could not connect", t.Context()},
		{"given up before", "http://" + plain.addr, plain.addr, "stopped before the request was sent", gone},
	} {
		d := door(t, Config{AllowPrivate: []string{c.addr}})
		x := d.Do(c.ctx, &wire.Request{Method: "POST", URL: c.url, Body: []byte("x")}, Options{Timeout: 300 * time.Millisecond})
		if x.Phase != Unreached || x.Err == nil || !strings.Contains(x.Err.Error(), c.want) || IsBlocked(x.Err) {
			t.Errorf("%s: %v, %v; want unreached, %q", c.name, x.Phase, x.Err, c.want)
		}
	}
}

func TestTLSFailsClosed(t *testing.T) {
	served := 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served++
		if r.ProtoMajor != 1 {
			t.Errorf("spoken to in %s", r.Proto)
		}
		_, _ = io.WriteString(w, "ok")
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	addr := s.Listener.Addr().String()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	resolver := names(t, map[string][]string{"example.com.": {"127.0.0.1"}, "wrong.test.": {"127.0.0.1"}})
	_, port, _ := net.SplitHostPort(addr)
	for _, c := range []struct {
		name, host string
		roots      *x509.CertPool
		want       string
	}{
		{"right", "example.com", roots, ""},
		{"unknown authority", "example.com", nil, "the certificate of example.com"},
		{"wrong host", "wrong.test", roots, "the certificate of wrong.test"},
	} {
		d := door(t, Config{AllowPrivate: []string{addr}, Roots: c.roots})
		d.pools.dial.net.Resolver = resolver
		for range 2 {
			x := d.Do(t.Context(), &wire.Request{Method: "POST", URL: "https://" + c.host + ":" + port, Body: []byte("x")}, Options{})
			switch {
			case c.want == "" && (x.Err != nil || x.Phase != Answered):
				t.Errorf("%s: %v, %v", c.name, x.Phase, x.Err)
			case c.want != "" && (x.Phase != Unreached || !strings.Contains(x.Err.Error(), c.want)):
				t.Errorf("%s: %v, %v; want unreached, %q", c.name, x.Phase, x.Err, c.want)
			}
		}
	}
	if served != 2 {
		t.Errorf("%d requests served, want 2", served)
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	defer old.Close()
	roots.AddCert(old.Certificate())
	d := door(t, Config{AllowPrivate: []string{old.Listener.Addr().String()}, Roots: roots})
	if x := d.Do(t.Context(), &wire.Request{Method: "GET", URL: old.URL}, Options{}); x.Phase != Unreached || x.Err == nil {
		t.Errorf("TLS 1.1: %v, %v", x.Phase, x.Err)
	}
}

func TestRequestsThatCannotBeWrittenAreRefusedBeforeAnythingIsDialled(t *testing.T) {
	s := raw(t, once(ok))
	d := to(t, s)
	with := func(name, value string) *wire.Request {
		return &wire.Request{Method: "POST", URL: s.url(), Header: http.Header{name: {value}}}
	}
	for _, r := range []*wire.Request{
		with("X-A", "a\r\nX-B: c"), with("X-A", "a\nb"), with("X-A", "a\x00b"), with("X-A", "a\r"), with("X A", "b"), with("", "b"), with("X-A:", "b"), with("X\r\nY", "z"),
		with("Host", "other"), with("host", "other"), with("Content-Length", "0"), with("content-length", "9"), with("Transfer-Encoding", "chunked"),
		with("Connection", "close"), with("Upgrade", "h2c"), with("Expect", "100-continue"), with("TE", "trailers"), with("Trailer", "X"),
		{Method: "CONNECT", URL: s.url()}, {Method: "TRACE", URL: s.url()}, {Method: "", URL: s.url()}, {Method: "post", URL: s.url()},
		{Method: "GET / HTTP/1.1\r\nX: y\r\n", URL: s.url()}, {Method: "GET", URL: s.url() + "\r\nX: y"}, {Method: "GET", URL: s.url() + " HTTP/1.1"},
	} {
		x := d.Do(t.Context(), r, Options{})
		if r.URL == s.url()+" HTTP/1.1" { // a blank is escaped, and that is fine
			if x.Err != nil {
				t.Errorf("%s: %v", r.URL, x.Err)
			}
			continue
		}
		if x.Phase != Unreached || x.Err == nil || strings.ContainsAny(x.Err.Error(), "\r\n\x00") {
			t.Errorf("%q %q %q: %v, %v", r.Method, r.URL, r.Header, x.Phase, x.Err)
		}
	}
	if s.conns() != 1 {
		t.Errorf("%d connections, want only the one that was fine", s.conns())
	}
}
