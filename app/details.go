package app

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// details shows one server: how it is, where it runs, what it is.
type details struct {
	*frame
	w      *Window
	name   string
	server companion.ServerState

	check  *button
	edit   *button
	remove *button

	tools *button
	logs  *button
	asks  *button

	trouble *notice // why it needs the user, or fails
	shown   string  // what trouble is about
	state   *facts
	reasons *fyne.Container // what was seen of it
	seen    []companion.Reason
	start   *facts
	next    *fyne.Container // what to go on with, after it was added; hidden
	apps    *written        // the AI apps that have it now; nil for not told
}

func newDetails(w *Window, name string) *details {
	d := &details{frame: newFrame(w, name), w: w, name: name}
	d.build()
	return d
}

func (d *details) build() {
	d.check = newButton(words.Say("app.details.check"), d.onCheck)
	d.edit = newButton(words.Say("app.edit"), d.onEdit).primary()
	d.remove = newButton(words.Say("app.details.remove.ask"), d.onRemove)
	d.tools = newButton(words.Say("app.details.tools"), d.onTools)
	d.logs = newButton(words.Say("app.details.logs"), d.onLogs)
	d.asks = newButton(words.Say("app.details.questions"), d.onQuestions)
	d.unlock()
	d.trouble = newNotice()
	d.state, d.start = newFacts(), newFacts()
	d.reasons = stack(6)
	d.reasons.Hide()
	d.next = stack(12)
	d.next.Hide()
	back := newIconButton(words.Say("app.tab.servers"), iconBack, d.onEscape).quiet()
	d.icon.box.Show()
	body := scrolled(720, stack(12, d.next, d.trouble.box, card(stack(14, d.state.box, d.reasons, flow(narrow, []fyne.CanvasObject{d.tools, d.logs, d.asks}))), card(d.start.box)))
	d.lay(back, []fyne.CanvasObject{d.check, d.remove, d.edit}, body, nil)
}

func (d *details) render(s companion.State) {
	i := slices.IndexFunc(s.Servers, func(v companion.ServerState) bool { return v.Name == d.name })
	if i < 0 {
		if d.server.Name != "" { // else it was just saved, and its State is on its way
			d.w.put(tabServers, d.w.servers)
		}
		return
	}
	d.server = s.Servers[i]
	if d.apps != nil {
		d.apps.render(s.Pending)
	}
	look := lookOf(d.server.Status)
	d.icon.set(look.icon)
	d.subtitle(d.server.Summary, look.color)
	status := companion.Failing
	if d.server.Status == companion.NeedsYou {
		status = companion.NeedsYou
	}
	if now := problemText(d.server.Problem); now != d.shown || d.shown == "" {
		d.shown = now
		d.trouble.problem(d.server.Problem, status)
		d.offerMends()
	}
	d.state.set(stateFacts(d.server, ago(d.server.Checked, d.w.opts.Now())))
	d.start.set(startFacts(d.server))
	d.drawReasons()
}

// tellApps says in which AI apps it is by this change, and when they notice.
func (d *details) tellApps(p *companion.Proposal) {
	if d.apps = newWritten(d.w, p); len(d.apps.titles) == 0 {
		d.apps = nil
		return
	}
	d.next.Add(card(d.apps.box))
	d.next.Show()
}

// drawReasons says what the verdict was made of.
func (d *details) drawReasons() {
	if slices.Equal(d.seen, d.server.Reasons) {
		return
	}
	d.seen = d.server.Reasons
	d.reasons.RemoveAll()
	for _, r := range d.seen {
		when := newLine(ago(r.At, d.w.opts.Now()), colorMuted, theme.SizeNameCaptionText).fixed()
		d.reasons.Add(edges(nil, nil, padTop(newPicture(lookOf(r.Status).icon, 18).box), container.NewVBox(when),
			padded(0, 6, newPara(r.Text, theme.ColorNameForeground).box)))
	}
	show(d.reasons, len(d.seen) > 0)
}

func problemText(p *words.Problem) string {
	if p == nil {
		return ""
	}
	return string(p.Code) + p.Error()
}

// offerMends puts the ways to mend what is wrong below the sentences about it.
func (d *details) offerMends() {
	p := d.server.Problem
	if p == nil {
		return
	}
	if p.Code == words.KeyMissing {
		d.trouble.do.set("") // it speaks of a command; here is a button
		d.trouble.offer(newButton(words.Say("app.details.key"), d.onKey))
	}
	shown := d.shown
	d.w.opts.Go(func() {
		list := d.w.actions.MendsOf(context.Background(), d.name)
		fyne.Do(func() {
			if len(list) == 0 || d.shown != shown {
				return
			}
			d.unlock()
			m := mending{w: d.w, from: d, tab: tabServers, busy: d.busy, after: d.onCheck}
			d.trouble.do.set("") // here are buttons
			d.trouble.offer(m.buttons(list)...)
		})
	})
}

// unlock forgets the buttons that are gone.
func (d *details) unlock() {
	d.busy.locked = []*button{d.check, d.edit, d.remove, d.tools, d.logs, d.asks}
}

// onSignIn signs in to the server, which is the user's own wish.
func (d *details) onSignIn() {
	if d.server.Server.IsRemote() {
		d.w.signIn(tabServers, d, d.name, companion.SignInHow{})
	}
}

// onOwnApp opens the form at what an app of the user's own needs.
func (d *details) onOwnApp() {
	f := newForm(d.w, d.server)
	d.w.put(tabServers, f)
	f.signin.unfold()
	d.w.win.Canvas().Focus(f.signin.client.field)
}

// onQuestions goes through what everybody asks first.
func (d *details) onQuestions() {
	v := newChecklist(d.w, d.name)
	d.w.put(tabServers, v)
	v.load()
}

// onKey opens the form at a key to type.
func (d *details) onKey() {
	if s := d.server.Server; s.SignIn != nil && s.SignIn.ClientSecret != "" {
		d.onOwnApp() // that is its key
		return
	}
	f := newForm(d.w, d.server)
	d.w.put(tabServers, f)
	keys := f.envKeys
	if f.isRemote() {
		keys = f.headKey
	}
	for _, r := range keys.rows {
		if r.kept != "" {
			r.onReplace()
			return
		}
	}
	for _, k := range d.w.state.Keys { // in an argument, or the address
		if slices.Contains(d.server.Server.SecretIDs(), k.ID) {
			d.w.leave(tabKeys, func() {
				d.w.put(tabKeys, newKeyForm(d.w.keys, k))
				d.w.goTo(tabKeys)
			})
			return
		}
	}
	keys.onAdd()
}

func (d *details) onCheck() {
	d.told.clear()
	d.busy.run(words.Say("app.doing.check", "Name", d.name), func(ctx context.Context) error {
		return d.w.actions.Check(ctx, d.name)
	}, d.told.failed)
}

// onTools lists what the server can do, to try it.
func (d *details) onTools() {
	v := newTools(d.w, d.name)
	d.w.put(tabServers, v)
	v.load()
}

// onLogs shows what happened to the server.
func (d *details) onLogs() {
	v := newLogs(d.w, d.name)
	d.w.put(tabServers, v)
	v.follow()
}

func (d *details) onEdit() {
	f := newForm(d.w, d.server)
	d.w.put(tabServers, f)
}

func (d *details) onRemove() {
	d.w.walk(d.busy, change{
		tab: tabServers, from: d, danger: true,
		title: words.Say("app.details.remove", "Name", d.name),
		verb:  words.Say("app.remove"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return d.w.actions.ProposeRemove(ctx, d.name)
		},
		done: func() view { return d.w.servers },
	})
}

func (d *details) onEscape() { d.w.put(tabServers, d.w.servers) }

// facts is a small table of names and what is so.
type facts struct {
	box   *fyne.Container
	drawn []fact
}

type fact struct {
	name, text string
	mono       bool
}

func newFacts() *facts { return &facts{box: stack(9)} }

func (f *facts) set(list []fact) {
	if slices.Equal(f.drawn, list) {
		return
	}
	f.drawn = list
	f.box.RemoveAll()
	for _, x := range list {
		text := newPara(x.text, theme.ColorNameForeground)
		if x.mono {
			text = newMono(x.text)
		}
		name := newLine(x.name, colorMuted, theme.SizeNameText)
		f.box.Add(edges(nil, nil, container.NewVBox(container.NewGridWrap(fyne.NewSize(150, name.MinSize().Height), name)), nil, text.box))
	}
}

// stateFacts is how a server is.
func stateFacts(s companion.ServerState, checked string) []fact {
	list := []fact{{name: words.Say("app.fact.status"), text: words.Say("status." + s.Status.String())}}
	if s.Tools > 0 {
		list = append(list, fact{name: words.Say("app.fact.tools"), text: words.Say("app.fact.tools.count", "Count", s.Tools)})
	}
	return append(list,
		fact{name: words.Say("app.fact.live"), text: runningText(s)},
		fact{name: words.Say("app.fact.clients"), text: namesOr(s.Clients, "app.fact.clients.none")},
		fact{name: words.Say("app.fact.sets"), text: namesOr(s.Sets, "app.fact.sets.none")},
		fact{name: words.Say("app.fact.checked"), text: checked},
	)
}

// runningText says who uses a server now, and how that goes.
func runningText(s companion.ServerState) string {
	if len(s.Running) == 0 {
		return namesOr(s.Live, "app.fact.live.none")
	}
	var lines []string
	for _, r := range s.Running {
		client := firstOf(r.Client, words.Say("app.fact.live.someone"))
		line := words.Say("app.fact.live.calls", "Client", client, "Count", r.Calls)
		if r.Calls > 0 {
			line = words.Say("app.fact.live.timed", "Line", line, "Usual", companion.Took(r.P50), "Slow", companion.Took(r.P95))
		}
		if bad := r.Errors + r.TimedOut; bad > 0 {
			line = words.Say("app.fact.live.bad", "Line", line, "Count", bad)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// startFacts is what a server is. Of a key only the name is told.
func startFacts(s companion.ServerState) []fact {
	v := s.Server
	var list []fact
	values, names, keys := v.Env, "app.fact.env", "app.fact.keys"
	if v.IsRemote() {
		list = append(list, fact{name: words.Say("app.fact.url"), text: v.URL, mono: true})
		values, names = v.Headers, "app.fact.headers"
	} else {
		list = append(list, fact{name: words.Say("app.fact.command"), text: shownCommand(v.Command, v.Args), mono: true})
		if v.Cwd != "" {
			list = append(list, fact{name: words.Say("app.fact.folder"), text: v.Cwd, mono: true})
		}
	}
	var plain, kept []string
	for _, name := range sortedKeys(values) {
		if servers.HasSecret(values[name]) {
			kept = append(kept, name)
		} else {
			plain = append(plain, name+" = "+values[name])
		}
	}
	if len(plain) > 0 {
		list = append(list, fact{name: words.Say(names), text: strings.Join(plain, "\n"), mono: true})
	}
	if len(kept) > 0 {
		list = append(list, fact{name: words.Say(keys), text: words.Say("app.fact.keys.kept", "Names", strings.Join(kept, ", "))})
	}
	return list
}

// shownCommand is a command with its arguments, those with blanks in quotes.
func shownCommand(command string, args []string) string {
	list := []string{command}
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " \t\n\"'") {
			a = `"` + strings.ReplaceAll(a, `"`, `\"`) + `"`
		}
		list = append(list, a)
	}
	return strings.Join(list, " ")
}

func namesOr(names []string, none string) string {
	if len(names) == 0 {
		return words.Say(none)
	}
	return strings.Join(names, ", ")
}

func sortedKeys(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
