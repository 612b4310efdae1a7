#!/bin/bash
# usage: story.sh [--keep]
#
# The demonstration itself, after the build; script/demo calls it as root. A chapter is a function.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
bin=$repository/build/release/bin
servers=$repository/build/servers

. "$here/tell.sh"
. "$here/releases.sh"
. "$here/data.sh"
. "$here/probe.sh"
. "$here/ftp.sh"
. "$here/outbox.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/ignite-demo.XXXXXX")
root=$work/probe
keep=${1-}

# end NAME PID: ends what was started in the background; 10 s is what ignited promises at most.
end() {
  [ -n "$2" ] || return 0
  kill -TERM "$2" 2> /dev/null || true
  for _ in $(seq 200); do
    kill -0 "$2" 2> /dev/null || return 0
    sleep 0.05
  done
  kill -KILL "$2"
  echo "script/demo: FAILED: $1 had to be killed" >&2
  return 1
}

clean_up() {
  local result=$?
  trap - EXIT
  trap '' HUP INT TERM
  stop_ftp || result=1
  stop_agent || result=1
  stop_web_server || result=1
  if [ "$keep" = --keep ]; then
    say "everything is in $work"
  else
    rm -rf "$work"
  fi
  exit "$result"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# listening PORT: whether someone does.
listening() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# free_port FROM: the first port from there on that nobody listens on.
free_port() {
  local port=$1
  while listening "$port"; do port=$((port + 1)); done
  echo "$port"
}

# shows VERSION: the web page must show it; says so.
shows() {
  page=$(served_page)
  expect 'the version that the web page shows' "$page" "netprobe $1"
}

# verdict BUNDLE OUTCOME: waits for it.
verdict() {
  local json
  watch "$1" is_final "$1"
  json=$(status "$1")
  expect "the outcome of $1 ($(field reason "$json"))" "$(field outcome "$json")" "$2"
}

# for_the_person BUNDLE: what support finds beside the upload.
for_the_person() {
  say "outbox/$1.status.txt says:"
  sed 's/^/      | /' "$root/srv/ignite/outbox/$1.status.txt"
}

prepare() {
  chapter "The release engineer makes keys and bundles, two of them bad"
  make_keys
  make_releases
  chapter "The probe starts: FTP on port $ftp_port, the web application on port $web_port"
  make_probe
  start_agent
  start_ftp
  say "the web page shows: $(served_page)"
}

first_release() {
  local start
  chapter "Release 1 is uploaded"
  start=$(now)
  upload release-1.ignite
  verdict release-1.ignite committed
  shows 1.0
  event commit committed "$start" "release 1" "the web page shows $page"

  watches router
  sed -i 's/60/30/' "$root/etc/netprobe/current/netprobe.conf"
  has_data '1|router' 'interval = 30'
  say "the customer has edited it: it was 60"
}

interrupted_upload() {
  local start resumed before
  chapter "The upload of release 2 breaks off half-way and is taken up again"
  start=$(now)
  upload_half release-2.ignite
  before=$(arrived release-2.ignite)
  say "the line broke after $(megabytes "$before")"
  shows 1.0
  say "the web page still shows $page"

  resumed=$(upload release-2.ignite --continue-at - --write-out '%{size_upload}')
  expect 'the number of bytes sent after the break' "$resumed" \
    "$(($(stat -c %s "$work/release/release-2.ignite") - before))"
  event resume resumed "$start" "upload of release 2" \
    "only the missing $(megabytes "$resumed") were sent"

  start=$(now)
  verdict release-2.ignite committed
  shows 2.0
  event commit committed "$start" "release 2" "the web page shows $page"
  has_data '1|router|161' 'interval_seconds = 30'
  watches switch
}

broken_release() {
  local start
  chapter "Release 3 is broken: its health check gets an error 500"
  start=$(now)
  upload release-3.ignite
  verdict release-3.ignite rolled-back
  shows 2.0
  for_the_person release-3.ignite
  has_data '1|router|161 2|switch|161' 'interval_seconds = 30'
  expect 'the table of release 3' "$(sql "SELECT name FROM sqlite_schema WHERE name = 'sites'")" ''
  event automatic-rollback 'rolled back' "$start" "release 3" "the web page shows $page"
}

# refusal BUNDLE TEXT
refusal() {
  local start
  start=$(now)
  upload "$1"
  verdict "$1" refused
  shows 2.0
  for_the_person "$1"
  event refusal refused "$start" "$2" "the web page shows $page"
}

refusals() {
  chapter "Release 4 arrives with one bit flipped"
  refusal damaged-4.ignite "release 4, damaged"
  chapter "Release 4 arrives, signed with a key that the probe does not know"
  refusal stranger-4.ignite "release 4, signed by a stranger"
}

manual_rollback() {
  local start
  chapter "The engineer on site goes back to release 1: ignite rollback --to 1"
  start=$(now)
  "$bin/ignite" --root "$root" rollback --to 1 < /dev/null || fail "ignite rollback: exit code $?"
  shows 1.0
  has_data '1|router 2|switch' 'interval = 30'
  event manual-rollback 'rolled back' "$start" "by hand to release 1" "the web page shows $page"
}

sum_up() {
  chapter "What the probe says: ignite status"
  "$bin/ignite" --root "$root" status < /dev/null || fail "ignite status: exit code $?"
  chapter "What happened to it: ignite history"
  "$bin/ignite" --root "$root" history < /dev/null || fail "ignite history: exit code $?"
  chapter "Summary"
  table
  echo
  count commit 2 "commits"
  count automatic-rollback 1 "automatic rollback"
  count resume 1 "resumed upload"
  count refusal 2 "refusals"
  count manual-rollback 1 "manual rollback"
}

story() {
  local start
  start=$(now)
  umask 022
  chmod 0755 "$work"
  mkdir -p "$work/log"
  ftp_port=$(free_port 2121)
  web_port=$(free_port 8080)

  prepare
  first_release
  interrupted_upload
  broken_release
  refusals
  manual_rollback
  sum_up
  printf '\nAll as it must be, in %s s.\n' "$(seconds_since "$start")"
}

story
