package media

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"patchbay/internal/message"
)

func TestAnUploadIsJudgedByItsBytesAndKeptWhole(t *testing.T) {
	data := t.TempDir()
	d, err := OpenDir(data)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	broken := errors.New("the line is dead")
	for _, c := range []struct {
		name   string
		m      message.Media
		from   io.Reader
		state  message.MediaState
		kind   string
		broken error
	}{
		{"a text", message.Media{Name: "../../a\x00b.txt", MediaType: "text/plain"}, strings.NewReader("hello"), message.MediaStored, "text/plain", nil},
		{"a page that calls itself a picture", message.Media{Name: "a.png", MediaType: "image/png"}, strings.NewReader("<html><script>x</script>"), message.MediaStored, octets, nil},
		{"nothing", message.Media{Name: "a.txt"}, strings.NewReader(""), message.MediaFailed, "", nil},
		{"too much", message.Media{Name: "a.txt"}, io.LimitReader(zeros{}, MaxBytes+1), message.MediaFailed, "", nil},
		{"as much as there may be", message.Media{Name: "a.bin"}, io.LimitReader(zeros{}, MaxBytes), message.MediaStored, octets, nil},
		{"half", message.Media{}, io.MultiReader(strings.NewReader("hal"), iotest.ErrReader(broken)), "", "", broken},
	} {
		c.m.ID = message.NewID()
		got, err := d.Take(t.Context(), c.m, c.from)
		if !errors.Is(err, c.broken) || got.State != c.state || c.kind != "" && got.MediaType != c.kind {
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
		if (got.Path != "") != (c.state == message.MediaStored) || strings.ContainsAny(got.Name, "/\x00") && got.State == message.MediaStored {
			t.Errorf("%s: kept at %q as %q", c.name, got.Path, got.Name)
		}
	}
	left, err := os.ReadDir(filepath.Join(data, "media", unfinished))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
