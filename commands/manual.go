package commands

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// about says what the command is for.
func (c command) about() string { return words.Say("cmd.about." + c.name) }

// others are the programs that are no commands: main knows them.
var others = []string{"run", "tray", "window", "help"}

// manual prints the manual page, in the language of man(7).
func manual(_ context.Context, e *Env, args []string) error {
	if err := exactly(args, 0, 0); err != nil {
		return err
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`.TH MCP\-COMPANION 1 "" "MCP Companion %s" "User Commands"`, companion.Version)
	line(".SH NAME\nmcp\\-companion \\- %s", roff(words.Say("man.name")))
	line(".SH SYNOPSIS")
	for i, u := range []string{"", "tray | window [PAGE]", "run NAME [--for CLIENT] [--home DIR]", "COMMAND [ARGUMENT]..."} {
		if i > 0 {
			line(".br")
		}
		line(".B mcp\\-companion\n%s", roff(u))
	}
	line(".SH DESCRIPTION\n%s", roff(words.Say("man.about")))
	line(".SH COMMANDS")
	for _, c := range table {
		line(".TP\n.B %s\n%s", roff(c.usage), roff(c.about()))
	}
	line(".SH FILES\n.TP\n.I ~/.config/mcp\\-companion\n%s", roff(words.Say("man.files")))
	line(".SH ENVIRONMENT")
	for _, v := range []string{"MCP_COMPANION_HOME", "MCP_COMPANION_SECRETS"} {
		line(".TP\n.B %s\n%s", v, roff(words.Say("man.env."+v)))
	}
	line(".SH EXIT STATUS\n%s", roff(words.Say("man.exit")))
	_, err := fmt.Fprint(e.Out, b.String())
	return err
}

// roff is text as man(7) wants it: nothing of it is a request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

// optionsIn lists the options in a command's usage.
func optionsIn(usage string) []string {
	all := regexp.MustCompile(`--[a-z-]+`).FindAllString(usage, -1)
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// completion prints a script that completes commands, their options, servers, sets
// and clients.
func completion(_ context.Context, e *Env, args []string) error {
	if err := exactly(args, 1, 1); err != nil {
		return err
	}
	script, ok := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[args[0]]
	if !ok {
		return usage(words.Say("cmd.many", "Text", args[0]))
	}
	var names []string
	var cases strings.Builder
	for _, c := range table {
		names = append(names, c.name)
		options := optionsIn(c.usage)
		switch args[0] {
		case "fish":
			for _, o := range options {
				fmt.Fprintf(&cases, "complete -c mcp-companion -n '__fish_seen_subcommand_from %s' -l %s\n", c.name, o[2:])
			}
		default:
			fmt.Fprintf(&cases, "    %s) options='%s' ;;\n", c.name, strings.Join(options, " "))
		}
	}
	names = append(names, others...)
	_, err := fmt.Fprint(e.Out, strings.NewReplacer("COMMANDS", strings.Join(names, " "), "CASES\n", cases.String()).Replace(script))
	return err
}

// Where no option is typed they complete a name of the library's, or a file.
const bashScript = `# mcp-companion completion for bash
_mcp_companion() {
  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} options=
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W 'COMMANDS' -- "$word"))
    return
  fi
  case $command in
CASES
  esac
  case $word in
  -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
  *)
    local kind=servers
    [ "$command" = use ] && kind=sets
    [ "${COMP_WORDS[COMP_CWORD-1]}" = --client ] && kind=clients
    local names=$(mcp-companion names "$kind" 2>/dev/null)
    COMPREPLY=($(compgen -W "$names" -- "$word"))
    ;;
  esac
}
complete -o default -F _mcp_companion mcp-companion
`

const zshScript = `#compdef mcp-companion
# mcp-companion completion for zsh
_mcp_companion() {
  local command=$words[2] options=
  if (( CURRENT == 2 )); then
    compadd COMMANDS
    return
  fi
  case $command in
CASES
  esac
  if [[ $words[CURRENT] == -* ]]; then
    compadd -- ${=options}
    return
  fi
  local kind=servers
  [[ $command == use ]] && kind=sets
  [[ $words[CURRENT-1] == --client ]] && kind=clients
  compadd ${(f)"$(mcp-companion names $kind 2>/dev/null)"} || _files
}
compdef _mcp_companion mcp-companion
`

const fishScript = `# mcp-companion completion for fish
complete -c mcp-companion -f -n __fish_use_subcommand -a 'COMMANDS'
complete -c mcp-companion -n 'not __fish_use_subcommand' -a '(mcp-companion names servers 2>/dev/null)'
complete -c mcp-companion -f -n '__fish_seen_subcommand_from use' -a '(mcp-companion names sets 2>/dev/null)'
CASES
`

// names prints names for a shell to complete, one a line. It is no command for
// people and not in the help.
func names(ctx context.Context, e *Env, args []string) error {
	if err := exactly(args, 1, 1); err != nil {
		return err
	}
	s := e.State(ctx)
	switch args[0] {
	case "servers":
		for _, v := range s.Servers {
			fmt.Fprintln(e.Out, v.Name)
		}
	case "sets":
		for _, v := range s.Sets {
			fmt.Fprintln(e.Out, v.Name)
		}
	case "clients":
		for _, v := range s.Clients {
			if v.Installed {
				fmt.Fprintln(e.Out, v.ID)
			}
		}
	}
	return nil
}
