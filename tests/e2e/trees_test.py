#!/usr/bin/env python3
"""Trees that real software has, and trees at the edge of what the format holds: packed by the real ignite-pack,
installed by the real ignite, and compared entry by entry; or refused by name, with a remedy.

IGNITE_BIN names the folder of the programs. Needs root, as a probe does.
"""

import collections
import errno
import fcntl
import hashlib
import os
import pathlib
import shutil
import socket
import stat
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from probe import (  # noqa: E402
    BIN, MEMORY_LIMIT, PATH, ProbeTest, peak_memory, run, takes_memory_of_its_own)

PYTHON = "/usr/bin/python3"  # Debian's: one that somebody built may lack what a venv needs.
MODULES = ("/usr/share/nodejs", "/usr/lib/node_modules")

# version 2, effective, cap_net_raw: what `setcap cap_net_raw=ep` writes.
NET_RAW = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)
NOBODY = 2**32 - 1
# An access control list as the kernel takes it: owner rw, user 1 r, group r, mask r, others nothing.
ACL = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in (
    (1, 6, NOBODY), (2, 4, 1), (4, 4, NOBODY), (16, 4, NOBODY), (32, 0, NOBODY)))
LONG = "n" * 255  # The longest name; sixteen of them make the longest path, of 4095 bytes.
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IMMUTABLE_FL = 0x80086601, 0x40086602, 0x10

Seen = collections.namedtuple("Seen", "kind mode owner mtime size content links capabilities")


def listing(top):
    """Path -> Seen of everything below `top`, and the bytes that all of it takes on the disk.

    Goes from folder to folder by descriptors: no path is too long for it. Equal inodes have equal `links`.
    """
    seen, first, on_disk = {}, {}, 0

    def look(parent, name, path):
        nonlocal on_disk
        info = os.stat(name, dir_fd=parent, follow_symlinks=False)
        content = capabilities = b""
        links = path
        if stat.S_ISLNK(info.st_mode):
            content = os.readlink(name, dir_fd=parent)
        else:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=parent)
            if stat.S_ISDIR(info.st_mode):
                for child in sorted(os.listdir(fd)):
                    look(fd, os.fsencode(child), path + b"/" + os.fsencode(child))
            else:
                links = first.setdefault((info.st_dev, info.st_ino), path)
                if links == path:
                    on_disk += info.st_blocks * 512
                with open(fd, "rb", closefd=False) as file:
                    content = hashlib.file_digest(file, "sha256").digest()
                if "security.capability" in os.listxattr(fd):
                    capabilities = os.getxattr(fd, "security.capability")
            os.close(fd)
        size = 0 if stat.S_ISDIR(info.st_mode) else info.st_size
        seen[path] = Seen(stat.S_IFMT(info.st_mode), stat.S_IMODE(info.st_mode), (info.st_uid, info.st_gid),
                          info.st_mtime_ns, size, content, links, capabilities)

    look(None, os.fsencode(top), b".")
    return seen, on_disk


class TreesCase(ProbeTest):
    def install_tree(self, make, payload=""):
        """Packs what `make` puts into a folder, installs it, and compares; the live folder."""
        source = []

        def tree(folder):
            make(folder)
            source.append(folder)

        bundle = self.bundle("1.0", tree=tree, payload=payload)
        self.memory = peak_memory(self.probe.words("install", bundle))
        self.probe.json("verify")
        live = os.path.realpath(self.probe.at(PATH) / "current")
        self.expected, self.expected_on_disk = listing(source[0])
        found, self.on_disk = listing(live)
        self.assert_same(self.expected, found)
        return pathlib.Path(live)

    def refuse_tree(self, make, *faults, payload="", component="app/web"):
        """ignite-pack refuses it with these causes, each with its remedy, and nothing else."""
        with self.assertRaises(AssertionError) as refused:
            self.bundle("1.0", tree=make, payload=payload, component=component)
        text = str(refused.exception)
        self.assertIn("ended with 2", text)
        lines = [line for line in text.splitlines() if "payload web: " in line]
        for fault in faults:
            self.assertTrue(any(f"payload web: {fault}" in line for line in lines), f"{fault}: {text}")
        self.assertEqual(len(lines), len(faults), text)
        return text


class RealTreesTest(TreesCase):
    """What people put on appliances."""

    def test_a_python_venv(self):
        def venv(folder):
            run([PYTHON, "-m", "venv", "--without-pip", folder], 0)
            (folder / "lib/probe.py").write_text("print('measured')\n")

        self.refuse_tree(venv, "'bin/python3' has an absolute link target")
        live = self.install_tree(venv, payload="allow = bin/**\n")
        program = [live / "bin/python", "-c", "import sys; print(sys.prefix, sys.prefix != sys.base_prefix)"]
        self.assertEqual(run(program, 0).stdout.decode(), f"{live} True\n")

    def test_the_etc_of_a_debian(self):
        def etc(folder):
            folder.rmdir()
            run(["cp", "-a", "/etc", folder], 0)

        self.install_tree(etc, payload="allow = **\n")
        owners = {entry.owner for entry in self.expected.values()}
        self.assertGreater(len(owners), 1, "shadow at least belongs to a group of its own")
        self.assertGreater(len(self.expected), 300)

    def test_an_operating_system_may_have_links_to_anywhere(self):
        def system(folder):
            (folder / "etc").mkdir()
            (folder / "etc/mtab").symlink_to("../proc/self/mounts")
            (folder / "etc/localtime").symlink_to("/usr/share/zoneinfo/Etc/UTC")
            (folder / "up").symlink_to("../..")
            (folder / "su").write_text("#!")
            (folder / "su").chmod(0o4755)
            (folder / "ping").write_text("ping")
            os.setxattr(folder / "ping", "security.capability", NET_RAW)

        self.refuse_tree(system, "'etc/localtime' has an absolute link target", "'ping' has file capabilities",
                         "'su' has a setuid or setgid bit", "'up' has a link target outside the tree")
        bundle = self.bundle("1.0", tree=system, component="os")
        self.workshop.pack("verify", bundle, "--keyring", "keyring.json", "--identity", "probe.key")
        self.install_tree(system, payload="allow = **, ping, su\n")

    def test_the_modules_of_node(self):
        place = next((place for place in MODULES if os.path.isdir(place)), None)
        if place is None:
            self.skipTest(f"none of {MODULES} is there: apt-get install npm")

        def modules(folder):
            folder.rmdir()
            run(["cp", "-a", place, folder], 0)

        self.install_tree(modules, payload="allow = **\n")
        self.assertGreater(len(self.expected), 1000)

    def test_what_npm_installs(self):
        """Packages beside packages, scopes, programs in .bin, and the same files in many places."""
        if shutil.which("npm") is None:
            self.skipTest("npm is not there: apt-get install npm")
        packages = self.folder / "packages"

        def package(name, needs=()):
            place = packages / name.replace("/", "-")
            place.mkdir(parents=True)
            (place / "cli.js").write_text("#!/usr/bin/env node\nconsole.log(1)\n")
            (place / "LICENSE").write_text("free\n")
            wanted = ", ".join(f'"{it}": "file:../{it.replace("/", "-")}"' for it in needs)
            (place / "package.json").write_text(
                f'{{"name": "{name}", "version": "1.0.0", "bin": {{"{name.split("/")[-1]}": "cli.js"}}, '
                f'"dependencies": {{{wanted}}}}}\n')
            return place

        package("@probe/base")
        package("middle", ["@probe/base"])
        top = package("top", ["middle", "@probe/base"])
        run(["npm", "install", "--offline", "--install-links", "--no-audit", "--no-fund", "--ignore-scripts"], 0, cwd=top,
            environment={"HOME": str(self.folder), "npm_config_cache": str(self.folder / "cache")})
        self.install_tree(lambda folder: shutil.copytree(top, folder, symlinks=True, dirs_exist_ok=True))
        self.assertIn(b"./node_modules/.bin/base", self.expected)
        self.assertIn(b"./node_modules/@probe/base/LICENSE", self.expected)


class EdgesTest(TreesCase):
    """The most that a tree can hold."""

    def test_names_in_every_script_and_in_none(self):
        def tree(folder):
            for name in ("Ünïcödé", "日本語", "مسبار", "🛰", "e\u0301", "\u00e9", "a\u202eb", " ", "...", "-rf", "~", LONG,
                         "ÿ" * 127):
                (folder / name).write_text(name)
            for name in (b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"latin-\xe9", b"\x01\x02\n\x7f", b"\xfe" * 255):
                with open(os.path.join(os.fsencode(folder), name), "wb") as file:
                    file.write(name)
            os.symlink(b"\xff\xfe", os.path.join(os.fsencode(folder), b"link-\xff"))

        self.install_tree(tree)
        self.assertEqual(len(self.expected), 1 + 13 + 6 + 1)

    def test_the_longest_path(self):
        def tree(folder):
            deepest = self.make_folders(folder, [LONG] * 15)
            os.close(os.open(LONG, os.O_CREAT | os.O_WRONLY, dir_fd=deepest))
            os.symlink("../" * 15 + "top", "l", dir_fd=deepest)
            os.link(LONG, "h", src_dir_fd=deepest, dst_dir_fd=deepest)
            os.close(deepest)

        self.install_tree(tree)
        self.assertEqual(max(map(len, self.expected)), len("./") + 4095)

    def test_many_folders_in_each_other(self):
        self.install_tree(lambda folder: os.close(self.make_folders(folder, ["d"] * 700)))

    @staticmethod
    def make_folders(folder, names):
        """Folders in each other, however long their path; a descriptor of the innermost."""
        inner = os.open(folder, os.O_RDONLY)
        for name in names:
            os.mkdir(name, dir_fd=inner)
            inner, outer = os.open(name, os.O_RDONLY, dir_fd=inner), inner
            os.close(outer)
        return inner

    def test_times_before_1970_and_after_2106(self):
        times = (-1, -2**31 * 10**9, 0, 1, 999_999_999, 2**31 * 10**9, 2**32 * 10**9 + 123_456_789, 2**33 * 10**9 + 1)

        def tree(folder):
            for number, time in enumerate(times):
                (folder / f"file{number}").touch()
                (folder / f"link{number}").symlink_to("x")
                (folder / f"folder{number}").mkdir()
                for kind in ("file", "link", "folder"):
                    os.utime(folder / f"{kind}{number}", ns=(time, time), follow_symlinks=False)

        self.install_tree(tree)
        self.assertLessEqual(set(times), {entry.mtime for entry in self.expected.values()})

    def test_hard_links_and_capabilities(self):
        def tree(folder):
            for inner in ("a", "b", "b/c"):
                (folder / inner).mkdir()
            (folder / "b/ping").write_bytes(b"ping" * 1000)
            os.setxattr(folder / "b/ping", "security.capability", NET_RAW)
            for place in ("a/z", "b/c/ping", "zz"):
                os.link(folder / "b/ping", folder / place)
            (folder / "a/same-bytes").write_bytes(b"ping" * 1000)
            for number in range(300):
                os.link(folder / "a/same-bytes", folder / f"b/c/{number}")

        self.install_tree(tree, payload="allow = a/z, b/c/ping, b/ping, zz\n")
        self.assertEqual({it.capabilities for it in self.expected.values()}, {b"", NET_RAW})
        self.assertLessEqual(self.on_disk, 2 * 4096)

    def test_holes(self):
        def tree(folder):
            for name, size, data in (("log", 200_000_000, {100_000_000: b"x", 150_000_001: b"y"}), ("hole", 100_000_000, {}),
                                     ("end", 50_000_000, {49_999_999: b"z"}), ("begin", 50_000_000, {0: b"z"})):
                with open(folder / name, "wb") as file:
                    file.truncate(size)
                    for place, byte in data.items():
                        os.pwrite(file.fileno(), byte, place)

        self.install_tree(tree)
        self.assertLessEqual(self.expected_on_disk, 4 * 4096, "the source itself has holes")
        self.assertLessEqual(self.on_disk, 4 * 4096)

    def test_110000_files(self):
        def tree(folder):
            for number in range(100):
                (folder / f"d{number}").mkdir()
                inner = os.open(folder / f"d{number}", os.O_RDONLY)
                for name in range(1100):
                    fd = os.open(f"{name}.rrd", os.O_CREAT | os.O_WRONLY, 0o640, dir_fd=inner)
                    os.write(fd, b"%d" % (number * 1100 + name))
                    os.close(fd)
                os.close(inner)

        self.install_tree(tree)
        self.assertEqual(len(self.expected), 1 + 100 + 110_000)
        if not takes_memory_of_its_own:
            self.assertLess(self.memory, MEMORY_LIMIT, "it does not grow with the number of files")


class RefusedTreesTest(TreesCase):
    """What a tree cannot hold is named, and nothing is left out in silence."""

    def test_what_is_neither_file_nor_folder_nor_link(self):
        def tree(folder):
            (folder / "dev").mkdir()
            os.mknod(folder / "dev/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
            os.mknod(folder / "dev/loop0", stat.S_IFBLK | 0o660, os.makedev(7, 0))
            os.mkfifo(folder / "fifo")
            with socket.socket(socket.AF_UNIX) as listener:
                here = os.getcwd()
                os.chdir(folder)  # The name of a socket has at most 107 bytes.
                listener.bind("socket")
                os.chdir(here)

        remedy = "(remove it from the source; a program makes its own when it runs)"
        self.refuse_tree(tree, f"'dev/null' is a device node {remedy}", f"'dev/loop0' is a device node {remedy}",
                         f"'fifo' is a FIFO {remedy}", f"'socket' is a socket {remedy}")

    def test_paths_of_more_than_4095_bytes(self):
        def tree(folder):
            inner = EdgesTest.make_folders(folder, [LONG] * 16)
            os.close(os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=inner))
            os.close(inner)

        text = self.refuse_tree(tree, f"'{LONG}/")
        self.assertIn("is no path that a tree can hold (use names of at most 255 bytes and paths of at most 4095", text)

    def test_extended_attributes_and_access_control_lists(self):
        def tree(folder):
            for name in ("attribute", "list"):
                (folder / name).touch()
            (folder / "folder").mkdir()
            os.setxattr(folder / "attribute", "trusted.probe", b"x")
            os.setxattr(folder / "list", "system.posix_acl_access", ACL)
            os.setxattr(folder / "folder", "system.posix_acl_default", ACL)

        self.refuse_tree(tree, "'attribute' has the extended attribute 'trusted.probe', which a tree cannot hold (remove it",
                         "'list' has an access control list, which a tree cannot hold (remove it with setfacl -b",
                         "'folder' has an access control list, which a tree cannot hold (remove it with setfacl -b",
                         component="os")

    def test_immutable_files(self):
        made = []

        def set_flags(path, flags):
            fd = os.open(path, os.O_RDONLY)
            try:
                fcntl.ioctl(fd, FS_IOC_SETFLAGS, struct.pack("l", flags))
            finally:
                os.close(fd)

        def tree(folder):
            (folder / "locked").touch()
            set_flags(folder / "locked", FS_IMMUTABLE_FL)
            made.append(folder / "locked")

        try:
            self.refuse_tree(tree, "'locked' is immutable or append-only, which a tree cannot hold (remove the flags with chattr")
        except OSError as error:
            if error.errno not in (errno.ENOTTY, errno.EOPNOTSUPP, errno.EPERM):
                raise
            self.skipTest(f"the temporary folder has no such flags: {error}")
        finally:
            for path in made:
                set_flags(path, 0)

    def test_permission_is_given_to_paths_and_by_pattern_to_links_alone(self):
        def tree(folder):
            (folder / "bin").mkdir()
            for name, mode in (("bin/setuid", 0o4755), ("bin/setgid", 0o2755)):
                (folder / name).write_text(name)
                (folder / name).chmod(mode)
            (folder / "bin/ping").write_text("ping")
            os.setxattr(folder / "bin/ping", "security.capability", NET_RAW)
            (folder / "bin/python").symlink_to("/usr/bin/python3")
            (folder / "bin/up").symlink_to("a/../../../bin")

        remedy = "(remove it, or add the path to 'allow =' if it is meant)"
        kept = (f"'bin/ping' has file capabilities {remedy}", f"'bin/setgid' has a setuid or setgid bit {remedy}",
                f"'bin/setuid' has a setuid or setgid bit {remedy}")
        self.refuse_tree(tree, *kept, "'bin/python' has an absolute link target (remove it, or add the path, or FOLDER/**",
                         "'bin/up' has a link target outside the tree (remove it, or add the path, or FOLDER/**")
        self.refuse_tree(tree, *kept, payload="allow = bin/**\n")
        self.install_tree(tree, payload="allow = bin/**, bin/ping, bin/setgid, bin/setuid\n")

    def test_owners_without_a_name_and_people_become_root(self):
        """Not refused, for a build user owns what it builds; the one thing of a tree that does not arrive as it was."""
        def tree(folder):
            for name, owner in (("unknown", 987), ("person", 65534), ("service", 1)):
                (folder / name).write_text(name)
                os.chown(folder / name, owner, owner)

        self.probe.install(self.bundle("1.0", tree=tree))
        found, _ = listing(os.path.realpath(self.probe.at(PATH) / "current"))
        owners = {path: entry.owner for path, entry in found.items()}
        self.assertEqual(owners, {b".": (0, 0), b"./unknown": (0, 0), b"./person": (0, 0), b"./service": (1, 1)})


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("these tests need root, as a probe does")
    if not (BIN / "ignite").exists():
        sys.exit(f"{BIN}/ignite is not there; set IGNITE_BIN")
    unittest.main()
