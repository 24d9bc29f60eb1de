package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/internal/media/s3test"
	"patchbay/internal/message"
)

// place is somewhere that files are kept, and what a test does behind its back.
type place struct {
	*Files
	names func() []string // of everything that is kept, in order
	age   func(name string, by time.Duration)
}

// eachPlace runs a test on a directory and on a bucket: they must do the same.
func eachPlace(t *testing.T, do func(t *testing.T, p place)) {
	t.Run("directory", func(t *testing.T) {
		d, data := dir(t)
		do(t, place{d, func() []string { return under(t, filepath.Join(data, "media")) }, func(name string, by time.Duration) { age(t, data, name, by) }})
	})
	t.Run("bucket", func(t *testing.T) {
		s := s3test.Start(t)
		d := bucket(t, s)
		do(t, place{d, func() (names []string) {
			for _, name := range s.Names() {
				names = append(names, strings.TrimPrefix(name, "pre/fix/"))
			}
			return names
		}, func(name string, by time.Duration) { s.Age("pre/fix/"+name, by) }})
	})
}

// bucket keeps files in a server's.
func bucket(t *testing.T, s *s3test.Server) *Files {
	t.Helper()
	d, err := openBucket(t, s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func openBucket(t *testing.T, s *s3test.Server, log *slog.Logger) (*Files, error) {
	t.Helper()
	b, err := ParseBucket(s.MediaURL("pre/fix"))
	if err != nil {
		t.Fatal(err)
	}
	b.AccessKey, b.SecretKey = s3test.AccessKey, s3test.SecretKey
	d, err := OpenBucket(t.Context(), b, door(t, s.Host()).Storage(), filepath.Join(t.TempDir(), "drafts"), log)
	if d != nil {
		t.Cleanup(func() { _ = d.Close() })
	}
	return d, err
}

// under are the names of all files below a directory.
func under(t *testing.T, root string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(at string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			name, _ := filepath.Rel(root, at)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAKeptFileIsWhatItWasInAnyPlace(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		for _, text := range []string{"yes", "0123", "~", "$to$ {{to}}", "\"\\é😀€", "\x00\xff", strings.Repeat("x", 1600), strings.Repeat("0123456789", MaxBytes/10)} {
			m, err := p.Keep(t.Context(), message.Media{ID: "../" + text[:1] + message.NewID(), Name: "a.bin"}, []byte(text))
			if err != nil || m.State != message.MediaStored {
				t.Fatalf("%.20q: %+v, %v", text, m, err)
			}
			if got, err := p.read(t.Context(), m.Path); err != nil || string(got) != text {
				t.Fatalf("%.20q came back as %.20q, %v", text, got, err)
			}
			f, err := p.open(t.Context(), m.Path)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []int{0, len(text) / 2, len(text) - 1, 1, 0} {
				at = min(at, len(text))
				if _, err := f.Seek(int64(at), io.SeekStart); err != nil {
					t.Fatal(err)
				}
				want := text[at:min(at+7, len(text))]
				got := make([]byte, len(want))
				if _, err := io.ReadFull(f, got); err != nil || string(got) != want {
					t.Fatalf("%.20q from %d: %q, %v; want %q", text, at, got, err, want)
				}
			}
			if end, err := f.Seek(0, io.SeekEnd); err != nil || end != int64(len(text)) {
				t.Errorf("%.20q ends at %d, %v", text, end, err)
			}
			if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("behind the end: %d, %v", n, err)
			}
			if _, err := f.Seek(-1, io.SeekStart); err == nil {
				t.Error("there is something before the beginning")
			}
			_ = f.Close()
		}
	})
}

func TestWhatIsNotThereIsNotThereInAnyPlace(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		if _, err := p.open(t.Context(), "ab/"+"ab"+strings.Repeat("0", 30)); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrAway) {
			t.Errorf("got %v", err)
		}
		m, err := p.Keep(t.Context(), message.Media{ID: "1"}, pngHead(65535, 65535))
		if err != nil || m.State != message.MediaBlocked || m.Path != "" || len(p.names()) != 0 {
			t.Errorf("a bomb: %+v, %v, %q", m, err, p.names())
		}
	})
}

func TestASweepTakesWhatNoRowHasInAnyPlace(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		keep := func(id string) string {
			m, err := p.Keep(t.Context(), message.Media{ID: id}, []byte(id))
			if err != nil {
				t.Fatal(err)
			}
			p.age(m.Path, 2*sweepYoungest)
			return m.Path
		}
		known, lost, young, erased := keep("known"), keep("lost"), keep("young"), keep("erased")
		p.age(young, -2*sweepYoungest)
		for _, name := range []string{known, lost, erased} {
			f, err := p.create()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = f.WriteString("a small picture")
			if err := p.kept.putBeside(t.Context(), f, name, previewMark); err != nil {
				t.Fatal(err)
			}
			f.discard()
			p.age(name+previewMark, 2*sweepYoungest)
		}
		f, err := p.create()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.kept.putBeside(t.Context(), f, "00/00"+strings.Repeat("1", 30), previewMark); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("beside nothing: %v", err)
		}
		f.discard()
		if _, err := p.ID(t.Context()); err != nil { // not named as we name files: not swept
			t.Fatal(err)
		}
		p.age(idFile, 2*sweepYoungest)
		rows := rowsOf{known: true}
		if err := p.Remove(t.Context(), rows, []string{erased, known}); err != nil {
			t.Fatal(err)
		}
		walked := map[string]bool{}
		if err := p.Walk(t.Context(), func(name string, at time.Time) error { walked[name] = !at.IsZero(); return nil }); err != nil || len(walked) != 3 || !walked[lost] || !walked[known] || !walked[young] {
			t.Errorf("walked %v, %v", walked, err)
		}
		if n, err := p.Sweep(t.Context(), rows, time.Now()); n != 2 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
		left := map[string]bool{}
		for _, name := range p.names() {
			left[name] = true
		}
		if len(left) != 4 || !left[known] || !left[known+previewMark] || !left[young] || !left[idFile] {
			t.Errorf("left %v", left)
		}
	})
}

// rowsOf knows some files.
type rowsOf map[string]bool

func (r rowsOf) UnknownMedia(_ context.Context, paths []string) (unknown []string, _ error) {
	for _, p := range paths {
		if !r[p] {
			unknown = append(unknown, p)
		}
	}
	return unknown, nil
}

func TestAPlaceKeepsItsName(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		one, err := p.ID(t.Context())
		if err != nil || len(one) < 20 {
			t.Fatalf("%q, %v", one, err)
		}
		if two, err := p.ID(t.Context()); err != nil || two != one {
			t.Errorf("%q, then %q, %v", one, two, err)
		}
	})
}

func TestFilesInABucketAreServedWithRanges(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		l := NewLinks([][]byte{bytes.Repeat([]byte{1}, 32)})
		s := newShelf()
		h := Handler(l, p.Files, s, slog.New(slog.DiscardHandler))
		data := jpegOf(90, 60)
		m, err := p.Keep(t.Context(), message.Media{ID: "m"}, data)
		if err != nil {
			t.Fatal(err)
		}
		s.rows["m"] = m
		link := l.Path("m", time.Now())
		for _, c := range []struct {
			method, asked string
			status        int
			want          []byte
		}{
			{"GET", "", 200, data}, {"HEAD", "", 200, nil}, {"GET", "bytes=0-1", 206, data[:2]}, {"GET", "bytes=100-199", 206, data[100:200]},
			{"GET", "bytes=-3", 206, data[len(data)-3:]}, {"GET", "bytes=99999-", 416, nil},
		} {
			w := get(h, c.method, link, "Range", c.asked)
			if c.asked == "" {
				w = get(h, c.method, link)
			}
			if w.Code != c.status || c.status < 300 && !bytes.Equal(w.Body.Bytes(), c.want) {
				t.Errorf("%s %s: %d with %d bytes, want %d with %d", c.method, c.asked, w.Code, w.Body.Len(), c.status, len(c.want))
			}
		}
		if w := get(h, "GET", link+message.PreviewPath); w.Code != 200 || w.Header().Get("Content-Type") != "image/jpeg" || w.Body.Len() == 0 {
			t.Errorf("preview: %d %v", w.Code, w.Header())
		}
		if w := get(h, "GET", l.Path("m", time.Now().Add(-9*24*time.Hour))); w.Code != http.StatusGone {
			t.Errorf("a link that ended: %d", w.Code)
		}
	})
}
