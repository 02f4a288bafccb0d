package companion

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mcp-companion/clients"
	"mcp-companion/files"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// pending is a change that waits for a client's exit. It holds no bytes: what is
// to be written is computed when the client is gone.
type pending struct {
	Client string    `json:"client"`
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`

	// Undo lists the transactions whose part in the client's file is to be taken
	// back. Plan says that the file is brought up to the library besides.
	Undo []string `json:"undo,omitempty"`
	Plan bool     `json:"plan,omitempty"`

	// Adopt names entries of the user's that become ours, each by the id of the server
	// that it is. Eject says that ours become plain ones, with values or names alone.
	Adopt map[string]string `json:"adopt,omitempty"`
	Eject ejection          `json:"eject,omitempty"`

	// PutBack says that it brings back what vanished.
	PutBack bool `json:"putBack,omitempty"`
}

// add makes of p what waits when the proposal for the client waits too.
func (p *pending) add(client string, by *Proposal) {
	p.Client, p.Reason, p.Plan, p.PutBack, p.Eject = client, by.Reason, true, by.putBack, by.eject
	if by.eject != notEjected {
		p.Adopt = nil
	}
	for id, e := range by.adopt[client] {
		if p.Adopt == nil {
			p.Adopt = map[string]string{}
		}
		p.Adopt[id] = e.Key
	}
}

func (c *Companion) pendingPath(client string) string {
	return filepath.Join(c.home.Pending(), url.PathEscape(client)+".json") // a project's has slashes
}

// wait notes what waits. It comes before the change itself: killed in between, a
// note too many does nothing, and one too few would leave a client behind. back
// takes the notes away again when the change fails.
func (c *Companion) wait(list ...pending) (back func(), err error) {
	var backs []func()
	back = func() {
		for _, b := range backs {
			b()
		}
	}
	for _, p := range list {
		path := c.pendingPath(p.Client)
		if before, err := os.ReadFile(path); err == nil {
			backs = append(backs, func() { _ = files.WriteOwn(path, before) })
		} else {
			backs = append(backs, func() { os.Remove(path) })
		}
		p.Since = time.Now().UTC()
		data, err := json.Marshal(p)
		if err == nil {
			err = files.WriteOwn(path, append(data, '\n'))
		}
		if err != nil {
			back()
			return back, err
		}
	}
	return back, nil
}

// waited forgets what waited for these clients.
func (c *Companion) waited(ids ...string) error {
	for _, id := range ids {
		if err := os.Remove(c.pendingPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// waitsFor is what waits for the client's exit.
func (c *Companion) waitsFor(client string) (p pending, ok bool) {
	data, err := os.ReadFile(c.pendingPath(client))
	if err != nil || json.Unmarshal(data, &p) != nil {
		return pending{}, false
	}
	p.Client = client
	return p, true
}

// waiting lists what waits.
func (c *Companion) waiting() []pending {
	var list []pending
	for _, client := range clients.All() {
		if p, ok := c.waitsFor(client.ID); ok {
			list = append(list, p)
		}
	}
	return list
}

// FinishPending writes what waited for clients that are gone by now, and returns
// the titles of those that are still there.
func (c *Companion) FinishPending(ctx context.Context) (still []string, err error) {
	var errs []error
	for _, p := range c.waiting() {
		client := clients.Find(p.Client)
		if len(client.Running(c.system)) > 0 {
			still = append(still, client.Title)
			continue
		}
		errs = append(errs, c.finish(ctx, p))
	}
	return still, errors.Join(errs...)
}

func (c *Companion) finish(ctx context.Context, w pending) error {
	if len(w.Undo) > 0 {
		if err := c.finishUndo(ctx, w); err != nil || !w.Plan {
			return err
		}
	}
	_, _, err := c.Do(ctx, func() (*Proposal, error) {
		if now, ok := c.waitsFor(w.Client); ok { // another process may have changed it
			w = now
		}
		p, err := c.propose(w.Reason, func(lib *servers.Library, p *Proposal) error {
			if lc := lib.Clients[w.Client]; w.Eject == notEjected || lc != nil && lc.Managed { // the user may have come back
				return nil
			}
			p.only = []string{w.Client}
			return c.ejectAll(ctx, lib, p, w.Eject)
		}, scope{only: w.Client})
		if err == nil {
			p.putBack = w.PutBack
		}
		return p, err
	})
	return err
}

// finishUndo takes back what undone transactions had written into the client's
// file.
func (c *Companion) finishUndo(ctx context.Context, w pending) error {
	c.unlock(ctx)
	return c.locked(ctx, func() error {
		w, ok := c.waitsFor(w.Client) // another process may have changed or done it
		if !ok {
			return nil
		}
		lib, err := c.Library()
		if err != nil {
			return err
		}
		client, h := clients.Find(w.Client), c.history(lib)
		limited, cancel := context.WithTimeout(ctx, storeLimit)
		defer cancel()
		for _, id := range w.Undo {
			changes, err := h.PartOf(limited, id, client.Files(c.system, chosenFile(lib, client.ID)))
			if words.Has(err, words.UndoUnknown) { // destroyed meanwhile: it waits for nothing
				continue
			}
			if err != nil {
				return err
			}
			if len(client.Running(c.system)) > 0 {
				return words.New(words.AppRunning, nil, "Client", client.Title)
			}
			if _, err := h.Apply(limited, w.Reason, changes); err != nil {
				return err
			}
			if err := c.lookLater(changes, false); err != nil {
				return err
			}
		}
		if w.Plan {
			return nil
		}
		return c.waited(w.Client)
	})
}

// Restart asks the client to quit, writes what waits for that, and opens it
// again. It never forces: a client that stays is the AppRunning Problem, and
// what waits goes on waiting.
func (c *Companion) Restart(ctx context.Context, id string) error {
	client := clients.Find(id)
	if client == nil {
		return known(id)
	}
	if !client.CanRestart() {
		return words.New(words.RestartNeeded, nil, "Client", client.Title)
	}
	was := len(client.Running(c.system)) > 0
	if err := client.Quit(c.system); err != nil {
		return words.New(words.AppRunning, err, "Client", client.Title)
	}
	if err := c.gone(ctx, client); err != nil {
		return err
	}
	var errs []error
	for _, p := range c.waiting() {
		if p.Client == id {
			errs = append(errs, c.finish(ctx, p))
		}
	}
	if was {
		errs = append(errs, client.Open(c.system)) // also after a failure: its user wants it back
		errs = append(errs, c.locked(ctx, func() error { return c.startSeen(id, true, time.Now()) }))
	}
	return errors.Join(errs...)
}

// gone waits until the client has quit.
func (c *Companion) gone(ctx context.Context, client *clients.Client) error {
	limited, cancel := context.WithTimeout(ctx, quitLimit)
	defer cancel()
	tick := time.NewTicker(quitLookEvery)
	defer tick.Stop()
	for len(client.Running(c.system)) > 0 {
		select {
		case <-limited.Done():
			if err := ctx.Err(); err != nil {
				return err
			}
			return words.New(words.AppRunning, nil, "Client", client.Title)
		case <-tick.C:
		}
	}
	return nil
}

// allClients lists every client, and the projects of theirs that the library has.
func allClients(lib *servers.Library) []*clients.Client {
	return clients.With(slices.Collect(maps.Keys(lib.Clients)))
}

// known is the ClientUnknown Problem for an id that is none.
func known(id string) error {
	if clients.Find(id) != nil {
		return nil
	}
	var ids []string
	for _, c := range clients.All() {
		ids = append(ids, c.ID)
	}
	return words.New(words.ClientUnknown, nil, "Client", id, "Known", strings.Join(ids, " "))
}

func titleOf(id string) string {
	if c := clients.Find(id); c != nil {
		return c.Title
	}
	return id
}
