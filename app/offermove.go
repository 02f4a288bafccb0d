package app

import (
	"runtime"
	"slices"

	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
)

// canKeep reports whether the field could be a key's: where it goes, a reference to
// the keychain can stand.
func (f *offerForm) canKeep(id string) bool {
	_, ok := kept(f.option(), id)
	return ok
}

// kept is the option with the field as a key's. Where the value goes to a place that
// other programs see, the field says so.
func kept(p *catalog.Option, id string) (catalog.Option, bool) {
	now := *p
	now.Fields = slices.Clone(p.Fields)
	f := now.Field(id)
	if f == nil || f.Kind != catalog.Text || f.Multiple {
		return now, false
	}
	f.Kind = catalog.Secret
	for _, seen := range []bool{false, true} {
		f.Exposed = seen
		s, secrets, err := now.Sketch(runtime.GOOS, map[string][]string{id: {"x"}})
		if err == nil && secrets[id] != "" && slices.Contains(s.SecretIDs(), id) {
			return now, true
		}
	}
	return now, false
}

// keep makes the field a key's; what was typed into it stays.
func (f *offerForm) keep(id string) {
	now, ok := kept(f.option(), id)
	if !ok {
		return
	}
	f.offer.Options = slices.Clone(f.offer.Options) // the catalogue's stay as they are
	*f.offer.Option(now.ID) = now
	for _, o := range f.fields {
		if o.f.ID == id {
			o.text.SetText(trimKey(o.text.Text))
			forgetClip(o.text.Text)
		}
	}
	f.onOption()
	f.onChanged()
}

// moveTo opens the offer that takes this one's place, with what was typed here
// where the two ask the same.
func (f *offerForm) moveTo(m *catalog.Match) {
	values := f.carried(m.Move)
	f.from.choose(*m.MoveTo)
	to, ok := f.w.open[tabServers].(*offerForm)
	if !ok {
		return
	}
	to.name.field.SetText(f.typedName())
	for id, list := range values {
		to.typed[id] = list
	}
	to.fields = nil
	to.onOption()
	to.onChanged()
	to.begin()
}

// carried are the values of this form as the fields of another option tell them:
// found by the variables, headers and flags that they become, else by the field's
// own name.
func (f *offerForm) carried(to *catalog.Option) map[string][]string {
	out, typed := map[string][]string{}, f.values()
	for _, field := range to.Fields {
		for _, own := range f.option().Fields {
			if list := typed[own.ID]; len(list) > 0 && own.Kind == field.Kind && (own.ID == field.ID || own.Label == field.Label) {
				out[field.ID] = list
			}
		}
	}
	s, keys, err := f.option().Sketch(runtime.GOOS, typed)
	if err != nil {
		return out
	}
	for id, list := range to.ValuesOf(s) {
		field := to.Field(id)
		if field == nil || field.Kind != catalog.Secret && slices.ContainsFunc(list, servers.HasSecret) { // a key stays one
			continue
		}
		for i, v := range list {
			list[i] = servers.Expand(v, func(key string) string { return keys[key] })
		}
		list = slices.DeleteFunc(list, func(v string) bool { return v == "" || field.Check(v) != nil })
		if len(list) > 0 {
			out[id] = list
		}
	}
	return out
}
