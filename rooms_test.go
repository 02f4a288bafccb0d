package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "mcp-companion"

// rooms says which room may import which, besides words and files, which are
// for all but themselves and assets. Imports point down, never up or sideways.
var rooms = map[string][]string{
	"main": {
		"app", "tray", "commands", "companion", "companion/doctor", "health", "launch", "clients", "clients/imports",
		"servers", "servers/catalog", "servers/projects", "configs", "configs/history", "secrets", "secrets/oauth", "assets",
	},

	"app":      {"companion", "servers", "servers/catalog", "assets"},
	"tray":     {"companion", "servers", "servers/catalog", "assets"},
	"commands": {"companion", "servers", "servers/catalog", "assets"},

	"companion": {
		"companion/doctor", "health", "launch", "clients", "clients/imports",
		"servers", "servers/catalog", "servers/projects", "configs", "configs/history", "secrets", "secrets/oauth", "assets",
	},
	"companion/doctor": {"health", "clients", "launch", "servers", "configs", "secrets", "secrets/oauth"},

	"health":          {"clients", "launch", "servers", "secrets"},
	"launch":          {"servers", "secrets", "secrets/oauth"},
	"clients":         {"servers", "configs"},
	"clients/imports": {"clients", "servers", "servers/catalog", "configs"},

	"servers":          {"configs"},
	"servers/catalog":  {"servers", "assets"},
	"servers/projects": {"servers", "assets"},

	"configs":         {},
	"configs/history": {"configs", "secrets"},

	"secrets":       {},
	"secrets/oauth": {"secrets"},

	"words":  {"assets"},
	"files":  {},
	"assets": {},
}

// forAll are the rooms everyone above them may import.
var forAll = []string{"words", "files"}

// toolkits says which rooms alone may import the modules below a path.
var toolkits = map[string][]string{
	"fyne.io/fyne/":   {"main", "app"},
	"fyne.io/systray": {"tray"},
}

// A row for a room covers the folders below it that have none of their own: a
// page of app, say. Programs under tools are no room and import none; a test
// may import what it needs of them.
const tools = "tools"

func TestRoomsImportOnlyWhatLiesBelow(t *testing.T) {
	for file, imports := range importsOfAll(t) {
		room, ok := roomOf(path.Dir(file))
		if !ok {
			t.Errorf("%s: its folder has no row in rooms_test.go", file)
			continue
		}
		for _, imported := range imports {
			if why := forbidden(room, imported, strings.HasSuffix(file, "_test.go")); why != "" {
				t.Errorf("%s: room %s must not import %s: %s", file, room, imported, why)
			}
		}
	}
}

func TestRoomsTableIsSound(t *testing.T) {
	for room, below := range rooms {
		for _, b := range below {
			if _, ok := rooms[b]; !ok {
				t.Errorf("room %s may import %s, which is no room", room, b)
			}
			if slices.Contains(rooms[b], room) {
				t.Errorf("rooms %s and %s may import each other", room, b)
			}
		}
	}
	cases := []struct {
		room, imported string
		inTest, ok     bool
	}{
		{room: "tray", imported: module + "/companion", ok: true},
		{room: "tray", imported: module + "/words", ok: true},
		{room: "tray", imported: "fyne.io/systray", ok: true},
		{room: "tray", imported: module + "/health"},
		{room: "tray", imported: "fyne.io/fyne/v2"},
		{room: "app", imported: "fyne.io/systray"},
		{room: "words", imported: module + "/files"},
		{room: "files", imported: module + "/words"},
		{room: "launch", imported: module + "/companion"},
		{room: "clients", imported: module + "/clients", inTest: true, ok: true},
		{room: "tray", imported: module + "/tools/trayhost", inTest: true, ok: true},
		{room: "tray", imported: module + "/tools/trayhost"},
		{room: "tools", imported: module + "/tray"},
		{room: "tools", imported: module + "/tools/trayhost", ok: true},
		{room: "files", imported: "os", ok: true},
	}
	for _, c := range cases {
		if why := forbidden(c.room, c.imported, c.inTest); (why == "") != c.ok {
			t.Errorf("%s imports %s (test: %v): %q", c.room, c.imported, c.inTest, why)
		}
	}
}

// forbidden says why room must not import the package, "" when it may.
func forbidden(room, imported string, inTest bool) string {
	for prefix, only := range toolkits {
		if strings.HasPrefix(imported, prefix) && !slices.Contains(only, room) {
			return "that is for " + strings.Join(only, " and ") + " alone"
		}
	}
	if imported != module && !strings.HasPrefix(imported, module+"/") {
		return ""
	}
	target, ok := roomOf(strings.TrimPrefix(strings.TrimPrefix(imported, module), "/"))
	switch {
	case !ok:
		return "it is no room"
	case target == room, target == tools && inTest:
		return ""
	case room != tools && slices.Contains(forAll, target) && !slices.Contains(append(forAll, "assets"), room):
		return ""
	case slices.Contains(rooms[room], target):
		return ""
	}
	return "its row does not allow it"
}

// roomOf finds the room a folder belongs to, by its slash path in the module.
func roomOf(dir string) (room string, ok bool) {
	if dir == "." || dir == "" {
		return "main", true
	}
	for dir != "." {
		if _, ok := rooms[dir]; ok || dir == tools {
			return dir, true
		}
		dir = path.Dir(dir)
	}
	return "", false
}

// importsOfAll reads what every Go file of the module imports, whatever system
// or tag it is for, by slash path. Bytes in testdata and assets are no code of ours.
func importsOfAll(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		file = filepath.ToSlash(file)
		switch {
		case err != nil:
			return err
		case d.IsDir() && isForeign(file, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || path.Ext(file) != ".go":
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			all[file] = append(all[file], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no Go files found")
	}
	return all
}

func isForeign(dir, name string) bool {
	return name == "testdata" || name != "." && (name[0] == '.' || name[0] == '_') || strings.HasPrefix(dir, "assets/")
}
