package launch

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"mcp-companion/words"
)

func TestRefuseAnswersTheFirstRequest(t *testing.T) {
	p := &words.Problem{Code: words.KeyMissing, Title: `github needs its key "K".`, Do: "Run: x <y> & z"}
	for name, c := range map[string]struct {
		in  string
		ids []string
	}{
		"number":               {`{"jsonrpc":"2.0","id":1,"method":"initialize"}`, []string{"1"}},
		"huge number":          {`{"jsonrpc":"2.0","id":9007199254740993,"method":"x"}`, []string{"9007199254740993"}},
		"float":                {`{"id":1.50,"method":"x"}`, []string{"1.50"}},
		"exponent":             {`{"id":1E2,"method":"x"}`, []string{"1E2"}},
		"string":               {`{"id":"a\u0041\"\/<","method":"x"}`, []string{`"a\u0041\"\/<"`}},
		"null":                 {`{"id":null,"method":"x"}`, []string{"null"}},
		"no line feed":         {`{"id":1,"method":"x"}`, []string{"1"}},
		"after notifications":  {"\n" + `{"method":"n"}` + "\n\n" + `{"id":2,"method":"x"}` + "\n" + `{"id":3,"method":"x"}` + "\n", []string{"2"}},
		"after nonsense":       {"what?\n[]\n[1]\n{\n" + `{"id":2,"method":"x"}` + "\n", []string{"2"}},
		"after answers":        {`{"id":8,"result":{}}` + "\n" + `{"id":2,"method":"x"}` + "\n", []string{"2"}},
		"another spelling":     {`{"ID":8,"method":"x"}` + "\n" + `{"id":2,"method":"x"}` + "\n", []string{"2"}},
		"batch":                {`[{"method":"n"},{"id":1,"method":"x"},{"id":"b","method":"y"}]` + "\n", []string{"1", `"b"`}},
		"batch without":        {`[{"method":"n"}]` + "\n" + `{"id":2,"method":"x"}` + "\n", []string{"2"}},
		"nothing":              {"", nil},
		"only notifications":   {`{"method":"n"}` + "\n", nil},
		"CRLF":                 {`{"id":5,"method":"x"}` + "\r\n", []string{"5"}},
		"very long parameters": {`{"method":"x","params":"` + strings.Repeat("p", 1<<20) + `","id":7}` + "\n", []string{"7"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errout bytes.Buffer
			Refuse(strings.NewReader(c.in), &out, &errout, p)
			if errout.String() != "mcp-companion: "+p.Error()+"\n" {
				t.Errorf("stderr: %s", &errout)
			}
			if c.ids == nil {
				if out.Len() > 0 {
					t.Errorf("answered %s", &out)
				}
				return
			}
			if n := strings.Count(out.String(), "\n"); n != 1 || !strings.HasSuffix(out.String(), "\n") {
				t.Errorf("%d lines", n)
			}
			for _, id := range c.ids {
				if !strings.Contains(out.String(), `{"jsonrpc":"2.0","id":`+id+`,"error":{"code":-32000,`) {
					t.Errorf("no answer to %s in %s", id, &out)
				}
			}
			text := bytes.Trim(out.Bytes(), "[]\n")
			var m struct{ Error struct{ Message string } }
			if len(c.ids) == 1 && (json.Unmarshal(text, &m) != nil || m.Error.Message != p.Error()) {
				t.Errorf("says %s", text)
			}
		})
	}
}

func TestRefuseWaitsForNobodyAfterItsAnswer(t *testing.T) {
	in, client := io.Pipe()
	done := make(chan struct{})
	go func() {
		Refuse(in, io.Discard, io.Discard, &words.Problem{})
		close(done)
	}()
	io.WriteString(client, `{"id":1,"method":"x"}`+"\n") // and stays open
	<-done
}
