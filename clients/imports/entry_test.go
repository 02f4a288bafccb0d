package imports

import (
	"fmt"
	"strings"
	"testing"

	"mcp-companion/servers"
)

func TestAnEntryStaysThatItsClientCompletes(t *testing.T) {
	for name, c := range map[string]struct {
		entry string
		want  Stay
	}{
		"a variable":              {`{"command": "x", "env": {"A": "${env:A}"}}`, StaysReference},
		"a variable alone":        {`{"command": "x", "args": ["$A"]}`, StaysReference},
		"one in a path":           {`{"command": "x", "args": ["--in=$A/b"]}`, StaysReference},
		"another folder":          {`{"command": "x", "args": ["$HOMEY"]}`, StaysReference},
		"a default":               {`{"url": "https://a.example/${T:-x}"}`, StaysReference},
		"what VS Code asks for":   {`{"command": "x", "env": {"KEY": "${input:key}"}}`, StaysReference},
		"Codex's variable":        {`{"url": "https://a.example", "bearer_token_env_var": "T"}`, StaysReference},
		"opencode's":              {`{"command": ["x"], "environment": {"A": "{env:A}"}}`, StaysReference},
		"a key of ours":           {`{"command": "x", "args": ["${secret:k1}"]}`, StaysReference},
		"a file of variables":     {`{"command": "x", "envFile": ".env"}`, StaysExtra},
		"headers of a program's":  {`{"url": "https://a.example", "headersHelper": "p"}`, StaysExtra},
		"no keys elsewhere":       {`{"cmd": "x", "env_keys": []}`, ""},
		"a builtin":               {`{"type": "builtin", "name": "developer"}`, StaysPart},
		"an address that is none": {`{"url": "nowhere"}`, StaysUnread},
		"no object":               {`7`, StaysPart},
		"a key in a path":         {`{"command": "/opt/ghp_0123456789abcdefghij/x"}`, StaysKey},
		"a key for a name":        {`{"command": "x", "env": {"ghp_0123456789abcdefghij": "1"}}`, StaysKey},
		"a key none can keep":     {`{"command": "x", "env": {"A_TOKEN": "` + strings.Repeat("k", longestKey+1) + `"}}`, StaysKey},
		"a dollar in a password":  {`{"command": "x", "env": {"A_PASSWORD": "pa$word1"}}`, ""},
		"the own folder":          {`{"command": "${HOME}/x", "args": ["$HOME/y", "${userHome}"], "env": {"D": "${env:HOME}/d"}}`, ""},
		"a plain one":             {`{"command": "x"}`, ""},
	} {
		if got := Take("n", []byte(c.entry), "/home/a").Stays; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What moves is named, stands nowhere in the server, and put back it says what the
// entry said.
func TestAnEntrysKeysMoveFromWhereverTheyStand(t *testing.T) {
	for name, c := range map[string]struct{ entry, keys, back string }{
		"a variable":          {`{"command": "x", "env": {"A_TOKEN": "abcdefgh", "MODE": "m"}}`, "A_TOKEN=abcdefgh", "x map[A_TOKEN:abcdefgh MODE:m]"},
		"by its looks":        {`{"command": "x", "env": {"A": "ghp_0123456789abcdefghij"}}`, "A=ghp_0123456789abcdefghij", "x map[A:ghp_0123456789abcdefghij]"},
		"a number":            {`{"command": "x", "env": {"MAX_TOKENS": "4096"}}`, "", "x map[MAX_TOKENS:4096]"},
		"a file":              {`{"command": "x", "env": {"TOKEN_FILE": "/run/token"}}`, "", "x map[TOKEN_FILE:/run/token]"},
		"a placeholder":       {`{"command": "x", "env": {"A_TOKEN": "YOUR_API_KEY"}}`, "A_TOKEN=", "x map[A_TOKEN:]"},
		"an empty one":        {`{"command": "x", "env": {"A_TOKEN": ""}}`, "", "x map[A_TOKEN:]"},
		"in an address":       {`{"command": "x", "env": {"DATABASE": "postgres://u:p4ss@h/d"}}`, "Password=p4ss", "x map[DATABASE:postgres://u:p4ss@h/d]"},
		"after its flag":      {`{"command": "x", "args": ["--api-key", "abcdefgh"]}`, "api-key=abcdefgh", "x --api-key abcdefgh map[]"},
		"joined to its flag":  {`{"command": "x", "args": ["--token=abcdefgh"]}`, "token=abcdefgh", "x --token=abcdefgh map[]"},
		"a header's argument": {`{"command": "x", "args": ["--header", "Authorization: Bearer abcdefgh"]}`, "Authorization=abcdefgh", "x --header Authorization: Bearer abcdefgh map[]"},
		"docker's":            {`{"command": "docker", "args": ["run", "-e", "A_TOKEN=abcdefgh", "i"]}`, "A_TOKEN=abcdefgh", "docker run -e A_TOKEN i map[A_TOKEN:abcdefgh]"},
		"twice":               {`{"command": "x", "args": ["--token", "abcdefgh", "--token", "abcdefgh"]}`, "token=abcdefgh", "x --token abcdefgh --token abcdefgh map[]"},
		"a header":            {`{"url": "https://a.example", "headers": {"Authorization": "Bearer abcdefgh", "X-Team": "t"}}`, "Authorization=abcdefgh", "https://a.example map[Authorization:Bearer abcdefgh X-Team:t]"},
		"a query":             {`{"url": "https://a.example/?api_key=abcdefgh&x=1"}`, "api_key=abcdefgh", "https://a.example/?api_key=abcdefgh&x=1 map[]"},
		"a path":              {`{"url": "https://a.example/s/0123456789abcdefghij0123456789ab/mcp"}`, "URL=0123456789abcdefghij0123456789ab", "https://a.example/s/0123456789abcdefghij0123456789ab/mcp map[]"},
		"a name and password": {`{"url": "https://u:p4ssword@a.example/mcp"}`, "Authorization=dTpwNHNzd29yZA==", "https://a.example/mcp map[Authorization:Basic dTpwNHNzd29yZA==]"},
	} {
		got := Take("n", []byte(c.entry), "")
		if got.Stays != "" {
			t.Errorf("%s: it stays: %s", name, got.Stays)
			continue
		}
		var keys []string
		for _, k := range got.Keys {
			keys = append(keys, k.Name+"="+k.Value)
			if k.Value != "" && strings.Contains(fmt.Sprint(got.Server), k.Value) {
				t.Errorf("%s: the key still stands in it: %v", name, got.Server)
			}
		}
		if all := strings.Join(keys, " "); all != c.keys {
			t.Errorf("%s: %q, want %q", name, all, c.keys)
		}
		if text := said(got); text != c.back {
			t.Errorf("%s:\n%s, want\n%s", name, text, c.back)
		}
	}
}

// said is what a server starts, with its keys.
func said(t Taken) string {
	s := t.Server
	list, values := append([]string{s.Command}, s.Args...), s.Env
	if s.IsRemote() {
		list, values = []string{s.URL}, s.Headers
	}
	full := map[string]string{}
	for k, v := range values {
		full[k] = servers.Expand(v, t.Value)
	}
	return servers.Expand(strings.Join(list, " "), t.Value) + " " + fmt.Sprint(full)
}
