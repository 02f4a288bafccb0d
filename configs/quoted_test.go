package configs

import (
	"strings"
	"testing"
)

// A parser may quote the value it stumbled over, which may be a key.
func TestASyntaxErrorQuotesNoValue(t *testing.T) {
	const key = "sk-raw-s3cret-0123456789"
	for format, texts := range map[Format][]string{
		JSON:         {`{"env": {"KEY": ` + key + `}}`, `{"env": {"KEY": "` + key + "\n" + `"}}`, `{"env": {"KEY": "` + key + `\x"}}`, `{"a": 1, "` + key + `" 2}`},
		JSONComments: {`{"env": {"KEY": ` + key + `}}`, `{"env": {"KEY": "` + key + "\n" + `"}}`, `{"env": {"KEY": "` + key + `\x"}}`, `{"env": {"KEY": '` + key + `'}}`},
		TOML:         {`KEY = ` + key, `KEY = "` + key, `KEY = "` + key + `\q"`, `KEY = '` + key + `' x`, `"` + key + `" "` + key + `"`},
		YAML:         {`KEY: "` + key, `KEY: '` + key, `KEY: &a ` + key + ` *b`, "KEY: \"" + key + "\\q\"", "- " + key + "\nKEY: " + key, "a: {" + key},
	} {
		for _, text := range texts {
			_, err := Parse("x", []byte(text), format)
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v: %q: %v", format, text, err)
			}
		}
	}
}
