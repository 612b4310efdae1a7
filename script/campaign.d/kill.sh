#!/bin/bash
# kill [postgresql] [FIRST COUNT]: kills ignite at system calls: COUNT (10) hundredths of all points, from the FIRST on
#
# With 'postgresql' the stories that have a database, with a server, which is killed as well. Without FIRST it goes on
# where the last run ended. Only runs that were really killed are counted.
set -euo pipefail
cd "$(dirname "$0")/../.."

test=kill_test stories_of_all=17 command='script/campaign kill' what='killed at a system call, then recovered'
if [[ ${1-} == postgresql ]]; then
  shift
  test=postgresql_kill_test stories_of_all=9 command+=' postgresql'
  what='with PostgreSQL: ignite killed at a system call, or the server killed or stopped, then recovered'
fi
state=build/campaign/$test
mkdir -p "$state"
cmake --preset dev >/dev/null
cmake --build --preset dev --target ignite ignite-pack >/dev/null

first=${1-$(cat "$state/next" 2>/dev/null || echo 1)} count=${2-10}
points=0 failures=0 done=0
# What ran counts, also when it is cut off.
report() {
  ((done > 0)) || return 0
  nice tests/crash/proof_row.py "$what" "$points" "$failures" "$command $first $done"
}
trap report EXIT
trap 'exit 130' INT TERM
for ((share = first; share < first + count; ++share)); do
  log=$state/$share.log
  IGNITE_BIN=build/dev/bin IGNITE_KILL_POINTS=all IGNITE_KILL_SEED=$share \
    IGNITE_KILL_SHARE=$(((share - 1) % 100 + 1))/100 \
    nice -n 19 python3 "tests/crash/$test.py" -k test_kill >"$log" 2>&1 || true
  # "install: 12 of 13 points, 0 problems, seed 3"; a line of each of the stories.
  read -r stories killed problems < <(sed -nE \
    's/^\.*F*([a-z]+): ([0-9]+) of [0-9]+ points, ([0-9]+) problems.*/\2 \3/p' "$log" |
    awk '{ k += $1; p += $2 } END { print NR, k + 0, p + 0 }')
  if ((stories != stories_of_all)); then
    echo "kill: share $share did not run to its end: see $log" >&2
    exit 1
  fi
  ((points += killed, failures += problems, done += 1)) || true
  echo $((share + 1)) >"$state/next"
  echo "share $share: $killed killed, $problems failures"
done
((failures == 0))
