"""A disk whose every write, discard and flush is recorded, and the disks that a power cut may leave.

qemu-storage-daemon writes the log (the format of dm-log-writes) and exports the disk through FUSE; a loop device on
that carries a real file system. A disk with a write cache may lose whatever came after its last flush, in any order.
"""

import collections
import contextlib
import mmap
import os
import shutil
import struct
import subprocess

from stories import run, wait_for

PAGE = 4096
MEBIBYTE = 1 << 20
MAGIC, SECTOR = 0x6A736677736872, 512
FLUSH, DISCARD = 1, 4
MARK = b"ignite crash test: acknowledged "

# Of the file system proper; behind it is room for the marks. Each is about as small as its mkfs allows.
SIZES = {"ext4": 32 * MEBIBYTE, "xfs": 300 * MEBIBYTE, "btrfs": 128 * MEBIBYTE}
# ext4 would else write a file's content when another is renamed over, whether or not anyone asked for it.
OPTIONS = {"ext4": "noatime,noauto_da_alloc", "xfs": "noatime", "btrfs": "noatime"}
MAKE = {
    "ext4": lambda size: ["mkfs.ext4", "-q", "-b", "4096", "-I", "256", "-F"],
    "xfs": lambda size: ["mkfs.xfs", "-q", "-f", "-d", f"size={size}"],
    "btrfs": lambda size: ["mkfs.btrfs", "-q", "-f", "-b", size],
}
TOOLS = {"ext4": ["mkfs.ext4"], "xfs": ["mkfs.xfs"], "btrfs": ["mkfs.btrfs"]}

# `data` is None for a flush; `mark` is the number of an acknowledgement, which is no part of the disk.
Write = collections.namedtuple("Write", "offset data flush mark")


def why_not(kind):
    """Why this machine cannot record a file system; None where it can."""
    for tool in ["qemu-storage-daemon", "fusermount3", "losetup", "cc", *TOOLS[kind]]:
        if not shutil.which(tool):
            return f"there is no {tool}: script/bootstrap installs it"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        return f"/dev/fuse: {error.strerror}"
    free = run(["losetup", "--find"])
    return f"no loop device: {free.stderr.decode().strip()}" if free.returncode != 0 else None


@contextlib.contextmanager
def mounted(kind, image, place):
    """An image of a file system, mounted; gone with its loop device at the end."""
    place.mkdir(exist_ok=True)
    run(["mount", "-t", kind, "-o", f"loop,{OPTIONS[kind]}", image, place], 0)
    try:
        yield place
    finally:
        run(["umount", place], 0)


class Disk:
    """The pages of a disk that are not zero."""

    def __init__(self, size, pages):
        self.size, self.pages = size, pages

    @classmethod
    def read(cls, path):
        size, pages = os.path.getsize(path), {}
        with open(path, "rb") as image:
            for number in range(size // PAGE):
                page = image.read(PAGE)
                if page.count(0) != PAGE:
                    pages[number] = page
        return cls(size, pages)

    def copy(self):
        return Disk(self.size, dict(self.pages))

    def put(self, offset, data):
        while data:
            number, inner = divmod(offset, PAGE)
            part = data[: PAGE - inner]
            if len(part) < PAGE:
                old = self.pages.get(number, bytes(PAGE))
                page = old[:inner] + part + old[inner + len(part):]
            else:
                page = part
            self.pages[number] = page
            offset, data = offset + len(part), data[len(part):]

    def write(self, path, room=0):
        """With so many bytes more behind it."""
        with open(path, "wb") as image:
            image.truncate(self.size + room)
            for number, page in self.pages.items():
                os.pwrite(image.fileno(), page, number * PAGE)


def make_disk(kind, folder, prepare, room=0):
    """A file system that `prepare(place)` has filled, with so many bytes more than others have."""
    image, size = folder / "made", SIZES[kind] + room
    with open(image, "wb") as file:
        file.truncate(size)
    run([*MAKE[kind](size), image], 0)
    with mounted(kind, image, folder / "made.mounted") as place:
        prepare(place)
    disk = Disk.read(image)
    image.unlink()
    return disk


class Recording:
    """A disk that is used under the log."""

    def __init__(self, kind, folder, base):
        self.kind, self.folder, self.base = kind, folder, base
        self.folder.mkdir()
        self.image = folder / "disk"
        self.log = folder / "log"
        self.place = folder / "mounted"
        base.write(self.image, MEBIBYTE)

    @contextlib.contextmanager
    def running(self):
        """Mounted, with everything recorded; gives a function that marks what was acknowledged."""
        export = self.folder / "export"
        export.touch()
        self.log.touch()
        words = ["qemu-storage-daemon"]
        for device in (
            f"driver=file,node-name=disk,filename={self.image}",
            f"driver=file,node-name=log,filename={self.log}",
            "driver=raw,node-name=raw,file=disk",
            f"driver=blklogwrites,node-name=top,file=raw,log=log,log-sector-size={SECTOR}",
        ):
            words += ["--blockdev", device]
        words += ["--export", f"type=fuse,id=export,node-name=top,mountpoint={export},writable=on"]
        daemon = subprocess.Popen(words)
        try:
            wait_for(lambda: export.stat().st_size > 0 or daemon.poll() is not None, 30, "the export")
            with mounted(self.kind, export, self.place):
                yield self._mark
        finally:
            daemon.terminate()
            daemon.wait(60)

    def _mark(self, number):
        """Writes a mark behind the file system, around every cache, and without a flush that would help ignite."""
        page = mmap.mmap(-1, PAGE)
        page.write(MARK + struct.pack("<Q", number))
        device = run(["findmnt", "-n", "-o", "SOURCE", self.place], 0).stdout.decode().strip()
        fd = os.open(device, os.O_WRONLY | os.O_DIRECT)
        try:
            os.pwrite(fd, page, self.base.size)
        finally:
            os.close(fd)

    def writes(self):
        """What was recorded, in its order."""
        data = self.log.read_bytes()
        magic, _, count, sector = struct.unpack_from("<QQQI", data)
        assert (magic, sector) == (MAGIC, SECTOR), (magic, sector)
        at = SECTOR
        for _ in range(count):
            first, sectors, flags, _ = struct.unpack_from("<QQQQ", data, at)
            at += SECTOR
            offset, length = first * SECTOR, sectors * SECTOR
            if flags & DISCARD:
                content = bytes(length)
            else:
                content = data[at:at + length]
                at += length
            if offset >= self.base.size and content:
                assert content.startswith(MARK), content[:40]
                yield Write(offset, None, False, struct.unpack_from("<Q", content, len(MARK))[0])
                continue
            yield Write(offset, content or None, bool(flags & FLUSH), None)


def _all(pending, chance):
    return pending


def _none(pending, chance):
    return []


def _some(pending, chance):
    return [write for write in pending if chance.random() < 0.5]


def _pieces(pending, chance):
    """A large write may tear: each of its pages arrives or not."""
    kept = []
    for write in pending:
        for inner in range(0, len(write.data), PAGE):
            if chance.random() < 0.5:
                kept.append(Write(write.offset + inner, write.data[inner:inner + PAGE], False, None))
    return kept


# Of the writes after the last flush, those that arrived.
LOSSES = {"all": _all, "none": _none, "some": _some, "pieces": _pieces}

Cut = collections.namedtuple("Cut", "position loss acknowledged disk")


def power_cuts(base, writes, count, chance, at_marks=True):
    """Power cuts at different places of the log or with different losses, in the order of the log: at every
    acknowledgement, where most depends on the last sync, and at `count` others."""
    chosen = collections.defaultdict(list)
    others = []
    for position, write in enumerate(writes):
        if write.mark is None:
            others += [(position, loss) for loss in LOSSES]
        elif at_marks:
            chosen[position] = list(LOSSES)
    for position, loss in chance.sample(others, min(count, len(others))):
        chosen[position].append(loss)
    safe = base.copy()
    pending = []
    acknowledged = 0
    for position, write in enumerate(writes):
        if write.mark is not None:
            acknowledged = write.mark
        if write.flush:
            for done in pending:
                safe.put(done.offset, done.data)
            pending = []
        if write.data:
            pending.append(write)
        for loss in chosen[position]:
            disk = safe.copy()
            for kept in LOSSES[loss](pending, chance):
                disk.put(kept.offset, kept.data)
            yield Cut(position, loss, acknowledged, disk)
