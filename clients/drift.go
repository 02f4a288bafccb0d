package clients

import (
	"bytes"
	"slices"

	"mcp-companion/servers"
)

// Drift lists the keys that the client's twin files do not agree about: one lacks
// the entry, or has another server under that name, or switches it off. Which of
// the two the app reads can change from one window to the next. What can't be
// read is shown where it is written, and drifts from nothing.
func (c *Client) Drift(paths []string, l Launcher, known map[string]servers.Entry) []string {
	if !c.twins || len(paths) < 2 {
		return nil
	}
	var all [][]Entry
	for _, path := range paths {
		if list, err := c.Entries(path, l, known); err == nil {
			all = append(all, list)
		}
	}
	var keys []string
	for _, list := range all {
		for _, e := range list {
			agrees := func(other []Entry) bool {
				return slices.ContainsFunc(other, func(x Entry) bool {
					return x.Key == e.Key && x.Off == e.Off && bytes.Equal(defined(x.Raw), defined(e.Raw))
				})
			}
			if !slices.Contains(keys, e.Key) && slices.ContainsFunc(all, func(o []Entry) bool { return !agrees(o) }) {
				keys = append(keys, e.Key)
			}
		}
	}
	return keys
}
