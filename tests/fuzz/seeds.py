#!/usr/bin/python3
"""Makes first inputs for the fuzz targets out of the vectors of the bundle format and what the tests write.

usage: tests/fuzz/seeds.py FOLDER    makes FOLDER/TARGET/... for targets whose corpus needs more than a dictionary

script/campaign fuzz starts from them and from the corpora in git; -merge=1 takes into the corpora what adds coverage.
"""
import io
import json
import pathlib
import sqlite3
import struct
import sys

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors"
MOST = 32 * 1024  # Larger inputs slow a fuzzer down more than they show.

sys.path.append(str(HERE.parent / "reader"))
import reader  # noqa: E402


def bodies(folder):
    """The bytes of the vectors of a folder, by name."""
    for path in sorted((VECTORS / folder).iterdir()):
        yield path.name, path.read_bytes().split(b"\n\n", 1)[1]


def unzstd(frame):
    try:
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(frame)).read()
    except zstandard.ZstdError:
        return b""


def identities():
    """The keys of the probe that the vectors are encrypted to."""
    for line in (VECTORS / "keys.txt").read_text().splitlines():
        name, _, secret = line.partition(": ")
        if name in ("probe-1-secret", "probe-2-secret"):
            yield X25519PrivateKey.from_private_bytes(bytes.fromhex(secret))


def opened(parts):
    """The members of an encrypted bundle without its encryption, as tests/fuzz/reseal.h takes them."""
    header = reader.Header(parts["HEADER"])
    file_key = reader.open_recipients(header, parts["RECIPIENTS"], list(identities()))
    manifest = reader.StreamKey(header, file_key, 0).open(0, True, parts["MANIFEST"])
    counts = [-(-stream["size"] // header.chunk_size)
              for payload in json.loads(manifest)["payloads"] for stream in payload["streams"]]
    if sum(counts) * 36 != len(parts["INDEX"]):
        raise reader.Refused("the number of chunks")
    places = [(reader.StreamKey(header, file_key, number), chunk, chunk + 1 == count)
              for number, count in enumerate(counts, 1) for chunk in range(count)]
    index, run, at = b"", b"", 0
    for entry, (key, chunk, last) in zip(range(0, len(parts["INDEX"]), 36), places):
        size, = struct.unpack("<I", parts["INDEX"][entry + 32:entry + 36])
        frame = key.open(chunk, last, parts["PAYLOAD.0000"][at:at + size])
        at += size
        run += frame
        index += bytes(32) + struct.pack("<I", len(frame))
    plain = {"HEADER": parts["HEADER"], "MANIFEST": manifest, "INDEX": index, "PAYLOAD.0000": run}
    return {name: content for name, content in plain.items() if content}


def joined(parts):
    return b"".join(reader.header_block(name, len(content)) + content + bytes(-len(content) % 512)
                    for name, content in parts.items())


def members(bundle):
    """(name, content) of each member, as far as the bytes go."""
    at = 0
    while at + 512 <= len(bundle) and bundle[at]:
        name = bundle[at:at + 100].rstrip(b"\0").decode("latin-1")
        try:
            size = int(bundle[at + 124:at + 135], 8)
        except ValueError:
            return
        yield name, bundle[at + 512:at + 512 + size]
        at += 512 + size + -size % 512


class Seeds:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def add(self, target, name, content):
        if 0 < len(content) <= MOST:
            path = self.folder / target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def add_opened(seeds, name, bundle):
    try:
        parts = opened(dict(members(bundle)))
    except (reader.Refused, struct.error, KeyError, TypeError, ValueError, AttributeError, InvalidTag):
        return  # One of those whose fault lies in front of what is opened here.
    seeds.add("container", name + "-opened", joined(parts))
    add_plain(seeds, name, parts)


def add_plain(seeds, name, parts):
    seeds.add("manifest", name, parts["MANIFEST"])
    seeds.add("json", name, parts["MANIFEST"])
    at = 0
    run = parts.get("PAYLOAD.0000", b"")
    for entry in range(0, len(parts.get("INDEX", b"")), 36):
        size, = struct.unpack("<I", parts["INDEX"][entry + 32:entry + 36])
        table = unzstd(run[at:at + size])
        at += size
        if table.startswith(b"IGNTREE\0"):
            seeds.add("table", f"{name}-{entry // 36}", table)


def add_bundles(seeds):
    for name, frame in bodies("bundles"):
        bundle = unzstd(frame)
        seeds.add("container", name, bundle)
        add_opened(seeds, name, bundle)
        seeds.add("inbox", name, name.encode() + b".ignite\n" + bundle[:4096])
        for member, content in members(bundle):
            if member == "HEADER" or member == "SIGNATURES":
                seeds.add("header", f"{name}-{member}", content)
            if member == "INDEX" and len(content) < 4096:
                seeds.add("index", name, b"\0\0" + content)
            if member == "RECIPIENTS" and len(content) < 4096:
                seeds.add("recipients", name, content[:-32])
                seeds.add("recipients", name + "-whole", content)
            if member == "MANIFEST" and content[:1] == b"{":
                add_plain(seeds, name, dict(members(bundle)))
        if bundle:
            seeds.add("header", f"{name}-block", bundle[:512])


def add_keyrings(seeds):
    for name, text in bodies("keyrings"):
        seeds.add("keyring", name, text)
        seeds.add("json", "keyring-" + name, text)


def add_words(seeds):
    for number, line in enumerate((VECTORS / "versions.txt").read_text().splitlines()):
        if line and line[0] != "#":
            first, _, second = line.split()
            seeds.add("words", f"versions-{number}", f"{first}\n{second}".encode())
    for number, line in enumerate((VECTORS / "words.txt").read_text().splitlines()):
        if line and line[0] != "#":
            word = json.loads(line.split(" ", 2)[2])
            seeds.add("words", f"word-{number}", word.encode("utf-8", "surrogatepass") + b"\nhttp")


def add_sql(seeds):
    for number, line in enumerate((VECTORS / "sql.txt").read_text().splitlines()):
        if line and line[0] != "#":
            seeds.add("sql", f"form-{number}", json.loads(line.split(" ", 1)[1])[0].encode())


RECIPE = """[bundle]
kind = service-pack
product = netprobe
version = 4.2.1
counter = 40201
epoch = 1
compatible = netprobe-x86_64
channel = stable
requires = app/web >= 4.1, os < 7~
notes = notes.md

[payload web]
type = tree
component = app/web
source = web
path = /opt/web
units = systemd/web.service, sshd.service
links = systemd/web.service -> /etc/systemd/web.service
allow = bin/**, setuid
users = users.conf
version = 4.2.1-2

[payload os]
type = image
component = os
source = rootfs.ext4

[health web]
type = http
url = http://127.0.0.1:8080/alive
timeout = 30s

[health port]
type = tcp
address = [::1]:8080 ; a comment

[health unit]
type = unit
unit = web.service

[health all]
type = command
command = /bin/true
 && /bin/true
"""

SETTINGS = """; a probe
[probe]
product = netprobe
compatible = netprobe-x86_64
channel = stable
[policy]
auto-apply = yes
trial = 60s
keep-deployments = 3
threads = 2
allow-unencrypted = no
reboot = manual
[boot]
backend = none
[services]
backend = command
command = /usr/bin/true
"""


def add_ini(seeds):
    for target, text in ("recipe", RECIPE), ("settings", SETTINGS):
        lines = text.splitlines(keepends=True)
        seeds.add(target, "whole", text.encode())
        seeds.add(target, "crlf", text.replace("\n", "\r\n").encode())
        seeds.add(target, "twice", (text + text).encode())
        seeds.add(target, "mark", b"\xef\xbb\xbf" + text.encode())
        seeds.add(target, "long", (text + " " + "x" * 300).encode())
        for number in range(len(lines)):
            seeds.add(target, f"without-{number}", "".join(lines[:number] + lines[number + 1:]).encode())
    for number, line in enumerate(RECIPE.splitlines()):
        if "type = " not in line and "=" in line:
            key = line.split("=")[0]
            seeds.add("recipe", f"empty-{number}", RECIPE.replace(line, f"{key}=").encode())
            seeds.add("recipe", f"odd-{number}", RECIPE.replace(line, f"{key}= !no!, \x01").encode())


COMPONENT = {"component": "app/web", "type": "tree", "version": "1.0", "release": "1.0-t2",
             "spec": {"path": "/opt/web", "units": ["web.service", "systemd/a.timer"],
                      "links": [{"from": "version.txt", "to": "/etc/web.conf"}], "allow": [], "users": "",
                      "owners": ["root"], "groups": ["root"], "entries": 3, "bytes": 8192}}
HEALTH = [{"name": "alive", "type": "fake", "timeout-ms": 3000, "spec": {}}]


def plan(**changed):
    before = {**COMPONENT, "version": "0.9", "release": "0.9-t1"}
    document = {"action": "install", "content-id": "a" * 64, "kind": "product", "product": "netprobe", "version": "1.0",
                "counter": 7, "epoch": 2, "from": 1, "to": 2, "changes": [{"from": before, "to": COMPONENT}],
                "components": [COMPONENT], "health": HEALTH}
    return json.dumps({**document, **changed}).encode()


def add_plans(seeds):
    fresh = [{"from": None, "to": COMPONENT}]
    gone = [{"from": COMPONENT, "to": None}]
    plans = {"update": plan(), "fresh": plan(changes=fresh, **{"from": 0}), "gone": plan(changes=gone, components=[]),
             "rollback": plan(action="rollback"), "unknown-type": plan(changes=[{"from": None, "to": {**COMPONENT, "type": "x"}}]),
             "empty": plan(changes=[], components=[], health=[])}
    for name, document in plans.items():
        seeds.add("plan", name, document)
        for state in range(8):
            for more in range(4):
                record = json.dumps({**COMPONENT, "release": "0.9-t1"}).encode()
                rows = b"\0".join([document, record, json.dumps(HEALTH).encode(), json.dumps(COMPONENT).encode()])
                seeds.add("recovery", f"{name}-{state}-{more}", bytes([state, more]) + rows)
    seeds.add("plan", "component", json.dumps(COMPONENT).encode())
    seeds.add("plan", "health", json.dumps(HEALTH).encode())
    seeds.add("plan", "history", json.dumps({"id": 1, "bundle": "a.ignite", "content_id": "a" * 64, "from": 1, "to": 2,
                                             "outcome": "committed", "reason": "", "cause": "", "remedy": "",
                                             "started": 5, "ended": 6}).encode())


def add_journals(seeds):
    """The schema of agent/engine/journal.cc, in pages that are as small as SQLite takes them."""
    source = (HERE.parent.parent / "agent/engine/journal.cc").read_text()
    schema = source.split('R"(', 1)[1].split(')"', 1)[0].replace("BEGIN IMMEDIATE;", "").replace("COMMIT;", "")
    history = (HERE.parent.parent / "agent/engine/history.cc").read_text().split('R"(', 1)[1].split(')"', 1)[0]
    rows = f"""
        INSERT INTO transactions VALUES(1, 'a.ignite', 'aa', 'committed', '', '{plan().decode()}', '', '', '', 0, 1, 5, 6);
        INSERT INTO transactions VALUES(2, 'b.ignite', 'bb', 'trial', 'on trial', NULL, 'health', 'c', 'r', 1, 2, 7, 0);
        INSERT INTO steps VALUES(1, 0, 'received', 'received', 5, 5), (1, 1, 'verified', 'verified', 5, 5);
        INSERT INTO deployments VALUES(1, 'aa', 'a.ignite', '1.0', 2, 6, '{json.dumps(HEALTH)}');
        INSERT INTO components VALUES(1, 0, '{json.dumps(COMPONENT)}');
        INSERT INTO releases VALUES('app/web', '1.0-t2', '{json.dumps(COMPONENT)}');
        INSERT INTO floors VALUES('counter/netprobe/product', 7), ('epoch/netprobe', 2);
        INSERT INTO holds VALUES('content');
        INSERT INTO history VALUES(1, '{{"id":1}}', 'no hash');"""
    damage = {"empty": "", "rows": rows,
              "state": rows + "UPDATE transactions SET state = 'flying';",
              "plan": rows + "UPDATE transactions SET plan = '{';",
              "no-history": rows + "DROP TABLE history;",
              "view": "DROP TABLE holds; CREATE VIEW holds AS SELECT 1 AS content_id;",
              "trigger": rows + "CREATE TRIGGER t AFTER INSERT ON transactions BEGIN DELETE FROM transactions; END;",
              "loop": "DROP TABLE holds; CREATE VIEW holds AS WITH RECURSIVE c(content_id) AS "
                      "(SELECT 1 UNION ALL SELECT content_id + 1 FROM c LIMIT 9) SELECT content_id FROM c;"}
    path = seeds.folder / "journal.tmp"
    for name, statements in damage.items():
        path.unlink(missing_ok=True)
        database = sqlite3.connect(path)
        database.executescript("PRAGMA page_size = 512;" + schema + history + statements)
        database.close()
        seeds.add("journal", name, path.read_bytes())
    path.unlink()


def main():
    seeds = Seeds(sys.argv[1])
    add_bundles(seeds)
    add_keyrings(seeds)
    add_words(seeds)
    add_sql(seeds)
    add_ini(seeds)
    add_plans(seeds)
    add_journals(seeds)


if __name__ == "__main__":
    main()
