package app

import (
	"net/url"
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// The parts of the welcome page.

// getApp is where the app that most people begin with is to be had.
const (
	getApp    = "Claude Desktop"
	getAppURL = "https://claude.ai/download"
)

func cardTitle(text string) *line {
	return newLine(text, theme.ColorNameForeground, sizeTitle).bold()
}

// point is a sentence with a picture before it.
func point(icon fyne.Resource, text string) fyne.CanvasObject {
	return edges(nil, nil, padTop(newPicture(icon, 20).box), nil,
		padded(0, 8, newPara(text, theme.ColorNameForeground).box))
}

func importance(primary bool) widget.Importance {
	if primary {
		return widget.HighImportance
	}
	return widget.MediumImportance
}

// intro says in three lines what the program is for.
func (v *welcome) intro() fyne.CanvasObject {
	keys := "app.welcome.two"
	if v.w.state.Settings.InFile {
		keys = "app.welcome.two.file"
	}
	accent := func(r fyne.Resource) fyne.Resource { return tinted(r, theme.ColorNamePrimary) }
	return card(stack(10,
		point(accent(iconServers), words.Say("app.welcome.one")),
		point(accent(iconKeys), words.Say(keys)),
		point(accent(iconDoctor), words.Say("app.welcome.three"))))
}

// found counts what is there.
func (v *welcome) found() fyne.CanvasObject {
	text := ""
	if v.inv.Servers > 0 {
		text = words.Say("app.welcome.servers", "Count", v.inv.Servers)
	}
	if v.inv.Keys > 0 {
		text += " " + words.Say("app.welcome.keys", "Count", v.inv.Keys)
	}
	p := newPara(text, theme.ColorNameForeground).bold()
	p.set(text)
	p.seg.Style.SizeName = theme.SizeNameSubHeadingText
	return padded(4, 2, p.box)
}

// lesson is a card that says where to begin.
func lesson(title, text string, below ...fyne.CanvasObject) fyne.CanvasObject {
	head := newPara(title, theme.ColorNameForeground).bold()
	head.seg.Style.SizeName = theme.SizeNameSubHeadingText
	return card(stack(8, append([]fyne.CanvasObject{head.box, newPara(text, theme.ColorNameForeground).box}, below...)...))
}

// noApp says which apps we know, and where to get one.
func (v *welcome) noApp() fyne.CanvasObject {
	get := newButton(words.Say("app.welcome.get", "Client", getApp), func() { visitPage(getAppURL) })
	again := newButton(words.Say("app.welcome.again"), v.load)
	return lesson(words.Say("app.welcome.noapp.title"), words.Say("app.welcome.noapp.text"),
		newCaption(words.Say("app.welcome.noapp.known", "Names", strings.Join(v.inv.Known, ", "))).box,
		padded(4, 0, flow(narrow, []fyne.CanvasObject{get, again})))
}

// visitPage opens a page in the browser.
func visitPage(page string) {
	if u, err := url.Parse(page); err == nil {
		_ = fyne.CurrentApp().OpenURL(u) // without a browser there is nothing to say it in
	}
}

// what says what the button does.
func (v *welcome) what() fyne.CanvasObject {
	muted := func(r fyne.Resource) fyne.Resource { return tinted(r, colorMuted) }
	list := stack(10, cardTitle(words.Say("app.welcome.what")), point(muted(iconServers), words.Say("app.welcome.what.entries")))
	if v.inv.Keys > 0 {
		keys := "app.welcome.what.keychain"
		if v.w.state.Settings.InFile {
			keys = "app.welcome.what.file"
		}
		list.Add(point(muted(iconKeys), words.Say(keys)))
	}
	list.Add(point(muted(theme.ContentUndoIcon()), words.Say("app.welcome.what.undo")))
	if v.inv.Keys > 0 {
		list.Add(point(iconNote, words.Say("app.welcome.what.copies")))
	}
	return card(list)
}

// needsCard says which helper programs are here, and where to get the others.
func needsCard(list []companion.Need) fyne.CanvasObject {
	rows := stack(10, cardTitle(words.Say("app.welcome.needs")), newCaption(words.Say("app.welcome.needs.about")).box)
	for _, n := range list {
		status, text := companion.Healthy, words.Say("app.welcome.need.here", "Program", n.Title)
		switch {
		case n.Path != "":
		case len(n.Servers) > 0:
			status, text = companion.NeedsYou, words.Say("app.welcome.need.missing", "Program", n.Title, "Names", strings.Join(n.Servers, ", "))
		default:
			status, text = companion.Off, words.Say("app.welcome.need.none", "Program", n.Title)
		}
		var get fyne.CanvasObject
		if n.Path == "" && n.Page != "" {
			get = middle(newButton(words.Say("fix.install", "Program", n.Title), func() { visitPage(n.Page) }))
		}
		rows.Add(edges(nil, nil, container.NewCenter(newPicture(lookOf(status).icon, 18).box), get,
			padded(0, 8, middle(newPara(text, theme.ColorNameForeground).box))))
	}
	return card(rows)
}

// heldApp is the card of one AI app.
type heldApp struct {
	box    *fyne.Container
	checks []*check
	keys   []string // of the checks
}

func newHeldApp(v *welcome, a companion.AppHolds) *heldApp {
	c := &heldApp{}
	home, _ := os.UserHomeDir()
	all := stack(10, stack(3, newLine(a.Title, theme.ColorNameForeground, theme.SizeNameSubHeadingText).bold(),
		newLine(shortPath(a.File, home), colorMuted, theme.SizeNameCaptionText)))
	told := newNotice()
	told.problem(a.Problem, companion.NeedsYou)
	all.Add(told.box)
	var stay []companion.Holding
	rows := stack(6)
	for _, h := range a.Holds {
		if h.Stays != "" {
			stay = append(stay, h)
			continue
		}
		rows.Add(c.row(v, a, h))
	}
	if len(rows.Objects) > 0 {
		all.Add(rows)
		if a.Unverified {
			all.Add(note(words.Say("app.apps.unverified")))
		}
		if a.Waits {
			all.Add(note(words.Say("app.welcome.waits", "Client", a.Title)))
		}
	}
	if len(stay) > 0 {
		all.Add(stayList(stay).box)
	}
	c.box = card(all)
	return c
}

// row is one server: a tick, what it runs, its keys.
func (c *heldApp) row(v *welcome, a companion.AppHolds, h companion.Holding) fyne.CanvasObject {
	at := held{a.ID, h.Key}
	tick := newCheck(fitRunes(h.Key, 40), func(on bool) { v.left[at] = !on; v.onTicked() })
	tick.put(!v.left[at])
	c.checks, c.keys = append(c.checks, tick), append(c.keys, h.Key)
	runs := h.Runs
	if h.Title != "" {
		runs = h.Title + "  ·  " + runs
	}
	about := stack(3, newLine(runs, colorMuted, theme.SizeNameCaptionText))
	if len(h.Keys) > 0 {
		about.Add(edges(nil, nil, container.NewCenter(newPicture(tinted(iconKeys, theme.ColorNamePrimary), 14).box), nil,
			padded(0, 6, newLine(keysText(h.Keys), theme.ColorNameForeground, theme.SizeNameCaptionText))))
	}
	switch {
	case h.Off:
		about.Add(newCaption(words.Say("app.welcome.off", "Client", a.Title)).box)
	case h.Also != "":
		about.Add(newCaption(words.Say("app.welcome.also", "Client", h.Also)).box)
	}
	return stack(-4, container.New(flushed{}, tick), edges(nil, nil, gap(16, 0), nil, about))
}

// keysText names keys with their last four characters.
func keysText(list []companion.HeldKey) string {
	var all []string
	for _, k := range list {
		if k.Mask == "" {
			all = append(all, words.Say("app.welcome.key.none", "Name", k.Name))
			continue
		}
		all = append(all, k.Name+" "+k.Mask)
	}
	return strings.Join(all, ",  ")
}

// stayList are the entries that stay, each with the reason.
func stayList(list []companion.Holding) folded {
	body := stack(4)
	for _, h := range list {
		body.Add(newCaption(h.Key + ": " + h.Stays).box)
	}
	return newFolded(words.Say("app.welcome.stay", "Count", len(list)), body)
}
