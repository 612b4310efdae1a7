#!/bin/bash
# mutants COUNT SEED: makes COUNT damaged bundles; the reader accepts none, and the agent changes nothing
set -euo pipefail
cd "$(dirname "$0")/../.."

cmake --preset dev > /dev/null
cmake --build --preset dev --target ignite-mutants
exec build/dev/tests/ignite-mutants "$@"
