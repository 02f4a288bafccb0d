//go:build !linux

package tray

import "runtime/debug"

// giveBack returns memory that is not needed while nothing happens.
func giveBack() { debug.FreeOSMemory() }
