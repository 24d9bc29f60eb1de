package store

import "testing"

func TestSQLiteIsNewEnough(t *testing.T) {
	v, err := migrated(t).version()
	if err != nil || v < minSQLite || v > 4_000_000 {
		t.Errorf("version %d, %v", v, err)
	}
}

func TestALocalDirectoryIsOnNoNetwork(t *testing.T) {
	if kind, err := networkFileSystem(t.TempDir()); kind != "" || err != nil {
		t.Errorf("%q, %v", kind, err)
	}
}
