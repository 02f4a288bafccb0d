package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// keysOf are the keys of the entries of one kind.
func keysOf(list []companion.EntryState, kind companion.EntryKind) []string {
	var keys []string
	for _, e := range list {
		if e.Kind == kind {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

// entriesText counts what stands in a file, by whose it is.
func entriesText(list []companion.EntryState) string {
	count := map[companion.EntryKind]int{}
	for _, e := range list {
		count[e.Kind]++
	}
	if len(list) == 0 {
		return words.Say("app.apps.entries.none")
	}
	text := words.Say("app.apps.entries.ours", "Count", count[companion.Ours])
	for _, kind := range []companion.EntryKind{companion.Users, companion.Extension, companion.Changed, companion.Moved} {
		if n := count[kind]; n > 0 {
			text += " " + words.Say("app.apps.entries."+string(kind), "Count", n)
		}
	}
	return text
}

// entryText says whose an entry is, and whether the app may use it.
func entryText(e companion.EntryState) string {
	if e.Approval == "" || e.Kind == companion.Ours && e.Approval == companion.Approved {
		return words.Say("app.apps.entry." + string(e.Kind))
	}
	return words.Say("app.apps.approval." + string(e.Approval))
}

// entryTable lists a file's entries, each with whose it is, and what the app has
// elsewhere.
func entryTable(list []companion.EntryState, elsewhere []companion.ElsewhereState) *fyne.Container {
	table := stack(5, widget.NewSeparator())
	for _, e := range list {
		status := map[companion.EntryKind]companion.Status{
			companion.Ours: companion.Healthy, companion.Moved: companion.NeedsYou, companion.Changed: companion.NeedsYou,
		}[e.Kind] // the user's: the ring of Off
		if e.Approval == companion.Unapproved {
			status = companion.NeedsYou
		}
		table.Add(edges(nil, nil, container.NewCenter(newPicture(lookOf(status).icon, 14).box), nil,
			container.New(share{at: 0.4, gap: 8}, padded(0, 2, newLine(e.Key, theme.ColorNameForeground, theme.SizeNameText)),
				newLine(entryText(e), colorMuted, theme.SizeNameText))))
	}
	for _, e := range elsewhere {
		table.Add(edges(nil, nil, container.NewCenter(newPicture(lookOf(companion.Off).icon, 14).box), nil,
			container.New(share{at: 0.4, gap: 8}, padded(0, 2, newLine(e.Key, theme.ColorNameForeground, theme.SizeNameText)),
				newLine(e.Words, colorMuted, theme.SizeNameText))))
	}
	return table
}
