//go:build unix

package pgtest

import (
	"os"
	"os/exec"
	"syscall"
)

// attend has the process run as nobody when we are root, and apart from the terminal.
func attend(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: unprivileged, Gid: unprivileged}
	}
	dieWithUs(cmd)
}
