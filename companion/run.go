package companion

import (
	"context"
	"os"
	"time"

	"mcp-companion/files"
	"mcp-companion/launch"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// secretLimit is how long `run` waits for its keys: a client gives up on it later
// than that, and must hear why before it does.
const secretLimit = 10 * time.Second

// Run is server NAME on stdin and stdout, until either ends, and returns the exit
// code. What it lacks it tells the client and stderr, and waits for nobody.
func Run(ctx context.Context, home files.Home, store secrets.Store, name, client string) int {
	plan, err := planFor(ctx, home, store, name, client)
	if err != nil {
		return refuse(err)
	}
	code, err := plan.Run(ctx, home, client)
	if err != nil {
		return refuse(err)
	}
	return code
}

// Refuse is Run for who lacks more than a plan: a home, a store.
func Refuse(err error) int { return refuse(err) }

func refuse(err error) int {
	launch.Refuse(os.Stdin, os.Stdout, os.Stderr, words.For(err))
	return 1
}

func planFor(ctx context.Context, home files.Home, store secrets.Store, name, client string) (*launch.Plan, error) {
	lib, err := servers.Load(home)
	if err != nil {
		return nil, err
	}
	found, s, ok := lib.Find(name)
	if !ok {
		return nil, words.New(words.ServerUnknown, nil, "Name", name)
	}
	ctx, cancel := context.WithTimeout(ctx, secretLimit)
	defer cancel()
	plan, err := launch.For(ctx, found, s, lib.ID, store, os.Environ())
	if err == nil {
		authorize(plan, home, store, lib, s, client)
	}
	return plan, err
}

// Guard is the body of the hidden command `guard`.
func Guard(args []string) int { return launch.Guard(args) }
