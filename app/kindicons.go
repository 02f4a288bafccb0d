package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// kindIcons are the pictures of the catalogue's categories, by id. They are made once:
// Fyne caches drawings by a resource's name.
var kindIcons = map[string]fyne.Resource{
	"development":   shape("kind-development", setShapes["code"], theme.ColorNamePrimary),
	"research":      shape("kind-research", setShapes["search"], theme.ColorNamePrimary),
	"data":          shape("kind-data", setShapes["data"], theme.ColorNamePrimary),
	"productivity":  shape("kind-productivity", `<path d="M5 2L14.5 2L20 7.5L20 22L5 22z M8 11L8 13L17 13L17 11z M8 15.4L8 17.4L17 17.4L17 15.4z"/>`, theme.ColorNamePrimary),
	"communication": shape("kind-communication", shapeApps, theme.ColorNamePrimary),
	"business":      shape("kind-business", `<path d="M3.4 13L7.8 13L7.8 21L3.4 21z M9.8 8L14.2 8L14.2 21L9.8 21z M16.2 3L20.6 3L20.6 21L16.2 21z"/>`, theme.ColorNamePrimary),
	"design":        stock(theme.IconNameColorPalette, theme.ColorNamePrimary),
	"cloud":         shape("kind-cloud", `<path d="M7 19.5a5 5 0 0 1 -0.7 -9.9A6.6 6.6 0 0 1 18.9 10.3A4.6 4.6 0 0 1 18 19.5z"/>`, theme.ColorNamePrimary),
	"ai":            shape("kind-ai", `<path d="M12 1.6L14.8 9.2L22.4 12L14.8 14.8L12 22.4L9.2 14.8L1.6 12L9.2 9.2z"/>`, theme.ColorNamePrimary),
	"utility":       stock(theme.IconNameSettings, theme.ColorNamePrimary),
}

var iconPasted = stock(theme.IconNameContentPaste, theme.ColorNamePrimary)

// iconOfKind is the category's picture; another one for what was pasted.
func iconOfKind(category string) fyne.Resource {
	if r, ok := kindIcons[category]; ok {
		return r
	}
	return iconPasted
}
