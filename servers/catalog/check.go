package catalog

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mcp-companion/words"
)

// Check says why value can't be this field's, as a Problem that says what to
// change; an empty one is fine, whether the field is required or not. No Problem
// tells a secret's value.
func (f *Field) Check(value string) error {
	value = f.Clean(value)
	if value == "" {
		return nil
	}
	switch {
	case strings.Contains(value, "\x00"), strings.Contains(value, "${secret:"),
		f.Kind != Secret && strings.ContainsAny(value, "\r\n"):
		return words.New(words.ValueShape, nil, "Field", f.Label, "Example", f.example())
	case f.Pattern != "" && !matches(f.Pattern, value):
		return words.New(words.ValueShape, nil, "Field", f.Label, "Example", f.example())
	}
	switch f.Kind {
	case Number:
		return f.checkNumber(value)
	case YesNo:
		if value != "true" && value != "false" {
			return words.New(words.ValueBad, nil, "Field", f.Label, "Value", value)
		}
	case Choice:
		if !slices.ContainsFunc(f.Choices, func(c Selection) bool { return c.Value == value }) {
			return words.New(words.ValueChoice, nil, "Field", f.Label, "Choices", f.choices())
		}
	case Address:
		if u, err := url.Parse(value); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return words.New(words.ValueAddress, nil, "Field", f.Label)
		}
	case Folder, File:
		if !isWhole(value) {
			return words.New(words.PathRelative, nil, "Value", f.Label, "Path", value)
		}
	}
	return nil
}

func (f *Field) checkNumber(value string) error {
	n, err := strconv.ParseFloat(value, 64)
	if err == nil && (f.Min == nil || n >= *f.Min) && (f.Max == nil || n <= *f.Max) && n-n == 0 {
		return nil
	}
	limit := func(x *float64) string {
		if x == nil {
			return ""
		}
		return strconv.FormatFloat(*x, 'f', -1, 64)
	}
	return words.New(words.ValueNumber, nil, "Field", f.Label, "Min", limit(f.Min), "Max", limit(f.Max))
}

// example is what a value looks like; "" where nothing tells.
func (f *Field) example() string {
	if f.Placeholder != "" {
		return f.Placeholder
	}
	return f.Default
}

func (f *Field) choices() string {
	var all []string
	for _, c := range f.Choices {
		all = append(all, c.Label)
	}
	return strings.Join(all, ", ")
}

// isWhole reports whether a path is one that begins at the top, on any system.
func isWhole(path string) bool {
	return path[0] == '/' || strings.HasPrefix(path, `\\`) ||
		len(path) > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/')
}

// matches reports whether value is as pattern says; one that can't be read says
// nothing.
func matches(pattern, value string) bool {
	rule, err := regexp.Compile(pattern)
	return err != nil || rule.MatchString(value)
}

// Warn is a sentence about a value that can be and yet is likely not what was
// meant; "" for none. It looks at the disk for folders and files.
func (f *Field) Warn(value string) string {
	value = f.Clean(value)
	if value == "" || f.Check(value) != nil {
		return ""
	}
	switch {
	case f.LooksLike != "" && !matches(f.LooksLike, value):
		return words.Say("offer.warn.look", "Field", f.Label)
	case f.Kind == Folder && !isFolder(value):
		return words.Say("offer.warn.folder", "Path", value)
	case f.Kind == Folder && f.MustContain != "" && !isThere(filepath.Join(value, f.MustContain)):
		return words.Say("offer.warn.contain", "Name", f.MustContain)
	case f.Kind == File && !f.SaveAs && !isThere(value):
		return words.Say("offer.warn.file", "Path", value)
	case f.Kind == File && len(f.Extensions) > 0 && !slices.Contains(f.Extensions, strings.TrimPrefix(strings.ToLower(filepath.Ext(value)), ".")):
		return words.Say("offer.warn.ending", "Endings", "."+strings.Join(f.Extensions, ", ."))
	case f.Kind == Address && strings.HasPrefix(value, "http://") && !isHere(value):
		return words.Say("offer.warn.open")
	}
	return ""
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isHere reports whether an address is on this computer.
func isHere(address string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
}
