# The release engineer's side: keys, the releases of the web application, and their bundles.
# Sourced by story.sh. Everything lies in $work/release; the tree there is the engineer's working
# copy, which changes from release to release.
# shellcheck shell=bash disable=SC2154  # story.sh sets the variables

# fill TEMPLATE NAME=VALUE...: prints the template with every @NAME@ replaced.
fill() {
  local text pair
  text=$(< "$here/$1")
  shift
  for pair in "$@"; do text=${text//"@${pair%%=*}@"/"${pair#*=}"}; done
  printf '%s\n' "$text"
}

make_keys() {
  mkdir -p "$work/keys"
  (
    cd "$work/keys"
    "$bin/ignite-pack" keygen --role release -o release
    "$bin/ignite-pack" keygen --role release -o stranger
    "$bin/ignite-pack" keygen --identity -o probe
    "$bin/ignite-pack" keyring --role release=release.pub -o keyring.json
  ) > "$work/log/keys.log" 2>&1 || fail "no keys: $(cat "$work/log/keys.log")"
}

# The application is what a Debian package puts below /usr/share: a real tree.
take_application() {
  local files bytes
  mkdir -p "$work/release"
  cp -a "$servers/webapp/usr/share" "$work/release/tree"
  mkdir "$work/release/tree/nginx"
  files=$(find "$work/release/tree" -type f | wc -l)
  bytes=$(find "$work/release/tree" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
  say "the application has $files files, $(megabytes "$bytes")"
  if [ "$files" -lt 2000 ] || [ "$bytes" -lt 50000000 ]; then fail "that is no real tree"; fi
}

# set_version VERSION HEALTH: gives the working copy a version that a visitor sees, and the answer
# that its web server will give to a health check.
set_version() {
  local tree=$work/release/tree
  fill index.html.in VERSION="$1" > "$tree/index.html"
  fill web.conf.in PORT="$web_port" HEALTH="$2" > "$tree/nginx/web.conf"
}

# set_data DATA CONFIG: the release has the steps of the data and of the configuration up to these.
set_data() {
  local folder step
  for folder in data config; do
    mkdir -p "$work/release/$folder"
    for step in "$here/$folder"/*; do
      case ${step##*/} in
        [0-9]*) [ "$(basename "$step" | cut -d _ -f 1)" -le "$1" ] || continue ;;
      esac
      cp "$step" "$work/release/$folder"
    done
    shift
  done
}

# Release 2 has more to it than a new number: files that are added, changed and removed.
improve_application() {
  local tree=$work/release/tree
  printf 'What is new in release 2: sounds are quieter.\n' > "$tree/NEWS"
  rm -r "$tree/zabbix/audio"
  mkdir "$tree/zabbix/themes"
  cp -a "$tree"/zabbix/assets/styles/*.css "$tree/zabbix/themes/"
  find "$tree/zabbix/locale" -name '*.po' -exec sh -c 'echo "# release 2" >> "$1"' sh {} \;
}

# pack VERSION COUNTER KEY BUNDLE: the working copy becomes a bundle, signed with KEY.
pack() {
  local version=$1 counter=$2 key=$3 bundle=$work/release/$4 start
  start=$(now)
  fill recipe.ini.in VERSION="$version" COUNTER="$counter" PORT="$web_port" \
    > "$work/release/recipe.ini"
  (
    cd "$work/release"
    "$bin/ignite-pack" build recipe.ini --sign "$work/keys/$key.key" \
      --recipient "$work/keys/probe.pub" --level 3 -o "$bundle"
  ) > "$work/log/pack.log" 2>&1 || fail "packing $4: $(cat "$work/log/pack.log")"
  say "$4: $(megabytes "$(stat -c %s "$bundle")"), packed in $(seconds_since "$start") s"
}

# damage BUNDLE: flips one bit in the middle.
damage() {
  local middle byte
  middle=$(($(stat -c %s "$1") / 2))
  byte=$(od -An -tu1 -j "$middle" -N 1 "$1")
  # shellcheck disable=SC2059  # the format is the byte itself
  printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$middle" conv=notrunc status=none
}

make_releases() {
  take_application
  set_version 1.0 "200 healthy"
  set_data 1 1
  pack 1.0 1 release release-1.ignite

  improve_application
  set_version 2.0 "200 healthy"
  set_data 2 2
  pack 2.0 2 release release-2.ignite

  set_version 3.0 "500 'cannot reach the database'"
  set_data 3 2
  pack 3.0 3 release release-3.ignite

  set_version 4.0 "200 healthy"
  pack 4.0 4 stranger stranger-4.ignite
  pack 4.0 4 release damaged-4.ignite
  damage "$work/release/damaged-4.ignite"
}
