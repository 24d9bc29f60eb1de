package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgConn is one connection to PostgreSQL with its statements prepared once, on pgx's lowest level: what a query takes and gives
// is bytes that we write and read ourselves. A connection that broke is made anew by the next transaction.
type pgConn struct {
	config *pgconn.Config
	setup  string // SQL for each new connection
	turns  bool   // it writes: a transaction is the cluster's turn
	limit  time.Duration

	conn    *pgconn.PgConn
	stmts   map[*query]*pgStmt
	values  [][]byte
	scratch []byte

	pipe    *pgconn.Pipeline // queries that were sent and whose answers nobody has read
	queued  []*query         // theirs
	toBegin bool             // a read's BEGIN goes with its first query
	changes changes          // as this turn found them
	failed  time.Time        // when connecting failed last
	why     error
}

// changes count what nodes remember and others change: the directory, and what the writer knows of webhooks and refused credentials.
type changes struct{ directory, webhooks int64 }

const (
	// writeLimit and readLimit are how long one answer may take: longer, and the database counts as away.
	writeLimit = 40 * time.Second
	readLimit  = time.Minute
	// connectPause is how long a failed connect answers for those who come next: a queue of writes must not wait for one each.
	connectPause = 200 * time.Millisecond
)

// turnKey is the advisory lock that a writing transaction holds: one at a time in the whole cluster, so that a write may read and
// then decide, and what is numbered is visible in the order of its numbers. No version of the program may change it.
const turnKey = "8097865430174852"

var (
	qPgBegin    = onlyPostgres("begin", `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`)
	qPgSnapshot = onlyPostgres("begin read", `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
	qPgTurn     = onlyPostgres("take turn", `SELECT pg_advisory_xact_lock(`+turnKey+`)`)
	qPgChanges  = onlyPostgres("changes", `SELECT directory, webhooks FROM changes`)
	qPgCommit   = onlyPostgres("commit", `COMMIT`)
	qPgRollback = onlyPostgres("rollback", `ROLLBACK`)
)

// pgQueries are PostgreSQL's own, so that a test can prepare each.
var pgQueries []*query

func onlyPostgres(name, text string) *query {
	q := &query{name: name, text: text}
	pgQueries = append(pgQueries, q)
	return q
}

// errLost says that the connection ended at COMMIT: whether the database took it, nobody knows.
var errLost = errors.New("the connection was lost at the commit, and whether the database took it is not known")

// ready connects when there is no connection.
func (c *pgConn) ready() error {
	if c.conn != nil && !c.conn.IsClosed() && c.pipe == nil && c.conn.TxStatus() == 'I' {
		return nil
	}
	c.drop() // also one that a panic left in the middle of something
	if time.Since(c.failed) < connectPause {
		return c.why
	}
	if err := c.connect(context.Background()); err != nil {
		c.failed, c.why = time.Now(), err
		return err
	}
	return nil
}

func (c *pgConn) connect(ctx context.Context) error {
	conn, err := pgconn.ConnectConfig(ctx, c.config)
	if err != nil {
		return &awayError{err}
	}
	if _, err := conn.Exec(ctx, c.setup).ReadAll(); err != nil {
		conn.Close(ctx)
		return fmt.Errorf("set the connection up: %w", err)
	}
	c.conn, c.stmts = conn, map[*query]*pgStmt{}
	return nil
}

// drop forgets a connection without waiting for anybody.
func (c *pgConn) drop() {
	if c.conn != nil && !c.conn.IsClosed() {
		c.conn.Conn().Close()
	}
	c.conn, c.pipe, c.queued, c.stmts, c.toBegin = nil, nil, c.queued[:0], nil, false
}

func (c *pgConn) prepare(q *query) (*pgStmt, error) {
	if st := c.stmts[q]; st != nil {
		return st, nil
	}
	if err := c.settle(); err != nil { // what is under way stands in the way of a Prepare
		return nil, err
	}
	text := q.text
	if q.postgres != "" {
		text = q.postgres
	}
	c.deadline()
	desc, err := c.conn.Prepare(context.Background(), q.name, text, nil)
	if err != nil {
		return nil, c.trouble(q, err)
	}
	st := newPgStmt(desc)
	c.stmts[q] = st
	return st, nil
}

// trouble names the query, and lets a connection go that can do no more.
func (c *pgConn) trouble(q *query, err error) error {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		err = &awayError{err}
		c.drop()
	} else if c.conn.IsClosed() {
		c.drop()
	}
	return fmt.Errorf("%s: %w", q.name, err)
}

func (c *pgConn) deadline() {
	// Whoever answers no more must not keep us: without an answer in time the connection is given up.
	c.conn.Conn().SetDeadline(time.Now().Add(c.limit))
}

func (c *pgConn) exec(q *query, args ...any) (int64, error) {
	tag, err := c.run(q, nil, args)
	return tag.RowsAffected(), err
}

func (c *pgConn) each(q *query, fn func(*row) error, args ...any) error {
	_, err := c.run(q, fn, args)
	return err
}

// later sends a query along with the next one.
func (c *pgConn) later(q *query, args ...any) error {
	if err := c.usable(q); err != nil {
		return err
	}
	st, err := c.prepare(q)
	if err != nil {
		return err
	}
	values, err := c.encode(st, args)
	if err != nil {
		return fmt.Errorf("%s: %w", q.name, err)
	}
	c.enqueue(q, st, values)
	return nil
}

func (c *pgConn) enqueue(q *query, st *pgStmt, values [][]byte) {
	if c.pipe == nil {
		c.pipe = c.conn.StartPipeline(context.Background())
	}
	c.pipe.SendQueryStatement(st.desc, values, binaryParams, st.formats)
	c.queued = append(c.queued, q)
}

var binaryParams = []int16{1}

// usable refuses a query after the transaction's connection is gone: on another one it would be outside of the transaction.
func (c *pgConn) usable(q *query) error {
	if c.conn == nil || c.conn.IsClosed() {
		c.drop()
		return fmt.Errorf("%s: %w", q.name, &awayError{errors.New("the connection is gone")})
	}
	return nil
}

func (c *pgConn) run(q *query, fn func(*row) error, args []any) (tag pgconn.CommandTag, err error) {
	if c.toBegin {
		return c.first(q, fn, args)
	}
	if err := c.usable(q); err != nil {
		return tag, err
	}
	st, err := c.prepare(q)
	if err != nil {
		return tag, err
	}
	values, err := c.encode(st, args)
	if err != nil {
		return tag, fmt.Errorf("%s: %w", q.name, err)
	}
	c.deadline()
	if c.pipe == nil {
		return c.read(q, st, c.conn.ExecStatement(context.Background(), st.desc, values, binaryParams, st.formats), fn)
	}
	c.enqueue(q, st, values)
	return c.answers(st, fn)
}

// first runs the first query of a read along with the BEGIN before it. A connection that the database has closed meanwhile shows
// only now; nothing was read yet, so another one does as well.
func (c *pgConn) first(q *query, fn func(*row) error, args []any) (tag pgconn.CommandTag, err error) {
	for try := 0; ; try++ {
		if err := c.ready(); err != nil {
			return tag, fmt.Errorf("%s: %w", q.name, err)
		}
		c.toBegin = false
		seen := false
		tag, err = c.withBegin(q, func(r *row) error {
			seen = true
			if fn == nil {
				return nil
			}
			return fn(r)
		}, args)
		if err == nil || seen || try > 0 || !isAway(err) {
			return tag, err
		}
	}
}

func (c *pgConn) withBegin(q *query, fn func(*row) error, args []any) (tag pgconn.CommandTag, err error) {
	begin, err := c.prepare(qPgSnapshot)
	if err != nil {
		return tag, err
	}
	st, err := c.prepare(q)
	if err != nil {
		return tag, err
	}
	values, err := c.encode(st, args)
	if err != nil {
		return tag, fmt.Errorf("%s: %w", q.name, err)
	}
	c.deadline()
	c.enqueue(qPgSnapshot, begin, nil)
	c.enqueue(q, st, values)
	return c.answers(st, fn)
}

// settle reads the answers that nobody has read. Their first error is the error.
func (c *pgConn) settle() error {
	if c.pipe == nil {
		return nil
	}
	c.deadline()
	_, err := c.answers(nil, nil)
	return err
}

// answers ends the queue of queries: it reads what they answered and hands the rows of the last one, which is st, out.
func (c *pgConn) answers(st *pgStmt, fn func(*row) error) (tag pgconn.CommandTag, err error) {
	pipe, queued := c.pipe, c.queued
	c.pipe, c.queued = nil, c.queued[:0]
	err = pipe.Sync()
	failed := queued[len(queued)-1]
	for i := 0; i < len(queued) && err == nil; i++ {
		failed = queued[i]
		var results any
		if results, err = pipe.GetResults(); err != nil {
			break
		}
		rr, is := results.(*pgconn.ResultReader)
		if !is {
			err = fmt.Errorf("the answer is a %T", results)
			break
		}
		if st != nil && i == len(queued)-1 {
			tag, err = st.rows(rr, fn)
		} else {
			_, err = rr.Close()
		}
	}
	closing := pipe.Close() // reads up to where the database is ready again; an error of a query it gives once more
	var own *rowError
	switch {
	case errors.As(err, &own):
		if closing != nil {
			c.drop()
		}
		return tag, own.error
	case err == nil:
		err = closing
	}
	if err != nil {
		return tag, c.trouble(failed, err)
	}
	return tag, nil
}

func (c *pgConn) read(q *query, st *pgStmt, rr *pgconn.ResultReader, fn func(*row) error) (pgconn.CommandTag, error) {
	tag, err := st.rows(rr, fn)
	var own *rowError
	if errors.As(err, &own) {
		return tag, own.error
	}
	if err != nil {
		return tag, c.trouble(q, err)
	}
	return tag, nil
}

// begin begins a turn, or a read.
func (c *pgConn) begin(write bool) error {
	if !write {
		c.toBegin = true
		return nil
	}
	for try := 0; ; try++ {
		if err := c.ready(); err != nil {
			return err
		}
		err := c.beginTurn()
		if err == nil {
			return nil
		}
		c.drop() // wherever it stands, it is not where a turn begins
		if try > 0 || !isAway(err) {
			return err
		}
	}
}

// beginTurn waits for the cluster's turn. What others changed is read under the lock, so it is all that there is.
func (c *pgConn) beginTurn() error {
	for _, q := range []*query{qPgBegin, qPgTurn} {
		if err := c.later(q); err != nil {
			return err
		}
	}
	return c.each(qPgChanges, func(r *row) error {
		c.changes = changes{r.int(), r.int()}
		return nil
	})
}

// commit ends the transaction. A COMMIT of one that had failed is answered as a rollback, and without an error.
func (c *pgConn) commit() error {
	if c.toBegin { // a read that read nothing
		c.toBegin = false
		return nil
	}
	if err := c.usable(qPgCommit); err != nil {
		return err
	}
	if c.turns {
		if err := c.settle(); err != nil { // so that an error from here on is the COMMIT's own
			return err
		}
	}
	tag, err := c.run(qPgCommit, nil, nil)
	if err == nil && tag.String() != "COMMIT" {
		return fmt.Errorf("the transaction had failed, and was rolled back")
	}
	if err != nil && c.turns && isAway(err) {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

func (c *pgConn) rollback() error {
	if c.toBegin {
		c.toBegin = false
		return nil
	}
	if c.conn == nil || c.conn.IsClosed() {
		c.drop()
		return nil
	}
	if err := c.settle(); err != nil && c.conn == nil {
		return nil // gone, and the transaction with it
	}
	if c.conn.TxStatus() == 'I' {
		return nil
	}
	_, err := c.run(qPgRollback, nil, nil)
	if err != nil {
		c.drop()
	}
	return err
}

// broken reports whether the transaction can only be rolled back.
func (c *pgConn) broken() bool {
	return c.conn == nil || c.conn.IsClosed() || c.conn.TxStatus() == 'E'
}

func (c *pgConn) close() error {
	if c.conn == nil || c.conn.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return c.conn.Close(ctx)
}
