package app

import (
	"context"
	"errors"
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// preview shows what a change would write, before it is written.
type preview struct {
	*frame
	w        *Window
	change   change
	proposal *companion.Proposal
	files    []*fileCard
	list     *fyne.Container
	apply    *button
	back     *button
}

func newPreview(w *Window, c change, p *companion.Proposal) *preview {
	v := &preview{frame: newFrame(w, c.title), w: w, change: c}
	v.build()
	v.propose(p)
	return v
}

func (v *preview) build() {
	v.apply = newButton(v.change.verb, v.onApply).primary()
	if v.change.danger {
		v.apply.Importance = widget.DangerImportance
	}
	v.back = newButton(words.Say("app.back"), v.onBack)
	v.busy.locked = []*button{v.apply, v.back}
	v.list = stack(10)
	v.lay(nil, nil, scrolled(720, v.list), v.foot(gap(0, 0), v.back, v.apply))
}

// propose shows p, in place of what was shown before.
func (v *preview) propose(p *companion.Proposal) {
	v.proposal = p
	if p.Reason != v.change.title {
		v.subtitle(p.Reason, colorMuted)
	}
	v.list.RemoveAll()
	v.files = nil
	if v.change.risk != "" {
		v.list.Add(riskCard(v.change.risk, v.change.command))
	}
	if len(v.change.says) > 0 {
		says := stack(6)
		for _, text := range v.change.says {
			says.Add(newPara(visible(text), theme.ColorNameForeground).box)
		}
		v.list.Add(card(says))
	}
	for _, f := range p.Files {
		c := newFileCard(f)
		v.files = append(v.files, c)
		v.list.Add(c.box)
	}
	if len(p.Files) == 0 {
		v.list.Add(card(newPara(words.Say("app.preview.nothing"), colorMuted).box))
	}
	for _, title := range p.Waiting {
		v.list.Add(hint(words.Say("app.preview.waits", "Client", title)))
	}
}

func (v *preview) onApply() {
	v.told.clear()
	var r companion.Result
	v.busy.run(v.change.doing, func(ctx context.Context) (err error) {
		r, err = v.change.apply(ctx, v.proposal)
		return err
	}, func(err error) {
		switch {
		case err == nil:
			v.w.applied(v.change, v.proposal, r)
		case words.Has(err, words.FileChanged):
			v.again(err)
		case errors.Is(err, context.Canceled):
		default:
			v.w.put(v.change.tab, v.change.from)
			v.change.from.notices().failed(err)
		}
	})
}

// again proposes anew, because a file was changed meanwhile, and says so.
func (v *preview) again(changed error) {
	var p *companion.Proposal
	v.busy.run(words.Say("app.doing.propose"), func(ctx context.Context) (err error) {
		p, err = v.change.propose(ctx)
		return err
	}, func(err error) {
		if err != nil {
			v.w.put(v.change.tab, v.change.from)
			v.change.from.notices().failed(err)
			return
		}
		v.propose(p)
		v.told.tell(companion.NeedsYou, words.For(changed).Title, words.Say("app.preview.again"), "")
	})
}

func (v *preview) onBack() {
	if v.busy.cancel != nil {
		v.busy.onStop()
		return
	}
	v.w.put(v.change.tab, v.change.from)
}

func (v *preview) render(companion.State) {}
func (v *preview) onEscape()              { v.onBack() }

// dirty is what the page it came from would lose, and an action under way.
func (v *preview) dirty() bool { return v.busy.cancel != nil || v.change.from.dirty() }

func (v *preview) onEnter() {
	if !v.change.danger && v.change.risk == "" && !v.apply.Disabled() {
		v.onApply()
	}
}

// riskCard says what to know before, and names a program that is added uncut.
func riskCard(risk, command string) fyne.CanvasObject {
	look := lookOf(companion.NeedsYou)
	text := stack(6, newPara(risk, theme.ColorNameForeground).box)
	if command != "" {
		text.Add(newMono(command).box)
	}
	return container.NewStack(newGround(look.soft, "", 10), padded(14, 16, edges(nil, nil,
		padTop(newPicture(look.icon, 20).box), nil, padded(0, 6, text))))
}

// hint is a sentence with an icon of what waits.
func hint(text string) fyne.CanvasObject {
	return padded(0, 4, edges(nil, nil, padTop(newPicture(lookOf(companion.NeedsYou).icon, 18).box), nil,
		padded(0, 6, newPara(text, colorMuted).box)))
}

// shownLines is how long a difference may be to be unfolded where no words tell
// of it.
const shownLines = 120

// fileCard is one file of a preview: words, path, and the difference to unfold.
type fileCard struct {
	box  *fyne.Container
	more *button
	diff *fyne.Container
	text string
}

func newFileCard(f companion.FileView) *fileCard {
	title := f.Client
	if title == "" {
		title = words.Say("app.preview.library")
	}
	c := &fileCard{text: f.Diff, diff: container.NewStack()}
	c.diff.Hide()
	c.more = newButton(words.Say("app.details.show"), c.onMore).quiet()
	show(c.more, f.Diff != "")
	home, _ := os.UserHomeDir()
	said := newPara("", theme.ColorNameForeground)
	said.set(f.Words)
	show(said.box, f.Words != "")
	head := edges(nil, nil, nil, middle(c.more), stack(3,
		newLine(title, theme.ColorNameForeground, sizeTitle).bold(),
		newLine(shortPath(f.Path, home), colorMuted, theme.SizeNameCaptionText)))
	c.box = card(stack(8, head, said.box, c.diff))
	if f.Words == "" && f.Diff != "" && strings.Count(f.Diff, "\n") < shownLines {
		c.onMore()
	}
	return c
}

func (c *fileCard) onMore() {
	if len(c.diff.Objects) == 0 {
		c.diff.Objects = []fyne.CanvasObject{newDiff(c.text)}
	}
	visible := c.diff.Visible()
	show(c.diff, !visible)
	c.more.SetText(words.Say(map[bool]string{true: "app.details.show", false: "app.details.hide"}[visible]))
	c.box.Refresh()
}

// newDiff draws a unified difference: what goes, what comes, told by sign and
// colour.
func newDiff(text string) fyne.CanvasObject {
	rich := widget.NewRichText()
	for l := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		rich.Segments = append(rich.Segments, &widget.TextSegment{Text: fitRunes(expandTabs(l), 400), Style: widget.RichTextStyle{
			ColorName: diffColor(l), SizeName: theme.SizeNameCaptionText, TextStyle: fyne.TextStyle{Monospace: true},
		}})
	}
	return container.NewStack(newGround(theme.ColorNameBackground, "", 8), padded(4, 4, container.NewHScroll(rich)))
}

func diffColor(l string) fyne.ThemeColorName {
	switch {
	case strings.HasPrefix(l, "+++"), strings.HasPrefix(l, "---"), strings.HasPrefix(l, "@@"):
		return colorMuted
	case strings.HasPrefix(l, "+"):
		return theme.ColorNameSuccess
	case strings.HasPrefix(l, "-"):
		return theme.ColorNameError
	default:
		return theme.ColorNameForeground
	}
}

func expandTabs(l string) string { return strings.ReplaceAll(l, "\t", "    ") }
