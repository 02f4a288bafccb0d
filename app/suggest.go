package app

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// suggestion is a set to begin with: what the catalogue thinks that one kind of work
// needs.
type suggestion struct {
	title, icon string
	name        string // for the set
	offers      []*catalog.Offer
}

// suggested are the catalogue's sets that are offered, by id, and their marks: as many
// as have room in one line.
var suggested = map[string]string{"development": "code", "research": "search", "data": "data"}

// suggestions lists them, in the user's language.
func suggestions() []suggestion {
	var list []suggestion
	for _, s := range catalog.Sets() {
		icon, ok := suggested[s.ID]
		if !ok {
			continue
		}
		one := suggestion{title: words.Say("set.suggest." + s.ID), icon: icon}
		one.name = nameOf(one.title, strings.ToUpper(s.ID[:1])+s.ID[1:])
		for _, id := range s.Servers {
			if o := catalog.Find(id); o != nil && !o.IsArchived() {
				one.offers = append(one.offers, o)
			}
		}
		list = append(list, one)
	}
	return list
}

// nameOf is a title as a set can be called: without accents and blanks, or other where
// it is written in other letters.
func nameOf(title, other string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == ' ':
			return '-'
		}
		return r
	}, norm.NFD.String(title))
	if servers.CheckName(plain) == nil {
		return plain
	}
	return other
}

// split tells which of the user's servers a suggestion means, and which of its offers
// he has not added yet.
func (s suggestion) split(list []companion.ServerState) (have []string, missing []*catalog.Offer) {
	is := map[string][]string{} // the servers of each offer
	for _, v := range list {
		if m, ok := catalog.Recognise(v.Server); ok && !m.LooksAlike {
			is[m.Offer.ID] = append(is[m.Offer.ID], v.Name)
		}
	}
	for _, o := range s.offers {
		if names := is[o.ID]; len(names) > 0 {
			have = append(have, names...)
		} else {
			missing = append(missing, o)
		}
	}
	slices.Sort(have)
	return have, missing
}
