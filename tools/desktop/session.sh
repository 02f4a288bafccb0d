#!/bin/bash
# Runs a command inside a throw-away desktop: a home, a session bus, an unlocked
# keyring, a display with a window manager, and something that hosts tray icons.
# What it started is ended by pid when the command ends; its exit status is the
# command's.
#
#   tools/desktop/session.sh [options] -- COMMAND [ARG...]
#     --screen WxH    default 1280x800
#     --tray host     a tray host without a panel: tools/trayhost (default)
#     --tray panel    xfce4-panel, its icons at the right of the bottom edge
#     --tray none     no tray host, as on a bare GNOME
#     --no-keyring    no keyring unlocked (an installed one still starts, locked,
#                     when somebody asks: see --bare-bus)
#     --bare-bus      a bus that starts nothing by itself: with --no-keyring there
#                     is no Secret Service at all (not with --tray panel)
#     --no-display    bus and keyring only
#     --notify        dunst shows notifications
#
# The bus is reachable at /run/user/UID/bus too, while that path is free: a client
# that strips its servers' environment leaves them nothing else to find it by.
# Packages: tools/install.sh test; for --tray panel and --notify: xfce4-panel
# xfconf dunst.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
screen=1280x800 tray=host keyring=1 display=1 notify=0 bare=0
while [ $# -gt 0 ]; do
  case $1 in
    --screen) screen=$2; shift 2 ;;
    --tray) tray=$2; shift 2 ;;
    --no-keyring) keyring=0; shift ;;
    --bare-bus) bare=1; shift ;;
    --no-display) display=0; shift ;;
    --notify) notify=1; shift ;;
    --) shift; break ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { echo "usage: session.sh [options] -- COMMAND [ARG...]" >&2; exit 2; }

pids=() links=() made=
finish() { # newest first
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done
  for p in ${pids[@]+"${pids[@]}"}; do wait "$p" 2>/dev/null; done
  for l in ${links[@]+"${links[@]}"}; do rm -f "$l"; done
  [ -z "$made" ] || rmdir "$made" 2>/dev/null
  rm -rf "$tmp"
}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/desktop-session.XXXXXX") && chmod 700 "$tmp" || exit 70
trap finish EXIT
trap 'exit 143' INT TERM HUP

start() { # NAME COMMAND...: in the background, its words in NAME.log
  local name=$1; shift
  "$@" >"$tmp/$name.log" 2>&1 &
  pids+=($!)
}
fail() { # NAME: what it said, and the end
  echo "session: $1 did not start" >&2; cat "$tmp/$1.log" >&2; exit 71
}

trayhost=${TRAYHOST:-$root/bin/trayhost}
if [ "$tray" = host ] && [ -z "${TRAYHOST:-}" ]; then
  (cd "$root" && CGO_ENABLED=0 go build -o "$trayhost" ./tools/trayhost) || exit 70
fi

# A home of its own: no settings, keyrings or locks of the user's are touched.
# Go keeps its caches, or every build in here would be a cold one.
if command -v go >/dev/null; then
  GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE) GOPATH=$(go env GOPATH)
  export GOCACHE GOMODCACHE GOPATH
fi
export HOME="$tmp/home" XDG_RUNTIME_DIR="$tmp/run"
export XDG_CONFIG_HOME="$HOME/.config" XDG_DATA_HOME="$HOME/.local/share" \
  XDG_CACHE_HOME="$HOME/.cache" XDG_STATE_HOME="$HOME/.local/state"
mkdir -p "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" "$XDG_CACHE_HOME" "$XDG_STATE_HOME" "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
export LANG="${LANG_UNDER_TEST:-C.UTF-8}" LIBGL_ALWAYS_SOFTWARE=1 GTK_A11Y=none NO_AT_BRIDGE=1
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS DISPLAY MCP_COMPANION_HOME MCP_COMPANION_SECRETS

start_bus() {
  local how=(--session --address="unix:path=$XDG_RUNTIME_DIR/bus")
  if [ $bare = 1 ]; then
    cat >"$tmp/bus.conf" <<B
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=$XDG_RUNTIME_DIR/bus</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
B
    how=(--config-file="$tmp/bus.conf")
  fi
  start bus dbus-daemon "${how[@]}" --nofork --nopidfile
  export DBUS_SESSION_BUS_ADDRESS="unix:path=$XDG_RUNTIME_DIR/bus"
  wait_for owns org.freedesktop.DBus || fail bus
}

owns() {
  dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \
    org.freedesktop.DBus.NameHasOwner "string:$1" 2>/dev/null | grep -q 'boolean true'
}
wait_for() { # COMMAND...: the daemons are ready a moment after they start
  for _ in $(seq 200); do "$@" && return 0; sleep 0.05; done
  return 1
}

# link_bus puts the bus at its standard address and takes it away at the end. A
# link left by a session that was killed is replaced.
link_bus() {
  local dir=/run/user/$(id -u)
  local link=$dir/bus
  if [ ! -d "$dir" ] && mkdir -m 700 -p "$dir" 2>/dev/null; then made=$dir; fi
  if [ -L "$link" ] && ! [ -S "$link" ]; then rm -f "$link" 2>/dev/null; fi
  if ln -s "$XDG_RUNTIME_DIR/bus" "$link" 2>/dev/null; then
    links+=("$link")
  else
    echo "session: the bus is not at $link: that is taken" >&2
  fi
}

start_display() {
  mkfifo "$tmp/display"
  Xvfb -displayfd 3 -screen 0 "${screen}x24" -nolisten tcp -noreset 3>"$tmp/display" >"$tmp/xvfb.log" 2>&1 &
  pids+=($!)
  local n
  read -r -t 20 n <"$tmp/display" || fail xvfb
  export DISPLAY=":$n"
  # For what the bus starts: prompts, portals.
  dbus-update-activation-environment DISPLAY HOME XDG_RUNTIME_DIR
  start openbox openbox
}

start_keyring() {
  # A new login keyring is made with, and unlocked by, the password on stdin.
  printf 'test-password' |
    gnome-keyring-daemon --foreground --unlock --components=secrets >"$tmp/keyring.log" 2>&1 &
  pids+=($!)
  wait_for owns org.freedesktop.secrets || fail keyring
}

start_panel() {
  local dir="$XDG_CONFIG_HOME/xfce4/xfconf/xfce-perchannel-xml"
  mkdir -p "$dir"
  cat >"$dir/xfce4-panel.xml" <<'X'
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=10;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="icon-size" type="uint" value="24"/>
      <property name="size" type="uint" value="36"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/><value type="int" value="2"/><value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator"><property name="expand" type="bool" value="true"/><property name="style" type="uint" value="0"/></property>
    <property name="plugin-3" type="string" value="systray"><property name="square-icons" type="bool" value="true"/></property>
  </property>
</channel>
X
  start panel xfce4-panel --disable-wm-check
}

start_bus
link_bus
[ $display = 0 ] || start_display
[ $keyring = 0 ] || start_keyring
case $tray in
  host) start trayhost "$trayhost" serve; wait_for owns org.kde.StatusNotifierWatcher || fail trayhost ;;
  panel) start_panel; wait_for owns org.kde.StatusNotifierWatcher || fail panel ;;
esac
[ $notify = 0 ] || start dunst dunst

# Not exec: the trap ends what was started.
"$@"
