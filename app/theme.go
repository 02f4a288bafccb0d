package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours that Fyne has no name for. Each soft colour is the ground for text in
// the colour it is named after.
const (
	colorSide        fyne.ThemeColorName = "side"        // ground of the navigation
	colorSurface     fyne.ThemeColorName = "surface"     // ground of cards
	colorBorder      fyne.ThemeColorName = "border"      // edge of cards
	colorMuted       fyne.ThemeColorName = "muted"       // text of second rank
	colorAccentSoft  fyne.ThemeColorName = "accentSoft"  // ground of what is chosen, of chips
	colorErrorSoft   fyne.ThemeColorName = "errorSoft"   // ground of a problem
	colorWarningSoft fyne.ThemeColorName = "warningSoft" // ground of what needs the user
	colorSuccessSoft fyne.ThemeColorName = "successSoft" // ground of what was added
)

// sizeTitle is the text size of a card's title, between text and subheading.
const sizeTitle fyne.ThemeSizeName = "title"

// shade is one colour, for light and for dark.
type shade struct{ light, dark color.NRGBA }

// look is the window's theme: quiet grounds, one accent, nothing that shouts.
// It follows the system between light and dark. Fonts and icons are Fyne's.
type look struct{ fyne.Theme }

func newLook() fyne.Theme { return look{theme.DefaultTheme()} }

func (l look) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	s, ok := palette[name]
	switch {
	case !ok:
		return l.Theme.Color(name, v)
	case v == theme.VariantLight:
		return s.light
	default:
		return s.dark
	}
}

func (l look) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		return s
	}
	return l.Theme.Size(name)
}

func rgb(hex uint32) color.NRGBA { return rgba(hex, 0xff) }

func rgba(hex uint32, a uint8) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: a}
}

// Every pair of text and ground that occurs is listed in TestColoursCanBeRead.
var palette = map[fyne.ThemeColorName]shade{
	theme.ColorNameBackground:          {rgb(0xF5F6F4), rgb(0x171B1A)},
	theme.ColorNameForeground:          {rgb(0x1D2927), rgb(0xE6ECEA)},
	theme.ColorNamePrimary:             {rgb(0x1D6B62), rgb(0x74C9BC)},
	theme.ColorNameForegroundOnPrimary: {rgb(0xFFFFFF), rgb(0x07211D)},
	theme.ColorNameHyperlink:           {rgb(0x1D6B62), rgb(0x74C9BC)},
	theme.ColorNameButton:              {rgb(0xE6EAE7), rgb(0x303936)},
	theme.ColorNameDisabledButton:      {rgb(0xECEFED), rgb(0x262D2B)},
	theme.ColorNameDisabled:            {rgb(0x79857F), rgb(0x7D8A85)},
	theme.ColorNamePlaceHolder:         {rgb(0x66736E), rgb(0x94A19C)},
	theme.ColorNameInputBackground:     {rgb(0xFFFFFF), rgb(0x191E1C)},
	theme.ColorNameInputBorder:         {rgb(0x8B9792), rgb(0x67746F)},
	theme.ColorNameHover:               {rgba(0x1D2927, 0x10), rgba(0xFFFFFF, 0x12)},
	theme.ColorNamePressed:             {rgba(0x1D2927, 0x22), rgba(0xFFFFFF, 0x26)},
	theme.ColorNameFocus:               {rgba(0x1D6B62, 0x4A), rgba(0x74C9BC, 0x55)},
	theme.ColorNameSelection:           {rgb(0xCFE5E1), rgb(0x224641)},
	theme.ColorNameSeparator:           {rgb(0xE3E7E4), rgb(0x2E3633)},
	theme.ColorNameShadow:              {rgba(0x0A1412, 0x40), rgba(0x000000, 0x80)},
	theme.ColorNameMenuBackground:      {rgb(0xFFFFFF), rgb(0x262D2B)},
	theme.ColorNameOverlayBackground:   {rgb(0xFFFFFF), rgb(0x222826)},
	theme.ColorNameHeaderBackground:    {rgb(0xF5F6F4), rgb(0x171B1A)},
	theme.ColorNameScrollBar:           {rgba(0x1D2927, 0x66), rgba(0xFFFFFF, 0x66)},
	theme.ColorNameScrollBarBackground: {rgba(0x1D2927, 0x00), rgba(0xFFFFFF, 0x00)},
	theme.ColorNameError:               {rgb(0xAD2B23), rgb(0xF49A92)},
	theme.ColorNameForegroundOnError:   {rgb(0xFFFFFF), rgb(0x2B0B08)},
	theme.ColorNameWarning:             {rgb(0x875200), rgb(0xEBBB6C)},
	theme.ColorNameForegroundOnWarning: {rgb(0xFFFFFF), rgb(0x2A1B02)},
	theme.ColorNameSuccess:             {rgb(0x1C7145), rgb(0x82CFA1)},
	theme.ColorNameForegroundOnSuccess: {rgb(0xFFFFFF), rgb(0x06240F)},

	colorSide:        {rgb(0xEBEEEB), rgb(0x121615)},
	colorSurface:     {rgb(0xFFFFFF), rgb(0x202624)},
	colorBorder:      {rgb(0xDCE1DD), rgb(0x343D3A)},
	colorMuted:       {rgb(0x55625D), rgb(0xA5B2AD)},
	colorAccentSoft:  {rgb(0xDDECE9), rgb(0x24423D)},
	colorErrorSoft:   {rgb(0xFBEAE8), rgb(0x3A2624)},
	colorWarningSoft: {rgb(0xFCF1DD), rgb(0x382F1E)},
	colorSuccessSoft: {rgb(0xE4F3EA), rgb(0x1F3529)},
}

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:            14,
	theme.SizeNameCaptionText:     12,
	sizeTitle:                     15,
	theme.SizeNameSubHeadingText:  17,
	theme.SizeNameHeadingText:     23,
	theme.SizeNameInputRadius:     7,
	theme.SizeNameButtonRadius:    7,
	theme.SizeNameCardRadius:      10,
	theme.SizeNameDialogRadius:    12,
	theme.SizeNamePopupRadius:     12,
	theme.SizeNameMenuRadius:      8,
	theme.SizeNameSelectionRadius: 7,
	theme.SizeNameScrollBar:       10,
	theme.SizeNameScrollBarSmall:  4,
	theme.SizeNameInlineIcon:      18,
}
