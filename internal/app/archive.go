package app

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"patchbay/internal/secret"
)

// A backup is sealed with the installation's key, piece by piece: a line that says what it is, a name of its own, and pieces that each
// open only at their place in this one backup. The last says so, so that a backup that was cut off is not taken for a whole one.
const (
	archiveLine  = "patchbay backup 1\n"
	archivePiece = 1 << 20
	pieceMore    = 'm'
	pieceLast    = 'l'
)

func pieceAt(name string, n int, kind byte) string {
	return fmt.Sprintf("backup %s piece %d %c", name, n, kind)
}

// sealWriter seals what is written to it. Close writes the last piece.
type sealWriter struct {
	to   io.Writer
	box  *secret.Box
	name string
	n    int
	buf  []byte
}

func newSealWriter(to io.Writer, box *secret.Box) (*sealWriter, error) {
	w := &sealWriter{to: to, box: box, name: rand.Text(), buf: make([]byte, 0, archivePiece)}
	_, err := io.WriteString(to, archiveLine+w.name+"\n")
	return w, err
}

func (w *sealWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if len(w.buf) == archivePiece {
			if err := w.flush(pieceMore); err != nil {
				return n, err
			}
		}
		k := min(len(p), archivePiece-len(w.buf))
		w.buf, p, n = append(w.buf, p[:k]...), p[k:], n+k
	}
	return n, nil
}

func (w *sealWriter) flush(kind byte) error {
	sealed := w.box.Seal(w.buf, pieceAt(w.name, w.n, kind))
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(sealed)))
	w.n, w.buf = w.n+1, w.buf[:0]
	if _, err := w.to.Write(head); err != nil {
		return err
	}
	_, err := w.to.Write(sealed)
	return err
}

func (w *sealWriter) Close() error { return w.flush(pieceLast) }

var errCutOff = errors.New("the backup ends before its end: it was cut off")

// sealReader opens what a sealWriter sealed. It gives out only what is authentic and in its place.
type sealReader struct {
	from *bufio.Reader
	box  *secret.Box
	name string
	n    int
	last bool
	left []byte
}

func newSealReader(from io.Reader, box *secret.Box) (*sealReader, error) {
	r := &sealReader{from: bufio.NewReaderSize(from, 64<<10), box: box}
	line, err := r.from.ReadString('\n')
	if err != nil || line != archiveLine {
		return nil, errors.New("this is no backup of Patchbay, or one of a newer version")
	}
	if r.name, err = r.from.ReadString('\n'); err != nil || len(r.name) > 100 {
		return nil, errCutOff
	}
	r.name = strings.TrimSuffix(r.name, "\n")
	return r, nil
}

func (r *sealReader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.last {
			if _, err := r.from.ReadByte(); err != io.EOF {
				return 0, errors.New("the backup goes on after its end")
			}
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (r *sealReader) next() error {
	var head [5]byte
	if _, err := io.ReadFull(r.from, head[:]); err != nil {
		return cutOff(err)
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > archivePiece+1<<10 {
		return fmt.Errorf("piece %d of the backup is damaged", r.n)
	}
	sealed := make([]byte, size)
	if _, err := io.ReadFull(r.from, sealed); err != nil {
		return cutOff(err)
	}
	plain, err := r.box.Open(sealed, pieceAt(r.name, r.n, head[0]))
	if errors.Is(err, secret.ErrWrongKey) {
		return fmt.Errorf("the key file does not fit this backup: bring the one of the server that made it: %w", err)
	}
	if err != nil {
		return fmt.Errorf("piece %d of the backup is damaged: %w", r.n, err)
	}
	r.left, r.last, r.n = plain, head[0] == pieceLast, r.n+1
	return nil
}

func cutOff(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errCutOff
	}
	return err
}
