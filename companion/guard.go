package companion

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mcp-companion/clients"
	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// settleTime is how long a client that rewrites its file is left alone after its
// start: it writes its settings then, and may write old ones.
const settleTime = 30 * time.Second

// look is the second look at a client's file, after the client has started with
// what we wrote. It is made by the write, and ends when all is well.
type look struct {
	Keys []string `json:"keys"` // of our entries, as written

	// Seen is when the client was first seen running since; zero before.
	Seen time.Time `json:"seen,omitzero"`

	// Vanished are the keys that were gone when we looked: its user is asked.
	Vanished []string `json:"vanished,omitempty"`

	// PutBack says that what was written had vanished before. It is not offered
	// again: we never fight over a file.
	PutBack bool `json:"putBack,omitempty"`
}

func (c *Companion) lookPath(client string) string {
	return filepath.Join(c.home.Pending(), client+".look.json")
}

// lookOf is the look that is due for the client, nil when there is none.
func (c *Companion) lookOf(client string) *look {
	var l look
	data, err := os.ReadFile(c.lookPath(client))
	if err != nil || json.Unmarshal(data, &l) != nil {
		return nil
	}
	return &l
}

// setLook keeps l; nil ends the look. Callers hold the ChangeLock.
func (c *Companion) setLook(client string, l *look) error {
	if l == nil {
		if err := os.Remove(c.lookPath(client)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return files.WriteOwn(c.lookPath(client), append(data, '\n'))
}

// lookLater has the clock look again at those of the changed files whose client
// rewrites its own. Callers hold the ChangeLock.
func (c *Companion) lookLater(changes []*configs.Change, putBack bool) error {
	lib, err := c.Library()
	if err != nil {
		return err
	}
	for _, client := range clients.All() {
		if !client.Rewrites {
			continue
		}
		if paths := client.Files(c.system, chosenFile(lib, client.ID)); !slices.ContainsFunc(changes, func(x *configs.Change) bool { return slices.Contains(paths, x.Path) }) {
			continue
		}
		keys, err := c.ourKeys(lib, client)
		if err != nil {
			return err
		}
		l := &look{Keys: keys, PutBack: putBack}
		if len(keys) == 0 {
			l = nil
		}
		if err := c.setLook(client.ID, l); err != nil {
			return err
		}
	}
	return nil
}

func chosenFile(lib *servers.Library, client string) string {
	if lc := lib.Clients[client]; lc != nil {
		return lc.File
	}
	return ""
}

// ourKeys lists the entries of the client's file that are not the user's own.
func (c *Companion) ourKeys(lib *servers.Library, client *clients.Client) ([]string, error) {
	lc := lib.Clients[client.ID]
	if lc == nil {
		lc = &servers.Client{}
	}
	paths := client.Files(c.system, lc.File)
	if len(paths) == 0 {
		return nil, nil
	}
	entries, err := client.Entries(paths[0], c.launcherNow(), lc.Entries)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, e := range entries {
		if e.Kind == clients.Ours || e.Kind == clients.Moved || e.Kind == clients.Changed {
			keys = append(keys, e.Key)
		}
	}
	return keys, nil
}

// lookAgain takes the second looks that are due at now, and says when the next
// is.
func (c *Companion) lookAgain(ctx context.Context, now time.Time) time.Duration {
	next := clockEvery
	for _, client := range clients.All() {
		if !client.Rewrites {
			continue
		}
		l := c.lookOf(client.ID)
		if l == nil || l.Vanished != nil {
			continue
		}
		running := len(client.Running(c.system)) > 0
		switch {
		case !running && l.Seen.IsZero():
			// it has not started yet
		case !running || l.Seen.IsZero():
			_ = c.locked(ctx, func() error { return c.startSeen(client.ID, running, now) })
		case now.Sub(l.Seen) < settleTime:
			next = min(next, l.Seen.Add(settleTime).Sub(now))
		default:
			_ = c.locked(ctx, func() error { return c.compare(client) }) // what can't be read is tried again
		}
	}
	return max(next, time.Second)
}

// LooksDue are the titles of the clients that run and whose file is looked at again
// once they have settled.
func (c *Companion) LooksDue() []string {
	var titles []string
	for _, client := range clients.All() {
		if l := c.lookOf(client.ID); l != nil && l.Vanished == nil && len(client.Running(c.system)) > 0 {
			titles = append(titles, client.Title)
		}
	}
	return titles
}

// WaitForLooks takes the looks that are due, for who has no clock running: it
// returns when the clients have settled or are gone. State tells what vanished.
func (c *Companion) WaitForLooks(ctx context.Context) error {
	for len(c.LooksDue()) > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(c.lookAgain(ctx, time.Now()), time.Second)):
		}
	}
	return nil
}

// startSeen notes that the client runs since now, or no longer.
func (c *Companion) startSeen(client string, running bool, now time.Time) error {
	l := c.lookOf(client)
	if l == nil {
		return nil
	}
	l.Seen = time.Time{}
	if running {
		l.Seen = now.UTC()
	}
	return c.setLook(client, l)
}

// compare looks whether our entries are still in the client's file.
func (c *Companion) compare(client *clients.Client) error {
	l := c.lookOf(client.ID)
	if l == nil {
		return nil
	}
	lib, err := c.Library()
	if err != nil {
		return err
	}
	now, err := c.ourKeys(lib, client)
	if err != nil {
		return err
	}
	l.Vanished = slices.DeleteFunc(slices.Clone(l.Keys), func(k string) bool { return slices.Contains(now, k) })
	// While a change waits, its writing brings them back.
	if _, waits := c.waitsFor(client.ID); waits || len(l.Vanished) == 0 || l.PutBack {
		l = nil
	}
	return c.setLook(client.ID, l)
}

// vanished are the entries that a look found gone and that still are, entries
// being what stands in the file now.
func (c *Companion) vanished(client string, entries []EntryState) []string {
	l := c.lookOf(client)
	if l == nil {
		return nil
	}
	return slices.DeleteFunc(l.Vanished, func(k string) bool {
		return slices.ContainsFunc(entries, func(e EntryState) bool { return e.Key == k })
	})
}

// PutBack writes what vanished from the client's file once more: at once, or, if
// the client must be closed for it, in the gap after its exit. Should it vanish
// again, it is not offered again.
func (c *Companion) PutBack(ctx context.Context, client string) (Result, error) {
	if err := known(client); err != nil {
		return Result{}, err
	}
	_, r, err := c.Do(ctx, func() (*Proposal, error) {
		p, err := c.propose(words.Say("reason.putback", "Client", titleOf(client)), nil, scope{only: client})
		if err == nil {
			p.putBack = true
		}
		return p, err
	})
	if err != nil {
		return r, err
	}
	return r, c.endVanished(ctx, client)
}

// LeaveVanished ends the offer to put back what vanished from the client's file.
func (c *Companion) LeaveVanished(ctx context.Context, client string) error {
	if err := known(client); err != nil {
		return err
	}
	return c.endVanished(ctx, client)
}

func (c *Companion) endVanished(ctx context.Context, client string) error {
	return c.locked(ctx, func() error {
		if l := c.lookOf(client); l != nil && l.Vanished != nil {
			return c.setLook(client, nil)
		}
		return nil
	})
}
