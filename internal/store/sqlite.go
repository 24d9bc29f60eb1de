package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// minSQLite is the first release without a race between a checkpoint and a writer that restarts the write-ahead log.
const minSQLite = 3_051_003

// sqliteConn is one connection, with its statements prepared once, on SQLite's own interface. A message takes a dozen
// statements; database/sql and its driver would lock, look up names, copy and allocate on each of them, which together
// costs as much again as the statements.
type sqliteConn struct {
	tls   *libc.TLS
	db    uintptr
	stmts map[*query]*sqliteStmt
	arena arena
}

var (
	qBeginWrite = onlySQLite("begin write", `BEGIN IMMEDIATE`)
	qBeginRead  = onlySQLite("begin read", `BEGIN`)
	qCommit     = onlySQLite("commit", `COMMIT`)
	qRollback   = onlySQLite("rollback", `ROLLBACK`)
)

// sqliteError is what SQLite says went wrong.
type sqliteError struct {
	code int32 // extended
	text string
}

func (e *sqliteError) Error() string { return fmt.Sprintf("%s (%d)", e.text, e.code) }

// sqliteDSN names a file so that no character of its path means anything to the URI parser. The path is made absolute: the first
// part of a relative one would be read as a host.
func sqliteDSN(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return u.String()
}

// configure is called once, before SQLite does anything: it need not count what it allocates.
var configure = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	defer tls.Close()
	va := libc.NewVaList(int32(0))
	defer libc.Xfree(tls, va)
	sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_MEMSTATUS, va) // refused when somebody was faster: then it counts
})

// openSQLite opens a connection to the file and sets it up with the pragmas, "name=value" each.
func openSQLite(path string, pragmas ...string) (*sqliteConn, error) {
	configure()
	c := &sqliteConn{tls: libc.NewTLS(), stmts: map[*query]*sqliteStmt{}}
	if err := c.open(sqliteDSN(path)); err != nil {
		c.close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	for _, p := range append([]string{"foreign_keys=ON", "temp_store=MEMORY"}, pragmas...) {
		if err := c.pragma(p); err != nil {
			c.close()
			return nil, fmt.Errorf("open %s: %s: %w", path, p, err)
		}
	}
	return c, nil
}

func (c *sqliteConn) open(dsn string) error {
	if err := c.arena.open(c.tls); err != nil {
		return err
	}
	name, err := libc.CString(dsn)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, name)
	const flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_NOMUTEX | sqlite3.SQLITE_OPEN_URI
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, c.arena.base, flags, 0)
	c.db = c.arena.result()
	if rc != sqlite3.SQLITE_OK {
		return c.err(rc)
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, 5000)
	return nil
}

func (c *sqliteConn) err(rc int32) error {
	if c.db == 0 {
		return &sqliteError{rc, "no memory"}
	}
	return &sqliteError{rc, libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
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
	st, err := c.newStmt(text)
	if err != nil {
		return err
	}
	defer st.close(c)
	return st.run(c, func(r *row) error {
		if fn != nil {
			fn(r.text())
		}
		return nil
	}, nil)
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
	st, err := c.newStmt(q.text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.name, err)
	}
	c.stmts[q] = st
	return st, nil
}

func (c *sqliteConn) exec(q *query, args ...any) (int64, error) {
	st, err := c.prepare(q)
	if err != nil {
		return 0, err
	}
	if err := st.run(c, nil, args); err != nil {
		return 0, fmt.Errorf("%s: %w", q.name, err)
	}
	return sqlite3.Xsqlite3_changes64(c.tls, c.db), nil
}

func (c *sqliteConn) each(q *query, fn func(*row) error, args ...any) error {
	st, err := c.prepare(q)
	if err != nil {
		return err
	}
	failed := error(nil)
	err = st.run(c, func(r *row) error {
		failed = fn(r)
		return failed
	}, args)
	if err != nil && failed == nil {
		err = fmt.Errorf("%s: %w", q.name, err)
	}
	return err
}

func (c *sqliteConn) later(q *query, args ...any) error {
	_, err := c.exec(q, args...)
	return err
}

// broken: a statement that fails leaves the others as they were.
func (c *sqliteConn) broken() bool { return false }

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
		st.close(c)
	}
	clear(c.stmts)
	rc := int32(sqlite3.SQLITE_OK)
	if c.db != 0 {
		rc = sqlite3.Xsqlite3_close_v2(c.tls, c.db)
		c.db = 0
	}
	c.arena.close(c.tls)
	c.tls.Close()
	if rc != sqlite3.SQLITE_OK {
		return &sqliteError{rc, "close"}
	}
	return nil
}

// arena is memory of SQLite's world that a connection passes texts in: one piece for all, used like a stack. It begins
// with the place where SQLite leaves a pointer.
type arena struct {
	base uintptr
	view []byte
	used int
}

const resultSize = 8

// arenaSize holds the texts of any usual statement. What does not fit gets memory of its own.
const arenaSize = 32 << 10

func (a *arena) open(tls *libc.TLS) error {
	if a.base = libc.Xmalloc(tls, arenaSize); a.base == 0 {
		return errors.New("no memory")
	}
	a.view, a.used = libc.GoBytes(a.base, arenaSize), resultSize
	return nil
}

func (a *arena) close(tls *libc.TLS) {
	if a.base != 0 {
		libc.Xfree(tls, a.base)
	}
	*a = arena{}
}

// result is the pointer that SQLite left.
func (a *arena) result() uintptr {
	if bits.UintSize == 64 {
		return uintptr(binary.NativeEndian.Uint64(a.view))
	}
	return uintptr(binary.NativeEndian.Uint32(a.view))
}
