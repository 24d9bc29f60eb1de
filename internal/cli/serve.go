package cli

import (
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"

	"patchbay/internal/app"
	"patchbay/internal/exchange"
)

type serveCommand struct {
	Listen        string `default:"127.0.0.1:8080" env:"PATCHBAY_LISTEN" placeholder:"HOST:PORT" help:"Where to serve (${default})."`
	MetricsListen string `env:"PATCHBAY_METRICS_LISTEN" placeholder:"HOST:PORT" help:"A second address whose /metrics asks for no key."`
	Data          string `default:"./patchbay-data" env:"PATCHBAY_DATA" placeholder:"DIR" help:"Data directory (${default})."`
	DatabaseURL   string `env:"PATCHBAY_DATABASE_URL" placeholder:"URL" help:"A PostgreSQL that nodes share, postgres://…; empty: the embedded database."`
	KeyFile       string `env:"PATCHBAY_KEY_FILE" placeholder:"FILE" help:"The key that seals credentials, the same for all nodes; empty: patchbay.key in the data directory."`
	MediaDir      string `env:"PATCHBAY_MEDIA_DIR" placeholder:"DIR" help:"With --database-url: where all nodes keep files; empty: in the data directory."`
	storageFlags
	SpoolDir           string   `env:"PATCHBAY_SPOOL_DIR" placeholder:"DIR" help:"Where callbacks wait while the database is away, each node's own; empty: spool in the data directory."`
	SpoolMax           int64    `default:"1024" env:"PATCHBAY_SPOOL_MAX" placeholder:"MIB" help:"How much may wait there (${default} MiB)."`
	PublicURL          string   `env:"PATCHBAY_PUBLIC_URL" placeholder:"URL" help:"What providers and programs call us by; empty: the listen address."`
	TrustedProxies     []string `env:"PATCHBAY_TRUSTED_PROXIES" placeholder:"ADDRESS" help:"Reverse proxies whose X-Forwarded-For is believed: addresses or networks such as 10.0.0.0/8."`
	LogLevel           string   `default:"info" enum:"debug,info,warn,error" env:"PATCHBAY_LOG_LEVEL" help:"debug, info, warn or error (${default})."`
	Sandbox            bool     `env:"PATCHBAY_SANDBOX" help:"Start a carrier with handsets, and something to try it with."`
	BootstrapKey       string   `env:"PATCHBAY_BOOTSTRAP_KEY" hidden:"" help:"The first account's API key, on an empty database."`
	AllowPlainEgress   bool     `env:"PATCHBAY_ALLOW_PLAIN_EGRESS" help:"Let requests go by plain http and to any port; otherwise https on 443 and 8443 alone."`
	AllowPrivateEgress []string `env:"PATCHBAY_ALLOW_PRIVATE_EGRESS" placeholder:"HOST:PORT" help:"Internal addresses that requests may reach; nothing else does."`
	Settings           string   `env:"PATCHBAY_SETTINGS" placeholder:"FILE" help:"A file of settings, one NAME=value a line as in the environment, which counts before it. Read again on SIGHUP."`

	args []string      // of the command line
	file *settingsFile // nil: none is named
}

func (s *serveCommand) Run(c *console) error {
	level, err := s.level()
	if err != nil {
		return wrong{err}
	}
	signal.Ignore(syscall.SIGPIPE) // whoever reads the log may go; other commands end with their reader
	again, forget := readAgain()   // from here on: it would end the program
	defer forget()
	sockets, err := heldSockets()
	if err != nil {
		return wrong{err}
	}
	out := &sink{to: c.out}
	log := slog.New(slog.NewTextHandler(&sink{to: c.err}, &slog.HandlerOptions{Level: level}))
	defer raiseHeapFloor()()
	stdlog.SetOutput(exchange.StandardLog(log)) // net/http prints what strangers send to the standard log
	o := s.options()
	o.Out, o.Log, o.Listener, o.MetricsListener = out, log, sockets.main, sockets.metrics
	a, err := app.Start(c.ctx, o)
	if setting := new(app.WrongSetting); errors.As(err, &setting) {
		return wrong{s.file.blame(err)}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Patchbay serves %s\n", a.URL())
	for {
		select {
		case <-again:
			s.reload(c, a, level, log)
		case <-c.ctx.Done():
			log.Info("closing: what is in flight may end")
			return a.Close()
		case err := <-a.Failed():
			log.Error("a room failed", "error", err)
			_ = a.Close() // the first failure is the one to tell
			return err
		}
	}
}

// level is how much the log says. It can be set.
func (s *serveCommand) level() (*slog.LevelVar, error) {
	level := new(slog.LevelVar)
	return level, level.UnmarshalText([]byte(s.LogLevel))
}

func (s *serveCommand) options() app.Options {
	return app.Options{
		Listen: s.Listen, MetricsListen: s.MetricsListen, DataDir: s.Data, DatabaseURL: s.DatabaseURL, KeyFile: s.KeyFile, MediaDir: s.MediaDir, Media: s.storage(s.AllowPrivateEgress), SpoolDir: s.SpoolDir, SpoolMax: s.SpoolMax << 20, PublicURL: s.PublicURL,
		TrustedProxies: s.TrustedProxies, BootstrapKey: s.BootstrapKey, AllowPrivateEgress: s.AllowPrivateEgress, AllowPlainEgress: s.AllowPlainEgress,
		Sandbox: s.Sandbox,
	}
}

// reload reads the settings again: all of them count, or none and the log says which is wrong.
func (s *serveCommand) reload(c *console, a *app.App, level *slog.LevelVar, log *slog.Logger) {
	refused := func(err error) {
		log.Error("settings read again, and refused: those from before stay in force", "error", err)
	}
	if s.file == nil {
		log.Warn("asked to read settings again, and there is no file of them: start with --settings FILE")
		return
	}
	command, err := parse(s.args, c)
	if err != nil {
		refused(err)
		return
	}
	next := command.Selected().Target.Addr().Interface().(*serveCommand)
	to, err := next.level()
	if err != nil {
		refused(err)
		return
	}
	o := next.options()
	o.Log = log
	changes, err := a.Reload(o)
	if err != nil {
		refused(next.file.blame(err))
		return
	}
	var now, later []string
	if level.Level() != to.Level() {
		level.Set(to.Level())
		now = append(now, "--log-level")
	}
	for _, change := range changes {
		if change.Now {
			now = append(now, change.Name)
		} else {
			later = append(later, change.Name)
		}
	}
	log.Info("settings read again", "changed", strings.Join(now, " "))
	if len(later) > 0 {
		log.Warn("some settings count from the next start only", "settings", strings.Join(later, " "))
	}
}
