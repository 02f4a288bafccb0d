package health

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"mcp-companion/launch"
)

// download is how to fetch what a command downloads, and to learn whether it is here.
type download struct {
	what    string   // the package or image, as it is called
	program string   // that fetches, where it is another than the command's
	has     []string // its arguments for asking, nil where fetching asks itself
	fetch   []string // and for fetching

	path string // of the program
}

// downloaders are the commands that download, and how their arguments are read: nil
// for those with something that is not understood. Better no help than a wrong one.
var downloaders = map[string]func(args []string) *download{
	"npx":    npmDownload,
	"npm":    after(npmExec, "exec", "x"),
	"pnpm":   after(packageDownload("dlx", "node", "-e", ""), "dlx"),
	"pnpx":   packageDownload("node", "-e", ""),
	"bunx":   packageDownload("bun", "-e", "0"),
	"bun":    after(packageDownload("x", "bun", "-e", "0"), "x"),
	"uvx":    uvDownload,
	"uv":     after(after(uvToolRun, "run"), "tool"),
	"docker": imageDownload,
	"podman": imageDownload,
}

// after reads what follows one of these words.
func after(read func([]string) *download, words ...string) func([]string) *download {
	return func(args []string) *download {
		if len(args) == 0 || !slices.Contains(words, args[0]) {
			return nil
		}
		return read(args[1:])
	}
}

// downloadOf recognises what a plan downloads, nil for nothing.
func downloadOf(plan *launch.Plan, there func(string) bool) *download {
	path, args, shell := plan.Path, plan.Args, []string(nil)
	name := programName(path)
	if name == "cmd" && len(args) > 1 && strings.EqualFold(args[0], "/c") { // as Windows' users write
		shell, name, args = args[:1:1], programName(args[1]), args[2:]
	}
	read := downloaders[name]
	if read == nil {
		return nil
	}
	d := read(args)
	if d == nil {
		return nil
	}
	d.path = path
	program := cmp.Or(d.program, name)
	switch {
	case shell != nil:
		d.fetch = slices.Concat(shell, []string{program}, d.fetch)
		if d.has != nil {
			d.has = slices.Concat(shell, []string{program}, d.has)
		}
	case program != name:
		if d.path = beside(path, program); !there(d.path) {
			return nil
		}
	}
	return d
}

// programName is a program's name without its folder and ending, in lower case.
func programName(path string) string {
	name := strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	for _, end := range []string{".exe", ".cmd", ".bat"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}

// beside is the program called name in path's folder, with path's ending.
func beside(path, name string) string {
	at := strings.LastIndexAny(path, `/\`) + 1
	return path[:at] + name + filepath.Ext(path[at:])
}

// options walks over a command's options: it hands each to take, with its value
// where it has one, and returns what follows them. bare are the options without a
// value, valued those with; any other ends the walk with ok false.
func options(args, bare, valued []string, take func(name, value string)) (rest []string, ok bool) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			return args[i+1:], true
		}
		if !strings.HasPrefix(a, "-") || a == "-" {
			return args[i:], true
		}
		name, value, has := strings.Cut(a, "=")
		switch {
		case slices.Contains(bare, name):
		case !slices.Contains(valued, name):
			return nil, false
		case !has && i+1 < len(args):
			i++
			value = args[i]
		}
		take(name, value)
	}
	return nil, true
}

// npmDownload is npx's, from its arguments. `npm exec --package=P -- node -e ""` fills
// the very folder that `npx P` uses (tried with npm 11); `npx P --help` may start the server.
func npmDownload(args []string) *download {
	var packages, keep []string
	rest, ok := options(args,
		[]string{"-y", "--yes", "-q", "--quiet", "-s", "--silent", "--prefer-online", "--prefer-offline"},
		[]string{"-p", "--package", "--registry", "--cache", "--loglevel"},
		func(name, value string) {
			switch name {
			case "-p", "--package":
				packages = append(packages, value)
			case "--registry", "--cache":
				keep = append(keep, name+"="+value)
			}
		})
	if !ok || len(rest) == 0 {
		return nil
	}
	if len(packages) == 0 {
		packages = rest[:1]
	}
	// Of its own accord npm tries for over a minute where there is no network.
	fetch := append([]string{"exec", "--yes", "--fetch-retries=1"}, keep...)
	for _, p := range packages {
		if !isPlainPackage(p) {
			return nil
		}
		fetch = append(fetch, "--package="+p)
	}
	return &download{what: strings.Join(packages, ", "), program: "npm", fetch: append(fetch, "--", "node", "-e", "")}
}

// npmExec is npm's, from what follows `npm exec`.
func npmExec(args []string) *download {
	if i := slices.Index(args, "--"); i > 0 && !slices.ContainsFunc(args[:i], func(a string) bool { return !strings.HasPrefix(a, "-") }) {
		args = slices.Concat(args[:i], args[i+1:]) // what follows is the package, unless one was named
	}
	return npmDownload(args)
}

// packageDownload is that of pnpm and bun, from what follows their word for it. What
// they fetch for --package they use for the package alone too (tried with pnpm 12, bun 1.4).
func packageDownload(run ...string) func([]string) *download {
	return func(args []string) *download {
		what := ""
		rest, ok := options(args, []string{"-s", "--silent", "--bun"}, []string{"-p", "--package"}, func(name, value string) {
			if value != "" {
				what = value
			}
		})
		if !ok || len(rest) == 0 {
			return nil
		}
		if what == "" {
			what = rest[0]
		}
		if !isPlainPackage(what) {
			return nil
		}
		at := len(run) - len([]string{"node", "-e", ""}) // before it stands the word, if there is one
		return &download{what: what, fetch: slices.Insert(slices.Clone(run), at, "--package="+what)}
	}
}

// isPlainPackage reports whether this names a package of a registry: an address may
// hold a password, a folder needs no download.
func isPlainPackage(p string) bool {
	return p != "" && !strings.Contains(p, ":") && !strings.ContainsAny(p[:1], `./\~-`) && (p[0] == '@' || !strings.Contains(p, "/"))
}

// uvDownload is uvx's, from its arguments.
func uvDownload(args []string) *download {
	from, keep := "", []string(nil)
	rest, ok := options(args,
		[]string{"-q", "--quiet", "--isolated", "--native-tls", "--system-certs", "--no-progress", "--refresh"},
		[]string{"--from", "--with", "-p", "--python", "--index", "--default-index", "--index-url", "--extra-index-url", "--prerelease", "--index-strategy"},
		func(name, value string) {
			switch {
			case name == "--from":
				from = value
			case value != "":
				keep = append(keep, name, value)
			case name != "-q" && name != "--quiet":
				keep = append(keep, name)
			}
		})
	if !ok || len(rest) == 0 {
		return nil
	}
	if from == "" {
		from = rest[0]
		if name, version, ok := strings.Cut(from, "@"); ok && version != "latest" {
			from = name + "==" + version
		}
	}
	if !isPlainPackage(from) || slices.ContainsFunc(keep, func(k string) bool { return strings.Contains(k, "@") }) {
		return nil // an index's address with a password is not handed on
	}
	return &download{what: from, fetch: append(append(keep, "--from", from), "python", "-c", "")}
}

// uvToolRun is that of `uv tool run`.
func uvToolRun(args []string) *download {
	d := uvDownload(args)
	if d != nil {
		d.fetch = append([]string{"tool", "run"}, d.fetch...)
	}
	return d
}

// imageFlags are the options of `docker run` without a value; -it is two of them.
var imageFlags = []string{"--detach", "--init", "--interactive", "--tty", "--privileged", "--publish-all", "--read-only", "--rm", "--no-healthcheck", "--oom-kill-disable", "--quiet"}

// imageDownload is that of `docker run`. An image that is here already may be the
// user's own and not on any server: it is left.
func imageDownload(args []string) *download {
	if len(args) > 0 && args[0] == "container" {
		args = args[1:]
	}
	if len(args) == 0 || args[0] != "run" {
		return nil
	}
	var platform []string
	for i := 1; i < len(args); i++ {
		a := args[i]
		name, value, has := strings.Cut(a, "=")
		switch {
		case !strings.HasPrefix(a, "-"):
			return &download{what: a, has: []string{"image", "inspect", a}, fetch: slices.Concat([]string{"pull"}, platform, []string{a})}
		case slices.Contains(imageFlags, name):
		case !strings.HasPrefix(a, "--") && strings.Trim(a[1:], "itdPq") == "":
		case name == "--pull" && (value == "never" || !has && i+1 < len(args) && args[i+1] == "never"):
			return nil
		case !has && !strings.HasPrefix(a, "--") && len(a) > 2: // -eNAME=VALUE
		case !has:
			i++
			if name == "--platform" && i < len(args) {
				platform = []string{"--platform=" + args[i]}
			}
		case name == "--platform":
			platform = []string{a}
		}
	}
	return nil
}
