package media

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
)

// Dir is the media directory. Nothing outside it is ever touched, whatever a name says.
type Dir struct{}

// OpenDir opens <data>/media, makes it when missing, and removes what a crash left half written.
func OpenDir(dataDir string) (*Dir, error) { return nil, errors.New("not built") }

func (d *Dir) Close() error { return nil }

// Keep judges and keeps a file that is already in hand (it came inside the callback). m carries ID, Name and, as MediaType, what its sender
// declared; it comes back stored or blocked, with the type found in the bytes. An error is the disk's.
func (d *Dir) Keep(m message.Media, data []byte) (message.Media, error) {
	return m, errors.New("not built")
}

// Links signs and checks the links behind which files are shown.
type Links struct{}

// NewLinks signs with the first key and accepts any (secret.Box.Derive("media links")).
func NewLinks(keys [][]byte) *Links { return &Links{} }

// Path is the link of a file, from the public URL's root: /media/<id>/<expiry>/<mac>. It lives between 7 and 8 days, so that the same
// file asked for again within a day has the same link.
func (l *Links) Path(id string, now time.Time) string { return "" }

// Handler answers GET and HEAD of /media/<id>/<expiry>/<mac>. Mount it at "/media/".
func Handler(l *Links, d *Dir, s Store, log *slog.Logger) http.Handler { return nil }

// Worker fetches pending files. Messages do not wait for it.
type Worker struct{}

// Config is what a Worker works with.
type Config struct {
	Store       Store
	Door        *exchange.Door
	Dir         *Dir
	Log         *slog.Logger
	Concurrency int // files fetched at once; 0: 4
	MaxTries    int // 0: 6
}

func NewWorker(c Config) *Worker { return &Worker{} }

// Run works until ctx ends; files in flight are then let go and fetched again later.
func (w *Worker) Run(ctx context.Context) error { return nil }

// Wake says that there may be pending files. It never blocks.
func (w *Worker) Wake() {}
