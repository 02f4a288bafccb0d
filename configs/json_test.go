package configs

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const entry = `{"command":"/usr/bin/mcp-companion","args":["run","github","--for","claude-code"]}`

func parse(t *testing.T, text string, f Format) Document {
	t.Helper()
	d, err := Parse("x.json", []byte(text), f)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAddedMemberLooksLikeItsNeighbours(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"empty file":       {"", "{\n  \"m\": {\n    \"a\": [\n      1\n    ]\n  }\n}\n"},
		"empty object":     {"{}", "{\n  \"m\": {\n    \"a\": [\n      1\n    ]\n  }\n}"},
		"empty map":        {"{\n  \"m\": {}\n}", "{\n  \"m\": {\n    \"a\": [\n      1\n    ]\n  }\n}"},
		"four blanks":      {"{\n    \"m\": {\n        \"b\": 2\n    }\n}\n", "{\n    \"m\": {\n        \"b\": 2,\n        \"a\": [\n            1\n        ]\n    }\n}\n"},
		"tabs, CRLF":       {"{\r\n\t\"m\": {\r\n\t\t\"b\": 2\r\n\t}\r\n}", "{\r\n\t\"m\": {\r\n\t\t\"b\": 2,\r\n\t\t\"a\": [\r\n\t\t\t1\r\n\t\t]\r\n\t}\r\n}"},
		"one line":         {`{"m":{"b":2},"z":1.0}`, `{"m":{"b":2,"a":[1]},"z":1.0}`},
		"one line, blanks": {`{"m": {"c": 3, "b": 2}}`, `{"m": {"c": 3, "b": 2, "a": [1]}}`},
		"one line, empty":  {`{"m":{},"z":1}`, `{"m":{"a":[1]},"z":1}`},
		"byte order mark":  {"\xef\xbb\xbf{\"m\":{\"b\":2}}", "\xef\xbb\xbf{\"m\":{\"b\":2,\"a\":[1]}}"},
		"twice the map":    {`{"m":{"x":1},"m":{"b":2}}`, `{"m":{"x":1},"m":{"b":2,"a":[1]}}`},
		"no map":           {"{\n  \"z\": 1e3\n}", "{\n  \"z\": 1e3,\n  \"m\": {\n    \"a\": [\n      1\n    ]\n  }\n}"},
	} {
		d := parse(t, c.before, JSON)
		if err := d.Set([]byte("[ 1 ]"), "m", "a"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := string(d.Bytes()); got != c.after {
			t.Errorf("%s:\n%q\nwant\n%q", name, got, c.after)
		}
	}
}

func TestCommentsStayWhereTheyAre(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"after the last":  {"{\n  \"b\": 2 // two\n}", "{\n  \"b\": 2, // two\n  \"a\": 1\n}"},
		"block after":     {"{\n  \"b\": 2 /* two */\n}", "{\n  \"b\": 2, /* two */\n  \"a\": 1\n}"},
		"below the last":  {"{\n  \"b\": 2\n  // end\n}", "{\n  \"b\": 2,\n  \"a\": 1\n  // end\n}"},
		"trailing comma":  {"{\n  \"b\": 2, // two\n}", "{\n  \"b\": 2, // two\n  \"a\": 1,\n}"},
		"only a comment":  {"{\n  // none yet\n}", "{\n  \"a\": 1\n  // none yet\n}"},
		"before the name": {"{\n  /* x */ \"b\": 2\n}", "{\n  /* x */ \"b\": 2,\n  \"a\": 1\n}"},
	} {
		d := parse(t, c.before, JSONC)
		if err := d.Set([]byte("1"), "a"); err != nil {
			t.Fatal(err)
		}
		if got := string(d.Bytes()); got != c.after {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.after)
		}
		if err := d.Remove("a"); err != nil {
			t.Fatal(err)
		}
		if got := string(d.Bytes()); got != c.before {
			t.Errorf("%s, removed again:\n%s\nwant\n%s", name, got, c.before)
		}
	}
}

func TestReplacedValueKeepsItsPlace(t *testing.T) {
	d := parse(t, "{\n  \"a\": {\"x\": 1},\n  \"b\": 12345678901234567890\n}", JSON)
	if err := d.Set([]byte(`"new"`), "a"); err != nil {
		t.Fatal(err)
	}
	if got := string(d.Bytes()); got != "{\n  \"a\": \"new\",\n  \"b\": 12345678901234567890\n}" {
		t.Error(got)
	}
}

func TestRepeatedMembers(t *testing.T) {
	d := parse(t, `{"m":{"dup":1,"b":2,"dup":3}}`, JSON)
	if v, _ := d.Value("m", "dup"); string(v) != "3" {
		t.Errorf("the value clients see: %s", v)
	}
	if n, _ := d.Names("m"); len(n) != 2 {
		t.Errorf("names %v", n)
	}
	if err := d.Remove("m", "dup"); err != nil || string(d.Bytes()) != `{"m":{"b":2}}` {
		t.Errorf("%s %v", d.Bytes(), err)
	}
}

func TestWhatCannotBeReadNamesThePlace(t *testing.T) {
	for name, c := range map[string]struct {
		text      string
		format    Format
		line, col int
	}{
		"comment":               {"{\n  // no\n}", JSON, 2, 3},
		"trailing comma":        {"{\n  \"a\": 1,\n}", JSON, 3, 1},
		"trailing comma, JSON+": {"{\n  \"a\": 1,\n}", JSONComments, 2, 9},
		"cut off":               {"{\n  \"a\": {", JSONC, 2, 9},
		"cut off, strict":       {"{\n  \"a\": {", JSON, 2, 8},
		"UTF-16":                {"\xff\xfe{\x00}\x00", JSON, 1, 1},
		"bad UTF-8 inside":      {"{\n\"a\xff\": 1}", JSON, 2, 3},
		"a list":                {"\n[]", JSON, 2, 1},
		"text":                  {"hello", JSONC, 1, 1},
	} {
		_, err := Parse("/p/x.json", []byte(c.text), c.format)
		var s *SyntaxError
		if !errors.As(err, &s) || s.Line != c.line || s.Column != c.col || s.Path != "/p/x.json" || s.Msg == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSomethingElseWhereTheMapShouldBeIsLeftAlone(t *testing.T) {
	for _, v := range []string{"[]", "null", `"x"`, "1"} {
		text := "{\n  \"mcpServers\": " + v + "\n}"
		d := parse(t, text, JSON)
		var s *SyntaxError
		if err := d.Set([]byte(entry), "mcpServers", "github"); !errors.As(err, &s) || s.Line != 2 {
			t.Errorf("%s: %v", v, err)
		}
		if string(d.Bytes()) != text || len(d.Edits()) != 0 {
			t.Errorf("%s: changed to %s", v, d.Bytes())
		}
	}
}

// fixtures calls f with every sample file that a JSON format reads.
func fixtures(t testing.TB, f func(name string, data []byte, format Format)) {
	err := filepath.WalkDir("testdata/clients", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(filepath.Ext(p), ".json") || strings.Contains(p, "/logs/") {
			return err
		}
		data, err := os.ReadFile(p)
		for _, format := range []Format{JSON, JSONC} {
			if _, bad := Parse(p, data, format); bad == nil {
				f(filepath.ToSlash(p), data, format)
				break
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryClientsFileGetsAnEntryAndLosesItWithoutATrace(t *testing.T) {
	n := 0
	fixtures(t, func(name string, data []byte, format Format) {
		n++
		key := "mcpServers"
		d, _ := Parse(name, data, format)
		for _, k := range []string{"mcpServers", "servers", "context_servers", "mcp", "amp.mcpServers"} {
			if _, ok := d.Names(k); ok {
				key = k
			}
		}
		_, had := d.Names(key)
		if err := d.Set([]byte(entry), key, "github"); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if had && len(data) < 4000 {
			golden(t, filepath.Join("testdata/added", strings.ReplaceAll(strings.TrimPrefix(name, "testdata/clients/"), "/", "_")), d.Bytes())
		}
		if _, err := Parse(name, d.Bytes(), format); err != nil {
			t.Errorf("%s: what we wrote: %v", name, err)
		}
		if err := d.Remove(key, "github"); err != nil {
			t.Error(err)
		}
		if had && len(bytes.TrimSpace(data)) > 0 && !bytes.Equal(d.Bytes(), data) {
			t.Errorf("%s: added and removed:\n%s", name, d.Bytes())
		}
	})
	if n < 30 {
		t.Errorf("only %d files", n)
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (%v):\n%s", path, err, got)
	}
}

// The laws: parse then print gives the bytes back; an edit leaves every other
// value as it is; add then remove gives the bytes back, but for an object that
// held blanks alone; what comes out is read again.
func FuzzEdits(f *testing.F) {
	fixtures(f, func(_ string, data []byte, format Format) { f.Add(data, format == JSONC, "mcpServers", "github") })
	for _, s := range []string{"{}", "{ }", "{\n}", `{"a":{}}`, "{\"a\": 1 /* x */ , // y\n\n \"b\": 2 // z\n}", "{//c\n\"a\":{\"b\":1,}}", "{\"a\"\n:\n1}"} {
		f.Add([]byte(s), true, "a", "b")
	}
	f.Fuzz(func(t *testing.T, data []byte, comments bool, outer, name string) {
		format := JSON
		if comments {
			format = JSONC
		}
		d, err := Parse("x", data, format)
		if err != nil {
			return
		}
		if len(bytes.TrimSpace(bytes.TrimPrefix(data, bom))) > 0 && !bytes.Equal(d.Bytes(), data) {
			t.Fatalf("parsing changed it: %q", d.Bytes())
		}
		start := bytes.Clone(d.Bytes())
		values := others(d, outer, name)
		_, present := d.Value(outer, name)
		names, hadOuter := d.Names(outer)
		blank := hadOuter && len(names) == 0 && blankInside(d, outer)
		if err := d.Set([]byte(entry), outer, name); err != nil {
			if !bytes.Equal(d.Bytes(), start) {
				t.Fatal("a refused edit changed something")
			}
			return
		}
		again, err := Parse("x", d.Bytes(), format)
		if err != nil {
			t.Fatalf("%q: %v", d.Bytes(), err)
		}
		if v, _ := again.Value(outer, name); string(v) != entry {
			t.Fatalf("set %q, read %q", entry, v)
		}
		if now := others(again, outer, name); now != values {
			t.Fatalf("others were\n%s\nare\n%s", values, now)
		}
		if err := d.Remove(outer, name); err != nil {
			t.Fatal(err)
		}
		if again, err = Parse("x", d.Bytes(), format); err != nil {
			t.Fatalf("%q: %v", d.Bytes(), err)
		}
		if _, ok := again.Value(outer, name); ok {
			t.Fatal("still there")
		}
		if hadOuter && !present && !blank && !bytes.Equal(d.Bytes(), start) {
			t.Fatalf("added and removed:\n%q\nwas\n%q", d.Bytes(), start)
		}
	})
}

func blankInside(d Document, at string) bool {
	o, _ := d.(*jsonDocument).look([]string{at})
	return len(o.AfterExtra) > 0 && isBlank(o.AfterExtra)
}

// others prints every value but the one edited.
func others(d Document, outer, name string) string {
	var b strings.Builder
	top, _ := d.Names()
	for _, n := range top {
		if n != outer {
			v, _ := d.Value(n)
			b.WriteString(n + "=" + string(v) + "\n")
		}
	}
	in, _ := d.Names(outer)
	for _, n := range in {
		if n != name {
			v, _ := d.Value(outer, n)
			b.WriteString(n + "=" + string(v) + "\n")
		}
	}
	return b.String()
}
