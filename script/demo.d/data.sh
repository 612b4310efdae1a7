# The data and the configuration of the application: as it and its owner use them. Sourced by
# story.sh.
# shellcheck shell=bash disable=SC2154  # story.sh sets the variables

owner=65534 # nobody

# make_data: the folder that the application may write to.
make_data() {
  mkdir -p "$root/var/lib/netprobe"
  chown "$owner" "$root/var/lib/netprobe"
}

# sql STATEMENT: as the application runs it.
sql() {
  setpriv --reuid "$owner" --clear-groups \
    sqlite3 -cmd '.timeout 5000' "$root/var/lib/netprobe/main.db" "$1"
}

# watches HOST: the application begins to watch a host.
watches() {
  sql "INSERT INTO hosts (name) VALUES ('$1')"
  say "the application writes the host $1 into its database"
}

# has_data ROWS INTERVAL: what must be in the database and in the configuration; says so.
has_data() {
  local rows setting
  rows=$(sql 'SELECT * FROM hosts ORDER BY id' | paste -sd ' ')
  setting=$(grep interval "$root/etc/netprobe/current/netprobe.conf")
  expect 'the rows of the database' "$rows" "$1"
  expect 'the setting in netprobe.conf' "$setting" "$2"
  say "the database has: $rows"
  say "the configuration says: $setting"
}
