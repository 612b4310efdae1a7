#!/usr/bin/env python3
"""Lets the second reader judge the test kit: what it says of each vector, and whether it is for the reason that is given.

usage: vectors.py FOLDER    the folder tests/vectors
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

import zstandard

import reader
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

# What the reader says where it refuses for a reason of tests/vectors/README.md.
SAYS = {
    "truncated": "ends early",
    "trailing": "bytes behind the end|no end of the archive",
    "member-header": "no size|another header block",
    "padding": "padding",
    "member-order": " where .* belongs",
    "member-size": ": its size",
    "trust": "TRUST where",
    "plain": "a plain bundle",
    "magic": "no bundle",
    "version": "another version",
    "suite": "another suite",
    "chunk-size": "chunk size",
    "chunk-count": "chunk count",
    "manifest-size": "manifest size",
    "index-size": "index size",
    "payload-size": "payload size",
    "plain-commitment": "a key commitment in a plain bundle",
    "header-reserved": "reserved bytes",
    "signatures-size": "SIGNATURES: its size",
    "wrong-signature": "a wrong signature",
    "nobody-vouches": "no role vouches",
    "role-missing": "a role is missing",
    "commitment": "the key commitment",
    "stanza": "a stanza",
    "not-addressed": "not encrypted to this identity",
    "mac": "the MAC",
    "manifest-digest": "MANIFEST: another digest",
    "manifest-tag": "a tag",
    "content-id": "another content id",
    "json-syntax": "JSON: (no|something behind|a lone surrogate)",
    "json-nul": "JSON: (a NUL|no string)",
    "json-double-key": "JSON: a key twice",
    "json-number": "JSON: (a number|no value)",
    "json-depth": "JSON: too deep",
    "json-values": "JSON: too many values",
    "unknown-key": "the unknown keys",
    "missing-key": ": no ",
    "value": "",
    "double-name": "a name stands twice",
    "forms": "two forms that differ",
    "chunk-sum": "the number of chunks",
    "payload-type": "an unknown payload type",
    "health-type": "an unknown health check",
    "payload-kind": "a payload in a bundle of another kind",
    "payload-streams": "the number of streams",
    "tree-component": "a tree of another component",
    "image-component": "an image of another component",
    "image-empty": "an empty image",
    "licence-component": "a licence of another component",
    "config-component": "a configuration of another component",
    "migrations-component": "migrations of another component",
    "meanings": "meaning: (up|down)$|spec: the meanings",
    "steps": "step: (a file|up|name)|spec: the steps",
    "program-entry": "programs: (a hard link|a mode)|an owner or group of no list|"
                     "^(an absolute link target|an escaping link target|setuid or setgid|capabilities)",
    "program-missing": "programs: (no program|a file is missing)",
    "index-digest": "INDEX: another digest",
    "index-entry": "INDEX: a size",
    "index-sum": "INDEX: the sum",
    "chunk-digest": "a chunk: another digest",
    "chunk-tag": "a tag",
    "chunk-frame": "zstd frame|a dictionary|no single segment|a frame of another content size",
    "chunk-plain-size": "a (chunk|frame) of another (content )?size",
    "stream-digest": "a stream: another digest",
    "table-head": "table: its head",
    "table-length": "table: (its size|it ends early|something behind)",
    "table-count": "table: another number of entries",
    "table-root": "table: no root",
    "entry-type": "table: type",
    "entry-reserved": "table: reserved bytes",
    "entry-numbers": "table: (mode or time|the mode of a link)",
    "entry-unused": "table: (a field too many|a hard link with properties)",
    "entry-path": "table: a path",
    "entry-order": "table: the order|table: a path",
    "entry-folder": "table: a path without its folder",
    "entry-account": "table: owner or group",
    "entry-target": "table: a target",
    "entry-capabilities": "table: capabilities",
    "entry-earlier": "table: earlier",
    "copy-differs": "table: a copy",
    "permission": "^(an absolute link target|an escaping link target|setuid or setgid|capabilities)",
    "account-not-listed": "an owner or group of no list",
    "account-no-id": "an owner or group that is no id",
    "content": "the content of a file",
    "content-length": "content that ends early|content behind",
    "unknown-role": "an unknown role",
    "key": "a key$",
    "threshold": "a threshold above the keys",
    "key-twice": "a key twice in a role",
    "key-in-two-roles": "a key in two roles",
    "no-key": "no key outside root",
}
WORDS = {
    "name": reader.is_name, "component": reader.is_component, "version": reader.is_version,
    "requirement": reader.is_requirement, "tree-path": reader.is_tree_path_text, "probe-path": reader.is_probe_path,
    "unit": reader.is_unit, "url": reader.HEALTH["http"][1], "address": reader.HEALTH["tcp"][1],
    "command": reader.HEALTH["command"][1], "postgresql-address": reader.is_postgresql_address,
}
DPKG = {"<": "lt", "=": "eq", ">": "gt"}


class Kit:
    def __init__(self, folder):
        self.folder, self.faults, self.reasons = folder, [], collections.Counter()
        lines = (line for line in (folder / "keys.txt").read_text().splitlines() if not line.startswith("#"))
        keys = {name: bytes.fromhex(value) for name, value in (line.split(": ") for line in lines)}
        self.identities = [X25519PrivateKey.from_private_bytes(keys[f"probe-{number}-secret"]) for number in (1, 2)]

    def vector(self, path):
        """The lines of its head by their keys, and what stands behind them."""
        head, _, body = path.read_bytes().partition(b"\n\n")
        return dict(line.split(": ", 1) for line in head.decode().splitlines()), body

    def judge(self, path, head, read):
        """`read` gives what the head must have, or raises Refused."""
        said = None
        try:
            found = {"expect": "accept", **read()}
        except reader.Refused as refusal:
            said = str(refusal)
            found = {"expect": "refuse"}
        wrong = {key: value for key, value in found.items() if head.get(key) != value}
        if wrong:
            self.faults.append(f"{path}: {wrong} {said or ''}")
        elif said is not None:
            self.reasons[head["reason"]] += 1
            pattern = SAYS.get(head["reason"])
            if pattern is None or not re.search(pattern, said) or head.get("field", "") not in said:
                self.faults.append(f"{path}: refused for '{said}' instead of {head['reason']} {head.get('field', '')}")

    def bundle(self, path):
        head, body = self.vector(path)
        data = zstandard.ZstdDecompressor().decompress(body, max_output_size=int(head["size"]))
        keyring = reader.Keyring((self.folder / head.get("keyring", "keyring.json")).read_bytes())

        def read():
            bundle = reader.Bundle(data, keyring, self.identities, head.get("plain") == "accepted")
            return {"content-id": bundle.content_id, "tree": bundle.entries()}
        if len(data) != int(head["size"]) or reader.sha256(data).hex() != head["sha256"]:
            self.faults.append(f"{path}: size or sha256")
        self.judge(path, head, read)

    def keyring(self, path):
        head, body = self.vector(path)
        if len(body) != int(head["size"]) or reader.sha256(body).hex() != head["sha256"]:
            self.faults.append(f"{path}: size or sha256")
        self.judge(path, head, lambda: reader.Keyring(body) and {})

    def lines(self, name):
        return [line for line in (self.folder / name).read_text().splitlines() if line and not line.startswith("#")]

    def words(self):
        for line in self.lines("words.txt"):
            word, expected, text = line.split(" ", 2)
            if WORDS[word](json.loads(text)) != (expected == "accept"):
                self.faults.append(f"words.txt: {line}")

    def normal_forms(self):
        for line in self.lines("sql.txt"):
            engine, pair = line.split(" ", 1)
            text, form = (None if it is None else it.encode() for it in json.loads(pair))
            if reader.normal_form(engine, text) != form:
                self.faults.append(f"sql.txt: {line}")

    def versions(self):
        """By dpkg itself, which the page refers to, and by the reader."""
        for line in self.lines("versions.txt"):
            one, relation, two = line.split()
            low, high = reader.version_key(one), reader.version_key(two)
            found = "<" if low < high else "=" if low == high else ">"
            if found != relation or subprocess.run(["dpkg", "--compare-versions", one, DPKG[relation], two]).returncode != 0:
                self.faults.append(f"versions.txt: {line}")

    def documented_reasons(self):
        listed = set(re.findall(r"^\| `([a-z-]+)` \| [0-9]", (self.folder / "README.md").read_text(), re.MULTILINE))
        for reason in sorted(listed ^ set(self.reasons) | listed ^ set(SAYS)):
            self.faults.append(f"the reason {reason} is not in all of README.md, the vectors and {__file__}")


def main(folder):
    kit = Kit(folder)
    bundles, keyrings = sorted((folder / "bundles").iterdir()), sorted((folder / "keyrings").iterdir())
    for path in bundles:
        kit.bundle(path)
    for path in keyrings:
        kit.keyring(path)
    kit.words()
    kit.normal_forms()
    kit.versions()
    kit.documented_reasons()
    print("\n".join(kit.faults))
    print(f"{len(bundles)} bundles, {len(keyrings)} keyrings, {len(kit.reasons)} reasons, {len(kit.faults)} faults")
    return 1 if kit.faults or not bundles or not keyrings else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1])))
