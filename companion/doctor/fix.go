package doctor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Fix is one way to mend a problem: a button, and what a press of it does. The
// companion does it; nothing here does.
type Fix struct {
	ID    string // names the kind of fix, for ever: "use-found"
	Label string // the button's words

	// Edit changes the library and nothing else; nil where the fix is a Deed. It may
	// be applied to a library that changed since, and then does what still fits.
	Edit func(*servers.Library) error
	// Change is the edit of somebody's settings file, to be shown before it is written,
	// as one transaction; computed anew at each call. Nil for none.
	Change func() (*configs.Change, error)
	Do     Deed
	Arg    string // of the Deed

	// Safe says that it may be done without asking, together with others: an edit, or
	// an entry written anew, that can be undone and needs no choice.
	Safe bool
}

// Deed is what a Fix does that is no edit of the library.
type Deed string

// The deeds, and what Arg is to each.
const (
	Nothing         Deed = ""
	OpenPage        Deed = "open-page"      // of the window: "servers/NAME", "servers/NAME/key", "apps", "apps/ID"
	OpenURL         Deed = "open-url"       // in the browser, or of the system's settings
	Restart         Deed = "restart"        // a client's id
	CheckAgain      Deed = "check-again"    // a server's name; "" for all
	Prepare         Deed = "prepare"        // a server's name: download what it starts, anew
	PutBack         Deed = "put-back"       // a client's id: write what it dropped once more
	ClearDownload   Deed = "clear-download" // a folder of npx's, shown before it is removed
	ChooseFileStore Deed = "file-store"     // keep keys in the encrypted file
	StartProgram    Deed = "start-program"  // its title: "Docker", "Obsidian"
	ShowLog         Deed = "show-log"       // a server's name
	CopyText        Deed = "copy-text"      // the text; "" for the whole report
	MakeFolder      Deed = "make-folder"    // a path below the account's folder
	Permit          Deed = "permit"         // a path: give the account the right that it lacks (the Fix's ID says which)
)

// Fixes lists how the problem is mended, the best way first; at least one. name
// and s are the server it is about, "" and nil where it is about none.
func Fixes(pc Computer, p *words.Problem, name string, s *servers.Server) []Fix {
	if p == nil {
		return nil
	}
	f := fixing{pc: pc, p: p, name: name, s: s}
	var list []Fix
	for _, r := range fixesOf(p.Code) {
		if fix, ok := r(f); ok {
			list = append(list, fix)
		}
	}
	if len(list) == 0 {
		fix, _ := again(f)
		report, _ := copyReport(f)
		list = append(list, fix, report)
	}
	return list
}

// otherFixes are for problems that no rule recognises, because whoever says them
// is precise already.
var otherFixes = map[words.Code][]remedy{
	words.AppLocked:     {copyForIT},
	words.AppRunning:    {restart},
	words.FileOdd:       {openApps},
	words.FileUnsafe:    {copyUnsafe, openApps},
	words.NameBad:       {renameServer, openServer},
	words.NameTaken:     {openServer},
	words.NoApp:         {openApps},
	words.RemoteLater:   {openServer},
	words.ServerEmpty:   {openServer},
	words.ServerUnknown: {openApps},
	words.SetUnknown:    {smallerSet},
	words.StoreDamaged:  {enterKey},
	words.ValueBad:      {addScheme, openServer},
}

// fixing is what a remedy is made from.
type fixing struct {
	pc   Computer
	p    *words.Problem
	name string
	s    *servers.Server
}

// with is a text that fills the problem's sentences, "" for none.
func (f fixing) with(name string) string {
	switch v := f.p.With(name).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// client is the id of the AI app that the problem is about.
func (f fixing) client() string { return f.with("ClientID") }

// remedy makes a fix for a problem, where it is one.
type remedy func(f fixing) (Fix, bool)

// do is a fix that is a deed.
func do(id string, deed Deed, arg string, pairs ...any) (Fix, bool) {
	return Fix{ID: id, Label: words.Say("fix."+id, pairs...), Do: deed, Arg: arg}, true
}

// edit is a fix that changes the server; there is none where nothing would change.
func (f fixing) edit(id string, safe bool, change func(*servers.Server) bool, pairs ...any) (Fix, bool) {
	if f.s == nil || !change(copied(f.s)) {
		return Fix{}, false
	}
	return Fix{ID: id, Label: words.Say("fix."+id, pairs...), Safe: safe, Edit: func(lib *servers.Library) error {
		_, s, ok := lib.Find(f.name)
		if !ok {
			return words.New(words.ServerUnknown, nil, "Name", f.name)
		}
		now := copied(s)
		if change(now) {
			*s = *now
		}
		return nil
	}}, true
}

// What fits any server.

func again(f fixing) (Fix, bool)      { return do("again", CheckAgain, f.name) }
func once(f fixing) (Fix, bool)       { return do("once", CheckAgain, f.name) }
func copyReport(f fixing) (Fix, bool) { return do("copy-report", CopyText, "") }

func showLog(f fixing) (Fix, bool) {
	if f.name == "" {
		return Fix{}, false
	}
	return do("show-log", ShowLog, f.name)
}

func openServer(f fixing) (Fix, bool)   { return f.page("open-server", "") }
func enterKey(f fixing) (Fix, bool)     { return f.page("enter-key", "/key") }
func moveKey(f fixing) (Fix, bool)      { return f.page("move-key", "/key") }
func keyInstead(f fixing) (Fix, bool)   { return f.page("key-instead", "/key") }
func signIn(f fixing) (Fix, bool)       { return f.page("sign-in", "/sign-in") }
func appDetails(f fixing) (Fix, bool)   { return f.page("app-details", "/sign-in") }
func chooseFolder(f fixing) (Fix, bool) { return f.page("choose-folder", "/folder") }
func openTools(f fixing) (Fix, bool)    { return f.page("open-tools", "/tools") }

// page opens a part of the server's own page.
func (f fixing) page(id, part string) (Fix, bool) {
	if f.name == "" {
		return Fix{}, false
	}
	return do(id, OpenPage, "servers/"+f.name+part, "Name", f.name)
}

// Settings typed by hand.

func trimValues(f fixing) (Fix, bool) {
	return f.edit("trim-values", true, func(s *servers.Server) bool {
		return mapValues(s, trimmed)
	})
}

func splitCommand(f fixing) (Fix, bool) {
	return f.edit("split-command", true, func(s *servers.Server) bool {
		command, args := splitLine(newExam(noContext, f.pc, Case{Server: *s}), s)
		if command != "" {
			s.Command, s.Args = command, args
		}
		return command != ""
	})
}

func addScheme(f fixing) (Fix, bool) {
	return f.edit("add-scheme", true, func(s *servers.Server) bool {
		was := s.URL
		s.URL = withScheme(s.URL)
		return s.URL != was
	})
}

func wholePaths(f fixing) (Fix, bool) {
	return f.edit("whole-paths", true, func(s *servers.Server) bool {
		x := newExam(noContext, f.pc, Case{Server: *s})
		paths := pathValues(x, s)
		return mapValues(s, func(at place, _, v string) string {
			if at == inCommand || at == inArgs || at == inCwd {
				if now, odd := x.whole(v); odd && slices.Contains(paths, v) {
					return now
				}
			}
			return v
		})
	})
}

// Helper programs.

func install(h helper) remedy {
	return func(fixing) (Fix, bool) { return do("install", OpenURL, h.page, "Program", h.title) }
}

func update(h helper) remedy {
	return func(fixing) (Fix, bool) { return do("update", OpenURL, h.page, "Program", h.title) }
}

// installAny leads to the page of a known helper.
func installAny(f fixing) (Fix, bool) {
	h := helperOf(base(f.with("Command")))
	if h.page == "" {
		return Fix{}, false
	}
	return install(h)(f)
}

// useFound has the server started with the program that is here. What it starts
// itself is found in the same folder.
func useFound(f fixing) (Fix, bool) {
	found := f.with("Found")
	return f.edit("use-found", true, func(s *servers.Server) bool { return usePlace(f.pc, s, found) }, "Path", f.pc.Tilde(folder(found)))
}

func useNewer(f fixing) (Fix, bool) {
	found := f.with("Found")
	return f.edit("use-newer", true, func(s *servers.Server) bool { return usePlace(f.pc, s, found) }, "Version", f.with("Newer"))
}

// usePlace puts the folder of the program found first into the server's PATH: npx
// is a script that looks for its node there. A command that is that program, or of
// its family, becomes the one in that folder.
func usePlace(pc Computer, s *servers.Server, found string) bool {
	if found == "" {
		return false
	}
	dir := folder(found)
	path := slices.DeleteFunc(pathOf(pc, s.Env), func(p string) bool { return p == dir || p == "" })
	name := "PATH"
	for k := range s.Env {
		if strings.EqualFold(k, "PATH") {
			name = k
		}
	}
	was := *copied(s)
	if s.Env == nil {
		s.Env = map[string]string{}
	}
	s.Env[name] = strings.Join(append([]string{dir}, path...), pc.listSeparator())
	if h := helperOf(base(found)); h.has(base(s.Command)) {
		s.Command = base(s.Command)
		if whole, err := pc.look().Find(s); err == nil && folder(whole) == dir {
			s.Command = whole
		}
	}
	return s.Command != was.Command || s.Env[name] != was.Env[name]
}

func prepare(f fixing) (Fix, bool) {
	if f.s == nil || anySpec(f.s) == "" {
		return Fix{}, false
	}
	return do("prepare", Prepare, f.name)
}

func startDocker(fixing) (Fix, bool) {
	return do("start-program", StartProgram, "Docker", "Program", "Docker")
}

// dockerSteps are the two steps that Docker's own pages name.
func dockerSteps(f fixing) (Fix, bool) {
	if f.pc.OS == "linux" {
		return do("docker-steps", CopyText, "sudo usermod -aG docker $USER\n# log out and in again")
	}
	return do("docker-page", OpenURL, "https://docs.docker.com/desktop/troubleshoot-and-support/troubleshoot/topics/")
}

// plainStart has the launcher start the program by its plain name: it knows what
// Windows wants.
func plainStart(f fixing) (Fix, bool) {
	return f.edit("plain-start", true, func(s *servers.Server) bool {
		command, args := unwrapped(s)
		if h := helperOf(base(command)); h.page != "" {
			command = base(command)
		}
		if command == s.Command && len(args) == len(s.Args) {
			return false
		}
		s.Command, s.Args = command, slices.Clone(args)
		return true
	})
}

// Download and start.

func newestVersion(f fixing) (Fix, bool) {
	return f.edit("newest-version", false, func(s *servers.Server) bool {
		spec, at := packageOf(s)
		if spec == "" || unversioned(spec) == spec || base(s.Command) == "docker" {
			return false
		}
		s.Args[at] = unversioned(spec)
		return true
	})
}

func clearDownload(f fixing) (Fix, bool) {
	dir := f.with("Folder")
	if !f.pc.isDownload(dir) {
		return Fix{}, false
	}
	return do("clear-download", ClearDownload, dir)
}

// longer is for a server that is slow itself, not for one that is not reached.
func longer(f fixing) (Fix, bool) {
	if f.with("Host") != "" {
		return Fix{}, false
	}
	return f.edit("longer", true, func(s *servers.Server) bool {
		was := s.StartTimeout
		s.StartTimeout = max(was, longStart)
		return s.StartTimeout != was
	})
}

func dropNotes(f fixing) (Fix, bool) {
	return f.edit("drop-notes", true, func(s *servers.Server) bool { return setMember(s, "dropNotes", true) })
}

func headerWithoutBlank(f fixing) (Fix, bool) {
	return f.edit("plain-start", true, func(s *servers.Server) bool {
		at := blankHeaders(s)
		for n, i := range at {
			name, value, ok := strings.Cut(s.Args[i], ":")
			if !ok {
				return false
			}
			variable := fmt.Sprintf("MCP_HEADER_%d", n+1)
			if s.Env == nil {
				s.Env = map[string]string{}
			}
			// mcp-remote fills in variables itself: punkpeye/mcp-remote README.
			s.Args[i], s.Env[variable] = strings.TrimSpace(name)+":${"+variable+"}", strings.TrimSpace(value)
		}
		return len(at) > 0
	})
}

// makeFolder is for a folder of the account's own that somebody means to have: not
// for one out of somebody's instructions.
func makeFolder(f fixing) (Fix, bool) {
	path := f.with("Found")
	if path == "" || f.pc.Tilde(path) == path || pathLeftRule().MatchString(path) || strings.Contains(path, "..") {
		return Fix{}, false
	}
	return do("make-folder", MakeFolder, path)
}

func allowProgram(f fixing) (Fix, bool) {
	path := f.with("Path")
	if !f.pc.isAbs(path) || !f.pc.exists(path) {
		return Fix{}, false
	}
	return do("allow-program", Permit, path)
}

func securitySettings(f fixing) (Fix, bool) {
	return f.settings("security-settings", map[string]string{
		"darwin":  "x-apple.systempreferences:com.apple.preference.security?General",
		"windows": "windowsdefender:",
	})
}

func privacySettings(f fixing) (Fix, bool) {
	return f.settings("privacy-settings", map[string]string{
		"darwin": "x-apple.systempreferences:com.apple.preference.security?Privacy_FilesAndFolders",
	})
}

func storage(f fixing) (Fix, bool) {
	return f.settings("storage", map[string]string{
		"darwin": "x-apple.systempreferences:com.apple.settings.Storage", "windows": "ms-settings:storagesense",
	})
}

// settings opens a page of the system's own settings, where it has one.
func (f fixing) settings(id string, pages map[string]string) (Fix, bool) {
	page := pages[f.pc.OS]
	if page == "" {
		return Fix{}, false
	}
	return do(id, OpenURL, page)
}

// Keys and signing in.

// otherPort gives the server the next port that nobody has.
func otherPort(f fixing) (Fix, bool) {
	return f.edit("other-port", false, func(s *servers.Server) bool {
		now := portOf(s)
		if now == 0 || f.pc.Free == nil {
			return false
		}
		for port := now + 1; port < now+50 && port < 65536; port++ {
			if f.pc.Free(port) {
				forPort(s, func(string) string { return fmt.Sprint(port) })
				return true
			}
		}
		return false
	})
}

// whoHasPort is the command that tells; finding out needs more rights than ours.
func whoHasPort(f fixing) (Fix, bool) {
	port := f.with("Port")
	if port == "" {
		return Fix{}, false
	}
	command := "lsof -nP -iTCP:" + port + " -sTCP:LISTEN"
	if f.pc.OS == "windows" {
		command = "netstat -ano | findstr :" + port
	}
	return do("who-has-port", CopyText, command)
}

func copyReturn(f fixing) (Fix, bool) {
	address := f.with("Redirect")
	if address == "" {
		return Fix{}, false
	}
	return do("copy-return", CopyText, address)
}

func fileStore(fixing) (Fix, bool) { return do("file-store", ChooseFileStore, "") }

func keychainHelp(f fixing) (Fix, bool) {
	return f.settings("keychain-help", map[string]string{"linux": "https://wiki.archlinux.org/title/GNOME/Keyring"})
}

// Network.

func startPartner(f fixing) (Fix, bool) {
	partner := f.with("Partner")
	if partner == "" {
		return Fix{}, false
	}
	return do("start-program", StartProgram, partner, "Program", partner)
}

func giveVariables(f fixing) (Fix, bool) { return f.setVariables("plain-start") }
func trustComputer(f fixing) (Fix, bool) { return f.setVariables("trust-computer") }

// newerToTrust is for a Node.js that can't be told to trust what its computer does.
func newerToTrust(f fixing) (Fix, bool) {
	if f.s == nil || f.with("Set") != "" || f.with("Bad") != "" {
		return Fix{}, false
	}
	command, _ := unwrapped(f.s)
	fix, _ := update(nodeJS)(f)
	return fix, nodeJS.has(base(command))
}

func useProxy(f fixing) (Fix, bool) { return f.setVariables("use-proxy") }

// setVariables gives the server the variables that the problem names, where it has
// none of that name.
func (f fixing) setVariables(id string) (Fix, bool) {
	return f.edit(id, true, func(s *servers.Server) bool {
		changed := false
		for _, kv := range strings.Split(f.with("Set"), "\n") {
			if k, v, ok := strings.Cut(kv, "="); ok && s.Env[k] == "" {
				if s.Env == nil {
					s.Env = map[string]string{}
				}
				s.Env[k], changed = v, true
			}
		}
		return changed
	})
}

// otherTransport tries the address of the other kind of connection, by the names
// that nearly all services use.
func otherTransport(f fixing) (Fix, bool) {
	return f.edit("other-transport", false, func(s *servers.Server) bool {
		for _, pair := range [][2]string{{"/sse", "/mcp"}, {"/mcp", "/sse"}} {
			if before, ok := strings.CutSuffix(strings.TrimRight(s.URL, "/"), pair[0]); ok {
				s.URL = before + pair[1]
				return true
			}
		}
		return false
	})
}

// hideTool keeps one tool from the AI app: the launcher leaves it out.
func hideTool(f fixing) (Fix, bool) {
	tool := f.with("Tool")
	if tool == "" {
		return Fix{}, false
	}
	return f.edit("hide-tool", false, func(s *servers.Server) bool {
		return !slices.Contains(hiddenTools(s), tool) && setMember(s, "hideTools", append(hiddenTools(s), tool))
	}, "Tool", tool, "Name", f.name)
}

// hiddenTools are the tools that the launcher leaves out.
func hiddenTools(s *servers.Server) []string {
	var m struct {
		HideTools []string `json:"hideTools"`
	}
	data, err := json.Marshal(s)
	if err != nil || json.Unmarshal(data, &m) != nil {
		return nil
	}
	return m.HideTools
}

// hasMember reports whether the server has a yes of this name in library.json.
func hasMember(s *servers.Server, name string) bool {
	m := map[string]json.RawMessage{}
	data, err := json.Marshal(s)
	return err == nil && json.Unmarshal(data, &m) == nil && string(m[name]) == "true"
}

// setMember sets a member of the server as library.json spells it, and reports
// whether that changed anything. What this version has no field for is kept too.
func setMember(s *servers.Server, name string, value any) bool {
	m := map[string]json.RawMessage{}
	data, err := json.Marshal(s)
	if err != nil || json.Unmarshal(data, &m) != nil {
		return false
	}
	text, err := json.Marshal(value)
	if err != nil || string(m[name]) == string(text) {
		return false
	}
	m[name] = text
	if data, err = json.Marshal(m); err != nil {
		return false
	}
	var now servers.Server
	if json.Unmarshal(data, &now) != nil {
		return false
	}
	*s = now
	return true
}
