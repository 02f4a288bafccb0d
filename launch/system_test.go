package launch

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// madeUp is a computer with these files (a trailing slash makes a folder; a
// folder exists as soon as something lies in it; "-" before a name takes its
// permission to run).
func madeUp(goos string, env []string, paths ...string) *system {
	sep := "/"
	if goos == "windows" {
		sep = `\`
	}
	modes, texts := map[string]fs.FileMode{}, map[string]string{}
	for _, p := range paths {
		p, text, _ := strings.Cut(p, "=")
		mode := fs.FileMode(0o755)
		if rest, ok := strings.CutPrefix(p, "-"); ok {
			p, mode = rest, 0o644
		}
		texts[p] = text
		if strings.HasSuffix(p, sep) {
			p, mode = strings.TrimSuffix(p, sep), fs.ModeDir|0o755
		}
		modes[p] = mode
		for i := strings.LastIndex(p, sep); i > 0; i = strings.LastIndex(p, sep) {
			p = p[:i]
			modes[p] = fs.ModeDir | 0o755
		}
	}
	return &system{goos: goos, env: env, cwd: func() string { return sep + "cwd" }, home: func() string { return "" }, disk: disk{
		mode: func(p string) (fs.FileMode, error) {
			if m, ok := modes[p]; ok {
				return m, nil
			}
			return 0, fs.ErrNotExist
		},
		names: func(dir string) (names []string) {
			for p := range modes {
				if rest, ok := strings.CutPrefix(p, dir+sep); ok && !strings.Contains(rest, sep) {
					names = append(names, rest)
				}
			}
			return names
		},
		text: func(p string) string { return texts[p] },
	}}
}

func TestPathIsAsInTheTerminal(t *testing.T) {
	windows := []string{
		`USERPROFILE=C:\Users\u`, `APPDATA=C:\Users\u\AppData\Roaming`, `LOCALAPPDATA=C:\Users\u\AppData\Local`,
		`PROGRAMFILES=C:\Program Files`, `SystemRoot=C:\Windows`, `Path=C:\Windows\system32;C:\x`,
	}
	for name, c := range map[string]struct {
		goos  string
		env   []string
		own   map[string]string
		paths []string
		want  string
	}{
		"nothing known":        {"linux", []string{"HOME=/h", "PATH=/usr/bin:/bin"}, nil, nil, "/usr/bin:/bin"},
		"the client's first":   {"linux", []string{"HOME=/h", "PATH=/usr/bin"}, nil, []string{"/usr/bin/", "/h/.local/bin/", "/usr/local/bin/"}, "/usr/bin:/h/.local/bin:/usr/local/bin"},
		"no doubles":           {"linux", []string{"HOME=/h", "PATH=/usr/local/bin/:/usr/bin:/usr/bin"}, nil, []string{"/usr/local/bin/"}, "/usr/local/bin/:/usr/bin"},
		"the server's first":   {"linux", []string{"HOME=/h", "PATH=/usr/bin"}, map[string]string{"PATH": "/own:/usr/bin"}, nil, "/own:/usr/bin"},
		"no PATH at all":       {"linux", []string{"HOME=/h"}, nil, []string{"/usr/bin/", "/bin/"}, "/usr/bin:/bin"},
		"no HOME":              {"linux", []string{"PATH=/bin"}, nil, []string{"/.local/bin/", "/.volta/bin/"}, "/bin"},
		"moved managers":       {"linux", []string{"HOME=/h", "PATH=/bin", "VOLTA_HOME=/v", "NVM_DIR=/n"}, nil, []string{"/v/bin/", "/n/versions/node/v20.1.0/bin/"}, "/bin:/v/bin:/n/versions/node/v20.1.0/bin"},
		"managers":             {"linux", []string{"HOME=/h", "PATH=/bin"}, nil, []string{"/h/.asdf/shims/", "/h/.local/share/mise/shims/", "/h/.bun/bin/", "/h/.cargo/bin/", "/h/.local/share/pnpm/", "/h/.local/share/fnm/aliases/default/bin/"}, "/bin:/h/.local/share/mise/shims:/h/.asdf/shims:/h/.local/share/fnm/aliases/default/bin:/h/.bun/bin:/h/.cargo/bin:/h/.local/share/pnpm"},
		"nvm's newest":         {"linux", []string{"HOME=/h", "PATH=/bin"}, nil, []string{"/h/.nvm/versions/node/v9.9.9/bin/", "/h/.nvm/versions/node/v22.10.0/bin/", "/h/.nvm/versions/node/v22.9.0/bin/"}, "/bin:/h/.nvm/versions/node/v22.10.0/bin"},
		"nvm's default":        {"linux", []string{"HOME=/h", "PATH=/bin"}, nil, []string{"/h/.nvm/alias/default=20\n", "/h/.nvm/versions/node/v20.1.0/bin/", "/h/.nvm/versions/node/v20.2.0/bin/", "/h/.nvm/versions/node/v202.0.0/bin/", "/h/.nvm/versions/node/v22.9.0/bin/"}, "/bin:/h/.nvm/versions/node/v20.2.0/bin"},
		"nvm's alias of alias": {"linux", []string{"HOME=/h", "PATH=/bin"}, nil, []string{"/h/.nvm/alias/default=lts/*\n", "/h/.nvm/alias/lts/*=lts/iron\n", "/h/.nvm/alias/lts/iron=v20.1.0\n", "/h/.nvm/versions/node/v20.1.0/bin/", "/h/.nvm/versions/node/v22.9.0/bin/"}, "/bin:/h/.nvm/versions/node/v20.1.0/bin"},
		"nvm's circle":         {"linux", []string{"HOME=/h", "PATH=/bin"}, nil, []string{"/h/.nvm/alias/default=default\n", "/h/.nvm/versions/node/v20.1.0/bin/"}, "/bin:/h/.nvm/versions/node/v20.1.0/bin"},
		"nvm's node":           {"linux", []string{"HOME=/h", "PATH=/bin"}, nil, []string{"/h/.nvm/alias/default=node\n", "/h/.nvm/versions/node/v20.1.0/bin/", "/h/.nvm/versions/node/v22.9.0/bin/"}, "/bin:/h/.nvm/versions/node/v22.9.0/bin"},
		"macOS":                {"darwin", []string{"HOME=/Users/u", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"}, nil, []string{"/opt/homebrew/bin/", "/usr/local/bin/", "/Users/u/Library/pnpm/", "/usr/bin/"}, "/usr/bin:/bin:/usr/sbin:/sbin:/Users/u/Library/pnpm:/opt/homebrew/bin:/usr/local/bin"},
		"Windows":              {"windows", windows, nil, []string{`C:\Program Files\nodejs\`, `C:\Users\u\AppData\Roaming\npm\`, `C:\Users\u\AppData\Local\Volta\bin\`, `C:\Users\u\scoop\shims\`, `C:\Users\u\.local\bin\`, `C:\Windows\System32\`, `C:\ProgramData\chocolatey\bin\`, `C:\Users\u\AppData\Local\Programs\Python\Python39\Scripts\`, `C:\Users\u\AppData\Local\Programs\Python\Python312\Scripts\`}, `C:\Windows\system32;C:\x;C:\Users\u\.local\bin;C:\Users\u\AppData\Local\Volta\bin;C:\Program Files\nodejs;C:\Users\u\AppData\Roaming\npm;C:\Users\u\scoop\shims;C:\Users\u\AppData\Local\Programs\Python\Python312;C:\Users\u\AppData\Local\Programs\Python\Python312\Scripts;C:\ProgramData\chocolatey\bin;C:\Windows`},
		"Windows, own Path":    {"windows", windows, map[string]string{"PATH": `D:\own`}, nil, `D:\own;C:\Windows\system32;C:\x`},
	} {
		t.Run(name, func(t *testing.T) {
			s := madeUp(c.goos, c.env, c.paths...)
			if got := strings.Join(s.path(c.own), s.listSeparator()); got != c.want {
				t.Errorf("\ngot  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestEnvironmentIsTheClientsAndTheServersAbove(t *testing.T) {
	for name, c := range map[string]struct {
		goos string
		env  []string
		own  map[string]string
		want []string
	}{
		"added":             {"linux", []string{"HOME=/h", "PATH=/bin"}, map[string]string{"A": "1"}, []string{"HOME=/h", "A=1", "PATH=/p"}},
		"replaced":          {"linux", []string{"A=client", "B=2"}, map[string]string{"A": "1"}, []string{"B=2", "A=1", "PATH=/p"}},
		"names are exact":   {"linux", []string{"a=client"}, map[string]string{"A": ""}, []string{"a=client", "A=", "PATH=/p"}},
		"another's session": {"linux", []string{"MCP_COMPANION_SESSION=other", "X=a=b"}, nil, []string{"X=a=b", "PATH=/p"}},
		"Windows":           {"windows", []string{"=C:=C:\\x", "Path=C:\\", "Api_Key=client"}, map[string]string{"API_KEY": "1"}, []string{"=C:=C:\\x", "API_KEY=1", "PATH=/p"}},
	} {
		got := madeUp(c.goos, c.env).environment([]string{"/p"}, c.own)
		if name == "Windows" {
			// The name of "=C:" is empty to strings.Cut, and it stays.
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %q", name, got)
			}
			continue
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestProgramIsFoundAsTheSystemWould(t *testing.T) {
	for name, c := range map[string]struct {
		goos, command, dir string
		paths              []string
		want               string
		err                error
	}{
		"first of the PATH":      {"linux", "npx", "", []string{"/a/npx", "/b/npx"}, "/a/npx", nil},
		"a folder is none":       {"linux", "npx", "", []string{"/a/npx/", "/b/npx"}, "/b/npx", nil},
		"may not be run":         {"linux", "npx", "", []string{"-/a/npx"}, "", fs.ErrPermission},
		"one may not, one may":   {"linux", "npx", "", []string{"-/a/npx", "/b/npx"}, "/b/npx", nil},
		"absolute":               {"linux", "/x/npx", "", []string{"/a/npx", "/x/npx"}, "/x/npx", nil},
		"absolute, missing":      {"linux", "/x/npx", "", []string{"/a/npx"}, "", fs.ErrNotExist},
		"beside the folder":      {"linux", "bin/npx", "/d", []string{"/d/bin/npx"}, "/d/bin/npx", nil},
		"beside where we are":    {"linux", "./npx", "", []string{"/cwd/./npx"}, "/cwd/./npx", nil},
		"missing":                {"linux", "npx", "", nil, "", fs.ErrNotExist},
		"not where we are":       {"linux", "npx", "/cwd", []string{"/cwd/npx"}, "", fs.ErrNotExist},
		"Windows: npx.cmd":       {"windows", "npx", "", []string{`C:\a\npx`, `C:\a\npx.cmd`}, `C:\a\npx.cmd`, nil},
		"Windows: exe first":     {"windows", "uvx", "", []string{`C:\b\uvx.exe`, `C:\a\uvx.cmd`, `C:\a\uvx.exe`}, `C:\a\uvx.exe`, nil},
		"Windows: with ending":   {"windows", "NPX.CMD", "", []string{`C:\a\NPX.CMD`}, `C:\a\NPX.CMD`, nil},
		"Windows: dotted name":   {"windows", "python3.12", "", []string{`C:\a\python3.12`, `C:\a\python3.12.exe`}, `C:\a\python3.12.exe`, nil},
		"Windows: absolute":      {"windows", `C:\x y\node`, "", []string{`C:\x y\node.exe`}, `C:\x y\node.exe`, nil},
		"Windows: slashes":       {"windows", `C:/x/node.exe`, "", []string{`C:/x/node.exe`}, `C:/x/node.exe`, nil},
		"Windows: only a script": {"windows", "npx", "", []string{`C:\a\npx`}, "", fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			path := []string{"", ".", "/a", "/b"}
			if c.goos == "windows" {
				path = []string{"", ".", `C:\a`, `C:\b\`}
			}
			got, err := madeUp(c.goos, nil, c.paths...).find(c.command, c.dir, path)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

func TestBatchFilesGetTheirArgumentsAndNoMore(t *testing.T) {
	const begin = `cmd.exe /e:ON /v:OFF /d /c ""C:\Program Files\nodejs\npx.cmd"`
	for arg, want := range map[string]string{
		`-y`:                 `-y`,
		`@scope/name@1.2.3`:  `@scope/name@1.2.3`,
		``:                   `""`,
		`two words`:          `"two words"`,
		`C:\dir\`:            `"C:\dir\\"`,
		`C:\dir\file`:        `C:\dir\file`,
		`a&calc.exe`:         `"a&calc.exe"`,
		`"&calc.exe`:         `"""&calc.exe"`,
		`x\"&calc.exe`:       `"x\\""&calc.exe"`,
		`%PATH%`:             `"%%cd:~,%PATH%%cd:~,%"`,
		`!X!`:                `"!X!"`,
		`a^b|c<d>e`:          `"a^b|c<d>e"`,
		`{"a":"b c"}`:        `"{""a"":""b c""}"`,
		"grüße":              "grüße",
		"non\u0085control":   "\"non\u0085control\"",
		`--flag=a,b;c`:       `"--flag=a,b;c"`,
		`(x)`:                `"(x)"`,
		`https://h/p?q=1&r=`: `"https://h/p?q=1&r="`,
	} {
		got, err := batchLine(`C:\Program Files\nodejs\npx.cmd`, []string{arg})
		if err != nil || got != begin+" "+want+`"` {
			t.Errorf("%s: %s, %v", arg, got, err)
		}
	}
	for _, bad := range []string{"a\nb", "a\rb", "a\x00b"} {
		if _, err := batchLine(`C:\x.cmd`, []string{bad}); !errors.Is(err, errBatchText) {
			t.Errorf("%q was taken", bad)
		}
	}
	if _, err := batchLine("C:\\x\".cmd", nil); err == nil {
		t.Error("a script's name with a quote was taken")
	}
	for path, want := range map[string]bool{`C:\npx.CMD`: true, `C:\a.bat`: true, `C:\node.exe`: false, `C:\cmd`: false} {
		if isBatch(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}
