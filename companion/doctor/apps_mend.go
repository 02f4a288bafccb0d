package doctor

import (
	"slices"

	"mcp-companion/clients"
	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// hideTool keeps one tool from the AI app: the launcher leaves it out.
func hideTool(f fixing) (Fix, bool) {
	tool := f.with("Tool")
	if tool == "" {
		return Fix{}, false
	}
	return f.edit("hide-tool", false, func(s *servers.Server) bool {
		if slices.Contains(s.HideTools, tool) {
			return false
		}
		s.HideTools = append(s.HideTools, tool)
		return true
	}, "Tool", tool, "Name", f.name)
}

func openApps(f fixing) (Fix, bool) {
	if f.client() != "" {
		return do("open-app", OpenPage, "apps/"+f.client(), "Client", f.with("Client"))
	}
	return do("open-apps", OpenPage, "apps")
}

func openHistory(fixing) (Fix, bool) { return do("open-history", OpenPage, "history") }
func smallerSet(fixing) (Fix, bool)  { return do("smaller-set", OpenPage, "sets") }
func chooseTools(fixing) (Fix, bool) { return do("choose-tools", OpenPage, "servers") }

func restart(f fixing) (Fix, bool) {
	if f.client() == "" {
		return Fix{}, false
	}
	return do("restart", Restart, f.client(), "Client", f.with("Client"))
}

// putBack is for what an app dropped; what is merely not there is applied.
func putBack(f fixing) (Fix, bool) {
	if f.with("Missing") != "" {
		return Fix{}, false
	}
	fix, ok := do("put-back", PutBack, f.client(), "Client", f.with("Client"))
	fix.Safe = true
	return fix, ok && f.client() != ""
}

func apply(f fixing) (Fix, bool) {
	if f.client() == "" || f.p.Code == words.Undone && f.with("Missing") == "" {
		return Fix{}, false
	}
	fix, ok := do("apply", Apply, f.client(), "Client", f.with("Client"))
	fix.Safe = true
	return fix, ok
}

func makeWritable(f fixing) (Fix, bool) {
	path := f.with("File")
	if path == "" {
		return Fix{}, false
	}
	return do("make-writable", Permit, path)
}

func copyForIT(f fixing) (Fix, bool) {
	return do("copy-for-it", CopyText, words.Say("fix.copy-for-it.text", "Client", f.with("Client"), "File", f.with("File")))
}

func copyUnsafe(f fixing) (Fix, bool) {
	text := f.with("Text")
	if text == "" {
		return Fix{}, false
	}
	return do("copy-unsafe", CopyText, text)
}

// useFile has us write the file that the app was seen to use. That is a choice.
func useFile(f fixing) (Fix, bool) {
	client, file := f.client(), f.with("Found")
	if client == "" || file == "" {
		return Fix{}, false
	}
	return Fix{ID: "use-file", Label: words.Say("fix.use-file"), Edit: func(lib *servers.Library) error {
		lib.Client(client).File = file
		return nil
	}}, true
}

func leaveApp(f fixing) (Fix, bool) {
	client := f.client()
	if client == "" {
		return Fix{}, false
	}
	return Fix{ID: "leave-app", Label: words.Say("fix.leave-app", "Client", f.with("Client")), Edit: func(lib *servers.Library) error {
		lib.Client(client).Managed = false
		return nil
	}}, true
}

func renameServer(f fixing) (Fix, bool) {
	now := f.with("Now")
	if f.name == "" || now == "" || now == f.name {
		return Fix{}, false
	}
	return Fix{ID: "rename", Label: words.Say("fix.rename", "Name", f.name, "Now", now), Safe: true, Edit: func(lib *servers.Library) error {
		if lib.Servers[f.name] == nil {
			return words.New(words.ServerUnknown, nil, "Name", f.name)
		}
		lib.Rename(f.name, unlessTaken(now, f.name, lib.Names()))
		return nil
	}}, true
}

// repair offers the settings file without its typing mistakes, where they are of
// the few kinds that have one meaning. Its user sees the difference first.
func repair(f fixing) (Fix, bool) {
	path, format, lock := f.with("File"), configs.JSON, configs.LockKind("")
	if c := clients.Find(f.client()); c != nil {
		format, lock = c.Format, c.Lock
	}
	if path == "" || f.pc.Text == nil {
		return Fix{}, false
	}
	change := func() (*configs.Change, error) {
		before := []byte(f.pc.Text(path))
		after, err := configs.Repair(path, before, format)
		if err != nil {
			return nil, err
		}
		return &configs.Change{Path: path, Format: format, Lock: lock, Existed: true, Exists: true, Before: before, After: after}, nil
	}
	if c, err := change(); err != nil || c.IsEmpty() {
		return Fix{}, false
	}
	fix, _ := do("repair-file", Nothing, "")
	fix.Change = change
	return fix, true
}
