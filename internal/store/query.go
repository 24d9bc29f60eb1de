package store

import (
	"fmt"
	"strings"
	"time"
)

// query is one SQL text, the same for every engine: $1 placeholders, and only what SQLite and PostgreSQL both know.
type query struct {
	name, text string
	postgres   string // where the engines differ: PostgreSQL's text, beside SQLite's
	reads      bool   // it changes nothing
}

// queries are all of them, so that a test can prepare each on every engine.
var queries []*query

func sqlText(name, text string) *query {
	q := &query{name: name, text: text, reads: strings.HasPrefix(text, "SELECT") || strings.HasPrefix(text, "WITH")}
	queries = append(queries, q)
	return q
}

// sqliteQueries are SQLite's own.
var sqliteQueries []*query

func onlySQLite(name, text string) *query {
	q := &query{name: name, text: text}
	sqliteQueries = append(sqliteQueries, q)
	return q
}

// engine is one connection to a database. It is used by one goroutine at a time.
type engine interface {
	// exec runs a query that changes rows, and returns how many.
	exec(q *query, args ...any) (int64, error)
	// each calls fn for every row. fn must not run another query.
	each(q *query, fn func(*row) error, args ...any) error
	// later is exec for those who need no count: its error may come with a later query, or with the commit.
	later(q *query, args ...any) error
	begin(write bool) error
	commit() error
	rollback() error
	// broken reports whether the transaction can only be rolled back: a query of it failed, and the engine lets no other follow.
	broken() bool
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
	cols columns
	next int
	err  error
}

// columns are an engine's: what is no such value comes as the zero one.
type columns interface {
	len() int
	text(i int) string
	bytes(i int) []byte
	int(i int) int64
}

func (r *row) advance() (i int, ok bool) {
	if i = r.next; i >= r.cols.len() {
		r.err = fmt.Errorf("there is no column %d", i+1)
		return 0, false
	}
	r.next++
	return i, true
}

func (r *row) text() string {
	if i, ok := r.advance(); ok {
		return r.cols.text(i)
	}
	return ""
}

func (r *row) bytes() []byte {
	if i, ok := r.advance(); ok {
		return r.cols.bytes(i)
	}
	return nil
}

func (r *row) int() int64 {
	if i, ok := r.advance(); ok {
		return r.cols.int(i)
	}
	return 0
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
