//go:build !windows

package companion

import "os/exec"

// hide is nothing where programs have no console of their own.
func hide(*exec.Cmd) {}
