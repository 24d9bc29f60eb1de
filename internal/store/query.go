package store

import (
	"fmt"
	"strings"
	"time"
)

// query is one SQL text, the same for every engine: $1 placeholders, and only what SQLite and PostgreSQL both know.
type query struct {
	name, text string
	reads      bool // it changes nothing
}

// queries are all of them, so that a test can prepare each on every engine.
var queries []*query

func sqlText(name, text string) *query {
	q := &query{name: name, text: text, reads: strings.HasPrefix(text, "SELECT") || strings.HasPrefix(text, "WITH")}
	queries = append(queries, q)
	return q
}

// engine is one connection to a database. It is used by one goroutine at a time.
type engine interface {
	// exec runs a query that changes rows, and returns how many.
	exec(q *query, args ...any) (int64, error)
	// each calls fn for every row. fn must not run q again.
	each(q *query, fn func(*row) error, args ...any) error
	begin(write bool) error
	commit() error
	rollback() error
	close() error
}

// one reads the first row, and says whether there was one.
func one(e engine, q *query, fn func(*row) error, args ...any) (found bool, err error) {
	err = e.each(q, func(r *row) error {
		if found {
			return nil
		}
		found = true
		return fn(r)
	}, args...)
	return found, err
}

// count reads a single number; 0 when there is no row.
func count(e engine, q *query, args ...any) (n int64, err error) {
	_, err = one(e, q, func(r *row) error { n = r.int(); return nil }, args...)
	return n, err
}

// row hands out the columns of a row from left to right.
type row struct {
	vals []any
	next int
	err  error
}

func (r *row) value() any {
	if r.next >= len(r.vals) {
		r.fail("has no column", nil)
		return nil
	}
	v := r.vals[r.next]
	r.next++
	return v
}

func (r *row) fail(what string, v any) {
	if r.err == nil {
		r.err = fmt.Errorf("column %d %s: %T", r.next, what, v)
	}
}

func (r *row) text() string {
	switch v := r.value().(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case nil:
		return ""
	default:
		r.fail("is no text", v)
		return ""
	}
}

func (r *row) bytes() []byte {
	switch v := r.value().(type) {
	case []byte:
		return append([]byte(nil), v...)
	case string:
		return []byte(v)
	case nil:
		return nil
	default:
		r.fail("is no blob", v)
		return nil
	}
}

func (r *row) int() int64 {
	switch v := r.value().(type) {
	case int64:
		return v
	case nil:
		return 0
	default:
		r.fail("is no integer", v)
		return 0
	}
}

func (r *row) bool() bool              { return r.int() != 0 }
func (r *row) time() time.Time         { return fromMicros(r.int()) }
func (r *row) duration() time.Duration { return time.Duration(r.int()) * time.Microsecond }

// micros is how times are kept; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
