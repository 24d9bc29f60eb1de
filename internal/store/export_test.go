package store

import (
	"context"
	"errors"
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

var qMultiply = sqlText("test: multiply message", `INSERT INTO messages
	(seq, id, account_id, org_id, direction, status, rank, waiting, lane, conversation_id, private_to, number_id, integration_id,
	service_id, service_version, user_id, "from", "to", urls, encoding, segments, parts, resend_of, provider_id, created_at, expires_at,
	content, history, refs, auto, kind, kept, error_code, error_text, part, attempts, tries, again)
	SELECT $2, $3, account_id, org_id, direction, 'sent', 3, 0, 0, conversation_id, private_to, number_id, integration_id,
	service_id, service_version, user_id, "from", "to", urls, encoding, segments, parts, resend_of, provider_id, created_at, expires_at,
	$4, history, refs, auto, kind, kept, error_code, error_text, part, attempts, tries, again FROM messages WHERE id = $1`)

// Multiply adds sent messages like those of the ids, with the texts, a commit for all of them.
func (s *Store) Multiply(ctx context.Context, ids, texts []string) error {
	return s.write(ctx, func(t *tx) error {
		for i, id := range ids {
			seq, err := t.nextMessage()
			if err != nil {
				return err
			}
			if err := t.later(qMultiply, id, seq, message.NewID(), texts[i]); err != nil {
				return err
			}
		}
		return nil
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
