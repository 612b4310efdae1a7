#!/usr/bin/env python3
"""Support uploads bundles to a probe over real servers, set up by the files of docs/examples and nothing else.

IGNITE_BIN names the folder of the programs. Needs root and namespaces, and the servers of script/bootstrap.
"""

import ftplib
import os
import pathlib
import random
import signal
import stat
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import daemon_test  # noqa: E402
import servers  # noqa: E402
from probe import LARGE, PATH, run, wait_for  # noqa: E402
from uploader import FtpClient, SftpClient  # noqa: E402

ROOM = 16 << 20  # Of the file system of the inbox.
FAIRLY_LARGE = {name: content[:1_000_000] for name, content in LARGE.items()}


def random_file(seed, size):
    return {"big": random.Random(seed).randbytes(size)}


class ServerCase(daemon_test.DaemonCase):
    """The server of a class serves one test after the other, each with a probe of its own."""

    keeps_what_found_no_room = True
    twice_at_once = [0, 0]  # What the clients of one name end with.

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.etc = pathlib.Path(cls._folder.name) / "etc"
        cls.etc.mkdir()
        servers.furnish(cls.etc, cls.addClassCleanup)
        server = cls.serve()
        cls.addClassCleanup(cls.kill_all, server)

    def setUp(self):
        super().setUp()
        options = f"size={ROOM},nr_inodes=100,nodev,nosuid,noexec,nosymfollow"
        servers.mount(self.addCleanup, "-t", "tmpfs", "-o", options, "tmpfs", self.probe.inbox)
        run(["chgrp", servers.GROUP, self.probe.inbox], expect=0)
        self.probe.inbox.chmod(0o1730)
        servers.mount(self.addCleanup, "--rbind", self.probe.root / "srv/ignite", "/srv/ignite")
        self.start()
        self.support = self.client()

    def arrived(self, name):
        """How much of an upload lies in the inbox, under its name or the one that HiddenStores gives it."""
        for path in (self.probe.inbox / f".in.{name}.", self.probe.inbox / name):
            if path.exists():
                return path.stat().st_size
        return 0

    def cut_upload(self, bundle, name="good.ignite", again=False):
        """A client over a slow line is killed when a good part of what is missing has arrived."""
        before = self.arrived(name)
        client = self.support.begin(bundle, f"inbox/{name}", again)
        enough = before + (bundle.stat().st_size - before) // 3
        wait_for(lambda: self.arrived(name) >= enough, 20, f"a part of {name}")
        self.assertIsNone(client.poll(), "the slow upload was too fast")
        self.support.cut(client)
        # What was on its way still arrives.
        wait_for(lambda: not (self.probe.inbox / f".in.{name}.").exists(), 10, "the end of the hidden file")
        wait_for(lambda: self.settled(name), 10, "the end of the transfer")
        self.assertLess(self.arrived(name), bundle.stat().st_size)

    def settled(self, name):
        before = self.arrived(name)
        time.sleep(0.3)
        return before == self.arrived(name)

    def assert_waits(self, bundle, name="good.ignite"):
        """The status file says that it is not whole yet, and how much there is."""
        percent = self.arrived(name) * 100 // bundle.stat().st_size
        document = wait_for(lambda: (self.told(name) or {}).get("percent") == percent and self.told(name), 10, "a word")
        self.assertEqual((document["state"], document["outcome"]), ("waiting", None), document)
        self.assertIn(f"{percent}%", document["cause"])
        self.assertTrue(0 < percent < 100, document)
        return percent


class UploadsCase(ServerCase):
    """Uploads that come to their end."""

    def test_a_plain_upload(self):
        self.assertTrue(self.support.put(self.bundle("1.0"), "inbox/good.ignite"))
        self.assert_committed()
        text = self.support.fetch("outbox/good.ignite.status.txt")
        self.assertEqual(text, (self.probe.outbox / "good.ignite.status.txt").read_bytes())
        self.assertIn(b"COMMITTED", text)
        self.assertLessEqual({"good.ignite.status.txt", "good.ignite.status.json"}, self.support.names("outbox"))

    def test_renamed_after_the_upload(self):
        self.assertTrue(self.support.put(self.bundle("1.0"), "inbox/good.ignite.part"))
        time.sleep(2.5)
        self.assertEqual([name for name in os.listdir(self.probe.outbox) if name.startswith("good")], [])
        self.assertTrue(self.support.rename("inbox/good.ignite.part", "inbox/good.ignite"))
        self.assert_committed()

    def test_two_at_once(self):
        first = self.bundle("1.0", files=random_file(1, 2_000_000))
        second = self.bundle("2.0", files=random_file(2, 4_500_000))
        clients = [self.support.begin(first, "inbox/first.ignite"), self.support.begin(second, "inbox/second.ignite")]
        wait_for(lambda: self.arrived("first.ignite") and self.arrived("second.ignite"), 10, "both")
        self.assertEqual([client.poll() for client in clients], [None, None])
        self.assert_committed("first.ignite")
        self.assert_committed("second.ignite", "2.0")
        self.assertEqual([client.wait(10) for client in clients], [0, 0])

    def test_the_same_name_again_after_a_failure(self):
        good = self.bundle("1.0")
        damaged = bytearray(good.read_bytes())
        damaged[len(damaged) * 2 // 3] ^= 1
        (self.folder / "damaged").write_bytes(damaged)
        self.assertTrue(self.support.put(self.folder / "damaged", "inbox/good.ignite"))
        self.assertEqual(self.verdict()["reason"], "damaged")
        wait_for(lambda: not (self.probe.inbox / "good.ignite").exists(), what="the removal")
        self.assertTrue(self.support.put(good, "inbox/good.ignite"))
        self.assertEqual(self.next_verdict("good.ignite")["outcome"], "committed")
        self.assertEqual(self.probe.read("index.html", PATH), "release 1.0\n")

    def test_overwritten_by_the_same_name_at_once(self):
        """The longer one has no verdict: it was gone before it could be taken."""
        self.assertTrue(self.support.put(self.bundle("1.0", files=random_file(1, 100_000)), "inbox/good.ignite"))
        self.assertTrue(self.support.put(self.bundle("2.0"), "inbox/good.ignite"))
        self.assert_committed(version="2.0")
        self.assertEqual([entry["outcome"] for entry in self.probe.history()], ["committed"])

    def test_overwritten_while_it_is_applied(self):
        """The one that was begun ends damaged or whole, and the one that took its name has its turn."""
        self.assertTrue(self.support.put(self.bundle("1.0", files=FAIRLY_LARGE), "inbox/good.ignite"))
        worker = self.probe.freeze_in_staging(self.worker)
        self.assertTrue(self.support.put(self.bundle("2.0"), "inbox/good.ignite"))
        os.kill(worker, signal.SIGCONT)
        wait_for(lambda: not (self.probe.inbox / "good.ignite").exists(), 30, "the end of both")
        self.assert_committed(version="2.0")
        self.assert_consistent()

    def test_the_same_file_twice_at_once(self):
        bundle = self.bundle("1.0", files=random_file(1, 2_500_000))
        clients = [self.support.begin(bundle, "inbox/good.ignite")]
        wait_for(lambda: self.arrived("good.ignite") > 200_000, 10, "the first one")
        clients.append(self.support.begin(bundle, "inbox/good.ignite"))
        self.assertEqual([client.wait(20) for client in clients], self.twice_at_once)
        self.assert_committed()
        self.assert_consistent()


class BreaksCase(ServerCase):
    """Uploads that do not come to their end."""

    def test_cut_off_twice_and_resumed(self):
        """By FTP first with APPE, then with REST where the server has it."""
        bundle = self.bundle("1.0", files=random_file(1, 3_000_000))
        self.cut_upload(bundle)
        first = self.assert_waits(bundle)
        self.cut_upload(bundle, again=True)
        self.assertGreater(self.assert_waits(bundle), first)
        self.assertTrue(self.support.resume(bundle, "inbox/good.ignite"))
        self.assert_committed()
        self.assert_consistent()

    def test_cut_off_for_good(self):
        """It waits, and is in nobody's way."""
        bundle = self.bundle("2.0", files=random_file(2, 3_000_000))
        self.cut_upload(bundle, "short.ignite")
        percent = self.assert_waits(bundle, "short.ignite")
        self.assertTrue(self.support.put(self.bundle("1.0"), "inbox/good.ignite"))
        self.assert_committed()
        self.assertEqual(self.assert_waits(bundle, "short.ignite"), percent)
        text = self.support.fetch("outbox/short.ignite.status.txt").decode()
        self.assertIn("waiting", text)
        self.assertIn(f"{percent}%", text)

    def test_more_than_there_is_room_for(self):
        """Uploads fill the file system of the inbox, and nothing else; the room can be had again."""
        huge = self.bundle("1.0", files=random_file(1, ROOM + 1_000_000))
        self.assertFalse(self.support.put(huge, "inbox/good.ignite"))
        if self.keeps_what_found_no_room:
            self.assert_waits(huge)
        else:
            self.assertEqual(os.listdir(self.probe.inbox), [])
        self.assertTrue(self.support.put(self.bundle("1.0"), "inbox/good.ignite"))
        self.assert_committed()


class LimitsCase(ServerCase):
    """What the account may not do. The inbox holds an upload that waits, so that it stays."""

    def setUp(self):
        super().setUp()
        whole = self.bundle("1.0")
        self.part = self.folder / "part"
        self.part.write_bytes(whole.read_bytes()[:-512])
        self.assertTrue(self.support.put(self.part, "inbox/mine.ignite"))
        self.mine = self.probe.inbox / "mine.ignite"
        self.assert_waits(whole, "mine.ignite")

    def assert_unchanged(self, message=""):
        self.assertEqual(self.mine.read_bytes(), self.part.read_bytes(), message)
        self.assertEqual(stat.S_IMODE(self.mine.stat().st_mode), 0o200, message)
        self.assertEqual(os.listdir(self.probe.inbox), ["mine.ignite"], message)

    def test_the_inbox_cannot_be_listed_nor_read(self):
        self.assertEqual(self.support.names("inbox"), set())
        self.assertIsNone(self.support.fetch("inbox/mine.ignite"))
        # ignited may just be writing there.
        wait_for(lambda: self.support.names("outbox") == set(os.listdir(self.probe.outbox)), what="the same names")

    def test_nothing_is_deleted_linked_or_made_readable(self):
        before = self.mine.stat()
        for what, done in self.support.tricks("inbox/mine.ignite").items():
            self.assertFalse(done, what)
            self.assert_unchanged(what)
        self.assertEqual(self.mine.stat().st_mtime_ns, before.st_mtime_ns)

    def test_the_outbox_is_read_only(self):
        status = "outbox/mine.ignite.status.txt"
        before = self.support.fetch(status)
        self.assertTrue(before)
        self.assertFalse(self.support.put(self.part, "outbox/new.txt"))
        self.assertFalse(self.support.put(self.part, status))
        self.assertFalse(self.support.rename(status, "inbox/status.txt"))
        self.assertFalse(self.support.rename("inbox/mine.ignite", "outbox/mine.ignite"))
        for what, done in self.support.tricks(status).items():
            self.assertFalse(done, what)
        self.assertFalse(self.support.put(self.part, "beside.ignite"))
        self.assertEqual(self.support.fetch(status), before)
        self.assertEqual(sorted(os.listdir(self.probe.root / "srv/ignite")), ["inbox", "outbox"])
        self.assert_unchanged()

    def test_nobody_leaves_the_folder(self):
        """Neither by a path, nor through a link that root left there."""
        (self.probe.outbox / "link").symlink_to("/etc/passwd")
        (self.probe.outbox / "up").symlink_to("../../../../../../etc")
        away = ("/etc/passwd", "../../etc/passwd", "outbox/../../../etc/passwd", "outbox/link", "outbox/up/passwd")
        for path in away:
            self.assertIsNone(self.support.fetch(path), path)
        self.assertFalse(self.support.put(self.part, "../../tmp/escaped"))
        self.assertFalse(self.support.put(self.part, "inbox/../../../tmp/escaped"))
        self.assertEqual(self.support.names("/"), {"inbox", "outbox"})

    def test_accounts_have_nothing_to_do_with_each_other(self):
        other = self.client("other")
        self.assertFalse(other.put(self.part, "inbox/mine.ignite"))
        self.assertFalse(other.rename("inbox/mine.ignite", "inbox/theirs.ignite"))
        self.assertIsNone(other.fetch("inbox/mine.ignite"))
        self.assertTrue(other.put(self.part, "inbox/theirs"))
        self.assertFalse(other.rename("inbox/theirs", "inbox/mine.ignite"))
        (self.probe.inbox / "theirs").unlink()
        self.assert_unchanged()


class FtpBreaksCase(BreaksCase):
    def test_aborted_and_begun_anew(self):
        bundle = self.bundle("1.0", files=random_file(1, 1_000_000))
        self.support.put_and_abort(bundle.read_bytes()[:600_000], "inbox/good.ignite")
        self.assert_waits(bundle)
        self.assertTrue(self.support.put(bundle, "inbox/good.ignite"))
        self.assert_committed()


class Vsftpd:
    @classmethod
    def serve(cls):
        return servers.vsftpd(cls.etc)

    @classmethod
    def client(cls, account="support"):
        return FtpClient(account)


class VsftpdTls:
    @classmethod
    def serve(cls):
        return servers.vsftpd(cls.etc, tls=True)

    @classmethod
    def client(cls, account="support"):
        return FtpClient(account, tls=True)


class Proftpd(Vsftpd):
    @classmethod
    def serve(cls):
        return servers.proftpd(cls.etc)


class ProftpdHiddenStores:
    """It knows no REST, and removes what it could not write. What a client that was killed leaves gets its name."""

    keeps_what_found_no_room = False
    twice_at_once = [0, 25]  # The second one is refused.

    @classmethod
    def serve(cls):
        return servers.proftpd(cls.etc, hidden_stores=True)

    @classmethod
    def client(cls, account="support"):
        return FtpClient(account, has_rest=False)


class Openssh:
    @classmethod
    def serve(cls):
        return servers.sshd(cls.etc)

    @classmethod
    def client(cls, account="support"):
        return SftpClient(account, cls.etc)


class FtpLimitsCase(LimitsCase):
    def test_only_the_group_logs_in(self):
        with self.assertRaises(ftplib.error_perm):
            self.client("stranger").session()
        with self.assertRaises(ftplib.error_perm):
            ftplib.FTP(servers.HOST, "anonymous", "guest", timeout=30)


# ctest runs each class by itself.
class VsftpdUploadsTest(Vsftpd, UploadsCase):
    pass


class VsftpdBreaksTest(Vsftpd, FtpBreaksCase):
    pass


class VsftpdLimitsTest(Vsftpd, FtpLimitsCase):
    pass


class VsftpdTlsUploadsTest(VsftpdTls, UploadsCase):
    def test_one_after_the_other(self):
        """Every fourth of them would break off, were there not ssl/ignite-ftp.cnf."""
        bundle = self.bundle("1.0", files=random_file(1, 1_000_000))
        for number in range(30):
            self.assertTrue(self.support.put(bundle, "inbox/beside.part"), number)


class VsftpdTlsBreaksTest(VsftpdTls, FtpBreaksCase):
    pass


class VsftpdTlsLimitsTest(VsftpdTls, FtpLimitsCase):
    def test_nothing_goes_in_the_clear(self):
        with ftplib.FTP(servers.HOST, timeout=30) as session:
            with self.assertRaises(ftplib.error_perm):
                session.login("support", servers.PASSWORD)
        with ftplib.FTP_TLS(servers.HOST, "support", servers.PASSWORD, timeout=30) as session:
            with self.assertRaises(ftplib.error_perm):  # For want of PROT P.
                session.nlst("outbox")


class ProftpdUploadsTest(Proftpd, UploadsCase):
    pass


class ProftpdBreaksTest(Proftpd, FtpBreaksCase):
    pass


class ProftpdLimitsTest(Proftpd, FtpLimitsCase):
    pass


class ProftpdHiddenStoresUploadsTest(ProftpdHiddenStores, UploadsCase):
    pass


class ProftpdHiddenStoresBreaksTest(ProftpdHiddenStores, FtpBreaksCase):
    pass


class ProftpdHiddenStoresLimitsTest(ProftpdHiddenStores, FtpLimitsCase):
    pass


class OpensshUploadsTest(Openssh, UploadsCase):
    pass


class OpensshBreaksTest(Openssh, BreaksCase):
    def test_a_file_that_is_read_only_at_the_client(self):
        """The server takes over its mode, so nobody can go on with it; it goes again under another name."""
        bundle = self.folder / "read-only"
        bundle.write_bytes(self.bundle("1.0", files=random_file(1, 2_000_000)).read_bytes())
        bundle.chmod(0o444)
        self.cut_upload(bundle, "short.ignite")
        self.assert_waits(bundle, "short.ignite")
        self.assertFalse(self.support.resume(bundle, "inbox/short.ignite"))
        self.assertTrue(self.support.put(bundle, "inbox/good.ignite"))
        self.assert_committed()


class OpensshLimitsTest(Openssh, LimitsCase):
    def test_neither_a_shell_nor_a_tunnel(self):
        self.assertNotIn(b"reached", self.support.ssh("echo", "reached").stdout)
        through = self.support.ssh("-W", "127.0.0.1:22")
        self.assertIn(b"prohibited", through.stderr)
        self.assertEqual(through.stdout, b"")
        self.assertIn(b"PTY allocation request failed", self.support.ssh("-tt").stderr)


if __name__ == "__main__":
    servers.go_apart()
    unittest.main()
