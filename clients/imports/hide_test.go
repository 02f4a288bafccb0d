package imports

import (
	"reflect"
	"testing"

	"mcp-companion/servers"
)

func TestWhatLooksLikeAKeyIsHiddenWhereverItStands(t *testing.T) {
	for name, c := range map[string]struct {
		before, after servers.Server
		names         []string
	}{
		"a variable":            {servers.Server{Env: map[string]string{"API_KEY": "hunter2", "MODE": "fast"}}, servers.Server{Env: map[string]string{"API_KEY": "#", "MODE": "fast"}}, []string{"API_KEY"}},
		"by its look":           {servers.Server{Env: map[string]string{"X": "ghp_abcdefghijklmnop123"}}, servers.Server{Env: map[string]string{"X": "#"}}, []string{"X"}},
		"a header":              {servers.Server{Headers: map[string]string{"Authorization": "Bearer abcdefgh1"}}, servers.Server{Headers: map[string]string{"Authorization": "Bearer #"}}, []string{"Authorization"}},
		"behind a flag":         {servers.Server{Args: []string{"--token", "hunter2", "--port", "80"}}, servers.Server{Args: []string{"--token", "#", "--port", "80"}}, []string{"token"}},
		"joined to a flag":      {servers.Server{Args: []string{"--api-key=hunter2"}}, servers.Server{Args: []string{"--api-key=#"}}, []string{"api-key"}},
		"docker's variable":     {servers.Server{Command: "docker", Args: []string{"run", "-e", "API_TOKEN=hunter2", "img"}}, servers.Server{Command: "docker", Args: []string{"run", "-e", "API_TOKEN=#", "img"}}, []string{"API_TOKEN"}},
		"a header in arguments": {servers.Server{Args: []string{"--header", "Authorization: Bearer abcdefgh1"}}, servers.Server{Args: []string{"--header", "Authorization: Bearer #"}}, []string{"Authorization"}},
		"an address's query":    {servers.Server{URL: "https://x.y/mcp?api_key=hunter2&team=a"}, servers.Server{URL: "https://x.y/mcp?api_key=#&team=a"}, []string{"api_key"}},
		"an address's password": {servers.Server{URL: "https://me:hunter2@x.y/mcp"}, servers.Server{URL: "https://me:#@x.y/mcp"}, []string{"Password"}},
		"twice in one value":    {servers.Server{Args: []string{"postgres://a:hunter2@x/?token=hunter3"}}, servers.Server{Args: []string{"postgres://a:#@x/?token=#"}}, []string{"Password", "token"}},
		"a reference stays":     {servers.Server{Env: map[string]string{"API_KEY": "${input:k}"}, Headers: map[string]string{"Authorization": "Bearer ${input:k}"}}, servers.Server{Env: map[string]string{"API_KEY": "${input:k}"}, Headers: map[string]string{"Authorization": "Bearer ${input:k}"}}, nil},
		"no key":                {servers.Server{Command: "npx", Args: []string{"-y", "@acme/token-tools", "--token-file", "/etc/token"}, Env: map[string]string{"MAX_TOKENS": "100", "TOKEN_FILE": "/etc/token", "AUTH": "true"}}, servers.Server{Command: "npx", Args: []string{"-y", "@acme/token-tools", "--token-file", "/etc/token"}, Env: map[string]string{"MAX_TOKENS": "100", "TOKEN_FILE": "/etc/token", "AUTH": "true"}}, nil},
	} {
		var names []string
		got := Hide(c.before, func(name, _ string) string { names = append(names, name); return "#" })
		for _, s := range []*servers.Server{&got, &c.after} { // an empty map is none
			for _, m := range []*map[string]string{&s.Env, &s.Headers} {
				if len(*m) == 0 {
					*m = nil
				}
			}
			if len(s.Args) == 0 {
				s.Args = nil
			}
		}
		if !reflect.DeepEqual(got, c.after) || !reflect.DeepEqual(names, c.names) {
			t.Errorf("%s: %+v, called %q", name, got, names)
		}
	}
}
