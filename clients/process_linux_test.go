package clients

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestSpawnedProgramsLeaveNoZombies(t *testing.T) {
	if err := This().Spawn("sleep", "0.0371"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		left := childrenNamed(t, "sleep")
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("still there: %q", left)
		}
	}
}

func childrenNamed(t *testing.T, name string) (list []string) {
	t.Helper()
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		stat, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err != nil || !strings.Contains(string(stat), "("+name+")") {
			continue
		}
		f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if f[1] == strconv.Itoa(os.Getpid()) {
			list = append(list, strings.TrimSpace(string(stat)))
		}
	}
	return list
}
