#!/bin/bash
# corpus [TARGET...]: takes into the corpora in git, minimised, what the fuzz campaign found to add coverage
set -euo pipefail

corpus=tests/fuzz/corpus
work=build/fuzz-work
export TMPDIR=${TMPDIR-/dev/shm}
targets=("$@")
if ((${#targets[@]} == 0)); then
  mapfile -t targets < <(cd build/fuzz/tests/fuzz && ls -d fuzz-* | sed 's/^fuzz-//')
fi
for target in "${targets[@]}"; do
  merged=$work/$target/merged
  rm -rf "$merged"
  mkdir -p "$merged" "$corpus/$target" "$work/$target/new" "$work/seeds/$target"
  # Inputs with a name of their own tell of a fault that was found, and stay.
  find "$corpus/$target" -type f -regextype egrep -not -regex '.*/[0-9a-f]{40}' -exec cp -t "$merged" {} +
  nice -n 19 "build/fuzz/tests/fuzz/fuzz-$target" -merge=1 -timeout=20 "$merged" \
    "$corpus/$target" "$work/$target/new" "$work/seeds/$target" >"$work/$target/merge.log" 2>&1
  rm -rf "${corpus:?}/$target"
  mv "$merged" "$corpus/$target"
  echo "$target: $(find "$corpus/$target" -type f | wc -l) inputs, $(du -sk --apparent-size "$corpus/$target" | cut -f 1) KiB"
done
