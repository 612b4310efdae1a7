#!/usr/bin/env python3
"""The inbox in the hands of a stranger: a process of another user does there what it can, while the real ignited works.

IGNITE_BIN names the folder of the programs. Needs root, as a probe does.
"""

import itertools
import json
import os
import pathlib
import random
import re
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import stranger  # noqa: E402
from daemon_test import DaemonCase  # noqa: E402
from probe import LARGE, run, wait_for  # noqa: E402
from servers import mount  # noqa: E402
from stranger import Stranger, as_stranger, exchange  # noqa: E402

KEPT_UPLOADS = 50  # Of which the outbox tells, besides those that lie in the inbox.
OF_THE_PROBE = {"PROBE.txt", "PROBE.html", "PROBE.json", "history.jsonl", "probe.pub"}


class HostileCase(DaemonCase):
    """Every test ends in survives(), most of them while the stranger goes on."""

    def setUp(self):
        super().setUp()
        self.let_others_through()
        self.probe.inbox.chmod(0o1777)
        # Newer than all: were root's bundle taken, those of the tests would be refused.
        self.treasure = stranger.Treasure(self.probe, self.bundle("9999.0"))

    def at(self, name):
        return os.path.join(os.fsencode(self.probe.inbox), os.fsencode(name))

    def put(self, name, data=b"", mode=0o644):
        with open(self.at(name), "wb") as file:
            file.write(data)
        os.chmod(self.at(name), mode)

    def install_good(self, version, timeout=60):
        """How long it took. Not by its verdict, which goes when fifty others have one."""
        bundle, name = self.bundle(version), f"survives-{version}.ignite"
        began = time.monotonic()
        path = self.drop(bundle, name)
        wait_for(lambda: not path.exists(), timeout, f"the end of {name}; the log: {self.log()[-2000:]}")
        self.assertEqual(self.probe.status()["deployment"]["components"]["app/web"], version)
        self.assertIn((name, "committed"), [(entry["bundle"], entry["outcome"]) for entry in self.probe.history()])
        return time.monotonic() - began

    def survives(self, version="1.0", timeout=60):
        """A good bundle that comes meanwhile is committed by the daemon that was started, and root lost nothing."""
        self.assertIsNone(self.daemon.poll(), self.log())
        self.install_good(version, timeout)
        self.assertIsNone(self.daemon.poll(), self.log())
        self.assertNotIn("crashed", self.log())
        for top, before in self.treasure.before.items():
            self.assert_same(before, self.treasure.seen()[top], top)
        texts = {**stranger.texts_of(self.probe.outbox), "the log": self.log_path.read_bytes(),
                 "history": self.probe.text("history").encode()}
        self.assertEqual(self.treasure.told_in(texts), [])
        for path in self.probe.outbox.iterdir():
            info = path.lstat()
            self.assertEqual((info.st_uid, info.st_gid, info.st_mode), (0, 0, 0o100644), path)
        wait_for(lambda: self.worker() is None, what="the end of the worker")
        self.assertLessEqual(len(os.listdir(f"/proc/{self.daemon.pid}/fd")), 24)

    def of_uploads(self):
        """The uploads of which the outbox tells."""
        names = {name for name in os.listdir(self.probe.outbox)} - OF_THE_PROBE
        return {re.sub(r"\.(status\.(txt|json)|plan\.txt|report\.tar\.zst)(\.tmp)?$", "", name) for name in names}

    def assert_not_told(self, *names):
        self.assertEqual(self.of_uploads() & set(names), set())


class LinksTest(HostileCase):
    def test_symbolic_links(self):
        targets = stranger.link_targets(self.probe)
        names = [f"link{number}.ignite" for number in range(len(targets))]

        def plant():
            for name, target in zip(names, targets):
                os.symlink(target, self.at(name))

        as_stranger(plant)
        self.start()
        self.survives()
        self.assert_not_told(*names)
        self.assertLessEqual(set(names), set(os.listdir(self.probe.inbox)))

    def test_hard_links_to_what_is_not_his(self):
        """Where the kernel allows them: the name is judged and removed, and the file of root stays."""
        if pathlib.Path("/proc/sys/fs/protected_hardlinks").read_text().strip() == "1":
            as_stranger(lambda: self.assertTrue(stranger.keeps_out(
                lambda: os.link(self.probe.root / "etc/shadow", self.at("shadow.ignite")))))
        secret = self.probe.root / "etc/deep/er/secret.ignite"
        os.link(secret, self.at("shadow.ignite"))
        self.start()
        document = self.verdict("shadow.ignite")
        self.assertEqual((document["outcome"], document["reason"]), ("refused", "damaged"))
        wait_for(lambda: secret.stat().st_nlink == 1, what="the removal of the name")
        self.survives()

    def test_many_names_of_one_file(self):
        data = self.bundle("1.0").read_bytes()

        def plant():
            self.put("first.ignite", data)
            for number in range(20):
                os.link(self.at("first.ignite"), self.at(f"other{number}.ignite"))

        as_stranger(plant)
        self.start()
        wait_for(lambda: not os.listdir(self.probe.inbox), 60, "all verdicts")
        documents = [self.told(name) for name in ("first.ignite", *(f"other{number}.ignite" for number in range(20)))]
        self.assertEqual({document["outcome"] for document in documents}, {"committed"})
        self.assertEqual([entry["outcome"] for entry in self.probe.history()].count("committed"), 1)
        self.survives("2.0")


class ThingsTest(HostileCase):
    def test_things_that_block_who_opens_them(self):
        names = ["fifo.ignite", "written.ignite", "socket.ignite", "folder.ignite", "device.ignite", "disk.ignite"]

        def plant():
            os.mkfifo(self.at("fifo.ignite"))
            os.mkfifo(self.at("written.ignite"))
            stranger.bind_socket(os.fsdecode(self.at("socket.ignite")))
            os.mkdir(self.at("folder.ignite"))
            for number in range(50):
                self.put(f"folder.ignite/inner{number}.ignite", b"x")
            for name in ("tty.ignite", "zero.ignite"):
                assert stranger.keeps_out(lambda: os.mknod(self.at(name), 0o20666, os.makedev(1, 5)))
            writer = os.open(self.at("written.ignite"), os.O_RDWR | os.O_NONBLOCK)
            while True:
                try:
                    os.write(writer, b"HEADER" + bytes(4000))
                except BlockingIOError:
                    time.sleep(0.05)

        # What he would have made, had he been let.
        os.mknod(self.at("device.ignite"), 0o20666, os.makedev(1, 5))
        os.mknod(self.at("disk.ignite"), 0o60666, os.makedev(7, 0))
        with Stranger(plant):
            wait_for(lambda: os.path.exists(self.at("written.ignite")), what="the things")
            self.start()
            self.survives()
        self.assert_not_told(*names)
        self.assertEqual(sorted(os.listdir(self.probe.inbox)), sorted(names))
        self.assertEqual(len(os.listdir(self.probe.inbox / "folder.ignite")), 50)

    def test_mounts(self):
        """What lies below another mount is not in the inbox, even where it is a good bundle."""
        as_stranger(lambda: (self.put("file.ignite"), os.mkdir(self.at("folder.ignite"))))
        mount(self.addCleanup, "--bind", self.probe.root / "etc/release.ignite", self.probe.inbox / "file.ignite")
        mount(self.addCleanup, "-t", "tmpfs", "tmpfs", self.probe.inbox / "folder.ignite")
        self.start()
        self.survives()
        self.assert_not_told("file.ignite", "folder.ignite")

    def test_names(self):
        """Each is judged, and none changes what is written, where, or how it looks."""
        names = stranger.names()
        as_stranger(lambda: [self.put(name, b"no bundle") for name in names])
        self.start()
        wait_for(lambda: not os.listdir(self.probe.inbox), 40, "all verdicts")
        for name in os.listdir(self.probe.outbox):
            self.assertRegex(name, r"^[A-Za-z0-9._-]+$")
        documents = [json.loads(path.read_bytes().decode()) for path in self.probe.outbox.glob("*.ignite.status.json")]
        self.assertEqual({document["outcome"] for document in documents}, {"refused"})
        for path in self.probe.outbox.glob("*.txt"):
            self.assertIsNone(re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", path.read_bytes()), path)
        self.survives()
        self.assertLessEqual(OF_THE_PROBE, set(os.listdir(self.probe.outbox)))

    def test_sizes(self):
        """No bytes at all, more than any disk has, and a good beginning of a file without end."""
        good = self.bundle("5.0").read_bytes()
        sizes = {"terabyte": 1 << 40, "most": (1 << 63) - 1}  # Not every file system lets him have the second.

        def plant():
            self.put("empty.ignite")
            for name, size in sizes.items():
                for begin, data in (("zeros", b""), ("bundle", good)):
                    self.put(f"{begin}-{name}.ignite", data)
                    try:
                        os.truncate(self.at(f"{begin}-{name}.ignite"), size)
                    except OSError:
                        os.unlink(self.at(f"{begin}-{name}.ignite"))

        as_stranger(plant)
        made = [name for name in os.listdir(self.probe.inbox) if name != "empty.ignite"]
        self.assertGreaterEqual(len(made), 2)
        self.start()
        for name in made:
            document = self.verdict(name, timeout=40)
            self.assertEqual((document["outcome"], document["reason"]), ("refused", "damaged"), name)
        self.survives()
        self.assertIsNone(self.told("empty.ignite")["outcome"])
        self.assertEqual(os.listdir(self.probe.inbox), ["empty.ignite"])


class ChangesTest(HostileCase):
    def start_with_large(self, work, version="2.0"):
        """The stranger's bundle is being staged; what `work` does to it then; the verdict."""
        self.start()
        self.survives()
        data = self.bundle(version, files=LARGE).read_bytes()
        as_stranger(self.put, "large.ignite", data)
        worker = self.probe.freeze_in_staging(self.worker)
        as_stranger(work, self.at("large.ignite"), data)
        os.kill(worker, signal.SIGCONT)
        wait_for(lambda: self.worker() != worker, 40, "the end of the worker")

    def runs(self):
        return self.probe.status()["deployment"]["components"]["app/web"]

    def test_truncated_while_it_is_read(self):
        self.start_with_large(lambda path, data: os.truncate(path, len(data) // 4))
        self.assertEqual(self.runs(), "1.0")
        self.survives("3.0")

    def test_overwritten_while_it_is_read(self):
        def overwrite(path, data):
            with open(path, "r+b") as file:
                file.seek(len(data) // 8)
                file.write(random.Random(1).randbytes(len(data) * 7 // 8))

        self.start_with_large(overwrite)
        self.assertEqual(self.runs(), "1.0")
        self.survives("3.0")

    def test_grown_while_it_is_read(self):
        """Everything that was signed is there, or it is refused; in between there is nothing."""
        def grow(path, _):
            with open(path, "ab") as file:
                file.write(bytes(5_000_000))

        self.start_with_large(grow)
        wait_for(lambda: not os.listdir(self.probe.inbox), 60, "the verdicts")
        self.survives("3.0")
        self.assert_consistent()

    def test_deleted_while_it_is_read(self):
        self.start_with_large(lambda path, _: os.unlink(path))
        self.survives("3.0")
        self.assert_consistent()

    def test_another_in_its_place_while_it_is_read(self):
        """The file that is open is the one that counts; the other gets words of its own, and stays until then."""
        other = self.bundle("2.5", sign=("stranger",)).read_bytes()

        def replace(path, _):
            self.put("other.part", other)
            os.rename(self.at("other.part"), path)

        self.start_with_large(replace)
        wait_for(lambda: (self.told("large.ignite") or {}).get("reason") == "signature", 40, "the verdict of the other")
        self.assertEqual(self.runs(), "2.0")
        self.survives("3.0")

    def test_exchanged_between_looking_and_opening(self):
        """One name stands for a file, a link to a bundle of root, a FIFO and a folder in turn, all the time."""
        good = self.bundle("1.0").read_bytes()

        def exchange_all():
            self.put("turn.ignite", b"no bundle")
            os.symlink(self.probe.root / "etc/release.ignite", self.at("1"))
            os.mkfifo(self.at("2"))
            os.mkdir(self.at("3"))
            self.put("4", good)
            for number in itertools.cycle("1234"):
                if not os.path.lexists(self.at("turn.ignite")):
                    self.put("turn.ignite", b"no bundle")
                try:
                    exchange(self.at("turn.ignite"), self.at(number))
                except FileNotFoundError:  # Judged in this moment.
                    continue

        self.start()
        with Stranger(exchange_all):
            for version in ("2.0", "3.0", "4.0"):
                self.survives(version)

    def test_a_write_lease(self):
        """The opener would wait up to three quarters of a minute."""
        data = self.bundle("2.0").read_bytes()

        def hold():
            self.put("leased.ignite", data)
            held = stranger.take_write_lease(self.at("leased.ignite"))
            self.put("is-held")
            time.sleep(600)
            os.close(held)

        with Stranger(hold):
            wait_for(lambda: os.path.exists(self.at("is-held")), what="the lease")
            self.start()
            self.survives(timeout=20)  # A lease is broken after three quarters of a minute.
            self.assertIsNone(self.told("leased.ignite"))
        self.assert_committed("leased.ignite", "2.0", timeout=40)

    def test_a_trickle(self):
        """An upload that brings a byte now and then, with any policy, keeps nobody else from his turn."""
        data = self.bundle("2.0", files=LARGE).read_bytes()

        def trickle():
            with open(self.at("slow.ignite"), "wb", buffering=0) as file:
                file.write(data[:5000])
                for byte in data[5000:]:
                    file.write(bytes([byte]))
                    time.sleep(0.05)

        for stage, version in (("complete", "1.0"), ("early", "1.5")):
            with self.subTest(stage):
                self.probe.configure(f"trial = 0s\nstage = {stage}\n")
                self.treasure.before = self.treasure.seen()
                self.start()
                with Stranger(trickle):
                    wait_for(lambda: self.told("slow.ignite"), what="a word on the slow one")
                    self.survives(version)
                    self.assertIsNone(self.told("slow.ignite")["outcome"])
                self.stop()


class FloodTest(HostileCase):
    def test_a_crowd_delays_no_upload_by_half_a_minute(self):
        """It takes two passes, of which the last sees nobody who waits."""
        as_stranger(lambda: [self.put(f"junk{number}") for number in range(5000)])
        self.start()
        self.install_good("1.0", timeout=20)

    def test_replays_do_not_keep_a_good_bundle_from_its_turn(self):
        """Names in front of its own, refilled as fast as they are judged."""
        old = self.bundle("1.0").read_bytes()

        def replay():
            for number in itertools.count():
                part, name = f"a{number % 40}.ignite.part", f"a{number % 40}.ignite"
                self.put(part, old)
                try:
                    os.link(self.at(part), self.at(name))
                except FileExistsError:
                    pass
                os.unlink(self.at(part))
                time.sleep(0.05)

        self.start()
        self.install_good("2.0")
        with Stranger(replay):
            time.sleep(5)
            self.install_good("3.0", timeout=90)

    def test_junk_pushes_no_verdict_out(self):
        self.start()
        self.drop(self.bundle("1.0"))
        self.assert_committed()
        as_stranger(lambda: [self.put(f"junk{number}.ignite", b"no bundle") for number in range(80)])
        wait_for(lambda: not os.listdir(self.probe.inbox), 60, "the verdicts")
        wait_for(lambda: len(self.of_uploads()) <= KEPT_UPLOADS, 20, "the pruning")
        self.assertEqual(self.told()["outcome"], "committed")

    def test_the_outbox_tells_of_a_few_that_wait(self):
        as_stranger(lambda: [self.put(f"waits{number}.ignite") for number in range(300)])
        self.start()
        self.install_good("1.0")
        time.sleep(5)
        self.assertLessEqual(len(self.of_uploads()), 2 * KEPT_UPLOADS)
        self.assertLess((self.probe.outbox / "PROBE.txt").stat().st_size, 16384)

    def test_more_events_than_the_queue_holds(self):
        """A daemon that cannot follow for a while finds the upload in a scan."""
        most = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())

        def burst():
            for number in range(most + 1000):
                self.put(f"burst{number}")

        self.start()
        time.sleep(0.5)
        os.kill(self.daemon.pid, signal.SIGSTOP)
        as_stranger(burst)
        self.drop(self.bundle("1.0"))
        os.kill(self.daemon.pid, signal.SIGCONT)
        self.assert_committed(timeout=60)
        self.survives("2.0")
        self.assertEqual(self.of_uploads(), {"good.ignite", "survives-2.0.ignite"})

    def test_junk_without_end(self):
        """The outbox tells of the last ones, and the history of none."""
        def flood():
            for number in itertools.count():
                self.put(f"junk{number}.ignite", b"no bundle")
                time.sleep(0.006)

        self.start()
        self.survives()
        with Stranger(flood):
            time.sleep(8)
            self.survives("2.0")
        wait_for(lambda: not os.listdir(self.probe.inbox), 60, "all verdicts")
        wait_for(lambda: len(self.of_uploads()) <= KEPT_UPLOADS, 20, "the pruning")
        self.assertEqual(len(self.probe.history()), 2)

    def test_an_old_bundle_again_and_again(self):
        """Each is refused by its HEADER, and costs the journal a line and not a transaction's plan."""
        old = self.bundle("1.0").read_bytes()
        self.start()
        self.survives("2.0")
        journal = self.probe.state / "journal.db"

        def replay(count):
            for _ in range(count):
                as_stranger(self.put, "old.ignite", old)
                self.assertEqual(self.next_verdict("old.ignite")["reason"], "counter")

        replay(2)
        size = journal.stat().st_size
        replay(10)
        self.assertLessEqual(journal.stat().st_size - size, 10 * 4096)
        self.assertLessEqual(self.of_uploads(), {"old.ignite", "survives-2.0.ignite"})
        self.survives("3.0")

    def test_what_runs_again_and_again(self):
        same = self.bundle("1.0").read_bytes()
        self.start()
        self.survives()
        before = len(self.probe.history())
        for _ in range(5):
            as_stranger(self.put, "same.ignite", same)
            self.assertEqual(self.next_verdict("same.ignite")["reason"], "already-running")
        self.assertEqual(len(self.probe.history()), before)
        self.survives("2.0")


class CostTest(HostileCase):
    def calls_on(self, name, seconds):
        """The calls of the daemon that open an upload, and those that read what was opened, as strace tells them."""
        trace = self.folder / "trace"
        watch = ["strace", "-f", "-y", "-o", trace, "-e", "trace=openat,openat2,read,pread64", "-p", self.daemon.pid]
        run(["timeout", "--signal=INT", seconds, *watch], timeout=seconds + 20)
        lines = [line for line in trace.read_text().splitlines() if name in line]
        opened = [line for line in lines if "openat2(" in line]
        return opened, [line for line in lines if re.search(r"(read|pread64)\(", line)]

    def test_what_has_settled_is_never_opened_again(self):
        """Also in a crowd, and however large it is."""
        beginning = self.bundle("1.0", files=LARGE).read_bytes()[:1_000_000]
        as_stranger(lambda: [self.put(f"waits{number}.ignite", beginning) for number in range(100)])
        self.start()
        wait_for(lambda: self.told("waits7.ignite"), what="a word")
        time.sleep(4)  # It settles, and is looked at once more.
        opened, reads = self.calls_on("waits7.ignite", 6)
        self.assertEqual(opened + reads, [])
        self.assertIn("/srv/ignite/inbox", (self.folder / "trace").read_text(), "nothing was traced")
        self.survives()

    def test_what_has_the_wrong_name_is_never_opened(self):
        as_stranger(lambda: [self.put(f"other{number}.dat", b"x") for number in range(10_000)])
        self.start()
        os.kill(self.daemon.pid, signal.SIGSTOP)
        as_stranger(self.put, "waits.ignite")
        os.kill(self.daemon.pid, signal.SIGCONT)
        opened, reads = self.calls_on(".dat", 3)
        self.assertEqual(opened + reads, [])
        self.assertIn("waits.ignite", (self.folder / "trace").read_text())
        self.survives()


class OutboxTest(HostileCase):
    def test_it_is_for_reading(self):
        self.start()
        self.survives()
        wait_for(lambda: OF_THE_PROBE <= set(os.listdir(self.probe.outbox)), 20, "the page")
        wait_for(lambda: "survives" in (self.probe.outbox / "PROBE.txt").read_text(), 20, "the verdict on the page")
        before = stranger.texts_of(self.probe.outbox)

        def tamper():
            outbox = self.probe.outbox
            ours = outbox / "survives-1.0.ignite.status.json"
            assert ours.read_bytes() == before[ours.name]
            self.put("mine")
            for work in (
                lambda: open(outbox / "new", "wb"),
                lambda: open(outbox / "next.ignite.status.json.tmp", "wb"),
                lambda: open(ours, "r+b"),
                lambda: open(ours, "ab"),
                lambda: os.truncate(ours, 0),
                lambda: os.unlink(ours),
                lambda: os.chmod(ours, 0o666),
                lambda: os.chown(ours, stranger.UID, stranger.GID),
                lambda: os.utime(ours),
                lambda: os.rename(ours, outbox / "gone"),
                lambda: os.rename(self.at("mine"), ours),
                lambda: os.link(self.at("mine"), outbox / "linked"),
                lambda: os.symlink("/etc/passwd", outbox / "next.ignite.status.txt"),
                lambda: os.mkdir(outbox / "folder"),
                lambda: os.mkfifo(outbox / "fifo"),
                lambda: os.rename(outbox, self.at("outbox")),
                lambda: os.rename(self.probe.inbox, outbox.parent / "elsewhere"),
                lambda: os.setxattr(ours, "user.mine", b"x"),
            ):
                assert stranger.keeps_out(work)
            os.unlink(self.at("mine"))

        as_stranger(tamper)
        after = stranger.texts_of(self.probe.outbox)
        self.assertEqual(after.keys(), before.keys())
        # The probe's pages tell the hour and the free space, and are written anew with them.
        for name in before.keys() - {"PROBE.txt", "PROBE.html", "PROBE.json"}:
            self.assertEqual(after[name], before[name])
        self.survives("2.0")


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: a probe's files belong to several users, so this needs root")
        sys.exit(77)
    unittest.main()
