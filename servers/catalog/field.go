package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Kind is how a field is asked for.
type Kind string

// The kinds. A list of any is a field with Multiple set.
const (
	Text    Kind = "string"
	Secret  Kind = "secret"
	Folder  Kind = "directory"
	File    Kind = "file"
	Address Kind = "url"
	Number  Kind = "number"
	YesNo   Kind = "boolean" // "true" or "false"
	Choice  Kind = "choice"
)

// Field is one thing a form asks.
type Field struct {
	ID          string      `json:"id"`
	Kind        Kind        `json:"type"`
	Label       string      `json:"label"`
	Help        string      `json:"help"`
	Placeholder string      `json:"placeholder"` // an example
	Required    bool        `json:"required"`
	Advanced    bool        `json:"advanced"` // folded away
	Multiple    bool        `json:"multiple"` // a list of values
	Default     string      `json:"-"`        // as it would be typed
	Choices     []Selection `json:"choices"`
	Min         *float64    `json:"min"`
	Max         *float64    `json:"max"`
	Pattern     string      `json:"pattern"`     // must match
	LooksLike   string      `json:"looksLike"`   // only warns
	Extensions  []string    `json:"extensions"`  // of a file, without the dot
	SaveAs      bool        `json:"saveAs"`      // the file may not exist yet
	MustContain string      `json:"mustContain"` // of a folder; only warns
	TrueValue   string      `json:"trueValue"`   // what yes is called, "" for true
	EmitFalse   bool        `json:"emitFalse"`   // no is said, not left out
	KeyURL      string      `json:"keyUrl"`      // where to get it
	OAuthClient string      `json:"oauthClient"` // id or secret: for the sign-in, not for the server

	// Exposed says that the value goes where other programs on this computer can
	// see it, the server's arguments or address, because it has no other way.
	Exposed bool `json:"-"`

	// Given is what the pasted text already says; it may be a key.
	Given Given `json:"-"`
}

// Selection is one of the values a field can have.
type Selection struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Given is a field's values as a text gave them. It never prints itself.
type Given []string

// Format writes how many values there are, whatever the verb.
func (g Given) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "[%d given]", len(g)) }

// UnmarshalJSON reads a field; its default may be a text, a number or yes/no.
func (f *Field) UnmarshalJSON(data []byte) error {
	type same Field
	x := struct {
		*same
		Default plain `json:"default"`
	}{same: (*same)(f)}
	if err := json.Unmarshal(data, &x); err != nil {
		return err
	}
	f.Default = string(x.Default)
	return nil
}

// plain is a JSON text, number or yes/no as it would be typed.
type plain string

func (p *plain) UnmarshalJSON(data []byte) error {
	text := ""
	if json.Unmarshal(data, &text) != nil {
		text = string(data)
	}
	*p = plain(text)
	return nil
}

// Clean is a value without what comes along when it is copied from a page: line
// ends and blanks around it and, around all but a text, quotes.
func (f *Field) Clean(value string) string {
	for was := "\x00"; was != value; {
		was, value = value, strings.TrimSpace(value)
		for _, q := range []string{`""`, `''`, "``", "\u201c\u201d", "\u2018\u2019"} {
			open, shut := string([]rune(q)[0]), string([]rune(q)[1])
			if f.Kind != Text && len(value) >= len(open)+len(shut) && strings.HasPrefix(value, open) && strings.HasSuffix(value, shut) {
				value = strings.TrimSuffix(strings.TrimPrefix(value, open), shut)
			}
		}
	}
	return value
}
