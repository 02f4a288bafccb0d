// Package catalog is the servers one could add: Offer and Field, the one form
// model, and the list of well-known servers that comes with the program. What
// was pasted or dropped becomes an Offer too, so that a form knows one model.
//
// Its rules: nothing is started, fetched or written; a command is built as a
// list, never as a line; a key stands in a Server only as a reference, and in
// its arguments or address only where the server has no other way; what is
// empty is left out.
package catalog

import (
	"encoding/json"
	"slices"
	"sync"

	"mcp-companion/assets"
	"mcp-companion/words"
)

// Category is a group of offers, for browsing.
type Category struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Summary string `json:"summary"`
}

// StarterSet is a set to begin with: a suggestion for one kind of work.
type StarterSet struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Summary string   `json:"summary"`
	Servers []string `json:"servers"` // ids of offers
}

// list is the whole catalogue.
type list struct {
	Verified   string       `json:"verifiedOn"`
	Categories []Category   `json:"categories"`
	Sets       []StarterSet `json:"sets"`
	Offers     []*Offer     `json:"servers"`
}

// load reads the catalogue when it is first asked for: `run` never asks.
var load = sync.OnceValue(func() *list {
	l := &list{}
	if err := json.Unmarshal([]byte(assets.Catalog), l); err != nil {
		panic(err) // embedded: only a broken build has none
	}
	l.translate()
	for _, o := range l.Offers {
		for i := range o.Options {
			o.Options[i].sort()
		}
	}
	return l
})

// translate puts the catalogue's texts into the user's language: each is its own
// message id, and stays where no translation has it.
func (l *list) translate() {
	say := func(texts ...*string) {
		for _, t := range texts {
			if *t != "" {
				*t = words.Say(*t)
			}
		}
	}
	for i := range l.Categories {
		say(&l.Categories[i].Title, &l.Categories[i].Summary)
	}
	for i := range l.Sets {
		say(&l.Sets[i].Title, &l.Sets[i].Summary)
	}
	for _, o := range l.Offers {
		say(&o.Title, &o.Summary, &o.Status.Note, &o.Risk.Note, &o.Privacy)
		for i := range o.Known {
			say(&o.Known[i].Note)
		}
		for i := range o.Options {
			p := &o.Options[i]
			say(&p.Label, &p.Note, &p.Auth.Note)
			for j := range p.Requires {
				say(&p.Requires[j].Note)
			}
			for j := range p.Fields {
				f := &p.Fields[j]
				say(&f.Label, &f.Help, &f.Placeholder)
				for k := range f.Choices {
					say(&f.Choices[k].Label)
				}
			}
		}
	}
}

// All lists the offers that can be added, in the catalogue's order: not the
// archived ones. They are shared and must not be changed.
func All() []*Offer {
	return slices.DeleteFunc(slices.Clone(load().Offers), (*Offer).IsArchived)
}

// Categories lists the groups that have an offer, in order.
func Categories() []Category {
	all := All()
	return slices.DeleteFunc(slices.Clone(load().Categories), func(c Category) bool {
		return !slices.ContainsFunc(all, func(o *Offer) bool { return o.Category == c.ID })
	})
}

// Sets lists the starter sets. Their servers are offers of All.
func Sets() []StarterSet { return slices.Clone(load().Sets) }

// Find is the offer with this id, archived ones included; nil for none.
func Find(id string) *Offer {
	for _, o := range load().Offers {
		if o.ID == id {
			return o
		}
	}
	return nil
}
