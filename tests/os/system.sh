#!/bin/bash
# Makes what a box of the test boots: Debian 12 with a kernel, our agent, PostgreSQL and an FTP
# server, and the data file system of a probe. As root.
# usage: system.sh DEBS CACHE OUT
#   DEBS    what package_build.sh left
#   CACHE   keeps the bare system between runs
#   OUT     receives the folders system and data; {system,data}/ beside this script lie upon them
set -euo pipefail

(($# == 3)) || { echo "usage: $0 DEBS CACHE OUT" >&2; exit 2; }
debs=$(realpath "$1")
cache=$(realpath -m "$2")
out=$(realpath -m "$3")
here=$(dirname "$(realpath "$0")")
mkdir -p "$cache" "$out"
system=$out/system
data=$out/data

include=$(
  {
    echo busybox-static,dbus,iproute2,linux-image-cloud-amd64,postgresql-15,sqlite3,systemd,systemd-sysv,udev,vsftpd
    dpkg-deb -f "$debs"/ignite-agent_*.deb Depends
  } | tr ',' '\n' | sed -E 's/^ *([a-z0-9.+-]+).*/\1/' | sort -u | paste -sd,
)
# Without PostgreSQL's compiler, which is half of everything, and which it goes without.
bare=$cache/box-$(sha256sum <<<"$include" | cut -c1-12).tar
exec 9>"$cache/box.lock"
flock 9  # Whoever else makes it at the same time.
if [[ ! -e $bare ]]; then
  mmdebstrap --quiet --mode=root --variant=minbase --include="$include" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/lib/*/libLLVM*' --dpkgopt='path-exclude=/usr/lib/*/libz3*' \
    --dpkgopt='path-exclude=/usr/lib/postgresql/15/lib/llvmjit*' \
    --dpkgopt='path-exclude=/usr/lib/postgresql/15/lib/bitcode/*' \
    --customize-hook='rm -rf "$1"/boot/initrd.img-* "$1"/initrd.img* "$1"/vmlinuz*' \
    bookworm "$bare.new.tar"
  mv "$bare.new.tar" "$bare"
fi
flock --unlock 9
rm -rf "$system" "$data"
mkdir "$system" "$data"
tar -x --numeric-owner -C "$system" -f "$bare"

cp "$debs"/ignite-agent_*.deb "$system/root"
chroot "$system" sh -e -c '
  dpkg --install /root/*.deb
  rm /root/*.deb
  useradd --system netprobe' >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }

# --- The kernel and the first process that it starts.
version=$(basename "$system"/lib/modules/*)
initrd=$out/initrd
mkdir -p "$initrd"/{bin,dev,modules,proc,root,sys}
cp "$system/bin/busybox" "$initrd/bin"
for name in sh cat grep insmod mount sleep switch_root; do ln -sf busybox "$initrd/bin/$name"; done
install -m 755 "$here/initrd.sh" "$initrd/init"
modprobe --dirname "$system" --set-version "$version" --show-depends -a virtio_pci virtio_blk ext4 |
  sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' |
  while read -r path; do
    cp "$path" "$initrd/modules"
    basename "$path" >>"$initrd/modules/order"
  done
(cd "$initrd" && find . | cpio --create --format=newc --quiet | gzip -1) >"$system/boot/initrd.img"
rm -rf "$initrd"
ln -sf boot/initrd.img "$system/initrd.img"
ln -sf "boot/vmlinuz-$version" "$system/vmlinuz"

# --- The root is read-only, so what this probe has for itself moves to the data file system.
mkdir -p "$data/etc" "$system"/{data,slots,boot/efi,etc/ignite,var/lib/netprobe}
mv "$system/var/lib/postgresql" "$data/postgresql"
mv "$system/srv" "$data/srv"
mv "$system/opt" "$data/opt"
mkdir -p "$system"/{srv,opt,var/lib/{ignite,postgresql}} "$data"/{ignite,srv/ignite/{inbox,outbox}}
chroot "$system" id -u netprobe >"$out/uid"
install -d -o "$(<"$out/uid")" "$data/netprobe"
: >"$system/etc/machine-id"
echo box >"$system/etc/hostname"
ln -sf /run/resolv.conf "$system/etc/resolv.conf"
cp -r "$here"/system/. "$system"
cp -r "$here"/data/. "$data"
rm "$out/uid" "$out/log"

units() { systemctl --root="$system" --quiet "$@"; }
units enable boot-efi.mount console.service network.service
# What waits for what an emulated box has not, or does what a test needs not.
units mask getty@tty1.service serial-getty@ttyS0.service systemd-networkd.service \
  systemd-timesyncd.service systemd-pstore.service systemd-update-utmp.service \
  systemd-random-seed.service systemd-machine-id-commit.service \
  systemd-hwdb-update.service ldconfig.service systemd-journal-flush.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer logrotate.timer systemd-tmpfiles-clean.timer
