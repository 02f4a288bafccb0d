package launch

import "sync"

// gather collects a text whose length is not known. A long one is collected in
// blocks that are used again, and put together once: growing a slice to 16 MiB
// would take 48 on the way.
type gather struct {
	short  []byte
	blocks []*[blockLen]byte
	length int
}

const blockLen = 256 << 10

var blocks = sync.Pool{New: func() any { return new([blockLen]byte) }}

func (g *gather) add(part []byte) {
	g.length += len(part)
	if g.blocks == nil && len(g.short)+len(part) <= blockLen {
		g.short = append(g.short, part...)
		return
	}
	for len(part) > 0 {
		used := (g.length - len(part) - len(g.short)) % blockLen
		if used == 0 {
			g.blocks = append(g.blocks, blocks.Get().(*[blockLen]byte))
		}
		n := copy(g.blocks[len(g.blocks)-1][used:], part)
		part = part[n:]
	}
}

// text is what was collected after before, with room for a line feed; g is empty then.
func (g *gather) text(before []byte) []byte {
	if g.blocks == nil && len(before) == 0 {
		text := g.short
		*g = gather{}
		return text
	}
	text := make([]byte, 0, len(before)+g.length+1)
	text = append(append(text, before...), g.short...)
	rest := g.length - len(g.short)
	for _, b := range g.blocks {
		text = append(text, b[:min(rest, blockLen)]...)
		rest -= min(rest, blockLen)
		blocks.Put(b)
	}
	*g = gather{}
	return text
}
