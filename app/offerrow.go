package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// offerRow is one offer in a list.
type offerRow struct {
	widget.BaseWidget
	title    *line
	summary  *line
	official *fyne.Container
	badge    *chips
	kind     *picture // of its category
	content  *fyne.Container
}

func newOfferRow() *offerRow {
	r := &offerRow{
		title:    newLine("", theme.ColorNameForeground, sizeTitle).bold(),
		summary:  newLine("", colorMuted, theme.SizeNameText),
		official: chip(words.Say("app.offer.official")),
		badge:    newChips(1),
		kind:     newPicture(iconOfKind(""), 22),
	}
	more := newPicture(iconNext, 18)
	r.content = padded(8, 10, edges(nil, nil, padded(0, 8, container.NewCenter(r.kind.box)),
		row(8, middle(r.official), middle(r.badge.box), container.NewCenter(more.box)),
		padded(0, 4, stack(2, r.title, r.summary))))
	r.ExtendBaseWidget(r)
	return r
}

func (r *offerRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

// AccessibilityLabel is what a screen reader says of the row.
func (r *offerRow) AccessibilityLabel() string { return r.title.text + ". " + r.summary.text }

func (r *offerRow) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (r *offerRow) set(o *catalog.Offer) {
	r.kind.set(iconOfKind(o.Category))
	r.title.set(visible(o.Title), theme.ColorNameForeground)
	summary := visible(o.Summary)
	if o.ID == "" && summary == "" {
		summary = words.Say("app.add.found")
	}
	r.summary.set(summary, colorMuted)
	var badge []string
	if b := o.Badge().Say(); b != "" {
		badge = []string{b}
	}
	r.badge.set(badge, nil)
	show(r.official, o.Official())
	r.content.Refresh()
}
