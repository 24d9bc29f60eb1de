package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// minSQLite is the first release without a race between a checkpoint and a writer that restarts the write-ahead log.
const minSQLite = 3_051_003

// sqliteConn is one connection, with its statements prepared once. It goes to the driver directly: database/sql would
// lock, copy and allocate on each of the dozen statements that a message takes.
type sqliteConn struct {
	conn  driver.Conn
	stmts map[*query]*sqliteStmt
	args  []driver.NamedValue
}

type sqliteStmt struct {
	stmt interface {
		driver.StmtExecContext
		driver.StmtQueryContext
	}
	row row
	buf []driver.Value
}

var (
	qBeginWrite = sqlText("begin write", `BEGIN IMMEDIATE`)
	qBeginRead  = sqlText("begin read", `BEGIN`)
	qCommit     = sqlText("commit", `COMMIT`)
	qRollback   = sqlText("rollback", `ROLLBACK`)
)

// sqliteDSN names a file so that no character of its path means anything to the URI parser. The path is made absolute: the first
// part of a relative one would be read as a host.
func sqliteDSN(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return u.String()
}

// openSQLite opens a connection to the file and sets it up with the pragmas, "name=value" each.
func openSQLite(path string, pragmas ...string) (*sqliteConn, error) {
	dc, err := new(sqlite.Driver).Open(sqliteDSN(path))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	c := &sqliteConn{conn: dc, stmts: map[*query]*sqliteStmt{}}
	for _, p := range append([]string{"busy_timeout=5000", "foreign_keys=ON", "temp_store=MEMORY"}, pragmas...) {
		if err := c.pragma(p); err != nil {
			c.close()
			return nil, fmt.Errorf("open %s: %s: %w", path, p, err)
		}
	}
	return c, nil
}

// pragma sets one. SQLite answers some of them with the value that holds now, and says nothing when it refused.
func (c *sqliteConn) pragma(p string) error {
	got := ""
	err := c.script("PRAGMA "+p, func(v string) { got = v })
	if name, want, _ := strings.Cut(p, "="); err == nil && name == "journal_mode" && !strings.EqualFold(got, want) {
		return fmt.Errorf("the journal mode stays %q", got)
	}
	return err
}

// script runs SQL that is used once and hands its first column out as text.
func (c *sqliteConn) script(text string, fn func(string)) error {
	st, err := c.conn.Prepare(text)
	if err != nil {
		return err
	}
	defer st.Close()
	rows, err := st.(driver.StmtQueryContext).QueryContext(context.Background(), nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	vals := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(vals); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if len(vals) > 0 && fn != nil {
			fn(fmt.Sprint(vals[0]))
		}
	}
}

// version is SQLite's own, as one number: 3.54.1 is 3054001.
func (c *sqliteConn) version() (int, error) {
	text := ""
	if err := c.script("SELECT sqlite_version()", func(v string) { text = v }); err != nil {
		return 0, err
	}
	n := 0
	for i, part := range append(strings.Split(text, "."), "0", "0")[:3] {
		d, err := strconv.Atoi(part)
		if err != nil || i > 0 && d > 999 {
			return 0, fmt.Errorf("SQLite calls itself %q", text)
		}
		n = n*1000 + d
	}
	return n, nil
}

func (c *sqliteConn) prepare(q *query) (*sqliteStmt, error) {
	if st := c.stmts[q]; st != nil {
		return st, nil
	}
	st, err := c.conn.Prepare(q.text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.name, err)
	}
	s := &sqliteStmt{}
	var ok bool
	if s.stmt, ok = st.(interface {
		driver.StmtExecContext
		driver.StmtQueryContext
	}); !ok {
		return nil, errors.New("the SQLite driver has changed its statements")
	}
	c.stmts[q] = s
	return s, nil
}

func (c *sqliteConn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, a := range args {
		if n, ok := a.(int); ok {
			a = int64(n)
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.args
}

func (c *sqliteConn) exec(q *query, args ...any) (int64, error) {
	st, err := c.prepare(q)
	if err != nil {
		return 0, err
	}
	res, err := st.stmt.ExecContext(context.Background(), c.bind(args))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", q.name, err)
	}
	return res.RowsAffected()
}

func (c *sqliteConn) each(q *query, fn func(*row) error, args ...any) (err error) {
	st, err := c.prepare(q)
	if err != nil {
		return err
	}
	rows, err := st.stmt.QueryContext(context.Background(), c.bind(args))
	if err != nil {
		return fmt.Errorf("%s: %w", q.name, err)
	}
	defer func() {
		if e := rows.Close(); err == nil && e != nil {
			err = fmt.Errorf("%s: %w", q.name, e)
		}
	}()
	if st.buf == nil {
		st.buf = make([]driver.Value, len(rows.Columns()))
		st.row.vals = make([]any, len(st.buf))
	}
	for {
		if err := rows.Next(st.buf); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		for i, v := range st.buf {
			st.row.vals[i] = v
		}
		st.row.next, st.row.err = 0, nil
		if err := fn(&st.row); err != nil {
			return err
		}
		if st.row.err != nil {
			return fmt.Errorf("%s: %w", q.name, st.row.err)
		}
	}
}

func (c *sqliteConn) begin(write bool) error {
	q := qBeginRead
	if write {
		q = qBeginWrite
	}
	_, err := c.exec(q)
	return err
}

func (c *sqliteConn) commit() error {
	_, err := c.exec(qCommit)
	return err
}

func (c *sqliteConn) rollback() error {
	_, err := c.exec(qRollback)
	return err
}

func (c *sqliteConn) close() error {
	for _, st := range c.stmts {
		st.stmt.(driver.Stmt).Close()
	}
	return c.conn.Close()
}

// isOutage reports whether the database could not do it now, whatever was asked: a full or broken disk, a lock held
// from outside. The same request may succeed later.
func isOutage(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

// isDuplicate reports whether a unique constraint refused a row.
func isDuplicate(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}
