"""A real PostgreSQL 15 of its own, on a socket in a folder of the test. It runs as the account postgres."""

import pathlib
import subprocess

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")


class Server:
    """Whoever makes one calls stop() at the end."""

    options = ""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.make_data()
        self.start()

    def make_data(self, *options):
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self.as_postgres(PROGRAMS / "initdb", "-N", "-A", "trust", "-U", "postgres", *options, "-D", self.folder / "data")

    def as_postgres(self, *words):
        """Its output is a file: the server must not hold a pipe of ours."""
        with open(self.folder / "output", "w+b") as output:
            words = ["runuser", "-u", "postgres", "--", *map(str, words)]
            done = subprocess.run(words, cwd="/", stdout=output, stderr=output)
            if done.returncode != 0:
                output.seek(0)
                raise AssertionError(f"{words} ended with {done.returncode}:\n{output.read().decode()}")

    def start(self):
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off {self.options}"
        self.as_postgres(PROGRAMS / "pg_ctl", "-w", "-D", self.folder / "data", "-o", options, "start")

    def stop(self, mode="immediate"):
        """'immediate' is without a farewell to anyone, as after a power cut."""
        self.as_postgres(PROGRAMS / "pg_ctl", "-w", "-D", self.folder / "data", "-m", mode, "stop")

    def sql(self, database, text, user="postgres", check=True):
        """The rows of all its statements, each a list of texts."""
        command = ["psql", "-qXAtF", "\t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", user, "-d", database]
        done = subprocess.run(command, input=text.encode(), capture_output=True)
        if check and done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        return [line.split("\t") for line in done.stdout.decode().splitlines()]

    def make(self, database, owner):
        self.sql("postgres", f"CREATE DATABASE {database} OWNER {owner}")

    def dump(self, database):
        """Schema and rows of the application, in an order of their own; the engine's history only grows."""
        command = ["pg_dump", "-h", self.folder, "-U", "postgres", "-d", database, "-T", "ignite_*", "--inserts"]
        done = subprocess.run(command, check=True, capture_output=True)
        lines = done.stdout.decode().splitlines()
        return "\n".join(sorted(line for line in lines if line and not line.startswith(("--", "\\"))))
