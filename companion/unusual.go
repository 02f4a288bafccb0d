package companion

import (
	"context"
	"slices"
	"time"

	"mcp-companion/launch"
	"mcp-companion/secrets/oauth"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// Unusual is what keeps a server of a set from working, known before the set is
// switched to.
type Unusual struct {
	Server string
	SignIn bool   // a sign-in is due; else a key has no value
	Text   string // in words
	Page   string // of the window, where it ends
}

// Unusual lists what its user should know before set (AllServers for all) is switched
// to: keys without a value, and sign-ins that are due. The keychain may ask its user;
// what it doesn't tell is not listed. An unknown set is a Problem.
func (c *Companion) Unusual(ctx context.Context, set string) ([]Unusual, error) {
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	names, ok := lib.In(set)
	if !ok {
		return nil, words.New(words.SetUnknown, nil, "Set", set)
	}
	hasKey := c.hasKey(ctx, lib)
	sessions, _ := launch.Sessions(c.home) // what can't be read is not known
	var list []Unusual
	for _, v := range c.serverStates(lib, sessions, nil, time.Now()) {
		if !slices.Contains(names, v.Name) {
			continue
		}
		page := "servers/" + v.Name
		switch key, missing := missingKey(lib, &v, hasKey); {
		case missing && key == "":
			list = append(list, Unusual{v.Name, false, words.Say("unusual.key.any", "Name", v.Name), page + "/key"})
		case missing:
			list = append(list, Unusual{v.Name, false, words.Say("unusual.key", "Name", v.Name, "Key", key), page + "/key"})
		case c.signInDue(lib, set, &v):
			list = append(list, Unusual{v.Name, true, words.Say("unusual.sign-in", "Name", v.Name), page + "/sign-in"})
		}
	}
	return list, nil
}

// missingKey is a key of the server that has no value, as its user calls it; "" where
// nobody knows its name.
func missingKey(lib *servers.Library, v *ServerState, hasKey func(string) (bool, error)) (name string, missing bool) {
	for _, id := range v.Server.SecretIDs() {
		if has, err := hasKey(id); err == nil && !has {
			return lib.LabelOf(id), true
		}
	}
	if v.Problem != nil && v.Problem.Code == words.KeyMissing {
		name, _ = v.Problem.With("Key").(string)
		return name, true
	}
	return "", false
}

// signInDue reports whether the server waits for a sign-in, in this set.
func (c *Companion) signInDue(lib *servers.Library, set string, v *ServerState) bool {
	s := &v.Server
	if !s.IsRemote() || hasAuthorization(s) {
		return v.WantsSignIn()
	}
	list, err := oauth.GrantsOf(c.home, s.ID)
	if err != nil {
		return v.WantsSignIn()
	}
	chosen := ""
	if s.SignIn != nil {
		chosen = s.SignIn.Grant
	}
	if own := lib.Sets[set]; own != nil && own.Accounts[v.Name] != "" {
		chosen = own.Accounts[v.Name]
	}
	a := account{config: oauth.Config{Home: c.home}, server: s.ID, address: servers.Expand(s.URL, func(string) string { return "" }), chosen: chosen}
	id := a.pick()
	if at := slices.IndexFunc(list, func(g oauth.Grant) bool { return g.ID == id }); at >= 0 {
		return !list[at].Ended.IsZero()
	}
	if chosen != "" || v.WantsSignIn() {
		return true
	}
	return v.Status != Healthy && len(s.SecretIDs()) == 0 && asksForSignIn(*s)
}

// asksForSignIn reports whether the catalogue knows the server as one that does
// nothing before somebody has signed in.
func asksForSignIn(s servers.Server) bool {
	m, ok := catalog.Recognise(s)
	return ok && m.Option != nil && !m.LooksAlike && m.Option.Auth.Kind == "oauth" && !m.Option.Auth.Optional
}
