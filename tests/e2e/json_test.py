#!/usr/bin/env python3
"""What docs/json.md says of the documents of --json, held to those that the programs print."""

import collections
import json
import os
import pathlib
import re
import shutil
import signal
import unittest

import probe as shared
from probe import LARGE, PATH, Probe, ProbeTest, command_check, run

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs/json.md"
# For these a probe must be broken in a way of its own; agent_test.py and os_test.py look at them.
NOT_SEEN = {f"ignite status: {name}.{key}" for name in ("wrong_system", "stuck") for key in ("cause", "remedy")}
NOT_SEEN.add("ignite status: stuck.transaction")
# And this opens what ignited writes; outbox_test.py looks at it.
NOT_SEEN |= {f"ignite-pack open-report: {key}" for key in ("report", "size")}

GENERATE = "#!/bin/sh\necho level = 1 > main.conf\n"
STEPS = {"1_hosts.up.sql": "CREATE TABLE hosts (name TEXT);\n", "1_hosts.down.sql": "DROP TABLE hosts;\n",
         "2_log.up.sql": "CREATE TABLE log (at TEXT);\n"}


# What is said of a key, and the section and row that say it.
Row = collections.namedtuple("Row", "says origin")


class Tables:
    """The rows of each section by the path of their key. A [name](#name) stands for the rows of another section."""

    def __init__(self, text):
        self.parts = {}
        for part in re.split(r"^#+ ", text, flags=re.MULTILINE)[1:]:
            title, _, body = part.partition("\n")
            self.parts[title.replace("`", "")] = body

    def rows(self, title):
        body = self.parts[title]
        rows = {}
        prose = "".join(line for line in body.splitlines() if not line.startswith("|"))
        start = "[]." if prose.startswith("A list") else ""
        for command in re.findall(r"The document of `([a-z ]+)`", prose):
            rows.update(self.rows(command))
        for name in re.findall(r"\]\(#([a-z]+)\)", prose):
            rows.update({start + path: row for path, row in self.rows(name).items()})
        for path, says in re.findall(r"^\| `([^`]+)` \| (.*) \|$", body, re.MULTILINE):
            rows[start + path] = Row(says, f"{title}: {path}")
            for name in re.findall(r"\]\(#([a-z]+)\)", says):
                rows.update({f"{start}{path}.{inner}": row for inner, row in self.rows(name).items()})
        return rows

    def commands(self):
        return [title for title in self.parts if title.startswith("ignite") and self.rows(title)]


def paths_of(value, rows, path=""):
    """The paths of all keys of a document. An object whose keys are names is one value."""
    if isinstance(value, list):
        path += "[]"
        if path != "[]":
            yield path
        for element in value:
            yield from paths_of(element, rows, path)
    elif isinstance(value, dict) and not (path in rows and rows[path].says.startswith("an object")):
        for key, inner in value.items():
            below = f"{path}.{key}" if path else key
            if not isinstance(inner, list):
                yield below
            yield from paths_of(inner, rows, below)


class JsonTest(ProbeTest):
    def setUp(self):
        super().setUp()
        self.tables = Tables(DOCUMENT.read_text())
        self.seen = set()

    def check(self, title, document):
        """The keys of the document are those of the section: none is missing, and none besides."""
        rows = self.tables.rows(title)
        found = set(paths_of(document, rows))
        self.assertEqual(found - set(rows), set(), title)
        self.seen |= {rows[path].origin for path in found}
        objects = {path.rpartition(".")[0] for path in found}
        for path, row in rows.items():
            if path.rpartition(".")[0] in objects and not row.says.startswith("optional"):
                self.assertIn(path, found, title)
        return document

    def told(self, title, *words, expect=0, probe=None):
        return self.check(title, (probe or self.probe).json(*words, expect=expect))

    def pack(self, title, *words, expect=0):
        return self.check(title, json.loads(self.workshop.pack(*words, "--json", expect=expect).stdout))

    def test_every_key_of_every_document_is_in_the_table(self):
        self.let_others_through()
        self.use_the_packager()
        self.use_the_agent()
        self.interrupt_the_agent()
        told = {row.origin for title in self.tables.commands() for row in self.tables.rows(title).values()}
        self.assertEqual(told - self.seen, NOT_SEEN, "documented, and in no document")

    def use_the_packager(self):
        folder = self.workshop.folder
        (folder / "config").mkdir()
        (folder / "config/generate").write_text(GENERATE)
        (folder / "config/generate").chmod(0o755)
        (folder / "sql").mkdir()
        for name, text in STEPS.items():
            (folder / "sql" / name).write_text(text)
        self.pack("ignite-pack keygen", "keygen", "--role", "licence", "-o", "licence")
        self.pack("ignite-pack keyring", "keyring", "--role", "release=release.pub", "--role", "licence=licence.pub",
                  "-o", "both.json")
        shutil.copy(folder / "both.json", self.probe.root / "etc/ignite/keyring.json")
        head = ("[bundle]\nkind = {}\nproduct = netprobe\nversion = 1.0\ncounter = 1\nepoch = 1\n"
                "compatible = netprobe-x86_64\n")
        (folder / "tree").mkdir()
        (folder / "tree/file").touch()
        (folder / "notes.md").write_text("first\n")
        (folder / "r.ini").write_text(
            head.format("product") + "notes = notes.md\nrequires = app/other >= 1.0\n"
            "[payload web]\ntype = tree\ncomponent = app/web\nsource = tree\npath = /opt/web\nreads = data/main 2\n"
            "[payload schema]\ntype = migrations\ncomponent = data/main\nsource = sql\n"
            "database = sqlite:/var/lib/x.db\n"
            + command_check("true"))
        (folder / "l.ini").write_text(
            head.format("licence") + "[payload licence]\ntype = licence\ncomponent = licence\nidentity = probe.pub\n"
            "customer = Example\nfeatures = flows\nlimits = sensors = 5\n")
        self.pack("ignite-pack build", "build", "r.ini", "--sign", "release.key", "--recipient", "probe.pub", "-o", "b")
        self.pack("ignite-pack build", "build", "l.ini", "--sign", "licence.key", "--recipient", "probe.pub", "-o", "l")
        self.make_sample(folder / "sample.db")
        self.pack("ignite-pack rehearse", "rehearse", "r.ini", "--database", "sample.db")
        baseline = (folder / "r.ini").read_text().replace("source = sql", "source = sql\nbaseline = 1")
        (folder / "baseline.ini").write_text(baseline)
        self.pack("ignite-pack build", "build", "baseline.ini", "--sign", "release.key", "--recipient", "probe.pub",
                  "-o", "baseline")
        self.pack("ignite-pack rewrap", "rewrap", "b", "--identity", "probe.key", "--recipient", "other.pub", "-o", "w")
        self.pack("ignite-pack sign", "sign", "b", "--sign", "qa.key", "-o", "s")
        self.pack("ignite-pack inspect", "inspect", "b")
        self.pack("ignite-pack inspect", "inspect", "b", "--identity", "probe.key")
        self.pack("ignite-pack verify", "verify", "b", "--keyring", "keyring.json", "--identity", "probe.key")
        self.pack("ignite --help", "build", "--help")
        self.pack("ignite --version", "--version")
        self.pack("error", "verify", "b", expect=2)

    @staticmethod
    def make_sample(path):
        run(["sqlite3", path, "CREATE TABLE unrelated (x)"], 0)

    def use_the_agent(self):
        configuration = (f"[payload settings]\ntype = config\ncomponent = config/probe\nsource = "
                         f"{self.workshop.folder}/config\npath = /etc/netprobe\n")
        first, second = (self.bundle(version, more=configuration) for version in ("1.0", "2.0"))
        self.told("ignite --help", "install", "--help")
        self.told("ignite --version", "--version")
        self.told("error", "instal", expect=2)
        self.told("ignite status", "status")
        self.told("ignite licence", "licence")
        self.told("ignite plan", "plan", first)
        self.told("ignite install", "install", first)
        self.probe.configure("trial = 1s\n")  # So long that it can be watched.
        self.told("ignite install --no-wait", "install", second, "--no-wait")
        self.told("ignite watch", "watch")
        self.probe.configure()
        self.told("ignite install", "install", self.workshop.folder / "l")
        self.told("ignite install", "install", self.bundle("2.0", product="other"), expect=4)
        self.told("ignite licence", "licence")
        self.told("ignite rollback --list", "rollback", "--list")
        self.told("ignite rollback", "rollback", "--to", "1")
        self.told("ignite history", "history")
        self.told("ignite history --verify", "history", "--verify")
        self.told("ignite history --export", "history", "--export")
        self.told("ignite show", "show", "1")
        self.told("ignite verify BUNDLE", "verify", first)
        self.told("ignite verify", "verify")
        (self.probe.at(PATH) / "current/index.html").write_text("changed\n")
        self.told("ignite verify", "verify", expect=1)
        self.told("ignite doctor", "doctor", expect=1)
        self.told("ignite hold", "hold")
        (self.probe.inbox / "waits.ignite").touch()
        (self.probe.outbox / "waits.ignite.status.json").write_text(
            '{"bundle": "waits.ignite", "outcome": null, "cause": "the upload is coming in"}')
        self.told("ignite status", "status")
        self.told("ignite unhold", "unhold")
        [version, *_] = self.told("ignite config history", "config", "history")
        self.told("ignite config diff", "config", "diff")
        self.told("ignite config show VERSION", "config", "show", version["id"])
        self.told("ignite config show VERSION FILE", "config", "show", version["id"], "main.conf")
        self.told("ignite watch, with nothing to watch", "watch")
        self.told("ignite recover, with nothing to do", "recover")
        older = Probe(self.folder / "older", self.workshop)
        older.at(PATH).mkdir(parents=True)
        (older.at(PATH) / "file").touch()
        (self.folder / "adoption.ini").write_text(f"[deployment]\nversion = 0.9\n[component app/web]\npath = {PATH}\n")
        self.told("ignite adopt", "adopt", self.folder / "adoption.ini", probe=older)

    def interrupt_the_agent(self):
        large = self.bundle("3.0", files=LARGE)
        install = self.probe.start("install", large)
        self.addCleanup(install.communicate)
        self.probe.freeze_in_staging(lambda: install.pid)
        self.told("ignite status", "status")
        os.kill(install.pid, signal.SIGKILL)
        install.wait()
        self.told("ignite status", "status")
        self.told("ignite recover", "recover")
        self.probe.configure("trial = 300s\n")
        install = self.probe.start("install", self.bundle("4.0"))
        self.addCleanup(install.communicate)
        shared.wait_for(lambda: (self.probe.status()["transaction"] or {}).get("state") == "trial", what="the trial")
        self.told("ignite status", "status")
        self.told("ignite cancel", "cancel")


if __name__ == "__main__":
    unittest.main()
