package pgtest

import (
	"os/exec"
	"syscall"
)

// dieWithUs: however we end, the process does, too.
func dieWithUs(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT }
