package store

import (
	"context"
	"sync"
	"time"

	"patchbay/internal/message"
)

const mediaColumns = `f.id, m.id, m.account_id, m.org_id, m.integration_id, m.service_id, m.service_version, f.n, f.source_url, f.media_type,
	f.name, f.size, f.state, f.reason, f.path, f.tries`

var (
	qInsertMedia = sqlText("insert media", `INSERT INTO media (id, message, n, source_url, media_type, name, size, state, reason, path, tries, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`)
	qMediaOf   = sqlText("media of a message", `SELECT `+mediaColumns+` FROM media f JOIN messages m ON m.seq = f.message WHERE f.message = $1 ORDER BY f.n`)
	qMediaByID = sqlText("media by id", `SELECT `+mediaColumns+` FROM media f JOIN messages m ON m.seq = f.message WHERE f.id = $1`)
	qDueMedia  = sqlText("due media", `SELECT `+mediaColumns+` FROM media f JOIN messages m ON m.seq = f.message
		WHERE f.state = 'pending' AND f.due_at <= $1 ORDER BY f.due_at LIMIT $2`)
	qHoldMedia = sqlText("hold media", `UPDATE media SET due_at = $2 WHERE id = $1 AND state = 'pending'`)
	qSaveMedia = sqlText("save media", `UPDATE media SET media_type = $2, name = $3, size = $4, state = $5, reason = $6, path = $7, tries = $8, due_at = $9
		WHERE id = $1 AND state = 'pending' RETURNING message`)
	qRefitMedia = sqlText("refit media", `UPDATE media SET media_type = $2, name = $3, size = $4, path = $5 WHERE id = $1 AND path = $6 AND state = 'stored'`)
	qMediaPath  = sqlText("media by path", `SELECT 1 FROM media WHERE path = $1 AND path <> ''`)
)

func readMedia(r *row) message.Media {
	return message.Media{ID: r.text(), MessageID: r.text(), AccountID: r.text(), OrgID: r.text(), IntegrationID: r.text(),
		ServiceID: r.text(), ServiceVersion: r.text(), N: int(r.int()), SourceURL: r.text(), MediaType: r.text(), Name: r.text(),
		Size: r.int(), State: message.MediaState(r.text()), Reason: r.text(), Path: r.text(), Tries: int(r.int())}
}

func insertMedia(t *tx, seq int64, f *message.Media, now time.Time) error {
	if f.State == "" {
		f.State = message.MediaPending
	}
	t.touched.Media = t.touched.Media || f.State == message.MediaPending
	_, err := t.exec(qInsertMedia, f.ID, seq, f.N, f.SourceURL, f.MediaType, f.Name, f.Size, string(f.State), f.Reason, f.Path, f.Tries, micros(now))
	return err
}

// PendingMedia are files that are to be fetched now, n at most with those that this process got before and has not saved. Where
// several nodes fetch, each file is one node's for a while: some providers show a file once.
func (s *Store) PendingMedia(ctx context.Context, now time.Time, n int) (list []message.Media, err error) {
	if s.cluster != nil {
		n = s.fetching.room(now, n)
	}
	err = s.read(ctx, func(db engine) (err error) {
		list, err = dueMedia(db, now, n)
		return err
	})
	if s.cluster == nil || err != nil || len(list) == 0 {
		return list, err
	}
	err = s.write(ctx, func(t *tx) (err error) {
		if list, err = dueMedia(t, now, n); err != nil {
			return err
		}
		for i := range list {
			if err := t.later(qHoldMedia, list[i].ID, micros(now.Add(mediaFor))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.fetching.took(list, now.Add(mediaFor))
	return list, nil
}

func dueMedia(db engine, now time.Time, n int) (list []message.Media, err error) {
	err = db.each(qDueMedia, func(r *row) error { list = append(list, readMedia(r)); return nil }, micros(now), n)
	return list, err
}

// mediaFor is how long a file is one node's: longer than a fetch may take.
const mediaFor = 2 * time.Minute

// fetching are the files that this node has to itself, and until when.
type fetching struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// room is how many of n are not in hand.
func (f *fetching) room(now time.Time, n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, until := range f.until {
		if !until.After(now) {
			delete(f.until, id)
		}
	}
	return max(n-len(f.until), 0)
}

func (f *fetching) took(list []message.Media, until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.until == nil {
		f.until = map[string]time.Time{}
	}
	for i := range list {
		f.until[list[i].ID] = until
	}
}

func (f *fetching) gave(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.until, id)
}

// SaveMedia keeps how far a pending file has come; one that stays pending is tried again at retryAt. Whoever looks at its
// conversation is told when it is here, or never will be. ErrGone: it is not pending any more.
func (s *Store) SaveMedia(ctx context.Context, f message.Media, retryAt time.Time) error {
	now := time.Now()
	s.fetching.gave(f.ID)
	return s.write(ctx, func(t *tx) error {
		var seq int64
		if err := t.each(qSaveMedia, func(r *row) error { seq = r.int(); return nil },
			f.ID, f.MediaType, f.Name, f.Size, string(f.State), f.Reason, f.Path, f.Tries, micros(retryAt)); err != nil {
			return err
		}
		if seq == 0 {
			return ErrGone
		}
		if f.State == message.MediaPending {
			return nil
		}
		m, err := oneMessage(t, qMessageBySeq, seq)
		if err != nil || m == nil {
			return err
		}
		return notifyConversation(t, m, now)
	})
}

// Media is the file of this id, of a message or uploaded for one. Its id is no secret of an account: the link that shows a file is signed.
func (s *Store) Media(ctx context.Context, id string) (*message.Media, error) {
	f, err := readOne(ctx, s, qMediaByID, readMedia, id)
	if err != nil || f != nil {
		return found(f, err, "file", id)
	}
	u, err := readOne(ctx, s, qUpload, readUpload, id)
	if u != nil {
		f = &message.Media{
			ID: u.ID, AccountID: u.AccountID, OrgID: u.OrgID, MediaType: u.MediaType, Name: u.Name, Size: u.Size, Path: u.Path, State: message.MediaStored,
		}
	}
	return found(f, err, "file", id)
}

// RefitMedia says what a stored file has become, and where that lies. ErrGone: it is not what it was any more.
func (s *Store) RefitMedia(ctx context.Context, f message.Media, oldPath string) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(qRefitMedia, f.ID, f.MediaType, f.Name, f.Size, f.Path, oldPath)
		if err == nil && n == 0 {
			err = ErrGone
		}
		return err
	})
}

// UnknownMedia is those of the paths that no file's row has: what lies there belongs to nothing any more.
func (s *Store) UnknownMedia(ctx context.Context, paths []string) (unknown []string, err error) {
	err = s.read(ctx, func(db engine) error {
		for _, path := range paths {
			known, err := isKept(db, path)
			if err != nil {
				return err
			}
			if !known {
				unknown = append(unknown, path)
			}
		}
		return nil
	})
	return unknown, err
}
