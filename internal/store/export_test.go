package store

import (
	"context"
	"testing"
	"time"
)

// HoldTurn takes the cluster's turn and leaves it open; what it returns writes and commits.
func HoldTurn(t testing.TB, url string) (commit func() error) {
	t.Helper()
	config, err := parsePostgres(url)
	if err != nil {
		t.Fatal(err)
	}
	c := writerConn(config, "on")
	if err := c.begin(true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.close() })
	return func() error {
		if _, err := c.exec(qPgChanged, 1, 0); err != nil {
			return err
		}
		return c.commit()
	}
}

// SetSkew has the store believe that its clock is ahead of the database's.
func (s *Store) SetSkew(d time.Duration) { s.cluster.skew.Store(int64(d)) }

var qSpoil = sqlText("test: spoil message", `UPDATE messages SET urls = '{' WHERE id = $1`)

// Spoil makes a message's row one that nobody can read, as a broken disk may.
func (s *Store) Spoil(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error { _, err := t.exec(qSpoil, id); return err })
}
