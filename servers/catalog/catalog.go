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
	"path"
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

// now is the catalogue in the language that was asked for last: `run` and the tray
// never ask, and hold none.
var now struct {
	sync.Mutex
	tag  string
	list *list
}

// load is the catalogue in the user's language.
func load() *list {
	tag := words.Chosen()[0]
	now.Lock()
	defer now.Unlock()
	if now.list == nil || now.tag != tag {
		now.tag, now.list = tag, read(tag)
	}
	return now.list
}

// read reads the catalogue in a language of words.Languages.
func read(tag string) *list {
	l := &list{}
	if err := json.Unmarshal([]byte(assets.Catalog), l); err != nil {
		panic(err) // embedded: only a broken build has none
	}
	for _, o := range l.Offers {
		o.english.title, o.english.summary = o.Title, o.Summary
		for i := range o.Options {
			o.Options[i].sort()
		}
	}
	if tag != "en" {
		translated := translation(tag)
		l.texts(func(text *string) {
			if t, ok := translated[*text]; ok {
				*text = t
			}
		})
	}
	return l
}

// translation is what the English texts are in a language.
func translation(tag string) (translated map[string]string) {
	data, err := assets.CatalogTranslations.ReadFile(path.Join("translations/catalog", tag+".json"))
	if err == nil {
		err = json.Unmarshal(data, &translated)
	}
	if err != nil {
		panic(err) // embedded: only a broken build has none
	}
	return translated
}

// texts calls do with each text that a user reads and that is in words: an example
// to fill in, a name or an address is the same in every language.
func (l *list) texts(do func(*string)) {
	each := func(texts ...*string) {
		for _, t := range texts {
			if *t != "" {
				do(t)
			}
		}
	}
	for i := range l.Categories {
		each(&l.Categories[i].Title, &l.Categories[i].Summary)
	}
	for i := range l.Sets {
		each(&l.Sets[i].Title, &l.Sets[i].Summary)
	}
	for _, o := range l.Offers {
		each(&o.Title, &o.Summary, &o.Status.Note, &o.Risk.Note, &o.Privacy)
		for i := range o.Known {
			each(&o.Known[i].Note)
		}
		for i := range o.Options {
			o.Options[i].texts(each)
		}
	}
}

func (p *Option) texts(each func(...*string)) {
	each(&p.Label, &p.Note, &p.Auth.Note)
	for i := range p.Requires {
		each(&p.Requires[i].Note)
	}
	for i := range p.Fields {
		f := &p.Fields[i]
		each(&f.Label, &f.Help)
		for j := range f.Choices {
			each(&f.Choices[j].Label)
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
