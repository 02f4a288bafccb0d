//go:build desktop && linux

package projects

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// made makes a project of this kind, as a user would have it.
func made(t *testing.T, kind string) *Project {
	t.Helper()
	p, err := Create(t.Context(), Request{Template: kind, Name: "Weather", Folder: filepath.Join(t.TempDir(), "it's a folder")})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// in runs a program in the project's folder.
func in(t *testing.T, p *Project, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = p.Folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// The packages are those of the tests, in place of npm install.
func TestDesktopANodeProjectWorksAsItIs(t *testing.T) {
	modules, err := filepath.Abs("../../.npm/test/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	node := filepath.Join(modules, ".bin/node")
	p := made(t, "node")
	if err := os.Symlink(modules, filepath.Join(p.Folder, "node_modules")); err != nil {
		t.Fatal(err)
	}

	if out := in(t, p, node, "--test", "--test-reporter=tap"); !strings.Contains(out, "# pass 3") || !strings.Contains(out, "# fail 0") {
		t.Errorf("its own tests: %s", out)
	}

	cmd := exec.CommandContext(t.Context(), node, p.Server.Args...)
	var said strings.Builder
	cmd.Dir, cmd.Stderr = p.Server.Cwd, &said
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if name := session.InitializeResult().ServerInfo.Name; name != "Weather" {
		t.Errorf("it calls itself %q", name)
	}
	tools, err := session.ListTools(t.Context(), nil)
	if err != nil || len(tools.Tools) != 1 || tools.Tools[0].Name != "count_words" || tools.Tools[0].Description == "" {
		t.Errorf("tools: %+v %v", tools, err)
	}
	answer, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "count_words", Arguments: map[string]any{"text": "one two\nthree"}})
	if err != nil || answer.IsError || answer.Content[0].(*mcp.TextContent).Text != "3" {
		t.Errorf("answer: %+v %v", answer, err)
	}
	if answer, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "count_words", Arguments: map[string]any{"text": 3}}); err == nil && !answer.IsError {
		t.Errorf("it took a number for a text: %+v", answer)
	}
	list, err := session.ListResources(t.Context(), nil)
	if err != nil || len(list.Resources) != 1 {
		t.Fatalf("resources: %+v %v", list, err)
	}
	about, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: list.Resources[0].URI})
	if err != nil || about.Contents[0].Text != "This server counts words." {
		t.Errorf("resource: %+v %v", about, err)
	}
	if err := session.Close(); err != nil {
		t.Errorf("its end: %v", err)
	}
	if said.Len() > 0 {
		t.Errorf("it complained: %s", said.String())
	}
}

// What the project asks for is what these tests ran with: a new version here is one
// there.
func TestDesktopTheNodePackagesExist(t *testing.T) {
	contents, err := kinds[0].contents("x")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"@modelcontextprotocol/server", "@modelcontextprotocol/client", "zod"} {
		data, err := os.ReadFile(filepath.Join("../../.npm/test/node_modules", name, "package.json"))
		if err != nil {
			t.Fatal(err)
		}
		_, version, _ := strings.Cut(string(data), `"version": "`)
		version, _, _ = strings.Cut(version, `"`)
		if want := `"` + name + `": "^` + version + `"`; !strings.Contains(contents["package.json"], want) {
			t.Errorf("not %s: %s", want, contents["package.json"])
		}
	}
}

// Python's own packages are not to be had in every place the tests run: the files
// are compiled, and uv is a stand-in that notes how it is called.
func TestDesktopAPythonProjectCompilesAndIsStartedThroughUV(t *testing.T) {
	p := made(t, "python")
	in(t, p, "python3", "-m", "py_compile", "server.py", "test_server.py")
	in(t, p, "python3", "-c", `
import sys, types
class FastMCP:
    def __init__(self, name): print(name)
    def tool(self): return lambda f: f
    def resource(self, uri, mime_type): return lambda f: f
    def run(self): print("runs")
fake = types.ModuleType("mcp.server.fastmcp"); fake.FastMCP = FastMCP
sys.modules.update({"mcp": types.ModuleType("mcp"), "mcp.server": types.ModuleType("mcp.server"), "mcp.server.fastmcp": fake})
import test_server
test_server.test_words_are_counted()
assert test_server.about() == "This server counts words."
`)

	tools := t.TempDir()
	uv, log := filepath.Join(tools, "uv"), filepath.Join(tools, "log")
	if err := os.WriteFile(uv, []byte("#!/bin/sh\nfor a; do printf '%s\\n' \"$a\"; done >>"+log+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, line := range append(p.Prepare, append([]string{p.Server.Command}, p.Server.Args...)) {
		if line[0] != "uv" {
			t.Fatal(line)
		}
		in(t, p, uv, line[1:]...)
	}
	got, err := os.ReadFile(log)
	if want := "sync\nrun\n--directory\n" + p.Folder + "\nserver.py\n"; err != nil || string(got) != want {
		t.Errorf("uv was called with %q, not %q (%v)", got, want, err)
	}
}
