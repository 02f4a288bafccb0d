package clients

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mcp-companion/words"
)

// A client in one project is a client of its own: its id is the client's, a colon
// and the project's folder. Its file lies in that folder, often shared with
// others through version control.

// HasProjects reports whether the client reads a file in a project's folder.
func (c *Client) HasProjects() bool { return c.project != "" }

// InProject is the client as it is in the project with this folder, nil where it
// knows no projects or dir is not absolute.
func (c *Client) InProject(dir string) *Client {
	if c.project == "" || !filepath.IsAbs(dir) {
		return nil
	}
	dir = filepath.Clean(dir)
	p := *c
	p.ID, p.base, p.dir = c.ID+":"+dir, c.ID, dir
	p.Title = words.Say("client.project", "Client", c.Title, "Folder", filepath.Base(dir))
	p.Lock, p.Note, p.all = "", "note.project", false // the lock is of the account's own file
	p.files = func(System) []string {
		if i, err := os.Stat(dir); err != nil || !i.IsDir() {
			return nil // a project that went is not made again
		}
		return []string{filepath.Join(dir, filepath.FromSlash(c.project))}
	}
	p.installed = func(s System) bool { return len(p.files(s)) > 0 }
	p.elsewhere = nil
	if c.ID == "claude-code" {
		p.elsewhere = func(s System, _ string) []Elsewhere { return codeAround(s, dir) }
		p.approval = func(s System) func(string) Where { return codeApproval(s, dir, codeProjectOf(s, dir)) }
	}
	return &p
}

// Project is the folder of a client in one project, "" for every other.
func (c *Client) Project() string { return c.dir }

// App is the id of the app itself: ID without its project.
func (c *Client) App() string {
	if c.base != "" {
		return c.base
	}
	return c.ID
}

// Approval says whether the app's user has let it use an entry of a project's
// file: InProjectFile, Unapproved or SwitchedOff; "" where it asks nobody.
func (c *Client) Approval(s System) func(key string) Where {
	if c.approval == nil {
		return func(string) Where { return "" }
	}
	return c.approval(s)
}

// With lists every client, and behind each app its projects among ids.
func With(ids []string) []*Client {
	var list []*Client
	ids = slices.Sorted(slices.Values(ids))
	for _, c := range table {
		list = append(list, c)
		for _, id := range ids {
			if strings.HasPrefix(id, c.ID+":") {
				if p := Find(id); p != nil {
					list = append(list, p)
				}
			}
		}
	}
	return list
}

// findProject is Find for a client in a project.
func findProject(id string) *Client {
	app, dir, ok := strings.Cut(id, ":")
	if !ok {
		return nil
	}
	if c := Find(app); c != nil {
		return c.InProject(dir)
	}
	return nil
}
