package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The program itself is the command mcp-companion of the scripts, and a small MCP
// server and client are the commands server and client.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"mcp-companion": main,
		"server":        server,
		"client":        client,
	})
}

// The commands, end to end: real files, the encrypted store, a real server.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			for k, v := range map[string]string{"HOME": home, "USERPROFILE": home, "MCP_COMPANION_SECRETS": "file", "XDG_CONFIG_HOME": "", "LANG": "C"} {
				e.Setenv(k, v)
			}
			return os.MkdirAll(home, 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"nowhere": nowhere, "sub": sub},
	})
}

// nowhere TEXT DIR: no file below DIR holds TEXT.
func nowhere(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: nowhere TEXT DIR")
	}
	seen := 0
	err := filepath.WalkDir(ts.MkAbs(args[1]), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.Contains(path, string(filepath.Separator)+"bin"+string(filepath.Separator)) {
			return err
		}
		seen++
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(args[0])) {
			ts.Fatalf("%s holds it", path)
		}
		return err
	})
	if err != nil || seen == 0 {
		ts.Fatalf("%d files, %v", seen, err)
	}
}

// sub FILE OLD NEW: replaces text in a file, as a hand would.
func sub(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	before := ts.ReadFile(args[0])
	after := strings.ReplaceAll(before, args[1], args[2])
	if after == before {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(path, []byte(after), 0o644))
}
