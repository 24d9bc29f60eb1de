package media

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"patchbay/internal/failpoint"
)

// disk is a directory of kept files. Nothing outside it is ever touched, whatever a name says: it is an os.Root, and names in it are ours.
type disk struct {
	root    *os.Root   // the same as the drafts': a file is moved into its place
	placing sync.Mutex // a file is put into its place, or a sweep takes it away
}

// OpenDir opens <data>/media, makes it when missing, and removes what a crash left half written.
func OpenDir(dataDir string) (*Files, error) {
	root, err := openDrafts(filepath.Join(dataDir, "media"))
	if err != nil {
		return nil, err
	}
	return ready(root, &disk{root: root}, root.RemoveAll(unfinished))
}

// OpenShared opens a directory that several nodes may keep files in, and makes it when missing. What is half written there may be another
// node's, unless it is old.
func OpenShared(at string) (*Files, error) {
	root, err := openDrafts(at)
	if err != nil {
		return nil, err
	}
	return ready(root, &disk{root: root}, removeUnfinished(root, time.Now()))
}

// idFile names a directory, so that two nodes can tell whether theirs is one.
const idFile = "id"

func (d *disk) id(context.Context) (string, error) {
	for {
		b, err := d.root.ReadFile(idFile)
		if id := strings.TrimSpace(string(b)); err == nil && id != "" {
			return id, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("media directory: %w", err)
		}
		if err == nil {
			return "", errors.New("media directory: its file \"id\" is empty")
		}
		if err := d.makeID(); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("media directory: %w", err)
		}
	}
}

func (d *disk) makeID() error {
	name := path.Join(unfinished, rand.Text())
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = d.root.Remove(name) }()
	_, err = f.WriteString(rand.Text() + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := d.root.Link(name, idFile); err != nil { // whole or not at all, and never in another's place
		return err
	}
	return syncDir(d.root, ".")
}

// close: the root is the drafts'.
func (d *disk) close() error { return nil }

func (d *disk) open(_ context.Context, name string) (io.ReadSeekCloser, error) {
	f, err := d.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	return f, nil
}

// put: the name follows from the id. Kept a second time (we crashed before its row was saved) a file replaces itself.
func (d *disk) put(_ context.Context, f *draft, id string) (string, error) {
	sum := sha256.Sum256([]byte(id))
	name := hex.EncodeToString(sum[:nameSize])
	shelf := name[:2]
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return "", err
	}
	switch err := d.root.Mkdir(shelf, 0o700); {
	case err == nil:
		if err := syncDir(d.root, "."); err != nil {
			return "", err
		}
	case !errors.Is(err, fs.ErrExist):
		return "", err
	}
	to := path.Join(shelf, name)
	if err := failpoint.At("file"); err != nil {
		return "", err
	}
	d.placing.Lock()
	err := d.root.Rename(f.name, to)
	d.placing.Unlock()
	if err != nil {
		return "", err
	}
	f.done = true
	failpoint.Pass("filed")
	return to, syncDir(d.root, shelf)
}

func (d *disk) putBeside(_ context.Context, f *draft, name, mark string) error {
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	d.placing.Lock()
	defer d.placing.Unlock()
	if _, err := d.root.Lstat(name); err != nil {
		return err
	}
	if err := d.root.Rename(f.name, name+mark); err != nil {
		return err
	}
	f.done = true
	return nil
}

func (d *disk) walk(ctx context.Context, visit func([]lyingAt) error) error {
	shelves, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("list the media directory: %w", err)
	}
	for _, shelf := range shelves {
		if !shelf.IsDir() || !isHex(shelf.Name(), 1) {
			continue
		}
		if err := d.walkShelf(ctx, shelf.Name(), visit); err != nil {
			return err
		}
	}
	return nil
}

func (d *disk) walkShelf(ctx context.Context, shelf string, visit func([]lyingAt) error) error {
	f, err := d.root.Open(shelf)
	if err != nil {
		return err
	}
	defer f.Close()
	for ctx.Err() == nil {
		entries, err := f.ReadDir(sweepBatch)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var found []lyingAt
		for _, e := range entries {
			name := path.Join(shelf, e.Name())
			info, err := e.Info()
			if err == nil && info.Mode().IsRegular() && isOurs(name) { // an error: it went meanwhile
				found = append(found, lyingAt{name, info.ModTime()})
			}
		}
		if err := visit(found); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

func (d *disk) remove(_ context.Context, name string) error {
	d.placing.Lock()
	defer d.placing.Unlock()
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeOld looks at the age once more: since its row was asked for, the file may have been kept again, with a row to come.
func (d *disk) removeOld(_ context.Context, name string, now time.Time) (bool, error) {
	d.placing.Lock()
	defer d.placing.Unlock()
	if !isOld(d.root, name, now) {
		return false, nil
	}
	return true, d.root.Remove(name)
}

// syncDir makes a new name durable: fsync of a file does not do that for its directory.
func syncDir(root *os.Root, name string) error {
	d, err := root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
