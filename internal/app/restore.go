package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"patchbay/internal/secret"
	"patchbay/internal/store"
)

// restoring is where a database lies until it is whole.
const restoring = "restoring"

// Restored is what came back.
type Restored struct {
	Made   time.Time        `json:"made"` // the backup
	Counts map[string]int64 `json:"counts"`
	Files  int              `json:"files"`
	Paused int              `json:"paused"`           // integrations by which nothing is sent before somebody resumes them
	Bucket bool             `json:"bucket,omitempty"` // files are kept in a bucket, and did not come along
}

// Restore brings a backup into a data directory that has no database. Nothing is sent from there until somebody resumes each integration: since
// the backup was made, what it calls queued may have been sent.
func Restore(ctx context.Context, from, dataDir, keyAt string, log *slog.Logger) (r *Restored, err error) {
	if dataDir, err = filepath.Abs(dataDir); err != nil {
		return nil, err
	}
	if store.Exists(dataDir) {
		return nil, fmt.Errorf("%s holds a database, which a backup never replaces: name another directory, or move that one away", dataDir)
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	box, err := readKey(dataDir, keyAt)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dataDir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := root.RemoveAll(restoring); err != nil { // one that was interrupted
		return nil, err
	}
	if err := root.Mkdir(restoring, 0o700); err != nil {
		return nil, err
	}
	into := &unpacker{root: root, shelves: map[string]bool{mediaName: true}}
	if err := readArchive(ctx, from, box, into); err != nil {
		return nil, fmt.Errorf("read the backup %s: %w", from, err)
	}
	for shelf := range into.shelves { // the database, when it comes into its place, tells of files that are there
		if err := syncPlace(filepath.Join(dataDir, shelf)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	work := filepath.Join(dataDir, restoring)
	r = &Restored{Made: into.made, Files: into.files, Bucket: into.bucket}
	if r.Paused, err = pauseRestored(ctx, work, box, into.made, log); err != nil {
		return nil, err
	}
	report, err := Verify(ctx, work, "")
	if err != nil {
		return nil, err
	}
	if r.Counts = report.Counts; len(report.Problems) > 0 {
		return nil, fmt.Errorf("what came back is not whole: %s", strings.Join(report.Problems, "; "))
	}
	// The last step makes it the directory's database: before it, there is none.
	if err := root.Rename(path.Join(restoring, databaseName), databaseName); err != nil {
		return nil, err
	}
	return r, errors.Join(root.RemoveAll(restoring), syncPlace(dataDir))
}

func pauseRestored(ctx context.Context, work string, box *secret.Box, made time.Time, log *slog.Logger) (n int, err error) {
	db, err := store.Open(ctx, store.Options{DataDir: work, Box: box, Log: log})
	if err != nil {
		return 0, fmt.Errorf("open the database that came back: %w", err)
	}
	n, err = db.PauseEverything(ctx, "patchbay restore",
		"restored from the backup of "+made.Format("2006-01-02 15:04 MST")+": what is queued may have been sent since; look, then resume")
	return n, errors.Join(err, db.Close())
}

// unpacker puts a backup's files into the data directory, and nothing anywhere else.
type unpacker struct {
	root    *os.Root
	made    time.Time
	bucket  bool
	files   int
	shelves map[string]bool // directories that got files
}

func (u *unpacker) manifest(m *Manifest) error { u.made, u.bucket = m.Made, m.Bucket; return nil }

func (u *unpacker) file(name string, from io.Reader) (err error) {
	at := path.Join(restoring, databaseName)
	if name != databaseName {
		if !strings.HasPrefix(name, mediaName+"/") {
			return fmt.Errorf("the backup holds %q, which no backup has", name)
		}
		at = name
		u.files++
		u.shelves[path.Dir(at)] = true
		if err := u.root.MkdirAll(path.Dir(at), 0o700); err != nil {
			return err
		}
	}
	f, err := u.root.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}
