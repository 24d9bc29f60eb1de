package store

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/lookup"
	"patchbay/internal/message"
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

// SetSearchShape has blocks of the index of searches be as small as given, as powers of two, and be rewritten at once.
func (s *Store) SetSearchShape(bits ...uint) {
	s.shape.rest = 0
	copy(s.shape.bits[:], bits)
}

var (
	qAllBlocks = sqlText("test: blocks", `SELECT id, body FROM search_blocks ORDER BY id`)
	qAllSeqs   = sqlText("test: seqs", `SELECT seq FROM messages UNION ALL SELECT seq FROM notes`)
)

// Indexed are the texts that the index of searches knows anything of, and whether each is still there.
func (s *Store) Indexed(ctx context.Context) (there map[int64]bool, err error) {
	there = map[int64]bool{}
	err = s.read(ctx, func(db engine) error {
		var bad error
		if err := db.each(qAllBlocks, func(r *row) error {
			id := r.int()
			level, block := int(id>>levelBits), id&(1<<levelBits-1)>>partBits
			err := lookup.Join([][]byte{r.bytes()}, 0, func(_ lookup.Token, places []uint32) {
				for _, at := range places {
					there[block<<s.shape.bits[level]|int64(at)] = false
				}
			})
			if err != nil {
				bad = err
			}
			return nil
		}); err != nil || bad != nil {
			return errors.Join(err, bad)
		}
		return db.each(qAllSeqs, func(r *row) error {
			if seq := r.int(); hasKey(there, seq) {
				there[seq] = true
			}
			return nil
		})
	})
	return there, err
}

func hasKey(m map[int64]bool, k int64) bool { _, ok := m[k]; return ok }

const multiplied = ` account_id, org_id, direction, 'sent', 3, 0, 0, conversation_id, private_to, number_id, integration_id,
	service_id, service_version, user_id, "from", "to", urls, encoding, segments, parts, resend_of, provider_id, created_at, expires_at,
	x.content, history, refs, auto, kind, kept, error_code, error_text, part, attempts, tries, again `

var (
	qMultiply   = sqlText("test: multiply message", multiply+`SELECT $2, $3,`+multiplied+`FROM (SELECT $4 AS content) x JOIN messages m ON m.id = $1`)
	qPgMultiply = onlyPostgres("test: multiply messages", multiply+`SELECT x.seq, x.id,`+multiplied+`FROM
		unnest(string_to_array($1, ','), string_to_array($2, ',')::bigint[], string_to_array($3, ','), string_to_array($4, ',')) AS x (of, seq, id, content)
		JOIN messages m ON m.id = x.of`)
)

const multiply = `INSERT INTO messages
	(seq, id, account_id, org_id, direction, status, rank, waiting, lane, conversation_id, private_to, number_id, integration_id,
	service_id, service_version, user_id, "from", "to", urls, encoding, segments, parts, resend_of, provider_id, created_at, expires_at,
	content, history, refs, auto, kind, kept, error_code, error_text, part, attempts, tries, again) `

// Multiply adds sent messages like those of the ids, with texts that have no comma and no quote, a commit for all of them.
func (s *Store) Multiply(ctx context.Context, of, texts []string) error {
	return s.write(ctx, func(t *tx) error {
		seqs, ids := make([]int64, len(of)), make([]string, len(of))
		for i := range of {
			var err error
			if seqs[i], err = t.nextMessage(); err != nil {
				return err
			}
			ids[i] = message.NewID()
			if s.cluster == nil {
				if err := t.later(qMultiply, of[i], seqs[i], ids[i], texts[i]); err != nil {
					return err
				}
			}
		}
		if s.cluster == nil {
			return nil
		}
		_, err := t.exec(qPgMultiply, keyList(of), seqList(seqs), keyList(ids), keyList(texts))
		return err
	})
}

var qIndexSize = sqlText("test: size of the index", `SELECT COUNT(*), SUM(LENGTH(body)) FROM search_blocks`)

// IndexSize is how many rows and bytes the index of searches has.
func (s *Store) IndexSize(ctx context.Context) (rows, bytes int64, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qIndexSize, func(r *row) error { rows, bytes = r.int(), r.int(); return nil })
	})
	return rows, bytes, err
}

var rowsAsked atomic.Int64

// Rows are all rows of all tables, each as a text.
func (s *Store) Rows(ctx context.Context) (rows map[string][]string, err error) {
	rows = map[string][]string{}
	ask := func(db engine, text string, fn func(string)) error {
		q := &query{name: "test: rows " + strconv.FormatInt(rowsAsked.Add(1), 10), text: text, reads: true}
		return db.each(q, func(r *row) error { fn(r.text()); return nil })
	}
	err = s.read(ctx, func(db engine) error {
		names := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%'`
		if s.cluster != nil {
			names = `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose_%'`
		}
		var tables []string
		if err := ask(db, names, func(name string) { tables = append(tables, name) }); err != nil {
			return err
		}
		for _, table := range tables {
			all := `SELECT CAST(t.* AS TEXT) FROM ` + table + ` t`
			if s.cluster == nil {
				list := `'' `
				if err := ask(db, `SELECT name FROM pragma_table_info('`+table+`')`, func(c string) { list += `|| '|' || quote("` + c + `")` }); err != nil {
					return err
				}
				all = `SELECT ` + list + ` FROM ` + table
			}
			rows[table] = []string{}
			if err := ask(db, all, func(row string) { rows[table] = append(rows[table], row) }); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}
