#!/usr/bin/env python3
"""What the real ignited writes to the outbox besides the status of an upload.

IGNITE_BIN names the folder of the programs. Needs root, as a probe does.
"""

import html.parser
import io
import json
import os
import re
import resource
import shutil
import signal
import stat
import tarfile
import time
import unittest

from daemon_test import DaemonCase
from json_test import DOCUMENT, Tables, paths_of
from probe import BIN, LARGE, command_check, run, wait_for

CHECK = re.search(r"### history.jsonl.*?```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[1]


class Page(html.parser.HTMLParser):
    """PROBE.html: whether its tags are balanced, and the texts in them."""

    EMPTY = {"meta", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.texts, self.tags = [], [], [], set()
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()} closes nothing")

    def handle_data(self, data):
        self.texts.append(data)


class OutboxCase(DaemonCase):
    def read(self, name):
        return (self.probe.outbox / name).read_bytes().decode()

    def install(self, bundle, name="good.ignite"):
        self.drop(bundle, name)
        return self.next_verdict(name)


class ProbePageTest(OutboxCase):
    def setUp(self):
        super().setUp()
        self.tables = Tables(DOCUMENT.read_text())

    def page(self):
        """PROBE.txt as lines, once PROBE.json is there, too."""
        return self.read("PROBE.txt").split("\r\n")

    def wait_for_page(self, *parts, timeout=20):
        """Until a line has all the parts."""
        def is_said():
            path = self.probe.outbox / "PROBE.txt"
            return path.exists() and any(all(part in line for part in parts) for line in self.page())

        wait_for(is_said, timeout, f"{parts} in PROBE.txt; the log: {self.log()}")

    def document(self):
        """PROBE.json, which has the keys of its table, and no others."""
        document = json.loads(self.read("PROBE.json"))
        rows = self.tables.rows("PROBE.json")
        found = set(paths_of(document, rows))
        self.assertEqual(found - set(rows), set())
        objects = {path.rpartition(".")[0] for path in found}
        missing = {path for path in set(rows) - found if path.rpartition(".")[0] in objects}
        self.assertEqual(missing, set())
        return document

    def test_a_probe_that_cannot_begin_says_so(self):
        """Uploads stay, and whoever uploads learns why nothing comes of them."""
        good = self.probe.ini.read_text()
        self.probe.ini.write_text(good + "[policy]\ntrial = soon\n")
        self.drop(self.bundle("1.0"))
        done = run([BIN / "ignited", "--root", self.probe.root], 2)
        self.assertIn(b"trial", done.stderr)
        text = self.read("PROBE.txt")
        self.assertIn("This probe takes no upload: ", text)
        self.assertIn("'trial = soon'", text)
        self.assertEqual(text.count("\n"), text.count("\r\n"))
        self.probe.ini.write_text(good)
        self.start()
        self.assertEqual(self.verdict()["outcome"], "committed")
        self.wait_for_page("runs ", "deployment 1, version 1.0")

    def test_from_the_start_to_a_refusal(self):
        self.start()
        self.wait_for_page("runs ", "nothing yet")
        self.wait_for_page("probe ", "netprobe on netprobe-x86_64")
        self.assertEqual(self.document()["verdicts"], [])
        self.install(self.bundle("1.0", tree=self.with_notes, bundle="notes = notes.md"))
        self.wait_for_page("runs ", "deployment 1, version 1.0")
        self.wait_for_page("committed  good.ignite")
        self.install(self.bundle("2.0", product="other"), "wrong.ignite")
        self.wait_for_page("refused  wrong.ignite")
        self.assertIn("  product: ", self.read("PROBE.txt"))
        self.assertIn("Verdict :        refusé\r\n", self.read("wrong.ignite.status.txt"))
        document = self.document()
        status = self.probe.status()
        self.assertEqual({key: document[key] for key in status}, status)
        self.assertEqual([verdict["bundle"] for verdict in document["verdicts"]], ["wrong.ignite", "good.ignite"])
        text = self.read("PROBE.txt")
        self.assertEqual(text.count("\n"), text.count("\r\n"))
        page = Page(self.read("PROBE.html"))
        self.assertEqual(page.faults, [])
        self.assertLessEqual({"html", "main", "section", "article", "table", "time"}, page.tags)
        self.assertNotIn("script", page.tags)
        for notes in ("<script>news</script>\n", "Nouveautés\n"):
            self.assertIn(notes, page.texts)
        for words in ("What runs", "Ce qui tourne", "This bundle is for another product.",
                      "Ce paquet est destiné à un autre produit."):
            self.assertIn(words, page.texts)
        for name in ("PROBE.txt", "PROBE.html", "PROBE.json"):
            info = (self.probe.outbox / name).stat()
            self.assertEqual((stat.S_IMODE(info.st_mode), info.st_uid), (0o644, 0), name)

    @staticmethod
    def with_notes(source):
        (source / "index.html").write_text("release 1.0\n")
        (source.parent / "notes.md").write_text("<script>news</script>\n")
        (source.parent / "notes.fr.md").write_text("Nouveautés\n")

    def test_what_is_under_way_and_waits(self):
        self.probe.configure("trial = 300s\n")
        self.start()
        self.drop(self.bundle("1.0"))
        self.wait_for_page("transaction ", "good.ignite, trial")
        whole = self.bundle("2.0").read_bytes()
        (self.probe.inbox / "next.ignite").write_bytes(whole[:-1])
        self.wait_for_page("next.ignite: the upload is coming in")
        self.assertEqual(self.document()["uploads"][0]["bundle"], "next.ignite")
        self.assertEqual(self.document()["transaction"]["state"], "trial")

    def test_an_engineer_at_work(self):
        self.start()
        self.wait_for_page("runs ", "nothing yet")
        self.probe.install(self.bundle("1.0"))
        self.wait_for_page("runs ", "version 1.0", timeout=40)

    def test_nothing_is_written_at_rest(self):
        self.start()
        self.install(self.bundle("1.0"))
        self.wait_for_page("committed  good.ignite")
        time.sleep(3)
        before = self.files()
        (self.probe.inbox / "readme.txt").touch()  # Wakes it.
        time.sleep(3)
        self.stop()
        self.start()
        time.sleep(3)
        self.assertEqual(self.files(), before)

    def files(self):
        return {path.name: path.stat().st_mtime_ns for path in self.probe.outbox.iterdir()}

    def test_a_page_that_cannot_be_written_stops_nothing(self):
        (self.probe.outbox / "PROBE.txt").mkdir()
        self.start()
        self.assertEqual(self.install(self.bundle("1.0"))["outcome"], "committed")
        self.assertIn("the outbox cannot be kept up", self.log())


class HistoryTest(OutboxCase):
    def wait_for_entries(self, count):
        def is_there():
            path = self.probe.outbox / "probe.pub"
            return path.exists() and len(self.lines()) == count + 1

        wait_for(is_there, 20, f"{count} entries; the log: {self.log()}")

    def lines(self):
        return self.read("history.jsonl").splitlines()

    def check(self):
        """As docs/json.md tells a head office to do, in a copy of the outbox."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.probe.outbox, copy)
        return copy, lambda: run(["sh", "-c", CHECK], cwd=copy).returncode

    def test_it_needs_little_memory(self):
        self.start()
        resource.prlimit(self.daemon.pid, resource.RLIMIT_DATA, (64 << 20, 64 << 20))
        self.install(self.bundle("1.0"))
        self.wait_for_entries(1)

    def test_the_check_of_a_head_office(self):
        self.start()
        self.wait_for_entries(0)
        self.assertEqual(self.check()[1](), 0, "of no history")
        self.install(self.bundle("1.0"))
        self.install(self.bundle("2.0", product="other"), "wrong.ignite")
        self.wait_for_entries(2)
        copy, check = self.check()
        self.assertEqual(check(), 0)
        self.assertEqual(self.lines()[:2], self.probe.text("history", "--export").splitlines())
        whole = (copy / "history.jsonl").read_text()
        *lines, head = whole.splitlines(keepends=True)
        for what, text in {
            "an entry changed": whole.replace("committed", "cancelled", 1),
            "an entry gone": lines[1] + head,
            "the last one gone": lines[0] + head,
            "the order": lines[1] + lines[0] + head,
            "the time of the head": re.sub(r'"signed":\d', '"signed":9', whole),
            "the head of less": lines[0] + re.sub(r'"number":2', '"number":1', head),
        }.items():
            self.assertNotEqual(text, whole)
            (copy / "history.jsonl").write_text(text)
            self.assertNotEqual(check(), 0, what)
        (copy / "history.jsonl").write_text(whole)
        self.assertEqual(check(), 0)
        shutil.copy(self.workshop.folder / "release.pub", copy / "probe.pub")
        self.assertNotEqual(check(), 0, "another key")

    def test_the_key(self):
        """Is made once, stays with the root, and is for root alone."""
        self.start()
        self.wait_for_entries(0)
        key = self.probe.state / "probe.key"
        self.assertEqual((stat.S_IMODE(key.stat().st_mode), key.stat().st_uid), (0o600, 0))
        public = run(["openssl", "pkey", "-in", key, "-pubout"], 0).stdout.decode()
        self.assertEqual(self.read("probe.pub"), public)
        self.install(self.bundle("1.0"))
        self.wait_for_entries(1)
        self.stop()
        self.start()
        self.install(self.bundle("2.0"))
        self.wait_for_entries(2)
        self.assertEqual(self.read("probe.pub"), public)
        self.assertEqual(self.check()[1](), 0)

    def test_a_damaged_key_is_not_replaced(self):
        self.probe.state.mkdir()
        key = self.probe.state / "probe.key"
        key.write_text("damaged")
        self.start()
        self.assertEqual(self.install(self.bundle("1.0"))["outcome"], "committed")
        wait_for(lambda: "probe.key is no private" in self.log(), what="the complaint")
        self.assertEqual(key.read_text(), "damaged")
        self.assertFalse((self.probe.outbox / "history.jsonl").exists())


class BoundsTest(OutboxCase):
    def uploads(self):
        return {name.partition(".ignite.")[0] for name in os.listdir(self.probe.outbox) if ".ignite." in name}

    def test_only_the_last_uploads_are_told_of(self):
        """A flood of junk takes away neither the probe's own files, nor what is not ours, nor what waits."""
        target = self.folder / "victim"
        target.write_text("mine")
        (self.probe.outbox / "link.ignite.status.txt").symlink_to(target)
        (self.probe.outbox / "theirs.ignite.status.txt").write_text("theirs")
        os.chown(self.probe.outbox / "theirs.ignite.status.txt", 65534, 65534)
        (self.probe.inbox / "waits.ignite").write_bytes(self.bundle("1.0").read_bytes()[:-1])
        self.start()
        wait_for(lambda: self.told("waits.ignite"), 20, "the first status")
        for number in range(120):
            (self.probe.inbox / f"junk{number}.ignite").write_text("junk")
        wait_for(lambda: os.listdir(self.probe.inbox) == ["waits.ignite"], 30, "all verdicts")
        # Fifty, the one in the inbox, and two that are not ours.
        wait_for(lambda: len(self.uploads()) <= 53, 20, "the pruning")
        self.assertLessEqual({"waits", "link", "theirs"}, self.uploads())
        self.assertEqual(len(self.uploads()), 53)
        self.assertLessEqual({"PROBE.txt", "PROBE.html", "PROBE.json", "history.jsonl", "probe.pub"},
                             set(os.listdir(self.probe.outbox)))
        self.assertEqual(target.read_text(), "mine")


class ReportTest(OutboxCase):
    def failing(self, version="1.0"):
        return self.bundle(version, health=command_check("echo no such sensor; false", "300ms"))

    def path(self, name="good.ignite"):
        return self.probe.outbox / f"{name}.report.tar.zst"

    def wait_for_report(self):
        return wait_for(lambda: self.path().exists() and self.path(), 20, f"the report; the log: {self.log()}")

    def unpacked(self, archive):
        """Name -> text, as anybody with tar and zstd sees it."""
        tar = run(["zstd", "-dc", archive], 0).stdout
        with tarfile.open(fileobj=io.BytesIO(tar)) as members:
            return {it.name: members.extractfile(it).read().decode() for it in members}

    def test_after_a_rollback(self):
        self.start()
        self.drop(self.failing())
        self.assertEqual(self.verdict()["outcome"], "rolled-back")
        archive = self.wait_for_report()
        self.assertEqual((stat.S_IMODE(archive.stat().st_mode), archive.stat().st_uid), (0o644, 0))
        texts = self.unpacked(archive)
        self.assertIn("no such sensor", texts["report/verdict.txt"])
        self.assertEqual(json.loads(texts["report/verdict.json"])["outcome"], "rolled-back")
        self.assertIn("rolling-back", texts["report/story.txt"])
        self.assertIn("would be installed", texts["report/plan.txt"])
        self.assertEqual(texts["report/agent.ini"], self.probe.ini.read_text())
        self.assertLess(archive.stat().st_size, 100_000)
        everything = "".join(texts.values())
        for secret in (self.probe.root / "etc/ignite/identity.key", self.probe.state / "probe.key"):
            self.assertNotIn(secret.read_text().splitlines()[1], everything)
        self.assertNotIn("PRIVATE KEY", everything)

    def test_it_goes_when_the_next_one_begins(self):
        self.start()
        self.drop(self.failing())
        self.wait_for_report()
        self.assertEqual(self.next_verdict_of(self.failing())["reason"], "hold")
        self.assertTrue(self.path().exists(), "a refusal leaves it")
        self.assertEqual(self.next_verdict_of(self.bundle("2.0"))["outcome"], "committed")
        self.assertFalse(self.path().exists())

    def next_verdict_of(self, bundle):
        wait_for(lambda: not (self.probe.inbox / "good.ignite").exists(), what="the removal")
        return self.install(bundle)

    def seal_for(self, name):
        shutil.copy(self.workshop.folder / f"{name}.pub", self.probe.root / "etc/ignite/head-office.pub")
        self.probe.configure("trial = 0s\nreport-recipient = /etc/ignite/head-office.pub\n")

    def test_sealed_for_a_head_office(self):
        self.seal_for("other")
        self.start()
        self.drop(self.failing())
        self.assertEqual(self.verdict()["outcome"], "rolled-back")
        sealed = self.path("good.ignite").with_name("good.ignite.report.tar.zst.sealed")
        wait_for(sealed.exists, 20, "the report")
        self.assertFalse(self.path().exists())
        out = self.folder / "report.tar.zst"
        self.workshop.pack("open-report", sealed, "--identity", "probe.key", "-o", out, expect=3)
        self.assertFalse(out.exists())
        done = self.workshop.pack("open-report", sealed, "--identity", "other.key", "-o", out, "--json")
        self.assertEqual(set(json.loads(done.stdout)), set(self.tables().rows("ignite-pack open-report")))
        self.assertIn("no such sensor", self.unpacked(out)["report/verdict.txt"])
        self.workshop.pack("open-report", sealed, "--identity", "other.key", "-o", out, expect=1)
        self.workshop.pack("open-report", out, "--identity", "other.key", "-o", self.folder / "x", expect=3)
        self.assertEqual(self.next_verdict_of(self.bundle("2.0"))["outcome"], "committed")
        self.assertFalse(sealed.exists())

    @staticmethod
    def tables():
        return Tables(DOCUMENT.read_text())

    def test_what_cannot_be_sealed_is_not_told(self):
        """Without the key there is no report, not even an open one; doctor says so."""
        self.seal_for("other")
        (self.probe.root / "etc/ignite/head-office.pub").unlink()
        self.assertIn("FAIL  configuration", self.probe.text("doctor", expect=1))
        self.start()
        self.drop(self.failing())
        self.assertEqual(self.verdict()["outcome"], "rolled-back")
        wait_for(lambda: "no report, ignoring" in self.log(), what="the complaint")
        self.assertEqual([name for name in os.listdir(self.probe.outbox) if "report" in name], [])

    def test_a_report_that_cannot_be_written_changes_nothing(self):
        self.path().mkdir()
        self.start()
        self.drop(self.failing())
        self.assertEqual(self.verdict()["outcome"], "rolled-back")
        wait_for(lambda: "no report, ignoring" in self.log(), what="the complaint")
        self.assertEqual(self.next_verdict_of(self.bundle("2.0"))["outcome"], "committed")


class PlanTest(OutboxCase):
    def test_the_plan_of_an_upload(self):
        first, second = self.bundle("1.0"), self.bundle("2.0")
        foretold = self.probe.text("plan", first)
        self.start()
        self.assertEqual(self.install(first)["outcome"], "committed")
        plan = self.read("good.ignite.plan.txt")
        self.assertEqual(plan.count("\n"), plan.count("\r\n"))
        # Free space is another one by now, and so is the name of the file.
        steps = foretold[foretold.index("\n  steps"):foretold.index("\n  space")]
        self.assertIn("unpack app/web 1.0", steps)
        self.assertIn(steps, plan.replace("\r", ""))
        self.assertTrue(plan.startswith("good.ignite, version 1.0 would be installed"), plan)
        self.assertIn("pass  product", plan)
        self.assertEqual(self.install(second)["outcome"], "committed")
        self.assertIn("version 2.0", self.read("good.ignite.plan.txt"))

    def test_the_plan_is_there_before_the_work_begins(self):
        self.start()
        self.drop(self.bundle("1.0", files=LARGE))
        worker = self.probe.freeze_in_staging(self.worker)
        self.assertIn("would be installed", self.read("good.ignite.plan.txt"))
        os.kill(worker, signal.SIGCONT)
        self.assert_committed()

    def test_what_is_refused(self):
        """By a check: its plan says so. As no bundle for us: there is none, also none of an earlier upload."""
        self.start()
        self.assertEqual(self.install(self.bundle("1.0", product="other"))["reason"], "product")
        self.assertIn("FAIL  product", self.read("good.ignite.plan.txt"))
        self.assertEqual(self.install(self.bundle("1.0", sign=("stranger",)))["reason"], "signature")
        self.assertFalse((self.probe.outbox / "good.ignite.plan.txt").exists())


if __name__ == "__main__":
    unittest.main()
