#!/usr/bin/env python3
"""A stranger does at random what he can in the inbox, thousands of times a second, while good bundles come in.

IGNITE_BIN          the folder of the programs
IGNITE_RACE_COUNT   how many operations of the stranger (default 20000)
IGNITE_RACE_SEED    which ones

Needs root, as a probe does.
"""

import fcntl
import mmap
import os
import pathlib
import random
import struct
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import probe as shared  # noqa: E402
import stranger  # noqa: E402
from hostile_test import KEPT_UPLOADS, HostileCase  # noqa: E402
from probe import wait_for  # noqa: E402
from stranger import Stranger, exchange  # noqa: E402

COUNT = int(os.environ.get("IGNITE_RACE_COUNT", "20000"))
SEED = int(os.environ.get("IGNITE_RACE_SEED", "1"))
BETWEEN_GOOD_ONES = 3  # seconds
# He works on a few names for a moment, then on others: what he leaves behind has time to be judged.
NAMES, NAMES_AT_ONCE = 200, 8
AT_ONCE, PAUSE = 500, 0.2  # operations, and seconds after them
MOST_KIB_OF_A_DAEMON = 16 << 10  # More than it had after the first upload.
MOST_DESCRIPTORS = 32


class Counters:
    """What the stranger's process tells: operations tried, and those that the system did."""

    def __init__(self):
        self.memory = mmap.mmap(-1, 16)

    def write(self, tried, done):
        self.memory[:] = struct.pack("QQ", tried, done)

    def read(self):
        return struct.unpack("QQ", self.memory[:])


class Attack:
    """The operations: each takes a path that may stand for anything."""

    def __init__(self, inbox, targets, bundles, seed):
        self.random = random.Random(seed)
        self.inbox = os.fsencode(inbox)
        self.targets, self.bundles = targets, bundles
        names = [b"race%d.ignite" % number for number in range(NAMES)] + [b"beside%d" % number for number in range(9)]
        self.paths = [os.path.join(self.inbox, name) for name in names + stranger.names()]
        self.hot = []
        self.held = []
        self.operations = [
            self.write_junk, self.write_junk, self.write_bundle, self.write_bundle, self.write_part, self.append,
            self.overwrite, self.truncate, self.make_sparse, self.rename, self.rename, self.exchange, self.exchange,
            self.link, self.symlink, self.symlink, self.make_fifo, self.make_socket, self.make_folder, self.remove,
            self.remove, self.take_lease, self.release_leases, self.change_mode, self.change_time,
        ]

    def path(self):
        return self.random.choice(self.hot)

    def run(self, count, counters):
        done = 0
        for tried in range(1, count + 1):
            if tried % AT_ONCE == 1:
                self.release_leases()
                time.sleep(PAUSE)
                self.hot = self.random.sample(self.paths, NAMES_AT_ONCE)
            try:
                self.random.choice(self.operations)()
                done += 1
            except OSError:  # There is something else, or nothing, or the system does not let him.
                pass
            counters.write(tried, done)
        time.sleep(600)  # The account is still there.

    def write(self, data, how=os.O_TRUNC, at=0):
        # Not to wait for the reader of a FIFO.
        file = os.open(self.path(), os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW | how, 0o644)
        try:
            os.lseek(file, at, os.SEEK_SET)
            os.write(file, data)
        finally:
            os.close(file)

    def write_junk(self):
        self.write(self.random.randbytes(self.random.choice((0, 1, 100, 5000))))

    def write_bundle(self):
        self.write(self.random.choice(self.bundles))

    def write_part(self):
        data = self.random.choice(self.bundles)
        self.write(data[: self.random.randrange(len(data))])

    def append(self):
        self.write(self.random.randbytes(50), os.O_APPEND)

    def overwrite(self):
        self.write(self.random.randbytes(50), 0, self.random.randrange(5000))

    def truncate(self):
        self.resize(self.random.randrange(6000))

    def make_sparse(self):
        self.resize(1 << self.random.randrange(20, 63))

    def resize(self, size):
        file = os.open(self.path(), os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)  # truncate() would wait for a lease.
        try:
            os.truncate(file, size)
        finally:
            os.close(file)

    def rename(self):
        os.rename(self.path(), self.path())

    def exchange(self):
        exchange(self.path(), self.path())

    def link(self):
        os.link(self.path(), self.path(), follow_symlinks=False)

    def symlink(self):
        os.symlink(self.random.choice((*self.targets, self.path())), self.path())

    def make_fifo(self):
        os.mkfifo(self.path())

    def make_socket(self):
        stranger.bind_socket(os.fsdecode(self.path()))

    def make_folder(self):
        os.mkdir(self.path())

    def remove(self):
        path = self.path()
        try:
            os.unlink(path)
        except IsADirectoryError:
            os.rmdir(path)

    def take_lease(self):
        file = os.open(self.path(), os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)
        self.held.append(file)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)

    def release_leases(self):
        while self.held:
            os.close(self.held.pop())

    def change_mode(self):
        os.chmod(self.path(), self.random.choice((0, 0o200, 0o444, 0o644, 0o4755)))

    def change_time(self):
        seconds = self.random.choice((0, 1, 1 << 31, 1 << 33))
        os.utime(self.path(), (seconds, seconds), follow_symlinks=False)


class RaceTest(HostileCase):
    def needs(self):
        """(descriptors, KiB) of ignited."""
        of = pathlib.Path(f"/proc/{self.daemon.pid}")
        memory = next(line for line in (of / "status").read_text().splitlines() if line.startswith("RssAnon"))
        return len(os.listdir(of / "fd")), int(memory.split()[1])

    def attack(self):
        damaged = bytearray(self.bundle("9000.0").read_bytes())
        damaged[len(damaged) * 2 // 3] ^= 1
        refused = [self.bundle("1.0"), self.bundle("9000.0", sign=("stranger",)),
                   self.bundle("9000.0", recipient="other"), self.bundle("9000.0", product="other")]
        bundles = [bytes(damaged), *(bundle.read_bytes() for bundle in refused)]
        return Attack(self.probe.inbox, stranger.link_targets(self.probe), bundles, SEED)

    def test_race(self):
        attack, counters = self.attack(), Counters()
        self.start()
        self.survives("1.0")
        at_first, journal = self.needs(), self.probe.state / "journal.db"
        size, times, most = journal.stat().st_size, [], at_first
        with Stranger(attack.run, COUNT, counters):
            while True:
                times.append(self.install_good(f"{2 + len(times)}.0"))
                most = tuple(map(max, most, self.needs()))
                self.assertIsNone(self.daemon.poll(), self.log())
                if counters.read()[0] >= COUNT:
                    break
                time.sleep(BETWEEN_GOOD_ONES)
        self.survives(f"{2 + len(times)}.0")
        tried, done = counters.read()
        entries = len(self.probe.history())
        grown = journal.stat().st_size - size
        self.assert_at_rest()
        print(f"race: {tried} operations, {done} done, {len(times)} good bundles, the slowest in {max(times):.1f} s, "
              f"descriptors and KiB of ignited {at_first} at first and {most} at most, {entries} entries of the "
              f"history, {grown} bytes of the journal, seed {SEED}", file=sys.stderr)
        self.assertLessEqual(most[0], MOST_DESCRIPTORS)
        if not shared.takes_memory_of_its_own:
            self.assertLessEqual(most[1] - at_first[1], MOST_KIB_OF_A_DAEMON)

    def assert_at_rest(self):
        """When nobody does anything any more: one deployment, nothing half, and an outbox of the last uploads."""
        wait_for(lambda: self.worker() is None and self.probe.status()["transaction"] is None, what="the end")
        for path in self.probe.inbox.iterdir():
            if not path.is_dir() or path.is_symlink():
                path.unlink()
        waiting = len(os.listdir(self.probe.inbox))
        wait_for(lambda: len(self.of_uploads()) <= KEPT_UPLOADS + waiting, 60, "the pruning")
        self.assert_consistent()


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: a probe's files belong to several users, so this needs root")
        sys.exit(77)
    unittest.main()
