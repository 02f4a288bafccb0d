#!/bin/sh
# Prints what `run` costs beside the same server alone, as an ordinary user: pipes
# of root's have no limit. Usage: launch/bench.sh [go test -bench pattern]
set -e
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=0 go test -c -tags bench -o "$dir/launch.test" .
chmod 755 "$dir"
as=
if [ "$(id -u)" = 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
cd "$dir"
TMPDIR=/tmp HOME=/tmp $as ./launch.test -test.run '^$' -test.bench "${1:-.}" -test.benchtime "${BENCHTIME:-3s}"
