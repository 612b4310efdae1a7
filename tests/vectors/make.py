#!/usr/bin/env python3
"""Makes the files of the test kit that follow from the lists of cases: bundles/, keyrings/ and the keys.

usage: make.py           writes them anew; the same input gives the same bytes
       make.py --check   writes nothing: says which files differ from what it would write
"""

import importlib
import pathlib
import sys

from builder import IDENTITIES, SECRETS, SIGNING_KEYS, public, reader, sha256, zstd_frame
from case import CASES
from keyring_cases import KEYRING_CASES, STANDARD, WITHOUT_QA, text

for name in ("container", "trust", "json", "manifest", "chunk", "tree", "config", "migrations", "reads"):
    importlib.import_module(f"{name}_cases")

HERE = pathlib.Path(__file__).parent
ORDER = ("expect", "reason", "field", "keyring", "plain", "size", "sha256", "content-id", "tree", "comment")


def vector(head, data, body):
    head = {**head, "size": len(data), "sha256": sha256(data).hex()}
    lines = "".join(f"{key}: {head[key]}\n" for key in ORDER if key in head)
    return lines.encode() + b"\n" + body


def bundle_vector(head, data, keyrings):
    if head["expect"] == "accept":
        keyring = reader.Keyring(keyrings[head.get("keyring", "keyring.json")])
        identities = [IDENTITIES["probe-1"], IDENTITIES["probe-2"]]
        bundle = reader.Bundle(data, keyring, identities, accept_plain="plain" in head)
        head = {**head, "content-id": bundle.content_id, "tree": bundle.entries()}
    return vector(head, data, zstd_frame(data))


def keys():
    lines = ["# All keys of the vectors: raw, in hexadecimal. Ed25519 of the signers, X25519 of the probes."]
    for name, key in {**SIGNING_KEYS, **IDENTITIES}.items():
        lines += [f"{name}-secret: {SECRETS[name].hex()}", f"{name}-public: {public(key).hex()}"]
    return "\n".join(lines).encode() + b"\n"


def files():
    result = {"keys.txt": keys(), "keyring.json": text(STANDARD), "keyring-without-qa.json": text(WITHOUT_QA)}
    cases = [(f"keyrings/{name}", vector(head, data, data)) for name, head, data in KEYRING_CASES]
    cases += [(f"bundles/{name}", bundle_vector(head, data, result)) for name, head, data in CASES]
    for name, content in cases:
        assert name not in result, f"{name} is there twice"
        result[name] = content
    return result


def main(check):
    wanted = files()
    there = {str(path.relative_to(HERE)) for folder in ("bundles", "keyrings") for path in (HERE / folder).glob("*")}
    wrong = sorted(there - set(wanted))
    for name, content in wanted.items():
        path = HERE / name
        if path.exists() and path.read_bytes() == content:
            continue
        wrong.append(name)
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    for name in there - set(wanted) if not check else ():
        (HERE / name).unlink()
    for name in wrong:
        print(f"{'differs' if check else 'wrote' if name in wanted else 'removed'}: {name}")
    return 1 if check and wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:] == ["--check"]))
