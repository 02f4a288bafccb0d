//go:build unix

package companion

import (
	"context"
	"os"
	"testing"
	"time"
)

func TestASlowProbeDelaysNoChangeThatWaits(t *testing.T) {
	d := newDesk(t)
	os.WriteFile(d.exe, []byte("#!/bin/sh\ntouch \"$0.begun\"\nexec sleep 60\n"), 0o700)
	os.Chmod(d.exe, 0o700)
	d.open.Store(true)
	d.add(t, "one")
	d.manage(t, "claude-desktop")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.RunClock(ctx) }()
	defer func() { cancel(); <-ended }()
	waitUntil(t, "nothing was probed", func() bool { return isFile(d.exe + ".begun") })
	d.open.Store(false)
	waitUntil(t, "the gap was missed", func() bool { return len(d.waiting()) == 0 })
}

func TestAProbeThatLeavesNoReportIsNotMadeAgainAtOnce(t *testing.T) {
	d := newDesk(t)
	d.add(t, "one")
	tried := map[string]time.Time{}
	if first, again := d.probeDue(tried), d.probeDue(tried); first != "one" || again != "" {
		t.Errorf("%q %q", first, again)
	}
}
