#!/bin/bash
# usage: apart.sh PROGRAM [ARGUMENT...]
#
# Runs PROGRAM in process and network namespaces of its own, as far as this machine allows: then the
# kernel ends whatever PROGRAM should leave running, and no port of the machine is touched. In a
# container or chroot that forbids it, PROGRAM simply runs as it is.
set -euo pipefail

allowed() { unshare "$@" 2> /dev/null; }

isolation=()
network=:
processes=(--pid --fork --kill-child)
if allowed "${processes[@]}" --mount-proc true; then
  isolation+=("${processes[@]}" --mount-proc)
elif allowed "${processes[@]}" true; then
  isolation+=("${processes[@]}")
fi
if allowed --net ip link set lo up; then
  isolation+=(--net)
  network='ip link set lo up'
fi
if [ ${#isolation[@]} -eq 0 ]; then exec "$@"; fi

# unshare holds signals back until its child has ended, so they are passed on from here, to a
# process group of its own.
set -m
unshare "${isolation[@]}" bash -c "$network && exec \"\$@\"" apart "$@" < /dev/null &
child=$!
trap 'kill -TERM -- "-$child"' HUP INT TERM
result=0
while kill -0 "$child" 2> /dev/null; do
  result=0
  wait "$child" || result=$?
done
exit "$result"
