package app

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/words"
)

// busy tells that an action is under way, and can stop it. It runs one at a time.
type busy struct {
	box      *fyne.Container
	activity *widget.Activity
	text     *line
	stop     *button

	start  func(func()) // runs an action off the window's thread
	cancel context.CancelFunc
	locked []*button // can't be pressed meanwhile
	moved  func()    // lays out anew what stands around the box; nil for nothing
}

func newBusy(start func(func()), locked ...*button) *busy {
	b := &busy{
		activity: widget.NewActivity(),
		text:     newLine("", colorMuted, theme.SizeNameText).fixed(),
		start:    start,
		locked:   locked,
	}
	b.stop = newButton(words.Say("app.stop"), b.onStop).quiet()
	b.box = row(8, b.activity, middle(b.text), b.stop)
	b.box.Hide()
	return b
}

// run does work off the window's thread and then, back on it, done. Nothing
// happens while another one runs.
func (b *busy) run(doing string, work func(context.Context) error, done func(error)) {
	if b.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	b.begin(doing)
	b.start(func() {
		err := work(ctx)
		fyne.Do(func() {
			cancel()
			b.end()
			done(err)
		})
	})
}

func (b *busy) begin(doing string) {
	b.text.set(doing, colorMuted)
	b.stop.enable(true)
	for _, l := range b.locked {
		l.enable(false)
	}
	b.activity.Start()
	b.show(true)
}

// show shows the box or hides it, and has what stands around it make room.
func (b *busy) show(on bool) {
	show(b.box, on)
	if b.moved != nil {
		b.moved()
	}
}

func (b *busy) end() {
	b.cancel = nil
	b.activity.Stop()
	b.show(false)
	for _, l := range b.locked {
		l.enable(true)
	}
}

// onStop asks the action to end; it says so until it has.
func (b *busy) onStop() {
	if b.cancel == nil {
		return
	}
	b.stop.enable(false)
	b.text.set(words.Say("app.stopping"), colorMuted)
	b.cancel()
}
