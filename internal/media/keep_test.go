package media

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbay/internal/message"
)

func dir(t *testing.T) (*Files, string) {
	t.Helper()
	data := t.TempDir()
	d, err := OpenDir(data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, data
}

func TestAFileInHandIsKeptUnderANameOfOurs(t *testing.T) {
	for _, name := range []string{"cat.png", "../../etc/passwd", "/etc/passwd", `..\..\x`, "\x00", "", "CON", strings.Repeat("x", 4096), ".", ".."} {
		d, data := dir(t)
		m, err := d.Keep(t.Context(), message.Media{ID: name + "-id/../x", Name: name, MediaType: "image/png", State: message.MediaPending}, pngOf(3, 3))
		if err != nil || m.State != message.MediaStored || m.Size != int64(len(pngOf(3, 3))) {
			t.Fatalf("%q: %+v, %v", name, m, err)
		}
		f, err := d.open(t.Context(), m.Path)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(f)
		_ = f.Close()
		if string(got) != string(pngOf(3, 3)) {
			t.Errorf("%q: other bytes", name)
		}
		if n := files(t, data); n != 1 {
			t.Errorf("%q: %d files in the data directory", name, n)
		}
		if info, err := os.Stat(filepath.Join(data, "media", m.Path)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%q: %v, %v", name, info, err)
		}
		if strings.ContainsAny(m.Name, "/\\\x00") || len(m.Name) > maxName {
			t.Errorf("%q: called %q", name, m.Name)
		}
	}
}

func TestKeptTwiceAFileReplacesItself(t *testing.T) {
	d, data := dir(t)
	one, err1 := d.Keep(t.Context(), message.Media{ID: "1"}, []byte("first"))
	two, err2 := d.Keep(t.Context(), message.Media{ID: "1"}, []byte("second"))
	if err1 != nil || err2 != nil || one.Path != two.Path || files(t, data) != 1 {
		t.Errorf("%v, %v: %q and %q, %d files", err1, err2, one.Path, two.Path, files(t, data))
	}
}

func TestWhatIsNotKeptLeavesNothing(t *testing.T) {
	d, data := dir(t)
	for _, c := range []struct {
		what  string
		data  []byte
		state message.MediaState
	}{
		{"bomb", pngHead(65535, 65535), message.MediaBlocked}, {"empty", nil, message.MediaFailed}, {"too large", make([]byte, MaxBytes+1), message.MediaFailed},
	} {
		m, err := d.Keep(t.Context(), message.Media{ID: "x"}, c.data)
		if err != nil || m.State != c.state || m.Reason == "" || m.Path != "" || files(t, data) != 0 {
			t.Errorf("%s: %+v, %v, %d files", c.what, m, err, files(t, data))
		}
	}
}

// A crash between writing and renaming: nothing is served, and the next start cleans up.
func TestWhatACrashLeftIsRemovedAtStart(t *testing.T) {
	d, data := dir(t)
	kept, err := d.Keep(t.Context(), message.Media{ID: "kept"}, []byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	half, err := d.create()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := half.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	_ = half.Close() // the process ends here, as far as the disk can tell
	if files(t, data) != 2 {
		t.Fatal("nothing was left: the test tests nothing")
	}
	again, err := OpenDir(data)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if files(t, data) != 1 {
		t.Error("the half file is still there")
	}
	if _, err := again.open(t.Context(), kept.Path); err != nil {
		t.Errorf("the kept file is gone: %v", err)
	}
}

func TestNothingOutsideTheDirectoryIsOpened(t *testing.T) {
	d, data := dir(t)
	if err := os.WriteFile(filepath.Join(data, "patchbay.key"), []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../patchbay.key", filepath.Join(data, "media", "link")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"../patchbay.key", "/etc/passwd", "link", "a/../../patchbay.key", ""} {
		if f, err := d.open(t.Context(), p); err == nil {
			t.Errorf("%q was opened", p)
			_ = f.Close()
		}
	}
}

func files(t *testing.T, root string) (n int) {
	t.Helper()
	err := filepath.WalkDir(root, func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
