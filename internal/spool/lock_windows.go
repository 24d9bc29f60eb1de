package spool

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockExclusively fails at once when another process has the lock. The lock goes with the process, however it ends.
func lockExclusively(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 1<<20, new(windows.Overlapped))
}

// syncOpenDir does nothing: Windows keeps directories by itself, and refuses to be asked.
func syncOpenDir(*os.File) error { return nil }
