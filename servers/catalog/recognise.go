package catalog

import (
	"slices"
	"strings"

	"mcp-companion/servers"
)

// Match says which offer a server is.
type Match struct {
	Offer  *Offer
	Option *Option // the one it is, nil where it is only known by name
	// Outdated says that the recommended option should take its place: Move.
	Outdated bool
	Retired  bool // outdated, and its address answers no more or soon will not
	// LooksAlike says that it only has a similar name: it is another's server.
	LooksAlike bool
	Move       *Option // nil where the offer has none to move to
	MoveTo     *Offer  // whose option Move is: an archived offer's is its replacement's
	Note       string  // why, in a sentence; may be ""
}

// Recognise finds the offer that an existing server is; ok is false for none.
func Recognise(s servers.Server) (m Match, ok bool) {
	what := StartedBy(s)
	if what.Kind == "" || what.Name == "" {
		return Match{}, false
	}
	var best Match
	for _, o := range load().Offers {
		for i := range o.Options {
			p := &o.Options[i]
			if p.starts(what) && (best.Option == nil || p.fits(s) > best.Option.fits(s)) {
				best = Match{Offer: o, Option: p}
			}
		}
	}
	if best.Offer != nil {
		best.judge()
		return best, true
	}
	for _, o := range load().Offers {
		for _, k := range o.Known {
			if k.Kind == what.Kind && sameName(k.Kind, k.Value, what.Name) {
				return o.known(k), true
			}
		}
	}
	return Match{}, false
}

// known is the Match of an entry of the offer's own list.
func (o *Offer) known(k Known) Match {
	m := Match{Offer: o, Outdated: k.Outdated, Note: k.Note}
	switch {
	case k.Kind == "url" && !k.Outdated: // an earlier address that still answers
		m.Option = o.Recommended()
	case !k.Outdated:
		m.LooksAlike = true
	}
	m.Retired = k.Outdated && k.Kind == "url"
	m.judge()
	return m
}

// judge fills in where to move.
func (m *Match) judge() {
	switch {
	case m.LooksAlike:
		return
	case m.Offer.IsArchived():
		m.Outdated = true
		if m.Note == "" {
			m.Note = m.Offer.Status.Note
		}
		if len(m.Offer.Status.ReplacedBy) > 0 {
			if m.MoveTo = Find(m.Offer.Status.ReplacedBy[0]); m.MoveTo != nil {
				m.Move = m.MoveTo.Recommended()
			}
		}
	case m.Option != nil && m.Option.State == "deprecated":
		m.Outdated = true
		if m.Note == "" {
			m.Note = m.Option.Note
		}
		fallthrough
	case m.Outdated:
		m.MoveTo, m.Move = m.Offer, m.Offer.Recommended()
	}
}

// starts reports whether the option runs this.
func (p *Option) starts(what Started) bool {
	switch {
	case p.IsRemote():
		return what.Kind == "url" && sameAddress(p.URL, what.Name)
	case p.Package != nil && p.Package.Registry != "git":
		return p.Package.Registry == what.Kind && sameName(what.Kind, p.Package.Name, what.Name)
	case p.Package != nil:
		return what.Kind == "pypi" && strings.Contains(what.Name, strings.ToLower(p.Package.Name))
	}
	return what.Kind == "program" && what.Name == p.Launch.Command
}

func sameName(kind, a, b string) bool {
	return trimVersion(kind, a) == trimVersion(kind, b) || kind == "url" && plainAddress(a) == plainAddress(b)
}

// sameAddress compares an address with an option's, in which a ${field} stands
// for anything but a slash.
func sameAddress(template, address string) bool {
	if !strings.Contains(template, "${") {
		return plainAddress(template) == plainAddress(address)
	}
	parts := fieldRule().Split(template, -1)
	if parts[0] == "" { // the user's own host: its path tells
		return len(parts) == 2 && len(parts[1]) > 4 && strings.HasSuffix(plainAddress(address), strings.TrimRight(parts[1], "/"))
	}
	for i, part := range parts {
		rest, ok := strings.CutPrefix(address, part)
		if !ok {
			return false
		}
		if i+1 < len(parts) {
			end := strings.IndexByte(rest, '/')
			if end < 0 {
				end = len(rest)
			}
			if end == 0 {
				return false
			}
			rest = rest[end:]
		}
		address = rest
	}
	return strings.Trim(address, "/") == ""
}

// fits counts what of the option's a server has as well: variables, headers,
// arguments. Of two options with one package, the one that fits better it is.
func (p *Option) fits(s servers.Server) int {
	n := 0
	for name := range p.Env {
		if _, ok := s.Env[name]; ok {
			n += 2
		}
	}
	for name := range p.Headers {
		if _, ok := s.Headers[name]; ok {
			n += 2
		} else {
			n--
		}
	}
	for _, a := range p.Launch.Args {
		if a.Text != "" && slices.Contains(s.Args, a.Text) {
			n++
		}
	}
	if p.Recommended {
		n++
	}
	return n*2 - len(p.Headers)
}
