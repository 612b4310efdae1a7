#!/usr/bin/env python3
"""Installs and rolls back, over and over: the trees stay the same, and nothing grows but the history.

IGNITE_BIN           the folder of the programs
IGNITE_SOAK_CYCLES   how many cycles by the command line (default 60); a tenth of them go through the inbox of ignited
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

from stories import BIN, Stories, leftovers, number_of, reference, run, wait_for, what_differs

CYCLES = int(os.environ.get("IGNITE_SOAK_CYCLES", "60"))
# The journal keeps plans and steps of the last 100 transactions; a cycle makes two.
CYCLES_UNTIL_FULL = 52
# Of the journal for each transaction, once it keeps no more of them: an entry of the history.
MOST_BYTES_OF_AN_ENTRY = 1024
# Of ignited, over all cycles: it does no transaction itself, so what it needs for one it needs for all.
MOST_KIB_OF_A_DAEMON = 64


class SoakTest(unittest.TestCase):
    def setUp(self):
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        temporary = tempfile.TemporaryDirectory(prefix="ignite-soak-", dir=base)
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.stories = Stories(self.folder)
        self.probe = self.stories.make_probe(self.folder / "probe/root")
        self.probe.install(self.stories.one)

    @property
    def journal(self):
        return self.probe.state / "journal.db"

    def use(self):
        """(files, blocks on the disk) of everything but the journal, and what the outbox tells of it."""
        files = blocks = 0
        told = {self.probe.outbox / name for name in ("PROBE.txt", "PROBE.json", "PROBE.html", "history.jsonl")}
        for place in self.probe.root.rglob("*"):
            if place != self.journal and place not in told:
                files += 1
                blocks += os.lstat(place).st_blocks
        return files, blocks

    def soak(self, cycles, install, settled):
        """So many cycles; gives the journal's size after `settled` of them."""
        tree = reference(self.probe)
        use = size = None
        for number in range(1, cycles + 1):
            install(number)
            self.probe.rollback()
            self.assertIsNone(what_differs(tree, reference(self.probe)), f"after cycle {number}")
            if number == 2:
                use = self.use()
            elif number > 2:
                self.assertEqual(use, self.use(), f"files and blocks after cycle {number}")
            if number == settled:
                size = self.journal.stat().st_size
        status = self.probe.status()
        # ignited may just be telling of it in the outbox.
        end = time.monotonic() + 10
        while (left := leftovers(self.probe, status)) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertIsNone(left)
        self.assertEqual(number_of(self.probe), 2 * cycles + 1)
        return size

    def test_the_command_line(self):
        size = self.soak(CYCLES, lambda _: self.probe.install(self.stories.two), CYCLES_UNTIL_FULL)
        entries = 2 * (CYCLES - CYCLES_UNTIL_FULL)
        growth = (self.journal.stat().st_size - size) / entries
        print(f"soak: {CYCLES} cycles, the journal has {self.journal.stat().st_size} bytes, {size} after "
              f"{CYCLES_UNTIL_FULL}, {growth:.0f} for each entry since", file=sys.stderr)
        self.assertLess(growth, MOST_BYTES_OF_AN_ENTRY)
        self.assertEqual(len(self.probe.history()), 2 * CYCLES + 1)

    def test_the_inbox(self):
        cycles = CYCLES // 10
        with subprocess.Popen([BIN / "ignited", "--root", self.probe.root], stderr=subprocess.DEVNULL) as daemon:
            try:
                first = self.soak_daemon(daemon, cycles)
            finally:
                daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.returncode, 0, first)

    def soak_daemon(self, daemon, cycles):
        """Cycles through the inbox; gives ignited's descriptors and memory (KiB) after the second one and at the end."""
        seen = []

        def upload(number):
            if number == 3:
                seen.append(self.needs(daemon))
            # What was rolled back is held: each upload is a release of its own.
            bundle = self.stories.product(10 + number)
            place = self.probe.inbox / "next.ignite"
            shutil.copy(bundle, self.probe.inbox / "next.ignite.part")
            os.rename(self.probe.inbox / "next.ignite.part", place)
            wait_for(lambda: not place.exists(), what="the end of the upload")
            self.assertEqual(self.probe.status()["deployment"]["components"]["app/web"], str(10 + number))

        self.soak(cycles, upload, cycles)
        seen.append(self.needs(daemon))
        print(f"soak: {cycles} cycles through the inbox, descriptors and KiB of ignited {seen}", file=sys.stderr)
        self.assertEqual(seen[0][0], seen[1][0], "descriptors")
        self.assertLessEqual(seen[1][1] - seen[0][1], MOST_KIB_OF_A_DAEMON, "memory")
        return seen

    @staticmethod
    def needs(process):
        of = pathlib.Path(f"/proc/{process.pid}")
        # A worker that is just ending has one.
        wait_for(lambda: not (of / f"task/{process.pid}/children").read_text(), what="the end of the worker")
        time.sleep(0.1)
        # Not VmRSS: how much of the program and its libraries is mapped is the kernel's business.
        memory = next(line for line in (of / "status").read_text().splitlines() if line.startswith("RssAnon"))
        return len(os.listdir(of / "fd")), int(memory.split()[1])


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: this needs root")
        sys.exit(77)
    unittest.main()
