package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// hold is an AI app: it starts the command as its server, asks its environment
// about the variable, prints the answer in one line, and keeps the server until
// it is ended itself.
func hold(variable string, command []string) error {
	ctx := context.Background()
	client := mcp.NewClient(&mcp.Implementation{Name: "envserver-client", Version: "1"}, nil)
	session, err := client.Connect(ctx, &mcp.CommandTransport{Command: exec.Command(command[0], command[1:]...)}, nil)
	if err != nil {
		return err
	}
	r, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "environment", Arguments: map[string]any{"name": variable}})
	if err != nil {
		return err
	}
	line, err := json.Marshal(r.StructuredContent)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	return session.Wait()
}
