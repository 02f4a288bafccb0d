package oauth

import (
	"context"
	"errors"
	"sync"
	"time"

	"mcp-companion/words"
)

const (
	// keepEvery is the shortest time between two renewals of a Grant that nobody
	// uses now: a token of a minute would else be renewed for ever.
	keepEvery = 15 * time.Minute
	// keeperRest follows a round that found no network, as after sleep.
	keeperRest = 30 * time.Second
)

// Keeper renews all Grants ahead of time, for the resident's clock. Its methods
// are safe from several goroutines.
type Keeper struct {
	c Config

	mu      sync.Mutex
	sources map[string]*Source
	rest    time.Time // no round before it
}

// NewKeeper reads nothing yet.
func NewKeeper(c Config) *Keeper { return &Keeper{c: c, sources: map[string]*Source{}} }

// Due is when RefreshDue has something to do next, not before now; zero when no
// Grant needs it. Grants change: ask again at each tick of the clock.
func (k *Keeper) Due(now time.Time) time.Time {
	list, err := Grants(k.c.Home)
	if err != nil {
		return time.Time{}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var next time.Time
	for _, g := range list {
		if at := k.dueOf(g); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		return next
	}
	for _, earliest := range []time.Time{k.rest, now} {
		if next.Before(earliest) {
			next = earliest
		}
	}
	return next
}

// dueOf is when a Grant is to be renewed, zero for never.
func (k *Keeper) dueOf(g Grant) time.Time {
	if !g.Renewable || !g.Ended.IsZero() {
		return time.Time{}
	}
	got := g.Obtained
	if g.Refreshed.After(got) {
		got = g.Refreshed
	}
	due := dueAt(got, g.Expires)
	if due.IsZero() {
		return due
	}
	if earliest := got.Add(keepEvery); due.Before(earliest) {
		due = earliest
	}
	if s := k.sources[g.ID]; s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if due.Before(s.retryAt) {
			due = s.retryAt
		}
	}
	return due
}

// RefreshDue renews what is due, one Grant after the other: after a night's sleep
// all are, and the network may not be back. The error joins those of all Grants.
func (k *Keeper) RefreshDue(ctx context.Context) error {
	list, err := Grants(k.c.Home)
	if err != nil {
		return err
	}
	k.forget(list)
	var all error
	for _, g := range list {
		s := k.due(g)
		if s == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return errors.Join(all, err)
		}
		err := s.keep(ctx)
		all = errors.Join(all, err)
		if words.Has(err, words.Offline) || words.Has(err, words.NoAnswer) {
			k.mu.Lock()
			k.rest = k.c.now().Add(keeperRest)
			k.mu.Unlock()
			return all // the others would wait for nothing
		}
	}
	return all
}

// due is the Source of a Grant that is due now, nil for one that isn't.
func (k *Keeper) due(g Grant) *Source {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.c.now()
	at := k.dueOf(g)
	if at.IsZero() || now.Before(at) || now.Before(k.rest) {
		return nil
	}
	s := k.sources[g.ID]
	if s == nil {
		s = k.c.Source(g.ID, g.Name)
		k.sources[g.ID] = s
	}
	return s
}

// forget drops the Sources of Grants that are gone.
func (k *Keeper) forget(list []Grant) {
	k.mu.Lock()
	defer k.mu.Unlock()
	there := map[string]bool{}
	for _, g := range list {
		there[g.ID] = true
	}
	for id := range k.sources {
		if !there[id] {
			delete(k.sources, id)
		}
	}
}

// keep renews the Grant if it is due.
func (s *Source) keep(ctx context.Context) error {
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	_, err := s.hold(ctx, func(ctx context.Context) (string, error) { return "", s.renew(ctx, "") })
	return err
}
