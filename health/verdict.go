package health

import (
	"time"

	"mcp-companion/launch"
	"mcp-companion/words"
)

// Verdict is what is known of a server, in one.
type Verdict struct {
	Status  Status
	Summary string         // one line in words
	Problem *words.Problem // for NeedsYou and Failing
	Tools   int
	Checked time.Time // of the probe; zero when there was none
}

// needsYou are the problems that are the user's to end, not failures.
var needsYou = map[words.Code]bool{
	words.KeyMissing: true, words.KeychainLocked: true, words.KeychainAbsent: true,
	words.RestartNeeded: true, words.RemoteLater: true,
}

// Judge makes the verdict on a server of its live sessions and its last report
// (nil for none). The sessions are the first witness: they are what the clients
// have. A report on other settings than today's (of) counts for nothing.
func Judge(sessions []launch.Session, report *Report, of string) Verdict {
	v := Verdict{Status: Unknown, Summary: words.Say("health.unknown")}
	if report != nil && report.Of == of {
		v = judgeReport(report)
	}
	if len(sessions) == 0 {
		return v
	}
	live := Starting
	tools := 0
	for _, s := range sessions {
		if s.Status == launch.Healthy {
			live = Healthy
			tools = max(tools, s.Tools)
		}
	}
	if live == Healthy {
		v.Tools = max(tools, v.Tools)
		return Verdict{Status: Healthy, Summary: working(v.Tools), Tools: v.Tools, Checked: v.Checked}
	}
	if v.Status == Failing || v.Status == NeedsYou {
		return v
	}
	v.Status, v.Summary = Starting, words.Say("health.starting")
	return v
}

func judgeReport(r *Report) Verdict {
	v := Verdict{Status: r.Status, Tools: r.Tools, Checked: r.Time, Problem: r.Problem}
	switch {
	case r.Problem == nil:
		v.Summary = working(r.Tools)
	case needsYou[r.Problem.Code]:
		v.Status, v.Summary = NeedsYou, r.Problem.Title
	default:
		v.Summary = r.Problem.Title
	}
	return v
}

func working(tools int) string {
	if tools == 0 {
		return words.Say("health.working")
	}
	return words.Say("health.tools", "Count", tools)
}
