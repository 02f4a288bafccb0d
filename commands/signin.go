package commands

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// signIn signs in to a remote server: through the browser, where there is one on
// this computer, else by an address that is opened elsewhere and pasted back.
func signIn(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	another, paste, device := f.Bool("another", false, ""), f.Bool("paste", false, ""), f.Bool("device", false, "")
	account := f.String("account", "", "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 1, 1)
	}
	if err != nil {
		return err
	}
	how := companion.SignInHow{Another: *another, Device: *device}
	if *account != "" {
		g, err := e.accountOf(ctx, rest[0], *account)
		if err != nil {
			return err
		}
		how.Grant = g.ID
	}
	if *paste || !*device && !hasBrowser() {
		how.Paste = e.paste
	}
	g, err := e.SignIn(ctx, rest[0], how, func(s companion.Step) {
		fmt.Fprintln(e.Err, s.Text)
		if s.URL != "" {
			fmt.Fprintln(e.Err, "\n  "+s.URL)
		}
		if s.Code != "" {
			fmt.Fprintln(e.Err, "\n  "+s.Code)
		}
	})
	if err != nil {
		return err
	}
	if g.Account == "" {
		fmt.Fprintln(e.Out, words.Say("cmd.signedin", "Name", rest[0]))
	} else {
		fmt.Fprintln(e.Out, words.Say("cmd.signedin.as", "Name", rest[0], "Account", g.Account))
	}
	return nil
}

// hasBrowser reports whether a browser can be opened where its user sits.
func hasBrowser() bool {
	if os.Getenv("SSH_CONNECTION") != "" || os.Getenv("SSH_TTY") != "" {
		return false
	}
	return runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// paste reads the address at which the browser ended.
func (e *Env) paste(ctx context.Context) (string, error) {
	fmt.Fprint(e.Err, "\n"+words.Say("cmd.paste")+" ")
	line := ""
	err := await(ctx, func() (err error) {
		line, err = bufio.NewReader(e.In).ReadString('\n')
		if line != "" {
			err = nil
		}
		return err
	})
	return strings.TrimSpace(line), err
}

// serverOf is the server's name today: it may be called by its id, or as it was
// called before.
func (e *Env) serverOf(name string) (string, error) {
	lib, err := e.Library()
	if err != nil {
		return "", err
	}
	found, _, ok := lib.Find(name)
	if !ok {
		return "", words.New(words.ServerUnknown, nil, "Name", name)
	}
	return found, nil
}

// accountOf is the account of the server that is called so: by its name, its id, or
// its number in the list.
func (e *Env) accountOf(ctx context.Context, server, account string) (companion.GrantState, error) {
	n := 0
	server, err := e.serverOf(server)
	if err != nil {
		return companion.GrantState{}, err
	}
	for _, g := range e.State(ctx).Grants {
		if g.Server != server {
			continue
		}
		if n++; g.ID == account || g.Account == account || account == fmt.Sprint(n) {
			return g, nil
		}
	}
	return companion.GrantState{}, words.New(words.AccountUnknown, nil, "Name", server, "Account", account)
}

// signOut ends a sign-in, or all of the server's.
func signOut(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	account := f.String("account", "", "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 1, 1)
	}
	if err != nil {
		return err
	}
	var list []companion.GrantState
	if *account != "" {
		g, err := e.accountOf(ctx, rest[0], *account)
		if err != nil {
			return err
		}
		list = append(list, g)
	} else {
		grants := e.State(ctx).Grants
		server, err := e.serverOf(rest[0])
		for _, g := range grants {
			if g.ID == rest[0] || err == nil && g.Server == server {
				list = append(list, g)
			}
		}
		if len(list) == 0 && err != nil {
			return err
		}
	}
	if len(list) == 0 {
		fmt.Fprintln(e.Out, words.Say("cmd.notsignedin", "Name", rest[0]))
	}
	for _, g := range list {
		if err := e.SignOut(ctx, g.ID); err != nil {
			return err
		}
		fmt.Fprintln(e.Out, words.Say("cmd.signedout", "Name", rest[0]))
	}
	return nil
}

// accounts lists who is signed in where, or chooses the account of a server.
func accounts(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	asJSON := f.Bool("json", false, "")
	set := f.String("set", "", "")
	rest, _, err := parse(f, args)
	if err == nil && len(rest) != 0 {
		err = exactly(rest, 3, 3)
	}
	if err != nil {
		return err
	}
	if len(rest) == 3 {
		if rest[0] != "use" {
			return usage(words.Say("cmd.many", "Text", rest[0]))
		}
		g, err := e.accountOf(ctx, rest[1], rest[2])
		if err != nil {
			return err
		}
		return e.act(ctx, func() (*companion.Proposal, error) {
			return e.LibraryOnly().ProposeAccount(ctx, rest[1], *set, g.ID)
		})
	}
	type row struct {
		ID      string   `json:"id"`
		Server  string   `json:"server"`
		Service string   `json:"service"`
		Account string   `json:"account,omitempty"`
		Scopes  []string `json:"scopes"`
		Expires string   `json:"expires,omitempty"`
		Ended   bool     `json:"ended"`
		Used    bool     `json:"used"`
	}
	rows, text := []row{}, [][]string{}
	for _, g := range e.State(ctx).Grants {
		r := row{ID: g.ID, Server: g.Server, Service: g.Service, Account: g.Account, Scopes: append([]string{}, g.Scopes...), Ended: g.Ended, Used: g.Used}
		if !g.Expires.IsZero() {
			r.Expires = g.Expires.UTC().Format("2006-01-02T15:04:05Z")
		}
		how := words.Say("cmd.account.good")
		if g.Ended {
			how = words.Say("cmd.account.ended")
		}
		rows = append(rows, r)
		if r.Server == "" { // it was removed: the id is what it can be ended by
			r.Server = g.ID
		}
		text = append(text, []string{mark(g.Used) + r.Server, g.Account, g.Service, how})
	}
	if *asJSON {
		return printJSON(e.Out, map[string]any{"accounts": rows})
	}
	if len(rows) == 0 {
		fmt.Fprintln(e.Out, words.Say("cmd.noaccounts"))
		return nil
	}
	return columns(e.Out, text)
}
