package store_test

import (
	"context"
	"os"
	"path/filepath"
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

// Reopen opens a copy of the files as they are while the store is open: what a killed process leaves behind.
func (e *onSQLite) Reopen(t testing.TB, s *store.Store) *store.Store {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"patchbay.db", "patchbay.db-wal", "patchbay.lock"} {
		b, err := os.ReadFile(filepath.Join(e.dirs[s], name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return e.open(t, dir)
}

// Alone: the directory's lock says so.
func (e *onSQLite) Alone() bool { return true }

// Text: SQLite keeps any bytes.
func (e *onSQLite) Text(s string) string { return s }

func TestSQLiteStoreDoesWhatAStoreMust(t *testing.T) {
	storetest.Run(t, &onSQLite{map[*store.Store]string{}})
}
