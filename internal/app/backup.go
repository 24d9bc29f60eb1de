package app

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"patchbay/internal/secret"
	"patchbay/internal/store"
)

const (
	manifestName = "manifest.json"
	databaseName = "patchbay.db"
	mediaName    = "media"
)

// Manifest says what a backup holds. It is the first thing in it.
type Manifest struct {
	Made   time.Time        `json:"made"`
	SHA256 string           `json:"sha256"` // of the database, in hex
	Size   int64            `json:"size"`   // of the database, in bytes
	Counts map[string]int64 `json:"counts"`
	Files  int              `json:"files,omitempty"`  // of media; counted as they are written, so only a report has it
	Bucket bool             `json:"bucket,omitempty"` // files are kept in a bucket, and are not in the backup
}

// Backup writes the embedded database and the files of a data directory, whose server may be running, into one sealed file, and reads it
// back. The key is not in it: it is kept apart, and needed to restore.
func Backup(ctx context.Context, dataDir, keyAt, to string) (m *Manifest, err error) {
	if dataDir, err = filepath.Abs(dataDir); err != nil {
		return nil, err
	}
	if !store.Exists(dataDir) {
		return nil, fmt.Errorf("%s holds no database; one in PostgreSQL is backed up with the server's own tools, and the media directory and the key file with it", dataDir)
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is there already: a backup never replaces another", to)
	}
	box, err := readKey(dataDir, keyAt)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(filepath.Dir(to), ".patchbay-backup-") // beside it: there is room for the one or for neither
	if err != nil {
		return nil, fmt.Errorf("make a place to work: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	made := time.Now().UTC()
	snapshot := filepath.Join(work, databaseName)
	if err := store.Snapshot(ctx, dataDir, snapshot); err != nil {
		return nil, err
	}
	report, err := Verify(ctx, work, "")
	if err != nil {
		return nil, fmt.Errorf("read the snapshot: %w", err)
	}
	if len(report.Problems) > 0 {
		return nil, fmt.Errorf("the database is not whole, see patchbay verify: %s", strings.Join(report.Problems, "; "))
	}
	m = &Manifest{Made: made, Counts: report.Counts, Bucket: report.bucket}
	if m.SHA256, m.Size, err = sum(snapshot); err != nil {
		return nil, err
	}
	file := filepath.Join(work, "sealed")
	if err := writeArchive(ctx, file, box, m, snapshot, filepath.Join(dataDir, mediaName)); err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	if err := readArchive(ctx, file, box, checkOnly{m}); err != nil {
		return nil, fmt.Errorf("read the backup back: %w", err)
	}
	if err := os.Link(file, to); err != nil { // not in the place of one that came meanwhile
		return nil, fmt.Errorf("put the backup into its place: %w", err)
	}
	return m, syncPlace(filepath.Dir(to))
}

// readKey reads the key file of a data directory, or the one that is named.
func readKey(dataDir, keyAt string) (*secret.Box, error) {
	if keyAt == "" {
		keyAt = filepath.Join(dataDir, keyFile)
	}
	box, err := secret.ReadKeyFile(keyAt)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no key file %s: copy the one of the server that the backup is of, or name it with --key-file", keyAt)
	}
	return box, err
}

func sum(file string) (hex string, size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return fmt.Sprintf("%x", h.Sum(nil)), size, err
}

func writeArchive(ctx context.Context, to string, box *secret.Box, m *Manifest, snapshot, media string) (err error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sealed, err := newSealWriter(f, box)
	if err != nil {
		return err
	}
	t := tar.NewWriter(sealed)
	head, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(head)), ModTime: m.Made}); err != nil {
		return err
	}
	if _, err := t.Write(head); err != nil {
		return err
	}
	if err := addFile(t, databaseName, snapshot); err != nil {
		return err
	}
	if m.Bucket { // what may lie there still was copied into it
		return errors.Join(t.Close(), sealed.Close(), f.Sync())
	}
	// A file that the database knows was there before its row was. Some that it does not know yet come along; a sweep takes them.
	err = filepath.WalkDir(media, func(at string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // swept meanwhile, or no media at all
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "unfinished":
			return fs.SkipDir
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !d.Type().IsRegular():
			return nil
		}
		rel, err := filepath.Rel(media, at)
		if err != nil {
			return err
		}
		if err := addFile(t, path.Join(mediaName, filepath.ToSlash(rel)), at); errors.Is(err, fs.ErrNotExist) {
			return nil // swept between the look and the copy
		} else if err != nil {
			return err
		}
		m.Files++
		return nil
	})
	if err != nil {
		return err
	}
	return errors.Join(t.Close(), sealed.Close(), f.Sync())
}

func addFile(t *tar.Writer, name, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.Copy(t, io.LimitReader(f, info.Size()))
	return err
}

// keeper takes what is in a backup.
type keeper interface {
	manifest(*Manifest) error
	file(name string, from io.Reader) error
}

// readArchive reads a backup to its end, and checks the database against the manifest.
func readArchive(ctx context.Context, from string, box *secret.Box, k keeper) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	sealed, err := newSealReader(f, box)
	if err != nil {
		return err
	}
	t := tar.NewReader(sealed)
	h, err := t.Next()
	if err != nil {
		return err
	}
	var m Manifest
	if h.Name != manifestName {
		return errors.New("the backup does not begin with what it holds")
	}
	if err := json.NewDecoder(io.LimitReader(t, 1<<20)).Decode(&m); err != nil {
		return fmt.Errorf("what the backup holds: %w", err)
	}
	if err := k.manifest(&m); err != nil {
		return err
	}
	found := false
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		hash := sha256.New()
		if err := k.file(h.Name, io.TeeReader(t, hash)); err != nil {
			return err
		}
		if h.Name == databaseName {
			if got := fmt.Sprintf("%x", hash.Sum(nil)); got != m.SHA256 || h.Size != m.Size {
				return errors.New("the database in the backup is not the one that was put into it")
			}
			found = true
		}
	}
	if !found {
		return errors.New("the backup holds no database")
	}
	_, err = io.Copy(io.Discard, sealed) // the end of the last piece
	return err
}

// checkOnly reads everything and keeps nothing.
type checkOnly struct{ want *Manifest }

func (c checkOnly) manifest(m *Manifest) error {
	if m.SHA256 != c.want.SHA256 {
		return errors.New("it is not the one that was written")
	}
	return nil
}

func (checkOnly) file(_ string, from io.Reader) error {
	_, err := io.Copy(io.Discard, from)
	return err
}

// syncPlace makes new names in a directory durable.
func syncPlace(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
