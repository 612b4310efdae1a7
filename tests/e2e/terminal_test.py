#!/usr/bin/env python3
"""ignite on a terminal: what an engineer sees, and what the keys do."""

import os
import pathlib
import re
import signal
import unittest

from probe import LARGE, PATH, ProbeTest, run, script_check, wait_for
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


class CtrlCTest(TerminalCase):
    """The question at Ctrl+C, while the transaction goes on."""

    def setUp(self):
        super().setUp()
        self.probe.install(self.bundle("1.0"))
        self.before = self.probe.live()

    def in_trial(self, seconds):
        self.probe.configure(f"trial = {seconds}s\n")
        terminal = self.on_terminal("install", self.bundle("2.0"))
        terminal.wait_for("on trial, without")
        return terminal

    def ask(self, terminal):
        terminal.press_ctrl_c()
        terminal.wait_for("l, c or Enter?")

    def outcome(self):
        return self.probe.history()[-1]["outcome"]

    def test_enter_goes_on(self):
        terminal = self.in_trial(4)
        self.ask(terminal)
        self.assertIn("it was activated, so cancelling rolls it back", terminal.screen.text())
        terminal.type("\n")
        terminal.wait_for("on trial, without")
        self.assertEqual(terminal.wait(), 0)
        self.assertIn("committed: deployment 2 runs", terminal.screen.text())

    def test_it_goes_on_while_the_question_stands(self):
        terminal = self.in_trial(2)
        self.ask(terminal)
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(terminal.screen.text().splitlines()[-2:], ["l, c or Enter?", "committed: deployment 2 runs"])

    def test_c_cancels(self):
        terminal = self.in_trial(300)
        self.ask(terminal)
        terminal.type("c\n")
        self.assertEqual(terminal.wait(), 5)
        self.assertIn("rolled back (cancelled)", terminal.screen.text())
        self.assert_same(self.before, self.probe.live())

    def test_a_second_ctrl_c_cancels(self):
        terminal = self.in_trial(300)
        self.ask(terminal)
        terminal.press_ctrl_c()
        self.assertEqual(terminal.wait(), 5)
        self.assertEqual(self.outcome(), "rolled-back")

    def test_before_the_activation_it_is_undone(self):
        terminal = self.on_terminal("install", self.bundle("2.0", files=LARGE))
        pid = self.probe.freeze_in_staging(self.worker_of(terminal))
        self.ask(terminal)
        self.assertIn("nothing was activated, so what was unpacked is removed", terminal.screen.text())
        terminal.type("c\n")
        os.kill(pid, signal.SIGCONT)
        self.assertEqual(terminal.wait(), 1)
        self.assertIn("cancelled (cancelled)", terminal.screen.text())
        self.assert_same(self.before, self.probe.live())

    def test_the_question_says_it_anew_when_it_means_something_else(self):
        self.probe.configure("trial = 300s\n")
        terminal = self.on_terminal("install", self.bundle("2.0", files=LARGE))
        pid = self.probe.freeze_in_staging(self.worker_of(terminal))
        self.ask(terminal)
        os.kill(pid, signal.SIGCONT)
        terminal.wait_for("it was activated, so cancelling rolls it back")

    def test_l_leaves_it_running(self):
        terminal = self.in_trial(4)
        self.ask(terminal)
        terminal.type("l\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(terminal.screen.text().splitlines()[-1], "begun: 'ignite watch' follows it")
        self.assertIs(self.probe.status()["trial"], True)
        wait_for(lambda: self.outcome() == "committed", what="the end in the background")

    def test_a_terminal_that_goes_away_changes_nothing(self):
        terminal = self.in_trial(2)
        terminal.hang_up()
        wait_for(lambda: self.outcome() == "committed", what="the end without a terminal")

    def test_sigterm_cancels(self):
        terminal = self.in_trial(300)
        os.kill(terminal.pid, signal.SIGTERM)
        self.assertEqual(terminal.wait(), 5)

    def test_a_refusal_has_its_words_and_its_code(self):
        terminal = self.on_terminal("install", self.bundle("2.0", product="other"))
        self.assertEqual(terminal.wait(), 4)
        self.assertIn("refused (product)", terminal.screen.text())
        terminal = self.on_terminal("install", "/missing")
        self.assertEqual(terminal.wait(), 2)
        self.assertIn("remedy: give the path of a bundle", terminal.screen.text())

    def test_a_worker_that_is_killed_is_said(self):
        terminal = self.on_terminal("install", self.bundle("2.0", files=LARGE))
        os.kill(self.probe.freeze_in_staging(self.worker_of(terminal)), signal.SIGKILL)
        self.assertEqual(terminal.wait(), 1)
        self.assertIn("'ignite recover' finishes it", terminal.screen.text())
        self.assertEqual(self.probe.json("recover")["reason"], "interrupted")

    @staticmethod
    def worker_of(terminal):
        """Finds the process that runs the transaction."""
        children = pathlib.Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children")
        return lambda: int((children.read_text().split() or [0])[0])


class WatchTest(TerminalCase):
    def test_nothing_runs(self):
        self.assertEqual(self.probe.text("watch"), "no transaction is running\n")
        self.probe.install(self.bundle("1.0"))
        self.assertEqual(self.probe.json("watch"), {"state": None, "outcome": None})

    def test_it_follows_to_the_verdict_with_the_code_of_the_install(self):
        check = script_check(self.folder / "check", f"test ! -e {self.folder}/sick")
        for sick, expect, words in ((False, 0, "committed: deployment 1 runs"), (True, 5, "rolled back (health)")):
            with self.subTest(expect):
                self.probe.configure("trial = 300s\n" if sick else "trial = 3s\n")
                install = self.probe.start("install", self.bundle("2.0" if sick else "1.0", health=check))
                self.addCleanup(self.end, install)
                wait_for(lambda: self.probe.status()["trial"], what="the trial")
                watch = self.on_terminal("watch")
                watch.wait_for("%  on trial")
                if sick:
                    (self.folder / "sick").touch()
                self.assertEqual(watch.wait(), expect)
                self.assertEqual(install.wait(), expect)
                self.assertEqual(len(watch.screen.text().split(words)), 2, watch.screen.text())
                self.assertNotIn("%", watch.screen.text())

    def test_off_a_terminal_it_has_lines_and_one_document(self):
        self.probe.configure("trial = 3s\n")
        install = self.probe.start("install", self.bundle("1.0"))
        self.addCleanup(self.end, install)
        wait_for(lambda: self.probe.status()["trial"], what="the trial")
        lines = self.probe.start("watch")
        verdict = self.probe.json("watch")
        self.assertEqual((verdict["outcome"], verdict["deployment"]), ("committed", 1))
        out, steps = lines.communicate(timeout=10)
        self.assertEqual((lines.returncode, out), (0, b"committed: deployment 1 runs\n"))
        self.assertIn("on trial, without a health check", steps.decode().splitlines())

    def test_ctrl_c_ends_only_the_watch(self):
        self.probe.configure("trial = 3s\n")
        install = self.probe.start("install", self.bundle("1.0"))
        self.addCleanup(self.end, install)
        wait_for(lambda: self.probe.status()["trial"], what="the trial")
        watch = self.on_terminal("watch")
        watch.wait_for("on trial")
        watch.press_ctrl_c()
        self.assertEqual(watch.wait(), -signal.SIGINT)
        self.assertEqual(install.wait(), 0)

    def test_what_nobody_goes_on_with_is_said(self):
        install = self.probe.start("install", self.bundle("1.0", files=LARGE))
        self.addCleanup(self.end, install)
        self.probe.freeze_in_staging(lambda: install.pid)
        install.kill()
        install.wait()
        self.assertIn("was interrupted", self.probe.json("watch", expect=4)["error"]["cause"])


class StatusTest(TerminalCase):
    def screen(self, *words):
        """All of it is on one screen, and no line goes over."""
        terminal = self.on_terminal(*words)
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual((terminal.screen.scrolled, terminal.screen.overfull), (0, 0), terminal.screen.text())
        return terminal.screen.text()

    def test_what_vouches_for_what_runs(self):
        check = script_check(self.folder / "check", "exit 0")
        self.probe.configure("trial = 1s\n")
        self.probe.install(self.bundle("1.0"))
        self.assertRegex(self.screen("status"), "proven       committed after a trial of [12] s, without a health check\n")
        self.probe.install(self.bundle("2.0", health=check))
        text = self.screen("status")
        self.assertRegex(text, "proven       committed after 1 check held for [12] s\n")
        self.assertIn("wrong        nothing that is known", text)
        self.assertNotIn("last trouble", text)

    def test_an_adopted_deployment_is_said_to_be_one(self):
        self.probe.at(PATH).mkdir(parents=True)
        (self.probe.at(PATH) / "file").touch()
        (self.folder / "a.ini").write_text(f"[deployment]\nversion = 0.9\n[component app/web]\npath = {PATH}\n")
        self.probe.json("adopt", self.folder / "a.ini")
        self.assertIn("proven       adopted: it ran before ignite came\n", self.screen("status"))
        self.assertIs(self.probe.status()["proof"]["adopted"], True)

    def test_what_is_on_trial_is_what_runs(self):
        self.probe.install(self.bundle("1.0"))
        self.probe.configure("trial = 300s\n")
        install = self.probe.start("install", self.bundle("2.0"))
        self.addCleanup(self.end, install)
        wait_for(lambda: self.probe.status()["trial"], what="the trial")
        text = self.screen("status")
        self.assertRegex(text, "runs         deployment 2, version 2.0, on trial since 2")
        self.assertIn("proven       deployment 1, version 1.0: it returns where the trial fails", text)
        on_trial = self.probe.status()["on_trial"]
        self.assertEqual((on_trial["number"], on_trial["version"]), (2, "2.0"))

    def test_the_last_trouble_and_what_is_held(self):
        self.probe.install(self.bundle("1.0"))
        bad = self.bundle("2.0", health=script_check(self.folder / "check", "exit 1", timeout="1s"))
        verdict = self.probe.install(bad, expect=5)
        text = self.screen("status")
        self.assertIn("last trouble 2: release-2.0.ignite rolled-back (health), 2", text)
        self.assertIn("remedy:    the release does not work here", text)
        self.assertIn("held         release-2.0.ignite, version 2.0, until 'ignite unhold'\n", text)
        status = self.probe.status()
        [held] = status["held"]
        self.assertEqual((held["bundle"], held["version"]), ("release-2.0.ignite", "2.0"))
        self.assertEqual(status["trouble"]["id"], verdict["transaction"])

    def test_what_waits(self):
        words = {"a.ignite": '{"bundle": "a.ignite", "outcome": null, "cause": "the upload is coming in"}',
                 "judged.ignite": '{"bundle": "judged.ignite", "outcome": "refused", "cause": "x"}',
                 "gone.ignite": '{"bundle": "gone.ignite", "outcome": null, "cause": "x"}',
                 "away": '{"bundle": "../inbox/a.ignite", "outcome": null, "cause": "x"}',
                 "junk": "{"}
        for name, text in words.items():
            (self.probe.outbox / f"{name}.status.json").write_text(text)
        for name in ("a.ignite", "judged.ignite"):
            (self.probe.inbox / name).touch()
        self.assertIn("waits        a.ignite: the upload is coming in\n", self.screen("status"))
        self.assertEqual(self.probe.status()["waits"], [{"bundle": "a.ignite", "why": "the upload is coming in"}])


class ShowTest(TerminalCase):
    def test_the_story_of_a_release_that_was_taken_back(self):
        self.probe.install(self.bundle("1.0"))
        bad = self.bundle("2.0", health=script_check(self.folder / "check", "exit 1", timeout="1s"))
        self.probe.install(bad, expect=5)
        text = self.probe.text("show", "2")
        self.assertIn("  deployment  1 -> 2, version 2.0\n", text)
        self.assertRegex(text, "  took        [1-9] s\n")
        self.assertIn("  decided by  health: health check 'ready' failed", text)
        self.assertNotRegex(text, r"\b([a-z-]+) +\1\b", "a word twice in a row")


if __name__ == "__main__":
    unittest.main()
