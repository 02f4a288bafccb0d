package assets

import "embed"

// Icons holds the app's icon, icons/app.png (512 pixels) and icons/app.svg, and
// the tray's: icons/PANEL/STATUS.png, 48 pixels, and .ico for Windows, where
// PANEL is dark, light, or any where that is not known; icons/template has
// macOS' shapes without colour. STATUS is as health spells it; unknown has none.
//
//go:generate go run ../tools/icons icons
//go:embed icons/app.png icons/app.svg icons/any icons/dark icons/light icons/template
var Icons embed.FS
