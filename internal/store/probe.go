package store

import (
	"context"
	"strconv"
	"time"
)

// qTry changes a row each time, so that the disk is asked for something.
var qTry = onlySQLite("write a little", `INSERT INTO meta (key, value) VALUES ('last tried', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value`)

// probe writes a little when commits have failed: a server that is not ready gets no traffic, and would never learn that there is room again.
func (s *Store) probe() {
	if s.writer.failed.Load() < failuresToTell {
		return
	}
	now := strconv.FormatInt(micros(time.Now()), 10)
	_ = s.write(context.Background(), func(t *tx) error { return t.later(qTry, []byte(now)) }) // it logs, and counts what became of it
}
