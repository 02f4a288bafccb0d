package tray

import (
	"bufio"
	"strings"
	"testing"
)

const someSmaps = `00400000-00a00000 r-xp 00000000 fe:00 1 /opt/a b/mcp-companion
Size:               6144 kB
Private_Dirty:         0 kB
00a00000-00f00000 r--p 00600000 fe:00 1 /opt/a b/mcp-companion
Private_Dirty:         4 kB
00f00000-01000000 rw-p 00b00000 fe:00 1 /opt/a b/mcp-companion
Private_Dirty:         0 kB
7f0000000000-7f0000010000 r--p 00000000 fe:00 2 /usr/lib/x.so
Private_Dirty:         0 kB
c000000000-c000400000 rw-p 00000000 00:00 0
Private_Dirty:         0 kB
`

// A page that was written, or may be, would be lost.
func TestOnlyUnwrittenPagesOfTheProgramGo(t *testing.T) {
	got := cleanParts(bufio.NewScanner(strings.NewReader(someSmaps)), "/opt/a b/mcp-companion")
	if len(got) != 1 || got[0] != (part{0x400000, 0xa00000}) {
		t.Errorf("%x", got)
	}
	giveBack() // and the program goes on
}
