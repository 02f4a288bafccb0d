package app

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// membersIn finds the members that a card shows.
func membersIn(o fyne.CanvasObject) (list []*member) {
	switch o := o.(type) {
	case *member:
		return []*member{o}
	case *fyne.Container:
		for _, child := range o.Objects {
			list = append(list, membersIn(child)...)
		}
	}
	return list
}

func TestAServerIsDraggedFromOneSetToAnother(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Render(sample())
	w.Show("sets")
	w.win.Resize(fyne.NewSize(1200, 1000)) // all cards in sight
	cards := w.sets.cards
	to := func(c *setCard) *fyne.DragEvent {
		return &fyne.DragEvent{PointEvent: fyne.PointEvent{AbsolutePosition: placeOf(c.box).AddXY(20, 20)}}
	}
	files := membersIn(cards[2].box)[0] // of Development
	github := membersIn(cards[2].box)[1]
	if files.name != "files" || github.name != "github" {
		t.Fatalf("the card names %s and %s", files.name, github.name)
	}

	for name, c := range map[string]*setCard{"its own": cards[2], "all servers": cards[0]} {
		github.Dragged(to(c))
		if w.sets.drag.over != nil {
			t.Errorf("%s would take it", name)
		}
		github.DragEnd()
	}
	files.Dragged(to(cards[1]))
	if w.sets.drag.over != nil {
		t.Error("a set would take what it has")
	}
	files.DragEnd()
	github.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{AbsolutePosition: fyne.NewPos(5, 5)}})
	github.DragEnd()
	f.did(t)

	github.Dragged(to(cards[2]))
	github.Dragged(to(cards[1]))
	if w.sets.drag.over != cards[1] || cards[1].ground.fill != colorAccentSoft || !w.sets.drag.ghost.Visible() {
		t.Error("it is not seen where it goes")
	}
	github.DragEnd()
	if w.sets.drag.ghost.Visible() || cards[1].ground.fill != colorSurface {
		t.Error("it stays in sight")
	}
	f.did(t, "propose set Data")
	if d := f.setDraft; d.Was != "Data" || d.Icon != "data" || strings.Join(d.Servers, " ") != "files github postgres" {
		t.Errorf("the draft is %+v", d)
	}
	if p := previewed(t, w, tabSets); p.title.text != words.Say("app.sets.into", "Name", "github", "Set", "Data") {
		t.Errorf("the preview says %q", p.title.text)
	}
}

func TestADragOutlivesANewState(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("sets")
	w.win.Resize(fyne.NewSize(1200, 1000))
	github := membersIn(w.sets.cards[2].box)[1]
	github.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{AbsolutePosition: placeOf(w.sets.cards[1].box).AddXY(20, 20)}})
	s := sample()
	s.Sets = append([]companion.SetState{}, s.Sets[1:]...) // the set under the pointer was removed
	w.Render(s)
	github.DragEnd()
	if _, ok := w.open[tabSets].(*preview); ok && f.setDraft.Was == "Data" {
		t.Error("it goes to a set that is gone")
	}
}
