package words

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Code names a kind of problem, for ever and in every language. Its sentences
// are the messages "problem.CODE.title", ".detail" and ".do".
type Code string

// The problems the program knows. Each has its sentences in every language.
const (
	AccountUnknown   Code = "account-unknown"
	AddressScheme    Code = "address-scheme"
	AppCantStart     Code = "app-cant-start"
	AppLocked        Code = "app-locked"
	AppMissing       Code = "app-missing"
	AppRunning       Code = "app-running"
	BadUsage         Code = "bad-usage"
	BackupBad        Code = "backup-bad"
	BackupPassphrase Code = "backup-passphrase"
	BackupWeak       Code = "backup-weak"
	BundleBroken     Code = "bundle-broken"
	BundlePlatform   Code = "bundle-platform"
	BundleUnsafe     Code = "bundle-unsafe"
	Busy             Code = "busy"
	Certificate      Code = "certificate"
	Chatter          Code = "chatter"
	ClientUnknown    Code = "client-unknown"
	ClosedEarly      Code = "closed-early"
	CommandJoined    Code = "command-joined"
	ConnectionLost   Code = "connection-lost"
	DiskFull         Code = "disk-full"
	DockerImage      Code = "docker-image"
	DockerMissing    Code = "docker-missing"
	DockerRights     Code = "docker-rights"
	DockerStopped    Code = "docker-stopped"
	DownloadFailed   Code = "download-failed"
	EntryMoved       Code = "entry-moved"
	EntryStays       Code = "entry-stays"
	FileBroken       Code = "file-broken"
	FileChanged      Code = "file-changed"
	FileElsewhere    Code = "file-elsewhere"
	FileExists       Code = "file-exists"
	FileLocked       Code = "file-locked"
	FileNewer        Code = "file-newer"
	FileOdd          Code = "file-odd"
	FileTooBig       Code = "file-too-big"
	FileUnsafe       Code = "file-unsafe"
	FolderBlocked    Code = "folder-blocked"
	FolderMissing    Code = "folder-missing"
	FolderTaken      Code = "folder-taken"
	GaveUp           Code = "gave-up"
	ImportDownload   Code = "import-download"
	ImportInstaller  Code = "import-installer"
	ImportKey        Code = "import-key"
	ImportKind       Code = "import-kind"
	ImportLink       Code = "import-link"
	ImportManifest   Code = "import-manifest"
	ImportNothing    Code = "import-nothing"
	ImportPage       Code = "import-page"
	InsidePackage    Code = "inside-package"
	KeepsStopping    Code = "keeps-stopping"
	KeyInPlain       Code = "key-in-plain"
	KeyMissing       Code = "key-missing"
	KeyRefused       Code = "key-refused"
	KeyTooLong       Code = "key-too-long"
	KeyTooWeak       Code = "key-too-weak"
	KeyUnknown       Code = "key-unknown"
	KeychainAbsent   Code = "keychain-absent"
	KeychainLocked   Code = "keychain-locked"
	LibraryNewer     Code = "library-newer"
	LineTooLong      Code = "line-too-long"
	ListEndless      Code = "list-endless"
	NameBad          Code = "name-bad"
	NameTaken        Code = "name-taken"
	NameTooLong      Code = "name-too-long"
	NoAnswer         Code = "no-answer"
	NoApp            Code = "no-app"
	NoDisplay        Code = "no-display"
	NoPermission     Code = "no-permission"
	NoSignIn         Code = "no-sign-in"
	NoTray           Code = "no-tray"
	NodeMissing      Code = "node-missing"
	NodeOld          Code = "node-old"
	NoEditor         Code = "no-editor"
	Offline          Code = "offline"
	PackageBroken    Code = "package-broken"
	PackageUnknown   Code = "package-unknown"
	PartnerClosed    Code = "partner-closed"
	PathHidden       Code = "path-hidden"
	PathRelative     Code = "path-relative"
	Placeholder      Code = "placeholder"
	PortBusy         Code = "port-busy"
	ProgramMissing   Code = "program-missing"
	ProgramUnstarted Code = "program-unstarted"
	ProjectUnready   Code = "project-unready"
	Proxy            Code = "proxy"
	PythonPart       Code = "python-part-missing"
	RestartNeeded    Code = "restart-needed"
	ReturnAddress    Code = "return-address"
	SameName         Code = "same-name"
	SameTool         Code = "same-tool"
	ServerEmpty      Code = "server-empty"
	ServerUnknown    Code = "server-unknown"
	ServiceRefused   Code = "service-refused"
	ServiceTrouble   Code = "service-trouble"
	SetFileBad       Code = "set-file-bad"
	SetUnknown       Code = "set-unknown"
	SignIn           Code = "sign-in"
	SignInBusy       Code = "sign-in-busy"
	SignInClosedClub Code = "sign-in-closed-club"
	SignInExpired    Code = "sign-in-expired"
	SignInMoved      Code = "sign-in-moved"
	SignInRefused    Code = "sign-in-refused"
	SignInUnfinished Code = "sign-in-unfinished"
	SignInUnsafe     Code = "sign-in-unsafe"
	SlowStart        Code = "slow-start"
	StoreDamaged     Code = "store-damaged"
	TooMany          Code = "too-many-requests"
	TooManyTools     Code = "too-many-tools"
	ToolAsks         Code = "tool-asks"
	ToolRefused      Code = "tool-refused"
	ToolUnknown      Code = "tool-unknown"
	UVMissing        Code = "uv-missing"
	UndoConflict     Code = "undo-conflict"
	UndoUnknown      Code = "undo-unknown"
	Undone           Code = "undone"
	Unknown          Code = "unknown"
	ValueAddress     Code = "value-address"
	ValueBad         Code = "value-bad"
	ValueChoice      Code = "value-choice"
	ValueMissing     Code = "value-missing"
	ValueNumber      Code = "value-number"
	ValueOneOf       Code = "value-one-of"
	ValueQuoted      Code = "value-quoted"
	ValueShape       Code = "value-shape"
	WebPage          Code = "web-page"
	WindowMissing    Code = "window-missing"
	WindowsSpace     Code = "windows-space"
	WindowsStart     Code = "windows-start"
	WrongAddress     Code = "wrong-address"
	WrongMachine     Code = "wrong-machine"
)

// Problem is an error in the user's words. Title is one short sentence, Detail
// what happened, Do what to do next; Err is the technical cause, for a log or
// "Details", and may be nil. None of them ever holds a secret.
type Problem struct {
	Code   Code
	Title  string
	Detail string
	Do     string
	Err    error

	pairs []any // what the sentences were filled from
}

// New makes the Problem with this code, its sentences filled from pairs as in Say.
func New(code Code, err error, pairs ...any) *Problem {
	id := "problem." + string(code)
	detail, _ := find(id+".detail", pairs) // not every problem has more to say
	do, _ := find(id+".do", pairs)
	return &Problem{Code: code, Title: Say(id+".title", pairs...), Detail: detail, Do: do, Err: err, pairs: pairs}
}

// Error is the whole Problem on one line: title, detail, what to do.
func (p *Problem) Error() string {
	parts := []string{p.Title}
	for _, s := range []string{p.Detail, p.Do} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

func (p *Problem) Unwrap() error { return p.Err }

// With is what fills {{.Name}} in the sentences, nil for nothing. After a file,
// numbers are float64.
func (p *Problem) With(name string) any {
	for i := 0; i+1 < len(p.pairs); i += 2 {
		if p.pairs[i] == name {
			return p.pairs[i+1]
		}
	}
	return nil
}

// Names lists what With knows, in the order in which it was given.
func (p *Problem) Names() []string {
	var list []string
	for i := 0; i+1 < len(p.pairs); i += 2 {
		list = append(list, p.pairs[i].(string))
	}
	return list
}

// problemFile is how a Problem stands in a file: its sentences are made anew by
// whoever reads it, in his language.
type problemFile struct {
	Code Code           `json:"code"`
	With map[string]any `json:"with,omitempty"`
	Text string         `json:"text,omitempty"` // of the cause
}

// MarshalJSON keeps the code, what fills the sentences, and the cause's text.
func (p *Problem) MarshalJSON() ([]byte, error) {
	f := problemFile{Code: p.Code, With: map[string]any{}}
	for i := 0; i+1 < len(p.pairs); i += 2 {
		f.With[p.pairs[i].(string)] = p.pairs[i+1]
	}
	if p.Err != nil {
		f.Text = p.Err.Error()
	}
	return json.Marshal(f)
}

// UnmarshalJSON makes the Problem anew.
func (p *Problem) UnmarshalJSON(data []byte) error {
	var f problemFile
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	var pairs []any
	for _, name := range slices.Sorted(maps.Keys(f.With)) {
		pairs = append(pairs, name, f.With[name])
	}
	var cause error
	if f.Text != "" {
		cause = errors.New(f.Text)
	}
	*p = *New(f.Code, cause, pairs...)
	return nil
}

// Is makes every Problem of one code the same to errors.Is.
func (p *Problem) Is(target error) bool {
	t, ok := target.(*Problem)
	return ok && t.Code == p.Code
}

// For returns err as a Problem: the one in its chain, else an Unknown one whose
// detail is the error's own text. It returns nil for nil.
func For(err error) *Problem {
	if err == nil {
		return nil
	}
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return New(Unknown, err, "Text", err.Error())
}

// Has reports whether err is a Problem of this code.
func Has(err error, code Code) bool { return errors.Is(err, &Problem{Code: code}) }
