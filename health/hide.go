package health

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"

	"mcp-companion/launch"
)

// hider takes out of a text what a plan gives to its server alone: the values of
// its own variables, and its arguments. That is more than its secrets, which a Plan
// doesn't tell apart: a text that is kept shall hold none of them.
type hider []string

const minHidden = 6 // a shorter value is not told from ordinary text

func hiderOf(plan *launch.Plan) hider {
	var list hider
	add := func(v string) {
		if len(v) >= minHidden && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	hide := func(value string) {
		for _, v := range strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' }) {
			add(v)
			add(url.QueryEscape(v))
			add(url.PathEscape(v))
			if quoted, err := json.Marshal(v); err == nil {
				add(string(quoted[1 : len(quoted)-1]))
			}
		}
	}
	ours := os.Environ()
	for _, kv := range plan.Env {
		if name, v, ok := strings.Cut(kv, "="); ok && !slices.Contains(ours, kv) && !strings.EqualFold(name, "PATH") {
			hide(v)
		}
	}
	for _, a := range plan.Args {
		if _, v, ok := strings.Cut(a, "="); ok {
			hide(v)
		}
		if !strings.HasPrefix(a, "-") {
			hide(a)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) }) // one may begin another
	return list
}

func (h hider) text(s string) string {
	for _, v := range h {
		s = strings.ReplaceAll(s, v, "[…]")
	}
	return s
}
