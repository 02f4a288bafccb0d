package app

import (
	"context"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// change is one action on its way: proposed, shown, applied. Until it is done,
// the page it came from is kept as it was.
type change struct {
	tab     string
	from    view     // shown again by Back, and with the Problem where it fails
	title   string   // of the preview
	verb    string   // on the button that does it
	risk    string   // what to know before, "" for nothing
	command string   // what risk speaks of, exactly
	says    []string // what to know besides, a sentence each
	danger  bool     // it takes something away
	doing   string   // while it is done, words.Say("app.doing.apply") when empty
	propose func(context.Context) (*companion.Proposal, error)
	apply   func(context.Context, *companion.Proposal) (companion.Result, error) // nil for Actions.Apply
	done    func() view                                                          // after it was applied: cleans up, gives what to show next
}

// walk proposes c, with progress in b, and shows what would change.
func (w *Window) walk(b *busy, c change) {
	c.from.notices().clear()
	c.doing = firstOf(c.doing, words.Say("app.doing.apply"))
	if c.apply == nil {
		c.apply = w.actions.Apply
	}
	var p *companion.Proposal
	b.run(words.Say("app.doing.propose"), func(ctx context.Context) (err error) {
		p, err = c.propose(ctx)
		return err
	}, func(err error) {
		if w.open[c.tab] != c.from {
			return // the user went elsewhere meanwhile
		}
		if err != nil {
			c.from.notices().failed(err)
			return
		}
		v := newPreview(w, c, p)
		w.put(c.tab, v)
		if c.risk != "" {
			w.win.Canvas().Focus(v.back) // nothing runs on this computer by an Enter too many
		}
	})
}

// applied shows what follows a change, and what still has to happen for it.
func (w *Window) applied(c change, p *companion.Proposal, r companion.Result) {
	v := c.done()
	if d, ok := v.(*details); ok {
		d.tellApps(p)
	}
	w.put(c.tab, v)
	w.finish(r.Waiting)
}

// finish asks, for one AI app after the other, whether to restart it now.
func (w *Window) finish(waiting []string) {
	if len(waiting) == 0 {
		return
	}
	title, rest := waiting[0], waiting[1:]
	id := w.clientID(title)
	if id == "" { // it is gone, or of a later version: the strip tells of it
		w.finish(rest)
		return
	}
	w.question(question{
		title: words.Say("app.finish.title", "Client", title),
		text:  words.Say("app.restart.lost", "Client", title),
		yes:   words.Say("app.restart.now"),
		no:    words.Say("app.finish.later"),
		onYes: func() { w.strip.restart(id, title); w.finish(rest) },
		onNo:  func() { w.strip.laterFor(id); w.finish(rest) },
	})
	w.win.Canvas().Focus(w.ask.no) // Enter must not lose unsent text
}
