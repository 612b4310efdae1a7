#!/usr/bin/env python3
"""Drives the real ignited: uploads of every kind into its inbox, and what it writes to the outbox.

IGNITE_BIN names the folder of the programs. Needs root, as a probe does.
"""

import fcntl
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import probe as shared  # noqa: E402
from probe import LARGE, ProbeTest, command_check, has_ended, run, wait_for  # noqa: E402


class DaemonCase(ProbeTest):
    def setUp(self):
        super().setUp()
        self.log_path = self.folder / "ignited.log"
        self.daemon = None

    def start(self, wait=True, **environment):
        log = open(self.log_path, "ab")
        already = self.log().count("watching")
        self.daemon = subprocess.Popen(
            [str(shared.BIN / "ignited"), "--root", str(self.probe.root)],
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        log.close()
        self.addCleanup(self.kill_all, self.daemon)
        if wait:
            wait_for(lambda: self.log().count("watching") > already, what="ignited")
        return self.daemon

    @staticmethod
    def kill_all(daemon):
        """The daemon and its children, which have a session of their own; none of them writes any more."""
        def are_gone():
            try:
                os.killpg(daemon.pid, signal.SIGKILL)
            except ProcessLookupError:
                return True
            if daemon.poll() is not None:
                try:  # What it leaves is ours where we are the first process.
                    os.waitpid(-daemon.pid, os.WNOHANG)
                except ChildProcessError:
                    pass
            return False

        wait_for(are_gone, 10, "the end of ignited and its children")
        daemon.wait()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self, within=10):
        self.daemon.send_signal(signal.SIGTERM)
        self.assertTrue(has_ended(self.daemon, within), f"it did not end within {within} s: {self.log()}")
        self.assertEqual(self.daemon.returncode, 0, self.log())

    def worker(self):
        found = run(["pgrep", "-x", "-P", str(self.daemon.pid), "ignited-worker"]).stdout.decode().split()
        return int(found[0]) if found else None

    def stop_in_staging(self):
        worker = self.probe.freeze_in_staging(self.worker)
        self.daemon.send_signal(signal.SIGTERM)
        os.kill(worker, signal.SIGTERM)
        os.kill(worker, signal.SIGCONT)
        self.stop()

    def drop(self, bundle, name="good.ignite"):
        """As an FTP client that uploads beside and renames."""
        path = self.probe.inbox / name
        part = self.probe.inbox / f"{name}.part"
        shutil.copy(bundle, part)
        os.rename(part, path)
        return path

    def verdict_path(self, name):
        return self.probe.outbox / f"{name}.status.json"

    def told(self, name="good.ignite"):
        """The status file of an upload: always whole; None while there is none."""
        try:
            text = self.verdict_path(name).read_text()
        except FileNotFoundError:
            return None
        document = json.loads(text)
        self.assertLessEqual({"bundle", "state", "outcome", "reason"}, set(document))
        return document

    def verdict(self, name="good.ignite", timeout=30):
        """The final verdict; and the upload is gone then, not before."""
        def final():
            document = self.told(name)
            return document if document and document["outcome"] is not None else None

        document = wait_for(final, timeout, f"the verdict of {name}; the log: {self.log()}")
        return document

    def next_verdict(self, name, timeout=30):
        """As verdict(), where an older one may still lie there."""
        self.assertTrue((self.probe.inbox / name).exists())
        wait_for(lambda: not (self.probe.inbox / name).exists(), timeout, f"the end of {name}; the log: {self.log()}")
        return self.verdict(name)

    def assert_committed(self, name="good.ignite", version="1.0", timeout=30):
        document = self.verdict(name, timeout)
        self.assertEqual(document["outcome"], "committed", document)
        wait_for(lambda: not (self.probe.inbox / name).exists(), what="the removal of the upload")
        self.assertEqual(self.probe.status()["deployment"]["components"]["app/web"], version)
        text = (self.probe.outbox / f"{name}.status.txt").read_bytes().decode()
        self.assertIn("COMMITTED", text)
        return document

    def state_of_transaction(self):
        transaction = self.probe.status()["transaction"]
        return transaction and transaction["state"]

    def wait_for_state(self, *states, timeout=20):
        return wait_for(lambda: self.state_of_transaction() in states, timeout, f"{states}; the log: {self.log()}")


class UploadTest(DaemonCase):
    def test_a_plain_drop(self):
        self.start()
        with open(self.probe.inbox / "good.ignite", "wb") as upload:
            upload.write(self.bundle("1.0").read_bytes())
        self.assert_committed()
        self.assert_consistent()
        self.assertEqual(self.probe.history()[-1]["bundle"], "good.ignite")

    def test_renamed_into_place(self):
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()

    def test_lies_there_already(self):
        self.drop(self.bundle("1.0"))
        self.start()
        self.assert_committed()

    def test_folders_are_made(self):
        shutil.rmtree(self.probe.root / "srv")
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()

    def test_a_growing_upload(self):
        self.start()
        data = self.bundle("1.0", files={"big": random.Random(1).randbytes(2_000_000)}).read_bytes()
        seen = []
        with open(self.probe.inbox / "good.ignite", "wb", buffering=0) as upload:
            for begin in range(0, len(data), len(data) // 8 + 1):
                upload.write(data[begin : begin + len(data) // 8 + 1])
                time.sleep(0.6)
                document = self.told()
                if document:
                    seen.append(document)
                    if begin + len(data) // 8 + 1 < len(data):
                        self.assertIsNone(document["outcome"])
        self.assert_committed()
        waiting = [document for document in seen if document["state"] == "waiting"]
        self.assertTrue(waiting)
        percents = [document["percent"] for document in waiting]
        self.assertEqual(percents, sorted(percents))
        self.assertGreater(len(set(percents)), 2)

    def test_a_short_file_that_is_resumed(self):
        self.start()
        data = self.bundle("1.0", files={"big": random.Random(1).randbytes(2_000_000)}).read_bytes()
        path = self.probe.inbox / "good.ignite"
        path.write_bytes(data[: len(data) // 3])
        wait_for(lambda: self.told(), what="a word about the short file")
        time.sleep(2.5)
        self.assertIsNone(self.told()["outcome"])
        with open(path, "ab") as upload:
            upload.write(data[len(data) // 3 : len(data) // 2])
        time.sleep(1.2)
        self.assertIsNone(self.told()["outcome"])
        with open(path, "ab") as upload:
            upload.write(data[len(data) // 2 :])
        self.assert_committed()

    def test_every_early_length_is_waited_for(self):
        """Also when even the first member is not whole yet."""
        self.start()
        data = self.bundle("1.0").read_bytes()
        path = self.probe.inbox / "good.ignite"
        for length in (0, 1, 100, 511, 512, 513, 700, 1024, 1500, 2048):
            path.write_bytes(data[:length])
            time.sleep(0.3)
            self.assertIsNone((self.told() or {"outcome": None})["outcome"], f"{length} bytes")
        path.write_bytes(data)
        self.assert_committed()

    def test_overwritten_in_place_before_it_was_whole(self):
        self.start()
        path = self.probe.inbox / "good.ignite"
        one = self.bundle("1.0", files={"big": random.Random(1).randbytes(1_000_000)}).read_bytes()
        path.write_bytes(one[: len(one) // 2])
        time.sleep(0.5)
        with open(path, "r+b") as upload:
            upload.truncate(0)
            upload.write(self.bundle("2.0").read_bytes())
        self.assert_committed(version="2.0")

    def test_same_name_again_after_a_failure(self):
        self.start()
        self.drop(self.bundle("1.0", sign=("stranger",)))
        self.assertEqual(self.verdict()["reason"], "signature")
        wait_for(lambda: not (self.probe.inbox / "good.ignite").exists(), what="the removal")
        self.drop(self.bundle("1.0"))
        self.assertEqual(self.next_verdict("good.ignite")["outcome"], "committed")
        self.assertEqual(self.probe.status()["deployment"]["components"], {"app/web": "1.0"})

    def test_same_content_again(self):
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()
        before = self.probe.live()
        self.drop(self.bundle("1.0"))
        document = self.next_verdict("good.ignite")
        self.assertEqual((document["outcome"], document["reason"]), ("committed", "already-running"))
        self.assertIn("nothing was done", document["cause"])
        self.assert_same(before, self.probe.live())

    def test_several_in_the_order_of_their_versions(self):
        for version in ("1.0", "9.0", "10.0"):
            self.drop(self.bundle(version), f"release-{version}.ignite")
        self.start()
        for version in ("1.0", "9.0", "10.0"):
            self.assertEqual(self.verdict(f"release-{version}.ignite", 60)["outcome"], "committed")
        self.assertEqual([entry["bundle"] for entry in self.probe.history()],
                         [f"release-{version}.ignite" for version in ("1.0", "9.0", "10.0")])
        self.assertEqual(self.probe.status()["deployment"]["components"], {"app/web": "10.0"})

    def test_refusals_are_told_with_cause_and_remedy(self):
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()
        damaged = bytearray(self.bundle("2.0").read_bytes())
        damaged[len(damaged) * 2 // 3] ^= 1
        (self.folder / "damaged").write_bytes(damaged)
        cases = {
            "signature": self.bundle("2.0", sign=("stranger",)),
            "identity": self.bundle("2.0", recipient="other"),
            "product": self.bundle("2.0", product="other"),
            "counter": self.bundle("0.5"),
            "damaged": self.folder / "damaged",
        }
        before = self.probe.live()
        for reason, bundle in cases.items():
            name = f"{reason}.ignite"
            self.drop(bundle, name)
            document = self.verdict(name)
            self.assertEqual((document["outcome"], document["reason"]), ("refused", reason))
            self.assertTrue(document["cause"] and document["remedy"])
            text = (self.probe.outbox / f"{name}.status.txt").read_bytes().decode()
            self.assertIn(document["cause"], text)
            self.assertIn("REFUSED", text)
            wait_for(lambda: not (self.probe.inbox / name).exists(), what="the removal")
        self.assert_same(before, self.probe.live())

    def test_a_failing_release_is_rolled_back_and_held(self):
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()
        before = self.probe.live()
        gate = self.folder / "gate"
        bad = self.bundle("2.0", health=command_check(f"test -e {gate}", "500ms"))
        self.drop(bad, "bad.ignite")
        document = self.verdict("bad.ignite")
        self.assertEqual((document["outcome"], document["reason"]), ("rolled-back", "health"))
        self.assert_same(before, self.probe.live())
        wait_for(lambda: not (self.probe.inbox / "bad.ignite").exists(), what="the removal")
        gate.touch()
        self.drop(bad, "again.ignite")
        document = self.verdict("again.ignite")
        self.assertEqual((document["outcome"], document["reason"]), ("refused", "hold"))
        self.assertIn("ignite install", document["remedy"])
        self.probe.install(bad)
        self.assertEqual(self.probe.status()["hold"], [])

    def test_what_was_left_by_hand_is_held(self):
        self.probe.install(self.bundle("1.0"))
        self.probe.install(self.bundle("2.0"))
        self.probe.rollback()
        self.start()
        self.drop(self.bundle("2.0"))
        self.assertEqual(self.verdict()["reason"], "hold")

    def test_failures_before_activation_do_not_hold(self):
        self.start()
        self.drop(self.bundle("2.0", kind="service-pack", bundle="requires = app/base >= 1\n"))
        self.assertEqual(self.verdict()["reason"], "requires")
        self.assertEqual(self.probe.status()["hold"], [])

    def test_no_auto_apply(self):
        self.probe.configure("trial = 0s\nauto-apply = no\n")
        self.start()
        self.drop(self.bundle("1.0"))
        wait_for(lambda: (self.told() or {}).get("remedy"), what="a word of what to do")
        time.sleep(2)
        document = self.told()
        self.assertEqual((document["state"], document["outcome"]), ("waiting", None))
        self.assertIn("ignite install", document["remedy"])
        self.assertTrue((self.probe.inbox / "good.ignite").exists())
        self.probe.install(self.probe.inbox / "good.ignite")
        self.assertEqual(self.told()["outcome"], "committed")
        self.assertFalse((self.probe.inbox / "good.ignite").exists())

    def test_every_upload_is_held(self):
        self.probe.json("hold")
        self.start()
        bundle = self.bundle("1.0")
        self.drop(bundle)
        document = self.verdict()
        self.assertEqual((document["outcome"], document["reason"]), ("refused", "hold"))
        self.assertEqual(document["cause"], "an engineer holds every upload on this probe")
        self.assertIn("ignite unhold", document["remedy"])
        self.probe.install(bundle)
        self.assertEqual(self.probe.status()["hold"], ["*"])

    def test_the_maintenance_window(self):
        """Its hours lie half a day away from those of one time zone, and around those of another."""
        hour = time.gmtime().tm_hour
        window = f"{(hour + 12) % 24:02}:00-{(hour + 14) % 24:02}:00"
        self.probe.configure(f"trial = 0s\nwindow = {window}\n")
        self.start(TZ="UTC")
        self.drop(self.bundle("1.0"))
        wait_for(lambda: window in (self.told() or {}).get("cause", ""), what="a word of the window")
        time.sleep(1.5)
        document = self.told()
        self.assertEqual((document["state"], document["outcome"]), ("waiting", None))
        self.assertIsNone(self.probe.current())
        self.stop()
        self.start(TZ="XXX-12:30")
        self.assert_committed()

    def test_status_moves_and_is_always_valid(self):
        self.probe.configure("trial = 2s\n")
        self.start()
        self.drop(self.bundle("1.0", files=LARGE))
        states, percents, from_outside = [], [], []

        def watch():
            document = self.told()
            if document:
                states.append(document["state"])
                if document["state"] != "waiting":  # There it is the percent of the upload.
                    percents.append(document["percent"])
                if document["outcome"] is None:
                    self.assertTrue((self.probe.inbox / "good.ignite").exists(), "removed before its verdict")
            transaction = self.probe.status()["transaction"]
            if transaction:
                from_outside.append((transaction["state"], transaction["percent"]))
            return document and document["outcome"]

        wait_for(watch, 60, "the verdict")
        self.assertEqual(states[-1], "committed")
        self.assertIn("trial", states)
        self.assertIn("staging", states)
        self.assertEqual(percents, sorted(percents))
        seen = [percent for _, percent in from_outside]
        self.assertEqual(seen, sorted(seen))
        self.assertGreater(len({percent for percent in seen if 0 < percent < 100}), 2, from_outside)

    def test_while_an_engineer_installs(self):
        """Busy is no verdict: the upload is tried again."""
        self.start()
        self.probe.configure("trial = 4s\n")
        engineer = self.probe.start("install", self.bundle("1.0"))
        self.addCleanup(self.end, engineer)
        self.wait_for_state("trial")
        self.drop(self.bundle("2.0"))
        time.sleep(1)
        self.assertIsNone(self.told()["outcome"])
        engineer.communicate()
        self.assertEqual(engineer.returncode, 0)
        self.assert_committed(version="2.0", timeout=50)

    def test_a_slow_upload_does_not_hold_back_what_was_busy(self):
        """Another upload that grows for a long time must not keep a complete one from its second try."""
        self.start()
        wait_for((self.probe.state / "journal.db").exists, what="the recovery at the start")
        time.sleep(1)
        with open(self.probe.state / "lock", "a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.drop(self.bundle("1.0"))
            wait_for(lambda: self.told() and "another" in self.told()["cause"], what="busy")
        slow = self.bundle("2.0", files={"big": random.Random(1).randbytes(3_000_000)}).read_bytes()
        with open(self.probe.inbox / "slow.ignite", "wb", buffering=0) as upload:
            for second in range(45):
                upload.write(slow[second * 1000 : (second + 1) * 1000])
                time.sleep(1)
                document = self.told()
                if document["outcome"]:
                    break
        self.assertEqual(document["outcome"], "committed", "not tried again within 45 s")


class HostileTest(DaemonCase):
    def assert_alive(self):
        self.assertIsNone(self.daemon.poll(), self.log())
        self.drop(self.bundle("1.0"), "alive.ignite")
        self.assert_committed("alive.ignite", timeout=60)

    def assert_clean_log(self):
        raw = self.log_path.read_bytes().replace(b"\n", b"")
        self.assertIsNone(re.search(rb"[\x00-\x1f\x7f]", raw), raw)
        self.assertIsNone(re.search("[\u202a-\u202e\u2066-\u2069\x80-\x9f]", raw.decode(errors="replace")), raw)

    def test_names_that_are_not_ours(self):
        junk = ["readme.txt", ".in.good.ignite.", "good.ignite.part", "good.IGNITE", "ignite", ".ignite", "x.ignite~",
                "x.ignite.tmp"]
        for name in junk:
            (self.probe.inbox / name).write_text("junk")
        self.start()
        self.assert_alive()
        self.assertEqual(sorted(os.listdir(self.probe.inbox)), sorted(junk))
        of_uploads = {name for name in os.listdir(self.probe.outbox) if ".ignite." in name}
        self.assertEqual(of_uploads, {"alive.ignite.plan.txt", "alive.ignite.status.json", "alive.ignite.status.txt"})

    def test_things_that_are_no_files(self):
        secret = self.folder / "secret"
        shutil.copy(self.bundle("2.0"), secret)
        os.mkfifo(self.probe.inbox / "fifo.ignite")
        (self.probe.inbox / "link.ignite").symlink_to(secret)
        (self.probe.inbox / "relative.ignite").symlink_to("fifo.ignite")
        (self.probe.inbox / "loop.ignite").symlink_to("loop.ignite")
        (self.probe.inbox / "folder.ignite").mkdir()
        os.mknod(self.probe.inbox / "device.ignite", 0o644 | 0o020000, os.makedev(1, 5))
        os.mknod(self.probe.inbox / "block.ignite", 0o644 | 0o060000, os.makedev(7, 0))
        with socket.socket(socket.AF_UNIX) as listener:
            there = os.getcwd()
            os.chdir(self.probe.inbox)
            listener.bind("socket.ignite")
            os.chdir(there)
        before = sorted(os.listdir(self.probe.inbox))
        self.start()
        self.assert_alive()
        self.assertEqual(sorted(os.listdir(self.probe.inbox)), before)
        self.assertTrue(secret.exists())
        self.assertEqual(self.probe.status()["deployment"]["components"], {"app/web": "1.0"})
        self.stop()

    def test_an_empty_file_waits(self):
        (self.probe.inbox / "empty.ignite").touch()
        self.start()
        self.assert_alive()
        document = wait_for(lambda: self.told("empty.ignite"), what="a word")
        self.assertIsNone(document["outcome"])
        self.assertTrue((self.probe.inbox / "empty.ignite").exists())

    def test_what_is_no_bundle_gets_a_verdict(self):
        self.start()
        for name, content in (("text.ignite", b"hello"), ("noise.ignite", random.Random(1).randbytes(30_000)),
                              ("tar.ignite", b"HEADER" + bytes(2000))):
            (self.probe.inbox / name).write_bytes(content)
            document = self.verdict(name)
            self.assertEqual((document["outcome"], document["reason"]), ("refused", "damaged"))
            wait_for(lambda: not (self.probe.inbox / name).exists(), what="the removal")

    def test_what_is_no_bundle_and_comes_from_the_future(self):
        """The probe's clock may be years behind the client's, which set the file's time."""
        self.start()
        path = self.probe.inbox / "future.ignite"
        path.write_bytes(b"hello")
        os.utime(path, (time.time() + 10_000_000, time.time() + 10_000_000))
        self.assertEqual(self.verdict("future.ignite", 15)["outcome"], "refused")

    def test_a_short_upload_with_an_old_time_is_waited_for(self):
        """Clients keep the time of the original: an upload of this minute has not stalled for a day."""
        self.start()
        data = self.bundle("1.0").read_bytes()
        path = self.probe.inbox / "good.ignite"
        path.write_bytes(data[: len(data) // 2])
        os.utime(path, (1_500_000_000, 1_500_000_000))
        time.sleep(2)
        self.assertTrue(path.exists(), f"dropped at once: {self.told()}")
        with open(path, "ab") as upload:
            upload.write(data[len(data) // 2 :])
        self.assert_committed()

    def test_strange_names(self):
        names = [b"sp ace.ignite", b"tab\there.ignite", b"line\nend.ignite", b"esc\x1b[31m.ignite", b"bytes\xff\xfe.ignite",
                 "ünï.ignite".encode(), "bidi\u202egnp.ignite".encode(), b"-rf.ignite", b"quote'\".ignite",
                 b"$(reboot).ignite", b"n" * 248 + b".ignite", b"%s%n.ignite", b"back\\slash.ignite", b"c1\xc2\x9b31m.ignite"]
        for name in names:
            path = os.path.join(os.fsencode(self.probe.inbox), name)
            with open(path, "wb") as junk:
                junk.write(b"no bundle")
        self.start()
        wait_for(lambda: not os.listdir(self.probe.inbox), 20, "all verdicts")
        for path in os.listdir(os.fsencode(self.probe.outbox)):
            self.assertIsNotNone(re.fullmatch(rb"[A-Za-z0-9._-]+", path), path)
        for path in self.probe.outbox.glob("*.status.json"):
            self.assertEqual(json.loads(path.read_bytes().decode())["outcome"], "refused")
        self.assertEqual(self.told("bytes__.ignite")["outcome"], "refused")
        self.assertEqual(self.told("sp_ace.ignite")["outcome"], "refused")
        # And a good one is read under such a name.
        with open(os.path.join(os.fsencode(self.probe.inbox), b"go\xffod\x1b.ignite"), "wb") as upload:
            upload.write(self.bundle("1.0").read_bytes())
        self.assertEqual(self.verdict("go_od_.ignite")["outcome"], "committed")
        self.assertEqual(self.probe.history()[-1]["outcome"], "committed")
        self.assertNotIn("\x1b", self.probe.text("history") + self.probe.text("status"))
        self.assert_clean_log()

    def test_text_of_a_failing_check_in_the_log(self):
        script = self.folder / "check.sh"
        script.write_text("#!/bin/sh\nprintf 'red \\033[31m \\a\\r\\n second line'\nexit 1\n")
        script.chmod(0o755)
        self.start()
        self.drop(self.bundle("1.0", health=command_check(str(script), "300ms")))
        self.verdict()
        wait_for(lambda: not (self.probe.inbox / "good.ignite").exists(), what="the removal")
        self.assert_clean_log()
        text = (self.probe.outbox / "good.ignite.status.txt").read_bytes()
        self.assertIsNone(re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text), text)

    def test_a_crowded_inbox(self):
        """Twenty thousand other files do not hide an upload."""
        for number in range(20_000):
            (self.probe.inbox / f"junk-{number:05}.dat").touch()
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed(timeout=60)

    def test_a_crowd_of_candidates(self):
        """Nor do hundreds that have the right name and never become a bundle."""
        for number in range(300):
            (self.probe.inbox / f"a-{number:03}.ignite").mkdir()
        for number in range(300):
            (self.probe.inbox / f"b-{number:03}.ignite").touch()
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed(timeout=60)

    def test_exchanged_while_it_is_staged(self):
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()
        path = self.drop(self.bundle("2.0", files=LARGE), "large.ignite")
        worker = self.probe.freeze_in_staging(self.worker)
        with open(path, "r+b") as upload:
            upload.seek(path.stat().st_size * 3 // 4)
            upload.write(random.Random(9).randbytes(5_000_000))
        os.kill(worker, signal.SIGCONT)
        document = self.verdict("large.ignite")
        if document["outcome"] == "refused":
            self.assertEqual(document["reason"], "damaged")
            self.assertEqual(self.probe.status()["deployment"]["components"], {"app/web": "1.0"})
        # What lies there now is a newer upload of the same name, with a verdict of its own.
        wait_for(lambda: not path.exists(), 40, "the removal")
        wait_for(lambda: self.state_of_transaction() is None, what="the end")
        self.assert_consistent()

    def test_a_newer_upload_of_the_same_name_stays(self):
        """What comes in while the old one is applied gets its own verdict."""
        self.probe.configure("trial = 2s\n")
        self.start()
        self.drop(self.bundle("1.0"))
        self.wait_for_state("trial")
        self.drop(self.bundle("2.0"))
        wait_for(lambda: (self.probe.status()["deployment"] or {"components": {}})["components"].get("app/web") == "2.0",
                 40, "the second upload")

    def test_the_outbox_is_a_link(self):
        """Whoever may write beside the outbox must not redirect what root writes."""
        target = self.folder / "victim"
        target.write_text("mine")
        (self.probe.outbox / "good.ignite.status.json").symlink_to(target)
        (self.probe.outbox / "good.ignite.status.txt.tmp").symlink_to(target)
        (self.probe.outbox / "good.ignite.status.json.tmp").symlink_to(target)
        self.start()
        self.drop(self.bundle("1.0"))
        wait_for(lambda: not (self.probe.inbox / "good.ignite").exists(), what="the removal")
        self.assertEqual(target.read_text(), "mine")
        self.assertEqual(self.verdict()["outcome"], "committed")


class LifeTest(DaemonCase):
    def test_idle(self):
        self.start()
        self.stop()

    def test_interrupt(self):
        self.start()
        self.daemon.send_signal(signal.SIGINT)
        self.assertTrue(has_ended(self.daemon))
        self.assertEqual(self.daemon.returncode, 0)

    def test_wrong_configuration(self):
        self.probe.ini.write_text("[probe]\nproduct = netprobe\n")
        self.start(wait=False)
        self.assertTrue(has_ended(self.daemon))
        self.assertEqual(self.daemon.returncode, 2)
        self.assertIn("compatible", self.log())

    def test_end_while_staging(self):
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()
        before = self.probe.live()
        self.drop(self.bundle("2.0", files=LARGE), "large.ignite")
        self.stop_in_staging()
        self.assertTrue((self.probe.inbox / "large.ignite").exists(), "it was not judged yet")
        self.assert_same(before, self.probe.live())
        self.start()
        self.assert_committed("large.ignite", "2.0", timeout=60)
        self.assert_consistent()

    def test_end_while_staging_again_and_again(self):
        """Restarts of the daemon are no fault of the release: it is not held for them."""
        for _ in range(6):
            self.drop(self.bundle("2.0", files=LARGE), "large.ignite")
            self.start()
            self.stop_in_staging()
        self.start()
        self.assert_committed("large.ignite", "2.0", timeout=60)

    def test_end_in_the_trial(self):
        self.probe.configure("trial = 4s\n")
        self.start()
        self.drop(self.bundle("1.0"))
        self.wait_for_state("trial")
        self.stop()
        self.assertEqual(self.state_of_transaction(), "trial")
        self.start()
        self.assert_committed(timeout=30)
        self.assert_consistent()

    def test_end_in_the_trial_of_a_release_that_fails_later(self):
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()
        before = self.probe.live()
        self.stop()
        self.probe.configure("trial = 20s\n")
        gate = self.folder / "gate"
        gate.touch()
        self.start()
        self.drop(self.bundle("2.0", health=command_check(f"test -e {gate}", "1s")), "bad.ignite")
        self.wait_for_state("trial")
        self.stop()
        gate.unlink()
        self.start()
        document = self.verdict("bad.ignite")
        self.assertEqual((document["outcome"], document["reason"]), ("rolled-back", "health"))
        wait_for(lambda: not (self.probe.inbox / "bad.ignite").exists(), what="the removal")
        self.assert_same(before, self.probe.live())

    def test_the_worker_is_killed_while_staging(self):
        self.start()
        self.drop(self.bundle("1.0", files=LARGE))
        os.kill(self.probe.freeze_in_staging(self.worker), signal.SIGKILL)
        self.assert_committed(timeout=60)
        self.assertIsNone(self.daemon.poll())
        self.assert_consistent()

    def test_the_worker_is_killed_in_the_trial(self):
        self.probe.configure("trial = 3s\n")
        self.start()
        self.drop(self.bundle("1.0"))
        self.wait_for_state("trial")
        os.kill(self.worker(), signal.SIGKILL)
        self.assert_committed(timeout=60)
        self.assert_consistent()

    def test_all_is_killed_while_staging(self):
        self.start()
        self.drop(self.bundle("1.0", files=LARGE))
        self.probe.freeze_in_staging(self.worker)
        self.kill_all(self.daemon)
        self.start()
        self.assert_committed(timeout=60)
        self.assert_consistent()

    def test_all_is_killed_in_the_trial(self):
        self.probe.configure("trial = 3s\n")
        self.start()
        self.drop(self.bundle("1.0"))
        self.wait_for_state("trial")
        self.kill_all(self.daemon)
        self.start()
        self.assert_committed(timeout=60)
        self.assert_consistent()

    def test_the_daemon_alone_is_killed(self):
        """Its worker goes on or not: one transaction, one verdict."""
        self.probe.configure("trial = 3s\n")
        self.start()
        self.drop(self.bundle("1.0"))
        self.wait_for_state("trial")
        self.daemon.kill()
        self.daemon.wait()
        self.start()
        self.assert_committed(timeout=60)
        self.assert_consistent()
        self.assertEqual([entry["outcome"] for entry in self.probe.history()], ["committed"])

    def test_an_interrupted_install_of_an_engineer_is_finished(self):
        self.probe.configure("trial = 3s\n")
        engineer = self.probe.start("install", self.bundle("1.0"))
        self.wait_for_state("trial")
        engineer.kill()
        engineer.communicate()
        self.start()
        wait_for(lambda: self.state_of_transaction() is None, 20, "the end of the trial")
        self.assertEqual(self.assert_consistent()["deployment"]["number"], 1)

    def test_nothing_grows(self):
        """Descriptors and children after many uploads."""
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()
        descriptors = len(os.listdir(f"/proc/{self.daemon.pid}/fd"))
        for number in range(10):
            self.drop(self.bundle("1.0"), f"n{number}.ignite")
            self.verdict(f"n{number}.ignite")
        wait_for(lambda: self.worker() is None, what="the end of the worker")
        self.assertLessEqual(len(os.listdir(f"/proc/{self.daemon.pid}/fd")), descriptors)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: a probe's files belong to several users, so this needs root")
        sys.exit(77)
    unittest.main()
