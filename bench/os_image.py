#!/usr/bin/env python3
"""What it takes to write an operating system's image into a slot: by ignite, SWUpdate, RAUC, and zstd with dd.

IGNITE_BIN names the folder of the programs, IGNITE_CACHE keeps the image between runs. Needs root, for loop devices, and the programs
of each. Prints rows of Markdown, medians; judges nothing but whether each device has the image.
"""

import argparse
import contextlib
import ctypes
import dataclasses
import hashlib
import os
import pathlib
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
from probe import Probe, Workshop, wait_for  # noqa: E402

CACHE = pathlib.Path(os.environ.get("IGNITE_CACHE", ".cache")).absolute()
MIB = 1 << 20
IMAGE_MIB = 1536
LEVEL = 9  # That of ignite-pack, for everything here.
PACKAGES = (
    "dbus,iproute2,linux-image-amd64,nodejs,nginx-light,openjdk-17-jre-headless,openssh-server,postgresql-15,sqlite3,"
    "systemd,systemd-sysv,udev,vsftpd"
)


def sh(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{words} ended with {done.returncode}: {(done.stdout + done.stderr).decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def image_of_debian(folder):
    """The root of a machine with databases, servers, a kernel, Java and Node.js."""
    image = CACHE / f"os-image-{hashlib.sha256(PACKAGES.encode()).hexdigest()[:12]}.ext4"
    if not image.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        system, new = folder / "system", image.with_suffix(".new")
        sh("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--include={PACKAGES}", "bookworm", system)
        sh("mkfs.ext4", "-q", "-O", "^has_journal", "-d", system, new, f"{IMAGE_MIB}M")
        shutil.rmtree(system)
        new.rename(image)
    return image


class Device:
    """A loop device past the page cache of the machine, as a disk is."""

    def __init__(self, file, size, stack):
        with open(file, "wb") as made:
            os.posix_fallocate(made.fileno(), 0, size)
        self.path = sh("losetup", "--find", "--show", "--direct-io=on", file).strip()
        stack.callback(sh, "losetup", "--detach", self.path)

    def fill(self, source):
        sh("dd", f"if={source}", f"of={self.path}", "bs=4M", "oflag=direct", "conv=fsync")

    def damage(self, share):
        """Another byte in so many of its MiB."""
        with open(self.path, "r+b") as device:
            for number in random.Random(1).sample(range(IMAGE_MIB), round(IMAGE_MIB * share)):
                place = number * MIB + random.Random(number).randrange(MIB)
                device.seek(place)
                byte = device.read(1)[0]
                device.seek(place)
                device.write(bytes([byte ^ 0xFF]))
            os.fsync(device.fileno())

    def forget(self):
        """Nothing of it stays in memory."""
        sh("blockdev", "--flushbufs", self.path)

    def sync(self):
        with open(self.path, "rb") as device:
            os.fsync(device.fileno())

    def moved(self):
        """Bytes read and written so far."""
        words = pathlib.Path(f"/sys/block/{pathlib.Path(self.path).name}/stat").read_text().split()
        return int(words[2]) * 512, int(words[6]) * 512


class Watch:
    """The memory of all processes that we started, and what a file system takes meanwhile."""

    def __init__(self, work, but):
        self.work, self.but = work, but
        self.largest, self.together, self.spool = 0, 0, 0
        self.empty = self.used()
        self.ours = os.readlink("/proc/self/exe")
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def used(self):
        is_at = os.statvfs(self.work)
        return (is_at.f_blocks - is_at.f_bfree) * is_at.f_frsize

    def processes(self):
        waiting = [os.getpid()]
        while waiting:
            pid = waiting.pop()
            for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                for child in children.read_text().split():
                    if int(child) not in self.but:
                        waiting.append(int(child))
                        yield int(child)

    def look(self):
        together = 0
        for pid in self.processes():
            # Between its fork and its exec a process has our memory.
            if os.readlink(f"/proc/{pid}/exe") == self.ours:
                continue
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            kib = {name: int(count) for name, count in re.findall(r"^(VmHWM|VmRSS):\s+(\d+)", status, re.M)}
            self.largest = max(self.largest, kib.get("VmHWM", 0) << 10)
            together += kib.get("VmRSS", 0) << 10
        self.together = max(self.together, together, self.largest)
        self.spool = max(self.spool, self.used() - self.empty)

    def watch(self):
        while not self.ended.wait(0.03):
            with contextlib.suppress(OSError):  # A process that has just ended.
                self.look()

    def stop(self):
        self.ended.set()
        self.thread.join()


@dataclasses.dataclass
class Tool:
    name: str
    words: list
    exit: int = 0
    before: object = lambda: None  # Makes everything as it was before the first round.
    service: list = None  # Runs meanwhile and counts.
    ready: object = lambda: True


@dataclasses.dataclass
class Figures:
    wall: float
    cpu: float
    largest: int
    together: int
    read: int
    written: int
    spool: int


class Bench:
    def __init__(self, folder, image, stack):
        self.folder, self.image = folder, image
        self.size = image.stat().st_size
        self.device = Device(folder / "slot", self.size, stack)
        disk = folder / "work.ext4"
        with open(disk, "wb") as made:
            os.posix_fallocate(made.fileno(), 0, 4 << 30)
        sh("mkfs.ext4", "-q", disk)
        # All that the tools keep or leave for a while goes to a file system of its own.
        self.work = folder / "work"
        self.work.mkdir()
        sh("mount", "-o", "loop", disk, self.work)
        stack.callback(sh, "umount", self.work)
        (self.work / "tmp").mkdir()
        self.environment = {**os.environ, "TMPDIR": str(self.work / "tmp")}
        self.unused = folder / "unused"  # The slot that runs.
        self.unused.touch()
        self.former = folder / "former"
        with open(self.former, "wb") as former:
            for number in range(self.size // MIB):
                former.write(random.Random(number).randbytes(MIB))
        self.stack = stack
        self.apart = set()  # Processes that count for nobody.

    def dd(self):
        packed = self.folder / "image.zst"
        sh("zstd", "-q", f"-{LEVEL}", "-T0", self.image, "-o", packed)
        line = f"zstd -dc {packed} | dd of={self.device.path} bs=4M iflag=fullblock conv=fsync"
        yield Tool("`zstd -d` and `dd`", ["sh", "-c", line])
        yield Tool("`zstd -d` and `dd oflag=direct`", ["sh", "-c", f"{line} oflag=direct"])

    def certificate(self, name, purpose):
        sh("openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-subj", f"/CN={name}", "-days", "30",
           *(("-addext", f"extendedKeyUsage={purpose}") if purpose else ()),
           "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def swupdate(self):
        certificate, key = self.certificate("swupdate", "emailProtection")
        parts = self.folder / "swu"
        parts.mkdir()
        secret, start = os.urandom(32).hex(), os.urandom(16).hex()
        (self.folder / "swupdate.aes").write_text(f"{secret} {start}\n")
        sh("openssl", "enc", "-aes-256-cbc", "-K", secret, "-iv", start, "-in", self.folder / "image.zst", "-out", parts / "image")
        with open(parts / "image", "rb") as image:
            digest = hashlib.file_digest(image, "sha256").hexdigest()
        (parts / "sw-description").write_text(
            'software = { version = "1"; hardware-compatibility = ["1"]; images: ({ filename = "image"; type = "raw";'
            f' device = "{self.device.path}"; compressed = "zstd"; encrypted = true; ivt = "{start}"; sha256 = "{digest}";'
            " installed-directly = true; }); }\n"
        )
        sh("openssl", "cms", "-sign", "-in", "sw-description", "-out", "sw-description.sig", "-signer", certificate, "-inkey", key,
           "-outform", "DER", "-nosmimecap", "-binary", cwd=parts)
        sh("sh", "-c", "printf '%s\\n' sw-description sw-description.sig image | cpio -o --quiet -H crc >../image.swu", cwd=parts)
        shutil.rmtree(parts)
        yield Tool("SWUpdate", ["swupdate", "-H", "bench:1", "-M", "-m", "-K", self.folder / "swupdate.aes", "-k", certificate,
                                "-i", self.folder / "image.swu"])

    def rauc(self):
        certificate, key = self.certificate("rauc", "")
        parts = self.folder / "raucb"
        parts.mkdir()
        os.link(self.image, parts / "rootfs.img")
        (parts / "manifest.raucm").write_text(
            "[update]\ncompatible=bench\nversion=1\n[bundle]\nformat=plain\n[image.rootfs]\nfilename=rootfs.img\n"
        )
        sh("rauc", "--cert", certificate, "--key", key, "bundle", f"--mksquashfs-args=-comp zstd -Xcompression-level {LEVEL}",
           parts, self.folder / "image.raucb")
        shutil.rmtree(parts)
        backend = self.folder / "rauc-backend"
        backend.write_text("#!/bin/sh\ncase $1 in get-primary) echo A ;; get-state) echo good ;; esac\n")
        backend.chmod(0o755)
        settings = self.folder / "rauc.conf"
        settings.write_text(
            f"[system]\ncompatible=bench\nbootloader=custom\nmountprefix={self.work}/rauc\nstatusfile={self.work}/rauc.status\n"
            f"[handlers]\nbootloader-custom-backend={backend}\n[keyring]\npath={certificate}\n"
            f"[slot.rootfs.0]\ndevice={self.unused}\ntype=raw\nbootname=A\n[slot.rootfs.1]\ndevice={self.device.path}\ntype=raw\nbootname=B\n"
        )
        socket = self.folder / "bus"
        bus = self.folder / "bus.conf"
        bus.write_text(
            f"<busconfig><type>system</type><listen>unix:path={socket}</listen><policy context='default'>"
            "<allow user='*'/><allow own='*'/><allow send_destination='*'/><allow receive_sender='*'/></policy></busconfig>"
        )
        daemon = subprocess.Popen(["dbus-daemon", f"--config-file={bus}", "--nofork"], stderr=subprocess.DEVNULL)
        self.stack.callback(lambda: (daemon.kill(), daemon.wait()))
        self.apart.add(daemon.pid)
        wait_for(socket.exists, what="the bus")
        self.environment["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={socket}"

        def ready():
            words = ["busctl", f"--address=unix:path={socket}", "status", "de.pengutronix.rauc"]
            return subprocess.run(words, capture_output=True).returncode == 0

        def before():
            (self.work / "rauc.status").unlink(missing_ok=True)
            (self.work / "rauc").mkdir(exist_ok=True)

        yield Tool("RAUC, `plain`", ["rauc", "install", self.folder / "image.raucb"], before=before, ready=ready,
                   service=["rauc", "-c", settings, "service", "--override-boot-slot=A"])

    def ignite(self):
        workshop = Workshop(self.folder / "workshop")
        recipe = self.folder / "recipe.ini"
        recipe.write_text(
            "[bundle]\nkind = product\nproduct = netprobe\nversion = 1\ncounter = 1\nepoch = 1\ncompatible = netprobe-x86_64\n"
            f"[payload system]\ntype = image\ncomponent = os\nversion = 1\nsource = {self.image}\n"
        )
        bundle = self.folder / "image.ignite"
        workshop.pack("build", recipe, "--sign", "release.key", "--recipient", "probe.pub", "-o", bundle)
        loader = self.folder / "loader"
        loader.write_text("#!/bin/sh\ncase $1 in booted) echo a ;; esac\n")
        loader.chmod(0o755)
        root = self.work / "probe"

        def before(threads):
            shutil.rmtree(root, ignore_errors=True)
            boot = f"[boot]\nbackend = command\ncommand = {loader}\n[slot a]\ndevice = {self.unused}\n[slot b]\ndevice = {self.device.path}\n"
            self.probe = Probe(root, workshop, services=boot, threads=threads)

        before(0)
        words = self.probe.words("install", bundle)
        yield Tool("ignite", words, exit=8, before=lambda: before(0))
        yield Tool("ignite, `threads = 1`", words, exit=8, before=lambda: before(1))

    def run(self, tool, prepare):
        """One round onto a slot that `prepare` filled."""
        tool.before()
        prepare()
        self.device.forget()
        service = None
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if tool.service:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            service = subprocess.Popen(list(map(str, tool.service)), env=self.environment, **quiet)
            wait_for(tool.ready, what=tool.name)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)  # Without what asked whether it is ready.
        os.sync()
        read, written = self.device.moved()
        watch = Watch(self.work, self.apart)
        begin = time.monotonic()
        try:
            done = subprocess.run(list(map(str, tool.words)), env=self.environment, capture_output=True)
            self.device.sync()
            wall = time.monotonic() - begin
        finally:
            watch.stop()
            if service:
                service.terminate()
                service.wait()
        if done.returncode != tool.exit:
            raise SystemExit(f"{tool.name} ended with {done.returncode}: {(done.stdout + done.stderr).decode(errors='replace')}")
        # Those that it left behind are ours now.
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        moved = self.device.moved()
        sh("cmp", self.image, self.device.path)
        return Figures(wall, cpu, watch.largest, watch.together, moved[0] - read, moved[1] - written, watch.spool)


def tell(name, rounds):
    middle = [statistics.median(getattr(one, field.name) for one in rounds) for field in dataclasses.fields(Figures)]
    wall, cpu, largest, together, read, written, spool = middle
    walls = [one.wall for one in rounds]
    print(
        f"| {name} | {wall:.2f} s ({min(walls):.2f} to {max(walls):.2f}) | {cpu:.2f} s | {largest / MIB:.1f} | {together / MIB:.1f} |"
        f" {written / MIB:,.0f} | {read / MIB:,.0f} | {spool / MIB:.1f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="a regular expression of the rows")
    arguments = parser.parse_args()
    # What a process leaves behind becomes ours, so that its time counts: PR_SET_CHILD_SUBREAPER.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ib.", dir=os.environ.get("TMPDIR", "/var/tmp")))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        bench = Bench(folder, image_of_debian(folder), stack)
        tools = [*bench.dd(), *bench.swupdate(), *bench.rauc(), *bench.ignite()]
        other = lambda: bench.device.fill(bench.former)  # noqa: E731
        rows = [(tool.name, tool, other) for tool in tools]
        ignite = next(tool for tool in tools if tool.name == "ignite")
        same = lambda: bench.device.fill(bench.image)  # noqa: E731
        rows.append(("ignite, the slot has the image", ignite, same))
        rows.append(("ignite, 5 % of the MiB in the slot differ", ignite, lambda: (same(), bench.device.damage(0.05))))
        rows = [row for row in rows if re.search(arguments.only, row[0])]
        results = {name: [] for name, _, _ in rows}
        for _ in range(arguments.rounds):
            for name, tool, prepare in rows:
                results[name].append(bench.run(tool, prepare))
        print(f"load {os.getloadavg()[0]:.0f}, {os.cpu_count()} cores, {arguments.rounds} rounds, {bench.size / MIB:,.0f} MiB")
        for name, rounds in results.items():
            tell(name, rounds)


if __name__ == "__main__":
    main()
