# What the demonstration says, and its table of events. Sourced by story.sh.
# shellcheck shell=bash disable=SC2154  # story.sh sets the variables

events=()         # lines "seconds|word|what happened", in order
declare -A seen=() # how often each kind of event was seen

now() { echo "${EPOCHREALTIME/[.,]/}"; } # in microseconds

# seconds_since START: with two digits after the point.
seconds_since() {
  local hundredths=$((($(now) - $1) / 10000))
  printf '%d.%02d' $((hundredths / 100)) $((hundredths % 100))
}

# megabytes BYTES
megabytes() { printf '%d.%d MB' $(($1 / 1000000)) $(($1 % 1000000 / 100000)); }

chapter() { printf '\n== %s\n' "$*"; }
say() { printf '   %s\n' "$*"; }

# event KIND WORD START TEXT [MORE]: the one summary line of an event; the table counts by KIND.
event() {
  local kind=$1 word=$2 start=$3 text=$4 more=${5-} took
  took=$(seconds_since "$start")
  seen[$kind]=$((${seen[$kind]-0} + 1))
  events+=("$took|$word|$text")
  printf '>> %s: %s after %s s%s\n' "$text" "$word" "$took" "${more:+; $more}"
}

# fail TEXT: the demonstration did not go as it must. Shows what the agent had to say.
fail() {
  printf '\nscript/demo: FAILED: %s\n' "$*" >&2
  if [ -s "$work/log/ignited.log" ]; then
    printf 'the last lines of the log of ignited:\n' >&2
    tail -n 40 "$work/log/ignited.log" >&2
  fi
  exit 1
}

# expect WHAT HAVE WANT
expect() { [ "$2" = "$3" ] || fail "$1 is '$2' and should be '$3'"; }

table() {
  local line took word text
  printf '%-46s %-12s %8s\n' event result seconds
  for line in "${events[@]}"; do
    IFS='|' read -r took word text <<< "$line"
    printf '%-46s %-12s %8s\n' "$text" "$word" "$took"
  done
}

# count KIND WANT NAME: one line of the sum below the table.
count() {
  printf '%4d  %s\n' "${seen[$1]-0}" "$3"
  expect "the number of events '$3'" "${seen[$1]-0}" "$2"
}
