package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"mcp-companion/servers"
	"mcp-companion/words"
)

func sprint(format string, v any) string { return fmt.Sprintf(format, v) }

// line is a server on one line.
func line(s servers.Server) string {
	parts := append([]string{s.Command + s.URL}, s.Args...)
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			parts = append(parts, k+"="+m[k])
		}
	}
	return strings.Join(parts, " ")
}

func TestCommandsAreBuiltByTheRules(t *testing.T) {
	for name, c := range map[string]struct {
		at, os string
		values map[string][]string
		want   string
	}{
		"each": {"filesystem/local", "linux", map[string][]string{"folders": {"/a b", " /c "}}, "npx -y @modelcontextprotocol/server-filesystem /a b /c"},
		"header": {
			"github/remote-token", "linux",
			map[string][]string{"token": {`"ghp_1"`}},
			"https://api.githubcopilot.com/mcp/ Authorization=Bearer ${secret:token}",
		},
		"empty left out": {
			"github/docker", "linux",
			map[string][]string{"token": {"x"}},
			"docker run -i --rm -e GITHUB_PERSONAL_ACCESS_TOKEN -e GITHUB_HOST ghcr.io/github/github-mcp-server GITHUB_PERSONAL_ACCESS_TOKEN=${secret:token}",
		},
		"default yes":    {"kubernetes/local", "linux", nil, "npx -y kubernetes-mcp-server --read-only"},
		"said no":        {"kubernetes/local", "linux", map[string][]string{"readOnly": {"false"}}, "npx -y kubernetes-mcp-server"},
		"when filled in": {"kubernetes/local", "linux", map[string][]string{"readOnly": {}, "kubeconfig": {"/k"}}, "npx -y kubernetes-mcp-server --kubeconfig /k"},
		"no is said": {
			"clickhouse/local", "linux",
			map[string][]string{"host": {"h"}, "password": {"p"}, "tls": {"false"}},
			"uvx mcp-clickhouse CLICKHOUSE_HOST=h CLICKHOUSE_PASSWORD=${secret:password} CLICKHOUSE_PORT=8443 CLICKHOUSE_SECURE=false CLICKHOUSE_USER=default",
		},
		"query":           {"supabase/remote", "linux", map[string][]string{"project": {"a b&c"}}, "https://mcp.supabase.com/mcp?project_ref=a+b%26c&read_only=true"},
		"no query":        {"supabase/remote", "linux", map[string][]string{"readOnly": {"false"}}, "https://mcp.supabase.com/mcp"},
		"own address":     {"elasticsearch/agent-builder", "linux", map[string][]string{"kibanaUrl": {"https://k.example/"}, "apiKey": {"k"}}, "https://k.example/api/agent_builder/mcp Authorization=ApiKey ${secret:apiKey}"},
		"windows is else": {"aws-docs/local", "windows", nil, "uvx --from awslabs.aws-documentation-mcp-server awslabs.aws-documentation-mcp-server.exe AWS_DOCUMENTATION_PARTITION=aws FASTMCP_LOG_LEVEL=ERROR"},
		"macos is not":    {"aws-docs/local", "darwin", nil, "uvx awslabs.aws-documentation-mcp-server AWS_DOCUMENTATION_PARTITION=aws FASTMCP_LOG_LEVEL=ERROR"},
		"several choices": {
			"google-workspace/local", "linux",
			map[string][]string{"clientId": {"i"}, "clientSecret": {"s"}, "services": {"gmail", "drive"}},
			"uvx workspace-mcp --tool-tier core --read-only --tools gmail drive GOOGLE_OAUTH_CLIENT_ID=i GOOGLE_OAUTH_CLIENT_SECRET=${secret:clientSecret} WORKSPACE_MCP_PORT=8000",
		},
		"sign-in client is not sent": {"bigquery/remote", "linux", map[string][]string{"clientId": {"i"}, "clientSecret": {"s"}}, "https://bigquery.googleapis.com/mcp"},
		"volume":                     {"markitdown/docker", "linux", map[string][]string{"folder": {"/d"}}, "docker run -i --rm -v /d:/workdir mcp/markitdown"},
	} {
		id, option, _ := strings.Cut(c.at, "/")
		s, _, err := Find(id).Option(option).Build(c.os, c.values)
		if got := line(s); err != nil || got != c.want {
			t.Errorf("%s:\n got %s\nwant %s %v", name, got, c.want, err)
		}
	}
}

func TestWhatIsMissingIsSaidByItsLabel(t *testing.T) {
	for at, code := range map[string]words.Code{"filesystem/local": words.ValueMissing, "github/docker": words.ValueMissing, "mongodb/local": words.ValueOneOf} {
		id, option, _ := strings.Cut(at, "/")
		_, _, err := Find(id).Option(option).Build("linux", nil)
		if !words.Has(err, code) || strings.Contains(err.Error(), "<no value>") {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func TestASketchShowsWhatIsNotThereYet(t *testing.T) {
	s, keys, err := Find("github").Option("docker").Sketch("linux", nil)
	if err != nil || s.Env["GITHUB_PERSONAL_ACCESS_TOKEN"] != "${secret:token}" || len(keys) != 0 {
		t.Errorf("%s %v %v", line(s), keys, err)
	}
	s, _, err = Find("filesystem").Recommended().Sketch("linux", nil)
	if err != nil || !strings.HasSuffix(line(s), "server-filesystem <Folders to share>") {
		t.Errorf("%s %v", line(s), err)
	}
}

func TestPackagesAreNamedAsTheirManagersWant(t *testing.T) {
	for _, c := range []struct {
		p    Package
		from bool
		want string
	}{
		{Package{Registry: "npm", Name: "a", Checked: "1"}, false, "a@1"},
		{Package{Registry: "pypi", Name: "a", Checked: "1"}, false, "a@1"},
		{Package{Registry: "pypi", Name: "a", Checked: "1"}, true, "a==1"},
		{Package{Registry: "oci", Name: "a/b", Checked: "1"}, false, "a/b:1"},
		{Package{Registry: "npm", Name: "a"}, false, "a"},
	} {
		if got := c.p.spec(true, c.from); got != c.want {
			t.Errorf("%+v: %s", c.p, got)
		}
	}
	s, _, err := Find("markitdown").Option("local").Build("linux", nil)
	if err != nil || !strings.Contains(line(s), "markitdown-mcp@") {
		t.Errorf("a version that is not out yet must be named: %s %v", line(s), err)
	}
}

// An option that would show a key can't be built, unless its field says so.
func TestAKeyIsNeverShownUnasked(t *testing.T) {
	p := &Option{Launch: Launch{Command: "x", Args: []Arg{{Text: "--key=${key}"}}}, Fields: []Field{{ID: "key", Kind: Secret, Label: "Key"}}}
	typed := map[string][]string{"key": {"abc"}}
	if s, _, err := p.Build("linux", typed); err == nil {
		t.Errorf("built %s", line(s))
	}
	p.Fields[0].Exposed = true
	s, keys, err := p.Build("linux", typed)
	if err != nil || line(s) != "x --key=${secret:key}" || keys["key"] != "abc" {
		t.Errorf("%s %v %v", line(s), keys, err)
	}
	p = &Option{URL: "https://h/${key}", Fields: []Field{{ID: "key", Kind: Secret, Exposed: true, Given: Given{"a b"}}}}
	s, keys, err = p.Build("linux", nil)
	if err != nil || s.URL != "https://h/${secret:key}" || keys["key"] != "a+b" {
		t.Errorf("%s %v %v", line(s), keys, err)
	}
}

func TestSecretsGetNewLabels(t *testing.T) {
	before := servers.Server{Command: "x", Args: []string{"${secret:a}"}, Env: map[string]string{"K": "Bearer ${secret:b}"}, Headers: map[string]string{"H": "${secret:a}"}}
	after := Relabel(before, func(id string) string { return id + "1" })
	if got := line(after); got != "x ${secret:a1} K=Bearer ${secret:b1} H=${secret:a1}" || line(before) != "x ${secret:a} K=Bearer ${secret:b} H=${secret:a}" {
		t.Error(got, line(before))
	}
}

func TestSignInClientsAreTold(t *testing.T) {
	id, secret := Find("bigquery").Option("remote").Client(map[string][]string{"clientId": {"i"}, "clientSecret": {"s"}})
	if id != "i" || secret != "s" {
		t.Error(id, secret)
	}
}
