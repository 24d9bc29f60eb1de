package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"patchbay/internal/store"
)

// Report is what a database holds, and what does not add up in it.
type Report struct {
	Counts   map[string]int64 `json:"counts"`
	Problems []string         `json:"problems"`
}

// Verify counts every message of a data directory, or of the database at a URL, and checks that what was accepted is the sum over all statuses. It changes nothing.
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
	return check(counts), nil
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
