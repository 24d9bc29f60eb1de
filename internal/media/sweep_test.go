package media

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchbay/internal/message"
	"patchbay/internal/store"
	"patchbay/internal/store/storetest"
)

// age makes a file under the media directory older.
func age(t *testing.T, data, name string, by time.Duration) {
	t.Helper()
	at := time.Now().Add(-by)
	if err := os.Chtimes(filepath.Join(data, "media", name), at, at); err != nil {
		t.Fatal(err)
	}
}

func TestFilesOfADeletedOrganizationAreSweptAndAllOthersStay(t *testing.T) {
	d, data := dir(t)
	s, err := store.Open(t.Context(), store.Options{DataDir: data, Box: storetest.Box()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := storetest.NewWorld(t, s)
	other := w.NewOrg("east.example")
	number := w.NewNumber(w.NewIntegration(other, "carrier"), "+15550000002")

	// keep keeps a file and, when it has an arrival, the message that tells of it.
	keep := func(id string, a *message.Arrival) string {
		m, err := d.Keep(t.Context(), message.Media{ID: id, State: message.MediaPending}, pngOf(2, 2))
		if err != nil {
			t.Fatal(err)
		}
		if a != nil {
			a.Media = []message.Media{m}
			if err := s.ApplyCallback(t.Context(), message.Applied{CallbackID: w.Kept(), State: message.CallbackDone, Now: time.Now(), Arrivals: []message.Arrival{*a}}); err != nil {
				t.Fatal(err)
			}
		}
		age(t, data, m.Path, 2*sweepYoungest)
		return m.Path
	}
	ours := w.Arrival("+15550100001", "look", "m1")
	theirs := w.Arrival("+15550100001", "look", "m2")
	theirs.Message.OrgID, theirs.Message.NumberID, theirs.Message.IntegrationID, theirs.Message.To = other.ID, number.ID, number.IntegrationID, number.Value
	theirsToo := theirs
	theirsToo.ProviderID = "m3"
	stay, go1, go2 := keep("ours", &ours), keep("theirs", &theirs), keep("theirs too", &theirsToo)
	repeat := keep("the file of a repeat that was dropped", nil)
	young := keep("its row is to come", nil)
	age(t, data, young, sweepYoungest-time.Minute)
	// What is not named as we name files is not ours to remove, and what is being written is nobody's yet.
	draft, err := d.create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(draft.discard)
	foreign := filepath.Join(filepath.Dir(stay), "notes.txt")
	if err := os.WriteFile(filepath.Join(data, "media", foreign), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{draft.name, foreign} {
		age(t, data, name, 2*sweepYoungest)
	}

	sweep := func(want int, gone ...string) {
		t.Helper()
		if n, err := d.Sweep(t.Context(), s, time.Now()); err != nil || n != want {
			t.Fatalf("swept %d files, %v; want %d", n, err, want)
		}
		is := map[string]bool{}
		for _, name := range gone {
			is[name] = true
		}
		for _, name := range []string{stay, go1, go2, repeat, young, draft.name, foreign} {
			if _, err := os.Stat(filepath.Join(data, "media", name)); os.IsNotExist(err) != is[name] {
				t.Errorf("%s: %v, gone should be %v", name, err, is[name])
			}
		}
	}
	sweep(1, repeat)
	if err := s.DeleteOrganization(t.Context(), w.Acct, other.ID); err != nil {
		t.Fatal(err)
	}
	sweep(2, repeat, go1, go2)
	sweep(0, repeat, go1, go2)
}

// keepsAgain is a store during whose answer the same file is kept once more, with a row that follows.
type keepsAgain struct{ keep func() }

func (k keepsAgain) UnknownMedia(_ context.Context, paths []string) ([]string, error) {
	k.keep()
	return paths, nil
}

func TestAFileKeptAgainWhileItIsAskedForStays(t *testing.T) {
	d, data := dir(t)
	keep := func() string {
		m, err := d.Keep(t.Context(), message.Media{ID: "1"}, []byte("text"))
		if err != nil {
			t.Fatal(err)
		}
		return m.Path
	}
	age(t, data, keep(), 2*sweepYoungest)
	if n, err := d.Sweep(t.Context(), keepsAgain{func() { keep() }}, time.Now()); n != 0 || err != nil || files(t, data) != 1 {
		t.Errorf("swept %d, %v, %d files left", n, err, files(t, data))
	}
}
