package exchange

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// server is a TCP server that answers as no HTTP library would.
type server struct {
	addr string

	mu       sync.Mutex
	accepted int
	requests []*http.Request
}

func (s *server) url() string { return "http://" + s.addr + "/x" }

func (s *server) conns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// seen is how many whole requests came.
func (s *server) seen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// raw serves each connection by handle, which owns it.
func raw(t *testing.T, handle func(c net.Conn, nth int)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: l.Addr().String()}
	var all sync.WaitGroup
	var open sync.Map
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.accepted++
			n := s.accepted
			s.mu.Unlock()
			open.Store(c, nil)
			all.Go(func() {
				defer c.Close()
				handle(c, n)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
		all.Wait()
	})
	return s
}

// scripted reads requests and hands each to handle, with its number on this connection; false ends the connection.
func scripted(t *testing.T, handle func(c net.Conn, r *http.Request, nth int) bool) *server {
	var s *server
	ready := make(chan struct{})
	s = raw(t, func(c net.Conn, _ int) {
		<-ready
		in := bufio.NewReader(c)
		for nth := 1; ; nth++ {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			s.mu.Lock()
			s.requests = append(s.requests, r)
			s.mu.Unlock()
			if !handle(c, r, nth) {
				return
			}
		}
	})
	close(ready)
	return s
}

// answer gives every request the same bytes and keeps the connection.
func answer(text string) func(net.Conn, int) {
	return func(c net.Conn, _ int) {
		in := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

// once gives the first request these bytes and closes.
func once(text string) func(net.Conn, int) {
	return func(c net.Conn, _ int) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(c, text)
	}
}

func readFull(r io.Reader, b []byte) (int, error) { return io.ReadFull(r, b) }

func door(t *testing.T, c Config) *Door {
	t.Helper()
	d, err := NewDoor(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// to is a door that lets s be reached.
func to(t *testing.T, s *server) *Door { return door(t, Config{AllowPrivate: []string{s.addr}}) }
