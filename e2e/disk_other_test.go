//go:build !linux

package e2e

import (
	"errors"
	"testing"

	"patchbay/internal/needs"
)

func smallDisk(t *testing.T, _ int) string {
	t.Helper()
	needs.Missing(t, errors.New("a small disk is mounted on Linux alone"))
	return ""
}
