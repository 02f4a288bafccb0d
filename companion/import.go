package companion

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mcp-companion/clients"
	"mcp-companion/clients/imports"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Import makes drafts of a text that a server's page tells its users to copy.
func (c *Companion) Import(text string) ([]Draft, error) {
	found, err := imports.Snippet(text)
	if err != nil {
		return nil, err
	}
	return draftsOf(found), nil
}

// ImportClient makes drafts of the user's own entries in a client's file, which
// stays as it is.
func (c *Companion) ImportClient(id string) ([]Draft, error) {
	if err := known(id); err != nil {
		return nil, err
	}
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	client, l := clients.Find(id), c.launcherNow()
	lc := lib.Clients[id]
	if lc == nil {
		lc = &servers.Client{}
	}
	var found []imports.Found
	for _, path := range client.Files(c.system, lc.File) {
		entries, err := client.Entries(path, l, lc.Entries)
		if err != nil {
			return nil, fileProblem(client, path, err)
		}
		for _, e := range entries {
			f, ok := imports.Entry(e.Key, e.Raw)
			if ok && e.Kind == clients.Users && !slices.ContainsFunc(found, func(x imports.Found) bool { return x.Name == f.Name }) {
				found = append(found, f)
			}
		}
	}
	if len(found) == 0 {
		return nil, words.New(words.ImportNothing, nil)
	}
	return draftsOf(found), nil
}

func draftsOf(found []imports.Found) []Draft {
	var list []Draft
	for _, f := range found {
		list = append(list, Draft{Name: f.Name, Server: f.Server, Env: hidden(f.Env), Headers: hidden(f.Headers)})
	}
	return list
}

func hidden(values map[string]string) map[string]Secret {
	if len(values) == 0 {
		return nil
	}
	m := map[string]Secret{}
	for k, v := range values {
		m[k] = secrets.New(v)
	}
	return m
}

// ProposeServers computes what saving all the drafts would change. One whose name
// is taken gets another: "files" becomes "files-2". Keys without a value are
// missing until they are entered.
func (c *Companion) ProposeServers(_ context.Context, drafts []Draft) (*Proposal, error) {
	var names []string
	for _, d := range drafts {
		names = append(names, d.Name)
	}
	return c.propose(words.Say("reason.import", "Names", strings.Join(names, ", ")), func(lib *servers.Library, p *Proposal) error {
		for i := range drafts {
			drafts[i].Name = freeName(lib, drafts[i].Name)
			if err := putServer(lib, p, drafts[i]); err != nil {
				return err
			}
		}
		// What has no value is not stored: the key is then known to be missing.
		maps.DeleteFunc(p.secrets, func(_ string, s secrets.Secret) bool { return s.IsEmpty() })
		return nil
	}, scope{})
}

func freeName(lib *servers.Library, name string) string { return freeIn(lib.Names(), name) }

// freeIn is name, or one with a number where names has it.
func freeIn(names []string, name string) string {
	taken := func(n string) bool {
		return slices.ContainsFunc(names, func(x string) bool { return strings.EqualFold(x, n) })
	}
	if !taken(name) {
		return name
	}
	for i := 2; ; i++ {
		tail := "-" + strconv.Itoa(i)
		if n := name[:min(len(name), 32-len(tail))] + tail; !taken(n) {
			return n
		}
	}
}
