package store

import (
	"fmt"
	"strconv"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteStmt is a prepared statement.
type sqliteStmt struct {
	handle uintptr
	params []int // which argument each parameter takes: SQLite numbers $3 by where it comes first, not by its name
	row    row
	cols   sqliteColumns
}

func (c *sqliteConn) newStmt(text string) (*sqliteStmt, error) {
	p, err := libc.CString(text)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, p)
	if rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, p, -1, sqlite3.SQLITE_PREPARE_PERSISTENT, c.arena.base, 0); rc != sqlite3.SQLITE_OK {
		return nil, c.err(rc)
	}
	st := &sqliteStmt{handle: c.arena.result()}
	for i := range sqlite3.Xsqlite3_bind_parameter_count(c.tls, st.handle) {
		name := libc.GoString(sqlite3.Xsqlite3_bind_parameter_name(c.tls, st.handle, i+1))
		n, err := strconv.Atoi(name[min(1, len(name)):])
		if err != nil || n < 1 {
			st.close(c)
			return nil, fmt.Errorf("parameter %q is not written $1, $2 …", name)
		}
		st.params = append(st.params, n-1)
	}
	st.cols = sqliteColumns{c, st.handle, int(sqlite3.Xsqlite3_column_count(c.tls, st.handle))}
	st.row.cols = &st.cols
	return st, nil
}

func (st *sqliteStmt) close(c *sqliteConn) {
	sqlite3.Xsqlite3_finalize(c.tls, st.handle)
	st.handle = 0
}

// run binds, steps to the end and resets. With fn it is called for every row.
func (st *sqliteStmt) run(c *sqliteConn, fn func(*row) error, args []any) (err error) {
	used := c.arena.used
	var own []uintptr // memory of what was too long for the arena
	defer func() {
		// The texts are SQLite's until the statement is reset; before its next step all of them are bound anew.
		sqlite3.Xsqlite3_reset(c.tls, st.handle)
		c.arena.used = used
		for _, p := range own {
			libc.Xfree(c.tls, p)
		}
	}()
	for i, a := range st.params {
		if a >= len(args) {
			return fmt.Errorf("there is no argument $%d", a+1)
		}
		p, err := st.bind(c, int32(i+1), args[a])
		if p != 0 {
			own = append(own, p)
		}
		if err != nil {
			return err
		}
	}
	for {
		switch rc := sqlite3.Xsqlite3_step(c.tls, st.handle); rc {
		case sqlite3.SQLITE_ROW:
			if fn == nil {
				continue
			}
			st.row.next, st.row.err = 0, nil
			if err := fn(&st.row); err != nil {
				return err
			}
			if st.row.err != nil {
				return st.row.err
			}
		case sqlite3.SQLITE_DONE:
			return nil
		default:
			return c.err(rc)
		}
	}
}

// bind gives one parameter its value, and says which memory to free after the run.
func (st *sqliteStmt) bind(c *sqliteConn, i int32, v any) (own uintptr, err error) {
	rc := int32(sqlite3.SQLITE_OK)
	switch v := v.(type) {
	case int64:
		rc = sqlite3.Xsqlite3_bind_int64(c.tls, st.handle, i, v)
	case int:
		rc = sqlite3.Xsqlite3_bind_int64(c.tls, st.handle, i, int64(v))
	case string:
		var p uintptr
		if p, own, err = passIn(c, v); err == nil {
			rc = sqlite3.Xsqlite3_bind_text(c.tls, st.handle, i, p, int32(len(v)), 0)
		}
	case []byte:
		var p uintptr
		if p, own, err = passIn(c, v); err == nil {
			rc = sqlite3.Xsqlite3_bind_blob(c.tls, st.handle, i, p, int32(len(v)), 0)
		}
	default:
		err = fmt.Errorf("an argument is a %T", v)
	}
	if err == nil && rc != sqlite3.SQLITE_OK {
		err = c.err(rc)
	}
	return own, err
}

// passIn copies a text or a blob to where SQLite can read it.
func passIn[T string | []byte](c *sqliteConn, v T) (p, own uintptr, err error) {
	a := &c.arena
	if len(v) <= len(a.view)-a.used {
		p = a.base + uintptr(a.used)
		a.used += copy(a.view[a.used:], v)
		return p, 0, nil
	}
	p, err = libc.CString(string(v))
	return p, p, err
}

// sqliteColumns are the columns of the row that a statement stands on.
type sqliteColumns struct {
	c      *sqliteConn
	handle uintptr
	n      int
}

func (s *sqliteColumns) len() int { return s.n }

func (s *sqliteColumns) text(i int) string {
	p := sqlite3.Xsqlite3_column_text(s.c.tls, s.handle, int32(i))
	if p == 0 {
		return ""
	}
	return string(libc.GoBytes(p, int(sqlite3.Xsqlite3_column_bytes(s.c.tls, s.handle, int32(i)))))
}

func (s *sqliteColumns) bytes(i int) []byte {
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.handle, int32(i))
	if p == 0 {
		return nil
	}
	return append([]byte{}, libc.GoBytes(p, int(sqlite3.Xsqlite3_column_bytes(s.c.tls, s.handle, int32(i))))...)
}

func (s *sqliteColumns) int(i int) int64 {
	return sqlite3.Xsqlite3_column_int64(s.c.tls, s.handle, int32(i))
}
