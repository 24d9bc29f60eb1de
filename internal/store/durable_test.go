package store

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"patchbay/internal/fault"
)

// slowDisk is a store's disk whose syncs wait until they are let through.
type slowDisk struct {
	*Store
	asked chan struct{}
	give  chan error
}

func newSlowDisk(t *testing.T) *slowDisk {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.db")
	c, err := openSQLite(path, "journal_mode=WAL", "synchronous=NORMAL")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.script(`CREATE TABLE t (v TEXT NOT NULL UNIQUE)`, nil); err != nil {
		t.Fatal(err)
	}
	d := &slowDisk{Store: &Store{}, asked: make(chan struct{}, 100), give: make(chan error, 100)}
	if err := d.openReaders(path); err != nil {
		t.Fatal(err)
	}
	d.writer = newWriter(c, slog.New(slog.DiscardHandler))
	d.writer.disk.start(func() error {
		d.asked <- struct{}{}
		return <-d.give
	})
	go d.writer.run()
	t.Cleanup(func() {
		close(d.give)
		d.writer.close()
		if err := errors.Join(d.closeFiles()); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *slowDisk) insert(v string) <-chan error {
	told := make(chan error, 1)
	go func() { told <- d.write(context.Background(), insert(v)) }()
	return told
}

func (d *slowDisk) rows() <-chan int64 {
	told := make(chan int64, 1)
	go func() {
		n := int64(-1)
		if err := d.read(context.Background(), func(db engine) (err error) { n, err = count(db, qTestCount); return err }); err != nil {
			n = -1
		}
		told <- n
	}()
	return told
}

func TestNobodyIsToldOfACommitBeforeItIsOnTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newSlowDisk(t)
		wrote := d.insert("a")
		<-d.asked // committed, and the disk is at work
		read := d.rows()
		ran := make(chan struct{})
		next := make(chan error, 1)
		go func() {
			next <- d.write(context.Background(), func(t *tx) error { close(ran); return insert("b")(t) })
		}()
		<-ran // the next group is under way while the disk works
		synctest.Wait()
		select {
		case err := <-wrote:
			t.Fatalf("the write was told %v before its sync ended", err)
		case n := <-read:
			t.Fatalf("a read saw %d rows before they were on the disk", n)
		case <-next:
			t.Fatal("the second write was told before the first was on the disk")
		default:
		}
		d.give <- nil
		if err := <-wrote; err != nil {
			t.Error(err)
		}
		d.give <- nil
		if err := <-next; err != nil {
			t.Error(err)
		}
		if n := <-read; n < 1 {
			t.Errorf("the read saw %d rows, want what was committed before it", n)
		}
	})
}

func TestWritesThatComeWhileTheDiskWorksShareTheNextSync(t *testing.T) {
	d := newSlowDisk(t)
	first := d.insert("first")
	<-d.asked
	var all sync.WaitGroup
	ran := make(chan struct{}, 100)
	for i := range 100 {
		all.Go(func() {
			if err := d.write(context.Background(), func(t *tx) error { ran <- struct{}{}; return insert(string(rune('A' + i)))(t) }); err != nil {
				t.Error(err)
			}
		})
	}
	for range 100 {
		<-ran
	}
	d.give <- nil
	d.give <- nil
	all.Wait()
	if err := <-first; err != nil {
		t.Error(err)
	}
	if n := len(d.asked); n != 1 {
		t.Errorf("%d syncs for a hundred writes that came during one, want 1", n)
	}
}

func TestADiskThatKeptNothingIsTrustedNoMore(t *testing.T) {
	d := newSlowDisk(t)
	wrote := d.insert("a")
	<-d.asked
	later := d.insert("b")
	d.give <- errors.New("input/output error")
	for _, told := range []<-chan error{wrote, later, d.insert("c")} {
		if err := <-told; fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("a write was told %v, want unavailable", err)
		}
	}
	<-d.Lost()
	if n := <-d.rows(); n != -1 {
		t.Errorf("a read saw %d rows that may not be on the disk", n)
	}
	if d.Healthy() == nil {
		t.Error("the store calls itself healthy")
	}
}
