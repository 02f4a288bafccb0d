package oauth

import (
	"strings"
)

// challenge is what matters of a WWW-Authenticate header.
type challenge struct {
	metadata string // resource_metadata
	scope    []string
	err      string // error
	bearer   bool   // there is a Bearer challenge at all
}

// readChallenge finds the Bearer challenges in a header of several, in any case,
// with quoted, bare, empty and broken values; the first that has a value gives it.
func readChallenge(header string) challenge {
	var c challenge
	scheme := ""
	for p := (params{text: header}); ; {
		word, value, isParam, ok := p.next()
		if !ok {
			return c
		}
		if !isParam {
			scheme = strings.ToLower(word)
			c.bearer = c.bearer || scheme == "bearer"
			continue
		}
		if scheme != "bearer" {
			continue
		}
		switch name := strings.ToLower(word); {
		case name == "resource_metadata" && c.metadata == "":
			c.metadata = value
		case name == "scope" && c.scope == nil:
			c.scope = strings.Fields(value)
		case name == "error" && c.err == "":
			c.err = value
		}
	}
}

// params reads a header word by word. Servers forget commas and quotes, so it
// never fails: it skips what it can't use.
type params struct{ text string }

// next is the next scheme, or the next name with its value.
func (p *params) next() (word, value string, isParam, ok bool) {
	for {
		p.text = strings.TrimLeft(p.text, " \t\r\n,")
		if p.text == "" {
			return "", "", false, false
		}
		n := strings.IndexFunc(p.text, func(r rune) bool { return !isTokenRune(r) })
		if n == 0 {
			p.text = p.text[1:] // a stray sign
			continue
		}
		if n < 0 {
			n = len(p.text)
		}
		word, p.text = p.text[:n], p.text[n:]
		rest := strings.TrimLeft(p.text, " \t")
		if !strings.HasPrefix(rest, "=") {
			return word, "", false, true
		}
		p.text = strings.TrimLeft(rest[1:], " \t")
		return word, p.value(), true, true
	}
}

func (p *params) value() string {
	if !strings.HasPrefix(p.text, `"`) {
		n := strings.IndexAny(p.text, ", \t")
		if n < 0 {
			n = len(p.text)
		}
		value := p.text[:n]
		p.text = p.text[n:]
		return value
	}
	var b strings.Builder
	for i := 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.text = p.text[i+1:]
			return b.String()
		case c == '\\' && i+1 < len(p.text):
			i++
			b.WriteByte(p.text[i])
		default:
			b.WriteByte(c)
		}
	}
	p.text = "" // the closing quote is missing
	return b.String()
}

func isTokenRune(r rune) bool {
	return r > ' ' && r < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}
