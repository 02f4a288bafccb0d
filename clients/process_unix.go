//go:build unix

package clients

import (
	"os/exec"
	"syscall"
)

// end asks a process to end.
func end(pid int) error { return syscall.Kill(pid, syscall.SIGTERM) }

// detach starts a program that outlives us.
func detach(name string, args []string) error {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // or its end leaves a zombie behind for as long as we live
	return nil
}
