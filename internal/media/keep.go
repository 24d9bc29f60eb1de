package media

import (
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
	"sync"

	"patchbay/internal/message"
)

const (
	unfinished = "unfinished"
	nameSize   = 16 // bytes of a kept file's name
)

// Dir is the media directory. Nothing outside it is ever touched, whatever a name says: it is an os.Root, and names in it are ours.
type Dir struct {
	root    *os.Root
	placing sync.Mutex // a file is put into its place, or a sweep takes it away
}

// OpenDir opens <data>/media, makes it when missing, and removes what a crash left half written.
func OpenDir(dataDir string) (*Dir, error) {
	at := filepath.Join(dataDir, "media")
	if err := os.MkdirAll(at, 0o700); err != nil {
		return nil, fmt.Errorf("media directory: %w", err)
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, fmt.Errorf("media directory: %w", err)
	}
	err = errors.Join(root.RemoveAll(unfinished), root.Mkdir(unfinished, 0o700))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("media directory: %w", err), root.Close())
	}
	return &Dir{root: root}, nil
}

func (d *Dir) Close() error { return d.root.Close() }

// Keep judges and keeps a file that is already in hand: it came inside the callback. m carries ID, Name and, as MediaType, what its
// sender declared; it comes back stored, blocked or failed, with the type found in the bytes. An error is the disk's.
func (d *Dir) Keep(m message.Media, data []byte) (message.Media, error) {
	if len(data) == 0 || len(data) > MaxBytes {
		m.State, m.Reason = message.MediaFailed, fmt.Sprintf("the file has %d bytes; 1 to %d are kept", len(data), MaxBytes)
		return m, nil
	}
	f, err := d.create()
	if err != nil {
		return m, err
	}
	defer f.discard()
	if _, err := f.Write(data); err != nil {
		return m, fmt.Errorf("keep file: %w", err)
	}
	return f.finish(m, m.MediaType)
}

// open gives a kept file.
func (d *Dir) open(name string) (*os.File, error) { return d.root.Open(filepath.FromSlash(name)) }

// draft is a file that is not there yet: a crash leaves nothing of it.
type draft struct {
	*os.File
	dir  *Dir
	name string
	done bool
}

func (d *Dir) create() (*draft, error) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	name := path.Join(unfinished, hex.EncodeToString(b[:]))
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep file: %w", err)
	}
	return &draft{File: f, dir: d, name: name}, nil
}

// finish judges what was written and keeps it or not. claims are the types that somebody declared.
func (f *draft) finish(m message.Media, claims ...string) (message.Media, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return m, fmt.Errorf("keep file: %w", err)
	}
	v, err := judge(f, claims, m.Name)
	if err != nil {
		return m, fmt.Errorf("check file: %w", err)
	}
	m.Size, m.Name = size, cleanName(m.Name)
	if v.Blocked != "" {
		m.State, m.Reason, m.MediaType = message.MediaBlocked, v.Blocked, octets
		return m, nil
	}
	m.MediaType = v.Type
	if m.Path, err = f.keepAs(m.ID); err != nil {
		return m, fmt.Errorf("keep file: %w", err)
	}
	m.State, m.Reason = message.MediaStored, ""
	return m, nil
}

// keepAs makes the file durable and puts it into its place, which follows from its id: kept a second time (we crashed before its row
// was saved) it replaces itself.
func (f *draft) keepAs(id string) (string, error) {
	sum := sha256.Sum256([]byte(id))
	name := hex.EncodeToString(sum[:nameSize])
	shelf := name[:2]
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return "", err
	}
	root := f.dir.root
	switch err := root.Mkdir(shelf, 0o700); {
	case err == nil:
		if err := syncDir(root, "."); err != nil {
			return "", err
		}
	case !errors.Is(err, fs.ErrExist):
		return "", err
	}
	to := path.Join(shelf, name)
	f.dir.placing.Lock()
	err := root.Rename(f.name, to)
	f.dir.placing.Unlock()
	if err != nil {
		return "", err
	}
	f.done = true
	return to, syncDir(root, shelf)
}

// discard removes what was not kept.
func (f *draft) discard() {
	if !f.done {
		_ = f.Close()
		_ = f.dir.root.Remove(f.name) // what stays is removed at the next start
	}
}

// syncDir makes a new name durable: fsync of a file does not do that for its directory.
func syncDir(root *os.Root, name string) error {
	d, err := root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
