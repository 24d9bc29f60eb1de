package store

import (
	"context"
	"strings"
	"time"

	"patchbay/internal/audit"
)

// keepAudit is how long the log is kept: a year, and what it takes to look back at one.
const keepAudit = 400 * 24 * time.Hour

const auditColumns = `account_id, org_id, at, by_kind, by_id, by_name, address, what, object_id, name, was, became`

var (
	qInsertAudit = sqlText("insert audit", `INSERT INTO audit (`+auditColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`)
	qAudit       = sqlText("audit", `SELECT seq, `+auditColumns+` FROM audit WHERE account_id = $1 AND seq < $2 AND ($3 = '' OR by_id = $3)
		AND ($4 = '' OR what = $4 OR substr(what, 1, length($4) + 1) = $5) ORDER BY seq DESC LIMIT $6`)
	qAuditOf = sqlText("audit of an organization", `SELECT seq, `+auditColumns+` FROM audit WHERE account_id = $1 AND org_id = $7 AND seq < $2 AND ($3 = '' OR by_id = $3)
		AND ($4 = '' OR what = $4 OR substr(what, 1, length($4) + 1) = $5) ORDER BY seq DESC LIMIT $6`)
	qSweepAudit = sqlText("sweep audit", `DELETE FROM audit WHERE at < $1 AND seq IN (SELECT seq FROM audit ORDER BY at LIMIT $2)`)
)

// writeNoted is a write whose commit takes the context's note along: there is no change without its entry, and no entry without its change.
func (s *Store) writeNoted(ctx context.Context, note *audit.Note, do func(*tx) error) error {
	took := false
	err := s.writer.write(ctx, func(t *tx) error {
		took = false
		before := t.writes
		if err := do(t); err != nil || t.writes == before {
			return err
		}
		e, open := note.Entry()
		if !open {
			return nil
		}
		took = true
		return insertAudit(t, &e)
	})
	if err == nil && took {
		note.Kept()
	}
	return err
}

func insertAudit(t *tx, e *audit.Entry) error {
	_, err := t.exec(qInsertAudit, e.AccountID, e.OrgID, micros(e.At), string(e.By), e.ByID, e.ByName, e.Address, e.What, e.ObjectID, e.Name, e.Was, e.Became)
	return err
}

// Record keeps an entry that comes with no change, such as a sign-in that failed.
func (s *Store) Record(ctx context.Context, e audit.Entry) error {
	return s.write(audit.Without(ctx), func(t *tx) error { return insertAudit(t, &e) })
}

// Audit is the log, the newest first.
func (s *Store) Audit(ctx context.Context, f audit.Filter, p Page) (list []audit.Entry, next string, err error) {
	before, err := p.beforeSeq()
	if err != nil {
		return nil, "", err
	}
	type numbered struct {
		seq int64
		audit.Entry
	}
	var rows []numbered
	q, args := qAudit, []any{f.AccountID, before, f.By, f.What, strings.TrimSuffix(f.What, ".") + ".", p.size()}
	if f.OrgID != "" {
		q, args = qAuditOf, append(args, f.OrgID)
	}
	if err := s.read(ctx, func(db engine) error {
		return db.each(q, func(r *row) error {
			rows = append(rows, numbered{r.int(), audit.Entry{AccountID: r.text(), OrgID: r.text(), At: r.time(), By: audit.By(r.text()), ByID: r.text(), ByName: r.text(),
				Address: r.text(), What: r.text(), ObjectID: r.text(), Name: r.text(), Was: r.text(), Became: r.text()}})
			return nil
		}, args...)
	}); err != nil {
		return nil, "", err
	}
	rows, next = cut(p, rows, func(n *numbered) string { return seqCursor(n.seq) })
	for i := range rows {
		list = append(list, rows[i].Entry)
	}
	return list, next, nil
}
