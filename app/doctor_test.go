package app

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// press finds the button with this text below o, and taps it.
func press(t *testing.T, o fyne.CanvasObject, label string) {
	t.Helper()
	var find func(o fyne.CanvasObject) bool
	find = func(o fyne.CanvasObject) bool {
		switch o := o.(type) {
		case *button:
			if o.Text == label && o.Visible() {
				test.Tap(o)
				return true
			}
		case *fyne.Container:
			for _, c := range o.Objects {
				if find(c) {
					return true
				}
			}
		}
		return false
	}
	if !find(o) {
		t.Fatalf("there is no button %q", label)
	}
}

func TestTheDoctorLooksWhenItsPageIsOpened(t *testing.T) {
	f := &fake{troubles: someTroubles()}
	w := open(t, f, sample())
	w.Show("doctor")
	f.did(t, "troubles")
	if len(w.doctor.cards) != 5 {
		t.Fatalf("%d cards", len(w.doctor.cards))
	}
	w.Render(sample())
	f.did(t, "troubles") // not again with every State
	test.Tap(w.doctor.check)
	f.did(t, "troubles", "check ", "troubles")
	f.troubles = nil
	test.Tap(w.doctor.check)
	if len(w.doctor.cards) != 0 || len(w.doctor.list.Objects) != 1 {
		t.Error("what is mended is still shown")
	}
}

func TestWhatIsWrongIsMendedByItsButton(t *testing.T) {
	for _, c := range []struct {
		card  int
		label string
		then  func(*testing.T, *Window, *fake)
	}{
		{0, "Use the one in /opt/homebrew/bin", func(t *testing.T, w *Window, f *fake) {
			test.Tap(previewed(t, w, tabDoctor).apply)
			f.did(t, "troubles", "propose mend Use the one in /opt/homebrew/bin", "apply", "troubles")
		}},
		{0, "Show what it said", func(t *testing.T, w *Window, f *fake) {
			if v, ok := w.open[tabServers].(*logs); !ok || v.name != "slack" || w.tab != tabServers {
				t.Errorf("shows %T", w.open[w.tab])
			}
		}},
		{1, "Choose a folder", func(t *testing.T, w *Window, f *fake) {
			if v, ok := w.open[tabServers].(*form); !ok || v.was != "files" {
				t.Errorf("shows %T", w.open[w.tab])
			}
		}},
		{2, "Enter the key", func(t *testing.T, w *Window, f *fake) {
			if v, ok := w.open[tabServers].(*form); !ok || v.was != "brave-search" {
				t.Errorf("shows %T", w.open[w.tab])
			}
		}},
		{4, "Restart Claude Desktop", func(t *testing.T, w *Window, f *fake) {
			test.Tap(w.ask.yes)
			f.did(t, "troubles", "restart claude-desktop")
		}},
	} {
		t.Run(c.label, func(t *testing.T) {
			f := &fake{troubles: someTroubles()}
			w := open(t, f, sample())
			w.Show("doctor")
			press(t, w.doctor.cards[c.card].box, c.label)
			c.then(t, w, f)
		})
	}
}

func TestWhatNeedsNoChoiceIsMendedTogether(t *testing.T) {
	f := &fake{troubles: someTroubles()}
	f.troubles[4].Mends = []companion.Mend{{ID: "put-back", Label: "Write it again", Do: companion.PutBack, Arg: "claude-desktop", Safe: true}}
	w := open(t, f, sample())
	w.Show("doctor")
	press(t, w.doctor.all, words.Say("app.doctor.all"))
	f.did(t, "troubles", "propose mend Use the one in /opt/homebrew/bin", "propose mend Filter the notes")
	test.Tap(previewed(t, w, tabDoctor).apply)
	if got := strings.Join(f.calls[3:], "; "); got != "apply; mend put-back claude-desktop; check ; troubles" {
		t.Error(got)
	}
}

func TestADangerousMendAsksFirst(t *testing.T) {
	f := &fake{troubles: someTroubles()[:1]}
	f.troubles[0].Mends = []companion.Mend{{Label: "Clear it", Do: companion.ClearDownload, Arg: "/home/u/.npm/_npx/1"}}
	w := open(t, f, sample())
	w.Show("doctor")
	press(t, w.doctor.cards[0].box, "Clear it")
	if w.ask == nil || !strings.Contains(w.ask.q.text, "/home/u/.npm/_npx/1") {
		t.Fatal("it does not say what goes")
	}
	test.Tap(w.ask.no)
	f.did(t, "troubles")
}

func TestAReportIsCopied(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.Show("doctor")
	test.Tap(w.doctor.copy)
	if got := fyne.CurrentApp().Clipboard().Content(); got != "the report" {
		t.Errorf("copied %q", got)
	}
}

func TestAServersOwnPageOffersTheMend(t *testing.T) {
	f := &fake{mends: someTroubles()[0].Mends}
	w := open(t, f, sample())
	w.Show("servers/slack")
	d := w.open[tabServers].(*details)
	press(t, d.trouble.box, "Use the one in /opt/homebrew/bin")
	test.Tap(previewed(t, w, tabServers).apply)
	f.did(t, "propose mend Use the one in /opt/homebrew/bin", "apply", "check slack")
}

func TestTheQuestionsAreAnswered(t *testing.T) {
	f := &fake{replies: someReplies()}
	w := open(t, f, sample())
	w.Show("servers/slack/questions")
	v := w.open[tabServers].(*checklist)
	press(t, v.list, "Check again")
	f.did(t, "checklist slack", "mend check-again slack", "checklist slack")
	v.onEscape()
	if _, ok := w.open[tabServers].(*details); !ok {
		t.Errorf("goes back to %T", w.open[tabServers])
	}
}
