package studio

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"patchbay/internal/service"
)

// Diff is what differs between two files, in their canonical form: what was typed otherwise and says the same is no difference.
type Diff struct {
	Unified string // as patch reads it; empty: they say the same
	Hunks   []Hunk
	Added   int
	Removed int
}

// Hunk is lines that differ, and those around them.
type Hunk struct {
	Old, New int // the first line of each side, from 1
	Lines    []Line
}

// Line is one line of a hunk.
type Line struct {
	Op   string // same | added | removed
	Text string
}

// Compare compares two files.
func Compare(oldName string, old []byte, newName string, new []byte) (Diff, error) {
	a, err := service.Format(old)
	if err != nil {
		return Diff{}, fmt.Errorf("format %s: %w", oldName, err)
	}
	b, err := service.Format(new)
	if err != nil {
		return Diff{}, fmt.Errorf("format %s: %w", newName, err)
	}
	text := diff.Diff(oldName, a, newName, b)
	if i := bytes.Index(text, []byte("--- ")); i > 0 {
		text = text[i:] // without the line that names the command
	}
	d := Diff{Unified: string(text)}
	d.read()
	return d, nil
}

// read takes the unified form apart. A file in canonical form has no line that is empty, and ends with a line break.
func (d *Diff) read() {
	_, rest, _ := strings.Cut(d.Unified, "\n+++ ")
	_, rest, _ = strings.Cut(rest, "\n")
	for line := range strings.Lines(rest) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "@@ ") {
			var h Hunk
			var n int
			_, _ = fmt.Sscanf(line, "@@ -%d,%d +%d", &h.Old, &n, &h.New) // as it was written
			d.Hunks = append(d.Hunks, h)
			continue
		}
		h := &d.Hunks[len(d.Hunks)-1]
		l := Line{Op: "same", Text: line[1:]}
		switch line[0] {
		case '+':
			l.Op = "added"
			d.Added++
		case '-':
			l.Op = "removed"
			d.Removed++
		}
		h.Lines = append(h.Lines, l)
	}
}
