#!/usr/bin/env python3
"""What the real ignited writes to the outbox besides the status of an upload.

IGNITE_BIN names the folder of the programs. Needs root, as a probe does.
"""

import os
import signal
import unittest

from daemon_test import DaemonCase
from probe import LARGE


class OutboxCase(DaemonCase):
    def read(self, name):
        return (self.probe.outbox / name).read_bytes().decode()

    def install(self, bundle, name="good.ignite"):
        self.drop(bundle, name)
        return self.next_verdict(name)


class PlanTest(OutboxCase):
    def test_the_plan_of_an_upload(self):
        first, second = self.bundle("1.0"), self.bundle("2.0")
        foretold = self.probe.text("plan", first)
        self.start()
        self.assertEqual(self.install(first)["outcome"], "committed")
        plan = self.read("good.ignite.plan.txt")
        self.assertEqual(plan.count("\n"), plan.count("\r\n"))
        # Free space is another one by now, and so is the name of the file.
        steps = foretold[foretold.index("\n  steps"):foretold.index("\n  space")]
        self.assertIn("unpack app/web 1.0", steps)
        self.assertIn(steps, plan.replace("\r", ""))
        self.assertTrue(plan.startswith("good.ignite, version 1.0 would be installed"), plan)
        self.assertIn("pass  product", plan)
        self.assertEqual(self.install(second)["outcome"], "committed")
        self.assertIn("version 2.0", self.read("good.ignite.plan.txt"))

    def test_the_plan_is_there_before_the_work_begins(self):
        self.start()
        self.drop(self.bundle("1.0", files=LARGE))
        worker = self.probe.freeze_in_staging(self.worker)
        self.assertIn("would be installed", self.read("good.ignite.plan.txt"))
        os.kill(worker, signal.SIGCONT)
        self.assert_committed()

    def test_what_is_refused(self):
        """By a check: its plan says so. As no bundle for us: there is none, also none of an earlier upload."""
        self.start()
        self.assertEqual(self.install(self.bundle("1.0", product="other"))["reason"], "product")
        self.assertIn("FAIL  product", self.read("good.ignite.plan.txt"))
        self.assertEqual(self.install(self.bundle("1.0", sign=("stranger",)))["reason"], "signature")
        self.assertFalse((self.probe.outbox / "good.ignite.plan.txt").exists())


if __name__ == "__main__":
    unittest.main()
