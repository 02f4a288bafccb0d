package doctor

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	"mcp-companion/clients"
	"mcp-companion/health"
	"mcp-companion/words"
)

// Says is the answer to a question: yes is good.
type Says string

// The zero value is no answer.
const (
	Yes      Says = "yes"
	No       Says = "no"
	NotKnown Says = "unknown"
	NotAsked Says = "" // it does not concern this server
)

// maxOwnFiles is how many of our own files are looked at.
const maxOwnFiles = 2000

// Answer is one of the questions that everybody asks when a server does not work,
// and what is known.
type Answer struct {
	ID       string // names the question, for ever: "paths"
	Question string
	Says     Says
	Sentence string
	Fixes    []Fix // where the answer is no
}

// Checklist answers, for one server, the nine questions of the usual instructions.
// Those that do not concern it are left out.
func Checklist(ctx context.Context, pc Computer, c Case, v View) []Answer {
	q := &questions{x: newExam(ctx, pc, c), v: v, p: Diagnose(ctx, pc, c)}
	var list []Answer
	for _, ask := range []struct {
		id  string
		ask func(*questions) reply
	}{
		{"starts", (*questions).starts},
		{"logs", (*questions).logs},
		{"files", (*questions).files},
		{"paths", (*questions).paths},
		{"helpers", (*questions).helpers},
		{"keys", (*questions).keys},
		{"restarted", (*questions).restarted},
		{"return-address", (*questions).returnAddress},
		{"safe", (*questions).safe},
	} {
		if r := ask.ask(q); r.says != NotAsked {
			id := "question." + ask.id
			list = append(list, Answer{ask.id, words.Say(id), r.says, words.Say(id+"."+string(r.says), r.with...), r.fixes})
		}
	}
	return list
}

type questions struct {
	x *exam
	v View
	p *words.Problem // the diagnosis
}

type reply struct {
	says  Says
	with  []any // what fills the sentence
	fixes []Fix
}

// no is the answer that a problem gives.
func (q *questions) no(p *words.Problem) reply {
	return reply{No, []any{"Text", p.Title}, Fixes(q.x.pc, p, q.x.Name, &q.x.Server)}
}

// oneOf answers no where the diagnosis is one of these.
func (q *questions) oneOf(codes ...words.Code) (reply, bool) {
	if q.p == nil || !slices.Contains(codes, q.p.Code) {
		return reply{}, false
	}
	return q.no(q.p), true
}

// first answers no with the first of the rules that fits.
func (q *questions) first(list ...rule) (reply, bool) {
	for _, r := range list {
		if with, fits := r.fact(q.x); fits {
			return q.no(q.x.name(r.code, with)), true
		}
	}
	return reply{}, false
}

func (q *questions) starts() reply {
	r := q.x.Report
	switch {
	case q.p != nil:
		return q.no(q.p)
	case r == nil || r.Status != health.Healthy && r.Status != health.Failing:
		return reply{says: NotKnown}
	}
	return reply{says: Yes}
}

func (q *questions) logs() reply {
	if len(q.x.lines.raw) == 0 {
		return reply{says: NotKnown}
	}
	line := q.x.lines.last()
	isWhy := q.p != nil && q.p.With("Text") == line
	if !isWhy && !reason().MatchString(line) {
		return reply{says: Yes}
	}
	fix, _ := showLog(fixing{name: q.x.Name})
	return reply{No, []any{"Text", line}, []Fix{fix}}
}

// apps are the clients that are given the server.
func (q *questions) apps() []ClientView {
	return slices.DeleteFunc(slices.Clone(q.v.Clients), func(c ClientView) bool {
		return !c.Managed || !slices.Contains(c.Servers, q.x.Name)
	})
}

func (q *questions) files() reply {
	if q.v.Problem != nil {
		return q.no(q.v.Problem)
	}
	apps := q.apps()
	for _, c := range apps {
		switch {
		case c.Problem != nil:
			return q.no(withClient(c.Problem, c))
		case slices.Contains(c.Vanished, q.x.Name):
			return q.no(words.New(words.Undone, nil, "Client", c.Title, "ClientID", c.ID, "Names", q.x.Name))
		case slices.Contains(c.missing(), q.x.Name):
			return q.no(words.New(words.Undone, nil, "Client", c.Title, "ClientID", c.ID, "Names", q.x.Name, "Missing", true))
		}
	}
	if len(apps) == 0 {
		return reply{says: NotKnown}
	}
	return reply{says: Yes}
}

func hasEntry(c ClientView, server string) bool {
	return slices.ContainsFunc(c.Entries, func(e EntryView) bool {
		return e.Server == server && e.Kind != clients.Users && e.Kind != clients.Extension
	})
}

func (q *questions) paths() reply {
	if q.x.Server.IsRemote() {
		return reply{}
	}
	if r, bad := q.first(rule{code: words.PathRelative, fact: relative}, rule{code: words.FolderMissing, fact: pathLeft}, rule{code: words.FolderMissing, fact: folderMissing}); bad {
		return r
	}
	return reply{says: Yes}
}

// helperCodes are the problems that helper programs have.
var helperCodes = []words.Code{
	words.NodeMissing, words.PathHidden, words.NodeOld, words.UVMissing, words.PythonPart, words.DockerStopped, words.DockerMissing,
	words.DockerRights, words.WindowsStart, words.WrongMachine, words.ProgramMissing, words.NoPermission,
}

func (q *questions) helpers() reply {
	if q.x.Server.IsRemote() {
		return reply{}
	}
	if r, bad := q.oneOf(helperCodes...); bad {
		return r
	}
	for _, r := range append(slices.Clone(helperRules), rule{code: words.NodeOld, fact: nodeTooOld}) {
		if r.fact == nil {
			continue
		}
		if with, fits := r.fact(q.x); fits {
			return q.no(q.x.name(r.code, with))
		}
	}
	command, _ := q.x.line()
	path := q.x.find(command)
	with := []any{"Path", q.x.pc.Tilde(path)}
	if _, v := q.x.node(); v != nil {
		with = append(with, "Version", v.String())
	}
	return reply{says: Yes, with: with}
}

func (q *questions) keys() reply {
	if r, bad := q.oneOf(words.KeyMissing, words.KeyRefused, words.KeyTooWeak, words.KeychainLocked, words.KeychainAbsent, words.KeyTooLong); bad {
		return r
	}
	var names []string
	for _, id := range q.x.Server.SecretIDs() {
		if q.x.HasKey == nil {
			return reply{says: NotKnown}
		}
		if _, err := q.x.HasKey(id); err != nil {
			return reply{says: NotKnown}
		}
		names = append(names, keyName(&q.x.Server, id))
	}
	if r, bad := q.first(rule{code: words.KeyMissing, fact: keyNotKept}); bad {
		return r
	}
	return reply{says: Yes, with: []any{"Names", strings.Join(names, ", ")}}
}

func (q *questions) restarted() reply {
	apps := q.apps()
	for _, c := range apps {
		if c.Restart {
			return q.no(words.New(words.RestartNeeded, nil, "Client", c.Title, "ClientID", c.ID))
		}
	}
	if len(apps) == 0 {
		return reply{says: NotKnown}
	}
	return reply{says: Yes}
}

func (q *questions) returnAddress() reply {
	if !q.x.Server.IsRemote() {
		return reply{}
	}
	if r, bad := q.oneOf(words.ReturnAddress, words.PortBusy); bad {
		return r
	}
	if q.x.Remote.Sent == SentGrant {
		return reply{says: Yes}
	}
	return reply{says: NotKnown}
}

// safe: no key stands in plain text, and nobody else may read our files.
func (q *questions) safe() reply {
	if r, bad := q.first(rule{code: words.KeyInPlain, fact: inPlain}); bad {
		return r
	}
	if q.x.pc.OS == "windows" || q.v.Home == "" {
		return reply{says: Yes} // a profile's folder is its owner's alone there
	}
	if path := q.x.pc.readable(q.v.Home, 3, new(int)); path != "" {
		fix, _ := do("tighten", Permit, q.v.Home)
		return reply{No, []any{"Text", words.Say("question.safe.folder", "Path", q.x.pc.Tilde(path))}, []Fix{fix}}
	}
	return reply{says: Yes}
}

// readable is the first of our files or folders that others may use, at most deep
// folders down.
func (pc Computer) readable(path string, deep int, seen *int) string {
	i, err := pc.Stat(path)
	if *seen++; err != nil || *seen > maxOwnFiles {
		return ""
	}
	if i.Mode().Perm()&0o077 != 0 && i.Mode()&fs.ModeSymlink == 0 {
		return path
	}
	if !i.IsDir() || deep == 0 {
		return ""
	}
	for _, name := range pc.Names(path) {
		if found := pc.readable(pc.join(path, name), deep-1, seen); found != "" {
			return found
		}
	}
	return ""
}
