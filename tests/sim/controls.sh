#!/bin/bash
# Every negative control - fakes with one safety taken out - must be found by the simulation within
# its first seeds: a test that cannot fail proves nothing.
# usage: controls.sh PROGRAM
set -euo pipefail
program=$1
seeds=10000
# Where a search that finds nothing for long begins: a seed that found it once.
declare -A begin=([no-sync-of-database-journal]=1020 [no-sync-of-database-folder]=316)

missed=0
for control in $("$program" controls); do
  printf '%s: ' "$control"
  "$program" "${begin[$control]-1}" "$seeds" "$control" | sed -n 1p || missed=$((missed + 1))
done
((missed == 0)) || { echo "$missed controls were not found" >&2; exit 1; }
