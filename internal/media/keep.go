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
	"strings"
	"sync"
	"time"

	"patchbay/internal/failpoint"
	"patchbay/internal/message"
)

const (
	unfinished = "unfinished"
	nameSize   = 16 // bytes of a kept file's name
)

// Dir is the media directory. Nothing outside it is ever touched, whatever a name says: it is an os.Root, and names in it are ours.
type Dir struct {
	root    *os.Root
	studio  *studio
	placing sync.Mutex // a file is put into its place, or a sweep takes it away
}

// OpenDir opens <data>/media, makes it when missing, and removes what a crash left half written.
func OpenDir(dataDir string) (*Dir, error) {
	d, err := openDir(filepath.Join(dataDir, "media"))
	if err == nil {
		err = d.root.RemoveAll(unfinished)
	}
	return d.ready(err)
}

// OpenShared opens a directory that several nodes may keep files in, and makes it when missing. What is half written there may be another
// node's, unless it is old.
func OpenShared(at string) (*Dir, error) {
	d, err := openDir(at)
	if err == nil {
		err = d.removeUnfinished(time.Now())
	}
	return d.ready(err)
}

func openDir(at string) (*Dir, error) {
	if err := os.MkdirAll(at, 0o700); err != nil {
		return nil, fmt.Errorf("media directory: %w", err)
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, fmt.Errorf("media directory: %w", err)
	}
	return &Dir{root: root, studio: newStudio()}, nil
}

// ready makes the place for what is being written.
func (d *Dir) ready(err error) (*Dir, error) {
	if d == nil {
		return nil, err
	}
	if err == nil {
		if err = d.root.Mkdir(unfinished, 0o700); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("media directory: %w", err), d.root.Close())
	}
	return d, nil
}

func (d *Dir) removeUnfinished(now time.Time) error {
	entries, err := fs.ReadDir(d.root.FS(), unfinished)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if name := path.Join(unfinished, e.Name()); d.isOld(name, now) {
			err = errors.Join(err, d.root.Remove(name))
		}
	}
	return err
}

// idFile names a directory, so that two nodes can tell whether theirs is one.
const idFile = "id"

// ID is the directory's own, made when it is first asked for.
func (d *Dir) ID() (string, error) {
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
		f, err := d.create()
		if err != nil {
			return "", err
		}
		_, err = f.WriteString(rand.Text() + "\n")
		if err = errors.Join(err, f.Sync()); err == nil {
			err = d.root.Link(f.name, idFile) // whole or not at all, and never in another's place
		}
		f.discard()
		if err == nil {
			err = syncDir(d.root, ".")
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("media directory: %w", err)
		}
	}
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
	if err := failpoint.At("file"); err != nil {
		return "", err
	}
	f.dir.placing.Lock()
	err := root.Rename(f.name, to)
	f.dir.placing.Unlock()
	if err != nil {
		return "", err
	}
	f.done = true
	failpoint.Pass("filed")
	return to, syncDir(root, shelf)
}

// keepBeside puts what was made of a kept file beside it, under the same name and a mark: with the file it goes.
func (f *draft) keepBeside(name, mark string) error {
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	f.dir.placing.Lock()
	defer f.dir.placing.Unlock()
	if _, err := f.dir.root.Lstat(name); err != nil {
		return err
	}
	if err := f.dir.root.Rename(f.name, name+mark); err != nil {
		return err
	}
	f.done = true
	return nil
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
