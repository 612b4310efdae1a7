#!/usr/bin/env python3
"""What an engineer sees, as text files in transcripts/: each is made anew and compared.

IGNITE_REWRITE_TRANSCRIPTS=1 writes them anew; look at the difference before you commit it.
"""

import os
import pathlib
import re
import shutil
import tempfile
import unittest

from probe import ProbeTest, wait_for
from terminal import Terminal

FOLDER = pathlib.Path(__file__).parent / "transcripts"
# What differs from run to run, and what stands for it.
VARYING = [(r"\d{4}-\d\d-\d\d\s+\d\d:\d\d:\d\d\s+UTC", "2026-01-02 03:04:05 UTC"), (r"\+\d+ ms +", "+7 ms        "),
           (r"\b[0-9a-f]{64}\b", "0123456789abcdef" * 4), (r"\b\d+ s\b", "7 s"),
           (r"\b\d+(\.\d)? ([kMGT]?B|bytes)\b", "1.0 MB"),
           (r"trial, \d+%, on trial.*", "trial, 42%, on trial"), (r"/tmp/tmp\w{8}/", "/tmp/tmp12345678/")]


class TranscriptTest(ProbeTest):
    def see(self, name, *words, expect=0, **size):
        """The screen after a command, by default at 80x24."""
        terminal = Terminal(self.probe.words(*words), **size)
        self.addCleanup(terminal.close)
        self.assertEqual(terminal.wait(), expect, terminal.screen.text())
        text = terminal.screen.text().replace(str(self.folder), "/FOLDER")
        for pattern, stand_in in VARYING:
            text = re.sub(pattern, stand_in, text)
        shown = " ".join(str(word).rpartition("/")[2] for word in words)
        text = f"$ ignite {shown}\n{text}"
        path = FOLDER / f"{name}.txt"
        if os.environ.get("IGNITE_REWRITE_TRANSCRIPTS"):
            FOLDER.mkdir(exist_ok=True)
            path.write_text(text)
        self.assertEqual(text, path.read_text() if path.exists() else "", path.name)

    def test_installs_and_returns(self):
        self.see("status-empty", "status")
        first, second = self.bundle("1.0"), self.bundle("2.0")
        # It has as many lines as there are checks, and a path whose length is that of the test's folder.
        self.see("plan", "plan", first, rows=60, columns=300)
        self.see("install", "install", first)
        self.see("install-refused", "install", self.bundle("3.0", product="other"), expect=4)
        self.probe.install(second)
        self.see("status", "status")
        self.see("rollback", "rollback")
        self.see("history", "history")
        self.see("show", "show", "1")

    def test_status_in_trial_and_after_a_failure(self):
        self.probe.install(self.bundle("1.0"))
        # A short text of the check that every machine has.
        bad = self.bundle("2.0", health="[health ready]\ntype = command\ncommand = false\ntimeout = 1s\n")
        self.probe.install(bad, expect=5)
        self.see("status-after-failure", "status")
        self.probe.configure("trial = 300s\n")
        install = self.probe.start("install", self.bundle("3.0"))
        self.addCleanup(self.end, install)
        wait_for(lambda: self.probe.status()["trial"], what="the trial")
        self.see("status-on-trial", "status")
        self.end(install)
        self.see("status-interrupted", "status")
        self.probe.configure("trial = 0s\n")
        self.see("recover", "recover")
        self.see("status-after-recovery", "status")

    def test_stuck_and_the_ways_out(self):
        # A short path, so that every machine breaks the lines at the same places.
        program = pathlib.Path(tempfile.mkdtemp(dir="/tmp"), "services.sh")
        self.addCleanup(shutil.rmtree, program.parent)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        self.probe.configure(services=f"[services]\nbackend = command\ncommand = {program}\n")
        self.probe.install(self.bundle("1.0", payload="units = web.service\n"))
        program.write_text("#!/bin/sh\n[ $1 = stop ]\n")
        self.see("install-stuck", "install", self.bundle("2.0", payload="units = web.service\n"), expect=6)
        self.see("status-stuck", "status")
        self.see("install-while-stuck", "install", self.bundle("3.0"), expect=6)
        self.see("recover-stuck", "recover", expect=6)
        self.see("recover-without-units", "recover", "--without-units")
        self.see("status-after-stuck", "status")


if __name__ == "__main__":
    unittest.main()
