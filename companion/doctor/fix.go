package doctor

import (
	"fmt"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Fix is one way to mend a problem: a button, and what a press of it does. The
// companion does it; nothing here does.
type Fix struct {
	ID    string // names the kind of fix, for ever: "use-found"
	Label string // the button's words

	// Edit changes the library and nothing else; nil where the fix is a Deed. It may
	// be applied to a library that changed since, and then does what still fits.
	Edit func(*servers.Library) error
	// Change is the edit of somebody's settings file, to be shown before it is written,
	// as one transaction; computed anew at each call. Nil for none.
	Change func() (*configs.Change, error)
	Do     Deed
	Arg    string // of the Deed

	// Safe says that it may be done without asking, together with others: an edit, or
	// an entry written anew, that can be undone and needs no choice.
	Safe bool
}

// Deed is what a Fix does that is no edit of the library.
type Deed string

// The deeds, and what Arg is to each.
const (
	Nothing         Deed = ""
	OpenPage        Deed = "open-page"      // of the window: "servers/NAME", "servers/NAME/key", "apps", "apps/ID"
	OpenURL         Deed = "open-url"       // in the browser, or of the system's settings
	Restart         Deed = "restart"        // a client's id
	CheckAgain      Deed = "check-again"    // a server's name; "" for all
	Prepare         Deed = "prepare"        // a server's name: download what it starts, anew
	Apply           Deed = "apply"          // a client's id: write what the library says into its file
	PutBack         Deed = "put-back"       // a client's id: write what it dropped once more
	ClearDownload   Deed = "clear-download" // a folder of npx's, shown before it is removed
	ChooseFileStore Deed = "file-store"     // keep keys in the encrypted file
	StartProgram    Deed = "start-program"  // its title: "Docker", "Obsidian"
	ShowLog         Deed = "show-log"       // a server's name
	CopyText        Deed = "copy-text"      // the text; "" for the whole report
	MakeFolder      Deed = "make-folder"    // a path below the account's folder
	Permit          Deed = "permit"         // a path: give the account the right that it lacks (the Fix's ID says which)
)

// Fixes lists how the problem is mended, the best way first; at least one. name
// and s are the server it is about, "" and nil where it is about none.
func Fixes(pc Computer, p *words.Problem, name string, s *servers.Server) []Fix {
	if p == nil {
		return nil
	}
	f := fixing{pc: pc, p: p, name: name, s: s}
	var list []Fix
	for _, r := range fixesOf(p.Code) {
		if fix, ok := r(f); ok {
			list = append(list, fix)
		}
	}
	if len(list) == 0 {
		fix, _ := again(f)
		report, _ := copyReport(f)
		list = append(list, fix, report)
	}
	return list
}

// otherFixes are for problems that no rule recognises, because whoever says them
// is precise already.
var otherFixes = map[words.Code][]remedy{
	words.AppLocked:     {copyForIT},
	words.AppRunning:    {restart},
	words.FileOdd:       {openApps},
	words.FileUnsafe:    {copyUnsafe, openApps},
	words.NameBad:       {renameServer, openServer},
	words.NameTaken:     {openServer},
	words.NoApp:         {openApps},
	words.ServerEmpty:   {openServer},
	words.ServerUnknown: {openApps},
	words.SetUnknown:    {smallerSet},
	words.StoreDamaged:  {enterKey},
	words.ValueBad:      {addScheme, openServer},
}

// fixing is what a remedy is made from.
type fixing struct {
	pc   Computer
	p    *words.Problem
	name string
	s    *servers.Server
}

// with is a text that fills the problem's sentences, "" for none.
func (f fixing) with(name string) string {
	switch v := f.p.With(name).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// client is the id of the AI app that the problem is about.
func (f fixing) client() string { return f.with("ClientID") }

// remedy makes a fix for a problem, where it is one.
type remedy func(f fixing) (Fix, bool)

// do is a fix that is a deed.
func do(id string, deed Deed, arg string, pairs ...any) (Fix, bool) {
	return Fix{ID: id, Label: words.Say("fix."+id, pairs...), Do: deed, Arg: arg}, true
}

// edit is a fix that changes the server; there is none where nothing would change.
func (f fixing) edit(id string, safe bool, change func(*servers.Server) bool, pairs ...any) (Fix, bool) {
	if f.s == nil || !change(copied(f.s)) {
		return Fix{}, false
	}
	return Fix{ID: id, Label: words.Say("fix."+id, pairs...), Safe: safe, Edit: func(lib *servers.Library) error {
		_, s, ok := lib.Find(f.name)
		if !ok {
			return words.New(words.ServerUnknown, nil, "Name", f.name)
		}
		now := copied(s)
		if change(now) {
			*s = *now
		}
		return nil
	}}, true
}

// What fits any server.

func again(f fixing) (Fix, bool)      { return do("again", CheckAgain, f.name) }
func once(f fixing) (Fix, bool)       { return do("once", CheckAgain, f.name) }
func copyReport(f fixing) (Fix, bool) { return do("copy-report", CopyText, "") }

func showLog(f fixing) (Fix, bool) {
	if f.name == "" {
		return Fix{}, false
	}
	return do("show-log", ShowLog, f.name)
}

func openServer(f fixing) (Fix, bool)   { return f.page("open-server", "") }
func enterKey(f fixing) (Fix, bool)     { return f.page("enter-key", "/key") }
func moveKey(f fixing) (Fix, bool)      { return f.page("move-key", "/key") }
func keyInstead(f fixing) (Fix, bool)   { return f.page("key-instead", "/key") }
func signIn(f fixing) (Fix, bool)       { return f.page("sign-in", "/sign-in") }
func appDetails(f fixing) (Fix, bool)   { return f.page("app-details", "/own-app") }
func chooseFolder(f fixing) (Fix, bool) { return f.page("choose-folder", "/folder") }
func openTools(f fixing) (Fix, bool)    { return f.page("open-tools", "/tools") }

// page opens a part of the server's own page.
func (f fixing) page(id, part string) (Fix, bool) {
	if f.name == "" {
		return Fix{}, false
	}
	return do(id, OpenPage, "servers/"+f.name+part, "Name", f.name)
}

// settings opens a page of the system's own settings, where it has one.
func (f fixing) settings(id string, pages map[string]string) (Fix, bool) {
	page := pages[f.pc.OS]
	if page == "" {
		return Fix{}, false
	}
	return do(id, OpenURL, page)
}
