package companion

import (
	"context"
	"os"

	"mcp-companion/launch"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// editor is a program to write in. FOLDER and FILE stand for what is opened.
type editor struct {
	system string // that it is for; "" for all
	line   []string
}

// editors are asked in this order, the ones that know a whole folder first. A file
// is never opened by what the system has for its kind: that runs a .py on Windows,
// and plays a .ts as a film.
var editors = []editor{
	{"", []string{"code", "FOLDER", "FILE"}},
	{"", []string{"codium", "FOLDER", "FILE"}},
	{"", []string{"cursor", "FOLDER", "FILE"}},
	{"", []string{"windsurf", "FOLDER", "FILE"}},
	{"", []string{"zed", "FOLDER", "FILE"}},
	{"", []string{"subl", "FOLDER", "FILE"}},
	{"linux", []string{"gnome-text-editor", "FILE"}},
	{"linux", []string{"kate", "FILE"}},
	{"linux", []string{"gedit", "FILE"}},
	{"linux", []string{"xed", "FILE"}},
	{"linux", []string{"mousepad", "FILE"}},
	{"linux", []string{"pluma", "FILE"}},
	{"darwin", []string{"/usr/bin/open", "-t", "FILE"}},
	{"windows", []string{"notepad.exe", "FILE"}},
}

// OpenInEditor opens the project at the file to change first, in the first editor
// that is on this computer. Where there is none the NoEditor Problem names the file.
func (c *Companion) OpenInEditor(ctx context.Context, p *Project) error {
	what := map[string]string{"FOLDER": p.Folder, "FILE": p.Open}
	for _, e := range editors {
		if e.system != "" && e.system != c.system.OS {
			continue
		}
		args := append([]string{}, e.line[1:]...)
		for i, a := range args {
			if path := what[a]; path != "" {
				args[i] = path
			}
		}
		plan, err := launch.For(ctx, p.Name, &servers.Server{Command: e.line[0], Args: args}, "", nil, os.Environ())
		if err == nil && c.system.Spawn(plan.Path, plan.Args...) == nil {
			return nil
		}
	}
	return words.New(words.NoEditor, nil, "File", p.Open)
}

// showers show a folder in the window of files that each system has.
var showers = map[string]string{"darwin": "/usr/bin/open", "windows": "explorer.exe", "linux": "xdg-open"}

// ShowFolder shows a folder, by its absolute path, as its user would open it.
func (c *Companion) ShowFolder(folder string) error {
	return c.system.Spawn(showers[c.system.OS], folder)
}
