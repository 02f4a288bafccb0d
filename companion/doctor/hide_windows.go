package doctor

import (
	"os/exec"
	"syscall"
)

// hide keeps the console window of a program that is asked for its version away.
func hide(cmd *exec.Cmd) {
	const noWindow = 0x08000000 // CREATE_NO_WINDOW
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: noWindow}
}
