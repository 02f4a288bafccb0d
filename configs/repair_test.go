package configs

import (
	"strings"
	"testing"
)

func TestRepairMendsWhatHasOneMeaning(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"comma at the end":       {`{"a": [1, 2,], "b": {"c": 1,},}`, `{"a": [1, 2], "b": {"c": 1}}`},
		"comma missing":          {"{\n  \"a\": {}\n  \"b\": 1 // x\n  \"c\": 2\n}", "{\n  \"a\": {},\n  \"b\": 1,\n  \"c\": 2\n}"},
		"comma twice":            {`{"a": 1,, "b": 2}`, `{"a": 1, "b": 2}`},
		"comma first":            {`{, "a": [,1]}`, `{ "a": [1]}`},
		"typographic quotes":     {`{“a”: “b c”}`, `{"a": "b c"}`},
		"single quotes":          {`{'a': 'it\'s "b"'}`, `{"a": "it's \"b\""}`},
		"comments":               {"{ // one\n  /* two */ \"a\": 1 # three\n}", "{\n   \"a\": 1\n}"},
		"backslashes":            {`{"a": "C:\Users\new\x"}`, `{"a": "C:\\Users\\new\\x"}`},
		"bracket missing":        {"{\"a\": {\"b\": [1,", "{\"a\": {\"b\": [1\n]\n}\n}\n"},
		"bracket left over":      {"{\"a\": 1}\n}\n", "{\"a\": 1}\n\n"},
		"blanks of web pages":    {"{\u00a0\"a\": 1,}", `{ "a": 1}`},
		"what looks like one":    {`{"a": "x, } // y", "b": [1,]}`, `{"a": "x, } // y", "b": [1]}`},
		"right escapes stay":     {`{"a": "l1\nl2 \u00e9 \"q\"",}`, `{"a": "l1\nl2 \u00e9 \"q\""}`},
		"the mark at the begin":  {"\ufeff{\"a\": 1,}", "\ufeff{\"a\": 1}"},
		"nothing to be repaired": {`{"a": 1}`, `{"a": 1}`},
	} {
		got, err := Repair("f", []byte(c.before), JSON)
		if err != nil || string(got) != c.after {
			t.Errorf("%s: %v\n%s\nnot\n%s", name, err, got, c.after)
		}
	}
}

func TestRepairLeavesAloneWhatItDoesNotUnderstand(t *testing.T) {
	for _, text := range []string{`{"a": "unfinished`, `{"a": [1}`, `{"a" 1}`, `{"a": yes}`, "a: 1\n", `{"a": "C:\Users\\mixed"}`, `{"a":1}{"b":2}`, "{/* open", "\xff{}"} {
		if got, err := Repair("f", []byte(text), JSON); err == nil {
			t.Errorf("%s became %s", text, got)
		}
	}
	if _, err := Repair("f", []byte("a = ["), TOML); err == nil {
		t.Error("repaired TOML")
	}
	if got, err := Repair("f", []byte("{\n// kept\n\"a\": 1 \"b\": 2,}"), JSONC); err != nil || string(got) != "{\n// kept\n\"a\": 1, \"b\": 2,}" {
		t.Errorf("%s %v", got, err)
	}
}

func TestALargeFileIsRepaired(t *testing.T) {
	text := `{"a": [` + strings.Repeat(`"C:\\x, y", {"b": 1,}, `, 100_000) + `]}`
	if _, err := Repair("f", []byte(text), JSON); err != nil {
		t.Fatal(err)
	}
}

// What is right stays as it is; what comes out is right.
func FuzzRepair(f *testing.F) {
	for _, text := range []string{`{"a": [1, 2,],}`, `{“a”: 'b' "c": 1`, "{ // x\n\"C:\\Users\": \"\\u00e9\"}", `{"mcpServers":{"x":{"command":"npx","args":["-y"],}}}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []Format{JSON, JSONComments, JSONC} {
			_, wrong := Parse("f", []byte(text), format)
			got, err := Repair("f", []byte(text), format)
			if wrong == nil && (err != nil || string(got) != text) {
				t.Errorf("%q became %q", text, got)
			}
			if err == nil {
				if _, err := Parse("f", got, format); err != nil {
					t.Errorf("%q became %q: %v", text, got, err)
				}
			}
		}
	})
}
