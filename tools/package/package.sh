#!/bin/bash
# Makes what people install, into dist/:
#
#   mcp-companion_VERSION_ARCH.deb          Debian and Ubuntu (needs dpkg-deb)
#   mcp-companion-VERSION-windows-amd64.zip the programs with icon and manifest; the
#                                           window only where a compiler for it is here
#   MCP Companion.app                       the bundle, with what was built on macOS
#
#   tools/package/package.sh [deb] [windows] [macos]    default: what this system can
set -eu
cd "$(dirname "$0")/../.."
root=$PWD here=$PWD/tools/package dist=$PWD/dist
version=$(sed -n 's/^Version = "\(.*\)"/\1/p' FyneApp.toml)
build=$(sed -n 's/^Build = \(.*\)/\1/p' FyneApp.toml)
mkdir -p "$dist"
say() { echo "package: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

icons=
icons() {
  [ -z "$icons" ] || return 0
  icons=$(mktemp -d)
  go run "$here/icons" assets/icons/app.png "$icons"
}

deb() {
  local arch to size
  arch=$(dpkg --print-architecture)
  to=$(mktemp -d)
  make -s build
  install -D -m 755 -t "$to/usr/bin" bin/mcp-companion bin/mcp-companion-window
  install -D -m 644 "$here/mcp-companion.desktop" "$to/usr/share/applications/app.mcpcompanion.MCPCompanion.desktop"
  install -D -m 644 assets/icons/app.png "$to/usr/share/icons/hicolor/512x512/apps/mcp-companion.png"
  install -D -m 644 assets/icons/app.svg "$to/usr/share/icons/hicolor/scalable/apps/mcp-companion.svg"
  install -D -m 644 LICENSE "$to/usr/share/doc/mcp-companion/copyright"
  mkdir -p "$to/usr/share/man/man1" "$to/usr/share/bash-completion/completions" "$to/usr/share/zsh/vendor-completions" "$to/usr/share/fish/vendor_completions.d"
  LC_ALL=C bin/mcp-companion man | gzip -9n >"$to/usr/share/man/man1/mcp-companion.1.gz"
  bin/mcp-companion completion bash >"$to/usr/share/bash-completion/completions/mcp-companion"
  bin/mcp-companion completion zsh >"$to/usr/share/zsh/vendor-completions/_mcp-companion"
  bin/mcp-companion completion fish >"$to/usr/share/fish/vendor_completions.d/mcp-companion.fish"
  size=$(du -sk "$to" | cut -f1)
  mkdir "$to/DEBIAN"
  cat >"$to/DEBIAN/control" <<C
Package: mcp-companion
Version: $version
Architecture: $arch
Maintainer: MCP Companion <mcp-companion@localhost>
Installed-Size: $size
Section: utils
Priority: optional
Depends: libc6 (>= 2.34), libgl1, libx11-6, libxrandr2, libxxf86vm1, libxi6, libxcursor1, libxinerama1, libwayland-client0, libwayland-cursor0, libwayland-egl1, libxkbcommon0
Recommends: gnome-keyring | kwalletmanager | keepassxc, libgl1-mesa-dri, fonts-noto-core, fonts-noto-cjk, xdg-utils
Suggests: nodejs
Description: looks after the MCP servers of your AI apps
 An icon in the tray shows how the servers are; a window edits the AI apps'
 settings through forms; keys lie in the keychain and reach a server only when it
 is started. Every change can be taken back.
C
  # Only what clears away its own: settings of an account stay with the account.
  (cd "$to" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
  chmod -R g-w,o-w "$to"
  dpkg-deb --build --root-owner-group "$to" "$dist/mcp-companion_${version}_$arch.deb" >/dev/null
  rm -rf "$to"
  say "$dist/mcp-companion_${version}_$arch.deb"
}

windows() {
  local to=$dist/windows zip=$dist/mcp-companion-$version-windows-amd64.zip
  rm -rf "$to" "$zip"
  mkdir -p "$to"
  icons
  cp "$here/winres.json" "$icons/"
  go run github.com/tc-hib/go-winres@v0.3.3 make --in "$icons/winres.json" --arch amd64 --product-version "$version.0" --file-version "$version.0" --out "$root/rsrc" >&2
  trap 'rm -f "$root"/rsrc_windows_*.syso' RETURN
  local lean=(env CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build -tags headless)
  "${lean[@]}" -ldflags '-s -w' -o "$to/mcp-companion.exe" .
  "${lean[@]}" -ldflags '-s -w -H windowsgui' -o "$to/mcp-companion-tray.exe" .
  if has x86_64-w64-mingw32-gcc; then
    env CGO_ENABLED=1 GOOS=windows GOARCH=amd64 CC="clang --target=x86_64-w64-mingw32" \
      go build -ldflags '-s -w -H windowsgui -extld=x86_64-w64-mingw32-gcc' -o "$to/mcp-companion-window.exe" .
  else
    say "no x86_64-w64-mingw32-gcc: the zip is without the window"
  fi
  cp LICENSE README.md "$to/"
  (cd "$to" && if has zip; then zip -q -r "$zip" .; else go run "$here/zip" "$zip" .; fi)
  say "$zip"
}

macos() {
  local app="$dist/MCP Companion.app/Contents"
  rm -rf "$dist/MCP Companion.app"
  mkdir -p "$app/MacOS" "$app/Resources"
  sed -e "s/@VERSION@/$version/" -e "s/@BUILD@/$build/" "$here/Info.plist" >"$app/Info.plist"
  icons
  cp "$icons/app.icns" "$app/Resources/"
  if [ "$(uname -s)" = Darwin ]; then
    make -s build
    cp bin/mcp-companion bin/mcp-companion-window "$app/MacOS/"
  else
    say "the bundle is without its programs: they are built on macOS"
  fi
  say "$dist/MCP Companion.app"
}

[ $# -gt 0 ] || set -- $({ has dpkg-deb && echo deb; } || true) windows macos
for what in "$@"; do "$what"; done
[ -z "$icons" ] || rm -rf "$icons"
