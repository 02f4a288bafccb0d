package imports

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// linkRule finds a link that asks an AI app to add a server. Ours adds nothing:
// it is read like any other text, and its user is asked.
var linkRule = configs.Pattern(`(?i)(?:\b(?:vscode(?:-insiders)?|cursor|lmstudio|kiro|goose|ccswitch|windsurf|claude):[^\s<>"'\x60]+|\bhttps?://[^\s<>"'\x60]*(?:mcp(?:%2f|/)install|install-mcp|mcp(?:%2f|/)add|/redirect)[^\s<>"'\x60]*\?[^\s<>"'\x60]+)`)

// link finds the first link in a text that can be read, "" for none.
func link(text string) string {
	for _, l := range linkRule().FindAllString(text, 8) {
		l = strings.TrimRight(l, ".,;)")
		if _, err := ofLink(l); err == nil {
			return l
		}
	}
	return ""
}

// ofLink reads a link, in all the codings that are about.
func ofLink(text string) ([]raw, error) {
	if strings.HasPrefix(strings.ToLower(text), "vscode") { // its JSON may stand there as it is
		return ofVSCode(text)
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return nil, words.New(words.ImportLink, nil)
	}
	q := u.Query()
	switch {
	case u.Scheme == "goose":
		return ofGoose(q)
	case q.Get("url") != "" && strings.Contains(u.Path, "redirect") && strings.HasPrefix(q.Get("url"), "vscode"):
		return ofVSCode(q.Get("url"))
	case q.Get("config") == "":
		return nil, words.New(words.ImportLink, nil)
	}
	return ofConfig(q.Get("name"), rawQuery(u, "config"), rawQuery(u, "inputs"))
}

// ofVSCode reads vscode:mcp/install?{...}, or with name= and config=.
func ofVSCode(text string) ([]raw, error) {
	_, query, ok := strings.Cut(text, "?")
	if !ok {
		return nil, words.New(words.ImportLink, nil)
	}
	if v, err := url.ParseQuery(query); err == nil && v.Get("config") != "" {
		return ofConfig(v.Get("name"), v.Get("config"), v.Get("inputs"))
	}
	return ofConfig("", query, "")
}

// rawQuery is a query's value, in which a + may be one of base64 and not a blank.
func rawQuery(u *url.URL, name string) string {
	v := u.Query().Get(name)
	if !strings.ContainsAny(v, `{"`) {
		v = strings.ReplaceAll(v, " ", "+")
	}
	return v
}

// ofConfig reads a link's config: JSON, which may be coded as for an address,
// more than once, or in base64; and in it a server, servers by their names, or a
// command in one text.
func ofConfig(name, config, asked string) ([]raw, error) {
	text, ok := unpacked(config)
	if !ok {
		return nil, words.New(words.ImportLink, nil)
	}
	var list []raw
	var err error
	one := ""
	if json.Unmarshal([]byte(text), &one) == nil {
		list, err = ofOneText(one)
	} else {
		list, err = ofJSON(text)
	}
	if err != nil {
		return nil, words.New(words.ImportLink, nil)
	}
	if name != "" && len(list) == 1 {
		list[0].name = name
	}
	if fields := inputsText(asked); fields != nil {
		for i := range list {
			list[i].asked = fields
		}
	}
	return list, nil
}

// ofOneText reads a command, an address, or once more JSON.
func ofOneText(text string) ([]raw, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return ofJSON(text)
	}
	if isAddress(text) {
		return []raw{{url: text}}, nil
	}
	l, ok := SplitLine(text)
	if !ok {
		return nil, nothing()
	}
	return ofLine(l)
}

func inputsText(text string) map[string]catalog.Field {
	if plain, ok := unpacked(text); ok {
		return inputs([]byte(plain))
	}
	return nil
}

// unpacked is JSON out of whatever it was put into.
func unpacked(text string) (string, bool) {
	for range 4 {
		text = strings.TrimSpace(text)
		if text == "" {
			return "", false
		}
		if json.Valid([]byte(text)) {
			return text, true
		}
		if strings.Contains(text, "%") {
			if plain, err := url.PathUnescape(text); err == nil && plain != text {
				text = plain
				continue
			}
		}
		plain, ok := unbase64(text)
		if !ok {
			break
		}
		text = plain
	}
	if d, err := configs.Parse("", []byte(text), configs.JSONC); err == nil && strings.HasPrefix(text, "{") {
		if names, _ := d.Names(); len(names) > 0 {
			return text, true
		}
	}
	if _, ok := SplitLine(text); ok && strings.HasPrefix(text, "npx ") {
		quoted, err := json.Marshal(text)
		return string(quoted), err == nil
	}
	return "", false
}

func unbase64(text string) (string, bool) {
	text = strings.TrimRight(strings.ReplaceAll(text, "\n", ""), "=")
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if plain, err := e.DecodeString(text); err == nil && len(plain) > 1 {
			return decode(plain), true
		}
	}
	return "", false
}

// ofGoose reads goose://extension?cmd=npx&arg=-y&arg=...&env=KEY%3Dwhat it is.
func ofGoose(q url.Values) ([]raw, error) {
	r := raw{name: q.Get("id"), title: q.Get("name"), about: q.Get("description"), command: q.Get("cmd"), args: q["arg"], url: q.Get("url")}
	if r.name == "" {
		r.name = r.title
	}
	if r.url != "" {
		r.command, r.args = "", nil
		r.sse = q.Get("type") == "sse"
	}
	r.asked, r.env = map[string]catalog.Field{}, map[string]string{}
	for _, e := range q["env"] {
		name, about, _ := strings.Cut(e, "=")
		f := catalog.Field{Kind: catalog.Text, Label: readable(name), Help: about, Required: true}
		if configs.LooksSecret(name, "") {
			f.Kind = catalog.Secret
		}
		r.asked[name], r.env[name] = ask(f, name), "${input:"+name+"}"
	}
	for _, h := range q["header"] {
		if name, value, ok := strings.Cut(h, "="); ok {
			r.header(name, value)
		}
	}
	if r.check() != nil {
		return nil, words.New(words.ImportLink, nil)
	}
	return []raw{r}, nil
}
