package simulator

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// station is what every provider here is: a port, callbacks that it brings, and work that ends with it.
type station struct {
	log     *slog.Logger
	retries int // how often a callback without a 2xx is tried again

	listen net.Listener
	http   *http.Server
	client *http.Client
	ctx    context.Context
	stop   context.CancelFunc
	busy   sync.WaitGroup

	hook     sync.Mutex
	callback string // where callbacks go: the webhook URL, as an operator pastes it into a provider's console
}

// open takes the port; serve answers on it.
func (s *station) open(ctx context.Context, addr string, log *slog.Logger, retries int) (err error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	if s.log = log; log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.retries = retries; retries == 0 {
		s.retries = 8
	}
	if s.listen, err = (&net.ListenConfig{}).Listen(ctx, "tcp", addr); err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	s.client = &http.Client{
		Timeout:       15 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	return nil
}

func (s *station) serve(h http.Handler) {
	s.http = &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return s.ctx },
	}
	s.busy.Go(func() { _ = s.http.Serve(s.listen) }) // its one error, ErrServerClosed, is Close's doing
}

// Addr is the host:port that it listens on.
func (s *station) Addr() string { return s.listen.Addr().String() }

// URL is its address as a browser or a service file's property takes it.
func (s *station) URL() string { return "http://" + s.Addr() }

// SendCallbacksTo sets the webhook URL, as an operator does in a provider's console.
func (s *station) SendCallbacksTo(url string) {
	s.hook.Lock()
	defer s.hook.Unlock()
	s.callback = url
}

func (s *station) webhook() string {
	s.hook.Lock()
	defer s.hook.Unlock()
	return s.callback
}

// Close stops it and waits for what it has begun.
func (s *station) Close() error {
	s.stop()
	err := s.http.Close()
	s.busy.Wait()
	s.client.CloseIdleConnections()
	return err
}

// bring makes a request of a callback and sends it until a 2xx comes or the retries end, as carriers do. It gives the last answer's status,
// 0 where none came.
func (s *station) bring(ctx context.Context, what string, retries int, request func() (*http.Request, error)) (status int, err error) {
	wait := 200 * time.Millisecond
	for try := 0; ; try++ {
		r, err := request()
		if err == nil {
			status, err = s.post(r.WithContext(ctx))
		}
		if err == nil && status/100 == 2 {
			return status, nil
		}
		if err == nil {
			err = fmt.Errorf("status %d", status)
		}
		if try >= retries || ctx.Err() != nil {
			s.log.Warn("simulator: callback given up", "event", what, "tries", try+1, "err", err)
			return status, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, 5*time.Second)
	}
}

func (s *station) post(r *http.Request) (int, error) {
	resp, err := s.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, nil
}

// later runs f after d, unless the station closes first.
func (s *station) later(d time.Duration, f func()) {
	s.busy.Go(func() {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			f()
		case <-s.ctx.Done():
		}
	})
}

// onlyLoopbackNames refuses requests under any other name, so that a page elsewhere cannot reach the carrier by DNS rebinding.
func onlyLoopbackNames(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "the simulator answers on loopback names only", http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data: http: https:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		h.ServeHTTP(w, r)
	})
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = c.Close()
	}
}

func newID(prefix string) string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails (Go 1.24)
	return prefix + hex.EncodeToString(b[:])
}
