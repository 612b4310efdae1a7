#!/bin/bash
# soak [CYCLES]: installs and rolls back so many times (1000, at least 60), and a tenth of it through the inbox
set -euo pipefail
cd "$(dirname "$0")/../.."

state=build/campaign/soak
mkdir -p "$state"
cmake --preset dev >/dev/null
cmake --build --preset dev --target ignite ignite-pack ignited >/dev/null

cycles=${1-1000} failures=0
# The daemon waits for each upload to rest, so both at once.
for test in test_the_command_line test_the_inbox; do
  IGNITE_BIN=build/dev/bin IGNITE_SOAK_CYCLES=$cycles nice -n 19 \
    python3 tests/crash/soak_test.py SoakTest.$test >"$state/$test.log" 2>&1 &
done
wait
for log in "$state"/test_*.log; do
  grep 'soak: ' "$log" || true
  grep -q '^OK$' "$log" || ((++failures))
done
tests/crash/proof_row.py \
  "soak; the $(sed -n 's/.*\(journal has .*\)/\1/p' "$state"/test_the_command_line.log)" \
  "$cycles cycles, and $((cycles / 10)) by inbox" "$failures" "script/campaign soak $cycles"
((failures == 0)) || { echo "soak: FAILED: see $state" >&2; exit 1; }
