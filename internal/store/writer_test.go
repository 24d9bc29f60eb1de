package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"patchbay/internal/fault"

	sqlite3 "modernc.org/sqlite/lib"
)

var (
	qTestInsert = &query{name: "test insert", text: `INSERT INTO t (v) VALUES ($1)`}
	qTestCount  = &query{name: "test count", text: `SELECT COUNT(*) FROM t`, reads: true}
)

// gate is an engine whose commits wait until they are let through, so that a test decides what makes a group.
type gate struct {
	engine
	begun   chan struct{}
	open    chan struct{}
	commits atomic.Int32
	fail    error
}

func (g *gate) begin(write bool) error {
	g.begun <- struct{}{}
	<-g.open
	return g.engine.begin(write)
}

func (g *gate) commit() error {
	g.commits.Add(1)
	if g.fail != nil {
		return g.fail
	}
	return g.engine.commit()
}

func newGated(t *testing.T) (*writer, *gate) {
	t.Helper()
	c, err := openSQLite(filepath.Join(t.TempDir(), "t.db"), "journal_mode=WAL")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.script(`CREATE TABLE t (v TEXT NOT NULL UNIQUE)`, nil); err != nil {
		t.Fatal(err)
	}
	g := &gate{engine: c, begun: make(chan struct{}, 100), open: make(chan struct{}, 100)}
	w := newWriter(g, slog.New(slog.DiscardHandler))
	go w.run()
	t.Cleanup(func() {
		w.close()
		c.close()
	})
	return w, g
}

// group has the writes wait together behind one that holds the writer, and lets them through as one group with it.
func group(t *testing.T, w *writer, g *gate, writes ...func(*tx) error) []error {
	t.Helper()
	var all sync.WaitGroup
	errs := make([]error, len(writes))
	all.Go(func() { w.write(context.Background(), func(*tx) error { return nil }) })
	<-g.begun // the first group holds the writer
	for i, do := range writes {
		all.Go(func() { errs[i] = w.write(context.Background(), do) })
	}
	for len(w.queue) < len(writes) {
		runtime.Gosched() // yield until all are queued; nothing else can take them
	}
	for range 50 {
		g.open <- struct{}{}
	}
	all.Wait()
	for len(g.open) > 0 {
		<-g.open
	}
	for len(g.begun) > 0 {
		<-g.begun
	}
	return errs
}

func insert(v string) func(*tx) error {
	return func(t *tx) error {
		_, err := t.exec(qTestInsert, v)
		return err
	}
}

func rows(t *testing.T, w *writer) int64 {
	t.Helper()
	n, err := count(w.db.(*gate).engine, qTestCount)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWaitingWritesShareACommit(t *testing.T) {
	w, g := newGated(t)
	errs := group(t, w, g, insert("a"), insert("b"), insert("c"))
	if err := errors.Join(errs...); err != nil || rows(t, w) != 3 {
		t.Fatalf("%v, %d rows", err, rows(t, w))
	}
	if n := g.commits.Load(); n != 1 { // they came while the first was under way
		t.Errorf("%d commits for four writes, want 1", n)
	}
}

func TestAFailingWriteHarmsNoOther(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		bad     func(*tx) error
		want    string
		commits int32
	}{
		"before it wrote": {func(*tx) error { return boom }, "boom", 1},
		"after it wrote":  {func(t *tx) error { insert("half")(t); return boom }, "boom", 3},
		"by a constraint": {insert("a"), "UNIQUE", 1},
		"by a panic":      {func(t *tx) error { insert("half")(t); panic("at the disco") }, "at the disco", 3},
		"by an outage": {func(t *tx) error {
			t.engine.(*gate).engine.rollback() // as a full disk does
			return fmt.Errorf("insert: %w", &sqliteError{sqlite3.SQLITE_FULL, "disk full"})
		}, "disk full", 3},
		"by a bad query":   {func(t *tx) error { _, err := t.exec(&query{name: "bad", text: "SELEKT"}); return err }, "bad", 1},
		"by a fault of it": {func(*tx) error { return fault.New(fault.Conflict, "", "taken") }, "taken", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w, g := newGated(t)
			errs := group(t, w, g, insert("a"), c.bad, insert("b"))
			if err := errs[1]; (err == nil || !strings.Contains(err.Error(), c.want)) && !(name == "by a constraint" && errs[0] != nil) {
				t.Errorf("the bad write: %v, want %s", err, c.want)
			}
			failed := 0
			for _, err := range errs {
				if err != nil {
					failed++
				}
			}
			if failed != 1 || rows(t, w) != 2 {
				t.Errorf("%d writes failed, %d rows are there: %v; want 1 and 2", failed, rows(t, w), errs)
			}
			if n := g.commits.Load(); n == 0 || n > c.commits { // what came behind the bad one may share a commit of its own
				t.Errorf("%d commits, want at most %d", n, c.commits)
			}
		})
	}
}

func TestAFailedCommitIsNobodysSuccess(t *testing.T) {
	w, g := newGated(t)
	g.fail = errors.New("disk on fire")
	for i, err := range group(t, w, g, insert("a"), insert("b")) {
		if fault.CodeOf(err) != fault.Unavailable || !strings.Contains(fmt.Sprint(err), "disk on fire") {
			t.Errorf("write %d: %v, want unavailable", i, err)
		}
	}
	if n := rows(t, w); n != 0 {
		t.Errorf("%d rows are there after failed commits", n)
	}
	if w.failed.Load() != 1 {
		t.Errorf("%d commits counted as failed, want 1", w.failed.Load())
	}
	g.fail = nil
	if err := group(t, w, g, insert("a"))[0]; err != nil || rows(t, w) != 1 || w.failed.Load() != 0 {
		t.Errorf("after the fire: %v, %d rows, %d failures", err, rows(t, w), w.failed.Load())
	}
}

func TestAWriteIsWithdrawnOnlyBeforeItBegan(t *testing.T) {
	w, g := newGated(t)
	first := make(chan error)
	go func() { first <- w.write(context.Background(), insert("first")) }()
	<-g.begun
	ctx, cancel := context.WithCancel(context.Background())
	second := make(chan error)
	go func() { second <- w.write(ctx, insert("second")) }()
	for len(w.queue) < 1 {
		runtime.Gosched()
	}
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("a withdrawn write: %v", err)
	}
	g.open <- struct{}{}
	g.open <- struct{}{}
	if err := <-first; err != nil {
		t.Error(err)
	}
	if err := w.write(ctx, insert("third")); !errors.Is(err, context.Canceled) {
		t.Errorf("a write after the end: %v", err)
	}
	go func() { <-g.begun; g.open <- struct{}{} }()
	w.write(context.Background(), func(*tx) error { return nil })
	if n := rows(t, w); n != 1 {
		t.Errorf("%d rows, want the first alone", n)
	}
}

func TestClosingWritesWhatWaits(t *testing.T) {
	c, err := openSQLite(filepath.Join(t.TempDir(), "t.db"), "journal_mode=WAL")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.script(`CREATE TABLE t (v TEXT NOT NULL UNIQUE)`, nil); err != nil {
		t.Fatal(err)
	}
	w := newWriter(c, slog.New(slog.DiscardHandler))
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := w.write(context.Background(), insert(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	for len(w.queue) < 20 {
		runtime.Gosched()
	}
	go w.run()
	w.close()
	all.Wait()
	if n, err := count(c, qTestCount); err != nil || n != 20 {
		t.Errorf("%d rows, %v", n, err)
	}
	if err := w.write(context.Background(), insert("late")); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("a write after closing: %v", err)
	}
}
