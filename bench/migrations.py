#!/usr/bin/env python3
"""What the migration of a database costs beyond its SQL, and what the snapshot and rehearsal of a large one take.

IGNITE_BIN names the folder of the programs. Needs root, for a PostgreSQL of its own. Prints rows of Markdown; judges nothing.
"""

import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
from postgresql import Server  # noqa: E402

BIN = pathlib.Path(os.environ["IGNITE_BIN"]).resolve()
ROUNDS = 7

BASE = (
    "CREATE TABLE targets (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE samples (id INTEGER PRIMARY KEY, target INTEGER NOT NULL REFERENCES targets, at INTEGER NOT NULL, value INTEGER);"
)
ROWS = {
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0}) {1} FROM n;",
    "postgresql": "{1} FROM generate_series(1, {0}) AS n (i);",
}
# A step of each kind: a column that is filled, an index, a table of what others hold.
STEPS = [
    ("ALTER TABLE samples ADD COLUMN hour INTEGER; UPDATE samples SET hour = at / 3600;", "ALTER TABLE samples DROP COLUMN hour;"),
    ("CREATE INDEX samples_by_target ON samples (target, at);", "DROP INDEX samples_by_target;"),
    (
        "CREATE TABLE hourly (target INTEGER, hour INTEGER, count INTEGER, total INTEGER, PRIMARY KEY (target, hour));"
        "INSERT INTO hourly SELECT target, hour, count(*), sum(value) FROM samples GROUP BY target, hour;",
        "DROP TABLE hourly;",
    ),
]


def base_of(engine, rows):
    make = ROWS[engine].format
    targets = make(1000, "INSERT INTO targets SELECT i, 'target ' || i")
    return BASE + targets + make(rows, "INSERT INTO samples SELECT i, 1 + i % 1000, 1700000000 + i, i % 977")


def timed(words, **options):
    begin = time.monotonic()
    done = subprocess.run(list(map(str, words)), check=True, stdout=subprocess.PIPE, **options)
    return time.monotonic() - begin, done.stdout


def worker(engine, address, **request):
    """The process that the agent starts as the owner of a database."""
    text = json.dumps({"engine": engine, "address": str(address), **request})
    seconds, answer = timed([BIN / "ignite", "--migration-worker"], input=text.encode())
    if "done" not in json.loads(answer):
        raise SystemExit(answer.decode())
    return seconds


def move():
    steps = [
        {"number": number, "name": "step", "up": up, "down": down, "traits": [], "program": False}
        for number, (up, down) in enumerate(STEPS, 1)
    ]
    place = {"from-release": "", "from-version": 0, "to-release": "bench", "to-version": len(steps), "baseline": 0}
    return {**place, "steps": steps, "down": False, "verify": [], "proves-return": False}


def tell(what, plain, ours):
    one, two = statistics.median(plain), statistics.median(ours)
    print(f"| {what} | {one:.2f} s | {two:.2f} s | {two / one:.2f} |", flush=True)


def overhead_of_sqlite(folder, rows):
    base, database = folder / "base.db", folder / "main.db"
    with sqlite3.connect(base) as connection:
        connection.executescript(base_of("sqlite", rows))
    script = "PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA; BEGIN;" + "".join(up for up, _ in STEPS) + "COMMIT;"
    # The check of each page that is read, which ignite never does without.
    checked = "PRAGMA cell_size_check = ON;"
    plain, careful, ours = [], [], []
    for _ in range(ROUNDS):
        for times, text in ((plain, script), (careful, checked + script)):
            shutil.copyfile(base, database)
            times.append(timed(["sqlite3", "-bail", database], input=text.encode())[0])
        shutil.copyfile(base, database)
        ours.append(worker("sqlite", database, verb="run", move=move()))
    tell(f"`sqlite3 <`, {rows:,} rows", plain, ours)
    tell(f"`sqlite3 <` with `{checked}`, {rows:,} rows", careful, ours)


def overhead_of_postgresql(folder, rows):
    server = Server(folder / "pg")
    try:
        server.sql("postgres", "CREATE ROLE probe LOGIN CREATEDB")
        server.make("base", "probe")
        server.sql("base", base_of("postgresql", rows) + "VACUUM ANALYZE;", user="probe")
        script = folder / "steps.sql"
        script.write_text("".join(up for up, _ in STEPS))
        plain, ours = [], []
        for _ in range(ROUNDS):
            for times in (plain, ours):
                server.sql("postgres", "DROP DATABASE IF EXISTS main; CREATE DATABASE main TEMPLATE base OWNER probe; CHECKPOINT")
                if times is plain:
                    words = ["psql", "-qX1", "-h", server.folder, "-U", "probe", "-d", "main", "-f", script]
                    times.append(timed(words)[0])
                else:
                    address = f"dbname=main host={server.folder} user=probe"
                    times.append(worker("postgresql", address, verb="run", move=move()))
        tell(f"`psql -1 -f`, {rows:,} rows", plain, ours)
    finally:
        server.stop()


class Space:
    """The most that a folder has held, in bytes on disk."""

    def __init__(self, folder):
        self.folder, self.most, self.ended = folder, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.ended.wait(0.1):
            du = subprocess.run(["du", "-sB1", self.folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.most = max(self.most, int(du.stdout.split()[0]))

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.most


def large_database(folder, gib):
    database, copies, steps = folder / "large.db", folder / "copies", folder / "sql"
    copies.mkdir()
    steps.mkdir()
    with sqlite3.connect(database) as connection:
        connection.executescript(BASE.replace("value INTEGER", "value INTEGER, note BLOB") + "PRAGMA synchronous = OFF;")
        connection.executescript(ROWS["sqlite"].format(1000, "INSERT INTO targets SELECT i, 'target ' || i"))
        rows = int(gib * 2**30 / 1060)
        notes = "INSERT INTO samples SELECT i, 1 + i % 1000, 1700000000 + i, i % 977, randomblob(1000)"
        connection.executescript("BEGIN;" + ROWS["sqlite"].format(rows, notes) + "COMMIT;")
    for number, (up, down) in enumerate(STEPS, 1):
        (steps / f"{number}_step.up.sql").write_text(up)
        (steps / f"{number}_step.down.sql").write_text(down)
    recipe = folder / "recipe.ini"
    recipe.write_text(
        "[bundle]\nkind = service-pack\nproduct = bench\nversion = 1\ncounter = 1\nepoch = 1\ncompatible = bench\n"
        "[payload schema]\ntype = migrations\ncomponent = data/main\nsource = sql\ndatabase = sqlite:/main.db\n"
    )
    size = database.stat().st_size
    snapshot = copies / "snapshot"
    for what, run in (
        ("`cp` and `sync`", lambda: timed(["sh", "-c", f"cp {database} {snapshot} && sync {snapshot}"])[0]),
        ("snapshot", lambda: worker("sqlite", database, verb="snapshot", path=str(snapshot))),
        (
            "`ignite-pack rehearse`, three steps, each alone and all at once",
            lambda: timed([BIN / "ignite-pack", "rehearse", recipe, "--database", database], env={**os.environ, "TMPDIR": str(copies)})[0],
        ),
    ):
        snapshot.unlink(missing_ok=True)
        space = Space(copies)
        try:
            seconds = run()
        finally:
            most = space.stop()
        print(f"| {what} of {size / 2**30:.2f} GiB, {rows:,} rows | {seconds:.1f} s | {most / size:.2f} × the database |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--gib", type=float, default=2.0)
    arguments = parser.parse_args()
    # A short path: a socket's may have 107 bytes.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ib.", dir=os.environ.get("TMPDIR", "/var/tmp")))
    folder.chmod(0o755)
    try:
        overhead_of_sqlite(folder, arguments.rows)
        overhead_of_postgresql(folder, arguments.rows)
        large_database(folder, arguments.gib)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
