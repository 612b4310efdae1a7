# For the campaigns that run ignite-simulation: the program, how far they are, and their results.
program=build/campaign/tests/ignite-simulation
export TMPDIR=${TMPDIR:-/dev/shm}

simulation_build() {
  cmake --preset campaign > /dev/null
  cmake --build --preset campaign --target ignite-simulation > /dev/null
}

state_of() {  # NAME: where to go on
  cat "build/campaign/$1.next" 2> /dev/null || echo 0
}

set_state() {  # NAME NEXT
  echo "$2" > "build/campaign/$1.next"
}

add_row() {  # POINTS FAILURES COMMAND: behind the last row of the table below '## The transaction, simulated'
  local row
  row="| $(date --utc +%F) | $(git rev-parse --short HEAD) | $1 | $2 | \`$3\` |"
  awk -v row="$row" '
    /^## / { inside = /^## The transaction, simulated/ }
    inside && in_table && !/^\|/ { print row; in_table = 0; inside = 0 }
    inside && /^\| date / { in_table = 1 }
    { print }
    END { if (in_table) print row }' docs/proof.md > docs/proof.md.new
  mv docs/proof.md.new docs/proof.md
}
