package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"patchbay/internal/directory"
)

// Snapshot writes the embedded database of a data directory, as it is at this moment, into a new file. A running server does not mind:
// what it writes meanwhile stays in its write-ahead log, and is not in the snapshot.
func Snapshot(ctx context.Context, dataDir, to string) error {
	c, err := openSQLite(filepath.Join(dataDir, databaseFile))
	if err != nil {
		return err
	}
	err = c.script("VACUUM INTO '"+strings.ReplaceAll(to, "'", "''")+"'", nil) // takes no parameter before it is prepared
	if err = errors.Join(err, c.close()); err != nil {
		return fmt.Errorf("write a snapshot: %w", err)
	}
	return context.Cause(ctx)
}

var (
	qAllIntegrations = sqlText("all integrations", `SELECT account_id, id FROM integrations WHERE deleted_at = 0`)

	orphans = map[string]*query{
		"attempts of no message":      sqlText("attempts of no message", `SELECT COUNT(*) FROM attempts a WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.seq = a.key >> 20)`),
		"files of no message":         sqlText("files of no message", `SELECT COUNT(*) FROM media f WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.seq = f.message)`),
		"provider ids of no message":  sqlText("provider ids of no message", `SELECT COUNT(*) FROM message_refs r WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.seq = r.message)`),
		"messages of no conversation": sqlText("messages of no conversation", `SELECT COUNT(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = m.conversation_id)`),
		"messages of no organization": sqlText("messages of no organization", `SELECT COUNT(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = m.org_id)`),
		"waiting messages of no lane": sqlText("waiting messages of no lane", `SELECT COUNT(*) FROM messages m WHERE m.waiting > 0 AND NOT EXISTS (SELECT 1 FROM lanes l WHERE l.seq = m.lane)`),
		"webhooks of no lane":         sqlText("webhooks of no lane", `SELECT COUNT(*) FROM webhooks w WHERE NOT EXISTS (SELECT 1 FROM lanes l WHERE l.seq = w.lane)`),
		"numbers of no integration":   sqlText("numbers of no integration", `SELECT COUNT(*) FROM numbers n WHERE NOT EXISTS (SELECT 1 FROM integrations i WHERE i.id = n.integration_id)`),
		"numbers assigned to no user": sqlText("numbers assigned to no user", `SELECT COUNT(*) FROM number_users n WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = n.user_id)`),
		"users of no organization":    sqlText("users of no organization", `SELECT COUNT(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = u.org_id)`),
	}
	qKeptPaths = sqlText("paths of kept files", `SELECT path FROM media WHERE path <> '' AND state = 'stored' UNION SELECT path FROM uploads WHERE path <> '' ORDER BY path`)
)

// Orphans counts what hangs in the air: rows whose owner is gone. All are 0 in a database that is whole.
func (s *Store) Orphans(ctx context.Context) (counts map[string]int64, err error) {
	counts = map[string]int64{}
	err = s.read(ctx, func(db engine) error {
		for name, q := range orphans {
			if counts[name], err = count(db, q); err != nil {
				return err
			}
		}
		return nil
	})
	return counts, err
}

// KeptFiles hands out the path of every file that is said to be kept, each once.
func (s *Store) KeptFiles(ctx context.Context, visit func(path string) error) error {
	return s.read(ctx, func(db engine) error {
		return db.each(qKeptPaths, func(r *row) error { return visit(r.text()) })
	})
}

// Damage is what SQLite finds wrong in the embedded database of a data directory, read as a whole; empty: nothing.
func Damage(dataDir string) (string, error) {
	c, err := openSQLite(filepath.Join(dataDir, databaseFile), "query_only=ON")
	if err != nil {
		return "", err
	}
	var said []string
	err = c.script("PRAGMA integrity_check(10)", func(v string) { said = append(said, v) })
	if err = errors.Join(err, c.close()); err != nil || len(said) == 1 && said[0] == "ok" {
		return "", err
	}
	return strings.Join(said, "; "), nil
}

// PauseEverything stops sending by every integration of every account, until somebody resumes each.
func (s *Store) PauseEverything(ctx context.Context, by, reason string) (n int, err error) {
	now := time.Now()
	err = s.write(ctx, func(t *tx) error {
		n = 0
		type key struct{ account, id string }
		var list []key
		if err := t.each(qAllIntegrations, func(r *row) error { list = append(list, key{r.text(), r.text()}); return nil }); err != nil {
			return err
		}
		for _, k := range list {
			of, p, err := s.pausable(t, k.account, k.id)
			if err != nil {
				return err
			}
			why := reason
			if p != nil && p.Cause == directory.PausedByPerson {
				why += "; it was paused before: " + p.Reason
			}
			n++
			if err := s.pauseByPerson(t, of, p, by, why, now); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
