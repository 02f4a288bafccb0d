#!/bin/bash
# Runs the tests that want a desktop, those with the build tag `desktop`, inside
# a throw-away one. `make build` has to have made bin/ before.
set -eu
cd "$(dirname "$0")/../.."
packages=$(grep -rlE '^//go:build .*\bdesktop\b' --include='*_test.go' --exclude-dir='.?*' . | xargs -r -n1 dirname | sort -u)
[ -n "$packages" ] || { echo "no test wants a desktop"; exit 0; }
export CGO_ENABLED=0
# One after the other: they share the display and the keyring.
exec tools/desktop/session.sh "$@" -- \
  go test -count=1 -p 1 -tags 'headless desktop' -run '^TestDesktop' $packages
