package clients

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"mcp-companion/servers"
)

func TestAProjectIsAClientOfItsOwn(t *testing.T) {
	s := computer(t, "linux")
	touch(t, s, "shop/x", ".claude.json")
	shop := s.home("shop")
	p := Find("claude-code:" + shop)
	if p == nil || p.ID != "claude-code:"+shop || p.App() != "claude-code" || p.Project() != shop || p.Title != "Claude Code in shop" {
		t.Fatalf("%+v", p)
	}
	if got := p.Files(s, ""); !reflect.DeepEqual(got, []string{filepath.Join(shop, ".mcp.json")}) || !p.Installed(s) {
		t.Error(got)
	}
	for _, id := range []string{"claude-code:shop", "claude-desktop:" + shop, "nobody:" + shop, "claude-code:"} {
		if Find(id) != nil {
			t.Errorf("%s is a client", id)
		}
	}
	var ids []string
	for _, c := range With([]string{"cursor:/b", "cursor:/a", "gone"}) {
		if c.App() == "cursor" {
			ids = append(ids, c.ID)
		}
	}
	if !reflect.DeepEqual(ids, []string{"cursor", "cursor:/a", "cursor:/b"}) {
		t.Error(ids)
	}
	gone := Find("cursor:" + s.home("gone"))
	if gone.Files(s, "") != nil || gone.Installed(s) {
		t.Error("a project that is gone has a file")
	}
}

func TestAProjectsEntriesAreShownAsTheyRankAndWhetherTheyAreApproved(t *testing.T) {
	s := computer(t, "linux")
	touch(t, s, "shop/.claude/settings.local.json", ".claude/settings.json", ".claude.json")
	shop := s.home("shop")
	os.WriteFile(s.home(".claude.json"), []byte(`{"mcpServers": {"db": {}, "web": {}}, "projects": {"`+shop+`": {"hasTrustDialogAccepted": true, "mcpServers": {"db": {}}, "enabledMcpjsonServers": ["a"]}}}`), 0o600)
	os.WriteFile(filepath.Join(shop, ".claude", "settings.local.json"), []byte(`{"disabledMcpjsonServers": ["b"]}`), 0o600)
	p := Find("claude-code:" + shop)
	if got := p.Elsewhere(s, ""); !reflect.DeepEqual(got, []Elsewhere{{"db", InProject, shop}, {"db", ForAll, shop}, {"web", ForAll, shop}}) {
		t.Error(got)
	}
	approval := p.Approval(s)
	for key, want := range map[string]Where{"a": InProjectFile, "b": SwitchedOff, "c": Unapproved} {
		if got := approval(key); got != want {
			t.Errorf("%s: %s", key, got)
		}
	}
	os.WriteFile(s.home(".claude/settings.json"), []byte(`{"enableAllProjectMcpServers": true}`), 0o600)
	if approval = p.Approval(s); approval("c") != InProjectFile || approval("b") != SwitchedOff {
		t.Error("all are approved, but for the one that is switched off")
	}
	os.WriteFile(s.home(".claude/settings.json"), nil, 0o600)
	os.WriteFile(s.home(".claude.json"), []byte(`{"projects": {"`+shop+`": {"enabledMcpjsonServers": ["a"]}}}`), 0o600)
	if approval = p.Approval(s); approval("a") != Unapproved || approval("b") != SwitchedOff {
		t.Error("a folder that is not trusted approves for itself")
	}
	if Find("cursor").Approval(s)("a") != "" {
		t.Error("Cursor asks nobody")
	}
}

// Which of its two files Cline reads is decided from afar.
func TestDifferencesBetweenTwinFilesAreFound(t *testing.T) {
	s := computer(t, "linux")
	touch(t, s, ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json", ".cline/data/settings/cline_mcp_settings.json")
	c := Find("cline-vscode")
	paths := c.Files(s, "")
	if len(paths) != 2 {
		t.Fatal(paths)
	}
	for name, x := range map[string]struct {
		old, new string
		want     []string
	}{
		"the same":                {`{"mcpServers": {"a": {"command": "x", "timeout": 1}}}`, `{"mcpServers": {"a": {"type": "stdio", "command": "x"}}}`, nil},
		"spelled otherwise":       {`{"mcpServers": {"a": {"command": "x"}}}`, `{"mcpServers": {"a": {"transport": {"type": "stdio", "command": "x"}}}}`, nil},
		"one lacks it":            {`{"mcpServers": {"a": {"command": "x"}}}`, `{"mcpServers": {}}`, []string{"a"}},
		"the other lacks it":      {`{}`, `{"mcpServers": {"a": {"command": "x"}}}`, []string{"a"}},
		"another program":         {`{"mcpServers": {"a": {"command": "x"}}}`, `{"mcpServers": {"a": {"command": "y"}}}`, []string{"a"}},
		"switched off in one":     {`{"mcpServers": {"a": {"command": "x"}}}`, `{"mcpServers": {"a": {"command": "x", "disabled": true}}}`, []string{"a"}},
		"one can't be read":       {`{"mcpServers": {`, `{"mcpServers": {"a": {"command": "x"}}}`, nil},
		"both have what's theirs": {`{"mcpServers": {"a": {"command": "x"}}}`, `{"mcpServers": {"b": {"command": "x"}}}`, []string{"a", "b"}},
	} {
		os.WriteFile(paths[0], []byte(x.old), 0o600)
		os.WriteFile(paths[1], []byte(x.new), 0o600)
		if got := c.Drift(paths, launcher, map[string]servers.Entry{}); !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if Find("vscode").Drift(paths, launcher, nil) != nil {
		t.Error("files of different apps drift")
	}
}
