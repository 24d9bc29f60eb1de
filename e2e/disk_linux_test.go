package e2e

import (
	"errors"
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
		needs.Missing(t, errors.New("only root may mount a small disk"))
	}
	err := syscall.Mount("patchbay-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if errors.Is(err, syscall.EPERM) {
		t.Skip("LEFT OUT: in this container not even root may mount a small disk; give it CAP_SYS_ADMIN")
	}
	if err != nil {
		needs.Missing(t, fmt.Errorf("mount a small disk: %w", err))
	}
	t.Cleanup(func() { // after the gateway's end, which was asked for later
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}
