package launch

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"mcp-companion/servers"
)

func madeUpLook(goos string, env []string, paths ...string) Look {
	s := madeUp(goos, env, paths...)
	return LookAt(goos, "", env, s.mode, s.names, s.text)
}

func TestLookKnowsPlacesThatAPlanDoesNot(t *testing.T) {
	mac := []string{"HOME=/Users/u", "PATH=/usr/bin"}
	windows := []string{`USERPROFILE=C:\Users\u`, `PATH=C:\Windows`}
	for name, c := range map[string]struct {
		look    Look
		program string
		want    []string
		found   bool // by a Plan
	}{
		"nothing": {madeUpLook("darwin", mac), "npx", nil, false},
		"the PATH first, then the well-known": {
			madeUpLook("darwin", mac, "/opt/homebrew/bin/npx", "/usr/bin/npx"),
			"npx",
			[]string{"/usr/bin/npx", "/opt/homebrew/bin/npx"},
			true,
		},
		"every version of fnm, the newest first": {
			madeUpLook("linux", []string{"HOME=/home/u"}, "/home/u/.local/share/fnm/node-versions/v9.1.0/installation/bin/node", "/home/u/.local/share/fnm/node-versions/v20.1.0/installation/bin/node"),
			"node",
			[]string{"/home/u/.local/share/fnm/node-versions/v20.1.0/installation/bin/node", "/home/u/.local/share/fnm/node-versions/v9.1.0/installation/bin/node"},
			false,
		},
		"the other versions of nvm": {
			madeUpLook("linux", []string{"HOME=/home/u"}, "/home/u/.nvm/alias/default=18", "/home/u/.nvm/versions/node/v18.2.0/bin/node", "/home/u/.nvm/versions/node/v22.1.0/bin/node"),
			"node",
			[]string{"/home/u/.nvm/versions/node/v18.2.0/bin/node", "/home/u/.nvm/versions/node/v22.1.0/bin/node"},
			true,
		},
		"a keg of Homebrew's": {
			madeUpLook("darwin", mac, "/opt/homebrew/opt/node@20/bin/npx"),
			"npx",
			[]string{"/opt/homebrew/opt/node@20/bin/npx"},
			false,
		},
		"Docker's own": {
			madeUpLook("darwin", mac, "/Applications/Docker.app/Contents/Resources/bin/docker"),
			"docker",
			[]string{"/Applications/Docker.app/Contents/Resources/bin/docker"},
			false,
		},
		"nvm for Windows": {
			madeUpLook("windows", windows, `C:\Users\u\AppData\Roaming\nvm\v22.1.0\npx.cmd`),
			"npx",
			[]string{`C:\Users\u\AppData\Roaming\nvm\v22.1.0\npx.cmd`},
			false,
		},
		"not a place": {madeUpLook("linux", nil, "/x/npx"), "/x/npx", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.look.Everywhere(c.program); !slices.Equal(got, c.want) {
				t.Errorf("%q", got)
			}
			_, err := c.look.Find(&servers.Server{Command: c.program})
			if (err == nil) != c.found || err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a plan: %v", err)
			}
		})
	}
}

func TestLookTellsThePathFromTheRest(t *testing.T) {
	l := madeUpLook("darwin", []string{"PATH=/usr/bin", "HOME=/Users/u"}, "/usr/bin/git", "/opt/homebrew/bin/npx")
	if !l.OnPath("git") || l.OnPath("npx") {
		t.Error("confused them")
	}
}
