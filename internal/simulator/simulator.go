// Package simulator is a carrier without a radio: it takes texts over HTTP, shows them on handsets in a browser,
// and sends receipts, texts and pictures back, signed. Patchbay reaches it as it reaches any provider, through a service file.
package simulator

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

//go:embed page
var page embed.FS

// Options says how the carrier behaves and whom it talks to.
type Options struct {
	Listen  string       // host:port; default 127.0.0.1:0
	APIKey  string       // what a sender must present as Bearer
	Secret  string       // signs the callbacks
	Log     *slog.Logger // default: discarded
	Taken   func(Taken)  // told of every text the carrier took, before it answers; may be nil
	Retries int          // how often a callback without a 2xx is tried again; default 8
}

// Taken is one text that the carrier took from a sender. It is the carrier's own ledger.
type Taken struct {
	ID        string // the carrier's
	Reference string // the sender's
	From, To  string
	Text      string
	Media     []string
}

// Server is a running carrier.
type Server struct {
	o      Options
	listen net.Listener
	http   *http.Server
	client *http.Client
	ctx    context.Context
	stop   context.CancelFunc
	busy   sync.WaitGroup

	mu       sync.Mutex
	callback string // where callbacks go: the webhook URL, as an operator pastes it into a provider's console
	gateway  *Gateway
	handsets []*handset // in order of last use, oldest first
	tries    map[string]int
	version  int
}

// Start opens the carrier's port and serves until Close.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.APIKey == "" || o.Secret == "" {
		return nil, errors.New("simulator: an API key and a signing secret are needed")
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Retries == 0 {
		o.Retries = 8
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	s := &Server{
		o: o, listen: l, tries: map[string]int{},
		client: &http.Client{
			Timeout:       15 * time.Second,
			Transport:     &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
	s.busy.Go(func() { _ = s.http.Serve(l) }) // its one error, ErrServerClosed, is Close's doing
	return s, nil
}

// Addr is the host:port that the carrier listens on.
func (s *Server) Addr() string { return s.listen.Addr().String() }

// URL is the carrier's address as a browser or a service file's property takes it.
func (s *Server) URL() string { return "http://" + s.Addr() }

// SendCallbacksTo sets the webhook URL, as an operator does in a provider's console.
func (s *Server) SendCallbacksTo(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callback = url
}

// Close stops the carrier and waits for what it has begun.
func (s *Server) Close() error {
	s.stop()
	err := s.http.Close()
	s.busy.Wait()
	s.client.CloseIdleConnections()
	return err
}

func (s *Server) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /messages", s.takeMessage)
	m.HandleFunc("GET /media/sample.png", servePicture)

	own := http.NewCrossOriginProtection() // the page's own calls; a stranger's page must not text through it
	m.Handle("GET /state", http.HandlerFunc(s.showState))
	m.Handle("POST /reply", own.Handler(http.HandlerFunc(s.replyFromHandset)))
	m.Handle("POST /send", own.Handler(http.HandlerFunc(s.sendAsUser)))
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	m.Handle("GET /", http.FileServerFS(files))
	return onlyLoopbackNames(m)
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

// later runs f after d, unless the carrier closes first.
func (s *Server) later(d time.Duration, f func()) {
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

func newID(prefix string) string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails (Go 1.24)
	return prefix + hex.EncodeToString(b[:])
}
