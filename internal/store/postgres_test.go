package store_test

import (
	"context"
	"strings"
	"testing"

	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// onPostgres opens databases of their own on one server.
type onPostgres struct {
	server *pgtest.Cluster
	empty  string // a database with our schema and nothing in it
	names  map[*store.Store]string
}

func newOnPostgres(t testing.TB) *onPostgres {
	t.Helper()
	e := &onPostgres{server: pgtest.Shared(t), names: map[*store.Store]string{}}
	e.empty = e.server.Database(t, "")
	s, err := store.Open(context.Background(), store.Options{DatabaseURL: e.server.URL(e.empty)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *onPostgres) Open(t testing.TB) *store.Store {
	t.Helper()
	return e.open(t, e.server.Database(t, e.empty))
}

// Reopen is another node, as it comes after one that crashed: the database has ended its connections.
func (e *onPostgres) Reopen(t testing.TB, s *store.Store) *store.Store {
	t.Helper()
	name := e.names[s]
	e.server.Exec(t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"'")
	return e.open(t, name)
}

// Alone: other nodes may live.
func (e *onPostgres) Alone() bool { return false }

// Text: PostgreSQL keeps neither U+0000 nor what is no UTF-8.
func (e *onPostgres) Text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func (e *onPostgres) open(t testing.TB, name string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{DatabaseURL: e.server.URL(name), Box: storetest.Box()})
	if err != nil {
		t.Fatal(err)
	}
	e.names[s] = name
	t.Cleanup(func() { s.Close() })
	return s
}

func TestPostgresStoreDoesWhatAStoreMust(t *testing.T) {
	storetest.Run(t, newOnPostgres(t))
}
