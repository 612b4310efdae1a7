#!/bin/bash
# migrations [--rows N] [--gib N]: what migrations cost beyond their SQL, and the rehearsal of a large database; needs root
set -euo pipefail
cd "$(dirname "$0")/../.."

cmake --preset release > /dev/null
cmake --build --preset release --target ignite ignite-pack
IGNITE_BIN=build/release/bin exec bench/migrations.py "$@"
