#!/bin/bash
# Boots a Debian 12 container that has the two packages installed, and demands that ignited starts
# with it, commits a bundle dropped into the inbox, runs its unit, rolls a broken release back, brings
# the unit up again after a reboot in the middle of a trial, moves a database and a configuration and
# takes both back, and stops in time. It has no network, and leaves nothing running or mounted.
# usage: booted_container.sh DEBS CACHE
#   DEBS    what package_build.sh left
#   CACHE   keeps the bare system between runs
# Exit codes: 0 passed, 1 failed, 77 a container cannot start on this machine; the cause is printed.
set -euo pipefail

(($# == 2)) || { echo "usage: $0 DEBS CACHE" >&2; exit 2; }
debs=$(realpath "$1")
cache=$(realpath -m "$2")
mkdir -p "$cache"

say() { echo "$SECONDS s: $*"; }
skip() { echo "SKIPPED: $*"; exit 77; }
fail() {
  echo "FAILED: $*"
  if [[ -n ${leader-} ]]; then inside journalctl --no-pager --lines 60 --unit ignited || true; fi
  tail -n 20 "$work/log"
  exit 1
}

if ((EUID != 0)); then
  sudo -n true 2>/dev/null || skip "starting a container needs root, or sudo without a password"
  exec sudo -n "$0" "$debs" "$cache"
fi
for program in mmdebstrap systemd-nspawn nsenter; do
  command -v "$program" >/dev/null || skip "$program is not installed; script/bootstrap does that"
done
[[ -e /proc/self/ns/mnt ]] || skip "/proc is not mounted"

work=$(mktemp -d /var/tmp/ignite-container.XXXXXX)
probe=$work/probe
machine=${work##*/}
groups=()
nspawn=
leader=
inside() { nsenter --target "$leader" --all -- "$@"; }
property() { inside systemctl show --property "$1" --value ignited; }

clean_up() {
  if [[ -n $nspawn ]] && kill -0 "$nspawn" 2>/dev/null; then
    [[ -z $leader ]] || kill -KILL "$leader" 2>/dev/null || true
    kill "$nspawn" 2>/dev/null || true
    wait "$nspawn" 2>/dev/null || true
  fi
  local group
  for group in "${groups[@]}"; do
    find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  done
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# --- The bare system, with what the packages depend on; made once, then unpacked for each run.
include=$(
  {
    echo dbus,systemd,systemd-sysv
    for deb in "$debs"/ignite-{agent,pack}_*.deb; do dpkg-deb -f "$deb" Depends; done
  } | tr ',' '\n' | sed -E 's/^ *([a-z0-9.+-]+).*/\1/' | sort -u | paste -sd,
)
system=$cache/bookworm-$(sha256sum <<<"$include" | cut -c1-12).tar
if [[ ! -e $system ]]; then
  say "making $system with $include"
  mmdebstrap --quiet --mode=root --variant=minbase --include="$include" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    bookworm "$system.new.tar"
  mv "$system.new.tar" "$system"
fi
mkdir "$probe"
tar -x --numeric-owner -C "$probe" -f "$system"

# --- The probe: our packages, a configuration, and a first release built by the packaged
# ignite-pack.
mkdir -p "$probe/root/release"
cp "$debs"/ignite-{agent,pack}_*.deb "$probe/root"
chroot "$probe" sh -c 'dpkg --install /root/*.deb' >"$work/log" 2>&1 ||
  fail "the packages do not install"
chroot "$probe" id ignite-config >"$work/log" 2>&1 || fail "the package makes no ignite-config"

mkdir -p "$probe/etc/ignite"
cat >"$probe/etc/ignite/agent.ini" <<'INI'
[probe]
product = netprobe
compatible = netprobe-x86_64

[policy]
trial = 1s

[services]
backend = systemd
INI
release() {  # VERSION COUNTER PROGRAM: a tree with the unit web.service, which runs the program
  local folder=$probe/root/release/$1
  mkdir -p "$folder/tree/systemd"
  echo "release $1" >"$folder/tree/index.html"
  printf '[Unit]\nDescription=web %s\n[Service]\nExecStart=%s\n' "$1" "$3" \
    >"$folder/tree/systemd/web.service"
  sed "s/VERSION/$1/; s/COUNTER/$2/" "$probe/root/release/recipe.ini.in" >"$folder/recipe.ini"
  # TMPDIR of the test is a folder out here.
  chroot "$probe" env --unset=TMPDIR ignite-pack build "/root/release/$1/recipe.ini" \
    --sign /root/release/release.key --recipient /root/release/probe.pub -o "/root/web-$1.ignite" \
    >"$work/log" 2>&1 || fail "ignite-pack builds no bundle"
}
cat >"$probe/root/release/recipe.ini.in" <<'INI'
[bundle]
kind = product
product = netprobe
version = VERSION
counter = COUNTER
epoch = 1
compatible = netprobe-x86_64

[payload web]
type = tree
component = app/web
source = tree
path = /opt/netprobe/web
units = systemd/web.service

[health web]
type = unit
unit = web.service
timeout = 3s
INI
chroot "$probe" sh -e -c '
  cd /root/release
  ignite-pack keygen --role release -o release
  ignite-pack keygen --identity -o probe
  ignite-pack keyring --role release=release.pub -o /etc/ignite/keyring.json
  install -m 0600 probe.key /etc/ignite/identity.key' >"$work/log" 2>&1 ||
  fail "ignite-pack makes no keys"
release 1.0.0 1 '/bin/sleep infinity'
release 2.0.0 2 /bin/false
release 3.0.0 3 '/bin/sleep infinity'

# --- Releases with a database and a configuration: each has a step by SQL, one by a program and one
# of the configuration more than the one before it. The programs leave who they were.
cat >>"$probe/root/release/recipe.ini.in" <<'INI'

[payload schema]
type = migrations
component = data/main
source = sql
database = sqlite:/var/lib/netprobe/main.db
units = web.service

[payload settings]
type = config
component = config/probe
source = config
path = /etc/netprobe
INI
with_data() {  # VERSION COUNTER PROGRAM STEPS
  local folder=$probe/root/release/$1 step
  mkdir -p "$folder"/{sql,config}
  printf '#!/bin/sh\nset -e\nid -un >made-by\n' >"$folder/config/generate"
  for ((step = 1; step <= $4; step++)); do
    echo "CREATE TABLE t$step (a TEXT);" >"$folder/sql/$((2 * step - 1))_table.up.sql"
    echo "DROP TABLE t$step;" >"$folder/sql/$((2 * step - 1))_table.down.sql"
    printf '#!/bin/sh\nid -un >"$IGNITE_DATABASE.by-%s"\n' "$step" >"$folder/sql/$((2 * step))_file.up"
    printf '#!/bin/sh\nset -e\nid -un >step-%s\n' "$step" >"$folder/config/${step}_more.up"
    printf '#!/bin/sh\nset -e\nrm step-%s\n' "$step" >"$folder/config/${step}_more.down"
  done
  chmod 0755 "$folder"/config/* "$folder"/sql/*_file.*
  release "$1" "$2" "$3"
}
with_data 4.0.0 4 '/bin/sleep infinity' 1
with_data 5.0.0 5 /bin/false 2
with_data 6.0.0 6 '/bin/sleep infinity' 3
chroot "$probe" install -d -o games -g games /var/lib/netprobe

# --- Boot. Where systemd runs the machine it makes the container's control groups, elsewhere we do.
spawn=(systemd-nspawn --quiet --boot --directory="$probe" --machine="$machine" --register=no
  --private-network --link-journal=no --resolv-conf=off --timezone=off --console=pipe)
if [[ ! -d /run/systemd/system ]]; then
  spawn+=(--keep-unit)
  for hierarchy in /sys/fs/cgroup{,/systemd,/unified}; do
    [[ -e $hierarchy/cgroup.procs ]] || continue
    mkdir "$hierarchy/$machine" 2>/dev/null || skip "$hierarchy is read-only"
    groups+=("$hierarchy/$machine")
  done
  ((${#groups[@]})) || skip "no control groups are mounted"
fi
boot() {
  (
    for group in "${groups[@]}"; do echo "$BASHPID" >"$group/cgroup.procs"; done
    exec "${spawn[@]}" systemd.show_status=0 </dev/null >"$work/log" 2>&1
  ) &
  nspawn=$!
  leader=
  for ((i = 0; i < 600; i++)); do
    if ! kill -0 "$nspawn" 2>/dev/null; then
      nspawn=
      skip "systemd-nspawn cannot start here: $(tail -n 1 "$work/log")"
    fi
    read -r leader _ <"/proc/$nspawn/task/$nspawn/children" || true
    if [[ -n $leader ]]; then
      case $(inside systemctl is-system-running 2>/dev/null || true) in
        running | degraded) say "booted"; return ;;
      esac
    fi
    sleep 0.1
  done
  fail "the container has not booted within 60 s"
}

# Waits for the end of the container, which must be of this code: 0 powered off, 133 rebooting.
await_end() {
  local code=0
  for ((i = 0; i < 300; i++)); do kill -0 "$nspawn" 2>/dev/null || break; sleep 0.1; done
  kill -0 "$nspawn" 2>/dev/null && fail "the container does not end"
  wait "$nspawn" || code=$?
  nspawn=
  ((code == $1)) || fail "systemd-nspawn ended with $code instead of $1"
}

boot

# --- The daemon runs, and does its work.
complaints=$(inside systemd-analyze verify --man=no ignited.service ignite-recover.service \
  ignite-apps.target 2>&1) || true
[[ -z $complaints ]] || fail "systemd-analyze verify: $complaints"
complaints=$(inside systemd-tmpfiles --create ignite-agent.conf 2>&1) || true
[[ -z $complaints ]] || fail "systemd-tmpfiles: $complaints"
[[ $(property ActiveState) == active ]] || fail "ignited is not active"
say "ignited is active"

read_outcome() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["outcome"] or "")' "$status"
}
# Drops a release into the inbox and demands this outcome.
upload() {  # VERSION OUTCOME
  local outcome=
  inside cp "/root/web-$1.ignite" /srv/ignite/inbox/
  status=$probe/srv/ignite/outbox/web-$1.ignite.status.json
  for ((i = 0; i < 600; i++)); do
    if [[ -e $status ]]; then
      outcome=$(read_outcome)
      [[ -z $outcome ]] || break
    fi
    sleep 0.1
  done
  [[ $outcome == "$2" ]] || fail "the outcome of $1 is '$outcome': $(cat "$status" 2>&1)"
}
# The live tree, the unit and the record are all of this version.
runs() {
  [[ $(inside cat /opt/netprobe/web/current/index.html) == "release $1" ]] ||
    fail "the live tree is not that of $1"
  [[ $(inside systemctl is-active web.service) == active ]] || fail "web.service does not run"
  [[ $(inside systemctl show --property Description --value web.service) == "web $1" ]] ||
    fail "systemd has another web.service"
  inside ignite status --json | VERSION=$1 python3 -c '
import json, os, sys
assert json.load(sys.stdin)["deployment"]["components"]["app/web"] == os.environ["VERSION"]' ||
    fail "ignite status does not know $1"
}
upload 1.0.0 committed
runs 1.0.0
say "a release is committed, and its unit runs"
upload 2.0.0 rolled-back
runs 1.0.0
say "a release whose unit does not stay up is rolled back"

# --- A reboot in the middle of a trial: the unit waits for the recovery, then the trial goes on.
inside sed -i 's/^trial = .*/trial = 300s/' /etc/ignite/agent.ini
inside systemctl restart ignited
inside cp /root/web-3.0.0.ignite /srv/ignite/inbox/
state() {
  inside ignite status --json | python3 -c '
import json, sys
print((json.load(sys.stdin)["transaction"] or {}).get("state", ""))'
}
for ((i = 0; i < 300; i++)); do [[ $(state) != trial ]] || break; sleep 0.1; done
[[ $(state) == trial ]] || fail "3.0.0 is not on trial"
inside systemctl reboot
await_end 133
sed -i 's/^trial = .*/trial = 1s/' "$probe/etc/ignite/agent.ini"
boot
for ((i = 0; i < 600; i++)); do [[ -n $(state) ]] || break; sleep 0.1; done
runs 3.0.0
recovered=$(inside systemctl show --property ExecMainExitTimestampMonotonic --value ignite-recover)
started=$(inside systemctl show --property ExecMainStartTimestampMonotonic --value web.service)
((recovered > 0 && started > recovered)) || fail "web.service started before the recovery ended"
inside systemctl is-active --quiet ignite-apps.target || fail "ignite-apps.target is not active"
say "after the reboot the trial went on and was committed"

# --- A database and a configuration, in the sandbox of the service.
tables() {
  python3 -c '
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT name FROM sqlite_schema WHERE name LIKE \"t_\" ORDER BY 1")
print(*(row[0] for row in rows))' "$probe/var/lib/netprobe/main.db"
}
has() {  # TABLES STEPS
  [[ $(tables) == "$1" ]] || fail "the database has the tables '$(tables)' instead of '$1'"
  local live
  live=$(inside sh -c 'cd /etc/netprobe/current && ls -m')
  [[ $live == "$2" ]] || fail "the configuration has '$live' instead of '$2'"
}
upload 4.0.0 committed
runs 4.0.0
has t1 'made-by'
[[ $(inside cat /etc/netprobe/current/made-by) == ignite-config ]] ||
  fail "programs of the configuration run as $(inside cat /etc/netprobe/current/made-by)"
[[ $(inside cat /var/lib/netprobe/main.db.by-1) == games ]] ||
  fail "programs of the database run as $(inside cat /var/lib/netprobe/main.db.by-1)"
[[ $(inside stat -c %U /var/lib/netprobe/main.db) == games ]] || fail "the database is not its owner's"
upload 5.0.0 rolled-back
runs 4.0.0
has t1 'made-by'
say "a database and a configuration were made, moved, and taken back after a failed trial"
upload 6.0.0 committed
runs 6.0.0
has 't1 t2 t3' 'made-by, step-2, step-3'
say "both were moved"

# --- One that hangs is ended and started anew.
[[ $(property NRestarts) == 0 ]] || fail "ignited was restarted"
inside sh -c 'mkdir /run/systemd/system/ignited.service.d &&
  printf "[Service]\nWatchdogSec=2s\nRestartSec=0\n" >/run/systemd/system/ignited.service.d/watchdog.conf &&
  systemctl daemon-reload && systemctl restart ignited'
sleep 5
[[ $(property NRestarts) == 0 ]] || fail "the watchdog ends an ignited that lives"
inside sh -c 'kill -STOP $(systemctl show --property MainPID --value ignited)'
for ((i = 0; i < 200; i++)); do [[ $(property NRestarts) == 0 ]] || break; sleep 0.1; done
[[ $(property NRestarts) == 1 ]] || fail "ignited hangs, and nobody minds"
for ((i = 0; i < 100; i++)); do [[ $(property ActiveState) != active ]] || break; sleep 0.1; done
say "an ignited that hung was started anew"

# --- It stops in time, of itself, and without a configuration it is no failure.
before=$SECONDS
inside systemctl stop ignited
((SECONDS - before < 10)) || fail "ignited took $((SECONDS - before)) s to stop"
[[ $(property Result) == success ]] || fail "ignited did not end well"
inside rm /etc/ignite/agent.ini
inside systemctl start ignited
[[ $(property ActiveState) == inactive ]] || fail "ignited without agent.ini is not just inactive"
say "ignited stopped"

inside systemctl poweroff
await_end 0
say "passed"
