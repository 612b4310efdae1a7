"""The release engineer's side: systems, disks, containers and bundles.

Needs root: it makes file systems whose files belong to others. IGNITE_PACKAGES names the folder of the Debian packages, with the
programs in its bin/; IGNITE_CACHE keeps the bare system between runs.
"""

import os
import pathlib
import shutil
import subprocess
import sys

PACKAGES = pathlib.Path(os.environ.get("IGNITE_PACKAGES", "build/packages/packages")).absolute()
CACHE = pathlib.Path(os.environ.get("IGNITE_CACHE", ".cache")).absolute()
HERE = pathlib.Path(__file__).parent
os.environ["IGNITE_BIN"] = str(PACKAGES / "bin")
sys.path.insert(0, str(HERE.parent / "e2e"))
from probe import Workshop  # noqa: E402

SLOT_MIB, DATA_MIB = 640, 1024
SQLITE, POSTGRESQL = "/var/lib/netprobe/main.db", "netprobe"
UNIT = """[Unit]
Description=netprobe {version}
After=postgresql.service

[Service]
User=netprobe
ExecStart=/opt/netprobe/web/current/run
"""
# One row in each database for each start of the application.
APPLICATION = f"""#!/bin/sh
set -e
version=$(cat "$(dirname "$0")/version")
sqlite3 {SQLITE} "INSERT INTO starts (version) VALUES ('$version')"
psql -qX {POSTGRESQL} -c "INSERT INTO starts (version) VALUES ('$version')"
exec sleep infinity
"""
# How both databases move: the first step makes the table, each further one adds a column.
STEPS = [("CREATE TABLE starts (version TEXT);", "DROP TABLE starts;"),
         ("ALTER TABLE starts ADD COLUMN note TEXT;", "ALTER TABLE starts DROP COLUMN note;"),
         ("ALTER TABLE starts ADD COLUMN remark TEXT;", "ALTER TABLE starts DROP COLUMN remark;")]


def sh(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True)
    if done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}: {(done.stdout + done.stderr).decode(errors='replace')}")


def overlay(disk, path):
    """A disk that begins as `disk` and keeps its changes to itself."""
    sh("qemu-img", "create", "-q", "-f", "qcow2", "-b", disk, "-F", "qcow2" if disk.suffix == ".qcow2" else "raw", path)
    return path


class Factory:
    """Works below `folder`. `system` and `data` are what system.sh makes."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.workshop = Workshop(self.folder / "workshop")
        sh(HERE / "system.sh", PACKAGES, CACHE, self.folder)
        self.system, self.data = self.folder / "system", self.folder / "data"
        for key, name, mode in (("keyring.json", "keyring.json", 0o644), ("probe.key", "identity.key", 0o600)):
            place = self.data / "etc/ignite" / name
            shutil.copy(self.workshop.folder / key, place)
            place.chmod(mode)

    def disk(self, path):
        """Of a box: the system in slot a, and the data."""
        sh(HERE.parent.parent / "script/make-disk", self.system, self.data, path, SLOT_MIB, DATA_MIB)
        return path

    def container(self, path):
        """The root of a container: the system in slot a, and the data."""
        for name in ("sbin", "etc", "usr", "slots/b", "proc", "sys", "dev", "run", "tmp"):
            (path / name).mkdir(parents=True)
        shutil.copy(PACKAGES / "bin/ignite-init", path / "sbin/init")
        (path / "etc/os-release").touch()
        sh("cp", "-a", self.system, path / "slots/a")
        sh("cp", "-a", self.data, path / "data")
        settings = path / "data/etc/ignite/agent.ini"
        text = settings.read_text()
        settings.write_text(text[: text.index("[boot]")] + "[boot]\nbackend = container\ndeadline = 20s\n")
        return path

    def release(self, version, level, forms, starts=True, agent=True, health=""):
        """The bundle of an operating system that knows its version, and may lack the program that starts it, or a library of the
        agent; with the application, and both databases at `level`."""
        system = self.folder / f"system-{version}"
        sh("cp", "-a", "--reflink=auto", self.system, system)
        (system / "etc/os-version").write_text(f"{version}\n")
        if not starts:
            (system / "usr/sbin/init").unlink()
        if not agent:
            for library in (system / "usr/lib").glob("*/libinih.so*"):
                library.unlink()
        more = ""
        if "image" in forms:
            image = self.folder / f"system-{version}.ext4"
            sh("mkfs.ext4", "-q", "-O", "^has_journal", "-d", system, image, f"{SLOT_MIB - 8}M")
            more += f"[payload image]\ntype = image\ncomponent = os\nversion = {version}\nsource = {image}\n"
        if "tree" in forms:
            more += f"[payload tree]\ntype = tree\ncomponent = os\nversion = {version}\nsource = {system}\n"
        bundle = self.application(version, level, more, health)
        shutil.rmtree(system)
        return bundle

    def application(self, version, level, more="", health=""):
        def fill(tree):
            (tree / "systemd").mkdir()
            (tree / "systemd/netprobe.service").write_text(UNIT.format(version=version))
            (tree / "version").write_text(f"{version}\n")
            (tree / "run").write_text(APPLICATION)
            (tree / "run").chmod(0o755)

        steps = self.folder / f"steps-{version}"
        steps.mkdir()
        for number, (up, down) in enumerate(STEPS[:level], 1):
            (steps / f"{number}_change.up.sql").write_text(up)
            (steps / f"{number}_change.down.sql").write_text(down)
        for component, address in (("main", f"sqlite:{SQLITE}"), ("series", f"postgresql:dbname={POSTGRESQL} user=netprobe")):
            more += (f"[payload {component}]\ntype = migrations\ncomponent = data/{component}\nsource = {steps}\n"
                     f"database = {address}\nunits = netprobe.service\n")
        health += "[health netprobe]\ntype = unit\nunit = netprobe.service\ntimeout = 60s\n"
        return self.workshop.bundle(version, tree=fill, payload="units = systemd/netprobe.service\n", more=more, health=health,
                                    level=3, name=f"netprobe-{version}.ignite")
