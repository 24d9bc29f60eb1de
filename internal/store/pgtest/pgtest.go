// Package pgtest starts a throw-away PostgreSQL for tests from the binaries that are installed. It knows nothing of ours.
package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"patchbay/internal/needs"
)

// unprivileged runs the server when the tests run as root, which PostgreSQL refuses to be run by.
const unprivileged = 65534

// Cluster is a running server on a socket of its own.
type Cluster struct {
	dir     string
	bin     string
	options []string

	mu     sync.Mutex
	server *exec.Cmd
	exited chan struct{}

	newer sync.Once
	how   string
}

var shared struct {
	sync.Mutex
	cluster *Cluster
	err     error
}

// Main runs a package's tests and stops the server that they shared.
func Main(m *testing.M) {
	code := m.Run()
	shared.Lock()
	if shared.cluster != nil {
		shared.cluster.Stop()
	}
	os.Exit(code)
}

// quick is a server whose databases are copied a hundred times and never outlive it: with no word about each page in its log, and nobody who
// tidies up beside the tests, a copy costs a fifth.
var quick = []string{"fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB", "checkpoint_timeout=1h", "autovacuum=off"}

// Shared is the one server of this test binary, which does not wait for the disk: behaviour is tested on it, not crashes. TestMain must be Main.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = start(quick...)
	}
	if shared.err != nil {
		give(t, shared.err)
	}
	return shared.cluster
}

// Start starts a server for one test, which writes as in production unless options say otherwise ("name=value").
func Start(t testing.TB, options ...string) *Cluster {
	t.Helper()
	c, err := start(options...)
	if err != nil {
		give(t, err)
	}
	t.Cleanup(c.Stop)
	return c
}

var errMissing = errors.New("no PostgreSQL is installed here (initdb and postgres, in the PATH or in /usr/lib/postgresql/*/bin): apt-get install postgresql")

// give ends the test: it cannot have a server.
func give(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errMissing) {
		needs.Missing(t, err)
	}
	t.Fatal(err)
}

// binaries is the directory of the newest server that is installed.
func binaries() (string, error) {
	var dirs []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin"} {
		found, _ := filepath.Glob(pattern)
		for i := len(found) - 1; i >= 0; i-- {
			dirs = append(dirs, found[i])
		}
	}
	if at, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(at))
	}
	for _, dir := range dirs {
		if exists(filepath.Join(dir, "initdb")) && exists(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", errMissing
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func start(options ...string) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(shortTemp(), "pg")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, bin: bin, options: options}
	if os.Getuid() == 0 {
		if err := os.Chown(dir, unprivileged, unprivileged); err != nil {
			return nil, err
		}
	}
	// In a language that sorts its own way, as servers are: what is compared byte by byte must say so itself. Before 15, or without
	// ICU, there is no telling which languages are installed.
	args := []string{"-D", c.data(), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"}
	said, err := c.command("initdb", append(args, "--locale-provider=icu", "--icu-locale=en")...).CombinedOutput()
	if err != nil {
		_ = os.RemoveAll(c.data())
		said, err = c.command("initdb", args...).CombinedOutput()
	}
	if err != nil {
		c.Stop()
		return nil, fmt.Errorf("initdb: %w\n%s", err, said)
	}
	if err := c.run(); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// shortTemp: the path of a socket has room for about a hundred bytes.
func shortTemp() string {
	if dir := os.TempDir(); len(dir) < 50 {
		return dir
	}
	return "/tmp"
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "LC_MESSAGES=C")
	attend(cmd)
	return cmd
}

// run starts the server and returns when it takes connections. It dies with us, however we end.
func (c *Cluster) run() error {
	args := []string{"-D", c.data(), "-k", c.dir, "-p", "5432", "-c", "listen_addresses=", "-c", "shared_buffers=32MB", "-c", "max_connections=200",
		"-c", "log_min_messages=log", "-c", "logging_collector=off"}
	for _, o := range c.options {
		args = append(args, "-c", o)
	}
	cmd := c.command("postgres", args...)
	log, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	started, exited := make(chan error), make(chan struct{})
	go func() {
		// The signal for our death is that of the thread which started the server: it must live as long as we do.
		runtime.LockOSThread()
		started <- cmd.Start()
		<-exited
	}()
	if err := <-started; err != nil {
		close(exited)
		return err
	}
	ready := make(chan string, 1)
	go func() {
		var said strings.Builder
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			if said.Len() < 1<<16 {
				said.WriteString(lines.Text() + "\n")
			}
			if strings.Contains(lines.Text(), "ready to accept connections") {
				ready <- ""
				said.Reset()
			}
		}
		_, _ = io.Copy(io.Discard, log)
		_ = cmd.Wait()
		select {
		case ready <- said.String():
		default:
		}
		close(exited)
	}()
	if why := <-ready; why != "" {
		return fmt.Errorf("postgres ended:\n%s", why)
	}
	c.mu.Lock()
	c.server, c.exited = cmd, exited
	c.mu.Unlock()
	return nil
}

// Kill ends the server as a crash does: nothing is finished, and the next start recovers.
func (c *Cluster) Kill() { c.end(syscall.SIGQUIT) }

// Restart starts it again after Kill.
func (c *Cluster) Restart(t testing.TB) {
	t.Helper()
	if err := c.run(); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) end(signal os.Signal) {
	c.mu.Lock()
	server, exited := c.server, c.exited
	c.server = nil
	c.mu.Unlock()
	if server != nil {
		_ = server.Process.Signal(signal)
		<-exited
	}
}

// Stop ends the server and removes its files.
func (c *Cluster) Stop() {
	c.end(syscall.SIGQUIT)
	_ = os.RemoveAll(c.dir)
}

// Socket is the directory of the socket, for a proxy before it.
func (c *Cluster) Socket() string { return filepath.Join(c.dir, ".s.PGSQL.5432") }

// URL is how to reach a database of the cluster.
func (c *Cluster) URL(database string) string { return URL(c.dir, database) }

// URL is how to reach a database through a socket in a directory.
func URL(dir, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database,
		RawQuery: url.Values{"host": {dir}, "port": {"5432"}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

var made atomic.Int64

// Database makes a new database, empty or a copy of another one that nobody uses, and removes it after the test.
func (c *Cluster) Database(t testing.TB, template string) (name string) {
	t.Helper()
	name = c.Keep(t, template)
	t.Cleanup(func() { c.Exec(t, "postgres", "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return name
}

// Keep makes one that stays as long as the server.
func (c *Cluster) Keep(t testing.TB, template string) (name string) {
	t.Helper()
	if template == "" {
		template = "template0"
	}
	name = fmt.Sprintf("test%d", made.Add(1))
	c.Exec(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE "+template+c.copies(t))
	return name
}

// copies says how a database is copied: file by file, which 14 always does and later servers do when they are told.
func (c *Cluster) copies(t testing.TB) string {
	t.Helper()
	c.newer.Do(func() {
		major, err := strconv.Atoi(c.Exec(t, "postgres", "SELECT current_setting('server_version_num')::int / 10000")[0][0])
		if err == nil && major >= 15 {
			c.how = " STRATEGY FILE_COPY"
		}
	})
	return c.how
}

// Exec runs SQL in a database and gives the rows of the last answer.
func (c *Cluster) Exec(t testing.TB, database, sql string) [][]string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, c.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	answers, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var rows [][]string
	for _, r := range answers[len(answers)-1].Rows {
		var row []string
		for _, v := range r {
			row = append(row, string(v))
		}
		rows = append(rows, row)
	}
	return rows
}
