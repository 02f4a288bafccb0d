package oauth

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// parseAddress reads an address that may be called: https, or http on this
// computer. A server's ws and wss addresses count as http and https.
func parseAddress(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("not an address") // url's error quotes it, and it may hold a key
	}
	switch strings.ToLower(u.Scheme) {
	case "wss":
		u.Scheme = "https"
	case "ws":
		u.Scheme = "http"
	}
	switch {
	case u.Host == "" || u.Opaque != "":
		return nil, fmt.Errorf("not a web address: scheme %q", u.Scheme)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u):
		return u, nil
	}
	return nil, fmt.Errorf("%s of %s is neither https nor this computer", u.Scheme, u.Host)
}

func isLoopback(u *url.URL) bool {
	if strings.EqualFold(u.Hostname(), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.Unmap().IsLoopback()
}

// isInside reports whether u names a machine that only this computer or its
// network can reach, by number.
func isInside(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return isLoopback(u)
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
}

// named reads an address that a document of from names. A server on the internet
// must not send us into the network we are in.
func named(from *url.URL, raw string) (*url.URL, error) {
	u, err := parseAddress(raw)
	if err != nil {
		return nil, err
	}
	if isInside(u) && !isInside(from) {
		return nil, fmt.Errorf("%s sends us to %s, inside this network", from.Host, u.Host)
	}
	return u, nil
}

// originOf is scheme, host and port, with the port always said.
func originOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// rootOf is the origin as an issuer of 2025-03-26 spells it.
func rootOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// covers reports whether a resource includes the address: one origin, and its path
// the address's or a folder above. RFC 9728 says identical; real servers name
// https://host/ for https://host/mcp.
func covers(resource string, address *url.URL) bool {
	r, err := url.Parse(resource)
	if err != nil || r.Host == "" || originOf(r) != originOf(address) {
		return false
	}
	folder := strings.TrimSuffix(r.EscapedPath(), "/") + "/"
	return strings.HasPrefix(strings.TrimSuffix(address.EscapedPath(), "/")+"/", folder)
}

// withoutFragment is the address character for character up to its #: a URL parser
// would make https://h to https://h/.
func withoutFragment(raw string) string {
	before, _, _ := strings.Cut(raw, "#")
	return before
}

// withoutQuery is the address without what may be a key.
func withoutQuery(raw string) string {
	before, _, _ := strings.Cut(withoutFragment(raw), "?")
	scheme, rest, ok := strings.Cut(before, "://")
	if !ok {
		return before
	}
	host, path, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		return scheme + "://" + strings.TrimSuffix(host[at+1:]+"/"+path, "/")
	}
	return before
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
