package companion

import (
	"context"
	"slices"
	"time"

	"mcp-companion/clients"
	"mcp-companion/files"
	"mcp-companion/health"
	"mcp-companion/launch"
	"mcp-companion/secrets/oauth"
	"mcp-companion/words"
)

// The clock's pace. Starting a server costs, and some open a browser: a local
// one is probed when its settings are new, after a failure with growing
// distance, and otherwise seldom.
const (
	clockEvery  = 30 * time.Second
	pendingLook = time.Second
	probeAgain  = 6 * time.Hour
	backoff     = 5 * time.Minute // doubled for each failure in a row
	probeRest   = 2 * time.Second // between two probes: many servers are not started at once
)

// RunClock does what nobody asks for by hand, until ctx ends: it takes back what
// an interruption left, probes servers that no session tells of, and writes what
// waits for a client's exit. One process does it, the one that holds the
// resident lock; another one waits for its turn.
func (c *Companion) RunClock(ctx context.Context) {
	lock, ok := c.takeResident(ctx)
	if !ok {
		return
	}
	defer lock.Unlock()
	// A failure of these is met again, and shown, at the next action.
	_ = c.Recover(ctx)
	_ = c.mendMoved(ctx)
	changed := make(chan struct{}, 1)
	c.watch(ctx, func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	timer := time.NewTimer(0)
	defer timer.Stop()
	// A probe takes as long as its server: a client's exit is not missed meanwhile.
	probing, done := false, make(chan struct{})
	defer func() {
		if probing {
			<-done
		}
	}()
	var probed time.Time
	keeper := c.newKeeper()
	tried := map[string]time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-done:
			probing, probed = false, time.Now()
		case <-timer.C:
		}
		next := clockEvery
		if rest := probeRest - time.Since(probed); rest > 0 {
			next = rest
		} else if !probing {
			probing = c.probeNext(ctx, tried, done)
		}
		_ = c.Recover(ctx) // of another process, killed since
		timer.Reset(min(next, c.lookAtPending(ctx), c.lookAgain(ctx, time.Now()), keeper.keep(ctx, time.Now())))
	}
}

// mendMoved brings entries that start a program of another place up to today's,
// and the copy that clients start to this version.
func (c *Companion) mendMoved(ctx context.Context) error {
	if l, isCopy := c.launcher(); isCopy && isFile(l.Path) {
		if err := c.locked(ctx, c.keepLauncher); err != nil { // an action may be making it
			return err
		}
	}
	for _, app := range c.State(ctx).Clients {
		moved := slices.ContainsFunc(app.Entries, func(e EntryState) bool { return e.Kind == Moved })
		if app.Managed && moved {
			_, _, err := c.Do(ctx, func() (*Proposal, error) {
				return c.propose(words.Say("reason.moved"), nil, scope{})
			})
			return err
		}
	}
	return nil
}

// takeResident waits for the resident lock, or for ctx's end.
func (c *Companion) takeResident(ctx context.Context) (*files.Lock, bool) {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		if lock, err := files.TryLock(c.home.ResidentLock()); err == nil {
			return lock, true
		}
		select {
		case <-ctx.Done():
			return nil, false
		case <-tick.C:
		}
	}
}

// keeper renews sign-ins ahead of time, in a goroutine of its own: a service may
// take its time, and a client's exit is not missed meanwhile.
type keeper struct {
	c       *Companion
	busy    chan struct{}
	library string
	keeper  *oauth.Keeper
}

func (c *Companion) newKeeper() *keeper { return &keeper{c: c, busy: make(chan struct{}, 1)} }

// keep begins to renew what is due, and says when to look again.
func (k *keeper) keep(ctx context.Context, now time.Time) time.Duration {
	lib, err := k.c.Library()
	if err != nil {
		return clockEvery
	}
	if k.keeper == nil || k.library != lib.ID {
		k.library, k.keeper = lib.ID, oauth.NewKeeper(k.c.oauth(lib))
	}
	due := k.keeper.Due(now)
	if due.IsZero() {
		return clockEvery
	}
	if wait := due.Sub(now); wait > 0 {
		return max(wait, time.Second)
	}
	select {
	case k.busy <- struct{}{}:
		go func() {
			defer func() { <-k.busy }()
			_ = k.keeper.RefreshDue(ctx) // what failed is tried again, and the State shows what ended
		}()
	default: // one is under way
	}
	return time.Second
}

// lookAtPending writes what can be written, and says when to look again: soon
// while a client is waited for, because the gap after its exit can be short.
func (c *Companion) lookAtPending(ctx context.Context) time.Duration {
	if len(c.waiting()) == 0 {
		return clockEvery
	}
	still, _ := c.FinishPending(ctx) // what failed still waits, and State shows it
	if len(still) > 0 {
		return pendingLook
	}
	return clockEvery
}

// probeNext begins to probe the server that is due, and reports whether there is
// one; done hears of its end.
func (c *Companion) probeNext(ctx context.Context, tried map[string]time.Time, done chan<- struct{}) bool {
	name := c.probeDue(tried)
	if name == "" {
		return false
	}
	go func() {
		_ = c.probeApart(ctx, name)
		done <- struct{}{}
	}()
	return true
}

// probeDue is the first server that is due, "" when none is. tried is when one was
// named last, by its settings: a probe whose report can't be written is not made
// again and again.
func (c *Companion) probeDue(tried map[string]time.Time) string {
	lib, err := c.Library()
	if err != nil {
		return ""
	}
	sessions, _ := launch.Sessions(c.home)
	live := map[string]bool{}
	for _, s := range sessions {
		live[s.Server] = s.Remote.Problem == "" || live[s.Server] // one that can't be asked is looked at
	}
	for _, name := range usedNames(lib) {
		s, now := lib.Servers[name], time.Now()
		if live[s.ID] {
			continue
		}
		of := settingsOf(s)
		r, err := health.ReadReport(c.home, s.ID)
		ended := c.ended(s.ID)
		failed := len(ended) > 0 && (ended[0].Status == launch.Failed || ended[0].Remote.Problem != "") && ended[0].EndedAt.After(r.Time) // why?
		if err == nil && r.Of == of && !failed && now.Before(nextProbe(r)) || now.Sub(tried[of]) < backoff {
			continue
		}
		tried[of] = now
		return name
	}
	return ""
}

// nextProbe is when a server that was found so is looked at again.
func nextProbe(r health.Report) time.Time {
	if r.Status != health.Failing {
		return r.Time.Add(probeAgain)
	}
	return r.Time.Add(min(backoff<<min(max(r.Failures-1, 0), 6), probeAgain))
}

// WaitForClients waits until every client that a change waits for is gone, and
// the change written.
func (c *Companion) WaitForClients(ctx context.Context) error {
	for _, p := range c.waiting() {
		for len(clients.Find(p.Client).Running(c.system)) > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(quitLookEvery):
			}
		}
	}
	_, err := c.FinishPending(ctx)
	return err
}

// HasResident reports whether some process runs the clock.
func (c *Companion) HasResident() bool { return files.IsLocked(c.home.ResidentLock()) }
