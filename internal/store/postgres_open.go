package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgReaderCount is how many reads run at once: they wait for the way to the server and back.
const pgReaderCount = 8

// minPostgres is the oldest release that gets fixes still.
const minPostgres = 140_000

// Settings of our connections, whatever the database's own are. Without a commit that waits for the disk, nothing could be
// acknowledged; the planner must not read a whole table for a row because the table was small when it last looked.
const (
	pgSetup = `SET client_encoding = 'UTF8'; SET synchronous_commit = %s; SET enable_seqscan = off; SET jit = off;
		SET default_transaction_isolation = 'read committed'; SET lock_timeout = '10s'; `
	pgReaderSetup = pgSetup + `SET statement_timeout = '50s'; SET idle_in_transaction_session_timeout = '60s'`
	// A node that stands still in the middle of its turn holds everybody up: the database ends its turn.
	pgWriterSetup = pgSetup + `SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '3s'`
)

// parsePostgres reads a database URL. What it says of a wrong one never shows the password.
func parsePostgres(raw string) (*pgconn.Config, error) {
	const how = "write it like postgres://user:password@host:5432/database"
	u, err := url.Parse(raw)
	if err != nil { // its error quotes the URL
		return nil, errors.New("the database URL cannot be read: " + how + ", with % before the code of an unusual character (%40 is @)")
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("the database URL does not begin with postgres://: " + how)
	}
	c, err := pgconn.ParseConfig(raw)
	if err != nil {
		why := "it says something that no connection has"
		if inner := errors.Unwrap(err); inner != nil {
			why = inner.Error()
		}
		for _, secret := range passwords(u) {
			if strings.Contains(why, secret) {
				why = "it says something that no connection has"
			}
		}
		return nil, fmt.Errorf("the database URL cannot be used: %s: %s", why, how)
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "patchbay"
	}
	// Claims, keys and duplicates are asked of the server that takes writes, of no standby.
	c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	return c, nil
}

func passwords(u *url.URL) (list []string) {
	if u.User != nil {
		if p, has := u.User.Password(); has && p != "" {
			list = append(list, p, url.QueryEscape(p), url.PathEscape(p))
		}
	}
	if p := u.Query().Get("password"); p != "" {
		list = append(list, p)
	}
	return list
}

// pgFacts are what a server says of itself.
type pgFacts struct {
	version                   int64
	encoding, commits, fsyncs string
}

// checkPostgres refuses a server that we cannot vouch for, and gives the way in which it acknowledges commits.
func checkPostgres(ctx context.Context, config *pgconn.Config, log *slog.Logger) (commits string, err error) {
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return "", &awayError{err}
	}
	defer conn.Close(ctx)
	f, err := askFacts(ctx, conn)
	switch {
	case err != nil:
		return "", fmt.Errorf("ask the database what it is: %w", err)
	case f.version < minPostgres:
		return "", fmt.Errorf("PostgreSQL %d is too old: 14 is the oldest that works", f.version/10_000)
	case f.encoding != "UTF8":
		return "", fmt.Errorf("the database keeps its texts in %s, which cannot hold every text: make one with ENCODING 'UTF8'", f.encoding)
	}
	if f.fsyncs != "on" {
		log.Warn("this PostgreSQL does not wait for its disk (fsync is off): what it has acknowledged may be lost")
	}
	switch f.commits {
	case "remote_apply", "remote_write", "local":
		return f.commits, nil // its operator's word on the standbys; each waits for our disk
	}
	return "on", nil
}

func askFacts(ctx context.Context, conn *pgconn.PgConn) (f pgFacts, err error) {
	answers, err := conn.Exec(ctx, `SELECT current_setting('server_version_num'), current_setting('server_encoding'),
		current_setting('synchronous_commit'), current_setting('fsync')`).ReadAll()
	if err != nil {
		return f, err
	}
	row := answers[0].Rows[0]
	if _, err := fmt.Sscan(string(row[0]), &f.version); err != nil {
		return f, err
	}
	f.encoding, f.commits, f.fsyncs = string(row[1]), string(row[2]), string(row[3])
	return f, nil
}

// CheckURL says what is wrong with a database URL, without asking the server.
func CheckURL(raw string) error {
	_, err := parsePostgres(raw)
	return err
}

// Sealed reports whether a node has sealed values in the database: then only that node's key opens them.
func Sealed(ctx context.Context, databaseURL string) (bool, error) {
	config, err := parsePostgres(databaseURL)
	if err != nil {
		return false, err
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return false, &awayError{err}
	}
	defer conn.Close(ctx)
	has := func(sql string) (bool, error) {
		answers, err := conn.Exec(ctx, sql).ReadAll()
		if err != nil {
			return false, fmt.Errorf("look for the database's key: %w", err)
		}
		return len(answers[0].Rows) > 0, nil
	}
	if there, err := has(`SELECT 1 WHERE to_regclass('meta') IS NOT NULL`); err != nil || !there {
		return false, err
	}
	return has(`SELECT 1 FROM meta WHERE key = 'key check'`)
}

// openPostgres opens the store on a server that other nodes may work on, too.
func (s *Store) openPostgres(ctx context.Context, o Options) error {
	config, err := parsePostgres(o.DatabaseURL)
	if err != nil {
		return err
	}
	commits, err := checkPostgres(ctx, config, o.Log)
	if err != nil {
		return err
	}
	if o.ReadOnly || o.NotEmpty {
		if err := checkSchema(ctx, config, o.ReadOnly); err != nil {
			return err
		}
	}
	if !o.ReadOnly {
		if err := migratePostgres(ctx, config, o.Log); err != nil {
			return err
		}
	}
	reader := fmt.Sprintf(pgReaderSetup, commits)
	if o.ReadOnly { // counting everything may take its time
		reader += `; SET statement_timeout = 0; SET enable_seqscan = on`
	}
	s.readers = make(chan engine, pgReaderCount)
	for range pgReaderCount {
		c := &pgConn{config: config, setup: reader, limit: readLimit}
		if o.ReadOnly {
			c.limit = time.Hour
		}
		s.readers <- c
	}
	if o.ReadOnly {
		return nil
	}
	db := writerConn(config, commits)
	s.writer = newWriter(db, o.Log)
	s.writer.veil = newVeil(o.Box)
	s.writer.shared, s.wakes.shared = true, true
	s.writer.opened = func() { s.turnBegan(db.changes) }
	s.writer.before, s.writer.after = s.beforeCommit, s.afterCommit
	if err := s.claimDatabase(db, o.MediaID); err != nil {
		return err
	}
	if s.cluster, err = joinCluster(ctx, s, config, o.Log); err != nil {
		return err
	}
	go s.writer.run()
	if err := s.endLongWaits(ctx, time.Now()); err != nil {
		return err
	}
	return s.finishDeletions(ctx)
}

func writerConn(config *pgconn.Config, commits string) *pgConn {
	return &pgConn{config: config, setup: fmt.Sprintf(pgWriterSetup, commits), turns: true, limit: writeLimit}
}

// claimDatabase checks, in a turn of its own, that this node has the key and the files that belong to the database. The first node says which.
func (s *Store) claimDatabase(db *pgConn, mediaID string) (err error) {
	if err := db.begin(true); err != nil {
		return err
	}
	if err = s.checkKey(db); err == nil {
		err = checkMedia(db, mediaID)
	}
	if err == nil {
		err = db.commit()
	}
	if err != nil {
		db.rollback()
	}
	return err
}
