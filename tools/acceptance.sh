#!/bin/bash
# The real clients on our entries, outside the tests of every day: Claude Code,
# Cline's CLI, Codex, Gemini CLI, opencode and MCP Inspector, each in a home of its
# own with a real keychain, and Claude Desktop's file. Prints what it saw, and fails
# when a line did. `make acceptance` brings what it needs (2 GB).
set -eu
cd "$(dirname "$0")/.."
root=$PWD
if [ -z "${ACCEPTANCE_INNER:-}" ]; then
  ACCEPTANCE_INNER=1 exec tools/desktop/session.sh --no-display -- "$0"
fi
unset ACCEPTANCE_INNER XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME

companion=$root/bin/mcp-companion
servers=$root/.npm/test/node_modules
apps=$root/.npm/acceptance/node_modules
node=$servers/.bin/node
[ -x "$node" ] || node=node
tmp=$(mktemp -d)
envserver=$tmp/envserver
CGO_ENABLED=0 go build -o "$envserver" ./tools/envserver
HOME=$tmp/home
export HOME
mkdir -p "$HOME/.cline/data/settings" "$HOME/.config/Claude" "$HOME/documents"
log=$tmp/log

# What is left of an app (Cline keeps a daemon) has our home in its environment.
finish() {
  for p in /proc/[0-9]*; do
    local pid=${p#/proc/}
    [ "$pid" != $$ ] && { tr '\0' '\n' <"$p/environ" | grep -qxF "HOME=$HOME" && kill "$pid"; } 2>/dev/null
  done
  sleep 0.3
  rm -rf "$tmp"
}
trap finish EXIT

rows=() failed=0
row() { rows+=("$1|$2|$3"); } # APP WHAT SEEN
# try APP WHAT COMMAND...: the command's output goes to the log, its last line to the table.
try() {
  local app=$1 what=$2 seen rc; shift 2
  set +e # in a condition of its own the command's set -e would be without effect
  (set -e; "$@") >"$log" 2>&1
  rc=$?
  set -e
  if [ $rc = 0 ]; then
    seen=$(grep -v '^\s*$' "$log" | tail -1 | cut -c1-70)
    row "$app" "$what" "ok  $seen"
  else
    failed=1
    row "$app" "$what" "FAILED"
    { echo "--- $app: $what"; cat "$log"; } >&2
  fi
}

secret=sk-$(od -An -tx1 -N12 /dev/urandom | tr -d ' \n')
sum=$(printf %s "$secret" | sha256sum | cut -d' ' -f1)
mine='{"numStartups": 7, "mcpServers": {"mine": {"type": "stdio", "command": "/bin/false"}}}'
printf '%s' "$mine" >"$HOME/.claude.json"
printf '{"mcpServers": {}}' >"$HOME/.cline/data/settings/cline_mcp_settings.json"
desktop=$HOME/.config/Claude/claude_desktop_config.json
cp configs/testdata/clients/claude-desktop/macos-typical.json "$desktop"

prepare() {
  printf '%s\n' "$secret" | "$companion" add env-server --secret MY_TOKEN -- "$envserver"
  "$companion" add everything -- "$node" "$servers/@modelcontextprotocol/server-everything/dist/index.js"
  "$companion" add files -- "$node" "$servers/@modelcontextprotocol/server-filesystem/dist/index.js" "$HOME/documents"
  "$companion" apply --client claude-code --client cline-cli --client claude-desktop
}
try Companion "3 servers added, 3 apps kept in step" prepare
try Companion "check" "$companion" check

# Claude Code starts every server of its list.
claude() { (cd "$HOME" && timeout 90 "$apps/.bin/claude" "$@"); }
connected() {
  claude mcp list >"$tmp/list"
  cat "$tmp/list"
  grep -q "^$1: .* - . Connected$" "$tmp/list" && echo "Connected"
}
version=$(claude --version | cut -d' ' -f1)
for s in env-server everything files; do
  try "Claude Code $version" "mcp list: $s is connected" connected $s
done
keeps() {
  claude mcp add --scope user another /bin/true
  "$companion" apply --dry-run
  "$companion" clients | grep '^claude-code'
}
try "Claude Code $version" "its own change to the file beside ours" keeps

# A project's own file, with a server of its own: Claude Code asks its user first.
project() {
  mkdir -p "$HOME/shop" "$HOME/.claude"
  "$companion" add notes -- "$node" "$servers/@modelcontextprotocol/server-filesystem/dist/index.js" "$HOME/documents"
  "$companion" set add Home env-server everything files
  "$companion" set add Shop notes
  "$companion" use Home
  "$companion" use Shop --client "claude-code:$HOME/shop"
}
try Companion "a project is kept in step in a set of its own" project
inshop() {
  (cd "$HOME/shop" && timeout 90 "$apps/.bin/claude" mcp list) >"$tmp/list"
  cat "$tmp/list"
  grep "$1" "$tmp/list"
}
try "Claude Code $version" "the project's server waits for approval" inshop '^notes: .*Pending approval'
approve() {
  echo '{"enabledMcpjsonServers": ["notes"]}' >"$HOME/.claude/settings.json"
  inshop '^notes: .* Connected$'
}
try "Claude Code $version" "and is connected once approved" approve

# Cline lists the file, and in a session hands our servers' tools to a model.
cline() { (cd "$HOME" && timeout 90 "$apps/.bin/cline" "$@" </dev/null); }
listed() { cline config mcp | grep -c '^  \(env-server\|everything\|files\) '; }
version=$(cline --version)
try "Cline CLI $version" "config mcp: servers listed" listed
"$node" tools/npm/acceptance/model.mjs "$tmp/seen" >"$tmp/port" &
for _ in $(seq 50); do [ -s "$tmp/port" ] && break; sleep 0.1; done
session() {
  cline auth -p openai -k none -m none -b "http://127.0.0.1:$(cat "$tmp/port")/v1"
  cline --json --auto-approve true "use the tool"
  for t in env-server__environment everything__echo files__read_text_file; do grep -q "$t" "$tmp/seen"; done
  echo "$(grep -m1 '^offered' "$tmp/seen" | tr ' ' '\n' | grep -c '__') tools offered to the model"
}
try "Cline CLI $version" "a session has the servers' tools" session
told() { grep -q "^answered.*$sum" "$tmp/seen"; echo "its SHA-256 is that of the key"; }
try "Cline CLI $version" "a call reaches the server, with its key" told

# Inspector, with an environment of two names.
inspector() {
  (cd "$HOME" && timeout 90 env -i HOME="$HOME" PATH=/usr/bin:/bin "$node" \
    "$servers/@modelcontextprotocol/inspector/clients/launcher/build/index.js" --cli --config "$1" --server "$2" "${@:3}")
}
version=$(sed -n 's/^  "version": "\(.*\)",/\1/p' "$servers/@modelcontextprotocol/inspector/package.json")
bus=/run/user/$(id -u)/bus
if [ "unix:path=$(readlink "$bus")" != "$DBUS_SESSION_BUS_ADDRESS" ]; then
  echo "acceptance: $bus is another session's: Inspector can't find the keychain" >&2
fi
for s in env-server everything files; do
  tools() { inspector "$HOME/.claude.json" $s --method tools/list | grep -c '"inputSchema"'; }
  try "Inspector $version" "tools/list: $s" tools
done
key() {
  inspector "$1" env-server --method tools/call --tool-name environment --tool-arg name=MY_TOKEN | grep -q "$sum"
  echo "the SHA-256 is that of the key"
}
try "Inspector $version" "Claude Code's entry has the key" key "$HOME/.claude.json"
try "Inspector $version" "Claude Desktop's entry has the key" key "$desktop"

# Three more formats: TOML, JSON with comments, JSONC; each with things of its own.
mkdir -p "$HOME/.codex" "$HOME/.gemini" "$HOME/.config/opencode"
cp configs/testdata/clients/codex/config.toml "$HOME/.codex/config.toml"
printf '{\n  // no question about folders\n  "security": {"folderTrust": {"enabled": false}}\n}\n' >"$HOME/.gemini/settings.json"
# without $schema opencode puts it in by itself
printf '{ "$schema": "https://opencode.ai/config.json", "mcp": {}, } // mine\n' >"$HOME/.config/opencode/opencode.jsonc"
cp -r "$HOME/.codex" "$HOME/.gemini" "$HOME/.config/opencode" "$tmp/" # as they were
three() { "$companion" apply --client codex --client gemini-cli --client opencode; }
try Companion "Codex, Gemini CLI and opencode kept in step" three
app() { (cd "$HOME" && timeout 90 env PATH="$(dirname "$node"):$PATH" "$apps/.bin/$1" mcp list </dev/null 2>&1); }
lists() { app "$1" | grep -q "$2" && echo "$2"; }
try "Codex" "mcp list: everything" lists codex 'everything .*enabled'
try "Gemini CLI" "mcp list: everything is connected" lists gemini 'everything: .*Connected'
try "opencode" "mcp list: everything is connected" lists opencode 'everything.*connected'

# Claude Desktop isn't here: its file alone, at Linux's place; the other systems'
# places and files are fixtures of the tests.
ours() { grep -c '"--for"' "$desktop"; }
try "Claude Desktop's file" "entries of ours (Linux)" ours
others() { (unset HOME && cd "$root" && HOME=$(getent passwd "$(id -u)" | cut -d: -f6) CGO_ENABLED=0 go test -tags headless -count=1 ./clients); }
try "Claude Desktop's file" "all three systems: tests of fixtures" others

undo() {
  while "$companion" undo; do :; done
  cmp "$desktop" configs/testdata/clients/claude-desktop/macos-typical.json
  cmp "$HOME/.codex/config.toml" "$tmp/.codex/config.toml"
  cmp "$HOME/.gemini/settings.json" "$tmp/.gemini/settings.json"
  cmp "$HOME/.config/opencode/opencode.jsonc" "$tmp/opencode/opencode.jsonc"
  [ "$(cat "$HOME/.cline/data/settings/cline_mcp_settings.json")" = '{"mcpServers": {}}' ]
  ! grep mcp-companion "$HOME/.claude.json"
  echo "byte for byte; Claude Code's without an entry of ours"
}
try Companion "undo: every file as it was" undo
leak() { if grep -rlF -- "$secret" "$HOME"; then return 1; fi; echo "$(find "$HOME" -type f | wc -l) files searched"; }
try Companion "the key stands in no file of the home" leak

# Servers of the catalogue, added in the window, fetched by npx and started; then one
# of one's own, made there.
catalogue() {
  (cd "$root" && HOME=$(getent passwd "$(id -u)" | cut -d: -f6) PATH="$servers/.bin:$PATH" CGO_ENABLED=0 \
    go test -tags 'headless acceptance' -count=1 -timeout 20m -run '^TestAcceptance' -v .) >"$tmp/seen" 2>&1 ||
    { cat "$tmp/seen"; return 1; }
  sed -n 's/^ *acceptance_test.go:[0-9]*: //p' "$tmp/seen" | tee "$tmp/table" | tail -1
}
try Companion "servers of the catalogue, as the window adds them" catalogue

for r in "${rows[@]}"; do IFS='|' read -r a b c <<<"$r"; printf '%-22s  %-42s  %s\n' "$a" "$b" "$c"; done
if [ -s "$tmp/table" ]; then cat "$tmp/table"; fi
exit $failed
