"""Of the stories of this folder: a database of PostgreSQL 15. Every probe has its own server, which is copied with it."""

import contextlib
import os
import pathlib
import shutil
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))
from postgresql import Server  # noqa: E402
from postgresql_test import FIRST, LOSSY, SECOND  # noqa: E402
from probe import run, wait_for  # noqa: E402

from data_parts import WRITTEN  # noqa: E402

# Long enough to be met in the middle.
LASTS = {"2_port.up.sql": SECOND["2_port.up.sql"] + "SELECT pg_sleep(0.1);\n"}
DATABASE, OWNER = "main", "probe"
COPIES = "ignite_rehearsal_"


class PostgresqlDatabases:
    """Whoever makes them calls end() at the end. Bundles name one place for all servers, so one is served at a time."""

    steps = {1: FIRST, 2: {**SECOND, **LASTS}, 3: {**LOSSY, **LASTS}}
    room = 160 << 20

    def __init__(self, options=""):
        """`options`: for all servers, besides those that make them small."""
        self.options = options
        # A short path: a socket's may have 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pg.", dir="/tmp"))
        self.folder.chmod(0o755)
        self.place = self.folder / "s"
        self.address = f"postgresql:user={OWNER} dbname={DATABASE} host={self.place}"
        self.running = []
        self.blank = SmallServer(self.folder / "blank", options)
        self.blank.start()
        self.blank.sql("postgres", f"CREATE ROLE {OWNER} LOGIN CREATEDB")
        self.blank.make(DATABASE, OWNER)
        self.blank.stop("fast")

    def at(self, root):
        return PostgresqlDatabase(self, root.parent / "postgresql")

    def end(self):
        for database in list(self.running):
            database.rest()
        shutil.rmtree(self.folder)


class SmallServer(Server):
    """Quickly copied and started; in the folder, where there is one."""

    def __init__(self, folder, options):
        self.folder = pathlib.Path(folder)
        self.options = f"-c shared_buffers=4MB -c max_connections=20 -c autovacuum=off {options}"
        if not self.folder.exists():
            self.make_data("--wal-segsize=1")

    def processes(self):
        """The server itself, and all that it has made."""
        server = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        return [server, *map(int, run(["pgrep", "-P", str(server)]).stdout.split())]

    def end(self, how):
        """It is killed with all its processes, or stops. Its number is nobody's then: a copy of its files has it."""
        processes = self.processes()
        if how == "kill":
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        else:
            self.stop(how)
        wait_for(lambda: not any(os.path.exists(f"/proc/{it}") for it in processes), what="the end of the server")


class PostgresqlDatabase:
    def __init__(self, databases, folder):
        self.databases, self.folder = databases, folder

    def make(self):
        run(["cp", "-a", self.databases.blank.folder, self.folder], 0)

    @property
    def server(self):
        return SmallServer(self.folder, self.databases.options)

    def serve(self):
        """Before anything is run on the probe: the place that bundles name leads to this server, and it runs."""
        self.databases.place.unlink(missing_ok=True)
        self.databases.place.symlink_to(self.folder)
        if self not in self.databases.running:
            self.server.start()
            self.databases.running.append(self)

    def rest(self):
        """Before the probe is copied or removed."""
        if self in self.databases.running:
            self.end("fast")

    def end(self, how):
        """The server is killed with all its processes, stops without a farewell to anyone, or as it should."""
        self.server.end(how)
        self.databases.running.remove(self)

    def sql(self, text):
        self.serve()
        return self.server.sql(DATABASE, text)

    def write_rows(self):
        """As the application does."""
        self.sql("".join(f"INSERT INTO hosts (name) VALUES ('{name}');" for name in WRITTEN))

    def rows(self):
        """What the application wrote, as it is now."""
        return [name for name, in self.sql("SELECT lower(name) FROM hosts ORDER BY id")]

    def version(self):
        """None before the first step."""
        if self.sql("SELECT to_regclass('public.ignite_state')") == [[""]]:
            return None
        return int(self.sql("SELECT version FROM public.ignite_state")[0][0])

    def owns(self, path):
        """Nothing in the root of the probe."""
        return False

    def contents(self):
        """Schema and rows of the application, the version, and copies that are left over; None where there is none."""
        version = self.version()
        odd = [name for name, in self.sql(f"SELECT datname FROM pg_database WHERE starts_with(datname, '{COPIES}')")]
        if version is None and not odd:
            return None
        return {"version": version, "dump": self.server.dump(DATABASE).splitlines(), "beside": odd}
