package health

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"mcp-companion/files"
	"mcp-companion/launch"
	"mcp-companion/words"
)

// Report is what one probe found. It lies in reports/ID.json, written by the
// probe.
type Report struct {
	Version  int               `json:"version"`
	Server   string            `json:"server"` // the server's id
	Name     string            `json:"name"`
	Time     time.Time         `json:"time"`
	Took     int               `json:"tookMs"`
	Status   Status            `json:"status"`
	Protocol string            `json:"protocol,omitempty"`
	Info     launch.ServerInfo `json:"serverInfo,omitzero"`
	Tools    int               `json:"tools,omitempty"`
	Stray    int               `json:"stray,omitempty"` // lines on stdout that are no messages
	Stderr   []string          `json:"stderr,omitempty"`
	Problem  *words.Problem    `json:"problem,omitempty"`

	// Of names the settings it was made with: another value and the report is old.
	Of string `json:"of,omitempty"`
	// Failures counts the probes that failed in a row.
	Failures int `json:"failures,omitempty"`
}

// Save writes the report over the one before.
func (r Report) Save(home files.Home) error {
	if r.Status == Failing {
		before, _ := ReadReport(home, r.Server) // none counts as no failure
		r.Failures = before.Failures + 1
	}
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return files.WriteOwn(reportPath(home, r.Server), append(data, '\n'))
}

// ReadReport returns the last report on the server with this id; fs.ErrNotExist
// when there is none.
func ReadReport(home files.Home, server string) (Report, error) {
	data, err := os.ReadFile(reportPath(home, server))
	if err != nil {
		return Report{}, err
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil || r.Server != server {
		return Report{}, errors.Join(fs.ErrNotExist, err)
	}
	return r, nil
}

func reportPath(home files.Home, server string) string {
	return filepath.Join(home.Reports(), filepath.Base(server)+".json")
}
