package store

import (
	"os"
	"path/filepath"
)

// Exists reports whether a data directory holds a database: then its key file must be there, too.
func Exists(dataDir string) bool {
	_, err := os.Stat(filepath.Join(dataDir, databaseFile))
	return err == nil
}
