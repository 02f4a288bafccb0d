package launch

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// dropPages lets go of what a process mapped of its program's file, most of which
// only its start needed: the system maps sixteen pages around each that is touched,
// and every package is touched once. They stay in the system's cache, and come
// back in a microsecond where they are wanted. What can be written to stays.
func dropPages() {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for text := range bytes.Lines(maps) {
		// 00400000-00a8f000 r-xp 00000000 08:01 123 /path
		parts := bytes.Fields(text)
		if len(parts) < 6 || len(parts[1]) < 2 || string(parts[1][:2]) != "r-" || string(bytes.Join(parts[5:], []byte(" "))) != self {
			continue
		}
		first, last, _ := bytes.Cut(parts[0], []byte("-"))
		from, errFrom := strconv.ParseUint(string(first), 16, 64)
		to, errTo := strconv.ParseUint(string(last), 16, 64)
		if errFrom == nil && errTo == nil && from < to {
			unix.Syscall(unix.SYS_MADVISE, uintptr(from), uintptr(to-from), unix.MADV_DONTNEED)
		}
	}
}
