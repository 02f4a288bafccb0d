package companion

import (
	"context"
	"errors"
	"slices"
	"time"

	"mcp-companion/clients"
	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Record is one transaction of the history.
type Record struct {
	ID     string
	Time   time.Time
	Reason string
	Files  []string
	Undone bool
	IsUndo bool // it took another one back

	Destroyed bool // what it did is not kept any more
}

// History lists the transactions, newest first.
func (c *Companion) History(context.Context) ([]Record, error) {
	lib, err := c.libraryToShow()
	if lib == nil {
		return nil, err
	}
	list, err := c.history(lib).List()
	if err != nil {
		return nil, err
	}
	var records []Record
	for _, r := range list {
		records = append(records, Record{r.ID, r.Time.Local(), r.Reason, r.Files, r.Undone, r.Undoes != "", r.Destroyed})
	}
	return records, nil
}

// ClientHistory lists the transactions that touched the client's file, newest first.
func (c *Companion) ClientHistory(ctx context.Context, id string) ([]Record, error) {
	if err := known(id); err != nil {
		return nil, err
	}
	lib, err := c.libraryToShow()
	if lib == nil {
		return nil, err
	}
	list, err := c.History(ctx)
	if err != nil {
		return nil, err
	}
	paths := clients.Find(id).Files(c.system, chosenFile(lib, id))
	return slices.DeleteFunc(list, func(r Record) bool {
		return !slices.ContainsFunc(r.Files, func(f string) bool { return slices.Contains(paths, f) })
	}), nil
}

// LastOf is the last transaction that touched the client's file and still stands;
// an UndoUnknown Problem when there is none.
func (c *Companion) LastOf(ctx context.Context, id string) (Record, error) {
	list, err := c.ClientHistory(ctx, id)
	if err != nil {
		return Record{}, err
	}
	i := slices.IndexFunc(list, func(r Record) bool { return !r.Undone && !r.IsUndo && !r.Destroyed })
	if i < 0 {
		return Record{}, words.New(words.UndoUnknown, nil, "ID", titleOf(id))
	}
	return list[i], nil
}

// HistoryDetail is what a transaction did to each file, to be shown.
func (c *Companion) HistoryDetail(ctx context.Context, id string) ([]FileView, error) {
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	details, err := c.history(lib).Details(limited, id)
	if err != nil {
		return nil, err
	}
	var views []FileView
	for _, d := range details {
		v := FileView{Path: d.Path, Client: c.clientOf(lib, d.Path)}
		for _, e := range d.Edits {
			v.Diff += e.Diff()
		}
		views = append(views, v)
	}
	return views, nil
}

// clientOf is the title of the client whose file it is, "" for none.
func (c *Companion) clientOf(lib *servers.Library, path string) string {
	for _, client := range allClients(lib) {
		chosen := ""
		if lc := lib.Clients[client.ID]; lc != nil {
			chosen = lc.File
		}
		if slices.Contains(client.Files(c.system, chosen), path) {
			return client.Title
		}
	}
	return ""
}

// Scrub destroys what is kept of a transaction, of all when id is "": it can't be
// undone any more.
func (c *Companion) Scrub(ctx context.Context, id string) error {
	return c.locked(ctx, func() error { return c.history(&servers.Library{}).Scrub(id) })
}

// ProposeUndo computes what Undo would change, and ProposeUndoRest what UndoRest
// would.
func (c *Companion) ProposeUndo(ctx context.Context, id string) ([]FileView, error) {
	return c.proposeUndo(ctx, id, false)
}

func (c *Companion) ProposeUndoRest(ctx context.Context, id string) ([]FileView, error) {
	return c.proposeUndo(ctx, id, true)
}

func (c *Companion) proposeUndo(ctx context.Context, id string, rest bool) ([]FileView, error) {
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	_, changes, err := c.history(lib).UndoOf(limited, id, rest)
	if err != nil {
		return nil, err
	}
	var views []FileView
	for _, change := range changes {
		if change.IsEmpty() {
			continue
		}
		views = append(views, FileView{Path: change.Path, Client: c.clientOf(lib, change.Path), Diff: change.Diff()})
	}
	return views, nil
}

// Undo takes the transaction back, the last one that stands when id is "". A
// client that must be closed for it keeps its part waiting.
func (c *Companion) Undo(ctx context.Context, id string) (Result, error) {
	return c.undo(ctx, id, false)
}

// UndoRest is Undo where somebody changed a part of what was written: that part
// stays as it is now, and all else is taken back.
func (c *Companion) UndoRest(ctx context.Context, id string) (Result, error) {
	return c.undo(ctx, id, true)
}

func (c *Companion) undo(ctx context.Context, id string, rest bool) (Result, error) {
	var result Result
	c.unlock(ctx)
	err := c.locked(ctx, func() error {
		lib, err := c.Library()
		if err != nil {
			return err
		}
		h := c.history(lib)
		limited, cancel := context.WithTimeout(ctx, storeLimit)
		defer cancel()
		r, changes, err := h.UndoOf(limited, id, rest)
		if err != nil {
			return err
		}
		reason := words.Say("reason.undo", "Reason", r.Reason)
		var notes []pending
		changes = slices.DeleteFunc(changes, func(change *configs.Change) bool {
			client := c.mustClose(lib, change)
			if client == nil {
				return false
			}
			note, waits := c.waitsFor(client.ID)
			note.Plan = note.Plan || waits && len(note.Undo) == 0
			note.Client, note.Reason, note.Undo = client.ID, reason, append(note.Undo, r.ID)
			notes = append(notes, note)
			result.Waiting = append(result.Waiting, client.Title)
			return true
		})
		back, err := c.wait(notes...)
		if err != nil {
			return err
		}
		if result.ID, err = h.Undo(limited, r, reason, changes); err != nil {
			back()
			return err
		}
		return errors.Join(c.undoNoMore(r.Undoes), c.needless(), c.lookLater(changes, false))
	})
	return result, err
}

// needless forgets what waits for a client's exit and would change nothing any more:
// its user need not close it for that.
func (c *Companion) needless() error {
	for _, w := range c.waiting() {
		if len(w.Undo) > 0 || w.Eject != notEjected || w.PutBack {
			continue
		}
		p, err := c.propose(w.Reason, nil, scope{only: w.Client})
		if err != nil || slices.Contains(p.waits, w.Client) {
			continue // it shows when its time comes
		}
		if err := c.waited(w.Client); err != nil {
			return err
		}
	}
	return nil
}

// unlock has the keychain ask its user, if it must, before others wait for us.
func (c *Companion) unlock(ctx context.Context) {
	lib, err := c.Library()
	if err != nil {
		return // the action itself says so
	}
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	_, _ = c.store().Get(limited, c.history(lib).Key)
}

// undoNoMore forgets that the transaction's part in clients' files waits to be
// taken back: it stands again.
func (c *Companion) undoNoMore(id string) error {
	for _, p := range c.waiting() {
		i := slices.Index(p.Undo, id)
		if i < 0 {
			continue
		}
		p.Undo = slices.Delete(p.Undo, i, i+1)
		if len(p.Undo) == 0 && !p.Plan {
			if err := c.waited(p.Client); err != nil {
				return err
			}
		} else if _, err := c.wait(p); err != nil {
			return err
		}
	}
	return nil
}

// mustExit reports whether the client runs and would have to be closed before its file
// is written.
func (c *Companion) mustExit(id string) bool {
	client := clients.Find(id)
	return client.Rewrites && len(client.Running(c.system)) > 0
}

// mustClose is the client that has to be closed before the change can be written.
func (c *Companion) mustClose(lib *servers.Library, change *configs.Change) *clients.Client {
	for _, client := range allClients(lib) {
		if client.Rewrites && !change.IsEmpty() && slices.Contains(client.Files(c.system, chosenFile(lib, client.ID)), change.Path) && len(client.Running(c.system)) > 0 {
			return client
		}
	}
	return nil
}
