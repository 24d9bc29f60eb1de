package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"patchbay/internal/failpoint"
)

const (
	extension  = ".spool"
	magic      = "PBSPOOL1"
	fileHeader = int64(len(magic))

	recordMagic = "PBR1"
	headerSize  = 4 + 4 + 8 + 4 // magic, length, number, checksum
	recordMax   = 64 << 20      // a length beyond it is none of ours
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// segment is one file of the spool.
type segment struct {
	name    string
	file    *os.File // nil: nothing more is written to it
	size    int64    // what is durable
	done    int64    // what is done with
	records int
	last    uint64 // number of its last record
}

// newSegment begins a file, which is in its directory for good before anything is in it.
func newSegment(dir string, first uint64) (*segment, error) {
	name := filepath.Join(dir, fmt.Sprintf("%020d%s", first, extension))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	g := &segment{name: name, file: f, size: fileHeader, done: fileHeader}
	_, err = f.WriteString(magic)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return nil, errors.Join(err, g.remove())
	}
	return g, nil
}

// append writes bytes behind what is durable.
func (g *segment) append(b []byte) error {
	if _, err := g.file.WriteAt(b, g.size); err != nil {
		return err
	}
	if err := failpoint.At("spool"); err != nil {
		return err
	}
	return g.file.Sync()
}

// give ends writing.
func (g *segment) give() {
	if g.file != nil {
		g.file.Close()
		g.file = nil
	}
}

func (g *segment) remove() error {
	g.give()
	if err := os.Remove(g.name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(g.name))
}

// keepDamaged keeps a copy of the file that stays when the records in it are done with. Without one, the file's own name has to do.
func (g *segment) keepDamaged() string {
	name := g.name + ".damaged"
	if err := os.Link(g.name, name); err != nil {
		return g.name
	}
	return name
}

func appendRecord(b []byte, seq uint64, payload []byte) []byte {
	at := len(b)
	b = append(b, recordMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint64(b, seq)
	sum := crc32.Update(crc32.Checksum(b[at:], castagnoli), castagnoli, payload)
	b = binary.LittleEndian.AppendUint32(b, sum)
	return append(b, payload...)
}

// parseRecord reads the record at the beginning of b.
func parseRecord(b []byte) (rec Record, size int, ok bool) {
	if len(b) < headerSize || string(b[:4]) != recordMagic {
		return rec, 0, false
	}
	n := int(binary.LittleEndian.Uint32(b[4:]))
	if n > recordMax || len(b) < headerSize+n {
		return rec, 0, false
	}
	payload := b[headerSize : headerSize+n]
	if crc32.Update(crc32.Checksum(b[:16], castagnoli), castagnoli, payload) != binary.LittleEndian.Uint32(b[16:]) {
		return rec, 0, false
	}
	return Record{Seq: binary.LittleEndian.Uint64(b[8:]), Payload: payload}, headerSize + n, true
}

// damage is what of a file is no record: between records, and behind the last one.
type damage struct{ middle, tail int64 }

// readSegment finds what is in a file of a former life. A file is bounded, and there are few: it is read whole.
func readSegment(name string) (*segment, damage, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, damage{}, err
	}
	g := &segment{name: name, size: fileHeader, done: fileHeader}
	var d damage
	for at := min(int(fileHeader), len(b)); at < len(b); {
		rec, n, ok := parseRecord(b[at:])
		if !ok {
			next := nextRecord(b, at+1)
			if next < 0 {
				d.tail = int64(len(b) - at)
				break
			}
			d.middle += int64(next - at)
			at = next
			continue
		}
		at += n
		g.size, g.last = int64(at), rec.Seq
		g.records++
	}
	return g, d, nil
}

// nextRecord is where the next whole record begins, or -1.
func nextRecord(b []byte, from int) int {
	for at := from; at+headerSize <= len(b); at++ {
		if b[at] != recordMagic[0] {
			continue
		}
		if _, _, ok := parseRecord(b[at:]); ok {
			return at
		}
	}
	return -1
}

// reader reads a segment's records in their order.
type reader struct {
	file    *os.File
	at, end int64
}

// next is the next record; what is damaged before it was told of when the file was found.
func (r *reader) next() (rec Record, ok bool, err error) {
	for r.at+headerSize <= r.end {
		head := make([]byte, headerSize)
		if _, err := r.file.ReadAt(head, r.at); err != nil {
			return rec, false, err
		}
		n := int64(binary.LittleEndian.Uint32(head[4:]))
		if string(head[:4]) == recordMagic && n <= recordMax && r.at+headerSize+n <= r.end {
			b := make([]byte, headerSize+n)
			if _, err := r.file.ReadAt(b, r.at); err != nil && !errors.Is(err, io.EOF) {
				return rec, false, err
			}
			if rec, size, ok := parseRecord(b); ok {
				r.at += int64(size)
				return rec, true, nil
			}
		}
		r.at++
	}
	return rec, false, nil
}

// writeDurably makes a file with these contents.
func writeDurably(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

// syncDir makes what was created or removed in a directory last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return syncOpenDir(d)
}

// lockDir has the directory for this process alone.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the spool: %w", err)
	}
	if err := lockExclusively(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("another process has the spool in %s: give each node a directory of its own (%w)", dir, err)
	}
	return f, nil
}
