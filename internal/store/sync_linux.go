package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData waits until what was written to f can be read after a power cut: its data and its size, not its times.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}
