package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Report is what one copies into a request for help: plain text, in English
// whatever the language, because whoever helps reads it. It holds no secret and
// not the account's name.
func Report(pc Computer, v View, findings []Finding) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("MCP Companion %s on %s", orUnknown(v.Version), pc.OS)
	if v.Problem != nil {
		line("problem: %s", problemLine(v.Problem))
	}
	line("\nservers: %d", len(v.Servers))
	for _, s := range v.Servers {
		use := ""
		if s.InUse {
			use = ", in use"
		}
		line("- %s: %s%s, %d tools", s.Name, s.Status, use, s.tools())
		for _, l := range serverLines(&s.Server) {
			line("    %s", l)
		}
		if s.Problem != nil {
			line("    problem: %s", problemLine(s.Problem))
		}
	}
	line("\nclients:")
	for _, c := range v.Clients {
		if c.Installed || c.Managed {
			line("- %s%s: %s", c.ID, clientWords(c), pc.Tilde(c.File))
			for _, e := range c.Entries {
				line("    %s: %s %s", e.Key, e.Kind, e.Server)
			}
			if c.Problem != nil {
				line("    problem: %s", problemLine(c.Problem))
			}
		}
	}
	line("\nfindings: %d", len(findings))
	for _, f := range findings {
		line("- %s%s: %s", f.Problem.Code, about(f), f.Problem.Title)
	}
	return pc.anonymous(configs.Mask(b.String()))
}

func orUnknown(version string) string {
	if version == "" {
		return "(unknown version)"
	}
	return version
}

func problemLine(p *words.Problem) string {
	text := string(p.Code) + ": " + p.Title
	if p.Detail != "" {
		text += " | " + p.Detail
	}
	if p.Err != nil {
		text += " | " + p.Err.Error()
	}
	return strings.ReplaceAll(text, "\n", " ")
}

func about(f Finding) string {
	switch {
	case f.Server != "":
		return " (" + f.Server + ")"
	case f.Client != "":
		return " (" + f.Client + ")"
	}
	return ""
}

func clientWords(c ClientView) string {
	var list []string
	for _, w := range []struct {
		is   bool
		word string
	}{{c.Managed, "kept in step"}, {c.Running, "running"}, {c.Restart, "waits for its restart"}, {!c.Installed, "not installed"}} {
		if w.is {
			list = append(list, w.word)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

const hiddenValue = "[secret]"

// serverLines are what a server is, with every value that may be a key hidden: of
// variables and headers those that are not plainly harmless.
func serverLines(s *servers.Server) []string {
	shown := copied(s)
	mapValues(shown, func(at place, name, value string) string {
		value = servers.Expand(value, func(string) string { return hiddenValue })
		key, rest, before := named(at, name, value)
		if at != inCommand && at != inCwd && at != inURL && isPlainKey(key, rest) || at == inHeaders && !strings.Contains(value, hiddenValue) {
			return before + hiddenValue
		}
		return value
	})
	var list []string
	if shown.Command != "" {
		list = append(list, strings.TrimSpace(fmt.Sprintf("command: %q %q", shown.Command, shown.Args)))
	}
	if shown.URL != "" {
		list = append(list, "address: "+withoutQuery(shown.URL))
	}
	if shown.Cwd != "" {
		list = append(list, fmt.Sprintf("folder: %q", shown.Cwd))
	}
	for _, m := range []map[string]string{shown.Env, shown.Headers} {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			list = append(list, fmt.Sprintf("%s: %q", k, m[k]))
		}
	}
	return list
}

// withoutQuery leaves out where services like to have their keys.
func withoutQuery(address string) string {
	if before, _, ok := strings.Cut(address, "?"); ok {
		return before + "?" + hiddenValue
	}
	return address
}

// anonymous is text with ~ for the account's folder, in whatever spelling, and
// without the account's name.
func (pc Computer) anonymous(text string) string {
	home := strings.TrimRight(pc.Home, `/\`)
	if home == "" {
		return text
	}
	for _, spelled := range []string{strings.ReplaceAll(home, `\`, `\\`), home, strings.ReplaceAll(home, `\`, "/")} {
		text = strings.ReplaceAll(text, spelled, "~")
	}
	account := home[strings.LastIndexAny(home, `/\`)+1:]
	if len(account) < 3 || account == "root" {
		return text
	}
	return strings.ReplaceAll(text, account, "user")
}
