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

	"patchbay/internal/store"
)

// Report is what a database holds, and what does not add up in it.
type Report struct {
	Counts   map[string]int64 `json:"counts"`
	Problems []string         `json:"problems"`
}

// Verify counts every message of a data directory, or of the database at a URL. It checks that what was accepted is the sum over all statuses, that
// nothing belongs to nobody and, of a data directory, that the database is not damaged and the kept files are there. It changes nothing.
func Verify(ctx context.Context, dataDir, databaseURL string) (r *Report, err error) {
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
		return r, nil
	}
	if said, err := store.Damage(dataDir); err != nil {
		return nil, err
	} else if said != "" {
		r.Problems = append(r.Problems, "the database is damaged: "+said)
	}
	return r, checkFiles(ctx, db, filepath.Join(dataDir, mediaName), r)
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
