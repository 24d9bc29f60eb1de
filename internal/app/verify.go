package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"patchbay/internal/store"
)

// Report is what a database holds, and what does not add up in it.
type Report struct {
	Counts   map[string]int64 `json:"counts"`
	Problems []string         `json:"problems"`
	Notes    []string         `json:"notes,omitempty"` // worth knowing, and no problem
	bucket   bool             // files are kept in one
}

// Installation says where everything of one is.
type Installation struct {
	DataDir     string
	DatabaseURL string  // in place of the data directory
	Media       Storage // where files are kept, when they are in a bucket
}

// Verify is Installation.Verify of what keeps its files in a directory.
func Verify(ctx context.Context, dataDir, databaseURL string) (*Report, error) {
	return Installation{DataDir: dataDir, DatabaseURL: databaseURL}.Verify(ctx)
}

// Verify counts every message of a data directory, or of the database at a URL. It checks that what was accepted is the sum over all statuses, that
// nothing belongs to nobody and, of a data directory, that the database is not damaged and the kept files are there; in a bucket it looks for them
// when it is told which. It changes nothing.
func (i Installation) Verify(ctx context.Context) (r *Report, err error) {
	dataDir, databaseURL := i.DataDir, i.DatabaseURL
	if databaseURL == "" {
		if dataDir, err = filepath.Abs(dataDir); err != nil {
			return nil, err
		}
		if !store.Exists(dataDir) {
			return nil, fmt.Errorf("%s holds no database: name the data directory of a server that has run", dataDir)
		}
	}
	db, err := store.Open(ctx, store.Options{DataDir: dataDir, DatabaseURL: databaseURL, ReadOnly: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	counts, err := db.Counts(ctx)
	if err != nil {
		return nil, err
	}
	r = check(counts)
	lost, err := db.Orphans(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		if n := lost[name]; n > 0 {
			r.Problems = append(r.Problems, fmt.Sprintf("%d %s", n, name))
		}
	}
	if databaseURL != "" {
		return r, i.checkBucket(ctx, db, r)
	}
	if said, err := store.Damage(dataDir); err != nil {
		return nil, err
	} else if said != "" {
		r.Problems = append(r.Problems, "the database is damaged: "+said)
	}
	place, err := db.MediaPlace(ctx)
	r.bucket = place != "" // the embedded database has no name for its directory
	switch {
	case err != nil:
		return nil, err
	case i.Media.URL != "":
		return r, i.checkBucket(ctx, db, r)
	case place != "":
		r.Notes = append(r.Notes, "files are kept in a bucket, and were not looked for: name it with --media-url")
		return r, nil
	}
	return r, checkFiles(ctx, db, filepath.Join(dataDir, mediaName), r)
}

// checkBucket looks in the bucket, where one is named, for the files that the database says are kept, and for files that it does not know.
func (i Installation) checkBucket(ctx context.Context, db *store.Store, r *Report) (err error) {
	if i.Media.URL == "" {
		return nil
	}
	work, err := os.MkdirTemp("", "patchbay-verify-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	files, shut, away, err := i.Media.open(ctx, work, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("look at the files: %w", err)
	}
	defer shut()
	defer func() { err = errors.Join(err, files.Close()) }()
	if away != nil {
		return fmt.Errorf("look at the files: %w", away)
	}
	there, unknown := map[string]bool{}, 0
	err = files.Walk(ctx, func(path string, at time.Time) error {
		there[path] = true
		if time.Since(at) < time.Hour {
			return nil // its row may be to come
		}
		strange, err := db.UnknownMedia(ctx, []string{path})
		unknown += len(strange)
		return err
	})
	if err != nil {
		return fmt.Errorf("look at the files: %w", err)
	}
	missing := 0
	err = db.KeptFiles(ctx, func(path string) error {
		if !there[path] {
			missing++
		}
		return nil
	})
	r.Counts["files"] = int64(len(there))
	if missing > 0 {
		r.Problems = append(r.Problems, fmt.Sprintf("%d files that are said to be kept are not there", missing))
	}
	if unknown > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d files belong to nothing: the server removes them within the hour", unknown))
	}
	return err
}

// checkFiles looks for the files that the database says are kept, where there is a place for them.
func checkFiles(ctx context.Context, db *store.Store, dir string, r *Report) error {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a snapshot of the database alone
	}
	if err != nil {
		return err
	}
	missing := 0
	err = db.KeptFiles(ctx, func(path string) error {
		if _, err := root.Stat(filepath.FromSlash(path)); errors.Is(err, fs.ErrNotExist) {
			missing++
		} else if err != nil {
			return err
		}
		return nil
	})
	if missing > 0 {
		r.Problems = append(r.Problems, fmt.Sprintf("%d files that are said to be kept are not there", missing))
	}
	return errors.Join(err, root.Close())
}

func check(counts map[string]int64) *Report {
	r := &Report{Counts: counts, Problems: []string{}}
	var outbound int64
	for name, n := range counts {
		if strings.HasPrefix(name, "outbound/") {
			outbound += n
		}
	}
	if accepted, removed := counts["accepted"], counts["removed"]; accepted != outbound+removed {
		r.Problems = append(r.Problems, fmt.Sprintf("%d outbound messages were accepted, %d are there, and %d were removed", accepted, outbound, removed))
	}
	if pending, waiting := counts["pending"], counts["waiting"]; pending != waiting {
		r.Problems = append(r.Problems, fmt.Sprintf("the lanes count %d messages that have something to do, and %d have", pending, waiting))
	}
	return r
}
