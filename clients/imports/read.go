package imports

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// mostText is how much of a text is read, in bytes: Claude Code's file may have
// ten million.
const mostText = 32 << 20

// mostProse is how much is read of what is no JSON, in bytes, and mostOffers how
// many servers a text may tell of.
const (
	mostProse  = 1 << 20
	mostOffers = 500
)

// Read makes Offers of a pasted text of any kind: a client's settings or a part
// of them, command lines, a link, an address, a package's name, a registry's
// server.json, or a page with any of these in it. Each has one option, or
// several where the text leaves the choice; what is to be filled in are fields,
// and keys that stood in it are given to secret fields. Nothing is fetched: an
// address is not asked what it is. The error is a Problem.
func Read(text string) ([]catalog.Offer, error) {
	if len(text) > mostText {
		return nil, words.New(words.ImportNothing, nil)
	}
	text = decode([]byte(text))
	text = tidy(text)
	list, err := read(text, 0)
	if err != nil {
		return nil, err
	}
	return unique(list), nil
}

// read tries what a text can be, the surest first.
func read(text string, depth int) ([]catalog.Offer, error) {
	if text == "" {
		return nil, nothing()
	}
	if len(text) > mostProse {
		if looksJSON(text) {
			return ofAnyJSON(text)
		}
		return nil, nothing()
	}
	isWord := !strings.ContainsAny(text, " \t\n") && !strings.HasPrefix(text, "{")
	if l := link(text); l != "" && (isWord || len(l) > len(text)*9/10) {
		return offers(ofLink(l))
	}
	if isWord && linkRule().FindString(text) == text {
		return nil, words.New(words.ImportLink, nil)
	}
	if isWord {
		if list, err := ofWord(strings.Trim(text, "<>`'\"")); err == nil || !words.Has(err, words.ImportNothing) {
			return list, err
		}
	}
	if blocks := fenced(text); len(blocks) > 0 && depth == 0 {
		if list, err := each(blocks); err == nil {
			return list, nil
		}
	}
	if looksJSON(text) {
		return ofAnyJSON(text)
	}
	if list, err := ofLines(lines(straight(text))); err == nil || !words.Has(err, words.ImportNothing) {
		return list, err
	}
	if list, err := ofTOMLOrYAML(text); err == nil || words.Has(err, words.ImportKind) {
		return list, err
	}
	return inside(text, depth)
}

// inside finds servers in what is a page rather than one of them.
func inside(text string, depth int) ([]catalog.Offer, error) {
	if l := link(text); l != "" {
		return offers(ofLink(l))
	}
	if at := strings.IndexByte(text, '{'); at > 0 && strings.Contains(text, "}") {
		if list, err := ofAnyJSON(text[at : strings.LastIndexByte(text, '}')+1]); err == nil {
			return list, nil
		}
	}
	if strings.ContainsAny(text, "{}") {
		return ofAnyJSON(text) // its Problem says the line
	}
	if depth == 0 {
		for _, w := range inTicks().FindAllStringSubmatch(text, 8) {
			if list, err := read(strings.TrimSpace(w[1]), 1); err == nil {
				return list, nil
			}
		}
		for _, w := range strings.Fields(text) {
			w = strings.Trim(w, ".,;:()[]<>\"'`")
			if schemed().MatchString(w) {
				return ofAddress(w)
			}
		}
	}
	return nil, nothing()
}

var inTicks = configs.Pattern("`([^`\n]+)`")

// each reads every block of a page; what is no server is passed over.
func each(blocks []string) ([]catalog.Offer, error) {
	var list []catalog.Offer
	var first error
	for _, b := range blocks {
		found, err := read(b, 1)
		if err != nil {
			if first == nil || words.Has(first, words.ImportNothing) {
				first = err
			}
			continue
		}
		list = append(list, found...)
	}
	if len(list) == 0 {
		return nil, first
	}
	return list, nil
}

func looksJSON(text string) bool {
	text = strings.TrimLeft(straight(text), " \n\t,")
	for strings.HasPrefix(text, "//") || strings.HasPrefix(text, "/*") {
		end := "\n"
		if text[1] == '*' {
			end = "*/"
		}
		_, rest, ok := strings.Cut(text[2:], end)
		if !ok {
			return false
		}
		text = strings.TrimLeft(rest, " \n\t,")
	}
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[{") || strings.HasPrefix(text, `"`) && strings.Contains(text, "{")
}

// ofAnyJSON reads a client's settings, a server.json or a bundle's manifest.
func ofAnyJSON(text string) ([]catalog.Offer, error) {
	var top struct {
		Schema   string            `json:"$schema"`
		Packages []json.RawMessage `json:"packages"`
		Remotes  []json.RawMessage `json:"remotes"`
		Server   json.RawMessage   `json:"server"`
		Servers  json.RawMessage   `json:"servers"`
		Manifest string            `json:"manifest_version"`
		DXT      string            `json:"dxt_version"`
	}
	if json.Unmarshal([]byte(text), &top) == nil {
		switch {
		case top.Manifest != "" || top.DXT != "":
			return nil, words.New(words.ImportManifest, nil)
		case len(top.Packages)+len(top.Remotes) > 0:
			return ofRegistry([]byte(text))
		case strings.HasPrefix(string(top.Servers), "["), strings.Contains(string(top.Server), `"packages"`), strings.Contains(string(top.Server), `"remotes"`):
			return ofRegistry([]byte(text))
		}
	}
	return offers(ofJSON(text))
}

// ofLines reads command lines.
func ofLines(list []Line) ([]catalog.Offer, error) {
	var raws []raw
	var first error
	for _, l := range list {
		found, err := ofLine(l)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		raws = append(raws, found...)
	}
	if len(raws) == 0 {
		if first == nil {
			first = nothing()
		}
		return nil, first
	}
	return offers(raws, nil)
}

var (
	tomlRule = configs.Pattern(`(?m)^\s*\[+\s*"?mcp_servers\b`)
	yamlRule = configs.Pattern(`(?m)^[ \t]*(?:- )?["']?[\w.-]+["']?:(?:[ \t]|$)`)
)

// ofTOMLOrYAML reads Codex's settings, and Goose's and Continue's.
func ofTOMLOrYAML(text string) ([]catalog.Offer, error) {
	format := configs.YAML
	switch {
	case tomlRule().MatchString(text):
		format = configs.TOML
	case !yamlRule().MatchString(text):
		return nil, nothing()
	}
	tries := []string{text}
	if format == configs.YAML && strings.HasPrefix(strings.TrimSpace(text), "- ") {
		tries = []string{"mcpServers:\n" + text}
	}
	if format == configs.TOML {
		tries = append(tries, straight(text))
	}
	var err error
	for _, t := range tries {
		var d configs.Document
		if d, err = configs.Parse("the text", []byte(t), format); err != nil {
			continue
		}
		switch {
		case isDocker(d):
			return offers(ofDocker(d))
		case isSmithery(d):
			return nil, words.New(words.ImportKind, nil, "Text", words.Say("import.note.program"))
		}
		return offers(ofDocument(d))
	}
	return nil, brokenText("{}", err)
}

// offers makes Offers of raws. One that can't be is left out, unless it is the
// only one.
func offers(list []raw, err error) ([]catalog.Offer, error) {
	if err != nil {
		return nil, err
	}
	var out []catalog.Offer
	for _, r := range list[:min(len(list), mostOffers)] {
		o, wrong := r.offer()
		if wrong != nil {
			err = wrong
			continue
		}
		out = append(out, o)
	}
	if len(out) == 0 {
		if err == nil {
			err = nothing()
		}
		return nil, err
	}
	return out, nil
}

// unique leaves out what a page tells several times, once for every AI app, and
// gives every server a name of its own.
func unique(list []catalog.Offer) []catalog.Offer {
	var out []catalog.Offer
	seen := map[string]bool{}
	for _, o := range list {
		s, _, _ := o.Recommended().Sketch("linux", nil)
		s.ID = ""
		b, _ := json.Marshal([]any{s, strings.ToLower(o.Name)})
		if seen[string(b)] {
			continue
		}
		seen[string(b)] = true
		name := o.Name
		for n := 2; slices.ContainsFunc(out, func(x catalog.Offer) bool { return strings.EqualFold(x.Name, o.Name) }); n++ {
			o.Name = servers.Numbered(name, n)
		}
		out = append(out, o)
	}
	return out
}

// File makes Offers of a dropped file: a bundle (.mcpb, .dxt), a server.json, or
// any client's settings. bundles is the folder in which a bundle's program is to
// lie; nothing is unpacked yet (Unpack). The error is a Problem, or the system's
// where the file can't be read.
func File(path, bundles string) ([]catalog.Offer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := io.ReadFull(f, head)
	if bytes.HasPrefix(head[:n], []byte("PK\x03\x04")) {
		o, err := bundle(path, bundles)
		if errors.Is(err, zip.ErrFormat) {
			return nil, words.New(words.BundleBroken, err)
		}
		if err != nil {
			return nil, err
		}
		return []catalog.Offer{o}, nil
	}
	data, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(head[:n]), f), mostText+1))
	if err != nil {
		return nil, err
	}
	if lower := strings.ToLower(path); strings.HasSuffix(lower, ".mcpb") || strings.HasSuffix(lower, ".dxt") {
		return nil, words.New(words.BundleBroken, nil)
	}
	return Read(string(data))
}
