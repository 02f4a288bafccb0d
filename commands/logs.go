package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// logLines is how many lines logs prints at first.
const logLines = 200

func logs(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	follow := f.Bool("follow", false, "")
	record := f.Bool("record", false, "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 1, 1)
	}
	if err != nil {
		return err
	}
	if *record {
		if err := e.Record(ctx, rest[0], true); err != nil {
			return err
		}
		fmt.Fprintln(e.Err, words.Say("cmd.recording"))
	}
	if !*follow {
		lines, err := e.Log(ctx, rest[0], logLines)
		e.printLog(lines)
		return err
	}
	first := true
	return e.Follow(ctx, rest[0], func(lines []companion.LogLine) {
		if first {
			lines = lines[max(0, len(lines)-logLines):]
		}
		first = false
		e.printLog(lines)
	})
}

func (e *Env) printLog(lines []companion.LogLine) {
	for _, l := range lines {
		from := l.Client
		if from == "" || l.Source == companion.ServerSaid || l.Source == companion.Launcher {
			from = words.Say("app.logs.from." + string(l.Source))
		}
		fmt.Fprintf(e.Out, "%s  %-16s  %s\n", l.Time.Local().Format("2006-01-02 15:04:05.000"), from, printable(l.Text))
		if l.Body != "" {
			fmt.Fprintln(e.Out, "    "+strings.ReplaceAll(printable(l.Body), "\n", "\n    "))
		}
	}
}

// printable is a server's text without what would steer the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

// call has one tool of a server called. Its arguments may come from stdin, as "-".
func call(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	asJSON := f.Bool("json", false, "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 1, 3)
	}
	if err != nil {
		return err
	}
	if len(rest) == 1 {
		return e.printTools(ctx, rest[0], *asJSON)
	}
	given := json.RawMessage("{}")
	if len(rest) == 3 {
		given = json.RawMessage(rest[2])
		if rest[2] == "-" {
			err := await(ctx, func() (err error) {
				given, err = io.ReadAll(io.LimitReader(e.In, maxImport))
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	a, err := e.Call(ctx, rest[0], rest[1], given)
	if err != nil {
		return err
	}
	if *asJSON {
		fmt.Fprintln(e.Out, a.Raw)
	} else {
		fmt.Fprintln(e.Out, printable(a.Text))
	}
	if a.Failed {
		return errSilent
	}
	return nil
}

// printTools lists what can be called.
func (e *Env) printTools(ctx context.Context, name string, asJSON bool) error {
	list, err := e.Tools(ctx, name)
	if err != nil {
		return err
	}
	type row struct {
		Name  string `json:"name"`
		Title string `json:"title"`
		About string `json:"description,omitempty"`
	}
	rows, text := []row{}, [][]string{}
	for _, t := range list {
		rows = append(rows, row{t.Name, t.Title, t.About})
		about, _, _ := strings.Cut(t.About, "\n")
		if r := []rune(about); len(r) > 80 {
			about = string(r[:80]) + "…"
		}
		text = append(text, []string{t.Name, printable(about)})
	}
	if asJSON {
		return printJSON(e.Out, map[string]any{"tools": rows})
	}
	return columns(e.Out, text)
}
