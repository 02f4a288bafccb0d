package companion

import (
	"context"
	"os"
	"path/filepath"

	"mcp-companion/health"
	"mcp-companion/words"
)

// programs are those that servers need to be running, and how each system starts
// them: the first way that works is taken.
var programs = map[string]map[string][][]string{
	"Docker": {
		"linux":   {{"systemctl", "--user", "start", "docker-desktop"}, {"gtk-launch", "docker-desktop"}},
		"darwin":  {{"/usr/bin/open", "-a", "Docker"}},
		"windows": {{`${ProgramFiles}\Docker\Docker\Docker Desktop.exe`}},
	},
	"Obsidian": {
		"linux":   {{"gtk-launch", "obsidian"}, {"gtk-launch", "md.obsidian.Obsidian"}},
		"darwin":  {{"/usr/bin/open", "-a", "Obsidian"}},
		"windows": {{"explorer.exe", "obsidian://open"}},
	},
}

// startProgram starts a program that a server needs, as its user would.
func (c *Companion) startProgram(title string) error {
	var err error
	for _, line := range programs[title][c.system.OS] {
		name := os.Expand(line[0], c.system.Getenv)
		start := c.system.Run
		if filepath.Ext(name) == ".exe" { // it stays
			start = c.system.Spawn
		}
		if err = start(name, line[1:]...); err == nil {
			return nil
		}
	}
	return words.New(words.ProgramUnstarted, err, "Program", title)
}

// Prepare downloads anew what the server downloads at its first start, with its
// progress in the State, and then looks at it.
func (c *Companion) Prepare(ctx context.Context, name string) error {
	_, err := c.probe(ctx, name, func(o *health.Options) { o.Before = nil })
	return err
}
