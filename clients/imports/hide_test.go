package imports

import (
	"reflect"
	"testing"

	"mcp-companion/servers"
)

// hiding is a server before and after its keys are hidden, and what these are called.
type hiding struct {
	before, after servers.Server
	names         []string
}

// partly is a variable of which a part is a key; env one that is called as its key is.
func partly(name, value, hidden string, called string) hiding {
	return hiding{servers.Server{Env: map[string]string{name: value}}, servers.Server{Env: map[string]string{name: hidden}}, []string{called}}
}

func env(name, value, hidden string) hiding { return partly(name, value, hidden, name) }

func TestWhatLooksLikeAKeyIsHiddenWhereverItStands(t *testing.T) {
	for name, c := range map[string]hiding{
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
		"a short name":          env("DB_PASS", "hunter2", "#"),
		"another":               env("MYSQL_PWD", "hunter2", "#"),
		"a personal token":      env("AZURE_PAT", "hunter2", "#"),
		"a name and its look":   env("TWILIO_AUTH", "0123456789abcdef0123456789abcdef", "#"),
		"a name and password":   env("BASIC_AUTH", "me:hunter2", "#"),
		"Slack's address":       partly("HOOK", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX12345678abcdefgh", "https://hooks.slack.com/services/#", "HOOK"),
		"an address's name":     partly("REPO", "https://0123456789abcdefghijklmn@x.y/r", "https://#@x.y/r", "REPO"),
		"headers in a variable": partly("OPENAPI_MCP_HEADERS", `{"Authorization":"Bearer abc-12345","Notion-Version":"2022-06-28"}`, `{"Authorization":"Bearer #","Notion-Version":"2022-06-28"}`, "Authorization"),
		"an account in one":     partly("ACCOUNT", `{"type":"service","private_key":"-----BEGIN PRIVATE KEY-----\nMII\n","token_uri":"https://x.y/token"}`, `{"type":"service","private_key":"#","token_uri":"https://x.y/token"}`, "private_key"),
		"a key's file in one":   partly("PEM", "a\n-----BEGIN RSA PRIVATE KEY-----\nMII-x\n-----END RSA PRIVATE KEY-----\n", "a\n#\n", "PEM"),
		"a connection":          partly("CONN", "Server=db;User Id=sa;Password=hunter2;Port=1", "Server=db;User Id=sa;Password=#;Port=1", "Password"),
		"a storage":             partly("STORAGE", "AccountName=a;AccountKey=abcd+fgh==;EndpointSuffix=core", "AccountName=a;AccountKey=#;EndpointSuffix=core", "AccountKey"),
		"a bot":                 partly("BOT", "123456789:AAEabcdefghijklmnopqrstuvwxyz012345", "#", "BOT"),
		"a shell's line":        {servers.Server{Command: "sh", Args: []string{"-c", "x --token hunter2 --port 80"}}, servers.Server{Command: "sh", Args: []string{"-c", "x --token # --port 80"}}, []string{"token"}},
		"a cookie":              {servers.Server{Headers: map[string]string{"Cookie": "a=b; c=d"}}, servers.Server{Headers: map[string]string{"Cookie": "#"}}, []string{"Cookie"}},
		"one in arguments":      {servers.Server{Args: []string{"--header", "Cookie: a=b; c=d"}}, servers.Server{Args: []string{"--header", "Cookie: #"}}, []string{"Cookie"}},
		"an address's end":      {servers.Server{URL: "https://x.y/mcp#token=hunter2"}, servers.Server{URL: "https://x.y/mcp#token=#"}, []string{"token"}},
		"a query by its look":   {servers.Server{URL: "https://x.y/mcp?k=0123456789abcdefghijklmn"}, servers.Server{URL: "https://x.y/mcp?k=#"}, []string{"k"}},
		"none of these": {
			servers.Server{Command: "sh", Args: []string{"-c", "x --key-file /k --name a=b"}, Env: map[string]string{"AUTH": "oauth", "API": "localhost:8080", "SORT_KEY": "name", "BASE_URL": "https://x.y/?page=a", "OPTS": `{"max_tokens":"10","name":"x"}`, "PWD": "/home/a"}},
			servers.Server{Command: "sh", Args: []string{"-c", "x --key-file /k --name a=b"}, Env: map[string]string{"AUTH": "oauth", "API": "localhost:8080", "SORT_KEY": "name", "BASE_URL": "https://x.y/?page=a", "OPTS": `{"max_tokens":"10","name":"x"}`, "PWD": "/home/a"}},
			nil,
		},
		"a reference stays": {servers.Server{Env: map[string]string{"API_KEY": "${input:k}"}, Headers: map[string]string{"Authorization": "Bearer ${input:k}"}}, servers.Server{Env: map[string]string{"API_KEY": "${input:k}"}, Headers: map[string]string{"Authorization": "Bearer ${input:k}"}}, nil},
		"no key":            {servers.Server{Command: "npx", Args: []string{"-y", "@acme/token-tools", "--token-file", "/etc/token"}, Env: map[string]string{"MAX_TOKENS": "100", "TOKEN_FILE": "/etc/token", "AUTH": "true"}}, servers.Server{Command: "npx", Args: []string{"-y", "@acme/token-tools", "--token-file", "/etc/token"}, Env: map[string]string{"MAX_TOKENS": "100", "TOKEN_FILE": "/etc/token", "AUTH": "true"}}, nil},
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
