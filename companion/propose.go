package companion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mcp-companion/clients"
	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// Proposal is an action computed and not yet done: what would change where.
type Proposal struct {
	Reason  string // in words, for the history
	Files   []FileView
	Waiting []string // titles of clients that must be closed for it

	// Servers and Keys are how many servers it takes over from AI apps, and how many
	// keys it moves to the store.
	Servers, Keys int

	library   string // the library's id
	of        string // the hash of the library's file that it was computed from; "" for any
	changes   []*configs.Change
	secrets   map[string]secrets.Secret // new values, by the secret's id
	waits     []string                  // ids of the clients of Waiting
	done      []string                  // ids of the clients whose files are in changes, or need none
	launching bool                      // an entry names our launcher
	putBack   bool                      // it writes once more what vanished

	adopt map[string]map[string]clients.Entry // by client and the server's ID: the entry it takes over
	only  []string                            // the clients it is about, where f decides
	plain map[string]servers.Server           // by ID: what takes the place of our entries, for who leaves
	eject ejection
	shown []string // values of keys that Files must not show

	bundles []*catalog.Bundle // to be unpacked first
}

// Format writes what it is for, whatever the verb: it holds keys.
func (p Proposal) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "[%s %q, for %q]", p.Reason, p.Files, p.Waiting)
}

// IsEmpty reports whether nothing would change, now or later.
func (p *Proposal) IsEmpty() bool {
	return len(p.changes) == 0 && len(p.secrets) == 0 && len(p.waits) == 0
}

// FileView is a Proposal's part for one file, to be shown.
type FileView struct {
	Path   string
	Client string // title; "" for our own library
	Words  string // "Adds github. Leaves 5 others alone."
	Diff   string // unified, with what looks like a key masked
}

// edit changes the library for a proposal.
type edit func(lib *servers.Library, p *Proposal) error

// propose computes what becomes of the library by f, and of the files of the
// managed clients and those named by also. only, if not empty, leaves all other
// clients out.
func (c *Companion) propose(reason string, f edit, scope scope) (*Proposal, error) {
	of := c.libraryHash() // before it is read: one that changes meanwhile is noticed
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	p := &Proposal{Reason: reason, library: lib.ID, of: of, secrets: map[string]secrets.Secret{}}
	if f != nil {
		if err := f(lib, p); err != nil {
			return nil, err
		}
	}
	if !c.libraryOnly {
		if err := c.planClients(lib, p, scope); err != nil {
			return nil, err
		}
	}
	change, err := lib.Change()
	if err != nil {
		return nil, err
	}
	if !change.IsEmpty() {
		p.changes = slices.Insert(p.changes, 0, change)
		p.Files = slices.Insert(p.Files, 0, FileView{Path: change.Path, Words: words.Say("change.library"), Diff: change.Diff()})
	}
	return p, nil
}

func (c *Companion) libraryHash() string {
	data, err := os.ReadFile(c.home.Library())
	return configs.Hash(data, err == nil)
}

// scope says which clients a proposal is about: all managed ones, and more, or
// only one.
type scope struct {
	also []string // besides the managed ones
	only string
}

func (s scope) has(id string, lc *servers.Client) bool {
	if s.only != "" {
		return id == s.only
	}
	return lc != nil && lc.Managed || slices.Contains(s.also, id)
}

// planClients adds to p what becomes of the clients' files, and to the library
// which entries are ours then.
func (c *Companion) planClients(lib *servers.Library, p *Proposal, scope scope) error {
	l, _ := c.launcher()
	system := c.system.Once()
	owner := c.owners(lib, system)
	written := map[string]bool{}
	for _, client := range allClients(lib) {
		lc := lib.Clients[client.ID]
		if p.plain != nil && !slices.Contains(p.only, client.ID) || p.plain == nil && !scope.has(client.ID, lc) {
			continue
		}
		adopt, err := c.adopting(lib, p, client.ID)
		if err != nil {
			return err
		}
		want, err := wanted(lib, lc, adopt)
		if err != nil {
			return err
		}
		chosen := ""
		if lc != nil {
			chosen = lc.File
		}
		var outcomes []*clients.Outcome
		for _, path := range client.Files(system, chosen) {
			at := linked(path)
			if by := owner[at]; written[at] || by != "" && by != client.ID {
				continue
			}
			written[at] = true
			var o *clients.Outcome
			if p.plain != nil {
				o, err = client.Plain(path, l, lib, p.plain)
			} else {
				o, err = client.Plan(path, l, lib, want)
			}
			if err != nil {
				return fileProblem(client, path, err)
			}
			outcomes = append(outcomes, o)
		}
		c.take(lib, p, client, outcomes, system)
	}
	return nil
}

// linked is where a path's links lead to: several may lead to one file.
func linked(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil { // the file is not there yet
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// owners says by path, its links followed, which managed client a file is written for, where several
// share it: no other one takes away, or makes plain, what stands there.
func (c *Companion) owners(lib *servers.Library, system clients.System) map[string]string {
	owner := map[string]string{}
	for _, client := range allClients(lib) {
		if lc := lib.Clients[client.ID]; lc != nil && lc.Managed {
			for _, path := range client.Files(system, lc.File) {
				if at := linked(path); owner[at] == "" {
					owner[at] = client.ID
				}
			}
		}
	}
	return owner
}

// take puts a client's part into p, or makes it wait for the client's exit.
func (c *Companion) take(lib *servers.Library, p *Proposal, client *clients.Client, outcomes []*clients.Outcome, system clients.System) {
	changing := slices.ContainsFunc(outcomes, func(o *clients.Outcome) bool { return !o.Change.IsEmpty() })
	waits := changing && client.Rewrites && len(client.Running(system)) > 0
	for _, o := range outcomes {
		if !o.Change.IsEmpty() || len(o.Stays) > 0 {
			p.Files = append(p.Files, FileView{Path: o.Change.Path, Client: client.Title, Words: outcomeWords(o), Diff: maskValues(o.Change.Diff(), p.shown)})
		}
	}
	if waits {
		p.waits, p.Waiting = append(p.waits, client.ID), append(p.Waiting, client.Title)
		return
	}
	p.done = append(p.done, client.ID)
	for _, o := range outcomes {
		if !o.Change.IsEmpty() {
			p.changes = append(p.changes, o.Change)
			p.launching = p.launching || p.plain == nil && len(o.Added)+len(o.Mended)+len(o.Adopted) > 0
		}
	}
	if lc := lib.Clients[client.ID]; client.Project() != "" && lc != nil && !lc.Managed {
		defer func() {
			if len(lc.Entries) == 0 || len(outcomes) == 0 { // nothing of it is left to know
				delete(lib.Clients, client.ID)
			}
		}()
	}
	if len(outcomes) == 0 {
		return
	}
	lc, entries := lib.Clients[client.ID], outcomes[0].Entries
	for _, o := range outcomes[1:] { // a second editor's file may have entries of its own
		for key, e := range o.Entries {
			if _, ok := entries[key]; !ok {
				entries[key] = e
			}
		}
	}
	if lc == nil && len(entries) == 0 {
		return
	}
	lc = lib.Client(client.ID)
	if !maps.EqualFunc(lc.Entries, entries, func(a, b servers.Entry) bool {
		return a.Server == b.Server && string(a.Parked) == string(b.Parked)
	}) {
		lc.Entries = entries
	}
}

// wanted lists the servers that a client's file shall have.
func wanted(lib *servers.Library, lc *servers.Client, adopt map[string]clients.Entry) ([]clients.Want, error) {
	if lc == nil || !lc.Managed {
		return nil, nil
	}
	names, ok := lib.In(lc.Set)
	if !ok {
		return nil, words.New(words.SetUnknown, nil, "Set", lc.Set)
	}
	var want []clients.Want
	for _, n := range names {
		id := lib.Servers[n].ID
		want = append(want, clients.Want{Name: n, ID: id, Adopt: adopt[id]})
	}
	for _, n := range lib.Names() {
		if e, ok := adopt[lib.Servers[n].ID]; ok && e.Off && !slices.Contains(names, n) {
			want = append(want, clients.Want{Name: n, ID: lib.Servers[n].ID, Adopt: e, Off: true})
		}
	}
	return want, nil
}

// outcomeWords says what a Plan does, a sentence for each kind of thing.
func outcomeWords(o *clients.Outcome) string {
	var all []string
	for _, part := range []struct {
		id   string
		keys []string
	}{{"change.adds", o.Added}, {"change.removes", o.Removed}, {"change.off", o.Off}, {"change.mends", o.Mended}, {"change.adopts", o.Adopted}, {"change.keeps", o.Changed}, {"change.stays", o.Stays}} {
		if len(part.keys) > 0 {
			all = append(all, words.Say(part.id, "Names", strings.Join(part.keys, ", ")))
		}
	}
	if o.Left > 0 {
		all = append(all, words.Say("change.leaves", "Count", o.Left))
	}
	return strings.Join(all, " ")
}

// fileProblem puts an error about a client's file into the user's words.
func fileProblem(client *clients.Client, path string, err error) error {
	var s *configs.SyntaxError
	var unsafe *configs.UnsafeError
	var paste *clients.PasteError
	switch {
	case errors.As(err, &s):
		return words.New(words.FileBroken, err, "File", s.Path, "Line", s.Line, "Column", s.Column, "Text", s.Msg)
	case errors.As(err, &paste):
		return words.New(words.FileUnsafe, err, "File", paste.Path, "Line", paste.Line, "Text", paste.Text)
	case errors.As(err, &unsafe):
		return words.New(words.FileUnsafe, err, "File", unsafe.Path, "Line", unsafe.Line, "Text", "")
	case errors.Is(err, fs.ErrPermission):
		return words.New(words.FileLocked, err, "File", path)
	case errors.As(err, new(*fs.PathError)):
		return words.New(words.FileOdd, err, "File", path)
	}
	return fmt.Errorf("%s: %w", client.Title, err)
}

func busy(err error, path string) error {
	if errors.Is(err, files.ErrLocked) {
		return words.New(words.Busy, err, "File", path)
	}
	return err
}

// Result is what an action did.
type Result struct {
	ID      string   // of the transaction, for Undo; "" when nothing had to change
	Waiting []string // titles of clients for whose exit a part waits
}

// Apply does p as one transaction. Where a file changed since p was computed, or a
// client was started that has to be closed for it, it returns the FileChanged Problem:
// propose again, show again.
func (c *Companion) Apply(ctx context.Context, p *Proposal) (Result, error) {
	var r Result
	if err := p.unpack(); err != nil {
		return r, err
	}
	if len(p.secrets) > 0 {
		// Before the lock: the keychain may ask its user, and others wait for the lock.
		if err := c.locked(ctx, c.choose); err != nil {
			c.forget(p)
			return r, err
		}
		if err := c.keepSecrets(ctx, p); err != nil {
			return r, err
		}
	}
	err := c.locked(ctx, func() (err error) {
		r, err = c.apply(ctx, p)
		return err
	})
	if err != nil && r.ID == "" { // else it is written, and names them
		c.forget(p)
	}
	return r, err
}

// keepSecrets puts a proposal's new secrets into the store, all or none. Their ids
// are new: nothing names them yet.
func (c *Companion) keepSecrets(ctx context.Context, p *Proposal) error {
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	for _, id := range slices.Sorted(maps.Keys(p.secrets)) {
		if err := c.store().Set(limited, secrets.Ref{Library: p.library, ID: id}, p.secrets[id]); err != nil {
			c.forget(p)
			return secrets.Problem(err)
		}
	}
	return nil
}

// apply is Apply for who holds the lock and has kept the secrets; who gets an error
// forgets them.
func (c *Companion) apply(ctx context.Context, p *Proposal) (Result, error) {
	if err := c.isCurrent(p); err != nil {
		return Result{}, err
	}
	if p.launching {
		if err := c.keepLauncher(); err != nil {
			return Result{}, err
		}
	}
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	if err := c.choose(); err != nil {
		return Result{}, err
	}
	var notes []pending
	for _, id := range p.waits {
		note, _ := c.waitsFor(id) // an undo that waits goes on waiting
		note.add(id, p)
		notes = append(notes, note)
	}
	back, err := c.wait(notes...)
	if err != nil {
		return Result{}, err
	}
	id, err := c.write(limited, &servers.Library{ID: p.library}, p.Reason, p.changes)
	if err != nil {
		c.forget(p)
		back()
		return Result{}, err
	}
	return Result{ID: id, Waiting: p.Waiting}, errors.Join(c.waited(p.done...), c.lookLater(p.changes, p.putBack))
}

// isCurrent is the FileChanged Problem where p would be another one by now: it changes
// a client's file for what the library was, or while the client runs that rewrites it.
// What it changes itself is compared when that is written.
func (c *Companion) isCurrent(p *Proposal) error {
	if p.of != "" && p.of != c.libraryHash() {
		return words.New(words.FileChanged, configs.ErrChanged, "File", c.home.Library())
	}
	lib := &servers.Library{}
	if p.of != "" {
		var err error
		if lib, err = c.Library(); err != nil {
			return err
		}
	}
	for _, change := range p.changes {
		if change.Path != c.home.Library() && c.mustClose(lib, change) != nil {
			return words.New(words.FileChanged, configs.ErrChanged, "File", change.Path)
		}
	}
	return nil
}

// write applies changes as one transaction. The library's id is not part of one:
// with it, undo would take the name away under which the store keeps the keys,
// the history's own among them.
func (c *Companion) write(ctx context.Context, lib *servers.Library, reason string, changes []*configs.Change) (string, error) {
	for _, change := range changes {
		isID := func(e configs.Edit) bool {
			return e.Before == nil && len(e.At) == 1 && (e.At[0] == "id" || e.At[0] == "version")
		}
		if change.Path != c.home.Library() || !slices.ContainsFunc(change.Edits, isID) {
			continue
		}
		d, err := configs.Parse(change.Path, change.Before, change.Format)
		if err != nil {
			return "", err
		}
		for _, e := range change.Edits {
			if isID(e) {
				err = errors.Join(err, d.Set(e.After, e.At...))
			}
		}
		if err != nil {
			return "", err
		}
		first := *change
		first.Exists, first.After = true, d.Bytes()
		if err := first.Write(ctx); err != nil {
			return "", err
		}
		change.Existed, change.Before = true, first.After
		change.Edits = slices.DeleteFunc(slices.Clone(change.Edits), isID)
	}
	return c.history(lib).Apply(ctx, reason, changes)
}

// forget takes the new secrets of a proposal that failed out of the store, and
// what was unpacked for it off the disk.
func (c *Companion) forget(p *Proposal) {
	for _, b := range p.bundles {
		_ = os.RemoveAll(b.Folder)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for id := range p.secrets {
		_ = c.store().Delete(ctx, secrets.Ref{Library: p.library, ID: id})
	}
}

// tries is how often an action without a preview is computed anew when a client
// changes its file under it. Other companions can't: they wait for the lock.
const tries = 5

// Do proposes and applies in one, for a face that shows no preview. The first time it
// does so as such a face would, for the keychain may ask its user, and others wait for
// the lock; where a file changed meanwhile, it holds the lock for another try.
func (c *Companion) Do(ctx context.Context, propose func() (*Proposal, error)) (p *Proposal, r Result, err error) {
	if err = c.Recover(ctx); err != nil {
		return nil, r, err
	}
	if p, err = propose(); err != nil {
		return nil, r, err
	}
	if r, err = c.Apply(ctx, p); r.ID != "" || !errors.Is(err, configs.ErrChanged) {
		return p, r, err
	}
	err = c.locked(ctx, func() error {
		for n := 2; ; n++ {
			if p, err = propose(); err != nil {
				return err
			}
			if err = p.unpack(); err == nil {
				err = c.choose()
			}
			if err == nil {
				err = c.keepSecrets(ctx, p)
			}
			if err == nil {
				r, err = c.apply(ctx, p)
			}
			if err != nil && r.ID == "" {
				c.forget(p)
			}
			if n == tries || !errors.Is(err, configs.ErrChanged) {
				return err
			}
		}
	})
	return p, r, err
}
