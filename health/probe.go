package health

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"mcp-companion/launch"
	"mcp-companion/words"
)

// Options are what a probe needs to know beyond the server's plan.
type Options struct {
	Before *Report       // the last report, nil for none
	Of     string        // the settings' name, as in Report.Of
	Limit  time.Duration // for starting and asking, without the download; 0 for ctx's alone

	// Save is called at each change of phase with a Report whose Status is Starting,
	// from the goroutine that probes; nil for nobody. The last Report is only returned.
	Save func(Report)
}

// Probe is one look at a server in a process of its own: what it downloads at its
// first start is fetched, it is started as `run` does, asked what it is and what it
// has, and ended. ctx bounds it all; the Report says what was found and never holds
// a secret. When ctx is cancelled nothing was found: the Report is Unknown, of no
// time, and not worth keeping.
func (o Options) Probe(ctx context.Context, plan *launch.Plan) Report {
	r := Report{Version: 1, Server: plan.ServerID, Name: plan.Name, Of: o.Of, Time: time.Now().UTC()}
	known := o.Before != nil && o.Before.Of == o.Of
	r.Prepared = known && (o.Before.Prepared || o.Before.Status == Healthy)
	phase := func(p Phase) { o.show(r, p) }
	var unready *words.Problem
	if !r.Prepared {
		unready = words.For(Prepare(ctx, plan, phase))
		r.Prepared = unready == nil
	}
	if unready != nil && unready.Code != words.DownloadFailed {
		o.Limit = min(cmp.Or(o.Limit, unreadyTime), unreadyTime)
	}
	if !words.Has(asError(unready), words.SlowStart) {
		o.look(ctx, plan, &r, phase)
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return Report{Version: 1, Server: r.Server, Name: r.Name, Status: Unknown}
	case unready == nil || r.Status == Healthy:
	case r.Problem == nil, unready.Code != words.DownloadFailed:
		// What the download said, if it is understood, is nearer to the cause.
		r.Status, r.Problem = Failing, unready
	}
	return r
}

// asError is p as an error, nil for nil.
func asError(p *words.Problem) error {
	if p == nil {
		return nil
	}
	return p
}

// show says how far it is. A server that is known to be well is looked at silently.
func (o Options) show(r Report, p Phase) {
	known := o.Before != nil && o.Before.Of == o.Of
	if o.Save == nil || known && o.Before.Status == Healthy {
		return
	}
	limit := o.Limit
	if limit == 0 {
		limit = time.Minute
	}
	if p == Checking || p == Downloading {
		limit += prepareLimit
	}
	r.Status, r.Phase, r.Until = Starting, p, time.Now().Add(limit+endTime).UTC()
	if known {
		r.Problem, r.Tools = o.Before.Problem, o.Before.Tools
	}
	o.Save(r)
}

// unreadyTime is for a server whose download failed: only an older copy starts then.
const unreadyTime = 10 * time.Second

// endTime is what ending a server may take beyond its limit.
const endTime = 5 * time.Second

// look starts the server and fills r with what it finds.
func (o Options) look(ctx context.Context, plan *launch.Plan, r *Report, phase func(Phase)) {
	if o.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Limit)
		defer cancel()
	}
	phase(StartingUp)
	begun := time.Now()
	e, err := meet(ctx, plan, func(c *connection) error {
		phase(Asking)
		r.Era, r.Protocol, r.Info = c.era, c.protocol(), c.Info
		return r.count(ctx, c)
	})
	r.Took = int(time.Since(begun).Milliseconds())
	r.Stray, r.Changed, r.Stderr = e.stray, e.changed, e.stderr
	r.Status = Healthy
	if err != nil {
		r.Status, r.Problem = Failing, e.why(ctx, err, plan, begun)
	}
}

const (
	maxNames = 2_000 // of tools, in a report
	nameLen  = 128   // bytes of each
	sideTime = 5 * time.Second
)

// count counts what the server has. What it can't say of prompts and resources,
// which most clients never show, is no failure; that it ends over the question is.
func (r *Report) count(ctx context.Context, c *connection) error {
	if c.Capabilities.Tools != nil {
		err := c.list(ctx, "tools/list", "tools", func(raw json.RawMessage) {
			if r.Tools++; len(r.ToolNames) < maxNames {
				var tool struct{ Name string }
				_ = json.Unmarshal(raw, &tool)
				r.ToolNames = append(r.ToolNames, cut(tool.Name, nameLen))
			}
		})
		if err != nil {
			return err
		}
	}
	for _, side := range []struct {
		capability     json.RawMessage
		method, member string
		count          *int
	}{
		{c.Capabilities.Prompts, "prompts/list", "prompts", &r.Prompts},
		{c.Capabilities.Resources, "resources/list", "resources", &r.Resources},
	} {
		if side.capability == nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, sideTime)
		err := c.list(ctx, side.method, side.member, func(json.RawMessage) { *side.count++ })
		cancel()
		if errors.Is(err, errClosed) {
			return err
		}
	}
	return nil
}
