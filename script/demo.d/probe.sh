# The probe: a root folder with what a probe has, and its agent. Sourced by story.sh.
# shellcheck shell=bash disable=SC2154  # story.sh sets the variables

make_probe() {
  mkdir -p "$root"/etc/{ignite,nginx/conf.d} "$root"/usr/sbin "$root"/run "$root"/opt \
    "$root"/srv/ignite/{inbox,outbox} "$root"/var/lib/nginx "$root"/var/log/nginx
  # Owners of files are looked up by name below the root.
  cp /etc/passwd /etc/group "$root/etc/"

  make_data
  fill agent.ini.in HERE="$here" > "$root/etc/ignite/agent.ini"
  cp "$work/keys/keyring.json" "$root/etc/ignite/keyring.json"
  install -m 0600 "$work/keys/probe.key" "$root/etc/ignite/identity.key"

  cp "$servers/usr/sbin/nginx" "$root/usr/sbin/nginx"
  cp "$servers/etc/nginx/mime.types" "$root/etc/nginx/mime.types"
  fill nginx.conf.in ROOT="$root" > "$root/etc/nginx/nginx.conf"
}

start_agent() {
  "$bin/ignited" --root "$root" > "$work/log/ignited.log" 2>&1 &
  agent_pid=$!
}

# The title of the page that a visitor gets.
served_page() {
  curl --silent --fail --max-time 5 "http://127.0.0.1:$web_port/" |
    sed -n 's,.*<title>\(.*\)</title>.*,\1,p' || echo nothing
}

# stop_agent and stop_web_server: for the end, whatever came before.
stop_agent() {
  end ignited "${agent_pid-}" || return
  agent_pid=
}

stop_web_server() {
  [ -e "$root/run/nginx.pid" ] || return 0
  IGNITE_ROOT=$root "$here/services.sh" stop nginx.service
}
