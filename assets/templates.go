package assets

import "embed"

// Templates holds one folder for each kind of project that can be begun. Every
// file is a text/template named NAME.tmpl, so that no tool takes it for a project
// of this repository; dot-NAME.tmpl is for .NAME.
//
//go:embed templates
var Templates embed.FS
