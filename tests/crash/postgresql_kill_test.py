#!/usr/bin/env python3
"""What tests/crash/kill_test.py does, with a real PostgreSQL 15; and its server is killed with -9, and stopped at once.

A process that talks to the server is held behind the N-th message that it sends; then the server dies, and ignite with
it or not, or that process alone. Its variables are those of kill_test.py; IGNITE_KILL_ONLY=dataserver/2-kill/17 is the
second process that comes to its 17th message.
"""

import collections
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import kill_test
from kill_test import ENDS, Point
from postgresql_parts import PostgresqlDatabases
from stories import FAILURES, number_of, remove_probe, run

# Who dies.
SERVER, ALL, ONE = ("kill", "immediate"), ("kill+ignite", "immediate+ignite"), "process"
LONGEST = 120  # Seconds, for ignite to end by itself.
MESSAGES = ["strace", "-f", "-qq", "-s", "64", "-e", "trace=sendto"]


class Held:
    """ignite, whose processes are held behind the N-th message that they send."""

    def __init__(self, words, number, folder):
        self.log = folder / "log"
        strace = [*MESSAGES, "-o", self.log, "-e", f"inject=sendto:signal=STOP:when={number}"]
        self.process = subprocess.Popen([*map(str, strace), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def each(self):
        """The processes that come there; each goes on when the next one is asked for."""
        met, latest = 0, time.monotonic() + LONGEST
        while self.process.poll() is None and time.monotonic() < latest:
            log = self.log.read_text() if self.log.exists() else ""
            stopped = re.findall(r"^(\d+) +--- stopped by SIGSTOP", log, re.M)
            for process in map(int, stopped[met:]):
                met += 1
                yield process
                self.send(process, signal.SIGCONT)
            time.sleep(0.005)

    def ignite(self):
        return int(run(["pgrep", "-P", str(self.process.pid)], 0).stdout.split()[0])

    @staticmethod
    def send(process, number):
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass

    def end(self):
        """How it ended, and what it said."""
        try:
            out, error = self.process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            self.send(self.ignite(), signal.SIGKILL)
            raise
        return self.process.returncode, out.decode() + error.decode()


def messages_of(scenario):
    """The messages that each process sends to the server, in the order of the processes."""
    probe = scenario.copy("counted")
    with tempfile.NamedTemporaryFile("r") as log:
        run([*MESSAGES, "-o", log.name, *probe.words(*scenario.words)])
        remove_probe(probe)
        messages = collections.defaultdict(list)
        for process, text in re.findall(r'^(\d+) +sendto\(\d+, "(.*)', log.read(), re.M):
            messages[process].append(text)
    return list(messages.values())


def points_of(messages):
    """For each message of each process: who dies behind it."""
    most = max(map(len, messages))
    arrivals = {number: sum(len(of_one) >= number for of_one in messages) for number in range(1, most + 1)}
    return [Point(f"{arrival}-{how}", number) for how in (*SERVER, *ALL, ONE)
            for number in arrivals for arrival in range(1, arrivals[number] + 1)]


class PostgresqlCrashTest(kill_test.CrashCase):
    # All bundles name one place, where one server is at a time.
    workers = 1

    @classmethod
    def make_databases(cls):
        databases = PostgresqlDatabases()
        cls.addClassCleanup(databases.end)
        return databases

    def setUp(self):
        self.moved = 0

    def tearDown(self):
        print(f"moved, and the journal did not know it: {self.moved}", file=sys.stderr)

    def look_at_what_is_left(self, scenario, probe):
        """Counts those whose database has committed, and whose journal does not know it."""
        before = scenario.legal[min(scenario.legal)]["data"]["version"]
        if probe.status()["transaction"] and probe.database.version() != before:
            self.moved += 1

    def test_kill_install_of_data(self):
        self.kill_points("data", 0.02)

    def test_kill_rollback_of_data(self):
        self.kill_points("undo", 0.01)

    def test_kill_install_of_data_that_goes_back_to_its_snapshot(self):
        self.kill_points("lossy", 0.02)

    def test_kill_install_of_data_that_is_rehearsed(self):
        self.kill_points("rehearsed", 0.01)

    def test_kill_recovery_of_data(self):
        self.kill_recoveries("lossy", "restore", 0.01)

    def test_errors_install_of_data(self):
        self.error_points("data", 0.01)

    def try_message(self, scenario, point):
        """(killed, problem)"""
        arrival, _, how = point.kind.partition("-")
        probe = scenario.copy(self.next_name())
        try:
            held = Held(probe.words(*scenario.words, "--json"), point.number, probe.root.parent)
            killed = False
            for met, process in enumerate(held.each(), 1):
                if met == int(arrival):
                    killed = True
                    self.strike(held, process, probe, how)
            ended, said = held.end()
            if not killed:
                return False, None
            if how in ALL:
                self.look_at_what_is_left(scenario, probe)
                run(probe.words("recover", "--json"), 0)
            elif ended not in (0, *ENDS):
                return True, f"ended with {ended}: {said}"
            elif ended == 0 and number_of(probe) != scenario.final:
                return True, f"claims success, but runs {number_of(probe)}: {said}"
            problem = scenario.check(probe)
            return True, problem and f"{problem}; it had ended with {ended}: {said}"
        except FAILURES as failure:
            return True, repr(failure)
        finally:
            remove_probe(probe)

    def strike(self, held, process, probe, how):
        if how == ONE:
            return held.send(process, signal.SIGKILL)
        probe.database.end(how.partition("+")[0])
        # Who waited for it sees that it is gone, before it is back.
        held.send(held.ignite() if how in ALL else process, signal.SIGKILL if how in ALL else signal.SIGCONT)
        probe.database.serve()

    def kill_servers(self, name, share):
        scenario = self.scenario(name)
        what = f"{name}server"
        points = self.chosen(what, points_of(messages_of(scenario)), share)
        self.run_points(what, points, lambda point: self.try_message(scenario, point))

    def test_kill_servers_of_an_install(self):
        self.kill_servers("data", 0.02)

    def test_kill_servers_of_a_rollback(self):
        self.kill_servers("undo", 0.02)

    def test_kill_servers_of_an_install_that_goes_back_to_its_snapshot(self):
        self.kill_servers("lossy", 0.02)

    def test_kill_servers_of_a_rehearsal(self):
        self.kill_servers("rehearsed", 0.01)

    def test_what_was_committed_and_not_yet_written_to_the_journal_is_taken_back(self):
        scenario = self.scenario("data")
        messages = messages_of(scenario)
        mover = next(of_one for of_one in messages if any("ignite_history" in text for text in of_one))
        number = len(mover) - next(i for i, text in enumerate(reversed(mover)) if "COMMIT" in text)
        arrival = sum(len(of_one) >= number for of_one in messages[:messages.index(mover) + 1])
        for how in ALL:
            self.moved = 0
            self.assertEqual(self.try_message(scenario, Point(f"{arrival}-{how}", number)), (True, None))
            self.assertEqual(self.moved, 1)


if __name__ == "__main__":
    if not pathlib.Path("/usr/lib/postgresql/15/bin/initdb").exists():
        print("skipped: this needs PostgreSQL 15")
        sys.exit(77)
    kill_test.main()
