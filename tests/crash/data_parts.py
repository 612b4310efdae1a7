"""Of the stories of this folder: a database and a configuration in a bundle, and what must hold after a crash."""

import contextlib
import os
import pathlib
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))
from config_test import BASE, ETC  # noqa: E402
from config_test import SECOND as EDITED  # noqa: E402
from data_test import DATABASE, FIRST, LOSSY, OWNER, SECOND  # noqa: E402

DATA, CONFIG = "data/main", "config/probe"
# What the application has written before anything is cut off.
WRITTEN = ["a", "b", "c"]
# Of each release.
PROGRAMS = {1: BASE, 2: EDITED, 3: EDITED}
NOTES = ("rehearsal.json", "rehearsal.json.tmp", "replaced.json", "replaced.json.tmp")
CONFIG_FOLDER = ETC.lstrip("/")


def payloads(folder, release, databases):
    """The sections of a recipe; their sources go into the folder."""
    sources = {"steps": databases.steps[release], "programs": PROGRAMS[release]}
    for name, files in sources.items():
        (folder / name).mkdir(parents=True)
        for inner, text in files.items():
            (folder / name / inner).write_text(text)
            (folder / name / inner).chmod(0o755)
    return (
        f"[payload schema]\ntype = migrations\ncomponent = {DATA}\nsource = {folder}/steps\n"
        f"database = {databases.address}\n\n"
        f"[payload settings]\ntype = config\ncomponent = {CONFIG}\nsource = {folder}/programs\npath = {ETC}\n\n"
    )


class SqliteDatabases:
    """Files of their probes, which are copied with them."""

    address = f"sqlite:{DATABASE}"
    steps = {1: FIRST, 2: SECOND, 3: LOSSY}
    room = 0  # What a disk needs beside that of the trees, in bytes.

    def at(self, root):
        return SqliteDatabase(root)


class SqliteDatabase:
    def __init__(self, root):
        self.file = root / DATABASE.lstrip("/")

    def make(self):
        """The folder of the database, with its account."""
        self.file.parent.mkdir(parents=True)
        os.chown(self.file.parent, OWNER, -1)

    def serve(self):
        """Before anything is run on the probe."""

    def rest(self):
        """Before the probe is copied or removed."""

    def write_rows(self):
        """As the application does."""
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            connection.executemany("INSERT INTO hosts (name) VALUES (?)", [(name,) for name in WRITTEN])
            connection.commit()

    def rows(self):
        """What the application wrote, as it is now."""
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as connection:
            return [name for name, in connection.execute("SELECT lower(name) FROM hosts ORDER BY id")]

    def owns(self, path):
        """Itself, and a journal from before its first sync: SQLite ignores it, its next write removes it."""
        journal = self.file.with_name(f"{self.file.name}-journal")
        return path == self.file or path == journal and path.read_bytes()[:1] in (b"", b"\0")

    def contents(self):
        """Schema and rows of the application, the version, and every file beside it; None where there is none."""
        beside = [path.name for path in self.file.parent.iterdir() if not self.owns(path)]
        if beside or not self.file.exists():
            return {"beside": beside} if beside else None
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as connection:
            # The history of the engine only grows.
            dump = [statement for statement in connection.iterdump() if "ignite_" not in statement]
            version = connection.execute("SELECT version FROM ignite_state").fetchone()[0]
        return {"owner": self.file.stat().st_uid, "version": version, "dump": dump}


def configuration(probe):
    """The live configuration, byte for byte; None where there is none. The time of a file that was made is its own."""
    files = probe.current(ETC)
    return files and {path: entry._replace(mtime=0) for path, entry in files.items()}


def problem_of(probe, components):
    """Where data and status disagree, and what lies there for nothing; None where nothing does."""
    found = probe.database.contents()
    version = components.get(DATA)
    if (found and str(found.get("version"))) != version:
        return f"status says {DATA} {version}, but the database is {found}"
    if found and probe.database.rows() != WRITTEN:
        return f"the rows of the application are {probe.database.rows()}"
    return _leftovers(probe)


def _leftovers(probe):
    """What lies there for nothing; None where nothing does."""
    releases = probe.at(ETC) / "releases"
    programs = probe.state / "programs"
    for folder, component in (
        (programs / DATA, DATA), (programs / CONFIG, CONFIG), (probe.state / CONFIG, CONFIG), (releases, CONFIG)
    ):
        there, needed = names_in(folder), probe.needed_releases(component)
        if there != needed:
            return f"{folder}: {there}, needed {needed}"
    # A snapshot lies between two releases. What a restore has replaced stays, and notes, also a half one for the next.
    needed = set(probe.needed_releases(DATA))
    for name in names_in(probe.state / "snapshots" / DATA):
        if name not in ("replaced", *NOTES) and not set(name.split("_to_")) <= needed:
            return f"snapshots: {name}, needed {needed}"
    copies = names_in(probe.state / "workshop" / CONFIG)
    return f"workshop: {copies}" if copies else _processes(probe)


def _processes(probe):
    """Whoever still has something of the probe open. Others come and go meanwhile."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            stat = pathlib.Path(f"/proc/{process}/stat").read_text()
            # A child of ours that does not run its program yet has what this test has open just then.
            if int(stat.rpartition(")")[2].split()[1]) == os.getpid():
                continue
            for name in os.listdir(f"/proc/{process}/fd"):
                with contextlib.suppress(OSError):
                    path = os.readlink(f"/proc/{process}/fd/{name}")
                    if path.startswith(f"{probe.root}/"):
                        return f"process {process} has {path}"
    return None


def names_in(folder):
    return sorted(os.listdir(folder)) if folder.exists() else []
