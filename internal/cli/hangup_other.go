//go:build !unix

package cli

import "os"

// readAgain: this system has no signal for it.
func readAgain() (again <-chan os.Signal, forget func()) { return nil, func() {} }
