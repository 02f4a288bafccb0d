package doctor

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"mcp-companion/configs"
	"mcp-companion/words"
)

// What HTTP's numbers mean, named here because net/http is more than its names:
// the launcher carries all that is linked.
const (
	unauthorized    = 401
	forbidden       = 403
	notFound        = 404
	notAllowed      = 405
	needsProxy      = 407
	gone            = 410
	tooManyRequests = 429
)

// networkRules are about what lies between a server and what it wants to reach.
var networkRules = []rule{
	{
		code: words.Offline, said: []string{"enotfound", "eai_again", "no such host", "name or service not known", "temporary failure in name resolution", "nodename nor servname", "could not resolve host", "dns error"},
		more:  saidHost,
		fixes: []remedy{again, openServer},
	},
	{
		code: words.Proxy, sign: status(needsProxy), said: []string{"tunneling socket could not be established", "proxy authentication required", "status 407", "status code 407", "http 407", "error 407"},
		more: notYetProxied, fixes: []remedy{useProxy, again},
	},
	{code: words.Proxy, said: []string{"etimedout", "und_err_connect_timeout"}, more: behindProxy},
	{
		code: words.PartnerClosed, said: []string{
			"econnrefused ... 127.0.0.1", "econnrefused ... localhost", "econnrefused ... ::1", "127.0.0.1 ... connection refused", "localhost ... connection refused",
			"127.0.0.1 ... actively refused", "localhost ... actively refused", "connection refused ... 127.0.0.1", "connection refused ... localhost",
		}, more: saidPartner,
		fixes: []remedy{startPartner, again},
	},
	{
		code: words.Certificate, said: []string{
			"unable_to_get_issuer_cert", "unable to get local issuer certificate", "unable to get issuer certificate", "self_signed_cert", "self-signed certificate", "self signed certificate", "depth_zero_self_signed",
			"unable_to_verify_leaf_signature", "unknownissuer", "certificate_verify_failed", "certificate verify failed", "x509:", "certificate has expired", "cert_has_expired", "err_tls_cert_altname_invalid",
		}, more: saidCertificate,
		fixes: []remedy{trustComputer, newerToTrust, openServer, again},
	},
	{
		code: words.NoAnswer, said: []string{"etimedout", "und_err_connect_timeout", "econnreset", "context deadline exceeded", "i/o timeout", "connect timeout", "connection timed out"},
		more: saidHost,
	},
	{code: words.WrongAddress, sign: wrongAddress, said: []string{"status 404", "status code 404", "http 404", "error 404", "status 405", "http 405", "http 410", "<!doctype html", "unexpected content type: text/html"}, more: saidAddress, fixes: []remedy{otherTransport, openServer}},
	{code: words.WebPage, fixes: []remedy{again, openServer}},
	{code: words.ConnectionLost, fixes: []remedy{again, showLog}},
	{code: words.ServiceRefused, fixes: []remedy{showLog, again}},
	{
		code: words.TooMany, sign: tooMany, said: []string{"too many requests", "rate limit ... exceeded", "rate limit ... reached", "rate limited", "rate_limit_exceeded", "ratelimit ... exceeded", "exceeded ... rate limit", "hit ... rate limit", "status 429", "status code 429", "http 429", "error 429", "quota exceeded"},
		fixes: []remedy{again, enterKey},
	},
	{
		code: words.ServiceTrouble, sign: serviceTrouble, said: []string{"status 500", "status 502", "status 503", "status code 500", "status code 502", "status code 503", "http 500", "http 502", "http 503", "service unavailable", "bad gateway", "internal server error"},
		fixes: []remedy{again},
	},
}

func status(codes ...int) test {
	return func(x *exam) ([]any, bool) { return nil, x.answered(codes...) }
}

var hostRule = configs.Pattern(`(?:https?://|(?:ENOTFOUND|EAI_AGAIN|lookup|host:?|connect to) )\[?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)`)

// host is the name of the machine that a line, or the settings, tell of.
func (x *exam) host(line string) string {
	if m := hostRule().FindStringSubmatch(line); m != nil {
		return m[1]
	}
	if u, err := url.Parse(x.Server.URL); err == nil {
		return u.Hostname()
	}
	return ""
}

func saidHost(x *exam, line string) ([]any, bool) {
	if host := x.host(line); host != "" {
		return []any{"Host", host}, true
	}
	return nil, true
}

// partners are programs on this computer that a server talks to, by the port at
// which they listen.
var partners = map[int]string{
	27123: "Obsidian", 27124: "Obsidian", 11434: "Ollama", 9876: "Blender", 1234: "LM Studio", 5432: "PostgreSQL", 3306: "MySQL", 6379: "Redis",
	27017: "MongoDB", 9222: "Chrome", 6333: "Qdrant", 7687: "Neo4j", 8123: "Home Assistant", 2375: "Docker", 3845: "Figma",
}

// saidPartner fits while still nobody listens there.
func saidPartner(x *exam, line string) ([]any, bool) {
	port, _ := strconv.Atoi(first(portRule().FindStringSubmatch(line)))
	if port == 0 {
		return nil, true
	}
	if x.pc.Free != nil && !x.pc.Free(port) {
		return nil, false
	}
	with := []any{"Port", port}
	if partner := partners[port]; partner != "" {
		with = append(with, "Partner", partner)
	}
	return with, true
}

// Certificates that no trust makes good: they are too old, or another machine's.
var badCertificate = []string{"has expired", "cert_has_expired", "altname", "certificate is valid for", "not yet valid", "certificate is not valid for"}

func saidCertificate(x *exam, line string) ([]any, bool) {
	low := strings.ToLower(line)
	if slices.ContainsFunc(badCertificate, func(b string) bool { return strings.Contains(low, b) }) {
		return []any{"Bad", true, "Host", x.host(line)}, true
	}
	if x.trusts() {
		return nil, false
	}
	return append([]any{"Host", x.host(line)}, x.trust()...), true
}

// trusts reports whether the server is already told of this computer's
// certificates.
func (x *exam) trusts() bool {
	return slices.ContainsFunc([]string{"NODE_USE_SYSTEM_CA", "NODE_EXTRA_CA_CERTS", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "SSL_CERT_FILE"}, func(name string) bool { return x.env(name) != "" })
}

// systemCerts are the files in which systems keep the certificates they trust.
var systemCerts = []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}

// The versions of Node.js from which it can use what the system trusts, and obeys
// the variables for a proxy, each in its two lines.
// Source: nodejs.org, enterprise network configuration.
var (
	nodeSystemCA = [2]version{{22, 19, 0}, {24, 6, 0}}
	nodeEnvProxy = [2]version{{22, 21, 0}, {24, 5, 0}}
)

func (v version) atLeast(lines [2]version) bool {
	if v == nil {
		return false
	}
	if v[0] == 23 {
		return false // was never given either
	}
	if v[0] >= lines[1][0] {
		return !v.less(lines[1])
	}
	return !v.less(lines[0])
}

// trust names the variables that make the server trust what this computer trusts;
// nothing where there is no way without weakening it.
func (x *exam) trust() []any {
	bundle := ""
	for _, path := range systemCerts {
		if x.pc.OS != "windows" && x.pc.exists(path) {
			bundle = path
			break
		}
	}
	_, v := x.node()
	switch {
	case v.atLeast(nodeSystemCA):
		return []any{"Set", "NODE_USE_SYSTEM_CA=1"}
	case nodeJS.has(x.program()) && bundle != "":
		return []any{"Set", "NODE_EXTRA_CA_CERTS=" + bundle}
	case uvTool.has(x.program()) && bundle != "":
		return []any{"Set", "UV_SYSTEM_CERTS=true\nUV_NATIVE_TLS=true\nSSL_CERT_FILE=" + bundle}
	case uvTool.has(x.program()):
		return []any{"Set", "UV_SYSTEM_CERTS=true\nUV_NATIVE_TLS=true"}
	case python.has(x.program()) && bundle != "":
		return []any{"Set", "SSL_CERT_FILE=" + bundle}
	}
	return nil
}

// proxy is the address of the proxy that this computer is set to use, "" for none
// that could be passed on: one with a password belongs into no settings.
func (pc Computer) proxy() string {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		if v := pc.getenv(name); v != "" {
			if u, err := url.Parse(v); err == nil && u.User == nil {
				return v
			}
			return ""
		}
	}
	return ""
}

// proxied reports whether the server is told of a proxy itself.
func (x *exam) proxied() bool { return x.env("HTTPS_PROXY") != "" }

func notYetProxied(x *exam, line string) ([]any, bool) {
	return []any{"Host", x.host(line), "Proxy", x.pc.proxy(), "Set", x.proxyVariables()}, !x.proxied()
}

// behindProxy: nothing answers, and this computer has a proxy that the server
// was not told of.
func behindProxy(x *exam, line string) ([]any, bool) {
	if x.pc.proxy() == "" {
		return nil, false
	}
	return notYetProxied(x, line)
}

func (x *exam) proxyVariables() string {
	proxy := x.pc.proxy()
	if proxy == "" {
		return ""
	}
	set := "HTTPS_PROXY=" + proxy + "\nHTTP_PROXY=" + proxy + "\nNO_PROXY=localhost,127.0.0.1,::1"
	if _, v := x.node(); v.atLeast(nodeEnvProxy) {
		set += "\nNODE_USE_ENV_PROXY=1"
	}
	return set
}

func wrongAddress(x *exam) ([]any, bool) {
	wrong := x.answered(notFound, notAllowed, gone) || x.current() && x.Remote.Page
	return []any{"URL", shownAddress(x.Server.URL)}, wrong && x.Remote.Step == ""
}

// saidAddress: only of a server that is an address, or is reached through
// mcp-remote; others meet such answers where they please.
func saidAddress(x *exam, line string) ([]any, bool) {
	bridged := strings.HasPrefix(unversioned(anySpec(&x.Server)), "mcp-remote")
	named := urlRule().FindString(line)
	if named != "" && x.Server.IsRemote() && strings.TrimRight(named, "/") != strings.TrimRight(x.Server.URL, "/") {
		return nil, false
	}
	return []any{"URL", shownAddress(x.Server.URL)}, x.Server.IsRemote() || bridged
}

var urlRule = configs.Pattern(`https?://[^\s"'<>)]+`)

func tooMany(x *exam) ([]any, bool) {
	if !x.answered(tooManyRequests) {
		return nil, false
	}
	if at, ok := x.retryAt(); ok {
		return []any{"Time", at.Format("15:04")}, true
	}
	return nil, true
}

// retryAt reads Retry-After: seconds, or a date.
func (x *exam) retryAt() (time.Time, bool) {
	if n, err := strconv.Atoi(x.Remote.RetryAfter); err == nil && n > 0 && n < 7*24*60*60 {
		return x.pc.Now().Add(time.Duration(n) * time.Second), true
	}
	at, err := time.Parse(time.RFC1123, x.Remote.RetryAfter)
	return at.Local(), err == nil
}

func serviceTrouble(x *exam) ([]any, bool) {
	return []any{"Host", x.host("")}, x.current() && x.Remote.Status >= 500
}
