#!/bin/bash
# verifier [WORD...]: deletes each check of the verifier in turn; a test must fail for every one
set -euo pipefail
cd "$(dirname "$0")/../.."

# Tests sync often, and on a disk each sync waits for whatever else is being written there.
export TMPDIR=${TMPDIR-/dev/shm}
exec python3 tests/mutants/verifier.py . build/verifier "$@"
