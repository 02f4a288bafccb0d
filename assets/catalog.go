package assets

import _ "embed"

// Catalog is the list of well-known servers, catalog.json; what may stand in it
// says catalog.schema.json beside it.
//
//go:embed catalog.json
var Catalog string
