package app

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"mcp-companion/companion"
	"mcp-companion/words"
)

func TestAPastedLineIsTakenApart(t *testing.T) {
	for text, want := range map[string][]string{
		`npx -y pkg /path`:                    {"npx", "-y", "pkg", "/path"},
		`npx "a b" 'c d' ""`:                  {"npx", "a b", "c d", ""},
		`  uvx	mcp  `:                         {"uvx", "mcp"},
		`C:\Tools\x.exe --dir "C:\My Files\"`: nil, // the quote is escaped, so never closed
		`C:\Tools\x.exe C:\a`:                 {`C:\Tools\x.exe`, `C:\a`},
		`run my\ file say\"hi`:                {"run", "my file", `say"hi`},
		`run '{"a": "b"}'`:                    {"run", `{"a": "b"}`},
		`run "it's"`:                          {"run", "it's"},
		`run 'open`:                           nil,
		``:                                    nil,
		`A=1`:                                 nil,
	} {
		got, ok := companion.SplitLine(text)
		list := append([]string{got.Command}, got.Args...)
		if ok != (want != nil) || ok && !slices.Equal(list, want) {
			t.Errorf("%q: %q %v, want %q", text, list, ok, want)
		}
	}
	got, _ := companion.SplitLine(`A=1 B="x y" npx z=1`)
	if fmt.Sprint(got.Env) != "[{A 1} {B x y}]" || got.Command != "npx" || !slices.Equal(got.Args, []string{"z=1"}) {
		t.Errorf("with variables: %+v", got)
	}
}

func TestAPathWithBlanksIsNoCommandLine(t *testing.T) {
	for text, want := range map[string]bool{
		"npx": false, "npx -y pkg": true, `C:\Program Files\nodejs\npx.cmd`: false,
		`C:\Program Files\nodejs\npx.cmd -y pkg`: true, "/Applications/My App.app": false, "": false,
	} {
		if got := looksLikeLine(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestLooksSecret(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"BRAVE_API_KEY", "x", true},
		{"GITHUB_TOKEN", "x", true},
		{"DB_PASSWORD", "x", true},
		{"Authorization", "Bearer x", true},
		{"WHATEVER", "ghp_abc", true},
		{"REGION", "eu", false},
		{"PATH", "/bin", false},
		{"API_KEY", " ", false},
	} {
		if got := looksSecret(c.name, c.value); got != c.want {
			t.Errorf("%s=%s: %v", c.name, c.value, got)
		}
	}
}

func TestTrimKey(t *testing.T) {
	for text, want := range map[string]string{
		" abc\n": "abc", `"abc"`: "abc", "'abc' ": "abc", "`abc`": "abc", "“abc”": "abc", `" 'a b' "`: "a b", `a"b`: `a"b`, `"`: `"`, "": "",
	} {
		if got := trimKey(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWhenAndAgo(t *testing.T) {
	for want, at := range map[string]time.Time{
		"Today, 14:02":      noon.Add(-3 * time.Minute),
		"Yesterday, 23:50":  time.Date(2026, 11, 21, 23, 50, 0, 0, time.Local),
		"2026-10-01, 08:00": time.Date(2026, 10, 1, 8, 0, 0, 0, time.Local),
		"":                  {},
	} {
		if got := when(at, noon); got != want {
			t.Errorf("when: %q, want %q", got, want)
		}
	}
	for want, at := range map[string]time.Time{
		"Just now": noon.Add(-time.Second), "1 minute ago": noon.Add(-time.Minute), "5 hours ago": noon.Add(-5 * time.Hour), "Not yet": {},
	} {
		if got := ago(at, noon); got != want {
			t.Errorf("ago: %q, want %q", got, want)
		}
	}
}

func TestAllText(t *testing.T) {
	in := func(all ...companion.Status) companion.State {
		var s companion.State
		for _, v := range all {
			s.Servers = append(s.Servers, companion.ServerState{InUse: v != companion.Off, Status: v})
		}
		return s
	}
	for want, s := range map[string]companion.State{
		words.Say("app.all.none"):                  in(companion.Off),
		words.Say("app.all.healthy", "Count", 2):   in(companion.Healthy, companion.Healthy, companion.Off),
		words.Say("app.all.failing", "Count", 1):   in(companion.Healthy, companion.Failing, companion.NeedsYou),
		words.Say("app.all.needs-you", "Count", 2): in(companion.NeedsYou, companion.NeedsYou, companion.Starting),
		words.Say("app.all.starting", "Count", 1):  in(companion.Starting, companion.Unknown),
		words.Say("app.all.unknown", "Count", 2):   in(companion.Healthy, companion.Unknown),
	} {
		if got := allText(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFitEndsInDots(t *testing.T) {
	open(t, &fake{}, companion.State{})
	long := "A line that is far too long for its place"
	got := fit(long, 100, 14, fyne.TextStyle{})
	if w := fyne.MeasureText(got, 14, fyne.TextStyle{}).Width; w > 100 || len(got) < 8 || got[len(got)-3:] != "…" {
		t.Errorf("%q is %v wide", got, w)
	}
	if got := fit("short", 100, 14, fyne.TextStyle{}); got != "short" {
		t.Errorf("short text became %q", got)
	}
}

// TestEverySentenceIsThere looks up every message id the sources name.
func TestEverySentenceIsThere(t *testing.T) {
	say := regexp.MustCompile(`words\.Say\("([^"]+)"`)
	plain := regexp.MustCompile(`"(app\.[a-z.-]+[a-z])"`)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, f := range files {
		if f.IsDir() || regexp.MustCompile(`_test\.go$`).MatchString(f.Name()) {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range []*regexp.Regexp{say, plain} {
			for _, m := range rule.FindAllStringSubmatch(string(text), -1) {
				ids[m[1]] = true
			}
		}
	}
	for _, tab := range tabs {
		ids["app.tab."+tab] = true
	}
	for s := companion.Off; s <= companion.Failing; s++ {
		ids["status."+s.String()] = true
	}
	for _, kind := range []companion.EntryKind{companion.Ours, companion.Users, companion.Changed, companion.Moved, companion.Extension} {
		ids["app.apps.entry."+string(kind)] = true
		ids["app.apps.entries."+string(kind)] = true
	}
	for _, rows := range []string{"env", "keys", "headers", "headkeys"} {
		for _, part := range []string{"", ".help", ".add", ".name", ".value"} {
			ids["app.form."+rows+part] = true
		}
	}
	for _, field := range []string{"name", "command", "args", "cwd", "url", "set", "start"} {
		ids["app.form."+field], ids["app.form."+field+".help"] = true, true
	}
	for id := range ids {
		if id[len(id)-1] == '.' {
			continue // the beginning of one that is put together
		}
		if words.Say(id, "Count", 2) == id {
			t.Errorf("there is no sentence %q", id)
		}
	}
}
