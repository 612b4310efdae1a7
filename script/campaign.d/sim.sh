#!/bin/bash
# sim RUNS: stories of the simulated probe, on from the last seed that was run
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=script/campaign.d/simulation.bash
. script/campaign.d/simulation.bash

runs=${1:?how many stories}
simulation_build
first=$(state_of sim)
share=5000  # So many at a time: an interrupted campaign goes on behind the last share.
for ((done = 0; done < runs; done += share)); do
  count=$((runs - done < share ? runs - done : share))
  output=$(nice -n 19 "$program" "$((first + done))" "$count") || {
    echo "$output"
    tests/crash/proof_row.py "stories, simulated" "seeds $first to $((first + done + count - 1))" 1 "ignite-simulation $((first + done)) $count"
    exit 1
  }
  set_state sim "$((first + done + count))"
done
tests/crash/proof_row.py "stories, simulated" "$runs, seeds $first to $((first + runs - 1))" 0 "script/campaign sim $runs"
