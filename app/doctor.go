package app

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// doctorPage lists what is wrong, each with the ways to mend it.
type doctorPage struct {
	*frame
	w     *Window
	check *button
	copy  *button
	all   *fyne.Container // what can be mended at once
	list  *fyne.Container
	cards []*notice
	found []companion.Trouble
	at    time.Time // of the last look; zero before the first
}

func newDoctorPage(w *Window) *doctorPage {
	p := &doctorPage{frame: newFrame(w, words.Say("app.tab.doctor")), w: w}
	p.subtitle(words.Say("app.doctor.about"), colorMuted)
	p.check = newButton(words.Say("app.doctor.check"), p.onCheck).primary()
	p.copy = newIconButton(words.Say("app.doctor.copy"), theme.ContentCopyIcon(), p.onCopy)
	p.all, p.list = stack(0), stack(12)
	p.lay(nil, []fyne.CanvasObject{p.copy, p.check}, scrolled(760, stack(12, p.all, p.list)), nil)
	p.unlock()
	return p
}

func (p *doctorPage) mending() mending {
	return mending{w: p.w, from: p, tab: tabDoctor, busy: p.busy, after: p.onLook}
}

// unlock forgets the buttons of cards that are gone.
func (p *doctorPage) unlock() { p.busy.locked = []*button{p.check, p.copy} }

// render looks when the page is opened for the first time: without a look it would
// have nothing to say.
func (p *doctorPage) render(companion.State) {
	if p.at.IsZero() && p.w.told && p.w.tab == tabDoctor {
		p.onLook()
	}
}

// onLook examines everything as it is known.
func (p *doctorPage) onLook() { p.look(words.Say("app.doctor.looking"), false) }

// onCheck starts every server in use first, to know more.
func (p *doctorPage) onCheck() {
	p.told.clear()
	p.look(words.Say("app.doctor.checking"), true)
}

func (p *doctorPage) look(doing string, check bool) {
	var found []companion.Trouble
	p.at = p.w.opts.Now()
	p.busy.run(doing, func(ctx context.Context) (err error) {
		if check {
			if err := p.w.actions.Check(ctx); err != nil {
				return err
			}
		}
		found, err = p.w.actions.Troubles(ctx)
		return err
	}, func(err error) {
		if err != nil {
			p.told.failed(err)
			return
		}
		p.show(found)
	})
}

func (p *doctorPage) show(found []companion.Trouble) {
	p.found, p.cards = found, nil
	p.at = p.w.opts.Now()
	p.unlock()
	p.list.RemoveAll()
	p.all.RemoveAll()
	if edits, deeds := companion.SafeMends(found); len(edits)+len(deeds) > 1 {
		mend := newButton(words.Say("app.doctor.all"), func() { p.onAll(edits, deeds) })
		p.busy.locked = append(p.busy.locked, mend)
		p.all.Add(news(words.Say("app.doctor.some", "Count", len(edits)+len(deeds)), mend))
	}
	for _, t := range found {
		n := newNotice()
		n.problem(t.Problem, t.Status)
		buttons := p.mending().buttons(t.Mends)
		if len(buttons) > 0 {
			n.do.set("") // the buttons say it
			n.offer(buttons...)
		}
		p.cards = append(p.cards, n)
		p.list.Add(n.box)
	}
	if len(found) == 0 {
		well := newPara(words.Say("app.doctor.well"), theme.ColorNameForeground).bold()
		p.list.Add(card(edges(nil, nil, padTop(newPicture(lookOf(companion.Healthy).icon, 20).box), nil,
			padded(0, 6, stack(3, well.box, newCaption(words.Say("app.doctor.well.about")).box)))))
	}
	p.box.Refresh()
}

// onAll mends what needs no choice: the edits after a preview, then the rest.
func (p *doctorPage) onAll(edits, deeds []companion.Mend) {
	m := p.mending()
	rest := func() {
		p.busy.run(words.Say("app.doing.apply"), func(ctx context.Context) error {
			for _, d := range deeds {
				if err := p.w.actions.Mend(ctx, d); err != nil {
					return err
				}
			}
			return nil
		}, func(err error) {
			p.told.failed(err)
			p.onCheck()
		})
	}
	if len(edits) == 0 {
		rest()
		return
	}
	m.after = rest
	m.edit(words.Say("app.doctor.all"), edits...)
}

func (p *doctorPage) onCopy() { p.mending().copy(companion.Mend{Do: companion.CopyText}) }

// checklist answers the questions about one server that everybody asks first.
type checklist struct {
	*frame
	w    *Window
	name string
	list *fyne.Container
}

func newChecklist(w *Window, name string) *checklist {
	v := &checklist{frame: newFrame(w, words.Say("app.questions.title", "Name", name)), w: w, name: name, list: stack(12)}
	v.subtitle(words.Say("app.questions.about"), colorMuted)
	v.lay(newIconButton(name, iconBack, v.onEscape).quiet(), nil, scrolled(720, v.list), nil)
	return v
}

func (v *checklist) load() {
	var list []companion.Reply
	v.busy.run(words.Say("app.doctor.looking"), func(ctx context.Context) (err error) {
		list, err = v.w.actions.Checklist(ctx, v.name)
		return err
	}, func(err error) {
		if err != nil {
			v.told.failed(err)
			return
		}
		v.show(list)
	})
}

func (v *checklist) show(list []companion.Reply) {
	v.list.RemoveAll()
	v.busy.locked = nil
	table := stack(14)
	m := mending{w: v.w, from: v, tab: tabServers, busy: v.busy, after: v.load}
	for _, r := range list {
		text := stack(3, newPara(r.Question, theme.ColorNameForeground).bold().box, newPara(r.Answer, colorMuted).box)
		if buttons := m.buttons(r.Mends); len(buttons) > 0 && r.Status == companion.Failing {
			text.Add(container.NewVBox(gap(0, 2), flow(narrow, buttons)))
		}
		table.Add(edges(nil, nil, padTop(newPicture(lookOf(r.Status).icon, 20).box), nil, padded(0, 8, text)))
	}
	v.list.Add(card(table))
	v.box.Refresh()
}

func (v *checklist) render(companion.State) {}

func (v *checklist) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
	}
	v.w.openServer(v.name)
}
