#!/bin/bash
# verifier [WORD...]: deletes each check of the verifier in turn; a test must fail for every one
set -euo pipefail
cd "$(dirname "$0")/../.."

exec python3 tests/mutants/verifier.py . build/verifier "$@"
