"""The keyrings, good ones and bad ones: section 11 of payload-format/SPEC.md."""

import json

from builder import SIGNING_KEYS, public

KEYS = {name: public(key).hex() for name, key in SIGNING_KEYS.items()}
RELEASE = [KEYS["release-1"], KEYS["release-2"], KEYS["release-3"]]


def keyring(version=1, **roles):
    return {"version": version, "roles": roles}


def role(*keys, **more):
    return {"keys": list(keys), **more}


def many(count, **more):
    return role(*("%064x" % number for number in range(count)), **more)


def text(document):
    return json.dumps(document, indent=2).encode() + b"\n"


STANDARD = keyring(root=role(KEYS["root"]), release=role(*RELEASE, threshold=2), qa=role(KEYS["qa"]),
                   licence=role(KEYS["licence"]), engineer=role(KEYS["engineer"]))
WITHOUT_QA = keyring(release=role(*RELEASE))

KEYRING_CASES = []  # (name, lines of its head, its bytes)


def accept(name, comment, document):
    KEYRING_CASES.append((name, {"expect": "accept", "comment": comment}, text(document)))


def refuse(name, reason, comment, document, field=None):
    head = {"expect": "refuse", "reason": reason, **({"field": field} if field else {}), "comment": comment}
    KEYRING_CASES.append((name, head, document if type(document) is bytes else text(document)))


one = role(KEYS["release-1"])
accept("standard", "The keyring of most vectors.", STANDARD)
accept("one-key", "One key of one role, without a threshold.", keyring(release=one))
accept("version-largest", "The largest version.", keyring(2**53 - 1, release=one))
accept("root-shares", "A key of root that another role has as well.", keyring(root=one, release=one))
accept("threshold-of-all", "A threshold of all keys.", keyring(release=role(*RELEASE, threshold=3)))
accept("threshold-16", "The largest threshold: a bundle has no more entries.", keyring(release=many(17, threshold=16)))
accept("keys-for-people", "A key with x- in the keyring and in a role.",
       {**keyring(release={**one, "x-who": "us"}), "x-note": [1]})
accept("roles-for-people", "A key with x- among the roles.", keyring(**{"release": one, "x-tester": "somebody"}))

good = text(keyring(release=one))
refuse("syntax", "json-syntax", "A document that is cut off.", good[:-3])
refuse("empty", "json-syntax", "A file of no bytes.", b"")
refuse("behind", "json-syntax", "Something behind the document.", good + b"x")
refuse("nul", "json-nul", "A NUL behind the document.", good + b"\0")
refuse("double-role", "json-double-key", "A role twice.", good.replace(b'"release"', b'"release":{"keys":[]},"release"'))
refuse("version-fraction", "json-number", "A version with a fraction.", good.replace(b": 1,", b": 1.0,"))
refuse("list", "value", "The document is a list.", [STANDARD], "keyring")
for number, version in enumerate((0, -1, "1", None), 1):
    refuse(f"version-{number}", "value", f"The version {json.dumps(version)}.", keyring(version, release=one), "version")
refuse("version-missing", "missing-key", "No version.", {"roles": {"release": one}}, "version")
refuse("roles-missing", "missing-key", "No roles.", {"version": 1}, "roles")
refuse("unknown-key", "unknown-key", "A key that the page does not name.", {**STANDARD, "more": 1}, "more")
refuse("unknown-key-in-role", "unknown-key", "A key that the page does not name, in a role.", keyring(release={**one, "more": 1}),
       "more")
refuse("roles-list", "value", "A list of roles.", {"version": 1, "roles": [one]}, "roles")
refuse("role-list", "value", "A role that is no object.", keyring(release=RELEASE), "release")
refuse("role-unknown", "unknown-role", "A role that nobody knows.", keyring(release=one, tester=role(KEYS["qa"])))
refuse("role-upper-case", "unknown-role", "The role Release.", keyring(Release=one))
refuse("keys-missing", "missing-key", "A role without keys.", keyring(release={"threshold": 1}), "keys")
refuse("keys-text", "value", "A key that is not in a list.", keyring(release={"keys": RELEASE[0]}), "keys")
for name, key, comment in (
        ("short", RELEASE[0][:-2], "A key of 31 bytes."), ("long", RELEASE[0] + "00", "A key of 33 bytes."),
        ("upper-case", RELEASE[0].upper(), "A key in capital letters."), ("no-hexadecimal", "x" * 64, "A key of other letters."),
        ("number", 1, "A key that is a number."), ("space", " " + RELEASE[0][1:], "A key with a space.")):
    refuse(f"key-{name}", "key", comment, keyring(release=role(key)))
refuse("threshold-17", "value", "A threshold that no bundle reaches.", keyring(release=many(17, threshold=17)), "threshold")
for threshold in (0, -1, "1"):
    refuse(f"threshold-{threshold}" + ("-text" if threshold == "1" else ""), "value", f"The threshold {json.dumps(threshold)}.",
           keyring(release=role(*RELEASE, threshold=threshold)), "threshold")
refuse("threshold-above-keys", "threshold", "A threshold of two for one key.",
       keyring(release=role(RELEASE[0], threshold=2)))
refuse("threshold-without-keys", "threshold", "A role without a key.", keyring(release=one, qa=role()))
refuse("key-twice", "key-twice", "A key twice in its role.", keyring(release=role(*RELEASE, RELEASE[0])))
refuse("key-twice-in-root", "key-twice", "A key twice in root.", keyring(root=role(RELEASE[0], RELEASE[0]), release=one))
refuse("key-in-two-roles", "key-in-two-roles", "A key in two roles.", keyring(release=one, qa=one))
refuse("no-key", "no-key", "No role at all.", keyring())
refuse("root-alone", "no-key", "No key outside root.", keyring(root=one))
