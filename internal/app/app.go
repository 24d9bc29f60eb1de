// Package app builds the program in one straight line and closes it in reverse. Tests start what the command line starts.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/internal/api"
	"patchbay/internal/credential"
	"patchbay/internal/exchange"
	"patchbay/internal/inbound"
	"patchbay/internal/media"
	"patchbay/internal/notify"
	"patchbay/internal/outbound"
	"patchbay/internal/provider"
	"patchbay/internal/service"
	"patchbay/internal/spool"
	"patchbay/internal/store"
	"patchbay/services"
)

// Options is every setting there is.
type Options struct {
	Listen             string   // host:port; default 127.0.0.1:8080
	MetricsListen      string   // host:port where /metrics asks for no key; empty: nowhere
	DataDir            string   // default ./patchbay-data
	DatabaseURL        string   // of a PostgreSQL that several nodes may share; empty: the embedded database
	KeyFile            string   // default patchbay.key in DataDir; the nodes of a database need the same one
	MediaDir           string   // on PostgreSQL: where all nodes keep files; default media in DataDir
	Media              Storage  // a bucket that files are kept in; empty: a directory
	SpoolDir           string   // where callbacks wait while the database is away; default spool in DataDir
	SpoolMax           int64    // bytes of it; 1 GiB
	PublicURL          string   // what providers and programs call us by; default: the listen address
	TrustedProxies     []string // addresses or networks of proxies whose X-Forwarded-For is believed
	BootstrapKey       string   // the first account's key, on an empty database
	AllowPrivateEgress []string // host:port that requests may reach inside our own network
	AllowPlainEgress   bool     // requests may go by plain http and to any port of public addresses
	Sandbox            bool     // start the simulator and, on an empty database, something to try it with

	// Sockets that somebody holds for us from one start to the next; nil: Listen and MetricsListen are taken anew.
	Listener, MetricsListener net.Listener

	Out     io.Writer     // what a person must see once: a new key, the sandbox's address; default: discarded
	Log     *slog.Logger  // default: discarded
	Drain   time.Duration // what is in flight may take so long once we close; default 25 s
	Linger  time.Duration // a connection whose last request ended so recently may bring one more once we close; default 500 ms
	Request time.Duration // in which a request must have arrived whole; default 30 s
}

func (o *Options) defaults() {
	for _, d := range []struct {
		at    *string
		value string
	}{{&o.Listen, "127.0.0.1:8080"}, {&o.DataDir, "patchbay-data"}} {
		if *d.at == "" {
			*d.at = d.value
		}
	}
	o.AllowPrivateEgress = slices.DeleteFunc(slices.Clone(o.AllowPrivateEgress), func(s string) bool { return strings.TrimSpace(s) == "" })
	o.Media.Private = o.AllowPrivateEgress
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Drain == 0 {
		o.Drain = 25 * time.Second
	}
	if o.Linger == 0 {
		o.Linger = 500 * time.Millisecond
	}
	if o.Request == 0 {
		o.Request = 30 * time.Second
	}
}

// App is the running program.
type App struct {
	o         Options
	publicURL string
	localURL  string
	addr      net.Addr

	store *store.Store
	shelf *service.Shelf
	door  *exchange.Door
	spool *spool.Spool
	faces *api.Server

	reloading sync.Mutex // guards o once requests are served
	draining  atomic.Bool
	failed    chan error // the first room that ended by itself
	stops     []func()   // tell every room at once, so that they drain side by side
	closers   []closer   // then closed, or waited for, from the last to the first
	closing   sync.Once
	closeErr  error
}

// Start builds and starts everything. When it returns without an error, requests are served.
func Start(ctx context.Context, o Options) (_ *App, err error) {
	proxies, err := o.settle()
	if err != nil {
		return nil, err
	}
	a := &App{o: o, failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			_ = a.Close() // what is there so far; why we could not start is the better error
		}
	}()

	// The addresses first: they are the cheapest thing to find taken, and the default public URL.
	listener, err := a.listen(ctx, o.Listener, o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	var metrics net.Listener
	if o.MetricsListen != "" || o.MetricsListener != nil {
		if metrics, err = a.listen(ctx, o.MetricsListener, o.MetricsListen); err != nil {
			return nil, fmt.Errorf("listen for metrics: %w", err)
		}
	}
	a.addr = listener.Addr()
	a.localURL = "http://" + reachable(listener.Addr())
	if a.publicURL = strings.TrimRight(o.PublicURL, "/"); a.publicURL == "" {
		a.publicURL = a.localURL
	}

	// The one door out, which leads to none of our own.
	door, err := exchange.NewDoor(exchange.Config{AllowPrivate: o.egress(), AllowPlain: o.AllowPlainEgress, Log: o.Log})
	if err != nil {
		return nil, &WrongSetting{"PATCHBAY_ALLOW_PRIVATE_EGRESS", err}
	}
	a.onClose("door", func() error { door.Close(); return nil })
	a.door = door
	door.RefuseOwn(listener.Addr())
	if metrics != nil {
		door.RefuseOwn(metrics.Addr())
	}

	// What is kept.
	box, err := openBox(ctx, &o)
	if err != nil {
		return nil, err
	}
	files, mediaID, err := a.openMedia(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the place for media: %w", err)
	}
	a.onClose("media", files.Close)
	db, err := store.Open(ctx, store.Options{DataDir: o.DataDir, DatabaseURL: o.DatabaseURL, MediaID: mediaID, Box: box, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	a.store = db
	a.onClose("store", db.Close)
	if err := claimMedia(ctx, db, files, &o); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	shelf, err := service.NewShelf(services.Files, db)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	a.shelf = shelf

	var carrier *sandbox
	if o.Sandbox {
		if carrier, err = a.startSimulator(ctx, door); err != nil {
			return nil, err
		}
	}

	waiting, err := spool.Open(spool.Options{Dir: cmp.Or(o.SpoolDir, filepath.Join(o.DataDir, "spool")), Max: o.SpoolMax, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("open the spool: %w", err)
	}
	a.spool = waiting
	a.onClose("spool", waiting.Close)

	// The flows.
	links := media.NewLinks(box.Derive("media links"))
	link := func(id string) string { return a.publicURL + links.Path(id, time.Now()) }
	tokens := credential.New(credential.Options{Store: db, Shelf: shelf, Door: door, PublicURL: a.publicURL, Log: o.Log})
	a.onClose("credentials", tokens.Close)
	outgoing := media.NewOutgoing(db, door, files, links, a.publicURL)
	out := outbound.New(outbound.Options{
		Store: db, Shelf: shelf, Door: door, Tokens: tokens, Files: outgoing, Link: link, PublicURL: a.publicURL, Drain: o.Drain, Log: o.Log,
	})
	in := inbound.New(inbound.Config{Store: db, Shelf: shelf, Files: files, Spool: waiting, Door: door, Log: o.Log})
	fetch := media.NewWorker(media.Config{Store: db, Door: door, Files: files, Sources: fileSources{db, shelf, tokens}, Log: o.Log})
	ask := provider.New(provider.Options{
		Store: db, Shelf: shelf, Door: door, Inbox: in, Tokens: tokens, PublicURL: a.publicURL, Log: o.Log,
	})
	hub := notify.NewHub(db, link, o.Log)
	deliver := notify.NewDeliverer(db, door, link, o.Log, 0)
	find := &follower{index: db.IndexSearch, fail: func(err error) { o.Log.Error("index what was said", "err", err) }, wake: make(chan struct{}, 1)}
	db.OnCommit(func(c store.Commit) {
		if c.Search {
			find.Wake()
		}
		if c.Lanes {
			out.Wake()
		}
		if c.Callbacks {
			in.Wake()
		}
		if c.Notifications {
			hub.Wake()
		}
		if c.Webhooks {
			deliver.Wake()
		}
		if c.Media {
			fetch.Wake()
		}
		if c.Replies {
			out.WakeReplies()
		}
	})

	// What a former life left, before anything new begins.
	if err := a.bootstrap(ctx); err != nil {
		return nil, err
	}
	if err := out.Recover(ctx); err != nil {
		return nil, fmt.Errorf("settle what was in flight: %w", err)
	}

	erase := &eraser{db, files, o.Log}

	// The faces, built before anything runs, so that a mistake in them starts nothing.
	faces, err := api.New(api.Options{
		Store: db, Shelf: shelf, Outbound: out, Inbound: in, Credentials: tokens, Providers: ask, Stream: hub,
		Media: media.Handler(links, files, db, o.Log), Files: files, Eraser: erase, Link: link, PublicURL: a.publicURL, Proxies: proxies,
		Ready: a.ready, Counts: counts(in, deliver, out, hub, waiting), Log: o.Log,
	})
	if err != nil {
		return nil, err
	}

	a.faces = faces

	// Run. A room that is told to stop may end before the faces do: what they still accept is on the disk either way.
	a.run("database", func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return nil
		case <-db.Lost():
			return db.Healthy()
		}
	})
	a.run("media", fetch.Run)
	a.run("deliveries", deliver.Run)
	a.run("outbound", out.Run)
	a.run("inbound", in.Run)
	a.run("providers", ask.Run)
	a.run("search", find.run)
	a.run("erasures", erase.run)
	a.run("housekeeping", func(ctx context.Context) error { return a.sweep(ctx, files) })
	a.serve("server", listener, faces)
	a.run("stream", hub.Run)
	if metrics != nil {
		a.serve("metrics", metrics, faces.Metrics())
	}
	if carrier != nil {
		if err := a.furnish(ctx, carrier); err != nil {
			return nil, fmt.Errorf("furnish the sandbox: %w", err)
		}
	}
	o.Log.Info("serving", "listen", a.addr.String(), "public_url", a.publicURL)
	return a, nil
}

// Addr is where requests are served.
func (a *App) Addr() string { return a.addr.String() }

// URL is where this machine reaches us.
func (a *App) URL() string { return a.localURL }

// Store is the open database, for tests that look behind the faces.
func (a *App) Store() *store.Store { return a.store }

// Failed tells when a room ended by itself, which none should.
func (a *App) Failed() <-chan error { return a.failed }

// ready says why no work should be sent here, if so.
func (a *App) ready(context.Context) error {
	if a.draining.Load() {
		return errors.New("closing")
	}
	return a.store.Healthy()
}

// sweepEvery is how often what has been kept long enough is dropped.
const sweepEvery = time.Hour

// sweep drops rows, then the files that no row tells of.
func (a *App) sweep(ctx context.Context, files *media.Files) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := a.store.Sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			a.o.Log.Error("sweep", "error", err)
		}
		if err := a.store.Retain(ctx, time.Now()); err != nil && ctx.Err() == nil {
			a.o.Log.Error("drop what is kept no longer", "error", err)
		}
		if n, err := files.Sweep(ctx, a.store, time.Now()); err != nil && ctx.Err() == nil {
			a.o.Log.Error("sweep", "error", err)
		} else if n > 0 {
			a.o.Log.Info("removed files that belong to nothing any more", "files", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// counts is what the rooms count, under the names that /metrics gives it.
func counts(in *inbound.Flow, deliver *notify.Deliverer, out *outbound.Flow, hub *notify.Hub, waiting *spool.Spool) []api.Count {
	return []api.Count{
		{Name: "patchbay_callbacks_total", Help: "What became of providers' callbacks.", Label: "what", Each: in.Counters().Each},
		{Name: "patchbay_webhook_requests_total", Help: "What became of requests to programs' webhooks.", Label: "what", Each: deliver.Counters().Each},
		{Name: "patchbay_sending", Help: "Lanes that are sending now.", Gauge: true, Each: one(func() int { return out.InFlight() })},
		{Name: "patchbay_spool", Help: "Callbacks that wait on this node's disk for the database, and the bytes that they take.", Gauge: true, Label: "what",
			Each: func(yield func(string, int64)) {
				records, bytes := waiting.Size()
				yield("callbacks", records)
				yield("bytes", bytes)
			}},
		{Name: "patchbay_streams", Help: "Open streams of notifications.", Gauge: true, Each: one(func() int { return hub.Streams() })},
	}
}

func one(read func() int) func(func(string, int64)) {
	return func(yield func(string, int64)) { yield("", int64(read())) }
}

// reachable is how this machine reaches an address that we listen on.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.To4() == nil {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}
