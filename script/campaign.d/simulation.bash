# For the campaigns that run ignite-simulation: the program, and how far they are.
program=build/campaign/tests/ignite-simulation
export TMPDIR=${TMPDIR:-/dev/shm}
# A page of SQLite is allocated and freed all the time: one thread keeps what it frees.
export GLIBC_TUNABLES=glibc.malloc.tcache_max=65536:glibc.malloc.tcache_count=2000

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
