"""A second reader of the bundle format, written from payload-format/SPEC.md alone. Section numbers are that page's.

It favours plainness over speed and memory: it takes a whole bundle, and gives its content or Refused.
"""

import datetime
import hashlib
import hmac
import re
import struct

import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# Section 12.
TAR_BLOCK = 512
TAR_END = 1024
PAYLOAD_MEMBER_SIZE = 2 << 30
HEADER_SIZE = 256
MIN_CHUNK_SIZE, MAX_CHUNK_SIZE = 4096, 1 << 20
MAX_CHUNKS = 262144
MAX_MANIFEST_SIZE = 4 << 20
SIGNATURE_ENTRY_SIZE, MAX_SIGNATURES = 72, 16
RECIPIENT_BODY_SIZE = 88
MAC_SIZE = 32
FILE_KEY_SIZE = 32
MAX_RECIPIENTS_SIZE = 1 << 20
INDEX_ENTRY_SIZE = 36
MAX_CHUNK_OVERHEAD = 4096
MAX_DEPTH = 8
MAX_VALUES = 20000
MAX_INTEGER = 2**53 - 1
MAX_TREE_PATH, MAX_TREE_NAME = 4095, 255
MAX_TREE_ENTRIES = 1048576
MAX_TABLE_SIZE = 1 << 30
MAX_USERS = 16384
MAX_STEPS = 1000
MAX_LICENCE_IDENTITIES, MAX_LICENCE_WORDS, MAX_LICENCE_TEXT = 1024, 256, 256

MAGIC = b"\x89IGNITE\n"
LABEL = b"ignite/v0"
FOLDER, FILE, SYMLINK, HARD_LINK, COPY = range(1, 6)
ROLES = ("root", "release", "qa", "licence", "engineer")


class Refused(Exception):
    """The bundle, or the keyring, is not acceptable; the text says why."""


def need(condition, why):
    if not condition:
        raise Refused(why)


def sha256(data):
    return hashlib.sha256(data).digest()


# --- Section 3: the container.


def header_block(name, size):
    block = struct.pack(
        "<100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x",
        name.encode("latin-1"), b"0000644", b"0000000", b"0000000", b"%011o" % size, b"00000000000", b" " * 8, b"0", b"",
        b"ustar", b"00", b"", b"", b"0000000", b"0000000", b"")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padded(size):
    return TAR_BLOCK + size + -size % TAR_BLOCK


class Container:
    """Goes through the members from front to back."""

    def __init__(self, data):
        self.data, self.place = data, 0

    def take(self, size):
        need(self.place + size <= len(self.data), "the file ends early")
        self.place += size
        return self.data[self.place - size:self.place]

    def member(self, name, smallest, largest):
        block = self.take(TAR_BLOCK)
        need(re.fullmatch(rb"[0-7]{11}\0", block[124:136]), f"{name}: no size")
        size = int(block[124:135], 8)
        found = block[:100].partition(b"\0")[0].decode("latin-1")
        need(block == header_block(found, size), f"{name}: another header block")
        need(found == name, f"{found} where {name} belongs")
        need(smallest <= size <= largest, f"{name}: its size")
        content = self.take(size)
        need(not any(self.take(-size % TAR_BLOCK)), f"{name}: padding")
        return content

    def end(self):
        need(not any(self.take(TAR_END)), "no end of the archive")
        need(self.place == len(self.data), "bytes behind the end")


# --- Section 4.


class Header:
    def __init__(self, data):
        (magic, version, self.suite, self.chunk_size, self.chunk_count, self.manifest_size, self.index_size,
         self.payload_size, self.content_id, self.manifest_digest, self.index_digest, self.salt, self.commitment,
         reserved) = struct.unpack("<8sHHIQIIQ32s32s32s32s32s56s", data)
        need(magic == MAGIC, "no bundle")
        need(version == 0, "another version")
        need(self.suite in (0, 1), "another suite")
        size = self.chunk_size
        need(MIN_CHUNK_SIZE <= size <= MAX_CHUNK_SIZE and size & (size - 1) == 0, "chunk size")
        need(self.chunk_count <= MAX_CHUNKS, "chunk count")
        need(1 <= self.manifest_size <= MAX_MANIFEST_SIZE, "manifest size")
        need(self.index_size == self.chunk_count * INDEX_ENTRY_SIZE, "index size")
        need(self.payload_size <= self.chunk_count * (size + MAX_CHUNK_OVERHEAD), "payload size")
        need(self.suite == 1 or not any(self.commitment), "a key commitment in a plain bundle")
        need(not any(reserved), "reserved bytes")


# --- Sections 5 and 11: trust.


def key_id(public):
    return sha256(bytes.fromhex("302a300506032b6570032100") + public)[:8]


class Keyring:
    def __init__(self, text):
        document = Json(text).document
        fields = Fields(document, "keyring")
        self.version = fields.integer("version", 1, MAX_INTEGER)
        self.roles = {}
        owner = {}
        for name, role in plain_items(fields.get("roles", dict)):
            need(name in ROLES, "an unknown role")
            role = Fields(role, name)
            keys = []
            for text in role.get("keys", list):
                need(isinstance(text, str) and re.fullmatch("[0-9a-f]{64}", text), "a key")
                key = bytes.fromhex(text)
                need(key not in keys, "a key twice in a role")
                if name != "root":
                    need(owner.setdefault(key, name) == name, "a key in two roles")
                keys.append(key)
            threshold = role.integer("threshold", 1, MAX_SIGNATURES) if role.has("threshold") else 1
            need(threshold <= len(keys), "a threshold above the keys")
            role.done()
            self.roles[name] = (keys, threshold)
        fields.done()
        need(owner, "no key outside root")

    def vouching(self, header, signatures):
        message = b"DSSEv1 32 application/vnd.ignite.header.v0 256 " + header
        entries = [(signatures[at:at + 8], signatures[at + 8:at + 72])
                   for at in range(0, len(signatures), SIGNATURE_ENTRY_SIZE)]
        roles = set()
        for role, (keys, threshold) in self.roles.items():
            count = 0
            for key in keys:
                mine = [signature for id_, signature in entries if id_ == key_id(key)]
                for signature in mine:
                    try:
                        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
                    except InvalidSignature:
                        raise Refused("a wrong signature by a known key") from None
                count += bool(mine)
            if count >= threshold:
                roles.add(role)
        need(roles, "no role vouches")
        return roles

    def required(self, kind):
        if kind in ("product", "service-pack"):
            return {"release"} | ({"qa"} & set(self.roles))
        return {"licence": {"licence"}, "order": {"engineer"}}[kind]


# --- Section 6.


def derive(header, file_key, purpose, stream, length):
    info = LABEL + b"\0" + purpose + b"\0" + struct.pack("<H", header.suite) + header.content_id
    return HKDF(hashes.SHA512(), length, header.salt, info + struct.pack("<I", stream)).derive(file_key)


class StreamKey:
    def __init__(self, header, file_key, stream):
        material = derive(header, file_key, b"stream", stream, 76)
        self.stream, self.cipher = stream, AESGCM(material[:32])
        self.base_nonce, self.commitment = material[32:44], material[44:]

    def place(self, chunk, last):
        number = bytes(4) + struct.pack(">Q", chunk)
        nonce = bytes(a ^ b for a, b in zip(self.base_nonce, number))
        return nonce, struct.pack("<IQB", self.stream, chunk, last)

    def open(self, chunk, last, sealed):
        nonce, aad = self.place(chunk, last)
        try:
            return self.cipher.decrypt(nonce, sealed, aad)
        except (InvalidTag, ValueError):
            raise Refused("a tag does not hold") from None


# --- Section 7; HPKE is RFC 9180, base mode.

KEM_SUITE = b"KEM" + struct.pack(">H", 0x0020)
HPKE_SUITE = b"HPKE" + struct.pack(">HHH", 0x0020, 0x0001, 0x0002)


def labeled_extract(suite, salt, label, secret):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")


def labeled_expand(suite, key, label, info, length):
    info = struct.pack(">H", length) + b"HPKE-v1" + suite + label + info
    return HKDFExpand(hashes.SHA256(), length, info).derive(key)


def hpke_context(shared, encapsulated, recipient, info):
    """Key and nonce of the first message."""
    secret = labeled_expand(KEM_SUITE, labeled_extract(KEM_SUITE, b"", b"eae_prk", shared), b"shared_secret",
                            encapsulated + recipient, 32)
    context = b"\0" + labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", b"")
    context += labeled_extract(HPKE_SUITE, b"", b"info_hash", info)
    secret = labeled_extract(HPKE_SUITE, secret, b"secret", b"")
    return labeled_expand(HPKE_SUITE, secret, b"key", context, 32), labeled_expand(
        HPKE_SUITE, secret, b"base_nonce", context, 12)


def raw(public):
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def hint_of(header, recipient):
    return sha256(LABEL + b"\0hint\0" + header.salt + recipient)[:8]


def unwrap(header, identity, body):
    encapsulated, sealed = body[8:40], body[40:]
    try:
        shared = identity.exchange(X25519PublicKey.from_public_bytes(encapsulated))
        key, nonce = hpke_context(shared, encapsulated, raw(identity.public_key()), LABEL + b"\0file key")
        file_key = AESGCM(key).decrypt(nonce, sealed, header.salt + header.content_id)
    except (ValueError, InvalidTag):
        return None
    return file_key if len(file_key) == FILE_KEY_SIZE else None


def open_recipients(header, member, identities):
    stanzas, mac = member[:-MAC_SIZE], member[-MAC_SIZE:]
    bodies, place = [], 0
    while place < len(stanzas):
        need(place + 4 <= len(stanzas), "a stanza that is cut off")
        kem, size = struct.unpack_from("<HH", stanzas, place)
        place += 4 + size
        need(place <= len(stanzas), "a stanza that is cut off")
        if kem == 1:
            need(size == RECIPIENT_BODY_SIZE, "a stanza of another size")
            bodies.append(stanzas[place - size:place])
    hints = [(identity, hint_of(header, raw(identity.public_key()))) for identity in identities]
    for body in bodies:
        for identity, hint in hints:
            file_key = unwrap(header, identity, body) if body[:8] == hint else None
            if file_key:
                expected = hmac.digest(derive(header, file_key, b"recipients", 0, 32), stanzas, "sha256")
                need(expected == mac, "the MAC of RECIPIENTS")
                need(StreamKey(header, file_key, 0).commitment == header.commitment, "the key commitment")
                return file_key
    raise Refused("not encrypted to this identity")


# --- Section 8.1: strict JSON, by hand, for no common parser is strict enough.


class Json:
    STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
    NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?![0-9.eE])")
    SPACE = re.compile(r"[ \t\n\r]*")
    ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

    def __init__(self, data):
        try:
            self.text = data.decode("utf-8", "strict")
        except UnicodeDecodeError:
            raise Refused("JSON: no UTF-8") from None
        need("\0" not in self.text, "JSON: a NUL byte")
        self.place, self.values = 0, 0
        self.document = self.value(0)
        self.space()
        need(self.place == len(self.text), "JSON: something behind the document")

    def space(self):
        self.place = self.SPACE.match(self.text, self.place).end()

    def next(self, expected):
        self.space()
        found = self.text.startswith(expected, self.place)
        self.place += len(expected) if found else 0
        return found

    def value(self, depth):
        self.values += 1
        need(self.values <= MAX_VALUES, "JSON: too many values")
        self.space()
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.next(word):
                return value
        if self.text.startswith('"', self.place):
            return self.string()
        if self.next("{"):
            need(depth < MAX_DEPTH, "JSON: too deep")
            return self.object(depth + 1)
        if self.next("["):
            need(depth < MAX_DEPTH, "JSON: too deep")
            return self.list(depth + 1)
        found = self.NUMBER.match(self.text, self.place)
        need(found and len(found[0]) < 20, "JSON: no value")
        self.place = found.end()
        need(abs(int(found[0])) <= MAX_INTEGER, "JSON: a number out of range")
        return int(found[0])

    def string(self):
        found = self.STRING.match(self.text, self.place)
        need(found, "JSON: no string")
        self.place = found.end()

        def unescape(match):
            escape = match[1]
            return chr(int(escape[1:], 16)) if escape[0] == "u" else self.ESCAPES.get(escape, escape)

        text = re.sub(r"\\(u[0-9a-fA-F]{4}|.)", unescape, found[1])
        try:  # Joins surrogates that belong together, and finds those that do not.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "strict")
        except UnicodeDecodeError:
            raise Refused("JSON: a lone surrogate") from None
        need("\0" not in text, "JSON: a NUL byte")
        return text

    def object(self, depth):
        result = {}
        if self.next("}"):
            return result
        while True:
            self.space()
            key = self.string()
            need(key not in result, "JSON: a key twice")
            need(self.next(":"), "JSON: no colon")
            result[key] = self.value(depth)
            if self.next("}"):
                return result
            need(self.next(","), "JSON: no comma")

    def list(self, depth):
        result = []
        if self.next("]"):
            return result
        while True:
            result.append(self.value(depth))
            if self.next("]"):
                return result
            need(self.next(","), "JSON: no comma")


def plain_items(mapping):
    return [(key, value) for key, value in mapping.items() if not key.startswith("x-")]


class Fields:
    """An object of the page: each key named there, of the right type, and no other."""

    def __init__(self, mapping, what):
        need(type(mapping) is dict, f"{what}: no object")
        self.mapping, self.what, self.known = mapping, what, set()

    def has(self, key):
        self.known.add(key)
        return key in self.mapping

    def get(self, key, kind):
        need(self.has(key), f"{self.what}: no {key}")
        value = self.mapping[key]
        need(type(value) is kind, f"{self.what}: {key} is of another type")
        return value

    def integer(self, key, smallest, largest):
        value = self.get(key, int)
        need(smallest <= value <= largest, f"{self.what}: {key} is out of range")
        return value

    def word(self, key, is_valid):
        value = self.get(key, str)
        need(is_valid(value), f"{self.what}: {key}")
        return value

    def strings(self, key, is_valid, optional=False):
        if optional and not self.has(key):
            return []
        values = self.get(key, list)
        need(all(type(value) is str and is_valid(value) for value in values), f"{self.what}: {key}")
        return values

    def done(self):
        unknown = [key for key, _ in plain_items(self.mapping) if key not in self.known]
        need(not unknown, f"{self.what}: the unknown keys {unknown}")


# --- Section 8.2.

NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}"
COMPONENT = rf"os|licence|(?:app|data|config)/{NAME}"


def matcher(pattern):
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


is_name = matcher(NAME)
is_component = matcher(COMPONENT)


def is_version(text):
    if len(text) > 64:
        return False
    epoch, colon, rest = text.partition(":")
    if colon and not re.fullmatch("[0-9]{1,9}", epoch):
        return False
    upstream, dash, revision = (rest if colon else text).rpartition("-")
    if not dash:
        upstream, revision = revision, "0"
    # Without a number in front no colon may come, for the first one would end that number.
    return bool(re.fullmatch(r"[0-9][A-Za-z0-9.+~:-]*", upstream) and re.fullmatch(r"[A-Za-z0-9.+~]+", revision))


def version_key(text):
    """Versions are in the order of these, which is that of deb-version(7)."""
    epoch, colon, rest = text.partition(":")
    upstream, dash, revision = (rest if colon else text).rpartition("-")

    def weights(run):  # "~" before the end of the run, the end before letters, letters before all else.
        return [-1 if c == "~" else ord(c) + (0 if c.isalpha() else 256) for c in run] + [0]

    def part(text):
        runs = re.findall("([^0-9]*)([0-9]*)", text)
        return [(weights(run), int(number or 0)) for run, number in runs if run or number] + [([0], 0)]

    return int(epoch) if colon else 0, part(upstream if dash else revision), part(revision if dash else "0")


def is_data(text):
    return is_component(text) and text.startswith("data/")


def is_requirement(text):
    found = re.fullmatch(rf"({COMPONENT})[ \t]*(<=|>=|<|=|>)[ \t]*(.*)", text)
    return bool(found) and is_version(found[3])


def is_tree_path(path):
    """Of bytes."""
    return 1 <= len(path) <= MAX_TREE_PATH and all(
        1 <= len(name) <= MAX_TREE_NAME and name not in (b".", b"..") and b"\0" not in name for name in path.split(b"/"))


def is_tree_path_text(text):
    return is_tree_path(text.encode())


def is_printable(text):
    return all(" " <= letter <= "~" for letter in text)


def is_probe_path(text):
    return text.startswith("/") and is_printable(text) and is_tree_path_text(text[1:])


def is_unit_name(text):
    return len(text) <= 255 and bool(re.fullmatch(
        r"[A-Za-z0-9:_\\@][A-Za-z0-9:_.\\@-]*\.(?:service|socket|timer|path|target|mount)", text))


def is_unit(text):
    return is_tree_path_text(text) and is_unit_name(text.rpartition("/")[2])


def is_address(text):
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return bool(colon and host) and is_printable(host) and " " not in host and bool(re.fullmatch("0*[1-9][0-9]{0,4}", port)) and int(
        port.lstrip("0")) <= 65535


HEALTH = {
    "http": ("url", lambda text: bool(re.fullmatch("https?://[!-~]+", text))),
    "tcp": ("address", is_address),
    "unit": ("unit", is_unit_name),
    "command": ("command", lambda text: text != "" and is_printable(text)),
}


# --- Section 8.3.


class Manifest:
    def __init__(self, data):
        fields = Fields(Json(data).document, "manifest")
        self.kind = fields.word("kind", lambda it: it in ("product", "service-pack", "licence", "order"))
        fields.word("product", is_name)
        fields.word("version", is_version)
        fields.integer("counter", 0, MAX_INTEGER)
        fields.integer("epoch", 0, 2**32 - 1)
        fields.word("compatible", is_name)
        fields.word("channel", lambda it: it == "" or is_name(it))
        fields.strings("requires", is_requirement, optional=True)
        need(all(type(text) is str for text in fields.get("notes", dict).values()), "notes")
        self.payloads = [self.payload(it) for it in fields.get("payloads", list)]
        self.unique([payload["name"] for payload in self.payloads])
        self.components()
        self.unique([self.check(it) for it in fields.get("health", list)])
        fields.done()

    @staticmethod
    def unique(names):
        need(len(set(names)) == len(names), "a name stands twice")

    def components(self):
        seen = {}
        for payload in self.payloads:
            for other in seen.setdefault(payload["component"], []):
                need(payload["component"] == "os" and {payload["type"], other["type"]} == {"image", "tree"},
                     "a name stands twice")
                need((payload["version"], payload["reads"]) == (other["version"], other["reads"]), "two forms that differ")
            seen[payload["component"]].append(payload)

    def payload(self, document):
        fields = Fields(document, "payload")
        result = {
            "name": fields.word("name", is_name),
            "type": fields.word("type", is_name),
            "component": fields.word("component", is_component),
            "version": fields.word("version", is_version),
            "spec": fields.get("spec", dict),
            "streams": [self.stream(it) for it in fields.get("streams", list)],
        }
        reads = [self.range(it) for it in fields.get("reads", list)] if fields.has("reads") else []
        self.unique([it[0] for it in reads])
        result["reads"] = reads
        need(not reads or not is_data(result["component"]), "data that reads data")
        fields.done()
        need(result["type"] in PAYLOAD_TYPES, "an unknown payload type")
        need(self.kind in PAYLOAD_TYPES[result["type"]].KINDS, "a payload in a bundle of another kind")
        return result

    @staticmethod
    def range(document):
        fields = Fields(document, "reads")
        component = fields.word("component", is_data)
        ends = fields.word("from", is_version), fields.word("to", is_version)
        need(version_key(ends[0]) <= version_key(ends[1]), "reads: to is below from")
        fields.done()
        return component, *ends

    @staticmethod
    def stream(document):
        fields = Fields(document, "stream")
        size = fields.integer("size", 0, MAX_INTEGER)
        digest = bytes.fromhex(fields.word("digest", matcher("[0-9a-f]{64}")))
        fields.done()
        return size, digest

    @staticmethod
    def check(document):
        fields = Fields(document, "health check")
        name = fields.word("name", is_name)
        kind = fields.word("type", is_name)
        fields.integer("timeout-ms", 1, 86400000)
        need(kind in HEALTH, "an unknown health check")
        key, is_valid = HEALTH[kind]
        spec = Fields(fields.get("spec", dict), "health check")
        spec.word(key, is_valid)
        spec.done()
        fields.done()
        return name


# --- Section 9.


def read_index(header, data):
    entries = [(data[at:at + 32], struct.unpack_from("<I", data, at + 32)[0])
               for at in range(0, len(data), INDEX_ENTRY_SIZE)]
    need(all(1 <= size <= header.chunk_size + MAX_CHUNK_OVERHEAD for _, size in entries), "INDEX: a size")
    need(sum(size for _, size in entries) == header.payload_size, "INDEX: the sum")
    return entries


def decompress(frame, size):
    need(frame[:4] == b"\x28\xb5\x2f\xfd", "no zstd frame")
    need(len(frame) > 4 and frame[4] & 0x20, "no single segment")
    try:
        parameters = zstandard.get_frame_parameters(frame)
        need(parameters.dict_id == 0, "a dictionary")
        need(parameters.content_size == size, "a frame of another content size")
        work = zstandard.ZstdDecompressor(max_window_size=MAX_CHUNK_SIZE).decompressobj(write_size=size + 1)
        # Of a frame that it has as a whole the library does not look at the size of the blocks.
        plain = work.decompress(frame[:-1]) + work.decompress(frame[-1:])
    except zstandard.ZstdError:
        raise Refused("a zstd frame") from None
    need(work.eof and not work.unused_data, "not exactly one zstd frame")
    need(len(plain) == size, "a chunk of another size")
    return plain


# --- Section 10.


def is_id(name):
    return bool(re.fullmatch(b"0|[1-9][0-9]{0,9}", name)) and int(name) <= 4294967294


class Tree:
    COMPONENTS = ("app/", "os")
    OTHER = "a tree of another component"
    KINDS = ("product", "service-pack")
    STREAMS = 2

    def __init__(self, payload, table, content):
        self.component = payload["component"]
        need(self.component.startswith(self.COMPONENTS), self.OTHER)
        self.read_spec(payload["spec"])
        self.entries = self.read_table(table)
        place = 0
        for entry in self.entries:
            self.check_permission(entry)
            if entry["type"] == FILE:
                data = content[place:place + entry["size"]]
                need(len(data) == entry["size"], "content that ends early")
                need(sha256(data) == entry["digest"], "the content of a file")
                place += entry["size"]
        need(place == len(content), "content behind the last file")

    def read_spec(self, document):
        fields = Fields(document, "spec")
        self.owners = {name.encode() for name in fields.strings("owners", lambda it: True, optional=True)}
        self.groups = {name.encode() for name in fields.strings("groups", lambda it: True, optional=True)}
        self.count = fields.integer("entries", 1, MAX_TREE_ENTRIES)
        fields.integer("bytes", 0, MAX_INTEGER)
        if self.component != "os":
            self.read_place(fields)
        fields.done()

    def read_place(self, fields):
        fields.word("path", is_probe_path)
        fields.strings("units", is_unit, optional=True)
        for document in fields.get("links", list):
            link = Fields(document, "link")
            link.word("from", lambda it: it == "" or is_tree_path_text(it))
            link.word("to", is_probe_path)
            link.done()
        self.allow = {path.encode() for path in fields.strings("allow", is_tree_path_text, optional=True)}
        fields.word("users", lambda it: len(it) <= MAX_USERS and all(c in "\n\t" or " " <= c <= "~" for c in it))

    def read_table(self, data):
        need(16 <= len(data) <= MAX_TABLE_SIZE, "table: its size")
        magic, count, zero = struct.unpack_from("<8sII", data)
        need(magic == b"IGNTREE\0" and 1 <= count <= MAX_TREE_ENTRIES and zero == 0, "table: its head")
        need(count == self.count, "table: another number of entries")
        entries, place, folders, before = [], 16, set(), None
        for number in range(count):
            need(place + 68 <= len(data), "table: it ends early")
            (kind, zero_a, mode, nanoseconds, seconds, size, earlier, p, t, o, g, c, zero_b,
             digest) = struct.unpack_from("<BBHIqQIHHBBBB32s", data, place)
            place += 68
            need(place + p + t + o + g + c <= len(data), "table: it ends early")
            parts = []
            for length in (p, t, o, g, c):
                parts.append(data[place:place + length])
                place += length
            path, target, owner, group, capabilities = parts
            entry = {"type": kind, "mode": mode, "mtime": (seconds, nanoseconds), "size": size, "earlier": earlier,
                     "path": path, "target": target, "owner": owner, "group": group, "capabilities": capabilities,
                     "digest": digest}
            need(FOLDER <= kind <= COPY, "table: type")
            need(zero_a == 0 and zero_b == 0, "table: reserved bytes")
            need(mode <= 0o7777 and nanoseconds <= 999999999, "table: mode or time")
            self.check_fields(entry)
            if number == 0:
                need(kind == FOLDER and path == b"", "table: no root")
            else:
                need(is_tree_path(path), "table: a path")
                need(before < path.split(b"/"), "table: the order")
                need(path.rpartition(b"/")[0] in folders, "table: a path without its folder")
            before = path.split(b"/") if path else []
            if kind == FOLDER:
                folders.add(path)
            if kind in (HARD_LINK, COPY):
                need(earlier < number and entries[earlier]["type"] == FILE, "table: earlier")
            if kind == COPY:
                need((size, digest) == (entries[earlier]["size"], entries[earlier]["digest"]), "table: a copy")
            entries.append(entry)
        need(place == len(data), "table: something behind it")
        return entries

    @staticmethod
    def check_fields(entry):
        kind = entry["type"]
        is_content = kind in (FILE, COPY)
        account = re.compile(rb"[A-Za-z0-9_.$][A-Za-z0-9_.$-]{0,31}")
        if kind == HARD_LINK:
            need(entry["mode"] == 0 and entry["mtime"] == (0, 0) and not entry["owner"] and not entry["group"],
                 "table: a hard link with properties")
        else:
            need(account.fullmatch(entry["owner"]) and account.fullmatch(entry["group"]), "table: owner or group")
        if not is_content:
            need(entry["size"] == 0 and not any(entry["digest"]) and not entry["capabilities"], "table: a field too many")
        if kind not in (HARD_LINK, COPY):
            need(entry["earlier"] == 0, "table: a field too many")
        need(len(entry["capabilities"]) in (0, 20, 24), "table: capabilities")
        if kind == SYMLINK:
            need(entry["mode"] == 0o777, "table: the mode of a link")
            need(1 <= len(entry["target"]) <= MAX_TREE_PATH and b"\0" not in entry["target"], "table: a target")
        else:
            need(not entry["target"], "table: a field too many")

    def check_permission(self, entry):
        if entry["type"] != HARD_LINK:
            need(entry["owner"] in self.owners and entry["group"] in self.groups, "an owner or group of no list")
        if self.component == "os":
            need(entry["type"] == HARD_LINK or is_id(entry["owner"]) and is_id(entry["group"]), "an owner or group that is no id")
            return
        if entry["path"] in self.allow:
            return
        if entry["type"] == SYMLINK:
            need(not entry["target"].startswith(b"/"), "an absolute link target")
            depth = entry["path"].count(b"/")
            for name in entry["target"].split(b"/"):
                depth += {b"": 0, b".": 0, b"..": -1}.get(name, 1)
                need(depth >= 0, "an escaping link target")
        need(entry["type"] not in (FILE, COPY) or not entry["mode"] & 0o6000, "setuid or setgid")
        need(not entry["capabilities"], "capabilities")

    def lines(self):
        """One for each entry; it has the digest of its content."""
        for entry in self.entries:
            numbers = (entry["type"], entry["mode"], *entry["mtime"], entry["size"], entry["earlier"])
            texts = (entry[key].hex() for key in ("digest", "path", "target", "owner", "group", "capabilities"))
            yield " ".join([*map(str, numbers), *texts])


class Image:
    KINDS = ("product", "service-pack")
    STREAMS = 1

    def __init__(self, payload, content):
        need(payload["component"] == "os", "an image of another component")
        need(content, "an empty image")
        Fields(payload["spec"], "spec").done()
        self.content = content

    def lines(self):
        yield "image " + sha256(self.content).hex()


def is_licence_text(text):
    return 1 <= len(text.encode()) <= MAX_LICENCE_TEXT and not re.search("[\0-\x1f\x7f]", text)


def is_date(text):
    try:
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and datetime.date.fromisoformat(text).year >= 1970
    except ValueError:
        return False


class Licence:
    KINDS = ("licence",)
    STREAMS = 0

    def __init__(self, payload):
        need(payload["component"] == "licence", "a licence of another component")
        fields = Fields(payload["spec"], "spec")
        identities = fields.strings("identities", matcher("[0-9a-f]{64}"))
        need(1 <= len(identities) <= MAX_LICENCE_IDENTITIES, "spec: identities")
        fields.word("customer", is_licence_text)
        if fields.has("serial"):
            fields.word("serial", is_licence_text)
        features = fields.strings("features", is_name)
        need(len(features) <= MAX_LICENCE_WORDS, "spec: features")
        for name, words in (("identities", identities), ("features", features)):
            need(len(set(words)) == len(words), f"spec: {name}")
        limits = fields.get("limits", dict)
        need(len(limits) <= MAX_LICENCE_WORDS and all(map(is_name, limits)) and all(
            type(limit) is int and 0 <= limit <= MAX_INTEGER for limit in limits.values()), "spec: limits")
        issued = fields.word("issued", is_date)
        if fields.has("not-after"):
            fields.word("not-after", lambda it: is_date(it) and it >= issued)
        fields.done()

    def lines(self):
        return ()


class Programs(Tree):
    """The folder of programs of some types: section 10.6."""

    def read_folder(self, fields, suffixes):
        numbers = []
        for document in fields.get("steps", list):
            step = Fields(document, "step")
            number, name = step.integer("number", 1, MAX_INTEGER), step.word("name", is_name)
            suffix = self.add_step_file(step.word("up", bool), number, name, "up", suffixes)
            down = step.word("down", lambda it: True)
            if down:
                self.add_step_file(down, number, name, "down", [suffix])
            step.done()
            numbers.append(number)
        need(numbers == sorted(set(numbers)) and len(numbers) <= MAX_STEPS, "spec: the steps")
        self.count = fields.integer("entries", 1, MAX_TREE_ENTRIES)
        fields.integer("bytes", 0, MAX_INTEGER)

    def add_step_file(self, file, number, name, direction, suffixes):
        found = re.fullmatch(rf"([0-9]+)_({NAME})[.]{direction}(|[.].*)", file)
        need(found and found[3] in suffixes and found[1].lstrip("0") == str(number) and found[2] == name, "step: a file")
        self.wanted[file.encode()] = not found[3]
        return found[3]

    def check_permission(self, entry):
        self.owners = self.groups = {b"root"}
        self.allow = ()
        need(entry["type"] != HARD_LINK, "programs: a hard link")
        super().check_permission(entry)
        is_file = entry["type"] in (FILE, COPY)
        is_program = is_file and entry["mode"] == 0o755
        need(entry["type"] == SYMLINK or entry["mode"] == 0o755 or is_file and entry["mode"] == 0o644, "programs: a mode")
        if entry["path"] in self.wanted:
            need(is_program if self.wanted.pop(entry["path"]) else is_file, "programs: no program")

    def check_complete(self):
        need(not self.wanted, "programs: a file is missing")


class Config(Programs):
    COMPONENTS = "config/"
    OTHER = "a configuration of another component"

    def __init__(self, payload, table, content):
        super().__init__(payload, table, content)
        self.check_complete()

    def read_spec(self, document):
        fields = Fields(document, "spec")
        fields.word("path", is_probe_path)
        programs = fields.get("programs", list)
        need(programs in (["generate"], ["generate", "check"]), "spec: programs")
        self.wanted = {name.encode(): True for name in programs}
        self.read_folder(fields, ("",))
        fields.done()


def is_postgresql_address(text):
    value = "[A-Za-z0-9_./-]{1,63}"
    return re.fullmatch(f"dbname={value}( host={value})?( port={value})? user={value}", text) is not None


WORD = rb"[A-Za-z_\x80-\xff][A-Za-z_\x80-\xff0-9$]*"
TAG = rb"(?:[A-Za-z_\x80-\xff][A-Za-z_\x80-\xff0-9]*)?"
STRING, ESCAPED = rb"'(?:[^']|'')*'(?!')", rb"'(?:[^'\\]|''|\\.)*'(?!')"
SQL_PIECES = {
    "sqlite": re.compile(rb"""
        (?P<gap> [\t-\r\x20] | \xef\xbb\xbf | --[^\n]* | /[*].*?[*]/ )
        | [xX]?""" + STRING + rb""" | "(?:[^"]|"")*"(?!") | `(?:[^`]|``)*`(?!`) | \[[^]]*\]
        | [:@\x23$](?:[A-Za-z_\x80-\xff0-9$]|::)*(?:\([^)]*\)|(?![A-Za-z_\x80-\xff0-9$(]|::))
        | """ + WORD + rb""" | [0-9][A-Za-z_\x80-\xff0-9$.]*
        | (?:(?!--|/[*])[+*<>=~!%^&|?/-])+ | [^'"`\[:@\x23$+*<>=~!%^&|?/-]""", re.DOTALL | re.VERBOSE),
    "postgresql": re.compile(rb"""
        (?P<gap> [\t-\r\x20] | --[^\n\r]* )
        | (?P<string>(?:[xXbBnN]|[uU]&)?""" + STRING + rb""") | (?P<escaped>[eE]""" + ESCAPED + rb""")
        | (?:[uU]&)?"(?:[^"]|"")*"(?!")
        | \$(?P<tag>""" + TAG + rb""")\$.*?\$(?P=tag)\$
        | (?![eE]')""" + WORD + rb""" | [0-9][A-Za-z_\x80-\xff0-9.]*
        | (?:(?!--|/[*])[+*<>=~!@\x23%^&|?:/`-])+ | (?![eE]'|\$""" + TAG + rb"""\$)[^'"`+*<>=~!@\x23%^&|?:/-]""",
                             re.DOTALL | re.VERBOSE),
}
# In PostgreSQL a string goes on behind this, if a line ends in it.
STRING_GAP = re.compile(rb"(?:[\t-\r\x20]|--[^\n\r]*[\n\r])*(?=')")


def end_of_nested_comment(text, place):
    """Behind the comment that begins at `place`; None where it is not closed."""
    depth = 0
    for mark in re.finditer(rb"/[*]|[*]/", text[place:]):
        depth += 1 if mark[0] == b"/*" else -1
        if depth == 0:
            return place + mark.end()
    return None


def further_pieces(text, place, piece):
    """How the string that ends at `place` goes on, and where it ends; None where it is not closed."""
    pieces = []
    while (gap := STRING_GAP.match(text, place)) and re.search(rb"[\n\r]", gap[0]):
        further = re.compile(piece, re.DOTALL).match(text, gap.end())
        if not further:
            return pieces, None
        pieces.append(further[0])
        place = further.end()
    return pieces, place


def normal_form(engine, text):
    """Of SQL, as bytes; None where something is not closed."""
    if b"\0" in text:
        return None
    tokens, place = [], 0
    while place is not None and place < len(text):
        if engine == "postgresql" and text.startswith(b"/*", place):
            place = end_of_nested_comment(text, place)
            continue
        piece = SQL_PIECES[engine].match(text, place)
        place = piece.end() if piece else None
        if not piece or piece["gap"] is not None:
            continue
        pieces = [piece[0]]
        if engine == "postgresql" and (piece["string"] or piece["escaped"]):
            further, place = further_pieces(text, place, ESCAPED if piece["escaped"] else STRING)
            pieces += further
        tokens.append(b"\n".join(pieces))
    return None if place is None else b" ".join(tokens)


class Migrations(Programs):
    COMPONENTS = "data/"
    OTHER = "migrations of another component"
    TRAITS = ("lossy", "non-transactional", "foreign-keys-off")

    def __init__(self, payload, table, content):
        super().__init__(payload, table, content)
        self.check_complete()

    def read_spec(self, document):
        fields = Fields(document, "spec")
        engine = fields.word("engine", lambda it: it in ("sqlite", "postgresql"))
        fields.word("database", is_probe_path if engine == "sqlite" else is_postgresql_address)
        fields.integer("baseline", 0, MAX_INTEGER)
        fields.strings("units", is_unit_name)
        self.wanted = {b"verify.sql": False} if fields.get("verify", bool) else {}
        self.read_folder(fields, ("", ".sql"))
        steps, meanings = document["steps"], fields.get("meanings", list)
        need(len(steps) == len(meanings), "spec: the meanings")
        for step, meaning in zip(steps, meanings):
            entry = Fields(meaning, "meaning")
            entry.strings("traits", lambda it: it in self.TRAITS)
            for direction in ("up", "down"):
                is_text = step[direction].endswith(".sql")
                entry.word(direction, matcher("[0-9a-f]{64}" if is_text else ""))
            entry.done()
        fields.done()


PAYLOAD_TYPES = {"tree": Tree, "image": Image, "licence": Licence, "config": Config, "migrations": Migrations}


# --- Section 2: the whole.


class Bundle:
    """Raises Refused; else `content_id`, `manifest`, and `payloads`."""

    def __init__(self, data, keyring, identities, accept_plain=False):
        container = Container(data)
        header_bytes = container.member("HEADER", HEADER_SIZE, HEADER_SIZE)
        header = Header(header_bytes)
        signatures = container.member("SIGNATURES", SIGNATURE_ENTRY_SIZE, MAX_SIGNATURES * SIGNATURE_ENTRY_SIZE)
        need(len(signatures) % SIGNATURE_ENTRY_SIZE == 0, "SIGNATURES: its size")
        roles = keyring.vouching(header_bytes, signatures)
        file_key = None
        if header.suite == 1:
            file_key = open_recipients(header, container.member("RECIPIENTS", MAC_SIZE, MAX_RECIPIENTS_SIZE), identities)
        else:
            need(accept_plain, "a plain bundle")
        stored = container.member("MANIFEST", header.manifest_size, header.manifest_size)
        need(sha256(stored) == header.manifest_digest, "MANIFEST: another digest")
        plain = StreamKey(header, file_key, 0).open(0, 1, stored) if file_key else stored
        need(sha256(plain) == header.content_id, "another content id")
        self.content_id, self.manifest = header.content_id.hex(), Manifest(plain)
        need(keyring.required(self.manifest.kind) <= roles, "a role is missing")
        index_bytes = container.member("INDEX", header.index_size, header.index_size)
        need(sha256(index_bytes) == header.index_digest, "INDEX: another digest")
        index = read_index(header, index_bytes)
        streams = [stream for payload in self.manifest.payloads for stream in payload["streams"]]
        need(sum(-(-size // header.chunk_size) for size, _ in streams) == header.chunk_count, "the number of chunks")
        run = b"".join(self.payload_members(container, header.payload_size))
        container.end()
        plain_streams = self.read_streams(header, file_key, streams, index, run)
        self.payloads = []
        for payload in self.manifest.payloads:
            kind = PAYLOAD_TYPES[payload["type"]]
            need(len(payload["streams"]) == kind.STREAMS, "the number of streams")
            self.payloads.append(kind(payload, *(next(plain_streams) for _ in range(kind.STREAMS))))

    @staticmethod
    def payload_members(container, left):
        number = 0
        while left:
            size = min(left, PAYLOAD_MEMBER_SIZE)
            yield container.member(f"PAYLOAD.{number:04}", size, size)
            left -= size
            number += 1

    @staticmethod
    def read_streams(header, file_key, streams, index, run):
        place, entries = 0, iter(index)
        for number, (size, digest) in enumerate(streams, 1):
            key = StreamKey(header, file_key, number) if file_key else None
            count = -(-size // header.chunk_size)
            plain = []
            for chunk in range(count):
                chunk_digest, stored_size = next(entries)
                stored = run[place:place + stored_size]
                place += stored_size
                need(sha256(stored) == chunk_digest, "a chunk: another digest")
                frame = key.open(chunk, chunk == count - 1, stored) if key else stored
                plain.append(decompress(frame, min(header.chunk_size, size - chunk * header.chunk_size)))
            need(sha256(b"".join(map(sha256, plain))) == digest, "a stream: another digest")
            yield b"".join(plain)

    def entries(self):
        """A digest of all entries of all trees and of the bytes of all images."""
        whole = hashlib.sha256()
        for payload in self.payloads:
            for line in payload.lines():
                whole.update((line + "\n").encode())
        return whole.hexdigest()
