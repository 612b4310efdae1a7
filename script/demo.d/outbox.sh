# Reading what the agent writes beside an upload, as support does. Sourced by story.sh.
# shellcheck shell=bash disable=SC2154  # story.sh sets the variables

# status BUNDLE: its status.json as it is now; empty if there is none yet.
status() { cat "$root/srv/ignite/outbox/$1.status.json" 2> /dev/null || true; }

# field NAME JSON: the value of the first field of that name, without quotes; empty for null.
field() {
  local colon='[[:space:]]*:[[:space:]]*' word='"([^"\]|\\.)*"' number='[^],}[:space:]]+' value
  value=$(grep -oE "\"$1\"$colon($word|$number)" <<< "$2" | head -n 1 |
    sed -E "s/^\"[^\"]*\"$colon//; s/^\"(.*)\"\$/\1/; s/\\\\(.)/\1/g") || true
  [ "$value" = null ] || echo "$value"
}

# watch BUNDLE CONDITION...: shows the status as it changes, until the command CONDITION says yes.
watch() {
  local bundle=$1 deadline=$((SECONDS + 30)) json line shown=''
  shift
  until "$@"; do
    kill -0 "$agent_pid" 2> /dev/null || fail "ignited has ended"
    json=$(status "$bundle")
    [ "$SECONDS" -lt "$deadline" ] || fail "$bundle takes too long; its status is '$json'"
    line=$(progress "$json")
    if [ -n "$line" ] && [ "$line" != "$shown" ]; then
      say "outbox/$bundle.status: $line"
      shown=$line
    fi
    sleep 0.1
  done
}

# is_final BUNDLE: its verdict is there.
is_final() { [ -n "$(field outcome "$(status "$1")")" ]; }

# progress JSON: the state and the tens of its percent; nothing once the verdict is there, which
# has a line of its own.
progress() {
  local state percent
  [ -z "$(field outcome "$1")" ] || return 0
  state=$(field state "$1")
  percent=$(field percent "$1")
  if [[ $percent =~ ^[0-9]+ ]]; then state+=" $((BASH_REMATCH[0] / 10 * 10)) %"; fi
  echo "$state"
}
