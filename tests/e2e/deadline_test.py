#!/usr/bin/env python3
"""ignite-deadline on a box on trial: it reboots one that is not marked good, in order first, then by force.

The box is a pid and a mount namespace whose root is a folder with busybox, GRUB's variables and a script as its first process.
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

BOX = """
mount -t proc proc "$1/proc"
mount --bind "$1/cmdline" "$1/proc/cmdline"
mount --bind /dev/null "$1/dev/null"
exec chroot "$1" /bin/busybox sh -c "$2"
"""
# How the kernel reports the end of a pid namespace to the parent of its first process.
REBOOTED, HALTED = -signal.SIGHUP, -signal.SIGINT
ASKED = "trap 'echo yes >/asked; busybox reboot -f' 39; "  # By systemd's signal for a reboot.
LATE = "busybox sleep 20 & wait; wait; busybox poweroff -f"


@unittest.skipUnless(os.geteuid() == 0, "mounts need root")
class DeadlineTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ignite-e2e-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("bin", "proc", "dev", "etc/ignite", "boot/efi/grub", "var/lib/ignite"):
            (self.root / name).mkdir(parents=True)
        (self.root / "dev/null").touch()
        shutil.copy("/bin/busybox", self.root / "bin/busybox")
        shutil.copy(BIN / "ignite-deadline", self.root / "bin/ignite-deadline")
        self.grubenv = self.root / "boot/efi/grub/grubenv"
        self.settings("deadline = 1s")
        self.boot_on_trial("b", "a")

    def settings(self, line):
        # Not one that the agent of this version would take.
        (self.root / "etc/ignite/agent.ini").write_text(f"[probe]\nunknown = key\nno key\n[boot]\nbackend = grub\n{line}\n")

    def boot_on_trial(self, slot, variable):
        (self.root / "cmdline").write_text(f"root=x ro ignite.slot={slot} ignite.trial panic=10\n")
        self.grubenv.write_text(f"# GRUB Environment Block\nignite_boot={variable}\n".ljust(1024, "#"))

    def run_box(self, script, expect):
        """The script is the first process, and has the program in the background; what that said."""
        script = f"PATH=/bin; {script}"
        done = subprocess.run(
            ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--propagation", "private", "sh", "-euc", BOX, "box", self.root,
             script], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, text=True, check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def assert_ends_quietly(self):
        self.assertEqual(self.run_box("ignite-deadline && busybox poweroff -f", HALTED), "")

    def assert_reboots(self):
        """In order: systemd is asked for it."""
        said = self.run_box(f"{ASKED} ignite-deadline & {LATE}", REBOOTED)
        self.assertIn("nobody marked the slot on trial good in 1 s", said)
        self.assertTrue((self.root / "asked").exists())
        (self.root / "asked").unlink()

    def test_a_trial_that_nobody_marks_good_is_rebooted(self):
        for slot, variable in (("b", "a"), ("b", "2"), ("a", "b"), ("a", "B")):
            with self.subTest(slot=slot, variable=variable):
                self.boot_on_trial(slot, variable)
                self.assert_reboots()

    def test_where_the_loaders_record_cannot_be_read_it_is_rebooted(self):
        self.grubenv.write_text("")
        self.assert_reboots()
        self.grubenv.unlink()
        self.assert_reboots()

    def test_a_system_that_does_not_shut_down_is_rebooted_by_force(self):
        begun = time.monotonic()
        # What is not handled does not reach the first process of a namespace.
        self.assertIn("nobody marked", self.run_box(f"ignite-deadline & {LATE}", REBOOTED))
        self.assertLess(time.monotonic() - begun, 15)

    def test_it_ends_as_soon_as_the_slot_is_good(self):
        self.settings("deadline = 1h")
        for slot, variable in (("b", "b"), ("a", "a"), ("b", "C")):
            with self.subTest(slot=slot, variable=variable):
                self.boot_on_trial(slot, variable)
                self.assert_ends_quietly()

    def test_the_record_lies_where_the_settings_say(self):
        elsewhere = self.root / "boot/grubenv"
        self.settings("deadline = 1h\ngrubenv = /boot/grubenv")
        elsewhere.write_text(self.grubenv.read_text().replace("=a", "=b"))
        self.assert_ends_quietly()

    def test_settings_that_are_not_accepted_leave_the_default(self):
        self.boot_on_trial("b", "b")
        self.settings("deadline = 0s\ngrubenv = boot/grubenv")
        self.assert_ends_quietly()
        self.boot_on_trial("b", "a")
        self.run_box("ignite-deadline & busybox sleep 3; busybox poweroff -f", HALTED)

    def test_it_waits_for_settings_and_record_that_are_mounted_late(self):
        settings = self.root / "etc/ignite/agent.ini"
        settings.rename(self.root / "settings")
        self.run_box(f"{ASKED} ignite-deadline & busybox sleep 2; busybox mv /settings /etc/ignite/agent.ini; {LATE}", REBOOTED)
        self.assertTrue((self.root / "asked").exists())

    def test_a_migration_that_goes_on_puts_it_off(self):
        script = "cd /var/lib/ignite; while :; do echo x >new; busybox mv new progress.json; busybox sleep 0.2; done"
        said = self.run_box(f"ignite-deadline & {script}", REBOOTED)
        self.assertIn("good in 4 s", said)

    def test_a_kernel_that_was_told_no_slot_is_left_alone(self):
        (self.root / "cmdline").write_text("root=x ro\n")
        said = self.run_box("ignite-deadline; [ $? = 1 ] && busybox poweroff -f", HALTED)
        self.assertIn("names no slot", said)


if __name__ == "__main__":
    unittest.main()
