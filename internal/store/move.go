package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// While it is copied, a database has another name: no server can start on it, and one that was copied never lives twice.
const (
	movingFile = "patchbay.db.moving"
	movedFile  = "patchbay.db.moved"
)

// Moved says what a move has copied.
type Moved struct {
	Tables map[string]int64 `json:"tables"` // rows of each
	Kept   string           `json:"kept"`   // the file that was copied, under its new name
}

// Move copies a stopped installation's database into an empty PostgreSQL, all of it or nothing, and reads it back. Cut off, it is begun again.
func Move(ctx context.Context, dataDir, databaseURL string, log *slog.Logger) (m *Moved, err error) {
	lock, err := lockDir(dataDir)
	if err != nil {
		return nil, err
	}
	defer lock.release()
	source := filepath.Join(dataDir, databaseFile)
	moving := filepath.Join(dataDir, movingFile)
	resumed, err := beginMove(ctx, source, moving)
	if err != nil {
		return nil, err
	}
	m, err = copyDatabase(ctx, moving, databaseURL, resumed, log)
	if there := new(maybeThere); errors.As(err, &there) {
		return nil, err
	}
	if err != nil {
		return nil, errors.Join(err, os.Rename(moving, source))
	}
	m.Kept = filepath.Join(dataDir, movedFile)
	if err := os.Rename(moving, m.Kept); err != nil {
		return nil, err
	}
	return m, syncDir(dataDir)
}

// maybeThere is a failure after which the copy may live already: then the source must not.
type maybeThere struct{ error }

func (m *maybeThere) Unwrap() error { return m.error }

// beginMove brings the schema up to date, all of the log into the file, and takes the file out of the servers' sight.
func beginMove(ctx context.Context, source, moving string) (resumed bool, err error) {
	if _, err := os.Stat(moving); err == nil {
		return true, nil
	}
	if _, err := os.Stat(source); err != nil {
		return false, fmt.Errorf("database: %w", err)
	}
	if err := checkFile(source); err != nil {
		return false, err
	}
	if err := migrateSQLite(ctx, source); err != nil {
		return false, err
	}
	c, err := openSQLite(source)
	if err != nil {
		return false, err
	}
	err = c.script("PRAGMA journal_mode=DELETE", nil) // which ends the write-ahead log: the file is all there is
	if err = errors.Join(err, c.close()); err != nil {
		return false, err
	}
	if _, err := os.Stat(source + "-wal"); err == nil {
		return false, fmt.Errorf("%s-wal is still there: stop whatever reads the database", source)
	}
	if err := os.Rename(source, moving); err != nil {
		return false, err
	}
	return false, syncDir(filepath.Dir(source))
}

// table is one that both databases have.
type table struct {
	name    string
	columns []column
	counted bool // its seq comes from a sequence
}

type column struct {
	name string
	oid  uint32
}

// sum adds up rows so that their order does not count.
type sum struct {
	rows int64
	of   [4]uint64
}

func (s *sum) add(row []byte) {
	h := sha256.Sum256(row)
	s.rows++
	for i := range s.of {
		s.of[i] += binary.LittleEndian.Uint64(h[8*i:])
	}
}

func copyDatabase(ctx context.Context, path, databaseURL string, resumed bool, log *slog.Logger) (*Moved, error) {
	config, err := parsePostgres(databaseURL)
	if err != nil {
		return nil, err
	}
	if _, err := checkPostgres(ctx, config, log); err != nil {
		return nil, err
	}
	if err := migratePostgres(ctx, config, log); err != nil {
		return nil, err
	}
	from, err := openSQLite(path, "query_only=ON")
	if err != nil {
		return nil, err
	}
	defer from.close()
	to, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, &awayError{err}
	}
	defer to.Close(context.Background())
	if err := run1(ctx, to, `SET synchronous_commit = on; BEGIN; SELECT pg_advisory_xact_lock(`+turnKey+`)`); err != nil {
		return nil, err
	}
	tables, err := commonTables(ctx, from, to)
	if err != nil {
		return nil, err
	}
	full, err := hasRows(ctx, to, "accounts")
	if err != nil {
		return nil, err
	}
	if full && !resumed {
		return nil, errors.New("the database holds accounts already: name an empty one")
	}
	m := &Moved{Tables: map[string]int64{}}
	for _, t := range tables {
		sent := &sum{}
		if err := t.copy(ctx, from, to, full, sent); err != nil { // once more, it may be there already: then it is compared alone
			return nil, fmt.Errorf("copy %s: %w", t.name, err)
		}
		got := &sum{}
		if err := t.readBack(ctx, to, got); err != nil {
			return nil, fmt.Errorf("read %s back: %w", t.name, err)
		}
		switch {
		case *got != *sent && full:
			return nil, &maybeThere{fmt.Errorf("%s differs: the database has gone on since it was copied, so %s is not needed any more", t.name, path)}
		case *got != *sent:
			return nil, fmt.Errorf("%s: %d rows were copied, and %d are there or they differ: nothing was kept", t.name, sent.rows, got.rows)
		}
		m.Tables[t.name] = sent.rows
		log.Info("copied", "table", t.name, "rows", sent.rows)
	}
	if err := run1(ctx, to, "UPDATE changes SET directory = directory + 1, webhooks = webhooks + 1; COMMIT"); err != nil {
		return nil, &maybeThere{fmt.Errorf("commit: %w; move again to see whether it happened", err)}
	}
	return m, nil
}

func run1(ctx context.Context, to *pgconn.PgConn, sql string) error {
	_, err := to.Exec(ctx, sql).ReadAll()
	return err
}

func hasRows(ctx context.Context, to *pgconn.PgConn, table string) (bool, error) {
	answers, err := to.Exec(ctx, "SELECT 1 FROM "+table+" LIMIT 1").ReadAll()
	if err != nil {
		return false, err
	}
	return len(answers[0].Rows) > 0, nil
}

// commonTables are SQLite's, those that others refer to first. PostgreSQL must have each of their columns. What is looked up in searches
// is made anew there.
func commonTables(ctx context.Context, from *sqliteConn, to *pgconn.PgConn) (tables []table, err error) {
	var names []string
	if err := from.script(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%' AND name NOT LIKE 'search_%'`,
		func(name string) { names = append(names, name) }); err != nil {
		return nil, err
	}
	refers, err := references(ctx, to)
	if err != nil {
		return nil, err
	}
	var order func(name string)
	done := map[string]bool{}
	var ordered []string
	order = func(name string) {
		if done[name] {
			return
		}
		done[name] = true
		for _, other := range refers[name] {
			order(other)
		}
		ordered = append(ordered, name)
	}
	slices.Sort(names)
	for _, name := range names {
		order(name)
	}
	for _, name := range ordered {
		t := table{name: name}
		var has []string
		if err := from.script(`SELECT name FROM pragma_table_info('`+name+`')`, func(c string) { has = append(has, c) }); err != nil {
			return nil, err
		}
		answers, err := to.Exec(ctx, `SELECT attname, atttypid::bigint, attidentity <> '' FROM pg_attribute WHERE attrelid = to_regclass('`+name+`') AND attnum > 0
			AND NOT attisdropped ORDER BY attnum`).ReadAll()
		if err != nil {
			return nil, err
		}
		for _, r := range answers[0].Rows {
			c := column{name: string(r[0])}
			if _, err := fmt.Sscan(string(r[1]), &c.oid); err != nil {
				return nil, err
			}
			if slices.Contains(has, c.name) {
				t.columns = append(t.columns, c)
			}
			t.counted = t.counted || string(r[2]) == "t"
		}
		if len(t.columns) != len(has) {
			return nil, fmt.Errorf("%s has %d columns here and %d of them there: both databases must be of one version", name, len(has), len(t.columns))
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// references are which tables a table's foreign keys name.
func references(ctx context.Context, to *pgconn.PgConn) (map[string][]string, error) {
	answers, err := to.Exec(ctx, `SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'`).ReadAll()
	if err != nil {
		return nil, err
	}
	refers := map[string][]string{}
	for _, r := range answers[0].Rows {
		refers[string(r[0])] = append(refers[string(r[0])], string(r[1]))
	}
	return refers, nil
}

func (t *table) list() string {
	var names []string
	for _, c := range t.columns {
		names = append(names, `"`+c.name+`"`)
	}
	return strings.Join(names, ", ")
}

// where leaves out what each database says of itself.
func (t *table) where() string {
	if t.name == "meta" {
		return ` WHERE key <> 'oldest program' AND key <> 'media'`
	}
	return ""
}

// The binary format of COPY: a head, each row as a count and its fields with their lengths, and a count of -1.
var (
	copyHead = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTail = []byte{0xff, 0xff}
)

// copy sends all rows, unless they are only to be added up.
func (t *table) copy(ctx context.Context, from *sqliteConn, to *pgconn.PgConn, only bool, s *sum) error {
	if only {
		return t.encodeAll(from, io.Discard, s)
	}
	in, out := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(out, 256<<10)
		_, err := w.Write(copyHead)
		if err == nil {
			err = t.encodeAll(from, w, s)
		}
		if err == nil {
			_, err = w.Write(copyTail)
		}
		if err == nil {
			err = w.Flush()
		}
		out.CloseWithError(err)
	}()
	_, err := to.CopyFrom(ctx, in, `COPY `+t.name+` (`+t.list()+`) FROM STDIN (FORMAT binary)`)
	in.CloseWithError(io.ErrClosedPipe)
	if err != nil || !t.counted {
		return err
	}
	return run1(ctx, to, `SELECT setval(pg_get_serial_sequence('`+t.name+`', 'seq'), GREATEST((SELECT MAX(seq) FROM `+t.name+`), 1))`)
}

func (t *table) encodeAll(from *sqliteConn, w io.Writer, s *sum) error {
	st, err := from.newStmt(`SELECT ` + t.list() + ` FROM ` + t.name + t.where())
	if err != nil {
		return err
	}
	defer st.close(from)
	c := &pgConn{}
	var line []byte
	return st.run(from, func(r *row) error {
		line = binary.BigEndian.AppendUint16(line[:0], uint16(len(t.columns)))
		c.scratch = c.scratch[:0]
		for _, col := range t.columns {
			var v any
			switch col.oid {
			case oidBytea:
				v = r.bytes()
			case oidText:
				v = r.text()
			default:
				v = r.int()
			}
			b, err := c.encodeOne(col.oid, v)
			if err != nil {
				return fmt.Errorf("%s: %w", col.name, err)
			}
			line = binary.BigEndian.AppendUint32(line, uint32(len(b)))
			line = append(line, b...)
		}
		s.add(line)
		_, err := w.Write(line)
		return err
	}, nil)
}

// readBack adds up what is there.
func (t *table) readBack(ctx context.Context, to *pgconn.PgConn, s *sum) error {
	formats := make([]int16, len(t.columns))
	for i := range formats {
		formats[i] = 1
	}
	rr := to.ExecParams(ctx, `SELECT `+t.list()+` FROM `+t.name+t.where(), nil, nil, nil, formats)
	var row []byte
	for rr.NextRow() {
		row = binary.BigEndian.AppendUint16(row[:0], uint16(len(t.columns)))
		for _, v := range rr.Values() {
			row = binary.BigEndian.AppendUint32(row, uint32(len(v)))
			row = append(row, v...)
		}
		s.add(row)
	}
	_, err := rr.Close()
	return err
}
