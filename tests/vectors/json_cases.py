"""MANIFEST and its JSON: sections 8 and 8.1 of payload-format/SPEC.md."""

import json
import struct

from builder import RAW, zstd_block
from case import accept, flip, refuse, resized

# --- Section 8: MANIFEST.

refuse("manifest-digest", "manifest-digest", "HEADER has another digest of MANIFEST; all else is right.", plain=True,
       header=lambda it: it.update(manifest_digest=flip(it["manifest_digest"])))
refuse("manifest-changed", "manifest-digest", "MANIFEST was changed after it was signed.",
       members=resized(3, lambda it: flip(it, 20)))
refuse("manifest-tag", "manifest-tag", "The tag of MANIFEST does not hold.", manifest=lambda it: flip(it, -1))
refuse("manifest-tag-short", "manifest-tag", "MANIFEST has less bytes than a tag.", manifest=lambda it: it[:15])
for name, place in (("stream", 0), ("chunk", 1), ("last", 2)):
    refuse(f"manifest-sealed-as-another-{name}", "manifest-tag", f"MANIFEST is sealed with another {name} number.",
           seal=lambda it, place=place: tuple(n ^ (at == place) for at, n in enumerate(it)) if it == (0, 0, 1) else it)
refuse("content-id", "content-id", "HEADER has another content id.", content_id=flip)
refuse("content-id-plain", "content-id", "HEADER of a plain bundle has another content id.", content_id=flip, plain=True)


def with_note(text):
    """A bend of the manifest's text: a value of a key that is for people."""
    return lambda it: b'{"x-note":' + text + b"," + it[1:]


for name, comment, text in (
        ("empty", "No document.", lambda it: b""), ("space-alone", "White space alone.", lambda it: b" \n"),
        ("cut", "The last brace is missing.", lambda it: it[:-1]), ("more", "Something behind the document.",
                                                                   lambda it: it + b"{}"),
        ("comma", "A comma in front of the last brace.", lambda it: it[:-1] + b",}"),
        ("comment", "A comment.", lambda it: b"/**/" + it), ("quotes", "Single quotes.", with_note(b"'x'")),
        ("vertical-tab", "A vertical tab for white space.", lambda it: it + b"\x0b"),
        ("byte-order-mark", "A byte order mark.", lambda it: b"\xef\xbb\xbf" + it),
        ("ff", "The byte ff in a string.", with_note(b'"\xff"')),
        ("latin-1", "A letter of Latin 1 in a string.", with_note(b'"\xe9"')),
        ("overlong", "A letter that takes more bytes than it needs.", with_note(b'"\xc1\x81"')),
        ("surrogate-bytes", "A surrogate, written as UTF-8.", with_note(b'"\xed\xa0\xbd\xed\xb8\x80"')),
        ("above-10ffff", "A letter above U+10FFFF.", with_note(b'"\xf4\x90\x80\x80"')),
        ("lone-high-surrogate", "An escaped high surrogate alone.", with_note(b'"\\ud83d"')),
        ("lone-low-surrogate", "An escaped low surrogate alone.", with_note(b'"\\ude00"')),
        ("high-surrogate-and-letter", "An escaped high surrogate in front of a letter.", with_note(b'"\\ud83d\\u0041"')),
        ("surrogates-swapped", "An escaped low surrogate in front of a high one.", with_note(b'"\\ude00\\ud83d"')),
        ("control", "A line end in a string.", with_note(b'"a\nb"')),
        ("escape", "An escape that JSON does not have.", with_note(b'"\\x41"')),
        ("escape-short", "An escape of three digits.", with_note(b'"\\u041"')),
        ("word", "A word that JSON does not have.", with_note(b"True")), ("nan", "NaN.", with_note(b"NaN")),
        ("plus", "A number with a plus.", with_note(b"+1")), ("leading-zero", "A number with a leading zero.", with_note(b"01")),
        ("minus", "A minus without a number.", with_note(b"-")), ("hex", "A hexadecimal number.", with_note(b"0x1")),
        ("point", "A number that ends in a point.", with_note(b"1.")), ("key", "A key without quotes.", lambda it: b"{x-note:1," + it[1:]),
        ("colon", "A key without a value.", lambda it: b'{"x-note",' + it[1:])):
    refuse(f"json-{name}", "json-syntax", comment, text=text)


def without_nul(text):
    """A frame that needs no NUL byte for its sizes: of a block of 8225 bytes, the text and spaces."""
    return b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", 8225 - 256) + zstd_block(RAW, 8225, text.ljust(8225), last=True)


refuse("json-compressed", "json-syntax", "The text is compressed as chunks are.", text=without_nul, plain=True)
for name, comment, text in (
        ("behind", "A NUL behind the document.", lambda it: it + b"\0"),
        ("utf-16", "UTF-16 instead of UTF-8, which is full of them.", lambda it: it.decode().encode("utf-16")[2:]),
        ("in-string", "A NUL in a string.", with_note(b'"\0"')),
        ("escaped", "An escaped NUL in a string.", with_note(b'"a\\u0000b"')),
        ("in-key", "An escaped NUL in a key.", lambda it: b'{"x-\\u0000":1,' + it[1:])):
    refuse(f"json-nul-{name}", "json-nul", comment, text=text)
for name, comment, text in (
        ("", "A key twice, with the same value.", lambda it: it[:-1] + b',"counter":1}'),
        ("-escaped", "A key twice, once with an escape.", lambda it: it[:-1] + b',"c\\u006funter":1}'),
        ("-within", "A key twice in an object that a reader ignores.", with_note(b'[{"a":1,"b":2,"a":3}]')),
        ("-x", "A key for people twice.", lambda it: b'{"x-a":1,"x-a":1,' + it[1:])):
    refuse(f"json-double-key{name}", "json-double-key", comment, text=text)
for name, number in (("fraction", b"1.0"), ("exponent", b"1e0"), ("exponent-upper", b"1E2"), ("2-to-53", b"9007199254740992"),
                     ("minus-2-to-53", b"-9007199254740992"), ("2-to-63", b"9223372036854775808"),
                     ("2-to-64", b"18446744073709551616"), ("30-digits", b"1" * 30)):
    refuse(f"json-number-{name}", "json-number", f"The number {number.decode()}.", text=with_note(number))
accept("json-numbers", "The largest and smallest number, and a zero with a minus.",
       text=with_note(b"[9007199254740991,-9007199254740991,-0]"))
accept("json-strings", "All escapes, a pair of surrogates, letters of four bytes, a DEL.",
       text=with_note('["\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\ude00","\U0001f600\u20ac\u00e9\x7f"]'.encode()))
accept("json-space", "White space wherever it may be.",
       text=lambda it: b" \t\r\n" + json.dumps(json.loads(it), indent=1).replace("\n", "\r\n\t").encode() + b"\n")
accept("json-keys-escaped", "A key with an escape is the key that it stands for.",
       text=lambda it: it.replace(b'"counter"', b'"c\\u006funter"'))
accept("json-keys-in-another-order", "Keys in another order.",
       text=lambda it: json.dumps(json.loads(it), sort_keys=True).encode())
accept("json-depth-8", "Eight levels of objects and lists.", text=with_note(b"[" * 7 + b"]" * 7))
refuse("json-depth-9", "json-depth", "Nine levels of lists.", text=with_note(b"[" * 8 + b"]" * 8))
refuse("json-depth-9-objects", "json-depth", "Nine levels of objects.", text=with_note(b'{"a":' * 8 + b"1" + b"}" * 8))
refuse("json-depth-100000", "json-depth", "As many levels as break a parser that calls itself.",
       text=with_note(b"[" * 100000), plain=True)


def with_values(total):
    """So many values in all."""
    def bend(it):
        def count(value):
            inner = value.values() if type(value) is dict else value if type(value) is list else ()
            return 1 + sum(map(count, inner))
        return with_note(b"[" + b"0," * (total - 2 - count(json.loads(it))) + b"0]")(it)
    return bend


accept("json-values-20000", "20,000 values.", text=with_values(20000), plain=True)
refuse("json-values-20001", "json-values", "20,001 values.", text=with_values(20001), plain=True)

