"""Bundles for two readers to disagree about: valid ones, and ones with a fault at any layer.

A fault that lies below a digest or a signature is made before the digest and the signature are, so that it is not hidden
behind them. Section numbers are those of payload-format/SPEC.md. Everything follows from the random.Random that is given.
"""

import hmac
import json
import struct

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import reader
from reader import COPY, FILE, FOLDER, HARD_LINK, SYMLINK, sha256

EDGES_32 = (0, 1, 2, 3, 255, 256, 4095, 4096, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)
EDGES_64 = EDGES_32 + (2**32, 2**33, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64 - 1)


class People:
    """Whose keys there are: known signers, a stranger, the probe and another one."""

    def __init__(self, rng):
        key = lambda kind: kind.from_private_bytes(rng.randbytes(32))  # noqa: E731
        self.release, self.second, self.qa, self.licence, self.stranger = (key(Ed25519PrivateKey) for _ in range(5))
        self.probe_raw = rng.randbytes(32)
        self.probe = X25519PrivateKey.from_private_bytes(self.probe_raw)
        self.other = key(X25519PrivateKey)

    def keyring(self):
        public = lambda key: reader.raw(key.public_key()).hex()  # noqa: E731
        return json.dumps({"version": 1, "roles": {
            "release": {"keys": [public(self.release), public(self.second)], "threshold": 1},
            "qa": {"keys": [public(self.qa)]},
            "licence": {"keys": [public(self.licence)]},
        }})


def member(name, content):
    return reader.header_block(name, len(content)) + content + bytes(-len(content) % 512)


def can_be_allowed(path):
    """A manifest is text, so it can only name a path that is."""
    try:
        return bool(path.decode())
    except UnicodeDecodeError:
        return False


class Generator:
    def __init__(self, rng, people):
        self.rng, self.people = rng, people

    def bundle(self):
        """(what was done to it, its bytes). Where nothing was, a reader must accept it."""
        self.fault = self.rng.choice((None, "manifest", "table", "content", "tree", "image", "system", "config", "migrations", "licence", "header", "index",
                                      "frame", "stanzas", "signatures", "members", "bytes", "bytes"))
        self.owners, self.groups = ["root"], ["x", "root$"]
        self.is_licence = self.rng.random() < (1 if self.fault == "licence" else 0.1)
        data = self.write()
        if self.fault == "bytes":
            data = self.damage(data)
        return self.fault or "none", data

    # --- Section 10.

    def tree(self, number):
        rng = self.rng
        entries = [self.entry(FOLDER, b"")]
        names = [bytes(rng.choice((b"a", b"b.c", b"-", b"x" * rng.choice((1, 255)), b"\xff\xfe", b"\xc3\xa9", b"A_1")))
                 for _ in range(rng.randrange(5))]
        folders = [b""]
        for name in names:
            parent = rng.choice(folders)
            path = parent + b"/" + name if parent else name
            if any(entry["path"] == path for entry in entries):
                continue
            kind = rng.choice((FOLDER, FILE, FILE, FILE, SYMLINK, HARD_LINK, COPY))
            entries.append(self.entry(kind, path))
            if kind == FOLDER:
                folders.append(path)
        entries.sort(key=lambda entry: entry["path"].split(b"/") if entry["path"] else [])
        content = b""
        for place, entry in enumerate(entries):
            files = [index for index in range(place) if entries[index]["type"] == FILE]
            if entry["type"] in (HARD_LINK, COPY) and not files:
                entry.update(self.entry(FILE, entry["path"]))
            if entry["type"] == FILE:
                data = rng.choice((b"", b"hello\n", rng.randbytes(rng.randrange(9000)), bytes(rng.randrange(20000))))
                entry.update(size=len(data), digest=sha256(data))
                content += data
            if entry["type"] in (HARD_LINK, COPY):
                entry["earlier"] = rng.choice(files)
            if entry["type"] == COPY:
                entry.update({key: entries[entry["earlier"]][key] for key in ("size", "digest")})
        allow = [entry["path"].decode() for entry in entries
                 if can_be_allowed(entry["path"]) and (self.fault is None or rng.random() < 0.3)]
        if self.fault == "table":
            entries = self.bend_entries(entries)
        table = b"IGNTREE\0" + struct.pack("<II", len(entries), 0) + b"".join(map(self.pack, entries))
        if self.fault == "table" and rng.random() < 0.3:
            table = self.damage(table)
        if self.fault == "content" and rng.random() < 0.7:
            content = self.damage(content)
        spec = {"path": f"/opt/p{number}", "units": [], "links": [{"from": "", "to": f"/etc/l{number}"}], "allow": allow,
                "users": "u x - -\n", "owners": self.owners, "groups": self.groups, "entries": len(entries), "bytes": 4096}
        return spec, [table, content]

    def entry(self, kind, path):
        rng = self.rng
        entry = dict(type=kind, zero_a=0, mode=0, nanoseconds=0, seconds=0, size=0, earlier=0, path=path, target=b"",
                     owner=b"", group=b"", capabilities=b"", zero_b=0, digest=bytes(32))
        if kind != HARD_LINK:
            entry.update(mode=rng.choice((0o755, 0o644, 0o644, 0o4755, 0o1777)), owner=self.owners[0].encode(), group=self.groups[1].encode(),
                         seconds=rng.choice((0, 1700000000, -1, 2**40)), nanoseconds=rng.choice((0, 999999999)))
        if kind == SYMLINK:
            entry.update(mode=0o777, target=rng.choice((b"a", b"../a", b"/etc", b"a/../..", b"./b", b"//", b"a//..",
                                                       b"..", b"x" * 4095)))
        if kind in (FILE, COPY) and rng.random() < 0.1:
            entry["capabilities"] = bytes(20)
        if self.fault is None and not can_be_allowed(path):
            entry.update(mode=entry["mode"] & 0o1777, target=entry["target"] and b"a", capabilities=b"")
        return entry

    def bend_entries(self, entries):
        rng = self.rng
        entries = [dict(entry) for entry in entries]
        for _ in range(rng.randrange(1, 3)):
            entry = rng.choice(entries)
            key = rng.choice(list(entry))
            if key in ("path", "target", "owner", "group", "capabilities"):
                entry[key] = rng.choice((b"", b".", b"..", b"a", b"a/b", b"/a", b"a/", b"a//b", b"-x", b"root", b"a\0b",
                                         b"x" * 33, bytes(24), bytes(21), b"x" * 256, entry[key] + b"/y"))
            elif key == "digest":
                entry[key] = rng.choice((bytes(32), rng.randbytes(32), sha256(b"")))
            elif key == "seconds":
                entry[key] = rng.choice((-2**63, 2**63 - 1, 0))
            elif key == "size":
                entry[key] = rng.choice(EDGES_64)
            else:
                entry[key] = rng.choice({"type": range(8), "zero_a": (0, 1), "zero_b": (0, 1)}.get(
                    key, (0, 1, 0o777, 0o7777, 0o10000, 65535) if key == "mode" else
                    (0, 1, 2, len(entries), 999999999, 1000000000, 2**32 - 1)))
        if rng.random() < 0.2:
            rng.shuffle(entries)
        if rng.random() < 0.1:
            entries.append(dict(rng.choice(entries)))
        return entries

    @staticmethod
    def pack(entry):
        texts = [entry[key] for key in ("path", "target", "owner", "group", "capabilities")]
        lengths = [len(text) for text in texts]
        return struct.pack("<BBHIqQIHHBBBB32s", entry["type"], entry["zero_a"], entry["mode"], entry["nanoseconds"],
                           entry["seconds"], entry["size"], entry["earlier"], *lengths[:2],
                           *(length & 255 for length in lengths[2:]), entry["zero_b"],
                           entry["digest"]) + b"".join(texts)

    def image(self):
        rng = self.rng
        content = b"".join(rng.choice((bytes(rng.randrange(1, 20000)), rng.randbytes(rng.randrange(1, 9000))))
                           for _ in range(rng.randrange(1, 4)))
        payload = {"type": "image", "component": "os", "spec": rng.choice(({}, {}, {"x-made-by": "hand"}))}
        contents = [content]
        if self.fault == "image":
            action = rng.randrange(4)
            if action == 0:
                payload["component"] = rng.choice(("app/os", "licence", "data/os", "os/x", "OS"))
            elif action == 1:
                payload["spec"] = rng.choice(({"path": "/dev/sda2"}, {"entries": 1}, {"": {}}, {"X-a": 1}, {"x-": []}))
            else:
                contents = rng.choice(([], [b""], [content, b""], [b"", content], [content, content]))
        return payload, contents

    def system(self):
        """The operating system as a tree, an image or both."""
        rng = self.rng
        self.owners, self.groups = rng.choice((["0"], ["4294967294"], ["33"])), ["x", rng.choice(("0", "42"))]
        if self.fault == "system" and rng.random() < 0.3:
            self.owners = [rng.choice(("root", "00", "4294967295", "01"))]
        spec, contents = self.tree(0)
        self.owners, self.groups = ["root"], ["x", "root$"]
        keys = ["owners", "groups", "entries", "bytes"]
        if self.fault == "system" and rng.random() < 0.2:
            keys.append(rng.choice(list(spec)))
        system = {"name": "s", "type": "tree", "component": "os", "spec": {key: spec[key] for key in keys}}, contents
        forms = [system, *(self.image() for _ in range(rng.choice((0, 1, 1))))]
        if self.fault == "system" and rng.random() < 0.5:
            payload, contents = rng.choice(forms)
            bend = rng.choice(({"version": "2"}, {"version": "1.0"}, {"name": "p0"}, {"component": "app/s"}, {"type": "image"}, {},
                               {"reads": [{"component": "data/m", "from": "1", "to": "1"}]}, {"reads": []}))
            forms.append(({**payload, "name": "t", **bend}, contents))
        rng.shuffle(forms)
        return forms

    def steps(self, suffixes):
        """Steps in their order."""
        rng = self.rng
        steps = []
        for number in sorted(rng.sample(range(1, 100), rng.randrange(3))):
            suffix = rng.choice(suffixes)
            down = rng.choice(suffixes) if self.fault == "migrations" and rng.random() < 0.2 else suffix
            steps.append({"number": number, "name": "a", "up": f"{number}_a.up{suffix}",
                          "down": rng.choice(("", f"{number}_a.down{down}"))})
        return steps

    def bend_spec(self, spec):
        rng = self.rng
        key = rng.choice(list(spec))
        value = spec[key]
        spec[key] = rng.choice((None, not value, value * 2 if type(value) is list else 2**53, "sqlite", "postgresql", "/", "/a", "dbname=a user=b", 0, [],
                                [{}], [None], ["a"], ["generate"], ["check"], ["check", "generate"], ["generate", "check"]))

    def bend_step(self, steps):
        rng = self.rng
        if steps:
            step = rng.choice(steps)
            step[rng.choice((*step, "x-note", "check"))] = rng.choice(
                (0, 1, 2**53 - 1, "", "a", "b", "1_a.up", "01_a.up", "1_a.down", "1_b.up", "a/1_a.up", "1_a.up.sql",
                 "1_a.down.sql", step["up"] + ".sql", step["down"].removesuffix(".sql"), None))

    def program_folder(self, payload, names):
        """A payload whose spec has all but `entries` and `bytes`, with its streams: a folder of these files."""
        rng = self.rng
        is_bent = self.fault == payload["type"]
        entries = [self.entry(FOLDER, b""), *(self.entry(FILE, name.encode()) for name in sorted(names))]
        for entry in entries:
            entry.update(mode=0o755, group=b"root", capabilities=b"")
            if entry["type"] == FILE:
                is_text = entry["path"].endswith(b".sql")
                entry.update(size=1, digest=sha256(b"x"), mode=rng.choice((0o644, 0o755)) if is_text else 0o755)
        payload["spec"].update(entries=len(entries), bytes=4096 * len(entries))
        action = rng.randrange(8) if is_bent else None
        if action == 0:
            payload["component"] = rng.choice(("app/p0", "config", "os", "data/p0", "config/p0"))
        elif action == 1:
            entries = self.bend_entries(entries)
        elif action == 2:
            rng.choice(entries)["mode"] = rng.choice((0o644, 0o755, 0o600, 0o775, 0o4755))
        elif action == 3 and len(entries) > 1:
            names.remove(entries.pop(rng.randrange(1, len(entries)))["path"].decode())
        elif action == 4:
            self.bend_step(payload["spec"]["steps"])
        elif action == 5:
            self.bend_document(payload["spec"])
        elif action == 6:
            self.bend_spec(payload["spec"])
        table = b"IGNTREE\0" + struct.pack("<II", len(entries), 0) + b"".join(map(self.pack, entries))
        contents = [table, b"x" * len(names)]
        if action == 7:
            contents = rng.choice((contents[:1], [*contents, b""], []))
        return payload, contents

    def config(self):
        rng = self.rng
        steps, programs = self.steps(("",)), rng.choice((["generate"], ["generate", "check"]))
        names = [*programs, *(step[key] for step in steps for key in ("up", "down") if step[key])]
        spec = {"path": "/etc/p0", "programs": programs, "steps": steps}
        return self.program_folder({"type": "config", "component": "config/p0", "spec": spec}, names)

    def migrations(self):
        rng = self.rng
        steps, verify = self.steps(("", ".sql")), rng.random() < 0.3
        names = [step[key] for step in steps for key in ("up", "down") if step[key]] + ["verify.sql"] * verify

        def digest(file):
            if self.fault == "migrations" and rng.random() < 0.1:
                return rng.choice(("", "0" * 64, "0" * 63, "A" * 64))
            return rng.randbytes(32).hex() if file.endswith(".sql") else ""

        traits = ("lossy", "non-transactional", "foreign-keys-off")
        meanings = [{"traits": rng.sample(traits, rng.randrange(4)), "up": digest(step["up"]), "down": digest(step["down"])}
                    for step in steps]
        engine, database = rng.choice((("sqlite", "/var/p0.db"), ("postgresql", "dbname=p0 user=p0"),
                                       ("postgresql", "dbname=p0 host=/run/postgresql port=5432 user=p0")))
        spec = {"engine": engine, "database": database, "baseline": rng.choice((0, 1, 2**53 - 1)), "verify": verify,
                "units": rng.choice(([], ["a.service", "b@c.timer"])), "steps": steps, "meanings": meanings}
        return self.program_folder({"type": "migrations", "component": "data/p0", "spec": spec}, names)

    def licence(self):
        rng = self.rng
        spec = {"identities": [rng.randbytes(32).hex() for _ in range(rng.choice((1, 2, 1024)))],
                "customer": rng.choice(("ACME", "\u00c9cole", "x" * 256)), "features": rng.choice(([], ["flows", "a.b-c"])),
                "limits": rng.choice(({}, {"sensors": 500, "x-users": 2**53 - 1})),
                "issued": rng.choice(("1970-01-01", "2024-02-29", "9999-12-31"))}
        if rng.random() < 0.5:
            spec["serial"] = "L 1"
        if rng.random() < 0.5:
            spec["not-after"] = "9999-12-31"
        payload, contents = {"type": "licence", "component": "licence", "spec": spec}, []
        if self.fault == "licence":
            action = rng.randrange(8)
            if action == 0:
                payload["component"] = rng.choice(("os", "app/licence", "Licence", ""))
            elif action == 1:
                contents = rng.choice(([b""], [b"a"]))
            elif action == 2:
                del spec[rng.choice(list(spec))]
            elif action == 3:
                spec[rng.choice(("x-note", "until", "Serial", "x", ""))] = 1
            else:
                key = rng.choice(list(spec))
                spec[key] = rng.choice({
                    "identities": ([], ["0" * 64] * 2, ["0" * 63], ["A" * 64], "0" * 64, [1], [f"{n:064}" for n in range(1025)]),
                    "features": (["a", "a"], ["-"], ["a b"], [None], {}, [f"f{n}" for n in range(rng.choice((256, 257)))]),
                    "limits": ([], {"-": 1}, {"a": -1}, {"a": True}, {"a": "1"}, {"": 1}, {"x-": None},
                               {f"l{n}": n for n in range(rng.choice((256, 257)))}),
                }.get(key, ("", "a\nb", "\x7f", "\u0085", "x" * 257, "\u00e9" * 128, "\u00e9" * 129, 1, None, "2024-02-30",
                            "1969-12-31", "2024-2-01", "10000-01-01", "2024-02-29 ", "2023-12-31", "\u0662024-01-01")))
        return payload, contents

    # --- Section 8.

    def manifest(self, payloads):
        rng = self.rng
        text_of = lambda *choices: rng.choice(choices)  # noqa: E731
        document = {
            "kind": "licence" if self.is_licence else text_of("product", "service-pack"), "product": "netprobe", "version": text_of("1", "4.2.1-1~a", "1:2"),
            "counter": rng.choice((0, 1, 2**53 - 1)), "epoch": 1, "compatible": "netprobe-x86_64",
            "channel": text_of("", "stable"), "requires": rng.choice(([], ["app/web >= 1", "os<2:1-1"])),
            "notes": rng.choice(({}, {"en": "new\n\u20ac", "x-y": ""})), "payloads": payloads,
            "health": rng.choice(([], [{"name": "web", "type": "http", "timeout-ms": 1, "spec": {"url": "http://a"}}],
                                  [{"name": "t", "type": "tcp", "timeout-ms": 86400000, "spec": {"address": "[::1]:80"}},
                                   {"name": "u", "type": "unit", "timeout-ms": 1, "spec": {"unit": "a@b.service"}},
                                   {"name": "c", "type": "command", "timeout-ms": 5, "spec": {"command": "true"}}])),
        }
        if rng.random() < 0.1:
            del document["requires"]
        if self.fault == "manifest" and rng.random() < 0.7:
            self.bend_document(document)
        text = json.dumps(document, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, 1)))
        text = text.encode("utf-8", "surrogatepass")
        if self.fault == "manifest" and rng.random() < 0.5:
            text = self.bend_text(text)
        return text

    def reads(self, component):
        """Ranges of data, sometimes where none may be."""
        rng = self.rng
        if rng.random() < 0.7 or (component.startswith("data/") and self.fault != "manifest"):
            return {}
        names = rng.sample(("data/m", "data/log", "data/a.b"), rng.randrange(3))
        ends = rng.choice((("1", "1"), ("9", "10"), ("1~a", "1"), ("2-1", "2-1.0"), ("0:1.0", "1.00a")))
        if self.fault == "manifest" and rng.random() < 0.2:
            ends = ends[::-1]
        return {"reads": [{"component": name, "from": ends[0], "to": ends[1]} for name in names]}

    def bend_document(self, document):
        """Another value, a key less or a key more, somewhere."""
        rng = self.rng
        place = document
        while True:
            inner = [value for value in (place.values() if type(place) is dict else place) if type(value) in (dict, list)]
            inner = [value for value in inner if value]
            if not inner or rng.random() < 0.35:
                break
            place = rng.choice(inner)
        odd = (None, True, False, 0, -1, 1, 2**32, 2**53, -2**53, 10**25, 1.5, 1.0, "", "x", "a" * 64, "a" * 65, "-a", ".", "os",
               "app/", "app/a b", "1", "1-", "-1", "1:", ":1", "1:1:1", "a1", "1_", "9999999999:1", "0:1-0-1", "tree", "image",
               "licence", "order", "http", "unit", "http:// ", "https://", "https://x", "[]:1", "a:0", "a:65536", "a:00080",
               ":1", "a:1:1", "a:+1", "\x7f", "\u00e9", "\ud800", "a\0", "/", "//", "/a/", "/a/../b", "/opt/x", "a/b.service",
               ".service", "@.timer", "a.mount", "x.foo", "a" * 248 + ".service", "b" * 4096, "app/web>=1", "app/web => 1",
               "os  <  1", "data/m = 1 ", " os = 1", [], {}, [[]], {"x-a": 1}, "0" * 64, "A" * 64,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        if type(place) is dict and place:
            key = rng.choice(list(place))
            action = rng.randrange(4)
            if action == 0:
                del place[key]
            elif action == 1:
                place[rng.choice(("x-comment", "X-a", "x", "xx-", "unknown", "", key + " "))] = rng.choice(odd)
            elif action == 2 and type(place[key]) is int:
                place[key] = place[key] + rng.choice((-1, 1, 2**32, -2**32))
            else:
                place[key] = rng.choice(odd)
        elif type(place) is list:
            place.insert(rng.randrange(len(place) + 1), rng.choice((*odd, *place)))

    def bend_text(self, text):
        rng = self.rng
        place = rng.randrange(len(text) + 1)
        pieces = (b" ", b"\n", b"\x0b", b"\0", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b",", b"//", b"/**/",
                  b"\\u0041", b"\\ud800", b"\\ud83d\\ude00", b"\\u0000", b"\\x41", b"\\/", b"\\", b"'", b"0", b"-", b"+",
                  b".0", b"e0", b"E1", b"NaN", b"1" * 30, b"{}", b"[", b"]", b"[" * 9, b'"kind":"product",',
                  b'"x-a":1,"x-a":2,', b'"k\\u0069nd":"product",', b'"x-d":' + b"[" * rng.randrange(6, 9) + b"]" * 7 + b",",
                  b'"x-n":[' + b"0," * rng.choice((19900, 20001)) + b"0],", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98\x80")
        action = rng.randrange(4)
        if action == 0:
            return text[:place] + rng.choice(pieces) + text[place:]
        if action == 1:
            return text[:place] + text[place + rng.randrange(1, 4):]
        if action == 2:  # Where a key may stand.
            return text[:1] + rng.choice(pieces) + text[1:]
        return rng.choice((rng.choice(pieces) + text, text + rng.choice(pieces), b"", b"[" + text + b"]"))

    # --- Section 9.

    def frame(self, plain):
        rng = self.rng
        parameters = zstandard.ZstdCompressionParameters.from_level(
            rng.choice((1, 3, 9)), window_log=20, write_content_size=1, write_checksum=rng.random() < 0.3)
        frame = zstandard.ZstdCompressor(compression_params=parameters).compress(plain)
        if self.fault != "frame" or rng.random() < 0.5:
            return frame
        compress = zstandard.ZstdCompressor().compress
        size_unsaid = zstandard.ZstdCompressor(write_content_size=False).compress(plain)
        descriptor, window = frame[4] & ~0x20, bytes([rng.randrange(256)])
        skippable = struct.pack("<II", 0x184D2A50 + rng.randrange(16), 4) + b"skip"
        dictionary = zstandard.ZstdCompressionDict(b"some content to refer to " * 9, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        return rng.choice((
            skippable + frame, frame + skippable, frame + frame, frame + b"\0", frame[:-1], frame + compress(b""),
            compress(plain + b"x"), compress(plain[:-1]), compress(b""), plain, b"", self.damage(frame),
            zstandard.ZstdCompressor(dict_data=dictionary).compress(plain), b"\x28\xb5\x2f\xfd", b"\x27" + frame[1:],
            compress(bytes(2_000_000)), size_unsaid, frame[:4] + bytes([descriptor]) + window + frame[5:],
        ))

    # --- The whole.

    def payload(self, number):
        """The first one of a type that the fault names, or else of any, with all its forms; a tree behind it."""
        rng = self.rng
        makers = {"image": self.image, "config": self.config, "migrations": self.migrations}
        name = self.fault if self.fault in (*makers, "system", "tree") else rng.choice((*makers, "system", "tree", "tree"))
        if number == 0 and name == "system":
            return self.system()
        if number == 0 and name in makers:
            return [makers[name]()]
        spec, contents = self.tree(number)
        is_bent = self.fault == "tree" and number == 0
        component = rng.choice(("config/p0", "data/p0", "licence", "os", "app")) if is_bent else f"app/p{number}"
        return [({"type": "tree", "component": component, "spec": spec}, contents)]

    def write(self):
        rng = self.rng
        suite = 1 if rng.random() < 0.8 else 0
        chunk_size = rng.choice((4096, 8192, 1 << 20))
        payloads, streams = [], []
        made = [self.licence()] if self.is_licence else [
            it for number in range(rng.choice((0, 1, 1, 1, 2))) for it in self.payload(number)]
        for number, (payload, contents) in enumerate(made):
            described = []
            for plain in contents:
                chunks = [plain[at:at + chunk_size] for at in range(0, len(plain), chunk_size)]
                streams.append(chunks)
                described.append({"size": len(plain), "digest": sha256(b"".join(map(sha256, chunks))).hex()})
            reads = {} if payload["component"] == "os" and len(made) > 1 else self.reads(payload["component"])
            payloads.append({"name": f"p{number}", "version": "1", "streams": described, **reads, **payload})
        plain_manifest = self.manifest(payloads)

        header = type("Header", (), {})()
        header.suite, header.content_id, header.salt = suite, sha256(plain_manifest), rng.randbytes(32)
        file_key = rng.randbytes(32)
        keys = [reader.StreamKey(header, file_key, stream) for stream in range(len(streams) + 1)] if suite else []

        def seal(stream, chunk, last, plain):
            nonce, aad = keys[stream].place(chunk, last)
            return keys[stream].cipher.encrypt(nonce, plain, aad)

        manifest = seal(0, 0, 1, plain_manifest) if suite else plain_manifest
        stored = []
        for stream, chunks in enumerate(streams, 1):
            for number, plain in enumerate(chunks):
                frame = self.frame(plain)
                last = number == len(chunks) - 1
                if self.fault == "frame" and rng.random() < 0.2:
                    last = not last
                stored.append(seal(stream, number, last, frame) if suite else frame)
        index = [[sha256(chunk), len(chunk)] for chunk in stored]
        if self.fault == "index" and index:
            rng.choice(index)[1] = rng.choice((*EDGES_32, rng.choice(index)[1] + 1))
        index_bytes = b"".join(digest + struct.pack("<I", size) for digest, size in index)
        if self.fault == "index" and rng.random() < 0.4:
            index_bytes = self.damage(index_bytes)
        fields = [b"\x89IGNITE\n", 0, suite, chunk_size, len(index_bytes) // 36, len(manifest), len(index_bytes),
                  sum(map(len, stored)), header.content_id, sha256(manifest), sha256(index_bytes), header.salt,
                  keys[0].commitment if suite else bytes(32), bytes(56)]
        if self.fault == "header":
            self.bend_header(fields)
        head = struct.pack("<8sHHIQIIQ32s32s32s32s32s56s", *fields)
        members = [("HEADER", head), ("SIGNATURES", self.signatures(head)), ("MANIFEST", manifest), ("INDEX", index_bytes)]
        if suite:
            members.insert(2, ("RECIPIENTS", self.recipients(header, file_key)))
        if stored:
            members.append(("PAYLOAD.0000", b"".join(stored)))
        if self.fault == "members":
            return self.bend_members(members)
        return b"".join(member(*it) for it in members) + bytes(1024)

    def bend_header(self, fields):
        rng = self.rng
        place = rng.randrange(len(fields))
        old = fields[place]
        if type(old) is bytes:
            fields[place] = self.damage(old, keep_size=True)
        else:
            limit = {1: 16, 2: 16, 3: 32, 5: 32, 6: 32}.get(place, 64)
            fields[place] = rng.choice([edge for edge in (*EDGES_64, old + 1, old + 36) if edge < 2**limit])

    def signatures(self, head):
        rng, people = self.rng, self.people
        message = b"DSSEv1 32 application/vnd.ignite.header.v0 256 " + head

        def entry(key, wrong=False):
            signature = key.sign(message if not wrong else message + b"x")
            return reader.key_id(reader.raw(key.public_key())) + signature

        entries = [entry(people.licence)] if self.is_licence else [entry(people.release), entry(people.qa)]
        if rng.random() < 0.3:
            entries.append(entry(people.stranger, rng.random() < 0.5))
        rng.shuffle(entries)
        if self.fault == "signatures":
            extra = [entry(person, rng.random() < 0.3)
                     for person in (people.release, people.second, people.qa, people.stranger)]
            entries = rng.choices(entries + extra, k=rng.choice((0, 1, 2, 2, 3, 16, 17)))
        data = b"".join(entries)
        return self.damage(data) if self.fault == "signatures" and rng.random() < 0.2 else data

    def recipients(self, header, file_key):
        rng, people = self.rng, self.people
        bend = self.fault == "stanzas"

        def stanza(public):
            secret = X25519PrivateKey.from_private_bytes(rng.randbytes(32))
            encapsulated = reader.raw(secret.public_key())
            recipient = reader.raw(public)
            key, nonce = reader.hpke_context(secret.exchange(public), encapsulated, recipient, reader.LABEL + b"\0file key")
            wrapped = file_key if not bend or rng.random() < 0.8 else rng.choice((b"", rng.randbytes(31), rng.randbytes(32)))
            sealed = AESGCM(key).encrypt(nonce, wrapped, header.salt + header.content_id)
            body = reader.hint_of(header, recipient) + encapsulated + sealed
            return struct.pack("<HH", 1, len(body)) + body

        stanzas = [stanza(people.probe.public_key())]
        if rng.random() < 0.5:
            stanzas.append(stanza(people.other.public_key()))
        if rng.random() < 0.2:
            stanzas.append(struct.pack("<HH", rng.choice((2, 3, 0, 65535)), 5) + b"later")
        if bend:
            low_order = struct.pack("<HH", 1, 88) + stanzas[0][4:12] + bytes(80)
            odd = [low_order, stanza(people.probe.public_key()), struct.pack("<HH", 1, 0), struct.pack("<HH", 7, 9), b"\1",
                   self.damage(stanzas[0])]
            stanzas += rng.sample(odd, rng.randrange(3))
            if rng.random() < 0.2:
                stanzas.pop(0)
        rng.shuffle(stanzas)
        data = b"".join(stanzas)
        mac = hmac.digest(reader.derive(header, file_key, b"recipients", 0, 32), data, "sha256")
        if bend and rng.random() < 0.3:
            return self.damage(data + mac)
        return data + mac

    def bend_members(self, members):
        rng = self.rng
        action = rng.randrange(9)
        if action == 0:
            members.pop(rng.randrange(len(members)))
        elif action == 1:
            members.insert(rng.randrange(len(members) + 1), rng.choice(members))
        elif action == 2:
            rng.shuffle(members)
        elif action == 3:
            members.insert(rng.randrange(len(members) + 1), (rng.choice(("TRUST", "EXTRA", "PAYLOAD.0001", "PAYLOAD.0000")),
                                                            rng.randbytes(rng.randrange(40))))
        elif action == 4:
            place = rng.randrange(len(members))
            name, content = members[place]
            members[place] = (rng.choice((name.lower(), name + " ", "./" + name, name + "x")), content)
        elif action == 5:
            place = rng.randrange(len(members))
            name, content = members[place]
            members[place] = (name, rng.choice((content + b"\0", content[:-1], content + content, b"")))
        data = b"".join(member(*it) for it in members)
        if action == 6:
            return data + rng.choice((b"", bytes(512), bytes(1023), bytes(1025), bytes(10240), bytes(1023) + b"\1"))
        if action == 7:  # A header block that is right but for one byte, with its checksum made anew.
            place = rng.choice([at for at in range(0, len(data), 512) if data[at + 257:at + 262] == b"ustar"])
            block = bytearray(data[place:place + 512])
            block[rng.choice([at for at in range(512) if not 148 <= at < 156])] ^= 1 << rng.randrange(8)
            block[148:156] = b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
            return data[:place] + bytes(block) + data[place + 512:] + bytes(1024)
        if action == 8:  # Padding.
            for _ in range(40):
                place = rng.randrange(len(data))
                if data[place] == 0:
                    data = data[:place] + b"\1" + data[place + 1:]
                    break
        return data + bytes(1024)

    def damage(self, data, keep_size=False):
        rng = self.rng
        if not data:
            return data if keep_size else rng.randbytes(1)
        place = rng.randrange(len(data))
        action = rng.randrange(2 if keep_size else 5)
        if action == 0:
            return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1:]
        if action == 1:
            return data[:place] + bytes([rng.choice((0, 1, 0x7f, 0x80, 0xff))]) + data[place + 1:]
        if action == 2:
            return data[:place]
        if action == 3:
            return data[:place] + rng.randbytes(rng.randrange(1, 9)) + data[place:]
        return data[:place] + data[place + rng.randrange(1, 9):]
