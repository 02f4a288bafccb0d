package health

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"mcp-companion/words"
)

func TestToolsAreListedAsTheServerDescribesThem(t *testing.T) {
	for _, play := range []string{"tools", "newest tools"} {
		tools, err := Tools(t.Context(), planOf(t, play))
		if err != nil || len(tools) != 6 {
			t.Fatalf("%s: %v %v", play, err, tools)
		}
		e := tools[0]
		if e.Name != "echo" || e.Title != "Echo" || e.Description != "Says it again" || !strings.Contains(string(e.InputSchema), `"text"`) ||
			e.Annotations.ReadOnly == nil || !*e.Annotations.ReadOnly || e.Annotations.Destructive != nil {
			t.Errorf("%+v", e)
		}
	}
	if tools, err := Tools(t.Context(), planOf(t, "no tools")); err != nil || len(tools) != 0 {
		t.Errorf("%v %v", tools, err)
	}
	if _, err := Tools(t.Context(), planOf(t, "exit")); !words.Has(err, words.ClosedEarly) {
		t.Errorf("%v", err)
	}
}

func TestAToolIsTried(t *testing.T) {
	for name, c := range map[string]struct {
		play, tool, args string
		text             string
		isError          bool
		code             words.Code
		says             string
	}{
		"texts":              {"tools", "echo", `{"text":"hello\nthere"}`, "hello\nthere\n[31mred", false, "", ""},
		"in the newest way":  {"newest tools", "echo", `{"text":"hi"}`, "hi\n[31mred", false, "", ""},
		"other contents":     {"tools", "get_picture", "", "(image/png, 12 KB)\nfile:///x\n(audio/wav, 1 byte)", false, "", ""},
		"only data":          {"tools", "count", "", "{\n  \"n\": 9007199254740993\n}", false, "", ""},
		"the tool failed":    {"tools", "fail", "", "no such city", true, "", ""},
		"a question":         {"newest tools", "ask", "", "", false, words.ToolAsks, "can't do"},
		"refused":            {"tools", "refuse", "", "", false, words.ToolRefused, "text is missing; password [secret]"},
		"unknown, near":      {"tools", "ecko", "", "", false, words.ToolUnknown, "Did you mean: echo"},
		"unknown, a part":    {"tools", "picture", "", "", false, words.ToolUnknown, "Did you mean: get_picture"},
		"unknown, none near": {"tools", "zzzzzzzz", "", "", false, words.ToolUnknown, "echo"},
		"no tools at all":    {"no tools", "echo", "", "", false, words.ToolUnknown, "it has none"},
		"no object":          {"tools", "echo", `[1]`, "", false, words.ValueBad, ""},
		"nothing":            {"tools", "echo", `null`, "", false, words.ValueBad, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var args json.RawMessage
			if c.args != "" {
				args = json.RawMessage(c.args)
			}
			r, err := Call(t.Context(), planOf(t, c.play), c.tool, args)
			if c.code != "" {
				if !words.Has(err, c.code) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || r.Text != c.text || r.IsError != c.isError || !json.Valid(r.Raw) {
				t.Errorf("%v %+v", err, r)
			}
		})
	}
}

func TestNamesAlike(t *testing.T) {
	names := []string{"read_file", "write_file", "list_directory", "search"}
	for want, near := range map[string][]string{
		"readfile": {"read_file"},
		"Search":   {"search"},
		"file":     {"read_file", "write_file"},
	} {
		if got := alike(want, names); !slices.Equal(got, near) {
			t.Errorf("%s: %v", want, got)
		}
	}
}
