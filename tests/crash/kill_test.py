#!/usr/bin/env python3
"""Kills ignite at system calls, and lets system calls fail; then `ignite recover` must leave one side or the other, whole.

strace kills the process before a call runs, the N-th of its kind. The agent has one thread, so N means the same in every
run. A run counts only if it was really killed. Of the processes that open a database, one alone is killed, too.

IGNITE_BIN          the folder of the programs
IGNITE_KILL_POINTS  how many points in all (default 100; "all" for every one)
IGNITE_KILL_SEED    the seed of the sample; it is printed
IGNITE_KILL_SHARE   "3/100": of all points the third of a hundred equal shares
IGNITE_KILL_ONLY    one point again, as a failure prints it: install/rename/3, or recover/rename/3/712

Controls take one safety away, of which each must be found out.
"""

import collections
import concurrent.futures
import contextlib
import os
import pathlib
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import unittest

import data_parts
from stories import (
    EXIT_OF, FAILURES, SQLITE, Stories, copy_probe, number_of, problem_of, problem_of_next, reference, remove_probe,
    run,
)

KINDS = (
    "openat openat2 open write pwrite64 writev fsync fdatasync syncfs sync_file_range rename renameat renameat2 symlink "
    "symlinkat mkdir mkdirat unlink unlinkat rmdir link linkat chmod fchmod chown fchown fchownat lchown utimensat "
    "ftruncate fallocate close read pread64 getdents64 newfstatat fcntl flock readlink readlinkat clone clone3 vfork "
    "wait4 kill ioctl fsetxattr"
).split()
# Calls whose failure says something about a disk.
FAULTY = (
    "openat openat2 write pwrite64 fsync fdatasync syncfs rename renameat symlink symlinkat mkdir mkdirat unlink "
    "unlinkat linkat fchmod fchown utimensat ftruncate read pread64 vfork clone3"
).split()
# Calls that change something, or wait for someone who does.
CHANGING = [kind for kind in KINDS if kind not in
            "openat openat2 open close read pread64 getdents64 newfstatat fcntl readlink readlinkat ioctl".split()]
# What ignite itself never calls on a database.
WORKERS_KINDS = [kind for kind in KINDS if kind != "newfstatat"]
SEED = int(os.environ.get("IGNITE_KILL_SEED", time.time_ns() % 1_000_000))
POINTS = os.environ.get("IGNITE_KILL_POINTS", "100")
SHARE = os.environ.get("IGNITE_KILL_SHARE", "1/1")
ONLY = os.environ.get("IGNITE_KILL_ONLY", "")
KILLED = (137, -9)
# How a safety is taken away: what is done to the journal before the transaction, or behind the kill.
LESS_SAFE = {
    "the activation is not written": (
        "CREATE TRIGGER forget BEFORE UPDATE ON transactions WHEN NEW.state = 'applying' "
        "BEGIN SELECT RAISE(IGNORE); END",
        "DROP TRIGGER forget",
    ),
    "nothing is undone": ("", "UPDATE transactions SET state = 'rolled-back', ended = 1 WHERE ended = 0"),
}
# What a check could not read is refused.
ENDS = (EXIT_OF["failed"], EXIT_OF["refused"], EXIT_OF["rolled back"])

Point = collections.namedtuple("Point", "kind number")


def traced(words, inject, options=(), log="/dev/null"):
    """The end of a program in which strace injects something."""
    kinds = sorted({part.split(":")[0] for part in inject})
    injections = [word for part in inject for word in ("-e", f"inject={part}")]
    strace = ["strace", "-qq", "-o", log, "-e", "trace=" + ",".join(kinds), *injections, *options]
    return run([*strace, *words])


def count_calls(words):
    """How often a program makes each kind of call."""
    with tempfile.NamedTemporaryFile("r") as log:
        run(["strace", "-qq", "-o", log.name, "-e", "trace=" + ",".join(KINDS), *words])
        return collections.Counter(re.findall(r"^(\w+)\(", log.read(), re.M))


def on_database(probe):
    """Options of strace: the calls on the database and its copy, of whichever process. Only workers open them."""
    files = (probe.database.file, probe.state / f"snapshots/{data_parts.DATA}/rehearsal/copy.db")
    return ["-f", *(word for file in files for word in ("-P", str(file), "-P", f"{file}-journal"))]


def count_calls_of_workers(probe, words):
    """The most calls of each kind that one worker makes on the database."""
    with tempfile.NamedTemporaryFile("r") as log:
        kinds = "trace=" + ",".join(WORKERS_KINDS)
        run(["strace", "-qq", "-o", log.name, "-e", kinds, *on_database(probe), *probe.words(*words)])
        calls = collections.Counter(re.findall(r"^(\d+) +(\w+)\(", log.read(), re.M))
    most = collections.Counter()
    for (_, kind), number in calls.items():
        most[kind] = max(most[kind], number)
    return most


def points_of(calls, kinds):
    return [Point(kind, number + 1) for kind in kinds for number in range(calls[kind])]


def change_journal(probe, sql):
    with contextlib.closing(sqlite3.connect(probe.state / "journal.db")) as journal:
        journal.execute(sql)
        journal.commit()


class Scenario:
    """What is done to a probe, from which beginning, every state in which it may end, and what is installed then."""

    def __init__(self, stories, folder, before, words, next_bundle):
        self.words, self.folder, self.next_bundle = words, folder, next_bundle
        self.folder.mkdir()
        self.template = stories.make_probe(self.folder / "template/root")
        for step in before:
            step(self.template) if callable(step) else self.template.json(*step)
        self.legal = {number_of(self.template): reference(self.template)}
        done = self.copy("done")
        self.calls = count_calls(done.words(*words))
        self.final = number_of(done)
        self.legal.setdefault(self.final, reference(done))
        remove_probe(done)

    def copy(self, name, original=None):
        return copy_probe(original or self.template, self.folder / name)

    def points(self, kinds=KINDS):
        return points_of(self.calls, kinds)

    def points_of_workers(self):
        probe = self.copy("counted")
        calls = count_calls_of_workers(probe, self.words)
        remove_probe(probe)
        return points_of(calls, WORKERS_KINDS)

    def check(self, probe):
        return problem_of(probe, self.legal) or problem_of_next(probe, self.next_bundle)


class CrashCase(unittest.TestCase):
    """Stories of one kind of databases, and what may happen to them."""

    workers = 4

    @classmethod
    def make_databases(cls):
        return SQLITE

    @classmethod
    def setUpClass(cls):
        # On a file system without a cache to write back: syncfs would else wait for the whole machine.
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        temporary = tempfile.TemporaryDirectory(prefix="ignite-crash-", dir=base)
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.stories = it = Stories(cls.folder, cls.make_databases())
        cls.lock = threading.Lock()
        cls.serial = 0
        cls.scenarios = {}
        install = lambda path: ("install", str(path))  # noqa: E731
        write_rows = lambda probe: probe.database.write_rows()  # noqa: E731
        with_rows = [install(it.data_one), write_rows]
        rehearse = lambda probe: it.configure(probe, "require")  # noqa: E731
        cls.recipes = {
            "first": ([], install(it.one), it.three),
            "install": ([install(it.one)], install(it.two), it.three),
            "prune": ([install(it.one), install(it.two)], install(it.three), it.four),
            "rollback": ([install(it.one), install(it.two)], ("rollback",), it.three),
            "commit": ([install(it.one)], install(it.healthy), it.three),
            "sick": ([install(it.one)], install(it.sick), it.three),
            "licence": ([install(it.one)], install(it.licence), it.three),
            "data": (with_rows, install(it.data_two), it.data_three),
            "undo": ([*with_rows, install(it.data_two)], ("rollback",), it.data_three),
            "lossy": (with_rows, install(it.data_sick), it.data_three),
            "rehearsed": ([*with_rows, rehearse], install(it.data_two), it.data_three),
        }

    def scenario(self, name):
        if name not in self.scenarios:
            self.scenarios[name] = Scenario(self.stories, self.folder / name, *self.recipes[name])
        return self.scenarios[name]

    def next_name(self):
        with self.lock:
            type(self).serial += 1
            return f"p{self.serial}"

    def sample(self, points, share):
        """A part of the points, of each kind about as many; all of them, or a share, where that was asked for."""
        if POINTS == "all":
            number, shares = map(int, SHARE.split("/"))
            return points[number - 1::shares]
        count = max(1, int(int(POINTS) * share))
        chance = random.Random(f"{SEED}/{share}/{len(points)}")
        kinds = collections.defaultdict(list)
        for point in points:
            kinds[point.kind].append(point)
        for of_kind in kinds.values():
            chance.shuffle(of_kind)
        chosen = []
        while len(chosen) < count and any(kinds.values()):
            for of_kind in sorted(kinds.values(), key=lambda _: chance.random()):
                if of_kind and len(chosen) < count:
                    chosen.append(of_kind.pop())
        return chosen

    def chosen(self, what, points, share):
        """A sample of them, or the one of them that was asked for again."""
        if not ONLY:
            return self.sample(points, share)
        words = ONLY.split("/")
        return [Point(words[1], int(words[2]))] if words[0] == what and len(words) == 3 else []

    def run_points(self, what, points, try_point):
        """Runs every point, and says what was found; `try_point` gives (counts, problem)."""
        counted = 0
        problems = []
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            for point, (counts, problem) in zip(points, pool.map(try_point, points)):
                counted += counts
                if problem:
                    problems.append(f"{what}/{'/'.join(map(str, point))}: {problem}")
        print(f"{what}: {counted} of {len(points)} points, {len(problems)} problems, seed {SEED}", file=sys.stderr)
        if problems:
            self.fail(f"seed {SEED}, {len(problems)} problems:\n" + "\n".join(problems[:12]))

    def look_at_what_is_left(self, scenario, probe):
        """After a kill, before the recovery."""

    def kill_points(self, name, share):
        scenario = self.scenario(name)

        def try_point(point):
            probe = scenario.copy(self.next_name())
            try:
                done = traced(probe.words(*scenario.words), [f"{point.kind}:signal=KILL:when={point.number}"])
                if done.returncode not in KILLED:
                    return False, None
                self.look_at_what_is_left(scenario, probe)
                recovered = run(probe.words("recover", "--json"))
                if recovered.returncode != 0:
                    return True, f"recover ended with {recovered.returncode}: {recovered.stdout.decode()}"
                return True, scenario.check(probe)
            except FAILURES as failure:
                return True, repr(failure)
            finally:
                remove_probe(probe)

        self.run_points(name, self.chosen(name, scenario.points(), share), try_point)

    def control(self, less_safe):
        """An ignite without one of its safeties must be found out, by a kill somewhere in an install."""
        before, after = LESS_SAFE[less_safe]
        scenario = self.scenario("install")
        points = scenario.points(CHANGING)
        random.Random(SEED).shuffle(points)
        for tried, point in enumerate(points, 1):
            probe = scenario.copy(self.next_name())
            try:
                change_journal(probe, before)
                traced(probe.words(*scenario.words), [f"{point.kind}:signal=KILL:when={point.number}"])
                change_journal(probe, after)
                run(probe.words("recover"), 0)
                problem = scenario.check(probe)
                if problem:
                    print(f"control, {less_safe}: found at point {tried} of {len(points)}: {problem.splitlines()[0][:120]}", file=sys.stderr)
                    return
            finally:
                remove_probe(probe)
        self.fail(f"{less_safe}: found at none of {len(points)} points")

    def kill_recoveries(self, name, what, share):
        """A second fault while the first one is being repaired: a draw picks one of the calls of that recovery."""
        scenario = self.scenario(name)
        chance = random.Random(SEED + 1)
        first = scenario.points(CHANGING)
        count = max(2, int(int(POINTS) * share)) if POINTS != "all" else 4 * len(self.sample(first, 1))
        draws = [(*chance.choice(first), chance.randrange(10_000)) for _ in range(count)]
        if ONLY:
            words = ONLY.split("/")
            draws = [(words[1], int(words[2]), int(words[3]))] if words[0] == what else []

        def try_draw(draw):
            kind, number, second = draw
            probe = scenario.copy(self.next_name())
            try:
                done = traced(probe.words(*scenario.words), [f"{kind}:signal=KILL:when={number}"])
                if done.returncode not in KILLED:
                    return False, None
                twin = scenario.copy(self.next_name(), probe)
                calls = count_calls(twin.words("recover"))
                remove_probe(twin)
                points = points_of(calls, CHANGING)
                kind, number = points[second % len(points)]
                killed = traced(probe.words("recover"), [f"{kind}:signal=KILL:when={number}"]).returncode in KILLED
                recovered = run(probe.words("recover", "--json"))
                if recovered.returncode != 0:
                    return True, f"recover ended with {recovered.returncode}: {recovered.stdout.decode()}"
                return killed, scenario.check(probe)
            except FAILURES as failure:
                return True, repr(failure)
            finally:
                remove_probe(probe)

        self.run_points(what, draws, try_draw)

    def error_points(self, name, share):
        """An error once, or from then on: success is never claimed without being true, and recovery works."""
        scenario = self.scenario(name)
        chance = random.Random(SEED + 2)
        points = [(point.kind, point.number, chance.choice(("EIO", "ENOSPC")), chance.choice(("", "+")))
                  for point in self.sample(scenario.points(FAULTY), share)]
        if ONLY:
            words = ONLY.split("/")
            wanted = words[0] == f"{name}-error"
            points = [(words[1], int(words[2]), words[3], words[4])] if wanted else []

        def try_point(point):
            kind, number, error, sticky = point
            probe = scenario.copy(self.next_name())
            try:
                done = traced(probe.words(*scenario.words, "--json"), [f"{kind}:error={error}:when={number}{sticky}"])
                if b"error while loading shared libraries" in done.stderr:
                    return False, None
                if done.returncode < 0 or done.returncode > 8:
                    return True, f"ended with {done.returncode}: {done.stdout.decode()} {done.stderr.decode()}"
                if done.returncode == 0 and number_of(probe) != scenario.final:
                    return True, f"claims success: {done.stdout.decode()}, but runs {number_of(probe)}"
                if done.returncode == 0 and reference(probe) != scenario.legal[scenario.final]:
                    return True, f"claims success, but the tree is another: {done.stdout.decode()}"
                recovered = run(probe.words("recover", "--json"))
                if recovered.returncode != 0:
                    return True, (f"ended with {done.returncode}: {done.stdout.decode()}; recover ended with "
                                  f"{recovered.returncode}: {recovered.stdout.decode()}")
                problem = scenario.check(probe)
                return True, problem and f"{problem}; it had ended with {done.returncode}: {done.stdout.decode()}"
            except FAILURES as failure:
                return True, repr(failure)
            finally:
                remove_probe(probe)

        self.run_points(f"{name}-error", points, try_point)


class CrashTest(CrashCase):
    def test_kill_first(self):
        self.kill_points("first", 0.15)

    def test_kill_install(self):
        self.kill_points("install", 0.25)

    def test_kill_install_that_prunes(self):
        self.kill_points("prune", 0.15)

    def test_kill_rollback(self):
        self.kill_points("rollback", 0.15)

    def test_kill_install_that_rolls_itself_back(self):
        self.kill_points("sick", 0.1)

    def test_kill_install_that_commits_after_its_health_checks(self):
        self.kill_points("commit", 0.1)

    def test_kill_install_of_a_licence(self):
        self.kill_points("licence", 0.1)

    def test_kill_install_of_data(self):
        self.kill_points("data", 0.04)

    def test_kill_rollback_of_data(self):
        self.kill_points("undo", 0.03)

    def test_kill_install_of_data_that_goes_back_to_its_snapshot(self):
        self.kill_points("lossy", 0.04)

    def test_kill_install_of_data_that_is_rehearsed(self):
        self.kill_points("rehearsed", 0.02)

    def kill_workers(self, name, share):
        """Only the process that has the database open dies, wherever it comes to the call: ignite ends by itself."""
        scenario = self.scenario(name)

        def try_point(point):
            probe = scenario.copy(self.next_name())
            try:
                with tempfile.NamedTemporaryFile("r") as log:
                    words = probe.words(*scenario.words, "--json")
                    kill = f"{point.kind}:signal=KILL:when={point.number}"
                    done = traced(words, [kill], on_database(probe), log.name)
                    killed = log.read().count("killed by SIGKILL")
                if not killed:
                    return False, None
                if done.returncode not in ENDS and (killed == 1 or done.returncode != EXIT_OF["stuck"]):
                    return True, f"{killed} killed, ended with {done.returncode}: {done.stdout.decode()}"
                if killed > 1:  # What repairs it died, too: that is for the next one.
                    run(probe.words("recover", "--json"), 0)
                    problem = problem_of_next(probe, scenario.next_bundle)
                else:
                    problem = scenario.check(probe)
                return True, problem and f"{problem}; it had ended with {done.returncode}: {done.stdout.decode()}"
            except FAILURES as failure:
                return True, repr(failure)
            finally:
                remove_probe(probe)

        what = f"{name}worker"
        self.run_points(what, self.chosen(what, scenario.points_of_workers(), share), try_point)

    def test_kill_workers_of_an_install(self):
        self.kill_workers("data", 0.02)

    def test_kill_workers_of_a_rollback(self):
        self.kill_workers("undo", 0.02)

    def test_kill_workers_of_an_install_that_goes_back_to_its_snapshot(self):
        self.kill_workers("lossy", 0.02)

    def test_kill_workers_of_a_rehearsal(self):
        self.kill_workers("rehearsed", 0.02)

    def test_kill_recovery(self):
        self.kill_recoveries("install", "recover", 0.15)

    def test_kill_recovery_of_data(self):
        self.kill_recoveries("lossy", "restore", 0.02)

    def test_that_an_activation_which_is_not_written_is_found(self):
        self.control("the activation is not written")

    def test_that_a_missing_undo_is_found(self):
        self.control("nothing is undone")

    def test_errors_install(self):
        self.error_points("install", 0.2)

    def test_errors_rollback(self):
        self.error_points("rollback", 0.1)

    def test_errors_install_of_data(self):
        self.error_points("data", 0.03)

    def test_errors_install_that_rolls_itself_back(self):
        self.error_points("sick", 0.1)


def main():
    if os.geteuid() != 0 or not shutil.which("strace"):
        print("skipped: this needs root and strace")
        sys.exit(77)
    unittest.main()


if __name__ == "__main__":
    main()
