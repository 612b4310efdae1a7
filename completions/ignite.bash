# bash completion of ignite(1) and ignite-pack(1). What there is to complete the programs say themselves: --help names
# commands, arguments and options, and what kind of value each takes.

# The lines of the input that begin with the word. Not by compgen -W, which would run a $(command) in what a file or a
# program says.
_ignite_words() {
  local candidate
  while IFS= read -r candidate; do
    [[ -n $candidate && $candidate == "$word"* ]] || continue
    printf -v candidate %q "$candidate"
    COMPREPLY+=("$candidate$1")
  done
}

# Files that match a pattern, and folders on the way to them.
_ignite_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <({ compgen -f -X "!$1" -- "$word"; compgen -d -- "$word"; } | sort -u)
}

# What the program answers of the same appliance as the line is about.
_ignite_ask() { "$program" "${root[@]}" "$@" 2>/dev/null; }

# The values of a key in a JSON document, and the elements of a list in one.
_ignite_values() { sed -n "s/^ *\"$1\": \"\?\([^\"]*[^\",]\)\"\?,\?\$/\1/p"; }
_ignite_list() { sed -n "/\"$1\": \[\$/,/\]/s/^ *\"\?\([0-9a-f]\+\)\"\?,\?\$/\1/p"; }

_ignite_roles() { "$program" keygen --help 2>/dev/null | sed -n 's/.*signing key for: //p' | tr ' ' '\n'; }

_ignite_value() {  # KIND, as the help calls it
  case $1 in
    BUNDLE | OLD | OUT) _ignite_files '*.ignite' ;;
    RECIPE) _ignite_files '*.ini' ;;
    KEY) _ignite_files '*.key' ;;
    PUB) _ignite_files '*.pub' ;;
    DIR) _ignite_files '' ;;
    COMMAND) mapfile -t COMPREPLY < <(compgen -c -- "$word") ;;
    ROLE) _ignite_words < <(_ignite_roles) ;;
    ROLE=*) compopt -o nospace 2>/dev/null; _ignite_words = < <(_ignite_roles) ;;
    NAME) _ignite_words < <(sed -n 's/^\[payload \(.*\)\]/\1/p' -- "${given[0]}" 2>/dev/null) ;;
    ACTION) _ignite_words < <(printf '%s\n' history diff show) ;;
    VERSION | TO) _ignite_words < <(echo live; _ignite_ask config history --json | _ignite_values id) ;;
    ID) _ignite_words < <(_ignite_ask history --json | _ignite_values id) ;;
    CONTENT-ID) [[ $command == hold ]] || _ignite_words < <(_ignite_ask status --json | _ignite_list hold) ;;
    N) [[ $option != --to ]] || _ignite_words < <(_ignite_ask status --json | _ignite_list returns) ;;
    FILE)
      case $command-${given[0]} in
        config-show) _ignite_words < <(_ignite_ask config show "${given[1]}") ;;
        config-diff) _ignite_value TO ;;
        *) _ignite_files '*' ;;
      esac
      ;;
    *) _ignite_files '*' ;;
  esac
}

# From the help of the program, or of a command: the options with the kinds of their values, and the arguments.
_ignite_learn() {
  local help=$1 line
  options=()
  local synopsis='\[(--[a-z-]+)( [A-Z]+)?\]' row='^  (--?[a-z-]+)( ([A-Z=-]+))?  '
  while IFS= read -r line; do
    if [[ $line =~ $row ]]; then options[${BASH_REMATCH[1]}]=${BASH_REMATCH[3]}; fi
  done <<<"$help"
  read -ra arguments <<<"${help%%$'\n'*}"
  if [[ -z $command ]]; then
    line=${help%%$'\n'*}
    while [[ $line =~ $synopsis ]]; do
      options[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]# }
      line=${line/"${BASH_REMATCH[0]}"/}
    done
  fi
  arguments=("${arguments[@]:3}")
}

_ignite() {
  local program=$1 word=$2 command='' kind='' taken='' option='' help given=() root=() arguments=() i
  local -A options=()
  COMPREPLY=()
  program=${program/#\~/$HOME}
  help=$("$program" --help 2>/dev/null) || return 0
  _ignite_learn "$help"
  # The line up to the word; bash splits it at every '='.
  for ((i = 1; i <= COMP_CWORD; ++i)); do
    local part=${COMP_WORDS[i]}
    if [[ $part == = ]]; then
      if [[ $taken == *=* ]]; then kind=${taken#*=}; fi
      if ((i == COMP_CWORD)); then word=; fi
      continue
    fi
    ((i < COMP_CWORD)) || break
    taken=
    if [[ -n $kind ]]; then
      if [[ $option == --root ]]; then root=(--root "${part/#\~/$HOME}"); fi
      taken=$kind kind=
    elif [[ $part == -* ]]; then
      option=$part kind=${options[$part]-}
    elif [[ -z $command ]]; then
      command=$part
      help=$("$program" "$command" --help 2>/dev/null)
      _ignite_learn "$help"
    else
      given+=("$part")
    fi
  done

  if [[ -n $kind ]]; then
    _ignite_value "$kind"
  elif [[ $word == -* ]]; then
    _ignite_words < <(printf '%s\n' "${!options[@]}" | sort)
  elif [[ -z $command ]]; then
    _ignite_words < <(sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' <<<"$help")
  else
    kind=${arguments[${#given[@]}]-}
    case $kind in
      '' | -* | \[-*) _ignite_words < <(printf '%s\n' "${!options[@]}" | sort) ;;
      *) kind=${kind#[} && _ignite_value "${kind%]}" ;;
    esac
  fi
}

complete -F _ignite ignite ignite-pack
