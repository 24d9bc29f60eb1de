package e2e

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"patchbay/internal/needs"
)

// smallDisk is a directory with so much room and no more.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if os.Geteuid() != 0 {
		needs.Missing(t, fmt.Errorf("only root may mount a small disk here"))
	}
	if err := syscall.Mount("patchbay-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		needs.Missing(t, fmt.Errorf("mount a small disk: %w", err))
	}
	t.Cleanup(func() { // after the gateway's end, which was asked for later
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}
