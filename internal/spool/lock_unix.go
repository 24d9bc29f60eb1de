//go:build unix

package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockExclusively fails at once when another process has the lock. The lock goes with the process, however it ends.
func lockExclusively(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

func syncOpenDir(d *os.File) error { return d.Sync() }
