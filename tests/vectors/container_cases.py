"""The container, HEADER: sections 2 to 4 of payload-format/SPEC.md."""

from case import accept, drop, flip, put, refuse, resized

# --- Section 2 and 3: the container.

accept("plain", "A plain bundle, which the configuration of the reader permits.", plain=True)
refuse("plain-without-permission", "plain", "The same without permission.", suite=0)

for name, cut, comment in (
        ("empty", lambda it: b"", "A file of no bytes."),
        ("in-header-block", lambda it: it[:511], "It ends in the first header block."),
        ("in-header", lambda it: it[:700], "It ends in HEADER."),
        ("in-header-padding", lambda it: it[:1023], "It ends in the padding of HEADER."),
        ("before-signatures", lambda it: it[:1024], "It ends behind HEADER."),
        ("in-manifest", lambda it: it[:3900], "It ends in MANIFEST."),
        ("in-payload", lambda it: it[:-1024 - 512], "The last block of PAYLOAD is missing."),
        ("before-end", lambda it: it[:-1024], "Both zero blocks are missing."),
        ("after-one-zero-block", lambda it: it[:-512], "The second zero block is missing."),
        ("last-byte", lambda it: it[:-1], "The last byte is missing.")):
    refuse(f"truncated-{name}", "truncated", comment, whole=cut)

refuse("trailing-zero", "trailing", "A zero byte behind the end.", whole=lambda it: it + b"\0")
refuse("trailing-letter", "trailing", "A byte behind the end.", whole=lambda it: it + b"x")
refuse("trailing-tar-padding", "trailing", "Padded to 10240 bytes as tar does.", whole=lambda it: it.ljust(10240, b"\0"))
refuse("end-not-zero", "trailing", "The second zero block ends in another byte.", whole=lambda it: it[:-1] + b"\1")
refuse("end-first-not-zero", "trailing", "The first zero block begins with another byte.",
       whole=lambda it: flip(it, -1024))
refuse("member-behind-payload", "trailing", "A member EXTRA behind the last one.",
       members=lambda it: it + [["EXTRA", b"x"]])
refuse("payload-doubled", "trailing", "PAYLOAD.0000 twice.", members=lambda it: it + [it[-1]])
refuse("payload-1-too-many", "trailing", "PAYLOAD.0001, of no bytes, behind the run.",
       members=lambda it: it + [["PAYLOAD.0001", b""]])
refuse("payload-without-chunks", "trailing", "A PAYLOAD member of no bytes in a bundle without chunks.", payloads=[],
       members=lambda it: it + [["PAYLOAD.0000", b""]])


def block(at, content, sum_it=True):
    """Replaces bytes of the first header block, and makes its checksum anew."""
    def bend(whole):
        head = bytearray(whole[:512])
        head[at:at + len(content)] = content
        if sum_it:
            head[148:156] = b" " * 8
            head[148:156] = b"%06o\0 " % sum(head)
        return bytes(head) + whole[512:]
    return bend


for name, at, content in (
        ("name-tail", 7, b"x"), ("mode", 100, b"0000755\0"), ("uid", 108, b"0000001\0"), ("gid", 116, b"0000001\0"),
        ("size-spaces", 124, b"        400\0"), ("size-short", 124, b"0000000400 "), ("size-ends-in-space", 135, b" "),
        ("size-binary", 124, b"\x80" + bytes(9) + b"\1\0"), ("mtime", 136, b"00000000001\0"), ("type-nul", 156, b"\0"),
        ("type-folder", 156, b"5"), ("type-pax", 156, b"x"), ("link-name", 157, b"x"), ("magic-gnu", 257, b"ustar  \0"),
        ("version", 263, b"01"), ("owner", 265, b"root"), ("group", 297, b"root"), ("device-major", 329, b"0000001\0"),
        ("device-minor", 337, b"\0"), ("prefix", 345, b"x"), ("padding", 511, b"\1")):
    refuse(f"header-block-{name}", "member-header", f"Another {name.replace('-', ' ')} in the first header block.",
           whole=block(at, content))
for name, content in (("wrong", b"001053\0 "), ("spaces", b"001052 \0"), ("seven-digits", b"0001052\0")):
    refuse(f"header-block-checksum-{name}", "member-header", "Another checksum, or another way of writing it.",
           whole=block(148, content, sum_it=False))
refuse("payload-block-owner", "member-header", "An owner in the header block of PAYLOAD.0000.",
       whole=lambda it: it[:-2048 + 265] + b"r" + it[-2048 + 266:])
refuse("payload-missing", "member-header", "A zero block where PAYLOAD.0000 belongs.", members=lambda it: it[:-1])

refuse("padding-of-header", "padding", "The first byte behind HEADER.", whole=lambda it: flip(it, 512 + 256))
refuse("padding-of-signatures", "padding", "The last byte behind SIGNATURES.", whole=lambda it: flip(it, 2047))
refuse("padding-of-manifest", "padding", "The last byte behind MANIFEST.",
       whole=lambda it: flip(it, it.index(b"INDEX\0") - 1))
refuse("padding-of-index", "padding", "The last byte behind INDEX.",
       whole=lambda it: flip(it, it.index(b"PAYLOAD.0000\0") - 1))
refuse("padding-of-payload", "padding", "The last byte behind PAYLOAD.0000.", whole=lambda it: flip(it, -1025))


def named(place, name):
    def bend(members):
        members[place][0] = name
    return bend


NAMES = ("HEADER", "SIGNATURES", "RECIPIENTS", "MANIFEST", "INDEX")
for place, name in enumerate(NAMES):
    refuse(f"missing-{name.lower()}", "member-order", f"{name} is missing.", members=drop(place))
    refuse(f"doubled-{name.lower()}", "member-order", f"{name} twice.",
           members=lambda it, place=place: it[:place + 1] + it[place:])
refuse("swapped-signatures-recipients", "member-order", "RECIPIENTS in front of SIGNATURES.",
       members=lambda it: [it[0], it[2], it[1], *it[3:]])
refuse("swapped-manifest-index", "member-order", "INDEX in front of MANIFEST.",
       members=lambda it: [*it[:3], it[4], it[3], it[5]])
refuse("swapped-index-payload", "member-order", "PAYLOAD.0000 in front of INDEX.",
       members=lambda it: [*it[:4], it[5], it[4]])
refuse("unknown-member", "member-order", "A member EXTRA in front of MANIFEST.",
       members=lambda it: [*it[:3], ["EXTRA", b"x"], *it[3:]])
refuse("plain-with-recipients", "member-order", "RECIPIENTS in a plain bundle.", plain=True,
       members=lambda it: [*it[:2], ["RECIPIENTS", bytes(32)], *it[2:]])
for place, name in ((0, "header"), (0, "./HEADER"), (1, "SIGNATURE"), (4, "INDEX2"), (5, "PAYLOAD"), (5, "PAYLOAD.0001"),
                    (5, "PAYLOAD.000"), (5, "PAYLOAD.00000")):
    refuse(f"named-{name.replace('./', 'dot-').replace('.', '-')}".lower() + ("-small" if name == "header" else ""),
           "member-order", f"{name} where {(*NAMES, 'PAYLOAD.0000')[place]} belongs.", members=named(place, name))


for place, name in ((0, "header"), (3, "manifest"), (4, "index"), (5, "payload")):
    refuse(f"size-of-{name}-less", "member-size", f"The member {name.upper()} has a byte less than it must have.",
           members=resized(place, lambda it: it[:-1]))
    refuse(f"size-of-{name}-more", "member-size", f"The member {name.upper()} has a byte more than it must have.",
           members=resized(place, lambda it: it + b"\0"))
refuse("size-of-recipients-31", "member-size", "RECIPIENTS with less than the MAC.", members=resized(2, lambda it: it[:31]))
refuse("size-of-recipients-1048577", "member-size", "RECIPIENTS of a byte more than 1 MiB.",
       members=resized(2, lambda it: it + bytes((1 << 20) + 1 - len(it))))
refuse("size-of-index-entry-more", "member-size", "INDEX with an entry more than HEADER says.",
       members=resized(4, lambda it: it + it[:36]))
refuse("payload-in-two", "member-size", "The run is cut where nothing must be cut.",
       members=lambda it: [*it[:5], ["PAYLOAD.0000", it[5][1][:100]], ["PAYLOAD.0001", it[5][1][100:]]])

refuse("trust", "trust", "TRUST in its place.", members=lambda it: [*it[:2], ["TRUST", b"{}"], *it[2:]])
refuse("trust-empty", "trust", "TRUST of no bytes.", members=lambda it: [*it[:2], ["TRUST", b""], *it[2:]])
refuse("trust-in-plain", "trust", "TRUST in a plain bundle.", plain=True,
       members=lambda it: [*it[:2], ["TRUST", b"{}"], *it[2:]])

# --- Section 4: HEADER.

for name, reason, comment, changes in (
        ("magic", "magic", "The magic with another last byte.", {"magic": b"\x89IGNITE\r"}),
        ("magic-zero", "magic", "Zeros for the magic.", {"magic": bytes(8)}),
        ("version-1", "version", "Format version 1.", {"version": 1}),
        ("version-256", "version", "Format version 256.", {"version": 256}),
        ("suite-2", "suite", "Suite 2.", {"suite": 2}),
        ("suite-65535", "suite", "Suite 65535.", {"suite": 65535}),
        ("chunk-size-0", "chunk-size", "Chunk size 0.", {"chunk_size": 0}),
        ("chunk-size-2048", "chunk-size", "Half of the smallest chunk size.", {"chunk_size": 2048}),
        ("chunk-size-6144", "chunk-size", "A chunk size that is no power of two.", {"chunk_size": 6144}),
        ("chunk-size-4097", "chunk-size", "A byte more than the smallest chunk size.", {"chunk_size": 4097}),
        ("chunk-size-2097152", "chunk-size", "Twice the largest chunk size.", {"chunk_size": 1 << 21}),
        ("chunk-count-262145", "chunk-count", "A chunk more than there can be.",
         {"chunk_count": 262145, "index_size": 262145 * 36}),
        ("chunk-count-overflow", "chunk-count", "So many chunks that the size of INDEX overflows 32 bits to what it is.",
         {"chunk_count": 2 + 2**30}),
        ("chunk-count-largest", "chunk-count", "2^64 - 1 chunks.", {"chunk_count": 2**64 - 1}),
        ("manifest-size-0", "manifest-size", "A MANIFEST of no bytes.", {"manifest_size": 0}),
        ("manifest-size-4194305", "manifest-size", "A MANIFEST of a byte more than 4 MiB.", {"manifest_size": 4194305}),
        ("index-size-less", "index-size", "An entry of INDEX less than chunks.", {"index_size": 36}),
        ("index-size-more", "index-size", "A byte of INDEX more than chunks need.", {"index_size": 73}),
        ("payload-size-16385", "payload-size", "A byte more than two chunks can have.", {"payload_size": 16385}),
        ("payload-size-largest", "payload-size", "2^64 - 1 bytes.", {"payload_size": 2**64 - 1}),
        ("payload-size-without-chunks", "payload-size", "Stored bytes without a chunk.", {"chunk_count": 0, "index_size": 0}),
        ("reserved-first", "header-reserved", "The first reserved byte.", {"reserved": b"\1" + bytes(55)}),
        ("reserved-last", "header-reserved", "The last reserved byte.", {"reserved": bytes(55) + b"\x80"})):
    refuse(f"header-{name}", reason, comment, header=lambda it, changes=changes: it.update(changes))
refuse("header-commitment-in-plain", "plain-commitment", "A key commitment in a plain bundle.", plain=True,
       header=put("commitment", bytes(31) + b"\1"))
accept("chunk-size-1048576", "The largest chunk size.", chunk_size=1 << 20)
accept("manifest-size-4194304", "A plain MANIFEST of 4 MiB.", plain=True,
       text=lambda it: it.ljust(4 << 20, b" "))
refuse("manifest-size-4194305", "manifest-size", "A plain MANIFEST of 4 MiB and a byte.", plain=True,
       text=lambda it: it.ljust((4 << 20) + 1, b" "))
