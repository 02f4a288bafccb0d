package companion

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"

	"mcp-companion/words"
)

// Argument is one thing a tool asks for, made of its input schema.
type Argument struct {
	Name     string
	Title    string // what to call it; Name where the schema says nothing
	About    string
	Kind     ArgumentKind
	Required bool
	Choices  []string // of AChoice
	Default  string   // as it would be typed

	choices []json.RawMessage // the Choices as the schema spells them
}

// ArgumentKind is how an argument is typed.
type ArgumentKind string

// The kinds. Anything a form can't ask for part by part is typed as JSON.
const (
	AText   ArgumentKind = "text"
	ANumber ArgumentKind = "number" // any number
	AWhole  ArgumentKind = "whole"  // a whole one
	AYesNo  ArgumentKind = "yes-no" // "true" or "false"
	AChoice ArgumentKind = "choice"
	ALines  ArgumentKind = "lines" // a list of texts, one a line
	AJSON   ArgumentKind = "json"
)

// property is the part of JSON Schema that a form can be made of.
type property struct {
	Type        json.RawMessage   `json:"type"` // a name, or a list of names
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Enum        []json.RawMessage `json:"enum"`
	Default     json.RawMessage   `json:"default"`
	Items       *property         `json:"items"`
	AnyOf       []property        `json:"anyOf"`
}

// ArgumentsOf lists what a tool with this input schema asks for: the required ones
// first, each group in the schema's own order. A schema that can't be read asks for
// nothing by name: the whole is then typed as JSON.
func ArgumentsOf(schema json.RawMessage) (list []Argument, ok bool) {
	var s struct {
		Properties json.RawMessage `json:"properties"`
		Required   []string        `json:"required"`
	}
	if json.Unmarshal(schema, &s) != nil {
		return nil, false
	}
	if len(s.Properties) == 0 {
		return nil, true
	}
	properties := map[string]property{}
	if json.Unmarshal(s.Properties, &properties) != nil {
		return nil, false
	}
	for _, name := range inOrder(s.Properties, properties) {
		list = append(list, properties[name].argument(name, slices.Contains(s.Required, name)))
	}
	slices.SortStableFunc(list, func(a, b Argument) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return list, true
}

// inOrder lists the object's names in the order they are written.
func inOrder(object json.RawMessage, all map[string]property) []string {
	d := json.NewDecoder(bytes.NewReader(object))
	var names []string
	if _, err := d.Token(); err != nil {
		return slices.Sorted(maps.Keys(all))
	}
	for d.More() {
		name, err := d.Token()
		var skipped json.RawMessage
		if err != nil || d.Decode(&skipped) != nil {
			return slices.Sorted(maps.Keys(all))
		}
		if n := name.(string); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

func (p property) argument(name string, required bool) Argument {
	a := Argument{Name: name, Title: name, About: strings.TrimSpace(p.Description), Required: required}
	if p.Title != "" {
		a.Title = p.Title
	}
	p = p.plain()
	a.Kind = p.kind()
	for _, e := range p.Enum {
		a.Choices, a.choices = append(a.Choices, typed(e)), append(a.choices, e)
	}
	if len(p.Default) > 0 && string(p.Default) != "null" {
		a.Default = typed(p.Default)
		if list := []string{}; a.Kind == ALines && json.Unmarshal(p.Default, &list) == nil {
			a.Default = strings.Join(list, "\n")
		}
	}
	return a
}

// plain is p without its "or null", as generators write what is optional.
func (p property) plain() property {
	if len(p.AnyOf) == 0 || p.Type != nil {
		return p
	}
	rest := slices.DeleteFunc(slices.Clone(p.AnyOf), func(x property) bool { return string(x.Type) == `"null"` })
	if len(rest) != 1 {
		return p
	}
	one := rest[0]
	if one.Default == nil {
		one.Default = p.Default
	}
	return one
}

func (p property) kind() ArgumentKind {
	var names []string
	if one := ""; json.Unmarshal(p.Type, &one) == nil {
		names = []string{one}
	} else if json.Unmarshal(p.Type, &names) == nil {
		names = slices.DeleteFunc(names, func(n string) bool { return n == "null" })
	}
	switch {
	case len(p.Enum) > 0:
		return AChoice
	case len(names) != 1:
		return AJSON
	}
	switch names[0] {
	case "string":
		return AText
	case "number":
		return ANumber
	case "integer":
		return AWhole
	case "boolean":
		return AYesNo
	case "array":
		if p.Items != nil && len(p.Items.Enum) == 0 && p.Items.kind() == AText {
			return ALines
		}
	}
	return AJSON
}

// typed is a value as a person types it: a text without its quotes.
func typed(value json.RawMessage) string {
	text := ""
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return string(value)
	}
	return b.String()
}

// Arguments makes what a tool is called with of what was typed, by name. What is
// empty is left out, and a ValueMissing Problem where it is required; a ValueBad one
// names the field that can't be.
func Arguments(list []Argument, typed map[string]string) (json.RawMessage, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, a := range list {
		value, err := a.value(typed[a.Name])
		if err != nil {
			return nil, err
		}
		if value == nil {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(encoded(a.Name))
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// value is the argument as JSON, nil where it is left out.
func (a Argument) value(text string) (json.RawMessage, error) {
	trimmed := strings.TrimSpace(text)
	bad := words.New(words.ValueBad, nil, "Field", a.Title, "Value", text)
	switch {
	case trimmed == "" && !a.Required:
		return nil, nil
	case text == "" || trimmed == "" && a.Kind != AText && a.Kind != ALines:
		return nil, words.New(words.ValueMissing, nil, "Field", a.Title)
	}
	switch a.Kind {
	case AText:
		return encoded(text), nil
	case ALines:
		lines := []string{}
		for _, l := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
			if l != "" {
				lines = append(lines, l)
			}
		}
		return encoded(lines), nil
	case AChoice:
		switch i := slices.Index(a.Choices, text); {
		case i < 0:
			return nil, bad
		case i < len(a.choices):
			return a.choices[i], nil
		}
		return encoded(text), nil
	case AWhole:
		if _, ok := new(big.Int).SetString(trimmed, 10); !ok {
			return nil, bad
		}
	case ANumber, AYesNo:
		kind := byte(trimmed[0])
		isNumber := kind == '-' || kind >= '0' && kind <= '9'
		if (a.Kind == ANumber) != isNumber || a.Kind == AYesNo && trimmed != "true" && trimmed != "false" {
			return nil, bad
		}
	}
	if !json.Valid([]byte(trimmed)) {
		return nil, bad
	}
	return json.RawMessage(trimmed), nil
}

func encoded(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // texts and lists of texts
	}
	return bytes.TrimSpace(b.Bytes())
}
