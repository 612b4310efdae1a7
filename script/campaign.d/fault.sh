#!/bin/bash
# fault SHARES: the fault seam, so many of its 61 shares, on from the last one that was run
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=script/campaign.d/simulation.bash
. script/campaign.d/simulation.bash

shares=${1:?how many shares}
step=61
simulation_build
first=$(state_of fault)
errors=0 deaths=0
for ((done = 0; done < shares; ++done)); do
  share=$(((first + done) % step))
  output=$(nice -n 19 "$program" seam "$share" "$step") || {
    echo "$output"
    tests/crash/proof_row.py "every call of fixed stories fails in turn, simulated" "share $share of $step" 1 "ignite-simulation seam $share $step"
    exit 1
  }
  [[ $output =~ ^([0-9]+)\ errors,\ ([0-9]+)\ deaths ]]
  errors=$((errors + BASH_REMATCH[1]))
  deaths=$((deaths + BASH_REMATCH[2]))
  set_state fault "$((first + done + 1))"
done
tests/crash/proof_row.py "every call of fixed stories fails in turn, alone and with a second one in the recovery, simulated" \
  "$errors errors, $deaths deaths" 0 "script/campaign fault $shares"
