"""What the tests of this folder share: bundles of two trees, of data, a licence, and what must hold after a crash.

A probe that was cut off and has recovered is on one side or the other, whole, and its status, links, folders, data and
`ignite verify` agree.
"""

import os
import pathlib
import random
import shutil
import sqlite3
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))
from probe import BIN, EXIT_OF, PATH, Probe, Workshop, command_check, difference, run, wait_for  # noqa: E402, F401

import data_parts  # noqa: E402

SQLITE = data_parts.SqliteDatabases()
TREES = {"app/web": PATH, "app/api": "/opt/netprobe/api"}
SERVICES = '#!/bin/sh\necho "$*" >> "$IGNITE_ROOT/../services.log"\n'
# What a point is reported for, besides what is found wrong.
FAILURES = (AssertionError, OSError, sqlite3.Error, subprocess.TimeoutExpired)
# Folders that were made for a release may stay.
MAY_STAY = ("opt/netprobe", *(path.lstrip("/") for path in TREES.values()), data_parts.CONFIG_FOLDER)


def fill_trees(version):
    """A function that fills the two trees of a release."""

    def fill(web):
        (web / "index.html").write_text(f"release {version}\n")
        (web / "same").write_text("the same in every release\n")
        (web / "copy").write_text("the same in every release\n")
        (web / f"only-in-{version}").write_bytes(random.Random(version).randbytes(70_000))
        (web / "inner").mkdir()
        os.link(web / "same", web / "inner/hard")
        (web / "inner/link").symlink_to("../same")
        api = web.parent / "api"
        api.mkdir()
        (api / "server").write_text(f"#!/bin/sh\nexec api {version}\n")
        (api / "server").chmod(0o755)
        (api / f"only-in-{version}").write_bytes(b"")

    return fill


class Stories:
    """The release engineer, and bundles of every kind."""

    def __init__(self, folder, databases=SQLITE):
        self.folder, self.databases = pathlib.Path(folder), databases
        # For the account of the database.
        self.folder.chmod(0o711)
        self.workshop = Workshop(self.folder / "workshop")
        pack = self.workshop.pack
        pack("keygen", "--role", "licence", "-o", "licence")
        pack("keyring", "--role", "release=release.pub", "--role", "licence=licence.pub", "-o", "both.json")
        (self.workshop.folder / "both.json").replace(self.workshop.folder / "keyring.json")
        self.services = self.folder / "services.sh"
        self.services.write_text(SERVICES)
        self.services.chmod(0o755)
        self.one, self.two, self.three, self.four = (self.product(number) for number in (1, 2, 3, 4))
        self.healthy = self.product(2.5, health=command_check("true"))
        self.sick = self.product(2.7, health=command_check("false", "300ms"))
        self.licence = self._licence()
        self.data_one, self.data_two, self.data_three = (self.product(number + 0.1, number) for number in (1, 2, 3))
        self.data_sick = self.product(2.8, 3, health=command_check("false", "300ms"))

    def product(self, version, data_release=None, **options):
        """A bundle of two trees, and of a release of the data."""
        data = ""
        if data_release:
            data = data_parts.payloads(self.folder / f"data-{version}", data_release, self.databases)
        api = f"[payload api]\ntype = tree\ncomponent = app/api\nversion = {version}\nsource = api\n"
        return self.workshop.bundle(
            str(version),
            tree=fill_trees(version),
            payload="units = web.service\nlink = index.html -> /etc/probe.conf",
            more=f"{api}path = {TREES['app/api']}\nunits = api.service\n{data}",
            **options,
        )

    def _licence(self):
        recipe = self.workshop.folder / "licence.ini"
        recipe.write_text(
            "[bundle]\nkind = licence\nproduct = netprobe\nversion = 1.0\ncounter = 1\nepoch = 1\n"
            "compatible = netprobe-x86_64\n\n[payload licence]\ntype = licence\ncomponent = licence\n"
            "identity = probe.pub\ncustomer = A\n"
        )
        out = self.workshop.folder / "licence.ignite"
        self.workshop.pack("build", recipe, "--sign", "licence.key", "--recipient", "probe.pub", "-o", out)
        return out

    def make_probe(self, root):
        root.mkdir(parents=True)
        Probe(root, self.workshop)
        probe = StoryProbe(root, self.databases)
        self.configure(probe, "off")
        probe.database.make()
        return probe

    def configure(self, probe, rehearse):
        services = f"[services]\nbackend = command\ncommand = {self.services}\n"
        probe.configure(f"trial = 0s\nkeep-deployments = 2\nrehearse = {rehearse}\n", services)


class StoryProbe(Probe):
    """The probe that was made there, with its database."""

    def __init__(self, root, databases=SQLITE):
        self.root, self.databases, self.database = root, databases, databases.at(root)

    def words(self, *words):
        self.database.serve()
        return super().words(*words)


def number_of(probe):
    deployment = probe.status()["deployment"]
    return deployment["number"] if deployment else 0


def reference(probe):
    """The live trees, the licence, the data, and all that a transaction may touch around them, byte for byte."""
    # A link that was made anew has another time.
    around = {
        path: entry._replace(mtime=0) if stat.S_ISLNK(entry.kind) else entry
        for path, entry in probe.around().items()
        if path not in MAY_STAY and not probe.database.owns(probe.root / path)
    }
    licence = probe.state / "active/licence"
    parts = {component: probe.current(path) for component, path in TREES.items()}
    parts |= {"data": probe.database.contents(), "config": data_parts.configuration(probe)}
    return {**parts, "licence": licence.read_text() if licence.exists() else None, "around": around}


def what_differs(wanted, found):
    """How one reference differs from another; None where it does not."""
    for part, value in wanted.items():
        if found[part] == value:
            continue
        if part == "licence":
            return f"licence: {value} -> {found[part]}"
        return f"{part}: " + difference(value or {}, found[part] or {})
    return None


def problem_of(probe, legal):
    """What is wrong with a probe after its recovery; None where nothing is. `legal`: deployment -> reference."""
    status = probe.status()
    if status["transaction"] or status["stuck"]:
        return f"status after recovery: {status}"
    number = number_of(probe)
    if number not in legal:
        return f"status says deployment {number}, legal are {sorted(legal)}"
    problem = what_differs(legal[number], reference(probe))
    return f"deployment {number}, but {problem}" if problem else leftovers(probe, status)


def problem_of_next(probe, bundle):
    """What is wrong with the next install; None where nothing is."""
    verdict = run(probe.words("install", bundle, "--json"))
    if verdict.returncode != 0:
        return f"the next install ended with {verdict.returncode}: {verdict.stdout.decode()}"
    problem = leftovers(probe, probe.status())
    return problem and f"after the next install: {problem}"


def leftovers(probe, status):
    """Where status, links and disk disagree, what lies there for nothing, what verify says; None where nothing is."""
    number = status["deployment"]["number"] if status["deployment"] else 0
    active = probe.state / "active"
    leads_to = os.readlink(active) if os.path.lexists(active) else None
    if leads_to != (f"deployments/{number}" if number else None):
        return f"status says {number}, active leads to {leads_to}"
    numbers = [deployment["number"] for deployment in status["deployments"]]
    if probe.deployment_folders() != numbers:
        return f"deployments {numbers}, but folders {probe.deployment_folders()}"
    for component, path in TREES.items():
        releases, needed = probe.releases(path), probe.needed_releases(component)
        if releases != needed:
            return f"{component}: releases {releases}, needed {needed}"
        tables = data_parts.names_in(probe.state / "tables" / component)
        if tables != releases:
            return f"{component}: tables {tables}, releases {releases}"
    licences, needed = data_parts.names_in(probe.state / "licences"), probe.needed_releases("licence")
    if licences != needed:
        return f"licences {licences}, needed {needed}"
    components = status["deployment"]["components"] if number else {}
    problem = data_parts.problem_of(probe, components)
    if problem:
        return problem
    # What the next progress, the next note and the next start of ignited overwrite may stay.
    may_stay = ("progress.json.tmp", "probe.key.tmp", *data_parts.NOTES)
    odd = [str(path) for path in probe.state.rglob("*.tmp*") if path.name not in may_stay]
    if odd:
        return f"temporary files {odd}"
    verify = run(probe.words("verify", "--json"))
    return f"verify: {verify.stdout.decode()}" if verify.returncode != 0 else None


def copy_probe(probe, folder):
    """The same probe once more, in another folder."""
    probe.database.rest()
    run(["cp", "-a", probe.root.parent, folder], 0)
    return StoryProbe(folder / "root", probe.databases)


def remove_probe(probe):
    probe.database.rest()
    shutil.rmtree(probe.root.parent, ignore_errors=True)
