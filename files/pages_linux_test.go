package files

import "testing"

const someMaps = `00400000-00a00000 r-xp 00000000 fe:00 1                          /opt/a b/mcp-companion
00a00000-00f00000 r--p 00600000 fe:00 1                          /opt/a b/mcp-companion
00f00000-01000000 rw-p 00b00000 fe:00 1                          /opt/a b/mcp-companion
55d000000000-55d000100000 r--p 00000000 fe:00 1                  /opt/a b/mcp-companion
7f0000000000-7f0000010000 r--p 00000000 fe:00 2                  /usr/lib/x.so
c000000000-c000400000 rw-p 00000000 00:00 0
`

// A page that was written, or may be, would be lost.
func TestOnlyPagesThatAreTheFilesOwnAreDropped(t *testing.T) {
	got := fixedParts([]byte(someMaps), "/opt/a b/mcp-companion")
	if len(got) != 2 || got[0] != (part{0x400000, 0xa00000}) || got[1] != (part{0xa00000, 0xf00000}) {
		t.Errorf("%x", got)
	}
	DropPages() // and the program goes on
}
