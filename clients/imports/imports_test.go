package imports

import (
	"reflect"
	"strings"
	"testing"

	"mcp-companion/words"
)

func TestSnippetsOfEveryShapeAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string // name command args | name url
	}{
		"whole":          {`{"mcpServers": {"github": {"command": "npx", "args": ["-y", "x"]}}}`, "github npx -y x"},
		"fragment":       {`"git hub": {"command": "npx"},`, "git-hub npx"},
		"bare":           {`{"command": "npx", "args": ["-y", "@scope/server-files@1.2", "/tmp"]}`, "server-files npx -y @scope/server-files@1.2 /tmp"},
		"comments":       {"{ // hi\n \"mcpServers\": {\"a\": {\"command\": \"x\",},},}", "a x"},
		"fenced":         {"Add this:\n```json\n{\"mcpServers\":{\"a\":{\"command\":\"x\"}}}\n```\nand restart", "a x"},
		"smart quotes":   {"{“mcpServers”: {“a”: {“command”: “x”}}}", "a x"},
		"vscode":         {`{"servers": {"a": {"type": "http", "url": "https://h/mcp"}}, "inputs": []}`, "a https://h/mcp"},
		"windsurf":       {`{"mcpServers": {"a": {"serverUrl": "https://h/mcp"}}}`, "a https://h/mcp"},
		"opencode":       {`{"mcp": {"a": {"type": "local", "command": ["npx", "-y", "x"]}}}`, "a npx -y x"},
		"cline nested":   {`{"mcpServers": {"a": {"transport": {"type": "stdio", "command": "uvx", "args": ["g"]}}}}`, "a uvx g"},
		"named outer":    {`{"a": {"command": "x"}}`, "a x"},
		"one bad of two": {`{"mcpServers": {"bad": {"args": []}, "a": {"command": "x"}}}`, "a x"},
	} {
		list, err := Read(c.text)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %v %v", name, list, err)
			continue
		}
		s, _, err := list[0].Recommended().Sketch("linux", nil)
		got := strings.TrimSpace(strings.Join(append([]string{list[0].Name, s.Command + s.URL}, s.Args...), " "))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestKeysOfAnEntryAreLiftedOut(t *testing.T) {
	f, ok := Entry("a", []byte(`{"command": "x", "env": {
		"API_KEY": "abc-real", "OTHER": "ghp_0123456789ab", "TOKEN": "YOUR_TOKEN_HERE", "MODE": "fast", "N": 3,
		"REF_TOKEN": "${env:T}", "IN": "${input:k}"}}`))
	if !ok {
		t.Fatal("it is none")
	}
	if want := map[string]string{"API_KEY": "abc-real", "OTHER": "ghp_0123456789ab", "TOKEN": "", "IN": ""}; !reflect.DeepEqual(f.Env, want) {
		t.Errorf("keys %v", f.Env)
	}
	if want := map[string]string{"MODE": "fast", "N": "3", "REF_TOKEN": "${env:T}"}; !reflect.DeepEqual(f.Server.Env, want) {
		t.Errorf("plain %v", f.Server.Env)
	}
}

func TestWhatIsNoServerSaysSo(t *testing.T) {
	for text, code := range map[string]words.Code{"": words.ImportNothing, "hello": words.ImportNothing, `{"theme": "dark"}`: words.ImportNothing, "{\"mcpServers\": {": words.FileBroken} {
		if _, err := Read(text); !words.Has(err, code) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNamesBecomeOnesThatEveryClientTakes(t *testing.T) {
	for text, want := range map[string]string{"github.com/example/notes-mcp": "notes-mcp", "Team Wiki": "Team-Wiki", "ü": "server", "a_b": "a-b", strings.Repeat("a", 40): strings.Repeat("a", 32)} {
		if got := Name(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
