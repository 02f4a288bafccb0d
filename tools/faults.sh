#!/usr/bin/env bash
# Kills the real program at every system call of its write path, and makes every
# one of them fail, and looks whether anybody's file suffered: strace does both.
#
#   tools/faults.sh [SCENARIO]...     use undo apply secret remove; all of them
#
# After each point: every file of an AI app is its old or its new bytes; after
# the next command all of them, and the library, are old or all are new; nothing
# of ours lies about; no key stands anywhere in plain text. Wants strace, jq, two
# minutes for each hundred points. STEP=7 tries every seventh point.
set -u
cd "$(dirname "$0")/.."
work=${FAULTS_DIR:-/tmp/faults}
step=${STEP:-1}
bin=$work/mcp-companion
mkdir -p "$work"
CGO_ENABLED=0 go build -tags headless -o "$bin" . || exit 1
echo second-second >"$work/typed"

run=$work/run home=$work/run/home
ours=$home/.config/mcp-companion
export HOME=$home MCP_COMPANION_SECRETS=file XDG_CONFIG_HOME= LANG=C GOMAXPROCS=1
unset MCP_COMPANION_HOME

clients=(.claude.json .cline/data/settings/cline_mcp_settings.json .codex/config.toml .config/goose/config.yaml)
key=hunter2-hunter2

# fresh DIR: the tree of DIR in the place of the run's; the 13 MB program is linked.
fresh() {
	rm -rf "$run"
	cp -al "$1" "$run"
	# what is written is replaced whole by rename, so nothing is written through a link
}

# quiet: the program, its output kept for who wants to know.
quiet() { timeout 30 "$bin" "$@" >"$work/out" 2>&1; }

prepare() {
	rm -rf "$run"
	mkdir -p "$home"/.cline/data/settings "$home"/.codex "$home"/.config/goose
	printf '{\r\n\t"n": 9007199254740993,\r\n\t"mcpServers": {"mine": {"command": "x"}}\r\n}' >"$home/.claude.json"
	printf '{\n  "mcpServers": {}\n}\n' >"$home/.cline/data/settings/cline_mcp_settings.json"
	printf 'model = "x" # mine\n\n[mcp_servers.mine]\ncommand = "y"\n' >"$home/.codex/config.toml"
	printf 'a: 1\nextensions:\n  mine: # mine\n    cmd: z\n' >"$home/.config/goose/config.yaml"
	quiet add one -- cat && quiet add two -- cat && quiet set add Dev one || return 1
	echo "$key" | timeout 30 "$bin" secret set one FIRST >"$work/out" 2>&1 || return 1
	rm -rf "$work/plain" && cp -al "$run" "$work/plain"
	quiet apply --client claude-code --client cline-cli --client codex --client goose || return 1
	rm -rf "$work/applied" && cp -al "$run" "$work/applied"
	quiet use Dev || return 1
	rm -rf "$work/switched" && cp -al "$run" "$work/switched"
}

# of SCENARIO: where it starts, and its command.
of() {
	case $1 in
	use) from=applied cmd=(use Dev) ;;
	undo) from=switched cmd=(undo) ;;
	apply) from=plain cmd=(apply --client claude-code --client cline-cli --client codex --client goose) ;;
	secret) from=applied cmd=(secret set two SECOND) ;;
	remove) from=applied cmd=(remove two) ;;
	*) echo "no scenario $1" >&2; exit 2 ;;
	esac
}

# sums: the clients' files, a line each; with `all`, the library too, its random
# ids made one.
sums() {
	for f in "${clients[@]}"; do
		if [ -e "$home/$f" ]; then echo "$(sha256sum <"$home/$f") $(stat -c %a "$home/$f") $f"; else echo "none $f"; fi
	done
	if [ "${1:-}" = all ]; then
		jq -S '.secrets |= ([.[]?.label] | sort)' "$ours/library.json" | sed -E 's/[0-9a-f]{12}/ID/g' | sha256sum
	fi
}

fail() {
	failures=$((failures + 1))
	printf 'FAIL %s %s %s: %s\n' "$scenario" "$what" "$n" "$1" | tee -a "$work/failures"
	[ "$failures" -ge 40 ] && { echo 'too many'; exit 1; }
}

# judge: what the rules above say of the tree as it is.
judge() {
	local f line now
	now=$(sums)
	while read -r line; do
		grep -qxF "$line" <<<"$old" || grep -qxF "$line" <<<"$new" || fail "torn or foreign: $line"
	done <<<"$now"
	grep -rlF -e "$key" -e second-second "$home" --exclude-dir=bin >/dev/null 2>&1 && fail "a key in plain text: $(grep -rlF -e "$key" -e second-second "$home" --exclude-dir=bin | head -1)"
	# a lock that a dead program left is as old as any after ten seconds
	find "$home" -name '*.lock' -type d -exec touch -d '-11 seconds' {} +
	timeout 40 "$bin" list >"$work/out" 2>&1 || fail "the library: $(head -1 "$work/out")"
	timeout 40 "$bin" secret forget >"$work/out" 2>&1 || fail "the next command: $(head -1 "$work/out")"
	now=$(sums all)
	if [ "$now" = "$oldall" ]; then kept=$((kept + 1)); elif [ "$now" = "$newall" ]; then done=$((done + 1)); else fail "neither all old nor all new: $(diff <(echo "$oldall") <(echo "$now") | tail -1)"; fi
	# the store sweeps at its next key, the launcher's copy when it is made
	f=$(find "$home" \( -name '*.journal*' -o -name '.*.tmp' -o -name '*.lock.*' \) ! -name '.secrets.age.*' ! -name '.identity.txt.*' ! -name '.mcp-companion.*' | head -1)
	[ -n "$f" ] && fail "left: $f"
	# the same action, done now, ends as it should
	if [ "$now" = "$oldall" ]; then
		timeout 40 "$bin" "${cmd[@]}" <"$work/typed" >"$work/out" 2>&1 || fail "again: $(head -1 "$work/out")"
		[ "$(sums all)" = "$newall" ] || fail "done again it ends otherwise"
	fi
}

# try CALLS HOW: one fault. The status is whether it was met.
try() {
	fresh "$work/$from"
	{ timeout 60 strace -f -qq -o "$work/trace" -e trace="$1" -e inject="$1:$2" "$bin" "${cmd[@]}" <"$work/typed" >"$work/out" 2>&1; } 2>/dev/null
	grep -q 'INJECTED\|killed by SIGKILL' "$work/trace"
}

# points NAME CALL HOW MAX AND-ON: a fault at the first call, the second, ... until
# none is met. strace counts each thread's own, so one number may be passed over.
points() {
	what=$1 tried=0 kept=0 done=0 before=$failures
	local max=${4:-400} missed=0
	for ((n = 1; n <= max && missed < 3; n += step)); do
		try "$2" "$3:when=${n}${5:-}" || { missed=$((missed + 1)); continue; }
		missed=0 tried=$((tried + 1))
		judge
	done
	printf '%-8s %-24s %5d %5d %5d %5d\n' "$scenario" "$what" "$tried" "$kept" "$done" $((failures - before)) | tee -a "$work/table"
	total=$((total + tried))
}

main() {
	failures=0 total=0
	: >"$work/table"; : >"$work/failures"
	prepare || { echo "prepare: $(cat "$work/out")"; exit 1; }
	printf '%-8s %-24s %5s %5s %5s %5s\n' action fault points old new bad
	for scenario in ${@:-use undo apply secret remove}; do
		of "$scenario"
		fresh "$work/$from"
		old=$(sums) oldall=$(sums all)
		timeout 30 "$bin" "${cmd[@]}" <"$work/typed" >"$work/out" 2>&1 || { echo "$scenario: $(cat "$work/out")"; exit 1; }
		new=$(sums) newall=$(sums all)
		for call in openat write close renameat unlinkat mkdirat fsync fchmod flock newfstatat readlinkat getdents64 utimensat; do
			points "kill at $call" "$call" signal=SIGKILL
		done
		for pair in openat:EACCES openat:ENOSPC openat:EIO write:ENOSPC write:EIO close:EIO renameat:EACCES renameat:EIO renameat:ENOSPC \
			unlinkat:EACCES unlinkat:EIO mkdirat:EACCES mkdirat:ENOSPC fsync:EIO fsync:ENOSPC fchmod:EPERM flock:EIO newfstatat:EACCES newfstatat:EIO getdents64:EIO; do
			points "${pair#*:} at ${pair%:*}" "${pair%:*}" "error=${pair#*:}"
		done
		# a disk that is full from some moment on, and one that then lets nothing be renamed
		points "ENOSPC from write on" write error=ENOSPC 400 +
		points "EIO from renameat on" renameat error=EIO 400 +
		points "EIO from fsync on" fsync error=EIO 400 +
	done
	echo "$total points, $failures bad"
	[ "$failures" -eq 0 ]
}
main "$@"; exit # read whole before it runs
