package media

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
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
func (d *Files) Sweep(ctx context.Context, rows Rows, now time.Time) (removed int, err error) {
	err = d.kept.walk(ctx, func(found []lyingAt) error {
		var old []string
		of := map[string]string{} // the kept file that each is, or was made of
		for _, f := range found {
			if now.Sub(f.at) >= sweepYoungest {
				of[f.path] = strings.TrimSuffix(f.path, previewMark)
				old = append(old, of[f.path])
			}
		}
		if len(old) == 0 {
			return nil
		}
		unknown, err := rows.UnknownMedia(ctx, old)
		if err != nil {
			return err
		}
		for name, kept := range of {
			if !slices.Contains(unknown, kept) {
				continue
			}
			gone, err := d.kept.removeOld(ctx, name, now)
			if err != nil {
				return err
			}
			if gone {
				removed++
			}
		}
		return nil
	})
	if err != nil {
		return removed, fmt.Errorf("sweep media: %w", err)
	}
	return removed, nil
}

// Remove removes kept files whose rows are gone at once, with what was made of them. One that a row still has stays.
func (d *Files) Remove(ctx context.Context, rows Rows, names []string) error {
	unknown, err := rows.UnknownMedia(ctx, names)
	if err != nil {
		return fmt.Errorf("remove media: %w", err)
	}
	for _, name := range unknown {
		err = errors.Join(err, d.kept.remove(ctx, name+previewMark), d.kept.remove(ctx, name))
	}
	return err
}

// Walk shows every kept file, and when it was kept; not what was made of them.
func (d *Files) Walk(ctx context.Context, visit func(path string, at time.Time) error) error {
	return d.kept.walk(ctx, func(found []lyingAt) error {
		for _, f := range found {
			if strings.HasSuffix(f.path, previewMark) {
				continue
			}
			if err := visit(f.path, f.at); err != nil {
				return err
			}
		}
		return nil
	})
}

// isOurs reports whether a path is one that we give: of a kept file, or of what was made of one.
func isOurs(name string) bool {
	shelf, file := path.Split(name)
	file = strings.TrimSuffix(file, previewMark)
	return len(file) > 2 && shelf == file[:2]+"/" && (isHex(file, nameSize) || isHex(file, nameSize+putSize))
}

// isHex reports whether s is n bytes as we write them into names.
func isHex(s string, n int) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == n && hex.EncodeToString(b) == s
}
