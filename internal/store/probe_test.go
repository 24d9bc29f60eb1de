package store

import (
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/secret"
)

// Once it says that it is not ready, nobody asks it for anything: it finds out by itself that the database takes writes again.
func TestADatabaseThatTakesWritesAgainIsFoundOutWithoutTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, err := secret.NewBox(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Options{DataDir: t.TempDir(), Box: box})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.writer.failed.Store(failuresToTell)
		if s.Healthy() == nil {
			t.Fatal("commits that fail one after the other are not told of")
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if err := s.Healthy(); err != nil {
			t.Errorf("the disk works, and nobody has found out: %v", err)
		}
	})
}
