package secrets

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRedactionHoldsWhereverTheSecretStands(t *testing.T) {
	const secret = "hunter2/+& \"quoted\""
	r := NewRedactor([]string{secret, "longer than " + secret, "first line of it\nsecond line", "ab"})
	for name, c := range map[string]struct{ line, want string }{
		"plain":               {"it is " + secret + ".", "it is [secret]."},
		"in JSON of Go":       {`{"k":"hunter2/+\u0026 \"quoted\""}`, `{"k":"[secret]"}`},
		"in JSON of others":   {`{"k":"hunter2/+& \"quoted\""}`, `{"k":"[secret]"}`},
		"in JSON within JSON": {`{"k":"{\"k\":\"hunter2/+& \\\"quoted\\\"\"}"}`, `{"k":"{\"k\":\"[secret]\"}"}`},
		"in an address":       {"GET /?k=hunter2%2F%2B%26+%22quoted%22", "GET /?k=[secret]"},
		"twice":               {secret + secret, "[secret][secret]"},
		"a longer one":        {"longer than hunter2/+& \"quoted\" itself", "[secret] itself"},
		"a line of it":        {"BEGIN first line of it END", "BEGIN [secret] END"},
		"known kind":          {"Authorization: Bearer abcdefghijklmnop and sk-abcdefghijklmnop", "Authorization: [secret] and [secret]"},
		"JWT":                 {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[secret]"},
		"not UTF-8":           {"a\xffb", "a\ufffdb"},
	} {
		if got := r.Text(c.line, false); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestRedactionKnowsTheNamesOfKeys(t *testing.T) {
	var r Redactor
	for line, want := range map[string]string{
		"API_KEY=s3cr3t next":                           "API_KEY=[secret] next",
		"x-api-key: s3cr3t, y":                          "x-api-key: [secret], y",
		`{"password": "a b\"c", "user":"me"}`:           `{"password": "[secret]", "user":"me"}`,
		`{"apiKey":"abc","n":1}`:                        `{"apiKey":"[secret]","n":1}`,
		`{"text":"{\"access_token\":\"abc\",\"n\":1}"}`: `{"text":"{\"access_token\":\"[secret]\",\"n\":1}"}`,
		"token = 'a b'":                                 "token = '[secret]'",
		"Authorization: Basic YTpi":                     "Authorization: [secret]",
		"GITHUB_PERSONAL_ACCESS_TOKEN=x":                "GITHUB_PERSONAL_ACCESS_TOKEN=[secret]",
		"client_secret=abc&grant_type=refresh":          "client_secret=[secret]&grant_type=refresh",
		`password="not closed`:                          `password="[secret]`,
		"prog --api-key s3cr3t --port 80":               "prog --api-key [secret] --port 80",
		`["--token", "s3cr3t", "--port"]`:               `["--token", "[secret]", "--port"]`,
		"GET https://h/p?token=abc&x=1":                 "GET https://h/p?token=[secret]&x=1",
		"GET https://h/p?sig=abcdefgh&x=1":              "GET https://h/p?sig=[secret]&x=1",
		"GET /?q=0123456789abcdef0123456789abcdef":      "GET /?q=[secret]",
		"postgres://me:s3cr3t@host/db":                  "postgres://me:[secret]@host/db",
		`PASSWORD=[secret] and TOKEN=a.b/c+d==`:         "PASSWORD=[secret] and TOKEN=[secret]",
	} {
		if got := r.Text(line, false); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

func TestRedactionLeavesOrdinaryText(t *testing.T) {
	var r Redactor
	for _, line := range []string{
		"basic setup of bearer tokens, sk-1, task-abcdefghijklmnop",
		"max_tokens=4096, tokens: 17", `{"token":null,"password":""}`, "API_KEY is missing", "token: expired", "SECRET=",
		"GET http://127.0.0.1:8080/p?page=2&sort=name", "listening on http://localhost:3000", "12:30:01 INFO started",
		"me@example.com: hello", "the secret is out", "--token-limit 5",
	} {
		if got := r.Text(line, false); got != line {
			t.Errorf("%s became %s", line, got)
		}
	}
}

func TestNoPartOfASecretStaysAtTheEndOfCutText(t *testing.T) {
	const secret = "hunter2/+& \"quoted\""
	r := NewRedactor([]string{secret})
	for n := 4; n < len(secret); n++ {
		if got := r.Text("it is "+secret[:n], true); strings.Contains(got, "hunt") {
			t.Errorf("a part got out: %s", got)
		}
	}
}

func FuzzRedactionNeverLetsAValueOut(f *testing.F) {
	f.Add("a token=", " b", "s3cret")
	f.Add(`{"k":"`, `"}`, `a"b\c`)
	f.Add("eyJ", "://x:y@", "\xff\xfe12")
	f.Fuzz(func(t *testing.T, before, after, value string) {
		if len(value) < 4 || strings.ContainsAny(value, "\r\n") || strings.Contains(shown, value) {
			return
		}
		got := NewRedactor([]string{value}).Text(before+value+after, false)
		if !utf8.ValidString(got) {
			t.Errorf("not UTF-8: %q", got)
		}
		if strings.Contains(strings.ReplaceAll(got, shown, "\n"), value) {
			t.Errorf("%q is in %q", value, got)
		}
	})
}
