"""A box in QEMU, without hardware virtualization: two serial ports, FTP by the loopback interface, its disk a file.

It can be parked: the state of the running box is kept beside its disk, and any number of boxes go on from there, each in half a
second and with a disk of its own.
"""

import pathlib
import socket
import subprocess
import time

from factory import overlay
from ftp import Client

FTP_PORT, PASSIVE_PORT = 21, 2121  # Of system/etc/vsftpd.conf.


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def connect(path, timeout=20):
    end = time.monotonic() + timeout
    while True:
        peer = socket.socket(socket.AF_UNIX)
        try:
            peer.connect(str(path))
            return peer
        except OSError:
            peer.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


class Parked:
    """A box at one moment. Its disk is only read from then on."""

    def __init__(self, disk, state):
        self.disk, self.state = disk, state

    def go_on(self, folder):
        """A running box of its own, in `folder`."""
        folder.mkdir(exist_ok=True)
        machine = Machine(folder, overlay(self.disk, folder / "disk.qcow2"), self.state)
        machine.start()
        return machine


class Machine:
    """`disk` is an image that is changed; `state`, where given, what park() left of the box that had it."""

    def __init__(self, folder, disk, state=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.disk, self.state = disk, state
        self.log = self.folder / "serial.log"
        self.process = None

    def start(self):
        """Boots it, or has it go on where it was parked."""
        self.ports = free_port(), free_port()
        forward = "".join(f",hostfwd=tcp:127.0.0.1:{ours}-:{theirs}" for ours, theirs in zip(self.ports, (FTP_PORT, PASSIVE_PORT)))
        sockets = [self.folder / name for name in ("console", "monitor")]
        for path in sockets:
            path.unlink(missing_ok=True)
        words = ["qemu-system-x86_64", "-machine", "pc,accel=tcg,hpet=off", "-cpu", "max", "-smp", "1", "-m", "384", "-display", "none",
                 "-nodefaults", "-no-user-config", "-chardev", f"file,id=log,path={self.log},append=on", "-serial", "chardev:log",
                 "-serial", f"unix:{sockets[0]},server=on,wait=off", "-monitor", f"unix:{sockets[1]},server=on,wait=off",
                 "-drive", f"file={self.disk},if=none,id=disk,format={'qcow2' if self.disk.suffix == '.qcow2' else 'raw'}",
                 "-device", "virtio-blk-pci,drive=disk", "-netdev", f"user,id=net,restrict=on{forward}",
                 "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"]
        if self.state:
            words += ["-incoming", f"exec:cat {self.state}"]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.console, self.monitor = (connect(path) for path in sockets)
        self.said = b""
        if self.state:
            self._go_on()

    def _go_on(self, timeout=60):
        """It was parked while it stood still, so somebody has to tell it that it may move."""
        end = time.monotonic() + timeout
        self.monitor.settimeout(timeout)
        answer = b""
        while b"VM status: paused" not in answer.replace(b"paused (inmigrate)", b""):
            if time.monotonic() > end or not self.runs():
                raise AssertionError(f"the parked box cannot be taken up: {answer}")
            time.sleep(0.1)
            self._monitor("info status")
            answer = self.monitor.recv(65536)
        self._monitor("cont")

    def kill(self):
        """As a power cut: what the box had in memory is gone."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stderr.close()
            self.console.close()
            self.monitor.close()
        self.process = None

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def park(self, state):
        """Ends it, and leaves its memory in the file `state`."""
        self._monitor("stop")
        self._monitor(f'migrate "exec:cat > {state}"', "quit")
        self.process.wait(120)
        self.kill()
        return Parked(self.disk, state)

    def _monitor(self, *commands):
        for command in commands:
            self.monitor.sendall(f"{command}\n".encode())

    def serial(self):
        """All that the first serial port has said: of the loader, the kernel and its panics."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def run(self, command, timeout=120):
        """What a command printed, by the shell on the second serial port. AssertionError where it fails, or nobody answers."""
        mark = f"end-{time.monotonic_ns()}"
        try:
            self.console.sendall(f"({command}\n) </dev/null; code=$?; echo; echo {mark}-$code-\n".encode())
        except OSError as error:
            raise AssertionError(f"the box takes no {command}") from error
        output = self._read_until(f"{mark}-".encode(), timeout)
        code, rest = self.said.split(b"-", 1)
        self.said = rest
        output = output.decode(errors="replace")
        if code != b"0":
            raise AssertionError(f"{command} ended with {code.decode()}: {output}")
        return output.strip()

    def _read_until(self, mark, timeout):
        """Of the second serial port; the mark stands at the start of a line, and ends with '-' behind an exit code."""
        end = time.monotonic() + timeout
        self.console.settimeout(1)
        mark = b"\n" + mark
        while mark not in self.said or b"-" not in self.said.split(mark, 1)[1]:
            if time.monotonic() > end or not self.runs():
                raise AssertionError(f"the box says no {mark}: {self.said[-400:]}")
            try:
                self.said += self.console.recv(65536)
            except TimeoutError:
                pass
        output, self.said = self.said.split(mark, 1)
        return output

    def await_console(self, timeout=300):
        """Until a boot has come so far that the shell answers."""
        end = time.monotonic() + timeout
        while True:
            try:
                self.run("true", timeout=3)
                return
            except AssertionError:
                if time.monotonic() > end or not self.runs():
                    raise

    def put(self, file, name):
        """By FTP, as a support person would; OSError or ftplib.Error where nobody answers."""
        with Client(*self.ports) as client:
            client.put(file, name)

    def get(self, file, name):
        with Client(*self.ports) as client:
            client.get(file, name)
