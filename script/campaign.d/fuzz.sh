#!/bin/bash
# fuzz [SECONDS [TARGET...]]: runs each fuzz target for so many seconds (60), from its corpus
set -euo pipefail

seconds=${1-60}
shift $(($# > 0 ? 1 : 0))
corpus=tests/fuzz/corpus
work=build/fuzz-work
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target fuzz-targets

# The targets write journals and uploads, for each input anew.
if [[ -z ${TMPDIR-} && -w /dev/shm ]]; then
  TMPDIR=$(mktemp -d /dev/shm/ignite-fuzz.XXXXXX)
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
fi
mkdir -p "$work/seeds"
/usr/bin/python3 tests/fuzz/seeds.py "$work/seeds"

fuzz() {  # TARGET
  local target=$1 began=$SECONDS found
  local into=$work/$target
  mkdir -p "$into/new" "$into/found" "$into/earlier" "$corpus/$target" "$work/seeds/$target"
  # What an earlier run found is tried again, and found again where it was not mended.
  find "$into/found" -type f -exec mv -t "$into/earlier" {} +
  local options=(-artifact_prefix="$into/found/" -max_total_time="$seconds" -timeout=60 -report_slow_units=60
    -rss_limit_mb=2500 -print_final_stats=1 -verbosity=1)
  [[ ! -f tests/fuzz/$target.dict ]] || options+=(-dict="tests/fuzz/$target.dict")
  # The first folder takes what is new.
  nice -n 19 "build/fuzz/tests/fuzz/fuzz-$target" "${options[@]}" \
    "$into/new" "$into/earlier" "$corpus/$target" "$work/seeds/$target" >"$into/log" 2>&1 || true
  found=$(find "$into/found" -type f | head -n 1)
  printf '%-12s %12s executions in %4s s, %s, %s new inputs\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$into/log")" $((SECONDS - began)) \
    "$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$into/log" | tail -n 1)" \
    "$(sed -n 's/^stat::new_units_added: *//p' "$into/log")" | tee -a "$work/total"
  if [[ -n $found ]] || ! grep -q '^Done ' "$into/log"; then
    echo "$target FOUND something: ${found:-see $into/log}"
    grep -m 3 -E 'BROKEN PROMISE|ERROR:|runtime error' "$into/log" || true
    echo "  replay: build/fuzz/tests/fuzz/fuzz-$target $found"
    return 1
  fi
}
export -f fuzz
export seconds corpus work

targets=("$@")
if ((${#targets[@]} == 0)); then
  mapfile -t targets < <(cd build/fuzz/tests/fuzz && ls -d fuzz-* | sed 's/^fuzz-//')
fi
printf '%s\0' "${targets[@]}" |
  xargs -0 -n 1 -P "${IGNITE_JOBS-$(nproc)}" bash -c 'set -euo pipefail; fuzz "$1"' bash || {
  echo "fuzz: found something" >&2
  exit 1
}
awk '{ sum += $2 } END { printf "fuzz: nothing found; %d executions in all, earlier runs in this tree included\n", sum }' \
  "$work/total"
