#!/bin/bash
# agreement [COUNT SEED]: two readers judge COUNT (100000) random bundles, made from SEED (1)
#
# In shares of 5000, each with a seed of its own and so with other keys; the output names the seed of
# every share, and `tests/reader/agreement.py ORACLE 5000 SEED` repeats one.
set -euo pipefail
cd "$(dirname "$0")/../.."

count=${1-100000} seed=${2-1}
share=5000
oracle=build/dev/tests/ignite-format-oracle
[[ -d build/dev ]] || cmake --preset dev >/dev/null
cmake --build --preset dev --target ignite-format-oracle >/dev/null

accepted=0 refused=0 disagreements=0
for ((left = count; left > 0; left -= share, ++seed)); do
  status=0
  output=$(nice /usr/bin/python3 tests/reader/agreement.py "$oracle" \
    $((left < share ? left : share)) "$seed") || status=$?
  tail -n 1 <<<"$output"
  # Disagreements, or sound bundles that were refused: all there is to say of them.
  ((status == 0)) || echo "$output"
  while read -r _ verdict times _; do
    case $verdict in
      accepted) accepted=$((accepted + times)) ;;
      refused) refused=$((refused + times)) ;;
    esac
  done <<<"$output"
  found=$(sed -n 's/^[0-9]* bundles, \([0-9]*\) disagreements.*/\1/p' <<<"$output")
  disagreements=$((disagreements + found))
  ((status == 0)) || failed=yes
done
echo "agreement: $count bundles, $accepted accepted, $refused refused by ignite," \
  "$disagreements disagreements"
[[ -z ${failed-} ]]
