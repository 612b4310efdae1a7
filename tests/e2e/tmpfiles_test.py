#!/usr/bin/env python3
"""What systemd-tmpfiles does at every boot with the folders of the package."""

import os
import pathlib
import shutil
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from probe import run  # noqa: E402

CONFIGURATION = pathlib.Path(__file__).resolve().parents[2] / "systemd/tmpfiles.d/ignite-agent.conf"
OURS = ("var/lib/ignite", "etc/ignite")
SHARED = ("srv/ignite/inbox", "srv/ignite/outbox")


class TmpfilesTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="ignite-e2e-"))
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "etc").mkdir()
        (self.root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
        (self.root / "etc/group").write_text("root:x:0:\n")

    def boot(self):
        done = run(["systemd-tmpfiles", "--create", f"--root={self.root}", CONFIGURATION], expect=0)
        self.assertEqual(done.stderr, b"")

    def rights(self, folder):
        status = (self.root / folder).stat()
        return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)

    def test_the_folders_are_made(self):
        self.boot()
        for folder in OURS + SHARED:
            self.assertEqual(self.rights(folder), (0, 0, 0o755), folder)

    def test_rights_that_an_administrator_gave_stay(self):
        """An inbox that uploaders may write to is one after the next boot as well."""
        self.boot()
        for folder in OURS + SHARED:
            os.chown(self.root / folder, 64001, 64000)
            (self.root / folder).chmod(0o1730)
        self.boot()
        for folder in OURS:
            self.assertEqual(self.rights(folder), (0, 0, 0o755), folder)
        for folder in SHARED:
            self.assertEqual(self.rights(folder), (64001, 64000, 0o1730), folder)


if __name__ == "__main__":
    if os.geteuid() != 0 or not shutil.which("systemd-tmpfiles"):
        print("skipped: this needs root and systemd-tmpfiles")
        sys.exit(77)
    unittest.main()
