"""Builds one bundle, and lets a vector bend it at any place. Section numbers are those of payload-format/SPEC.md.

What lies below a digest, a tag or a signature is bent before those are made, so that a fault is not hidden behind them.
Everything follows from the name that the bundle is given: keys, salt and file key are made of it.
"""

import hashlib
import hmac
import json
import pathlib
import re
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "reader"))
import reader  # noqa: E402
from generator import Generator, member  # noqa: E402
from reader import COPY, FILE, FOLDER, HARD_LINK, SYMLINK, sha256  # noqa: E402

SIGNERS = ("root", "release-1", "release-2", "release-3", "qa", "licence", "engineer", "stranger")
PROBES = ("probe-1", "probe-2", "other-probe")


def bytes_for(label, size):
    return hashlib.shake_256(b"ignite test vectors: " + label.encode()).digest(size)


SECRETS = {name: bytes_for(name, 32) for name in SIGNERS + PROBES}
SIGNING_KEYS = {name: Ed25519PrivateKey.from_private_bytes(SECRETS[name]) for name in SIGNERS}
IDENTITIES = {name: X25519PrivateKey.from_private_bytes(SECRETS[name]) for name in PROBES}


def public(key):
    return reader.raw(key.public_key())


RAW, RUN = 0, 1
MAX_BLOCK = 1 << 17


def zstd_frame(plain, size_bytes=None, window=None):
    """One frame of raw and run-length blocks, so that it does not hang from a version of a library.

    With `window`, a window descriptor, the frame does not tell its content size.
    """
    if window is None:
        size_bytes = size_bytes or (1 if len(plain) < 256 else 4)
        flag = {1: 0x20, 4: 0xa0, 8: 0xe0}[size_bytes]
        head = bytes([flag]) + len(plain).to_bytes(size_bytes, "little")
    else:
        head = bytes([0, window])
    return b"\x28\xb5\x2f\xfd" + head + zstd_blocks(plain)


def zstd_block(kind, size, content, last=False):
    return (size << 3 | kind << 1 | last).to_bytes(3, "little") + content


LONG_RUN = re.compile(rb"(.)\1{16,}", re.DOTALL)


def zstd_blocks(plain):
    parts, place = [], 0
    for run in LONG_RUN.finditer(plain):
        parts += [(RAW, plain[place:run.start()]), (RUN, run[0])]
        place = run.end()
    parts.append((RAW, plain[place:]))
    pieces = [(kind, part[at:at + MAX_BLOCK]) for kind, part in parts for at in range(0, len(part), MAX_BLOCK)]
    pieces = pieces or [(RAW, b"")]
    return b"".join(zstd_block(kind, len(part), part if kind == RAW else part[:1], number == len(pieces))
                    for number, (kind, part) in enumerate(pieces, 1))


# --- Section 10: entries of a tree.


def entry(kind, path, **fields):
    """`data` stands for the content of a file; what a field of the table has can be given by name."""
    path = path if type(path) is bytes else path.encode()
    result = dict(type=kind, zero_a=0, mode=0, nanoseconds=0, seconds=0, size=0, earlier=0, path=path, target=b"",
                  owner=b"", group=b"", capabilities=b"", zero_b=0, digest=bytes(32), data=b"")
    if kind != HARD_LINK:
        result.update(mode={FOLDER: 0o755, SYMLINK: 0o777}.get(kind, 0o644), seconds=1700000000, owner=b"root",
                      group=b"root")
    if kind in (FILE, COPY):
        data = fields.pop("data", b"hello\n")
        result.update(size=len(data), digest=sha256(data), data=data if kind == FILE else b"")
    result.update(fields)
    return result


def folder(path="", **fields):
    return entry(FOLDER, path, **fields)


def file(path="hello", data=b"hello\n", **fields):
    return entry(FILE, path, data=data, **fields)


def symlink(path, target, **fields):
    return entry(SYMLINK, path, target=target, **fields)


def hard_link(path, earlier, **fields):
    return entry(HARD_LINK, path, earlier=earlier, **fields)


def copy(path, earlier, data=b"hello\n", **fields):
    return entry(COPY, path, earlier=earlier, data=data, **fields)


def table_of(entries):
    return b"IGNTREE\0" + struct.pack("<II", len(entries), 0) + b"".join(map(Generator.pack, entries))


def tree(listed=None, number=0, table=None, content=None, streams=None, **spec):
    """A payload as the manifest describes it, with its streams under "plain". Bends table, content and streams."""
    entries = [folder(), file()] if listed is None else listed
    plain = [table_of(entries), b"".join(it["data"] for it in entries)]
    plain[0] = table(plain[0]) if table else plain[0]
    plain[1] = content(plain[1]) if content else plain[1]
    plain = streams(plain) if streams else plain
    name = f"greeting-{number}" if number else "greeting"
    space = sum(4096 if it["type"] == FOLDER else -(-it["size"] // 4096) * 4096 for it in entries
                if it["type"] in (FOLDER, FILE, COPY) and it["size"] < 2**40)
    return {
        "name": name, "type": "tree", "component": f"app/{name}", "version": "1.0",
        "spec": {"path": f"/opt/{name}", "units": [], "links": [], "allow": [], "users": "", "owners": ["root"],
                 "groups": ["root"], "entries": len(entries), "bytes": space, **spec},
        "plain": plain,
    }


def os_tree(listed=None, name="system-tree", **spec):
    """The operating system as a tree: of entries as for `tree`, root's files under root's id."""
    entries = [dict(it, **{key: b"0" for key in ("owner", "group") if it[key] == b"root"})
               for it in ([folder(), file()] if listed is None else listed)]
    payload = tree(entries, owners=["0"], groups=["0"])
    keys = ("owners", "groups", "entries", "bytes")
    return {**payload, "name": name, "component": "os", "spec": {**{key: payload["spec"][key] for key in keys}, **spec}}


def image(content=b"an operating system\n", streams=None, component="os", spec=None):
    return {"name": "system", "type": "image", "component": component, "version": "1.0", "spec": spec or {},
            "plain": [content] if streams is None else streams}


def step(number, name="a", down=True, suffix=""):
    return {"number": number, "name": name, "up": f"{number}_{name}.up{suffix}",
            "down": f"{number}_{name}.down{suffix}" if down else ""}


def config(listed=None, component="config/greeting", streams=None, **spec):
    """Of generate, check and one step, unless entries are given."""
    entries = [folder(), *(file(path, mode=0o755) for path in ("1_a.down", "1_a.up", "check", "generate"))]
    entries = entries if listed is None else [folder(), *listed]
    payload = tree(entries, streams=streams)
    described = {"path": "/etc/greeting", "programs": ["generate", "check"], "steps": [step(1)]}
    return {**payload, "type": "config", "component": component,
            "spec": {**described, **{key: payload["spec"][key] for key in ("entries", "bytes")}, **spec}}


SQL = {"1_a.up.sql": b"CREATE TABLE a (b); -- all of it\n", "1_a.down.sql": b"DROP TABLE a;\n"}
NORMAL_FORMS = {"1_a.up.sql": b"CREATE TABLE a ( b ) ;", "1_a.down.sql": b"DROP TABLE a ;"}


def meaning(up="1_a.up.sql", down="1_a.down.sql", traits=()):
    """Of a step with these texts of SQL; without one it is a program, or there is none."""
    digest = lambda file: sha256(NORMAL_FORMS[file]).hex() if file else ""  # noqa: E731
    return {"traits": list(traits), "up": digest(up), "down": digest(down)}


def migrations(listed=None, component="data/greeting", streams=None, **spec):
    """Of a step of SQL and one of programs, unless entries are given."""
    entries = [*(file(path, text) for path, text in sorted(SQL.items())),
               *(file(path, mode=0o755) for path in ("2_b.down", "2_b.up"))]
    payload = tree([folder(), *(entries if listed is None else listed)], streams=streams)
    described = {"engine": "sqlite", "database": "/var/lib/greeting/main.db", "baseline": 0, "verify": False,
                 "units": ["greeting.service"], "steps": [step(1, suffix=".sql"), step(2, "b")],
                 "meanings": [meaning(), meaning("", "")]}
    return {**payload, "type": "migrations", "component": component,
            "spec": {**described, **{key: payload["spec"][key] for key in ("entries", "bytes")}, **spec}}


def licence(streams=(), component="licence", **spec):
    return {"name": "licence", "type": "licence", "component": component, "version": "1.0",
            "spec": {"identities": [public(IDENTITIES["probe-1"]).hex()], "customer": "Soci\u00e9t\u00e9 Exemple", "serial": "L-42",
                     "features": ["flows", "alerts"], "limits": {"sensors": 500}, "issued": "2026-11-26",
                     "not-after": "2027-12-31", **spec}, "plain": list(streams)}


class Bundle:
    """Call bytes() once. Every argument but `name` bends something; a callable gets what would have stood there."""

    def __init__(self, name, payloads=None, suite=1, chunk_size=4096, document=None, text=None, content_id=None,
                 frame=None, seal=None, stored=None, index=None, index_bytes=None, manifest=None,
                 header=None, header_bytes=None, signers=("release-1", "release-2", "qa"), signatures=None,
                 recipients=("probe-1",), stanzas=None, mac=None, members=None, whole=None):
        self.name, self.suite, self.chunk_size = name, suite, chunk_size
        self.payloads = [tree()] if payloads is None else payloads
        self.signers, self.recipients = signers, recipients
        self.bend = dict(document=document, text=text, content_id=content_id, frame=frame, seal=seal, stored=stored,
                         index=index, index_bytes=index_bytes, manifest=manifest, header=header,
                         header_bytes=header_bytes, signatures=signatures, stanzas=stanzas, mac=mac, members=members,
                         whole=whole)
        self.salt = bytes_for(name + ": salt", 32)
        self.file_key = bytes_for(name + ": file key", 32)
        self.stanza_count = 0

    def bent(self, place, value, *more):
        """What the vector makes of it: a new value, or the old one changed in place."""
        bend = self.bend[place]
        if bend is None:
            return value
        result = bend(value, *more)
        return value if result is None else result

    # --- Section 8.

    def manifest_text(self):
        streams = []
        described = []
        for payload in self.payloads:
            payload = dict(payload)
            chunked = [[plain[at:at + self.chunk_size] for at in range(0, len(plain), self.chunk_size)]
                       for plain in payload.pop("plain")]
            streams += chunked
            payload["streams"] = [{"size": sum(map(len, chunks)), "digest": sha256(b"".join(map(sha256, chunks))).hex()}
                                  for chunks in chunked]
            described.append(payload)
        document = {"kind": "service-pack", "product": "netprobe", "version": "1.0", "counter": 1, "epoch": 1,
                    "compatible": "netprobe-x86_64", "channel": "", "requires": [], "notes": {}, "payloads": described,
                    "health": []}
        document = self.bent("document", document)
        return self.bent("text", json.dumps(document, separators=(",", ":")).encode()), streams

    # --- Section 7.

    def stanza(self, to, file_key=None, hint=None, encapsulated=None, shared=None):
        """A stanza of kem 1. The last three replace what follows from the recipient's key."""
        self.stanza_count += 1
        secret = X25519PrivateKey.from_private_bytes(bytes_for(f"{self.name}: stanza {self.stanza_count}", 32))
        recipient = public(IDENTITIES[to])
        encapsulated = encapsulated(public(secret)) if encapsulated else public(secret)
        shared = secret.exchange(IDENTITIES[to].public_key()) if shared is None else shared
        key, nonce = reader.hpke_context(shared, encapsulated, recipient, reader.LABEL + b"\0file key")
        sealed = AESGCM(key).encrypt(nonce, self.file_key if file_key is None else file_key,
                                     self.salt + self.head.content_id)
        return stanza_of(1, (hint or reader.hint_of(self.head, recipient)) + encapsulated + sealed)

    def recipients_member(self):
        stanzas = b"".join(self.bent("stanzas", [self.stanza(to) for to in self.recipients], self))
        mac = hmac.digest(reader.derive(self.head, self.file_key, b"recipients", 0, 32), stanzas, "sha256")
        return self.bent("mac", stanzas + mac)

    # --- Section 5.

    def signature(self, signer, message=None):
        key = SIGNING_KEYS[signer]
        message = message or b"DSSEv1 32 application/vnd.ignite.header.v0 256 " + self.head_bytes
        return reader.key_id(public(key)) + key.sign(message)

    # --- The whole.

    def bytes(self):
        text, streams = self.manifest_text()
        self.head = type("Head", (), {})()
        self.head.suite, self.head.salt = self.suite, self.salt
        self.head.content_id = self.bent("content_id", sha256(text))
        keys = [reader.StreamKey(self.head, self.file_key, stream) for stream in range(len(streams) + 1)]

        def seal(stream, chunk, last, plain):
            if self.suite == 0:
                return plain
            stream, chunk, last = self.bent("seal", (stream, chunk, last))
            nonce, aad = keys[stream].place(chunk, last)
            return keys[stream].cipher.encrypt(nonce, plain, aad)

        manifest = self.bent("manifest", seal(0, 0, 1, text))
        stored = self.bent("stored", [
            seal(number, place, place == len(chunks) - 1, self.bent("frame", zstd_frame(plain), number, plain))
            for number, chunks in enumerate(streams, 1) for place, plain in enumerate(chunks)])
        index = self.bent("index", [[sha256(chunk), len(chunk)] for chunk in stored])
        run = b"".join(stored)
        index_bytes = self.bent("index_bytes", b"".join(digest + struct.pack("<I", size) for digest, size in index))
        header = self.bent("header", {
            "magic": b"\x89IGNITE\n", "version": 0, "suite": self.suite, "chunk_size": self.chunk_size,
            "chunk_count": len(index_bytes) // 36, "manifest_size": len(manifest), "index_size": len(index_bytes),
            "payload_size": len(run), "content_id": self.head.content_id, "manifest_digest": sha256(manifest),
            "index_digest": sha256(index_bytes), "salt": self.salt,
            "commitment": keys[0].commitment if self.suite == 1 else bytes(32), "reserved": bytes(56)})
        self.head_bytes = self.bent("header_bytes", struct.pack("<8sHHIQIIQ32s32s32s32s32s56s", *header.values()))
        signatures = self.bent("signatures", [self.signature(signer) for signer in self.signers], self)
        members = [["HEADER", self.head_bytes], ["SIGNATURES", b"".join(signatures)]]
        if self.suite == 1:
            members.append(["RECIPIENTS", self.recipients_member()])
        members += [["MANIFEST", manifest], ["INDEX", index_bytes]]
        if run:
            members.append(["PAYLOAD.0000", run])
        members = self.bent("members", members)
        return self.bent("whole", b"".join(member(*it) for it in members) + bytes(1024))


def stanza_of(kem, body, size=None):
    return struct.pack("<HH", kem, len(body) if size is None else size) + body
