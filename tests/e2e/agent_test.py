#!/usr/bin/env python3
"""Drives the real ignite on a probe in a temporary folder: verdicts, exit codes, refusals and what lies on the disk.

IGNITE_BIN names the folder of the programs. Needs root, as a probe does.
"""

import contextlib
import datetime
import fcntl
import hashlib
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import stat
import struct
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import probe as shared  # noqa: E402
from probe import (  # noqa: E402
    BIN, LARGE, MEMORY_LIMIT, PATH, Probe, ProbeTest, command_check, has_ended, peak_memory, run, script_check, snapshot,
    takes_memory_of_its_own, wait_for)

# version 2, rootid absent, effective, cap_net_bind_service: what `setcap cap_net_bind_service=ep` writes.
NET_BIND = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)
LINK = "link = index.html -> /etc/probe.conf\n"

SERVICES = """\
#!/bin/sh
echo "$IGNITE_ROOT $*" >> "{log}"
if [ -e "{folder}/fail-$1" ]; then rm "{folder}/fail-$1"; echo "no $1 today" >&2; exit 3; fi
if [ -e "{folder}/slow-$1" ]; then sleep 2; fi
"""


class Served(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = self.server.answer()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        try:
            self.wfile.write(b"well")
        except OSError:
            pass

    def log_message(self, *words):
        pass


class AgentCase(ProbeTest):
    def serve(self, answer):
        """A web server whose answer is the status that `answer` returns; its port."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served)
        server.daemon_threads = True
        server.answer = answer
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def services(self):
        """[services] of agent.ini with a program that notes its calls; and that note."""
        log = self.folder / "services.log"
        log.touch()
        program = self.folder / "services.sh"
        program.write_text(SERVICES.format(log=log, folder=self.folder))
        program.chmod(0o755)
        return f"[services]\nbackend = command\ncommand = {program}\n", log

    def changed_copy(self, bundle, change):
        copy = self.folder / "changed.ignite"
        data = bytearray(pathlib.Path(bundle).read_bytes())
        changed = change(data)
        copy.write_bytes(data if changed is None else changed)
        return copy


class LicenceTest(AgentCase):
    """Bundles of kind licence, which the role licence signs."""

    FILE = "/var/lib/ignite/active/licence"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.workshop.pack("keygen", "--role", "licence", "-o", "licence")
        cls.workshop.pack("keyring", "--role", "release=release.pub", "--role", "licence=licence.pub", "-o", "both.json")

    def setUp(self):
        super().setUp()
        shutil.copy(self.workshop.folder / "both.json", self.probe.root / "etc/ignite/keyring.json")

    def licence(self, counter, *, day="2026-11-26", identity="probe", sign="licence", keys=""):
        """A bundle that was built on this day."""
        recipe = self.workshop.folder / "licence.ini"
        recipe.write_text(
            f"[bundle]\nkind = licence\nproduct = netprobe\nversion = {counter}.0\ncounter = {counter}\nepoch = 1\n"
            f"compatible = netprobe-x86_64\n\n[payload licence]\ntype = licence\ncomponent = licence\n"
            f"identity = {identity}.pub\ncustomer = Soci\u00e9t\u00e9 {counter}\n{keys}\n")
        out = self.folder / f"licence-{counter}.ignite"
        built = datetime.datetime.fromisoformat(day + "T12:00:00+00:00").timestamp()
        run([BIN / "ignite-pack", "build", recipe, "--sign", f"{sign}.key", "--recipient", "probe.pub", "-o", out], expect=0,
            cwd=self.workshop.folder, environment={"SOURCE_DATE_EPOCH": str(int(built))})
        return out

    def test_a_licence_beside_a_product(self):
        self.assertEqual(self.probe.json("licence"), {"state": "none", "licence": None})
        self.assertEqual(self.probe.text("licence"), "licence      none\n")
        self.probe.install(self.bundle("1.0"))
        product = self.probe.current()
        keys = "serial = L-42\nfeatures = flows, alerts\nlimits = sensors = 500\nnot-after = 9999-12-31\n"
        first = self.licence(1, keys=keys)
        self.assertEqual(self.probe.json("plan", first)["would"], "install")
        self.probe.install(first)
        self.assertEqual(self.probe.json("licence"), {"state": "valid", "licence": {
            "customer": "Soci\u00e9t\u00e9 1", "serial": "L-42", "features": ["flows", "alerts"], "limits": {"sensors": 500},
            "issued": "2026-11-26", "not_after": "9999-12-31", "version": "1.0", "bundle": "licence-1.ignite"}})
        self.assertEqual(self.probe.text("licence"),
                         "licence      valid until 9999-12-31\ncustomer     Soci\u00e9t\u00e9 1\nserial       L-42\n"
                         "features     flows, alerts\nlimit        sensors 500\n"
                         "issued       2026-11-26, version 1.0, in licence-1.ignite\n")
        self.assertEqual(self.probe.status()["licence"], "valid")
        self.assertIn("licence      valid until 9999-12-31\n", self.probe.text("status"))
        document = json.loads(self.probe.at(self.FILE).read_text())
        self.assertEqual((document["customer"], document["features"]), ("Soci\u00e9t\u00e9 1", ["flows", "alerts"]))
        self.assertEqual(stat.S_IMODE(os.stat(self.probe.at(self.FILE)).st_mode), 0o644)
        self.assert_same(product, self.probe.current())

        self.probe.install(self.bundle("2.0"))
        self.probe.install(self.licence(2))
        self.assertEqual(self.probe.text("licence"),
                         "licence      valid, without an end\ncustomer     Soci\u00e9t\u00e9 2\nfeatures     none\n"
                         "issued       2026-11-26, version 2.0, in licence-2.ignite\n")
        self.probe.rollback()
        self.assertEqual(self.probe.json("licence")["licence"]["bundle"], "licence-1.ignite")
        self.assertEqual(self.probe.read("index.html"), "release 2.0\n")
        self.assert_consistent()
        self.probe.json("verify")

    def test_a_licence_that_is_not_for_this_probe(self):
        own = subprocess.run(["openssl", "pkey", "-pubin", "-in", self.workshop.folder / "probe.pub", "-outform", "DER"],
                             check=True, capture_output=True).stdout[-32:].hex()
        verdict = self.assert_refused(self.licence(1, identity="other"), "targets")
        self.assertIn(own, verdict["remedy"])
        self.assert_refused(self.licence(2, sign="release"), "signature", expect=3)
        self.assertEqual(self.probe.json("licence")["state"], "none")

    def test_its_counter_is_its_own(self):
        self.probe.install(self.bundle("1.0", counter=10))
        self.probe.install(self.licence(30))
        self.probe.install(self.bundle("2.0", counter=20))
        self.assert_refused(self.licence(29), "counter")
        self.assert_refused(self.bundle("3.0", counter=19), "counter")

    def test_it_ends_by_the_clock_or_by_the_latest_day_of_issue(self):
        self.probe.install(self.licence(1, day="2020-01-01", keys="not-after = 2020-12-31"))
        self.assertEqual(self.probe.json("licence")["state"], "ended")
        self.assertIn("ended on 2020-12-31", self.probe.text("licence"))
        self.assertIn("licence      ended on 2020-12-31\n", self.probe.text("status"))
        later = self.licence(2, day="2026-11-26", keys="not-after = 9000-12-30")
        self.probe.install(later)
        self.assertEqual(self.probe.json("licence")["state"], "valid")
        self.probe.install(self.licence(3, day="9000-12-31"))
        self.probe.rollback()
        self.assertEqual(self.probe.json("licence")["state"], "ended", "a licence was issued later than this one's end")


class InstallTest(AgentCase):
    def test_a_first_release_is_committed(self):
        empty = self.probe.status()
        self.assertEqual(set(empty) & {"probe", "deployment", "deployments", "transaction", "trial", "hold", "stuck", "interrupted"},
                         {"probe", "deployment", "deployments", "transaction", "trial", "hold", "stuck", "interrupted"})
        self.assertIsNone(empty["deployment"])
        self.assertEqual(empty["deployments"], [])
        self.assertFalse(self.probe.state.exists(), "status writes nothing")
        verdict = self.probe.install(self.bundle("1.0"))
        self.assertEqual((verdict["outcome"], verdict["deployment"]), ("committed", 1))
        status = self.assert_consistent()
        self.assertEqual(status["deployment"]["components"], {"app/web": "1.0"})
        self.assertEqual(status["probe"]["product"], "netprobe")
        self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
        (entry,) = self.probe.history()
        self.assertLessEqual({"id", "bundle", "from", "to", "outcome", "reason", "started", "ended"}, set(entry))
        self.assertEqual((entry["outcome"], entry["from"], entry["to"]), ("committed", None, 1))
        self.assertEqual(entry["bundle"], "release-1.0.ignite")

    def test_text_for_a_person(self):
        bundle = self.bundle("1.0")
        self.assertIn("committed", self.probe.text("install", bundle))
        self.assertIn("deployment 1", self.probe.text("status"))
        self.assertIn("committed", self.probe.text("history"))
        self.assertIn("verified", self.probe.text("verify"))
        self.assertNotIn("\r", self.probe.text("install", self.bundle("2.0")), "progress belongs on terminals")
        self.assertIn("committed", self.probe.text("rollback"))
        self.assertIn("nothing was interrupted", self.probe.text("recover"))

    def test_content_that_runs_already(self):
        self.probe.install(self.bundle("1.0"))
        before = self.probe.live()
        verdict = self.probe.install(self.bundle("1.0"))
        self.assertEqual((verdict["outcome"], verdict["reason"]), ("committed", "already-running"))
        self.assert_same(before, self.probe.live())
        # Also under another name, and reached by a rollback.
        copy = shutil.copy(self.bundle("1.0"), self.folder / "other-name.ignite")
        self.probe.install(self.bundle("2.0"))
        self.probe.rollback()
        before = self.probe.live()
        self.assertEqual(self.probe.status()["deployment"]["number"], 3)
        refused = self.probe.install(copy, expect=None)
        self.assert_same(before, self.probe.live())
        self.assertEqual(refused["reason"], "already-running", refused)

    def test_content_that_was_applied_before_is_installed_again(self):
        one = self.bundle("1.0", counter=20)
        self.probe.install(one)
        self.probe.install(self.bundle("2.0", counter=20))
        verdict = self.probe.install(one)
        self.assertEqual((verdict["outcome"], verdict["deployment"]), ("committed", 3))
        self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
        self.assert_consistent()

    def test_status_and_history_leave_everything_as_it_is(self):
        self.probe.install(self.bundle("1.0"))
        before = snapshot(self.probe.root)
        for words in ("status", "history", "verify"):
            self.probe.json(words)
        self.assert_same(before, snapshot(self.probe.root))

    def test_relative_roots_and_copied_roots(self):
        self.probe.install(self.bundle("1.0", payload=LINK))
        self.probe.install(self.bundle("2.0", payload=LINK))
        relative = run([shared.BIN / "ignite", "--root", "root", "status", "--json"], 0, cwd=self.folder)
        self.assertEqual(json.loads(relative.stdout)["deployment"]["number"], 2)
        for words in (["verify"], ["rollback"], ["install", self.bundle("3.0", payload=LINK)]):
            run([shared.BIN / "ignite", "--root", "../" + self.folder.name + "/root/", *words], 0, cwd=self.folder)
        self.assert_consistent()
        away = self.folder / "elsewhere/deeper/root"
        away.parent.mkdir(parents=True)
        run(["cp", "-a", self.probe.root, away], 0)
        shutil.move(self.probe.root, self.folder / "hidden")
        copy = Probe.__new__(Probe)
        copy.root = away
        self.assert_consistent(copy)
        self.assertEqual((away / "etc/probe.conf").read_text(), "release 3.0\n")
        copy.rollback("--to", "2")
        self.assertEqual(copy.read("index.html"), "release 2.0\n")
        self.assertEqual((away / "etc/probe.conf").read_text(), "release 2.0\n")
        copy.install(self.bundle("4.0", payload=LINK))
        self.assert_consistent(copy)

    def test_a_root_whose_folder_is_an_absolute_link_is_not_left(self):
        """File paths of recipes lie below the root: nothing may be written outside it."""
        outside = self.folder / "outside"
        outside.mkdir()
        (self.probe.root / "opt").rmdir()
        (self.probe.root / "opt").symlink_to(outside)
        self.probe.install(self.bundle("1.0"), expect=None)
        self.assertEqual(list(outside.rglob("*")), [])

    def test_several_payloads_switch_together(self):
        def other(folder):
            (folder / "tool").write_text("tool 1.0\n")

        second = self.folder / "second"
        second.mkdir()
        other(second)
        more = f"[payload tool]\ntype = tree\ncomponent = app/tool\nversion = 7\nsource = {second}\npath = /opt/tool\n"
        self.probe.install(self.bundle("1.0", more=more))
        status = self.assert_consistent()
        self.assertEqual(status["deployment"]["components"], {"app/web": "1.0", "app/tool": "7"})
        # A product that does not name a component leaves it as it is.
        self.probe.install(self.bundle("2.0"))
        self.assertEqual(self.assert_consistent()["deployment"]["components"], {"app/web": "2.0", "app/tool": "7"})
        self.assertEqual(self.probe.read("tool", "/opt/tool"), "tool 1.0\n")
        self.probe.rollback("--to", "1")
        self.assertEqual(self.assert_consistent()["deployment"]["components"], {"app/web": "1.0", "app/tool": "7"})

    def test_a_rollback_takes_a_component_away_that_came_later(self):
        self.probe.install(self.bundle("1.0"))
        pack = self.bundle("2.0", kind="service-pack", component="app/extra", path="/opt/extra",
                           payload="link = index.html -> /etc/extra/e.conf\n")
        self.probe.install(pack)
        self.assertTrue((self.probe.root / "etc/extra/e.conf").exists())
        self.probe.rollback()
        self.assertEqual(self.probe.status()["deployment"]["components"], {"app/web": "1.0"})
        self.assertFalse(os.path.lexists(self.probe.root / "opt/extra/current"))
        self.assertFalse(os.path.lexists(self.probe.root / "etc/extra/e.conf"))
        self.probe.rollback()
        self.assertEqual(self.probe.status()["deployment"]["components"], {"app/web": "1.0", "app/extra": "2.0"})
        self.assertEqual((self.probe.root / "etc/extra/e.conf").read_text(), "release 2.0\n")


class RefusalTest(AgentCase):
    def setUp(self):
        super().setUp()
        self.probe.install(self.bundle("1.0"))

    def test_signature(self):
        self.assert_refused(self.bundle("2.0", sign=("stranger",)), "signature", 3)

    def test_identity(self):
        self.assert_refused(self.bundle("2.0", recipient="other"), "identity", 3)

    def test_damaged(self):
        bundle = self.bundle("2.0")
        size = bundle.stat().st_size

        def flip(at):
            def change(data):
                data[at] ^= 1

            return change

        reasons = set()
        for at in (0, 600, size // 2, size - 1100):
            copy = self.changed_copy(bundle, flip(at))
            before = self.probe.live()
            verdict = self.probe.install(copy, expect=3)
            reasons.add(verdict["reason"])
            self.assertEqual(verdict["outcome"], "refused")
            self.assert_same(before, self.probe.live(), f"byte {at}")
            self.probe.json("verify", copy, expect=3)
        self.assertLessEqual(reasons, {"damaged", "format", "signature"})
        self.assertIn("damaged", reasons)

    def test_short(self):
        bundle = self.bundle("2.0", files={"big": random.Random(1).randbytes(3_000_000)})
        size = bundle.stat().st_size
        for keep in (0, 1, 511, 513, 700, 4096, size // 2, size - 2000):
            copy = self.changed_copy(bundle, lambda data: data[:keep])
            self.assert_refused(copy, "short", 3)

    def test_longer_than_it_should_be(self):
        before = self.probe.live()
        copy = self.changed_copy(self.bundle("2.0"), lambda data: data + bytes(512))
        verdict = self.probe.install(copy, expect=3)
        self.assertEqual(verdict["outcome"], "refused")
        self.assert_same(before, self.probe.live())

    def test_format(self):
        """A format version from the future: the number of HEADER, 8 bytes behind its magic."""

        def change(data):
            data[512 + 8] += 1

        verdict = self.probe.install(self.changed_copy(self.bundle("2.0"), change), expect=3)
        self.assertIn(verdict["reason"], ("format", "signature"))
        self.assertEqual(verdict["reason"], "format", verdict)

    def test_no_bundle_at_all(self):
        for number, content in enumerate((b"hello", b"\x7fELF" + bytes(5000), random.Random(2).randbytes(20_000))):
            path = self.folder / f"junk{number}.ignite"
            path.write_bytes(content)
            before = self.probe.live()
            self.assertEqual(self.probe.install(path, expect=3)["outcome"], "refused")
            self.assert_same(before, self.probe.live())

    def test_product(self):
        self.assert_refused(self.bundle("2.0", product="other"), "product")

    def test_compatible(self):
        self.assert_refused(self.bundle("2.0", compatible="netprobe-arm64"), "compatible")

    def test_requires(self):
        needs = "requires = app/web >= 3, app/missing >= 1\n"
        verdict = self.assert_refused(self.bundle("2.0", kind="service-pack", bundle=needs), "requires")
        self.assertIn("app/web >= 3", verdict["cause"])
        self.assertIn("app/missing", verdict["cause"])

    def test_requires_that_hold(self):
        pack = self.bundle("1.1", kind="service-pack", component="app/extra", path="/opt/extra",
                           bundle="requires = app/web >= 0.9, app/web < 2\n")
        self.probe.install(pack)
        components = {"app/web": "1.0", "app/extra": "1.1"}
        self.assertEqual(self.assert_consistent()["deployment"]["components"], components)
        self.assertEqual(self.probe.read("index.html", "/opt/extra"), "release 1.1\n")

    def test_counter(self):
        self.probe.install(self.bundle("2.0"))
        verdict = self.assert_refused(self.bundle("1.5"), "counter")
        self.assertIn("rollback", verdict["remedy"])
        # Also where that very deployment is kept.
        self.assert_refused(self.bundle("1.0"), "counter")
        # The floor itself is accepted.
        self.probe.install(self.bundle("2.1", counter=20))
        # Each kind has its own floor.
        self.probe.install(self.bundle("0.3", kind="service-pack"))

    def test_epoch(self):
        self.probe.install(self.bundle("2.0", epoch=3))
        self.assert_refused(self.bundle("3.0", epoch=2), "epoch")
        self.probe.install(self.bundle("4.0", epoch=3))

    def test_rollback_to_a_deployment_of_an_epoch_that_was_left(self):
        """Kept deployments may be returned to while their epoch is allowed (design.md section 5)."""
        self.probe.install(self.bundle("2.0", epoch=3))
        before = self.probe.live()
        verdict = self.probe.rollback(expect=4)
        self.assertEqual(verdict["reason"], "epoch")
        self.assert_same(before, self.probe.live())

    def test_floors_rise_only_at_commit(self):
        failing = self.bundle("5.0", epoch=9, health=command_check("false", "300ms"))
        self.probe.install(failing, expect=5)
        self.probe.install(self.bundle("2.0"))

    def test_every_check_is_told(self):
        wrong = self.bundle("0.5", product="other", compatible="netprobe-arm64", epoch=0)
        verdict = self.assert_refused(wrong, "product")
        results = {check["id"]: check["result"] for check in verdict["checks"]}
        wanted = {"product": "fail", "compatible": "fail", "epoch": "pass", "types": "pass", "requires": "pass",
                  "hold": "pass", "targets": "pass", "space": "pass"}
        self.assertEqual({name: results.get(name) for name in wanted}, wanted)
        for check in verdict["checks"]:
            self.assertTrue(check["cause"])
            self.assertEqual(bool(check["remedy"]), check["result"] == "fail", check)

    def test_unencrypted(self):
        plain = self.bundle("2.0", recipient=None)
        verdict = self.probe.install(plain, expect=3)
        self.assertEqual(verdict["outcome"], "refused")
        self.assertIn("encrypt", verdict["cause"] + verdict["remedy"])
        self.probe.json("verify", plain, expect=3)
        self.probe.configure("trial = 0s\nallow-unencrypted = yes\n")
        self.assertEqual(self.probe.install(plain)["outcome"], "committed")

    def test_space(self):
        small = self.folder / "small"
        small.mkdir()
        opt = self.probe.root / "opt"
        # The releases stay where they are; another component goes to a small file system.
        (opt / "tiny").mkdir()
        run(["mount", "-t", "tmpfs", "-o", "size=12m", "tiny", opt / "tiny"], 0)
        self.addCleanup(run, ["umount", "-l", opt / "tiny"])
        big = {"big": random.Random(3).randbytes(6_000_000)}
        options = {"kind": "service-pack", "component": "app/tiny", "path": "/opt/tiny/app"}
        verdict = self.assert_refused(self.bundle("2.0", files=big, **options), "space")
        self.assertIn("MB", verdict["cause"])
        self.probe.install(self.bundle("2.1", **options))
        self.assertEqual(self.probe.read("index.html", "/opt/tiny/app"), "release 2.1\n")

    def test_space_in_files(self):
        opt = self.probe.root / "opt/tiny"
        opt.mkdir()
        run(["mount", "-t", "tmpfs", "-o", "size=64m,nr_inodes=50", "tiny", opt], 0)
        self.addCleanup(run, ["umount", "-l", opt])
        many = {f"f{number}": "x" for number in range(100)}
        options = {"kind": "service-pack", "component": "app/tiny", "path": "/opt/tiny/app"}
        self.assert_refused(self.bundle("2.0", files=many, **options), "space")

    def stop_in_staging(self, options):
        """A probe's small file system, and an install onto it that was stopped in the middle of unpacking LARGE."""
        probe = self.make_probe("small")
        opt = probe.at(PATH).parent
        opt.mkdir(parents=True)
        run(["mount", "-t", "tmpfs", "-o", options, "tiny", opt], 0)
        self.addCleanup(run, ["umount", "-l", opt])
        process = probe.start("install", self.bundle("2.0", files=LARGE), "--json")
        self.addCleanup(self.end, process)
        probe.freeze_in_staging(lambda: process.pid)
        return probe, opt, process

    def test_space_is_reserved_before_staging(self):
        """Whoever fills the disk meanwhile, the release has its room."""
        probe, opt, process = self.stop_in_staging("size=80m")
        with open(opt / "filler", "wb", buffering=0) as filler:
            while os.statvfs(opt).f_bavail * os.statvfs(opt).f_frsize > 2 << 20:
                filler.write(bytes(1 << 20))
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(timeout=60)
        self.assertEqual(json.loads(out)["outcome"], "committed", out)
        self.assertEqual(list(opt.rglob("*.reserve")), [])
        probe.json("verify")

    def test_room_for_files_that_is_gone_while_staging(self):
        """What cannot be reserved: failed, nothing changed, nothing left."""
        probe, opt, process = self.stop_in_staging("size=80m,nr_inodes=60")
        fillers = []
        with contextlib.suppress(OSError):
            while True:
                path = opt / f"filler{len(fillers)}"
                path.touch()
                fillers.append(path)
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(timeout=60)
        verdict = json.loads(out)
        self.assertEqual((process.returncode, verdict["outcome"], verdict["reason"]), (1, "failed", "space"), verdict)
        self.assertEqual(sorted(path for path in opt.rglob("*") if path.is_file()), sorted(fillers))
        for path in fillers:
            path.unlink()
        self.assertEqual(probe.install(self.bundle("2.0", files=LARGE))["outcome"], "committed")

    def test_an_operating_system_without_slots_for_it(self):
        self.assert_refused(self.bundle("2.0", component="os"), "targets")
        image = self.workshop.folder / "rootfs.ext4"
        image.write_bytes(bytes(100_000))
        system = f"[payload system]\ntype = image\ncomponent = os\nsource = {image}\n"
        verdict = self.assert_refused(self.bundle("2.0", more=system), "targets")
        self.assertEqual(verdict["cause"], "this probe has no slots for an operating system")

    def test_targets_missing_account(self):
        def tree(folder):
            (folder / "f").write_text("x")
            os.chown(folder / "f", 33, 33)

        bundle = self.bundle("2.0", tree=tree)
        for name in ("passwd", "group"):
            accounts = self.probe.root / "etc" / name
            lines = accounts.read_text().splitlines(keepends=True)
            accounts.write_text("".join(line for line in lines if not line.startswith("www-data:")))
        verdict = self.assert_refused(bundle, "targets")
        self.assertIn("user www-data", verdict["cause"])
        self.assertIn("group www-data", verdict["cause"])


class TargetTest(AgentCase):
    """Links and PATH/current at places that others use."""

    def test_links_appear_change_and_disappear(self):
        both = "link = index.html -> /etc/probe.conf, shared/style.css -> /etc/deep/er/s.css\n"
        self.probe.install(self.bundle("1.0", payload=both))
        conf = self.probe.root / "etc/probe.conf"
        css = self.probe.root / "etc/deep/er/s.css"
        self.assertEqual(conf.read_text(), "release 1.0\n")
        self.assertTrue(css.exists())
        self.assertFalse(os.readlink(conf).startswith("/"))
        other = "link = shared/style.css -> /etc/probe.conf\n"
        self.probe.install(self.bundle("2.0", payload=other))
        self.assertEqual(conf.read_text(), "body {}\n")
        self.assertFalse(os.path.lexists(css))
        self.probe.install(self.bundle("3.0"))
        self.assertFalse(os.path.lexists(conf))
        self.probe.rollback()
        self.assertEqual(conf.read_text(), "body {}\n")
        self.probe.install(self.bundle("5.0", payload=both, health=command_check("false", "300ms")), expect=5)
        self.assertEqual(conf.read_text(), "body {}\n")
        self.assertFalse(os.path.lexists(css))
        self.assert_consistent()

    def test_a_failed_first_install_takes_its_links_away(self):
        before = set(self.probe.around())
        self.probe.install(self.bundle("1.0", payload=LINK, health=command_check("false", "300ms")), expect=5)
        after = set(self.probe.around()) - {"opt/netprobe", "opt/netprobe/web"}
        self.assertEqual(before, after)
        self.assert_consistent()
        self.assertIsNone(self.probe.status()["deployment"])

    def foreign(self, at, make):
        place = self.probe.root / at
        place.parent.mkdir(parents=True, exist_ok=True)
        make(place)

    def test_foreign_file_where_a_new_link_belongs(self):
        for number, make in enumerate((
            lambda place: place.write_text("mine"),
            lambda place: place.mkdir(),
            lambda place: place.symlink_to("/somewhere"),
            lambda place: os.mkfifo(place),
        )):
            with self.subTest(number):
                probe = self.make_probe(f"root{number}")
                make(probe.root / "etc/probe.conf")
                self.assert_refused(self.bundle("1.0", payload=LINK), "targets", probe=probe)

    def test_foreign_file_where_current_belongs(self):
        for number, make in enumerate((
            lambda place: place.write_text("mine"),
            lambda place: place.mkdir(),
            lambda place: place.symlink_to("/somewhere"),
        )):
            with self.subTest(number):
                probe = self.make_probe(f"root{number}")
                (probe.at(PATH)).mkdir(parents=True)
                make(probe.at(PATH) / "current")
                self.assert_refused(self.bundle("1.0"), "targets", probe=probe)

    def test_a_file_where_a_folder_of_the_link_belongs(self):
        (self.probe.root / "etc/here").write_text("a file")
        bundle = self.bundle("1.0", payload="link = index.html -> /etc/here/x.conf\n")
        self.assert_refused(bundle, "targets")

    def test_a_file_where_a_folder_of_the_path_belongs(self):
        (self.probe.root / "opt/netprobe").write_text("a file")
        before = self.probe.live()
        verdict = self.probe.install(self.bundle("1.0"), expect=4)
        self.assertEqual(verdict["reason"], "targets")
        self.assert_same(before, self.probe.live())

    def test_our_link_was_replaced_by_a_foreign_file(self):
        """An engineer put his own file in the place of our link: the next release must not meddle."""
        self.probe.install(self.bundle("1.0", payload=LINK))
        conf = self.probe.root / "etc/probe.conf"
        conf.unlink()
        conf.write_text("mine")
        self.assert_refused(self.bundle("2.0", payload=LINK), "targets")

    def test_our_link_was_replaced_and_the_next_release_has_none(self):
        """The foreign file in the place of a link that goes away must survive."""
        self.probe.install(self.bundle("1.0", payload=LINK))
        conf = self.probe.root / "etc/probe.conf"
        conf.unlink()
        conf.write_text("mine")
        self.probe.install(self.bundle("2.0"), expect=None)
        self.assertEqual(conf.read_text(), "mine")
        self.assertIsNone(self.probe.status()["stuck"])

    def test_our_link_was_replaced_by_a_folder_and_the_next_release_has_none(self):
        self.probe.install(self.bundle("1.0", payload=LINK))
        conf = self.probe.root / "etc/probe.conf"
        conf.unlink()
        conf.mkdir()
        (conf / "mine").write_text("mine")
        self.probe.install(self.bundle("2.0"), expect=None)
        self.assertEqual((conf / "mine").read_text(), "mine")
        self.assertIsNone(self.probe.status()["stuck"])

    def test_current_was_replaced_by_a_foreign_folder(self):
        self.probe.install(self.bundle("1.0"))
        current = self.probe.at(PATH) / "current"
        current.unlink()
        current.mkdir()
        before = self.probe.around()
        verdict = self.probe.install(self.bundle("2.0"), expect=4)
        self.assertEqual(verdict["reason"], "targets")
        self.assert_same(before, self.probe.around())

    def test_rollback_with_a_foreign_file_in_the_way(self):
        self.probe.install(self.bundle("1.0", payload=LINK))
        self.probe.install(self.bundle("2.0"))
        conf = self.probe.root / "etc/probe.conf"
        conf.write_text("mine")
        before = self.probe.live()
        verdict = self.probe.rollback(expect=4)
        self.assertEqual((verdict["outcome"], verdict["reason"]), ("refused", "targets"))
        self.assert_same(before, self.probe.live())

    def test_neighbours_of_a_link_survive(self):
        """A file that has the name of a link and some suffix belongs to someone else."""
        neighbours = [self.probe.root / "etc" / f"probe.conf{suffix}" for suffix in (".tmp", ".new", "~", ".bak")]
        for place in neighbours:
            place.write_text("mine")
        self.probe.install(self.bundle("1.0", payload=LINK))
        self.probe.install(self.bundle("2.0", payload="link = shared/style.css -> /etc/probe.conf\n"))
        for place in neighbours:
            self.assertTrue(place.exists(), place.name)
            self.assertEqual(place.read_text(), "mine")

    def test_two_components_with_one_place(self):
        self.probe.install(self.bundle("1.0", payload=LINK))
        other = self.bundle("2.0", kind="service-pack", component="app/other", path="/opt/other", payload=LINK)
        self.assert_refused(other, "targets")
        same_path = self.bundle("2.1", kind="service-pack", component="app/other")
        self.assert_refused(same_path, "targets")

    def test_a_path_that_moves(self):
        self.probe.install(self.bundle("1.0"))
        self.probe.install(self.bundle("2.0", path="/opt/elsewhere/web"))
        self.assertFalse(os.path.lexists(self.probe.at(PATH) / "current"))
        self.assertEqual(self.probe.read("index.html", "/opt/elsewhere/web"), "release 2.0\n")
        self.probe.rollback()
        self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
        self.assertFalse(os.path.lexists(self.probe.at("/opt/elsewhere/web/current")))


class RollbackTest(AgentCase):
    def setUp(self):
        super().setUp()
        self.probe.install(self.bundle("1.0"))

    def test_without_to_it_toggles(self):
        self.probe.install(self.bundle("2.0"))
        one = self.probe.rollback()
        self.assertEqual((one["outcome"], one["deployment"]), ("committed", 3))
        self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
        self.assertEqual(self.probe.rollback()["deployment"], 4)
        self.assertEqual(self.probe.read("index.html"), "release 2.0\n")
        status = self.assert_consistent()
        self.assertEqual(status["deployment"]["components"], {"app/web": "2.0"})
        last = self.probe.history()[-1]
        self.assertEqual((last["outcome"], last["from"], last["to"]), ("committed", 3, 4))

    def test_to_a_number(self):
        self.probe.install(self.bundle("2.0"))
        self.probe.install(self.bundle("3.0"))
        self.assertEqual(self.probe.rollback("--to", "1")["deployment"], 4)
        self.assertEqual(self.assert_consistent()["deployment"]["components"], {"app/web": "1.0"})

    def test_asked_for_again_it_does_nothing(self):
        self.probe.install(self.bundle("2.0"))
        self.assertEqual(self.probe.rollback("--to", "1")["deployment"], 3)
        before = self.probe.history()
        for _ in range(3):
            again = self.probe.rollback("--to", "1")
            self.assertEqual((again["outcome"], again["deployment"], again["transaction"]), ("committed", 3, None))
            self.assertIn("has the very releases of deployment 1: nothing was done", again["cause"])
        self.assertEqual(self.probe.history(), before)
        self.assertEqual(self.probe.rollback("--to", "2")["deployment"], 4)

    def test_refusals(self):
        for words in (["--to", "7"], ["--to", "1"], []):
            before = self.probe.live()
            verdict = self.probe.rollback(*words, expect=4)
            self.assertEqual(verdict["outcome"], "refused", words)
            self.assertTrue(verdict["remedy"])
            self.assert_same(before, self.probe.live())
        for words in (["--to", "0"], ["--to", "-1"], ["--to", "x"], ["--to"], ["1"]):
            self.probe.rollback(*words, expect=2)
        empty = self.make_probe("empty")
        self.assertEqual(empty.rollback(expect=4)["outcome"], "refused")
        self.assertEqual(empty.rollback("--to", "1", expect=4)["outcome"], "refused")

    def test_failed_transactions_take_no_number(self):
        self.probe.install(self.bundle("9.0", sign=("stranger",)), expect=3)
        self.probe.install(self.bundle("8.0", health=command_check("false", "300ms")), expect=5)
        self.assertEqual(self.probe.install(self.bundle("2.0"))["deployment"], 2)
        self.assertEqual([entry["outcome"] for entry in self.probe.history()],
                         ["committed", "refused", "rolled-back", "committed"])

    def test_the_health_of_the_old_release_is_tried(self):
        gate = self.folder / "gate"
        gate.touch()
        self.probe.install(self.bundle("2.0", health=command_check(f"test -e {gate}", "500ms")))
        self.probe.install(self.bundle("3.0"))
        gate.unlink()
        before = self.probe.live()
        verdict = self.probe.rollback(expect=5)
        self.assertEqual((verdict["outcome"], verdict["reason"]), ("rolled-back", "health"))
        self.assert_same(before, self.probe.live())

    def test_a_release_that_is_gone(self):
        self.probe.install(self.bundle("2.0"))
        (gone,) = set(self.probe.releases()) - {os.path.realpath(self.probe.at(PATH) / "current").rsplit("/", 1)[1]}
        shutil.rmtree(self.probe.at(PATH) / "releases" / gone)
        before = self.probe.live()
        self.assertEqual(self.probe.rollback(expect=4)["outcome"], "refused")
        self.assert_same(before, self.probe.live())

    def test_a_release_that_was_damaged_is_not_returned_to(self):
        """A kept release that lost a file is no known-good set any more."""
        self.probe.install(self.bundle("2.0"))
        (old,) = set(self.probe.releases()) - {os.path.realpath(self.probe.at(PATH) / "current").rsplit("/", 1)[1]}
        (self.probe.at(PATH) / "releases" / old / "index.html").unlink()
        verdict = self.probe.rollback(expect=None)
        self.assertNotEqual(verdict["outcome"], "committed", "a rollback to a damaged release was committed")

    def test_the_list_tells_each_way_back_and_its_price(self):
        self.probe.install(self.bundle("2.0", payload="units = netprobe-web.service\n"))
        self.probe.install(self.bundle("3.0"))
        before = self.probe.live()
        three, two, one = self.probe.json("rollback", "--list")
        self.assertEqual([(it["number"], it["runs"], it["possible"]) for it in (three, two, one)],
                         [(3, True, False), (2, False, True), (1, False, True)])
        self.assertEqual((two["components"], two["units"]), ({"app/web": "2.0"}, ["netprobe-web.service"]))
        self.assertEqual((one["bundle"], one["checks"]), ("release-1.0.ignite", []))
        self.assertGreater(one["created"], 0)
        text = self.probe.text("rollback", "--list")
        self.assertIn("'ignite rollback --to 2' stops netprobe-web.service, and takes about", text)
        self.assertIn("runs now", text)
        self.assert_same(before, self.probe.live())

    def test_the_list_foretells_a_refusal(self):
        self.probe.install(self.bundle("2.0", epoch=2))
        (way,) = [it for it in self.probe.json("rollback", "--list") if it["number"] == 1]
        self.assertIs(way["possible"], False)
        verdict = self.probe.rollback("--to", "1", expect=4)
        self.assertEqual([check["id"] for check in way["checks"]], [verdict["reason"]])
        self.assertEqual(way["checks"][0]["cause"], verdict["cause"])
        self.assertIn("no return: epoch", self.probe.text("rollback", "--list"))
        self.assertEqual(self.make_probe("empty").json("rollback", "--list"), [])

    def test_pruning(self):
        self.probe.configure("trial = 0s\nkeep-deployments = 2\n")
        for version in ("2.0", "3.0", "4.0"):
            self.probe.install(self.bundle(version))
            status = self.assert_consistent()
            self.assertLessEqual(len(status["deployments"]), 2)
            self.assertLessEqual(len(self.probe.releases()), 2)
        # What a later number shares with an earlier one stays as long as one of them is kept.
        self.probe.rollback()
        self.probe.rollback()
        self.probe.rollback()
        self.assertEqual(self.assert_consistent()["deployment"]["components"], {"app/web": "3.0"})
        self.assertEqual(len(self.probe.releases()), 2)
        tables = sorted(os.listdir(self.probe.state / "tables/app/web"))
        self.assertEqual(tables, self.probe.releases())

    def test_default_keeps_three(self):
        for version in ("2.0", "3.0", "4.0", "5.0"):
            self.probe.install(self.bundle(version))
        status = self.assert_consistent()
        self.assertEqual([deployment["number"] for deployment in status["deployments"]], [3, 4, 5])
        self.probe.rollback("--to", "2", expect=4)
        self.probe.rollback("--to", "3")


class PlanTest(AgentCase):
    """What an engineer asks before, while and after: plan, show, cancel, hold, history."""

    def test_plan_is_what_install_does(self):
        before = self.probe.live()
        plan = self.probe.json("plan", self.bundle("1.0", payload="units = web.service\n"))
        self.assertEqual((plan["would"], plan["from"], plan["to"]), ("install", None, 1))
        self.assertTrue(all(check["result"] == "pass" for check in plan["checks"]), plan)
        self.assertIn("stop web.service", plan["steps"])
        self.assertTrue(all(place["fits"] for place in plan["space"]))
        self.assert_same(before, self.probe.live(), "after a plan")
        self.assertEqual(self.probe.history(), [])
        self.probe.install(self.bundle("1.0", payload="units = web.service\n"))
        self.assertEqual(self.probe.json("plan", self.bundle("1.0", payload="units = web.service\n"))["would"], "nothing")
        text = self.probe.text("plan", self.bundle("2.0"))
        self.assertIn("would be installed", text)
        self.assertRegex(text, r"takes about \d+ s, as the last ones here")

    def test_plan_refuses_with_the_exit_code_of_install(self):
        for bundle, code in ((self.bundle("1.0", product="other"), 4), (self.bundle("1.0", sign=("stranger",)), 3),
                             (self.bundle("1.0", recipient="other"), 3)):
            plan = self.probe.json("plan", bundle, expect=code)
            verdict = self.probe.install(bundle, expect=code)
            self.assertEqual((plan["would"], plan["reason"], plan["cause"]),
                             ("refuse", verdict["reason"], verdict["cause"]))
        self.assertIn("there is no file '/nowhere.ignite'", self.probe.text("plan", "/nowhere.ignite", expect=2))
        self.assertIn("'/dev/null' is no regular file", self.probe.text("plan", "/dev/null", expect=2))

    def test_plan_refuses_a_file_of_the_wrong_length_as_install_does(self):
        for change in (lambda data: data[:-1], lambda data: data + b"x"):
            bundle = self.changed_copy(self.bundle("1.0"), change)
            plan = self.probe.json("plan", bundle, expect=3)
            verdict = self.probe.install(bundle, expect=3)
            self.assertEqual((plan["would"], plan["reason"], plan["cause"], plan["remedy"]),
                             ("refuse", verdict["reason"], verdict["cause"], verdict["remedy"]))

    def test_the_history_names_no_deployment_that_nobody_asked_for(self):
        self.probe.install(self.bundle("1.0"))
        self.probe.json("rollback", expect=4)
        self.probe.json("rollback", "--to", "9", expect=4)
        self.assertEqual([entry["bundle"] for entry in self.probe.history()][-2:],
                         ["rollback", "rollback to 9"])

    def test_show_tells_a_transaction_step_by_step(self):
        self.probe.install(self.bundle("1.0"))
        story = self.probe.json("show", "1")
        self.assertEqual([step["state"] for step in story["steps"]][-1], "committed")
        self.assertIn("switching", [step["step"] for step in story["steps"]])
        self.assertIn("switching", self.probe.text("show", "1"))
        self.assertIn("keeps no transaction 7", self.probe.text("show", "7", expect=4))
        self.assertIn("is no transaction", self.probe.text("show", "x", expect=2))

    def test_cancel_in_the_trial_rolls_back_and_says_so(self):
        self.probe.install(self.bundle("1.0"))
        self.assertIn("no transaction is running", self.probe.text("cancel", expect=4))
        self.probe.configure("trial = 300s\n")
        running = self.probe.start("install", self.bundle("2.0"), "--json")
        wait_for(lambda: (self.probe.status()["transaction"] or {}).get("state") == "trial", what="the trial")
        self.assertIn("cancelling rolls it back", self.probe.text("cancel"))
        out, _ = running.communicate(timeout=60)
        self.assertEqual((running.returncode, json.loads(out)["reason"]), (5, "cancelled"))
        self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
        self.assertEqual(self.probe.status()["hold"], [])
        self.assert_consistent()

    def test_cancel_of_a_transaction_whose_process_died(self):
        self.probe.install(self.bundle("1.0"))
        self.probe.configure("trial = 300s\n")
        running = self.probe.start("install", self.bundle("2.0"))
        wait_for(lambda: (self.probe.status()["transaction"] or {}).get("state") == "trial", what="the trial")
        running.kill()
        running.communicate()
        self.assertEqual(self.probe.json("cancel")["outcome"], "rolled-back")
        self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
        self.assert_consistent()

    def test_a_hold_is_shown_and_lifted(self):
        self.probe.json("hold")
        self.assertEqual(self.probe.status()["hold"], ["*"])
        self.probe.install(self.bundle("1.0"))
        self.assertEqual(self.probe.json("unhold")["released"], ["*"])
        self.assertEqual(self.probe.status()["hold"], [])
        self.assertIn("is not held here", self.probe.text("unhold", "ab", expect=4))
        content = "5a" * 32
        self.probe.json("hold")
        self.probe.json("hold", content)
        shown = self.probe.text("status")
        self.assertIn("held         every upload, until 'ignite unhold'\n", shown)
        self.assertIn(f"held         content {content}, until 'ignite install' or 'ignite unhold'\n", shown)
        for wrong in ("ab", content[2:], content.upper(), "g" * 64, "good.ignite", "*"):
            self.assertIn("is no content id", self.probe.text("hold", wrong, expect=2))
        self.assertEqual(self.probe.status()["hold"], ["*", content])

    def test_who_may_not_read_the_journal_is_told_so(self):
        self.probe.install(self.bundle("1.0"))
        for folder in (self.probe.root, *self.probe.root.parents):
            if folder.owner() == "root" and not folder.stat().st_mode & 0o001:
                before = folder.stat().st_mode
                self.addCleanup(folder.chmod, before & 0o7777)
                folder.chmod(before & 0o7777 | 0o001)
        for words in (("status",), ("history",), ("history", "--verify"), ("licence",)):
            shown = self.probe.text(*words, expect=1, user="nobody")
            self.assertRegex(shown, r"journal\.db: Permission denied\n  remedy: run as root")

    def test_the_history_shows_that_somebody_changed_it(self):
        self.probe.install(self.bundle("1.0"))
        self.probe.install(self.bundle("1.0", product="other"), expect=4)
        self.probe.install(self.bundle("2.0"))
        self.assertEqual([entry["outcome"] for entry in self.probe.history()], ["committed", "refused", "committed"])
        self.assertEqual(self.probe.json("history", "--verify")["entries"], 3)
        before = "0" * 64
        for line in self.probe.text("history", "--export").splitlines():
            entry, found = line[:-len(',"hash":""}') - 64] + "}", json.loads(line)["hash"]
            self.assertEqual(hashlib.sha256((before + entry).encode()).hexdigest(), found)
            before = found
        with contextlib.closing(sqlite3.connect(self.probe.state / "journal.db")) as database:
            with self.assertRaises(sqlite3.IntegrityError):
                database.execute("UPDATE history SET entry = replace(entry, 'refused', 'committed')")
            database.execute("DROP TRIGGER history_changes_no_entry")
            database.execute("UPDATE history SET entry = replace(entry, 'refused', 'committed')")
            database.commit()
        self.assertIn("entry 2", self.probe.text("history", "--verify", expect=1))


class ConfigurationTest(AgentCase):
    def refused(self, *needles, words=("status",)):
        error = self.probe.json(*words, expect=2)["error"]
        self.assertEqual(set(error), {"code", "cause", "remedy", "exit"})
        self.assertEqual(error["exit"], 2)
        for needle in needles:
            self.assertIn(needle, error["cause"] + "\n" + error["remedy"])
        text = self.probe.text(*words, expect=2)
        self.assertTrue(text.startswith("ignite: "), text)

    def write(self, *lines):
        self.probe.ini.write_text("\n".join(lines) + "\n")

    def test_unknown_keys_name_their_line_and_the_nearest(self):
        good = ("[probe]", "product = netprobe", "compatible = netprobe-x86_64")
        self.write(*good, "chanel = stable")
        self.refused("4", "chanel", "channel")
        self.write(*good, "[polcy]", "trial = 1s")
        self.refused("4", "polcy", "policy")
        self.write(*good, "[policy]", "keep-deployment = 4")
        self.refused("5", "keep-deployment", "keep-deployments")
        self.write(*good, "[services]", "backend = systmed")
        self.refused("5", "systmed", "command")

    def test_wrong_values(self):
        good = ("[probe]", "product = netprobe", "compatible = netprobe-x86_64", "[policy]")
        for line in ("trial = soon", "trial = -1s", "trial =", "threads = many", "threads = 1000", "threads = -1",
                     "keep-deployments = 1", "keep-deployments = 0", "keep-deployments = x", "auto-apply = perhaps",
                     "allow-unencrypted = 1", "reboot = never", "trial = 99999999999999999999s"):
            with self.subTest(line):
                self.write(*good, line)
                self.refused("5", line.split(" ")[0])
        self.write(*good, "no line at all")
        self.refused("5")
        self.write(*good, "trial = 1s", "trial = 2s")
        self.refused("6", "trial")

    def test_all_faults_at_once(self):
        self.write("[probe]", "product = net probe", "[policy]", "trial = x", "[zap]")
        self.refused("2", "4", "5", "compatible", "zap")

    def test_what_is_required(self):
        self.write("[probe]", "product = netprobe")
        self.refused("compatible")
        self.write("")
        self.refused("product", "compatible")
        self.write("[probe]", "product = netprobe", "compatible = netprobe-x86_64")
        self.probe.json("status")
        self.write("[probe]", "product = netprobe", "compatible = netprobe-x86_64", "[services]", "backend = command")
        self.refused("command")

    def test_missing_agent_ini(self):
        self.probe.ini.unlink()
        for words in (("status",), ("install", self.bundle("1.0")), ("verify",), ("rollback",), ("recover",)):
            self.refused("agent.ini", words=words)

    def test_keyring(self):
        keyring = self.probe.root / "etc/ignite/keyring.json"
        good = keyring.read_text()
        install = ("install", self.bundle("1.0"))
        empties = ['{"version":1,"roles":{}}', '{"version":1,"roles":{"release":{"keys":[],"threshold":1}}}',
                   '{"version":1,"roles":{"release":{"keys":[]}}}']
        for text in empties + ["", "{", "[]", good[:-20], "null", good.replace("release", "relaese")]:
            with self.subTest(text[:60]):
                keyring.write_text(text)
                self.refused("keyring", words=install)
        keyring.unlink()
        self.refused("keyring.json", words=install)
        self.assertFalse(self.probe.state.exists())

    def test_identity(self):
        identity = self.probe.root / "etc/ignite/identity.key"
        install = ("install", self.bundle("1.0"))
        identity.write_text("no key")
        self.refused("identity.key", words=install)
        shutil.copy(self.workshop.folder / "release.key", identity)
        self.refused("identity.key", words=install)
        identity.unlink()
        verdict = self.probe.install(self.bundle("1.0"), expect=3)
        self.assertEqual(verdict["reason"], "identity")
        self.assertIn("there is no identity", verdict["cause"])
        folder = self.probe.root / "etc/ignite/identities.d"
        folder.mkdir()
        shutil.copy(self.workshop.folder / "other.key", folder / "a.key")
        shutil.copy(self.workshop.folder / "probe.key", folder / "b.key")
        self.probe.install(self.bundle("1.0"))

    def test_usage(self):
        self.probe.json(expect=2)
        self.probe.json("instal", "x", expect=2)
        self.probe.json("install", expect=2)
        self.probe.json("install", "a", "b", expect=2)
        self.probe.json("status", "--zap", expect=2)
        for words in (("history", "--verify", "--export"), ("rollback", "--list", "--to", "1"),
                      ("rollback", "--list", "--no-wait")):
            self.assertIn("exclude each other", self.probe.json(*words, expect=2)["error"]["cause"], words)
        self.probe.json("install", self.folder / "missing.ignite", expect=2)
        self.probe.json("install", self.folder, expect=2)
        fifo = self.folder / "fifo.ignite"
        os.mkfifo(fifo)
        for command in ("install", "plan", "verify", "adopt"):
            self.assertIn("is no regular file", self.probe.json(command, fifo, expect=2)["error"]["cause"])
        run([shared.BIN / "ignite", "--root", self.folder / "nowhere", "status"], 2)
        self.assertIn("install", run([shared.BIN / "ignite", "--help"], 0).stdout.decode())
        self.assertFalse(self.probe.state.exists())

    def test_what_is_no_regular_file_is_refused_and_not_waited_for(self):
        (self.probe.root / "etc/ignite/identities.d").mkdir()
        for name in ("identities.d/a.key", "identity.key", "keyring.json", "agent.ini"):
            place = self.probe.root / "etc/ignite" / name
            place.unlink(missing_ok=True)
            os.mkfifo(place)
            error = self.probe.json("verify", expect=2)["error"]
            self.assertIn(f"{name} is no regular file", error["cause"])
            self.assertIn("regular file", error["remedy"])

    def test_no_wait_answers_what_ends_before_it_has_begun(self):
        self.assertIn("begun:", self.probe.text("install", self.bundle("1.0"), "--no-wait"))
        wait_for(lambda: self.probe.history(), what="the end of the install")
        refused = self.bundle("2.0", product="other")
        self.assertIn("refused (product)", self.probe.text("install", refused, "--no-wait", expect=4))
        self.assertIn("is not kept here", self.probe.text("rollback", "--to", "77", "--no-wait", expect=4))

    def test_qa_threshold(self):
        self.workshop.pack("keyring", "--role", "release=release.pub", "--role", "qa=qa.pub", "-o",
                           self.folder / "k.json")
        shutil.copy(self.folder / "k.json", self.probe.root / "etc/ignite/keyring.json")
        self.assertEqual(self.probe.install(self.bundle("1.0"), expect=3)["reason"], "signature")
        self.probe.install(self.bundle("1.0", sign=("release", "qa")))


class AdoptTest(AgentCase):
    """What ran before ignite came becomes a deployment."""

    def setUp(self):
        super().setUp()
        self.place = self.probe.at(PATH)
        self.place.mkdir(parents=True)
        TreeTest.odd_tree(self.place)
        (self.place / "index.html").write_text("release 0.9\n")
        self.before = snapshot(self.place)

    def adopt(self, more="", expect=0, deployment="version = 0.9\n"):
        description = self.folder / "adoption.ini"
        description.write_text(f"[deployment]\n{deployment}\n[component app/web]\npath = {PATH}\n{more}")
        return self.probe.json("adopt", description, expect=expect)

    def assert_untouched(self):
        left = snapshot(self.place, lambda path: path in ("releases", "current"), folder_times=False)
        self.assert_same({path: entry._replace(mtime=0) for path, entry in self.before.items()},
                         {path: entry._replace(mtime=0) for path, entry in left.items()})

    def test_it_is_copied_and_can_be_returned_to(self):
        verdict = self.adopt()
        self.assertEqual((verdict["outcome"], verdict["deployment"]), ("committed", 1))
        self.assert_untouched()
        live = self.probe.current()
        copied = {path: entry for path, entry in live.items() if path != "."}
        self.assert_same({path: entry for path, entry in self.before.items() if path != "."}, copied)
        self.assertEqual(self.assert_consistent()["deployment"]["components"], {"app/web": "0.9"})
        self.probe.install(self.bundle("1.0"))
        self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
        self.probe.rollback()
        self.assert_same(live, self.probe.current())
        self.assertEqual([entry["bundle"] for entry in self.probe.history()][0], "adoption")

    def test_only_once(self):
        self.adopt()
        before = self.probe.live()
        verdict = self.adopt(expect=4)
        self.assertEqual((verdict["outcome"], verdict["reason"]), ("refused", "targets"))
        self.assertIn("deployment 1 already", verdict["cause"])
        self.assert_same(before, self.probe.live())

    def test_what_no_tree_can_hold_is_named(self):
        os.mkfifo(self.place / "pipe")
        verdict = self.adopt(expect=4)
        self.assertIn("web/pipe is a device, a socket or a FIFO", verdict["cause"])
        (self.place / "pipe").unlink()
        os.chown(self.place / "index.html", 54321, 0)
        self.assertIn("belongs to 54321:0", self.adopt(expect=4)["cause"])
        self.assertEqual(self.probe.status()["deployments"], [])
        self.assertFalse((self.place / "releases").exists())

    def test_a_folder_that_is_not_there(self):
        shutil.rmtree(self.place)
        self.assertIn("is gone", self.adopt(expect=4)["cause"])

    def test_units_that_do_not_start_again(self):
        ini, log = self.services()
        self.probe.configure("trial = 0s\n", ini)
        (self.folder / "fail-start").touch()
        verdict = self.adopt("units = web.service\n", expect=5)
        self.assertEqual((verdict["outcome"], verdict["reason"]), ("rolled-back", "activation"))
        self.assertFalse(os.path.lexists(self.place / "current"))
        self.assertEqual(self.probe.releases(), [])
        self.assert_untouched()
        self.adopt("units = web.service\n")
        self.assertIn("start web.service", log.read_text())

    def test_its_epoch_decides_whether_it_can_be_returned_to(self):
        self.adopt(deployment="version = 0.9\nepoch = 3\n")
        self.probe.install(self.bundle("1.0", epoch=4))
        self.assertEqual(self.probe.rollback(expect=4)["reason"], "epoch")

    def test_faults_of_the_description_are_told_at_once(self):
        error = self.adopt("units = web\npaht = x\n", expect=2, deployment="version = new\n")["error"]
        for words in ("'version = new' is wrong", "'web' is no unit", "unknown key 'paht'", "adoption.ini:2:"):
            self.assertIn(words, error["cause"])
        self.assertEqual(self.probe.history(), [])


class DoctorTest(AgentCase):
    IDS = ["configuration", "keyring", "identity", "folders", "mounts", "space", "journal", "transaction",
           "holds", "deployment", "accounts", "clock", "services", "units", "boot", "data", "probe-files"]

    def assert_ill(self, *ids):
        """These checks fail, each with its remedy, and no other."""
        answer = self.probe.json("doctor", expect=1 if ids else 0)
        self.assertIs(answer["healthy"], not ids)
        self.assertEqual([check["id"] for check in answer["checks"]], self.IDS)
        failed = [check for check in answer["checks"] if check["result"] == "fail"]
        self.assertEqual([check["id"] for check in failed], list(ids), failed)
        for check in failed:
            self.assertTrue(check["cause"] and check["remedy"], check)
        return {check["id"]: check for check in failed}

    def test_a_healthy_probe(self):
        self.assert_ill()
        self.probe.install(self.bundle("1.0"))
        before = self.probe.live()
        self.assert_ill()
        self.assert_same(before, self.probe.live())
        self.assertIn("pass  deployment", self.probe.text("doctor"))

    def test_the_slots_and_what_boots_them(self):
        self.assertIn("no slots", self.probe.text("doctor"))
        agent_ini = self.probe.root / "etc/ignite/agent.ini"
        plain = agent_ini.read_text()
        agent_ini.write_text(plain + "[boot]\nbackend = container\n")
        self.assertIn("ignite-init", self.assert_ill("boot")["boot"]["remedy"])
        entered = self.probe.root / "run/ignite-init/slot"
        entered.parent.mkdir(parents=True)
        entered.write_text("b\n")
        self.assertIn("slot b runs, the next boot enters slot a", self.probe.text("doctor"))

        program = self.probe.root / "slots-program"
        agent_ini.write_text(plain + f"[boot]\nbackend = command\ncommand = {program}\n"
                             "[slot a]\npath = /one\n[slot b]\npath = /two\n")
        self.assert_ill("boot")
        program.write_text('#!/bin/sh\n[ "$1" = booted ] && [ "$IGNITE_ROOT" ] && echo a\n')
        program.chmod(0o755)
        self.assertIn("slot a runs", self.probe.text("doctor"))

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_what_both_slots_must_have(self):
        self.probe.install(self.bundle("1.0", payload="link = index.html -> /etc/web/index.html\n"))
        root, data = self.probe.root, self.folder / "data"
        with (root / "etc/ignite/agent.ini").open("a") as agent_ini:
            agent_ini.write("[boot]\nbackend = container\n")
        for name, text in (("run/ignite-init/slot", "a\n"), ("etc/machine-id", "1\n"), ("etc/ssh/ssh_host_key", "2\n"), ("etc/ssh/ssh_config", "3\n")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        parts = {"data": ["var/lib/ignite", "srv/ignite/inbox", "srv/ignite/outbox", PATH.strip("/"), "etc/web"],
                 "probe-files": ["etc/ignite", "etc/ssh/ssh_host_key", "etc/machine-id"]}
        for name in sum(parts.values(), []):
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            run(["cp", "-a", root / name, data / name], 0)

        def failures(shared, prelude=""):
            binds = "".join(f"mount --bind {data / name} {root / name}\n" for name in shared)
            script = f'{prelude}mount --bind {root} {root}\n{binds}exec "$@"'
            done = run(["unshare", "--mount", "--propagation", "private", "sh", "-euc", script, "sh",
                        *self.probe.words("doctor", "--json")], None)
            checks = json.loads(done.stdout)["checks"]
            return {check["id"]: check["cause"] for check in checks if check["result"] == "fail"}

        every = sum(parts.values(), [])
        self.assertEqual(failures(every), {})
        for kind, names in parts.items():
            for name in names:
                found = failures([other for other in every if other != name])
                self.assertEqual(list(found), [kind], name)
                self.assertIn(str(root / name), found[kind])
                self.assertEqual(found[kind].count(str(root)), 2 if name == PATH.strip("/") else 1, found)
        self.assertEqual(list(failures([])), ["data", "probe-files"])
        # A link of the image into the data is as good as a mount.
        (root / "etc/machine-id").unlink()
        (root / "etc/machine-id").symlink_to(data / "etc/machine-id")
        self.assertEqual(failures(every[:-1]), {})
        # Below --root there is no slot where nothing is mounted.
        self.assert_ill()

    def test_configuration_and_keys(self):
        etc = self.probe.root / "etc/ignite"
        (etc / "identities.d").mkdir(exist_ok=True)
        shutil.copy(etc / "identity.key", etc / "identities.d/old.key")
        for identity in ("identity.key", "identities.d/old.key"):
            (etc / identity).chmod(0o644)
            self.assertIn(f"chmod 0600 {etc / identity}", self.assert_ill("folders")["folders"]["remedy"])
            (etc / identity).chmod(0o600)
        self.probe.install(self.bundle("1.0"))
        for name in (etc, etc / "keyring.json", etc / "agent.ini", etc / "identities.d", self.probe.state / "journal.db"):
            mode = name.stat().st_mode
            name.chmod(mode | 0o022)
            self.assertIn(f"chmod go-w {name}", self.assert_ill("folders")["folders"]["remedy"])
            name.chmod(mode)
        self.assert_ill()
        (etc / "identities.d/old.key").unlink()
        (etc / "identity.key").unlink()
        self.assert_ill("identity")
        (etc / "keyring.json").write_text("{}")
        unknown = ("space", "deployment", "accounts", "services", "units", "boot", "data", "probe-files")
        self.assert_ill("keyring", "identity", *unknown)
        self.probe.ini.write_text("[probe]\n")
        self.assert_ill("configuration", "keyring", "identity", *unknown)

    def test_a_keyring_that_trusts_no_release(self):
        self.workshop.pack("keyring", "--role", "qa=qa.pub", "-o", self.folder / "qa.json")
        shutil.copy(self.folder / "qa.json", self.probe.root / "etc/ignite/keyring.json")
        self.assert_ill("keyring")

    def test_folders(self):
        self.probe.outbox.chmod(0o777)
        self.assert_ill("folders")
        self.probe.outbox.chmod(0o755)
        self.probe.inbox.rmdir()
        self.assert_ill("folders")

    def test_a_full_disk_where_nothing_was_installed(self):
        self.probe.state.mkdir(parents=True, exist_ok=True)
        run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=755", "tiny", self.probe.state], 0)
        self.addCleanup(run, ["umount", "-l", self.probe.state])
        self.assertIn("every transaction needs 8.4 MB", self.assert_ill("space")["space"]["cause"])
        self.probe.json("hold")
        self.probe.json("unhold")
        with open(self.probe.state / "full", "wb") as full:
            run(["dd", "if=/dev/zero", f"of={full.name}", "bs=64k"], 1)
        self.assertRegex(self.probe.text("hold", expect=1), r"writing \S+/journal\.db: no space is left")
        self.assertEqual(self.probe.status()["hold"], [])

    def test_mounts_and_space(self):
        self.probe.install(self.bundle("1.0", files={"big": random.Random(3).randbytes(3_000_000)}))
        opt = self.probe.at(PATH).parent
        content = self.folder / "content"
        shutil.copytree(opt, content, symlinks=True)
        run(["mount", "-t", "tmpfs", "-o", "size=12m", "tiny", opt], 0)
        self.addCleanup(run, ["umount", "-l", opt])
        shutil.copytree(content, opt, symlinks=True, dirs_exist_ok=True)
        self.assert_ill("space")
        run(["mount", "-t", "tmpfs", "-o", "size=200m", "roomy", opt], 0)
        self.addCleanup(run, ["umount", "-l", opt])
        shutil.copytree(content, opt, symlinks=True, dirs_exist_ok=True)
        self.assert_ill()
        run(["mount", "-t", "tmpfs", "-o", "ro", "locked", self.probe.outbox], 0)
        self.addCleanup(run, ["umount", "-l", self.probe.outbox])
        self.assertIn("read-only", self.assert_ill("folders", "mounts")["mounts"]["cause"])

    def test_what_runs(self):
        self.probe.install(self.bundle("1.0"))
        self.probe.install(self.bundle("2.0"))
        active = self.probe.state / "active"
        active.unlink()
        active.symlink_to("deployments/1")
        self.assert_ill("deployment")
        active.unlink()
        active.symlink_to("deployments/2")
        self.assert_ill()
        (self.probe.at(PATH) / "current" / "index.html").unlink()
        self.assert_ill("deployment")

    def test_units_that_do_not_run(self):
        """One that a timer starts may rest; all else of the deployment runs."""
        program = self.folder / "services"
        program.write_text(f"#!/bin/sh\n[ $1 != is-active ] || ! grep -qx $2 {self.folder}/down\n")
        program.chmod(0o755)
        (self.folder / "down").write_text("job.service\n")
        self.probe.configure("trial = 0s\n", services=f"[services]\nbackend = command\ncommand = {program}\n")
        files = {name: "[Unit]\n" for name in ("web.service", "job.service", "job.timer")}
        units = ", ".join(f"units/{name}" for name in files)
        self.probe.install(self.bundle("1.0", files={f"units/{name}": text for name, text in files.items()}, payload=f"units = {units}\n"))
        self.assert_ill()
        (self.folder / "down").write_text("job.service\nweb.service\n")
        self.assertIn("do not run: web.service", self.assert_ill("units")["units"]["cause"])

    def test_history_and_clock(self):
        self.probe.install(self.bundle("1.0"))
        journal = sqlite3.connect(self.probe.state / "journal.db")
        for (name,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            journal.execute(f'DROP TRIGGER "{name}"')
        number, text = journal.execute("SELECT number, entry FROM history").fetchone()
        document = json.loads(text)
        document["ended"] += 10**6
        journal.execute("UPDATE history SET entry = ? WHERE number = ?", (json.dumps(document), number))
        journal.commit()
        journal.close()
        self.assert_ill("journal", "clock")

    def test_holds_are_told_and_no_fault(self):
        self.assertIn("nothing is held", self.probe.text("doctor"))
        self.probe.json("hold")
        self.assert_ill()
        text = self.probe.text("doctor")
        self.assertRegex(text, "pass  holds +held: every upload, until 'ignite unhold'")
        self.assertIn("with 1 role\n", text)
        self.assertIn(" 1 identity\n", text)

    def test_services(self):
        self.probe.configure("trial = 0s\n", "[services]\nbackend = command\ncommand = /no/such/program\n")
        self.assertIn("/no/such/program", self.assert_ill("services")["services"]["cause"])

    def test_stuck(self):
        program = self.folder / "services.sh"
        program.write_text('#!/bin/sh\n[ "$1" = stop ]\n')
        program.chmod(0o755)
        self.probe.configure("trial = 0s\n", f"[services]\nbackend = command\ncommand = {program}\n")
        unit = "units = web.service\n"
        self.probe.install(self.bundle("1.0", payload=unit), expect=5)
        program.write_text("#!/bin/sh\n")
        self.probe.install(self.bundle("1.0", payload=unit))
        program.write_text('#!/bin/sh\n[ "$1" = stop ]\n')
        self.probe.install(self.bundle("2.0", payload=unit), expect=6)
        self.assertIn("ignite recover", self.assert_ill("transaction")["transaction"]["remedy"])


class KeyRotationTest(AgentCase):
    """A probe that gets a new identity keeps the old one for a while."""

    def setUp(self):
        super().setUp()
        self.keys = self.workshop.folder
        self.etc = self.probe.root / "etc/ignite"
        (self.etc / "identities.d").mkdir()
        if not (self.keys / "third.key").exists():
            self.workshop.pack("keygen", "--identity", "-o", "third")

    def give(self, **places):
        """Puts these identities in place, and no others: the name of the file -> that of the key."""
        (self.etc / "identity.key").unlink(missing_ok=True)
        for path in (self.etc / "identities.d").iterdir():
            path.unlink()
        for name, key in places.items():
            place = self.etc if name == "identity" else self.etc / "identities.d"
            shutil.copy(self.keys / f"{key}.key", place / f"{name}.key")

    def test_bundles_to_the_old_and_to_the_new_identity_in_whatever_order(self):
        arrangements = ({"identity": "probe", "new": "other"}, {"identity": "other", "old": "probe"},
                        {"a": "probe", "b": "other"}, {"a": "other", "b": "third", "c": "probe"})
        for number, places in enumerate(arrangements):
            self.give(**places)
            for version, recipient in ((f"{2 * number + 1}.0", "probe"), (f"{2 * number + 2}.0", "other")):
                verdict = self.probe.install(self.bundle(version, recipient=recipient))
                self.assertEqual(verdict["outcome"], "committed", (places, recipient))
                self.assertEqual(self.probe.read("index.html"), f"release {version}\n")

    def test_a_bundle_to_none_of_them_is_refused(self):
        self.give(identity="probe", new="other")
        verdict = self.assert_refused(self.bundle("1.0", recipient="third"), "identity", 3)
        self.assertIn("not encrypted to this probe", verdict["cause"])
        self.assertIn("build or rewrap it with the probe's public key", verdict["remedy"])

    def test_the_rotation_ends_when_the_old_identity_is_taken_away(self):
        self.give(identity="other")
        self.assert_refused(self.bundle("1.0", recipient="probe"), "identity", 3)
        # What lies around for it can be given to the new one, and is the same content.
        for_new = self.folder / "for-new.ignite"
        key, pub = self.keys / "probe.key", self.keys / "other.pub"
        self.workshop.pack("rewrap", self.bundle("1.0", recipient="probe"), "--identity", key, "--recipient", pub, "-o", for_new)
        self.assertEqual(self.probe.install(for_new)["outcome"], "committed")
        self.give(identity="probe")
        verdict = self.probe.install(self.bundle("1.0", recipient="probe"))
        self.assertEqual(verdict["reason"], "already-running")


class HealthTest(AgentCase):
    def setUp(self):
        super().setUp()
        self.probe.install(self.bundle("1.0"))
        self.before = self.probe.live()

    def assert_rolled_back(self, bundle, reason="health", **options):
        verdict = self.probe.install(bundle, expect=5, **options)
        self.assertEqual((verdict["outcome"], verdict["reason"]), ("rolled-back", reason), verdict)
        self.assertEqual(verdict["deployment"], 1)
        self.assert_same(self.before, self.probe.live())
        self.assert_consistent()
        last = self.probe.history()[-1]
        self.assertEqual((last["outcome"], last["reason"]), ("rolled-back", reason))
        return verdict

    def test_http(self):
        status = [200]
        calls = []
        port = self.serve(lambda: calls.append(1) or status[0])
        check = f"[health web]\ntype = http\nurl = http://127.0.0.1:{port}/healthz\ntimeout = 700ms\n"
        for number, wanted in enumerate((200, 204, 302, 399)):
            status[0] = wanted
            self.probe.install(self.bundle(f"2.{number}", health=check))
        self.assertTrue(calls)
        self.before = self.probe.live()
        for number, wanted in enumerate((400, 404, 500, 503)):
            status[0] = wanted
            verdict = self.probe.install(self.bundle(f"3.{number}", health=check), expect=5)
            self.assertIn(str(wanted), verdict["cause"])
            self.assertIn("web", verdict["cause"])
            self.assert_same(self.before, self.probe.live())

    def test_http_without_a_server_or_an_answer(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            port = silent.getsockname()[1]
            check = f"[health web]\ntype = http\nurl = http://127.0.0.1:{port}/\ntimeout = 600ms\n"
            self.assert_rolled_back(self.bundle("2.0", health=check))
            silent.listen()
            self.assert_rolled_back(self.bundle("2.0", health=check))

    def test_tcp(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            check = f"[health port]\ntype = tcp\naddress = 127.0.0.1:{server.getsockname()[1]}\ntimeout = 600ms\n"
            self.assert_rolled_back(self.bundle("2.0", health=check))
            server.listen()
            self.probe.install(self.bundle("2.0", health=check))

    def test_command(self):
        check = command_check('test "$IGNITE_ROOT" = "' + str(self.probe.root) + '"')
        self.probe.install(self.bundle("2.0", health=check))
        self.before = self.probe.live()
        verdict = self.probe.install(self.bundle("3.0", health=command_check("echo broken >&2; exit 7", "400ms")),
                                     expect=5)
        self.assertIn("broken", verdict["cause"])
        self.assertIn("7", verdict["cause"])

    def test_output_of_a_check_does_not_reach_a_terminal_raw(self):
        check = command_check(r"printf '\\033[2Jred\\a\\n'; exit 1", "300ms")
        text = self.probe.text("install", self.bundle("2.0", health=check), expect=5)
        text += self.probe.text("history")
        self.assertNotIn("\033", text)
        self.assertNotIn("\a", text)

    def test_one_check_of_two_fails(self):
        checks = command_check("true") + command_check("false", "300ms", "second")
        self.assertIn("second", self.assert_rolled_back(self.bundle("2.0", health=checks))["cause"])

    def test_each_check_must_pass_once_without_a_trial(self):
        calls = self.folder / "calls"
        check = script_check(self.folder / "check.sh", f"echo >> {calls}; test $(wc -l < {calls}) -ge 4")
        self.probe.install(self.bundle("2.0", health=check))
        self.assertEqual(len(calls.read_text()), 4)

    def test_a_check_that_passes_after_two_seconds_commits(self):
        gate = self.folder / "gate"
        bundle = self.bundle("2.0", health=command_check(f"test -e {gate}", "10s"))
        timer = threading.Timer(2.5, gate.touch)
        timer.start()
        self.addCleanup(timer.join)
        start = time.monotonic()
        self.probe.install(bundle)
        self.assertGreater(time.monotonic() - start, 1.5)

    def test_a_check_that_comes_too_late_rolls_back(self):
        gate = self.folder / "gate"
        timer = threading.Timer(4, gate.touch)
        timer.start()
        self.addCleanup(timer.cancel)
        self.assert_rolled_back(self.bundle("2.0", health=command_check(f"test -e {gate}", "1s")))

    def test_a_check_may_take_its_whole_timeout(self):
        """One attempt of seven seconds lies within a timeout of twenty."""
        self.probe.install(self.bundle("2.0", health=command_check("sleep 7", "20s")))

    def test_a_slow_check_does_not_take_the_time_of_another(self):
        """Each check has its own timeout, whatever the others do meanwhile."""
        checks = command_check("sleep 3", "20s", "slow") + command_check("sleep 0.5", "2s", "second")
        self.probe.install(self.bundle("2.0", health=checks))

    def test_the_trial_lasts(self):
        self.probe.configure("trial = 2s\n")
        start = time.monotonic()
        self.probe.install(self.bundle("2.0", health=command_check("true")))
        self.assertGreaterEqual(time.monotonic() - start, 2)
        start = time.monotonic()
        self.probe.install(self.bundle("3.0"))
        self.assertGreaterEqual(time.monotonic() - start, 2)

    def test_failing_during_the_trial_rolls_back(self):
        """Healthy at first, then no longer: the rest of the trial is not waited for."""
        self.probe.configure("trial = 1h\n")
        calls = self.folder / "calls"
        check = script_check(self.folder / "check.sh", f"echo >> {calls}; test $(wc -l < {calls}) -le 2")
        self.assert_rolled_back(self.bundle("2.0", health=check))

    def test_flapping_during_the_trial_rolls_back(self):
        """Fails two times of three, all through the trial."""
        self.probe.configure("trial = 6s\n")
        calls = self.folder / "calls"
        check = script_check(self.folder / "check.sh", f"echo >> {calls}; test $(( $(wc -l < {calls}) % 3 )) -eq 1")
        self.assert_rolled_back(self.bundle("2.0", health=check))

    def test_a_service_pack_keeps_the_checks_below_it(self):
        gate = self.folder / "gate"
        gate.touch()
        self.probe.install(self.bundle("2.0", health=command_check(f"test -e {gate}", "400ms", "base")))
        gate.unlink()
        pack = self.bundle("2.1", kind="service-pack", component="app/extra", path="/opt/extra")
        verdict = self.probe.install(pack, expect=5)
        self.assertIn("base", verdict["cause"])

    def test_held_content_can_be_installed_by_hand(self):
        gate = self.folder / "gate"
        bundle = self.bundle("2.0", health=command_check(f"test -e {gate}", "400ms"))
        self.assert_rolled_back(bundle)
        self.assertEqual(len(self.probe.status()["hold"]), 1)
        gate.touch()
        self.probe.install(bundle)
        self.assertEqual(self.probe.status()["hold"], [])
        # And what an engineer left by a rollback is held as well.
        self.probe.rollback()
        self.assertEqual(len(self.probe.status()["hold"]), 1)

    def test_grandchildren_of_a_check_do_not_stay(self):
        check = script_check(self.folder / "check.sh", f"sleep 29.{os.getpid()} &")
        self.probe.install(self.bundle("2.0", health=check))
        # A process that was killed is gone once it has been scheduled.
        is_gone = lambda: not run(["pgrep", "-f", f"sleep 29.{os.getpid()}"]).stdout
        wait_for(is_gone, 10, "the end of the grandchild")


class ServicesTest(AgentCase):
    def setUp(self):
        super().setUp()
        self.services_ini, self.log = self.services()
        self.probe.configure("trial = 0s\n", self.services_ini)
        self.one = self.bundle("1.0", payload="units = web.service\n")
        self.probe.install(self.one)
        self.before = self.probe.live()
        self.log.write_text("")

    def calls(self):
        lines = self.log.read_text().splitlines()
        root = str(self.probe.root)
        for line in lines:
            self.assertTrue(line.startswith(root + " "), line)
        return [line[len(root) + 1 :] for line in lines]

    def test_units_of_both_sides(self):
        self.probe.install(self.bundle("2.0", payload="units = web.service, new.timer\n"))
        self.assertEqual(self.calls(), ["stop web.service new.timer", "start web.service new.timer"])
        self.log.write_text("")
        self.probe.rollback()
        calls = self.calls()
        self.assertEqual({*calls[0].split()[1:]}, {"web.service", "new.timer"})
        self.assertEqual(calls[1], "start web.service")

    def test_units_of_the_tree_go_by_their_name(self):
        def tree(folder):
            (folder / "systemd").mkdir()
            (folder / "systemd/own.service").write_text("[Service]\nExecStart=/bin/true\n")

        self.probe.install(self.bundle("2.0", tree=tree, payload="units = systemd/own.service\n"))
        self.assertEqual(self.calls(), ["stop web.service own.service", "start own.service"])

    def test_the_switch_happens_between_stop_and_start(self):
        program = self.folder / "services.sh"
        current = self.probe.at(PATH) / "current/index.html"
        program.write_text(f'#!/bin/sh\necho "$IGNITE_ROOT $1: $(cat {current})" >> {self.log}\n')
        self.probe.install(self.bundle("2.0", payload="units = web.service\n"))
        self.assertEqual(self.calls(), ["stop: release 1.0", "start: release 2.0"])

    def test_a_failing_start_rolls_back(self):
        (self.folder / "fail-start").touch()
        verdict = self.probe.install(self.bundle("2.0", payload="units = web.service, new.timer\n"), expect=5)
        self.assertEqual((verdict["outcome"], verdict["reason"]), ("rolled-back", "activation"))
        self.assertIn("no start today", verdict["cause"])
        calls = self.calls()
        self.assertEqual(calls[-1], "start web.service")
        self.assertEqual(calls[:2], ["stop web.service new.timer", "start web.service new.timer"])
        self.assertTrue(calls[2].startswith("stop "))
        self.assert_same(self.before, self.probe.live())

    def test_a_failing_stop_rolls_back(self):
        (self.folder / "fail-stop").touch()
        self.probe.install(self.bundle("2.0", payload="units = web.service\n"), expect=5)
        self.assertEqual(self.calls()[-1], "start web.service")
        self.assert_same(self.before, self.probe.live())

    def test_failing_health_starts_the_old_units_again(self):
        bundle = self.bundle("2.0", payload="units = web.service\n", health=command_check("false", "300ms"))
        self.probe.install(bundle, expect=5)
        words = "stop start stop start".split()
        self.assertEqual(self.calls(), [f"{word} web.service" for word in words])
        self.assert_same(self.before, self.probe.live())

    def test_stuck_and_out_of_it(self):
        """Nothing starts any more: stuck, with a way out that works."""
        program = self.folder / "services.sh"
        good = program.read_text()
        program.write_text('#!/bin/sh\n[ "$1" = stop ]\n')
        verdict = self.probe.install(self.bundle("2.0", payload="units = web.service\n"), expect=6)
        self.assertEqual(verdict["outcome"], "stuck")
        self.assertIn("ignite recover", verdict["remedy"])
        self.assertTrue(self.probe.status()["stuck"]["cause"])
        self.assertEqual(self.probe.history()[-1]["outcome"], "stuck")
        self.probe.json("recover", expect=6)
        third = self.bundle("3.0")
        answer = self.probe.install(third, expect=6)
        self.assertEqual((answer["outcome"], answer["reason"], answer["transaction"]), ("stuck", "transaction", None))
        self.assertIn("(release-2.0.ignite) is stuck: ", answer["cause"])
        self.assertEqual(self.probe.json("plan", third, expect=6)["reason"], "transaction")
        program.write_text(good)
        self.probe.json("recover")
        self.assert_consistent()
        self.assert_same(self.before, self.probe.live())
        self.probe.install(self.bundle("2.0", payload="units = web.service\n"))

    def test_out_of_stuck_without_the_units(self):
        """The old release does not start any more, and never will: all else is taken back."""
        program = self.folder / "services.sh"
        good = program.read_text()
        program.write_text('#!/bin/sh\n[ "$1" = stop ]\n')
        verdict = self.probe.install(self.bundle("2.0", payload="units = web.service\n"), expect=6)
        self.assertIn("ignite recover --without-units", verdict["remedy"])
        self.assertIn("note: no unit was stopped or started: reboot", self.probe.text("recover", "--without-units"))
        self.assertEqual(self.probe.history()[-1]["outcome"], "rolled-back")
        self.assert_consistent()
        self.assert_same(self.before, self.probe.live())
        program.write_text(good)
        self.probe.install(self.bundle("3.0"))

    def test_the_program_is_missing(self):
        (self.folder / "services.sh").rename(self.folder / "away")
        verdict = self.probe.install(self.bundle("2.0", payload="units = web.service\n"), expect=None)
        self.assertIn(verdict["outcome"], ("rolled-back", "stuck", "failed"))
        (self.folder / "away").rename(self.folder / "services.sh")
        self.probe.json("recover")
        self.assert_same(self.before, self.probe.live())


class TreeTest(AgentCase):
    """What the source holds arrives exactly."""

    @staticmethod
    def odd_tree(folder):
        (folder / "empty").touch()
        (folder / "empty-folder").mkdir()
        (folder / "content").write_text("same content\n")
        (folder / "copy").write_text("same content\n")
        (folder / "copy").chmod(0o600)
        os.link(folder / "content", folder / "hard-link")
        (folder / "sym").symlink_to("content")
        (folder / "dangling").symlink_to("no/where")
        (folder / "inner").mkdir()
        (folder / "inner/up").symlink_to("../content")
        for name in ("space in name", "tab\tname", "line\nend", "ünïcödé", "-dash", "quote'\"", "back\\slash", "*?[x]",
                     "$(id)", "n" * 255, " lead", "trail ", "%s", "\x7f"):
            (folder / name).write_text(name)
        (pathlib.Path(os.fsdecode(os.fsencode(folder) + b"/bytes\xff\xfe"))).write_text("no utf-8")
        deep = folder
        for _ in range(40):
            deep = deep / ("d" * 20)
            deep.mkdir()
        (deep / "bottom").write_text("deep")
        (folder / "script").write_text("#!/bin/sh\n")
        (folder / "script").chmod(0o755)
        (folder / "locked").mkdir()
        (folder / "locked/secret").write_text("s")
        (folder / "locked/secret").chmod(0o000)
        (folder / "locked").chmod(0o500)
        (folder / "sticky").mkdir()
        (folder / "sticky").chmod(0o1777)
        os.chown(folder / "script", 33, 4)
        os.lchown(folder / "sym", 1, 1)
        with open(folder / "sparse", "wb") as sparse:
            sparse.truncate(5_000_000)
            sparse.seek(4_000_000)
            sparse.write(b"x")
        (folder / "large").write_bytes(random.Random(4).randbytes(2_500_001))
        for number, path in enumerate(sorted(folder.rglob("*"), reverse=True)):
            os.utime(path, ns=(1, 1_500_000_000_000_000_000 + number * 1_000_000_001), follow_symlinks=False)
        os.utime(folder / "empty", ns=(0, 0))
        os.utime(folder / "content", ns=(0, -5_000_000_000))
        folder.chmod(0o751)
        os.utime(folder, ns=(1, 1_234_567_890_123_456_789))

    def test_everything_arrives_exactly(self):
        source = []

        def tree(folder):
            self.odd_tree(folder)
            source.append(folder)

        self.probe.install(self.bundle("1.0", tree=tree))
        self.assert_same(snapshot(source[0]), self.probe.current())
        self.assert_consistent()
        self.probe.configure("trial = 0s\n", threads=0)
        self.probe.install(self.bundle("2.0", tree=self.odd_tree))
        self.probe.rollback()
        self.assert_same(snapshot(source[0]), self.probe.current())

    def test_special_files_need_permission(self):
        def tree(folder):
            (folder / "suid").write_text("#!")
            (folder / "suid").chmod(0o4755)
            (folder / "sgid").write_text("#!!")
            (folder / "sgid").chmod(0o2755)
            (folder / "bind").write_text("x")
            os.setxattr(folder / "bind", "security.capability", NET_BIND)
            (folder / "away").symlink_to("/etc/passwd")
            (folder / "up").symlink_to("../../etc")

        with self.assertRaises(AssertionError) as refused:
            self.bundle("1.0", tree=tree)
        for name in ("suid", "sgid", "bind", "away", "up"):
            self.assertIn(name, str(refused.exception))
        self.probe.install(self.bundle("1.0", tree=tree, payload="allow = suid, sgid, bind, away, up\n"))
        current = self.probe.at(PATH) / "current"
        self.assertEqual(stat.S_IMODE(os.stat(current / "suid").st_mode), 0o4755)
        self.assertEqual(stat.S_IMODE(os.stat(current / "sgid").st_mode), 0o2755)
        self.assertEqual(os.getxattr(current / "bind", "security.capability"), NET_BIND)
        self.assertEqual(os.readlink(current / "away"), "/etc/passwd")
        self.assert_consistent()
        os.removexattr(current / "bind", "security.capability")
        self.assertIn("capabilities", json.dumps(self.probe.json("verify", expect=1)))

    def test_an_archive_as_source(self):
        folder = self.folder / "archived"
        folder.mkdir()
        (folder / "index.html").write_text("from tar\n")
        (folder / "s").symlink_to("index.html")
        os.link(folder / "index.html", folder / "h")
        run(["tar", "-C", folder, "--numeric-owner", "-czf", self.folder / "tree.tar.gz", "."], 0)

        def tree(source):
            source.rmdir()
            shutil.copy(self.folder / "tree.tar.gz", source)

        self.probe.install(self.bundle("1.0", tree=tree))
        self.assertEqual(self.probe.read("h"), "from tar\n")
        self.assertEqual(os.stat(self.probe.at(PATH) / "current/h").st_nlink, 2)

    def test_owners_go_by_name(self):
        for name, number in (("passwd", "alice:x:4242:4343::/:/bin/false\n"), ("group", "alices:x:4343:\n")):
            with open(self.probe.root / "etc" / name, "a") as accounts:
                accounts.write(number)

        def tree(folder):
            (folder / "users.conf").write_text('u bert - "Bert"\ng berts - -\n')
            (folder / "f").write_text("x")

        self.probe.install(self.bundle("1.0", tree=tree, payload="users = users.conf\n"))
        passwd = (self.probe.root / "etc/passwd").read_text()
        self.assertIn("bert:", passwd)
        self.assertIn("berts:", (self.probe.root / "etc/group").read_text())
        self.assertNotIn("bert:", pathlib.Path("/etc/passwd").read_text())

    def test_a_big_tree(self):
        def tree(folder):
            for number in range(1500):
                place = folder / f"d{number % 37}" / f"f{number}"
                place.parent.mkdir(exist_ok=True)
                place.write_text(f"{number}\n" * (number % 50))

        self.probe.configure("trial = 0s\n", threads=0)
        self.probe.install(self.bundle("1.0", tree=tree))
        self.assert_consistent()


class VerifyTest(AgentCase):
    def setUp(self):
        super().setUp()

        def tree(folder):
            (folder / "file").write_text("content\n")
            (folder / "sub").mkdir()
            (folder / "sub/other").write_text("other\n")
            (folder / "link").symlink_to("file")
            os.link(folder / "file", folder / "hard")

        self.one = self.bundle("1.0", tree=tree, payload="link = file -> /etc/probe.conf\n")
        self.probe.install(self.one)
        self.current = pathlib.Path(os.path.realpath(self.probe.at(PATH) / "current"))

    def keep_times(self, path):
        info = os.lstat(path)
        return lambda: os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns), follow_symlinks=False)

    def assert_found(self, path, word):
        document = self.probe.json("verify", expect=1)
        self.assertIs(document["verified"], False)
        found = [entry["difference"] for entry in document["differences"]]
        self.assertTrue(any(path in line and word in line for line in found), (path, word, found))
        self.assertTrue(all(entry["component"] == "app/web" for entry in document["differences"]))

    def test_nothing_changed(self):
        document = self.probe.json("verify")
        self.assertEqual((document["verified"], document["differences"]), (True, []))

    def test_content(self):
        back = self.keep_times(self.current / "file")
        with open(self.current / "file", "r+b") as file:
            file.write(b"CONTENT")
        back()
        self.assert_found("file", "content")

    def test_mode(self):
        (self.current / "file").chmod(0o600)
        self.assert_found("file", "mode")

    def test_folder_mode(self):
        (self.current / "sub").chmod(0o700)
        self.assert_found("sub", "mode")

    def test_mode_of_the_top(self):
        self.current.chmod(0o700)
        self.assert_found(".", "mode")

    def test_owner(self):
        os.chown(self.current / "sub/other", 1, -1)
        self.assert_found("sub/other", "owner")

    def test_group(self):
        os.chown(self.current / "sub/other", -1, 1)
        self.assert_found("sub/other", "group")

    def test_owner_of_a_link(self):
        os.lchown(self.current / "link", 1, -1)
        self.assert_found("link", "owner")

    def test_time(self):
        os.utime(self.current / "sub/other", ns=(0, 123))
        self.assert_found("sub/other", "time")

    def test_extra_file(self):
        back = self.keep_times(self.current / "sub")
        (self.current / "sub/extra").touch()
        back()
        self.assert_found("sub/extra", "not in the bundle")

    def test_missing_file(self):
        (self.current / "sub/other").unlink()
        self.assert_found("sub/other", "missing")

    def test_missing_folder(self):
        shutil.rmtree(self.current / "sub")
        self.assert_found("sub", "missing")

    def test_link_target(self):
        back = self.keep_times(self.current / "link")
        (self.current / "link").unlink()
        (self.current / "link").symlink_to("sub")
        back()
        self.assert_found("link", "elsewhere")

    def test_type(self):
        (self.current / "link").unlink()
        (self.current / "link").write_text("content\n")
        self.assert_found("link", "type")

    def test_hard_link_that_was_cut(self):
        (self.current / "hard").unlink()
        shutil.copy2(self.current / "file", self.current / "hard")
        self.assert_found("hard", "same file")

    def test_the_places_outside_the_release_current(self):
        """The live tree is PATH/current: that it leads elsewhere is a difference."""
        other = self.folder / "other"
        shutil.copytree(self.current, other, symlinks=True)
        place = self.probe.at(PATH) / "current"
        place.unlink()
        place.symlink_to(other)
        document = self.probe.json("verify", expect=None)
        self.assertIs(document["verified"], False, "PATH/current leads elsewhere and verify is content")

    def test_the_places_outside_the_release_link(self):
        place = self.probe.root / "etc/probe.conf"
        place.unlink()
        document = self.probe.json("verify", expect=None)
        self.assertIs(document["verified"], False, "a link of the release is gone and verify is content")

    def test_a_release_that_is_gone(self):
        shutil.rmtree(self.current)
        self.probe.json("verify", expect=1)

    def test_what_it_says_to_do_does_help(self):
        """The remedy must lead to a probe that verifies again."""
        (self.current / "file").write_text("changed\n")
        remedy = self.probe.text("verify", expect=1)
        if "install the bundle again" in remedy:
            self.probe.install(self.one)
            self.assertTrue(self.probe.json("verify", expect=None)["verified"], "installing it again repaired nothing")

    def test_a_bundle(self):
        good = self.bundle("2.0")
        document = self.probe.json("verify", good)
        self.assertEqual((document["verified"], document["version"]), (True, "2.0"))
        self.probe.json("verify", self.bundle("2.0", sign=("stranger",)), expect=3)
        self.probe.json("verify", self.bundle("2.0", recipient="other"), expect=3)
        self.probe.json("verify", self.changed_copy(good, lambda data: data[:-1500]), expect=3)
        self.probe.json("verify", self.folder / "missing", expect=2)


class MemoryTest(AgentCase):
    """A bundle of any size is read within 64 MiB: 300 MiB of plain bytes, as many threads as there may be."""

    MIB = 300

    @unittest.skipIf(takes_memory_of_its_own, "a sanitizer takes memory of its own")
    def test_install_and_verify(self):
        self.probe.configure("trial = 0s\n", threads=8)
        bundle = self.bundle("1.0", tree=self.fill)
        keys = ("--keyring", self.workshop.folder / "keyring.json", "--identity", self.workshop.folder / "probe.key")
        self.assertLess(peak_memory([BIN / "ignite-pack", "verify", bundle, *keys]), MEMORY_LIMIT)
        self.assertLess(peak_memory(self.probe.words("install", bundle)), MEMORY_LIMIT)
        live = self.probe.root / PATH.lstrip("/") / "current"
        self.assertEqual((live / "large").stat().st_size, self.MIB << 20)

    def fill(self, folder):
        """Every second block of 4 KiB compresses to nothing, the others not at all."""
        numbers = random.Random(1)
        with (folder / "large").open("wb") as file:
            for _ in range(self.MIB << 20 >> 13):
                file.write(numbers.randbytes(4096) + bytes(4096))


class ProcessTest(AgentCase):
    """Threads, signals, and two at once."""

    def large_bundle(self, version="2.0", **options):
        return self.bundle(version, files=LARGE, **options)

    def signal_in_staging(self, process, number):
        self.probe.freeze_in_staging(lambda: process.pid)
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)

    def transaction_state(self, probe=None):
        transaction = (probe or self.probe).status()["transaction"]
        return transaction and transaction["state"]

    def wait_for_trial(self, process):
        wait_for(lambda: process.poll() is not None or self.transaction_state() == "trial", what="the trial")
        self.assertIsNone(process.poll(), "it was over before it was seen")

    def watch_threads(self, process):
        most = 0
        while process.poll() is None:
            try:
                most = max(most, len(os.listdir(f"/proc/{process.pid}/task")))
            except FileNotFoundError:
                break
            time.sleep(0.001)
        process.communicate()
        return most

    def failing_examinations(self, code):
        checks = self.probe.json("doctor", expect=code)["checks"]
        return {check["id"]: check for check in checks if check["result"] == "fail"}

    def assert_said_to_be_interrupted(self, state):
        said = self.probe.status()["interrupted"]
        self.assertEqual(said["transaction"], self.probe.status()["transaction"]["id"])
        self.assertIn(state, said["cause"])
        self.assertIn("ignite recover", said["remedy"])
        text = self.probe.text("status")
        self.assertIn(said["cause"], text)
        self.assertIn(said["remedy"], text)
        found = self.failing_examinations(1)
        self.assertEqual(list(found), ["transaction"])
        self.assertEqual((found["transaction"]["cause"], found["transaction"]["remedy"]),
                         (said["cause"], said["remedy"]))

    def test_one_thread(self):
        port = self.serve(lambda: 200)
        check = f"[health web]\ntype = http\nurl = http://127.0.0.1:{port}/\n" + command_check("true")
        process = self.probe.start("install", self.large_bundle("1.0", health=check))
        self.assertEqual(self.watch_threads(process), 1)
        self.assertEqual(process.returncode, 0)
        for words in (("verify",), ("verify", self.large_bundle("1.0", health=check))):
            self.assertEqual(self.watch_threads(self.probe.start(*words)), 1, words)

    def test_one_thread_also_where_a_name_is_looked_up(self):
        """libcurl may look names up in a thread of its own."""
        hosts = pathlib.Path("/etc/hosts").read_text().split()
        name = next((word for word in hosts if word == socket.gethostname()), None)
        if name is None:
            self.skipTest("this machine's name is not in /etc/hosts")
        check = f"[health web]\ntype = http\nurl = http://{name}:9/\ntimeout = 1s\n"
        process = self.probe.start("install", self.bundle("1.0", health=check))
        self.assertEqual(self.watch_threads(process), 1)

    def test_several_threads_by_default(self):
        self.probe.configure("trial = 0s\n", threads=2)
        process = self.probe.start("install", self.large_bundle("1.0"))
        self.assertGreater(self.watch_threads(process), 1)
        self.assertEqual(process.returncode, 0)
        self.assert_consistent()

    def test_busy_while_another_is_on_trial(self):
        self.probe.configure("trial = 1h\n")
        process = self.probe.start("install", self.bundle("1.0"))
        self.addCleanup(self.end, process)
        self.wait_for_trial(process)
        for words in (("install", self.bundle("2.0")), ("rollback",), ("recover",)):
            error = self.probe.json(*words, expect=7)["error"]
            self.assertIn("release-1.0.ignite", error["cause"])
            self.assertIn(str(process.pid), error["cause"])
        told = self.probe.json("plan", self.bundle("2.0"), expect=7)
        self.assertEqual((told["would"], told["reason"]), ("refuse", "transaction"))
        self.assertIn("(release-1.0.ignite) is under way: trial", told["cause"])
        self.probe.json("verify")
        status = self.probe.status()
        self.assertIs(status["trial"], True)
        self.assertIsNone(status["interrupted"])
        self.assertEqual(self.failing_examinations(0), {})
        self.assertLessEqual({"id", "state", "percent", "step"}, set(status["transaction"]))
        self.assertIsNone(self.probe.history()[-1]["outcome"])
        process.send_signal(signal.SIGINT)
        self.assertTrue(has_ended(process))
        self.assertEqual(process.returncode, 5)

    def test_interrupt_while_staging(self):
        self.probe.install(self.bundle("1.0"))
        before = self.probe.live()
        process = self.probe.start("install", self.large_bundle(), "--json")
        self.addCleanup(self.end, process)
        self.signal_in_staging(process, signal.SIGINT)
        out, errors = process.communicate(timeout=10)
        verdict = json.loads(out)
        self.assertEqual((process.returncode, verdict["outcome"]), (1, "cancelled"), (verdict, errors))
        self.assertEqual(self.probe.history()[-1]["outcome"], "cancelled")
        self.assert_same(before, self.probe.live())
        self.assert_consistent()
        self.probe.install(self.large_bundle())

    def test_interrupt_during_the_trial(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                probe = self.make_probe(f"root-{number}")
                probe.install(self.bundle("1.0"))
                probe.configure("trial = 30s\n")
                before = probe.live()
                process = probe.start("install", self.bundle("2.0"), "--json")
                self.addCleanup(self.end, process)
                wait_for(lambda: self.transaction_state(probe) == "trial", what="the trial")
                process.send_signal(number)
                out, _ = process.communicate(timeout=10)
                verdict = json.loads(out)
                self.assertEqual((process.returncode, verdict["outcome"]), (5, "rolled-back"), verdict)
                self.assertEqual(verdict["reason"], "cancelled")
                self.assert_same(before, probe.live())
                self.assertEqual(probe.status()["hold"], [])

    def test_killed_while_staging_then_recovered(self):
        self.probe.install(self.bundle("1.0"))
        before = self.probe.live()
        process = self.probe.start("install", self.large_bundle())
        self.addCleanup(self.end, process)
        self.signal_in_staging(process, signal.SIGKILL)
        process.communicate()
        self.assert_said_to_be_interrupted("staging")
        recovered = self.probe.json("recover")
        self.assertEqual(recovered["outcome"], "failed")
        self.assertEqual(recovered["reason"], "interrupted")
        self.assert_same(before, self.probe.live())
        self.assert_consistent()

    def test_killed_during_the_trial_then_resumed(self):
        self.probe.install(self.bundle("1.0"))
        self.probe.configure("trial = 3s\n")
        process = self.probe.start("install", self.bundle("2.0"))
        self.addCleanup(self.end, process)
        self.wait_for_trial(process)
        process.kill()
        process.communicate()
        self.assertIs(self.probe.status()["trial"], True)
        self.assert_said_to_be_interrupted("trial")
        self.assertEqual(self.probe.json("recover")["outcome"], "committed")
        self.assertIsNone(self.probe.status()["interrupted"])
        self.assertEqual(self.failing_examinations(0), {})
        self.assertEqual(self.assert_consistent()["deployment"]["number"], 2)

    def test_another_command_finishes_what_was_interrupted(self):
        self.probe.configure("trial = 3s\n")
        process = self.probe.start("install", self.bundle("1.0"))
        self.addCleanup(self.end, process)
        self.wait_for_trial(process)
        process.kill()
        process.communicate()
        self.probe.configure("trial = 0s\n")
        self.probe.install(self.bundle("2.0"))
        outcomes = [entry["outcome"] for entry in self.probe.history()]
        self.assertEqual(outcomes, ["committed", "committed"])
        self.assert_consistent()

    def test_the_end_of_the_terminal_changes_nothing(self):
        self.probe.configure("trial = 2s\n")
        process = self.probe.start("install", self.bundle("1.0"))
        self.addCleanup(self.end, process)
        self.wait_for_trial(process)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.probe.history()[-1]["outcome"], "committed")

    def test_a_lock_file_of_a_dead_process_is_nothing(self):
        self.probe.install(self.bundle("1.0"))
        (self.probe.state / "lock").write_text("installing ghost.ignite, process 1")
        self.probe.install(self.bundle("2.0"))

    def test_a_busy_lock_is_held_only_during_a_transaction(self):
        self.probe.install(self.bundle("1.0"))
        with open(self.probe.state / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.probe.install(self.bundle("2.0"), expect=7)
            self.probe.status()
            self.probe.history()
            self.probe.json("verify")
        self.probe.install(self.bundle("2.0"))

    def test_readers_meanwhile(self):
        """Status and history while a transaction writes: always whole documents, and they do not disturb it."""
        process = self.probe.start("install", self.large_bundle("1.0"), "--json")
        self.addCleanup(self.end, process)
        seen = set()
        while process.poll() is None:
            transaction = self.probe.status()["transaction"]
            self.probe.history()
            if transaction:
                self.assertIn(transaction["percent"], range(101))
                seen.add(transaction["state"])
        self.assertEqual(process.returncode, 0)
        self.assertIn("staging", seen)

    def test_state_cannot_be_read_by_others(self):
        self.probe.install(self.bundle("1.0"))
        self.assertEqual(stat.S_IMODE(os.stat(self.probe.state / "journal.db").st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(self.probe.state).st_mode) & 0o111, 0o111, "applications go through it")


class RecoveryTest(AgentCase):
    """Trouble on top of trouble."""

    def test_the_journal_cannot_be_written_while_rolling_back(self):
        """The state's disk is full just when the trial fails: the next recovery must not commit what was switched back."""
        state = self.probe.state
        state.mkdir(parents=True)
        run(["mount", "-t", "tmpfs", "-o", "size=24m", "state", state], 0)
        self.addCleanup(run, ["umount", "-l", state])
        self.probe.install(self.bundle("1.0"))
        before = self.probe.live()
        script = self.folder / "check.sh"
        script.write_text(f"#!/bin/sh\ncat /dev/zero > {state}/filler 2>/dev/null\nexit 1\n")
        script.chmod(0o755)
        verdict = self.probe.install(self.bundle("2.0", health=command_check(str(script), "500ms")), expect=None)
        (state / "filler").unlink()
        script.write_text("#!/bin/sh\nexit 0\n")
        recovered = self.probe.json("recover", expect=None)
        status = self.probe.status()
        number = status["deployment"]["number"]
        text = f"after {verdict} and {recovered}"
        self.assertEqual(os.readlink(state / "active"), f"deployments/{number}", text)
        self.assertEqual(self.probe.read("index.html"), f"release {number}.0\n", text)
        if number == 1:
            self.assert_same(before, self.probe.live())

    def test_active_was_lost(self):
        """Somebody removed `active`: the next transaction must not make it worse."""
        self.probe.install(self.bundle("1.0"))
        (self.probe.state / "active").unlink()
        self.probe.json("verify", expect=None)
        self.probe.install(self.bundle("2.0"))
        self.assert_consistent()


class RaceTest(AgentCase):
    """A bundle that changes while it is read: refused or the old one, never mixed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old_files = {f"f{number}": random.Random(number).randbytes(3_000_000) for number in range(12)}
        cls.new_files = {f"f{number}": random.Random(100 + number).randbytes(3_000_000) for number in range(12)}
        cls.old = cls.bundle("2.0", files=cls.old_files)
        cls.new = cls.bundle("3.0", files=cls.new_files)

    def setUp(self):
        super().setUp()
        self.probe.install(self.bundle("1.0"))
        self.before = self.probe.live()
        self.victim = self.folder / "victim.ignite"
        shutil.copy(self.old, self.victim)

    def race(self, change):
        """Installs the victim, and changes it once some of it was unpacked."""
        process = self.probe.start("install", self.victim, "--json")
        self.addCleanup(self.end, process)
        release = self.probe.at(PATH) / "releases"
        wait_for(lambda: process.poll() is not None or len(list(release.glob("*/f*"))) >= 2, what="some files")
        process.send_signal(signal.SIGSTOP)
        self.assertIsNone(process.poll(), "it was over before it could be changed")
        change()
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(timeout=60)
        return process.returncode, json.loads(out)

    def assert_refused_race(self, change):
        code, verdict = self.race(change)
        self.assertEqual((code, verdict["outcome"]), (3, "refused"), verdict)
        self.assertIn(verdict["reason"], ("damaged", "short"))
        self.assert_same(self.before, self.probe.live())
        self.assert_consistent()

    def test_overwritten(self):
        def change():
            with open(self.victim, "r+b") as file:
                file.seek(self.victim.stat().st_size // 2)
                file.write(random.Random(5).randbytes(4_000_000))

        self.assert_refused_race(change)

    def test_overwritten_with_another_good_bundle(self):
        self.assert_refused_race(lambda: self.victim.open("r+b").write(self.new.read_bytes()))

    def test_truncated(self):
        self.assert_refused_race(lambda: os.truncate(self.victim, self.victim.stat().st_size * 2 // 3))

    def test_truncated_to_nothing(self):
        self.assert_refused_race(lambda: os.truncate(self.victim, 0))

    def test_truncated_and_written_again(self):
        def change():
            with open(self.victim, "wb") as file:
                file.write(self.new.read_bytes())

        self.assert_refused_race(change)

    def test_one_byte_near_the_end(self):
        def change():
            with open(self.victim, "r+b") as file:
                file.seek(-300_000, os.SEEK_END)
                byte = file.read(1)
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([byte[0] ^ 1]))

        self.assert_refused_race(change)

    def test_appended(self):
        """Bytes behind the end are no part of the bundle: refused, or the old content, never more."""

        def change():
            with open(self.victim, "ab") as file:
                file.write(bytes(4096))

        code, verdict = self.race(change)
        self.assertIn((code, verdict["outcome"]), ((0, "committed"), (3, "refused")))
        self.assert_consistent()

    def test_renamed_over(self):
        def change():
            shutil.copy(self.new, self.folder / "new.ignite")
            os.rename(self.folder / "new.ignite", self.victim)

        code, verdict = self.race(change)
        self.assertIn((code, verdict["outcome"]), ((0, "committed"), (3, "refused")))
        if code == 0:
            self.assertEqual(self.probe.status()["deployment"]["components"], {"app/web": "2.0"})
            current = self.probe.at(PATH) / "current"
            for name, content in self.old_files.items():
                self.assertEqual((current / name).read_bytes(), content)
        else:
            self.assert_same(self.before, self.probe.live())
        self.assert_consistent()

    def test_removed(self):
        code, verdict = self.race(self.victim.unlink)
        self.assertIn((code, verdict["outcome"]), ((0, "committed"), (3, "refused")))
        self.assert_consistent()

    def test_many_random_moments(self):
        """No stop: bytes change while the agent reads, at moments of chance."""
        seed = int(os.environ.get("IGNITE_RACE_SEED", time.time_ns() % 1_000_000))
        print(f"race seed {seed}", file=sys.stderr)
        chance = random.Random(seed)
        for _ in range(4):
            shutil.copy(self.old, self.victim)
            size = self.victim.stat().st_size
            process = self.probe.start("install", self.victim, "--json")
            self.addCleanup(self.end, process)
            time.sleep(chance.uniform(0.02, 0.6))
            at = chance.randrange(size)
            with open(self.victim, "r+b") as file:
                file.seek(at)
                byte = file.read(1)
                file.seek(at)
                file.write(bytes([byte[0] ^ 0x40]))
            process.communicate(timeout=60)
            self.assertIn(process.returncode, (0, 3), f"seed {seed}")
            if process.returncode == 0:
                current = self.probe.at(PATH) / "current"
                for name, content in self.old_files.items():
                    self.assertEqual((current / name).read_bytes(), content, f"seed {seed}")
                self.probe.rollback("--to", str(self.probe.status()["deployments"][0]["number"]))
            else:
                self.assertEqual(self.probe.read("index.html"), "release 1.0\n")
            self.assert_consistent()


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: a probe's files belong to several users, so this needs root")
        sys.exit(77)
    unittest.main()
