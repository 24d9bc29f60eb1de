package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"patchbay/internal/store/pgtest"
)

var errKilled = errors.New("killed")

// deaths is how many statements lie between two kills of a migration: none with PATCHBAY_FAILPOINTS=all. The first and the second statement
// are each killed at, whatever it is.
func deaths() int {
	if os.Getenv("PATCHBAY_FAILPOINTS") == "all" {
		return 1
	}
	return 12
}

// What a database of the first version holds, so that the later ones have something to rewrite.
const oldRows = `INSERT INTO messages (id, account_id, org_id, direction, status, rank, waiting, lane, conversation_id, private_to, number_id,
	integration_id, service_id, service_version, user_id, "from", "to", urls, error_code, error_text, encoding, segments, parts, part, attempts, tries, again,
	resend_of, provider_id, created_at, expires_at, refs, content, history) VALUES
	('m1', 'a', 'o', 'outbound', 'failed', 4, 0, 1, 'c', '', 'n', 'i', 's', '1', '', '+1', '+2', '', 'gone', '', 'gsm7', 2, 1, 1, 1, 1, 0, '', '', 1, 2, '', 'x', '{}'),
	('m2', 'a', 'o', 'inbound', 'received', 0, 0, 0, 'c', '', 'n', 'i', 's', '1', '', '+2', '+1', '', '', '', '', 0, 1, 0, 0, 0, 0, '', '', 1, 2, '', 'y', '{"s":"read"}')`

// killed migrates a database one version after the other, and kills each at its first statement, at its second, and so on: after each kill the next
// start goes on with what is left. up migrates to what files hold and is cut off at its n-th statement (0: never). It says whether it came to
// its end before that.
func killed(t *testing.T, engine string, up func(files fs.FS, n int) (whole bool), exec func(string)) {
	t.Helper()
	all, err := fs.Sub(migrations, "migrations/"+engine)
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(all, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	files, kills := fstest.MapFS{}, 0
	for i, name := range names {
		b, err := fs.ReadFile(all, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: b, Mode: 0o444}
		for n := 1; !up(files, n); {
			kills++
			if n > 1 {
				n += deaths()
			} else {
				n++
			}
		}
		if i == 0 {
			exec(oldRows)
		}
	}
	t.Logf("%d kills in %d migrations", kills, len(names))
	if kills < 2*len(names) {
		t.Errorf("only %d kills in %d migrations", kills, len(names))
	}
}

// A14, on SQLite: what a kill leaves is what the files hold at that moment.
func TestAMigrationThatIsKilledAtAnyStatementIsFinishedByTheNextStart(t *testing.T) {
	root := t.TempDir()
	lives := 0
	place := func() string { return filepath.Join(root, fmt.Sprint(lives), "t.db") }
	exec := func(path, text string) {
		t.Helper()
		db, err := sql.Open("sqlite", migrationDSN(path))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Dir(place()), 0o700); err != nil {
		t.Fatal(err)
	}
	killed(t, "sqlite", func(files fs.FS, n int) bool {
		old := filepath.Dir(place())
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		k := &killing{path: place(), n: n}
		lives++
		k.die = func() error {
			defer cancel() // the dead try nothing again
			return os.CopyFS(filepath.Dir(place()), os.DirFS(old))
		}
		db := sql.OpenDB(k)
		err := upSQLite(ctx, db, k.path, files)
		if e := db.Close(); e != nil && !k.dead {
			t.Fatal(e)
		}
		if !k.dead {
			if lives--; err != nil {
				t.Fatalf("it is not finished after a kill at statement %d before: %v", n, err)
			}
			return true
		}
		if err == nil {
			t.Fatal("it did not notice its death")
		}
		if err := os.RemoveAll(old); err != nil {
			t.Fatal(err)
		}
		return false
	}, func(text string) { exec(place(), text) })

	whole := filepath.Join(root, "whole.db")
	first := fstest.MapFS{}
	b, err := migrations.ReadFile("migrations/sqlite/00001_start.sql")
	if err != nil {
		t.Fatal(err)
	}
	first["00001_start.sql"] = &fstest.MapFile{Data: b, Mode: 0o444}
	db, err := sql.Open("sqlite", migrationDSN(whole))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := upSQLite(t.Context(), db, whole, first); err != nil {
		t.Fatal(err)
	}
	exec(whole, oldRows)
	if err := migrateSQLite(context.Background(), whole); err != nil {
		t.Fatal(err)
	}
	same(t, sqliteContents(t, place()), sqliteContents(t, whole))
}

// sqliteContents is the schema and every row.
func sqliteContents(t *testing.T, path string) (out []string) {
	t.Helper()
	c, err := openSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var tables []string
	if err := c.script(`SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'`, func(v string) {
		tables = append(tables, strings.TrimSuffix(v, ","))
	}); err != nil {
		t.Fatal(err)
	}
	add := func(v string) { out = append(out, v) }
	if err := c.script(`SELECT type, name, sql FROM sqlite_master`, add); err != nil {
		t.Fatal(err)
	}
	for _, name := range tables {
		rows := `SELECT '` + name + `', * FROM "` + name + `"`
		if name == "goose_db_version" {
			rows = `SELECT version_id, is_applied FROM goose_db_version`
		}
		if err := c.script(rows, add); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return out
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if len(want) < 100 {
		t.Fatalf("only %d lines are compared", len(want))
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("after the kills the database is another:\n%s\n%s", cmp.Or(strings.Join(got[min(i, len(got)):min(i+1, len(got))], ""), "nothing"),
				cmp.Or(strings.Join(want[min(i, len(want)):min(i+1, len(want))], ""), "nothing"))
		}
	}
}

// killing opens a database whose program dies at its n-th statement: what the files hold then is kept, and nothing happens any more.
type killing struct {
	path string
	n    int
	die  func() error
	dead bool
}

func (k *killing) Driver() driver.Driver { return &sqlite.Driver{} }

func (k *killing) Connect(context.Context) (driver.Conn, error) {
	c, err := k.Driver().Open(strings.Replace(migrationDSN(k.path), "FULL", "OFF", 1)) // a kill loses nothing that was written
	if err != nil {
		return nil, err
	}
	return &dying{c, k}, nil
}

// step is a statement, a query, a begin or a commit.
func (k *killing) step() error {
	if k.n--; k.n == 0 {
		k.dead = true
		if err := k.die(); err != nil {
			return err
		}
	}
	if k.dead {
		return errKilled
	}
	return nil
}

type dying struct {
	driver.Conn
	k *killing
}

func (d *dying) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if err := d.k.step(); err != nil {
		return nil, err
	}
	return d.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
}

func (d *dying) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if err := d.k.step(); err != nil {
		return nil, err
	}
	return d.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
}

func (d *dying) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if err := d.k.step(); err != nil {
		return nil, err
	}
	tx, err := d.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	return &dyingTx{tx, d.k}, err
}

type dyingTx struct {
	driver.Tx
	k *killing
}

func (d *dyingTx) Commit() error {
	if err := d.k.step(); err != nil {
		return err
	}
	return d.Tx.Commit()
}

// A14, on PostgreSQL: what a kill leaves is what the server makes of a connection that ends. Some of its migrations are no transaction.
func TestAMigrationOfPostgresThatIsKilledAtAnyStatementIsFinishedByTheNextStart(t *testing.T) {
	server := pgtest.Shared(t)
	config := func(database string) *pgconn.Config {
		c, err := pgconn.ParseConfig(server.URL(database))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	log := slog.New(slog.DiscardHandler)
	broken := server.Database(t, "")
	killed(t, "postgres", func(files fs.FS, n int) bool {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c, k := config(broken), &killing{n: n, die: func() error { cancel(); return nil }}
		dial := c.DialFunc
		c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return &dyingConn{conn, k}, err
		}
		err := upPostgres(ctx, c, files, log)
		if !k.dead && err != nil { // killed after the last commit, while it takes its leave, it has nothing to complain of
			t.Fatalf("not killed, up to statement %d: %v", n, err)
		}
		for k.dead && server.Exec(t, "postgres", `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = '`+broken+`'`)[0][0] != "0" {
			continue // the server is about to notice
		}
		return !k.dead
	}, func(text string) { server.Exec(t, broken, text) })

	whole := server.Database(t, "")
	first := fstest.MapFS{}
	b, err := migrations.ReadFile("migrations/postgres/00001_start.sql")
	if err != nil {
		t.Fatal(err)
	}
	first["00001_start.sql"] = &fstest.MapFile{Data: b, Mode: 0o444}
	if err := upPostgres(t.Context(), config(whole), first, log); err != nil {
		t.Fatal(err)
	}
	server.Exec(t, whole, oldRows)
	if err := migratePostgres(t.Context(), config(whole), log); err != nil {
		t.Fatal(err)
	}
	contents := func(database string) (out []string) {
		list := func(text string) []string {
			var lines []string
			for _, r := range server.Exec(t, database, text) {
				lines = append(lines, strings.Join(r, "|"))
			}
			return lines
		}
		out = append(out, list(`SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default FROM information_schema.columns WHERE table_schema = 'public'`)...)
		out = append(out, list(`SELECT indexdef, indisvalid FROM pg_indexes JOIN pg_index ON indexrelid = ('"' || indexname || '"')::regclass WHERE schemaname = 'public'`)...)
		out = append(out, list(`SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace`)...)
		out = append(out, list(`SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal`)...)
		out = append(out, list(`SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace`)...)
		out = append(out, list(`SELECT version_id, is_applied FROM goose_db_version`)...)
		for _, name := range list(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'goose_db_version'`) {
			out = append(out, list(`SELECT '`+name+`', x::text FROM "`+name+`" AS x`)...)
		}
		return out
	}
	same(t, contents(broken), contents(whole))
}

// dyingConn counts what is sent to a server after the sign-in: each message is a statement.
type dyingConn struct {
	net.Conn
	k *killing
}

func (d *dyingConn) Write(b []byte) (int, error) {
	if len(b) > 0 && b[0] != 0 { // not the first message
		if err := d.k.step(); err != nil {
			d.Close()
			return 0, err
		}
	}
	return d.Conn.Write(b)
}
