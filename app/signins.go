package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// signinsPage lists who is signed in where, and the servers that wait for it.
type signinsPage struct {
	*frame
	w     *Window
	list  *fyne.Container
	none  *fyne.Container
	drawn string // what list was made of
}

func newSigninsPage(w *Window) *signinsPage {
	p := &signinsPage{frame: newFrame(w, words.Say("app.tab.sign-ins")), w: w}
	p.subtitle(words.Say("app.signins.about"), colorMuted)
	p.list = stack(12)
	p.none = card(newPara(words.Say("app.signins.none"), colorMuted).box)
	p.lay(nil, nil, scrolled(720, stack(0, p.none, p.list)), nil)
	return p
}

func (p *signinsPage) render(s companion.State) {
	waiting := unsigned(s)
	show(p.none, len(waiting)+len(s.Grants) == 0 && p.w.told)
	drawn := fmt.Sprint(waiting, s.Grants)
	if drawn == p.drawn {
		return
	}
	p.drawn = drawn
	p.list.RemoveAll()
	p.busy.locked = nil
	for _, v := range waiting {
		p.list.Add(p.waits(v))
	}
	for _, g := range s.Grants {
		p.list.Add(p.card(s, g))
	}
}

// waits asks to sign in to a server nobody is signed in to.
func (p *signinsPage) waits(name string) fyne.CanvasObject {
	b := p.button("app.signins.in", func() { p.w.signIn(tabSignins, p, name, companion.SignInHow{}) }).primary()
	return card(edges(nil, nil, nil, middle(b), p.heading(companion.NeedsYou, name, words.Say("app.signins.waits"))))
}

// card is one account.
func (p *signinsPage) card(s companion.State, g companion.GrantState) fyne.CanvasObject {
	status, about := companion.Healthy, words.Say("app.signins.good")
	if g.Ended {
		status, about = companion.NeedsYou, words.Say("app.signins.ended")
	}
	accounts := accountsOf(s, g.Server)
	if len(accounts) > 1 && g.Used && !g.Ended {
		about = words.Say("app.signins.used")
	}
	name, known := g.Server, g.Server != ""
	if !known {
		name, status, about = g.Service, companion.Unknown, words.Say("app.signins.gone")
	}
	f := newFacts()
	label := g.Account
	if len(accounts) > 1 {
		label = labelOf(accounts, g.ID)
	}
	f.set(p.facts(g, label))
	again := p.button("app.signins.again", func() {
		p.w.signIn(tabSignins, p, g.Server, companion.SignInHow{Grant: g.ID})
	})
	if g.Ended {
		again.primary()
	}
	buttons := []fyne.CanvasObject{p.button("app.signins.out.ask", func() { p.onOut(g, name) })}
	if known {
		another := p.button("app.signins.another", func() {
			p.w.signIn(tabSignins, p, g.Server, companion.SignInHow{Another: true})
		})
		buttons = append([]fyne.CanvasObject{again, another}, buttons...)
	}
	if known && len(accounts) > 1 && !g.Used {
		buttons = append(buttons, p.button("app.signins.use.ask", func() { p.onUse(g) }))
	}
	return card(stack(14, p.heading(status, name, about), f.box, flow(narrow, buttons)))
}

func (p *signinsPage) heading(status companion.Status, title, about string) fyne.CanvasObject {
	name := newLine(title, theme.ColorNameForeground, sizeTitle).bold()
	return edges(nil, nil, padTop(newPicture(lookOf(status).icon, 20).box), nil,
		padded(0, 6, stack(2, name, newPara(about, lookOf(status).color).box)))
}

func (p *signinsPage) button(id string, do func()) *button {
	b := newButton(words.Say(id), do)
	p.busy.locked = append(p.busy.locked, b)
	return b
}

// facts are what an account is; label is "" for one that has no name and no other
// beside it. Times are of the clock, so that the page only
// changes where something did.
func (p *signinsPage) facts(g companion.GrantState, label string) []fact {
	now := p.w.opts.Now()
	var list []fact
	if label != "" {
		list = append(list, fact{name: words.Say("app.fact.account"), text: label})
	}
	list = append(list,
		fact{name: words.Say("app.fact.service"), text: g.Service},
		fact{name: words.Say("app.fact.since"), text: when(g.Since, now)})
	if len(g.Scopes) > 0 {
		list = append(list, fact{name: words.Say("app.fact.scopes"), text: strings.Join(g.Scopes, ", ")})
	}
	if !g.Refreshed.IsZero() {
		list = append(list, fact{name: words.Say("app.fact.renewed"), text: when(g.Refreshed, now)})
	}
	switch {
	case g.Ended:
	case g.Expires.IsZero():
		list = append(list, fact{name: words.Say("app.fact.until"), text: words.Say("app.fact.until.open")})
	case g.Renewable:
		list = append(list, fact{name: words.Say("app.fact.until"), text: words.Say("app.fact.until.renewed", "When", when(g.Expires, now))})
	default:
		list = append(list, fact{name: words.Say("app.fact.until"), text: when(g.Expires, now)})
	}
	return list
}

func (p *signinsPage) onOut(g companion.GrantState, name string) {
	p.told.clear()
	p.w.question(question{
		title: words.Say("app.signins.out.title", "Name", name),
		text:  words.Say("app.signins.out.text"),
		yes:   words.Say("app.signins.out"), danger: true,
		onYes: func() {
			p.busy.run(words.Say("app.signins.out.doing", "Name", name), func(ctx context.Context) error {
				return p.w.actions.SignOut(ctx, g.ID)
			}, func(err error) {
				if err != nil {
					p.told.failed(err)
					return
				}
				p.told.done(words.Say("app.signins.out.done", "Name", name), "")
			})
		},
	})
}

// onUse makes an account the one that is used where no set chooses another.
func (p *signinsPage) onUse(g companion.GrantState) {
	p.w.walk(p.busy, change{
		tab: tabSignins, from: p, title: words.Say("app.signins.use.title", "Name", g.Server), verb: words.Say("app.signins.use"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return p.w.actions.ProposeAccount(ctx, g.Server, "", g.ID)
		},
		done: func() view { return p },
	})
}

// unsigned are the servers that wait for a sign-in and have no account.
func unsigned(s companion.State) []string {
	var names []string
	for _, v := range s.Servers {
		if v.WantsSignIn() && len(accountsOf(s, v.Name)) == 0 {
			names = append(names, v.Name)
		}
	}
	return names
}

// account is one of a server's accounts as lists and drop-downs say it.
type account struct{ id, label string }

// accountsOf are the server's accounts. One whose service doesn't tell who it is has
// a number.
func accountsOf(s companion.State, server string) []account {
	var list []account
	for _, g := range s.Grants {
		if g.Server == server && server != "" {
			label := g.Account
			if label == "" {
				label = words.Say("app.signins.number", "Number", len(list)+1)
			}
			list = append(list, account{g.ID, label})
		}
	}
	return list
}

func labelOf(list []account, id string) string {
	i := slices.IndexFunc(list, func(a account) bool { return a.id == id })
	return list[i].label
}
