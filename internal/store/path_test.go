package store_test

import (
	"path/filepath"
	"testing"

	"patchbay/internal/store"
	"patchbay/internal/store/storetest"
)

func TestADataDirectoryMayBeCalledAnything(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"patchbay-data", "./a b", "with?question", "per%20cent", "hash#tag", "ünï"} {
		s, err := store.Open(t.Context(), store.Options{DataDir: dir, Box: storetest.Box()})
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if found, err := filepath.Glob(filepath.Join("*", "patchbay.db")); err != nil || len(found) == 0 {
			t.Errorf("%s: no database in it", dir)
		}
	}
}
