package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"patchbay/internal/media"
	"patchbay/internal/store"
)

// MoveFiles copies the files of a stopped installation from its directory into a bucket, reads each back, and has its database say where they are.
// The directory stays as it was. Cut off, it is begun again: what is there is not copied twice.
func MoveFiles(ctx context.Context, dataDir, keyAt string, to Storage, log *slog.Logger) (n int, err error) {
	if dataDir, err = filepath.Abs(dataDir); err != nil {
		return 0, err
	}
	if !store.Exists(dataDir) {
		return 0, fmt.Errorf("%s holds no database; files of one in PostgreSQL are copied with the storage's own tools, the file \"id\" included", dataDir)
	}
	box, err := readKey(dataDir, keyAt)
	if err != nil {
		return 0, err
	}
	db, err := store.Open(ctx, store.Options{DataDir: dataDir, Box: box, Log: log})
	if err != nil {
		return 0, fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	files, shut, away, err := to.open(ctx, dataDir, log)
	if err != nil {
		return 0, err
	}
	defer shut()
	defer func() { err = errors.Join(err, files.Close()) }()
	if away != nil {
		return 0, away
	}
	if known, err := db.MediaPlace(ctx); err != nil {
		return 0, err
	} else if known == "" {
		if err := checkStrangers(ctx, db, files); err != nil {
			return 0, err
		}
	}
	id, err := files.ID(ctx)
	if err != nil {
		return 0, err
	}
	if n, err = copyFiles(ctx, db, filepath.Join(dataDir, mediaName), files, log); err != nil {
		return n, fmt.Errorf("copy files: %w", err)
	}
	return n, db.ClaimMedia(ctx, id)
}

func copyFiles(ctx context.Context, db *store.Store, dir string, to *media.Files, log *slog.Logger) (n int, err error) {
	var paths []string
	err = db.KeptFiles(ctx, func(path string) error { paths = append(paths, path); return nil })
	if err != nil || len(paths) == 0 {
		return 0, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, path := range paths {
		f, err := root.Open(filepath.FromSlash(path))
		if errors.Is(err, fs.ErrNotExist) { // it was not there before either; verify counts it
			log.Warn("a file that is said to be kept is not there", "path", path)
			continue
		}
		if err != nil {
			return n, err
		}
		err = to.Import(ctx, path, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Move copies a stopped installation's embedded database into an empty PostgreSQL. Files and the key stay where they are.
func Move(ctx context.Context, dataDir, databaseURL string, log *slog.Logger) (*store.Moved, error) {
	dataDir, err := filepath.Abs(dataDir)
	if err != nil {
		return nil, err
	}
	if err := store.CheckURL(databaseURL); err != nil {
		return nil, &WrongSetting{"--database-url", err}
	}
	m, err := store.Move(ctx, dataDir, databaseURL, log)
	if err != nil {
		return nil, fmt.Errorf("move: %w", err)
	}
	return m, nil
}
