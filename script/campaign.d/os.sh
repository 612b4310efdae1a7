#!/bin/bash
# os [COUNT [SEED]]: cuts the power of a box in QEMU COUNT (50) times while it updates its system
#
# Without SEED it goes on where the last run ended. Disks that failed are kept.
set -euo pipefail
cd "$(dirname "$0")/../.."

state=build/campaign/os
mkdir -p "$state"
count=${1-50} seed=${2-$(cat "$state/next" 2>/dev/null || echo 1)}
if [[ -z ${IGNITE_PACKAGES-} ]]; then
  cmake --preset packages >/dev/null
  ctest --test-dir build/packages --output-on-failure --tests-regex package_build
  export IGNITE_PACKAGES=build/packages/packages
fi
log=$state/$seed.log
# What ran counts, also when it is cut off.
report() {
  local cuts problems
  # "os: 12 cuts, 5 ended on the old release, 7 on the new one, 0 problems"
  read -r cuts problems < <(sed -nE 's/^os: ([0-9]+) cuts, .* ([0-9]+) problems$/\1 \2/p' "$log" | tail -n 1) ||
    return 0
  echo $((seed + cuts)) >"$state/next"
  tests/crash/proof_row.py 'power cut of a box in QEMU during an update of its system, then booted' \
    "$cuts" "$problems" "script/campaign os $cuts $seed"
}
trap report EXIT
trap 'exit 130' INT TERM
nice -n 19 python3 tests/os/power.py "$count" "$seed" 2>&1 | tee "$log"
