#!/bin/bash
# Installs the .deb of dist/ on an empty root, uses what it brought, removes it, and
# looks whether anything is left. Needs dpkg, and root or fakeroot's rights.
set -eu
cd "$(dirname "$0")/../.."
deb=$(ls -t dist/mcp-companion_*.deb | head -1)
root=$(mktemp -d) home=$(mktemp -d)
trap 'rm -rf "$root" "$home"' EXIT
mkdir -p "$root"/var/lib/dpkg/{info,updates}
touch "$root/var/lib/dpkg/status"
fail() { echo "package check: $*" >&2; exit 1; }
pkg() { dpkg --root="$root" --log="$root/log" --force-not-root --force-depends --force-script-chrootless "$@" >"$root/said" 2>&1 || { cat "$root/said" >&2; fail "dpkg $1"; }; }

pkg --install "$deb"
export HOME=$home MCP_COMPANION_SECRETS=file
unset XDG_CONFIG_HOME MCP_COMPANION_HOME
companion=$root/usr/bin/mcp-companion
[ -x "$root/usr/bin/mcp-companion-window" ] || fail "no window"
"$companion" add one -- /bin/true >/dev/null
"$companion" list | grep -q '^one ' || fail "it does not list"
for f in "$root"/usr/share/applications/*.desktop; do
  for p in $(sed -n 's/^Exec=\([^ ]*\).*/\1/p' "$f"); do [ -x "$root/usr/bin/$p" ] || fail "$f starts $p"; done
  i=$(sed -n 's/^Icon=//p' "$f"); ls "$root"/usr/share/icons/hicolor/*/apps/"$i".* >/dev/null || fail "$f has no icon"
done
gzip -dc "$root"/usr/share/man/man1/mcp-companion.1.gz | grep -q '^\.SH COMMANDS' || fail "no manual"
bash -n "$root/usr/share/bash-completion/completions/mcp-companion" || fail "bash's completion"
(cd "$root" && md5sum --quiet -c var/lib/dpkg/info/mcp-companion.md5sums) || fail "sums"

pkg --remove mcp-companion
left=$(cd "$root" && find usr -type f -o -type l 2>/dev/null || true)
[ -z "$left" ] || fail "left behind: $left"
[ -s "$home/.config/mcp-companion/library.json" ] || fail "the account's own files went too"
echo "$(basename "$deb"): installed, used, removed; nothing left but the account's own files"
