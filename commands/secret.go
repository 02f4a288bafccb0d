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

func (a *asker) secret(ctx context.Context, server, key string) (companion.Secret, error) {
	text, err := a.hidden(ctx, words.Say("cmd.ask", "Name", server, "Key", key), key)
	if err != nil {
		return companion.Secret{}, err
	}
	s := companion.NewSecret(strings.TrimSpace(text))
	if s.IsEmpty() {
		return s, usage(words.Say("cmd.novalue", "Key", key))
	}
	return s, nil
}

// isTerminal reports whether there is somebody to be asked.
func (a *asker) isTerminal() bool { return term.IsTerminal(int(a.e.In.Fd())) }

// hidden reads one line, without its end. prompt is for a terminal, what names the line
// where there is none.
func (a *asker) hidden(ctx context.Context, prompt, what string) (string, error) {
	var text string
	read := func() error {
		line, err := a.in.ReadString('\n')
		if err != nil && line == "" {
			return usage(words.Say("cmd.novalue", "Key", what))
		}
		text = strings.TrimRight(line, "\r\n")
		return nil
	}
	if fd := int(a.e.In.Fd()); a.isTerminal() {
		fmt.Fprint(a.e.Err, prompt+" ")
		defer fmt.Fprintln(a.e.Err)
		if shows, err := term.GetState(fd); err == nil {
			defer term.Restore(fd, shows) // when nobody waits for the read any more
		}
		read = func() error {
			b, err := term.ReadPassword(fd)
			text = string(b)
			return err
		}
	}
	err := await(ctx, read)
	return text, err
}

// await does what waits for a person, until ctx ends: the read then goes on
// behind, in a process that is about to.
func await(ctx context.Context, read func() error) error {
	done := make(chan error, 1)
	go func() { done <- read() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
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
		v, err := newAsker(e).secret(ctx, args[0], args[1])
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
