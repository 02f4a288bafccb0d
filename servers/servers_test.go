package servers

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/words"
)

const sample = `{
  "version": 1,
  "id": "abc",
  "servers": {
    "github": {"id": "s1", "command": "npx", "args": ["-y", "x"], "env": {"TOKEN": "${secret:k1}"}, "future": {"keep": 1.0}},
    "Files":  {"id": "s2", "command": "fs"}
  },
  "sets": { "Dev": {"servers": ["github", "gone"], "icon": "wrench", "colour": "red"} },
  "secrets": {"k1": {"label": "TOKEN"}},
  "clients": {"claude-code": {"managed": true, "set": "Dev", "entries": {"gh": {"server": "s1"}}}},
  "later": [1, 2.50, 12345678901234567890]
}
`

func library(t *testing.T, text string) (*Library, files.Home) {
	t.Helper()
	home := files.Home(t.TempDir())
	if err := os.WriteFile(home.Library(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Load(home)
	if err != nil {
		t.Fatal(err)
	}
	return l, home
}

func TestLibraryWritesOnlyWhatChanged(t *testing.T) {
	l, _ := library(t, sample)
	if c, err := l.Change(); err != nil || !c.IsEmpty() {
		t.Fatalf("unchanged, and would write: %v\n%s", err, c.Diff())
	}
	l.Servers["github"].Cwd = "/work"
	c, err := l.Change()
	if err != nil {
		t.Fatal(err)
	}
	after := string(c.After)
	for _, kept := range []string{`"future":{"keep":1.0}`, `"Files":  {"id": "s2", "command": "fs"}`, `"later": [1, 2.50, 12345678901234567890]`, `"colour": "red"`} {
		if !strings.Contains(strings.ReplaceAll(after, "\"future\": {\n        \"keep\": 1.0\n      }", `"future":{"keep":1.0}`), kept) {
			t.Errorf("lost %s in\n%s", kept, after)
		}
	}
	if len(c.Edits) != 1 {
		t.Errorf("edits: %d", len(c.Edits))
	}
}

func TestNewLibraryIsReadBackAsItWas(t *testing.T) {
	home := files.Home(t.TempDir())
	l, err := Load(home)
	if err != nil {
		t.Fatal(err)
	}
	l.Servers["a"] = &Server{ID: "1", Command: "x", Args: []string{"<&>"}}
	l.Sets["S"] = &Set{Servers: []string{"a"}}
	l.Client("cursor").Managed = true
	c, err := l.Change()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := Load(home)
	if err != nil || again.ID != l.ID || !reflect.DeepEqual(again.Servers, l.Servers) || !again.Clients["cursor"].Managed {
		t.Errorf("%v %+v", err, again)
	}
	if !strings.HasPrefix(string(c.After), "{\n  \"version\": 1,\n  \"id\": \"") {
		t.Errorf("%s", c.After)
	}
}

func TestBrokenLibraryNamesThePlace(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"cut off":    {"{\n  \"servers\": {", 2},
		"comma":      {"{\n  \"version\": 1,\n}", 3},
		"wrong type": {"{\n  \"version\": 1,\n  \"servers\": {\n   \"a\": {\"id\": \"x\",\n    \"args\": 3}}}", 5},
		"a list":     {"[]", 1},
	} {
		home := files.Home(t.TempDir())
		os.WriteFile(home.Library(), []byte(c.text), 0o600)
		_, err := Load(home)
		var s *configs.SyntaxError
		if !words.Has(err, words.FileBroken) || !errors.As(err, &s) || s.Line != c.line {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewerLibraryIsReadAndNeverWritten(t *testing.T) {
	l, _ := library(t, `{"version": 2, "id": "x", "servers": {"a": {"id": "1", "command": "x"}}}`)
	if _, _, ok := l.Find("a"); !ok || !l.IsNewer() {
		t.Error("not read")
	}
	delete(l.Servers, "a")
	if _, err := l.Change(); !words.Has(err, words.LibraryNewer) {
		t.Error(err)
	}
}

func TestServerIsFoundByNameIDAndFormerName(t *testing.T) {
	l, _ := library(t, sample)
	l.Rename("github", "hub")
	for _, n := range []string{"hub", "github", "s1"} {
		if name, s, ok := l.Find(n); !ok || name != "hub" || s.ID != "s1" {
			t.Errorf("%s: %v %v", n, name, ok)
		}
	}
	if in, ok := l.In("Dev"); !ok || !reflect.DeepEqual(in, []string{"hub"}) {
		t.Errorf("set: %v", in)
	}
	if all, _ := l.In(""); !reflect.DeepEqual(all, []string{"Files", "hub"}) {
		t.Errorf("all: %v", all)
	}
	if _, ok := l.In("none"); ok {
		t.Error("an unknown set")
	}
	l.Remove("hub")
	if in, _ := l.In("Dev"); len(in) != 0 {
		t.Errorf("removed, in set: %v", in)
	}
}

func TestNamesThatNoClientCanCarryAreRefused(t *testing.T) {
	for name, good := range map[string]bool{"github": true, "A-1": true, "": false, "a b": false, "a.b": false, "a_b": false, "-a": false, "ä": false, "a/b": false, strings.Repeat("a", 32): true, strings.Repeat("a", 33): false} {
		if err := CheckName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestServersThatCannotStartAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		s    Server
		code words.Code
	}{
		"nothing":   {Server{}, words.ServerEmpty},
		"both":      {Server{Command: "a", URL: "https://h"}, words.ValueBad},
		"no scheme": {Server{URL: "example.com/mcp"}, words.ValueBad},
		"script":    {Server{URL: "javascript:alert(1)"}, words.ValueBad},
		"variable":  {Server{Command: "a", Env: map[string]string{"A=B": ""}}, words.ValueBad},
		"header":    {Server{URL: "https://h", Headers: map[string]string{"X Y": "1"}}, words.ValueBad},
		"two lines": {Server{URL: "https://h", Headers: map[string]string{"X": "1\r\nHost: other"}}, words.ValueBad},
		"good":      {Server{Command: "a", Env: map[string]string{"A": "x"}}, ""},
		"remote":    {Server{URL: "https://example.com/mcp"}, ""},
		"a tool":    {Server{Command: "a", HideTools: []string{"x"}}, ""},
		"no tool":   {Server{Command: "a", HideTools: []string{"x", " "}}, words.ValueBad},
	} {
		err := c.s.Check()
		if c.code == "" && err != nil || c.code != "" && !words.Has(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsAreFoundAndFilledInEverywhere(t *testing.T) {
	s := Server{Env: map[string]string{"A": "Bearer ${secret:one}", "B": "${secret:two}${secret:one}"}, Args: []string{"--k=${secret:three}"}, URL: "https://h/${secret:four}", Headers: map[string]string{"X": "${HOME}"}}
	if ids := s.SecretIDs(); !reflect.DeepEqual(ids, []string{"four", "one", "three", "two"}) {
		t.Errorf("%v", ids)
	}
	if got := Expand("a ${secret:one} ${secret:} $x", func(id string) string { return "<" + id + ">" }); got != "a <one> ${secret:} $x" {
		t.Error(got)
	}
}

func TestTwoWritersDoNotLoseEachOther(t *testing.T) {
	_, home := library(t, sample)
	done := make(chan error, 8)
	for i := range 8 {
		go func() {
			done <- func() error {
				lock, err := files.WaitLock(t.Context(), home.ChangeLock())
				if err != nil {
					return err
				}
				defer lock.Unlock()
				l, err := Load(home)
				if err != nil {
					return err
				}
				l.Servers[string(rune('a'+i))] = &Server{ID: files.NewID(), Command: "x"}
				c, err := l.Change()
				if err != nil {
					return err
				}
				return c.Write(t.Context())
			}()
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	l, err := Load(home)
	if err != nil || len(l.Servers) != 10 {
		t.Errorf("%v: %d servers", err, len(l.Servers))
	}
	if tmp, _ := filepath.Glob(filepath.Join(string(home), ".*.tmp")); len(tmp) > 0 {
		t.Errorf("left %v", tmp)
	}
}

func TestAHugeTimeLimitIsADay(t *testing.T) {
	s := Server{StartTimeout: 1 << 40}
	if d := s.Start(time.Second); d != 24*time.Hour {
		t.Error(d)
	}
}

func TestAServerCopiedByHandIsAnother(t *testing.T) {
	text := `{"id": "x", "servers": {"b": {"id": "s1", "command": "x"}, "a": {"id": "s1", "command": "x"}, "c": {"command": "x"}}}`
	l, _ := library(t, text)
	again, _ := library(t, text)
	ids := map[string]bool{}
	for n, s := range l.Servers {
		ids[s.ID] = true
		if again.Servers[n].ID != s.ID {
			t.Errorf("%s is %s here and %s there", n, s.ID, again.Servers[n].ID)
		}
	}
	if len(ids) != 3 || l.Servers["a"].ID != "s1" {
		t.Errorf("%v", ids)
	}
}
