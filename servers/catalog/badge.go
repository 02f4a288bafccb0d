package catalog

import (
	"slices"

	"mcp-companion/words"
)

// Badge says in two words what an option takes to get going.
type Badge string

// The badges, easiest first.
const (
	Ready        Badge = "ready"
	Fill         Badge = "fill" // a folder or such must be chosen, no key
	SignIn       Badge = "sign-in"
	NeedsKey     Badge = "key"
	NeedsProgram Badge = "program"
	SignInThere  Badge = "sign-in-there" // only apps that the service admits
	ForAdmins    Badge = "admins"
)

// Say is the badge in the user's words.
func (b Badge) Say() string {
	if b == "" {
		return ""
	}
	return words.Say("offer.badge." + string(b))
}

// Badge is derived of what the option asks for; "" for an address that nobody
// has asked yet whether one must sign in.
func (p *Option) Badge() Badge {
	other := func(r Requirement) bool { return r.Kind == "cli" || r.Kind == "app" }
	needed := slices.ContainsFunc(p.Fields, func(f Field) bool { return f.Required && f.Default == "" })
	switch {
	case p.Auth.Registration == "preregistered":
		return ForAdmins
	case p.Auth.Registration == "allowlisted":
		return SignInThere
	case p.Auth.Kind == "external" || slices.ContainsFunc(p.Requires, other):
		return NeedsProgram
	case p.Auth.Kind == "apiKey" && !p.Auth.Optional, p.needsKey():
		return NeedsKey
	case p.Auth.Kind == "oauth" && !p.Auth.Optional:
		return SignIn
	case needed:
		return Fill
	case p.IsRemote() && p.Auth.Kind == "":
		return ""
	}
	return Ready
}

// needsKey reports whether a key must be filled in, as what was pasted may say
// without saying how its server signs in.
func (p *Option) needsKey() bool {
	return p.Auth.Kind == "" && slices.ContainsFunc(p.Fields, func(f Field) bool { return f.Required && f.Kind == Secret })
}

// Badge is that of the recommended option.
func (o *Offer) Badge() Badge { return o.Recommended().Badge() }
