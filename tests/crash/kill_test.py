#!/usr/bin/env python3
"""Kills ignite at system calls, and lets system calls fail; then `ignite recover` must leave one side or the other, whole.

strace kills the process before a call runs, the N-th of its kind. The agent has one thread, so N means the same in every
run. A run counts only if it was really killed.

IGNITE_BIN          the folder of the programs
IGNITE_KILL_POINTS  how many points in all (default 100; "all" for every one)
IGNITE_KILL_SEED    the seed of the sample; it is printed
IGNITE_KILL_ONLY    one point again, as a failure prints it: install/rename/3, or recover/rename/3/712
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))
import probe as shared  # noqa: E402
from probe import PATH, Probe, Workshop, command_check, difference, run  # noqa: E402

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
SEED = int(os.environ.get("IGNITE_KILL_SEED", time.time_ns() % 1_000_000))
POINTS = os.environ.get("IGNITE_KILL_POINTS", "100")
ONLY = os.environ.get("IGNITE_KILL_ONLY", "")
WORKERS = 2
KILLED = (137, -9)

SERVICES = '#!/bin/sh\necho "$*" >> "$IGNITE_ROOT/../services.log"\n'
LINKS = "units = web.service\nlink = index.html -> /etc/probe.conf"

Point = collections.namedtuple("Point", "kind number")


def traced(words, inject, timeout=120):
    """The exit code of a program in which strace injects something."""
    kinds = sorted({part.split(":")[0] for part in inject})
    injections = [word for part in inject for word in ("-e", f"inject={part}")]
    strace = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=" + ",".join(kinds), *injections]
    return run([*strace, *words], timeout=timeout)


def count_calls(words):
    """How often a program makes each kind of call."""
    with tempfile.NamedTemporaryFile("r") as log:
        run(["strace", "-qq", "-o", log.name, "-e", "trace=" + ",".join(KINDS), *words])
        return collections.Counter(re.findall(r"^(\w+)\(", log.read(), re.M))


class Scenario:
    """What is done to a probe, from which beginning, and every state in which it may end."""

    def __init__(self, test, name, before, words):
        self.test, self.name, self.words = test, name, words
        self.folder = test.folder / name
        self.folder.mkdir()
        self.template = test.make_probe(self.folder / "template/root")
        for step in before:
            self.template.json(*step)
        self.legal = {self.number(self.template): self.reference(self.template)}
        done = self.copy("done")
        self.calls = count_calls(done.words(*words))
        self.final = self.number(done)
        self.legal.setdefault(self.final, self.reference(done))
        shutil.rmtree(done.root.parent)

    @staticmethod
    def number(probe):
        deployment = probe.status()["deployment"]
        return deployment["number"] if deployment else 0

    @staticmethod
    def reference(probe):
        """The live tree and all that a transaction may touch around it, byte for byte."""
        # Folders that were made for a release may stay; a link that was made anew has another time.
        around = {
            path: entry._replace(mtime=0) if stat.S_ISLNK(entry.kind) else entry
            for path, entry in probe.around().items()
            if path not in ("opt/netprobe", "opt/netprobe/web")
        }
        return {"current": probe.current(), "around": around}

    def copy(self, name, original=None):
        folder = self.folder / name
        run(["cp", "-a", (original or self.template).root.parent, folder], 0)
        probe = Probe.__new__(Probe)
        probe.root = folder / "root"
        return probe

    def points(self, kinds=KINDS):
        return [Point(kind, number + 1) for kind in kinds for number in range(self.calls[kind])]

    def check(self, probe, next_bundle):
        """What is wrong with a probe after its recovery; None where nothing is."""
        status = probe.status()
        if status["transaction"] or status["stuck"]:
            return f"status after recovery: {status}"
        number = self.number(probe)
        if number not in self.legal:
            return f"status says deployment {number}, legal are {sorted(self.legal)}"
        reference = self.reference(probe)
        for part, wanted in self.legal[number].items():
            if reference[part] != wanted:
                return f"deployment {number}, but {part}: " + difference(wanted or {}, reference[part] or {})
        problem = self.leftovers(probe, status)
        if problem:
            return problem
        verdict = run(probe.words("install", next_bundle, "--json"))
        if verdict.returncode != 0:
            return f"the next install ended with {verdict.returncode}: {verdict.stdout.decode()}"
        return self.leftovers(probe, probe.status(), "after the next install: ")

    @staticmethod
    def leftovers(probe, status, when=""):
        number = status["deployment"]["number"] if status["deployment"] else 0
        active = probe.state / "active"
        leads_to = os.readlink(active) if os.path.lexists(active) else None
        if leads_to != (f"deployments/{number}" if number else None):
            return f"{when}status says {number}, active leads to {leads_to}"
        numbers = [deployment["number"] for deployment in status["deployments"]]
        if probe.deployment_folders() != numbers:
            return f"{when}deployments {numbers}, but folders {probe.deployment_folders()}"
        if probe.releases() != probe.needed_releases():
            return f"{when}releases {probe.releases()}, needed {probe.needed_releases()}"
        tables = probe.state / "tables/app/web"
        found = sorted(os.listdir(tables)) if tables.exists() else []
        if found != probe.releases():
            return f"{when}tables {found}, releases {probe.releases()}"
        # What the next progress overwrites may stay.
        odd = [str(path) for path in probe.state.rglob("*.tmp*") if path.name != "progress.json.tmp"]
        if odd:
            return f"{when}temporary files {odd}"
        verify = run(probe.words("verify", "--json"))
        if verify.returncode != 0:
            return f"{when}verify: {verify.stdout.decode()}"
        return None


class CrashTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # On a file system without a cache to write back: syncfs would else wait for the whole machine.
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        temporary = tempfile.TemporaryDirectory(prefix="ignite-crash-", dir=base)
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.workshop = Workshop(cls.folder / "workshop")
        cls.lock = threading.Lock()
        cls.serial = 0

        def tree(version):
            def fill(folder):
                (folder / "index.html").write_text(f"release {version}\n")
                (folder / "same").write_text("the same in every release\n")
                (folder / "copy").write_text("the same in every release\n")
                (folder / f"only-in-{version}").write_bytes(random.Random(version).randbytes(70_000))
                (folder / "inner").mkdir()
                os.link(folder / "same", folder / "inner/hard")
                (folder / "inner/link").symlink_to("../same")

            return fill

        def bundle(version, **options):
            return cls.workshop.bundle(str(version), tree=tree(version), payload=LINKS, **options)

        cls.one, cls.two, cls.three, cls.four = (bundle(number) for number in (1, 2, 3, 4))
        cls.healthy = bundle(2.5, health=command_check("true"))
        cls.sick = bundle(2.7, health=command_check("false", "300ms"))
        cls.scenarios = {}
        install = lambda path: ("install", str(path))  # noqa: E731
        cls.recipes = {
            "first": ([], install(cls.one)),
            "install": ([install(cls.one)], install(cls.two)),
            "prune": ([install(cls.one), install(cls.two)], install(cls.three)),
            "rollback": ([install(cls.one), install(cls.two)], ("rollback",)),
            "health": ([install(cls.one)], install(cls.healthy)),
            "sick": ([install(cls.one)], install(cls.sick)),
        }

    @classmethod
    def make_probe(cls, root):
        root.mkdir(parents=True)
        program = cls.folder / "services.sh"
        program.write_text(SERVICES)
        program.chmod(0o755)
        services = f"[services]\nbackend = command\ncommand = {program}\n"
        return Probe(root, cls.workshop, "trial = 0s\nkeep-deployments = 2\n", services)

    def scenario(self, name):
        if name not in self.scenarios:
            self.scenarios[name] = Scenario(self, name, *self.recipes[name])
        return self.scenarios[name]

    def next_name(self):
        with self.lock:
            type(self).serial += 1
            return f"p{self.serial}"

    def sample(self, points, share):
        """A part of the points, of each kind about as many; all of them where that was asked for."""
        if POINTS == "all":
            return points
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

    def run_points(self, what, points, try_point):
        """Runs every point, and says what was found; `try_point` gives (counts, problem)."""
        counted = 0
        problems = []
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for point, (counts, problem) in zip(points, pool.map(try_point, points)):
                counted += counts
                if problem:
                    problems.append(f"{what}/{'/'.join(map(str, point))}: {problem}")
        print(f"{what}: {counted} of {len(points)} points, {len(problems)} problems, seed {SEED}", file=sys.stderr)
        if problems:
            self.fail(f"seed {SEED}, {len(problems)} problems:\n" + "\n".join(problems[:12]))

    def next_bundle(self, name):
        return self.four if name == "prune" else self.three

    def kill_points(self, name, share):
        scenario = self.scenario(name)

        def try_point(point):
            probe = scenario.copy(self.next_name())
            try:
                done = traced(probe.words(*scenario.words), [f"{point.kind}:signal=KILL:when={point.number}"])
                if done.returncode not in KILLED:
                    return False, None
                recovered = run(probe.words("recover", "--json"))
                if recovered.returncode != 0:
                    return True, f"recover ended with {recovered.returncode}: {recovered.stdout.decode()}"
                return True, scenario.check(probe, self.next_bundle(name))
            except (AssertionError, subprocess.TimeoutExpired, OSError) as failure:
                return True, repr(failure)
            finally:
                shutil.rmtree(probe.root.parent, ignore_errors=True)

        points = self.sample(scenario.points(), share)
        if ONLY:
            words = ONLY.split("/")
            points = [Point(words[1], int(words[2]))] if words[0] == name and len(words) == 3 else []
        self.run_points(name, points, try_point)

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

    def test_kill_recovery(self):
        """A second fault while the first one is being repaired: a draw picks one of the calls of that recovery."""
        scenario = self.scenario("install")
        chance = random.Random(SEED + 1)
        first = scenario.points(CHANGING)
        count = 4 * len(first) if POINTS == "all" else max(2, int(int(POINTS) * 0.15))
        draws = [(*chance.choice(first), chance.randrange(10_000)) for _ in range(count)]
        if ONLY:
            words = ONLY.split("/")
            draws = [(words[1], int(words[2]), int(words[3]))] if words[0] == "recover" else []

        def try_draw(draw):
            kind, number, second = draw
            probe = scenario.copy(self.next_name())
            try:
                done = traced(probe.words(*scenario.words), [f"{kind}:signal=KILL:when={number}"])
                if done.returncode not in KILLED:
                    return False, None
                twin = scenario.copy(self.next_name(), probe)
                calls = count_calls(twin.words("recover"))
                shutil.rmtree(twin.root.parent)
                points = [(kind, number + 1) for kind in CHANGING for number in range(calls[kind])]
                kind, number = points[second % len(points)]
                killed = traced(probe.words("recover"), [f"{kind}:signal=KILL:when={number}"]).returncode in KILLED
                recovered = run(probe.words("recover", "--json"))
                if recovered.returncode != 0:
                    return True, f"recover ended with {recovered.returncode}: {recovered.stdout.decode()}"
                return killed, scenario.check(probe, self.three)
            except (AssertionError, subprocess.TimeoutExpired, OSError) as failure:
                return True, repr(failure)
            finally:
                shutil.rmtree(probe.root.parent, ignore_errors=True)

        self.run_points("recover", draws, try_draw)

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
                if done.returncode == 0 and scenario.number(probe) != scenario.final:
                    return True, f"claims success: {done.stdout.decode()}, but runs {scenario.number(probe)}"
                if done.returncode == 0 and scenario.reference(probe) != scenario.legal[scenario.final]:
                    return True, f"claims success, but the tree is another: {done.stdout.decode()}"
                recovered = run(probe.words("recover", "--json"))
                if recovered.returncode != 0:
                    return True, (f"ended with {done.returncode}: {done.stdout.decode()}; recover ended with "
                                  f"{recovered.returncode}: {recovered.stdout.decode()}")
                problem = scenario.check(probe, self.next_bundle(name))
                return True, problem and f"{problem}; it had ended with {done.returncode}: {done.stdout.decode()}"
            except (AssertionError, subprocess.TimeoutExpired, OSError) as failure:
                return True, repr(failure)
            finally:
                shutil.rmtree(probe.root.parent, ignore_errors=True)

        self.run_points(f"{name}-error", points, try_point)

    def test_errors_install(self):
        self.error_points("install", 0.2)

    def test_errors_rollback(self):
        self.error_points("rollback", 0.1)

    def test_errors_install_that_rolls_itself_back(self):
        self.error_points("sick", 0.1)


if __name__ == "__main__":
    if os.geteuid() != 0 or not shutil.which("strace"):
        print("skipped: this needs root and strace")
        sys.exit(77)
    unittest.main()
