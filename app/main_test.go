package app

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets more garbage lie: hundreds of windows are made, and each is soon one.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
