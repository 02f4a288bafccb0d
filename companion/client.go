package companion

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mcp-companion/clients"
	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/words"
)

// pending is a change that waits for a client's exit. It holds no bytes: what is
// to be written is computed when the client is gone.
type pending struct {
	Client string    `json:"client"`
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
}

func (c *Companion) pendingPath(client string) string {
	return filepath.Join(c.home.Pending(), client+".json")
}

// setPending notes the clients that wait, and forgets those that are done.
func (c *Companion) setPending(reason string, waits, done []string) error {
	for _, id := range done {
		if err := os.Remove(c.pendingPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, id := range waits {
		data, err := json.Marshal(pending{id, reason, time.Now().UTC()})
		if err != nil {
			return err
		}
		if err := files.WriteOwn(c.pendingPath(id), append(data, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// waiting lists what waits.
func (c *Companion) waiting() []pending {
	var list []pending
	for _, client := range clients.All() {
		var p pending
		if data, err := os.ReadFile(c.pendingPath(client.ID)); err == nil && json.Unmarshal(data, &p) == nil {
			p.Client = client.ID
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

func (c *Companion) finish(ctx context.Context, p pending) error {
	_, _, err := c.Do(ctx, func() (*Proposal, error) { return c.propose(p.Reason, nil, scope{only: p.Client}) })
	return err
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

func changesOf(list ...*configs.Change) []*configs.Change { return list }
