package oauth

import (
	"html"
	"net/http"
	"strings"

	"mcp-companion/words"
)

// The pages a browser shows after the return. They stand alone: no script, nothing
// from elsewhere, and nothing of what the address held.
type page struct{ title, text string }

func pageDone() page {
	return page{words.Say("sign-in.page.done.title"), words.Say("sign-in.page.done.text")}
}

func pageFailed() page {
	return page{words.Say("sign-in.page.failed.title"), words.Say("sign-in.page.failed.text")}
}

func pageAgain() page {
	return page{words.Say("sign-in.page.again.title"), words.Say("sign-in.page.again.text")}
}

func pageStray() page {
	return page{words.Say("sign-in.page.stray.title"), words.Say("sign-in.page.stray.text")}
}

const pageHTML = `<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>TITLE</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto 0;padding:0 1.5rem}</style>
<main><h1>TITLE</h1>
TEXT</main>
`

// showPage writes a page. A failure is told in its own sentences.
func showPage(w http.ResponseWriter, status int, which func() page, failure error) {
	p := which()
	paragraphs := []string{p.text}
	if failure != nil {
		problem := words.For(failure)
		p.title, paragraphs = problem.Title, []string{problem.Detail, p.text}
	}
	var text strings.Builder
	for _, s := range paragraphs {
		if s != "" {
			text.WriteString("<p>" + html.EscapeString(s) + "</p>\n")
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Connection", "close")
	w.WriteHeader(status)
	w.Write([]byte(strings.NewReplacer("TITLE", html.EscapeString(p.title), "TEXT", text.String()).Replace(pageHTML)))
}
