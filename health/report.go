package health

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mcp-companion/files"
	"mcp-companion/launch"
	"mcp-companion/words"
)

// Report is what one probe found, or how far it is. It lies in reports/ID.json,
// written by the probe.
type Report struct {
	Version   int               `json:"version"`
	Server    string            `json:"server"` // the server's id
	Name      string            `json:"name"`
	Time      time.Time         `json:"time"` // when the probe began
	Took      int               `json:"tookMs"`
	Status    Status            `json:"status"`
	Era       string            `json:"era,omitempty"` // launch.Legacy or launch.Modern
	Protocol  string            `json:"protocol,omitempty"`
	Info      launch.ServerInfo `json:"serverInfo,omitzero"`
	Tools     int               `json:"tools,omitempty"`
	ToolNames []string          `json:"toolNames,omitempty"` // the first 2,000, each at most 128 bytes
	Prompts   int               `json:"prompts,omitempty"`
	Resources int               `json:"resources,omitempty"`
	Stray     int               `json:"stray,omitempty"`       // lines on stdout that are no messages
	Changed   int               `json:"listChanged,omitempty"` // notices, unasked, that a list has changed
	Stderr    []string          `json:"stderr,omitempty"`
	Problem   *words.Problem    `json:"problem,omitempty"`

	// Phase says how far a probe is whose Status is Starting, Until when it is over at
	// the latest. Its Problem and Tools are then those of the report before.
	Phase Phase     `json:"phase,omitempty"`
	Until time.Time `json:"until,omitzero"`

	// Prepared says that what it downloads at its first start is on this computer.
	Prepared bool `json:"prepared,omitempty"`

	// Of names the settings it was made with: another value and the report is old.
	Of string `json:"of,omitempty"`
	// Failures counts the probes that failed in a row.
	Failures int `json:"failures,omitempty"`
}

// Phase is a step of a probe.
type Phase string

const (
	Checking    Phase = "checking"
	Downloading Phase = "downloading"
	StartingUp  Phase = "starting"
	Asking      Phase = "asking"
)

// Say is the step in words.
func (p Phase) Say() string {
	switch p {
	case Checking, Downloading, StartingUp, Asking:
		return words.Say("health.phase." + string(p))
	}
	return words.Say("health.starting")
}

// At is the report as it counts at this time: of a probe that should be over by now
// and has not said so (its process died) nothing is known.
func (r Report) At(now time.Time) Report {
	if r.Status == Starting && now.After(r.Until) {
		return Report{Version: r.Version, Server: r.Server, Name: r.Name, Of: r.Of, Status: Unknown, Failures: r.Failures}
	}
	return r
}

// Save writes the report over the one before.
func (r Report) Save(home files.Home) error {
	if r.Status == Failing || r.Status == Starting {
		before, _ := ReadReport(home, r.Server) // none counts as no failure
		if r.Failures = before.Failures; r.Status == Failing {
			r.Failures++
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return files.WriteOwn(reportPath(home, r.Server), append(data, '\n'))
}

// ReadReport returns the last report on the server with this id, as it counts now;
// fs.ErrNotExist when there is none.
func ReadReport(home files.Home, server string) (Report, error) {
	data, err := os.ReadFile(reportPath(home, server))
	if err != nil {
		return Report{}, err
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil || r.Server != server {
		return Report{}, errors.Join(fs.ErrNotExist, err)
	}
	return r.At(time.Now()), nil
}

func reportPath(home files.Home, server string) string {
	return filepath.Join(home.Reports(), filepath.Base(server)+".json")
}

// cut is the beginning of s, at most n bytes of it.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
