"""A running box or container, as support and an engineer see it: an FTP folder, and a shell."""

import ftplib
import json
import pathlib
import tempfile
import time

from factory import SQLITE

# What it runs from the beginning, once release 1.0 is there.
FIRST = {"slot": "a", "os": "factory", "application": "1.0", "unit": "active", "columns": "version"}


class Appliance:
    """`machine` is a Machine or a Container."""

    def __init__(self, machine):
        self.machine = machine
        self.run = machine.run

    def prepare(self):
        """After the first boot: what the installer of a product would do."""
        self.run("cd / && runuser -u postgres -- createuser netprobe && runuser -u postgres -- createdb -O netprobe netprobe")

    def ignite(self, *words):
        return json.loads(self.run(f"ignite {' '.join(words)} --json || true"))

    def upload(self, bundle):
        """Its verdict, over all the reboots that it takes."""
        self.machine.put(bundle, f"inbox/{bundle.name}")
        end = time.monotonic() + 900
        told = {}
        while not told.get("outcome"):
            if time.monotonic() > end or not self.machine.runs():
                raise AssertionError(f"no verdict on {bundle.name}: {told}\n{self.machine.serial()[-3000:]}")
            time.sleep(1)
            told = self.told(bundle) or told
        return told

    def told(self, bundle):
        """What the outbox says of an upload; {} where it says nothing yet, or nobody answers."""
        with tempfile.NamedTemporaryFile() as file:
            try:
                self.machine.get(file.name, f"outbox/{bundle.name}.status.json")
                return json.loads(pathlib.Path(file.name).read_text())
            except (*ftplib.all_errors, AssertionError, ValueError):
                return {}

    def await_rest(self):
        """The answer of `ignite status` once no transaction is open, over all the reboots that it takes."""
        end = time.monotonic() + 900
        while True:
            self.machine.await_console()
            try:
                status = self.ignite("status")
                if status["transaction"] is None and self.run("systemctl is-active ignited || true") == "active":
                    return status
            except (AssertionError, ValueError):  # It rebooted meanwhile.
                pass
            if time.monotonic() > end:
                raise AssertionError(f"it does not come to rest:\n{self.machine.serial()[-3000:]}")
            time.sleep(1)

    def run_over_a_reboot(self, command):
        """Nobody is there to say how a command ended that reboots the machine."""
        self.run(f"touch /run/before-the-reboot && systemd-run --quiet {command}")
        end = time.monotonic() + 300
        while True:
            try:
                if self.run("test -e /run/before-the-reboot || echo rebooted", timeout=10) == "rebooted":
                    return
            except AssertionError:  # Between two boots.
                pass
            if time.monotonic() > end:
                raise AssertionError(f"{command} has not rebooted it")
            time.sleep(1)

    def _postgresql(self, text):
        return self.run(f'cd / && runuser -u postgres -- psql -qXAt netprobe -c "{text}"')

    def state(self):
        """What runs: slot, operating system, application and both databases, as each says itself."""
        columns = self.run(f"sqlite3 {SQLITE} \"SELECT group_concat(name) FROM pragma_table_info('starts')\"")
        same = self._postgresql("SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns "
                                "WHERE table_name = 'starts'")
        assert columns == same, (columns, same)
        return {
            "slot": self.run("cat /run/ignite-init/slot 2>/dev/null || sed 's/.*ignite.slot=\\(.\\).*/\\1/' /proc/cmdline"),
            "os": self.run("cat /etc/os-version 2>/dev/null || echo factory"),
            "application": self.run("cat /opt/netprobe/web/current/version"),
            "unit": self.run("systemctl is-active netprobe.service || true"),
            "columns": columns,
        }

    def rows(self):
        """Of both databases, which must agree."""
        rows = self.run(f"sqlite3 {SQLITE} 'SELECT version FROM starts ORDER BY rowid'").split()
        same = self._postgresql("SELECT version FROM starts").split()
        assert rows == same, (rows, same)
        return rows
