package configs

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestTOMLGetsAndLosesATable(t *testing.T) {
	codex, err := os.ReadFile("testdata/clients/codex/config.toml")
	if err != nil {
		t.Fatal(err)
	}
	block := "\n[mcp_servers.github]\ncommand = \"/usr/bin/mcp-companion\"\nargs = [\"run\", \"github\", \"--for\", \"claude-code\"]\n"
	for name, c := range map[string]struct{ before, after string }{
		"codex":          {string(codex), strings.Replace(string(codex), "\n[tui]", block+"\n[tui]", 1)},
		"empty":          {"", block[1:]},
		"one key":        {"a = 1\n", "a = 1\n" + block},
		"no final line":  {"a = 1", "a = 1\n" + strings.TrimSuffix(block, "\n")},
		"comment at end": {"[mcp_servers.x]\ncommand = \"y\"\n# the end\n", "[mcp_servers.x]\ncommand = \"y\"\n" + block + "# the end\n"},
		"CRLF":           {"a = 1\r\n", "a = 1\r\n" + strings.ReplaceAll(block, "\n", "\r\n")},
		"in between":     {"[mcp_servers.x]\nargs = [\n  \"]\", # not [here]\n  '''\n[no.table]\n''' ]\n[z]\nb = \"\"\"\n[nor.this]\"\"\"\n", "[mcp_servers.x]\nargs = [\n  \"]\", # not [here]\n  '''\n[no.table]\n''' ]\n" + block + "[z]\nb = \"\"\"\n[nor.this]\"\"\"\n"},
	} {
		d := parse(t, c.before, TOML)
		if err := d.Set([]byte(entry), "mcp_servers", "github"); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string(d.Bytes()); got != c.after {
			t.Errorf("%s:\n%q\nwant\n%q", name, got, c.after)
		}
		if v, _ := d.Value("mcp_servers", "github"); !sameJSON(v, []byte(entry)) {
			t.Errorf("%s: reads %s", name, v)
		}
		if err := d.Remove("mcp_servers", "github"); err != nil || string(d.Bytes()) != c.before {
			t.Errorf("%s, removed: %v\n%q", name, err, d.Bytes())
		}
	}
}

func TestTOMLEditsOneKeyAndNothingElse(t *testing.T) {
	text := "[mcp_servers.a]  # mine\ncommand = \"x\" # why\nargs = [ \"1\",\n  \"2\" ]\nn = 1_000\n[mcp_servers.a.env]\nK = 'v'\n\n[other]\nt = 1979-05-27T07:32:00Z\n"
	d := parse(t, text, TOML)
	for _, e := range []struct{ value, at, old, new string }{
		{`"y z"`, "command", `command = "x" # why`, `command = "y z" # why`},
		{`["1"]`, "args", "[ \"1\",\n  \"2\" ]", `["1"]`},
		{`false`, "enabled", "n = 1_000\n", "n = 1_000\nenabled = false\n"},
	} {
		if err := d.Set([]byte(e.value), "mcp_servers", "a", e.at); err != nil {
			t.Fatal(err)
		}
		text = strings.Replace(text, e.old, e.new, 1)
		if got := string(d.Bytes()); got != text {
			t.Errorf("%s:\n%s\nwant\n%s", e.at, got, text)
		}
	}
	if err := d.Remove("mcp_servers", "a", "enabled"); err != nil || strings.Contains(string(d.Bytes()), "enabled") {
		t.Errorf("%v %s", err, d.Bytes())
	}
	if n, ok := d.Names("mcp_servers", "a"); !ok || strings.Join(n, " ") != "command args n env" {
		t.Errorf("names %v", n)
	}
	if err := d.Remove("mcp_servers", "a"); err != nil || string(d.Bytes()) != "\n[other]\nt = 1979-05-27T07:32:00Z\n" {
		t.Errorf("%v %q", err, d.Bytes())
	}
}

func TestTOMLThatCannotBeEditedSafelyIsLeftAlone(t *testing.T) {
	for name, text := range map[string]string{
		"inline map":   "mcp_servers = { a = { command = \"x\" } }\n",
		"dotted keys":  "mcp_servers.a.command = \"x\"\n",
		"list of them": "[[mcp_servers]]\ncommand = \"x\"\n",
		"no map":       "mcp_servers = 1\n",
	} {
		d := parse(t, text, TOML)
		var unsafe *UnsafeError
		var syntax *SyntaxError
		if err := d.Set([]byte(entry), "mcp_servers", "github"); !errors.As(err, &unsafe) && !errors.As(err, &syntax) || string(d.Bytes()) != text {
			t.Errorf("%s: %v\n%s", name, err, d.Bytes())
		}
	}
	var s *SyntaxError
	if _, err := Parse("x", []byte("a = 1\nb = \n"), TOML); !errors.As(err, &s) || s.Line != 2 {
		t.Errorf("%v", err)
	}
}

func FuzzTOML(f *testing.F) {
	for _, p := range []string{"config.toml", "invalid-url-and-env.toml"} {
		data, err := os.ReadFile("testdata/clients/codex/" + p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "github")
	}
	f.Add([]byte("[mcp_servers]\na = {}\n[ mcp_servers . \"b\" ]\n['x'.y]\nz=1"), "b")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		d, err := Parse("x", data, TOML)
		if err != nil {
			return
		}
		if !bytes.Equal(d.Bytes(), data) {
			t.Fatal("parsing changed it")
		}
		_, present := d.Value("mcp_servers", name)
		_, had := d.Names("mcp_servers")
		if d.Set([]byte(entry), "mcp_servers", name) != nil {
			if !bytes.Equal(d.Bytes(), data) {
				t.Fatal("a refused edit changed something")
			}
			return
		}
		if v, _ := d.Value("mcp_servers", name); !sameJSON(v, []byte(entry)) {
			t.Fatalf("reads %s", v)
		}
		if _, err := Parse("x", d.Bytes(), TOML); err != nil {
			t.Fatal(err)
		}
		if err := d.Remove("mcp_servers", name); err != nil {
			t.Fatal(err)
		}
		if !present && had && !bytes.Equal(d.Bytes(), data) {
			t.Fatalf("added and removed:\n%q\nwas\n%q", d.Bytes(), data)
		}
	})
}
