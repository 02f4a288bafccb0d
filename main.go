// MCP Companion: the tray, the window, the launcher `run`, and the commands.
// README.md tells what it is for; this file tells which of them is meant.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"mcp-companion/clients"
	"mcp-companion/commands"
	"mcp-companion/companion"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/tray"
	"mcp-companion/words"
)

func main() {
	code := program(os.Args[1:])
	companion.Settle()
	os.Exit(code)
}

func program(args []string) int {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	switch name {
	case "guard":
		return companion.Guard(args[1:])
	case "run":
		return run(args[1:])
	}
	c, err := open()
	if err != nil {
		fmt.Fprintln(os.Stderr, words.For(err))
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	_ = c.Recover(ctx) // what can't be taken back is said at the next change
	switch name {
	case "":
		return start(ctx, c)
	case "tray":
		return resident(ctx, c)
	case "window":
		return window(ctx, c, strings.Join(args[1:], " "))
	}
	return commands.Run(ctx, &commands.Env{Companion: c, In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, args)
}

// open makes the companion of this account.
func open() (*companion.Companion, error) {
	home, err := files.FindHome()
	if err != nil {
		return nil, err
	}
	settings, err := companion.ReadSettings(home)
	if err != nil {
		return nil, err
	}
	words.UseChosen(settings.Language)
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return companion.New(companion.Options{Home: home, System: clients.This(), Exe: exe, Store: func() (secrets.Store, error) {
		settings, err := companion.ReadSettings(home)
		if err != nil {
			return nil, err
		}
		return secrets.Open(home, settings.Choice)
	}}), nil
}

// run is the launcher: `run NAME [--for CLIENT] [--home DIR]`. Nothing here may
// write to stdout, which is the protocol's.
func run(args []string) int {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	client := f.String("for", "", "the AI app that starts it")
	dir := f.String("home", "", "the companion's folder, where it is not the usual one")
	if len(args) == 0 {
		return companion.Refuse(words.New(words.ServerUnknown, nil, "Name", ""))
	}
	if err := f.Parse(args[1:]); err != nil {
		return 2
	}
	home, err := files.FindHome()
	if *dir != "" {
		home, err = files.Home(*dir), nil
	}
	if err != nil {
		return companion.Refuse(err)
	}
	settings, err := companion.ReadSettings(home)
	if err != nil {
		return companion.Refuse(err)
	}
	words.UseChosen(settings.Language)
	store, err := secrets.Open(home, settings.Choice)
	if err != nil {
		return companion.Refuse(err)
	}
	return companion.Run(context.Background(), home, store, args[0], *client)
}

// leaving is how long a tray that is going may still hold its lock: its icon
// leaves first, and who starts it again at once means to have it.
const leaving = 300 * time.Millisecond

// resident is the tray and the clock, until Quit. A second one shows the window
// instead. Where no desktop shows tray icons the window opens, and says so; the
// tray goes on waiting for one.
func resident(ctx context.Context, c *companion.Companion) int {
	brief, cancel := context.WithTimeout(ctx, leaving)
	lock, err := files.WaitLock(brief, c.Home().TrayLock())
	cancel()
	if err != nil {
		return show(c, "")
	}
	defer lock.Unlock()
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.RunClock(ctx)
	}()
	if !tray.HasHost() {
		show(c, "")
	}
	tray.Run(ctx, c)
	stop()
	<-ended
	return 0
}

// show asks for the window and says why where there is none.
func show(c *companion.Companion, page string) int {
	if err := c.OpenWindow(page); err != nil {
		fmt.Fprintln(os.Stderr, words.For(err))
		return 1
	}
	return 0
}
