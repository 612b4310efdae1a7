#!/usr/bin/env python3
"""The examples of the manual pages work."""

import pathlib
import re
import shutil
import unittest

import probe as shared
from probe import PATH, ProbeTest, run

PAGES = pathlib.Path(__file__).parents[2] / "docs/man"


def examples(page):
    """(command lines, the texts of files) of its section EXAMPLES."""
    text = (PAGES / page).read_text().partition(".SH EXAMPLES\n")[2].partition(".SH SEE ALSO")[0].replace("\\-", "-")
    blocks = re.findall(r"^\.nf\n(.*?)^\.fi$", text, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix(".B ") for block in blocks for line in block.splitlines() if line.startswith(".B ")]
    return lines, [block for block in blocks if not block.startswith(".B ")]


class ExamplesTest(ProbeTest):
    def setUp(self):
        super().setUp()
        # As on an appliance: without a path, and without --root.
        (self.folder / "bin").mkdir()
        (self.folder / "bin/ignite-pack").symlink_to(shared.BIN / "ignite-pack")
        ignite = self.folder / "bin/ignite"
        ignite.write_text(f'#!/bin/sh\nexec {shared.BIN}/ignite --root {self.probe.root} "$@"\n')
        ignite.chmod(0o755)

    def shell(self, line):
        run(["sh", "-c", line], 0, cwd=self.folder, environment={"PATH": f"{self.folder}/bin:/usr/bin:/bin"})

    def test_ignite_pack_and_its_recipes(self):
        lines, _ = examples("ignite-pack.1")
        _, [release, licence] = examples("ignite-recipe.5")
        (self.folder / "build/web").mkdir(parents=True)
        (self.folder / "web.ini").write_text(release)
        self.assertGreater(len(lines), 8)
        for line in lines:
            self.shell(line)
        (self.folder / "probes").mkdir()
        for name in ("rennes", "brest"):
            shutil.copy(self.folder / "probe.pub", self.folder / f"probes/{name}.pub")
        head = release.partition("[payload")[0].replace("= product", "= licence")
        (self.folder / "licence.ini").write_text(head + licence)
        self.shell("ignite-pack build licence.ini --sign release.key --recipient probe.pub -o licence.ignite")

    def test_ignite(self):
        lines, [adoption] = examples("ignite.1")
        self.assertGreater(len(lines), 4)
        self.probe.at(PATH).mkdir(parents=True)
        (self.probe.at(PATH) / "index.html").write_text("release 4.0\n")
        (self.folder / "adoption.ini").write_text(adoption)
        self.shell("ignite adopt adoption.ini")
        shutil.copy(self.bundle("4.2"), self.folder / "netprobe-4.2.1.ignite")
        for line in lines:
            self.shell(line)
        self.assertEqual(self.probe.read("index.html"), "release 4.0\n")

    def test_the_files_of_an_appliance(self):
        _, [keyring] = examples("ignite-keyring.json.5")
        (self.probe.root / "etc/ignite/keyring.json").write_text(keyring)
        self.shell("ignite verify")
        _, settings = examples("ignite-agent.ini.5")
        self.assertEqual(len(settings), 2)
        for text in settings:
            self.probe.ini.write_text(text)
            self.shell("ignite status")
            self.probe.ini.write_text(text.replace("product", "produce"))
            self.probe.json("status", expect=2)


if __name__ == "__main__":
    unittest.main()
