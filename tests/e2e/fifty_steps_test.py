#!/usr/bin/env python3
"""The steps of some years, for each engine as the migrations of real applications are: packed, installed in increments and taken back.

The sets are tests/data/sqlite and tests/data/postgresql; their second step makes rows, so that every way back meets some.
IGNITE_BIN names the folder of the programs. Needs root, as a probe does.
"""

import contextlib
import json
import os
import pathlib
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from data_test import DATABASE, DataCase  # noqa: E402
from postgresql_test import PostgresqlCase  # noqa: E402
from probe import BIN  # noqa: E402

SETS = pathlib.Path(__file__).parents[1] / "data"
INCREMENTS = (17, 35, 1000)


def steps_of(engine, last):
    paths = SETS.joinpath(engine).glob("*.sql")
    return {path.name: path.read_text() for path in paths if int(path.name.partition("_")[0]) <= last}


class FiftySteps:
    """What a set must do; the engine's class says how rows are read and where the database is."""

    engine = None

    def test_up_in_increments_back_and_up_again(self):
        self.probe.configure("trial = 0s\nkeep-deployments = 9\n")
        seen = []
        for number, last in enumerate(INCREMENTS, 1):
            files = steps_of(self.engine, last)
            self.probe.install(self.release(f"{number}.0", files))
            self.assertEqual(self.version(), str(len(files) // 2))
            seen.append(self.rows())
        self.assertGreaterEqual(int(self.version()), 50)
        self.assertGreater(min(len(rows) for rows in seen), 4000)
        self.probe.rollback()
        self.assertEqual((self.version(), self.rows()), ("35", seen[1]))
        self.probe.rollback("--to", "1")
        self.assertEqual((self.version(), self.rows()), ("17", seen[0]))
        # All that lies behind in one transaction, as on a probe that was off for long.
        self.probe.rollback("--to", "3")
        self.assertEqual(self.rows(), seen[2])
        self.assertEqual(self.probe.json("verify")["differences"], [])


class SqliteFiftyStepsTest(FiftySteps, DataCase):
    engine = "sqlite"

    def rows(self):
        """Of each table, whatever the order of rows and columns; those of a search index are its own."""
        rows = []
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'ignite_%' AND name NOT LIKE 'sqlite_%'"
            for (name,) in connection.execute(f"{names} AND name NOT LIKE 'alert_search%'").fetchall():
                quoted = name.replace('"', '""')
                rows += [f"{name} {sorted(dict(row).items())}" for row in connection.execute(f'SELECT * FROM "{quoted}"')]
        return sorted(rows)

    def test_every_step_is_proved_at_pack_time(self):
        source = self.steps(steps_of(self.engine, 1000))
        recipe = self.folder / "recipe.ini"
        recipe.write_text(
            "[bundle]\nkind = service-pack\nproduct = netprobe\nversion = 1.0\ncounter = 1\nepoch = 1\ncompatible = netprobe-x86_64\n"
            f"[payload schema]\ntype = migrations\ncomponent = data/main\nsource = {source}\ndatabase = sqlite:{DATABASE}\n"
        )
        key = self.workshop.folder / "release.key"
        words = ("build", recipe, "--sign", key, "--unencrypted", "-o", self.folder / "x.ignite", "--json")
        steps = json.loads(self.workshop.pack(*words).stdout)["rehearsals"][0]["steps"]
        self.assertEqual({step["proved"] for step in steps}, {"both-ways"})
        self.assertGreaterEqual(len(steps), 50)


class PostgresqlFiftyStepsTest(FiftySteps, PostgresqlCase):
    engine = "postgresql"

    def rows(self):
        """Of each table, whatever the order of rows and columns."""
        tables = self.sql(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname IN ('public', 'audit') AND tablename NOT LIKE 'ignite\\_%' ORDER BY 1"
        )
        rows = " UNION ALL ".join(f"SELECT '{name.replace(chr(39), chr(39) * 2)}', to_jsonb(t) FROM ONLY {name} t" for (name,) in tables)
        return sorted(map(str, self.sql(rows)))


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("these tests need root, as a probe does")
    if not (BIN / "ignite").exists():
        sys.exit(f"{BIN}/ignite is not there; set IGNITE_BIN")
    unittest.main()
