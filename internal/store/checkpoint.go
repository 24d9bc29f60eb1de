package store

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	walTidy = 16 << 20 // from this size on the log is copied into the database, beside the writer
	walFull = 64 << 20 // from this size on the writer copies the rest itself, so that the log can begin anew
)

// checkpointer copies the write-ahead log into the database from a connection of its own: done by the writer, it would
// hold up everybody's commits.
type checkpointer struct {
	db    engine
	wal   string
	log   *slog.Logger
	stop  chan struct{}
	ended sync.WaitGroup
	full  atomic.Bool // the writer is asked to copy the rest
	probe func()      // looks after a database that took no writes
}

// qCheckpoint copies what it can without waiting for anybody.
var qCheckpoint = onlySQLite("checkpoint", `PRAGMA wal_checkpoint(PASSIVE)`)

func newCheckpointer(path string, log *slog.Logger) (*checkpointer, error) {
	db, err := openSQLite(path, "synchronous=FULL", "cache_size=-500", "wal_autocheckpoint=0")
	if err != nil {
		return nil, err
	}
	return &checkpointer{db: db, wal: path + "-wal", log: log, stop: make(chan struct{})}, nil
}

func (c *checkpointer) start() {
	c.ended.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-c.stop:
				return
			case <-tick.C:
				c.look()
				c.probe()
			}
		}
	})
}

func (c *checkpointer) look() {
	info, err := os.Stat(c.wal)
	if err != nil || info.Size() < walTidy {
		return
	}
	if err := checkpoint(c.db); err != nil {
		c.log.Warn("checkpoint", "err", err)
		return
	}
	if info.Size() >= walFull {
		c.full.Store(true)
	}
}

// rest is called by the writer between two groups. What a checkpoint beside it could not copy is little, and once all
// is copied the next write begins the log anew.
func (c *checkpointer) rest(db engine) {
	if !c.full.Swap(false) {
		return
	}
	if err := checkpoint(db); err != nil {
		c.log.Warn("checkpoint", "err", err)
	}
}

func checkpoint(db engine) error {
	return db.each(qCheckpoint, func(r *row) error {
		if busy, frames, copied := r.int(), r.int(), r.int(); busy != 0 {
			return fmt.Errorf("busy: %d of %d frames copied", copied, frames)
		}
		return nil
	})
}

func (c *checkpointer) close() error {
	close(c.stop)
	c.ended.Wait()
	return c.db.close()
}
