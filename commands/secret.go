package commands

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/words"

	"golang.org/x/term"
)

// asker reads secrets: from a terminal without showing them, else from stdin, one
// a line.
type asker struct {
	e  *Env
	in *bufio.Reader
}

func newAsker(e *Env) *asker { return &asker{e, bufio.NewReader(e.In)} }

func (a *asker) secret(server, key string) (companion.Secret, error) {
	var text string
	if fd := int(a.e.In.Fd()); term.IsTerminal(fd) {
		fmt.Fprint(a.e.Err, words.Say("cmd.ask", "Name", server, "Key", key)+" ")
		b, err := term.ReadPassword(fd)
		fmt.Fprintln(a.e.Err)
		if err != nil {
			return companion.Secret{}, err
		}
		text = string(b)
	} else {
		line, err := a.in.ReadString('\n')
		if err != nil && line == "" {
			return companion.Secret{}, usage(words.Say("cmd.novalue", "Key", key))
		}
		text = line
	}
	s := companion.NewSecret(strings.TrimSpace(text))
	if s.IsEmpty() {
		return s, usage(words.Say("cmd.novalue", "Key", key))
	}
	return s, nil
}

func secret(ctx context.Context, e *Env, args []string) error {
	if len(args) == 0 {
		return usage(words.Say("cmd.few"))
	}
	what, args := args[0], args[1:]
	switch what {
	case "set":
		if err := exactly(args, 2, 2); err != nil {
			return err
		}
		v, err := newAsker(e).secret(args[0], args[1])
		if err != nil {
			return err
		}
		return e.act(ctx, func() (*companion.Proposal, error) { return e.LibraryOnly().ProposeSecret(ctx, args[0], args[1], v) })
	case "remove":
		if err := exactly(args, 2, 2); err != nil {
			return err
		}
		return e.act(ctx, func() (*companion.Proposal, error) { return e.LibraryOnly().ProposeForget(ctx, args[0], args[1]) })
	case "forget":
		if err := exactly(args, 0, 0); err != nil {
			return err
		}
		n, err := e.ForgetUnused(ctx)
		if err == nil {
			fmt.Fprintln(e.Out, words.Say("cmd.forgot", "Count", n))
		}
		return err
	case "list":
		return secretList(e, args)
	}
	return usage(words.Say("cmd.many", "Text", what))
}

func secretList(e *Env, args []string) error {
	asJSON, err := onlyJSON(args)
	if err != nil {
		return err
	}
	list, err := e.Secrets()
	if err != nil {
		return err
	}
	type row struct {
		ID      string   `json:"id"`
		Label   string   `json:"label"`
		Servers []string `json:"servers"`
	}
	rows, text := []row{}, [][]string{}
	for _, s := range list {
		users := strings.Join(s.Servers, ", ")
		if users == "" {
			users = words.Say("cmd.unused")
		}
		rows = append(rows, row{s.ID, s.Label, append([]string{}, s.Servers...)})
		text = append(text, []string{s.Label, users, s.ID})
	}
	if asJSON {
		return printJSON(e.Out, map[string]any{"secrets": rows})
	}
	return columns(e.Out, text)
}
