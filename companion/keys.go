package companion

import (
	"context"
	"maps"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// KeyState is one key, by what is known of it besides its value.
type KeyState struct {
	ID      string
	Label   string   // the variable it was entered for
	Servers []string // that use it
}

// keyStates lists the keys, by label.
func keyStates(lib *servers.Library) []KeyState {
	var list []KeyState
	for _, id := range slices.Sorted(maps.Keys(lib.Secrets)) {
		list = append(list, KeyState{id, lib.Secrets[id].Label, lib.SecretUsers(id)})
	}
	slices.SortStableFunc(list, func(a, b KeyState) int {
		return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label))
	})
	return list
}

// Secrets lists the keys, by label.
func (c *Companion) Secrets() ([]KeyState, error) {
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	return keyStates(lib), nil
}

// ProposeKey computes what giving the key another value would change, for every
// server that uses it. Undo finds the old value under its old id.
func (c *Companion) ProposeKey(_ context.Context, id string, value Secret) (*Proposal, error) {
	return c.propose(words.Say("reason.key"), func(lib *servers.Library, p *Proposal) error {
		label, ok := lib.Secrets[id]
		if !ok {
			return words.New(words.KeyUnknown, nil, "Key", id)
		}
		now := files.NewID()
		lib.ReplaceSecret(id, now)
		lib.Secrets[now] = &servers.Label{Label: label.Label}
		p.Reason = words.Say("reason.key.one", "Key", label.Label)
		p.secrets[now] = value
		return nil
	}, scope{})
}

// ProposeOwnKey computes what giving the server a key of its own would change, in
// place of one that others use and keep. Without a value it is missing until it is
// entered.
func (c *Companion) ProposeOwnKey(_ context.Context, id, name string, value Secret) (*Proposal, error) {
	return c.propose(words.Say("reason.key"), func(lib *servers.Library, p *Proposal) error {
		label, ok := lib.Secrets[id]
		if !ok {
			return words.New(words.KeyUnknown, nil, "Key", id)
		}
		found, s, ok := lib.Find(name)
		if !ok {
			return words.New(words.ServerUnknown, nil, "Name", name)
		}
		now := files.NewID()
		own := func(key string) string {
			if key == id {
				return now
			}
			return key
		}
		changed := catalog.Relabel(*s, own)
		if s.SignIn != nil {
			changed.SignIn = s.SignIn.Clone()
			changed.SignIn.ClientSecret = servers.Expand(s.SignIn.ClientSecret, func(key string) string { return servers.SecretRef(own(key)) })
		}
		lib.Servers[found] = &changed
		lib.Secrets[now] = &servers.Label{Label: label.Label}
		if !value.IsEmpty() {
			p.secrets[now] = value
		}
		p.Reason = words.Say("reason.key.own", "Key", label.Label, "Name", found)
		return nil
	}, scope{})
}

// ForgetKey deletes the key's value from the store at once. Servers that use it
// need it again; undo can't bring it back.
func (c *Companion) ForgetKey(ctx context.Context, id string) error {
	c.unlock(ctx)
	return c.locked(ctx, func() error {
		lib, err := c.Library()
		if err != nil {
			return err
		}
		label, ok := lib.Secrets[id]
		if !ok {
			return words.New(words.KeyUnknown, nil, "Key", id)
		}
		var changes []*configs.Change
		if len(lib.SecretUsers(id)) == 0 {
			delete(lib.Secrets, id)
			change, err := lib.Change() // before the value goes: it may be a library we don't write
			if err != nil {
				return err
			}
			changes = append(changes, change)
		}
		limited, cancel := context.WithTimeout(ctx, storeLimit)
		defer cancel()
		if err := c.store().Delete(limited, secrets.Ref{Library: lib.ID, ID: id}); err != nil {
			return secrets.Problem(err)
		}
		_, err = c.write(limited, lib, words.Say("reason.key.forget", "Key", label.Label), changes)
		return err
	})
}
