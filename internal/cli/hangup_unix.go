//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// readAgain tells of each SIGHUP until forget. Several before somebody looks are one.
func readAgain() (again <-chan os.Signal, forget func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
