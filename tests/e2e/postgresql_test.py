#!/usr/bin/env python3
"""Migrations of a real PostgreSQL by the real programs: what tests/e2e/data_test.py has for SQLite, and what is different.

IGNITE_BIN names the folder of the programs. Needs root, as a probe does.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import data_test  # noqa: E402
import os_test  # noqa: E402
from data_test import DataCase  # noqa: E402
from postgresql import Server  # noqa: E402
from probe import BIN, command_check, fill_disk, run, wait_for  # noqa: E402

FIRST = {
    "1_hosts.up.sql": "CREATE TABLE hosts (id serial PRIMARY KEY, name text NOT NULL);\n",
    "1_hosts.down.sql": "DROP TABLE hosts;\n",
}
SECOND = {
    **FIRST,
    "2_port.up.sql": "ALTER TABLE hosts ADD port integer;\nUPDATE hosts SET port = 22;\n",
    "2_port.down.sql": "ALTER TABLE hosts DROP COLUMN port;\n",
    "3_log.up.sql": "CREATE TABLE log (at timestamptz DEFAULT now());\n",
    "3_log.down.sql": "DROP TABLE log;\n",
}
LOSSY = {
    **SECOND,
    "4_names.up.sql": "-- ignite: lossy\nUPDATE hosts SET name = upper(name);\n",
    "4_names.down.sql": "UPDATE hosts SET name = lower(name);\n",
    "5_gone.up.sql": "DROP TABLE log;\n",
}


class PostgresqlCase(DataCase):
    server = None
    count = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A short path: a socket's may have 107 bytes.
        cls.server_folder = pathlib.Path(tempfile.mkdtemp(prefix="pg.", dir="/tmp"))
        cls.server_folder.chmod(0o755)
        cls.server = Server(cls.server_folder / "s")
        cls.server.sql("postgres", "CREATE ROLE probe LOGIN CREATEDB; CREATE ROLE poor LOGIN")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        shutil.rmtree(cls.server_folder)
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        PostgresqlCase.count += 1
        self.name = f"db{PostgresqlCase.count}"
        self.user = "probe"
        self.server.make(self.name, "probe")

    def schema(self, version, files, keys=""):
        source = self.steps(files, f"sql-{version}")
        section = f"[payload schema]\ntype = migrations\ncomponent = data/main\nsource = {source}\n"
        return f"{section}database = postgresql:user={self.user} dbname={self.name} host={self.server.folder}\n{keys}\n"

    def sql(self, text):
        return self.server.sql(self.name, text, user="probe")

    def dump(self):
        return self.server.dump(self.name)

    def asleep_in_a_copy(self):
        running = f"starts_with(datname, 'ignite_rehearsal_{self.name}_') AND query ~ 'pg_sleep'"
        return self.server.sql("postgres", f"SELECT pid FROM pg_stat_activity WHERE {running}")

    def copies(self):
        rows = self.server.sql("postgres", f"SELECT datname FROM pg_database WHERE starts_with(datname, 'ignite_rehearsal_{self.name}_')")
        return [row[0] for row in rows]


class PostgresqlMigrationTest(PostgresqlCase):
    def test_increments_and_a_failed_trial_that_keeps_the_rows(self):
        self.probe.install(self.release("1.0", FIRST))
        self.assertEqual(self.version(), "1")
        self.sql("INSERT INTO hosts (name) VALUES ('a')")
        before = self.dump()
        script = self.folder / "trial.sh"
        script.write_text(
            f"#!/bin/sh\npsql -qX -h {self.server.folder} -U probe -d {self.name} "
            "-c \"INSERT INTO hosts (name, port) VALUES ('b', 1)\"; exit 1\n"
        )
        script.chmod(0o755)
        answer = self.probe.install(self.release("2.0", SECOND, health=command_check(str(script), "3s")), expect=5)
        self.assertEqual(answer["reason"], "health")
        self.assertIn(["b"], self.sql("SELECT name FROM hosts"))
        self.sql("DELETE FROM hosts WHERE name = 'b'; SELECT setval('hosts_id_seq', 1)")
        self.assertEqual(self.dump(), before)
        self.probe.install(self.release("3.0", SECOND))
        self.assertEqual(self.version(), "3")
        self.assertEqual(self.sql("SELECT name, port FROM hosts"), [["a", "22"]])
        self.assertEqual(self.probe.json("verify")["differences"], [])
        self.assertEqual(self.copies(), [])

    def test_a_manual_rollback_needs_no_file_of_the_newer_release(self):
        self.probe.install(self.release("1.0", FIRST))
        self.probe.install(self.release("2.0", SECOND))
        self.sql("INSERT INTO hosts (name, port) VALUES ('kept', 80)")
        for text in (self.probe.state / "programs/data/main").glob("3-*/*.sql"):
            text.unlink()
        self.probe.rollback()
        self.assertEqual(self.sql("SELECT * FROM hosts"), [["1", "kept"]])

    def test_a_lossy_step_goes_back_by_the_snapshot(self):
        self.probe.install(self.release("1.0", SECOND))
        self.sql("INSERT INTO hosts (name) VALUES ('MiXed'); INSERT INTO log VALUES (now())")
        before = self.dump()
        script = self.folder / "trial.sh"
        insert = "INSERT INTO hosts (name) VALUES ('in the trial')"
        script.write_text(f'#!/bin/sh\npsql -qX -h {self.server.folder} -U probe -d {self.name} -c "{insert}"\nexit 1\n')
        script.chmod(0o755)
        answer = self.probe.install(self.release("2.0", LOSSY, health=command_check(str(script), "1s")), expect=5)
        self.assertEqual(self.dump(), before)
        file = answer["remarks"][0].partition("opened by: pg_restore --dbname=ANOTHER ")[2]
        self.server.make("another", "probe")
        self.addCleanup(self.server.sql, "postgres", "DROP DATABASE another")
        run(["pg_restore", "-h", self.server.folder, "-U", "postgres", "--dbname=another", file], expect=0)
        self.assertIn(["in the trial"], self.server.sql("another", "SELECT name FROM hosts"))
        self.probe.install(self.release("3.0", LOSSY))
        self.assertEqual(self.sql("SELECT name FROM hosts"), [["MIXED"]])

    def test_restore_data_accepts_the_loss(self):
        self.probe.install(self.release("1.0", SECOND))
        self.sql("INSERT INTO hosts (name) VALUES ('MiXed')")
        before = self.dump()
        self.probe.install(self.release("2.0", LOSSY))
        self.sql("INSERT INTO hosts (name) VALUES ('since')")
        newer = self.dump()
        self.assertIn("--restore-data", self.probe.rollback(expect=4)["remedy"])
        self.assertEqual(self.dump(), newer)
        self.probe.rollback("--restore-data")
        self.assertEqual(self.dump(), before)
        self.assertEqual(self.version(), "3")

    def test_programs_and_steps_without_a_transaction(self):
        files = {
            **FIRST,
            "2_index.up.sql": "-- ignite: non-transactional\nCREATE INDEX CONCURRENTLY by_name ON hosts (name);\n",
            "2_index.down.sql": "DROP INDEX CONCURRENTLY by_name;\n",
            "3_fill.up": "#!/bin/sh\npsql -qX -v ON_ERROR_STOP=1 -d \"$IGNITE_DATABASE\" -c \"INSERT INTO hosts (name) VALUES ('filled')\"\n",
            "3_fill.down": "#!/bin/sh\npsql -qX -v ON_ERROR_STOP=1 -d \"$IGNITE_DATABASE\" -c \"DELETE FROM hosts\"\n",
        }
        self.probe.install(self.release("1.0", FIRST))
        before = self.dump()
        self.probe.install(self.release("2.0", files, health=command_check("false", "1s")), expect=5)
        self.assertEqual(self.dump().replace("', 1, true", "', 1, false"), before)
        self.probe.install(self.release("3.0", files))
        self.assertEqual(self.version(), "3")
        self.assertEqual(self.sql("SELECT name FROM hosts"), [["filled"]])

    def test_the_administrator_logs_in_and_the_owner_acts(self):
        self.user = "postgres"
        self.probe.install(self.release("1.0", FIRST))
        owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        self.assertEqual(self.sql(owners), [["probe"]])

    def test_a_database_of_before_begins_at_its_baseline(self):
        self.sql("CREATE TABLE hosts (id serial PRIMARY KEY, name text NOT NULL); INSERT INTO hosts (name) VALUES ('old')")
        before = self.dump()
        refused = self.probe.install(self.release("1.0", SECOND), expect=4)
        self.assertIn("baseline", refused["remedy"])
        bad = self.release("1.1", SECOND, keys="baseline = 1", health=command_check("false", "1s"))
        self.probe.install(bad, expect=5)
        self.assertEqual(self.dump(), before)
        self.probe.install(self.release("1.2", SECOND, keys="baseline = 1"))
        self.assertEqual(self.sql("SELECT * FROM hosts"), [["1", "old", "22"]])


class PostgresqlRehearsalTest(PostgresqlCase):
    def test_what_fails_on_a_copy_never_meets_the_data(self):
        self.probe.install(self.release("1.0", FIRST))
        self.sql("INSERT INTO hosts (id, name) VALUES (7, 'a')")
        before = self.dump()
        cases = (
            ({"2_a.up.sql": "CREATE TABLE a (b int);\nINSERT INTO hosts (id, name) VALUES (7, 'x');\n"}, "step 2 a (up), line 2"),
            ({"2_a.up.sql": "CREATE TABLE a (b int)", "2_a.down.sql": "SELECT 1;"}, "does not lead back to the start"),
            ({"2_a.up.sql": "SELECT 1;", "2_a.down.sql": "DELETE FROM hosts;"}, "hosts: 1 rows"),
            ({"2_a.up.sql": "UPDATE hosts SET name = '';", "verify.sql": "SELECT id FROM hosts WHERE name = '';"}, "found: 7"),
        )
        for index, (files, words) in enumerate(cases):
            answer = self.probe.install(self.release(f"2.{index}", {**FIRST, **files}), expect=4)
            self.assertEqual(answer["reason"], "rehearsal")
            self.assertIn(words, answer["cause"])
            self.assertEqual(self.dump(), before)
            self.assertEqual(self.copies(), [])

    def test_without_a_copy_the_down_is_proved_before_the_commit(self):
        self.server.sql("postgres", f"ALTER DATABASE {self.name} OWNER TO poor")
        self.user = "poor"
        self.probe.install(self.release("1.0", FIRST))
        before = self.dump()
        bad = {**FIRST, "2_a.up.sql": "CREATE TABLE a (b int)", "2_a.down.sql": "SELECT 1;"}
        answer = self.probe.install(self.release("2.0", bad), expect=5)
        self.assertEqual(answer["reason"], "activation")
        self.assertIn("does not lead back to the start", answer["cause"])
        self.assertEqual(self.dump(), before)
        self.probe.configure("trial = 0s\nrehearse = require\n")
        answer = self.probe.install(self.release("3.0", SECOND), expect=4)
        self.assertIn("permission denied to create database", answer["cause"])
        self.probe.configure("trial = 0s\n")
        answer = self.probe.install(self.release("4.0", SECOND))
        self.assertIn("were not rehearsed, for there was no copy: running CREATE DATABASE", answer["remarks"][0])
        self.assertIn("permission denied to create database", answer["remarks"][0])
        steps = self.probe.json("plan", self.release("5.0", LOSSY))["steps"]
        self.assertIn("; the last one had no copy, because running CREATE DATABASE", str(steps))

    def test_what_a_rehearsal_that_was_killed_has_left_goes_with_its_release(self):
        self.probe.install(self.release("1.0", FIRST))
        slow = {**FIRST, "2_slow.up.sql": "SELECT pg_sleep(60);", "2_slow.down.sql": "SELECT 1"}
        process = self.probe.start("install", self.release("2.0", slow))
        wait_for(self.asleep_in_a_copy, what="the step")
        process.kill()
        process.communicate()
        self.assertEqual(len(self.copies()), 1)
        wait_for(lambda: not self.asleep_in_a_copy(), what="the end of the orphaned step")
        self.assertEqual(self.probe.json("recover")["outcome"], "failed")
        self.assertEqual(self.copies(), [])


class PostgresqlSpaceTest(PostgresqlCase):
    """The server has a disk of its own, and so has ignite."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.stop("fast")
        cls.mount(cls.server_folder / "s", "400m")
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        run(["umount", cls.server_folder / "s"], 0)
        cls.server.start()
        super().tearDownClass()

    @staticmethod
    def mount(folder, size):
        """A disk of its own for a folder, with what is in it."""
        aside = folder.with_name("aside")
        run(["cp", "-aT", folder, aside], 0)
        run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "small", folder], 0)
        run(["cp", "-aT", aside, folder], 0)
        shutil.rmtree(aside)

    def test_what_lies_on_the_server_needs_no_room_in_ignites_files(self):
        state = self.probe.at("/var/lib/ignite")
        self.probe.install(self.release("1.0", FIRST))
        self.sql("INSERT INTO hosts (name) SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
        self.mount(state, "20m")
        self.addCleanup(run, ["umount", state], 0)
        self.probe.install(self.release("2.0", SECOND))
        answer = self.probe.install(self.release("3.0", LOSSY), expect=4)
        self.assertEqual(answer["reason"], "space")
        self.assertIn("/var/lib/ignite", answer["cause"])

    def test_without_room_on_the_server_the_copy_has_no_rows(self):
        self.probe.install(self.release("1.0", FIRST))
        self.sql("INSERT INTO hosts (name) VALUES ('a')")
        remarks = self.probe.install(self.release("2.0", SECOND))["remarks"]
        self.assertIn("were rehearsed on a whole copy", remarks[0])
        ballast = self.server.folder / "ballast"
        fill_disk(ballast, but=30_000_000)
        self.addCleanup(ballast.unlink)
        remarks = self.probe.install(self.release("3.0", LOSSY))["remarks"]
        self.assertIn("were rehearsed on a copy of the schema alone, because its rows would take ", remarks[0])
        self.assertIn(" are free on the disk of its server", remarks[0])
        self.assertEqual(self.copies(), [])


class PostgresqlRefusalTest(PostgresqlCase):
    def test_a_server_that_does_not_run_and_a_database_that_is_not_there(self):
        self.name = "nowhere"
        answer = self.probe.install(self.release("1.0", FIRST), expect=4)
        self.assertEqual(answer["reason"], "targets")
        self.assertIn("does not exist", answer["cause"])
        self.assertIn("createdb", answer["remedy"])

    def test_a_schema_changed_by_hand(self):
        self.probe.install(self.release("1.0", FIRST))
        self.sql("CREATE INDEX by_hand ON hosts (name)")
        answer = self.probe.install(self.release("2.0", SECOND), expect=4)
        self.assertIn("by_hand", answer["cause"])

    def test_a_way_back_that_was_changed_is_not_run(self):
        self.probe.install(self.release("1.0", FIRST))
        self.probe.install(self.release("2.0", SECOND))
        self.sql("UPDATE ignite_migrations SET down = 'DROP TABLE hosts' WHERE number = 3")
        self.assertIn("was changed in the database", self.probe.rollback(expect=4)["cause"])


class PostgresqlCancelTest(PostgresqlCase, data_test.CancelTest):
    """The server does not go on with what nobody wants any more."""

    first = FIRST
    slow_up = "CREATE TABLE slow (a integer); SELECT pg_sleep(60);"

    def cancel(self, *words):
        super().cancel(*words)
        asleep = "SELECT pid FROM pg_stat_activity WHERE query ~ 'pg_sleep' AND pid <> pg_backend_pid()"
        self.assertEqual(self.server.sql("postgres", asleep), [])
        self.assertEqual(self.copies(), [])


class PostgresqlInterruptionTest(PostgresqlCase):
    def sleeping(self):
        mine = f"datname = '{self.name}' AND query ~ 'pg_sleep' AND pid <> pg_backend_pid()"
        return self.server.sql("postgres", f"SELECT pid FROM pg_stat_activity WHERE {mine}")

    def install_into_a_slow_step(self):
        """The process of an install that is in the middle of its step, and what the database was before."""
        self.probe.install(self.release("1.0", FIRST))
        before = self.dump()
        self.probe.configure("trial = 0s\nrehearse = off\n")
        slow = {**FIRST, "2_slow.up.sql": "CREATE TABLE slow (a int); SELECT pg_sleep(60);", "2_slow.down.sql": "DROP TABLE slow"}
        process = self.probe.start("install", self.release("2.0", slow))
        wait_for(self.sleeping, what="the step")
        return process, before

    def test_killed_in_a_step_the_server_takes_it_back(self):
        process, before = self.install_into_a_slow_step()
        process.kill()
        process.communicate()
        self.assertEqual(self.probe.json("recover")["outcome"], "rolled-back")
        wait_for(lambda: not self.sleeping(), what="the end of the orphaned step")
        self.assertEqual(self.dump(), before)
        self.assertEqual(self.version(), "1")

    def test_the_server_dies_in_a_step(self):
        process, before = self.install_into_a_slow_step()
        self.server.stop()
        self.server.start()
        process.communicate()
        self.assertEqual(process.returncode, 5)
        self.assertEqual(self.dump(), before)
        self.assertEqual(self.version(), "1")


class PostgresqlSystemTest(PostgresqlCase, os_test.OsCase):
    """A new operating system and the cluster of the one before."""

    def setUp(self):
        super().setUp()
        self.stopped = False

    def tearDown(self):
        if self.stopped:
            self.server.start()
        super().tearDown()

    def stop_server(self):
        self.server.stop()
        self.stopped = True

    def start_server(self):
        self.server.start()
        self.stopped = False

    def brings(self, major):
        """The system that boots next has the programs of this PostgreSQL."""
        folder = self.probe.at("/usr/lib/postgresql")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / f"{major}/bin").mkdir(parents=True)
        (folder / f"{major}/bin/postgres").touch()

    def system_release(self, version, files, **more):
        section = self.system(version) + (self.schema(version, files) if files else "")
        return self.workshop.bundle(version, more=section, **more)

    def begin(self):
        self.brings(15)
        self.probe.install(self.system_release("1.0", FIRST), expect=8)
        self.reboot()
        self.assertEqual(self.probe.json("recover")["outcome"], "committed")
        self.sql("INSERT INTO hosts (name) VALUES ('one')")
        self.before = self.dump()

    def leaves(self, answer, reason):
        """The rollback has begun, and goes on in the system from before."""
        self.assertEqual((answer["state"], answer["reason"]), ("rolling-back", reason), answer)
        self.brings(15)
        if self.stopped:
            self.start_server()
        ended = self.reboot()
        self.assertEqual((ended["outcome"], ended["reason"]), ("rolled-back", reason), ended)
        self.assertEqual(self.components(), {"app/web": "1.0", "data/main": "1", "os": "1.0"})
        self.assertEqual(self.dump(), self.before)
        return ended

    def test_another_major_version_is_left_with_the_reason(self):
        self.begin()
        for version, files in (("2.0", SECOND), ("2.1", None)):
            with self.subTest(version):
                self.probe.install(self.system_release(version, files), expect=8)
                self.stop_server()
                self.brings(16)
                ended = self.leaves(self.reboot(), "activation")
                self.assertIn("data/main is in a cluster of PostgreSQL 15, and this operating system brings PostgreSQL 16", ended["cause"])

    def test_a_server_that_does_not_start_in_the_new_system(self):
        self.begin()
        self.probe.install(self.system_release("2.0", SECOND), expect=8)
        self.stop_server()
        ended = self.leaves(self.reboot(), "activation")
        self.assertNotIn("brings PostgreSQL", ended["cause"])

    def test_a_server_that_dies_in_the_trial_is_left_and_the_data_goes_back(self):
        self.begin()
        self.probe.install(self.system_release("2.0", SECOND, health=command_check("false", "1s")), expect=8)
        self.assertEqual(self.reboot()["state"], "trial")
        self.assertNotEqual(self.dump(), self.before)
        self.stop_server()
        self.leaves(self.probe.json("recover", expect=8), "health")


class PostgresqlStepRehearsalTest(PostgresqlCase):
    """ignite-pack tries the steps on a database beside the sample."""

    def address(self, user="probe"):
        return f"postgresql:user={user} dbname={self.name} host={self.server.folder}"

    def recipe(self, files, keys="baseline = 1"):
        self.release("2.0", files, keys)
        return max(self.workshop.folder.glob("r2.0-*/recipe.ini"), key=os.path.getmtime)

    def rehearse(self, files, expect=0, **more):
        before = self.dump()
        words = ("rehearse", self.recipe(files), "--database", self.address(**more), "--json")
        answer = json.loads(self.workshop.pack(*words, expect=expect).stdout)
        self.assertEqual(self.dump(), before)
        self.assertEqual(self.copies(), [])
        return answer if expect == 0 else answer["error"]["cause"]

    def setUp(self):
        super().setUp()
        self.sql(FIRST["1_hosts.up.sql"] + "INSERT INTO hosts (name) VALUES ('a'), ('b')")

    def test_steps_are_proved_on_a_copy_beside_the_sample(self):
        answer = self.rehearse(LOSSY)
        self.assertEqual((answer["from"], answer["to"], answer["rows"]), (1, 5, True))
        self.assertEqual([step["proved"] for step in answer["steps"]], ["both-ways", "both-ways", "up-only", "up-only"])

    def test_a_down_that_loses_rows(self):
        cause = self.rehearse({**SECOND, "3_log.down.sql": "DROP TABLE log; DELETE FROM hosts WHERE name = 'b';"}, expect=2)
        self.assertIn("step 3 log: '3_log.down.sql': up and down again does not lead back", cause)

    def test_what_works_step_by_step_and_not_all_at_once(self):
        """A value of an enum cannot be used in the transaction that adds it."""
        files = {
            **FIRST,
            "2_kind.up.sql": "CREATE TYPE kind AS ENUM ('up'); ALTER TABLE hosts ADD kind kind;",
            "2_kind.down.sql": "ALTER TABLE hosts DROP COLUMN kind; DROP TYPE kind;",
            "3_down.up.sql": "-- ignite: lossy\nALTER TYPE kind ADD VALUE 'down';",
            "4_use.up.sql": "UPDATE hosts SET kind = 'down';",
            "4_use.down.sql": "UPDATE hosts SET kind = NULL;",
        }
        self.sql("CREATE TYPE kind AS ENUM ('up'); ALTER TABLE hosts ADD kind kind")
        self.release("2.0", files)
        recipe = self.recipe(files, keys="baseline = 2")
        words = ("rehearse", recipe, "--database", self.address(), "--json")
        cause = json.loads(self.workshop.pack(*words, expect=2).stdout)["error"]["cause"]
        self.assertIn("all steps at once: step 4 use (up), line 1: ", cause)

    def start_into_a_slow_step(self):
        slow = {**FIRST, "2_slow.up.sql": "SELECT pg_sleep(60);", "2_slow.down.sql": "SELECT 1"}
        words = (BIN / "ignite-pack", "rehearse", self.recipe(slow), "--database", self.address())
        process = subprocess.Popen(words, env={**os.environ, "TMPDIR": str(self.folder)})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(self.asleep_in_a_copy, what="the step")
        return process

    def test_rehearsals_of_one_sample_are_not_in_each_others_way(self):
        self.server.sql("postgres", f"CREATE DATABASE ignite_rehearsal_{self.name}")
        process = self.start_into_a_slow_step()
        copies = self.copies()
        words = ("rehearse", self.recipe(SECOND), "--database", self.address(), "--json")
        self.assertEqual(json.loads(self.workshop.pack(*words).stdout)["to"], 3)
        self.assertEqual(self.copies(), copies)
        self.assertTrue(self.asleep_in_a_copy())
        self.assertIsNone(process.poll())
        self.server.sql("postgres", f"DROP DATABASE {copies[0]} WITH (FORCE)")
        self.server.sql("postgres", f"DROP DATABASE ignite_rehearsal_{self.name}")

    def test_a_signal_leaves_no_copy_behind(self):
        process = self.start_into_a_slow_step()
        self.assertEqual(len(self.copies()), 1)
        process.terminate()
        self.assertEqual(process.wait(timeout=30), -signal.SIGTERM)
        self.assertEqual(self.copies(), [])
        self.assertEqual(list(self.folder.glob("ignite-pack.*")), [])

    def test_a_signal_at_any_moment_leaves_no_copy_behind(self):
        words = (BIN / "ignite-pack", "rehearse", self.recipe(SECOND), "--database", self.address())
        ended = 0
        for hundredths in range(1, 60, 3):
            process = subprocess.Popen(
                words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(self.folder)})
            time.sleep(hundredths / 100)
            process.send_signal(signal.SIGINT)
            ended += process.wait(timeout=30) == -signal.SIGINT
            self.assertEqual((self.copies(), list(self.folder.glob("ignite-pack.*"))), ([], []), hundredths)
        self.assertGreater(ended, 5)

    def test_where_no_copy_can_be_made(self):
        self.server.sql("postgres", "GRANT probe TO poor")
        self.assertIn("permission denied to create database", self.rehearse(SECOND, expect=2, user="poor"))

    def test_build_rehearses_where_the_recipe_names_a_sample(self):
        recipe = self.recipe({**SECOND, "3_log.down.sql": "SELECT 1;"}, keys=f"baseline = 1\nsample = {self.address()}")
        keys = self.workshop.folder
        words = ("build", recipe, "--sign", keys / "release.key", "--unencrypted", "-o", self.folder / "x.ignite")
        done = self.workshop.pack(*words, expect=2)
        self.assertIn("'3_log.down.sql': up and down again does not lead back", done.stderr.decode())


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("these tests need root, as a probe does")
    if not (BIN / "ignite").exists():
        sys.exit(f"{BIN}/ignite is not there; set IGNITE_BIN")
    unittest.main()
