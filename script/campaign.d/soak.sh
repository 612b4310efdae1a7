#!/bin/bash
# soak [CYCLES]: installs and rolls back so many times (1000), and a tenth of that through the inbox
set -euo pipefail
cd "$(dirname "$0")/../.."

state=build/campaign/soak
mkdir -p "$state"
cmake --preset dev >/dev/null
cmake --build --preset dev --target ignite ignite-pack ignited >/dev/null

cycles=${1-1000} failures=0
IGNITE_BIN=build/dev/bin IGNITE_SOAK_CYCLES=$cycles \
  nice -n 19 python3 tests/crash/soak_test.py >"$state/log" 2>&1 || failures=1
grep 'soak: ' "$state/log" || true
tests/crash/proof_row.py \
  "soak; $(sed -n 's/.*\(journal has .*\)/\1/p' "$state/log" | head -n 1)" \
  "$cycles cycles, $((cycles / 10)) by inbox" "$failures" "script/campaign soak $cycles"
((failures == 0)) || { echo "soak: FAILED: see $state/log" >&2; exit 1; }
