package tray

import (
	"bufio"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// giveBack returns what is not needed while nothing happens: freed memory, and the
// pages of the program's own file that its start had read. They stay in the
// system's cache and come back by themselves when they are used.
func giveBack() {
	debug.FreeOSMemory()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer f.Close()
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for _, m := range cleanParts(bufio.NewScanner(f), exe) {
		// Only unwritten pages of a file may go so: they are read again from it.
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED)
	}
}

type part struct{ from, to uintptr }

// cleanParts are the parts of memory, as smaps tells of them, that hold the file exe
// and that nobody has written or may write. See proc_pid_smaps(5).
func cleanParts(smaps *bufio.Scanner, exe string) []part {
	var list []part
	var now part
	ours := false
	for smaps.Scan() {
		line := smaps.Text()
		var from, to uintptr
		var rights string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); n == 3 {
			now, ours = part{from, to}, strings.HasSuffix(line, " "+exe) && !strings.Contains(rights, "w")
			continue
		}
		if ours && strings.Join(strings.Fields(line), " ") == "Private_Dirty: 0 kB" {
			list = append(list, now)
		}
	}
	return list
}
