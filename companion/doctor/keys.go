package doctor

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// keyRules are about keys and signing in. Whether a key was sent decides between a
// key that was refused and a sign-in that is due.
var keyRules = []rule{
	{
		code: words.KeyMissing, fact: keyNotKept, sign: keyWanted, said: []string{
			"api key is required", "api key required", "apikey is required", "environment variable ... not set", "environment variable ... not found", "api key is missing", "environment variable ... is required",
			"environment variable ... required", "missing ... environment variable", "keyerror: '", "missing api key", "missing ... api key", "no api key",
			"missing required ... key", "missing required ... token", "token is required", "_key is required", "_token is required", "_key is not set", "_token is not set",
			"please set ... _key", "please set ... _token", "api key not found", "must provide ... api key", "must provide ... token",
		}, more: saidKey, rest: keyNotSent,
		fixes: []remedy{enterKey},
	},
	{
		code: words.KeyRefused, sign: keyRefused, said: []string{
			"invalid api key", "invalid x-api-key", "authentication_error", "incorrect api key", "invalid_api_key", "bad credentials", "invalid access token", "invalid_auth", "invalid authentication", "unauthorized ... !reject_unauthorized",
			"api key is invalid", "api key not valid", "token is invalid", "invalid token ... !unexpected", "authentication failed", "status 401", "status code 401", "http 401", "error 401", "401 client error",
		}, more: saidRefused,
		fixes: []remedy{enterKey, again},
	},
	{
		code: words.KeyTooWeak, sign: keyTooWeak, said: []string{
			"insufficient_scope", "insufficient scope", "not accessible by personal access token", "resource not accessible", "missing_scope", "missing required scope",
			"status 403", "status code 403", "http 403", "error 403", "403 forbidden",
		}, fixes: []remedy{enterKey, signIn},
	},
	{code: words.SignIn, sign: signInDue, said: []string{"unauthorized ... !reject_unauthorized", "status 401", "status code 401", "http 401", "error 401"}, more: saidSignIn, fixes: []remedy{signIn}},
	{
		code: words.SignInExpired, sign: oauthError("invalid_grant", "invalid_token", "invalid_client"),
		said:  []string{"invalid_grant", "invalid_token", "refresh token ... expired", "token has been revoked"},
		fixes: []remedy{signIn},
	},
	{
		code: words.SignInClosedClub, sign: closedClub, said: []string{"does not support dynamic client registration", "dynamic client registration not supported", "dynamic registration is not supported"},
		fixes: []remedy{keyInstead, appDetails},
	},
	{code: words.SignInBusy, fixes: []remedy{signIn}},
	{code: words.SignInRefused, fixes: []remedy{signIn, appDetails}},
	{code: words.SignInMoved, fixes: []remedy{appDetails, signIn}},
	{code: words.SignInUnsafe, fixes: []remedy{openServer}},
	{
		code: words.PortBusy, rest: portTaken, said: []string{"eaddrinuse", "address already in use", "only one usage of each socket address", "eacces ... 127.0.0.1:", "eacces ... 0.0.0.0:"}, more: saidPort,
		fixes: []remedy{otherPort, whoHasPort, again},
	},
	{
		code: words.SignInUnfinished, sign: unfinished, said: []string{"access_denied", "state mismatch", "state parameter mismatch", "timed out ... authorization", "timeout waiting for ... callback", "timed out waiting for ... callback", "authorization timed out"},
		fixes: []remedy{signIn},
	},
	{
		code: words.ReturnAddress, sign: oauthError("redirect_uri_mismatch", "invalid_redirect_uri"), said: []string{"redirect_uri ... mismatch", "redirect_uri ... invalid", "invalid ... redirect_uri", "redirect_uri ... not registered", "redirect uri ... not match", "mismatching redirect"},
		fixes: []remedy{copyReturn, signIn},
	},
	{
		code: words.KeychainLocked, said: []string{"failed to unlock correct collection", "prompt dismissed", " -25308", "(-25308", " -25293", "(-25293", "exit status 128 ... keychain", "user canceled ... -128", "user interaction is not allowed"},
		fixes: []remedy{again},
	},
	{
		code: words.KeychainAbsent, said: []string{"org.freedesktop.secrets was not provided", "cannot autolaunch d-bus", "dbus_session_bus_address ... not set", "org.freedesktop.secrets ... not activatable"},
		fixes: []remedy{fileStore, keychainHelp},
	},
	{code: words.KeyTooLong, said: []string{"data passed to set was too big", "errsetdatatoobig"}, fixes: []remedy{fileStore}},
}

// keyNotKept is about a secret whose value is not in the store, or a variable that
// calls for a key and holds none.
func keyNotKept(x *exam) ([]any, bool) {
	for _, id := range x.Server.SecretIDs() {
		if x.HasKey == nil {
			break
		}
		if has, err := x.HasKey(id); err == nil && !has {
			return []any{"Key", keyName(&x.Server, id)}, true
		}
	}
	for _, m := range []map[string]string{x.Server.Env, x.Server.Headers} {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if isNoKey(k, m[k]) {
				return []any{"Key", k}, true
			}
		}
	}
	return nil, false
}

// isNoKey reports whether a variable is called as keys are, and holds nothing or
// what a page put there for one.
func isNoKey(name, value string) bool {
	value = strings.TrimSpace(value)
	if !configs.LooksSecret(name, "") || servers.HasSecret(value) {
		return false
	}
	return value == "" || isPlaceholder(strings.TrimSpace(strings.TrimPrefix(value, "Bearer")))
}

// keyName is what the user calls a secret of s: its variable, header or flag.
func keyName(s *servers.Server, id string) string {
	ref := servers.SecretRef(id)
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if strings.Contains(m[k], ref) {
				return k
			}
		}
	}
	for i, a := range s.Args {
		if flag, _, ok := strings.Cut(a, "="); ok && strings.Contains(a, ref) {
			return flag
		} else if i > 0 && strings.Contains(a, ref) && strings.HasPrefix(s.Args[i-1], "-") {
			return s.Args[i-1]
		}
	}
	return id
}

// sent is what the last request to the service carried, as far as it is known.
func (x *exam) sent() Sent {
	switch {
	case x.Remote.Sent != "":
		return x.Remote.Sent
	case x.hasKey():
		return SentKey
	}
	return ""
}

// hasKey reports whether the settings hold a key for the server, in whatever form.
func (x *exam) hasKey() bool {
	if len(x.Server.SecretIDs()) > 0 {
		return true
	}
	for _, m := range []map[string]string{x.Server.Env, x.Server.Headers} {
		for k, v := range m {
			if v != "" && !isNoKey(k, v) && configs.LooksSecret(k, v) {
				return true
			}
		}
	}
	return slices.ContainsFunc(x.Server.Args, func(a string) bool { return configs.LooksSecret("", a) })
}

// answered reports whether what is known of the service is about today's address,
// and has this status.
func (x *exam) answered(status ...int) bool {
	return x.current() && slices.Contains(status, x.Remote.Status)
}

// current reports whether the evidence is about today's address.
func (x *exam) current() bool {
	return x.Remote.URL == "" || x.Remote.URL == x.Server.URL
}

// challenge reports whether the service asked for it in this word.
func (x *exam) challenge(word string) bool {
	return x.current() && strings.Contains(strings.ToLower(x.Remote.Challenge), word)
}

// keyWanted: the service lets nobody in without a key and offers no sign-in.
func keyWanted(x *exam) ([]any, bool) {
	return nil, x.answered(unauthorized) && x.sent() == "" && !x.challenge("resource_metadata") && x.Remote.Challenge != ""
}

// saidKey names the key that was missed, where the line does. Where the store has
// it by now, the line is old.
func saidKey(x *exam, line string) ([]any, bool) {
	name := nameRule().FindString(line)
	if name == "" {
		return nil, !x.hasKey()
	}
	if v := x.env(name); v != "" && !isNoKey(name, v) {
		return nil, false
	}
	if strings.Contains(strings.ToLower(line), "keyerror") && !configs.LooksSecret(name, "") {
		return nil, false
	}
	return []any{"Key", name}, true
}

// keyNotSent: a key was refused, and there was none.
func keyNotSent(x *exam) ([]any, bool) {
	return nil, !x.hasKey() && !x.Server.IsRemote() && len(x.lines.find("invalid api key", "invalid_api_key", "invalid x-api-key", "authentication_error", "status 401", "401 unauthorized", "bad credentials")) > 0
}

var nameRule = configs.Pattern(`\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[A-Z]{3,}(?:KEY|TOKEN)\b`)

func keyRefused(x *exam) ([]any, bool) {
	return nil, x.answered(unauthorized) && x.sent() == SentKey && x.Remote.OAuth == ""
}

// saidRefused: nothing can be refused that was not sent.
func saidRefused(x *exam, _ string) ([]any, bool) { return nil, x.hasKey() }

func keyTooWeak(x *exam) ([]any, bool) {
	weak := x.answered(forbidden) && x.Remote.Step == "" || x.challenge("insufficient_scope")
	return nil, weak
}

// signInDue: nothing was sent, and the service says where one signs in (RFC 9728),
// or says nothing at all.
func signInDue(x *exam) ([]any, bool) {
	asked := x.challenge("resource_metadata") || x.Remote.Challenge == ""
	return nil, x.answered(unauthorized) && x.sent() == "" && asked && x.Remote.OAuth == ""
}

// saidSignIn: a service behind an address, or behind mcp-remote, that got no key.
func saidSignIn(x *exam, _ string) ([]any, bool) {
	bridged := strings.HasPrefix(unversioned(anySpec(&x.Server)), "mcp-remote")
	return nil, !x.hasKey() && (x.Server.IsRemote() || bridged)
}

// oauthError is the test for these errors of an OAuth answer, or of a challenge to
// what a sign-in gave.
func oauthError(codes ...string) test {
	return func(x *exam) ([]any, bool) {
		if !x.current() {
			return nil, false
		}
		for _, code := range codes {
			if x.Remote.OAuth == code || x.sent() == SentGrant && x.challenge(`error="`+code+`"`) {
				return nil, true
			}
		}
		return nil, false
	}
}

func closedClub(x *exam) ([]any, bool) {
	refused := x.Remote.Step == Registering && x.Remote.Status >= 400 && x.Remote.Status < 500
	return nil, x.current() && (x.Remote.Unsupported || refused)
}

func unfinished(x *exam) ([]any, bool) {
	stopped := x.Remote.OAuth == "access_denied" || x.Remote.OAuth == "state_mismatch" || x.Remote.OAuth == "timeout"
	return nil, x.current() && stopped
}

var (
	portRule = configs.Pattern(`(?:127\.0\.0\.1|localhost|0\.0\.0\.0|\[?::1?\]?|\*|port)[: ]+(\d{2,5})\b`)
	flagRule = configs.Pattern(`^--?(?:port|p|callback-port)(?:=(\d{2,5}))?$`)
)

// portTaken: a port that the settings name is another program's.
func portTaken(x *exam) ([]any, bool) {
	port := portOf(&x.Server)
	if port == 0 || x.pc.Free == nil || x.Server.IsRemote() || x.pc.Free(port) {
		return nil, false
	}
	return []any{"Port", port}, true
}

// saidPort fits unless the port was another one than the settings name now.
func saidPort(x *exam, line string) ([]any, bool) {
	said, _ := strconv.Atoi(first(portRule().FindStringSubmatch(line)))
	if said == 0 {
		return nil, true
	}
	if now := portOf(&x.Server); now != 0 && now != said {
		return nil, false
	}
	return []any{"Port", said}, true
}

// portOf is the port that a server's settings name, 0 for none.
func portOf(s *servers.Server) int {
	port := 0
	forPort(s, func(text string) string {
		port, _ = strconv.Atoi(text)
		return text
	})
	return port
}

// forPort calls f with the port in the settings of s and puts there what it
// returns.
func forPort(s *servers.Server, f func(string) string) {
	if base(s.Command) == "docker" {
		return // -p is another matter there
	}
	for i, a := range s.Args {
		m := flagRule().FindStringSubmatch(a)
		switch {
		case m == nil:
		case m[1] != "":
			s.Args[i] = strings.TrimSuffix(a, m[1]) + f(m[1])
			return
		case i+1 < len(s.Args) && isPort(s.Args[i+1]):
			s.Args[i+1] = f(s.Args[i+1])
			return
		}
	}
	for _, k := range slices.Sorted(maps.Keys(s.Env)) {
		if up := strings.ToUpper(k); (up == "PORT" || strings.HasSuffix(up, "_PORT")) && isPort(s.Env[k]) && strings.Contains(up, "PORT") && !outward(up) {
			s.Env[k] = f(s.Env[k])
			return
		}
	}
}

// outward reports whether a variable names the port of something else: of a
// database, a proxy.
func outward(name string) bool {
	return slices.ContainsFunc([]string{"DB_", "PG", "MYSQL", "POSTGRES", "REDIS", "MONGO", "PROXY", "SMTP", "IMAP", "OBSIDIAN", "REMOTE"}, func(p string) bool {
		return strings.Contains(name, p)
	})
}

func isPort(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n > 0 && n < 65536
}
