#!/bin/bash
# tidy [PATTERN...]: clang-tidy over every source file, or over those whose path matches a pattern
set -euo pipefail

command -v clang-tidy-14 >/dev/null || {
  echo "tidy: clang-tidy-14 is not there; script/bootstrap installs it" >&2
  exit 1
}
# clang-tidy reads how each file is compiled from a configured build; nothing needs to be built.
cmake --preset tidy >/dev/null

patterns=("$@")
((${#patterns[@]})) || patterns=('')
mapfile -t files < <(
  for pattern in "${patterns[@]}"; do git ls-files -- '*.cc' | grep -E -- "$pattern" || true; done | sort -u
)
((${#files[@]})) || {
  echo "tidy: no source file matches ${patterns[*]}" >&2
  exit 2
}
echo "tidy: ${#files[@]} files"
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "${IGNITE_JOBS-$(nproc)}" clang-tidy-14 --quiet -p build/tidy 2> >(
    grep -vE '^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter' >&2 || true
  ) || {
  echo "tidy: found something" >&2
  exit 1
}
echo "tidy: nothing found"
