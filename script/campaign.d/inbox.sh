#!/bin/bash
# inbox [COUNT [SEED]]: a stranger does COUNT (100000) things to the inbox while good bundles come in
#
# In shares, each with a seed of its own. Without SEED it goes on after that of the last share.
set -euo pipefail
cd "$(dirname "$0")/../.."

state=build/campaign/inbox share=50000
mkdir -p "$state"
cmake --preset dev >/dev/null
cmake --build --preset dev --target ignite ignite-pack ignited >/dev/null

count=${1-100000} first=${2-$(cat "$state/next" 2>/dev/null || echo 1)}
shares=$(((count + share - 1) / share)) failures=0 tried=0 good=0 slowest=0
for ((seed = first; seed < first + shares; ++seed)); do
  log=$state/$seed.log
  IGNITE_BIN=build/dev/bin IGNITE_RACE_COUNT=$share IGNITE_RACE_SEED=$seed nice -n 19 \
    python3 tests/e2e/race_test.py >"$log" 2>&1 || true
  echo $((seed + 1)) >"$state/next"
  # "race: 50000 operations, 26000 done, 5 good bundles, the slowest in 4.7 s, ..."
  read -r operations bundles seconds < <(sed -nE \
    's/^race: ([0-9]+) operations, .*, ([0-9]+) good bundles, the slowest in ([0-9.]+) s.*/\1 \2 \3/p' \
    "$log") || operations=0 bundles=0 seconds=0
  tried=$((tried + operations)) good=$((good + bundles))
  slowest=$(printf '%s\n' "$slowest" "$seconds" | sort -g | tail -n 1)
  grep -q '^OK$' "$log" || { echo "inbox: FAILED: see $log" >&2 && ((++failures)); }
done
tests/crash/proof_row.py \
  "a stranger's operations in the inbox; $good good bundles committed, the slowest in $slowest s" \
  "$tried" "$failures" "script/campaign inbox $count $first"
((failures == 0))
