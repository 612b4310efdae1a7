# The probe's FTP account, and support's uploads to it. Sourced by story.sh.
# shellcheck shell=bash disable=SC2154  # story.sh sets the variables

# A user of every Debian system whose home folder exists, which vsftpd wants.
ftp_user=daemon

start_ftp() {
  mkdir -m 0755 "$work/ftp-empty"
  chown "$ftp_user" "$root/srv/ignite/inbox"
  fill vsftpd.conf.in FTP_PORT="$ftp_port" FTP_USER="$ftp_user" ROOT="$root" WORK="$work" \
    > "$work/vsftpd.conf"
  "$servers/usr/sbin/vsftpd" "$work/vsftpd.conf" > "$work/log/vsftpd.start.log" 2>&1 &
  ftp_pid=$!
  for _ in $(seq 100); do
    if listening "$ftp_port"; then return; fi
    kill -0 "$ftp_pid" 2> /dev/null || fail "vsftpd: $(cat "$work/log/vsftpd.start.log")"
    sleep 0.05
  done
  fail "vsftpd does not listen"
}

stop_ftp() {
  end vsftpd "${ftp_pid-}" || return
  ftp_pid=
}

# upload BUNDLE [CURL OPTION...]: as support would, with a plain FTP client.
upload() {
  local bundle=$1
  shift
  curl --silent --show-error --max-time 30 "$@" -T "$work/release/$bundle" \
    "ftp://127.0.0.1:$ftp_port/inbox/"
}

# upload_half BUNDLE: over a slow line, which breaks when about half has arrived.
upload_half() {
  local half client
  half=$(($(stat -c %s "$work/release/$1") / 2))
  # In a subshell that becomes curl, for the process to be the one that is killed.
  (exec curl --silent --limit-rate $((half / 2)) -T "$work/release/$1" \
    "ftp://127.0.0.1:$ftp_port/inbox/") &
  client=$!
  watch "$1" has_arrived "$1" $((half * 9 / 10))
  kill -KILL "$client" || fail "the slow upload was too fast"
  wait "$client" 2> /dev/null || true
  wait_for_the_rest "$1"
}

# wait_for_the_rest BUNDLE: what the client had sent already still arrives.
wait_for_the_rest() {
  local before='' after
  after=$(arrived "$1")
  until [ "$before" = "$after" ]; do
    before=$after
    sleep 0.3
    after=$(arrived "$1")
  done
}

# arrived BUNDLE: how many bytes of it lie in the inbox.
arrived() { stat -c %s "$root/srv/ignite/inbox/$1" 2> /dev/null || echo 0; }

# has_arrived BUNDLE BYTES: at least so many of them.
has_arrived() { [ "$(arrived "$1")" -ge "$2" ]; }
