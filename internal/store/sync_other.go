//go:build !linux

package store

import "os"

// syncData waits until what was written to f can be read after a power cut.
func syncData(f *os.File) error { return f.Sync() }
