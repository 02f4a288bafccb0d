// Command envserver is a tiny MCP server for tests: it tells which environment
// it was started with, without telling a value. Its one tool, environment, lists
// the variables' names and, for the one it is asked for, the SHA-256 of its value.
//
//	envserver [--fail-if FILE] [--child] [--note] [--slow TIME] [--tool NAME] [ARG...]
//	envserver --hold VARIABLE COMMAND [ARG...]
//
//	--fail-if FILE   ends at its start, with a word on stderr, while FILE exists
//	--child          starts a child that lives as long as it is left to
//	--note           writes a line to stdout that is no message
//	--slow TIME      answers nothing for so long
//	--tool NAME      what its tool is called
//	--hold VARIABLE  is the client of such a server instead, and keeps it
//
// Other arguments are repeated by the tool: a test sees what became of them.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type question struct {
	Name string `json:"name,omitempty" jsonschema:"the variable to tell the SHA-256 of"`
}

type answer struct {
	Names  []string `json:"names"`
	SHA256 string   `json:"sha256,omitempty"`
	Args   []string `json:"args"`
	Cwd    string   `json:"cwd"`
	PID    int      `json:"pid"`
	Child  int      `json:"child,omitempty"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "envserver:", err)
		os.Exit(1)
	}
}

func run() error {
	failIf := flag.String("fail-if", "", "")
	child := flag.Bool("child", false, "")
	note := flag.Bool("note", false, "")
	tool := flag.String("tool", "environment", "")
	slow := flag.Duration("slow", 0, "")
	held := flag.String("hold", "", "")
	flag.Parse()
	if *held != "" {
		return hold(*held, flag.Args())
	}
	if _, err := os.Stat(*failIf); *failIf != "" && err == nil {
		return fmt.Errorf("told to fail by %s", *failIf)
	}
	if *note {
		fmt.Println("envserver: loading its settings")
	}
	time.Sleep(*slow)
	a := answer{Args: flag.Args(), PID: os.Getpid()}
	a.Cwd, _ = os.Getwd()
	if *child {
		c := exec.Command("sleep", "3600")
		if err := c.Start(); err != nil {
			return err
		}
		defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
		a.Child = c.Process.Pid
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "envserver", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: *tool, Description: "What this server was started with"},
		func(_ context.Context, _ *mcp.CallToolRequest, q question) (*mcp.CallToolResult, answer, error) {
			return nil, a.about(q.Name), nil
		})
	return s.Run(context.Background(), &mcp.StdioTransport{})
}

// about adds the names of the environment, and the sum of the value of one.
func (a answer) about(name string) answer {
	a.Names = []string{}
	for _, kv := range os.Environ() {
		k, _, _ := strings.Cut(kv, "=")
		a.Names = append(a.Names, k)
	}
	slices.Sort(a.Names)
	if v, ok := os.LookupEnv(name); ok {
		sum := sha256.Sum256([]byte(v))
		a.SHA256 = hex.EncodeToString(sum[:])
	}
	return a
}
