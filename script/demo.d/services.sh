#!/bin/bash
# usage: services.sh stop|start UNIT...
#
# The service back end of the demonstration's probe: ignited calls it where it would call systemd on
# a real one. The only unit is nginx.service.
set -euo pipefail
root=${IGNITE_ROOT:?is set by ignited}
pid_file=$root/run/nginx.pid

# nginx has gone when it has taken its pid file away, which it does last.
stop_nginx() {
  [ -s "$pid_file" ] || return 0
  kill -TERM "$(< "$pid_file")" 2> /dev/null || { rm -f "$pid_file" && return 0; }
  for _ in $(seq 100); do
    [ -e "$pid_file" ] || return 0
    sleep 0.05
  done
  echo "nginx does not stop" >&2
  return 1
}

# Without a release there is nothing to serve. nginx writes its pid file once it has left our process
# group; ignited ends what is still in that after us.
start_nginx() {
  [ -e "$root/etc/nginx/conf.d/web.conf" ] || return 0
  "$root/usr/sbin/nginx" -p "$root/" -c etc/nginx/nginx.conf -e var/log/nginx/error.log \
    < /dev/null > /dev/null 2>> "$root/var/log/nginx/start.log"
  for _ in $(seq 100); do
    [ ! -s "$pid_file" ] || return 0
    sleep 0.05
  done
  echo "nginx does not start" >&2
  return 1
}

verb=${1:?stop or start}
shift
for unit in "$@"; do
  case "$verb ${unit%.service}" in
    'stop nginx') stop_nginx ;;
    'start nginx') start_nginx ;;
    *) echo "services.sh: cannot $verb '$unit'" >&2 && exit 1 ;;
  esac
done
