#!/usr/bin/env python3
"""Drives the real ignite-pack: every command, every exit code, and what scripts may rely on (design.md section 9.1).

IGNITE_BIN names the folder of the programs.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from probe import BIN, MEMORY_LIMIT, peak_memory, takes_memory_of_its_own, wait_for  # noqa: E402

PROGRAM = BIN / "ignite-pack"

RECIPE = """\
[bundle]
kind = service-pack
product = netprobe
version = 4.2.1
counter = 40201
epoch = 1
compatible = netprobe-x86_64
channel = stable
requires = app/web >= 4.1
notes = notes.md

[payload web]
type = tree
component = app/web
source = web
path = /opt/netprobe/web
units = systemd/web.service

[health web]
type = http
url = http://127.0.0.1:8080/healthz
timeout = 30s
"""


class PackCase(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def run_pack(self, *words, expect=0, **environment):
        done = subprocess.run(
            [PROGRAM, *map(str, words)],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.folder), **environment},
            capture_output=True,
            timeout=120,
        )
        text = done.stderr.decode() + done.stdout.decode()
        self.assertEqual(done.returncode, expect, f"{words}: {text}")
        self.assertNotIn("\r", text, "progress belongs on terminals")
        return done

    def run_json(self, *words, expect=0, **environment):
        done = self.run_pack(*words, "--json", expect=expect, **environment)
        self.assertEqual(done.stderr, b"")
        document = json.loads(done.stdout)
        if expect:
            self.assertEqual(document["error"]["exit"], expect)
            self.assertEqual(set(document["error"]), {"code", "cause", "remedy", "exit"})
        return document

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def make_keys(self):
        self.run_pack("keygen", "--role", "release", "-o", "K")
        self.run_pack("keygen", "--identity", "-o", "P")
        self.run_pack("keyring", "--role", "release=K.pub", "-o", "keyring.json")

    def make_release(self):
        """The folder `web`, its recipe and its notes; all with one time, so that archives can agree."""
        self.write("web/index.html", "<h1>probe</h1>")
        self.write("web/other.txt", "text")
        self.write("web/same.txt", "text")
        self.write("web/empty", "")
        self.write("web/data/large.bin", "0123456789" * 300_000)
        self.write("web/systemd/web.service", "[Service]\nExecStart=/bin/true\n")
        os.link(self.folder / "web/index.html", self.folder / "web/data/link.html")
        os.symlink("../index.html", self.folder / "web/data/sym.html")
        self.write("notes.md", "News\n")
        self.write("notes.fr.md", "Nouveautés\n")
        self.write("r.ini", RECIPE)
        self.set_times("web")

    def set_times(self, name):
        top = self.folder / name
        for path in sorted(top.rglob("*"), reverse=True):
            os.utime(path, (1_600_000_000, 1_600_000_000), follow_symlinks=False)
        os.utime(top, (1_600_000_000, 1_600_000_000))

    def build(self, *words, recipe="r.ini", out="out.ignite", **environment):
        if not any(word in words for word in ("--recipient", "--recipients", "--unencrypted")):
            words = ("--recipient", "P.pub", *words)
        return self.run_json("build", recipe, "--sign", "K.key", "-o", out, *words, **environment)


class KeyTest(PackCase):
    def test_keys_are_pem_that_openssl_reads(self):
        self.make_keys()
        for name, kind in (("K", "ED25519"), ("P", "X25519")):
            secret = self.folder / f"{name}.key"
            self.assertEqual(stat.S_IMODE(secret.stat().st_mode), 0o600)
            self.assertTrue(secret.read_text().startswith("-----BEGIN PRIVATE KEY-----\n"))
            public = (self.folder / f"{name}.pub").read_text()
            self.assertTrue(public.startswith("-----BEGIN PUBLIC KEY-----\n"))
            shown = subprocess.run(
                ["openssl", "pkey", "-in", secret, "-pubout"], capture_output=True, check=True, text=True
            )
            self.assertEqual(shown.stdout, public, kind)

    def test_keygen_never_overwrites_and_makes_both_or_none(self):
        self.run_pack("keygen", "--role", "qa", "-o", "K")
        before = (self.folder / "K.key").read_bytes()
        self.run_pack("keygen", "--role", "qa", "-o", "K", expect=1)
        self.assertEqual((self.folder / "K.key").read_bytes(), before)
        self.write("L.pub", "in the way")
        error = self.run_json("keygen", "--identity", "-o", "L", expect=1)["error"]
        self.assertIn("L.pub", error["cause"])
        self.assertFalse((self.folder / "L.key").exists())
        self.assertEqual((self.folder / "L.pub").read_text(), "in the way")

    def test_keygen_usage(self):
        error = self.run_json("keygen", "--role", "relese", "-o", "K", expect=2)["error"]
        self.assertIn("release", error["remedy"])
        self.run_pack("keygen", "-o", "K", expect=2)
        self.run_pack("keygen", "--role", "qa", "--identity", "-o", "K", expect=2)
        self.run_pack("keygen", "--role", "qa", expect=2)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_keyring(self):
        for name in ("A", "B", "Q"):
            self.run_pack("keygen", "--role", "release", "-o", name)
        roles = ("--role", "release=A.pub", "--role", "release=B.pub", "--role", "qa=Q.pub")
        made = self.run_json("keyring", *roles, "--threshold", "release=2", "-o", "k.json")
        self.assertEqual(len(made["roles"]["release"]["key-ids"]), 2)
        keyring = json.loads((self.folder / "k.json").read_text())
        self.assertEqual(keyring["version"], 1)
        self.assertEqual(keyring["roles"]["release"]["threshold"], 2)
        self.assertEqual(len(keyring["roles"]["qa"]["keys"]), 1)
        self.run_pack("keyring", *roles, "-o", "k.json", expect=1)
        self.assertEqual(json.loads((self.folder / "k.json").read_text()), keyring)
        for words in (
            (),
            ("--role", "release"),
            ("--role", "relese=A.pub"),
            ("--role", "release=absent.pub"),
            ("--role", "release=A.key"),
            ("--role", "release=A.pub", "--role", "qa=A.pub"),
            ("--role", "release=A.pub", "--threshold", "release=2"),
            ("--role", "release=A.pub", "--threshold", "qa=1"),
            ("--role", "release=A.pub", "--threshold", "release=0"),
        ):
            self.run_json("keyring", *words, "-o", "x.json", expect=2)
            self.assertFalse((self.folder / "x.json").exists(), words)


class BuildTest(PackCase):
    def setUp(self):
        super().setUp()
        self.make_keys()
        self.make_release()

    def test_a_recipe_becomes_a_bundle_that_inspects_and_verifies(self):
        built = self.build()
        self.assertTrue(built["encrypted"])
        self.assertEqual(built["size"], (self.folder / "out.ignite").stat().st_size)
        with tarfile.open(self.folder / "out.ignite") as archive:
            names = archive.getnames()
        self.assertEqual(names, ["HEADER", "SIGNATURES", "RECIPIENTS", "MANIFEST", "INDEX", "PAYLOAD.0000"])

        blind = self.run_json("inspect", "out.ignite")
        self.assertEqual(blind["content-id"], built["content-id"])
        self.assertEqual(blind["signed-by"], built["signed-by"])
        self.assertEqual(blind["recipients"], 1)
        self.assertFalse(blind["verified"])
        self.assertIsNone(blind["manifest"])

        manifest = self.run_json("inspect", "out.ignite", "--identity", "P.key")["manifest"]
        self.assertEqual((manifest["kind"], manifest["counter"]), ("service-pack", 40201))
        self.assertEqual(manifest["requires"], ["app/web >= 4.1"])
        self.assertEqual(manifest["notes"], {"en": "News\n", "fr": "Nouveautés\n"})
        self.assertEqual(manifest["payloads"][0]["version"], "4.2.1")
        self.assertEqual(manifest["payloads"][0]["spec"]["entries"], 11)
        self.assertEqual(manifest["health"][0]["timeout-ms"], 30_000)

        verified = self.run_json("verify", "out.ignite", "--keyring", "keyring.json", "--identity", "P.key")
        self.assertTrue(verified["verified"])
        self.assertEqual(verified["content-id"], built["content-id"])
        self.assertEqual(verified["files"], 4, "equal files and hard links are stored once, empty files not at all")

    def test_text_output(self):
        words = ("build", "r.ini", "--sign", "K.key", "--recipient", "P.pub", "-o", "o.ignite")
        lines = self.run_pack(*words).stdout.decode().splitlines()
        self.assertRegex(lines[0], r"^built o\.ignite  \d+\.\d kB  content id [0-9a-f]{64}$")
        shown = self.run_pack("inspect", "o.ignite", "--identity", "P.key").stdout.decode()
        self.assertIn("NOT VERIFIED", shown)
        self.assertIn("Nouveautés", shown)
        self.run_pack("verify", "o.ignite", "--keyring", "keyring.json", "--identity", "P.key")

    def test_the_content_id_depends_on_recipe_and_sources_only(self):
        first = self.build()["content-id"]
        self.assertEqual(self.build("--level", "1", "--jobs", "1")["content-id"], first)
        self.assertEqual(self.build("--unencrypted")["content-id"], first)
        self.write("web/index.html", "changed")
        self.assertNotEqual(self.build()["content-id"], first)

    def test_source_date_epoch_makes_touched_sources_equal(self):
        self.build(SOURCE_DATE_EPOCH="1500000000")
        first = self.build(SOURCE_DATE_EPOCH="1500000000")["content-id"]
        os.utime(self.folder / "web/index.html")
        self.assertEqual(self.build(SOURCE_DATE_EPOCH="1500000000")["content-id"], first)
        self.assertNotEqual(self.build()["content-id"], first)
        for wrong in ("today", "-1", "1500000000000", "253402300800"):
            self.run_json(
                *("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "x.ignite"),
                expect=2,
                SOURCE_DATE_EPOCH=wrong,
            )

    def test_archives_give_the_content_id_of_the_folder(self):
        folder = self.build()["content-id"]
        owner = ("--owner=root", "--group=root")
        for name, words in (("a.tar", ()), ("a.tar.gz", ("-z",)), ("pax.tar.xz", ("-J", "--format=pax"))):
            subprocess.run(["tar", *owner, *words, "-C", "web", "-cf", name, "."], cwd=self.folder, check=True)
            self.write("a.ini", RECIPE.replace("source = web", f"source = {name}"))
            self.assertEqual(self.build(recipe="a.ini")["content-id"], folder, name)
        with tarfile.open(self.folder / "back.tar", "w") as archive:  # children before their folders
            for path in sorted((self.folder / "web").rglob("*"), reverse=True):
                info = archive.gettarinfo(path, arcname=path.relative_to(self.folder / "web").as_posix())
                info.uname = info.gname = "root"
                if info.isreg():
                    with open(path, "rb") as file:
                        archive.addfile(info, file)
                else:
                    archive.addfile(info)
        self.write("a.ini", RECIPE.replace("source = web", "source = back.tar"))
        self.build(recipe="a.ini")
        self.run_json("verify", "out.ignite", "--keyring", "keyring.json", "--identity", "P.key")

    def test_recipients(self):
        for number in range(3):
            (self.folder / "probes").mkdir(exist_ok=True)
            self.run_pack("keygen", "--identity", "-o", f"probes/p{number}")
        built = self.build("--recipients", "probes", "--recipient", "P.pub", "--recipient", "P.pub")
        self.assertEqual(built["recipients"], 4)
        for key in ("P.key", "probes/p0.key", "probes/p2.key"):
            self.run_json("inspect", "out.ignite", "--identity", key)
        self.run_pack("keygen", "--identity", "-o", "other")
        self.run_json("inspect", "out.ignite", "--identity", "other.key", expect=3)
        (self.folder / "offices").mkdir()
        for name in ("P.pub", "other.pub"):
            os.link(self.folder / name, self.folder / "offices" / name)
        folders = ("--recipients", "probes", "--recipients", "offices", "--recipients", "probes/")
        self.assertEqual(self.build(*folders)["recipients"], 5)
        for key in ("P.key", "probes/p1.key", "other.key"):
            self.run_json("inspect", "out.ignite", "--identity", key)
        (self.folder / "nobody").mkdir()
        for words in (("--recipients", "nobody"), ("--recipients", "absent"), ("--recipient", "K.pub")):
            self.run_json("build", "r.ini", "--sign", "K.key", *words, "-o", "x.ignite", expect=2)

    def test_usage_errors_of_build(self):
        good = ("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "x.ignite")
        for words in (
            ("build", "r.ini", "--unencrypted", "-o", "x.ignite"),
            ("build", "r.ini", "--sign", "K.key", "-o", "x.ignite"),
            ("build", "r.ini", "--sign", "K.pub", "--unencrypted", "-o", "x.ignite"),
            ("build", "r.ini", "--sign", "P.key", "--unencrypted", "-o", "x.ignite"),
            ("build", "absent.ini", "--sign", "K.key", "--unencrypted", "-o", "x.ignite"),
            ("build", "r.ini", "--sign", "K.key", "--unencrypted"),
            (*good, "--recipient", "P.pub"),
            (*good, "--level", "20"),
            (*good, "--jobs", "0"),
            (*good, "--base", "old.ignite"),
            (*good, "--nonsense"),
        ):
            self.run_json(*words, expect=2)
            self.assertFalse((self.folder / "x.ignite").exists(), words)
        error = self.run_json("build", "r.ini", "--sign", "K.key", "-o", "x", expect=2)["error"]
        self.assertIn("--unencrypted", error["remedy"])

    def test_all_faults_of_a_recipe_and_its_sources_at_once(self):
        bad = RECIPE.replace("version = 4.2.1", "verson = 4.2.1").replace("timeout = 30s", "timeout = soon")
        self.write("bad.ini", bad + "\n[payload api]\ntype = imago\ncomponent = app/web\n")
        done = self.run_pack("build", "bad.ini", "--sign", "K.key", "--unencrypted", "-o", "x", expect=2)
        lines = done.stderr.decode().splitlines()
        self.assertRegex(lines[0], r"^ignite-pack: bad\.ini:1: \[bundle\] has no 'version'")
        self.assertRegex(lines[1], r"^bad\.ini:4: unknown key 'verson' \(did you mean 'version'\?\)")
        self.assertRegex(lines[2], r"^bad\.ini:22: 'soon' is no possible timeout")
        self.assertRegex(lines[3], r"^bad\.ini:25: this version of ignite-pack knows no payload type 'imago' \(did you mean 'image'\?\)")
        self.assertRegex(lines[4], r"^bad\.ini:26: the component 'app/web' is used twice, first on line 14")
        self.assertRegex(lines[5], r"^  remedy: ")

        os.mkfifo(self.folder / "web/fifo")
        os.symlink("/etc/passwd", self.folder / "web/passwd")
        self.write("two.ini", RECIPE.replace("systemd/web", "unit/web") +
                   "[payload api]\ntype = tree\ncomponent = app/api\nsource = broken.tar\npath = /opt/api\n")
        self.write("broken.tar", "no archive")
        cause = self.run_json(
            "build", "two.ini", "--sign", "K.key", "--unencrypted", "-o", "x", expect=2
        )["error"]["cause"]
        for text in ("'fifo' is a FIFO", "'passwd' has an absolute link target", "did you mean 'systemd/web.service'?",
                     "payload api: './broken.tar' cannot be read"):
            self.assertIn(text, cause)
        self.assertFalse((self.folder / "x").exists())

    def test_payloads_in_each_others_way(self):
        self.write("two.ini", RECIPE + "[payload api]\ntype = tree\ncomponent = app/api\nsource = web\n"
                   "path = /opt/netprobe/web/current/api\nlink = index.html -> /etc/ignite/agent.ini\n")
        done = self.run_pack("build", "two.ini", "--sign", "K.key", "--unencrypted", "-o", "x", expect=2)
        text = done.stderr.decode()
        self.assertRegex(text, r"two\.ini:27: '/opt/netprobe/web/current/api/current' and "
                               r"'/opt/netprobe/web/current' of 'web' are in each other's way")
        self.assertRegex(text, r"two\.ini:28: '/etc/ignite/agent\.ini' and '/etc/ignite' of 'ignite' are in each")
        self.assertFalse((self.folder / "x").exists())

    def test_an_output_in_a_source_is_refused(self):
        os.symlink("web/systemd", self.folder / "elsewhere")
        for out in ("web/out.ignite", "elsewhere/out.ignite"):
            error = self.run_json("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", out, expect=2)["error"]
            self.assertIn("the source of payload web", error["cause"])
        self.assertFalse(list(self.folder.glob("web/**/out.ignite")))

    def test_an_output_that_is_a_source_is_refused(self):
        archive = self.folder / "web.tar"
        subprocess.run(["tar", "-cf", archive, "web"], cwd=self.folder, check=True)
        before = archive.read_bytes()
        os.symlink("web.tar", self.folder / "latest.tar")
        for source, out in (("web.tar", "web.tar"), ("web.tar", "./web/../web.tar"), ("latest.tar", "web.tar")):
            self.write("r.ini", RECIPE.replace("source = web", f"source = {source}"))
            error = self.run_json("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", out, expect=2)["error"]
            self.assertIn("would replace the source of payload web", error["cause"])
        self.assertEqual(archive.read_bytes(), before)

    def test_an_output_replaces_nothing_but_a_bundle(self):
        os.symlink("K.pub", self.folder / "link")
        os.symlink("absent", self.folder / "dangling")
        os.mkfifo(self.folder / "pipe")
        files = ["r.ini", "notes.md", "K.key", "K.pub", "P.pub", "keyring.json"]
        before = [(self.folder / name).read_bytes() for name in files]
        for out in (*files, "link", "dangling", "pipe", "."):
            error = self.run_json("build", "r.ini", "--sign", "K.key", "--recipient", "P.pub", "-o", out,
                                  expect=2)["error"]
            self.assertEqual(error["cause"], f"'{out}' exists already and is no bundle")
        self.assertEqual([(self.folder / name).read_bytes() for name in files], before)
        self.assertTrue(stat.S_ISFIFO((self.folder / "pipe").lstat().st_mode))
        self.assertTrue((self.folder / "dangling").is_symlink())
        self.assertFalse(list(self.folder.glob("*.part")))
        self.write("empty.ignite", "")
        self.build(out="empty.ignite")
        self.build(out="empty.ignite")

    def test_a_source_under_the_name_of_an_unfinished_bundle_is_kept(self):
        source = self.folder / "web.part"
        subprocess.run(["tar", "-cf", source, "web"], cwd=self.folder, check=True)
        before = source.read_bytes()
        os.link(source, self.folder / "web.tar")
        for name in ("web.part", "web.tar"):
            self.write("r.ini", RECIPE.replace("source = web", f"source = {name}"))
            error = self.run_json("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "web", expect=2)["error"]
            self.assertIn("would be written over the source of payload web", error["cause"])
            self.assertEqual(source.read_bytes(), before)

    def test_a_failed_build_leaves_the_old_bundle(self):
        self.build()
        before = (self.folder / "out.ignite").read_bytes()
        self.write("bad.ini", RECIPE.replace("source = web", "source = absent"))
        self.run_json("build", "bad.ini", "--sign", "K.key", "--unencrypted", "-o", "out.ignite", expect=2)
        self.assertEqual((self.folder / "out.ignite").read_bytes(), before)
        names = {path.name for path in self.folder.iterdir()}
        self.run_json("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "absent/out.ignite", expect=1)
        self.assertEqual({path.name for path in self.folder.iterdir()}, names)

    def test_names_from_files_cannot_steer_a_terminal(self):
        os.mkfifo(self.folder / "web/\x1b[2Jpipe")
        done = self.run_pack("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "x", expect=2)
        self.assertNotIn(b"\x1b", done.stderr)
        self.assertIn(rb"\x1b[2Jpipe", done.stderr)


class ArchiveTest(PackCase):
    """Archives as `source =`: what they give, and what is refused by line, name and remedy."""

    def setUp(self):
        super().setUp()
        self.make_keys()
        self.make_release()

    def recipe(self, source):
        name = f"{source}.ini"
        self.write(name, RECIPE.replace("source = web", f"source = {source}").replace("units =", "; units ="))
        return name

    def content_id(self, source, **environment):
        return self.build(recipe=self.recipe(source), **environment)["content-id"]

    def assert_refused(self, source, *faults):
        """Each of the faults stands there with its line, and nothing else; all have a remedy."""
        done = self.run_pack("build", self.recipe(source), "--sign", "K.key", "--unencrypted", "-o", "x", expect=2)
        lines = done.stderr.decode().splitlines()
        found = [line.removeprefix("ignite-pack: ") for line in lines if ".ini:15: payload web: " in line]
        self.assertEqual(len(found), len(faults), lines)
        for line, fault in zip(found, faults):
            self.assertIn(f": {fault}", line)
            self.assertTrue(line.endswith(")"), f"no remedy: {line}")
        self.assertFalse((self.folder / "x").exists())

    def zip(self, name, members):
        """Of (path, mode or None, content); a mode as of lstat. No mode: as from MS-DOS."""
        with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, mode, content in members:
                info = zipfile.ZipInfo(path, (2020, 9, 13, 12, 26, 40))  # 1600000000 in UTC
                info.create_system = 0 if mode is None else 3
                info.external_attr = (mode or 0) << 16
                archive.writestr(info, content, zipfile.ZIP_DEFLATED)

    def zip_of_release(self):
        members = []
        for path in sorted((self.folder / "web").rglob("*")):
            name = path.relative_to(self.folder / "web").as_posix()
            mode = path.lstat().st_mode
            if path.is_symlink():
                members.append((name, mode, os.readlink(path)))
            elif path.is_dir():
                members.append((name + "/", mode, ""))
            else:
                members.append((name, mode, path.read_bytes()))
        return members

    def test_a_zip_archive_gives_the_content_id_of_the_folder(self):
        (self.folder / "web/data/link.html").unlink()  # zip knows no hard links
        (self.folder / "web/systemd/web.service").chmod(0o4750)
        self.set_times("web")
        self.write("web.ini", RECIPE.replace("units =", "allow = systemd/web.service\n; units ="))
        epoch = "1600000000"
        of_folder = self.build(recipe="web.ini", SOURCE_DATE_EPOCH=epoch)["content-id"]
        self.zip("any.name", self.zip_of_release())
        self.write("zip.ini", (self.folder / "web.ini").read_text().replace("= web\n", "= any.name\n", 1))
        for zone in ("UTC", "Asia/Tokyo"):
            of_zip = self.build(recipe="zip.ini", SOURCE_DATE_EPOCH=epoch, TZ=zone)["content-id"]
            self.assertEqual(of_zip, of_folder, zone)

    def test_zip_entries_without_modes_belong_to_root_and_are_written_by_root_alone(self):
        self.zip("modes.zip", [("f", None, ""), ("d/", None, ""), ("d/g", stat.S_IFREG | 0o755, "")])
        with tarfile.open(self.folder / "modes.tar", "w") as archive:
            archive.addfile(self.tar_info("./", tarfile.DIRTYPE, mtime=0))
            archive.addfile(self.tar_info("f", mode=0o644))
            archive.addfile(self.tar_info("d", tarfile.DIRTYPE))
            archive.addfile(self.tar_info("d/g", mode=0o755))
        self.assertEqual(self.content_id("modes.zip"), self.content_id("modes.tar"))

    @staticmethod
    def tar_info(name, kind=tarfile.REGTYPE, mode=0o755, mtime=1_600_000_000, **more):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.mtime, info.uname, info.gname = kind, mode, mtime, "root", "root"
        for key, value in more.items():
            setattr(info, key, value)
        return info

    def make_package(self, name, compression):
        control = self.folder / "web/DEBIAN/control"
        if not control.exists():
            self.write("web/DEBIAN/control", "Package: web\nVersion: 1\nArchitecture: all\nMaintainer: W <w@example.com>\n"
                                             "Description: web\n")
            self.write("web/DEBIAN/postinst", "#!/bin/sh\n").chmod(0o755)
            self.set_times("web")
        subprocess.run(["dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", "web", name],
                       cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def test_a_debian_package_gives_the_content_id_of_its_files(self):
        of_folder = self.content_id("web")
        for compression in ("none", "gzip", "xz", "zstd"):
            self.make_package(f"{compression}.deb", compression)
            self.assertEqual(self.content_id(f"{compression}.deb"), of_folder, compression)

    def test_that_maintainer_scripts_do_not_run_is_said(self):
        self.make_package("web.deb", "xz")
        words = ("build", self.recipe("web.deb"), "--sign", "K.key", "--unencrypted", "-o", "x.ignite")
        self.assertRegex(self.run_pack(*words).stdout.decode(), r"\nnote: payload web: .*scripts do not run")
        (note,) = self.run_json(*words)["notes"]
        self.assertIn("payload web: ", note)
        self.assertEqual(self.build()["notes"], [])

    def test_packages_that_are_none(self):
        self.make_package("web.deb", "xz")
        self.write("debian-binary", "2.0\n")
        self.write("a.o", "x")
        for name, members in (("no-data.deb", ["debian-binary"]), ("a.a", ["a.o"])):
            subprocess.run(["ar", "rc", name, *members], cwd=self.folder, check=True)
        self.assert_refused("no-data.deb", "'./no-data.deb' cannot be read as an archive: the Debian package has no data")
        self.assert_refused("a.a", "'./a.a' cannot be read as an archive: it is an ar archive and no Debian package")
        whole = (self.folder / "web.deb").read_bytes()
        (self.folder / "short.deb").write_bytes(whole[:-200])
        self.assert_refused("short.deb", "'./short.deb' cannot be read")

    def test_hostile_paths(self):
        members = [("/absolute", 0o644, ""), ("../up", 0o644, ""), ("a/../../up", 0o644, ""), ("good", 0o644, ""),
                   ("./good", 0o644, ""), ("n" * 256, 0o644, ""), ("good/below", 0o644, "")]
        self.zip("hostile.zip", members)
        with tarfile.open(self.folder / "hostile.tar", "w", format=tarfile.PAX_FORMAT) as archive:
            for path, mode, _ in members:
                archive.addfile(self.tar_info(path, mode=mode))
        for name in ("hostile.zip", "hostile.tar"):
            self.assert_refused(name, "'/absolute' is absolute", "'../up' is absolute, goes up", "'a/../../up' is",
                                "'good' comes twice in the archive", f"'{'n' * 256}' is no path that a tree can hold",
                                "'good' is a folder and also something else")

    def test_what_is_no_file(self):
        self.zip("node.zip", [("node", stat.S_IFCHR | 0o644, ""), ("empty-link", stat.S_IFLNK | 0o777, "")])
        self.assert_refused("node.zip", "'node' is a device node, a FIFO or a socket",
                            "'empty-link' has an empty or too long link target")
        with tarfile.open(self.folder / "node.tar", "w", format=tarfile.PAX_FORMAT) as archive:
            archive.addfile(self.tar_info("node", tarfile.CHRTYPE))
            archive.addfile(self.tar_info("link", tarfile.SYMTYPE, linkname="x" * 4096))
            archive.addfile(self.tar_info("hard", tarfile.LNKTYPE, linkname="absent"))
            archive.addfile(self.tar_info("owned", uname="EXAMPLE+joe"))
            archive.addfile(self.tar_info("flags", pax_headers={"SCHILY.fflags": "sappnd,schg"}))
            archive.addfile(self.tar_info("origin", pax_headers={"SCHILY.xattr.user.origin": "x"}))
            archive.addfile(self.tar_info("acl", pax_headers={
                "SCHILY.acl.access": "user::rw-,user:lisa:r--,group::r--,mask::r--,other::r--"}))
        self.assert_refused(
            "node.tar", "'node' is a device node", "'hard' is a hard link to 'absent', which is no earlier file",
            "'flags' is immutable or append-only", "'origin' has the extended attribute 'user.origin'",
            "'acl' has an access control list", "'link' has an empty or too long link target",
            "'owned' belongs to 'EXAMPLE+joe':'root', which no probe can have")

    def test_encrypted_and_damaged_zip_archives(self):
        self.zip("plain.zip", [("secret", 0o644, b"0123456789" * 1000)])
        plain = (self.folder / "plain.zip").read_bytes()
        flagged = bytearray(plain)
        flagged[6] |= 1
        flagged[plain.index(b"PK\1\2") + 8] |= 1
        (self.folder / "encrypted.zip").write_bytes(flagged)
        self.assert_refused("encrypted.zip", "'secret' is encrypted")
        damaged = bytearray(plain)
        damaged[60] ^= 0x10
        (self.folder / "damaged.zip").write_bytes(damaged)
        self.assert_refused("damaged.zip", "'secret' cannot be read from the archive")
        (self.folder / "short.zip").write_bytes(plain[:-30])
        self.assert_refused("short.zip", "'./short.zip' cannot be read as an archive")

    def test_unknown_formats(self):
        self.write("text.zip", "no archive")
        self.write("empty.deb", "")
        for name in ("text.zip", "empty.deb"):
            self.assert_refused(name, f"'./{name}' cannot be read as an archive")


class ImageTest(PackCase):
    """Payloads of type image."""

    SIZE = 9 << 29  # 4.5 GiB

    def setUp(self):
        super().setUp()
        self.make_keys()

    def write_recipe(self, component="os", source="rootfs.ext4", more=""):
        head = RECIPE[:RECIPE.index("[payload web]")].replace("notes = notes.md\n", "")
        return self.write("r.ini", f"{head}[payload system]\ntype = image\ncomponent = {component}\nversion = 12.6\n"
                                   f"source = {source}\n{more}")

    def write_sparse(self, size, *places):
        """An image of holes, but for bytes that do not compress around each of `places`."""
        with open(self.folder / "rootfs.ext4", "wb") as image:
            image.truncate(size)
            for place in places:
                at = max(0, min(place, size) - 50_000)
                image.seek(at)
                image.write(random.Random(place).randbytes(min(100_000, size - at)))

    def digest_of_file(self):
        """What SPEC.md section 8.3 says of the stream of such a file."""
        chunk_size = 1 << 20
        zeros = bytes(chunk_size)
        digest_of_zeros = hashlib.sha256(zeros).digest()
        whole = hashlib.sha256()
        with open(self.folder / "rootfs.ext4", "rb") as image:
            while chunk := image.read(chunk_size):
                whole.update(digest_of_zeros if chunk == zeros else hashlib.sha256(chunk).digest())
        return whole.hexdigest()

    def test_a_sparse_image_of_more_than_4_gib(self):
        self.write_recipe()
        self.write_sparse(self.SIZE, 0, 2 << 30, 4 << 30, self.SIZE)
        built = self.build("--level", "1")
        self.assertLess(built["size"], 1_000_000)

        manifest = self.run_json("inspect", "out.ignite", "--identity", "P.key")["manifest"]
        payload = manifest["payloads"][0]
        self.assertEqual((payload["type"], payload["component"], payload["version"]), ("image", "os", "12.6"))
        self.assertEqual((payload["plain-size"], payload["spec"]), (self.SIZE, {}))
        shown = self.run_pack("inspect", "out.ignite", "--identity", "P.key").stdout.decode()
        self.assertRegex(shown, r"payload +system  image  os 12\.6  4\.8 GB\n")

        memory = peak_memory([str(word) for word in (
            PROGRAM, "verify", self.folder / "out.ignite", "--keyring", self.folder / "keyring.json",
            "--identity", self.folder / "P.key")])
        if not takes_memory_of_its_own:
            self.assertLessEqual(memory, MEMORY_LIMIT)

        self.assertEqual(self.build("--level", "1", "--unencrypted")["content-id"], built["content-id"])
        with tarfile.open(self.folder / "out.ignite") as archive:
            stream, = json.load(archive.extractfile("MANIFEST"))["payloads"][0]["streams"]
        self.assertEqual(stream, {"size": self.SIZE, "digest": self.digest_of_file()})

    def test_a_hole_is_the_same_as_zeros(self):
        self.write_recipe()
        self.write_sparse(5_000_000, 0, 3_000_000)
        sparse = self.build()["content-id"]
        path = self.folder / "rootfs.ext4"
        path.write_bytes(path.read_bytes())
        self.assertEqual(self.build()["content-id"], sparse)

    def test_an_image_beside_a_tree(self):
        self.make_release()
        self.write_sparse(3_000_000, 0)
        self.write_recipe(more="[payload web]\ntype = tree\ncomponent = app/web\nsource = web\npath = /opt/web\n")
        self.build()
        verified = self.run_json("verify", "out.ignite", "--keyring", "keyring.json", "--identity", "P.key")
        self.assertEqual([payload["type"] for payload in verified["manifest"]["payloads"]], ["image", "tree"])
        self.assertEqual(verified["files"], 4)

    def test_a_flipped_byte_is_found(self):
        self.write_recipe()
        self.write_sparse(300_000, 0, 200_000)
        self.build()
        data = bytearray((self.folder / "out.ignite").read_bytes())
        data[-100_000] ^= 1
        (self.folder / "out.ignite").write_bytes(data)
        words = ("verify", "out.ignite", "--keyring", "keyring.json", "--identity", "P.key")
        self.assertEqual(self.run_json(*words, expect=3)["error"]["code"], "corrupt")

    def test_refusals_name_the_line_and_a_remedy(self):
        (self.folder / "folder").mkdir()
        os.mkfifo(self.folder / "fifo")
        self.write("empty", "")
        self.write("good", "x")
        with open(self.folder / "huge", "wb") as image:
            image.truncate((256 << 30) + 1)
        for source, component, expected in (
            ("absent", "os", r"r\.ini:15: there is no '\./absent' \(give the file of the image"),
            ("folder", "os", r"r\.ini:15: '\./folder' is a folder \(make a file system image of it, or write type = tree\)"),
            ("fifo", "os", r"r\.ini:15: '\./fifo' is a FIFO \(give a regular file"),
            ("/dev/null", "os", r"r\.ini:15: '/dev/null' is neither a file nor a folder \(give a regular file"),
            ("empty", "os", r"r\.ini:15: '\./empty' is empty \(build the image before the bundle\)"),
            ("huge", "os", r"r\.ini:15: '\./huge' has 274877906945 bytes, a bundle can hold 274877906944 \(shrink"),
            ("good", "app/web", r"r\.ini:13: an image cannot be of the component 'app/web' \(write component = os\)"),
        ):
            self.write_recipe(component=component, source=source)
            done = self.run_pack("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "x", expect=2)
            self.assertRegex(done.stderr.decode(), expected)
            self.assertEqual(len(done.stderr.decode().splitlines()), 2, "the fault, and the remedy for the recipe")
        self.write_recipe(source="good", more="path = /dev/sda2\n")
        done = self.run_pack("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "x", expect=2)
        self.assertRegex(done.stderr.decode(), r"r\.ini:16: unknown key 'path'")
        self.assertFalse((self.folder / "x").exists())


class LicenceTest(PackCase):
    """Bundles of kind licence."""

    HEAD = RECIPE[:RECIPE.index("[payload web]")].replace("notes = notes.md\n", "").replace("service-pack", "licence")

    def setUp(self):
        super().setUp()
        self.make_keys()
        self.run_pack("keyring", "--role", "licence=K.pub", "-o", "licences.json")

    def write_licence(self, keys="", identity="P.pub", head=HEAD):
        return self.write("r.ini", f"{head}[payload licence]\ntype = licence\ncomponent = licence\nidentity = {identity}\n"
                                   f"customer = Soci\u00e9t\u00e9 Exemple\n{keys}")

    def test_a_licence_is_built_shown_and_verified(self):
        self.write_licence("serial = L-42\nfeatures = flows, alerts\nlimits = sensors = 500\nnot-after = 2027-12-31\n")
        noon = {"SOURCE_DATE_EPOCH": "1795694400"}
        built = self.build(**noon)
        self.assertEqual(built["kind"], "licence")
        self.assertEqual(self.build(**noon)["content-id"], built["content-id"])
        shown = self.run_pack("inspect", "out.ignite", "--identity", "P.key").stdout.decode()
        self.assertRegex(shown, r"payload +licence  licence  licence 4\.2\.1  "
                                r"for Soci\u00e9t\u00e9 Exemple, 1 probe, until 2027-12-31, flows, alerts, sensors 500\n")
        manifest = self.run_json("verify", "out.ignite", "--keyring", "licences.json", "--identity", "P.key")["manifest"]
        spec = manifest["payloads"][0]["spec"]
        self.assertEqual((spec["issued"], spec["not-after"], spec["serial"]), ("2026-11-26", "2027-12-31", "L-42"))

    def test_refusals_name_the_line_and_a_remedy(self):
        for arguments, expected in (
            ({"identity": "absent.pub"}, r"r\.ini:14: .*absent\.pub.* \(give the \.pub file of 'ignite-pack keygen --identity'\)"),
            ({"identity": "K.pub"}, r"r\.ini:14: .*K\.pub"),
            ({"keys": "not-after = soon\n"}, r"r\.ini:16: 'soon' is no day \(write the last day as YEAR-MONTH-DAY"),
            ({"keys": "not-after = 2020-01-01\n"}, r"r\.ini:16: the licence would have ended before today, 20"),
            ({"keys": "source = x\n"}, r"r\.ini:16: unknown key 'source'"),
            ({"head": self.HEAD.replace("= licence", "= product")},
             r"r\.ini:12: payloads of the type licence do not belong to the kind product \(such a bundle takes: tree, config, migrations, image\)"),
        ):
            self.write_licence(**arguments)
            done = self.run_pack("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "x", expect=2)
            self.assertRegex(done.stderr.decode(), expected)
            self.assertFalse((self.folder / "x").exists())

    def test_a_customer_is_never_changed_on_the_way(self):
        recipe = self.write_licence()
        recipe.write_bytes(recipe.read_text().encode("latin-1"))
        done = self.run_pack("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "x", expect=2)
        self.assertIn("'customer' is no text of a licence", done.stderr.decode())

    def test_the_bundle_replaces_none_of_the_keys_that_it_is_made_of(self):
        self.run_pack("keygen", "--identity", "-o", "Q")
        self.write_licence(identity="P.pub, Q.pub")
        before = (self.folder / "Q.pub").read_bytes()
        done = self.run_pack("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "Q.pub", expect=2)
        self.assertIn("would replace the source of payload licence", done.stderr.decode())
        self.assertEqual((self.folder / "Q.pub").read_bytes(), before)


class VerifyTest(PackCase):
    def setUp(self):
        super().setUp()
        self.make_keys()
        self.make_release()
        self.write("web/data/large.bin", "small")
        self.build()
        self.bytes = (self.folder / "out.ignite").read_bytes()

    def verify(self, data, expect):
        (self.folder / "x.ignite").write_bytes(data)
        return self.run_json("verify", "x.ignite", "--keyring", "keyring.json", "--identity", "P.key", expect=expect)

    def test_untrusted_keys_and_missing_roles(self):
        self.run_pack("keygen", "--role", "release", "-o", "X")
        self.run_pack("keyring", "--role", "release=X.pub", "-o", "x.json")
        self.run_pack("keyring", "--role", "release=K.pub", "--role", "qa=X.pub", "-o", "two.json")
        words = ("verify", "out.ignite", "--identity", "P.key")
        for keyring in ("x.json", "two.json"):
            error = self.run_json(*words, "--keyring", keyring, expect=3)["error"]
            self.assertEqual(error["code"], "untrusted")
        self.run_json(*words, "--keyring", "K.pub", expect=2)
        self.run_json(*words, "--keyring", "absent.json", expect=2)
        self.build("--sign", "X.key")
        self.run_json(*words, "--keyring", "two.json")

    def test_bundles_that_are_none(self):
        self.verify(b"", 3)
        self.verify(b"no bundle at all" * 1000, 3)
        self.verify(self.bytes[:100], 3)
        self.verify(self.bytes[:-1], 3)
        self.verify(self.bytes + b"x", 3)
        self.run_json("verify", "absent.ignite", "--keyring", "keyring.json", expect=2)
        self.run_json("inspect", "absent.ignite", expect=2)
        self.run_json("inspect", "web", expect=2)
        for data in (b"", b"x" * 10, self.bytes[:3000], self.bytes[:-1], self.bytes + b"\0"):
            (self.folder / "x.ignite").write_bytes(data)
            self.run_json("inspect", "x.ignite", expect=3)

    def test_an_unknown_version_is_told_from_damage(self):
        data = bytearray(self.bytes)
        data[512 + 8] = 9  # the format version, little-endian, behind the magic
        self.assertEqual(self.verify(bytes(data), 3)["error"]["code"], "unsupported")

    def test_flipped_bytes_are_found(self):
        for at in range(0, len(self.bytes), 211):
            data = bytearray(self.bytes)
            data[at] ^= 1
            self.verify(bytes(data), 3)

    def test_identities(self):
        self.run_pack("keygen", "--identity", "-o", "other")
        words = ("verify", "out.ignite", "--keyring", "keyring.json")
        error = self.run_json(*words, expect=3)["error"]
        self.assertEqual(error["code"], "not-addressed")
        self.run_json(*words, "--identity", "other.key", expect=3)
        self.run_json(*words, "--identity", "other.key", "--identity", "P.key")
        self.run_json(*words, "--identity", "P.pub", expect=2)

    def test_plain_bundles_are_accepted_and_said_to_be_plain(self):
        self.build("--unencrypted")
        shown = self.run_json("inspect", "out.ignite")
        self.assertFalse(shown["encrypted"])
        self.assertEqual(shown["manifest"]["product"], "netprobe")
        done = self.run_pack("verify", "out.ignite", "--keyring", "keyring.json")
        self.assertIn(b"NOT ENCRYPTED", done.stdout)


class SignerProgramTest(PackCase):
    """A private key that stays where a program keeps it."""

    OPENSSL = "openssl pkeyutl -sign -rawin -in /dev/stdin -inkey {}.key"

    def setUp(self):
        super().setUp()
        self.make_keys()
        self.make_release()

    def build_with(self, command, public="K.pub", expect=0):
        words = ("build", "r.ini", "--with", command, "--public", public, "--recipient", "P.pub", "-o", "x.ignite")
        return self.run_pack(*words, "--json", expect=expect)

    def test_openssl_signs_a_build(self):
        built = json.loads(self.build_with(self.OPENSSL.format("K")).stdout)
        self.assertEqual(built["signed-by"], self.build()["signed-by"])
        self.run_json("verify", "x.ignite", "--keyring", "keyring.json", "--identity", "P.key")

    def test_key_files_and_a_program_sign_together_and_each_key_once(self):
        self.run_pack("keygen", "--role", "qa", "-o", "Q")
        program = ("--with", self.OPENSSL.format("Q"), "--public", "Q.pub")
        self.assertEqual(len(self.build(*program)["signed-by"]), 2)
        self.assertEqual(len(self.build(*program, "--sign", "Q.key")["signed-by"]), 2)

    def test_a_program_that_does_not_sign_leaves_no_bundle(self):
        self.run_pack("keygen", "--role", "release", "-o", "X")
        for command, text in (
            ("no-such-program", "is not there"),
            ("echo no token >&2; exit 7", "ended with exit code 7"),
            ("echo signature", "wrote 10 bytes where an Ed25519 signature has 64"),
            (self.OPENSSL.format("X"), "does not fit the public key"),
            ("head -c 64 /dev/zero", "does not fit the public key"),
        ):
            error = json.loads(self.build_with(command, expect=1).stdout)["error"]
            self.assertIn(text, error["cause"])
            self.assertFalse(list(self.folder.glob("x.ignite*")), command)
        self.assertEqual(self.build_with("echo no token >&2; exit 7", expect=1).stderr, b"no token\n")

    def signal_a_build(self, number, ignored=False):
        """Sends a signal to a build that has written everything and waits for a signature; returns its exit code."""
        words = ("build", "r.ini", "--with", f"echo $$ > pid; mv pid begun; read line < go; {self.OPENSSL.format('K')}",
                 "--public", "K.pub", "--recipient", "P.pub", "-o", "out.ignite")
        (self.folder / "begun").unlink(missing_ok=True)
        process = subprocess.Popen(
            [PROGRAM, *words], cwd=self.folder, stdout=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL))
        while not (self.folder / "begun").exists():
            self.assertIsNone(process.poll(), "it was over before it was seen")
            time.sleep(0.01)
        self.assertTrue((self.folder / "out.ignite.part").exists())
        signer = pathlib.Path("/proc", (self.folder / "begun").read_text().strip())
        self.assertTrue(signer.exists())
        process.send_signal(number)
        if ignored:
            (self.folder / "go").write_text("now\n")
        code = process.wait(timeout=10)
        self.assertFalse(signer.exists())
        return code

    def test_a_signal_leaves_nothing_unfinished_behind(self):
        os.mkfifo(self.folder / "go")
        self.build()
        before = (self.folder / "out.ignite").read_bytes()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.assertEqual(self.signal_a_build(number), -number, "whoever waits sees that a signal ended it")
            self.assertEqual(sorted(path.name for path in self.folder.glob("out.ignite*")), ["out.ignite"], number)
            self.assertEqual((self.folder / "out.ignite").read_bytes(), before)

    def test_a_signal_that_is_ignored_is_ignored(self):
        os.mkfifo(self.folder / "go")
        self.assertEqual(self.signal_a_build(signal.SIGHUP, ignored=True), 0)
        self.run_json("verify", "out.ignite", "--keyring", "keyring.json", "--identity", "P.key")

    def test_usage(self):
        good = ("build", "r.ini", "--unencrypted", "-o", "x.ignite")
        for words in (("--with", "true"), ("--public", "K.pub"), ("--with", "true", "--public", "K.key")):
            self.run_json(*good, *words, expect=2)
        self.run_json(*good, "--sign", "K.key", "--with", "true", expect=2)


class FifoTest(PackCase):
    """What would keep a program waiting for ever is refused wherever a file is given."""

    def test_each_place_of_a_file(self):
        self.make_keys()
        self.make_release()
        self.build()
        os.mkfifo(self.folder / "fifo")
        build = ("build", "r.ini", "-o", "x.ignite")
        for words in (
            ("inspect", "fifo"),
            ("inspect", "out.ignite", "--identity", "fifo"),
            ("verify", "fifo", "--keyring", "keyring.json", "--identity", "P.key"),
            ("verify", "out.ignite", "--keyring", "fifo", "--identity", "P.key"),
            ("verify", "out.ignite", "--keyring", "keyring.json", "--identity", "fifo"),
            ("rewrap", "fifo", "--identity", "P.key", "--recipient", "P.pub", "-o", "x.ignite"),
            ("rewrap", "out.ignite", "--identity", "fifo", "--recipient", "P.pub", "-o", "x.ignite"),
            ("sign", "fifo", "--sign", "K.key", "-o", "x.ignite"),
            ("sign", "out.ignite", "--sign", "fifo", "-o", "x.ignite"),
            ("build", "fifo", "--sign", "K.key", "--recipient", "P.pub", "-o", "x.ignite"),
            (*build, "--sign", "fifo", "--recipient", "P.pub"),
            (*build, "--sign", "K.key", "--recipient", "fifo"),
            (*build, "--with", "true", "--public", "fifo", "--recipient", "P.pub"),
            ("keyring", "--role", "release=fifo", "-o", "x.json"),
        ):
            error = self.run_json(*words, expect=2)["error"]
            self.assertRegex(error["cause"], "fifo'? is no regular file", words)
            self.assertTrue(error["remedy"], words)
        for old, new in (("source = web", "source = fifo"), ("notes = notes.md", "notes = fifo")):
            self.write("r.ini", RECIPE.replace(old, new))
            self.run_json(*build, "--sign", "K.key", "--recipient", "P.pub", expect=2)


class RewrapTest(PackCase):
    def setUp(self):
        super().setUp()
        self.make_keys()
        self.make_release()
        self.built = self.build()
        self.before = (self.folder / "out.ignite").read_bytes()
        for name in ("new", "other"):
            self.run_pack("keygen", "--identity", "-o", name)

    def rewrap(self, *words, bundle="out.ignite", out="new.ignite", key="P.key", to=("--recipient", "new.pub"), expect=0):
        return self.run_json("rewrap", bundle, "--identity", key, *to, "-o", out, *words, expect=expect)

    def refused(self, cause, remedy, expect, **args):
        """Refused for this cause with this remedy; every file is as it was."""
        files = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        error = self.rewrap(**args, expect=expect)["error"]
        self.assertIn(cause, error["cause"])
        self.assertIn(remedy, error["remedy"])
        self.assertEqual({path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}, files)

    def members(self, name):
        with tarfile.open(self.folder / name) as archive:
            return {member.name: archive.extractfile(member).read() for member in archive}

    def test_the_new_recipient_reads_what_was_signed(self):
        made = self.rewrap()
        self.assertEqual(made["content-id"], self.built["content-id"])
        self.assertEqual(made["size"], (self.folder / "new.ignite").stat().st_size)
        self.assertEqual(made["recipients"], 1)
        self.assertEqual((self.folder / "out.ignite").read_bytes(), self.before)
        self.assertFalse((self.folder / "new.ignite.part").exists())
        old, new = self.members("out.ignite"), self.members("new.ignite")
        self.assertEqual(list(old), list(new))
        self.assertEqual([name for name in old if old[name] != new[name]], ["RECIPIENTS"])
        verify = ("verify", "new.ignite", "--keyring", "keyring.json", "--identity")
        self.assertEqual(self.run_json(*verify, "new.key")["content-id"], self.built["content-id"])
        self.run_json(*verify, "P.key", expect=3)

    def test_old_recipients_stay_where_they_are_given_again(self):
        (self.folder / "probes").mkdir()
        for name in ("P.pub", "new.pub"):
            os.link(self.folder / name, self.folder / "probes" / name)
        made = self.rewrap(to=("--recipients", "probes", "--recipient", "new.pub"))
        self.assertEqual(made["recipients"], 2)
        for key, expect in (("P.key", 0), ("new.key", 0), ("other.key", 3)):
            self.run_json("inspect", "new.ignite", "--identity", key, expect=expect)
        again = ("--identity", "new.key", "--recipient", "other.pub", "-o", "again.ignite")
        self.run_json("rewrap", "new.ignite", *again)
        self.run_json("verify", "again.ignite", "--keyring", "keyring.json", "--identity", "other.key")

    def test_text_output(self):
        words = ("rewrap", "out.ignite", "--identity", "P.key", "--recipient", "new.pub", "-o", "new.ignite")
        self.assertRegex(self.run_pack(*words).stdout.decode(),
                         r"^rewrapped new\.ignite  \d+\.\d kB  1 recipient  content id [0-9a-f]{64}\n$")

    def test_one_of_several_identities_is_enough(self):
        self.rewrap("--identity", "new.key", key="other.key", expect=3)
        self.rewrap("--identity", "P.key", key="other.key")

    def test_nothing_is_overwritten(self):
        self.write("new.ignite", "in the way")
        self.refused("'new.ignite' exists already", "another name", 1)
        self.refused("'out.ignite' exists already", "another name", 1, out="out.ignite")
        os.symlink("out.ignite", self.folder / "link.ignite")
        self.refused("'link.ignite' exists already", "another name", 1, out="link.ignite")
        os.symlink("absent", self.folder / "dangling.ignite")
        self.refused("'dangling.ignite' exists already", "another name", 1, out="dangling.ignite")

    def test_a_bundle_under_the_name_of_an_unfinished_one_is_kept(self):
        os.link(self.folder / "out.ignite", self.folder / "x.part")
        for bundle in ("x.part", "out.ignite"):
            self.refused("'x.part', where the new bundle would be written, is the bundle itself", "another name", 1,
                         bundle=bundle, out="x")

    def test_what_cannot_be_rewrapped_is_refused(self):
        self.refused("not encrypted to the identity given", "secret key of one of its recipients", 3, key="other.key")
        self.build("--unencrypted", out="plain.ignite")
        self.refused("not encrypted, so it has no recipients", "--recipient", 3, bundle="plain.ignite")
        damaged = bytearray(self.before)
        damaged[-2000] ^= 1
        (self.folder / "damaged.ignite").write_bytes(damaged)
        self.refused("a chunk of the bundle is damaged", "again", 3, bundle="damaged.ignite")
        (self.folder / "short.ignite").write_bytes(self.before[:-1])
        self.refused("bytes are missing", "upload", 3, bundle="short.ignite")
        self.write("text.ignite", "no bundle" * 100)
        self.refused("bundle", "upload", 3, bundle="text.ignite")
        self.refused("opening absent.ignite", "a bundle that you may read", 2, bundle="absent.ignite")
        for name in ("K.pub", "P.key", "r.ini", "absent.pub"):
            self.refused(name, "", 2, to=("--recipient", name))
        self.refused("K.key", "", 2, key="K.key")
        self.refused("no recipient is given", "--recipients", 2, to=())
        self.run_json("rewrap", "out.ignite", "--recipient", "new.pub", "-o", "new.ignite", expect=2)
        self.run_json("rewrap", "out.ignite", "--identity", "P.key", "--recipient", "new.pub", expect=2)
        self.assertFalse((self.folder / "new.ignite").exists())


class SignTest(PackCase):
    """A second signature, added elsewhere and later."""

    def setUp(self):
        super().setUp()
        self.make_keys()
        self.make_release()
        self.run_pack("keygen", "--role", "qa", "-o", "Q")
        self.run_pack("keyring", "--role", "release=K.pub", "--role", "qa=Q.pub", "-o", "both.json")
        self.built = self.build()

    def sign(self, *words, bundle="out.ignite", out="new.ignite", expect=0):
        return self.run_json("sign", bundle, *words, "-o", out, expect=expect)

    def verify(self, name, expect=0):
        return self.run_json("verify", name, "--keyring", "both.json", "--identity", "P.key", expect=expect)

    def refused(self, cause, expect, *words, **args):
        """Refused for this cause; every file is as it was."""
        files = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        error = self.sign(*words, **args, expect=expect)["error"]
        self.assertIn(cause, error["cause"])
        self.assertTrue(error["remedy"])
        self.assertEqual({path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}, files)

    def test_the_missing_role_vouches_and_only_signatures_change(self):
        self.verify("out.ignite", expect=3)
        before = (self.folder / "out.ignite").read_bytes()
        made = self.sign("--sign", "Q.key")
        self.assertEqual(made["content-id"], self.built["content-id"])
        self.assertEqual(made["size"], (self.folder / "new.ignite").stat().st_size)
        self.assertEqual(self.verify("new.ignite")["content-id"], self.built["content-id"])
        shown = self.run_json("inspect", "new.ignite")["signed-by"]
        self.assertEqual(shown, self.built["signed-by"] + made["added"])
        self.assertEqual((self.folder / "out.ignite").read_bytes(), before)
        members = []
        for name in ("out.ignite", "new.ignite"):
            with tarfile.open(self.folder / name) as archive:
                members.append({member.name: archive.extractfile(member).read() for member in archive})
        old, new = members
        self.assertEqual(list(old), list(new))
        self.assertEqual([name for name in old if old[name] != new[name]], ["SIGNATURES"])

    def test_a_program_signs_what_a_rewrap_made(self):
        self.run_pack("keygen", "--identity", "-o", "N")
        self.run_json("rewrap", "out.ignite", "--identity", "P.key", "--recipient", "N.pub", "-o", "for-n.ignite")
        program = SignerProgramTest.OPENSSL.format("Q")
        self.sign("--with", program, "--public", "Q.pub", bundle="for-n.ignite")
        self.run_json("verify", "new.ignite", "--keyring", "both.json", "--identity", "N.key")
        self.refused("ended with exit code 7", 1, "--with", "exit 7", "--public", "Q.pub", out="x.ignite")
        wrong = SignerProgramTest.OPENSSL.format("K")
        self.refused("does not fit the public key", 1, "--with", wrong, "--public", "Q.pub", out="x.ignite")

    def test_several_keys_at_once(self):
        self.run_pack("keygen", "--role", "qa", "-o", "Q2")
        made = self.sign("--sign", "Q.key", "--sign", "Q2.key", "--sign", "Q.key")
        self.assertEqual(len(made["added"]), 2)
        self.verify("new.ignite")

    def test_text_output(self):
        done = self.run_pack("sign", "out.ignite", "--sign", "Q.key", "-o", "new.ignite")
        self.assertRegex(done.stdout.decode(),
                         r"^signed new\.ignite  \d+\.\d kB  1 signature added  content id [0-9a-f]{64}\n$")

    def test_what_cannot_be_signed_is_refused(self):
        key = ("--sign", "Q.key")
        self.refused("has signed the bundle already", 1, "--sign", "K.key")
        self.refused("has signed the bundle already", 1, *key, "--sign", "K.key")
        self.refused("'out.ignite' exists already", 1, *key, out="out.ignite")
        os.link(self.folder / "out.ignite", self.folder / "x.part")
        self.refused("is the bundle itself", 1, *key, out="x")
        damaged = bytearray((self.folder / "out.ignite").read_bytes())
        damaged[-2000] ^= 1
        (self.folder / "damaged.ignite").write_bytes(damaged)
        self.refused("a chunk of the bundle is damaged", 3, *key, bundle="damaged.ignite")
        self.refused("opening absent.ignite", 2, *key, bundle="absent.ignite")
        self.refused("no key to sign with", 2)
        for name in ("Q.pub", "P.key", "r.ini"):
            self.refused(name, 2, "--sign", name)


class CommandLineTest(PackCase):
    def test_version(self):
        self.assertRegex(self.run_pack("--version").stdout.decode(), r"^ignite-pack \d+\.\d+\.\d+\n$")

    def test_unknown_words_name_the_nearest(self):
        for words, remedy in ((("biuld",), "build"), (("build", "--sing", "x"), "--sign"), (("--jsn",), "--json")):
            done = self.run_pack(*words, expect=2)
            self.assertIn(f"did you mean '{remedy}'?", done.stderr.decode())
            self.assertEqual(done.stdout, b"")
        self.run_pack(expect=2)


DATA_RECIPE = """\
[bundle]
kind = service-pack
product = netprobe
version = 1.1
counter = 11
epoch = 1
compatible = netprobe-x86_64

[payload schema]
type = migrations
component = data/main
source = sql
database = sqlite:/var/lib/netprobe/main.db
"""

STEPS = {
    "1_hosts.up.sql": "CREATE TABLE hosts (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n",
    "1_hosts.down.sql": "DROP TABLE hosts;\n",
    "2_port.up.sql": "ALTER TABLE hosts ADD port INTEGER;\nUPDATE hosts SET port = 22;\n",
    "2_port.down.sql": "ALTER TABLE hosts DROP COLUMN port;\n",
    "3_upper.up.sql": "-- ignite: lossy\nUPDATE hosts SET name = upper(name);\n",
    "3_upper.down.sql": "UPDATE hosts SET name = lower(name);\n",
    "4_log.up.sql": "CREATE TABLE log (at TEXT);\n",
}


class StepRehearsalTest(PackCase):
    """Before there is a bundle, on sample data: every down undoes its up."""

    def setUp(self):
        super().setUp()
        self.run_pack("keygen", "--role", "release", "-o", "K")
        self.steps(STEPS)
        self.recipe()

    def recipe(self, keys=""):
        self.write("r.ini", DATA_RECIPE + keys)

    def steps(self, files):
        for name, text in files.items():
            self.write(f"sql/{name}", text).chmod(0o755 if name.endswith((".up", ".down")) else 0o644)

    def sample(self, text, name="s.db"):
        with contextlib.closing(sqlite3.connect(self.folder / name)) as connection:
            connection.executescript(text)
        return name

    def rehearse(self, *words, expect=0):
        before = {path.name: path.read_bytes() for path in self.folder.glob("s.db*")}
        answer = self.run_json("rehearse", "r.ini", *words, expect=expect)
        self.assertEqual({path.name: path.read_bytes() for path in self.folder.glob("s.db*")}, before)
        self.assertEqual(list(self.folder.glob("ignite-pack.*")), [], "left behind")
        return answer if expect == 0 else answer["error"]["cause"]

    def refuse(self, *words):
        cause = self.rehearse("--database", "s.db", expect=2)
        for word in words:
            self.assertIn(word, cause)

    HOSTS = STEPS["1_hosts.up.sql"] + "INSERT INTO hosts VALUES (1, 'a'), (2, 'b');"

    def test_steps_are_proved_one_by_one_from_the_baseline_on(self):
        self.recipe("baseline = 1\n")
        answer = self.rehearse("--database", self.sample(self.HOSTS))
        self.assertEqual((answer["from"], answer["to"], answer["rows"], answer["payload"]), (1, 4, True, "schema"))
        proved = [(step["number"], step["proved"], step.get("why")) for step in answer["steps"]]
        self.assertEqual(proved, [(2, "both-ways", None), (3, "up-only", "it is lossy"), (4, "up-only", "it has no down")])
        text = self.run_pack("rehearse", "r.ini", "--database", "sqlite:s.db").stdout.decode()
        self.assertIn("from version 1 to 4: 3 steps, 2 of them up only\n", text)
        self.assertIn("  step 2 port: up, down and up again\n  step 3 upper: up only, for it is lossy\n", text)

    def test_the_first_difference_is_told_with_step_and_file(self):
        self.steps({"2_port.down.sql": "UPDATE hosts SET port = 0;"})
        self.recipe("baseline = 1\n")
        self.sample(self.HOSTS)
        self.refuse("r.ini:12: payload schema", "step 2 port: '2_port.down.sql'", "does not lead back", "'table hosts: ", "(correct the down")

    def test_rows_that_a_down_loses(self):
        self.steps({"2_port.down.sql": "ALTER TABLE hosts DROP COLUMN port; DELETE FROM hosts WHERE id = 2;"})
        self.recipe("baseline = 1\n")
        self.sample(self.HOSTS)
        self.refuse("'2_port.down.sql'", "'hosts: 2 rows")

    def test_a_step_that_fails_on_these_rows_is_told_with_its_line(self):
        self.steps({"2_port.up.sql": "SELECT 1;\nINSERT INTO hosts (id, name) VALUES (2, 'twice');"})
        self.recipe("baseline = 1\n")
        self.sample(self.HOSTS)
        self.refuse("'2_port.up.sql': step 2 port (up), line 2: UNIQUE")

    def test_a_query_of_the_bundle_is_asked_behind_the_last_step_only(self):
        self.steps({"verify.sql": "SELECT name FROM hosts WHERE name <> upper(name);"})
        self.recipe("baseline = 1\n")
        self.rehearse("--database", self.sample(self.HOSTS))
        self.steps({"verify.sql": "SELECT name FROM hosts WHERE port = 22;"})
        self.refuse("step 4 log", "the check 'SELECT name FROM hosts WHERE port = 22' found: A")

    def test_what_fails_only_all_at_once(self):
        """A probe runs in one transaction what a sample meets step by step: foreign keys are off in all of it."""
        self.steps(
            {
                "2_port.up.sql": "CREATE TABLE ports (host REFERENCES hosts ON DELETE CASCADE); INSERT INTO ports SELECT id FROM hosts;",
                "2_port.down.sql": "DROP TABLE ports;",
                "3_upper.up.sql": "-- ignite: lossy\nDELETE FROM hosts WHERE id = 2;",
                "4_log.up.sql": "-- ignite: foreign-keys-off\nCREATE TABLE log (at TEXT);",
            }
        )
        self.recipe("baseline = 1\n")
        self.sample(self.HOSTS)
        self.refuse("all steps at once: rows refer to rows that are not there")

    def test_what_a_killed_application_left_is_part_of_the_sample(self):
        self.recipe("baseline = 1\n")
        self.steps({"verify.sql": "SELECT name FROM hosts WHERE id = 2;"})
        self.sample("PRAGMA journal_mode = WAL;" + self.HOSTS)
        self.application("db.execute(\"UPDATE hosts SET name = 'only in the log' WHERE id = 2\")")
        self.assertTrue((self.folder / "s.db-shm").exists())
        self.refuse("found: ONLY IN THE LOG")
        (self.folder / "s.db-shm").unlink()
        self.refuse("found: ONLY IN THE LOG")
        for name in ("s.db", "s.db-wal"):
            (self.folder / name).unlink()
        self.sample(self.HOSTS)
        self.application(
            "db.execute('PRAGMA cache_size = 2')\ndb.execute('BEGIN')\n"
            "db.execute(\"UPDATE hosts SET name = 'half done'\")\n"
            "db.execute('CREATE TABLE more AS SELECT randomblob(3000) FROM (VALUES (1), (2), (3), (4), (5), (6), (7))')"
        )
        self.assertIn(b"half done", (self.folder / "s.db").read_bytes())
        self.refuse("found: B")

    def application(self, script, then="os._exit(0)", name="s.db"):
        """A process that has the sample open; killed in the middle, or alive up to the end of the test."""
        script = f"import os, sqlite3, time\ndb = sqlite3.connect('{name}', isolation_level=None, timeout=60)\n{script}\nopen('begun', 'w')\n{then}"
        process = subprocess.Popen([sys.executable, "-c", script], cwd=self.folder)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for((self.folder / "begun").exists, what="the application")
        (self.folder / "begun").unlink()
        if then == "os._exit(0)":
            self.assertEqual(process.wait(timeout=10), 0)
        return process

    def test_a_sample_in_a_transaction_is_what_it_was_before(self):
        self.recipe("baseline = 1\n")
        self.steps({"verify.sql": "SELECT name FROM hosts WHERE id = 2;"})
        for mode in ("delete", "wal"):
            with contextlib.suppress(FileNotFoundError):
                (self.folder / "s.db").unlink()
            self.sample(f"PRAGMA journal_mode = {mode};" + self.HOSTS)
            update = "db.execute('BEGIN')\ndb.execute(\"UPDATE hosts SET name = 'half done'\")"
            process = self.application(update, then="time.sleep(60)")
            self.refuse("found: B")
            process.kill()
            process.wait()

    def test_a_sample_that_is_being_written_is_copied_as_of_one_moment(self):
        self.recipe("baseline = 1\n")
        self.steps({"verify.sql": "SELECT count(*), sum(a) FROM one HAVING sum(a) <> (SELECT sum(a) FROM two);"})
        tables = "".join(f"CREATE TABLE {name} (a, b); CREATE INDEX of_{name} ON {name} (a, b);" for name in ("one", "two"))
        write = (
            "    db.execute('BEGIN IMMEDIATE')\n"
            "    for table in ('one', 'two'):\n"
            "        db.execute(f'INSERT INTO {table} SELECT {n}, randomblob(900) FROM (VALUES (1), (2), (3))')\n"
            "        db.execute(f'DELETE FROM {table} WHERE a < {n - 300}')\n"
            "    db.execute('COMMIT')\n    n += 1\n"
        )
        reopen = "    db.close()\n    db = sqlite3.connect('s.db', isolation_level=None, timeout=60)\n"
        for mode, more in (("delete", ""), ("wal", ""), ("wal", reopen)):
            self.sample(f"PRAGMA journal_mode = {mode};" + self.HOSTS + tables)
            loop = f"n = 0\nwhile n < 400:\n{write}open('begun', 'w')\nwhile True:\n{write}{more}"
            process = self.application("db.execute('PRAGMA wal_autocheckpoint = 20')", then=loop)
            wait_for((self.folder / "begun").exists, what="the rows")
            (self.folder / "begun").unlink()
            for _ in range(4):
                self.run_json("rehearse", "r.ini", "--database", "s.db")
                self.assertIsNone(process.poll(), "the application failed")
            process.kill()
            process.wait()
            for path in self.folder.glob("s.db*"):
                path.unlink()
        # One that comes while the copy is being made.
        self.sample("PRAGMA journal_mode = WAL;" + self.HOSTS + "CREATE TABLE large AS SELECT zeroblob(60000000);" + tables)
        wait = "import glob\nwhile not glob.glob('ignite-pack.*/copy.db'):\n    pass\ndb.execute('PRAGMA wal_autocheckpoint = 1')\n"
        self.application("", then=f"{wait}n = 0\nwhile True:\n{write}")
        self.run_json("rehearse", "r.ini", "--database", "s.db")

    def test_nothing_comes_beside_a_sample(self):
        self.recipe("baseline = 1\n")
        self.sample("PRAGMA journal_mode = WAL;" + self.HOSTS)
        self.rehearse("--database", "s.db")
        name = "s.db#%3f?mode=memory"
        (self.folder / "s.db").rename(self.folder / name)
        self.application("db.execute(\"UPDATE hosts SET name = 'in the log'\")", then="time.sleep(60)", name=name)
        self.rehearse("--database", name)

    def test_a_sample_in_a_folder_that_cannot_be_written(self):
        self.recipe("baseline = 1\n")
        self.sample("PRAGMA journal_mode = WAL;" + self.HOSTS)
        scratch = self.folder / "scratch"
        scratch.mkdir()
        scratch.chmod(0o777)
        self.addCleanup(self.folder.chmod, 0o755)
        account = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

        def rehearse():
            self.folder.chmod(0o555)
            done = subprocess.run(
                [PROGRAM, "rehearse", "r.ini", "--database", "s.db"], cwd=self.folder, capture_output=True,
                env={"PATH": os.environ["PATH"], "TMPDIR": str(scratch)}, **account)
            self.folder.chmod(0o755)
            self.assertEqual((done.returncode, done.stderr), (0, b""))

        rehearse()
        self.application("db.execute(\"UPDATE hosts SET name = 'in the log'\")", then="time.sleep(60)")
        rehearse()
        self.application("", then="os._exit(0)")
        rehearse()

    def test_a_sample_that_is_damaged_is_told_before_any_step(self):
        self.recipe("baseline = 1\n")
        self.sample(self.HOSTS + "CREATE INDEX by_name ON hosts (name);")
        path = self.folder / "s.db"
        whole = path.read_bytes()
        for bad in (b"x" * 5000, whole[:4096 * 2], whole[:4096 * 2] + bytes(4096)):
            path.write_bytes(bad)
            cause = self.rehearse("--database", "s.db", expect=1)
            self.assertTrue(cause.startswith(f"the sample {path} is damaged: "), cause)
            self.assertNotIn("copy.db", cause)
            self.assertNotIn("step", cause)

    def test_programs_run_on_the_copy(self):
        self.steps(
            {
                "5_fill.up": "#!/bin/sh\nset -e\n\"$(dirname \"$0\")/lib/fill\" \"$IGNITE_DATABASE\"\ntouch here \"$IGNITE_ROOT/there\"\n",
                "5_fill.down": "#!/bin/sh\nsqlite3 \"$IGNITE_DATABASE\" \"DELETE FROM log WHERE at = 'fill'\"\n",
                "lib/fill": "#!/bin/sh\nsqlite3 \"$1\" \"INSERT INTO log VALUES ('fill')\"\n",
            }
        )
        (self.folder / "sql/lib/fill").chmod(0o755)
        self.recipe("baseline = 1\n")
        answer = self.rehearse("--database", self.sample(self.HOSTS))
        self.assertEqual(answer["steps"][-1], {"number": 5, "name": "fill", "proved": "both-ways"})
        self.assertFalse((self.folder / "here").exists())
        self.steps({"5_fill.down": "#!/bin/sh\necho no way >&2\nexit 3\n"})
        self.refuse("step 5 fill: '5_fill.down'", "no way")

    def test_a_sample_without_a_baseline_begins_at_nothing(self):
        self.assertEqual(self.rehearse("--database", self.sample("SELECT 1"))["from"], 0)
        self.sample("CREATE TABLE other (a)")
        self.assertEqual(self.rehearse("--database", "s.db")["from"], 0)
        self.sample(self.HOSTS)
        self.refuse("step 1 hosts: '1_hosts.up.sql'", "already exists", "say with 'baseline = N'")

    def test_nothing_is_left_to_try_or_the_sample_is_ahead(self):
        self.recipe("baseline = 4\n")
        answer = self.run_pack("rehearse", "r.ini", "--database", self.sample(self.HOSTS)).stdout.decode()
        self.assertIn("nothing to rehearse: ", answer)

    def test_which_payload_and_which_sample(self):
        self.sample(self.HOSTS)
        self.write("r.ini", DATA_RECIPE + "\n[payload other]\ntype = migrations\ncomponent = data/other\nsource = sql\n"
                   "database = postgresql:dbname=other\n")
        self.refuse("several payloads to rehearse: schema and other")
        cause = self.rehearse("--database", "s.db", "--payload", "other", expect=2)
        self.assertIn("the sample is of sqlite, and the database of postgresql", cause)
        self.assertIn("no payload 'third'", self.rehearse("--database", "s.db", "--payload", "third", expect=2))
        self.assertEqual(self.rehearse("--database", self.sample("SELECT 1", "new.db"), "--payload", "schema")["to"], 4)
        for bad in ("absent.db", "sql", "postgresql:", "postgresql:password=x dbname=y"):
            self.rehearse("--database", bad, "--payload", "schema", expect=2)

    def test_faults_of_the_recipe_come_before_any_rehearsal(self):
        self.sample("SELECT 1", "new.db")
        self.steps({"9_bad.up.sql": "COMMIT;"})
        self.assertIn("'9_bad.up.sql' is wrong in line 1", self.rehearse("--database", "new.db", expect=2))

    def pack(self, *words, expect=0):
        return self.run_json("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "o.ignite", *words, expect=expect)

    def test_build_rehearses_on_a_new_database(self):
        self.assertEqual([(it["payload"], it["from"], it["to"]) for it in self.pack()["rehearsals"]], [("schema", 0, 4)])
        (self.folder / "o.ignite").unlink()
        self.steps({"1_hosts.down.sql": "SELECT 1;"})
        error = self.pack(expect=2)["error"]["cause"]
        self.assertIn("r.ini:12: payload schema: the rehearsal on a new database: step 1 hosts: '1_hosts.down.sql': ", error)
        self.assertFalse((self.folder / "o.ignite").exists())
        self.assertEqual(self.pack("--no-rehearsal")["rehearsals"], [])

    def test_build_rehearses_on_the_sample_of_the_recipe(self):
        (self.folder / "samples").mkdir()
        self.sample(self.HOSTS, "samples/main.db")
        self.recipe("baseline = 1\nsample = samples/main.db\n")
        plain = self.pack("--no-rehearsal")["content-id"]
        answer = self.pack()
        self.assertEqual(answer["rehearsals"][0]["from"], 1)
        self.assertEqual(answer["content-id"], plain, "a sample is no part of the bundle")
        self.steps({"2_port.down.sql": "ALTER TABLE hosts DROP COLUMN port; UPDATE hosts SET name = '';"})
        self.assertIn("'hosts: 2 rows", self.pack(expect=2)["error"]["cause"])
        self.recipe("baseline = 1\nsample = samples/absent.db\n")
        self.assertIn("r.ini:15: there is no database", self.pack(expect=2)["error"]["cause"])
        self.recipe("baseline = 1\nsample =\n")
        cause = self.pack(expect=2)["error"]["cause"]
        self.assertEqual((cause.count("r.ini:15"), cause.count("\n")), (1, 0), cause)
        self.assertIn("'sample' is empty", cause)

    def test_build_says_where_it_could_not_rehearse(self):
        self.recipe("baseline = 1\n")
        self.assertIn("the baseline 1: give 'sample = FILE'", self.pack()["rehearsals"][0]["why-not"])
        text = self.run_pack("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "o.ignite").stdout.decode()
        self.assertIn("payload schema: not rehearsed, for ", text)
        self.write("r.ini", DATA_RECIPE.replace("sqlite:/var/lib/netprobe/main.db", "postgresql:dbname=main"))
        self.assertIn("'sample = postgresql:dbname=NAME'", self.pack()["rehearsals"][0]["why-not"])

    def test_a_payload_reads_the_data_of_its_own_bundle(self):
        self.write("web/index.html", "x")
        web = "\n[payload web]\ntype = tree\ncomponent = app/web\nsource = web\npath = /opt/web\nreads = data/log 9, data/main {}\n"
        self.recipe(web.format("1..3"))
        error = self.pack(expect=2)["error"]["cause"]
        self.assertIn("r.ini:20: payload web reads data/main 1..3, and payload schema brings version 4 (write a range that holds 4", error)
        self.recipe(web.format("4..5"))
        self.pack()
        self.recipe("version = 2.0\n" + web.format("4..5"))
        self.assertIn("brings version 2.0", self.pack(expect=2)["error"]["cause"])

    def test_the_sample_is_not_overwritten_by_the_bundle(self):
        self.sample(self.HOSTS)
        self.recipe("baseline = 1\nsample = s.db\n")
        words = ("build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "s.db")
        self.assertIn("would replace the source", self.run_json(*words, expect=2)["error"]["cause"])

    def begin_a_slow_step(self, *before, **options):
        """A rehearsal in a step whose program has other programs, and the processes of the step."""
        script = "(sleep 60 & echo $! > orphan)\nsetsid sleep 60 &\necho $$ $! $(cat orphan) > pids\nmv pids running\nwait\n"
        self.steps({"2_port.up": f"#!/bin/sh\ncd \"$IGNITE_ROOT/..\"\n{script}"})
        for name in ("2_port.up.sql", "2_port.down.sql"):
            (self.folder / "sql" / name).unlink(missing_ok=True)
        words = (*before, PROGRAM, "build", "r.ini", "--sign", "K.key", "--unencrypted", "-o", "o.ignite")
        process = subprocess.Popen(
            words, cwd=self.folder, env={"PATH": os.environ["PATH"], "TMPDIR": str(self.folder)}, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        running = self.folder / "running"
        wait_for(running.exists, what="the step")
        pids = sorted(running.read_text().split())
        running.unlink()
        self.assertEqual(self.alive(pids), pids)
        return process, pids

    @staticmethod
    def alive(pids):
        done = subprocess.run(["ps", "-o", "pid=,stat=", "-p", ",".join(pids)], capture_output=True, text=True)
        return sorted(line.split()[0] for line in done.stdout.splitlines() if "Z" not in line.split()[1])

    def test_a_signal_leaves_nothing_behind(self):
        impatient = (signal.SIGTERM, signal.SIGHUP)
        for numbers in ((signal.SIGINT,), (signal.SIGTERM,), (signal.SIGHUP,), impatient):
            process, pids = self.begin_a_slow_step()
            process.send_signal(numbers[0])
            while numbers == impatient and process.poll() is None:
                if b"--tidy-up" in pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes():
                    process.send_signal(signal.SIGHUP)
            self.assertEqual(-process.wait(timeout=10), numbers[0], "whoever waits sees that a signal ended it")
            wait_for(lambda: not self.alive(pids), what="the end of the programs")
            self.assertEqual(list(self.folder.glob("ignite-pack.*")), [])

    def test_a_signal_ends_no_child_that_was_there_before(self):
        process, _ = self.begin_a_slow_step("sh", "-c", "sleep 60 & echo $! > stranger; exec \"$@\"", "sh")
        stranger = int((self.folder / "stranger").read_text())
        process.terminate()
        self.assertEqual(process.wait(timeout=10), -signal.SIGTERM)
        os.kill(stranger, signal.SIGKILL)

    def test_a_rehearsal_under_nohup_outlives_its_terminal(self):
        process, pids = self.begin_a_slow_step(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        self.assertEqual(self.alive(pids), pids)
        process.terminate()
        self.assertEqual(process.wait(timeout=10), -signal.SIGTERM)


if __name__ == "__main__":
    if not PROGRAM.exists():
        sys.exit(f"{PROGRAM} is not there; set IGNITE_BIN")
    unittest.main()
