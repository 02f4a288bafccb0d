package doctor

import (
	"mcp-companion/words"
)

// appRules are about settings files and AI apps. Most of them are found by Whole,
// not in one server's case.
var appRules = []rule{
	{code: words.FileBroken, fixes: []remedy{repair, openHistory, openApps}},
	{code: words.FileChanged, fixes: []remedy{openApps}},
	{code: words.FileLocked, fixes: []remedy{makeWritable, copyForIT}},
	{code: words.FileElsewhere, fixes: []remedy{useFile, openApps}},
	{code: words.RestartNeeded, fixes: []remedy{restart, openApps}},
	{code: words.Undone, fixes: []remedy{putBack, apply}},
	{code: words.EntryMoved, fixes: []remedy{apply}},
	{code: words.AppMissing, fixes: []remedy{openApps, leaveApp}},
	{code: words.SameName, fixes: []remedy{renameServer, openApps}},
	{code: words.NameTooLong, said: []string{"^[a-za-z0-9_-]{1,64}$", "^[a-za-z0-9_-]{1,128}$", "tool name ... too long", "exceeds ... 64 characters"}, fixes: []remedy{renameServer, hideTool, openTools}},
	{code: words.SameTool, fixes: []remedy{openTools, hideTool}},
	{code: words.TooManyTools, fixes: []remedy{smallerSet, chooseTools}},
}

// ToolLimit is how many tools the client takes in all, 0 for no limit known.
// Source: microsoft/vscode-copilot-release#9375; Cursor's own message.
func ToolLimit(client string) int {
	return map[string]int{"cursor": 40, "vscode": 128}[client]
}
