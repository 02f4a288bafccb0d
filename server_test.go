package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// server is an MCP server on stdio. Its tool tells the SHA-256 of a variable; with
// the argument "fail" it ends at once, with "chatty" it prints to stdout first.
func server() {
	for _, a := range os.Args[1:] {
		switch a {
		case "fail":
			fmt.Fprintln(os.Stderr, "the database is not there")
			os.Exit(3)
		case "chatty":
			fmt.Println("Starting server...")
		}
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	type input struct {
		Name string `json:"name"`
	}
	mcp.AddTool(s, &mcp.Tool{Name: "hash", Description: "tells the SHA-256 of a variable"}, func(_ context.Context, _ *mcp.CallToolRequest, in input) (*mcp.CallToolResult, any, error) {
		sum := sha256.Sum256([]byte(os.Getenv(in.Name)))
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: hex.EncodeToString(sum[:])}}}, nil, nil
	})
	if err := s.Run(context.Background(), &mcp.StdioTransport{}); err != nil {
		os.Exit(1)
	}
}

// client is an MCP client: it starts its arguments as a server, and prints the
// server's name and what its tool tells of the variable TOKEN.
func client() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stderr = os.Stderr
	session, err := mcp.NewClient(&mcp.Implementation{Name: "client", Version: "1"}, nil).Connect(ctx, &mcp.CommandTransport{Command: cmd}, &mcp.ClientSessionOptions{ProtocolVersion: "2025-11-25"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer session.Close()
	answer, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "hash", Arguments: map[string]any{"name": "TOKEN"}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(session.InitializeResult().ServerInfo.Name, answer.Content[0].(*mcp.TextContent).Text)
}
