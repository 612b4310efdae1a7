#!/usr/bin/env python3
"""Uploads that the real ignited stages while they come in (`stage = early`), in all the ways in which they break off.

IGNITE_BIN names the folder of the programs. Needs root, as a probe does.
"""

import fcntl
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import daemon_test  # noqa: E402
import data_test  # noqa: E402
import os_test  # noqa: E402
from probe import FIRST, LARGE, LAST, PATH, wait_for  # noqa: E402

EARLY = "trial = 0s\nstage = early\n"
RETRY = 33  # seconds, after which what was tried in vain is tried again.
LONG_ENOUGH = 4  # seconds, for a daemon that would stage early to begin with it.


class Upload:
    """A client that sends a bundle piece by piece."""

    def __init__(self, bundle, path):
        self.data = bundle if isinstance(bundle, bytes) else pathlib.Path(bundle).read_bytes()
        self.stream = open(path, "wb", buffering=0)
        self.sent = 0

    def send_to(self, end):
        self.stream.write(self.data[self.sent : end])
        self.sent = max(self.sent, end)

    def send_share(self, share):
        self.send_to(int(len(self.data) * share))

    def finish(self):
        self.send_to(len(self.data))
        self.stream.close()


class EarlyCase(daemon_test.DaemonCase):
    def setUp(self):
        super().setUp()
        self.probe.configure(EARLY)

    def begin(self, bundle=None, name="good.ignite"):
        upload = Upload(bundle or self.bundle("1.0", files=LARGE), self.probe.inbox / name)
        self.addCleanup(upload.stream.close)
        return upload

    def keep_sending(self, upload, until, to=0.6):
        """A little at a time, up to the share `to` of it; then waits."""
        def step():
            if upload.sent < len(upload.data) * to:
                upload.send_share(upload.sent / len(upload.data) + 0.02)
            time.sleep(0.1)
            return until()

        return wait_for(step, what=f"early staging; the log: {self.log()}")

    def staged(self, path=PATH):
        """The files of releases that are not live; what is being removed may vanish under the search."""
        while True:
            try:
                return {file.name for file in self.probe.at(path).glob("releases/*/*")}
            except FileNotFoundError:
                continue

    def reach_the_middle(self, upload):
        """Half of the files are there, and more is waited for."""
        self.keep_sending(upload, lambda: "large4" in self.staged())
        wait_for(lambda: "while the upload comes in at" in self.told()["step"], what="the words")
        self.assertNotIn(LAST, self.staged())

    def start_to_the_middle(self, **options):
        self.start()
        upload = self.begin(**options)
        self.reach_the_middle(upload)
        return upload

    def assert_nothing_left(self):
        """Nor is anything begun again."""
        wait_for(lambda: not self.staged() and self.worker() is None, what=f"the clean-up; the log: {self.log()}")
        self.assertEqual(self.probe.releases(), [])
        self.assertEqual(self.probe.deployment_folders(), [])
        self.assertEqual(list((self.probe.state / "tables").glob("*/*/*")), [])
        self.assertIsNone(self.probe.status()["transaction"])

    def outcomes(self):
        return [(entry["outcome"], entry["reason"]) for entry in self.probe.history()]

    def assert_given_up(self, cause):
        self.assert_nothing_left()
        self.assertEqual(self.outcomes(), [("failed", "upload")])
        self.assertIn(cause, self.probe.history()[-1]["cause"])
        self.assertIsNone((self.told() or {"outcome": None})["outcome"])

    def assert_waited_for(self, upload, share=0.9):
        """Nothing is staged while it comes in."""
        end = time.monotonic() + LONG_ENOUGH
        while time.monotonic() < end:
            upload.send_share(share * (1 - (end - time.monotonic()) / LONG_ENOUGH))
            time.sleep(0.1)
            self.assertEqual(self.probe.releases(), [])
            self.assertIsNone(self.probe.status()["transaction"])
            self.assertIn((self.told() or {"state": None})["state"], (None, "waiting"))


class StagingTest(EarlyCase):
    def test_the_tree_is_there_before_the_last_byte(self):
        upload = self.start_to_the_middle()
        document = self.told()
        self.assertEqual((document["state"], document["outcome"]), ("staging", None))
        self.assertRegex(document["step"], r"^unpacking web while the upload comes in at \d+%$")
        self.assertIn("while the upload comes in", self.probe.status()["transaction"]["step"])
        upload.send_to(len(upload.data) - 1)
        wait_for(lambda: LAST in self.staged(), what="the last file")
        self.assertIsNone(self.probe.current())
        self.assertIsNone(self.probe.status()["deployment"])
        upload.finish()
        self.assert_committed()
        self.assert_consistent()
        self.assertEqual(len(self.outcomes()), 1)

    def test_the_end_of_the_agent_ends_the_wait(self):
        upload = self.start_to_the_middle()
        self.stop()
        self.assertEqual(self.probe.releases(), [])
        self.assertEqual(self.outcomes(), [("failed", "suspended")])
        self.start()
        upload.finish()
        self.assert_committed()
        self.assert_consistent()

    def test_a_cancel_ends_the_wait(self):
        """The upload is removed, too, while the client goes on."""
        upload = self.start_to_the_middle()
        is_over = threading.Event()

        def goes_on():
            while not is_over.wait(0.0005):
                upload.send_to(upload.sent + 1)

        client = threading.Thread(target=goes_on)
        client.start()
        try:
            self.assertEqual(self.probe.json("cancel")["outcome"], "cancelled")
            wait_for(lambda: self.worker() is None, what="the end of the worker")
            self.assertFalse((self.probe.inbox / "good.ignite").exists())
        finally:
            is_over.set()
            client.join()
        self.assertEqual(self.verdict()["outcome"], "cancelled")
        upload.finish()
        self.assert_nothing_left()
        self.drop(self.bundle("1.0"), "next.ignite")
        self.assert_committed("next.ignite")

    def test_a_complete_upload_has_its_turn(self):
        upload = self.start_to_the_middle()
        self.drop(self.bundle("0.5"), "other.ignite")
        self.assert_committed("other.ignite", "0.5")
        self.assertEqual(self.outcomes(), [("failed", "suspended"), ("committed", "")])
        upload.finish()
        self.assert_committed()
        self.assert_consistent()

    def test_a_file_that_has_its_length_before_its_bytes_is_waited_for(self):
        self.start()
        data = self.bundle("1.0", files=LARGE).read_bytes()
        beginning = 10_000
        with open(self.probe.inbox / "good.ignite", "wb", buffering=0) as stream:
            stream.write(data[:beginning])
            wait_for(lambda: self.told(), what="a word")
            stream.truncate(len(data))
            for begin in range(beginning, len(data), len(data) // 20):
                stream.write(data[begin : begin + len(data) // 20])
                time.sleep(0.2)
                self.assertEqual(self.probe.releases(), [])
        self.assert_committed()
        self.assertEqual(self.outcomes(), [("committed", "")])


class BrokenOffTest(EarlyCase):
    def assert_next_is_taken(self):
        self.drop(self.bundle("1.0"))
        self.assert_committed()
        self.assert_consistent()

    def test_removed(self):
        self.start_to_the_middle()
        os.unlink(self.probe.inbox / "good.ignite")
        self.assert_given_up("removed, renamed or replaced")
        self.assert_next_is_taken()

    def test_shortened(self):
        upload = self.start_to_the_middle()
        os.truncate(self.probe.inbox / "good.ignite", 1000)
        self.assert_given_up("became shorter")
        upload.stream.seek(1000)
        upload.sent = 1000
        upload.finish()
        self.assert_committed()

    def test_renamed(self):
        upload = self.start_to_the_middle()
        os.rename(self.probe.inbox / "good.ignite", self.probe.inbox / "better.ignite")
        self.assert_given_up("removed, renamed or replaced")
        upload.finish()
        self.assert_committed("better.ignite")

    def test_replaced(self):
        self.start_to_the_middle()
        self.drop(self.bundle("2.0"))
        self.assert_committed(version="2.0")
        self.assertEqual(self.outcomes(), [("failed", "upload"), ("committed", "")])
        self.assert_consistent()

    def test_damaged(self):
        data = bytearray(self.bundle("1.0", files=LARGE).read_bytes())
        data[len(data) // 2] ^= 1
        self.start()
        upload = self.begin(bytes(data))
        self.keep_sending(upload, lambda: ("failed", "upload") in self.outcomes(), to=0.8)
        self.assert_given_up("")
        for _ in range(RETRY * 2):  # It is not tried again before it is whole.
            upload.send_to(upload.sent + 10_000)
            time.sleep(0.5)
        self.assert_given_up("")
        upload.finish()
        self.assertEqual(self.verdict()["reason"], "damaged")
        self.assertEqual(self.outcomes(), [("failed", "upload"), ("refused", "damaged")])
        self.assert_nothing_left()

    def test_longer_than_it_says(self):
        data = self.bundle("1.0", files=LARGE).read_bytes() + b"x"
        upload = self.start_to_the_middle(bundle=data)
        upload.finish()
        self.assertEqual(self.verdict()["reason"], "damaged")
        self.assertEqual(self.outcomes(), [("failed", "upload"), ("refused", "damaged")])
        self.assert_nothing_left()

    def test_the_worker_is_killed(self):
        upload = self.start_to_the_middle()
        os.kill(self.worker(), signal.SIGKILL)
        self.assert_given_up("cut off")
        upload.finish()
        self.assert_committed()
        self.assert_consistent()

    def test_all_is_killed(self):
        for _ in range(4):  # Never too often.
            upload = self.start_to_the_middle()
            self.kill_all(self.daemon)
            os.unlink(self.probe.inbox / "good.ignite")
        self.start()
        self.assert_nothing_left()
        self.assertEqual(set(self.outcomes()), {("failed", "upload")})
        upload = self.begin()
        self.reach_the_middle(upload)
        self.kill_all(self.daemon)
        self.start()
        upload.finish()
        self.assert_committed()
        self.assert_consistent()


class TrialTest(EarlyCase):
    """What comes after the last byte, while the release is on trial."""

    def start_to_the_trial(self):
        self.probe.configure("trial = 5s\nstage = early\n")
        upload = self.start_to_the_middle()
        upload.finish()
        self.wait_for_state("trial")

    def test_another_upload_waits_for_its_end(self):
        self.start_to_the_trial()
        self.drop(self.bundle("2.0"), "other.ignite")
        self.assert_committed("other.ignite", "2.0")
        self.assertEqual(self.outcomes(), [("committed", ""), ("committed", "")])
        self.assertNotIn("suspended", self.probe.text("show", "1"))

    def test_other_content_in_the_same_file_is_another_upload(self):
        self.start_to_the_trial()
        second = self.bundle("2.0", files={**LARGE, "more": random.Random(0).randbytes(100_000)})
        (self.probe.inbox / "good.ignite").write_bytes(second.read_bytes())
        wait_for(lambda: len(self.outcomes()) == 2 and self.worker() is None, what="the second")
        self.assert_committed(version="2.0")

    def test_the_same_content_that_comes_in_again_stays(self):
        self.start_to_the_trial()
        data = self.bundle("1.0", files=LARGE).read_bytes()
        with open(self.probe.inbox / "good.ignite", "wb", buffering=0) as stream:
            stream.write(data[: len(data) // 2])
            # Its verdict gives way to the words on what comes in.
            wait_for(lambda: self.outcomes() == [("committed", "")] and self.worker() is None, what="the first")
            self.assertTrue((self.probe.inbox / "good.ignite").exists())
            stream.write(data[len(data) // 2 :])
        self.next_verdict("good.ignite")
        self.assertEqual(self.told()["reason"], "already-running")


class WayTest(EarlyCase):
    def test_who_is_complete_comes_first(self):
        """Also where it was tried in vain, and is tried again in half a minute."""
        self.start()
        wait_for(lambda: (self.probe.state / "lock").exists() and self.worker() is None, what="the first recovery")
        with open(self.probe.state / "lock", "rb+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.drop(self.bundle("0.5"), "other.ignite")
            wait_for(lambda: "is running" in str(self.told("other.ignite")), what="the wait")
        self.assert_waited_for(self.begin())
        self.assert_committed("other.ignite", "0.5", timeout=RETRY)

    def test_a_look_gives_way_to_a_recovery(self):
        """An upload that brings its manifest byte by byte, and an `ignite` that is killed meanwhile."""
        self.start()
        upload = self.begin()
        upload.send_to(upload.data.index(b"MANIFEST") + 512)

        def trickles(until):
            upload.send_to(upload.sent + 1)
            time.sleep(0.3)
            return until()

        worker = wait_for(lambda: trickles(self.worker), what="the look")
        self.assertIsNone(self.probe.status()["transaction"])
        install = self.probe.start("install", self.bundle("2.0", files=LARGE))
        self.probe.freeze_in_staging(lambda: install.pid)
        self.end(install)
        self.assertEqual(self.worker(), worker)
        wait_for(lambda: trickles(lambda: not self.staged()), what="the recovery")
        self.assertEqual(self.outcomes(), [("failed", "interrupted")])


class WaitedForTest(EarlyCase):
    def test_policies(self):
        hour = time.localtime().tm_hour
        closed = f"{(hour + 12) % 24:02}:00-{(hour + 13) % 24:02}:00"
        for policy in ("trial = 0s\n", EARLY + "auto-apply = no\n", EARLY + f"window = {closed}\n"):
            with self.subTest(policy):
                self.probe.configure(policy)
                self.start()
                upload = self.begin()
                self.assert_waited_for(upload)
                if policy == "trial = 0s\n":
                    upload.finish()
                    self.assert_committed()
                    shutil.rmtree(self.probe.root)
                    self.probe = self.make_probe()
                self.stop()

    def test_what_is_going_to_be_refused_is_told_at_once(self):
        self.start()
        upload = self.begin(self.bundle("1.0", files=LARGE, product="other"))
        self.keep_sending(upload, lambda: "it will be refused" in (self.told() or {"cause": ""})["cause"])
        document = self.told()
        self.assertEqual((document["state"], document["outcome"]), ("waiting", None))
        self.assertRegex(document["cause"], r"^the upload is coming in at \d+%: .* of .*; it will be refused: .*other")
        self.assertTrue(document["remedy"])
        upload.send_share(0.9)
        wait_for(lambda: self.told()["percent"] >= 89, what="the new percentage")
        self.assertIn("it will be refused", self.told()["cause"])
        self.assertEqual(self.outcomes(), [])
        upload.finish()
        document = self.verdict()
        self.assertEqual((document["outcome"], document["reason"]), ("refused", "product"))
        self.assertEqual(self.outcomes(), [("refused", "product")])
        self.assert_nothing_left()

    def test_one_that_does_not_grow(self):
        self.begin().send_share(0.5)
        self.start()
        end = time.monotonic() + LONG_ENOUGH
        while time.monotonic() < end:
            time.sleep(0.1)
            self.assertEqual(self.probe.releases(), [])

    def test_a_beginning_that_comes_late_is_not_foretold(self):
        data = bytearray(self.bundle("1.0", files=LARGE).read_bytes())
        place = data.index(b"MANIFEST") + 600
        byte = data[place]
        data[place] ^= 1
        self.start()
        upload = self.begin(bytes(data))
        self.assert_waited_for(upload)
        self.assertNotIn("refused", self.told()["cause"])
        with open(self.probe.inbox / "good.ignite", "rb+") as stream:
            stream.seek(place)
            stream.write(bytes([byte]))
        upload.finish()
        self.assert_committed()

    def test_an_unknown_signature_is_told_at_once(self):
        self.start()
        upload = self.begin(self.bundle("1.0", files=LARGE, sign=("stranger",)))
        self.keep_sending(upload, lambda: "it will be refused" in (self.told() or {"cause": ""})["cause"])
        self.assertEqual(self.outcomes(), [])
        upload.finish()
        self.assertEqual(self.verdict()["reason"], "signature")
        self.assertEqual(self.outcomes(), [("refused", "signature")])

    def test_accounts_are_not_made_before_the_last_byte(self):
        users = {**LARGE, "users.conf": "u web - \"Web\"\n"}
        with open(self.probe.root / "etc/passwd") as stream:
            self.assertNotIn("\nweb:", stream.read())
        self.start()
        self.assert_waited_for(self.begin(self.bundle("1.0", files=users, payload="users = users.conf\n")))
        self.assertNotIn("\nweb:", (self.probe.root / "etc/passwd").read_text())


class SystemTest(EarlyCase, os_test.OsCase):
    def setUp(self):
        super().setUp()
        self.probe.configure(EARLY, self.boot)

    def test_a_slot_is_not_touched_before_the_last_byte(self):
        before = self.slot("b").read_bytes()
        self.start()
        upload = self.begin(self.release("1.0", files=LARGE))
        self.assert_waited_for(upload)
        upload.send_to(len(upload.data) - 1)
        time.sleep(LONG_ENOUGH)
        self.assertEqual(self.slot("b").read_bytes(), before)
        self.assertEqual(self.probe.releases(), [])
        upload.finish()
        wait_for(lambda: "the next boot enters it" in json.dumps(self.told()), what="the slot")
        self.assertEqual(self.held("b"), "os 1.0")


    def test_who_waits_for_the_reboot_of_another_is_not_refused(self):
        self.probe.install(self.release("0.5"), expect=8)
        self.start()
        upload = self.begin()
        end = time.monotonic() + LONG_ENOUGH
        while time.monotonic() < end:
            upload.send_share(0.9 * (1 - (end - time.monotonic()) / LONG_ENOUGH))
            time.sleep(0.1)
            self.assertNotIn("refused", str(self.told()))


class DataTest(EarlyCase, data_test.DataCase):
    def test_data_is_not_tried_before_the_last_byte(self):
        self.start()
        upload = self.begin(self.bundle("1.0", more=self.schema("1.0", data_test.FIRST), files=LARGE))
        self.assert_waited_for(upload)
        upload.send_to(len(upload.data) - 1)
        time.sleep(LONG_ENOUGH)
        self.assertEqual(self.probe.releases(), [])
        self.assertEqual(list(self.database.parent.iterdir()), [])
        upload.finish()
        self.assert_committed()


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: a probe's files belong to several users, so this needs root")
        sys.exit(77)
    unittest.main()
