"""What the tests of whole programs share: keys, releases, bundles, and a probe in a temporary folder.

IGNITE_BIN names the folder of the programs.
"""

import collections
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ.get("IGNITE_BIN", "build/dev/bin")).absolute()
PATH = "/opt/netprobe/web"
MEMORY_LIMIT = 64 << 10  # KiB, for any bundle.
takes_memory_of_its_own = "asan" in BIN.parts  # A sanitizer.
EXIT_OF = {"done": 0, "failed": 1, "usage": 2, "bundle": 3, "refused": 4, "rolled back": 5, "stuck": 6, "busy": 7}

Entry = collections.namedtuple("Entry", "kind mode uid gid mtime size content links capabilities")


def snapshot(top, skip=lambda path: False, folder_times=True):
    """Path -> Entry of everything below `top`, byte for byte. Equal inodes have equal `links`."""
    top = pathlib.Path(top)
    entries = {}
    first_path = {}

    def add(path, name):
        info = os.lstat(path)
        kind = stat.S_IFMT(info.st_mode)
        content = ""
        if stat.S_ISREG(info.st_mode):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        if stat.S_ISLNK(info.st_mode):
            content = os.readlink(path)
        is_folder = stat.S_ISDIR(info.st_mode)
        links = name if is_folder else first_path.setdefault((info.st_dev, info.st_ino), name)
        try:
            capabilities = os.getxattr(path, "security.capability", follow_symlinks=False)
        except OSError:
            capabilities = b""
        mtime = info.st_mtime_ns if folder_times or not is_folder else 0
        size = 0 if is_folder else info.st_size
        mode = stat.S_IMODE(info.st_mode)
        entries[name] = Entry(kind, mode, info.st_uid, info.st_gid, mtime, size, content, links, capabilities)
        if is_folder:
            for child in sorted(os.listdir(os.fsencode(path))):
                below = pathlib.Path(os.fsdecode(os.path.join(os.fsencode(path), child)))
                inner = os.path.join(name, below.name) if name != "." else below.name
                if not skip(inner):
                    add(below, inner)

    add(top, ".")
    return entries


def difference(before, after):
    """What a failed comparison of two snapshots shows."""
    lines = []
    for path in sorted(set(before) | set(after)):
        if before.get(path) != after.get(path):
            lines.append(f"{path}: {before.get(path)} -> {after.get(path)}")
    return "\n".join(lines[:20])


def run(words, expect=None, timeout=120, cwd=None, environment=None, user=None):
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        timeout=timeout,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **(environment or {})},
        user=user,
        group=user and "nogroup",
        extra_groups=[] if user else None,
    )
    if expect is not None and done.returncode != expect:
        raise AssertionError(
            f"{words} ended with {done.returncode}, not {expect}:\n{done.stderr.decode(errors='replace')}"
            f"{done.stdout.decode(errors='replace')}"
        )
    return done


# In a process of its own, for a program's memory counts that of the process which started it, too.
_MEASURE = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


def fill_disk(ballast, but):
    """Makes a file that leaves so many bytes free on its disk."""
    with ballast.open("wb") as file:
        disk = os.statvfs(ballast)
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - but)


def peak_memory(words):
    """Runs a program that must end well; its resident memory at its peak, in KiB."""
    return int(run([sys.executable, "-c", _MEASURE, *words], expect=0).stdout)


def has_ended(process, timeout=10):
    """Whether a Popen ends by itself within the time."""
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        return False
    return True


def wait_for(condition, timeout=60, what="the condition"):
    """The first true value of `condition`."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {timeout} s")
        time.sleep(0.01)


# Of a release that takes a while to unpack: the first of its files and the last.
LARGE = {f"large{number}": random.Random(number).randbytes(4_000_000) for number in range(10)}
FIRST, LAST = "large0", "large9"


class Workshop:
    """The release engineer's side: keys, and bundles made from dictionaries."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._made = {}
        for name in ("release", "stranger", "qa"):
            self.pack("keygen", "--role", "release", "-o", name)
        for name in ("probe", "other"):
            self.pack("keygen", "--identity", "-o", name)
        self.pack("keyring", "--role", "release=release.pub", "-o", "keyring.json")

    def pack(self, *words, expect=0):
        return run([BIN / "ignite-pack", *words], expect=expect, cwd=self.folder)

    def bundle(
        self,
        version="1.0",
        *,
        files=None,
        tree=None,
        kind="product",
        product="netprobe",
        compatible="netprobe-x86_64",
        counter=None,
        epoch=1,
        component="app/web",
        path=PATH,
        payload="",
        bundle="",
        health="",
        more="",
        sign=("release",),
        recipient="probe",
        level=1,
        name=None,
    ):
        """A bundle with one tree. `files`: path -> content; `tree`: a function that fills a folder instead."""
        counter = counter if counter is not None else int(float(version) * 10)
        arguments = (version, str(files), kind, product, compatible, counter, epoch, component, path)
        arguments += (payload, bundle, health, more, sign, recipient, level, name)
        if tree is None and arguments in self._made:
            return self._made[arguments]
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder, prefix=f"r{version}-"))
        source = folder / "tree"
        source.mkdir()
        if tree is not None:
            tree(source)
        else:
            content = {"index.html": f"release {version}\n", "shared/style.css": "body {}\n"}
            for inner, text in (content if files is None else files).items():
                place = source / inner
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(text if isinstance(text, bytes) else text.encode())
        # An operating system has its slot for a place.
        place = "" if component == "os" else f"path = {path}\n"
        recipe = folder / "recipe.ini"
        recipe.write_text(
            f"[bundle]\nkind = {kind}\nproduct = {product}\nversion = {version}\ncounter = {counter}\n"
            f"epoch = {epoch}\ncompatible = {compatible}\n{bundle}\n"
            f"[payload web]\ntype = tree\ncomponent = {component}\nversion = {version}\nsource = tree\n"
            f"{place}{payload}\n{more}\n{health}\n"
        )
        out = folder / (name or f"release-{version}.ignite")
        keys = [word for key in sign for word in ("--sign", self.folder / f"{key}.key")]
        to = ["--recipient", self.folder / f"{recipient}.pub"] if recipient else ["--unencrypted"]
        # What fails in a rehearsal is to fail in that of the probe.
        self.pack("build", recipe, *keys, *to, "--level", level, "--no-rehearsal", "-o", out)
        self._made[arguments] = out
        return out


def script_check(path, text, timeout="5s", name="ready"):
    """A health check that runs the shell script `text`, which it writes to `path`."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return command_check(str(path), timeout, name)


def command_check(line, timeout="5s", name="ready"):
    return f"[health {name}]\ntype = command\ncommand = {line}\ntimeout = {timeout}\n"


class Probe:
    """A probe below a folder of its own."""

    def __init__(self, folder, workshop, policy="trial = 0s\n", services="", threads=1):
        self.root = pathlib.Path(folder)
        for inner in ("etc/ignite", "opt", "srv/ignite/inbox", "srv/ignite/outbox", "run", "var/lib"):
            (self.root / inner).mkdir(parents=True, exist_ok=True)
        for name in ("passwd", "group"):
            shutil.copy(f"/etc/{name}", self.root / "etc" / name)
        self.configure(policy, services, threads)
        shutil.copy(workshop.folder / "keyring.json", self.root / "etc/ignite/keyring.json")
        shutil.copy(workshop.folder / "probe.key", self.root / "etc/ignite/identity.key")

    def freeze_in_staging(self, find_pid):
        """Stops the process `find_pid()` in the middle of unpacking LARGE, however fast it is, and gives its number."""
        releases = self.root / PATH.lstrip("/") / "releases"

        def has_begun():
            return any((it / FIRST).exists() and not (it / LAST).exists() for it in releases.glob("*"))

        def step():
            pid = find_pid()
            if not pid:
                return None
            try:
                os.kill(pid, signal.SIGSTOP)
            except ProcessLookupError:  # It has just ended.
                return None
            if has_begun():
                return pid
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.002)
            return None

        return wait_for(step, what="staging")

    def configure(self, policy="trial = 0s\n", services="", threads=1):
        self.ini.write_text(
            "[probe]\nproduct = netprobe\ncompatible = netprobe-x86_64\n\n"
            f"[policy]\nthreads = {threads}\n{policy}\n{services}"
        )

    @property
    def ini(self):
        return self.root / "etc/ignite/agent.ini"

    @property
    def state(self):
        return self.root / "var/lib/ignite"

    @property
    def inbox(self):
        return self.root / "srv/ignite/inbox"

    @property
    def outbox(self):
        return self.root / "srv/ignite/outbox"

    def at(self, path):
        """A probe path as a path of this machine."""
        return self.root / path.lstrip("/")

    def words(self, *words):
        return [str(word) for word in (BIN / "ignite", "--root", self.root, *words)]

    def text(self, *words, expect=0, timeout=120, **options):
        """Runs ignite as a person does; what it printed."""
        done = run(self.words(*words), expect=expect, timeout=timeout, **options)
        return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")

    def json(self, *words, expect=0, timeout=120, **options):
        """Runs ignite with --json: exactly one document on standard output, nothing else anywhere."""
        done = run(self.words(*words, "--json"), expect=expect, timeout=timeout, **options)
        assert done.stderr == b"", done.stderr
        return json.loads(done.stdout.decode())

    def install(self, bundle, expect=0, **options):
        return self.json("install", bundle, expect=expect, **options)

    def rollback(self, *words, expect=0, **options):
        return self.json("rollback", *words, expect=expect, **options)

    def status(self):
        return self.json("status")

    def history(self):
        return self.json("history")

    def start(self, *words, **options):
        """Runs ignite in the background."""
        return subprocess.Popen(
            self.words(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **{"start_new_session": True, **options}
        )

    # What lies on the disk.

    def releases(self, path=PATH):
        """The releases of a component that are on the disk."""
        folder = self.at(path) / "releases"
        return sorted(os.listdir(folder)) if folder.exists() else []

    def deployment_folders(self):
        folder = self.state / "deployments"
        return sorted(int(name) for name in os.listdir(folder)) if folder.exists() else []

    def current(self, path=PATH):
        """The live tree of a component, byte for byte; None where there is none."""
        current = self.at(path) / "current"
        if not current.exists():
            return None
        return snapshot(os.path.realpath(current))

    def read(self, inner, path=PATH):
        return (self.at(path) / "current" / inner).read_text()

    def around(self):
        """Everything of the root but the agent's settings and state, the inbox and outbox, and the releases."""

        def skip(path):
            own = path in ("var/lib/ignite", "srv/ignite", "etc/ignite/agent.ini")
            return own or path.endswith("/releases")

        return snapshot(self.root, skip, folder_times=False)

    def live(self, path=PATH):
        """All that an interrupted or refused transaction must leave as it was."""
        active = self.state / "active"
        return {
            "current": self.current(path),
            "around": self.around(),
            "active": os.readlink(active) if os.path.lexists(active) else None,
            "releases": self.releases(path),
            "deployments": self.deployment_folders(),
        }

    def needed_releases(self, component="app/web"):
        """The releases of a component that the kept deployments lead to."""
        needed = set()
        for number in self.deployment_folders():
            link = self.state / "deployments" / str(number) / component
            if os.path.lexists(link):
                needed.add(os.path.basename(os.readlink(link)))
        return sorted(needed)


class ProbeTest(unittest.TestCase):
    """One workshop for all tests of a class, one probe for each test."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="ignite-e2e-")
        cls.addClassCleanup(cls._folder.cleanup)
        cls.workshop = Workshop(pathlib.Path(cls._folder.name) / "workshop")
        cls.bundle = cls.workshop.bundle

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{self._testMethodName[:40]}-", dir=self._folder.name))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.probe = self.make_probe()

    def let_others_through(self):
        """Accounts other than ours must get to the probe, also below a TMPDIR that is ours alone."""
        for folder in (self.folder, *self.folder.parents):
            if folder.stat().st_uid == os.geteuid() and folder.stat().st_mode & 0o111 != 0o111:
                folder.chmod(folder.stat().st_mode | 0o711)

    def make_probe(self, name="root", **options):
        return Probe(self.folder / name, self.workshop, **options)

    def assert_same(self, before, after, message=""):
        """Two results of Probe.live(), Probe.current() or snapshot()."""
        if before == after:
            return
        if isinstance(before, dict) and isinstance(after, dict) and "around" in before:
            for key in before:
                if isinstance(before[key], dict) and isinstance(after[key], dict):
                    self.assert_same(before[key], after[key], f"{message} {key}")
                self.assertEqual(before[key], after[key], f"{message} {key}")
        self.fail(f"{message}: {difference(before or {}, after or {})}")

    def assert_refused(self, bundle, reason, expect=4, probe=None):
        """The bundle is refused for this reason, says what to do about it, and nothing has changed."""
        probe = probe or self.probe
        before = probe.live()
        verdict = probe.install(bundle, expect=expect)
        self.assertEqual(verdict["outcome"], "refused", verdict)
        self.assertEqual(verdict["reason"], reason, verdict)
        self.assertTrue(verdict["cause"] and verdict["remedy"], verdict)
        last = probe.history()[-1]
        self.assertEqual((last["outcome"], last["reason"]), ("refused", reason))
        self.assert_same(before, probe.live(), "after a refusal")
        return verdict

    def assert_consistent(self, probe=None, component="app/web", path=PATH):
        """Status, links and disk agree, nothing is left over, and `ignite verify` has nothing to say."""
        probe = probe or self.probe
        status = probe.status()
        self.assertIsNone(status["transaction"], status)
        self.assertIsNone(status["stuck"], status)
        numbers = [deployment["number"] for deployment in status["deployments"]]
        self.assertEqual(probe.deployment_folders(), numbers)
        deployment = status["deployment"]
        active = probe.state / "active"
        if deployment is None:
            self.assertFalse(os.path.lexists(active))
            self.assertEqual(probe.releases(path), [])
            return status
        self.assertEqual(os.readlink(active), f"deployments/{deployment['number']}")
        self.assertEqual(probe.releases(path), probe.needed_releases(component))
        if component in deployment["components"]:
            live = os.path.realpath(probe.at(path) / "current")
            link = probe.state / "deployments" / str(deployment["number"]) / component
            self.assertEqual(live, os.path.realpath(link))
        probe.json("verify")
        return status

    def end(self, process, number=signal.SIGKILL):
        """Ends a process of ours and closes its pipes."""
        if process.poll() is None:
            process.send_signal(number)
        process.communicate()
