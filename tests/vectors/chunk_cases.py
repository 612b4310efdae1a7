"""INDEX, chunks and streams: section 9 of payload-format/SPEC.md."""

import base64
import struct

from builder import RAW, RUN, file, folder, sha256, tree, zstd_block, zstd_blocks, zstd_frame
from case import accept, flip, put, refuse, resized

# --- Section 9: INDEX and chunks.

refuse("index-digest", "index-digest", "HEADER has another digest of INDEX; all else is right.",
       header=lambda it: it.update(index_digest=flip(it["index_digest"])))
refuse("index-digest-empty", "index-digest", "HEADER has another digest of an empty INDEX.", payloads=[],
       header=put("index_digest", bytes(32)))


def total(index):
    return sum(size for _, size in index)


refuse("index-size-0", "index-entry", "A stored size of 0; the sum is right.",
       index=lambda it: [[it[0][0], 0], [it[1][0], total(it)]])
refuse("index-sum-less", "index-sum", "The sizes add up to a byte less than the payload size.",
       index=lambda it: [[it[0][0], it[0][1] - 1], it[1]])
refuse("index-sum-more", "index-sum", "The sizes add up to a byte more than the payload size.",
       index=lambda it: [[it[0][0], it[0][1] + 1], it[1]])


def inflated(plain, size):
    """A frame of so many bytes: blocks without content take the rest. A run of one letter can be made to fit any size."""
    raw = (size - 9 - 7) % 3 if len(set(plain)) == 1 else len(plain)
    blocks = zstd_block(RAW, raw, plain[:raw])
    if raw < len(plain):
        blocks += zstd_block(RUN, len(plain) - raw, plain[:1])
    rest = size - 9 - len(blocks)
    assert rest % 3 == 0
    return (b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(plain)) + blocks + zstd_block(RAW, 0, b"") * (rest // 3 - 1)
            + zstd_block(RAW, 0, b"", last=True))


LETTERS = [tree([folder(), file(data=b"a" * 4096)])]
for suite, tag in ((1, 16), (0, 0)):
    for size, expected in ((8192, accept), (8193, refuse)):
        args = dict(payloads=LETTERS, plain=suite == 0,
                    frame=lambda it, stream, plain, size=size - tag: inflated(plain, size) if stream == 2 else None)
        name = f"stored-size-{size}{'' if suite else '-plain'}"
        if size == 8192:
            accept(name, "A stored chunk of as many bytes as there can be.", **args)
        else:
            refuse(name, "index-entry", "A stored chunk of a byte more than there can be.", **args)
accept("payload-size-16384", "Both stored chunks, and so the payload size, at the limit.",
       payloads=[tree([folder(), file("four", b"a" * 4096)])], frame=lambda it, stream, plain: inflated(plain, 8176))

refuse("chunk-digest-first", "chunk-digest", "A flipped bit in the first chunk.", members=resized(5, flip))
refuse("chunk-digest-last", "chunk-digest", "A flipped bit in the last chunk.", members=resized(5, lambda it: flip(it, -1)))
refuse("chunk-digest-moved", "chunk-digest", "The sizes in INDEX are right in sum only.",
       index=lambda it: [[it[0][0], it[0][1] - 1], [it[1][0], it[1][1] + 1]])


def chunk(number, change):
    """Bends a stored chunk; INDEX follows it."""
    def bend(stored):
        stored[number] = change(stored[number])
    return bend


def sealed_as(number, **other):
    """Seals the chunks of a stream with another stream number, chunk number or last flag."""
    def bend(place):
        names = ("stream", "chunk", "last")
        return tuple(other.get(name, value) for name, value in zip(names, place)) if place[0] == number else place
    return bend


refuse("chunk-tag", "chunk-tag", "The tag of a chunk does not hold.", stored=chunk(1, lambda it: flip(it, -1)))
refuse("chunk-tag-short", "chunk-tag", "A stored chunk of less bytes than a tag.", stored=chunk(1, lambda it: it[:15]))
refuse("chunk-not-last", "chunk-tag", "The last chunk is sealed as if another followed.", seal=sealed_as(2, last=0))
refuse("chunk-number", "chunk-tag", "The first chunk is sealed with the number 1.", seal=sealed_as(2, chunk=1))
refuse("chunk-stream", "chunk-tag", "A chunk of stream 2 is sealed for stream 1.", seal=sealed_as(2, stream=1))
refuse("chunk-of-stream-0", "chunk-tag", "A chunk of stream 1 is sealed for stream 0, that of MANIFEST.",
       seal=sealed_as(1, stream=0))
THREE = bytes(range(256)) * 32 + b"the rest"
CONTENT = 2
accept("chunks-many", "A stream of three chunks, the last of 8 bytes.", payloads=[tree([folder(), file(data=THREE)])])
accept("chunks-full", "A stream whose last chunk is full.", payloads=[tree([folder(), file(data=THREE[:8192])])])
accept("chunks-many-plain", "A plain stream of three chunks.", plain=True, payloads=[tree([folder(), file(data=THREE)])])
accept("stream-empty", "A tree without content: an empty stream keeps its number.", payloads=[tree([folder()]), tree(number=2)])
refuse("chunks-swapped", "chunk-tag", "Two chunks of a stream change places.",
       payloads=[tree([folder(), file(data=b"a" * 4096 + b"b" * 4096)])], stored=lambda it: [it[0], it[2], it[1]])


def framed(change):
    """Bends the frame of the content, which is b"hello\\n"."""
    return lambda it, stream, plain: change(it) if stream == CONTENT else None


MAGIC = b"\x28\xb5\x2f\xfd"
HELLO = zstd_blocks(b"hello\n")
SKIPPABLE = struct.pack("<II", 0x184D2A50, 4) + b"skip"
for name, comment, change in (
        ("doubled", "Two frames.", lambda it: it + it), ("and-empty", "A frame of no content behind the frame.",
                                                        lambda it: it + zstd_frame(b"")),
        ("skippable-behind", "A skippable frame behind the frame.", lambda it: it + SKIPPABLE),
        ("skippable-in-front", "A skippable frame in front of the frame.", lambda it: SKIPPABLE + it),
        ("skippable-alone", "A skippable frame alone.", lambda it: SKIPPABLE),
        ("byte-behind", "A zero byte behind the frame.", lambda it: it + b"\0"),
        ("cut", "The last byte of the frame is missing.", lambda it: it[:-1]),
        ("head-alone", "A frame without blocks.", lambda it: it[:6]), ("magic-alone", "The magic alone.", lambda it: it[:4]),
        ("nothing", "No frame at all.", lambda it: b""), ("plain", "The content as it is.", lambda it: b"hello\n"),
        ("without-magic", "A frame without its magic.", lambda it: it[4:]),
        ("of-zstd-0.7", "The magic of zstd 0.7.", lambda it: b"\x27" + it[1:]),
        ("dictionary", "A frame that names a dictionary, and does not use it.", lambda it: MAGIC + b"\x21\x05\x06" + HELLO),
        ("reserved-bit", "The reserved bit of the frame header.", lambda it: MAGIC + b"\x28\x06" + HELLO),
        ("reserved-block", "A block of the reserved type.", lambda it: MAGIC + b"\x20\x06" + zstd_block(3, 6, b"hello\n", True)),
        ("no-last-block", "No block says that it is the last.", lambda it: MAGIC + b"\x20\x06" + zstd_block(RAW, 6, b"hello\n")),
        ("checksum-wrong", "A checksum that does not hold.",
         lambda it: MAGIC + b"\x24\x06" + HELLO + bytes.fromhex("5388bd90")),
        ("checksum-missing", "The checksum is missing.", lambda it: MAGIC + b"\x24\x06" + HELLO),
        ("bomb-denied", "A frame of 16 MiB that says that it has six bytes.",
         lambda it: MAGIC + b"\x20\x06" + zstd_blocks(bytes(16 << 20))),
        ("size-less", "The frame claims a byte less than it holds.", lambda it: MAGIC + b"\x20\x05" + HELLO),
        ("size-more", "The frame claims a byte more than it holds.", lambda it: MAGIC + b"\x20\x07" + HELLO)):
    refuse(f"frame-{name.replace('.', '-')}", "chunk-frame", comment, frame=framed(change))
for name, comment, change in (
        ("less", "A byte less than the manifest says.", lambda it: zstd_frame(b"hello")),
        ("more", "A byte more than the manifest says.", lambda it: zstd_frame(b"hello\n!")),
        ("none", "A frame of no content.", lambda it: zstd_frame(b"")),
        ("bomb", "A frame of 16 MiB.", lambda it: zstd_frame(bytes(16 << 20)))):
    refuse(f"chunk-plain-size-{name}", "chunk-plain-size", comment, frame=framed(change))
accept("frame-checksum", "A frame with a checksum.", frame=framed(
    lambda it: MAGIC + b"\x24\x06" + HELLO + bytes.fromhex("5388bd91")))
# A window descriptor, whatever it asks for: a frame that has one is no single segment. The chunk size is 4096.
for name, window, size in (("1-kib", 0x00, "1 KiB, the smallest"), ("of-a-chunk", 0x10, "just a chunk"),
                           ("past-a-chunk", 0x11, "an eighth more than a chunk"), ("64-mib", 0x80, "64 MiB"),
                           ("2-gib", 0xa8, "2 GiB"), ("largest", 0xff, "3.75 TiB, the largest")):
    refuse(f"frame-window-{name}", "chunk-frame", f"A window of {size}, and no content size.",
           frame=framed(lambda it, window=window: zstd_frame(b"hello\n", window=window)))
    refuse(f"frame-window-{name}-and-size", "chunk-frame", f"A window of {size}, and the right content size.",
           frame=framed(lambda it, window=window: MAGIC + bytes([0x80, window]) + (6).to_bytes(4, "little") + HELLO))
accept("frame-size-of-8-bytes", "A content size of eight bytes.", frame=framed(lambda it: zstd_frame(b"hello\n", 8)))
accept("frame-dictionary-0", "A frame that says that it has no dictionary.", frame=framed(
    lambda it: MAGIC + b"\x21\x00\x06" + HELLO))
accept("frame-unused-bit", "The bit of the frame header that RFC 8878 leaves unused.", frame=framed(
    lambda it: MAGIC + b"\x30\x06" + HELLO))
accept("frame-many-blocks", "A block for each letter, and some of none.", frame=framed(lambda it: MAGIC + b"\x20\x06" + b"".join(
    zstd_block(RAW, 0, b"") + zstd_block(RUN, 1, bytes([letter])) for letter in b"hello\n") + zstd_block(RAW, 0, b"", True)))
# The longest block, and a byte more than that. A library that is given the whole frame may take both.
BLOCK = 128 << 10
# One literal, a match of 0xfffd and 65539 bytes, or a byte less, and all of it in tables of one symbol.
MATCH = "086101540102 34 {} ff04"
for name, comment, block in (
        ("raw", "stored as it is", lambda size: zstd_block(RAW, size, b"a" * size, True)),
        ("run", "a run of one letter", lambda size: zstd_block(RUN, size, b"a", True)),
        ("compressed", "compressed to ten bytes",
         lambda size: zstd_block(2, 10, bytes.fromhex(MATCH.format("fd" if size > BLOCK else "fc")), True))):
    def longest(size, block=block):
        return dict(payloads=[tree([folder(), file(data=b"a" * size)])], chunk_size=1 << 18,
                    frame=framed(lambda it: MAGIC + b"\xa0" + struct.pack("<I", size) + block(size)))
    accept(f"frame-block-{name}-128-kib", f"The longest block there can be, {comment}.", **longest(BLOCK))
    refuse(f"frame-block-{name}-too-long", "chunk-frame", f"A block of a byte too much, {comment}.", **longest(BLOCK + 1))
refuse("frame-block-longer-than-the-content", "chunk-frame", "A compressed block of eight bytes that gives all six.",
       frame=framed(lambda it: MAGIC + b"\x20\x06" + zstd_block(2, 8, bytes([6 << 3]) + b"hello\n\0", True)))
BOTTLES = "".join(f"{n} bottles of beer on the wall, {n} bottles of beer\n" for n in range(40, 0, -1)).encode()
COMPRESSED = {  # As zstd 1.5.4 made it.
    "level-1": "KLUv/WDmBtUEADJHFRagJ20AGiG2G37cqpIR2d29E/D1g1Mj9l9ldoeYqQSR/VeZ3SFmqq7XRPZfZXaHmKm63xPZf5XZHWKm6tYWMYBS"
               "Aochg2MIxhQIKUZgjIGU4zCKIQtSqFHktf8dwKNWxhH8DQHCgsUf+skR2xi4y91TMm+hxWbAXxqAg+dsVJV75RxWORlXH4keZ6Oq3KtO"
               "SwDLmopBkyo=",
    "level-19": "KLUv/WDmBl0EADKGEhGgPbDyaOtT1XiNJCVc9gfPEBl2mbvd/4UYg5DNshl2mbvd/4UYgxDOwhl2mbvd/4UYg5DO0qlgLRMVKaisqUPo"
                "aGr60IKwHQ0eT6gx5cH973A7zQER/BuGP/MBIdpGXV339+7v3LdzD2Cksp2YZgFABteCSVkV1tKzWUeHsimSoDpamcLYZBU=",
    "checksum": "KLUv/WTmBhUFAPLGExeQtxkDAF3lDdQC6f9Is929ZYYI6s4DHfp35yCUkipFVVVVVfX/////S7Ex+nfnIJSSUgRxpbhigOMIHGwNEiMgVljL"
                "MAFihnUkCWKYOQFUqIHoW/87kKOm0AYR/BHCoGTxZz7CtkJvhXaWKZux+yf/ZcSjl+/sfdYtYlWcUpNmtIzDEWAbhFMObIu6cValwIi1ARjW"
                "sEn7ATP8Y8y2CsFGtEU=",
}
for name, frame in COMPRESSED.items():
    accept(f"frame-compressed-{name}", "A frame with matches and coded literals.",
           payloads=[tree([folder(), file(data=BOTTLES)])], frame=framed(lambda it, frame=frame: base64.b64decode(frame)))

for number, name in enumerate(("table", "content")):
    refuse(f"stream-digest-{name}", "stream-digest", f"Another digest of the {name}.",
           document=put("payloads", 0, "streams", number, "digest", "0" * 64))
refuse("stream-digest-of-bytes", "stream-digest", "The digest of the content itself instead of that of its chunks' digests.",
       document=put("payloads", 0, "streams", 1, "digest", sha256(b"hello\n").hex()))
refuse("stream-digest-empty", "stream-digest", "An empty stream with a digest of zeros.", payloads=[tree([folder()])],
       document=put("payloads", 0, "streams", 1, "digest", "0" * 64))
