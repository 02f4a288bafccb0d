package companion

import (
	"encoding/json"
	"testing"

	"mcp-companion/words"
)

const schema = `{"type": "object", "properties": {
	"path": {"type": "string", "description": " Where to look "},
	"limit": {"type": "integer", "title": "How many", "default": 10},
	"ratio": {"type": ["number", "null"]},
	"deep": {"type": "boolean", "default": false},
	"order": {"enum": ["up", "down", 3, null]},
	"names": {"type": "array", "items": {"type": "string"}, "default": ["a", "b"]},
	"maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "title": "Maybe"},
	"edits": {"type": "array", "items": {"type": "object"}},
	"any": {}
}, "required": ["edits", "path", "order"]}`

func TestAFormIsMadeOfAToolsSchema(t *testing.T) {
	list, ok := ArgumentsOf(json.RawMessage(schema))
	if !ok {
		t.Fatal("it can't be read")
	}
	want := []Argument{
		{Name: "path", Title: "path", About: "Where to look", Kind: AText, Required: true},
		{Name: "order", Title: "order", Kind: AChoice, Required: true},
		{Name: "edits", Title: "edits", Kind: AJSON, Required: true},
		{Name: "limit", Title: "How many", Kind: AWhole, Default: "10"},
		{Name: "ratio", Title: "ratio", Kind: ANumber},
		{Name: "deep", Title: "deep", Kind: AYesNo, Default: "false"},
		{Name: "names", Title: "names", Kind: ALines, Default: "a\nb"},
		{Name: "maybe", Title: "Maybe", Kind: AText},
		{Name: "any", Title: "any", Kind: AJSON},
	}
	if len(list) != len(want) {
		t.Fatalf("%+v", list)
	}
	for i, a := range list {
		a.Choices, a.choices = nil, nil
		if got, w := a, want[i]; got.Name != w.Name || got.Title != w.Title || got.About != w.About || got.Kind != w.Kind || got.Required != w.Required || got.Default != w.Default {
			t.Errorf("%+v\nwant %+v", got, w)
		}
	}
	for _, none := range []string{``, `{}`, `{"properties": {}}`, `{"type": "object"}`} {
		if list, ok := ArgumentsOf(json.RawMessage(none)); len(list) != 0 || ok == (none == "") {
			t.Errorf("%q: %v %v", none, list, ok)
		}
	}
	if _, ok := ArgumentsOf(json.RawMessage(`{"properties": {"a": {"type": 5, "enum": 3}}}`)); ok {
		t.Error("nonsense has a form")
	}
}

func TestWhatIsTypedBecomesTheToolsArguments(t *testing.T) {
	list, _ := ArgumentsOf(json.RawMessage(schema))
	base := map[string]string{"path": " /a \"b\" <c>", "order": "3", "edits": `[{"a": 1.50}]`}
	with := func(more map[string]string) map[string]string {
		m := map[string]string{}
		for _, x := range []map[string]string{base, more} {
			for k, v := range x {
				m[k] = v
			}
		}
		return m
	}
	for name, c := range map[string]struct {
		typed map[string]string
		want  string
		code  words.Code
	}{
		"the required alone": {base, `{"path":" /a \"b\" <c>","order":3,"edits":[{"a": 1.50}]}`, ""},
		"all": {
			with(map[string]string{"limit": "12345678901234567890", "ratio": "1e3", "deep": "true", "names": "x\r\n\r\ny z", "maybe": "5", "any": "null", "order": "down"}),
			`{"path":" /a \"b\" <c>","order":"down","edits":[{"a": 1.50}],"limit":12345678901234567890,"ratio":1e3,"deep":true,"names":["x","y z"],"maybe":"5","any":null}`, "",
		},
		"no text":               {with(map[string]string{"path": ""}), "", words.ValueMissing},
		"a blank can be meant":  {with(map[string]string{"path": " "}), `{"path":" ","order":3,"edits":[{"a": 1.50}]}`, ""},
		"no choice":             {with(map[string]string{"order": ""}), "", words.ValueMissing},
		"another choice":        {with(map[string]string{"order": "sideways"}), "", words.ValueBad},
		"half a number":         {with(map[string]string{"limit": "1.5"}), "", words.ValueBad},
		"no number":             {with(map[string]string{"ratio": "many"}), "", words.ValueBad},
		"a number that is none": {with(map[string]string{"ratio": "1e"}), "", words.ValueBad},
		"no yes":                {with(map[string]string{"deep": "maybe"}), "", words.ValueBad},
		"broken":                {with(map[string]string{"edits": "[{"}), "", words.ValueBad},
	} {
		got, err := Arguments(list, c.typed)
		if string(got) != c.want || c.code == "" && err != nil || c.code != "" && !words.Has(err, c.code) {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
}
