// Package simulator is a carrier without a radio: it takes texts over HTTP, shows them on handsets in a browser,
// and sends receipts, texts and pictures back, signed. Patchbay reaches it as it reaches any provider, through a service file.
package simulator

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
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
	station
	o Options

	mu       sync.Mutex
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
	s := &Server{o: o, tries: map[string]int{}}
	if err := s.open(ctx, o.Listen, o.Log, o.Retries); err != nil {
		return nil, err
	}
	s.serve(s.routes())
	return s, nil
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
