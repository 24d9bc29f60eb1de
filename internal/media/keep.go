package media

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"patchbay/internal/message"
)

const (
	unfinished = "unfinished"
	nameSize   = 16 // bytes of a kept file's name that follow from its id
)

// Files is where files are kept: a directory, or a bucket. What is being written lies on this node's disk until it is whole and was judged.
type Files struct {
	drafts *os.Root // drafts are under unfinished
	kept   vault
	studio *studio
}

// vault holds whole files. Their names are ours, and what they hold never changes.
type vault interface {
	// put makes a draft durable under a name for this id, and says which.
	put(ctx context.Context, f *draft, id string) (path string, err error)
	// putBeside puts what was made of a kept file beside it, under its name and a mark. fs.ErrNotExist: the file is gone.
	putBeside(ctx context.Context, f *draft, path, mark string) error
	// open gives a file. fs.ErrNotExist: there is none; an error that is ErrAway: nobody can say now.
	open(ctx context.Context, path string) (io.ReadSeekCloser, error)
	// walk shows everything that is named as we name files, in pieces.
	walk(ctx context.Context, visit func([]lyingAt) error) error
	// remove removes a file, if it is there.
	remove(ctx context.Context, path string) error
	// removeOld removes a file unless it was kept again meanwhile, with a row to come.
	removeOld(ctx context.Context, path string, now time.Time) (bool, error)
	// id is the place's own, made when it is first asked for.
	id(ctx context.Context) (string, error)
	close() error
}

// lyingAt is a kept file, or what was made of one.
type lyingAt struct {
	path string
	at   time.Time // when it was kept
}

// ErrAway is in errors of a place that cannot be reached, or refuses: later it may.
var ErrAway = errors.New("the place where files are kept cannot be used now")

// openDrafts opens a directory for what is being written.
func openDrafts(at string) (*os.Root, error) {
	if err := os.MkdirAll(at, 0o700); err != nil {
		return nil, fmt.Errorf("media directory: %w", err)
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, fmt.Errorf("media directory: %w", err)
	}
	return root, nil
}

// ready makes the place for what is being written, unless something before went wrong.
func ready(root *os.Root, kept vault, err error) (*Files, error) {
	if err == nil {
		if err = root.Mkdir(unfinished, 0o700); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("media directory: %w", err), root.Close())
	}
	return &Files{drafts: root, kept: kept, studio: newStudio()}, nil
}

// removeUnfinished removes what a crash left half written: what is younger may be another's who writes there.
func removeUnfinished(root *os.Root, now time.Time) error {
	entries, err := fs.ReadDir(root.FS(), unfinished)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if name := path.Join(unfinished, e.Name()); isOld(root, name, now) {
			err = errors.Join(err, root.Remove(name))
		}
	}
	return err
}

// ID names the place, so that two nodes can tell whether theirs is one.
func (d *Files) ID(ctx context.Context) (string, error) { return d.kept.id(ctx) }

// Close gives everything back.
func (d *Files) Close() error { return errors.Join(d.kept.close(), d.drafts.Close()) }

// Keep judges and keeps a file that is already in hand: it came inside the callback. m carries ID, Name and, as MediaType, what its
// sender declared; it comes back stored, blocked or failed, with the type found in the bytes. Where the place for files is away, it comes
// back pending, with the file as its own source. An error is the disk's.
func (d *Files) Keep(ctx context.Context, m message.Media, data []byte) (message.Media, error) {
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
	kept, err := f.finish(ctx, m, m.MediaType)
	if errors.Is(err, ErrAway) && ctx.Err() == nil {
		m.State, m.Reason = message.MediaPending, "it could not be kept yet"
		m.SourceURL = "data:;base64," + base64.StdEncoding.EncodeToString(data)
		return m, nil
	}
	return kept, err
}

// open gives a kept file.
func (d *Files) open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	return d.kept.open(ctx, name)
}

// read is a kept file, whole.
func (d *Files) read(ctx context.Context, name string) ([]byte, error) {
	f, err := d.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(f)
	return b.Bytes(), err
}

// draft is a file that is not there yet: a crash leaves nothing of it.
type draft struct {
	*os.File
	files *Files
	name  string
	done  bool
}

func (d *Files) create() (*draft, error) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	name := path.Join(unfinished, hex.EncodeToString(b[:]))
	f, err := d.drafts.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep file: %w", err)
	}
	return &draft{File: f, files: d, name: name}, nil
}

// finish judges what was written and keeps it or not. claims are the types that somebody declared.
func (f *draft) finish(ctx context.Context, m message.Media, claims ...string) (message.Media, error) {
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
	if v.Blocked != "" {
		m.Size, m.Name = size, cleanName(m.Name)
		m.State, m.Reason, m.MediaType = message.MediaBlocked, v.Blocked, octets
		return m, nil
	}
	to, err := f.keepAs(ctx, m.ID)
	if err != nil {
		return m, err
	}
	m.Path, m.Size, m.Name, m.MediaType = to, size, cleanName(m.Name), v.Type
	m.State, m.Reason = message.MediaStored, ""
	return m, nil
}

// keepAs makes the file durable under a name for this id.
func (f *draft) keepAs(ctx context.Context, id string) (string, error) {
	to, err := f.files.kept.put(ctx, f, id)
	if err != nil {
		return "", fmt.Errorf("keep file: %w", err)
	}
	return to, nil
}

// discard removes what was not kept.
func (f *draft) discard() {
	if !f.done {
		_ = f.Close()
		_ = f.files.drafts.Remove(f.name) // what stays is removed at the next start
	}
}

// isOld reports whether a file is too old to be waiting for its row.
func isOld(root *os.Root, name string, now time.Time) bool {
	info, err := root.Lstat(name)
	return err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) >= sweepYoungest
}
