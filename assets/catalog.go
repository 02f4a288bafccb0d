package assets

import "embed"

// Catalog is the list of well-known servers, catalog.json; what may stand in it
// says catalog.schema.json beside it.
//
//go:embed catalog.json
var Catalog string

// CatalogTranslations holds the catalogue's texts in the other languages, one
// translations/catalog/de.json, ... each: English text to translated text.
//
//go:embed translations/catalog/*.json
var CatalogTranslations embed.FS
