package catalog

import (
	"slices"
	"strings"
	"testing"

	"mcp-companion/servers"
)

func program(line string) servers.Server {
	parts := strings.Fields(line)
	return servers.Server{Command: parts[0], Args: parts[1:]}
}

func TestWhatAServerStartsIsFound(t *testing.T) {
	for text, want := range map[string]string{
		"npx -y @scope/name@1.2 /tmp":                            "npm @scope/name",
		"npx name@latest":                                        "npm name",
		`C:\nodejs\npx.cmd -y name`:                              "npm name",
		"cmd /c npx -y name":                                     "npm name",
		"npx --package=x -c y":                                   "",
		"npx -p name cmd":                                        "npm name",
		"bunx name":                                              "npm name",
		"pnpm dlx name":                                          "npm name",
		"uvx mcp-server-git --repository /r":                     "pypi mcp-server-git",
		"uvx --from mcp_server_git==1.0 mcp-server-git":          "pypi mcp-server-git",
		"uvx --python 3.12 name[extra]>=2":                       "pypi name",
		"uv tool run --from name x":                              "pypi name",
		"pipx run name":                                          "pypi name",
		"python3.12 -m mcp_server_git":                           "pypi mcp-server-git",
		"docker run -i --rm -e K=V -v /a:/b ghcr.io/o/n:tag arg": "oci ghcr.io/o/n",
		"docker run -i docker.io/mcp/time":                       "oci mcp/time",
		"docker run --rm -i host:5000/n":                         "oci host:5000/n",
		"npx -y mcp-remote https://H.example/mcp/ --header X:y":  "url https://h.example/mcp",
		"npx mcp-remote":                                         "npm mcp-remote",
		"node /x/node_modules/@scope/name/dist/index.js":         "npm @scope/name",
		"env A=b npx name":                                       "npm name",
		"github-mcp-server stdio":                                "program github-mcp-server",
		"npx":                                                    "",
	} {
		got := StartedBy(program(text))
		if text := strings.TrimSpace(got.Kind + " " + got.Name); text != want {
			t.Errorf("%s: %q", want, text)
		}
	}
}

func TestServersAreRecognised(t *testing.T) {
	for text, want := range map[string]string{ // offer/option, then what is to be said
		"npx -y @modelcontextprotocol/server-filesystem /a":                                         "filesystem/local",
		"npx -y @modelcontextprotocol/server-github":                                                "github/ outdated remote-token",
		"npx -y @modelcontextprotocol/server-puppeteer":                                             "puppeteer/local outdated playwright",
		"npx -y @modelcontextprotocol/server-postgres x":                                            "postgres/local outdated database",
		"npx -y @notionhq/notion-mcp-server":                                                        "notion/local outdated remote",
		"npx mcp-server-kubernetes":                                                                 "kubernetes/ alike",
		"uvx awslabs.aws-documentation-mcp-server":                                                  "aws-docs/local",
		"docker run -i --rm ghcr.io/github/github-mcp-server:0.2":                                   "github/docker",
		"/usr/local/bin/github-mcp-server stdio":                                                    "github/binary",
		"npx -y mcp-remote https://mcp.linear.app/sse":                                              "linear/ outdated retired",
		"uvx mcp-server-motherduck --db-path :memory: --read-write":                                 "duckdb/memory",
		"uvx --from git+https://github.com/jkawamoto/mcp-youtube-transcript mcp-youtube-transcript": "youtube-transcript/local",
	} {
		m, ok := Recognise(program(text))
		got := ""
		if ok {
			got = m.Offer.ID + "/"
			if m.Option != nil {
				got += m.Option.ID
			}
		}
		if ok && m.Outdated {
			got += " outdated"
			if m.Retired {
				got += " retired"
			} else if m.MoveTo != nil && m.MoveTo != m.Offer {
				got += " " + m.MoveTo.ID
			} else if m.Move != nil {
				got += " " + m.Move.ID
			}
		}
		if m.LooksAlike {
			got += " alike"
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestAddressesAreRecognised(t *testing.T) {
	for address, want := range map[string]string{
		"https://api.githubcopilot.com/mcp":              "github",
		"https://mcp.notion.com/mcp?x=1":                 "notion",
		"https://mcp.notion.com/sse":                     "notion retired",
		"https://gitlab.example.org/api/v4/mcp":          "gitlab",
		"https://mcp.dev.azure.com/contoso":              "azure-devops",
		"https://kb.example/api/agent_builder/mcp":       "elasticsearch",
		"https://mcp.atlassian.com/v1/mcp":               "atlassian",
		"https://mcp.dev.azure.com/":                     "",
		"https://example.com/mcp":                        "",
		"https://mcp.dev.azure.com.evil.example/contoso": "",
	} {
		m, ok := Recognise(servers.Server{URL: address})
		got := ""
		if ok {
			got = m.Offer.ID
		}
		if m.Retired {
			got += " retired"
		}
		if got != want {
			t.Errorf("%s: %q", address, got)
		}
	}
}

// Whatever the catalogue builds, it recognises.
func TestWhatIsBuiltIsRecognised(t *testing.T) {
	for _, o := range All() {
		for i := range o.Options {
			p := &o.Options[i]
			s, _, err := p.Build("linux", samples(p))
			if err != nil {
				t.Fatal(err)
			}
			if m, ok := Recognise(s); !ok || m.Offer != o {
				t.Errorf("%s/%s is taken for %v", o.ID, p.ID, m.Offer)
			}
		}
	}
}

// What a form built, it shows again, and builds the same of it.
func TestAServerComesBackIntoItsForm(t *testing.T) {
	for _, o := range load().Offers {
		for i := range o.Options {
			p := &o.Options[i]
			nothing := map[string][]string{}
			for _, f := range p.Fields {
				nothing[f.ID] = sample(f)
				if !f.Required {
					nothing[f.ID] = nil
				}
			}
			for _, group := range p.OneOf {
				nothing[group[0]] = sample(*p.Field(group[0]))
			}
			for _, values := range []map[string][]string{samples(p), nothing} {
				for _, system := range []string{"linux", "windows"} {
					before, _, err := p.Build(system, values)
					if err != nil {
						t.Fatalf("%s/%s: %v", o.ID, p.ID, err)
					}
					back := p.ValuesOf(Relabel(before, func(id string) string { return "kept" + id }))
					for _, f := range p.Fields {
						if f.OAuthClient != "" {
							back[f.ID] = values[f.ID]
						}
					}
					after, keys, err := p.Build(system, back)
					after = Relabel(after, func(id string) string { return strings.TrimPrefix(id, "kept") })
					if err != nil || line(after) != line(before) || len(keys) != 0 {
						t.Errorf("%s/%s on %s:\n was %s\n is  %s\n %v %v", o.ID, p.ID, system, line(before), line(after), back, err)
					}
				}
			}
		}
	}
}

func TestValuesMoveToTheNewOption(t *testing.T) {
	old := servers.Server{Command: "npx", Args: []string{"-y", "x", "--kubeconfig", "/k"}, Env: map[string]string{"NOTION_TOKEN": "${secret:abc}"}}
	if got := Find("notion").Option("local").ValuesOf(old); !slices.Equal(got["token"], []string{"${secret:abc}"}) {
		t.Error(got)
	}
	got := Find("kubernetes").Option("local").ValuesOf(old)
	if _, told := got["readOnly"]; told || !slices.Equal(got["kubeconfig"], []string{"/k"}) {
		t.Error(got)
	}
	header := servers.Server{URL: "https://h", Headers: map[string]string{"Authorization": "Bearer t"}}
	if got := Find("github").Option("remote-token").ValuesOf(header); !slices.Equal(got["token"], []string{"t"}) {
		t.Error(got)
	}
}

// A reference is only kept where somebody hands it in: not where a text gave it.
func TestAPastedReferenceIsNotKept(t *testing.T) {
	p := &Option{Launch: Launch{Command: "x"}, Env: map[string]string{"K": "${key}"}, Fields: []Field{{ID: "key", Kind: Secret, Label: "Key", Given: Given{"${secret:others}"}}}}
	if s, _, err := p.Build("linux", nil); err == nil {
		t.Errorf("built %s", line(s))
	}
	s, keys, err := p.Build("linux", map[string][]string{"key": {"${secret:mine}"}})
	if err != nil || s.Env["K"] != "${secret:mine}" || len(keys) != 0 {
		t.Errorf("%s %v %v", line(s), keys, err)
	}
}

func TestSlipsOfTheFingerAreNoticed(t *testing.T) {
	for _, c := range []struct{ kind, name, want string }{
		{"npm", "@modelcontextprotocol/server-filesytem", "@modelcontextprotocol/server-filesystem"},
		{"npm", "@playwrigth/mcp", "@playwright/mcp"},
		{"npm", "@paypal/mcp", "PayPal"},
		{"npm", "@microsoft/azure-devops@latest", "@azure-devops/mcp"},
		{"npm", "duckduckgo-mcp-server", "duckduckgo-mcp-server"},
		{"pypi", "duckduckgo-mcp-server", ""},
		{"npm", "@playwright/mcp", ""},
		{"npm", "something-else-entirely", ""},
		{"npm", "", ""},
	} {
		s, ok := DidYouMean(c.kind, c.name)
		if ok != (c.want != "") || s.Package != c.want {
			t.Errorf("%v: %v %s", c, ok, s.Package)
		}
	}
}
