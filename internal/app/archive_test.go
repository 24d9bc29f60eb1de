package app

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"patchbay/internal/secret"
)

func archiveBox(t *testing.T, b byte) *secret.Box {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func sealed(t *testing.T, box *secret.Box, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := newSealWriter(&out, box)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func opened(box *secret.Box, file []byte) ([]byte, error) {
	r, err := newSealReader(bytes.NewReader(file), box)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestWhatIsSealedComesBack(t *testing.T) {
	box := archiveBox(t, 1)
	for _, n := range []int{0, 1, archivePiece - 1, archivePiece, archivePiece + 1, 3*archivePiece + 17} {
		plain := make([]byte, n)
		for i := range plain {
			plain[i] = byte(i * 7)
		}
		file := sealed(t, box, plain)
		if n > 64 && bytes.Contains(file, plain[:64]) {
			t.Errorf("%d bytes: the file shows what it holds", n)
		}
		got, err := opened(box, file)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
		}
	}
}

func TestABackupThatWasChangedIsRefused(t *testing.T) {
	box := archiveBox(t, 1)
	plain := bytes.Repeat([]byte("Hi: there $to$ 😀"), archivePiece/8)
	file := sealed(t, box, plain)
	if len(file) < 2*archivePiece {
		t.Fatal("the test needs several pieces")
	}
	first := strings.Index(string(file), "\n") + 1
	first += strings.Index(string(file[first:]), "\n") + 1
	size := 5 + int(uint32(file[first+1])<<24|uint32(file[first+2])<<16|uint32(file[first+3])<<8|uint32(file[first+4]))
	pieces := [][]byte{file[:first], file[first : first+size], file[first+size : first+2*size], file[first+2*size:]}
	bad := map[string][]byte{
		"cut off in a piece":     file[:len(file)-1],
		"cut off after a piece":  file[:first+size],
		"without any piece":      file[:first],
		"empty":                  nil,
		"with something after":   append(bytes.Clone(file), 'x'),
		"pieces exchanged":       bytes.Join([][]byte{pieces[0], pieces[2], pieces[1], pieces[3]}, nil),
		"a piece left out":       bytes.Join([][]byte{pieces[0], pieces[2], pieces[3]}, nil),
		"a piece twice":          bytes.Join([][]byte{pieces[0], pieces[1], pieces[1], pieces[2], pieces[3]}, nil),
		"pieces of another":      bytes.Join([][]byte{pieces[0], sealed(t, box, plain)[first:]}, nil),
		"something else":         []byte("PK\x03\x04"),
		"the last called more":   replaceAt(file, first+2*size, 'm'),
		"a middle one called it": replaceAt(file[:first+size], first, 'l'),
	}
	for range 50 {
		i := rand.IntN(len(file))
		if got, err := opened(box, replaceAt(file, i, file[i]^1<<rand.IntN(8))); err == nil {
			t.Fatalf("a changed bit in byte %d: %d bytes and no error", i, len(got))
		}
	}
	for name, b := range bad {
		if got, err := opened(box, b); err == nil {
			t.Errorf("%s: %d bytes and no error", name, len(got))
		}
	}
	if _, err := opened(archiveBox(t, 2), file); err == nil || !strings.Contains(err.Error(), "key file") {
		t.Errorf("with another key: %v", err)
	}
}

func replaceAt(b []byte, i int, c byte) []byte {
	out := bytes.Clone(b)
	out[i] = c
	return out
}
