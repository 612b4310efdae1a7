#!/bin/bash
# power [COUNT [SEED]]: cuts the power COUNT (1000) times under each of ext4, xfs and btrfs, and more under databases
#
# Without SEED it takes the one after that of the last run. Disks that failed are kept.
set -euo pipefail
cd "$(dirname "$0")/../.."

state=build/campaign/power
mkdir -p "$state"
cmake --preset dev >/dev/null
cmake --build --preset dev --target ignite ignite-pack >/dev/null

count=${1-1000} seed=${2-$(cat "$state/next" 2>/dev/null || echo 1)}
echo $((seed + 1)) >"$state/next"
kinds=(ext4 xfs btrfs)
# They wait for mounts more than they compute.
for kind in "${kinds[@]}"; do
  for test in power_test postgresql_power_test; do
    IGNITE_BIN=build/dev/bin IGNITE_POWER_FS=$kind IGNITE_POWER_IMAGES=$count \
      IGNITE_POWER_SEED=$seed IGNITE_POWER_KEEP=$state/failed \
      nice -n 19 python3 "tests/crash/$test.py" || true
  done >"$state/$kind-$seed.log" 2>&1 &
done
wait

failed=
for kind in "${kinds[@]}"; do
  log=$state/$kind-$seed.log
  # "ext4: 1024 disks, 0 problems, seed 5", and the same of "ext4-data", "ext4-recovery" and "ext4-postgresql".
  read -r lines disks problems < <(sed -nE \
    "s/^\.*F*$kind(-[a-z]+)?: ([0-9]+) disks, ([0-9]+) problems.*/\2 \3/p" "$log" |
    awk '{ d += $1; p += $2 } END { print NR, d + 0, p + 0 }')
  if ((lines != 4)) || (($(grep -c '^OK$' "$log") != 2)); then
    echo "power: $kind FAILED: see $log" >&2
    failed=yes
  fi
  ((disks == 0)) || tests/crash/proof_row.py "power cut under $kind, then recovered" \
    "$disks" "$problems" "script/campaign power $count $seed"
done
[[ -z $failed ]]
