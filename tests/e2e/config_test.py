#!/usr/bin/env python3
"""Configurations: made, changed and checked by the programs of a bundle, edited by hand, and taken back."""

import json
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from probe import Probe, ProbeTest, command_check, run, snapshot, wait_for  # noqa: E402

ETC = "/etc/netprobe"
GENERATE = """#!/bin/sh
set -e
python3 -c 'import json, sys; facts = json.load(sys.stdin); print("product =", facts["product"])' > main.conf
echo "level = 1" >> main.conf
mkdir keys; echo secret > keys/key; chmod 600 keys/key
"""
UP = "#!/bin/sh\nset -e\nsed -i 's/level = 1/level = 2/' main.conf\necho new > added.conf\n"
DOWN = "#!/bin/sh\nset -e\nsed -i 's/level = 2/level = 1/' main.conf\nrm added.conf\n"
CHECK = "#!/bin/sh\ntest -z \"$(cat $1/bad 2>/dev/null)\" || { echo 'there is something bad'; exit 1; }\ngrep -q level main.conf\n"
BASE = {"generate": GENERATE, "check": CHECK}
SECOND = {**BASE, "2_more.up": UP, "2_more.down": DOWN}


class ConfigTest(ProbeTest):
    def setUp(self):
        super().setUp()
        self.let_others_through()
        self.live = self.probe.at(ETC) / "current"

    def config(self, counter, programs, kind="product", more=""):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.workshop.folder))
        (folder / "config").mkdir()
        for name, text in programs.items():
            (folder / "config" / name).write_text(text)
            (folder / "config" / name).chmod(0o755)
        (folder / "recipe.ini").write_text(
            f"[bundle]\nkind = {kind}\nproduct = netprobe\nversion = {counter}\ncounter = {counter}\nepoch = 1\n"
            f"compatible = netprobe-x86_64\n\n[payload settings]\ntype = config\ncomponent = config/probe\n"
            f"source = config\npath = {ETC}\n{more}"
        )
        out = folder / f"config-{counter}.ignite"
        self.workshop.pack("build", folder / "recipe.ini", "--sign", self.workshop.folder / "release.key",
                           "--recipient", self.workshop.folder / "probe.pub", "-o", out)
        return out

    def install(self, counter, programs, **options):
        return self.probe.install(self.config(counter, programs), **options)

    def version(self):
        return self.probe.status()["deployment"]["components"]["config/probe"]

    def read_live(self, name="main.conf"):
        return (self.live / name).read_text()

    def test_a_configuration_is_generated_from_the_facts(self):
        self.install(1, BASE)
        self.assertEqual(self.read_live(), "product = netprobe\nlevel = 1\n")
        self.assertEqual(self.version(), "0")
        for name, mode in (("main.conf", 0o644), ("keys/key", 0o600), ("keys", 0o755)):
            status = (self.live / name).stat()
            self.assertEqual((status.st_mode & 0o7777, status.st_uid), (mode, os.geteuid()), name)
        self.probe.json("verify")
        self.assertEqual(list((self.probe.state / "workshop/config/probe").iterdir()), [])

    def test_two_configurations_are_told_apart(self):
        folder = self.workshop.folder / "second"
        folder.mkdir()
        (folder / "generate").write_text("#!/bin/sh\necho second > main.conf\n")
        (folder / "generate").chmod(0o755)
        second = f"\n[payload second]\ntype = config\ncomponent = config/second\nsource = {folder}\npath = /etc/second\n"
        self.probe.install(self.config(1, BASE, more=second))
        (self.probe.at("/etc/second") / "current/main.conf").write_text("mine\n")
        version = self.probe.json("config", "history")[0]["id"]
        for words in (("diff",), ("show", version), ("show", "live")):
            told = self.probe.json("config", *words, expect=2)["error"]
            self.assertIn("both config/probe and config/second have a version", told["cause"])
            self.assertIn("--component config/second", told["remedy"])
        self.assertIn("+mine", self.probe.json("config", "diff", "--component", "config/second")["diff"])
        self.assertEqual(self.probe.json("config", "diff", "--component", "config/probe")["diff"], "")
        shown = self.probe.json("config", "show", version, "main.conf", "--component", "config/second")
        self.assertEqual(shown["content"], "second\n")

    def test_what_a_program_makes_has_no_more_rights_than_its_folder(self):
        self.install(1, {**BASE, "generate": GENERATE + "touch tool\nchmod 6777 tool\n"})
        self.assertEqual((self.live / "tool").stat().st_mode & 0o7777, 0o755)

    def test_hand_edits_survive_an_upgrade_and_a_rollback_gives_the_former_bytes(self):
        self.install(1, BASE)
        with open(self.live / "main.conf", "a") as file:
            file.write("mine = yes\n")
        (self.live / "main.conf").chmod(0o640)
        former = snapshot(self.live.resolve())
        bundle = self.config(2, SECOND)
        steps = self.probe.json("plan", bundle)["steps"]
        self.assertIn("record what was edited by hand in config/probe", steps)
        self.assertIn("run 2_more.up for the new config/probe", steps)
        self.assertIn("run check on the new config/probe", steps)
        self.assertEqual(len(self.probe.json("config", "history")), 2)  # Not recorded by a plan.
        verdict = self.probe.install(bundle)
        self.assertIn("config/probe had been edited by hand", verdict["remarks"][0])
        self.assertEqual(self.read_live(), "product = netprobe\nlevel = 2\nmine = yes\n")
        self.assertEqual((self.live / "main.conf").stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.version(), "2")
        history = self.probe.json("config", "history")
        self.assertEqual([entry["made_by"] for entry in history], ["bundle", "hand edit", "bundle"])
        self.assertEqual(history[0]["bundle"], "config-1.ignite")
        self.assertEqual(len({entry["sha256"] for entry in history}), 3)
        difference = self.probe.json("config", "diff", history[0]["id"], history[1]["id"])["diff"]
        self.assertIn("+mine = yes\n", difference)
        self.assertIn("main.conf: file 0644", difference)

        (self.live / "added.conf").write_text("edited after the upgrade\n")
        live = self.probe.json("config", "history")[-1]
        self.assertEqual((live["id"], live["recorded"]), ("live", None))
        self.assertIn("+edited after", self.probe.json("config", "diff")["diff"])
        verdict = self.probe.rollback()
        self.assert_same(former, snapshot(self.live.resolve()))
        edits = [entry["id"] for entry in self.probe.json("config", "history")
                 if entry["made_by"] == "hand edit" and not entry["is_live"]]
        self.assertIn(edits[-1], verdict["remarks"][0])
        shown = self.probe.json("config", "show", edits[-1], "added.conf")
        self.assertEqual(shown["content"], "edited after the upgrade\n")
        self.assertEqual(self.probe.json("config", "show", edits[-1])["files"], ["added.conf", "keys/key", "main.conf"])
        self.probe.json("config", "show", edits[-1], "../0.json", expect=2)
        self.probe.json("verify")

    def test_what_was_edited_in_a_trial_that_fails_is_kept(self):
        self.install(1, BASE)
        former = snapshot(self.live.resolve())
        script = self.folder / "check.sh"
        script.write_text(f"#!/bin/sh\necho mine = yes >> {self.live}/main.conf\nexit 1\n")
        script.chmod(0o755)
        verdict = self.probe.install(self.config(2, SECOND, more=command_check(str(script), "1s")), expect=5)
        self.assert_same(former, snapshot(self.live.resolve()))
        self.assertIn("config/probe had been edited by hand", verdict["remarks"][0])
        [kept] = (self.probe.state / "config/probe/replaced").iterdir()
        self.assertIn(str(kept), verdict["remarks"][0])
        self.assertIn("level = 2\nmine = yes\n", (kept / "main.conf").read_text())
        self.assertEqual(kept.parent.stat().st_mode & 0o777, 0o700)
        verdict = self.install(2, {**SECOND, "3_bad.up": "#!/bin/sh\nexit 1\n"}, expect=4)
        self.assertEqual(verdict["remarks"], [])

    def test_a_rollback_mends_what_was_changed_in_the_release_meanwhile(self):
        self.install(1, BASE)
        former = snapshot(self.live.resolve())
        release = self.live.resolve()
        self.install(2, SECOND)
        (release / "main.conf").write_text("spoiled\n")
        self.probe.rollback()
        self.assert_same(former, snapshot(self.live.resolve()))

    def test_a_lower_version_leads_down_by_the_programs_of_the_former(self):
        self.install(1, BASE)
        self.install(2, {**SECOND, "3_x.up": "#!/bin/sh\necho 3 > third\n", "3_x.down": "#!/bin/sh\nrm third\n"})
        self.assertEqual(self.read_live("third"), "3\n")
        self.install(3, BASE)
        self.assertEqual(self.read_live(), "product = netprobe\nlevel = 1\n")
        self.assertFalse((self.live / "third").exists())
        self.assertEqual(self.version(), "0")

    def test_a_step_without_a_way_back_is_refused(self):
        self.install(1, BASE)
        self.install(2, {**BASE, "2_more.up": UP})
        verdict = self.install(3, BASE, expect=4)
        self.assertEqual(verdict["reason"], "targets")
        self.assertIn("without a way back", verdict["cause"])

    def test_what_is_no_configuration_here_is_refused(self):
        self.install(1, BASE)
        os.mkfifo(self.live / "pipe")
        verdict = self.install(2, SECOND, expect=4)
        self.assertEqual(verdict["reason"], "targets")
        self.assertIn("neither a file, a folder nor a link", verdict["cause"])

    def assert_fails(self, counter, programs, *texts):
        before = snapshot(self.live.resolve())
        verdict = self.install(counter, programs, expect=4)
        for text in texts:
            self.assertIn(text, verdict["cause"])
        self.assertEqual((verdict["outcome"], verdict["reason"]), ("refused", "rehearsal"))
        self.assertTrue(verdict["remedy"])
        self.assert_same(before, snapshot(self.live.resolve()))
        self.assertEqual(self.probe.status()["deployment"]["number"], 1)
        self.assertEqual(len(list((self.probe.at(ETC) / "releases").iterdir())), 1)

    def test_a_failed_check_changes_nothing(self):
        self.install(1, BASE)
        self.assert_fails(2, {**SECOND, "2_more.up": "#!/bin/sh\necho 1 > bad\n"}, "check", "there is something bad")

    def test_a_program_that_does_what_it_may_not_is_refused(self):
        self.install(1, BASE)
        outside = self.folder / "outside"
        outside.mkdir()
        outside.chmod(0o777)
        self.assert_fails(2, {**SECOND, "2_more.up": f"#!/bin/sh\necho 1 > {outside}/file\n"}, "2_more.up", "Read-only file system")
        self.assertEqual(list(outside.iterdir()), [])
        with socket.create_server(("127.0.0.1", 0)) as server:
            line = f"exec 5<>/dev/tcp/127.0.0.1/{server.getsockname()[1]}"
            self.assert_fails(3, {**SECOND, "2_more.up": f"#!/bin/bash\n{line}\n"}, "Network is unreachable")
        self.assert_fails(4, {**SECOND, "2_more.up": "#!/bin/sh\nmkfifo pipe\n"}, "neither a file, a folder nor a link")

    def test_a_program_that_fills_the_disk_is_ended(self):
        self.install(1, BASE)
        small = self.probe.state / "workshop"
        small.mkdir(exist_ok=True)
        run(["mount", "-t", "tmpfs", "-o", "size=40m,mode=755", "small", small], 0)
        self.addCleanup(run, ["umount", "-l", small])
        endless = "#!/bin/sh\nhead -c 35M /dev/zero > fill\nexec sleep 50\n"
        self.assert_fails(2, {**SECOND, "2_more.up": endless}, "2_more.up", "was filling the disk")
        self.assertEqual(list(small.rglob("fill")), [])

    def test_a_program_of_what_the_probe_lacks_is_the_fault_of_the_bundle(self):
        self.install(1, BASE)
        self.assert_fails(2, {**SECOND, "2_more.up": "#!/no/such/perl\n"}, "2_more.up", "lacks what its first line names")

    def test_a_cancel_ends_a_program_that_runs(self):
        self.install(1, BASE)
        before = snapshot(self.live.resolve())
        process = self.probe.start("install", self.config(2, {**SECOND, "2_more.up": "#!/bin/sh\nexec sleep 50\n"}), "--json")
        self.addCleanup(process.kill)
        doing = "making the configuration config/probe"
        wait_for(lambda: (self.probe.status()["transaction"] or {}).get("step") == doing, what=doing)
        self.probe.json("cancel")
        answer = json.loads(process.communicate(timeout=30)[0])
        self.assertEqual((answer["outcome"], answer["reason"]), ("cancelled", "cancelled"))
        self.assert_same(before, snapshot(self.live.resolve()))

    @unittest.skipUnless(os.geteuid() == 0, "whoever is not root has no other account")
    def test_the_doctor_tells_of_the_account_that_is_missing(self):
        def accounts():
            found = self.probe.json("doctor", expect=None)["checks"]
            return next(check for check in found if check["id"] == "accounts")

        self.assertEqual(accounts()["result"], "pass")
        self.install(1, BASE)
        self.assertEqual(accounts()["result"], "fail")
        self.assertIn("ignite-config", accounts()["cause"])
        self.assertIn("systemd-sysusers", accounts()["remedy"])
        passwd, group = (self.probe.at(f"/etc/{name}") for name in ("passwd", "group"))
        groups, user_alone = group.read_text(), passwd.read_text() + "ignite-config:x:64321:64321::/:/usr/sbin/nologin\n"
        passwd.write_text(user_alone)
        self.assertEqual(accounts()["result"], "fail")
        passwd.write_text(user_alone.replace("ignite-config", "other"))
        group.write_text(groups + "ignite-config:x:64321:\n")
        self.assertEqual(accounts()["result"], "fail")
        passwd.write_text(user_alone)
        self.assertEqual(accounts()["result"], "pass")
        self.install(2, {**BASE, "1_who.up": "#!/bin/sh\nid -u > who\nid -g >> who\n"})
        self.assertEqual(self.read_live("who"), "64321\n64321\n")

    def bundle_edited_late(self, edit):
        """Release 2; the command changes the live configuration while the units stop, after release 2 was made of it."""
        self.install(1, BASE)
        script = self.folder / "services"
        script.write_text(f"#!/bin/sh\ncase $1 in stop) cd {self.live} && {edit};; esac\nexit 0\n")
        script.chmod(0o755)
        self.probe.configure(services=f"[services]\nbackend = command\ncommand = {script}\n")
        bundle = self.config(2, SECOND)
        (bundle.parent / "tree").mkdir()
        recipe = bundle.parent / "recipe.ini"
        tree = "\n[payload web]\ntype = tree\ncomponent = app/web\nsource = tree\npath = /opt/web\nunits = web.service\n"
        recipe.write_text(recipe.read_text() + tree)
        both = bundle.parent / "both.ignite"
        self.workshop.pack("build", recipe, "--sign", self.workshop.folder / "release.key", "--recipient",
                           self.workshop.folder / "probe.pub", "-o", both)
        return both

    def test_a_live_edit_between_staging_and_the_switch_is_taken_along(self):
        self.probe.install(self.bundle_edited_late("echo late = yes >> main.conf"))
        self.assertEqual(self.read_live(), "product = netprobe\nlevel = 2\nlate = yes\n")

    def test_a_live_edit_that_fails_the_check_before_the_switch_is_neither_lost_nor_switched_to(self):
        verdict = self.probe.install(self.bundle_edited_late("echo 1 > bad"), expect=5)
        self.assertIn("there is something bad", verdict["cause"])
        self.assertEqual(self.version(), "0")
        self.assertEqual(self.read_live("bad"), "1\n")
        self.assertEqual(self.read_live(), "product = netprobe\nlevel = 1\n")

    @unittest.skipUnless(shutil.which("strace"), "strace is not here")
    def test_killed_in_the_middle_it_is_one_side_or_the_other(self):
        self.install(1, BASE)
        with open(self.live / "main.conf", "a") as file:
            file.write("mine = yes\n")
        former = snapshot(self.live.resolve())
        bundle = self.config(2, SECOND)
        outcomes = set()
        for kind in ("rename", "clone", "mkdirat", "syncfs", "symlink", "unlinkat"):
            for number in range(1, 40, 3):
                root = self.folder / "cut"
                run(["cp", "-a", self.probe.root, root], 0)
                cut = Probe.__new__(Probe)
                cut.root = root
                done = run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={kind}",
                            "-e", f"inject={kind}:signal=KILL:when={number}", *cut.words("install", bundle, "--json")])
                if done.returncode in (137, -9):
                    cut.json("recover", expect=None)
                    live = cut.at(ETC) / "current"
                    version = cut.status()["deployment"]["components"]["config/probe"]
                    outcomes.add(version)
                    if version == "0":
                        self.assert_same(former, snapshot(live.resolve()), f"{kind} {number}")
                    else:
                        self.assertIn("level = 2\nmine = yes\n", (live / "main.conf").read_text())
                        cut.rollback()
                        self.assert_same(former, snapshot(live.resolve()), f"{kind} {number} and back")
                    cut.json("verify")
                    releases = len(list((cut.at(ETC) / "releases").iterdir()))
                    for inner in ("programs/config/probe", "config/probe", "tables/config/probe"):
                        kept = list((cut.state / inner).iterdir())
                        self.assertEqual(len(kept), releases, (kind, number, kept))
                    cut.install(self.config(3, SECOND))
                    self.assertIn("mine = yes", (live / "main.conf").read_text())
                shutil.rmtree(root)
                if done.returncode == 0:
                    break
        self.assertEqual(outcomes, {"0", "2"})


if __name__ == "__main__":
    unittest.main()
