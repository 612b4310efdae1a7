#!/usr/bin/env python3
"""ignite on a terminal: what an engineer sees, and what the keys do."""

import re
import unittest

from probe import LARGE, ProbeTest, run, script_check
from terminal import Terminal

PERCENT = re.compile(rb"\r( *\d+)%")


class TerminalCase(ProbeTest):
    def on_terminal(self, *words, **options):
        terminal = Terminal(self.probe.words(*words), **options)
        self.addCleanup(terminal.close)
        return terminal


class ProgressTest(TerminalCase):
    def test_one_line_is_redrawn_and_leaves_nothing(self):
        self.probe.configure("trial = 1s\n")
        terminal = self.on_terminal("install", self.bundle("1.0", files=LARGE))
        terminal.wait_for("% ")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(terminal.screen.text(), "committed: deployment 1 runs\n")
        percents = [int(it) for it in PERCENT.findall(terminal.raw)]
        self.assertEqual(percents, sorted(percents))
        self.assertGreater(len(set(percents)), 3)

    def test_a_narrow_terminal_is_never_overfull(self):
        self.probe.configure("trial = 1s\n")
        terminal = self.on_terminal("install", self.bundle("1.0"), columns=30)
        self.assertEqual(terminal.wait(), 0)
        self.assertIn(b"...", terminal.raw)
        self.assertEqual(terminal.screen.overfull, 0, terminal.raw)

    def test_the_time_left_comes_from_this_probe_and_only_falls(self):
        self.probe.configure("trial = 4s\n")
        first = self.on_terminal("install", self.bundle("1.0"))
        self.assertEqual(first.wait(), 0)
        self.assertNotIn(b" left", first.raw, "nothing was measured yet")
        second = self.on_terminal("install", self.bundle("2.0"))
        self.assertEqual(second.wait(), 0)
        left = [int(it) for it in re.findall(rb" (\d+) s left", second.raw)]
        self.assertEqual(left, sorted(left, reverse=True))
        self.assertGreaterEqual(len(set(left)), 3, second.raw)
        self.assertIn(left[0], (4, 5, 6))

    def test_a_rollback_shows_it_too(self):
        self.probe.install(self.bundle("1.0"))
        self.probe.install(self.bundle("2.0"))
        terminal = self.on_terminal("rollback")
        self.assertEqual(terminal.wait(), 0)
        self.assertRegex(terminal.raw, PERCENT)
        self.assertEqual(terminal.screen.text(), "committed: deployment 3 runs\n")

    def test_percents_do_not_fall_when_it_is_taken_back(self):
        self.probe.install(self.bundle("1.0"))
        check = script_check(self.folder / "check", "exit 1", timeout="1s")
        terminal = self.on_terminal("install", self.bundle("2.0", health=check))
        self.assertEqual(terminal.wait(), 5)
        percents = [int(it) for it in PERCENT.findall(terminal.raw)]
        self.assertIn(b"rolling back", terminal.raw)
        self.assertEqual(percents, sorted(percents))

    def test_off_a_terminal_each_step_is_a_line(self):
        done = run(self.probe.words("install", self.bundle("1.0", files=LARGE)), 0)
        lines = done.stderr.decode().splitlines()
        self.assertEqual(len(lines), len(set(lines)), lines)
        for step in ("unpacking web", "stopping units", "switching", "committed"):
            self.assertIn(step, lines)
        self.assertRegex(done.stderr, rb"\A[ -~\n]*\Z")
        self.assertNotIn(b"%", done.stderr)
        self.assertEqual(done.stdout, b"committed: deployment 1 runs\n")

    def test_json_is_alone_on_a_terminal(self):
        bundle = self.bundle("1.0", files=LARGE)
        for words in (("install", bundle), ("verify", bundle)):
            terminal = self.on_terminal(*words, "--json")
            self.assertEqual(terminal.wait(), 0)
            self.assertTrue(terminal.raw.startswith(b"{\r\n"), terminal.raw)
            self.assertNotIn(b"\x1b", terminal.raw)


if __name__ == "__main__":
    unittest.main()
