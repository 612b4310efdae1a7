# For the campaigns that run ignite-simulation: the program, and how far they are.
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
