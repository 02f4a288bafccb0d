package doctor

import (
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
)

// packageOf is what a helper downloads for the server, as its arguments spell it:
// "@scope/name@1.2.3"; at is its place among them. "" where nothing is downloaded.
func packageOf(s *servers.Server) (spec string, at int) {
	command, args := unwrapped(s)
	offset := len(s.Args) - len(args)
	valued := downloads[base(command)]
	if valued == nil {
		return "", 0
	}
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case i == 0 && slices.Contains([]string{"exec", "tool", "x", "run", "dlx"}, a):
		case i == 1 && a == "run" && args[0] == "tool":
		case slices.Contains([]string{"--package", "-p", "--from"}, a) && i+1 < len(args):
			return args[i+1], offset + i + 1
		case slices.Contains(valued, a):
			i++
		case a == "--":
		case !strings.HasPrefix(a, "-"):
			return a, offset + i
		}
	}
	return "", 0
}

// downloads are the programs that fetch what they start, with the options of
// theirs that have a value.
var downloads = map[string][]string{
	"npx":    {"-c", "--call", "--registry"},
	"npm":    {"-c", "--call", "--registry"},
	"bunx":   {},
	"uvx":    {"--python", "--with", "--index", "--index-url"},
	"uv":     {"--python", "--with", "--index", "--index-url", "--directory", "--project"},
	"docker": {"-e", "--env", "-v", "--volume", "--mount", "--name", "-p", "--publish", "--network", "--env-file", "-u", "--user", "-w", "--platform", "--pull"},
}

// unversioned is the package's name without the version it is pinned to.
func unversioned(spec string) string {
	if at := strings.LastIndex(spec, "@"); at > 0 {
		spec = spec[:at]
	}
	if name, _, ok := strings.Cut(spec, "=="); ok {
		spec = name
	}
	return spec
}

var specRule = configs.Pattern(`(?:@[\w.-]+/)?[\w.-]+@[\w^~<>=*][\w.^~<>=*-]*`)

var npxFolder = configs.Pattern(`((?:[A-Za-z]:)?[\\/][^'"\n]*?[\\/]_npx[\\/][0-9a-f]{8,})`)

// maxDownloads is how many of npx's folders are looked into.
const maxDownloads = 200

// download is the folder in which npx keeps the server's package, "" where there
// is none.
func (x *exam) download() string {
	root := x.pc.join(x.pc.Home, ".npm", "_npx")
	if x.pc.OS == "windows" {
		root = x.pc.join(x.pc.Home, "AppData", "Local", "npm-cache", "_npx")
	}
	spec, _ := packageOf(&x.Server)
	if spec == "" || !nodeJS.has(x.program()) {
		return ""
	}
	names := x.pc.Names(root)
	for _, name := range names[:min(len(names), maxDownloads)] {
		dir := x.pc.join(root, name)
		if strings.Contains(x.pc.Text(x.pc.join(dir, "package.json")), `"`+unversioned(spec)+`":`) && x.pc.isDownload(dir) {
			return dir
		}
	}
	return ""
}

// isDownload reports whether path is a folder of npx's downloads and no other: one
// that may be cleared.
func (pc Computer) isDownload(path string) bool {
	sep := "/"
	if pc.OS == "windows" {
		sep = `\`
	}
	rest, below := strings.CutPrefix(path, strings.TrimRight(pc.Home, sep)+sep)
	if !below || pc.Home == "" {
		return false
	}
	parts := strings.Split(rest, sep)
	n := len(parts)
	return n >= 3 && parts[n-2] == "_npx" && !slices.Contains(parts, "..") && hexRule().MatchString(parts[n-1])
}

var hexRule = configs.Pattern(`^[0-9a-f]{8,64}$`)

func anySpec(s *servers.Server) string {
	spec, _ := packageOf(s)
	return spec
}
