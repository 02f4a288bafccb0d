// Package app is the window: forms to add and change servers, the sets, the AI
// apps, the history. It draws companion.State and asks for its actions.
//
// Its rules:
//   - every page draws a State from nothing and keeps no truth of its own, but
//     what a person is typing is never lost: a form stays until it is saved or
//     given up on purpose;
//   - actions run off the window's thread, with progress and Cancel, and come
//     back by fyne.Do in one place (busy.run);
//   - nothing is written before it was shown (preview), except Restart, putting
//     back what an app dropped, and Undo right after a move from the apps, which
//     say beforehand what they do, and switching to a set, which asks only where
//     something is unusual and can be taken back;
//   - no sentence stands in the code: all are words.Say.
package app

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// Actions is what the window asks of *companion.Companion.
type Actions interface {
	ProposeServer(context.Context, companion.Draft) (*companion.Proposal, error)
	Offers(text string) ([]catalog.Offer, error)
	OffersIn(path string) ([]catalog.Offer, error)
	ProposeOffer(context.Context, companion.OfferDraft) (*companion.Proposal, error)
	ProposeOffers(context.Context, []companion.OfferDraft) (*companion.Proposal, error)
	ProjectHelper(ctx context.Context, template string) error
	NewProject(context.Context, companion.ProjectRequest) (*companion.Project, error)
	PrepareProject(ctx context.Context, p *companion.Project, say func(line string), out io.Writer) error
	OpenInEditor(context.Context, *companion.Project) error
	ShowFolder(folder string) error
	ProposeRemove(ctx context.Context, name string) (*companion.Proposal, error)
	ProposeSet(context.Context, companion.SetDraft) (*companion.Proposal, error)
	ProposeRemoveSet(ctx context.Context, name string) (*companion.Proposal, error)
	ShareSet(ctx context.Context, set string) (companion.SharedSet, error)
	WriteShared(path string, s companion.SharedSet, over bool) error
	ReadSet(ctx context.Context, path string) (companion.SetImport, error)
	ProposeSetImport(context.Context, companion.SetImportDraft) (*companion.Proposal, error)
	Backup(ctx context.Context, path string, pass companion.Secret, over bool) (companion.BackupDone, error)
	OpenBackup(ctx context.Context, path string, pass companion.Secret) (*companion.Restore, error)
	ProposeRestore(context.Context, *companion.Restore) (*companion.Proposal, error)
	Unusual(ctx context.Context, set string) ([]companion.Unusual, error)
	UseSet(ctx context.Context, set, client string) (companion.Result, error)
	UseFileStore(context.Context) error
	ProposeManage(ctx context.Context, client string, on bool) (*companion.Proposal, error)
	ProposeAdopt(ctx context.Context, id string, keys ...string) (*companion.Proposal, error)
	Inventory(context.Context) (companion.Inventory, error)
	ProposeTakeOver(context.Context, companion.TakeOver) (*companion.Proposal, error)
	SetWelcomed(context.Context) error
	ProposeEject(ctx context.Context, withKeys bool, ids ...string) (*companion.Proposal, error)
	Apply(context.Context, *companion.Proposal) (companion.Result, error)
	Check(ctx context.Context, names ...string) error
	Restart(ctx context.Context, client string) error
	PutBack(ctx context.Context, client string) (companion.Result, error)
	LeaveVanished(ctx context.Context, client string) error
	LookInto(client string)
	Look(ctx context.Context, address string) (companion.Needs, error)
	SignIn(ctx context.Context, name string, how companion.SignInHow, tell func(companion.Step)) (companion.GrantState, error)
	SignOut(ctx context.Context, grant string) error
	ProposeAccount(ctx context.Context, name, set, grant string) (*companion.Proposal, error)
	Tools(ctx context.Context, name string) ([]companion.Tool, error)
	Call(ctx context.Context, name, tool string, args json.RawMessage) (companion.Answer, error)
	Follow(ctx context.Context, name string, show func([]companion.LogLine)) error
	Recording(name string) bool
	Record(ctx context.Context, name string, on bool) error
	ProposeKey(ctx context.Context, id string, value companion.Secret) (*companion.Proposal, error)
	ProposeOwnKey(ctx context.Context, id, server string, value companion.Secret) (*companion.Proposal, error)
	ForgetKey(ctx context.Context, id string) error
	SetLanguage(ctx context.Context, tag string) error
	SetQuiet(ctx context.Context, quiet bool) error
	SetTextSize(ctx context.Context, percent int) error
	SetAutostart(on bool) error
	Troubles(context.Context) ([]companion.Trouble, error)
	MendsOf(ctx context.Context, name string) []companion.Mend
	ProposeMend(ctx context.Context, mends ...companion.Mend) (*companion.Proposal, error)
	Mend(context.Context, companion.Mend) error
	Checklist(ctx context.Context, name string) ([]companion.Reply, error)
	Report(context.Context) (string, error)
	History(context.Context) ([]companion.Record, error)
	LastOf(ctx context.Context, client string) (companion.Record, error)
	HistoryDetail(ctx context.Context, id string) ([]companion.FileView, error)
	ProposeUndo(ctx context.Context, id string) ([]companion.FileView, error)
	Undo(ctx context.Context, id string) (companion.Result, error)
	ProposeUndoRest(ctx context.Context, id string) ([]companion.FileView, error)
	UndoRest(ctx context.Context, id string) (companion.Result, error)
	Scrub(ctx context.Context, id string) error
}

// Options are what main may choose. The zero value is right for the program.
type Options struct {
	Icon     fyne.Resource    // of the window; nil for the app's
	TextSize int              // in percent, until a State says it; 0 for 100
	Go       func(func())     // starts an action off the window's thread; nil for a goroutine
	Now      func() time.Time // nil for time.Now
}

// Window is the program's one window. All its methods belong on Fyne's thread.
type Window struct {
	win     fyne.Window
	actions Actions
	opts    Options
	state   companion.State
	scale   *scale
	told    bool   // Render was called: an empty list is empty, not unknown
	wanted  string // the server, or a step of it, to show as soon as a State has it
	later   func() // to be done as soon as there is a State; nil for nothing

	nav    *nav
	strip  *strip
	center *fyne.Container
	ask    *ask // the question that is open, or nil

	tab  string          // the page that is shown
	open map[string]view // what each page shows: itself, or a step of it

	servers *serversPage
	sets    *setsPage
	apps    *appsPage
	keys    *keysPage
	signins *signinsPage
	signing *signing // the sign-in that waits, wherever its page is now; or nil
	doctor  *doctorPage
	history *historyPage
	options *settingsPage

	// pickFolder and pickFile ask for one; a test puts its own here.
	pickFolder, pickFile func(chosen func(path string))
	pickSave             func(name string, chosen func(path string)) // for a file to be written, called so at first
}

// The pages, in the navigation's order.
const (
	tabServers = "servers"
	tabSets    = "sets"
	tabApps    = "apps"
	tabKeys    = "keys"
	tabSignins = "sign-ins"
	tabDoctor  = "doctor"
	tabHistory = "history"
	tabOptions = "settings"
)

var tabs = []string{tabServers, tabSets, tabApps, tabKeys, tabSignins, tabDoctor, tabHistory, tabOptions}

// view is a page, or a step of one.
type view interface {
	content() fyne.CanvasObject
	render(companion.State)
	notices() *notice // where an outcome is told
	onEscape()        // one step back
	onEnter()         // the page's first action, where nothing has the focus
	dirty() bool      // something was typed that leaving would lose
}

// New makes the window, not yet shown. Its theme becomes the app's. Until the
// first Render its pages are blank.
func New(a fyne.App, c Actions, opts Options) *Window {
	if opts.Go == nil {
		opts.Go = func(f func()) { go f() }
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	a.Settings().SetTheme(newLook())
	w := &Window{win: a.NewWindow(words.Say("app.title")), actions: c, opts: opts, open: map[string]view{}, scale: newScale()}
	w.scale.set(opts.TextSize)
	w.pickFolder, w.pickFile, w.pickSave = w.askFolder, w.askFile, w.askSave
	w.build()
	return w
}

func (w *Window) build() {
	w.servers = newServersPage(w)
	w.sets = newSetsPage(w)
	w.apps = newAppsPage(w)
	w.keys = newKeysPage(w)
	w.signins = newSigninsPage(w)
	w.doctor = newDoctorPage(w)
	w.history = newHistoryPage(w)
	w.options = newSettingsPage(w)
	w.open = map[string]view{tabServers: w.servers, tabSets: w.sets, tabApps: w.apps, tabKeys: w.keys, tabSignins: w.signins, tabDoctor: w.doctor, tabHistory: w.history, tabOptions: w.options}

	w.nav = newNav(w)
	w.strip = newStrip(w)
	w.center = container.NewStack()
	w.win.SetPadded(false)
	w.win.SetContent(edges(nil, nil, w.nav.box, nil,
		container.NewStack(newFloor(720, 520), edges(w.strip.box, nil, nil, nil, w.center))))
	w.win.Resize(lastSize(fyne.CurrentApp().Preferences()))
	w.win.CenterOnScreen()
	w.win.SetMaster()
	w.win.SetCloseIntercept(w.onClose)
	w.win.SetOnDropped(w.onDropAnywhere)
	if w.opts.Icon != nil {
		w.win.SetIcon(w.opts.Icon)
	}
	w.addShortcuts()
	w.goTo(lastPage(fyne.CurrentApp().Preferences()))
}

// newFloor holds the window at its least size, less the navigation and Border's gap beside it.
func newFloor(width, height float32) fyne.CanvasObject {
	return gap(width-navWidth-theme.Padding(), height)
}

// Fyne is the window itself, for what main does with it.
func (w *Window) Fyne() fyne.Window { return w.win }

// Show raises the window at page: "servers", "servers/NAME", "servers/NAME/logs",
// "sets", "sets/new", "sets/use/NAME", "apps", "keys", "sign-ins", "doctor", "history", "settings", "add", "welcome"; "" for where it was. A form with something typed stays.
func (w *Window) Show(page string) {
	w.visit(page)
	w.win.Show()
	w.win.RequestFocus()
}

// Render draws s.
func (w *Window) Render(s companion.State) {
	w.state, w.told = s, true
	w.setScale(s.Settings.TextSize)
	w.nav.render(s)
	w.strip.render(s)
	if name, _, _ := strings.Cut(w.wanted, "/"); name != "" && w.hasServer(name) && w.open[tabServers] == view(w.servers) {
		w.openStep(w.wanted)
	}
	w.open[w.tab].render(s)
	if do := w.later; do != nil {
		w.later = nil
		do()
	}
}

// askFolder shows Fyne's folder dialog.
func (w *Window) askFolder(chosen func(string)) {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err == nil && u != nil {
			chosen(u.Path())
		}
	}, w.win)
	d.SetTitleText(words.Say("app.choose.folder"))
	d.Show()
	d.Resize(fyne.NewSize(760, 520)) // before Show, Fyne 2.8 has nothing to resize yet and panics
}

// onClose closes the window, asking first where that would lose something typed.
func (w *Window) onClose() {
	for _, t := range tabs {
		if w.open[t].dirty() {
			w.goTo(t)
			w.give(words.Say("app.close.title"), w.close)
			return
		}
	}
	w.close()
}
