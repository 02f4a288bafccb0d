//go:build !bench

package launch

// The SDK is not linked where start is measured: it takes half a millisecond of it.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// sdkServer is the official SDK's server, of either era.
func sdkServer(t testing.TB, stateless bool) (*httptest.Server, *mcp.Server) {
	s := mcp.NewServer(&mcp.Implementation{Name: "sdk", Version: "1"}, nil)
	type in struct {
		Text string `json:"text"`
	}
	mcp.AddTool(s, &mcp.Tool{Name: "echo"}, func(_ context.Context, _ *mcp.CallToolRequest, a in) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: a.Text}}}, nil, nil
	})
	mcp.AddTool(s, &mcp.Tool{Name: "ask"}, func(ctx context.Context, r *mcp.CallToolRequest, _ in) (*mcp.CallToolResult, any, error) {
		got, err := r.Session.Elicit(ctx, &mcp.ElicitParams{Message: "sure?"})
		if err != nil {
			return nil, nil, err
		}
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: got.Action}}}, nil, nil
	})
	h := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, &mcp.StreamableHTTPOptions{Stateless: stateless})
	web := httptest.NewServer(h)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
	})
	return web, s
}

// through is a client of the official SDK's that speaks through a bridge.
func through(t *testing.T, url, version string, changed chan struct{}) *mcp.ClientSession {
	t.Helper()
	p, err := (&Plan{Name: "test", ServerID: "srv", URL: url}).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	c := mcp.NewClient(&mcp.Implementation{Name: "probe", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept"}, nil
		},
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) {
			select {
			case changed <- struct{}{}:
			default:
			}
		},
	})
	s, err := c.Connect(t.Context(), &mcp.IOTransport{Reader: p.Stdout, Writer: p.Stdin}, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestTheOfficialSDKsSpeakThroughABridge(t *testing.T) {
	for name, c := range map[string]struct {
		stateless bool
		version   string // the client's; "" for the newest, that begins with server/discover
		asks      bool   // the server may ask
	}{
		"legacy to legacy": {false, "2025-11-25", true},
		"legacy to both":   {true, "2025-11-25", false},
		"modern to modern": {true, "", false},
		"modern to legacy": {false, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			web, server := sdkServer(t, c.stateless)
			changed := make(chan struct{}, 1)
			s := through(t, web.URL, c.version, changed)
			tools, err := s.ListTools(t.Context(), nil)
			if err != nil || len(tools.Tools) != 2 {
				t.Fatalf("%+v %v", tools, err)
			}
			got, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "é\n"}})
			if err != nil || got.Content[0].(*mcp.TextContent).Text != "é\n" {
				t.Fatalf("%+v %v", got, err)
			}
			if c.asks {
				got, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "ask", Arguments: map[string]any{"text": ""}})
				if err != nil || got.IsError || got.Content[0].(*mcp.TextContent).Text != "accept" {
					t.Errorf("%+v %v", got, err)
				}
			}
			t.Logf("%s", s.InitializeResult().ProtocolVersion)
			if c.stateless && c.version != "" {
				return // it has no stream of its own then
			}
			// The client asks for changes on the side: the first may come before that.
			for n := 0; ; n++ {
				mcp.AddTool(server, &mcp.Tool{Name: fmt.Sprint("new", n)}, func(context.Context, *mcp.CallToolRequest, any) (*mcp.CallToolResult, any, error) {
					return nil, nil, io.EOF
				})
				select {
				case <-changed:
					return
				case <-time.After(patience / 50):
				}
				if n == 50 {
					t.Fatal("no change was told")
				}
			}
		})
	}
}
