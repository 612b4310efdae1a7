#!/bin/bash
# coverage: how many lines of each parser the fuzz corpora reach; fails below 90 % of all of them
set -euo pipefail

least=90
# What reads bytes that come from outside: the sources that the targets of tests/fuzz aim at.
parsers=(
  base/{bytes,ini,json,utf8}.cc
  payload-format/{members,payload_members,verified_bundle}.cc
  payload-format/chunk/chunk_codec.cc
  payload-format/config/config_spec.cc
  migrations/{sql_lexer,sql_text}.cc
  payload-format/data/{database_address,migrations_spec}.cc
  payload-format/container/{header,index,recipients,signatures,ustar}.cc
  payload-format/image/image_spec.cc
  payload-format/licence/licence_spec.cc
  payload-format/manifest/{data_range,health_spec,kind,manifest,places,unit_name,version}.cc
  payload-format/steps/{program_folder,step}.cc
  payload-format/tree/{table,tree_spec}.cc
  payload-format/trust/keyring.cc
  packager/{payload_check,recipe,recipe_section,tree_check}.cc
  agent/engine/{history,plan,settings}.cc
  agent/inbox/inbox.cc
)

cmake --preset coverage >/dev/null
cmake --build --preset coverage --target ignite-fuzz-replay
program=build/coverage/tests/ignite-fuzz-replay
rm -f build/coverage/fuzz-*.profraw
# Each of its two processes writes a profile.
LLVM_PROFILE_FILE=build/coverage/fuzz-%p.profraw "$program" tests/fuzz/corpus
llvm-profdata-14 merge -o build/coverage/fuzz.profdata build/coverage/fuzz-*.profraw
llvm-cov-14 export -summary-only -instr-profile=build/coverage/fuzz.profdata "$program" |
  python3 -c '
import json, os, sys
least, parsers = int(sys.argv[1]), sys.argv[2:]
files = json.load(sys.stdin)["data"][0]["files"]
lines = {os.path.relpath(file["filename"]): file["summary"]["lines"] for file in files}
for name in parsers:
    covered, count, percent = lines[name]["covered"], lines[name]["count"], lines[name]["percent"]
    print(f"{name:45} {covered:5} of {count:5} lines {percent:6.1f} %")
covered, count = (sum(lines[name][key] for name in parsers) for key in ("covered", "count"))
percent = 100 * covered / count
print(f"{len(parsers)} parsers: {percent:.1f} % of {count} lines; at least {least} % must be reached")
sys.exit(percent < least)
' "$least" "${parsers[@]}"
