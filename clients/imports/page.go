package imports

import (
	"net/url"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

var (
	schemed  = configs.Pattern(`(?i)^(https?|wss?)://[^\s]+$`)
	hostly   = configs.Pattern(`(?i)^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?::\d{1,5}(?:/\S*)?|/\S*)$`)
	local    = configs.Pattern(`(?i)^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(/\S*)?$`)
	npmName  = configs.Pattern(`^@[a-z0-9~][\w.~-]*/[a-z0-9~][\w.~-]*(@[\w.^~-]+)?$`)
	pkgName  = configs.Pattern(`^[A-Za-z0-9][\w.-]*[A-Za-z0-9](?:\[[\w,-]+\])?(?:@[\w.^~-]+|==[\w.]+)?$`)
	inImages = configs.Pattern(`^(mcp|ghcr\.io|docker\.io|quay\.io|gcr\.io|mcr\.microsoft\.com|public\.ecr\.aws|registry\.\S+)/`)
	image    = configs.Pattern(`^(?:[a-z0-9.-]+(?::\d+)?/)?[a-z0-9_.-]+/[a-z0-9_./-]+(?::[\w.-]+)?$`)
)

// ofWord reads a text of one word: an address, a page, a package's name.
func ofWord(text string) ([]catalog.Offer, error) {
	switch {
	case schemed().MatchString(text):
		return ofAddress(text)
	case local().MatchString(text):
		return ofAddress("http://" + text)
	case npmName().MatchString(text):
		return ofPackage("npm", text)
	case image().MatchString(text) && inImages().MatchString(text):
		return ofPackage("oci", text)
	case hostly().MatchString(text):
		return ofAddress("https://" + text)
	case pkgName().MatchString(text):
		return ofName(text)
	}
	return nil, nothing()
}

// pages are the sites whose addresses are no server's.
var pages = []struct {
	host string
	read func(path []string) ([]catalog.Offer, error)
}{
	{"github.com", repository},
	{"gitlab.com", repository},
	{"raw.githubusercontent.com", download},
	{"codeberg.org", repository},
	{"npmjs.com", func(p []string) ([]catalog.Offer, error) { return registryPage("npm", p, "package") }},
	{"pypi.org", func(p []string) ([]catalog.Offer, error) { return registryPage("pypi", p, "project") }},
	{"hub.docker.com", dockerPage},
	{"mcp.so", elsewhere},
	{"smithery.ai", elsewhere},
	{"glama.ai", elsewhere},
	{"pulsemcp.com", elsewhere},
	{"mcpservers.org", elsewhere},
	{"registry.modelcontextprotocol.io", elsewhere},
	{"lobehub.com", elsewhere},
	{"cursor.directory", elsewhere},
	{"mcpmarket.com", elsewhere},
}

// ofAddress reads an address: a page that tells of a server, or a server.
func ofAddress(text string) ([]catalog.Offer, error) {
	u, err := url.Parse(strings.NewReplacer("{", "", "}", "", "<", "", ">", "", "$", "").Replace(text))
	if err != nil || u.Host == "" {
		return nil, words.New(words.ImportNothing, nil)
	}
	path := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	for _, p := range pages {
		if p.host == host {
			return p.read(path)
		}
	}
	for _, end := range []string{".mcpb", ".dxt", ".json", ".zip"} {
		if strings.HasSuffix(strings.ToLower(u.Path), end) {
			return download(path)
		}
	}
	return exact(raw{url: text})
}

// exact is the catalogue's own offer where what was pasted is that and no more:
// its form asks better. Else it is an offer of what was pasted.
func exact(r raw) ([]catalog.Offer, error) {
	o, err := r.offer()
	if err != nil {
		return nil, err
	}
	if m := o.Match; m != nil && m.Option != nil && !m.LooksAlike && len(o.Options[0].Fields) == 0 && !m.Outdated {
		return []catalog.Offer{chosen(m.Offer, m.Option)}, nil
	}
	return []catalog.Offer{o}, nil
}

// chosen is a catalogue's offer with this option recommended.
func chosen(o *catalog.Offer, p *catalog.Option) catalog.Offer {
	c := *o
	c.Options = slices.Clone(o.Options)
	for i := range c.Options {
		c.Options[i].Recommended = c.Options[i].ID == p.ID
	}
	c.Name = o.ID
	return c
}

// ofPackage is the server that a package is, by its registry.
func ofPackage(registry, name string) ([]catalog.Offer, error) {
	return exact(rawPackage(registry, name))
}

func rawPackage(registry, name string) raw {
	switch registry {
	case "pypi":
		return raw{command: "uvx", args: []string{name}}
	case "oci":
		return raw{command: "docker", args: []string{"run", "-i", "--rm", name}}
	}
	return raw{command: "npx", args: []string{"-y", name}}
}

// ofName is for a name that may be npm's or PyPI's: the catalogue knows, or the
// user is asked.
func ofName(name string) ([]catalog.Offer, error) {
	npm, pypi := rawPackage("npm", name), rawPackage("pypi", name)
	for _, r := range []raw{npm, pypi} {
		s := servers.Server{Command: r.command, Args: r.args}
		what := catalog.StartedBy(s)
		_, wrong := catalog.DidYouMean(what.Kind, what.Name)
		if m, ok := catalog.Recognise(s); ok && !m.LooksAlike && !wrong {
			return exact(r)
		}
	}
	if !strings.Contains(strings.ToLower(name), "mcp") {
		return nil, nothing()
	}
	if strings.Contains(name, "==") {
		return exact(pypi)
	}
	first, err := npm.offer()
	if err != nil {
		return nil, err
	}
	pypi.label = words.Say("import.option.pypi")
	second, err := pypi.offer()
	if err != nil {
		return nil, err
	}
	first.Options[0].Label = words.Say("import.option.npm")
	second.Options[0].ID, second.Options[0].Recommended = "pypi", false
	first.Options = append(first.Options, second.Options[0])
	return []catalog.Offer{first}, nil
}

// repository finds the offers whose home a project's page is. Of a page that many
// have, the folder tells.
func repository(path []string) ([]catalog.Offer, error) {
	if len(path) < 2 {
		return nil, words.New(words.ImportPage, nil)
	}
	home := "/" + strings.ToLower(path[0]+"/"+strings.TrimSuffix(path[1], ".git"))
	deeper := strings.ToLower(strings.Join(path[2:], "/"))
	var found, folder []catalog.Offer
	for _, o := range catalog.All() {
		for _, page := range []string{o.Homepage, o.Docs} {
			_, rest, _ := strings.Cut(strings.ToLower(page), "://")
			at := strings.IndexByte(rest, '/')
			if at < 0 || rest[at:] != home && !strings.HasPrefix(rest[at:], home+"/") {
				continue
			}
			c := chosen(o, o.Recommended())
			found = append(found, c)
			if tail := strings.Trim(strings.TrimPrefix(rest[at:], home), "/"); tail != "" && deeper == tail {
				folder = append(folder, c)
			}
			break
		}
	}
	switch {
	case len(folder) > 0:
		return folder, nil
	case len(found) > 0 && (deeper == "" || len(found) == 1 || strings.HasPrefix(deeper, "blob/") || strings.HasPrefix(deeper, "tree/")):
		return found, nil
	case strings.HasPrefix(deeper, "releases/download/"), strings.HasPrefix(deeper, "raw/"):
		return download(path)
	}
	return nil, words.New(words.ImportPage, nil)
}

func registryPage(registry string, path []string, before string) ([]catalog.Offer, error) {
	at := slices.Index(path, before)
	if at < 0 || at+1 >= len(path) {
		return nil, words.New(words.ImportPage, nil)
	}
	name := path[at+1]
	if strings.HasPrefix(name, "@") && at+2 < len(path) {
		name += "/" + path[at+2]
	}
	return ofPackage(registry, name)
}

// dockerPage reads hub.docker.com/r/OWNER/NAME and /mcp/server/NAME.
func dockerPage(path []string) ([]catalog.Offer, error) {
	switch {
	case len(path) >= 3 && path[0] == "r":
		return ofPackage("oci", path[1]+"/"+path[2])
	case len(path) >= 3 && path[0] == "mcp" && path[1] == "server":
		return ofPackage("oci", "mcp/"+path[2])
	}
	return nil, words.New(words.ImportPage, nil)
}

func elsewhere([]string) ([]catalog.Offer, error) { return nil, words.New(words.ImportPage, nil) }

func download([]string) ([]catalog.Offer, error) { return nil, words.New(words.ImportDownload, nil) }
