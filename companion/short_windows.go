package companion

import (
	"strings"

	"golang.org/x/sys/windows"
)

// shortFolder is dir without blanks, where the system has a short form for it:
// several clients split a command at them. A program's own name is never
// shortened: MCP-CO~1.EXE is not known as ours.
func shortFolder(dir string) string {
	if !strings.Contains(dir, " ") {
		return dir
	}
	long, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return dir
	}
	buf := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetShortPathName(long, &buf[0], uint32(len(buf)))
	if err != nil || n == 0 || int(n) > len(buf) {
		return dir
	}
	return windows.UTF16ToString(buf[:n])
}
