package exchange

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/wire"
)

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// net/http repeats GET, HEAD and whatever has an Idempotency-Key when a kept-alive connection breaks. A text would arrive twice.
func TestARequestOnABrokenKeptConnectionIsNotSentAgain(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		for _, body := range []string{"", "body"} {
			for _, key := range []string{"", "Idempotency-Key", "X-Idempotency-Key", "idempotency-key"} {
				s := scripted(t, func(c net.Conn, r *http.Request, nth int) bool {
					if nth == 2 {
						return false // the second request was read whole, and the connection ends without a word
					}
					text := ok
					if r.Method == "HEAD" {
						text = strings.TrimSuffix(ok, "ok")
					}
					_, err := io.WriteString(c, text)
					return err == nil
				})
				d := to(t, s)
				req := &wire.Request{Method: method, URL: s.url(), Body: []byte(body), Header: http.Header{}}
				if key != "" {
					req.Header[key] = []string{"k1"}
				}
				name := fmt.Sprintf("%s %q %s", method, body, key)
				if x := d.Do(t.Context(), req, Options{}); x.Phase != Answered || x.Err != nil {
					t.Errorf("%s, first: %v, %v", name, x.Phase, x.Err)
				}
				x := d.Do(t.Context(), req, Options{})
				if s.conns() != 1 {
					t.Errorf("%s: the kept connection was not used: the test tests nothing", name)
				}
				if x.Phase != Wrote || x.Err == nil || s.seen() != 2 {
					t.Errorf("%s: %v, %v, and the provider saw %d requests; want wrote, an error, 2", name, x.Phase, x.Err, s.seen())
				}
			}
		}
	}
}

// The provider closes each connection after its first answer without saying so. Whatever the moment, it sees each request at most
// once, and never one that we call unreached.
func TestRequestsSeenAreRequestsSent(t *testing.T) {
	s := scripted(t, func(c net.Conn, _ *http.Request, _ int) bool {
		_, _ = io.WriteString(c, ok)
		return false
	})
	d := to(t, s)
	for i := range 200 {
		before := s.seen()
		x := d.Do(t.Context(), &wire.Request{Method: []string{"GET", "POST"}[i%2], URL: s.url(), Body: []byte("x")[:i/2%2]}, Options{})
		got := s.seen() - before
		if x.Phase == Answered && got != 1 || x.Phase == Wrote && got > 1 || x.Phase == Unreached && got != 0 {
			t.Fatalf("try %d: %v (%v), and the provider saw %d", i, x.Phase, x.Err, got)
		}
	}
}

func TestAnEmptyBodyIsSentAsSuch(t *testing.T) {
	s := scripted(t, func(c net.Conn, r *http.Request, _ int) bool { _, _ = io.WriteString(c, ok); return true })
	d := to(t, s)
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		d.Do(t.Context(), &wire.Request{Method: method, URL: s.url(), Header: http.Header{"Idempotency-Key": {"k"}}}, Options{})
		r := s.requests[len(s.requests)-1]
		wantLength := ""
		if strings.HasPrefix(method, "P") {
			wantLength = "0"
		}
		if len(r.TransferEncoding) != 0 || r.Header.Get("Content-Length") != wantLength || r.Header.Get("Idempotency-Key") != "k" {
			t.Errorf("%s: %v %v", method, r.TransferEncoding, r.Header)
		}
	}
}

func TestRedirectsAndCookiesAreNotFollowed(t *testing.T) {
	other := scripted(t, func(c net.Conn, _ *http.Request, _ int) bool { _, _ = io.WriteString(c, ok); return true })
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := scripted(t, func(c net.Conn, r *http.Request, _ int) bool {
			fmt.Fprintf(c, "HTTP/1.1 %d Elsewhere\r\nLocation: %s\r\nSet-Cookie: a=b\r\nAlt-Svc: h3=\":1\"\r\nContent-Length: 0\r\n\r\n", status, other.url())
			return true
		})
		d := door(t, Config{AllowPrivate: []string{s.addr, other.addr}})
		for range 2 {
			x := d.Do(t.Context(), &wire.Request{Method: "POST", URL: s.url(), Body: []byte("x")}, Options{})
			if x.Err != nil || x.Response.Status != status {
				t.Errorf("%d: %v, %v", status, x.Response, x.Err)
			}
		}
		for _, r := range s.requests {
			if r.Header.Get("Cookie") != "" {
				t.Errorf("a cookie came back: %v", r.Header)
			}
		}
	}
	if other.conns() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestManySendsReuseConnections(t *testing.T) {
	s := scripted(t, func(c net.Conn, _ *http.Request, _ int) bool { _, _ = io.WriteString(c, ok); return true })
	d := to(t, s)
	round := func() {
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				if x := d.Do(t.Context(), &wire.Request{Method: "POST", URL: s.url(), Body: []byte("x")}, Options{Pool: "1"}); x.Err != nil {
					t.Error(x.Err)
				}
			})
		}
		all.Wait()
	}
	for range 20 {
		round()
	}
	if n := s.conns(); n > 2*64 {
		t.Errorf("%d connections for 64 senders", n)
	}
}

func TestPoolsNeverShareAConnection(t *testing.T) {
	s := scripted(t, func(c net.Conn, _ *http.Request, _ int) bool { _, _ = io.WriteString(c, ok); return true })
	d := to(t, s)
	for range 3 {
		for _, pool := range []string{"a", "b", ""} {
			if x := d.Do(t.Context(), &wire.Request{Method: "GET", URL: s.url()}, Options{Pool: pool}); x.Err != nil {
				t.Error(x.Err)
			}
		}
	}
	if n := s.conns(); n != 3 {
		t.Errorf("3 pools, %d connections", n)
	}
}

func TestPoolsAreFew(t *testing.T) {
	d := door(t, Config{})
	held, giveBack := d.pools.take("held")
	for i := range 3 * maxPools {
		_, give := d.pools.take(fmt.Sprint(i))
		give()
	}
	if n := len(d.pools.by); n > maxPools {
		t.Errorf("%d pools", n)
	}
	if again, give := d.pools.take("held"); again != held {
		t.Error("a pool in use was closed")
	} else {
		give()
	}
	giveBack()
	d.pools.mu.Lock()
	d.pools.sweep(time.Now().Add(time.Hour))
	d.pools.mu.Unlock()
	if n := len(d.pools.by); n != 0 {
		t.Errorf("%d pools after an idle hour", n)
	}
}
