// Package assets holds the program's bytes: translations, icons and, with
// their pages, the catalogue and templates. It knows nothing of what they mean.
package assets

import "embed"

// Translations holds one en.json, de.json, ... a language: message id to
// sentence, in go-i18n's format.
//
//go:embed translations/*.json
var Translations embed.FS
