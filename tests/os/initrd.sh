#!/bin/sh
# The first process of the kernel: loads the drivers of QEMU's disk, finds the slot by the name of
# its partition, and goes there. Debian's own initrd would take the emulated processor four times as
# long.
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
while read -r module; do insmod "/modules/$module"; done </modules/order

for word in $(cat /proc/cmdline); do
  case $word in root=PARTLABEL=*) label=${word#root=PARTLABEL=} ;; esac
done
for try in 1 2 3 4 5 6 7 8 9 10; do
  slot=$(grep -l "^PARTNAME=$label\$" /sys/class/block/*/uevent) && break
  sleep 0.1
done
slot=${slot%/uevent}
mount -t ext4 -o ro "/dev/${slot##*/}" /root
exec switch_root /root /sbin/init
