package companion

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// hide keeps a console from flashing up when a windowed program starts cmd.
func hide(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
}

// interrupt ends a program of ours: Windows has no other way from outside.
func interrupt(p *os.Process) error { return p.Kill() }
