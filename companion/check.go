package companion

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"time"

	"mcp-companion/health"
	"mcp-companion/launch"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Probe looks at the server in this process, writes its report and returns the
// verdict on it.
func (c *Companion) Probe(ctx context.Context, name string) (health.Report, error) {
	return c.probe(ctx, name, func(*health.Options) {})
}

func (c *Companion) probe(ctx context.Context, name string, change func(*health.Options)) (health.Report, error) {
	lib, err := c.Library()
	if err != nil {
		return health.Report{}, err
	}
	found, s, ok := lib.Find(name)
	if !ok {
		return health.Report{}, words.New(words.ServerUnknown, nil, "Name", name)
	}
	name, of := found, settingsOf(s)
	r := health.Report{Version: 1, Server: s.ID, Name: name, Of: of, Time: time.Now().UTC()}
	plan, err := c.plan(ctx, lib, name)
	if err != nil {
		r.Status, r.Problem = health.Failing, words.For(err)
		r.Problem = c.diagnose(ctx, lib, r)
		return r, r.Save(c.home)
	}
	how := health.Options{Of: of, Limit: s.Start(probeLimit), Save: func(r health.Report) { _ = r.Save(c.home) }} // the last one says whether it can
	if before, err := health.ReadReport(c.home, s.ID); err == nil {
		how.Before = &before
	}
	change(&how)
	if r = how.Probe(ctx, plan); r.Status == health.Unknown {
		return r, ctx.Err() // it was called off
	}
	r.Problem = c.diagnose(ctx, lib, r)
	return r, r.Save(c.home)
}

// plan is what starts the server here, with its keys read within a limit.
func (c *Companion) plan(ctx context.Context, lib *servers.Library, name string) (*launch.Plan, error) {
	found, s, ok := lib.Find(name)
	if !ok {
		return nil, words.New(words.ServerUnknown, nil, "Name", name)
	}
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	plan, err := launch.For(limited, found, s, lib.ID, c.store(), os.Environ())
	if err == nil {
		authorize(plan, c.home, c.store(), lib, s, "")
	}
	return plan, err
}

// atOnce is how many servers are probed at the same time.
const atOnce = 2

// Check probes the servers now, all in use when none are named, each in a short
// process of its own, and returns when the reports are written.
func (c *Companion) Check(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		lib, err := c.Library()
		if err != nil {
			return err
		}
		names = usedNames(lib)
	}
	slots := make(chan struct{}, atOnce)
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = c.probeApart(ctx, name)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func usedNames(lib *servers.Library) []string {
	use := inUse(lib)
	var names []string
	for _, n := range lib.Names() {
		if use[n] {
			names = append(names, n)
		}
	}
	return names
}

// probeApart runs `check NAME`. Its exit code tells of the server, which the
// report tells better; only that it could not be run is an error.
func (c *Companion) probeApart(ctx context.Context, name string) error {
	cmd := exec.CommandContext(ctx, c.lean(), "check", name)
	cmd.Env = append(os.Environ(), "MCP_COMPANION_HOME="+string(c.home))
	hide(cmd)
	cmd.Cancel = func() error { return interrupt(cmd.Process) } // it may be renewing a token
	cmd.WaitDelay = settleLimit
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}
