#!/bin/bash
# Measures `mcp-companion run` as a bridge beside mcp-remote, which is fetched from
# npm into a folder that goes again. Linux, node, npm and Go are needed.
#
#   tools/compare-bridges.sh
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=0 go build -tags headless -trimpath -ldflags '-s -w' -o "$dir/mcp-companion" .
go build -o "$dir/bridges" ./tools/bridges
(cd "$dir" && npm init -y >/dev/null && npm install --silent --no-fund --no-audit mcp-remote@0.15.1 >/dev/null)
# The server's address is known only when it runs: the bridge finds it in its library.
cat >"$dir/run" <<SCRIPT
#!/bin/sh
mkdir -p "$dir/home"
[ -f "$dir/home/library.json" ] || printf '{"version":1,"id":"x","servers":{"it":{"id":"it","url":"%s"}}}' "\$1" >"$dir/home/library.json"
exec "$dir/mcp-companion" run it --home "$dir/home"
SCRIPT
chmod 755 "$dir/run"
HOME=$dir MCP_REMOTE_CONFIG_DIR=$dir/auth "$dir/bridges" "$dir/run URL" "node $dir/node_modules/mcp-remote/dist/proxy.js URL --allow-http"
