package media

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	sweepYoungest = time.Hour // a file comes before its row: one that is younger may be waiting for it
	sweepBatch    = 256
)

// Rows knows which kept files something still tells of.
type Rows interface {
	// UnknownMedia is those of the paths that no row has.
	UnknownMedia(ctx context.Context, paths []string) ([]string, error)
}

// Sweep removes kept files whose row is gone: of an organization that was deleted, of a message that turned out to be a repeat. Files
// that are being written, files younger than an hour and whatever is not named as we name files stay.
func (d *Dir) Sweep(ctx context.Context, rows Rows, now time.Time) (removed int, err error) {
	shelves, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return 0, fmt.Errorf("list the media directory: %w", err)
	}
	for _, shelf := range shelves {
		if !shelf.IsDir() || !isHex(shelf.Name(), 1) {
			continue
		}
		n, err := d.sweepShelf(ctx, rows, shelf.Name(), now)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("sweep media: %w", err)
		}
	}
	return removed, nil
}

func (d *Dir) sweepShelf(ctx context.Context, rows Rows, shelf string, now time.Time) (removed int, err error) {
	f, err := d.root.Open(shelf)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for {
		entries, err := f.ReadDir(sweepBatch)
		if errors.Is(err, io.EOF) {
			return removed, nil
		}
		if err != nil {
			return removed, err
		}
		var old []string
		of := map[string]string{} // the kept file that each is, or was made of
		for _, e := range entries {
			kept := strings.TrimSuffix(e.Name(), previewMark)
			if isHex(kept, nameSize) && d.isOld(path.Join(shelf, e.Name()), now) {
				of[e.Name()] = path.Join(shelf, kept)
				old = append(old, path.Join(shelf, kept))
			}
		}
		if len(old) == 0 {
			continue
		}
		unknown, err := rows.UnknownMedia(ctx, old)
		if err != nil {
			return removed, err
		}
		for name, kept := range of {
			if !slices.Contains(unknown, kept) {
				continue
			}
			gone, err := d.removeOld(path.Join(shelf, name), now)
			if err != nil {
				return removed, err
			}
			if gone {
				removed++
			}
		}
	}
}

// Remove removes kept files whose rows are gone at once, with what was made of them. One that a row still has stays.
func (d *Dir) Remove(ctx context.Context, rows Rows, names []string) error {
	unknown, err := rows.UnknownMedia(ctx, names)
	if err != nil {
		return fmt.Errorf("remove media: %w", err)
	}
	d.placing.Lock()
	defer d.placing.Unlock()
	for _, name := range unknown {
		for _, n := range []string{name + previewMark, name} {
			if e := d.root.Remove(n); e != nil && !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}
	return err
}

// removeOld looks at the age once more: since its row was asked for, the file may have been kept again, with a row to come.
func (d *Dir) removeOld(name string, now time.Time) (bool, error) {
	d.placing.Lock()
	defer d.placing.Unlock()
	if !d.isOld(name, now) {
		return false, nil
	}
	return true, d.root.Remove(name)
}

func (d *Dir) isOld(name string, now time.Time) bool {
	info, err := d.root.Lstat(name)
	return err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) >= sweepYoungest
}

// isHex reports whether s is n bytes as we write them into names.
func isHex(s string, n int) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == n && hex.EncodeToString(b) == s
}
