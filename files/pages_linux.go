package files

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// DropPages lets go of what this process mapped of its program's file, most of which
// only its start needed: the system maps sixteen pages around each that is touched,
// and every package is touched once. They stay in the system's cache, and come
// back in a microsecond where they are wanted. What can be written to stays.
func DropPages() {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for _, p := range fixedParts(maps, self) {
		unix.Syscall(unix.SYS_MADVISE, p.from, p.to-p.from, unix.MADV_DONTNEED)
	}
}

type part struct{ from, to uintptr }

// fixedParts are the parts of memory, as /proc/PID/maps tells of them, that hold the
// program's file as it is. A program that was built to be put anywhere lies high up,
// and has parts that can't be written any more but were while it was put there:
// dropped, they would be lost.
func fixedParts(maps []byte, self string) []part {
	var list []part
	for text := range bytes.Lines(maps) {
		// 00400000-00a8f000 r-xp 00000000 08:01 123 /path
		parts := bytes.SplitN(bytes.TrimSpace(text), []byte(" "), 6)
		if len(parts) < 6 || len(parts[1]) < 2 || string(parts[1][:2]) != "r-" || string(bytes.TrimSpace(parts[5])) != self {
			continue
		}
		first, last, _ := bytes.Cut(parts[0], []byte("-"))
		from, errFrom := strconv.ParseUint(string(first), 16, 64)
		to, errTo := strconv.ParseUint(string(last), 16, 64)
		if errFrom == nil && errTo == nil && from < to && to < 1<<32 {
			list = append(list, part{uintptr(from), uintptr(to)})
		}
	}
	return list
}
