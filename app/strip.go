package app

import (
	"context"
	"errors"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// strip stands on top of every page while something waits: a restart, what an AI
// app dropped, or a Problem of the whole. What ends it runs here, so that it can
// be seen from everywhere.
type strip struct {
	w       *Window
	box     *fyne.Container
	problem *notice
	about   string          // what problem says; it isn't drawn anew while that stays
	result  *notice         // where the last action did not succeed
	done    *fyne.Container // where it did
	waiting *fyne.Container
	dropped *dropped
	busy    *busy

	drawn []companion.PendingState
	later []companion.PendingState // the user will quit these apps himself
	next  []func()                 // restarts that wait for the present one
}

func newStrip(w *Window) *strip {
	s := &strip{w: w, problem: newNotice(), result: newNotice(), waiting: stack(6), done: stack(0), busy: newBusy(w.opts.Go)}
	s.dropped = newDropped(s)
	s.busy.moved = s.fold
	s.problem.mend = func(p *words.Problem) fyne.CanvasObject { return w.chooseFile(p, s.busy, s.chosen) }
	s.box = container.New(layout.NewCustomPaddedLayout(14, 0, 24, 24),
		stack(6, s.problem.box, s.busy.box, s.result.box, s.done, s.dropped.box, s.waiting))
	s.fold()
	return s
}

func (s *strip) render(st companion.State) {
	if about := problemText(st.Problem); about != s.about {
		s.about = about
		s.problem.problem(st.Problem, companion.NeedsYou)
	}
	var list []companion.PendingState
	for _, p := range st.Pending {
		if !slices.Contains(s.later, p) {
			list = append(list, p)
		}
	}
	if !slices.Equal(list, s.drawn) {
		s.drawn = list
		s.waiting.RemoveAll()
		for _, p := range list {
			s.waiting.Add(s.row(p))
		}
	}
	s.dropped.render(st)
	s.fold()
}

// chosen tells that keys are kept in a file now. The problem ends with the next State.
func (s *strip) chosen(err error) {
	s.clear()
	if err != nil {
		s.result.failed(err)
		s.result.offer(s.dismiss())
	} else {
		s.result.tell(companion.Healthy, words.Say("app.store.done"), words.Say("app.store.what"), "", s.dismiss())
	}
	s.ended()
}

// fold hides the strip where nothing waits.
func (s *strip) fold() {
	show(s.waiting, len(s.drawn) > 0 && !s.busy.box.Visible())
	show(s.dropped.box, len(s.dropped.drawn) > 0 && !s.busy.box.Visible())
	show(s.done, len(s.done.Objects) > 0)
	show(s.box, s.problem.box.Visible() || s.result.box.Visible() || s.done.Visible() || s.busy.box.Visible() || s.dropped.box.Visible() || s.waiting.Visible())
}

func (s *strip) row(p companion.PendingState) fyne.CanvasObject {
	now := newButton(words.Say("app.restart.now"), func() { s.onRestart(p.Client, p.Title) })
	later := newButton(words.Say("app.later"), func() { s.onLater(p) }).quiet()
	return bar(companion.NeedsYou, words.Say("app.restart.waits", "Client", p.Title), now, later)
}

// onLater takes the reminder away until something new waits.
func (s *strip) onLater(p companion.PendingState) {
	s.later = append(s.later, p)
	s.render(s.w.state)
}

// laterFor takes away what waits for the client now.
func (s *strip) laterFor(client string) {
	for _, p := range s.w.state.Pending {
		if p.Client == client {
			s.later = append(s.later, p)
		}
	}
	s.render(s.w.state)
}

// onRestart asks, and restarts.
func (s *strip) onRestart(client, title string) {
	s.w.question(question{
		title: words.Say("app.restart.ask", "Client", title),
		text:  words.Say("app.restart.lost", "Client", title),
		yes:   words.Say("app.restart.yes"),
		// Unsent text is lost, so Enter must not do it.
		danger: false, onYes: func() { s.restart(client, title) },
	})
	s.w.win.Canvas().Focus(s.w.ask.no)
}

// restart closes the app and opens it again, one app after the other.
func (s *strip) restart(client, title string) {
	if s.busy.cancel != nil {
		s.next = append(s.next, func() { s.restart(client, title) })
		return
	}
	s.clear()
	s.busy.run(words.Say("app.restart.doing", "Client", title), func(ctx context.Context) error {
		return s.w.actions.Restart(ctx, client)
	}, func(err error) { s.restarted(client, title, err) })
	s.fold()
}

func (s *strip) restarted(client, title string, err error) {
	dismiss := s.dismiss()
	switch p := words.For(err); {
	case errors.Is(err, context.Canceled):
	case err != nil:
		again := newButton(words.Say("app.again"), func() { s.restart(client, title) })
		s.result.tell(companion.NeedsYou, p.Title, p.Detail, p.Do, again, dismiss)
	default:
		s.done.Add(bar(companion.Healthy, words.Say("app.restart.done", "Client", title), dismiss))
	}
	s.ended()
}

// ended goes on with what waited for the action that was under way.
func (s *strip) ended() {
	s.fold()
	if len(s.next) > 0 {
		do := s.next[0]
		s.next = s.next[1:]
		do()
	}
}

func (s *strip) dismiss() *button { return newButton(words.Say("app.close"), s.clear).quiet() }

// clear takes the outcome of the last action away.
func (s *strip) clear() {
	s.result.clear()
	s.done.RemoveAll()
	s.fold()
}
