package configs

import (
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/diff"
)

func TestKeysAreMaskedInEveryFormat(t *testing.T) {
	for name, text := range map[string]string{
		"JSON":             `{"env": {"API_KEY": "hunter2"}}`,
		"TOML":             "[mcp_servers.a.env]\nAPI_KEY = \"hunter2\"\n",
		"TOML, literal":    "env = { MODE = \"x\", API_KEY = 'hunter2' }\n",
		"YAML":             "envs:\n  API_KEY: hunter2\n",
		"YAML, words":      "envs:\n  - PASSWORD: very hunter2 # mine\n",
		"YAML, quoted":     "envs:\n  API_KEY: \"hunter2\"\n  B: 'x'\n",
		"YAML, literal":    "envs:\n  API_KEY: 'hunter2'\n",
		"argument":         `["-y", "x", "--api-key", "hunter2"]`,
		"argument, lines":  "[\n  \"--api-key\",\n  \"hunter2\"\n]",
		"argument, joined": `["--token=hunter2", "y"]`,
		"address":          `{"url": "https://h/mcp?mode=x&api_key=hunter2"}`,
		"account":          `{"DATABASE": "postgres://me:hunter2@h/db"}`,
	} {
		for what, got := range map[string]string{
			"change": (&Change{Path: "f", Before: []byte(text), After: []byte("other\n")}).Diff(),
			"edit":   Mask("-" + strings.ReplaceAll(text, "\n", "\n-")),
		} {
			if strings.Contains(got, "hunter2") || !strings.Contains(got, "••••") {
				t.Errorf("%s, %s:\n%s", name, what, got)
			}
		}
	}
}

func TestWhatIsNoKeyIsNotMasked(t *testing.T) {
	for _, text := range []string{
		`{"TOKEN": "${secret:ab12}", "Authorization": "Bearer ${secret:ab12}", "max_tokens": 4096, "useToken": true, "token": null, "API_KEY": ""}`,
		"{\n  \"max_tokens\": 4096,\n  \"token\": null\n}",
		"max_tokens: 4096\nTOKEN: ${T}\ntoken_file:\n  a: b\nuse_token: true\n",
		`["--token=${secret:ab12}", "--token", "${secret:ab12}", "--path", "/tmp"]`,
		`{"url": "https://h:8080/mcp?mode=x"}`,
	} {
		if got := Mask(text); got != text {
			t.Errorf("%s\nbecame\n%s", text, got)
		}
	}
}

// Claude Code keeps whole histories in its file.
func TestTheDiffOfALargeFileTakesNoTime(t *testing.T) {
	line := "      \"display\": \"some text that a person typed, with words: like these = and more\",\n"
	text := "{\n" + strings.Repeat(line, 10<<20/len(line)) + "\"a\": 1}\n"
	start := time.Now()
	d := (&Change{Path: "f", Before: []byte(text), After: []byte(strings.Replace(text, `"a": 1`, `"a": 2`, 1))}).Diff()
	if took := time.Since(start); took > time.Second || !strings.Contains(d, "+\"a\": 2}") {
		t.Errorf("%v\n%.500s", took, d)
	}
}

func TestADiffIsWhatItIsOfTheWholeFile(t *testing.T) {
	lines := strings.Split(strings.Repeat("one\ntwo\nthree\n", 20), "\n")
	all := strings.Join(lines, "\n")
	for _, after := range []string{
		"", "zero\n" + all, all + "end", strings.TrimSuffix(all, "\n"), strings.Join(lines[1:], "\n"), strings.Join(lines[:20], "\n"),
		strings.Join(lines[:25], "\n") + "\nnew\n" + strings.Join(lines[25:40], "\n") + "\nnew\n" + strings.Join(lines[43:], "\n"),
	} {
		for _, c := range []Change{{Before: []byte(all), After: []byte(after)}, {Before: []byte(after), After: []byte(all)}} {
			want := string(diff.Diff("", c.Before, "", c.After))
			want = want[strings.Index(want, "@@"):]
			if got := c.Diff(); !strings.HasSuffix(got, "\n"+want) {
				t.Errorf("%s\nwant\n%s", got, want)
			}
		}
	}
}
