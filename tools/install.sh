#!/bin/bash
# Installs what is missing of what the project needs, and says what it does.
#
#   tools/install.sh build        to build and run the app
#   tools/install.sh test         to build and to test
#   tools/install.sh acceptance   that, and the large real clients
#
# Debian and Ubuntu: with apt-get, as root or through sudo; nothing is asked of
# the network when nothing is missing. macOS: with Homebrew where it is there.
# Elsewhere it names what has to be brought.
set -eu
cd "$(dirname "$0")/.."

build="gcc libc6-dev pkg-config clang libgl1-mesa-dev libx11-dev libxcursor-dev libxrandr-dev
  libxinerama-dev libxi-dev libxxf86vm-dev libwayland-dev libxkbcommon-dev"
desktop="dbus xvfb openbox xdotool wmctrl imagemagick libgl1-mesa-dri
  gnome-keyring libsecret-tools fonts-dejavu-core"

say() { echo "install: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_packages() {
  local missing=()
  for p in "$@"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing+=("$p")
  done
  [ ${#missing[@]} = 0 ] && return
  say "apt-get install ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -qq
  as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Node by its command, not its package: it often comes from elsewhere.
install_node() {
  has node && has npm && has npx && return
  install_packages nodejs npm
}

# Real servers and clients, in the exact versions of tools/npm. Inspector 2 needs
# Node 22.19 or newer, Debian 12 has 18: on Linux that comes with the first folder.
install_npm() { # test|acceptance
  local from=tools/npm/$1/package.json to=.npm/$1
  cmp -s "$from" "$to/installed.json" && return
  say "npm install, into $to"
  mkdir -p "$to"
  cp "$from" "$to/package.json"
  npm install --loglevel=error --no-fund --no-audit --prefix "$to" >&2
  link_node "$to/node_modules"
  cp "$from" "$to/installed.json"
}

# npm up to 9 links no command that is called node.
link_node() { # DIR
  local n
  for n in "$1"/node-linux-*/bin/node; do
    [ ! -x "$n" ] || ln -sf "../${n#"$1"/}" "$1/.bin/node"
  done
}

need_go() {
  has go && return
  say "Go 1.26 or newer is needed (an older one, from 1.21 on, fetches it by itself): https://go.dev/dl"
  exit 1
}

on_debian() {
  case $1 in
    build) install_packages $build ;;
    test) install_packages $build $desktop; install_node; install_npm test ;;
    acceptance) on_debian test; install_npm acceptance ;;
  esac
}

on_mac() {
  xcode-select -p >/dev/null 2>&1 || { say "run: xcode-select --install"; exit 1; }
  [ "$1" = build ] && return
  has npm && return
  has brew || { say "Node is needed for the tests: https://nodejs.org"; exit 1; }
  say "brew install node"
  brew install node
}

what=${1:-}
case $what in
  build | test | acceptance) ;;
  *) echo "usage: tools/install.sh build|test|acceptance" >&2; exit 2 ;;
esac
need_go
case $(uname -s) in
  Linux)
    if has apt-get; then on_debian "$what"; else
      say "no apt-get here: bring the packages that Debian names" $build
      [ "$what" = build ] || say "and for the tests" $desktop nodejs npm
    fi ;;
  Darwin) on_mac "$what" ;;
  *) # Windows, from a shell such as Git's
    has gcc || has clang || { say "the window needs a C compiler (MSYS2: pacman -S mingw-w64-x86_64-gcc)"; exit 1; }
    [ "$what" = build ] || has npm || { say "Node is needed for the tests: https://nodejs.org"; exit 1; } ;;
esac
