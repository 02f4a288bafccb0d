package commands

import (
	"context"
	"fmt"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// backup writes all that can move to another computer into an encrypted file.
func backup(ctx context.Context, e *Env, args []string) error {
	if err := exactly(args, 1, 1); err != nil {
		return err
	}
	pass, err := newAsker(e).newPassphrase(ctx)
	if err != nil {
		return err
	}
	done, err := e.Backup(ctx, args[0], pass, false)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.Out, words.Say("backup.done", "File", args[0]))
	fmt.Fprintln(e.Out, done.Say())
	return nil
}

// restore shows what a backup brings, and brings it.
func restore(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	dry := f.Bool("dry-run", false, "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 1, 1)
	}
	if err != nil {
		return err
	}
	a := newAsker(e)
	text, err := a.hidden(ctx, words.Say("cmd.passphrase"), words.Say("backup.passphrase"))
	if err != nil {
		return err
	}
	r, err := e.OpenBackup(ctx, rest[0], companion.NewSecret(text))
	if err != nil {
		return err
	}
	for _, line := range r.Say() {
		fmt.Fprintln(e.Out, plain(line))
	}
	if *dry || a.isTerminal() && !e.yes(ctx, words.Say("cmd.restore.ask")) {
		return nil
	}
	return e.act(ctx, func() (*companion.Proposal, error) { return e.LibraryOnly().ProposeRestore(ctx, r) })
}

// newPassphrase asks for one, on a terminal twice: nobody sees what he types.
func (a *asker) newPassphrase(ctx context.Context) (companion.Secret, error) {
	text, err := a.hidden(ctx, words.Say("cmd.passphrase.new"), words.Say("backup.passphrase"))
	pass := companion.NewSecret(text)
	if err == nil {
		err = companion.CheckPassphrase(pass)
	}
	if err != nil || !a.isTerminal() {
		return pass, err
	}
	again, err := a.hidden(ctx, words.Say("cmd.passphrase.again"), words.Say("backup.passphrase"))
	if err == nil && again != text {
		err = usage(words.Say("backup.differ"))
	}
	return pass, err
}
