package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// dropped is the strip's part about AI apps that took entries of ours out of
// their files when they started.
type dropped struct {
	strip *strip
	box   *fyne.Container
	rows  []*droppedRow
	drawn []companion.ClientState // their ids, titles and what vanished, no more
}

// droppedRow is one such app.
type droppedRow struct{ back, leave *button }

func newDropped(s *strip) *dropped { return &dropped{strip: s, box: stack(6)} }

func (d *dropped) render(s companion.State) {
	list := droppedIn(s)
	if slices.EqualFunc(list, d.drawn, func(a, b companion.ClientState) bool {
		return a.ID == b.ID && slices.Equal(a.Vanished, b.Vanished)
	}) {
		return
	}
	d.drawn, d.rows = list, nil
	d.box.RemoveAll()
	for _, c := range list {
		r := &droppedRow{
			back:  newButton(words.Say("app.dropped.back"), func() { d.onBack(c) }),
			leave: newButton(words.Say("app.dropped.leave"), func() { d.onLeave(c) }).quiet(),
		}
		d.rows = append(d.rows, r)
		text := words.Say("app.dropped", "Count", len(c.Vanished), "Client", c.Title, "Names", strings.Join(c.Vanished, ", "))
		d.box.Add(bar(companion.NeedsYou, text, r.back, r.leave))
	}
}

// droppedIn lists the AI apps that dropped something.
func droppedIn(s companion.State) []companion.ClientState {
	var list []companion.ClientState
	for _, c := range s.Clients {
		if len(c.Vanished) > 0 {
			list = append(list, companion.ClientState{ID: c.ID, Title: c.Title, Vanished: c.Vanished})
		}
	}
	return list
}

// onBack writes once more what the app dropped, and asks for the restart where
// it has to be closed for that.
func (d *dropped) onBack(c companion.ClientState) {
	var r companion.Result
	d.run(words.Say("app.dropped.doing", "Client", c.Title), func(ctx context.Context) (err error) {
		r, err = d.strip.w.actions.PutBack(ctx, c.ID)
		return err
	}, func() {
		if len(r.Waiting) == 0 {
			d.strip.done.Add(bar(companion.Healthy, words.Say("app.dropped.done", "Client", c.Title), d.strip.dismiss()))
		}
		d.strip.w.finish(r.Waiting)
	})
}

// onLeave lets the app go without them.
func (d *dropped) onLeave(c companion.ClientState) {
	d.run(words.Say("app.doing.apply"), func(ctx context.Context) error {
		return d.strip.w.actions.LeaveVanished(ctx, c.ID)
	}, func() {})
}

func (d *dropped) run(doing string, work func(context.Context) error, done func()) {
	s := d.strip
	if s.busy.cancel != nil {
		return
	}
	s.clear()
	s.busy.run(doing, work, func(err error) {
		switch p := words.For(err); {
		case err == nil:
			done()
		case !errors.Is(err, context.Canceled):
			s.result.tell(companion.NeedsYou, p.Title, p.Detail, p.Do, s.dismiss())
		}
		s.ended()
	})
	s.fold()
}
