// Package commands is the terminal's face: one file a command or family of them.
//
// Its rules: what is asked for goes to stdout, what went wrong to stderr in the
// user's words; exit code 0 is done, 1 failed, 2 wrong usage; a secret is read
// from a prompt or stdin, never from an argument; --json only ever gains members.
package commands

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// Env is what a command works with.
type Env struct {
	*companion.Companion
	In       *os.File
	Out, Err io.Writer
}

// command is one row: its name, how it is used, and what it does.
type command struct {
	name  string
	usage string
	do    func(context.Context, *Env, []string) error
}

// table is every command, in the order of the help.
var table []command

func init() {
	table = []command{
		{"list", "list [--json]", list},
		{"add", "add NAME [--env K=V]... [--secret K]... [--cwd DIR] [--header H=V]... [OPTION]... (-- COMMAND ARGS... | URL)", add},
		{"new", "new NAME --template node|python [--folder DIR]", newProject},
		{"edit", "edit NAME [--name NEW] [--env K=V]... [--secret K]... [--unset K]... [--cwd DIR] [--header H=V]... [OPTION]... [-- COMMAND ARGS... | URL]", editServer},
		{"remove", "remove NAME", remove},
		{"import", "import [FILE | - | CLIENT]", importAny},
		{"secret", "secret set NAME KEY | secret list [--json] | secret remove NAME KEY | secret forget", secret},
		{"sets", "sets [--json]", sets},
		{"use", "use SET|--all [--client ID]", use},
		{"set", "set add SET SERVER... | set edit SET SERVER... | set remove SET | set export SET [FILE] | set import FILE [--as SET] [--dry-run]", set},
		{"clients", "clients [--json]", clients},
		{"apply", "apply [--client ID]... [--project DIR]... [--dry-run] [--restart=ask|yes|no|later] [--wait]", apply},
		{"adopt", "adopt [--client ID [ENTRY]...] [--everywhere] [--dry-run] | adopt --list [--client ID] [--json]", adopt},
		{"eject", "eject [--client ID]... [--with-keys] [--dry-run]", eject},
		{"check", "check [NAME]... [--json]", check},
		{"call", "call NAME [TOOL [JSON | -]] [--json]", call},
		{"logs", "logs NAME [--follow] [--record]", logs},
		{"sign-in", "sign-in NAME [--another | --account ACCOUNT] [--paste | --device]", signIn},
		{"sign-out", "sign-out NAME [--account ACCOUNT]", signOut},
		{"accounts", "accounts [--json] | accounts use NAME ACCOUNT [--set SET]", accounts},
		{"doctor", "doctor [NAME] [--fix] [--report] [--json]", doctor},
		{"history", "history [ID | --client ID] [--json] | history scrub [ID]", history},
		{"undo", "undo [ID | --client ID] [--rest]", undo},
		{"backup", "backup FILE", backup},
		{"restore", "restore FILE [--dry-run]", restore},
		{"completion", "completion bash|zsh|fish", completion},
		{"man", "man", manual},
	}
}

// errUsage is a wrong use that was already explained.
var errUsage = errors.New("usage")

// Run does the command args name and returns the exit code.
func Run(ctx context.Context, e *Env, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		fmt.Fprint(e.Out, Help())
		return 0
	}
	if args[0] == "names" {
		_ = names(ctx, e, args[1:]) // a shell has no use for sentences
		return 0
	}
	i := slices.IndexFunc(table, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		fmt.Fprintln(e.Err, words.New(words.BadUsage, nil, "Text", words.Say("cmd.unknown", "Command", args[0]), "Usage", "mcp-companion help"))
		return 2
	}
	if wantsHelp(args[1:]) {
		fmt.Fprintln(e.Out, "mcp-companion "+table[i].usage+"\n\n"+table[i].about())
		return 0
	}
	err := table[i].do(ctx, e, args[1:])
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errSilent), errors.Is(err, context.Canceled) && ctx.Err() != nil: // its user knows why
		return 1
	case errors.Is(err, errUsage):
		text := strings.TrimPrefix(err.Error(), errUsage.Error()+": ")
		fmt.Fprintln(e.Err, words.New(words.BadUsage, nil, "Text", text, "Usage", "mcp-companion "+table[i].usage))
		return 2
	}
	tell(e.Err, err)
	return 1
}

// wantsHelp reports whether a command is only asked how it is used.
func wantsHelp(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.ContainsFunc(args, func(a string) bool { return a == "--help" || a == "-h" })
}

// errSilent fails a command that has said why.
var errSilent = errors.New("failed")

// tell prints an error in the user's words, and below them the technical cause.
func tell(w io.Writer, err error) {
	p := words.For(err)
	fmt.Fprintln(w, p.Error())
	if p.Err != nil && p.Code != words.Unknown {
		fmt.Fprintln(w, "  ("+strings.ReplaceAll(p.Err.Error(), "\n", "\n   ")+")")
	}
}

// Help is the list of commands.
func Help() string {
	var b strings.Builder
	b.WriteString(words.Say("cmd.help") + "\n\n")
	for _, u := range []string{"", "tray | window [PAGE]", "run NAME [--for CLIENT] [--home DIR]"} {
		fmt.Fprintf(&b, "  mcp-companion %s\n", u)
	}
	for _, c := range table {
		fmt.Fprintf(&b, "  mcp-companion %s\n", c.usage)
	}
	b.WriteString("\n  OPTION  --start-timeout SECONDS, --call-timeout SECONDS, --filter-notes on|off, --hide-tool NAME\n")
	return b.String()
}

// many is a flag that may be given more than once.
type many []string

func (m *many) String() string     { return strings.Join(*m, " ") }
func (m *many) Set(s string) error { *m = append(*m, s); return nil }

// parse reads flags among the arguments, and returns what else there is before
// and behind "--". behind is nil without "--".
func parse(f *flag.FlagSet, args []string) (before, behind []string, err error) {
	f.SetOutput(io.Discard)
	if i := slices.Index(args, "--"); i >= 0 {
		args, behind = args[:i], append([]string{}, args[i+1:]...)
	}
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			return nil, nil, usage(err.Error())
		}
		if args = f.Args(); len(args) > 0 {
			before, args = append(before, args[0]), args[1:]
		}
	}
	return before, behind, nil
}

// onlyJSON reads the arguments of a command that lists: --json, or nothing.
func onlyJSON(args []string) (bool, error) {
	f := newFlags()
	asJSON := f.Bool("json", false, "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 0, 0)
	}
	return *asJSON, err
}

func usage(text string) error { return fmt.Errorf("%w: %s", errUsage, text) }

func newFlags() *flag.FlagSet { return flag.NewFlagSet("", flag.ContinueOnError) }

// exactly checks how many arguments there are.
func exactly(args []string, low, high int) error {
	switch {
	case len(args) < low:
		return usage(words.Say("cmd.few"))
	case high >= 0 && len(args) > high:
		return usage(words.Say("cmd.many", "Text", args[high]))
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// columns prints rows under each other.
func columns(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(t, strings.TrimRight(strings.Join(r, "\t"), "\t"))
	}
	return t.Flush()
}

// act proposes, applies, and says what became of it.
func (e *Env) act(ctx context.Context, propose func() (*companion.Proposal, error)) error {
	p, r, err := e.Do(ctx, propose)
	if err == nil {
		e.say(p, r)
	}
	return err
}

// say tells what was written, and what waits.
func (e *Env) say(p *companion.Proposal, r companion.Result) {
	if p.IsEmpty() {
		fmt.Fprintln(e.Out, words.Say("cmd.nothing"))
		return
	}
	for _, f := range p.Files {
		if f.Client != "" {
			fmt.Fprintf(e.Out, "%s: %s\n", f.Client, f.Words)
		}
	}
	for _, title := range r.Waiting {
		fmt.Fprintln(e.Out, words.Say("cmd.waits", "Client", title))
	}
	if len(r.Waiting) > 0 && !e.HasResident() {
		fmt.Fprintln(e.Out, words.Say("cmd.noresident"))
	}
	if r.ID != "" {
		fmt.Fprintln(e.Out, words.Say("cmd.done", "Reason", p.Reason, "ID", r.ID))
	}
}
