package catalog

import (
	"slices"
	"strings"
)

// Suggestion is a package that was likely meant by another name.
type Suggestion struct {
	Offer   *Offer
	Package string
}

// misnamed are names that look right, and stand in somebody's documentation, and
// are nothing or another's: the offer that is meant.
var misnamed = map[named]string{
	{"npm", "@paypal/mcp"}:             "paypal",
	{"npm", "@microsoft/azure-devops"}: "azure-devops",
	{"npm", "duckduckgo-mcp-server"}:   "duckduckgo",
	{"pypi", "mcp-youtube-transcript"}: "youtube-transcript",
}

// named is a package in a registry.
type named struct{ kind, name string }

// DidYouMean finds the well-known package that a name which is none was likely
// meant to be: a slip of the finger, or a name that is wrong in the wild. kind is
// npm, pypi or oci. A name that the catalogue knows is what it is; ok is false
// for it.
func DidYouMean(kind, name string) (s Suggestion, ok bool) {
	plain := trimVersion(kind, strings.ToLower(strings.TrimSpace(name)))
	if plain == "" {
		return Suggestion{}, false
	}
	if id, wrong := misnamed[named{kind, plain}]; wrong {
		o := Find(id)
		return Suggestion{o, o.ownPackage()}, true
	}
	best := 3 // more slips than two are another name
	if len(plain) < 10 {
		best = 2
	}
	for _, o := range load().Offers {
		for _, known := range o.names(kind) {
			if known == plain {
				return Suggestion{}, false
			}
			if n := slips(plain, known, best); n < best && !o.IsArchived() {
				s, best = Suggestion{o, known}, n
			}
		}
	}
	return s, s.Offer != nil
}

// names are the packages of a registry that an offer is known by, its outdated
// ones included.
func (o *Offer) names(kind string) []string {
	var all []string
	for _, p := range o.Options {
		if p.Package != nil && p.Package.Registry == kind {
			all = append(all, trimVersion(kind, p.Package.Name))
		}
	}
	for _, k := range o.Known {
		if k.Kind == kind {
			all = append(all, trimVersion(kind, k.Value))
		}
	}
	return all
}

func (o *Offer) ownPackage() string {
	if p := o.Recommended().Package; p != nil {
		return p.Name
	}
	if i := slices.IndexFunc(o.Options, func(p Option) bool { return p.Package != nil }); i >= 0 {
		return o.Options[i].Package.Name
	}
	return o.Title
}

// slips counts the letters to add, drop, change or swap to make b of a, and gives
// up at most.
func slips(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	before, row := []int(nil), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			change := row[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			next[j] = min(row[j]+1, next[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return min(row[len(b)], most)
}
