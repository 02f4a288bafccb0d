package doctor

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"mcp-companion/servers"
	"mcp-companion/words"
)

// startRules are about downloading and starting.
var startRules = []rule{
	{
		code: words.PackageUnknown, said: []string{
			"code e404", "code etarget", "is not in this registry", "no matching version found", "npm ... notarget", "not found in the package registry",
			"there is no version of", "no version of",
		}, more: saidPackage,
		fixes: []remedy{newestVersion, openServer},
	},
	{
		code: words.PackageBroken, said: []string{
			"enotempty ... _npx", "enotempty // _npx", "eexist ... _cacache", "eexist // _cacache", "cannot find module ... _npx",
			"eacces ... .npm", "code eacces // .npm", "err_module_not_found // _npx", "cannot find package ... _npx",
		}, more: saidBroken,
		fixes: []remedy{clearDownload, prepare, again},
	},
	{code: words.SlowStart, rest: slowStart, fixes: []remedy{prepare, longer}},
	{
		code: words.Chatter, said: []string{"is not valid json", " in json at position", "unexpected non-whitespace character after json"}, more: saidChatter, rest: chatter,
		fixes: []remedy{dropNotes, showLog},
	},
	{
		code: words.WindowsSpace, said: []string{"header ... must be", "invalid header", "401", "unauthorized ... !reject_unauthorized"}, more: cutHeader,
		fixes: []remedy{headerWithoutBlank, again},
	},
	{
		code: words.NoPermission, sign: mayNotRun, said: []string{"spawn ... eacces", "killed: 9", "access is denied", "permission denied: ", ": permission denied ... !docker"}, more: saidNoPermission,
		fixes: []remedy{allowProgram, securitySettings, again},
	},
	{
		code: words.FolderMissing, fact: folderMissing, said: []string{"enoent", "no such file or directory", "cannot find the path", "cannot find module"}, more: saidFolder,
	},
	{
		code: words.FolderBlocked, fact: folderBlocked, said: []string{"operation not permitted", "eperm"}, more: saidBlocked,
		fixes: []remedy{privacySettings, chooseFolder},
	},
	{code: words.DiskFull, said: []string{"enospc ... !watcher", "no space left on device", "not enough space on the disk"}, fixes: []remedy{storage, again}},
}

// saidPackage fits unless it was a version that the settings no longer ask for.
func saidPackage(x *exam, line string) ([]any, bool) {
	spec, _ := packageOf(&x.Server)
	if spec == "" {
		return []any{"Package", strings.TrimRight(specRule().FindString(line), ".*@")}, true
	}
	for _, text := range x.lines.find("etarget", "notarget", "no version of") {
		for _, named := range specRule().FindAllString(text, -1) {
			version, same := strings.CutPrefix(named, unversioned(spec)+"@")
			if same && strings.Trim(version[:1], "0123456789") == "" && spec == unversioned(spec) {
				return nil, false
			}
		}
	}
	return []any{"Package", spec}, true
}

// saidBroken names the folder that holds the broken download, where it is told.
func saidBroken(x *exam, line string) ([]any, bool) {
	for _, text := range slices.Backward(x.lines.raw) {
		if dir := first(npxFolder().FindStringSubmatch(text)); dir != "" && x.pc.isDownload(dir) {
			return []any{"Folder", dir, "Path", x.pc.Tilde(dir)}, true
		}
	}
	if dir := x.download(); dir != "" && !strings.Contains(strings.ToLower(line), "_cacache") {
		return []any{"Folder", dir, "Path", x.pc.Tilde(dir)}, true
	}
	return nil, true
}

// slowStart: no answer yet from what may still be downloading. A server that is
// reached over the network is waited for there, not here.
func slowStart(x *exam) ([]any, bool) {
	if _, late := noAnswer(x); !late || x.Server.IsRemote() || x.Server.StartTimeout >= longStart {
		return nil, false
	}
	said := len(x.lines.find("download", "will be installed", "unable to find image", "pulling from", "installed ... packages", "building ...", "resolved ... packages")) > 0
	spec, _ := packageOf(&x.Server)
	return []any{"Package", spec}, said || spec != "" && !x.Worked
}

// longStart, in seconds, is enough for a first download.
const longStart = 180

// saidChatter: the client could not read what came from the server's stream. A
// settings file that can't be read is another matter, and nothing of the server's.
func saidChatter(x *exam, line string) ([]any, bool) {
	low := strings.ToLower(line)
	if x.Server.DropNotes || strings.Contains(low, ".json") || strings.Contains(low, "settings") || strings.Contains(low, "config") {
		return nil, false
	}
	return []any{"Text", x.strayLine(line)}, true
}

// chatter: lines that are no messages came, and no answer. A server that ended
// had a reason, which is not this one.
func chatter(x *exam) ([]any, bool) {
	stray := x.Ended != nil && x.Ended.Stray > 0 || x.Report != nil && x.Report.Stray > 0
	_, late := noAnswer(x)
	if !stray || !late || x.Server.DropNotes {
		return nil, false
	}
	return []any{"Text", x.strayLine("")}, true
}

func (x *exam) strayLine(other string) string {
	if x.Ended != nil && x.Ended.StrayLine != "" {
		return x.Ended.StrayLine
	}
	return other
}

// cutHeader: on Windows some start commands lose what follows a blank, and
// mcp-remote is told its headers that way.
func cutHeader(x *exam, _ string) ([]any, bool) {
	return nil, x.pc.OS == "windows" && len(blankHeaders(&x.Server)) > 0
}

// blankHeaders lists the arguments of mcp-remote that are headers with a blank.
func blankHeaders(s *servers.Server) (at []int) {
	if !strings.HasPrefix(unversioned(anySpec(s)), "mcp-remote") {
		return nil
	}
	for i, a := range s.Args {
		if i > 0 && s.Args[i-1] == "--header" && strings.Contains(a, " ") {
			at = append(at, i)
		}
	}
	return at
}

// The code with which a shell says that a program may not be run, and the signal
// with which macOS ends one that it does not trust.
const (
	exitMayNot = 126
	signalKill = "killed"
)

func mayNotRun(x *exam) ([]any, bool) {
	byExit := x.Ended != nil && x.Ended.Exit != nil && *x.Ended.Exit == exitMayNot
	killed := x.Ended != nil && x.pc.OS == "darwin" && x.Ended.Signal == signalKill && x.Ended.Answers == 0
	if !byExit && !killed && !x.is(words.NoPermission) {
		return nil, false
	}
	return x.programPath(), true
}

func (x *exam) programPath() []any {
	command, _ := x.line()
	path := command
	if found := x.find(command); found != "" {
		path = found
	}
	return []any{"Path", path}
}

// saidNoPermission fits where it is the program that may not be used, not one of
// the files it wants.
func saidNoPermission(x *exam, line string) ([]any, bool) {
	low := strings.ToLower(line)
	command, _ := x.line()
	if !strings.Contains(low, "spawn") && !strings.Contains(low, "killed: 9") && !strings.Contains(low, "access is denied") && (base(command) == "" || !strings.Contains(low, base(command))) {
		return nil, false
	}
	return x.programPath(), true
}

// folders lists what of the server's settings is a folder or file by its place:
// where it starts, and arguments that are whole paths.
func (x *exam) folders() []string {
	var list []string
	if x.Server.Cwd != "" {
		list = append(list, x.Server.Cwd)
	}
	for _, a := range x.Server.Args {
		if x.pc.isAbs(a) {
			list = append(list, a)
		}
	}
	return list
}

// folderMissing: it starts in a folder that is not there, or serves one.
func folderMissing(x *exam) ([]any, bool) {
	for i, path := range x.folders() {
		_, err := x.pc.Stat(path)
		if !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if path == x.script() {
			return []any{"Path", x.pc.Tilde(path), "File", true}, true
		}
		if i == 0 && x.Server.Cwd != "" || strings.Contains(unversioned(anySpec(&x.Server)), "filesystem") {
			return x.gone(path), true
		}
	}
	return nil, false
}

// gone is what a sentence tells of a folder that is not there.
func (x *exam) gone(path string) []any { return []any{"Path", x.pc.Tilde(path), "Found", path} }

// script is the file that an interpreter is told to run, "" for none.
func (x *exam) script() string {
	command, args := x.line()
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			if isInterpreter(command) && scriptRule().MatchString(a) {
				return a
			}
			return ""
		}
	}
	return ""
}

// saidFolder fits where the place that was missed stands in the settings and is
// still missing.
func saidFolder(x *exam, line string) ([]any, bool) {
	// npm wants a folder there even where it keeps nothing in it.
	places := append(x.folders(), x.pc.join(x.pc.Home, "AppData", "Roaming", "npm"))
	for _, path := range places {
		escaped := strings.ReplaceAll(path, `\`, `\\`)
		if (strings.Contains(line, path) || strings.Contains(line, escaped)) && !x.pc.exists(path) {
			return x.gone(path), true
		}
	}
	return nil, false
}

// folderBlocked: it is there, and may not be read.
func folderBlocked(x *exam) ([]any, bool) {
	if x.pc.Open == nil {
		return nil, false
	}
	for _, path := range x.folders() {
		if x.pc.isDir(path) && errors.Is(x.pc.Open(path), fs.ErrPermission) {
			return []any{"Path", x.pc.Tilde(path)}, true
		}
	}
	return nil, false
}

// The folders that macOS guards.
var guarded = []string{"/Documents", "/Desktop", "/Downloads", "/Library/Mobile Documents", "/Library/CloudStorage"}

func saidBlocked(x *exam, line string) ([]any, bool) {
	if x.pc.OS != "darwin" {
		return nil, false
	}
	for _, dir := range guarded {
		if strings.Contains(line, dir) {
			return []any{"Path", "~" + dir}, true
		}
	}
	return nil, false
}
