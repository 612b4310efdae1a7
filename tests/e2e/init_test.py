#!/usr/bin/env python3
"""ignite-init as the first process of a container: it enters a slot, counts trials, falls back and keeps the deadline.

The container is a pid and a mount namespace; its slots are folders with busybox and a script as init.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from probe import BIN  # noqa: E402

# What the host of a container does: the folder becomes the root, with file systems of its own on it.
HOST = """
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs dev
mknod dev/null c 1 3
eval "$2"
pivot_root . mnt
/slots/a/bin/busybox mount --make-rshared /  # As systemd-nspawn does.
exec /sbin/init one two
"""
# How the kernel reports the end of a pid namespace to the parent of its first process.
REBOOTED, HALTED = -signal.SIGHUP, -signal.SIGINT
COPY = 4096


def checksum(line):
    value = 0xCBF29CE484222325
    for byte in line:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def slot_file(good, tries, deadline=600, number=1):
    """As agent/engine/slot_file.h describes it, made without it."""
    line = f"ignite slots 1: write {number}, good {good}, tries {tries}, deadline {deadline} s, sum "
    return (line + f"{checksum(line.encode()):x}\n").encode().ljust(COPY, b"\0") + bytes(COPY)


@unittest.skipUnless(os.geteuid() == 0, "mounts need root")
class InitTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ignite-e2e-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("slots", "data", "proc", "dev", "run", "mnt", "sbin"):
            (self.root / name).mkdir()
        shutil.copy(BIN / "ignite-init", self.root / "sbin/init")
        for slot in "ab":
            for name in ("bin", "sbin", "proc", "dev", "run", "data", "slots"):
                (self.root / "slots" / slot / name).mkdir(parents=True)
            shutil.copy("/bin/busybox", self.root / "slots" / slot / "bin/busybox")
            (self.root / "slots" / slot / "name").write_text(slot)
            self.set_init(slot)

    def set_init(self, slot, script="busybox reboot -f"):
        """The script runs as the init of the slot, behind a note of the boot."""
        path = self.root / "slots" / slot / "sbin/init"
        path.write_text("#!/bin/busybox sh\nPATH=/bin\n"
                        'echo "$(busybox cat /name) $(busybox cat /run/ignite-init/slot)" >>/data/boots\n' + script + "\n")
        path.chmod(0o755)
        return path

    def set_state(self, good, tries, **more):
        (self.root / "slots/state").write_bytes(slot_file(good, tries, **more))

    def state(self):
        """The newer copy, up to its deadline."""
        text = (self.root / "slots/state").read_bytes()
        copies = [text[place:place + COPY].decode().split(", deadline")[0] for place in (0, COPY)]
        newest = max(copies, key=lambda copy: int(copy.split("write ")[1].split(",")[0]) if copy.strip("\0") else 0)
        return newest.split(", ", 1)[1]

    def boot(self, expect=REBOOTED, mounts=""):
        """One boot of the container: the slot that was entered, and what ignite-init said."""
        boots = self.root / "data/boots"
        boots.unlink(missing_ok=True)
        done = subprocess.run(
            ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--propagation", "private",
             "sh", "-euc", HOST, "host", self.root, mounts],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30, text=True, check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        if not boots.exists():
            return "", done.stderr
        name, told = boots.read_text().split()
        self.assertEqual(name, told, "the slot knows which one it is")
        return name, done.stderr

    def boots(self, count):
        entered = ""
        for _ in range(count):
            slot, said = self.boot()
            self.assertEqual(said, "")
            entered += slot
        return entered

    def test_a_slot_is_the_root_of_its_init(self):
        self.set_init("a", """
echo "$@" >/data/arguments
busybox ls / >/data/root
busybox cut -d ' ' -f 2 /proc/mounts >/data/mounts
if busybox touch /new; then echo yes; else echo no; fi >/data/written 2>&1
echo new >/slots/b/new
busybox reboot -f""")
        self.assertEqual(self.boot(), ("a", ""))
        read = lambda name: (self.root / "data" / name).read_text().split()  # noqa: E731
        self.assertEqual(read("arguments"), ["one", "two"])
        self.assertEqual(read("root"), sorted(("bin", "data", "dev", "name", "proc", "run", "sbin", "slots")))
        self.assertEqual(sorted(read("mounts")), ["/", "/data", "/dev", "/proc", "/run", "/slots"])
        self.assertEqual(read("written")[-1], "no")
        self.assertEqual((self.root / "slots/b/new").read_text(), "new\n")
        self.assertEqual(os.listdir(self.root / "run"), [], "what it tells the slot is in memory")

    def test_what_the_host_mounted_comes_along(self):
        (self.root / "slots/a/etc").mkdir()
        (self.root / "slots/a/etc/resolv.conf").touch()
        (self.root / "etc").mkdir()
        (self.root / "etc/resolv.conf").touch()
        mounts = """mount -t tmpfs tmpfs run; mkdir run/host; mount -t tmpfs tmpfs run/host; echo x >run/host/x
            mount -t tmpfs tmpfs data; echo x >data/x; mount -t tmpfs tmpfs slots/b; echo x >slots/b/x
            echo name >dev/resolv; mount --bind dev/resolv etc/resolv.conf"""
        self.set_init("a", 'busybox cat /run/host/x /data/x /slots/b/x /etc/resolv.conf >/slots/found; busybox reboot -f')
        self.assertEqual(self.boot(mounts=mounts), ("", ""))
        self.assertEqual((self.root / "slots/found").read_text().split(), ["x", "x", "x", "name"])

    def test_a_trial_is_counted_before_its_slot_is_entered(self):
        self.set_state("a", 3)
        self.set_init("b", "busybox cp /slots/state /data/seen; busybox reboot -f")
        entered = ""
        for left in (2, 1, 0):
            entered += self.boots(1)
            self.assertEqual(self.state(), f"good a, tries {left}")
            self.assertEqual((self.root / "data/seen").read_bytes(), (self.root / "slots/state").read_bytes())
        self.assertEqual(entered + self.boots(2), "bbbaa")

    def test_a_slot_on_trial_that_cannot_be_started_is_given_up(self):
        init = self.set_init("b")
        for name, spoil in {
            "nothing there": init.unlink,
            "not to be executed": lambda: self.set_init("b").chmod(0o644),
            "no program": lambda: self.set_init("b").write_text("x"),
            "its interpreter is missing": lambda: self.set_init("b").write_text("#!/bin/none\n"),
        }.items():
            with self.subTest(name):
                spoil()
                self.set_state("a", 3)
                slot, said = self.boot()
                self.assertEqual(slot, "a")
                self.assertIn("slot b: starting /sbin/init", said)
                self.assertEqual(self.state(), "good a, tries 0")
                self.assertEqual(self.boots(1), "a")

    def test_nobody_waits_for_a_trial_that_was_given_up(self):
        (self.root / "slots/b/sbin/init").unlink()
        self.set_state("a", 1, deadline=1)
        self.set_init("a", "busybox sleep 2; busybox poweroff -f")
        self.assertEqual(self.boot(expect=HALTED)[0], "a")

    def test_a_slot_without_its_folders_is_given_up(self):
        shutil.rmtree(self.root / "slots/b")
        self.set_state("a", 3)
        slot, said = self.boot()
        self.assertEqual((slot, self.state()), ("a", "good a, tries 0"))
        self.assertIn("/slots/b", said)

    def test_the_other_slot_is_the_last_hope(self):
        (self.root / "slots/a/sbin/init").unlink()
        self.set_state("a", 0)
        slot, said = self.boot()
        self.assertEqual(slot, "b")
        self.assertIn("slot a: starting /sbin/init", said)
        self.assertEqual(self.state(), "good a, tries 0")

    def test_without_any_slot_the_container_ends_and_says_why(self):
        for slot in "ab":
            (self.root / "slots" / slot / "sbin/init").unlink()
        slot, said = self.boot(expect=1)
        self.assertEqual(slot, "")
        for words in ("slot a: starting /sbin/init", "slot b: starting /sbin/init"):
            self.assertIn(words, said)

    def test_a_damaged_file_is_told_and_slot_a_is_entered(self):
        self.set_state("b", 0)
        state = self.root / "slots/state"
        state.write_bytes(state.read_bytes().replace(b"good b", b"good c"))
        slot, said = self.boot()
        self.assertEqual(slot, "a")
        self.assertIn("/slots/state is damaged", said)

    def test_a_trial_that_cannot_be_counted_is_not_entered(self):
        self.set_state("a", 3)
        slot, said = self.boot(mounts="mount --bind slots slots; mount -o remount,bind,ro slots")
        self.assertEqual((slot, self.state()), ("a", "good a, tries 3"))
        self.assertIn("/slots/state", said)

    def test_a_trial_that_nobody_marks_good_is_rebooted_at_its_deadline(self):
        self.set_state("a", 2, deadline=1)
        self.set_init("b", "busybox sleep 20; busybox poweroff -f")
        begun = time.monotonic()
        slot, said = self.boot(expect=REBOOTED)
        self.assertEqual(slot, "b")
        self.assertIn("nobody marked the slot on trial good in 1 s", said)
        self.assertLess(time.monotonic() - begun, 10)

    def test_a_trial_that_was_marked_good_goes_on_behind_its_deadline(self):
        self.set_state("a", 2, deadline=1)
        (self.root / "data/good").write_bytes(slot_file("b", 0))
        self.set_init("b", "busybox cp /data/good /slots/state; busybox sleep 2; busybox poweroff -f")
        self.assertEqual(self.boot(expect=HALTED), ("b", ""))

    def progress(self, script):
        """An init of slot b, on trial with a deadline of 1 s, whose agent tells of progress while the script lets it."""
        (self.root / "slots/b/var/lib/ignite").mkdir(parents=True)
        self.set_state("a", 2, deadline=1)
        (self.root / "data/good").write_bytes(slot_file("b", 0))
        self.set_init("b", "busybox mount -t tmpfs tmpfs /var/lib/ignite; cd /var/lib/ignite\n"
                           "tell() { echo x >new; busybox mv new progress.json; busybox sleep 0.2; }\n" + script)

    def test_a_trial_that_makes_progress_goes_on_behind_its_deadline(self):
        self.progress("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do tell; done; busybox cp /data/good /slots/state\n"
                      "busybox sleep 2; busybox poweroff -f")
        self.assertEqual(self.boot(expect=HALTED), ("b", ""))

    def test_progress_puts_the_deadline_off_to_four_times_its_length(self):
        self.progress("while :; do tell; done")
        begun = time.monotonic()
        slot, said = self.boot(expect=REBOOTED)
        self.assertEqual(slot, "b")
        self.assertIn("nobody marked the slot on trial good in 4 s", said)
        self.assertGreater(time.monotonic() - begun, 3)

    def test_progress_that_ends_puts_the_deadline_off_no_longer(self):
        self.progress("tell; busybox sleep 20; busybox poweroff -f")
        self.assertRegex(self.boot(expect=REBOOTED)[1], "good in [12] s")

    def test_a_good_slot_has_no_deadline(self):
        self.set_state("b", 0, deadline=1)
        self.set_init("b", "busybox ps -o pid >/data/processes; busybox sleep 2; busybox poweroff -f")
        self.assertEqual(self.boot(expect=HALTED), ("b", ""))

    def test_it_is_for_the_first_process_of_a_container(self):
        done = subprocess.run([BIN / "ignite-init"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("first process", done.stderr)


if __name__ == "__main__":
    unittest.main()
