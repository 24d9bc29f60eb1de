package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"patchbay/internal/lane"
)

// cluster is what a node knows of the others on the same PostgreSQL: it hears what they commit, forgets what they change, and
// compares clocks with the database.
type cluster struct {
	store  *Store
	config *pgconn.Config
	log    *slog.Logger
	id     string // of this node, while it lives

	stop    context.CancelFunc
	ended   sync.WaitGroup
	probing atomic.Bool
	skew    atomic.Int64 // how far our clock is ahead of the database's, in nanoseconds

	news   Commit    // what others said and nobody was told of yet; run's
	tellAt time.Time // when to tell it

	mu     sync.Mutex
	away   error // why we hear nothing; nil: we do
	since  time.Time
	backAt time.Time // when the database came back; zero: it was never away
}

const (
	channel = "patchbay"
	// pollEvery is how often a node asks whether what it remembers has changed, should it not have heard.
	pollEvery = time.Second
	// gatherFor is how long others' news are gathered: who committed takes its own work at once, so what is left for us is what it
	// had no room for.
	gatherFor = 25 * time.Millisecond
	// awayFor is how long we may hear nothing before it is worth saying.
	awayFor = 2 * time.Second
	// skewMax is how far a clock may be off: leases and pauses are times that several nodes compare.
	skewMax = 2 * time.Second
)

var (
	qPgNotify  = onlyPostgres("notify nodes", `SELECT pg_notify('`+channel+`', $1)`)
	qPgChanged = onlyPostgres("count changes", `UPDATE changes SET directory = directory + $1, webhooks = webhooks + $2`)
)

// joinCluster begins to hear what others commit.
func joinCluster(ctx context.Context, s *Store, config *pgconn.Config, log *slog.Logger) (*cluster, error) {
	c := &cluster{store: s, config: config.Copy(), log: log, id: rand.Text()[:8]}
	c.config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) { c.read(n.Payload) } // while run waits for the connection
	conn, err := c.listen(ctx)
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.ended.Go(func() { c.run(life, conn) })
	return c, nil
}

func (c *cluster) close() {
	c.stop()
	c.ended.Wait()
}

func (c *cluster) listen(ctx context.Context) (*pgconn.PgConn, error) {
	conn, err := pgconn.ConnectConfig(ctx, c.config)
	if err != nil {
		return nil, &awayError{err}
	}
	if err := c.poll(ctx, conn, "LISTEN "+channel+"; "); err != nil {
		conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// run hears until its life ends. A connection that is lost is made anew, and then anything may have happened meanwhile.
func (c *cluster) run(life context.Context, conn *pgconn.PgConn) {
	for pause := connectPause; ; {
		err := c.hear(life, conn)
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		conn.Close(closing)
		cancel()
		for life.Err() == nil {
			c.lost(err)
			select {
			case <-time.After(pause):
			case <-life.Done():
			}
			if conn, err = c.listen(life); err == nil {
				break
			}
			pause = min(2*pause, pollEvery)
		}
		if life.Err() != nil {
			if err == nil {
				conn.Close(context.Background())
			}
			return
		}
		c.back()
		pause = connectPause
	}
}

// hear passes on what others say until the connection or the life ends.
func (c *cluster) hear(life context.Context, conn *pgconn.PgConn) error {
	for pollAt := time.Now().Add(pollEvery); ; {
		until := pollAt
		if !c.tellAt.IsZero() && c.tellAt.Before(until) {
			until = c.tellAt
		}
		ctx, cancel := context.WithDeadline(life, until)
		err := conn.WaitForNotification(ctx)
		cancel()
		if life.Err() != nil {
			return nil
		}
		if err != nil && !pgconn.Timeout(err) {
			return &awayError{err}
		}
		now := time.Now()
		if !c.tellAt.IsZero() && !now.Before(c.tellAt) {
			c.store.tellHooks(c.news)
			c.news, c.tellAt = Commit{}, time.Time{}
		}
		if now.Before(pollAt) {
			continue
		}
		asking, cancel := context.WithTimeout(life, awayFor)
		err = c.poll(asking, conn, "")
		cancel()
		if err != nil {
			return err
		}
		c.probe(life)
		pollAt = time.Now().Add(pollEvery)
	}
}

// probe writes a little when commits have failed: a node that is not ready gets no traffic, and would never learn that it is well again.
func (c *cluster) probe(life context.Context) {
	if c.store.writer.failed.Load() < failuresToTell || !c.probing.CompareAndSwap(false, true) {
		return
	}
	c.ended.Go(func() {
		defer c.probing.Store(false)
		_ = c.store.write(life, func(t *tx) error { return t.later(qPgChanged, 0, 0) }) // it logs, and counts what became of it
	})
}

// poll asks what has changed and what time it is.
func (c *cluster) poll(ctx context.Context, conn *pgconn.PgConn, before string) error {
	asked := time.Now()
	answers, err := conn.Exec(ctx, before+`SELECT directory, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM changes`).ReadAll()
	if err != nil {
		return &awayError{err}
	}
	var directory, clock int64
	row := answers[len(answers)-1].Rows[0]
	if _, err := fmt.Sscan(string(row[0])+" "+string(row[1]), &directory, &clock); err != nil {
		return err
	}
	answered := time.Now()
	ours := asked.Add(answered.Sub(asked) / 2)
	c.setSkew(ours.Sub(time.UnixMicro(clock)))
	c.store.sawDirectory(directory)
	return nil
}

func (c *cluster) setSkew(d time.Duration) {
	was := time.Duration(c.skew.Swap(int64(d)))
	if d.Abs() > skewMax && was.Abs() <= skewMax {
		c.log.Error("this machine's clock is off the database's: it takes no work that several nodes share", "ahead", d.Round(time.Millisecond))
	}
}

// lost says that what others change may reach us late from here on: nothing is remembered.
func (c *cluster) lost(err error) {
	c.store.cache.forget()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away == nil {
		c.since = time.Now()
		c.log.Error("the database is away", "err", err)
	}
	c.away = err
}

func (c *cluster) back() {
	c.mu.Lock()
	c.log.Info("the database is back", "after", time.Since(c.since).Round(time.Millisecond))
	c.away, c.backAt = nil, time.Now()
	c.mu.Unlock()
	c.store.cache.forget()
	c.store.tellHooks(Commit{true, true, true, true, true, true, true})
}

// justBack reports whether the database has not been here long enough for holders of lanes to renew their leases.
func (c *cluster) justBack() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.away != nil || time.Since(c.backAt) < lane.LeaseFor
}

// trouble is why this node should get no work now, or nil.
func (c *cluster) trouble() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away != nil && time.Since(c.since) > awayFor {
		return fmt.Errorf("the database is away since %s: %w", c.since.UTC().Format(time.TimeOnly), c.away)
	}
	return c.clockTrouble()
}

// clockTrouble refuses a clock by which leases would be wrong.
func (c *cluster) clockTrouble() error {
	if skew := time.Duration(c.skew.Load()); skew.Abs() > skewMax {
		return fmt.Errorf("this machine's clock is %s off the database's, and leases are times that nodes compare: set it by NTP",
			skew.Abs().Round(100*time.Millisecond))
	}
	return nil
}

// say is what other nodes are told of a commit; empty: nothing.
func (c *cluster) say(touched Commit, directory bool) string {
	said := ""
	for _, n := range []struct {
		is     bool
		letter string
	}{{touched.Lanes, "L"}, {touched.Webhooks, "W"}, {touched.Callbacks, "C"}, {touched.Notifications, "N"}, {touched.Media, "M"}, {touched.Replies, "R"}, {directory, "D"}} {
		if n.is {
			said += n.letter
		}
	}
	if said == "" {
		return ""
	}
	return c.id + " " + said
}

// read takes in what another node said. What changed the directory is forgotten at once.
func (c *cluster) read(payload string) {
	id, said, _ := strings.Cut(payload, " ")
	if id == c.id {
		return
	}
	if strings.Contains(said, "D") {
		c.store.cache.forget()
	}
	news := Commit{strings.Contains(said, "L"), strings.Contains(said, "W"), strings.Contains(said, "C"), strings.Contains(said, "N"), strings.Contains(said, "M"),
		strings.Contains(said, "R"), false} // whoever commits what is looked for in searches sees to that
	if news == (Commit{}) {
		return
	}
	if c.tellAt.IsZero() {
		c.tellAt = time.Now().Add(gatherFor)
	}
	c.news = c.news.and(news)
}

func (c Commit) and(o Commit) Commit {
	return Commit{c.Lanes || o.Lanes, c.Webhooks || o.Webhooks, c.Callbacks || o.Callbacks, c.Notifications || o.Notifications, c.Media || o.Media,
		c.Replies || o.Replies, c.Search || o.Search}
}
