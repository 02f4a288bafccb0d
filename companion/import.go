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
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// Imported is a server that was added of an offer, and what it still needs.
type Imported struct {
	Name   string
	Keys   []string // variables, headers or labels of the keys that are missing
	Values []string // labels of the values that stand as examples
	Names  []string // the variables or headers that such a value stands in
	Rest   bool     // one stands in the program's line, or in the address
	Server servers.Server
}

// ProposeImport is ProposeOffers for who fills in no forms: a value that is missing
// stands as its example. Each server is told with what it still needs.
func (c *Companion) ProposeImport(ctx context.Context, offers []catalog.Offer) (*Proposal, []Imported, error) {
	var drafts []OfferDraft
	for _, o := range offers {
		drafts = append(drafts, OfferDraft{Name: o.ProposedName(), Offer: o, Option: o.Recommended().ID, Examples: true})
	}
	var told []Imported
	p, err := c.propose("", func(lib *servers.Library, p *Proposal) error {
		if err := c.putOffers(lib, p, drafts); err != nil {
			return err
		}
		for _, d := range drafts {
			told = append(told, imported(lib, p, d))
		}
		return nil
	}, scope{})
	return p, told, err
}

// imported says what the server that d became needs.
func imported(lib *servers.Library, p *Proposal, d OfferDraft) Imported {
	s := lib.Servers[d.Name]
	i := Imported{Name: d.Name, Server: *s}
	for _, id := range s.SecretIDs() {
		if _, ok := p.secrets[id]; !ok {
			i.Keys = append(i.Keys, lib.LabelOf(id))
		}
	}
	option := d.Offer.Option(d.Option)
	_, others := option.Missing(nil)
	for _, id := range others {
		i.Values = append(i.Values, option.Field(id).Label)
		names := len(i.Names)
		for _, m := range []map[string]string{option.Env, option.Headers} {
			for _, name := range slices.Sorted(maps.Keys(m)) {
				if strings.Contains(m[name], "${"+id+"}") && !slices.Contains(i.Names, name) {
					i.Names = append(i.Names, name)
				}
			}
		}
		i.Rest = i.Rest || len(i.Names) == names
	}
	return i
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

func freeName(lib *servers.Library, name string) string { return freeAmong(lib.Names(), name) }

// freeAmong is name, or name with a number where it is one of names already.
func freeAmong(names []string, name string) string {
	taken := func(n string) bool {
		return slices.ContainsFunc(names, func(x string) bool { return strings.EqualFold(x, n) })
	}
	return servers.FreeName(name, taken)
}

// isNumbered reports whether freeAmong may have made text of name.
func isNumbered(text, name string) bool {
	i, err := strconv.Atoi(text[strings.LastIndexByte(text, '-')+1:])
	return err == nil && i > 1 && strings.EqualFold(text, servers.Numbered(name, i))
}
