package secret

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, keySize) }

func box(t *testing.T, keys ...[]byte) *Box {
	t.Helper()
	b, err := NewBox(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealedValuesOpenOnlyWhereTheyBelong(t *testing.T) {
	b := box(t, key(1))
	for _, plain := range []string{"", "yes", canary, strings.Repeat("x", 1600), "\x00\xff"} {
		one, two := b.Seal([]byte(plain), "acme|1"), b.Seal([]byte("other"), "acme|2")
		if got, err := b.Open(one, "acme|1"); err != nil || string(got) != plain {
			t.Errorf("got %q, %v; want %q", got, err, plain)
		}
		if len(plain) > 3 && bytes.Contains(one, []byte(plain)) {
			t.Errorf("the sealed value shows %q", plain)
		}
		// Two rows whose ciphertexts were swapped.
		if got, err := b.Open(two, "acme|1"); !errors.Is(err, ErrUnsealable) {
			t.Errorf("swapped: got %q, %v; want ErrUnsealable", got, err)
		}
	}
}

func TestEverySingleChangedByteIsFound(t *testing.T) {
	b := box(t, key(1))
	sealed := b.Seal([]byte("token"), "p")
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := b.Open(bad, "p"); err == nil {
			t.Errorf("byte %d changed, and it opened", i)
		}
		if _, err := b.Open(sealed[:i], "p"); err == nil {
			t.Errorf("cut at %d, and it opened", i)
		}
	}
}

func TestSealingTwiceLooksDifferent(t *testing.T) {
	b := box(t, key(1))
	if bytes.Equal(b.Seal([]byte("a"), "p"), b.Seal([]byte("a"), "p")) {
		t.Error("the same nonce twice")
	}
}

func TestRotationOpensOldAndSealsWithTheNewest(t *testing.T) {
	before := box(t, key(1))
	sealed := before.Seal([]byte("token"), "p")
	during := box(t, key(2), key(1))
	if got, err := during.Open(sealed, "p"); err != nil || string(got) != "token" {
		t.Errorf("during: got %q, %v", got, err)
	}
	if during.IsCurrent(sealed) {
		t.Error("a value of the old key counts as current")
	}
	again := during.Seal([]byte("token"), "p")
	if !during.IsCurrent(again) {
		t.Error("a value just sealed is not current")
	}
	after := box(t, key(2))
	if got, err := after.Open(again, "p"); err != nil || string(got) != "token" {
		t.Errorf("after: got %q, %v", got, err)
	}
	if _, err := after.Open(sealed, "p"); !errors.Is(err, ErrWrongKey) {
		t.Errorf("after, old value: got %v, want ErrWrongKey", err)
	}
	if k := during.Derive("links"); !bytes.Equal(k[1], before.Derive("links")[0]) || bytes.Equal(k[0], k[1]) {
		t.Error("derived keys do not follow their keys")
	}
	if bytes.Equal(before.Derive("links")[0], before.Derive("other")[0]) {
		t.Error("two purposes share a key")
	}
}

func TestAWrongKeyIsFoundByTheCheckValue(t *testing.T) {
	check := box(t, key(1)).Check()
	for _, c := range []struct {
		name string
		box  *Box
		ok   bool
	}{{"same", box(t, key(1)), true}, {"rotated", box(t, key(2), key(1)), true}, {"other", box(t, key(2)), false}} {
		if err := c.box.Verify(check); (err == nil) != c.ok {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if err := box(t, key(1)).Verify(nil); err == nil {
		t.Error("no check value, and it fits")
	}
}

func TestAKeyFileIsMadeOnceAndOnlyForItsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "patchbay.key")
	first, err := OpenKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v, %v; want 0600", info.Mode(), err)
	}
	second, err := OpenKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Verify(first.Check()); err != nil {
		t.Errorf("the second start has another key: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAKeyFileThatIsWrongIsRefused(t *testing.T) {
	good := "# a comment\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
	for _, c := range []struct {
		name, data string
		mode       os.FileMode
		want       string
	}{
		{"good", good, 0o600, ""},
		{"good, read only", good, 0o400, ""},
		{"group may read", good, 0o640, "chmod 600"},
		{"all may read", good, 0o604, "chmod 600"},
		{"empty", "", 0o600, "0 keys"},
		{"short key", "AQEB\n", 0o600, "line 1"},
		{"not base64", "hunter2-is-my-key\n", 0o600, "line 1"},
		{"cut", good[:len(good)-9], 0o600, "line 2"},
		{"zeros", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 0o600, "zeros"},
		{"huge", strings.Repeat(good, 1000), 0o600, "not a key file"},
	} {
		path := filepath.Join(t.TempDir(), "k")
		if err := os.WriteFile(path, []byte(c.data), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := OpenKeyFile(path)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the key: %v", c.name, err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/dev/zero", link); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeyFile(link); err == nil {
		t.Error("a link is taken for a key file")
	}
}

func TestALaterLineOfTheKeyFileSeals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	old := "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
	if err := os.WriteFile(path, []byte(old+"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := ReadKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !box(t, key(2)).IsCurrent(b.Seal(nil, "p")) {
		t.Error("the last line does not seal")
	}
	if err := b.Verify(box(t, key(1)).Check()); err != nil {
		t.Errorf("the first line does not open: %v", err)
	}
}
