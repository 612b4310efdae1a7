#!/usr/bin/env python3
"""Operating systems by the real programs, over reboots that a boot program of our own pretends: two files are the slots,
or two folders.

IGNITE_BIN names the folder of the programs. What loaders and machines really do, init_test.py and the boot tests show.
"""

import json
import os
import random
import shutil
import sys
import unittest
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import daemon_test  # noqa: E402
from probe import BIN, ProbeTest, command_check, run, wait_for  # noqa: E402

SLOT = 4 * 1024 * 1024
# Keeps what a loader would: the good slot and the tries of the other one. "boot" is the machine's part.
LOADER = """#!/bin/sh
set -eu
cd {folder}
other() {{ [ "$1" = a ] && echo b || echo a; }}
case $1 in
  booted) cat booted ;;
  set-trial) other "$2" > good; echo "$3" > tries ;;
  mark-good) echo "$2" > good; echo 0 > tries ;;
  mark-bad) other "$2" > good; echo 0 > tries ;;
  boot)
    tries=$(cat tries)
    if [ "$tries" -gt 0 ]; then echo $((tries - 1)) > tries; other "$(cat good)" > booted; else cat good > booted; fi ;;
esac
"""


class OsCase(ProbeTest):
    """Slots that are files, for images."""

    def setUp(self):
        super().setUp()
        self.machine = self.folder / "machine"
        self.machine.mkdir()
        for name, text in (("booted", "a"), ("good", "a"), ("tries", "0")):
            (self.machine / name).write_text(text + "\n")
        self.loader = self.folder / "loader"
        self.loader.write_text(LOADER.format(folder=self.machine))
        self.loader.chmod(0o755)
        for slot in "ab":
            self.make_slot(slot)
        slots = "".join(f"[slot {slot}]\n{self.place(slot)}\n" for slot in "ab")
        self.boot = f"[boot]\nbackend = command\ncommand = {self.loader}\n{slots}"
        self.probe.configure(services=self.boot)

    def slot(self, name):
        return self.folder / f"slot-{name}"

    def make_slot(self, name):
        self.slot(name).write_bytes(b"former" + bytes(SLOT - 6))

    def place(self, name):
        return f"device = {self.slot(name)}"

    def held(self, name):
        """The system in a slot, by its first six letters."""
        return self.slot(name).read_bytes()[:6].decode()

    def knows(self, name):
        return (self.machine / name).read_text().strip()

    def release(self, version, **more):
        """An operating system with its application."""
        return self.workshop.bundle(version, more=self.system(version), **more)

    def system(self, version):
        """The sections of the recipe."""
        image = self.folder / f"os-{version}"
        image.write_bytes(f"os {version}".encode() + random.Random(version).randbytes(2_000_000) + bytes(1_000_000) + b"end")
        return f"[payload system]\ntype = image\ncomponent = os\nversion = {version}\nsource = {image}\n"

    def reboot(self):
        """The machine boots, and ignite-recover.service runs."""
        run([self.loader, "boot"], 0)
        return self.probe.json("recover", "--boot", expect=None)

    def commit(self, version):
        self.assertEqual(self.probe.install(self.release(version), expect=8)["reason"], "reboot")
        self.assertEqual(self.reboot()["state"], "trial")
        self.assertEqual(self.probe.json("recover")["outcome"], "committed")

    def components(self):
        return self.probe.status()["deployment"]["components"]


class TreeCase(OsCase):
    """Slots that are folders, for trees."""

    def slot(self, name):
        return self.probe.root / "slots" / name

    def make_slot(self, name):
        self.slot(name).mkdir(parents=True)
        (self.slot(name) / "version").write_text("former")
        (self.slot(name) / "old").mkdir()

    def place(self, name):
        return f"path = /slots/{name}"

    def held(self, name):
        version = self.slot(name) / "version"
        return version.read_text()[:6] if version.exists() else ""

    def tree(self, version):
        """What a system has and no application may have: absolute links, set-user-id bits, files of anybody."""
        system = self.folder / f"tree-{version}"
        if system.exists():
            return system
        for folder in ("bin", "etc", "sbin", "tmp", "var/lib/web"):
            (system / folder).mkdir(parents=True)
        (system / "version").write_text(f"os {version}\n")
        (system / "bin/su").write_bytes(random.Random(version).randbytes(400_000))
        (system / "bin/su").chmod(0o4755)
        os.link(system / "bin/su", system / "bin/su-too")
        (system / "sbin/init").symlink_to("/lib/systemd/systemd")
        (system / "etc/empty").touch()
        (system / "tmp").chmod(0o1777)
        for number in range(60):
            (system / f"var/lib/web/{number}").write_text(f"{version} {number}\n")
        if os.geteuid() == 0:
            os.chown(system / "var/lib/web", 33, 12345)
            os.chown(system / "bin/su", 0, 4)
            (system / "bin/su").chmod(0o4754)
        for folder, _, names in os.walk(system, topdown=False):
            for name in (*names, "."):
                os.utime(pathlib.Path(folder) / name, ns=(0, 1_600_000_000_123_456_789), follow_symlinks=False)
        return system

    def system(self, version):
        return f"[payload tree]\ntype = tree\ncomponent = os\nversion = {version}\nsource = {self.tree(version)}\n"


class Story:
    """What holds for both forms."""

    KILLS = (("pwrite64,write", range(1, 200, 23)), ("fsync,fdatasync", range(1, 60, 6)), ("rename,unlink", range(1, 20, 3)),
             ("execve,clone3", range(2, 12, 2)))

    def test_an_update_over_its_reboot_and_back(self):
        self.commit("1.0")
        self.assertEqual((self.knows("booted"), self.knows("good"), self.knows("tries")), ("b", "b", "0"))
        self.assertEqual((self.held("a"), self.held("b")), ("former", "os 1.0"))
        self.assertNotIn("slot", self.probe.text("verify"))
        plan = self.probe.text("plan", self.release("2.0"))
        self.assertIn("write it to slot a, which gives up the operating system that is there", plan)
        self.assertIn("reboot into slot a with os 2.0", plan)
        self.commit("2.0")
        self.assertEqual(self.components(), {"app/web": "2.0", "os": "2.0"})
        _, back = self.probe.json("rollback", "--list")
        self.assertTrue(back["possible"] and back["reboots"], back)
        self.assertIn("reboot into slot b with os 1.0", back["steps"])
        self.assertGreaterEqual(back["expected_seconds"], 60)
        self.assertIn("reboots the probe, and takes about", self.probe.text("rollback", "--list"))
        self.assertGreaterEqual(self.probe.json("plan", self.release("2.1"))["expected_seconds"], 60)
        self.assertLess(self.probe.json("plan", self.workshop.bundle("2.2"))["expected_seconds"], 60)
        self.assertEqual(self.probe.rollback(expect=8)["reason"], "reboot")
        self.assertEqual(self.components()["os"], "2.0")
        self.reboot()
        self.assertEqual(self.probe.json("recover")["outcome"], "committed")
        self.assertEqual(self.components(), {"app/web": "1.0", "os": "1.0"})
        self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
        self.assertEqual(self.held("b"), "os 1.0")

    def test_a_deployment_whose_system_was_overwritten(self):
        for version in ("1.0", "2.0", "3.0"):
            self.commit(version)
        self.assertEqual(self.probe.status()["returns"], [2])
        text = self.probe.text("status")
        self.assertIn("can return to  2  (", text)
        self.assertRegex(text, r"no return to   1  \(.*\): its operating system was overwritten")
        newest, middle, oldest = self.probe.json("rollback", "--list")
        self.assertEqual((newest["possible"], middle["possible"], oldest["possible"]), (False, True, False))
        self.assertIn("no return: targets", self.probe.text("rollback", "--list"))

    def test_a_system_that_never_comes_up(self):
        self.commit("1.0")
        self.probe.install(self.release("2.0"), expect=8)
        for _ in range(3):
            run([self.loader, "boot"], 0)
            self.assertEqual(self.knows("booted"), "a")
        answer = self.reboot()
        self.assertEqual((answer["outcome"], answer["reason"]), ("rolled-back", "boot"), answer)
        self.assertEqual(self.components(), {"app/web": "1.0", "os": "1.0"})
        self.commit("3.0")

    def test_an_unhealthy_system_is_left_with_everything(self):
        self.commit("1.0")
        self.probe.install(self.release("2.0", health=command_check("false", "1s")), expect=8)
        self.assertEqual(self.reboot()["state"], "trial")
        leaving = self.probe.json("recover", expect=8)
        self.assertEqual((leaving["state"], leaving["reason"]), ("rolling-back", "health"), leaving)
        self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
        self.assertIn("reboot this probe", leaving["remedy"])
        answer = self.reboot()
        self.assertEqual((answer["outcome"], answer["reason"]), ("rolled-back", "health"))
        self.assertEqual((self.knows("booted"), self.knows("good")), ("b", "b"))

    def test_what_waits_is_told_and_can_be_cancelled(self):
        self.probe.install(self.release("1.0"), expect=8)
        self.assertEqual(self.probe.status()["transaction"]["state"], "staged")
        self.assertIn("waiting for the reboot", self.probe.text("status"))
        self.probe.json("cancel")
        self.assertEqual((self.knows("good"), self.knows("tries")), ("a", "0"))
        self.assertIsNone(self.probe.status()["transaction"])
        self.commit("1.0")

    def test_another_bundle_has_to_wait(self):
        first = self.release("1.0")
        self.probe.install(first, expect=8)
        second = self.release("2.0")
        told = self.probe.json("install", second, expect=7)
        self.assertIn("release-1.0.ignite) waits for the reboot", told["error"]["cause"])
        plan = self.probe.json("plan", second, expect=7)
        self.assertEqual((plan["would"], plan["reason"], plan["cause"]), ("refuse", "transaction", told["error"]["cause"]))
        self.assertIn(told["error"]["remedy"], self.probe.text("plan", second, expect=7))
        self.assertEqual(self.probe.json("plan", first, expect=8)["reason"], "transaction")
        self.reboot()
        self.probe.json("recover")
        self.assertEqual(self.probe.json("plan", second)["would"], "install")

    def test_a_cancel_on_the_way_back_ends_with_the_wait(self):
        self.commit("1.0")
        self.probe.install(self.release("2.0", health=command_check("false", "1s")), expect=8)
        self.reboot()
        self.probe.json("recover", expect=8)
        self.probe.json("cancel", expect=8)
        self.assertEqual(self.reboot()["outcome"], "rolled-back")

    def test_the_other_slot_chosen_by_hand(self):
        self.commit("1.0")
        self.commit("2.0")
        self.assertIsNone(self.probe.status()["wrong_system"])
        self.assertNotIn("WRONG", self.probe.text("status"))
        (self.machine / "booted").write_text("b\n")
        (self.machine / "good").write_text("b\n")
        told = self.probe.json("recover", "--boot", expect=4)
        self.assertIn("slot b runs, and not slot a", told["error"]["cause"])
        self.assertEqual(self.knows("good"), "a")
        wrong = self.probe.status()["wrong_system"]
        self.assertIn("'ignite rollback --to 1'", wrong["remedy"])
        self.assertIn("WRONG SYSTEM slot b runs", self.probe.text("status"))
        boot, = (check for check in self.probe.json("doctor", expect=1)["checks"] if check["id"] == "boot")
        self.assertEqual((boot["result"], boot["cause"], boot["remedy"]), ("fail", wrong["cause"], wrong["remedy"]))
        application = self.workshop.bundle("3.0")
        self.assertEqual(self.probe.json("plan", application, expect=4)["reason"], "system")
        self.assertEqual(self.probe.install(application, expect=4)["reason"], "system")
        self.assertIsNone(self.reboot()["outcome"])
        self.probe.install(application)

    @unittest.skipUnless(shutil.which("strace"), "strace is not here")
    def test_killed_anywhere_it_ends_on_one_side(self):
        self.commit("1.0")
        bundle = self.release("2.0")
        saved = self.folder / "saved"
        run(["cp", "-a", self.probe.root, saved], 0)
        shutil.copytree(self.machine, self.folder / "machine-saved")
        outcomes = set()
        for kind, numbers in self.KILLS:
            for number in numbers:
                for occasion in ("install", "boot"):
                    outcomes.add(self.kill_at(saved, bundle, kind, number, occasion))
        self.assertEqual(outcomes, {"1.0", "2.0"})

    def kill_at(self, saved, bundle, kind, number, occasion):
        """The version of both components in the end, whatever it is."""
        run(["rm", "-rf", self.probe.root], 0)
        run(["cp", "-a", saved, self.probe.root], 0)
        shutil.copytree(self.folder / "machine-saved", self.machine, dirs_exist_ok=True)
        death = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={kind}", "-e", f"inject={kind}:signal=KILL:when={number}"]
        if occasion == "install":
            run([*death, *self.probe.words("install", bundle)], None)
        else:
            self.probe.install(bundle, expect=8)
            run([self.loader, "boot"], 0)
            run([*death, *self.probe.words("recover", "--boot")], None)
        for _ in range(4):
            self.reboot()
            self.probe.json("recover", expect=None)
            if self.probe.status()["transaction"] is None:
                break
        status = self.probe.status()
        self.assertIsNone(status["transaction"], (kind, number, occasion))
        found = self.components()
        self.assertEqual(found["os"], found["app/web"], (kind, number, occasion))
        self.assertEqual(self.held(self.knows("booted")), f"os {found['os']}", (kind, number, occasion))
        self.assertEqual(self.probe.read("index.html"), f"release {found['os']}\n")
        self.assertEqual((self.knows("good"), self.knows("tries")), (self.knows("booted"), "0"))
        return found["os"]


class OsTest(Story, OsCase):
    def test_every_byte_of_the_image_is_in_the_slot(self):
        self.commit("1.0")
        image = (self.folder / "os-1.0").read_bytes()
        self.assertEqual(self.slot("b").read_bytes(), image + bytes(SLOT - len(image)))

    def test_a_slot_that_cannot_take_it_is_refused_before_a_write(self):
        with self.slot("b").open("r+b") as slot:
            slot.truncate(1_000_000)
        self.assertIn("the image takes", self.probe.install(self.release("1.0"), expect=4)["cause"])
        self.slot("b").unlink()
        self.assertIn("slot-b", self.probe.install(self.release("1.1"), expect=4)["cause"])
        self.loader.write_text("#!/bin/sh\nexit 3\n")
        self.assertIn("exit code 3", self.probe.install(self.release("1.2"), expect=4)["cause"])

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_a_mounted_slot_is_refused(self):
        run(["mkfs.ext4", "-q", self.slot("b")], 0)
        device = run(["losetup", "--find", "--show", self.slot("b")], 0).stdout.decode().strip()
        self.addCleanup(run, ["losetup", "--detach", device])
        here = self.folder / "mounted"
        here.mkdir()
        run(["mount", device, here], 0)
        self.addCleanup(run, ["umount", "-l", here])
        self.probe.configure(services=self.boot.replace(str(self.slot("b")), device))
        before = self.slot("b").read_bytes()
        self.assertIn("is in use", self.probe.install(self.release("1.0"), expect=4)["cause"])
        self.assertEqual(self.slot("b").read_bytes(), before)

    @unittest.skipUnless(os.geteuid() == 0, "loop devices need root")
    def test_a_read_only_slot_is_refused(self):
        device = run(["losetup", "--read-only", "--find", "--show", self.slot("b")], 0).stdout.decode().strip()
        self.addCleanup(run, ["losetup", "--detach", device])
        self.probe.configure(services=self.boot.replace(str(self.slot("b")), device))
        refused = self.probe.install(self.release("1.0"), expect=4)
        self.assertEqual(refused["reason"], "targets")
        self.assertIn(f"the slot {device} is read-only", refused["cause"])


class OsTreeTest(Story, TreeCase):
    KILLS = (("unlinkat,mkdirat", range(1, 160, 23)), ("write", range(1, 200, 37)), ("fchown,fchownat,utimensat", range(1, 160, 31)),
             ("fsync,fdatasync,syncfs", range(1, 60, 9)), ("rename,unlink", range(1, 20, 3)))

    def listing(self, top):
        """All that a tree has of its files, by path."""
        found = {}
        for path in sorted([top, *top.rglob("*")]):
            status = path.lstat()
            kind = status.st_mode & 0o170000
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else os.readlink(path) if path.is_symlink() else ""
            try:
                capabilities = os.getxattr(path, "security.capability", follow_symlinks=False)
            except OSError:
                capabilities = b""
            found[str(path.relative_to(top))] = (kind, status.st_mode & 0o7777, status.st_uid, status.st_gid, status.st_mtime_ns,
                                                 status.st_nlink if kind == 0o100000 else 0, content, capabilities)
        return found

    def test_the_slot_has_what_the_source_had_and_nothing_else(self):
        inode = self.slot("b").stat().st_ino
        self.commit("1.0")
        self.assertEqual(self.slot("b").stat().st_ino, inode)
        self.assertEqual(self.listing(self.slot("b")), self.listing(self.tree("1.0")))
        (self.slot("b") / "etc/empty").write_text("by hand")
        told = self.probe.text("verify", expect=None)
        self.assertIn("etc/empty: has other content", told)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setcap"), "capabilities need root and setcap")
    def test_capabilities_and_devices(self):
        run(["setcap", "cap_net_raw+ep", self.tree("1.0") / "bin/su"], 0)
        (self.tree("1.0") / "dev").mkdir()
        os.mknod(self.tree("1.0") / "dev/null", 0o20666, os.makedev(1, 3))
        self.commit("1.0")
        source = self.listing(self.tree("1.0"))
        self.assertNotEqual(source["bin/su"][-1], b"")
        del source["dev/null"]
        self.assertEqual(self.listing(self.slot("b")), source)
        os.mknod(self.tree("1.0") / "etc/null", 0o20666, os.makedev(1, 3))
        recipe = self.folder / "recipe.ini"
        recipe.write_text("[bundle]\nkind = product\nproduct = p\nversion = 1\ncounter = 1\nepoch = 1\ncompatible = c\n" + self.system("1.0"))
        told = self.workshop.pack("build", recipe, "--unencrypted", "--sign", self.workshop.folder / "release.key", "-o",
                                  self.folder / "x.ignite", expect=2)
        self.assertIn("'etc/null' is a device node", told.stderr.decode())

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_a_slot_with_a_mount_is_refused_and_one_that_is_a_mount_is_not(self):
        run(["mount", "-t", "tmpfs", "-o", "size=32m", "none", self.slot("b")], 0)
        self.addCleanup(run, ["umount", "-l", self.slot("b")])
        (self.slot("b") / "inner").mkdir()
        run(["mount", "--bind", self.probe.root / "opt", self.slot("b") / "inner"], 0)
        self.assertIn("something is mounted at", self.probe.install(self.release("1.0"), expect=4)["cause"])
        run(["umount", self.slot("b") / "inner"], 0)
        self.commit("1.0")
        self.assertEqual(self.listing(self.slot("b")), self.listing(self.tree("1.0")))
        self.assertTrue(self.slot("b").is_mount())

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_what_the_slot_gives_back_is_room(self):
        run(["mount", "-t", "tmpfs", "-o", "size=32m", "none", self.slot("b")], 0)
        self.addCleanup(run, ["umount", "-l", self.slot("b")])
        (self.slot("b") / "large").write_bytes(bytes([1]) * 20_000_000)
        (self.tree("1.0") / "large").write_bytes(random.Random(1).randbytes(14_000_000))
        self.commit("1.0")
        self.commit("2.0")
        (self.tree("3.0") / "large").write_bytes(random.Random(1).randbytes(40_000_000))
        refused = self.probe.install(self.release("3.0"), expect=4)
        self.assertEqual(refused["reason"], "space")
        self.assertEqual(self.held("b"), "os 1.0")


class FormsTest(unittest.TestCase):
    """The same bundle on probes of both kinds."""

    def test_each_probe_takes_its_form(self):
        for case, words in ((OsTest, "unpack os 1.0 as an image, for slot b is a device"),
                            (OsTreeTest, "unpack os 1.0 as a tree, for slot b is a folder")):
            with self.subTest(case=case.__name__):
                case.setUpClass()
                self.addCleanup(case.doClassCleanups)
                probe = case("commit")
                probe.setUp()
                self.addCleanup(probe.doCleanups)
                both = OsCase.system(probe, "1.0") + TreeCase.system(Trees(probe.folder), "1.0")
                bundle = probe.workshop.bundle("1.0", more=both)
                self.assertIn(words, probe.probe.text("plan", bundle))
                self.assertEqual(probe.probe.install(bundle, expect=8)["reason"], "reboot")
                probe.reboot()
                self.assertEqual(probe.probe.json("recover")["outcome"], "committed")
                self.assertEqual(probe.components(), {"app/web": "1.0", "os": "1.0"})
                self.assertEqual((probe.held("a"), probe.held("b")), ("former", "os 1.0"))


class Trees:
    """Makes trees for a probe of the other kind."""

    tree = TreeCase.tree

    def __init__(self, folder):
        self.folder = folder


class InboxTest(daemon_test.DaemonCase, OsCase):
    def told(self, name="a"):
        path = self.probe.outbox / f"{name}.ignite.status.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def test_an_upload_waits_for_the_reboot_and_gets_its_verdict_after_it(self):
        self.start()
        shutil.copy(self.release("1.0"), self.probe.inbox / "a.ignite")
        wait_for(lambda: "the next boot enters it" in str(self.told().get("reason", "")) + str(self.told()), what="the wait")
        self.assertIsNone(self.told()["outcome"])
        self.stop()
        self.assertEqual(self.reboot()["state"], "trial")
        self.start()
        wait_for(lambda: self.told().get("outcome"), what="the verdict")
        self.assertEqual(self.told()["outcome"], "committed")
        self.assertEqual(list(self.probe.inbox.iterdir()), [])

    def wait_with(self, bundle):
        self.start()
        shutil.copy(bundle, self.probe.inbox / "a.ignite")
        wait_for(lambda: "the next boot enters it" in str(self.told()), what="the wait")

    def test_another_upload_says_what_it_waits_for(self):
        self.wait_with(self.release("1.0"))
        shutil.copy(self.workshop.bundle("2.0"), self.probe.inbox / "b.ignite")
        wait_for(lambda: "(a.ignite) waits for the reboot" in str(self.told("b")), what="the words")
        told = self.told("b")
        self.assertEqual((told["state"], told["outcome"]), ("waiting", None))
        self.assertRegex(told["remedy"], "^reboot it.* This upload is taken by itself then$")
        self.assertIn("waits for the reboot", (self.probe.outbox / "b.ignite.status.txt").read_text())
        self.stop()
        self.reboot()
        self.start()
        wait_for(lambda: self.told("b").get("outcome"), what="the verdict")
        self.assertEqual((self.told()["outcome"], self.told("b")["outcome"]), ("committed", "committed"))

    def test_an_upload_that_is_given_up_at_boot_gets_the_true_verdict(self):
        self.commit("1.0")
        self.wait_with(self.release("2.0"))
        self.stop()
        for _ in range(3):
            run([self.loader, "boot"], 0)
        self.assertEqual(self.reboot()["reason"], "boot")
        self.assertEqual((self.told()["outcome"], self.told()["reason"]), ("rolled-back", "boot"))
        self.assertEqual(list(self.probe.inbox.iterdir()), [])

    def test_an_upload_that_is_cancelled_is_not_tried_again(self):
        self.wait_with(self.release("1.0"))
        self.probe.json("cancel")
        self.assertEqual(self.told()["outcome"], "cancelled")
        self.assertEqual(list(self.probe.inbox.iterdir()), [])


if __name__ == "__main__":
    if not (BIN / "ignite").exists():
        sys.exit(f"{BIN}/ignite is not there; set IGNITE_BIN")
    unittest.main()
