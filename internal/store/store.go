// Package store keeps everything: it is the only room that speaks SQL. What it has answered for is on disk.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/internal/audit"
	"patchbay/internal/lane"
	"patchbay/internal/secret"
)

// ErrFenced says that a lane was taken over since it was claimed: nothing was changed. The flows, which do not import the
// store, know it by its name in lane.
var ErrFenced = lane.ErrFenced

// ErrGone says that somebody else did it first: nothing was changed.
var ErrGone = errors.New("it was already done")

// Options are what a store needs to open.
type Options struct {
	DataDir     string // its files; made when missing
	DatabaseURL string // of a PostgreSQL that other nodes may share; empty: SQLite inside DataDir
	MediaID     string // names the directory of media files, which all nodes of a database share; empty: not checked
	Box         *secret.Box
	Log         *slog.Logger
	NotEmpty    bool           // refuse a PostgreSQL database that nothing of ours is in, rather than begin there
	Random      func() float64 // in [0, 1), for jitter
	ReadOnly    bool           // look without locking, migrating or writing: for `patchbay verify`
}

// Store is the database, open.
type Store struct {
	log      *slog.Logger
	box      *secret.Box
	random   func() float64
	lock     *dirLock
	writer   *writer
	readers  chan engine
	cache    cache
	lanes    fairness
	clock    clock
	wakes    wakes
	places   places
	shape    searchShape
	rewrote  atomic.Int64 // when a large block of the index of searches was rewritten
	flight   flight
	pauses   pauses
	fetching fetching
	tidy     *checkpointer
	wal      *wal
	cluster  *cluster // the other nodes, on PostgreSQL; nil: on SQLite there are none
	closing  sync.Once

	mu    sync.Mutex
	hooks []func(Commit)
	seen  changes // what others have changed, as far as we know

	logged    map[string]int  // deliveries since the last trim, by webhook; the writer's
	unmatched map[string]int  // callbacks since the last trim, by account; the writer's
	refused   map[string]bool // integrations whose credentials were; nil: not read yet; the writer's
}

// Page asks for a part of a list. The zero value asks for its beginning.
type Page struct {
	Limit  int    // at most 200; 0: 50
	Cursor string // from the page before; opaque
}

// Commit says what one grouped commit touched, for those who wait for work.
type Commit struct {
	Lanes         bool // a lane of sends has work, or is free again
	Webhooks      bool // a webhook's lane has
	Callbacks     bool // a callback is pending
	Notifications bool
	Media         bool // a file is to be fetched
	Replies       bool // an automatic answer is owed
	Search        bool // something was said that may be looked for
}

// readerCount is how many reads run at once. They wait for a processor, hardly ever for the disk.
const readerCount = 4

// Open opens the store, and refuses whatever it cannot vouch for.
func Open(ctx context.Context, o Options) (s *Store, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	half := &Store{log: o.Log, box: o.Box, random: o.Random, shape: usualShape, unmatched: map[string]int{}}
	s = half
	defer func() {
		if err != nil {
			half.closeFiles() // s is nil by now where the return says so
			s = nil
		}
	}()
	if o.DatabaseURL != "" {
		return s, s.openPostgres(ctx, o)
	}
	return s, s.openDir(ctx, o)
}

// openDir opens the store in a directory, which it has for itself.
func (s *Store) openDir(ctx context.Context, o Options) (err error) {
	path := filepath.Join(o.DataDir, databaseFile)
	if o.ReadOnly {
		if err := checkFile(path); err != nil {
			return err
		}
		return s.openReaders(path)
	}
	if s.lock, err = lockDir(o.DataDir); err != nil {
		return err
	}
	if err := s.lock.checkDatabase(path); err != nil {
		return err
	}
	if err := migrateSQLite(ctx, path); err != nil {
		return err
	}
	if err := s.lock.markUsed(); err != nil {
		return err
	}
	db, err := openSQLite(path, "journal_mode=WAL", "synchronous=NORMAL", "cache_size=-16000", "secure_delete=ON", "wal_autocheckpoint=0", "journal_size_limit=8388608")
	if err != nil {
		return err
	}
	s.writer = newWriter(db, o.Log)
	s.writer.veil = newVeil(o.Box)
	s.writer.before, s.writer.after = s.beforeCommit, s.afterCommit
	if v, err := db.version(); err != nil {
		return err
	} else if v < minSQLite {
		return fmt.Errorf("SQLite %d is too old: 3.51.3 is the first without the write-ahead log's reset race", v)
	}
	if err := s.checkKey(db); err != nil {
		return err
	}
	if err := s.takeLanesBack(db); err != nil {
		return fmt.Errorf("take the lanes back: %w", err)
	}
	if s.writer.lastMessage, err = count(db, qLastMessage); err != nil {
		return err
	}
	if err := s.openReaders(path); err != nil {
		return err
	}
	if s.tidy, err = newCheckpointer(path, o.Log); err != nil {
		return err
	}
	s.tidy.probe = s.probe
	s.writer.rest = s.tidy.rest
	if s.wal, err = openWAL(path); err != nil {
		return err
	}
	s.writer.disk.start(s.wal.sync)
	go s.writer.run()
	s.tidy.start()
	if err := s.endLongWaits(ctx, time.Now()); err != nil {
		return err
	}
	return s.finishDeletions(ctx)
}

func (s *Store) openReaders(path string) error {
	s.readers = make(chan engine, readerCount)
	for range readerCount {
		c, err := openSQLite(path, "query_only=ON", "cache_size=-2000")
		if err != nil {
			return err
		}
		s.readers <- c
	}
	return nil
}

// Close writes what waits to be written and closes the files. Closing again does nothing.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		if s.writer != nil {
			s.writer.close()
		}
		err = s.closeFiles()
	})
	return err
}

func (s *Store) closeFiles() (err error) {
	if s.cluster != nil {
		s.cluster.close()
	}
	if s.tidy != nil {
		err = errors.Join(err, s.tidy.close())
	}
	for range cap(s.readers) {
		select {
		case c := <-s.readers:
			err = errors.Join(err, c.close())
		default: // opening failed half way
		}
	}
	if s.wal != nil {
		err = errors.Join(err, s.wal.close())
	}
	if s.writer != nil {
		err = errors.Join(err, s.writer.db.close())
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.release())
	}
	return err
}

// OnCommit has f called after each grouped commit, in the order of the commits, and some time after other nodes', many as one.
// It must not block or call the store.
func (s *Store) OnCommit(f func(Commit)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, f)
}

func (s *Store) tellHooks(c Commit) {
	s.mu.Lock()
	hooks := s.hooks
	s.mu.Unlock()
	for _, f := range hooks {
		f(c)
	}
}

// failuresToTell is how many commits in a row fail before it is more than bad luck.
const failuresToTell = 3

// Healthy says why the store should not be relied on now, if it should not.
func (s *Store) Healthy() error {
	if s.writer == nil {
		return nil
	}
	if err := s.writer.disk.failed(); err != nil {
		return err
	}
	if n := s.writer.failed.Load(); n >= failuresToTell {
		return fmt.Errorf("the last %d commits failed", n)
	}
	if s.cluster != nil {
		return s.cluster.trouble()
	}
	return nil
}

// Lost is closed when the disk did not keep what was written: nothing is accepted any more, and only a restart can tell what is there.
func (s *Store) Lost() <-chan struct{} { return s.writer.disk.lost }

// write runs do in a commit shared with whoever else is writing.
func (s *Store) write(ctx context.Context, do func(*tx) error) error {
	if s.writer == nil {
		return errors.New("the store is open for reading only")
	}
	note := audit.Of(ctx)
	if note == nil {
		return s.writer.write(ctx, do)
	}
	return s.writeNoted(ctx, note, do)
}

// read runs do on a snapshot, and returns once what it may have seen is on the disk.
func (s *Store) read(ctx context.Context, do func(engine) error) error {
	var db engine
	select {
	case db = <-s.readers:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := s.readOn(db, do)
	if s.writer != nil {
		if e := s.writer.disk.wait(); err == nil {
			err = e
		}
	}
	return readFault(err)
}

func (s *Store) readOn(db engine, do func(engine) error) error {
	defer func() { s.readers <- db }()
	if err := db.begin(false); err != nil {
		return err
	}
	err := do(db)
	if e := db.commit(); err == nil {
		err = e
	}
	return err
}

func readFault(err error) error {
	if isOutage(err) {
		return unavailable(err)
	}
	return err
}

// turnBegan forgets what other nodes have changed since this one's last turn.
func (s *Store) turnBegan(now changes) {
	if s.seen.webhooks != now.webhooks {
		s.wakes.forget()
		s.refused, s.pauses.rows = nil, nil
	}
	s.seen.webhooks = now.webhooks
	s.sawDirectory(now.directory)
}

// sawDirectory forgets what was remembered of another state of the directory.
func (s *Store) sawDirectory(now int64) {
	s.mu.Lock()
	old := s.seen.directory < now
	s.seen.directory = max(s.seen.directory, now)
	s.mu.Unlock()
	if old {
		s.cache.forget()
	}
}

// beforeCommit is what a group owes for its writes as a whole.
func (s *Store) beforeCommit(t *tx) error {
	if err := t.usage.save(t); err != nil {
		return err
	}
	if err := s.wakes.wake(t); err != nil || s.cluster == nil {
		return err
	}
	if rehook := len(t.rehook) > 0 || t.refused; t.directory || rehook {
		if err := t.later(qPgChanged, flag(t.directory), flag(rehook)); err != nil {
			return err
		}
	}
	if said := s.cluster.say(t.touched, t.directory); said != "" {
		return t.later(qPgNotify, said)
	}
	return nil
}

// afterCommit tells everybody, in the order of the commits.
func (s *Store) afterCommit(t *tx) {
	s.wakes.committed(t)
	s.places.committed(t)
	s.flight.committed(t)
	s.pauses.committed(t)
	if t.directory {
		s.cache.forget()
	}
	s.tellHooks(t.touched)
}

// age is how far back something is kept.
func age(now time.Time, d time.Duration) int64 { return micros(now.Add(-d)) }
