#!/usr/bin/env python3
"""Operating systems updated on real machines, from an upload by FTP to the verdict: a box in QEMU (GRUB, kernel, systemd) and a
container of systemd-nspawn (ignite-init, systemd), both with vsftpd, SQLite and PostgreSQL.

usage: os_update_test.py [CLASS[.NAME]...]    see factory.py for the environment
Exit code 77: skipped, for the cause that is printed.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from appliance import FIRST, Appliance  # noqa: E402
from container import Container  # noqa: E402
from factory import Factory, overlay  # noqa: E402
from machine import Machine  # noqa: E402

UNHEALTHY = "[health never]\ntype = command\ncommand = /bin/false\ntimeout = 1s\n"


class Scenarios:
    """Each begins with release 1.0, on the operating system that was there before, in slot a."""

    maxDiff = None

    @classmethod
    def install_first(cls, machine):
        machine.start()
        appliance = Appliance(machine)
        machine.await_console()
        appliance.prepare()
        told = appliance.upload(cls.factory.application("1.0", level=1))
        assert told["outcome"] == "committed", told
        assert appliance.state() == FIRST, appliance.state()

    def upload(self, *words, **more):
        told = self.appliance.upload(self.factory.release(*words, forms=self.forms, **more))
        self.appliance.await_rest()
        return told["outcome"], told["reason"]

    def assert_rows_of(self, version):
        """What that release wrote is still there, before what the first one wrote when it came back."""
        self.assertEqual(self.appliance.rows()[-2:], [version, "1.0"])

    def test_an_update_and_a_manual_rollback(self):
        self.assertEqual(self.upload("2.0", level=2), ("committed", ""))
        second = {"slot": "b", "os": "2.0", "application": "2.0", "unit": "active", "columns": "version,note"}
        self.assertEqual(self.appliance.state(), second)
        self.appliance.run("ignite verify && ignite doctor")
        self.appliance.run_over_a_reboot("ignite rollback")
        self.appliance.await_rest()
        self.assertEqual(self.appliance.state(), FIRST)
        self.assert_rows_of("2.0")

    def test_a_system_that_does_not_start(self):
        self.assertEqual(self.upload("3.0", level=3, starts=False), ("rolled-back", "boot"))
        self.assertEqual(self.appliance.state(), FIRST)

    def test_a_system_that_is_not_healthy(self):
        self.assertEqual(self.upload("4.0", level=3, health=UNHEALTHY), ("rolled-back", "health"))
        self.assertEqual(self.appliance.state(), FIRST)
        self.assert_rows_of("4.0")

    def test_a_system_whose_agent_does_not_run_is_left_at_the_deadline(self):
        self.assertEqual(self.upload("5.0", level=3, agent=False), ("rolled-back", "boot"))
        self.assertEqual(self.appliance.state(), FIRST)
        self.assertEqual(self.machine.serial().count("nobody marked the slot on trial good"), 3, "each of its tries")


class BoxTest(Scenarios, unittest.TestCase):
    """One box is parked with release 1.0, and each test goes on from there."""

    forms = ("image",)

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="ignite-box."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.factory = Factory(cls.folder / "factory")
        machine = Machine(cls.folder / "first", overlay(cls.factory.disk(cls.folder / "disk"), cls.folder / "parked.qcow2"))
        cls.addClassCleanup(machine.kill)
        cls.install_first(machine)
        cls.parked = machine.park(cls.folder / "state")

    def setUp(self):
        here = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        self.machine = self.parked.go_on(here)
        self.addCleanup(self.machine.kill)
        self.appliance = Appliance(self.machine)
        self.machine.await_console()

    def test_an_update_and_a_manual_rollback(self):
        super().test_an_update_and_a_manual_rollback()
        # It ran, for the way back was a trial as well, and has nothing more to do.
        self.appliance.run("timeout 60 sh -c 'while systemctl --quiet is-active ignite-deadline; do sleep 1; done'")
        told = self.appliance.run("systemctl show --value --property ConditionResult,ActiveState,Result ignite-deadline")
        self.assertEqual(sorted(told.split()), ["inactive", "success", "yes"])

    def test_a_system_that_does_not_start(self):
        super().test_a_system_that_does_not_start()
        self.assertEqual(self.machine.serial().count("Kernel panic"), 3, "each of its tries")

    def test_a_system_whose_agent_does_not_run_is_left_at_the_deadline(self):
        self.appliance.run("sed -i 's/^backend = grub/&\\ndeadline = 30s/' /etc/ignite/agent.ini")
        super().test_a_system_whose_agent_does_not_run_is_left_at_the_deadline()


class ContainerTest(Scenarios, unittest.TestCase):
    forms = ("image", "tree")

    @classmethod
    def setUpClass(cls):
        # On a disk: a probe whose data lie in memory is not sound.
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="ignite-container.", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.factory = Factory(cls.folder / "factory")
        first = Container(cls.folder / "first", cls.factory.container(cls.folder / "root"))
        cls.addClassCleanup(first.kill)
        cls.install_first(first)
        first.power_off()

    def setUp(self):
        here = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        subprocess.run(["cp", "-a", "--reflink=auto", self.folder / "root", here / "root"], check=True)
        self.machine = Container(here, here / "root")
        self.addCleanup(self.machine.kill)
        self.machine.start()
        self.machine.await_console()
        self.appliance = Appliance(self.machine)


if __name__ == "__main__":
    if os.geteuid() != 0:
        if subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode != 0:
            print("SKIPPED: making file systems and starting containers needs root, or sudo without a password")
            sys.exit(77)
        os.execvp("sudo", ["sudo", "-n", "--preserve-env=IGNITE_PACKAGES,IGNITE_CACHE,TMPDIR", sys.executable, *sys.argv])
    result = unittest.main(verbosity=2, exit=False).result
    for _, cause in result.skipped:
        print(f"SKIPPED: {cause}")
    sys.exit(not result.wasSuccessful() or (77 if result.skipped else 0))
