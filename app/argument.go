package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// argument asks for one argument of a tool.
type argument struct {
	box    *fyne.Container
	a      companion.Argument
	text   *field
	choice *choice
}

func newArgument(a companion.Argument, changed func()) *argument {
	f := &argument{a: a}
	var asks fyne.CanvasObject
	switch a.Kind {
	case companion.AYesNo:
		f.choice = newChoice(func(string) { changed() })
		f.choice.put([]string{words.Say("app.try.unset"), words.Say("app.try.yes"), words.Say("app.try.no")}, f.shown(a.Default))
	case companion.AChoice:
		f.choice = newChoice(func(string) { changed() })
		f.choice.put(append([]string{words.Say("app.try.unset")}, a.Choices...), f.shown(a.Default))
	case companion.ALines, companion.AJSON:
		f.text = newLines(words.Say("app.try.hint."+string(a.Kind)), 3)
	default:
		f.text = newField(words.Say("app.try.hint." + string(a.Kind)))
	}
	if f.choice != nil {
		asks = framed(200, f.choice)
	} else {
		f.text.SetText(a.Default)
		f.text.OnChanged = func(string) { changed() }
		asks = f.text
	}
	label := words.Say("app.try.optional", "Title", a.Title)
	if a.Required {
		label = words.Say("app.try.required", "Title", a.Title)
	}
	f.box = stack(5, newLine(label, theme.ColorNameForeground, theme.SizeNameText).bold(), asks)
	if a.About != "" {
		f.box.Add(newCaption(a.About).box)
	}
	return f
}

// shown is a value as the drop-down says it.
func (f *argument) shown(value string) string {
	switch {
	case value == "":
		return words.Say("app.try.unset")
	case f.a.Kind == companion.AYesNo && value == "true":
		return words.Say("app.try.yes")
	case f.a.Kind == companion.AYesNo:
		return words.Say("app.try.no")
	}
	return value
}

// value is what is typed or chosen, "" for nothing.
func (f *argument) value() string {
	if f.text != nil {
		return f.text.Text
	}
	i := f.choice.SelectedIndex()
	switch {
	case i <= 0:
		return ""
	case f.a.Kind == companion.AYesNo:
		return []string{"true", "false"}[i-1]
	}
	return f.a.Choices[i-1]
}
