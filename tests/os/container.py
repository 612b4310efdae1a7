"""A container of systemd-nspawn with two slots: its first process is ignite-init, its system a folder.

It has a network of its own with nothing but the loopback interface, and control groups of its own where systemd does not run
the machine that it is on.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import unittest

FTP = pathlib.Path(__file__).with_name("ftp.py")
REBOOTS = 133


class Unavailable(unittest.SkipTest):
    """This machine starts no container, for the cause that is said."""


class Container:
    """`root` is the folder that nspawn boots: ignite-init, the slots and the data."""

    def __init__(self, folder, root):
        self.folder, self.root = pathlib.Path(folder), pathlib.Path(root)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "console.log"
        self.name = "ignite-" + "".join(filter(str.isalnum, self.folder.name))  # Others are no names of machines.
        self.groups, self.process, self.thread = [], None, None

    def start(self):
        """Boots it, and again whenever it wants to reboot."""
        if not shutil.which("systemd-nspawn"):
            raise Unavailable("systemd-nspawn is not installed; script/bootstrap does that")
        self.words = ["systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}", f"--machine={self.name}", "--register=no",
                      "--private-network", "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=pipe"]
        if not pathlib.Path("/run/systemd/system").is_dir():
            self.words.append("--keep-unit")
            self._make_groups()
        self.ends = False
        self.thread = threading.Thread(target=self._boot_again_and_again)
        self.thread.start()

    def _make_groups(self):
        for hierarchy in ("", "systemd", "unified"):
            parent = pathlib.Path("/sys/fs/cgroup") / hierarchy
            if not (parent / "cgroup.procs").exists():
                continue
            group = parent / self.name
            try:
                group.mkdir(exist_ok=True)
            except OSError as error:
                raise Unavailable(f"{group} cannot be made: {error.strerror}") from error
            self.groups.append(group)
        if not self.groups:
            raise Unavailable("no control groups are mounted")

    def _enter_groups(self):
        for group in self.groups:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    def _boot_again_and_again(self):
        code = REBOOTS
        while code == REBOOTS and not self.ends:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=self._enter_groups)
            code = self.process.wait()

    def _leader(self):
        """The first process of the container; AssertionError between two boots."""
        try:
            return int(pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])
        except (OSError, IndexError, AttributeError) as error:
            raise AssertionError("the container is not there") from error

    def power_off(self):
        self.run("systemctl poweroff")
        self.thread.join(60)
        self.kill()

    def kill(self):
        """As a power cut, without one for its disk."""
        if not self.thread:
            return
        self.ends = True
        try:
            os.kill(self._leader(), 9)
        except (AssertionError, ProcessLookupError):
            pass
        self.process.terminate()
        self.thread.join()
        self.thread = None
        for group in self.groups:
            for folder, _, _ in os.walk(group, topdown=False):
                os.rmdir(folder)

    def runs(self):
        return self.thread is not None and self.thread.is_alive()

    def serial(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def run(self, command, timeout=120):
        """What a command printed in there. AssertionError where it fails, or between two boots."""
        words = ["nsenter", "--target", str(self._leader()), "--all", "--", "/bin/sh", "-c", command]
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                                  env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "dumb"})
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{command} takes more than {timeout} s") from error
        output = (done.stdout + done.stderr).decode(errors="replace")
        if done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}: {output}")
        return output.strip()

    def await_console(self, timeout=60):
        """Until a boot has come to its end."""
        end = time.monotonic() + timeout
        while True:
            try:
                if self.run("systemctl is-system-running || true", timeout=10) in ("running", "degraded"):
                    return
            except AssertionError:
                pass
            if not self.runs():
                raise Unavailable(f"systemd-nspawn has ended: {self.serial()[-500:]}")
            if time.monotonic() > end:
                raise AssertionError(f"it does not boot: {self.serial()[-3000:]}")
            time.sleep(0.1)

    def put(self, file, name):
        self._ftp("put", file, name)

    def get(self, file, name):
        self._ftp("get", file, name)

    def _ftp(self, *words):
        words = ["nsenter", "--target", str(self._leader()), "--net", "--", sys.executable, FTP, "21", *words]
        done = subprocess.run([str(word) for word in words], capture_output=True)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
