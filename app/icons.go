package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
)

// The status icons differ in outline, so that they can be told apart without
// their colour and at 16 pixels. Holes run against the outline's direction.
const (
	shapeHealthy  = `<path d="M12 2a10 10 0 0 1 0 20a10 10 0 0 1 0 -20z M6.7 12.4L10.7 16.4L17.4 9.7L15.9 8.2L10.7 13.4L8.2 10.9z"/>`
	shapeNeedsYou = `<path d="M12 1.8L23.4 21.6L0.6 21.6z M10.9 9L10.9 15L13.1 15L13.1 9z M10.9 16.6L10.9 18.8L13.1 18.8L13.1 16.6z"/>`
	shapeFailing  = `<path d="M7.9 2L16.1 2L22 7.9L22 16.1L16.1 22L7.9 22L2 16.1L2 7.9z M8.3 6.8L6.8 8.3L10.5 12L6.8 15.7L8.3 17.2L12 13.5L15.7 17.2L17.2 15.7L13.5 12L17.2 8.3L15.7 6.8L12 10.5z"/>`
	shapeOff      = `<path d="M12 2a10 10 0 0 1 0 20a10 10 0 0 1 0 -20z M12 4.2a7.8 7.8 0 0 0 0 15.6a7.8 7.8 0 0 0 0 -15.6z"/>`
	shapeUnknown  = `<path d="M12 2a10 10 0 0 1 0 20a10 10 0 0 1 0 -20z M12 4.2a7.8 7.8 0 0 0 0 15.6a7.8 7.8 0 0 0 0 -15.6z M7.4 10.9L16.6 10.9L16.6 13.1L7.4 13.1z"/>`
	shapeStarting = `<path d="M4.5 9.5a2.5 2.5 0 0 1 0 5a2.5 2.5 0 0 1 0 -5z M12 9.5a2.5 2.5 0 0 1 0 5a2.5 2.5 0 0 1 0 -5z M19.5 9.5a2.5 2.5 0 0 1 0 5a2.5 2.5 0 0 1 0 -5z"/>`
	shapeApps     = `<path d="M4 3L20 3a2.4 2.4 0 0 1 2.4 2.4L22.4 15a2.4 2.4 0 0 1 -2.4 2.4L11.5 17.4L6.6 21.6L6.6 17.4L4 17.4a2.4 2.4 0 0 1 -2.4 -2.4L1.6 5.4a2.4 2.4 0 0 1 2.4 -2.4z M4.2 5.2L3.8 5.6L3.8 14.8L4.2 15.2L19.8 15.2L20.2 14.8L20.2 5.6L19.8 5.2z"/>`
	shapeKeys     = `<path d="M8 6a6 6 0 0 1 5.8 4.4L22 10.4L22 13.4L20 13.4L20 16.6L17 16.6L17 13.4L13.8 13.4A6 6 0 1 1 8 6z M8 8.2a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 0 0 0 -7.6z M7 10.9L9.2 10.9L9.2 13.1L7 13.1z"/>`
	shapeDoctor   = `<path d="M4 3L20 3a2 2 0 0 1 2 2L22 19a2 2 0 0 1 -2 2L4 21a2 2 0 0 1 -2 -2L2 5a2 2 0 0 1 2 -2z M4.2 5.2L4.2 18.8L19.8 18.8L19.8 5.2z M10.7 7.4L13.3 7.4L13.3 10.7L16.6 10.7L16.6 13.3L13.3 13.3L13.3 16.6L10.7 16.6L10.7 13.3L7.4 13.3L7.4 10.7L10.7 10.7z"/>`
	shapeServers  = `<path d="M4 3L20 3a2 2 0 0 1 2 2L22 9a2 2 0 0 1 -2 2L4 11a2 2 0 0 1 -2 -2L2 5a2 2 0 0 1 2 -2z M5.6 5.8L5.6 8.2L8 8.2L8 5.8z M4 13L20 13a2 2 0 0 1 2 2L22 19a2 2 0 0 1 -2 2L4 21a2 2 0 0 1 -2 -2L2 15a2 2 0 0 1 2 -2z M5.6 15.8L5.6 18.2L8 18.2L8 15.8z"/>`
	shapeNext     = `<path d="M9.2 5.2L16 12L9.2 18.8L7.6 17.2L12.8 12L7.6 6.8z"/>`
	shapeBack     = `<path d="M14.8 5.2L16.4 6.8L11.2 12L16.4 17.2L14.8 18.8L8 12z"/>`
	shapeSets     = `<path d="M4 3L9 3a1.4 1.4 0 0 1 1.4 1.4L10.4 9a1.4 1.4 0 0 1 -1.4 1.4L4.4 10.4A1.4 1.4 0 0 1 3 9L3 4.4A1.4 1.4 0 0 1 4.4 3z M15 3L19.6 3a1.4 1.4 0 0 1 1.4 1.4L21 9a1.4 1.4 0 0 1 -1.4 1.4L15 10.4a1.4 1.4 0 0 1 -1.4 -1.4L13.6 4.4a1.4 1.4 0 0 1 1.4 -1.4z M4.4 13.6L9 13.6a1.4 1.4 0 0 1 1.4 1.4L10.4 19.6a1.4 1.4 0 0 1 -1.4 1.4L4.4 21a1.4 1.4 0 0 1 -1.4 -1.4L3 15a1.4 1.4 0 0 1 1.4 -1.4z M15 13.6L19.6 13.6a1.4 1.4 0 0 1 1.4 1.4L21 19.6a1.4 1.4 0 0 1 -1.4 1.4L15 21a1.4 1.4 0 0 1 -1.4 -1.4L13.6 15a1.4 1.4 0 0 1 1.4 -1.4z"/>`
)

// statusLook is how a status is drawn; its words are "status.NAME".
type statusLook struct {
	icon  fyne.Resource
	color fyne.ThemeColorName // of its words
	soft  fyne.ThemeColorName // ground of a card that tells of it
}

// looks has one statusLook a status. They are made once: Fyne caches drawings by
// a resource's name.
var looks = map[companion.Status]statusLook{
	companion.Off:      {shape("off", shapeOff, colorMuted), colorMuted, colorSurface},
	companion.Healthy:  {shape("healthy", shapeHealthy, theme.ColorNameSuccess), colorMuted, colorSuccessSoft},
	companion.Unknown:  {shape("unknown", shapeUnknown, colorMuted), colorMuted, colorSurface},
	companion.Starting: {shape("starting", shapeStarting, theme.ColorNamePrimary), colorMuted, colorAccentSoft},
	companion.NeedsYou: {shape("needs-you", shapeNeedsYou, theme.ColorNameWarning), theme.ColorNameWarning, colorWarningSoft},
	companion.Failing:  {shape("failing", shapeFailing, theme.ColorNameError), theme.ColorNameError, colorErrorSoft},
}

var (
	iconServers = shape("servers", shapeServers, theme.ColorNameForeground)
	iconSets    = shape("sets", shapeSets, theme.ColorNameForeground)
	iconApps    = shape("apps", shapeApps, theme.ColorNameForeground)
	iconKeys    = shape("keys", shapeKeys, theme.ColorNameForeground)
	iconDoctor  = shape("doctor", shapeDoctor, theme.ColorNameForeground)
	iconNext    = shape("next", shapeNext, colorMuted)
	iconNote    = stock(theme.IconNameInfo, colorMuted)
	iconBack    = shape("back", shapeBack, theme.ColorNameForeground)
)

// lookOf is s's look, Unknown's for a status of a later version.
func lookOf(s companion.Status) statusLook {
	if l, ok := looks[s]; ok {
		return l
	}
	return looks[companion.Unknown]
}

func shape(name, body string, c fyne.ThemeColorName) fyne.Resource {
	svg := `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">` + body + `</svg>`
	return theme.NewColoredResource(fyne.NewStaticResource("companion-"+name+".svg", []byte(svg)), c)
}

// stock is an icon of Fyne's. The theme's own functions want an app that runs.
func stock(name fyne.ThemeIconName, c fyne.ThemeColorName) fyne.Resource {
	return tinted(theme.DefaultTheme().Icon(name), c)
}

func tinted(r fyne.Resource, c fyne.ThemeColorName) fyne.Resource {
	return theme.NewColoredResource(r, c)
}
