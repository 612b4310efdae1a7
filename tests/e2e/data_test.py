#!/usr/bin/env python3
"""Migrations of a SQLite database by the real programs: up, back, and everything that may go wrong on the way.

IGNITE_BIN names the folder of the programs. Needs root, as a probe does: the database belongs to an account of its own.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import daemon_test  # noqa: E402
from probe import BIN, ProbeTest, command_check, fill_disk, wait_for  # noqa: E402

DATABASE = "/var/lib/netprobe/main.db"
OWNER = 65534

FIRST = {
    "1_hosts.up.sql": "CREATE TABLE hosts (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n",
    "1_hosts.down.sql": "DROP TABLE hosts;\n",
}
SECOND = {
    **FIRST,
    "2_port.up.sql": "ALTER TABLE hosts ADD port INTEGER;\nUPDATE hosts SET port = 22;\n",
    "2_port.down.sql": "ALTER TABLE hosts DROP COLUMN port;\n",
    "3_log.up.sql": "CREATE TABLE log (at TEXT);\n",
    "3_log.down.sql": "DROP TABLE log;\n",
}
LOSSY = {
    **SECOND,
    "4_names.up.sql": "-- ignite: lossy\nUPDATE hosts SET name = upper(name);\n",
    "4_names.down.sql": "UPDATE hosts SET name = lower(name);\n",
    "5_gone.up.sql": "DROP TABLE log;\n",
}


class DataCase(ProbeTest):
    def setUp(self):
        super().setUp()
        self.let_others_through()
        self.database = self.probe.at(DATABASE)
        self.database.parent.mkdir(parents=True)
        os.chown(self.database.parent, OWNER, -1)

    def steps(self, files, name="sql"):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for inner, text in files.items():
            (folder / inner).write_text(text)
            if inner.endswith((".up", ".down")):
                (folder / inner).chmod(0o755)
        return folder

    def schema(self, version, files, keys=""):
        source = self.steps(files, f"sql-{version}")
        section = f"[payload schema]\ntype = migrations\ncomponent = data/main\nsource = {source}\n"
        return f"{section}database = sqlite:{DATABASE}\n{keys}\n"

    def release(self, version, files, keys="", **more):
        return self.workshop.bundle(version, more=self.schema(version, files, keys), **more)

    def data(self, version, files):
        """A bundle of the data alone."""
        recipe = self.folder / f"data-{version}.ini"
        recipe.write_text(
            f"[bundle]\nkind = service-pack\nproduct = netprobe\nversion = {version}\ncounter = {int(float(version) * 10)}\n"
            f"epoch = 1\ncompatible = netprobe-x86_64\n{self.schema(version, files)}"
        )
        keys = self.workshop.folder
        out = self.folder / f"data-{version}.ignite"
        words = ("--sign", keys / "release.key", "--recipient", keys / "probe.pub", "--no-rehearsal", "-o", out)
        self.workshop.pack("build", recipe, *words)
        return out

    def sql(self, text):
        """Runs statements as the application would; the rows of the last one."""
        os.seteuid(OWNER)
        try:
            with contextlib.closing(sqlite3.connect(self.database)) as connection:
                for statement in text.split(";"):
                    rows = connection.execute(statement).fetchall()
                connection.commit()
        finally:
            os.seteuid(0)
        return [list(row) for row in rows]

    def tables(self):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
            return sorted(row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"))

    def dump(self):
        """Schema and rows of the application; the engine's history only grows."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
            return "\n".join(line for line in connection.iterdump() if "ignite_" not in line)

    def version(self):
        return self.probe.status()["deployment"]["components"].get("data/main")


class MigrationTest(DataCase):
    def test_a_database_is_made_and_moved_by_increments(self):
        self.probe.install(self.release("1.0", FIRST))
        self.assertEqual(self.version(), "1")
        self.assertEqual(self.database.stat().st_uid, OWNER)
        self.sql("INSERT INTO hosts (name) VALUES ('a')")
        self.probe.install(self.release("2.0", SECOND))
        self.assertEqual(self.version(), "3")
        self.assertEqual(self.sql("SELECT name, port FROM hosts"), [["a", 22]])
        self.assertEqual(self.sql("SELECT number, name FROM ignite_migrations ORDER BY 1"), [[1, "hosts"], [2, "port"], [3, "log"]])
        self.assertEqual(self.probe.json("verify")["differences"], [])

    def test_a_failed_trial_takes_the_schema_back_and_keeps_the_rows(self):
        self.probe.install(self.release("1.0", FIRST))
        schema = self.dump()
        write = (
            f"""{sys.executable} -c "import sqlite3; c = sqlite3.connect('{self.database}'); """
            """c.execute('INSERT INTO hosts (name, port) VALUES (char(98), 1)'); c.commit()"; exit 1"""
        )
        script = self.folder / "trial.sh"
        script.write_text(f"#!/bin/sh\n{write}\n")
        script.chmod(0o755)
        bad = self.release("2.0", SECOND, health=command_check(str(script), "3s"))
        answer = self.probe.install(bad, expect=5)
        self.assertEqual(answer["reason"], "health")
        names = {row[0] for row in self.sql("SELECT name FROM hosts")}
        self.assertEqual(names, {"b"})
        self.sql("DELETE FROM hosts")
        self.assertEqual(self.dump(), schema)
        self.assertEqual(self.version(), "1")
        self.assertEqual(self.sql("SELECT max(number) FROM ignite_migrations"), [[1]])

    def test_rows_of_the_trial_that_keep_a_step_from_going_back(self):
        self.probe.install(self.release("1.0", FIRST))
        second = {**FIRST, "2_notes.up.sql": "CREATE TABLE notes (note TEXT);\n",
                  "2_notes.down.sql": "INSERT INTO hosts (name) SELECT note FROM notes;\nDROP TABLE notes;\n"}
        write = f"""{sys.executable} -c "import sqlite3; c = sqlite3.connect('{self.database}'); c.execute('INSERT INTO notes VALUES (NULL)'); c.commit()\""""
        script = self.folder / "trial.sh"
        script.write_text(f"#!/bin/sh\n{write}\nexit 1\n")
        script.chmod(0o755)
        answer = self.probe.install(self.release("2.0", second, health=command_check(str(script), "1s")), expect=6)
        self.assertIn("NOT NULL constraint failed: hosts.name", answer["cause"])
        self.assertIn("change by hand what the message names of the rows", answer["remedy"])
        self.assertIn("then run 'ignite recover'", answer["remedy"])
        self.sql("UPDATE notes SET note = 'mended'")
        self.assertEqual(self.probe.json("recover")["outcome"], "rolled-back")
        self.assertEqual((self.version(), self.sql("SELECT DISTINCT name FROM hosts")), ("1", [["mended"]]))

    def test_a_manual_rollback_and_its_rollback(self):
        self.probe.install(self.release("1.0", FIRST))
        self.probe.install(self.release("2.0", SECOND))
        self.sql("INSERT INTO hosts (name, port) VALUES ('kept', 80)")
        self.probe.rollback()
        self.assertEqual(self.version(), "1")
        self.assertEqual(self.sql("SELECT * FROM hosts"), [[1, "kept"]])
        self.probe.rollback()
        self.assertEqual(self.version(), "3")
        self.assertEqual(self.sql("SELECT name, port FROM hosts"), [["kept", 22]])

    def test_a_rollback_needs_no_file_of_the_newer_release(self):
        """The way back is in the database."""
        self.probe.install(self.release("1.0", FIRST))
        self.probe.install(self.release("2.0", SECOND))
        for text in (self.probe.state / "programs/data/main").glob("3-*/*.sql"):
            text.unlink()
        self.probe.rollback()
        self.assertEqual(self.version(), "1")
        self.assertNotIn("log", self.tables())

    def test_a_way_back_that_was_changed_in_the_database_is_not_run(self):
        self.probe.install(self.release("1.0", FIRST))
        self.probe.install(self.release("2.0", SECOND))
        self.sql("UPDATE ignite_migrations SET down = 'DROP TABLE hosts' WHERE number = 3")
        answer = self.probe.rollback(expect=4)
        self.assertIn("was changed in the database", answer["cause"])
        self.assertEqual(self.version(), "3")
        self.assertIn("hosts", self.tables())
        self.sql("UPDATE ignite_migrations SET down = '/* as it was */ DROP  TABLE log ' || char(59, 10) WHERE number = 3")
        self.probe.rollback()

    def test_a_rollback_to_a_time_without_the_database(self):
        self.probe.install(self.workshop.bundle("1.0"))
        self.probe.install(self.release("2.0", FIRST))
        self.sql("INSERT INTO hosts (name) VALUES ('a')")
        self.probe.rollback()
        self.assertIsNone(self.version())
        self.assertFalse(self.database.exists())
        self.probe.rollback()
        self.assertEqual(self.version(), "1")

    def test_a_lossy_step_goes_back_by_the_snapshot(self):
        self.probe.install(self.release("1.0", SECOND))
        self.sql("INSERT INTO hosts (name) VALUES ('MiXed'); INSERT INTO log VALUES ('x')")
        before = self.dump()
        bad = self.release("2.0", LOSSY, health=command_check("false", "1s"))
        self.probe.install(bad, expect=5)
        self.assertEqual(self.dump(), before)
        self.probe.install(self.release("3.0", LOSSY))
        self.assertEqual(self.sql("SELECT name FROM hosts"), [["MIXED"]])
        self.assertTrue(list(self.probe.state.glob("snapshots/data/main/*/copy.db")))

    def kept(self, answer):
        """The file that has what a restore has replaced, by the remark of the verdict."""
        remark = next(remark for remark in answer["remarks"] if "is no longer in it" in remark)
        self.assertRegex(remark, r"^what was written to /var/lib/netprobe/main.db since 20[0-9-]+ [0-9:]+ UTC is no longer in it")
        return remark.partition("opened by: sqlite3 ")[2]

    def last_step_of(self, answer):
        return self.probe.json("show", str(answer["transaction"]))["steps"][-1]["step"]

    def hosts_in(self, file):
        with contextlib.closing(sqlite3.connect(file)) as connection:
            return connection.execute("SELECT name FROM hosts ORDER BY name").fetchall()

    def test_what_was_written_in_a_trial_is_kept_before_a_restore(self):
        self.probe.install(self.release("1.0", SECOND))
        before = self.dump()
        write = f"import sqlite3; c = sqlite3.connect('{self.database}'); c.execute('INSERT INTO hosts (name) VALUES (char(98))'); c.commit()"
        script = self.folder / "trial.sh"
        script.write_text(f'#!/bin/sh\n{sys.executable} -c "{write}"\nexit 1\n')
        script.chmod(0o755)
        answer = self.probe.install(self.release("2.0", LOSSY, health=command_check(str(script), "1s")), expect=5)
        self.assertEqual(self.dump(), before)
        file = self.kept(answer)
        self.assertIn(("b",), self.hosts_in(file))
        # It outlives what it came from, and goes with the component.
        self.probe.install(self.release("3.0", SECOND))
        self.assertIn(("b",), self.hosts_in(file))

    def test_restore_data_accepts_the_loss_of_what_was_written_since(self):
        self.probe.install(self.release("1.0", SECOND))
        self.sql("INSERT INTO hosts (name) VALUES ('MiXed')")
        before = self.dump()
        self.probe.install(self.release("2.0", LOSSY))
        self.sql("INSERT INTO hosts (name) VALUES ('since')")
        newer = self.dump()
        refused = self.probe.rollback(expect=4)
        self.assertIn("'ignite rollback --restore-data' restores the snapshot of 20", refused["remedy"])
        self.assertEqual(refused["remedy"], self.probe.json("rollback", "--list")[1]["checks"][0]["remedy"])
        self.assertEqual(self.dump(), newer)
        answer = self.probe.rollback("--restore-data")
        self.assertEqual(self.dump(), before)
        self.assertEqual(self.version(), "3")
        self.assertEqual(self.hosts_in(self.kept(answer)), [("MIXED",), ("since",)])
        self.assertEqual(self.last_step_of(answer), answer["remarks"][-1])
        again = self.probe.rollback()
        self.assertEqual(self.sql("SELECT name FROM hosts"), [["MIXED"]])
        self.assertEqual(self.hosts_in(self.kept(again)), [("MIXED",), ("since",)])

    def test_a_return_that_restored_data_and_fails_brings_back_what_was(self):
        self.probe.install(self.release("1.0", SECOND, health=command_check("test ! -e $IGNITE_ROOT/bad", "1s")))
        self.probe.install(self.release("2.0", LOSSY))
        self.sql("INSERT INTO hosts (name) VALUES ('since')")
        newer = self.dump()
        self.probe.at("/bad").touch()
        answer = self.probe.rollback("--restore-data", expect=5)
        self.assertEqual(self.last_step_of(answer), answer["remarks"][-1])
        self.assertEqual(self.dump(), newer)
        self.assertEqual(self.version(), "5")

    def test_programs_do_what_sql_cannot(self):
        files = {
            **FIRST,
            "2_fill.up": "#!/bin/sh\nset -e\ntouch \"$(dirname \"$IGNITE_DATABASE\")/was-here\"\nid -u > \"$IGNITE_DATABASE.who\"\n",
            "2_fill.down": "#!/bin/sh\nexit 0\n",
        }
        self.probe.install(self.release("1.0", files))
        self.assertEqual(self.version(), "2")
        self.assertTrue((self.database.parent / "was-here").exists())
        self.assertEqual(int((self.database.parent / "main.db.who").read_text()), OWNER)

    def test_a_database_of_before_begins_at_its_baseline(self):
        self.sql("CREATE TABLE hosts (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO hosts VALUES (7, 'old')")
        before = self.dump()
        refused = self.probe.install(self.release("1.0", SECOND), expect=4)
        self.assertEqual(refused["reason"], "targets")
        self.assertIn("baseline", refused["remedy"])
        bad = self.release("1.1", SECOND, keys="baseline = 1", health=command_check("false", "1s"))
        self.probe.install(bad, expect=5)
        self.assertEqual(self.dump(), before)
        self.probe.install(self.release("1.2", SECOND, keys="baseline = 1"))
        self.assertEqual(self.version(), "3")
        self.assertEqual(self.sql("SELECT * FROM hosts"), [[7, "old", 22]])

    def test_the_database_of_a_probe_is_a_sample_to_pack_with(self):
        """It goes on from the version that it is at, and stays as it is."""
        self.probe.install(self.release("1.0", FIRST))
        self.sql("INSERT INTO hosts (name) VALUES ('a')")
        recipe = self.release("2.0", SECOND).parent / "recipe.ini"
        before = self.database.read_bytes()

        def rehearse(expect=0):
            return json.loads(self.workshop.pack("rehearse", recipe, "--database", self.database, "--json", expect=expect).stdout)

        answer = rehearse()
        self.assertEqual((answer["from"], answer["to"], len(answer["steps"])), (1, 3, 2))
        self.steps({**SECOND, "3_log.down.sql": "DROP TABLE log; DELETE FROM hosts;"}, "sql-2.0")
        self.assertIn("step 3 log: '3_log.down.sql'", rehearse(expect=2)["error"]["cause"])
        self.assertEqual(self.database.read_bytes(), before)
        self.sql("UPDATE ignite_state SET version = 4")
        self.assertIn("is at version 4, behind the last step 3", rehearse(expect=2)["error"]["cause"])

    def test_data_travels_alone(self):
        self.probe.install(self.release("1.0", FIRST))
        self.probe.install(self.data("1.1", SECOND))
        self.assertEqual(self.probe.status()["deployment"]["components"], {"app/web": "1.0", "data/main": "3"})


class RehearsalTest(DataCase):
    """What fails on a copy never meets the data."""

    def refuse(self, files, *words, policy=None):
        self.probe.install(self.release("1.0", FIRST))
        self.sql("INSERT INTO hosts (name) VALUES ('a')")
        if policy:
            self.probe.configure(policy)
        before = self.database.read_bytes()
        answer = self.probe.install(self.release("2.0", {**FIRST, **files}), expect=4)
        self.assertEqual(answer["reason"], "rehearsal")
        for word in words:
            self.assertIn(word, answer["cause"])
        self.assertEqual(self.database.read_bytes(), before)
        self.assertEqual([path.name for path in self.probe.state.glob("snapshots/data/main/*")], ["rehearsal.json"])
        self.assertEqual([path.name for path in (self.probe.state / "programs/data/main").iterdir()], ["1-t1"])
        self.assertEqual(self.version(), "1")

    def test_a_step_that_fails_on_this_data(self):
        self.refuse({"2_a.up.sql": "CREATE TABLE a (b);\nINSERT INTO hosts (id, name) VALUES (1, 'twice');\n"}, "step 2 a (up), line 2")

    def test_a_down_that_does_not_undo_its_up(self):
        self.refuse({"2_a.up.sql": "CREATE TABLE a (b);", "2_a.down.sql": "SELECT 1;"}, "does not lead back to the start", "table a")

    def test_a_down_that_loses_rows(self):
        self.refuse({"2_a.up.sql": "SELECT 1;", "2_a.down.sql": "DELETE FROM hosts;"}, "does not lead back", "hosts: 1 rows")

    def test_a_query_of_the_bundle_that_finds_something(self):
        self.refuse(
            {"2_a.up.sql": "UPDATE hosts SET name = '';", "verify.sql": "SELECT id FROM hosts WHERE name = '';"}, "found: 1"
        )

    def test_a_program_that_fails(self):
        self.refuse({"2_a.up": "#!/bin/sh\necho no way >&2\nexit 3\n"}, "no way")

    def test_a_failure_of_the_machine_is_no_refusal(self):
        """A step that works is not blamed where its worker is killed."""
        self.probe.install(self.release("1.0", FIRST))
        before = self.database.read_bytes()
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO a SELECT max(i) FROM n;"
        bundle = self.release("2.0", {**FIRST, "2_a.up.sql": f"CREATE TABLE a (b);\n{endless}\n"})
        process = self.probe.start("install", bundle, "--json")

        def worker_at_work():
            """What makes the copy is a worker, too: the journal of the step is the sign."""
            if not list(self.probe.state.glob("snapshots/data/main/rehearsal/*-journal")):
                return None
            for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
                with contextlib.suppress(OSError):
                    if int(status.read_text().rpartition(")")[2].split()[1]) == process.pid:
                        return int(status.parent.name)
            return None

        os.kill(wait_for(worker_at_work, what="the step"), signal.SIGKILL)
        answer = json.loads(process.communicate(timeout=60)[0])
        self.assertEqual((process.returncode, answer["outcome"], answer["reason"]), (1, "failed", "error"), answer)
        self.assertEqual(self.database.read_bytes(), before)
        self.assertEqual(self.version(), "1")

    def test_rehearse_off_meets_the_data_and_comes_back(self):
        self.probe.install(self.release("1.0", FIRST))
        self.sql("INSERT INTO hosts (name) VALUES ('a')")
        self.probe.configure("trial = 0s\nrehearse = off\n")
        before = self.dump()
        bad = {**FIRST, "2_a.up.sql": "CREATE TABLE a (b);\nSELECT missing FROM hosts;\n", "2_a.down.sql": "DROP TABLE a;"}
        answer = self.probe.install(self.release("2.0", bad), expect=5)
        self.assertEqual(answer["reason"], "activation")
        self.assertIn("line 2", answer["cause"])
        self.assertEqual(self.dump(), before)


class PlanTest(DataCase):
    """What happens to the data is told before anything moves."""

    def data_steps(self, bundle):
        return [step for step in self.probe.json("plan", bundle)["steps"] if DATABASE in step or "data/main" in step]

    def test_steps_and_cost_of_an_install(self):
        steps = self.data_steps(self.release("1.0", FIRST))
        self.assertEqual(steps[1], f"rehearse 1_hosts on a copy of {DATABASE}")
        self.assertEqual(steps[2], f"move data/main to version 1: apply 1_hosts to {DATABASE}")
        answer = self.probe.install(self.release("1.0", FIRST))
        self.assertRegex(answer["remarks"][0], "^the steps of data/main were rehearsed on a whole copy; it took 1 s and [0-9.]+ kB$")
        steps = self.data_steps(self.release("2.0", LOSSY))
        size = r"\([0-9.]+ kB\)"
        names = "2_port, 3_log, 4_names, 5_gone"
        self.assertRegex(steps[1], f"^rehearse {names} on a copy of {DATABASE} {size}; the last one took 1 s and [0-9.]+ kB$")
        why = "because step 4_names has no way back that keeps everything"
        self.assertRegex(steps[2], f"^keep a snapshot of {DATABASE} {size}, {why}$")
        self.assertEqual(steps[3], f"move data/main to version 5: apply {names} to {DATABASE}")
        self.probe.configure("trial = 0s\nrehearse = off\n")
        self.assertNotIn("rehearse", str(self.data_steps(self.release("2.0", LOSSY))))

    def test_steps_of_a_return(self):
        self.probe.install(self.release("1.0", FIRST))
        self.probe.install(self.release("2.0", SECOND))
        way = self.probe.json("rollback", "--list")[1]
        self.assertIn(f"move data/main to version 1: take 3_log, 2_port back in {DATABASE}", way["steps"])
        self.assertIn("take 3_log, 2_port back", self.probe.text("rollback", "--list"))

    def test_a_database_that_cannot_be_read_has_a_plan_all_the_same(self):
        self.database.write_text("no database")
        os.chown(self.database, OWNER, -1)
        steps = self.probe.json("plan", self.release("1.0", FIRST), expect=4)["steps"]
        self.assertIn("activate data/main 1", steps)

    def test_the_last_release_takes_all_notes_along(self):
        self.probe.install(self.workshop.bundle("1.0"))
        self.probe.install(self.release("2.0", FIRST))
        self.assertEqual([path.name for path in self.probe.state.glob("snapshots/data/main/*")], ["rehearsal.json"])
        self.probe.configure("trial = 0s\nkeep-deployments = 2\n")
        self.probe.rollback()
        self.assertTrue(list(self.probe.state.glob("snapshots/data/main/*")))
        self.probe.install(self.workshop.bundle("3.0"))
        self.assertEqual(list(self.probe.state.glob("snapshots/data/*")), [])


class GateTest(DataCase):
    """No application in front of data that it cannot read."""

    def refuse(self, bundle, *words):
        before = self.database.read_bytes() if self.database.exists() else None
        seen = next(check for check in self.probe.json("plan", bundle, expect=4)["checks"] if check["id"] == "reads")
        self.assertEqual(seen["result"], "fail")
        self.assertTrue(seen["remedy"])
        answer = self.assert_refused(bundle, "reads")
        for word in words:
            self.assertIn(word, answer["cause"])
        self.assertEqual(self.database.read_bytes() if before else None, before)

    def test_the_application_and_its_data_in_one_bundle(self):
        self.probe.install(self.release("1.0", FIRST, payload="reads = data/main 1..3"))
        self.probe.install(self.release("2.1", SECOND, payload="reads = data/main 3"))
        self.assertEqual(self.version(), "3")

    def test_an_application_alone(self):
        web = self.workshop.bundle("1.0", payload="reads = data/main 1..3")
        self.refuse(web, "there would be no data/main")
        self.probe.install(self.data("0.9", FIRST))
        self.probe.install(web)
        self.refuse(self.workshop.bundle("2.0", payload="reads = data/main 2..3"), "data/main 2..3", "version 1")

    def test_data_alone_waits_for_the_application_that_reads_it(self):
        self.probe.install(self.release("1.0", FIRST, payload="reads = data/main 1"))
        data = self.data("1.1", SECOND)
        self.refuse(data, "app/web 1.0 reads data/main 1", "version 3")
        self.probe.install(self.workshop.bundle("2.0", payload="reads = data/main 1..3"))
        self.probe.install(data)
        self.assertEqual(self.version(), "3")

    def test_a_later_bundle_without_the_word_opens_the_gate(self):
        self.probe.install(self.release("1.0", FIRST, payload="reads = data/main 1"))
        self.probe.install(self.workshop.bundle("2.0"))
        self.probe.install(self.data("2.1", SECOND))
        self.assertEqual(self.version(), "3")

    def test_a_rollback_is_held_against_the_deployment_it_leads_to(self):
        self.probe.install(self.release("1.0", FIRST, payload="reads = data/main 1"))
        self.probe.install(self.release("2.0", SECOND, payload="reads = data/main 3"))
        self.assertEqual(self.probe.json("rollback", "--list")[1]["checks"], [])
        self.probe.rollback()
        self.assertEqual(self.version(), "1")

    def test_the_recipe_shows_it_again(self):
        bundle = self.release("1.0", FIRST, payload="reads = data/main 1..3")
        keys = self.workshop.folder
        done = self.workshop.pack("inspect", bundle, "--identity", keys / "probe.key", "--json")
        self.assertEqual([it["reads"] for it in json.loads(done.stdout)["manifest"]["payloads"]], [["data/main 1..3"], []])
        done = self.workshop.pack("inspect", bundle, "--identity", keys / "probe.key")
        self.assertIn("reads data/main 1..3", done.stdout.decode())


class OrderTest(DataCase):
    def test_data_moves_before_configurations_and_both_before_the_switch(self):
        """Whatever the order of the bundle."""
        programs = self.folder / "config"
        programs.mkdir()
        (programs / "generate").write_text("#!/bin/sh\ntouch made\n")
        (programs / "generate").chmod(0o755)
        config = f"[payload settings]\ntype = config\ncomponent = config/probe\nsource = {programs}\npath = /etc/netprobe\n"
        bundle = self.workshop.bundle("1.0", more=config + self.schema("1.0", FIRST))
        self.probe.install(bundle)
        steps = [step["step"] for step in self.probe.json("show", "1")["steps"]]
        wanted = ["stopping units", "activating data/main", "activating config/probe", "activating app/web", "switching"]
        self.assertEqual([step for step in steps if step in wanted], wanted)


class RefusalTest(DataCase):
    def test_a_database_of_root_is_refused_with_chown(self):
        os.chown(self.database.parent, 0, 0)
        answer = self.probe.install(self.release("1.0", FIRST), expect=4)
        self.assertEqual(answer["reason"], "targets")
        self.assertIn("chown", answer["remedy"])

    def test_what_is_no_file_is_no_database(self):
        self.database.mkdir()
        os.chown(self.database, OWNER, -1)
        answer = self.probe.install(self.release("1.0", FIRST), expect=4)
        self.assertEqual(answer["reason"], "targets")
        self.assertIn("main.db is no file", answer["cause"])

    def test_a_schema_changed_by_hand_is_refused_or_accepted_by_policy(self):
        self.probe.install(self.release("1.0", FIRST))
        self.sql("CREATE INDEX by_hand ON hosts (name)")
        answer = self.probe.install(self.release("2.0", SECOND), expect=4)
        self.assertEqual(answer["reason"], "targets")
        self.assertIn("by_hand", answer["cause"])
        self.sql("CREATE TABLE mine (a); ALTER TABLE hosts ADD COLUMN mine; " + "".join(
            f"CREATE TABLE t{number} (a);" for number in range(4)))
        answer = self.probe.install(self.release("2.0", SECOND), expect=4)
        for words in ("by_hand", "table mine", "' became 'table hosts", " more, which 'ignite verify' names"):
            self.assertIn(words, answer["cause"])
        self.assertNotIn("t3", answer["cause"])
        found = str(self.probe.json("verify", expect=1)["differences"])
        for words in ("by_hand", "table mine", "' became 'table hosts", "table t3"):
            self.assertIn(words, found)
        self.probe.configure("trial = 0s\ndrift = accept\n")
        self.probe.install(self.release("2.0", SECOND))

    def test_steps_that_changed_or_come_late(self):
        self.probe.install(self.release("1.0", {**FIRST, "5_e.up.sql": "CREATE TABLE e (a);", "5_e.down.sql": "DROP TABLE e;"}))
        changed = {**FIRST, "1_hosts.up.sql": "CREATE TABLE hosts (id);", "5_e.up.sql": "CREATE TABLE e (a);", "5_e.down.sql": "DROP TABLE e;"}
        answer = self.probe.install(self.release("2.0", changed), expect=4)
        self.assertIn("step 1 hosts is not what it was", answer["cause"])
        late = {**FIRST, "3_c.up.sql": "SELECT 1;", "5_e.up.sql": "CREATE TABLE e (a);", "5_e.down.sql": "DROP TABLE e;"}
        answer = self.probe.install(self.release("2.1", late), expect=4)
        self.assertIn("step 3 c comes late", answer["cause"])

    def test_a_recipe_names_file_and_line_of_what_cannot_run(self):
        source = self.steps({**FIRST, "2_b.up.sql": "SELECT 1;\n\nCOMMIT;\n", "3_c.down.sql": "SELECT 1;", "4_d.up.sql": "-- ignite: lossi\nSELECT 1;"})
        recipe = self.folder / "bad.ini"
        recipe.write_text(
            "[bundle]\nkind = service-pack\nproduct = netprobe\nversion = 1.1\ncounter = 11\nepoch = 1\n"
            "compatible = netprobe-x86_64\n[payload schema]\ntype = migrations\ncomponent = data/main\n"
            f"source = {source}\ndatabase = sqlite:{DATABASE}\n"
        )
        keys = self.workshop.folder
        done = self.workshop.pack(
            "build", recipe, "--sign", keys / "release.key", "--recipient", keys / "probe.pub", "-o", self.folder / "x", expect=2
        )
        text = done.stderr.decode()
        for words in ("'2_b.up.sql' is wrong in line 3: COMMIT controls the transaction", "3_c.down.sql", "lossy"):
            self.assertIn(words, text)


class SpaceTest(DataCase):
    """State and database on one small file system."""

    def setUp(self):
        super().setUp()
        small = self.probe.at("/var/lib")
        shutil.rmtree(small)
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50m,mode=755", "small", small], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", small])
        self.database.parent.mkdir()
        os.chown(self.database.parent, OWNER, -1)
        self.ballast = small / "ballast"
        # Stopping the units takes the room that the checks found free.
        script = self.folder / "services.sh"
        size = self.folder / "size"
        script.write_text(f"#!/bin/sh\n[ $1 = stop ] && [ -e {size} ] && fallocate -l $(cat {size}) {self.ballast}\nexit 0\n")
        script.chmod(0o755)
        self.probe.configure(services=f"[services]\nbackend = command\ncommand = {script}\n")
        self.probe.install(self.release("1.0", SECOND, "units = netprobe.service\n"))
        self.sql("INSERT INTO log VALUES (hex(zeroblob(3000000)))")
        self.probe.install(self.release("2.0", LOSSY, "units = netprobe.service\n"))
        self.sql("INSERT INTO hosts (name) VALUES (hex(zeroblob(3000000)))")
        self.newer = self.dump()

    def free(self):
        disk = os.statvfs(self.database)
        return disk.f_bavail * disk.f_frsize

    def test_a_return_without_room_is_refused(self):
        fill_disk(self.ballast, but=12_000_000)
        before = self.free()
        refused = self.probe.rollback("--restore-data", expect=4)
        self.assertEqual((refused["outcome"], refused["reason"]), ("refused", "space"))
        self.assertRegex(refused["cause"], "are needed")
        self.assertIn("space", [check["id"] for check in self.probe.json("rollback", "--list")[1]["checks"]])
        self.assertEqual(self.dump(), self.newer)
        self.assertAlmostEqual(self.free(), before, delta=100_000)
        self.ballast.unlink()
        self.assertEqual(self.probe.rollback("--restore-data")["outcome"], "committed")

    def test_the_room_of_a_snapshot_is_held_from_the_checks_on(self):
        script = self.folder / "services.sh"
        left = f"$(($(stat -f -c '%a * %S' {self.ballast.parent}) - 2000000))"
        script.write_text(f"#!/bin/sh\n[ $1 = stop ] && fallocate -l {left} {self.ballast}\nexit 0\n")
        steps = {**LOSSY, "6_more.up.sql": "CREATE TABLE more (a);\n"}
        self.probe.install(self.release("3.0", steps, "units = netprobe.service\n"))
        self.assertTrue(self.ballast.exists())
        self.assertLess(self.free(), 3_000_000)
        self.ballast.unlink()
        script.write_text("#!/bin/sh\n")
        self.probe.rollback("--restore-data")
        self.assertEqual(self.dump(), self.newer)

    def test_a_disk_that_fills_before_the_snapshot_leaves_room_to_go_on(self):
        (self.folder / "size").write_text(str(self.free() - 3_000_000))
        answer = self.probe.rollback("--restore-data", expect=5)
        self.assertEqual((answer["outcome"], answer["reason"]), ("rolled-back", "activation"), answer)
        self.assertRegex(answer["cause"], "full|space")
        self.assertEqual(self.dump(), self.newer)
        self.assertGreater(self.free(), 2_000_000)
        self.assertIsNone(self.probe.status()["transaction"])


class CancelTest(DataCase):
    """`ignite cancel` in the middle of a step: within seconds, and the data is what it was."""

    slow_up = """CREATE TABLE slow (a);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO slow SELECT max(i) FROM n;"""

    def begin(self, policy, step):
        """The process of an update that is in its second, slow step; what the data was before."""
        self.probe.install(self.release("1.0", self.first))
        self.sql("INSERT INTO hosts (name) VALUES ('a')")
        before = self.dump()
        self.probe.configure(f"trial = 0s\n{policy}")
        quick = {"2_quick.up.sql": "CREATE TABLE quick (a integer)", "2_quick.down.sql": "DROP TABLE quick"}
        slow = {"3_slow.up.sql": self.slow_up, "3_slow.down.sql": "DROP TABLE slow"}
        process = self.probe.start("install", self.release("2.0", {**self.first, **quick, **slow}), "--json")
        self.addCleanup(self.end, process)
        wait_for(lambda: (self.probe.status()["transaction"] or {}).get("step") == step, what=step)
        return process, before

    first = FIRST

    def cancel(self, process, before, outcome, code):
        begin = time.monotonic()
        self.probe.json("cancel")
        answer = json.loads(process.communicate(timeout=60)[0])
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual((answer["outcome"], answer["reason"], process.returncode), (outcome, "cancelled", code), answer)
        self.assertEqual(self.dump(), before)
        self.assertEqual(self.version(), "1")
        self.probe.configure("trial = 0s\n")
        self.probe.install(self.release("3.0", {**self.first, "2_x.up.sql": "SELECT 1;", "2_x.down.sql": "SELECT 1;"}))

    def test_while_it_is_rehearsed(self):
        process, before = self.begin("", "rehearsing: applying 3_slow (2 of 2)")
        self.cancel(process, before, "cancelled", 1)

    def test_in_its_transaction(self):
        process, before = self.begin("rehearse = off\n", "applying 3_slow (2 of 2)")
        self.cancel(process, before, "rolled-back", 5)


class SuspendTest(daemon_test.DaemonCase, DataCase):
    def test_an_agent_that_ends_while_it_rehearses_leaves_nothing_of_it(self):
        self.probe.install(self.release("1.0", FIRST))
        slow = {**FIRST, "3_slow.up.sql": CancelTest.slow_up, "3_slow.down.sql": "DROP TABLE slow"}
        self.start()
        shutil.copy(self.release("2.0", slow), self.probe.inbox / "a.ignite")
        wait_for(lambda: "rehearsing" in str(self.probe.status()["transaction"]), what="the rehearsal")
        self.stop()
        self.assertEqual(self.probe.history()[-1]["reason"], "suspended")
        self.assertEqual([path.name for path in self.probe.state.glob("snapshots/data/main/*")], ["rehearsal.json"])
        self.assertTrue((self.probe.inbox / "a.ignite").exists())


class InterruptionTest(DataCase):
    """Killed in the middle: recovery leads the database to the side of everything else."""

    def test_killed_on_trial_before_the_journal_knows_the_end(self):
        self.probe.install(self.release("1.0", FIRST))
        self.sql("INSERT INTO hosts (name) VALUES ('a')")
        before = self.dump()
        bad = self.release("2.0", SECOND, health=command_check("sleep 2; false", "1s"))
        process = self.probe.start("install", bad)
        wait_for(lambda: "log" in self.tables(), what="the migration")
        process.kill()
        process.communicate()
        self.sql("INSERT INTO hosts (name) VALUES ('meanwhile')")
        self.assertEqual(self.probe.json("recover")["outcome"], "rolled-back")
        self.assertEqual(self.version(), "1")
        self.assertEqual(self.sql("SELECT name FROM hosts"), [["a"], ["meanwhile"]])
        self.sql("DELETE FROM hosts WHERE name = 'meanwhile'")
        self.assertEqual(self.dump(), before)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("these tests need root, as a probe does")
    if not (BIN / "ignite").exists():
        sys.exit(f"{BIN}/ignite is not there; set IGNITE_BIN")
    unittest.main()
