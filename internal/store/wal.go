package store

import (
	"fmt"
	"os"
)

// wal is the write-ahead log as a file, to sync it beside the connection that writes it. The file stays the same while a connection is
// open, and SQLite keeps no lock on it that closing ours would drop.
type wal struct{ file *os.File }

func openWAL(path string) (*wal, error) {
	f, err := os.OpenFile(path+"-wal", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open the write-ahead log: %w", err)
	}
	return &wal{f}, nil
}

func (w *wal) sync() error { return syncData(w.file) }

func (w *wal) close() error { return w.file.Close() }
