package store

import (
	"context"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

const uploadColumns = `id, account_id, org_id, user_id, media_type, name, size, path, created_at`

var (
	qInsertUpload = sqlText("insert upload", `INSERT INTO uploads (`+uploadColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	qUpload       = sqlText("upload", `SELECT `+uploadColumns+` FROM uploads WHERE id = $1`)
	qUploads      = sqlText("uploads", `SELECT `+uploadColumns+` FROM uploads
		WHERE account_id = $1 AND ($2 = '' OR org_id = $2) AND ($3 = '' OR user_id = $3) AND id > $4 ORDER BY id LIMIT $5`)
	qDeleteUpload = sqlText("delete upload", `DELETE FROM uploads WHERE account_id = $1 AND id = $2`)
	qUploadPath   = sqlText("upload by path", `SELECT 1 FROM uploads WHERE path = $1`)
	qSweepUploads = sqlText("sweep uploads", `DELETE FROM uploads WHERE created_at < $1
		AND id IN (SELECT id FROM uploads ORDER BY created_at LIMIT $2)`)
)

func readUpload(r *row) message.Upload {
	return message.Upload{ID: r.text(), AccountID: r.text(), OrgID: r.text(), UserID: r.text(), MediaType: r.text(), Name: r.text(),
		Size: r.int(), Path: r.text(), Created: r.time()}
}

// KeepUpload keeps what is known of a file that is on the disk.
func (s *Store) KeepUpload(ctx context.Context, u *message.Upload) error {
	return s.write(ctx, func(t *tx) error {
		return t.later(qInsertUpload, u.ID, u.AccountID, u.OrgID, u.UserID, u.MediaType, u.Name, u.Size, u.Path, micros(u.Created))
	})
}

// Upload is the account's upload of this id.
func (s *Store) Upload(ctx context.Context, accountID, id string) (*message.Upload, error) {
	u, err := readOne(ctx, s, qUpload, readUpload, id)
	if u != nil && u.AccountID != accountID {
		u = nil
	}
	return found(u, err, "upload", id)
}

// Uploads are those of an account, of one organization and of one user where they are named, the oldest first.
func (s *Store) Uploads(ctx context.Context, accountID, orgID, userID string, p Page) ([]message.Upload, string, error) {
	return listByID(ctx, s, p, qUploads, readUpload, func(u *message.Upload) string { return u.ID }, accountID, orgID, userID)
}

// DeleteUpload forgets an upload. Messages that took it keep its file.
func (s *Store) DeleteUpload(ctx context.Context, accountID, id string) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(qDeleteUpload, accountID, id)
		if err == nil && n == 0 {
			err = notFound("upload", id)
		}
		return err
	})
}

// insertFiles keeps the files of a new message. One whose file came with an upload or another message needs that to be there still, in this
// commit: from then on the row is what keeps the file from being swept.
func insertFiles(t *tx, seq int64, files []message.Media, now time.Time) error {
	for i := range files {
		if files[i].Shared {
			known, err := isKept(t, files[i].Path)
			if err != nil {
				return err
			}
			if !known {
				return fault.New(fault.Conflict, "media", "the file %q is not here any more: upload it again", files[i].Name)
			}
		}
		if err := insertMedia(t, seq, &files[i], now); err != nil {
			return err
		}
	}
	return nil
}

// isKept reports whether a row tells of the file that lies there.
func isKept(db engine, path string) (bool, error) {
	for _, q := range []*query{qMediaPath, qUploadPath} {
		known, err := one(db, q, func(*row) error { return nil }, path)
		if known || err != nil {
			return known, err
		}
	}
	return false, nil
}
