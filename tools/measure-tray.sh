#!/bin/bash
# Measures the resident at rest: memory, processor time and wake-ups over a
# while, with 30 servers in the library. `make lean` has to have made bin/ before.
#
#   tools/measure-tray.sh [SECONDS]     default 60
#
# Prints one line, and fails when it costs more than 15 MB or 0.1 % of a core.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${MEASURE_INNER:-}" ]; then
  MEASURE_INNER=1 exec tools/desktop/session.sh --no-display -- "$0" "${1:-60}"
fi
seconds=$1
companion=bin/mcp-companion
[ -x $companion ] || { echo "measure-tray: make lean first" >&2; exit 1; }
MCP_COMPANION_HOME=$(mktemp -d)
export MCP_COMPANION_HOME

CGO_ENABLED=0 go build -o "$MCP_COMPANION_HOME/envserver" ./tools/envserver
for i in $(seq -w 30); do
  "$companion" add "server-$i" -- "$MCP_COMPANION_HOME/envserver" --tool "tool-$i" >/dev/null
done
"$companion" tray >"$MCP_COMPANION_HOME/tray.log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null || true; rm -rf "$MCP_COMPANION_HOME"' EXIT
bin/trayhost show | grep -q 'server-30\|30 on\|more' || { echo "the tray does not show its servers" >&2; bin/trayhost show; exit 1; }
# What it does at its start, one look at each server, is not rest.
for _ in $(seq 180); do
  [ "$("$companion" list --json | grep -c '"status": "\(unknown\|starting\)"')" = 0 ] && break
  sleep 1
done
sleep 65 # and then it makes itself small

ticks() { awk '{print $14 + $15}' "/proc/$pid/stat"; }
wakes() { awk '/^voluntary_ctxt_switches/ {n += $2} END {print n}' /proc/$pid/task/*/status; }
memory() { awk -v name="$1:" '$1 == name {print $2}' "/proc/$pid/$2"; }

before=$(ticks) woken=$(wakes)
sleep "$seconds"
used=$(($(ticks) - before)) woken=$(($(wakes) - woken))
pss=$(memory Pss smaps_rollup) own=$(memory Pss_Anon smaps_rollup) file=$(memory Pss_File smaps_rollup)
percent=$(awk -v u=$used -v h="$(getconf CLK_TCK)" -v s="$seconds" 'BEGIN {printf "%.3f", u * 100 / h / s}')
echo "tray at rest, 30 servers, $seconds s: PSS $pss KB ($own KB its own, $file KB of the program file)," \
  "$percent % of a core, $woken context switches"
[ "$pss" -le 15360 ] && awk -v p="$percent" 'BEGIN {exit !(p <= 0.1)}'
