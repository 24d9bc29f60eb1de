package store_test

import (
	"context"
	"testing"

	"patchbay/internal/store"
	"patchbay/internal/store/storetest"
)

// onSQLite opens SQLite databases in directories of their own.
type onSQLite struct{ dirs map[*store.Store]string }

func (e *onSQLite) Open(t testing.TB) *store.Store { return e.open(t, t.TempDir()) }

func (e *onSQLite) open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{DataDir: dir, Box: storetest.Box()})
	if err != nil {
		t.Fatal(err)
	}
	e.dirs[s] = dir
	t.Cleanup(func() { s.Close() })
	return s
}

func (e *onSQLite) Reopen(t testing.TB, s *store.Store) *store.Store {
	s.Close()
	return e.open(t, e.dirs[s])
}

func TestSQLiteStoreDoesWhatAStoreMust(t *testing.T) {
	storetest.Run(t, &onSQLite{map[*store.Store]string{}})
}
