package configs

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestYAMLGetsAndLosesAnEntry(t *testing.T) {
	read := func(p string) string {
		b, err := os.ReadFile("testdata/clients/" + p)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	goose, cont := read("goose/config.yaml"), read("continue/config.yaml")
	mapped := "  github:\n    command: \"/usr/bin/x\"\n    args: [\"run\", \"a b\"]\n    enabled: true\n"
	listed := "  - name: github\n    command: \"/usr/bin/x\"\n"
	value := `{"command":"/usr/bin/x","args":["run","a b"],"enabled":true}`
	item := `{"name":"github","command":"/usr/bin/x"}`
	for name, c := range map[string]struct{ key, value, before, after string }{
		"goose":         {"extensions", value, goose, goose + mapped},
		"continue":      {"mcpServers", item, cont, cont + listed},
		"empty map":     {"extensions", value, "a: 1\nextensions: {}\nb: 2\n", "a: 1\nextensions:\n" + mapped + "b: 2\n"},
		"empty list":    {"mcpServers", item, "mcpServers: [] # none\nb: 2\n", "mcpServers: # none\n" + listed + "b: 2\n"},
		"no final line": {"extensions", value, "extensions:\n  a:\n    x: 1", "extensions:\n  a:\n    x: 1\n" + strings.TrimSuffix(mapped, "\n")},
		"dash at zero":  {"mcpServers", item, "mcpServers:\n- name: a\n  x: 1\nz: 1\n", "mcpServers:\n- name: a\n  x: 1\n- name: github\n  command: \"/usr/bin/x\"\nz: 1\n"},
		"comments":      {"extensions", value, "extensions:\n  # first\n  a: # it\n    x: 1\n    # inside\n\n# next\nb: 2\n", "extensions:\n  # first\n  a: # it\n    x: 1\n    # inside\n" + mapped + "\n# next\nb: 2\n"},
		"long text":     {"extensions", value, "extensions:\n  a:\n    x: |\n      one\n      # no comment\n\n      two\nb: 2\n", "extensions:\n  a:\n    x: |\n      one\n      # no comment\n\n      two\n" + mapped + "b: 2\n"},
		"CRLF":          {"extensions", value, "extensions:\r\n  a:\r\n    x: 1\r\n", "extensions:\r\n  a:\r\n    x: 1\r\n" + strings.ReplaceAll(mapped, "\n", "\r\n")},
	} {
		d := parse(t, c.before, YAML)
		if err := d.Set([]byte(c.value), c.key, "github"); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string(d.Bytes()); got != c.after {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.after)
		}
		if err := d.Remove(c.key, "github"); err != nil || string(d.Bytes()) != c.before {
			t.Errorf("%s, removed: %v\n%s\nwant\n%s", name, err, d.Bytes(), c.before)
		}
	}
}

func TestYAMLWithoutTheKeyGetsItAtTheEnd(t *testing.T) {
	for before, after := range map[string]string{"": "extensions:\n  a:\n    x: 1\n", "b: 2\n": "b: 2\nextensions:\n  a:\n    x: 1\n", "extensions:\nb: 2\n": "extensions:\n  a:\n    x: 1\nb: 2\n"} {
		d := parse(t, before, YAML)
		if err := d.Set([]byte(`{"x":1}`), "extensions", "a"); err != nil || string(d.Bytes()) != after {
			t.Errorf("%q: %v\n%q", before, err, d.Bytes())
		}
	}
}

func TestYAMLEditsOneMemberAndNothingElse(t *testing.T) {
	text := "mcpServers:\n  - name: a # mine\n    command: x   # why\n    args:\n      - \"1\"\n      - two\n    on: true\n  - name: b\nz: [1, 2.50]\n"
	d := parse(t, text, YAML)
	for _, e := range []struct{ value, at, old, new string }{
		{`"y z"`, "command", "command: x   # why", "command: \"y z\"   # why"},
		{`["1"]`, "args", "args:\n      - \"1\"\n      - two\n", "args: [\"1\"]\n"},
		{`false`, "enabled", "on: true\n", "on: true\n    enabled: false\n"},
	} {
		if err := d.Set([]byte(e.value), "mcpServers", "a", e.at); err != nil {
			t.Fatal(err)
		}
		text = strings.Replace(text, e.old, e.new, 1)
		if got := string(d.Bytes()); got != text {
			t.Errorf("%s:\n%s\nwant\n%s", e.at, got, text)
		}
	}
	if err := d.Remove("mcpServers", "a", "enabled"); err != nil || strings.Contains(string(d.Bytes()), "enabled") {
		t.Errorf("%v %s", err, d.Bytes())
	}
	if err := d.Remove("mcpServers", "a"); err != nil || string(d.Bytes()) != "mcpServers:\n  - name: b\nz: [1, 2.50]\n" {
		t.Errorf("%v %q", err, d.Bytes())
	}
}

func TestYAMLThatCannotBeEditedSafelyIsLeftAlone(t *testing.T) {
	for name, text := range map[string]string{
		"flow":          "extensions: {a: {x: 1}}\n",
		"flow list":     "extensions: [{name: a}]\n",
		"anchors":       "extensions:\n  a: &base\n    x: 1\n  b:\n    <<: *base\n",
		"two documents": "extensions:\n  a: {}\n---\nextensions:\n  a: {}\n",
		"a text":        "extensions: hello\n",
	} {
		d, err := Parse("x", []byte(text), YAML)
		if err != nil {
			continue // refused even earlier
		}
		var unsafe *UnsafeError
		var syntax *SyntaxError
		if err := d.Set([]byte(`{"x":1}`), "extensions", "github"); !errors.As(err, &unsafe) && !errors.As(err, &syntax) || string(d.Bytes()) != text {
			t.Errorf("%s: %v\n%s", name, err, d.Bytes())
		}
	}
	var s *SyntaxError
	if _, err := Parse("x", []byte("a: 1\nb: [\n"), YAML); !errors.As(err, &s) || s.Line < 2 {
		t.Errorf("%v", err)
	}
}

func FuzzYAML(f *testing.F) {
	for _, p := range []string{"goose", "continue"} {
		data, err := os.ReadFile("testdata/clients/" + p + "/config.yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "extensions", "github")
		f.Add(data, "mcpServers", "docs")
	}
	f.Fuzz(func(t *testing.T, data []byte, key, name string) {
		d, err := Parse("x", data, YAML)
		if err != nil {
			return
		}
		_, present := d.Value(key, name)
		names, had := d.Names(key)
		value := []byte(`{"name":` + string(quote(name)) + `,"x":["a"]}`)
		if d.Set(value, key, name) != nil {
			if !bytes.Equal(d.Bytes(), data) {
				t.Fatal("a refused edit changed something")
			}
			return
		}
		if v, _ := d.Value(key, name); !sameJSON(v, value) {
			t.Fatalf("reads %s", v)
		}
		if d.Remove(key, name) != nil {
			return // what came out is odd enough not to be touched again
		}
		if !present && had && len(names) > 0 && !bytes.Equal(d.Bytes(), data) {
			t.Fatalf("added and removed:\n%q\nwas\n%q", d.Bytes(), data)
		}
	})
}
