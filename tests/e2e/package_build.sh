#!/bin/bash
# Builds the Debian packages from a clean copy of the tree, as someone else would, and asks lintian
# about them.
# usage: package_build.sh OUT    OUT receives the packages, in bin/ the programs they hold, in share/ what those need
set -euo pipefail

(($# == 1)) || { echo "usage: $0 OUT" >&2; exit 2; }
out=$(realpath -m "$1")
cd "$(dirname "$0")/../.."

rm -rf "$out"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What git knows or would know: no build folder, nothing that is ignored.
mkdir "$work/tree"
git -c safe.directory="$PWD" ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do
    if [[ -e $file || -L $file ]]; then printf '%s\0' "$file"; fi
  done | tar --null --files-from=- -c | tar -x --no-same-owner -C "$work/tree"

cd "$work/tree"
dpkg-buildpackage --build=binary --unsigned-changes --unsigned-source >"$work/log" 2>&1 || {
  tail -n 60 "$work/log"
  echo "FAILED: dpkg-buildpackage"
  exit 1
}
TMPDIR=$work lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$work"/*.changes

mv "$work"/*.deb "$out"
holds() {  # PACKAGE FILE...
  local contents file
  contents=$(dpkg -c "$out/$1"_*.deb)
  for file in "${@:2}"; do
    grep -q " \./$file$" <<<"$contents" || { echo "FAILED: $1 does not hold $file"; exit 1; }
  done
}
holds ignite-agent usr/bin/ignite usr/sbin/ignited \
  usr/lib/ignite/ignite-{deadline,init} etc/grub.d/10_ignite usr/share/locale/fr/LC_MESSAGES/ignite.mo \
  lib/systemd/system/{ignited,ignite-deadline}.service usr/lib/tmpfiles.d/ignite-agent.conf usr/lib/sysusers.d/ignite-agent.conf \
  usr/share/doc/ignite-agent/examples/{{vsftpd,proftpd}.conf,pam.d/ignite-ftp} \
  usr/share/doc/ignite-agent/examples/{{sshd_config.d/ignite-sftp,vsftpd.service.d/ignite-ftp}.conf,ssl/ignite-ftp.cnf} \
  usr/share/bash-completion/completions/ignite usr/share/zsh/vendor-completions/_ignite \
  usr/share/doc/ignite-agent/json.md usr/share/doc/ignite-agent/operations.md
holds ignite-pack usr/bin/ignite-pack \
  usr/share/bash-completion/completions/ignite-pack usr/share/zsh/vendor-completions/_ignite-pack \
  usr/share/doc/ignite-pack/json.md

for deb in "$out"/ignite-{agent,pack}_*.deb; do dpkg -x "$deb" "$work/installed"; done
mkdir "$out/bin" "$out/share"
mv "$work"/installed/usr/{bin,sbin,lib/ignite}/ignite* "$out/bin"
mv "$work/installed/usr/share/locale" "$out/share"
ls "$out"
