"""SIGNATURES, keys and RECIPIENTS: sections 5, 6, 7 and 11 of payload-format/SPEC.md."""

from builder import IDENTITIES, public, reader, stanza_of
from case import accept, flip, put, refuse

# --- Sections 5 and 11: SIGNATURES and trust. The keyring demands two of three of `release`, and `qa`.

accept("signatures-in-another-order", "The order of the entries is free.", signers=("qa", "release-3", "release-1"))
accept("signatures-all-three", "More signatures of a role than its threshold.",
       signers=("release-1", "release-2", "release-3", "qa"))
accept("signatures-unknown-signer", "An entry of an unknown key counts for nothing.",
       signers=("stranger", "release-1", "release-2", "qa"))
accept("signatures-unknown-and-wrong", "An entry of an unknown key counts for nothing, also where its signature is wrong.",
       signatures=lambda it, bundle: it + [b"unknown!" + bytes(64)])
accept("signatures-16", "As many entries as there can be, most of them doubled.",
       signatures=lambda it, bundle: it + [it[0]] * 13)
accept("signatures-of-a-role-below-its-threshold", "A root signature more, which nothing needs.",
       signers=("root", "release-1", "release-2", "qa"))
accept("keyring-without-qa", "A keyring without the role qa needs no signature of it.", signers=("release-1",),
       keyring="keyring-without-qa.json")
refuse("keyring-without-qa-signed-by-qa", "nobody-vouches", "A keyring without the role qa does not know its key.",
       signers=("qa",), keyring="keyring-without-qa.json")

refuse("signatures-none", "signatures-size", "No entry.", signers=())
refuse("signatures-17", "signatures-size", "An entry more than there can be.",
       signatures=lambda it, bundle: it + [it[0]] * 14)
refuse("signatures-71-bytes", "signatures-size", "An entry that is cut off.", signatures=lambda it, bundle: [it[0][:71]])
refuse("signatures-byte-more", "signatures-size", "A byte behind the entries.", signatures=lambda it, bundle: it + [b"\0"])


def malleable(signature):
    """The same signature with the order of the group added to S."""
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[40:], "little") + order
    return signature[:40] + s.to_bytes(32, "little")


HEAD_TYPE = b"DSSEv1 32 application/vnd.ignite.header.v0 256 "
for name, comment, signatures in (
        ("flipped", "A flipped bit in one of the signatures.", lambda it, bundle: [it[0], flip(it[1], 71, 0x08), it[2]]),
        ("of-qa", "Enough of release, but the signature of qa is wrong.", lambda it, bundle: it[:2] + [flip(it[2], 8)]),
        ("of-a-third", "Enough is right, but a third key of release signed something else.",
         lambda it, bundle: it + [bundle.signature("release-3", b"something else")]),
        ("beside-a-right-one", "One key with a right and a wrong entry.", lambda it, bundle: it + [flip(it[0], 8)]),
        ("of-root", "Everything is right but an entry of root.", lambda it, bundle: it + [bundle.signature("root", b"x")]),
        ("of-another-kind", "Everything is right but an entry of engineer, which this kind does not need.",
         lambda it, bundle: it + [bundle.signature("engineer", b"x")]),
        ("without-type", "The 256 bytes of HEADER are signed as they are.",
         lambda it, bundle: [bundle.signature("release-1", bundle.head_bytes), *it[1:]]),
        ("of-another-type", "Signed as application/vnd.ignite.header.v1.",
         lambda it, bundle: [bundle.signature("release-1", HEAD_TYPE.replace(b"v0", b"v1") + bundle.head_bytes), *it[1:]]),
        ("with-large-s", "The number S of a signature is not below the order of the group (RFC 8032, 5.1.7).",
         lambda it, bundle: [malleable(it[0]), *it[1:]])):
    refuse(f"wrong-signature-{name}", "wrong-signature", comment, signatures=signatures)
refuse("wrong-signature-and-everything-behind", "wrong-signature",
       "A wrong signature, TRUST, and a damaged RECIPIENTS: nothing behind SIGNATURES may be looked at.",
       signatures=lambda it, bundle: [flip(it[0], 8), *it[1:]],
       members=lambda it: [*it[:2], ["TRUST", b""], ["RECIPIENTS", bytes(40)], *it[3:]])
refuse("nobody-vouches-stranger", "nobody-vouches", "Only an unknown key has signed.", signers=("stranger",))
refuse("nobody-vouches-below-threshold", "nobody-vouches", "One key of release, where two are needed.",
       signers=("release-1",))
refuse("nobody-vouches-doubled", "nobody-vouches", "One key of release, twice.", signers=("release-1", "release-1"))
refuse("nobody-vouches-other-key-id", "nobody-vouches", "Right signatures under the key ids of nobody.",
       signatures=lambda it, bundle: [flip(entry) for entry in it])
for name, kind, signers in (
        ("qa", "service-pack", ("release-1", "release-2")), ("release", "service-pack", ("qa",)),
        ("release-second", "service-pack", ("release-1", "qa")), ("product-qa", "product", ("release-1", "release-2")),
        ("root-alone", "product", ("root",)), ("licence-for-service-pack", "service-pack", ("licence",)),
        ("licence", "licence", ("release-1", "release-2", "qa")), ("order", "order", ("licence", "qa"))):
    payloads = {} if kind in ("product", "service-pack") else {"payloads": []}
    refuse(f"role-missing-{name}", "role-missing", f"A {kind} that {', '.join(signers)} signed.", signers=signers,
           document=put("kind", kind), **payloads)
accept("kind-product", "A product.", document=put("kind", "product"))
accept("kind-licence", "A licence, which the role licence signs.", signers=("licence",), payloads=[],
       document=put("kind", "licence"))
accept("kind-order", "An order, which the role engineer signs.", signers=("engineer",), payloads=[],
       document=put("kind", "order"))

# --- Sections 6 and 7: keys and RECIPIENTS.

refuse("commitment-flipped", "commitment", "Another key commitment.",
       header=lambda it: it.update(commitment=flip(it["commitment"])))
refuse("commitment-zero", "commitment", "No key commitment in an encrypted bundle.", header=put("commitment", bytes(32)))

accept("recipients-two", "Two recipients.", recipients=("other-probe", "probe-1"))
accept("recipients-second-identity", "The reader's second identity is the recipient.", recipients=("probe-2",))
accept("recipients-doubled", "The same recipient twice.", recipients=("probe-1", "probe-1"))
accept("recipients-unknown-kems", "Stanzas of kems that nobody knows are passed over.", stanzas=lambda it, bundle: [
    stanza_of(2, b"later"), stanza_of(3, b""), *it, stanza_of(0, bytes(88)), stanza_of(65535, b"x")])
accept("recipients-unopened-before", "A stanza with the right hint that does not open, in front of one that does.",
       stanzas=lambda it, bundle: [flip(bundle.stanza("probe-1"), -1), *it])
accept("recipients-low-order-before", "A stanza with an all-zero shared secret, in front of one that opens.",
       stanzas=lambda it, bundle: [bundle.stanza("probe-1", encapsulated=lambda it: bytes(32), shared=bytes(32)), *it])
accept("recipients-key-with-top-bit", "The top bit of the encapsulated key is ignored by X25519 and kept by HPKE.",
       stanzas=lambda it, bundle: [bundle.stanza("probe-1", encapsulated=lambda it: flip(it, 31, 0x80))])
accept("recipients-1048576", "RECIPIENTS of 1 MiB.", stanzas=lambda it, bundle: it + [
    stanza_of(7, bytes(65531))] * 15 + [stanza_of(7, bytes(65531 - 92 - 32))])
accept("recipients-first-that-opens", "Of two stanzas that open, the first has the file key.",
       stanzas=lambda it, bundle: [*it, bundle.stanza("probe-2", file_key=bytes(32))])
refuse("mac-first-that-opens", "mac", "Of two stanzas that open, the first has another file key, for the second identity.",
       stanzas=lambda it, bundle: [bundle.stanza("probe-2", file_key=bytes(32)), *it])
refuse("mac-first-of-two-for-one", "mac", "Of two stanzas of one recipient, the first has another file key.",
       stanzas=lambda it, bundle: [bundle.stanza("probe-1", file_key=bytes(32)), *it])
for size in (0, 87, 89):
    refuse(f"stanza-body-{size}", "stanza", f"A body of kem 1 of {size} bytes, beside one of the reader.",
           stanzas=lambda it, bundle, size=size: it + [stanza_of(1, bytes(size))])
for size in (1, 3):
    refuse(f"stanza-head-{size}", "stanza", f"{size} bytes more than the stanzas have.",
           stanzas=lambda it, bundle, size=size: it + [bytes(size)])
refuse("stanza-too-long", "stanza", "A stanza of an unknown kem that goes into the MAC.",
       stanzas=lambda it, bundle: it + [stanza_of(7, b"12345", 6)])
refuse("stanza-over-the-end", "stanza", "A stanza that goes over the end of the member.",
       stanzas=lambda it, bundle: it + [stanza_of(7, b"", 65535)])

for name, comment, stanzas in (
        ("none", "No stanza at all.", lambda it, bundle: []),
        ("other", "Another probe's stanza.", lambda it, bundle: [bundle.stanza("other-probe")]),
        ("hint", "The stanza of the reader with another hint.",
         lambda it, bundle: [bundle.stanza("probe-1", hint=b"12345678")]),
        ("others-hint", "Another probe's stanza with the hint of the reader.", lambda it, bundle: [
            bundle.stanza("other-probe", hint=reader.hint_of(bundle.head, public(IDENTITIES["probe-1"])))]),
        ("sealed", "The sealed file key is damaged.", lambda it, bundle: [flip(it[0], 44)]),
        ("tag", "The tag of the sealed file key is damaged.", lambda it, bundle: [flip(it[0], -1)]),
        ("encapsulated", "The encapsulated key is damaged.", lambda it, bundle: [flip(it[0], 12)]),
        ("kem-2", "The stanza of the reader, said to be of kem 2.", lambda it, bundle: [b"\2" + it[0][1:]]),
        ("zero-secret", "A stanza with an all-zero shared secret that would open.", lambda it, bundle: [
            bundle.stanza("probe-1", encapsulated=lambda it: bytes(32), shared=bytes(32))]),
        ("zero-secret-1", "The same with the point 1 of low order.", lambda it, bundle: [
            bundle.stanza("probe-1", encapsulated=lambda it: b"\1" + bytes(31), shared=bytes(32))]),
        ("zero-secret-p", "The same with the number p, which is 0.", lambda it, bundle: [
            bundle.stanza("probe-1", encapsulated=lambda it: (2**255 - 19).to_bytes(32, "little"), shared=bytes(32))])):
    refuse(f"not-addressed-{name}", "not-addressed", comment, stanzas=stanzas)
refuse("mac-flipped", "mac", "A flipped bit in the MAC.", mac=lambda it: flip(it, -1))
refuse("mac-stanza-added", "mac", "A stanza that the MAC does not know.",
       mac=lambda it: it[:-32] + stanza_of(7, b"") + it[-32:])
refuse("mac-stanza-changed", "mac", "A stanza of an unknown kem, changed after the MAC was made.",
       stanzas=lambda it, bundle: [stanza_of(7, b"body"), *it], mac=lambda it: flip(it, 4))
refuse("mac-other-file-key", "mac", "The stanza gives a file key that is not the bundle's.",
       stanzas=lambda it, bundle: [bundle.stanza("probe-1", file_key=bytes(32))])
