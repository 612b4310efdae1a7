"""Whoever holds the account for uploads, and wishes the probe ill: a process of another user, who writes to the inbox.

He may also list the inbox, which the servers of docs/operations.md do not let him do.
"""

import ctypes
import fcntl
import os
import signal
import socket
import sys
import traceback

from probe import snapshot

UID = GID = 65534
RENAME_EXCHANGE = 2
HERE = -100  # AT_FDCWD
CANARY = "canary-4711-of-root"
LIBC = ctypes.CDLL(None, use_errno=True)


class Stranger:
    """Runs `work` in a process of that account; a `with` ends it, and holds that it did not fail."""

    def __init__(self, work, *arguments):
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                os.setgroups([])
                os.setresgid(GID, GID, GID)
                os.setresuid(UID, UID, UID)
                signal.signal(signal.SIGIO, signal.SIG_IGN)  # Of a lease that somebody breaks.
                work(*arguments)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)

    def wait(self):
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = None
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid is None:
            return
        try:
            os.kill(self.pid, signal.SIGKILL)
        finally:
            status = self.wait()
        assert status == -signal.SIGKILL, f"the stranger failed by itself: {status}"


def as_stranger(work, *arguments):
    """Runs `work` to its end."""
    assert Stranger(work, *arguments).wait() == 0, "the stranger failed"


def exchange(one, other):
    """Both names change places in one step."""
    if LIBC.renameat2(HERE, os.fsencode(one), HERE, os.fsencode(other), RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), one)


def bind_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        # A path may be longer than an address.
        folder = os.open(os.path.dirname(path), os.O_PATH)
        listener.bind(f"/proc/self/fd/{folder}/{os.path.basename(path)}")
        os.close(folder)


def take_write_lease(path):
    """Who opens the file for reading now would wait; the lease lasts as long as the descriptor."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    return descriptor


def link_targets(probe):
    """Where a link in the inbox might lead root."""
    root = probe.root
    return [
        root / "etc/shadow", root / "etc/ignite/identity.key", root / "etc", root / "etc/release.ignite",
        probe.state / "journal.db", probe.state, probe.outbox, probe.outbox / "PROBE.json", "/etc/shadow", "/etc",
        "/dev/zero", "/dev/tty", "/proc/self/mem", "/proc/1/environ", "/proc/self/fd/0", "/proc/kmsg", "..", ".",
        "../outbox/PROBE.txt", "../../../etc/shadow", "nowhere.ignite",
    ]


def names():
    """Names of uploads that might harm whoever prints, joins or parses them."""
    return [
        b"line\nend.ignite", b"return\r.ignite", b"escape\x1b[2J\x1b[31m.ignite", b"bell\x07.ignite", b"tab\t.ignite",
        b"bytes\xff\xfe.ignite", b"c1\xc2\x9b31m.ignite", b"\x7f\x01\x02.ignite", "bidi\u202egnp.ignite".encode(),
        "\u00fcn\u00ef\u4e2d.ignite".encode(), b"n" * 248 + b".ignite", "\u00fc".encode() * 124 + b".ignite",
        b"-rf.ignite", b"--root=x.ignite", b"..ignite", b"...ignite", b".hidden.ignite", b" .ignite",
        b"$(reboot).ignite", b"`id`.ignite", b"quote'\".ignite", b"%s%n.ignite", b"back\\slash.ignite",
        b"semi;colon.ignite", b"PROBE.json.ignite", b"history.jsonl.ignite", b"x.status.json.ignite",
        b"x.ignite.ignite",
    ]


class Treasure:
    """What root has and no stranger may see or change: files of the probe, one of them a bundle that would be taken."""

    def __init__(self, probe, bundle):
        self.probe = probe
        etc = probe.root / "etc"
        for place in (etc / "shadow", etc / "deep/er/secret.ignite", probe.root / "srv/other/file"):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"{CANARY}:{place.name}\n")
            place.chmod(0o600)
        (etc / "release.ignite").write_bytes(bundle.read_bytes())
        (etc / "release.ignite").chmod(0o600)
        self.before = self.seen()

    def seen(self):
        inner = {"srv/ignite"}
        return {top: snapshot(self.probe.root / top, lambda path: f"{top}/{path}" in inner, folder_times=False)
                for top in ("etc", "srv", "run")}

    def told_in(self, texts):
        """Which of the texts (name -> bytes) have what only root may read."""
        secrets = [CANARY.encode(), *(self.probe.root / "etc/ignite/identity.key").read_bytes().split(b"\n")[1:2]]
        return [name for name, text in texts.items() if any(secret in text for secret in secrets)]


def texts_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def keeps_out(work):
    """Whether the system refuses what `work` does."""
    try:
        work()
    except OSError:
        return True
    return False
